// The two loops of the page that take time, for WebAssembly with vectors of 128 bits: products of bytes, whose sums are exact, and the
// exponentials of scores, whose operations docs/int8.md and docs/sampling.md define. build.sh makes kernel.wasm of it; kernel.js has the
// same in JavaScript for browsers without them.
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
