// The proof of docs/int8.md: decoding in int8, written from that page alone, in plain JavaScript.
//
//   node decode.mjs MODEL_FOLDER ID...     prints the bits of scores and states after these tokens
//   node decode.mjs --check                tries the tables of docs/int8.md
//   node decode.mjs --write [FOLDER]       writes expected.json and plain/ beside itself, and all its models into FOLDER
//
// Weights of the models in expected.json come from a generator: see `fill`.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// ---- Numbers: one rounding an operation. ----

const f = Math.fround;
const view = new DataView(new ArrayBuffer(4));

function bitsOf(x) {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

function fromBits(bits) {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

const hex = x => bitsOf(x).toString(16).toUpperCase().padStart(8, "0");
const add = (a, b) => f(a + b);
const sub = (a, b) => f(a - b);
const mul = (a, b) => f(a * b);
const div = (a, b) => f(a / b);
const polynomial = (c, x) => c.slice(1).reduce((p, next) => add(mul(p, x), next), c[0]);

// ---- Functions. ----

const Shift = 12582912;
const ExpLeast = f(-87.33), ExpLargest = f(88.37), OverLn2 = f(1.44269504), Ln2Large = f(0.693359375), Ln2Small = f(2.1219444e-4);
const ExpP = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1].map(f);
const TanhP = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1].map(f);
const LogP = [7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
  -2.4999993993e-1, 3.3333331174e-1].map(f);
const LeastNormal = f(1.17549435e-38), SquareRootOfHalf = f(0.707106781);

export function exp(x) {
  x = x < ExpLeast ? ExpLeast : x > ExpLargest ? ExpLargest : x;
  const n = sub(add(mul(x, OverLn2), Shift), Shift);
  const r = add(sub(x, mul(n, Ln2Large)), mul(n, Ln2Small));
  return mul(add(mul(polynomial(ExpP, r), mul(r, r)), add(r, 1)), fromBits((n + 127) << 23));
}

export const sigmoid = x => div(1, add(1, exp(sub(0, x))));

export function tanh(x) {
  if (!(Math.abs(x) < 0.625)) return sub(1, div(2, add(exp(add(x, x)), 1)));
  const q = mul(x, x);
  return add(mul(mul(polynomial(TanhP, q), q), x), x);
}

export function log(x) {
  if (x < LeastNormal) return -Infinity;
  const bits = bitsOf(x);
  let e = (bits >>> 23) - 126, m = fromBits((bits & 0x7FFFFF) | 0x3F000000);
  if (m < SquareRootOfHalf) {
    m = add(m, m);
    e--;
  }

  m = sub(m, 1);
  const q = mul(m, m);
  let y = add(mul(mul(polynomial(LogP, m), m), q), mul(e, -Ln2Small));
  y = sub(y, mul(0.5, q));
  return add(add(m, y), mul(e, Ln2Large));
}

// The sum of `count` numbers in sixteen lanes.
function laneSum(count, number) {
  const lanes = new Float32Array(16);
  for (let i = 0; i < count; i++) lanes[i % 16] = add(lanes[i % 16], number(i));
  for (let half = 8; half >= 1; half /= 2) {
    for (let i = 0; i < half; i++) lanes[i] = add(lanes[i], lanes[i + half]);
  }

  return lanes[0];
}

// ---- From numbers to bytes. ----

function scaledBytes(numbers, units) {
  return Int8Array.from(numbers, x => {
    const scaled = mul(x, units);
    return add(scaled < -127 ? -127 : scaled > 127 ? 127 : scaled, Shift) - Shift;
  });
}

function bytesOf(numbers) {
  const most = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (most < 2 ** -100) return { bytes: new Int8Array(numbers.length), scale: 0 };
  return { bytes: scaledBytes(numbers, div(127, most)), scale: div(most, 127) };
}

const bytesOfState = h => ({ bytes: scaledBytes(h, 127), scale: div(1, 127) });

// The products of all rows with x.
function product(rows, x) {
  return Float32Array.from(rows, row => {
    let sum = 0;
    for (let i = 0; i < row.bytes.length; i++) sum += Math.imul(row.bytes[i], x.bytes[i]);
    return mul(f(sum), mul(row.scale, x.scale));
  });
}

