// A text that a model writes, token by token, with all that is needed to go back and on by another way: for each token the state before it,
// how likely it was, what else was likely, and its text.

import { Sampler, logProbs } from "./sampler.js";
import { StreamingDecoder } from "./tokenizer.js";

class Writer {
  // `page` is what HtmlExport writes beside the weights: opening, first, stops, never, recent.
  constructor(model, tokenizer, page, alternatives = 8) {
    Object.assign(this, { model, tokenizer, page, alternatives });
    this.tokens = [];
    this.end = new StopText("");
  }

  // Begins a text after a prompt. `settings` are those of Sampler, `stop`, a text that ends this one, and `ignoresEnd`, whether the model
  // does not.
  begin(prompt, settings) {
    this.tokens = [];
    const { opening, first } = this.page, ids = this.tokenizer.encode(prompt);

    // A text has to begin with something, also where nothing opens one.
    this.promptIds = opening >= 0 ? [opening, ...ids] : ids.length > 0 ? ids : [first];
    this.sampler = new Sampler(this.model, settings);
    this.end = new StopText(settings.stop);
    this.model.reset();
    for (const id of this.promptIds) this.model.read(id);
    this.state = this.model.saveState();
    this.decodeAgain();
  }

  // Other settings from here on.
  set settings(settings) {
    const { drawn } = this.sampler;
    this.sampler = new Sampler(this.model, settings);
    this.sampler.drawn = drawn;
    this.end = new StopText(settings.stop);
  }

  // Writes a token; null where the model ends the text, or a text that stops it stands at its end.
  next() {
    if (this.end.isFound) return null;
    const { stops, never, recent } = this.page, { ignoresEnd, repeatPenalty } = this.sampler.settings, draw = this.sampler.drawn;
    const scores = this.model.computeScores(), forbidden = ignoresEnd ? [...never, ...stops] : never;
    const id = this.sampler.choose(scores, forbidden, repeatPenalty === 1 ? [] : this.last(recent));
    if (ignoresEnd || !stops.includes(id)) return this.add(id, scores, draw);
    this.sampler.drawn = draw;
    return null;
  }

  // The last so many ids that were read.
  last(count) {
    const ids = this.tokens.slice(-count).map(token => token.id);
    return ids.length < count ? [...this.promptIds.slice(ids.length - count), ...ids] : ids;
  }

  // Takes a text back to before token `place` and writes token `id` there.
  branch(place, id) {
    const { state, draw } = this.tokens[place];
    this.tokens.length = place;
    this.model.restoreState(this.state = state);
    this.decodeAgain();
    this.end = new StopText(this.sampler.settings.stop);
    this.sampler.drawn = draw + 1;
    return this.add(id, this.model.computeScores(), draw);
  }

  // What a decoder still holds at the end of a text: the beginning of a character.
  get rest() {
    return "\uFFFD".repeat(this.decoder.held.length);
  }

  add(id, scores, draw) {
    const { logProb, best } = logProbs(this.model, scores, id, Math.min(this.alternatives, this.model.config.vocab_size));
    const token = { id, logProb, best, draw, state: this.state, text: this.decoder.push(id) };
    this.model.read(id);
    this.state = this.model.saveState();
    this.tokens.push(token);
    this.end.push(token.text);
    return token;
  }

  decodeAgain() {
    this.decoder = new StreamingDecoder(this.tokenizer);
    for (const id of this.promptIds) this.decoder.push(id);
    for (const { id } of this.tokens) this.decoder.push(id);
  }
}

// Looks for a text in one that comes piece by piece.
class StopText {
  constructor(text = "") {
    [this.text, this.seen, this.isFound, this.withheld] = [text, "", false, 0];
  }

  // Once it is found, `withheld` is how much of what was pushed is to be left out again: it, and what came behind it.
  push(text) {
    if (this.text === "" || this.isFound) return;
    this.seen += text;
    const at = this.seen.indexOf(this.text);
    this.isFound = at >= 0;
    if (this.isFound) this.withheld = this.seen.length - at;
    else this.seen = this.seen.slice(Math.max(0, this.seen.length - this.text.length + 1));
  }
}

export { Writer };
