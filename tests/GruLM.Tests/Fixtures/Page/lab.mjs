// Runs the modules behind the views of a page outside a browser, for tests:
//
//   node lab.mjs MODULES PAGE < QUESTIONS > ANSWERS
//
// MODULES and PAGE are those of engine.mjs. QUESTIONS: { prompt, count, piece, links: [TEXT], texts: [TEXT] }. ANSWERS:
// gates: { checked, wrong }, numbers of states that the gates were to make; gradient: { loss, logProb, pairs: [[gradient, difference]] };
// near: [[id, cosine]]; link: whether a text came back as it was; links: what is wrong with each of those given, null for nothing;
// features: [{ name, values }] of the texts; planted: the unit that was made to follow the first of them; tree: what undoing came to.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, file] = process.argv.slice(2);
const load = name => import(pathToFileURL(`${modules}/${name}`).href);
const { createModel } = await load("engine/engine.js"), { gradientOf, influences } = await load("engine/gradient.js");
const { nearest } = await load("engine/neighbours.js"), { featuresOf, unitsThatFollow } = await load("text/features.js");
const { packText, unpackText } = await load("text/share.js"), { sourceOfPage, fingerprint } = await load("text/source.js");
const { Tokenizer } = await load("text/tokenizer.js"), { Writer } = await load("text/writer.js");

const { prompt, count, piece, links, texts } = JSON.parse(readFileSync(0, "utf8")), source = sourceOfPage(readFileSync(file, "utf8"));
const { about } = source, model = await createModel(about.config, source.weights, source.kernel);
const writer = new Writer(model, new Tokenizer(source.tokenizer), about);
const settings = { temperature: 1, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 9n, stop: "", ignoresEnd: true };
const f = Math.fround, idsNow = () => writer.tokens.map(token => token.id);

writer.begin(prompt, settings);
for (let i = 0; i < count; i++) writer.next();

function checkGates() {
  let checked = 0, wrong = 0;
  for (const { node } of writer.tokens) {
    for (let l = 0; l < about.config.num_layers; l++) {
      const { z, n } = writer.gates(node, l), before = node.parent.state[l];
      node.state[l].forEach((h, j) => {
        checked++;
        if (f(n[j] + f(z[j] * f(before[j] - n[j]))) !== h) wrong++;
      });
    }
  }

  return { checked, wrong };
}

function run(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function checkGradient() {
  const place = writer.tokens.length - 1, begin = place - 12, target = writer.tokens[place], step = 1e-5;
  const lossOf = embeddings => run(gradientOf(model, writer.tokens[begin].node.parent.state, ids, target.id, embeddings)).loss;
  const ids = writer.tokens.slice(begin, place).map(token => token.id);
  const result = run(gradientOf(model, writer.tokens[begin].node.parent.state, ids, target.id)), pairs = [];
  for (let t = 0; t < ids.length; t++) {
    const i = (7 * t + 3) % about.config.embedding_dim, moved = result.embeddings.map(embedding => embedding.slice());
    moved[t][i] += step;
    const above = lossOf(moved);
    moved[t][i] -= 2 * step;
    pairs.push([result.gradients[t][i], (above - lossOf(moved)) / (2 * step)]);
  }

  const own = influences(result).at(-1), { bits } = own;
  const dot = result.gradients.at(-1).reduce((sum, g, i) => sum + g * result.embeddings.at(-1)[i], 0);
  return { loss: result.loss, logProb: target.logProb, pairs, bits, expectedBits: -dot / Math.LN2 };
}

async function checkLinks() {
  const text = {
    model: fingerprint(source.weights), given: idsNow().slice(0, 3), written: idsNow().slice(3), drawn: count, settings, place: 2,
    view: "gates", layer: 0, unit: 5,
  };
  const packed = await packText(text), again = await unpackText(packed, about.config.vocab_size);
  const plain = value => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
  const same = Object.keys(text).every(key => plain(again[key]) === plain(text[key]));
  const complaints = [];
  for (const link of [...links, packed.slice(0, packed.length >> 1)]) {
    complaints.push(await unpackText(link, about.config.vocab_size).then(() => null, error => error.message));
  }

  // For a model of fewer pieces, ids are too large.
  complaints.push(await unpackText(packed, 1).then(() => null, error => error.message));
  return { same, complaints };
}

// A unit that rises with the first feature, among others that do not.
function checkFeatures() {
  const features = featuresOf(texts), planted = features[0].values;
  const states = texts.map((_, t) => [Float32Array.from([0.1 * (t % 3), -0.5 * planted[t] + 0.2, 0.3])]);
  const [{ name, units: [first] }] = unitsThatFollow(features.slice(0, 1), states);
  return { features: features.map(({ name: called, values }) => ({ name: called, values: [...values] })), planted: { name, ...first } };
}

// Another way, back again, and on: what was there before, and the same numbers drawn behind it.
function checkTree() {
  const before = idsNow(), kept = writer.snapshot(), first = writer.leaf, place = before.length >> 1;
  const other = (before[place] + 1) % about.config.vocab_size;
  writer.branch(place, other);
  for (let i = 0; i < 5; i++) writer.next();
  const branched = idsNow(), second = writer.leaf;
  writer.restore(kept);
  const restored = idsNow();
  for (let i = 0; i < 10; i++) writer.next();
  const on = idsNow();
  writer.moveTo(second);
  const moved = idsNow();
  writer.moveTo(first);
  const back = idsNow();

  // The same all at once, from the beginning.
  const whole = new Writer(model, writer.tokenizer, about);
  whole.begin(prompt, settings);
  for (let i = 0; i < count + 10; i++) whole.next();
  return { before, branched, restored, on, moved, back, whole: whole.tokens.map(token => token.id), place, other };
}

const { same, complaints } = await checkLinks();
console.log(JSON.stringify({
  name: source.name, gates: checkGates(), gradient: checkGradient(), link: same, links: complaints,
  near: nearest(model, piece, 10).map(({ id, cosine }) => [id, cosine]), ...checkFeatures(), tree: checkTree(),
}));