// ---- The model. ----

// Names and shapes of the tensors, in their order.
function tensorsOf(c) {
  const [v, e, h] = [c.vocab_size, c.embedding_dim, c.hidden_dim], list = [["embedding.weight", [v, e]]];
  for (let l = 0; l < c.num_layers; l++) {
    list.push([`gru.weight_ih_l${l}`, [3 * h, l === 0 ? e : h]], [`gru.weight_hh_l${l}`, [3 * h, h]]);
    list.push([`gru.bias_ih_l${l}`, [3 * h]], [`gru.bias_hh_l${l}`, [3 * h]]);
  }

  for (let l = 1; l < c.num_layers && c.layer_norm; l++) list.push([`norm.weight_l${l}`, [h]], [`norm.bias_l${l}`, [h]]);
  if (!c.tie_weights) list.push(["out.weight", [v, h]]);
  return list;
}

function readModel(folder) {
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")), file = readFileSync(join(folder, "model.safetensors"));
  const begin = 8 + Number(file.readBigUInt64LE(0)), header = JSON.parse(file.toString("utf8", 8, begin)), tensors = {};
  for (const [name] of tensorsOf(config)) {
    const { dtype, data_offsets: [from, to] } = header[name];
    if (dtype !== "F32") throw new Error(`${name} is ${dtype}; F32 was expected`);
    tensors[name] = Float32Array.from({ length: (to - from) / 4 }, (_, i) => file.readFloatLE(begin + from + 4 * i));
  }

  return { config, tensors };
}

export class Decoder {
  constructor({ config, tensors }) {
    const rows = (name, columns) => {
      const list = [];
      for (let i = 0; i < tensors[name].length; i += columns) list.push(bytesOf(tensors[name].subarray(i, i + columns)));
      return list;
    };
    const h = config.hidden_dim;
    this.config = config;
    this.embedding = rows("embedding.weight", config.embedding_dim);
    this.output = config.tie_weights ? this.embedding : rows("out.weight", h);
    this.layers = Array.from({ length: config.num_layers }, (_, l) => ({
      input: rows(`gru.weight_ih_l${l}`, l === 0 ? config.embedding_dim : h),
      recurrent: rows(`gru.weight_hh_l${l}`, h),
      inputBias: tensors[`gru.bias_ih_l${l}`],
      stateBias: tensors[`gru.bias_hh_l${l}`],
      normWeight: tensors[`norm.weight_l${l}`],
      normBias: tensors[`norm.bias_l${l}`],
    }));
    this.states = this.layers.map(() => new Float32Array(h));
  }

  read(id) {
    let x = this.embedding[id];
    for (let l = 0; l < this.layers.length; l++) {
      if (l > 0) x = this.handed(l);
      this.states[l] = this.cell(this.layers[l], x, this.states[l]);
    }
  }

  scores() {
    return product(this.output, this.handed(this.layers.length));
  }

  // What layer l reads, or the output layer when there is no such layer.
  handed(l) {
    const { residual, layer_norm: norm } = this.config;
    let s = this.states[l - 1];
    if (residual) s = this.states.slice(0, l).reduce((sum, state) => sum.map((x, i) => add(x, state[i])));
    if (norm && l < this.layers.length) return bytesOf(this.normalised(this.layers[l], s));
    return residual && l > 1 ? bytesOf(s) : bytesOfState(s);
  }

  normalised({ normWeight, normBias }, s) {
    const count = s.length, mean = div(laneSum(count, i => s[i]), count);
    const square = laneSum(count, i => mul(sub(s[i], mean), sub(s[i], mean)));
    const scale = div(1, f(Math.sqrt(add(div(square, count), f(0.00001)))));
    return s.map((x, i) => add(mul(mul(sub(x, mean), scale), normWeight[i]), normBias[i]));
  }

  cell({ input, recurrent, inputBias, stateBias }, x, state) {
    const a = product(input, x), c = product(recurrent, bytesOfState(state)), units = state.length;
    const gate = k => sigmoid(add(add(a[k], c[k]), add(inputBias[k], stateBias[k])));
    return state.map((h, j) => {
      const r = gate(j), z = gate(units + j), k = 2 * units + j;
      const n = tanh(add(add(a[k], inputBias[k]), mul(r, add(c[k], stateBias[k]))));
      return add(n, mul(z, sub(h, n)));
    });
  }
}

