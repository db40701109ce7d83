// The loops of the page that take time, for WebAssembly with vectors of 128 bits: products of bytes, whose sums are exact, gates and the
// exponentials of scores, whose operations docs/int8.md and docs/sampling.md define, and the largest of each sixteen scores. build.sh
// makes kernel.wasm of it; kernel.js has the same in JavaScript for browsers without them.
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name)))

// Sixteen products of a row's bytes and a vector's 16-bit numbers, added to four sums.
static inline v128_t add_products(v128_t sum, const signed char *row, v128_t low, v128_t high) {
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(row), low));
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(row + 8), high));
}

// Four vectors of four sums each become the four sums of all.
static inline v128_t fold(v128_t a, v128_t b, v128_t c, v128_t d) {
  v128_t ab = wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
  v128_t cd = wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
  return wasm_i32x4_add(wasm_i64x2_shuffle(ab, cd, 0, 2), wasm_i64x2_shuffle(ab, cd, 1, 3));
}

// out[i] = float(row i . vector) x (scales[i] x scale). Rows: a multiple of four; columns: a multiple of sixteen.
EXPORT(product)
void product(int rows, int columns, const signed char *weights, const float *scales, const short *vector, float scale, float *out) {
  for (int i = 0; i < rows; i += 4) {
    v128_t a = wasm_i32x4_splat(0), b = a, c = a, d = a;
    const signed char *row = weights + (long)i * columns;
    for (int j = 0; j < columns; j += 16) {
      v128_t low = wasm_v128_load(vector + j), high = wasm_v128_load(vector + j + 8);
      a = add_products(a, row + j, low, high);
      b = add_products(b, row + columns + j, low, high);
      c = add_products(c, row + 2 * columns + j, low, high);
      d = add_products(d, row + 3 * columns + j, low, high);
    }

    v128_t unit = wasm_f32x4_mul(wasm_v128_load(scales + i), wasm_f32x4_splat(scale));
    wasm_v128_store(out + i, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(fold(a, b, c, d)), unit));
  }
}

static inline v128_t multiply_add(v128_t a, v128_t b, float c) { return wasm_f32x4_add(wasm_f32x4_mul(a, b), wasm_f32x4_splat(c)); }

// docs/int8.md's exp.
static inline v128_t exponential(v128_t x) {
  x = wasm_f32x4_pmin(wasm_f32x4_splat(88.37f), wasm_f32x4_pmax(wasm_f32x4_splat(-87.33f), x));
  v128_t shift = wasm_f32x4_splat(12582912.0f);
  v128_t n = wasm_f32x4_sub(wasm_f32x4_add(wasm_f32x4_mul(x, wasm_f32x4_splat(1.44269504f)), shift), shift);
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_splat(0.693359375f)));
  r = wasm_f32x4_add(r, wasm_f32x4_mul(n, wasm_f32x4_splat(2.12194440e-4f)));
  v128_t p = wasm_f32x4_splat(1.9875691500e-4f);
  p = multiply_add(p, r, 1.3981999507e-3f);
  p = multiply_add(p, r, 8.3334519073e-3f);
  p = multiply_add(p, r, 4.1665795894e-2f);
  p = multiply_add(p, r, 1.6666665459e-1f);
  p = multiply_add(p, r, 5.0000001201e-1f);
  p = wasm_f32x4_add(wasm_f32x4_mul(p, wasm_f32x4_mul(r, r)), wasm_f32x4_add(r, wasm_f32x4_splat(1.0f)));
  v128_t power = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23);
  return wasm_f32x4_mul(p, power);
}

// out[i] = the weight of score i, 0 where it is less than 87 below the largest; lanes[k] = the sum of weights k, k + 16, k + 32 ...
// count: a multiple of sixteen; scores that only fill the last sixteen are -infinity.
EXPORT(weigh)
void weigh(int count, const float *scores, float max, float *out, float *lanes) {
  v128_t sums[4];
  for (int k = 0; k < 4; k++) sums[k] = wasm_f32x4_splat(0);
  for (int i = 0; i < count; i += 16) {
    for (int k = 0; k < 4; k++) {
      v128_t d = wasm_f32x4_sub(wasm_v128_load(scores + i + 4 * k), wasm_f32x4_splat(max));
      v128_t weight = wasm_v128_andnot(exponential(d), wasm_f32x4_lt(d, wasm_f32x4_splat(-87.0f)));
      wasm_v128_store(out + i + 4 * k, weight);
      sums[k] = wasm_f32x4_add(sums[k], weight);
    }
  }

  for (int k = 0; k < 4; k++) wasm_v128_store(lanes + 4 * k, sums[k]);
}

