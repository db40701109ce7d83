// The recurrence of recurrence.h in three planes: as exact as float32.
#include "recurrence.h"

BOTH_WAYS(fp32_8_1, 3, 8, 1, 3)
BOTH_WAYS(fp32_8_2, 3, 8, 2, 2)
BOTH_WAYS(fp32_16_1, 3, 16, 1, 3)
BOTH_WAYS(fp32_16_2, 3, 16, 2, 2)
