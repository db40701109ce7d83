// What can be said of each place of a text by reading it: how far the line has come, whether a quotation is open, and so on. Units of a
// model that follow one of these show it by going up and down with it.

const Openers = "([{", Closers = ")]}";

// What stands behind each token: [{ name, values }], a number a token.
function featuresOf(texts) {
  const reader = new PlaceReader(), rows = texts.map(text => reader.read(text));
  return Object.keys(new PlaceReader().read("")).map(name => ({ name, values: Float64Array.from(rows, row => row[name]) }));
}

class PlaceReader {
  constructor() {
    Object.assign(this, { line: 0, word: 0, sentence: 0, isQuoted: false, depth: 0, last: "" });
  }

  // Reads a token's text; what is returned holds behind it.
  read(text) {
    for (const character of text) this.readCharacter(character);
    const { last } = this, is = pattern => Number(pattern.test(last));
    return {
      "inside a quotation": Number(this.isQuoted),
      "how long the line is": this.line,
      "how long the word is": this.word,
      "how long the sentence is": this.sentence,
      "inside brackets": Number(this.depth > 0),
      "behind a space": is(/ /u),
      "at a line's end": is(/\n/u),
      "behind a capital letter": is(/\p{Lu}/u),
      "behind a vowel": is(/[aeiouy]/iu),
      "behind a digit": is(/\p{Nd}/u),
      "behind a punctuation mark": is(/[.,;:!?]/u),
    };
  }

  readCharacter(character) {
    this.line = character === "\n" ? 0 : this.line + 1;
    this.word = /[\p{L}\p{N}'’]/u.test(character) ? this.word + 1 : 0;
    this.sentence = /[.!?]/u.test(character) ? 0 : this.sentence + 1;
    if (character === "“" || character === "«") this.isQuoted = true;
    else if (character === "”" || character === "»") this.isQuoted = false;
    else if (character === "\"") this.isQuoted = !this.isQuoted;

    // A quotation that nobody ends, ends with its paragraph.
    if (character === "\n" && this.last === "\n") this.isQuoted = false;
    if (Openers.includes(character)) this.depth++;
    if (Closers.includes(character)) this.depth = Math.max(0, this.depth - 1);
    this.last = character;
  }
}

// For each feature that changes in this text, the units that follow it best: [{ name, units: [{ layer, unit, correlation }] }], the best
// found feature first. `states[t][l]` is the state of layer l behind token t.
function unitsThatFollow(features, states, count = 3) {
  const found = [];
  for (const { name, values } of features) {
    const wanted = centred(values), units = [];
    if (wanted === null) continue;
    states[0].forEach((state, layer) => {
      for (let unit = 0; unit < state.length; unit++) {
        const own = centred(states.map(layers => layers[layer][unit]));
        if (own !== null) units.push({ layer, unit, correlation: own.reduce((sum, x, t) => sum + x * wanted[t], 0) });
      }
    });
    units.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
    if (units.length > 0) found.push({ name, units: units.slice(0, count) });
  }

  return found.sort((a, b) => Math.abs(b.units[0].correlation) - Math.abs(a.units[0].correlation));
}

// Numbers with their mean taken off, of length one; null where all are equal.
function centred(numbers) {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  let square = 0;
  for (const x of numbers) square += (x - mean) ** 2;
  if (square <= 1e-12 * numbers.length) return null;
  const scale = 1 / Math.sqrt(square);
  return numbers.map(x => (x - mean) * scale);
}

export { featuresOf, unitsThatFollow };
