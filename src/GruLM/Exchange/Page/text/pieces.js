// Reads what the page needs of a SentencePiece model file: the pieces with their scores and types, and six settings. Other fields are
// passed over; HtmlExport has made sure that none of them matters.

const Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;
const Unigram = 1, Bpe = 2, Char = 4;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

// { pieces: [{ text, score, type }], modelType, byteFallback, unknownSurface, rules, addsSpace, removesSpaces }
function readPieces(file) {
  const vocabulary = {
    pieces: [], modelType: Unigram, byteFallback: false, unknownSurface: " \u2047 ", rules: new Uint8Array(0), addsSpace: true,
    removesSpaces: true,
  };
  forEachField(file, (field, value) => {
    if (field === 1) vocabulary.pieces.push(readPiece(value));
    if (field === 2) readSettings(value, vocabulary);
    if (field === 3) readNormalization(value, vocabulary);
  });
  return vocabulary;
}

function readPiece(message) {
  const piece = { text: "", score: 0, type: Normal };
  forEachField(message, (field, value) => {
    if (field === 1) piece.text = utf8.decode(value);
    if (field === 2) piece.score = new DataView(value.buffer, value.byteOffset).getFloat32(0, true);
    if (field === 3) piece.type = value;
  });
  return piece;
}

function readSettings(message, vocabulary) {
  forEachField(message, (field, value) => {
    if (field === 3) vocabulary.modelType = value;
    if (field === 35) vocabulary.byteFallback = value !== 0;
    if (field === 44) vocabulary.unknownSurface = utf8.decode(value);
  });
}

function readNormalization(message, vocabulary) {
  forEachField(message, (field, value) => {
    if (field === 2) vocabulary.rules = value;
    if (field === 3) vocabulary.addsSpace = value !== 0;
    if (field === 4) vocabulary.removesSpaces = value !== 0;
  });
}

// Calls `use` with number and value of each field of a message: a number for a varint, bytes for all else.
function forEachField(bytes, use) {
  let at = 0;
  const varint = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      if (at >= bytes.length) throw new Error("the tokenizer of this page is cut off");
      const byte = bytes[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint(), kind = tag & 7, field = Math.floor(tag / 8);
    if (kind === 0) {
      use(field, varint());
      continue;
    }

    const length = kind === 1 ? 8 : kind === 5 ? 4 : varint();
    use(field, bytes.subarray(at, at += length));
  }
}

export { Normal, Unknown, Control, UserDefined, Unused, Byte, Unigram, Bpe, Char, readPieces };
