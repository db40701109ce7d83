// The recurrence of recurrence.h in one plane: bfloat16.
#include "recurrence.h"

BOTH_WAYS(bf16_8_1, 1, 8, 1, 6)
BOTH_WAYS(bf16_8_2, 1, 8, 2, 4)
BOTH_WAYS(bf16_8_4, 1, 8, 4, 3)
BOTH_WAYS(bf16_16_1, 1, 16, 1, 6)
BOTH_WAYS(bf16_16_2, 1, 16, 2, 4)
BOTH_WAYS(bf16_16_4, 1, 16, 4, 2)
BOTH_WAYS(bf16_32_1, 1, 32, 1, 6)
BOTH_WAYS(bf16_32_2, 1, 32, 2, 3)