static inline v128_t sigmoid(v128_t x) {
  v128_t one = wasm_f32x4_splat(1.0f), minus = wasm_f32x4_sub(wasm_f32x4_splat(0.0f), x);
  return wasm_f32x4_div(one, wasm_f32x4_add(one, exponential(minus)));
}

static inline v128_t hyperbolic_tangent(v128_t x) {
  v128_t one = wasm_f32x4_splat(1.0f), q = wasm_f32x4_mul(x, x);
  v128_t p = wasm_f32x4_splat(-5.70498872745e-3f);
  p = multiply_add(p, q, 2.06390887954e-2f);
  p = multiply_add(p, q, -5.37397155531e-2f);
  p = multiply_add(p, q, 1.33314422036e-1f);
  p = multiply_add(p, q, -3.33332819422e-1f);
  v128_t small = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_mul(p, q), x), x);
  v128_t divisor = wasm_f32x4_add(exponential(wasm_f32x4_add(x, x)), one);
  v128_t large = wasm_f32x4_sub(one, wasm_f32x4_div(wasm_f32x4_splat(2.0f), divisor));
  return wasm_v128_bitselect(small, large, wasm_f32x4_lt(wasm_f32x4_abs(x), wasm_f32x4_splat(0.625f)));
}

// The next state of a layer: a and c are the sums over its input and its state, of gates r, z and n, and p and q the biases that belong to
// them. The numbers behind the last unit's are read, and change what is behind the state, up to a whole four.
EXPORT(update)
void update(int units, const float *a, const float *c, const float *p, const float *q, float *state) {
  for (int j = 0; j < units; j += 4) {
    int k = j + units, m = k + units;
    v128_t r = sigmoid(wasm_f32x4_add(wasm_f32x4_add(wasm_v128_load(a + j), wasm_v128_load(c + j)),
      wasm_f32x4_add(wasm_v128_load(p + j), wasm_v128_load(q + j))));
    v128_t z = sigmoid(wasm_f32x4_add(wasm_f32x4_add(wasm_v128_load(a + k), wasm_v128_load(c + k)),
      wasm_f32x4_add(wasm_v128_load(p + k), wasm_v128_load(q + k))));
    v128_t fromState = wasm_f32x4_mul(r, wasm_f32x4_add(wasm_v128_load(c + m), wasm_v128_load(q + m)));
    v128_t n = hyperbolic_tangent(wasm_f32x4_add(wasm_f32x4_add(wasm_v128_load(a + m), wasm_v128_load(p + m)), fromState));
    v128_t h = wasm_v128_load(state + j);
    wasm_v128_store(state + j, wasm_f32x4_add(n, wasm_f32x4_mul(z, wasm_f32x4_sub(h, n))));
  }
}

// out[i] = the largest of scores 16 i to 16 i + 15. count: a multiple of sixteen.
EXPORT(peaks)
void peaks(int count, const float *scores, float *out) {
  for (int i = 0; i < count; i += 16) {
    v128_t most = wasm_f32x4_pmax(wasm_f32x4_pmax(wasm_v128_load(scores + i), wasm_v128_load(scores + i + 4)),
      wasm_f32x4_pmax(wasm_v128_load(scores + i + 8), wasm_v128_load(scores + i + 12)));
    most = wasm_f32x4_pmax(most, wasm_i32x4_shuffle(most, most, 2, 3, 0, 1));
    most = wasm_f32x4_pmax(most, wasm_i32x4_shuffle(most, most, 1, 0, 3, 2));
    out[i / 16] = wasm_f32x4_extract_lane(most, 0);
  }
}
