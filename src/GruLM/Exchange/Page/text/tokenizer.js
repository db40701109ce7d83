// From text to token ids and back, as SentencePiece does it: BPE, unigram and characters, with user-defined symbols and bytes for what no
// piece covers. Spaces are written as U+2581 inside pieces.

import { Normalizer } from "./normalizer.js";
import { Bpe, Byte, Char, Control, Normal, Unigram, Unknown, UserDefined, readPieces } from "./pieces.js";

const f = Math.fround;
const SpaceSign = "\u2581", Replacement = "\uFFFD", UnknownPenalty = 10;
const utf8Encoder = new TextEncoder(), utf8Decoder = new TextDecoder();

// The next character of a text, which is two units where it is beyond U+FFFF.
const characterAt = (text, at) => String.fromCodePoint(text.codePointAt(at));

// A text as the corpus a model learned from was cleaned: no byte-order mark, no NUL, line ends as LF, no halves of characters.
function clean(text) {
  return utf8Decoder.decode(utf8Encoder.encode(text)).replaceAll("\r\n", "\n").replaceAll("\0", "");
}

class Tokenizer {
  constructor(file) {
    const settings = readPieces(file), { pieces, modelType } = settings;
    Object.assign(this, settings);
    [this.ordinary, this.reserved, this.byteIds] = [new Map(), new Map(), []];
    const symbols = [];
    pieces.forEach(({ text, type }, id) => {
      (type === Normal || type === UserDefined ? this.ordinary : this.reserved).set(text, id);
      if (type === Unknown) this.unknownId = id;
      if (type === Byte) this.byteIds[parseInt(text.slice(3, 5), 16)] = id;
      if (type === UserDefined) symbols.push([text, id]);
    });
    this.symbols = new Trie(symbols);
    this.normalizer = new Normalizer(settings, this.symbols);
    if (modelType === Unigram) this.prepareUnigram();
  }

  encode(text) {
    text = this.normalizer.normalize(clean(text));
    const cut = { [Bpe]: () => this.cutBpe(text), [Char]: () => this.cutCharacters(text), [Unigram]: () => this.cutUnigram(text) };
    const ids = [];
    let afterUnknown = false;
    for (const [id, part] of cut[this.modelType]()) {
      const isUnknown = id === this.unknownId;
      if (isUnknown && this.byteFallback) for (const byte of utf8Encoder.encode(part)) ids.push(this.byteIds[byte]);
      else if (!isUnknown || !afterUnknown) ids.push(id);
      afterUnknown = isUnknown;
    }

    return ids;
  }

  // What a stretch of text is output as: a reserved piece of that text wins over an ordinary one; no control piece comes from text.
  finalId(text) {
    const id = this.reserved.get(text) ?? this.ordinary.get(text);
    return id === undefined || this.pieces[id].type === Control ? this.unknownId : id;
  }

  // Splits a text into user-defined symbols and characters: [text, whether it is a symbol].
  *split(text) {
    for (let at = 0; at < text.length;) {
      const symbol = this.symbols.longest(text, at), part = symbol > 0 ? text.substr(at, symbol) : characterAt(text, at);
      yield [part, symbol > 0];
      at += part.length;
    }
  }

  *cutCharacters(text) {
    for (const [part] of this.split(text)) yield [this.finalId(part), part];
  }

  // Merges neighbours, the pair first whose text is the piece of the highest score, the leftmost of equals; symbols stay as they are.
  *cutBpe(text) {
    const parts = [], frozen = [], before = [], after = [];
    for (const [part, isSymbol] of this.split(text)) {
      before.push(parts.length - 1);
      parts.push(part);
      frozen.push(isSymbol);
      after.push(parts.length);
    }

    const count = parts.length, agenda = new Agenda();
    const propose = (left, right) => {
      if (left < 0 || right >= count || frozen[left] || frozen[right]) return;
      const text = parts[left] + parts[right], id = this.ordinary.get(text);
      if (id !== undefined) agenda.push({ score: this.pieces[id].score, left, right, text });
    };
    for (let i = 0; i + 1 < count; i++) propose(i, i + 1);
    for (let merge; (merge = agenda.pop()) !== undefined;) {
      const { left, right, text } = merge;
      if (parts[left] === "" || parts[right] === "" || parts[left].length + parts[right].length !== text.length) continue;
      parts[left] = text;
      parts[right] = "";
      after[left] = after[right];
      if (after[right] < count) before[after[right]] = left;
      propose(before[left], left);
      propose(left, after[left]);
    }

    for (const part of parts) if (part !== "") yield [this.finalId(part), part];
  }

  prepareUnigram() {
    let least = Infinity, most = f(1.17549435e-38);
    for (const { score, type } of this.pieces) {
      if (type !== Normal) continue;
      if (score < least) least = score;
      if (score > most) most = score;
    }

    this.unknownScore = f(least - UnknownPenalty);
    this.trie = new Trie(this.ordinary);
    this.scores = this.pieces.map(({ text, score, type }) =>
      type === UserDefined ? f(utf8Encoder.encode(text).length * most) - 0.1 : score);
  }

