// A text as the end of an address: the ids of its tokens, its settings and what was looked at, packed. The states need not be in it:
// reading the same tokens makes the same states, to the bit. Whoever opens an address may have made it up, so what comes out of one is
// checked.

const Version = 1, MostTokens = 20000, MostBytes = 1 << 20;
const Numbers = ["temperature", "topK", "topP", "minP", "repeatPenalty"];

// `text`: { model, given, written, drawn, settings, place, view, layer, unit }.
async function packText({ settings, ...text }) {
  const plain = { v: Version, ...text, settings: { ...settings, seed: String(settings.seed) } };
  const bytes = await throughStream(new TextEncoder().encode(JSON.stringify(plain)), new CompressionStream("deflate-raw"));
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The same text again; an error in words where it is not sound, or not for a model of so many pieces.
async function unpackText(packed, vocabSize) {
  let text;
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/")), bytes = Uint8Array.from(binary, c => c.charCodeAt(0));
    text = JSON.parse(new TextDecoder().decode(await throughStream(bytes, new DecompressionStream("deflate-raw"))));
  } catch {
    throw new Error("the link is damaged");
  }

  return checkedText(text, vocabSize);
}

function checkedText(text, vocabSize) {
  const { given, written, drawn, settings, place, layer = 0, unit = 0, view = "", model } = text ?? {};
  const isCount = (number, below) => Number.isSafeInteger(number) && number >= 0 && number < below;
  const areIds = ids => Array.isArray(ids) && ids.length <= MostTokens && ids.every(id => isCount(id, vocabSize));
  const isSound = text?.v === Version && areIds(given) && given.length > 0 && areIds(written) && isCount(drawn, 2 ** 32)
    && Numbers.every(name => Number.isFinite(settings?.[name]) && settings[name] >= 0) && typeof settings.stop === "string"
    && typeof settings.ignoresEnd === "boolean" && /^[0-9]{1,20}$/.test(settings.seed)
    && (place === null || isCount(place, given.length + written.length)) && isCount(layer, 1000) && isCount(unit, 1e6);
  if (!isSound) throw new Error("the link is damaged, or of another version");
  return { model, given, written, drawn, place, layer, unit, view, settings: { ...settings, seed: BigInt(settings.seed) } };
}

// No more than MostBytes come out, whatever goes in.
async function throughStream(bytes, stream) {
  const writer = stream.writable.getWriter(), reader = stream.readable.getReader(), parts = [];
  const writing = writer.write(bytes).then(() => writer.close());
  writing.catch(() => {});
  let length = 0;
  for (let part; !(part = await reader.read()).done;) {
    parts.push(part.value);
    length += part.value.length;
    if (length > MostBytes) throw new Error("too long");
  }

  await writing;
  const all = new Uint8Array(length);
  parts.reduce((at, part) => {
    all.set(part, at);
    return at + part.length;
  }, 0);
  return all;
}

export { packText, unpackText };
