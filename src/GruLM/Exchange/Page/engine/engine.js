// The model in int8, as docs/int8.md defines it: bytes for weights, exact sums, one rounding an operation for all the rest. A step reads a
// token and changes the states, which are the model's whole memory; the scores say what may come next.

import { bytesOf, createKernel } from "./kernel.js";
import { laneSum } from "./numbers.js";

const f = Math.fround;
const Shift = 12582912, StateScale = f(1 / 127), Least = 2 ** -100, Epsilon = f(0.00001);

const padded = (count, step) => Math.ceil(count / step) * step;

// Makes a model of its sizes (config.json) and the bytes that HtmlExport writes behind each other: for each matrix the scales of its rows
// and its bytes, for each layer its biases and what its input is normalised with.
async function createModel(config, data, code) {
  const { vocab_size: V, embedding_dim: E, hidden_dim: H, num_layers: L } = config;
  const matrix = (rows, columns) => bytesOf(padded(rows, 4), 4) + bytesOf(padded(rows, 4) * padded(columns, 16), 1) + 32;
  let bytes = (config.tie_weights ? 1 : 2) * matrix(V, Math.max(E, H)) + 65536 + 64 * padded(Math.max(V, 3 * H, E), 16);
  for (let l = 0; l < L; l++) bytes += matrix(3 * H, l === 0 ? E : H) + matrix(3 * H, H) + 4 * bytesOf(3 * H, 4);
  return new Model(config, new Reader(data), await createKernel(code, bytes));
}

// Reads numbers one after the other.
class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(length) {
    if (this.at + length > this.data.length) throw new Error("the weights of this page are cut off");
    return this.data.subarray(this.at, this.at += length);
  }

  floats(kernel, count) {
    const numbers = kernel.allocate(Float32Array, count);
    numbers.set(new Float32Array(this.take(4 * count).slice().buffer));
    return numbers;
  }

  // Rows are made whole fours and sixteens by zeros, which add nothing.
  matrix(kernel, count, width) {
    const rows = padded(count, 4), columns = padded(width, 16);
    const scales = kernel.allocate(Float32Array, rows), bytes = kernel.allocate(Int8Array, rows * columns);
    scales.set(new Float32Array(this.take(4 * count).slice().buffer));
    for (let i = 0; i < count; i++) bytes.set(this.take(width), i * columns);
    return { rows, columns, scales, bytes };
  }
}

class Model {
  constructor(config, reader, kernel) {
    const { vocab_size: V, embedding_dim: E, hidden_dim: H, num_layers: L } = config;
    this.config = config;
    this.kernel = kernel;
    this.embedding = reader.matrix(kernel, V, E);
    this.layers = [];
    for (let l = 0; l < L; l++) {
      const layer = { input: reader.matrix(kernel, 3 * H, l === 0 ? E : H), recurrent: reader.matrix(kernel, 3 * H, H) };
      [layer.inputBias, layer.stateBias] = [reader.floats(kernel, 3 * H), reader.floats(kernel, 3 * H)];
      if (config.layer_norm && l > 0) [layer.gain, layer.shift] = [reader.floats(kernel, H), reader.floats(kernel, H)];
      this.layers.push(layer);
    }

    this.output = config.tie_weights ? this.embedding : reader.matrix(kernel, V, H);
    this.vector = kernel.allocate(Int16Array, padded(Math.max(E, H), 16));
    this.fromInput = kernel.allocate(Float32Array, padded(3 * H, 16));
    this.fromState = kernel.allocate(Float32Array, padded(3 * H, 16));
    this.scores = kernel.allocate(Float32Array, padded(V, 16));
    this.weights = kernel.allocate(Float32Array, padded(V, 16));
    this.lanes = kernel.allocate(Float32Array, 16);
    this.peaks = kernel.allocate(Float32Array, padded(V, 16) / 16);
    this.states = this.layers.map(() => kernel.allocate(Float32Array, H));
    this.sum = new Float32Array(H);

    // Whoever restores states may write here which ones they are; see Writer.
    this.at = null;
  }

  reset() {
    for (const state of this.states) state.fill(0);
  }

  saveState() {
    return this.states.map(state => state.slice());
  }

  restoreState(saved) {
    saved.forEach((state, l) => this.states[l].set(state));
  }

  // Reads one token.
  read(id) {
    for (let l = 0; l < this.layers.length; l++) {
      const layer = this.layers[l], scale = l === 0 ? this.embed(id) : this.handOn(l);
      this.kernel.multiply(layer.input, this.vector, scale, this.fromInput);
      this.setState(this.states[l]);
      this.kernel.multiply(layer.recurrent, this.vector, StateScale, this.fromState);
      this.kernel.update(layer, this.fromInput, this.fromState, this.states[l]);
    }
  }

  // The scores of all tokens for the next place, in an array that the next call overwrites. It ends with -Infinity for a whole sixteen.
  computeScores() {
    const scale = this.handOn(this.layers.length);
    this.kernel.multiply(this.output, this.vector, scale, this.scores);
    this.scores.fill(-Infinity, this.config.vocab_size);
    return this.scores;
  }

  // What layers 0 to l - 1 hand on to layer l, or to the output layer: its bytes become the vector, its scale is returned.
  handOn(l) {
    const { residual, layer_norm: normalises } = this.config, isOutput = l === this.layers.length;
    let s = this.states[l - 1];
    if (residual && l > 1) {
      s = this.sum;
      s.set(this.states[0]);
      for (let k = 1; k < l; k++) this.states[k].forEach((x, i) => { s[i] = f(s[i] + x); });
    }

    if (normalises && !isOutput) return this.setVector(this.normalise(this.layers[l], s));
    return s === this.sum ? this.setVector(s) : this.setState(s);
  }

  normalise({ gain, shift }, s) {
    const H = s.length, mean = f(laneSum(H, i => s[i]) / H);
    const square = laneSum(H, i => f(f(s[i] - mean) * f(s[i] - mean)));
    const scale = f(1 / f(Math.sqrt(f(f(square / H) + Epsilon))));
    for (let i = 0; i < H; i++) this.sum[i] = f(f(f(f(s[i] - mean) * scale) * gain[i]) + shift[i]);
    return this.sum;
  }

  embed(id) {
    const { bytes, scales, columns } = this.embedding;
    for (let i = 0; i < columns; i++) this.vector[i] = bytes[id * columns + i];
    return scales[id];
  }

  setState(state) {
    return this.setBytes(state, 127, StateScale);
  }

  setVector(s) {
    let most = 0;
    for (const x of s) most = Math.max(most, Math.abs(x));
    return most < Least ? this.setBytes(s, 0, 0) : this.setBytes(s, f(127 / most), f(most / 127));
  }

  setBytes(s, units, scale) {
    const count = s.length, end = padded(count, 16), vector = this.vector;
    for (let i = 0; i < count; i++) {
      const x = f(s[i] * units);
      vector[i] = f((x < -127 ? -127 : x > 127 ? 127 : x) + Shift) - Shift;
    }

    for (let i = count; i < end; i++) vector[i] = 0;
    return scale;
  }
}

export { createModel };
