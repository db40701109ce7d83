// Where the engine's numbers lie and the loops that take time: kernel.c's in WebAssembly where the browser has vectors of 128 bits, else
// the same in JavaScript. Both read and write one buffer, whose parts are given out once and never taken back; the bits are the same.

import { exp, sigmoid, tanh } from "./numbers.js";

// What is before this is the stack of the compiled code.
const FirstByte = 131072;
const PageBytes = 65536;

// A kernel over a buffer with room for `bytes`. `code` is kernel.wasm, null where JavaScript is to do its work.
async function createKernel(code, bytes) {
  const pages = Math.ceil((FirstByte + bytes) / PageBytes);
  if (code !== null) {
    try {
      const memory = new WebAssembly.Memory({ initial: pages });
      const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
      return new Kernel(memory.buffer, instance.exports);
    } catch (error) {
      // Browsers without vectors, and pages whose policy forbids WebAssembly.
      if (error instanceof RangeError) throw error;
    }
  }

  const buffer = new ArrayBuffer(pages * PageBytes);
  return new Kernel(buffer, plainLoops(buffer));
}

// Bytes that an array takes in the buffer.
const bytesOf = (length, size) => Math.ceil(length * size / 16) * 16;

class Kernel {
  constructor(buffer, loops) {
    this.buffer = buffer;
    this.loops = loops;
    this.isCompiled = !loops.isPlain;
    this.next = FirstByte;
  }

  allocate(Type, length) {
    const array = new Type(this.buffer, this.next, length);
    this.next += bytesOf(length, Type.BYTES_PER_ELEMENT);
    return array;
  }

  // The values of a matrix's rows times a vector of bytes (as 16-bit numbers, with its scale), into `out`.
  multiply({ rows, columns, bytes, scales }, vector, scale, out) {
    this.loops.product(rows, columns, bytes.byteOffset, scales.byteOffset, vector.byteOffset, scale, out.byteOffset);
  }

  // The weights of scores and the sums of their sixteen lanes; arrays are of whole sixteens, filled with -Infinity.
  weigh(count, scores, max, weights, lanes) {
    this.loops.weigh(Math.ceil(count / 16) * 16, scores.byteOffset, max, weights.byteOffset, lanes.byteOffset);
  }

  // The next state of a layer with these biases, of the sums over its input and its state.
  update({ inputBias, stateBias }, fromInput, fromState, state) {
    const [a, c, p, q] = [fromInput, fromState, inputBias, stateBias].map(array => array.byteOffset);
    this.loops.update(state.length, a, c, p, q, state.byteOffset);
  }

  // The largest of each sixteen scores, into `out`.
  peaks(count, scores, out) {
    this.loops.peaks(Math.ceil(count / 16) * 16, scores.byteOffset, out.byteOffset);
  }
}

function plainLoops(buffer) {
  const f = Math.fround, bytes = new Int8Array(buffer), shorts = new Int16Array(buffer), floats = new Float32Array(buffer);
  return {
    isPlain: true,
    product(rows, columns, weights, scales, vector, scale, out) {
      [scales, vector, out] = [scales >> 2, vector >> 1, out >> 2];
      for (let i = 0; i < rows; i++, weights += columns) {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum = (sum + bytes[weights + j] * shorts[vector + j]) | 0;
        floats[out + i] = f(f(sum) * f(floats[scales + i] * scale));
      }
    },
    weigh(count, scores, max, weights, lanes) {
      [scores, weights, lanes] = [scores >> 2, weights >> 2, lanes >> 2];
      floats.fill(0, lanes, lanes + 16);
      for (let i = 0; i < count; i++) {
        const d = f(floats[scores + i] - max), weight = d < -87 ? 0 : exp(d);
        floats[weights + i] = weight;
        floats[lanes + (i & 15)] = f(floats[lanes + (i & 15)] + weight);
      }
    },
    update(units, a, c, p, q, state) {
      [a, c, p, q, state] = [a >> 2, c >> 2, p >> 2, q >> 2, state >> 2];
      for (let j = 0; j < units; j++) {
        const k = j + units, m = k + units, h = floats[state + j];
        const r = sigmoid(f(f(floats[a + j] + floats[c + j]) + f(floats[p + j] + floats[q + j])));
        const z = sigmoid(f(f(floats[a + k] + floats[c + k]) + f(floats[p + k] + floats[q + k])));
        const n = tanh(f(f(floats[a + m] + floats[p + m]) + f(r * f(floats[c + m] + floats[q + m]))));
        floats[state + j] = f(n + f(z * f(h - n)));
      }
    },
    peaks(count, scores, out) {
      [scores, out] = [scores >> 2, out >> 2];
      for (let i = 0; i < count; i += 16) {
        let most = floats[scores + i];
        for (let k = 1; k < 16; k++) most = Math.max(most, floats[scores + i + k]);
        floats[out + (i >> 4)] = most;
      }
    },
  };
}

export { createKernel, bytesOf };
