// A text that a model writes, token by token, with all that is needed to go back and on by another way: for each token the state before it,
// how likely it was, what else was likely, and its text.

import { Sampler, logProbs } from "./sampler.js";
import { StreamingDecoder } from "./tokenizer.js";

class Writer {
  // `page` is what HtmlExport writes beside the weights: opening, stops, never.
  constructor(model, tokenizer, page, alternatives = 8) {
    Object.assign(this, { model, tokenizer, page, alternatives });
    this.tokens = [];
  }

  // Begins a text with `settings` (see Sampler) after a prompt.
  begin(prompt, settings) {
    this.tokens = [];
    this.promptIds = [this.page.opening, ...this.tokenizer.encode(prompt)];
    this.sampler = new Sampler(this.model, settings);
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
  }

  // Writes a token; null where the model ends the text.
  next() {
    const scores = this.model.computeScores(), draw = this.sampler.drawn, id = this.sampler.choose(scores, this.page.never);
    if (!this.page.stops.includes(id)) return this.add(id, scores, draw);
    this.sampler.drawn = draw;
    return null;
  }

  // Takes a text back to before token `place` and writes token `id` there.
  branch(place, id) {
    const { state, draw } = this.tokens[place];
    this.tokens.length = place;
    this.model.restoreState(this.state = state);
    this.decodeAgain();
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
    return token;
  }

  decodeAgain() {
    this.decoder = new StreamingDecoder(this.tokenizer);
    for (const id of this.promptIds) this.decoder.push(id);
    for (const { id } of this.tokens) this.decoder.push(id);
  }
}

export { Writer };
