// The functions of docs/int8.md and the random numbers of docs/sampling.md, one rounding an operation: Math.fround around each, which
// compilers of JavaScript turn into float32 arithmetic. No function comes from a library, so that every machine gives the same bits.

const f = Math.fround;
const Shift = 12582912;
const ExpLeast = f(-87.33), ExpLargest = f(88.37), OverLn2 = f(1.44269504), Ln2Large = f(0.693359375), Ln2Small = f(2.1219444e-4);
const E0 = f(1.98756915e-4), E1 = f(1.3981999507e-3), E2 = f(8.3334519073e-3), E3 = f(4.1665795894e-2), E4 = f(1.6666665459e-1);
const E5 = f(5.0000001201e-1);
const T0 = f(-5.70498872745e-3), T1 = f(2.06390887954e-2), T2 = f(-5.37397155531e-2), T3 = f(1.33314422036e-1);
const T4 = f(-3.33332819422e-1);
const LogTerms = [-1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1,
  3.3333331174e-1].map(f);
const LogFirst = f(7.0376836292e-2), LeastNormal = f(1.17549435e-38), SquareRootOfHalf = f(0.707106781);

const oneFloat = new Float32Array(1), oneWord = new Uint32Array(oneFloat.buffer);

// 2 to the powers of -127 (which is never asked for) to 127.
const powers = new Float32Array(new Uint32Array(256).map((_, i) => i << 23).buffer);

function exp(x) {
  x = x < ExpLeast ? ExpLeast : x > ExpLargest ? ExpLargest : x;
  const n = f(f(f(x * OverLn2) + Shift) - Shift);
  const r = f(f(x - f(n * Ln2Large)) + f(n * Ln2Small));
  let p = f(f(E0 * r) + E1);
  p = f(f(p * r) + E2);
  p = f(f(p * r) + E3);
  p = f(f(p * r) + E4);
  p = f(f(p * r) + E5);
  return f(f(f(p * f(r * r)) + f(r + 1)) * powers[n + 127]);
}

function sigmoid(x) {
  return f(1 / f(1 + exp(f(0 - x))));
}

function tanh(x) {
  if (!(Math.abs(x) < 0.625)) return f(1 - f(2 / f(exp(f(x + x)) + 1)));
  const q = f(x * x);
  let p = f(f(T0 * q) + T1);
  p = f(f(p * q) + T2);
  p = f(f(p * q) + T3);
  p = f(f(p * q) + T4);
  return f(f(f(p * q) * x) + x);
}

function log(x) {
  if (x < LeastNormal) return -Infinity;
  oneFloat[0] = x;
  const bits = oneWord[0];
  let e = (bits >>> 23) - 126;
  oneWord[0] = (bits & 0x7FFFFF) | 0x3F000000;
  let m = oneFloat[0];
  if (m < SquareRootOfHalf) {
    m = f(m + m);
    e--;
  }

  m = f(m - 1);
  const q = f(m * m);
  let p = LogFirst;
  for (const term of LogTerms) p = f(f(p * m) + term);
  let y = f(f(f(p * m) * q) + f(e * -Ln2Small));
  y = f(y - f(0.5 * q));
  return f(f(m + y) + f(e * Ln2Large));
}

// The sum of `count` numbers in sixteen lanes, which are folded: docs/int8.md's sum.
function laneSum(count, numberAt) {
  const lanes = new Float32Array(16);
  for (let i = 0; i < count; i++) lanes[i & 15] = f(lanes[i & 15] + numberAt(i));
  return foldLanes(lanes);
}

function foldLanes(lanes) {
  for (let half = 8; half >= 1; half >>= 1) {
    for (let i = 0; i < half; i++) lanes[i] = f(lanes[i] + lanes[i + half]);
  }

  return lanes[0];
}

// The upper word of a product of two words of 32 bits.
function upperWord(a, b) {
  const aLow = a & 0xFFFF, aHigh = a >>> 16, bLow = b & 0xFFFF, bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16), other = aLow * bHigh + (middle & 0xFFFF);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) >>> 0;
}

// Draw number `draw` of a seed (a BigInt of 64 bits), in [0, 1): Philox4x32-10.
function uniform(seed, draw) {
  let key0 = Number(seed & 0xFFFFFFFFn), key1 = (Number(seed >> 32n & 0xFFFFFFFFn) ^ Math.imul(4, 0x9E3779B9)) >>> 0;
  let c0 = 0, c1 = 0, c2 = draw >>> 0, c3 = Math.floor(draw / 4294967296);
  for (let round = 0; round < 10; round++) {
    const high0 = upperWord(0xD2511F53, c0), low0 = Math.imul(0xD2511F53, c0) >>> 0;
    const high1 = upperWord(0xCD9E8D57, c2), low1 = Math.imul(0xCD9E8D57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ key0) >>> 0, low1, (high0 ^ c3 ^ key1) >>> 0, low0];
    key0 = (key0 + 0x9E3779B9) >>> 0;
    key1 = (key1 + 0xBB67AE85) >>> 0;
  }

  return (c0 * 2097152 + (c1 >>> 11)) * 2 ** -53;
}

export { exp, sigmoid, tanh, log, laneSum, foldLanes, uniform };
