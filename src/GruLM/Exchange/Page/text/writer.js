// A text that a model writes, token by token, and all texts that were tried before it: a tree of tokens, each with the state behind it, how
// likely it was, what else was likely, and its text. To go back, on, or on by another way is to take another path through this tree.

import { gatesOf } from "../engine/gates.js";
import { Sampler, logProbs } from "../engine/sampler.js";
import { StreamingDecoder } from "./tokenizer.js";

// A tree that is larger begins anew with the next text.
const MostKept = 30000;

// A token in the tree. `state` is what the model holds once it has read it.
class TokenNode {
  constructor(id, parent, text, state) {
    Object.assign(this, { id, parent, text, state, children: [], logProb: null, best: null });
    this.place = parent === null ? -1 : parent.place + 1;
  }

  child(id) {
    return this.children.find(node => node.id === id);
  }
}

// A token of the text as it stands: a node of the tree, the number of its draw, and whether it belongs to the prompt.
class WrittenToken {
  constructor(node, draw, isGiven) {
    Object.assign(this, { node, draw, isGiven });
  }

  get id() { return this.node.id; }
  get text() { return this.node.text; }
  get logProb() { return this.node.logProb; }
  get best() { return this.node.best; }
}

class Writer {
  // `page` is what HtmlExport writes beside the weights: opening, first, stops, never, recent.
  constructor(model, tokenizer, page, alternatives = 8) {
    Object.assign(this, { model, tokenizer, page, alternatives });
    this.tokens = [];
    this.end = new StopText("");
    this.plant();
  }

  // The tokens behind the prompt.
  get written() {
    return this.tokens.filter(token => !token.isGiven);
  }

  // The last token; the root where there is none.
  get leaf() {
    return this.tokens.at(-1)?.node ?? this.root;
  }

  // Begins a text after a prompt. `settings` are those of Sampler, `stop`, a text that ends this one, and `ignoresEnd`, whether the model
  // does not.
  begin(prompt, settings) {
    const { opening, first } = this.page, ids = this.tokenizer.encode(prompt);

    // A text has to begin with something, also where nothing opens one.
    this.beginIds(opening >= 0 ? [opening, ...ids] : ids.length > 0 ? ids : [first], settings);
  }

  // The same with the ids of the prompt, and those that are to stand behind it.
  beginIds(given, settings, behind = [], drawn = behind.length) {
    if (this.count > MostKept) this.plant();
    this.sampler = new Sampler(this.model, settings);
    [this.tokens, this.decoder] = [[], new StreamingDecoder(this.tokenizer)];
    for (const id of given) this.take(id, 0, true);
    behind.forEach((id, i) => this.take(id, i, false));
    this.sampler.drawn = drawn;
    this.end = new StopText(settings.stop);
  }

  get settings() {
    return this.sampler.settings;
  }

  // Other settings from here on.
  set settings(settings) {
    const { drawn, settings: old } = this.sampler;
    this.sampler = new Sampler(this.model, settings);
    this.sampler.drawn = drawn;
    if (old.stop !== settings.stop || this.end.isFound) this.end = new StopText(settings.stop);
  }

  // Writes a token; null where the model ends the text, or a text that stops it stands at its end.
  next() {
    if (this.end.isFound) return null;
    const { stops } = this.page, { ignoresEnd } = this.settings, draw = this.sampler.drawn;
    const scores = this.scoresAfter(this.leaf), id = this.sampler.choose(scores, this.forbidden(), this.penalised(this.tokens.length));
    if (ignoresEnd || !stops.includes(id)) return this.take(id, draw, false, scores);
    this.sampler.drawn = draw;
    return null;
  }

  // What may not be chosen.
  forbidden() {
    const { stops, never } = this.page;
    return this.settings.ignoresEnd ? [...never, ...stops] : never;
  }

  // What is less likely at a place since it stands before it.
  penalised(place) {
    const { recent } = this.page;
    return this.settings.repeatPenalty === 1 ? [] : this.tokens.slice(Math.max(0, place - recent), place).map(token => token.id);
  }

  // What the settings make of the scores at a place: [{ id, share }].
  distribution(place) {
    const scores = this.scoresAfter(this.tokens[place - 1]?.node ?? this.root);
    return this.sampler.distribution(scores, this.forbidden(), this.penalised(place));
  }

