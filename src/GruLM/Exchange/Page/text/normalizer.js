// Text as a model wants it before it is cut into pieces: the rules of the model's own table, the longest that fits first, spaces taken out
// and one put in front where it asks for that, and every space as U+2581. Symbols of the user are left as they are.

const SpaceSign = "\u2581";
const utf8Encoder = new TextEncoder(), utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// The next character of a text, which is two units where it is beyond U+FFFF.
const characterAt = (text, at) => String.fromCodePoint(text.codePointAt(at));

class Normalizer {
  // `settings` is what pieces.js reads: rules, addsSpace, removesSpaces. `symbols` is a Trie.
  constructor({ rules, addsSpace, removesSpaces }, symbols) {
    Object.assign(this, { addsSpace, removesSpaces, symbols });
    this.rules = rules.length > 0 ? new Rules(rules) : null;
  }

  normalize(text) {
    let at = 0;
    const next = () => {
      const unit = this.unitAt(text, at);
      at += unit.length;
      return unit.text;
    };
    let first = at < text.length ? next() : null;
    while (this.removesSpaces && first === " ") first = at < text.length ? next() : null;
    if (first === null) return "";
    let output = this.addsSpace ? " " : "", isAfterSpace = this.removesSpaces;
    for (let unit = first; ; unit = next()) {
      if (isAfterSpace) unit = unit.replace(/^ +/, "");
      if (unit !== "") isAfterSpace = this.removesSpaces && unit.endsWith(" ");
      output += unit;
      if (at >= text.length) break;
    }

    output = output.replaceAll(" ", SpaceSign);
    let end = output.length;
    while (this.removesSpaces && end > 0 && output[end - 1] === SpaceSign) end--;
    return output.slice(0, end);
  }

  // { text, length }: what stands for the units at a place, and how many they are.
  unitAt(text, at) {
    const symbol = this.symbols.longest(text, at);
    if (symbol > 0) return { text: text.substr(at, symbol), length: symbol };
    const rule = this.rules?.longest(text, at), character = characterAt(text, at);
    return rule ?? { text: character, length: character.length };
  }
}

// A table of rules: the size of a tree of bytes, the tree in a double array (darts-clone's), and the texts that it leads to, which end
// with a zero.
class Rules {
  constructor(table) {
    const size = new DataView(table.buffer, table.byteOffset).getUint32(0, true);
    this.tree = new Uint32Array(table.slice(4, 4 + size).buffer);
    this.texts = table.subarray(4 + size);
  }

  // The rule with the longest text that stands at a place; null where there is none.
  longest(text, at) {
    const offset = unit => (unit >>> 10) << ((unit & 0x200) >>> 6);
    let place = offset(this.tree[0]), found = null, length = 0;
    walk: for (let next = at; next < text.length;) {
      const character = characterAt(text, next);
      next += character.length;
      for (const byte of utf8Encoder.encode(character)) {
        const unit = this.tree[place ^= byte];
        if ((unit & 0x800000FF) !== byte) break walk;
        place ^= offset(unit);
        if ((unit & 0x100) !== 0) [found, length] = [this.tree[place] & 0x7FFFFFFF, next - at];
      }
    }

    return found === null ? null : { text: this.textAt(found), length };
  }

  textAt(start) {
    const end = this.texts.indexOf(0, start);
    return utf8Decoder.decode(this.texts.subarray(start, end < 0 ? undefined : end));
  }
}

export { Normalizer };