  // The best path: a candidate in double precision is compared with a best score in single precision; strictly greater wins.
  cutUnigram(text) {
    const size = text.length + 1;
    const best = new Float32Array(size), starts = new Int32Array(size).fill(-1), ids = new Int32Array(size);
    const offer = (start, end, id, candidate) => {
      if (starts[end] >= 0 && !(candidate > best[end])) return;
      [best[end], starts[end], ids[end]] = [candidate, start, id];
    };
    for (let start = 0; start < text.length;) {
      const till = best[start], next = start + characterAt(text, start).length;
      let isSingle = false;
      this.trie.forEach(text, start, (end, id) => {
        offer(start, end, id, this.scores[id] + till);
        isSingle ||= end === next;
      });
      if (!isSingle) offer(start, next, this.unknownId, f(this.unknownScore + till));
      start = next;
    }

    const cuts = [];
    for (let end = text.length; end > 0; end = starts[end]) cuts.push([ids[end], text.slice(starts[end], end)]);
    return cuts.reverse();
  }
}

// Turns ids back into text one at a time: what it has returned, joined, is the text of all, and never holds half a character.
class StreamingDecoder {
  constructor(tokenizer) {
    this.tokenizer = tokenizer;
    this.held = [];
    [this.hasText, this.hasDropped, this.isInside] = [false, false, false];
  }

  push(id) {
    const { text, type } = this.tokenizer.pieces[id];
    return type === Byte ? this.say(this.pushByte(parseInt(text.slice(3, 5), 16))) : this.flush() + this.say(this.textOf(text, type));
  }

  // Gives up on an unfinished character: each of its bytes becomes U+FFFD.
  flush() {
    return this.say(Replacement.repeat(this.held.splice(0).length));
  }

  // A text does not begin with a space that the tokenizer has put there or would have taken away.
  textOf(text, type) {
    const { addsSpace, removesSpaces, unknownSurface } = this.tokenizer;
    this.isInside ||= this.hasDropped || this.hasText;
    this.hasDropped = false;
    if (type === Control) return "";
    if (type === Unknown) return unknownSurface;
    if (!this.isInside && (addsSpace || removesSpaces) && text.startsWith(SpaceSign)) {
      text = text.slice(SpaceSign.length);
      this.hasDropped = !removesSpaces;
    }

    return text.replaceAll(SpaceSign, " ");
  }

  say(text) {
    this.hasText ||= text !== "";
    return text;
  }

  pushByte(byte) {
    this.held.push(byte);
    let text = "";
    while (this.held.length > 0) {
      const length = wholeLength(this.held);
      if (length === 0) return text;
      const bytes = Uint8Array.from(this.held.splice(0, Math.max(length, 1)));
      text += length > 0 ? utf8Whole.decode(bytes) : Replacement;
    }

    return text;
  }
}

const utf8Whole = new TextDecoder("utf-8", { ignoreBOM: true });

// The length of the character that bytes begin with; 0 where more of them decide, -1 where there is none.
function wholeLength(bytes) {
  const [lead, second] = bytes;
  if (lead < 0x80) return 1;
  const length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : -1;
  if (length < 0) return -1;
  const low = lead === 0xE0 ? 0xA0 : lead === 0xF0 ? 0x90 : 0x80, high = lead === 0xED ? 0x9F : lead === 0xF4 ? 0x8F : 0xBF;
  if (second !== undefined && (second < low || second > high)) return -1;
  for (let i = 2; i < Math.min(length, bytes.length); i++) if ((bytes[i] & 0xC0) !== 0x80) return -1;
  return bytes.length >= length ? length : 0;
}

// Texts as a tree, unit by unit.
class Trie {
  constructor(entries) {
    this.root = new Map();
    for (const [text, id] of entries) {
      let node = this.root;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (!node.has(unit)) node.set(unit, new Map());
        node = node.get(unit);
      }

      node.id = id;
    }
  }

  // Calls `use` with end and id of each entry that stands at a place, the shortest first.
  forEach(text, at, use) {
    for (let node = this.root; at < text.length && (node = node.get(text.charCodeAt(at++))) !== undefined;) {
      if (node.id !== undefined) use(at, node.id);
    }
  }

  // The length of the longest entry that stands at a place; 0 where there is none.
  longest(text, at) {
    let length = 0;
    this.forEach(text, at, end => { length = end - at; });
    return length;
  }
}

// Merges that wait: the highest score first, the leftmost among equals.
class Agenda {
  constructor() {
    this.heap = [];
  }

  static comesFirst(a, b) {
    return a.score > b.score || (a.score === b.score && a.left < b.left);
  }

  push(item) {
    const { heap } = this;
    let hole = heap.push(item) - 1;
    for (let parent; hole > 0 && Agenda.comesFirst(item, heap[parent = (hole - 1) >> 1]); hole = parent) heap[hole] = heap[parent];
    heap[hole] = item;
  }

  pop() {
    const { heap } = this, first = heap[0], item = heap.pop();
    if (heap.length === 0) return first;
    let hole = 0;
    for (let child; (child = 2 * hole + 1) < heap.length; hole = child) {
      if (child + 1 < heap.length && Agenda.comesFirst(heap[child + 1], heap[child])) child++;
      if (!Agenda.comesFirst(heap[child], item)) break;
      heap[hole] = heap[child];
    }

    heap[hole] = item;
    return first;
  }
}

export { Tokenizer, StreamingDecoder };
