// The products of products_hopper.h in one plane: bfloat16.
#include "products_hopper.h"

PRODUCT(product_nt_128_bf16, 1, true, true, 128)
PRODUCT(product_nn_128_bf16, 1, true, false, 128)
PRODUCT(product_tn_128_bf16, 1, false, false, 128)
PRODUCT(product_nt_256_bf16, 1, true, true, 256)
PRODUCT(product_nn_256_bf16, 1, true, false, 256)
PRODUCT(product_tn_256_bf16, 1, false, false, 256)