  // Takes a text back to before token `place` and writes token `id` there.
  branch(place, id) {
    const draw = this.tokens[place]?.draw ?? this.sampler.drawn;
    this.cut(place);
    this.sampler.drawn = draw + 1;
    return this.take(id, draw, false);
  }

  // Takes a text back to before token `place`.
  cut(place) {
    this.tokens = this.tokens.slice(0, place);
    this.decodeAgain();
    this.end = new StopText(this.settings.stop);
  }

  // The text as it stands, to come back to.
  snapshot() {
    return { tokens: this.tokens, length: this.tokens.length, settings: this.settings, drawn: this.sampler.drawn };
  }

  restore({ tokens, length, settings, drawn }) {
    this.tokens = tokens.slice(0, length);
    this.sampler = new Sampler(this.model, settings);
    this.sampler.drawn = drawn;
    this.decodeAgain();
    this.end = new StopText(settings.stop);
  }

  // Makes the text that ends with a node of the tree the text that stands.
  moveTo(node) {
    const nodes = pathTo(node), same = nodes.findIndex((other, i) => other !== this.tokens[i]?.node);
    const kept = this.tokens.slice(0, same < 0 ? nodes.length : same), given = kept.filter(token => token.isGiven).length;
    this.tokens = [...kept, ...nodes.slice(kept.length).map(other => new WrittenToken(other, other.place - given, false))];
    this.sampler.drawn = Math.max(0, this.tokens.length - given);
    this.decodeAgain();
    this.end = new StopText(this.settings.stop);
  }

  // What a decoder still holds at the end of a text: the beginning of a character.
  get rest() {
    return "\uFFFD".repeat(this.decoder.held.length);
  }

  // The scores of what may come after a node; the next call overwrites them.
  scoresAfter(node) {
    this.enter(node);
    return this.model.computeScores();
  }

  // How likely a node's token was and what else was: of a prompt's tokens this is found out when it is asked for.
  judge(node) {
    if (node.best !== null) return node;
    if (node.parent === this.root) return Object.assign(node, { logProb: null, best: [] });
    return this.note(node, this.scoresAfter(node.parent));
  }

  // The gates r, z and n of all units of a layer as a node's token was read.
  gates(node, layer) {
    this.model.at = null;
    return gatesOf(this.model, node.parent.state, node.state, node.id, layer);
  }

  // ---- How it is done. ----

  plant() {
    this.model.reset();
    this.root = new TokenNode(-1, null, "", this.model.saveState());
    [this.model.at, this.count] = [this.root, 0];
  }

  // Which node the model stands at is written on the model, since several writers may use it.
  enter(node) {
    if (this.model.at !== node) this.model.restoreState(node.state);
    this.model.at = node;
  }

  take(id, draw, isGiven, scores = null) {
    const parent = this.leaf, text = this.decoder.push(id);
    let node = parent.child(id);
    if (node === undefined) {
      // What is given is judged when somebody looks; what is written, while its scores are there.
      this.enter(parent);
      scores ??= isGiven ? null : this.model.computeScores();
      const judged = scores && this.judged(id, scores);
      this.model.read(id);
      node = Object.assign(new TokenNode(id, parent, text, this.model.saveState()), judged);
      parent.children.push(node);
      [this.model.at, this.count] = [node, this.count + 1];
    }

    const token = new WrittenToken(node, draw, isGiven);
    if (!isGiven) this.judge(node);
    this.tokens.push(token);
    if (!isGiven) this.end.push(text);
    return token;
  }

  judged(id, scores) {
    return logProbs(this.model, scores, id, Math.min(this.alternatives, this.model.config.vocab_size));
  }

  note(node, scores) {
    return Object.assign(node, this.judged(node.id, scores));
  }

  decodeAgain() {
    this.decoder = new StreamingDecoder(this.tokenizer);
    for (const { id } of this.tokens) this.decoder.push(id);
  }
}

// The nodes from the first token to this one.
function pathTo(node) {
  const nodes = [];
  for (; node.parent !== null; node = node.parent) nodes.push(node);
  return nodes.reverse();
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

export { Writer, pathTo };
