// The products of products_hopper.h in three planes: as exact as float32.
#include "products_hopper.h"

PRODUCT(product_nt_128_fp32, 3, true, true, 128)
PRODUCT(product_nn_128_fp32, 3, true, false, 128)
PRODUCT(product_tn_128_fp32, 3, false, false, 128)
PRODUCT(product_nt_256_fp32, 3, true, true, 256)
PRODUCT(product_nn_256_fp32, 3, true, false, 256)
PRODUCT(product_tn_256_fp32, 3, false, false, 256)