// What is taken from a score to make a log-probability of it.
export function logSum(scores) {
  const most = scores.reduce((a, b) => Math.max(a, b));
  return add(most, log(laneSum(scores.length, i => exp(sub(scores[i], most)))));
}

// ---- Models of a generator. ----

// x ← x · 1664525 + 1013904223 modulo 2^32; its upper 24 bits less 2^23, times 2^(magnitude − 23): exact in float32.
function* numbers(seed) {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield (x >>> 8) - 2 ** 23;
  }
}

const magnitudeOf = name => (/bias|gru/.test(name) ? -1 : 0);

// All tensors in the order of tensorsOf, then ranges that are set to the same bits.
function fill({ config, seed, set }) {
  const tensors = {}, next = numbers(seed);
  for (const [name, shape] of tensorsOf(config)) {
    const unit = 2 ** (magnitudeOf(name) - 23);
    tensors[name] = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => next.next().value * unit);
  }

  for (const [name, from, count, bits] of set ?? []) tensors[name].fill(fromBits(parseInt(bits, 16)), from, from + count);
  return { config, tensors };
}

function dataOf({ config, tensors }) {
  const all = tensorsOf(config).flatMap(([name]) => [...tensors[name]]), data = Buffer.alloc(4 * all.length);
  all.forEach((x, i) => data.writeFloatLE(x, 4 * i));
  return data;
}

function writeModel(folder, model) {
  const header = {};
  let at = 0;
  for (const [name, shape] of tensorsOf(model.config)) {
    const end = at + 4 * shape.reduce((a, b) => a * b);
    header[name] = { dtype: "F32", shape, data_offsets: [at, end] };
    at = end;
  }

  let text = JSON.stringify(header);
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(model.config, null, 2) + "\n");
  writeFileSync(join(folder, "model.safetensors"), Buffer.concat([size, Buffer.from(text), dataOf(model)]));
}

const sizes = (vocab_size, embedding_dim, hidden_dim, num_layers, rest) =>
  ({ model_type: "grulm", vocab_size, embedding_dim, hidden_dim, num_layers, dropout: 0, tie_weights: false, ...rest });

// Rows of zeros, of subnormal numbers, just below and at 2^−100, and of 2^49; bytes at ties; a state that is subnormal since its input is
// (unit 1 after token 3), and one since its gate is (unit 2 after token 0); an input of zeros; −0; a saturated gate (unit 3).
const H = 35, E = 9;
const edges = [
  ["embedding.weight", 0, E, "00000000"],
  ["embedding.weight", E, E, "00000001"],
  ["embedding.weight", 2 * E, E, "0D7FFFFF"],
  ["embedding.weight", 3 * E, E, "0D800000"],
  ["embedding.weight", 4 * E, E, "58000000"],
  ["embedding.weight", 5 * E, E, "3F000000"],
  ["embedding.weight", 5 * E + 1, 2, "C2FE0000"],
  ["embedding.weight", 5 * E + 3, 1, "3FC00000"],
  ["embedding.weight", 5 * E + 4, 1, "C0200000"],
  ["embedding.weight", 6 * E, E, "80000000"],
  ["gru.weight_ih_l0", (2 * H + 1) * E, E, "30800000"],
  ["gru.weight_hh_l0", (2 * H + 1) * H, 2 * H, "00000000"],
  ["gru.bias_ih_l0", 2 * H + 1, 2, "00000000"],
  ["gru.bias_hh_l0", 2 * H + 1, 2, "00000000"],
  ["gru.bias_ih_l0", H + 2, 1, "C3480000"],
  ["gru.weight_ih_l0", 3 * E, E, "58000000"],
  ["gru.weight_hh_l0", 7 * H, H, "00000000"],
  ["gru.weight_hh_l1", 8 * H, H, "00000001"],
  ["norm.weight_l1", 0, H, "00000000"],
  ["norm.bias_l1", 0, H, "80000000"],
  ["norm.weight_l2", 4, 3, "42C80000"],
  ["out.weight", 0, H, "00000000"],
  ["out.weight", H, H, "00000001"],
  ["out.weight", 2 * H, H, "0D800000"],
  ["out.weight", 3 * H, H, "58000000"],
  ["out.weight", 4 * H, H, "0D7FFFFF"],
];

const cases = [
  { name: "plain", config: sizes(21, 13, 13, 2, { tie_weights: true }), seed: 1, tokens: 40 },
  { name: "one layer", config: sizes(33, 5, 18, 1, { residual: true }), seed: 2, tokens: 40 },
  { name: "residual", config: sizes(45, 24, 29, 3, { residual: true }), seed: 3, tokens: 40 },
  { name: "layer norm", config: sizes(53, 17, 50, 2, { layer_norm: true }), seed: 4, tokens: 40 },
  { name: "both", config: sizes(61, 21, 37, 4, { layer_norm: true, residual: true }), seed: 5, tokens: 70 },
  { name: "edges", config: sizes(19, E, H, 3, { layer_norm: true, residual: true }), seed: 6, set: edges,
    ids: [3, 7, 0, 5, 1, 2, 4, 6, 0, 8, 9, 3, 18] },
];

const hexOf = numbers => Array.from(numbers, hex).join(" ");

function results(decoder, tokens) {
  const scores = decoder.scores();
  return { tokens, states: decoder.states.map(hexOf), scores: hexOf(scores), log_sum: hex(logSum(scores)) };
}

function expected({ name, config, seed, set, tokens, ids }) {
  const model = fill({ config, seed, set }), decoder = new Decoder(model), random = numbers(seed + 100);
  ids ??= Array.from({ length: tokens }, () => (random.next().value + 2 ** 23) % config.vocab_size);
  const after = [];
  ids.forEach((id, i) => {
    decoder.read(id);
    if (i === 0 || i === 2 || i === ids.length - 1) after.push(results(decoder, i + 1));
  });
  const weights = createHash("sha256").update(dataOf(model)).digest("hex");
  return { name, config, seed, set: set ?? [], weights, ids, after };
}

// A line for each of a model's properties and of its results.
function jsonOf(all) {
  const lines = o => Object.entries(o).map(([k, v]) => `${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(",\n      ");
  const one = ({ after, ...model }) =>
    `  {\n      ${lines(model)},\n      "after": [\n${after.map(a => `    { ${lines(a)} }`).join(",\n")}\n  ]}`;
  return `[\n${all.map(one).join(",\n")}\n]\n`;
}

// ---- The command. ----

const here = dirname(fileURLToPath(import.meta.url));

function check() {
  const page = readFileSync(join(here, "../../../../docs/int8.md"), "utf8"), functions = { exp, sigmoid, tanh, log };
  let rows = 0;
  const compare = (what, actual, bits) => {
    rows++;
    if (actual !== bits) throw new Error(`${what}: the page says ${bits}, and ${actual} it is`);
  };
  for (const [, name, x, bits] of page.matchAll(/^\| (exp|sigmoid|tanh|log) \| ([0-9A-F]{8}) [^|]*\| ([0-9A-F]{8}) \|$/gm)) {
    compare(`${name} of ${x}`, hex(functions[name](fromBits(parseInt(x, 16)))), bits);
  }

  for (const [, name, number, bits] of page.matchAll(/^\| ([^|]+) \| (-?[0-9.e-]+) \| ([0-9A-F]{8}) \|$/gm)) {
    compare(name, hex(f(Number(number))), bits);
  }

  console.log(`${rows} rows are true`);
}

function write(folder) {
  writeFileSync(join(here, "expected.json"), jsonOf(cases.map(expected)));
  writeModel(join(here, "plain"), fill(cases[0]));
  for (const one of folder ? cases : []) writeModel(join(folder, one.name.replace(" ", "-")), fill(one));
}

function decode(folder, ids) {
  const decoder = new Decoder(readModel(folder));
  for (const id of ids) decoder.read(Number(id));
  const { states, scores, log_sum } = results(decoder);
  console.log(`scores  ${scores}\nlog sum ${log_sum}`);
  states.forEach((state, l) => console.log(`state ${l} ${state}`));
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--check") check();
else if (first === "--write") write(rest[0]);
else decode(first, rest);
