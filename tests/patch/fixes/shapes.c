#include "fix.h"

WISP_ORIGINAL(swap) pair original_swap(pair p);
WISP_ORIGINAL(fill) crate original_fill(int64_t from, crate like);
WISP_ORIGINAL(sum_of_ten)
int64_t original_sum_of_ten(int64_t a, int32_t b, int64_t c, int16_t d, int64_t e, uint8_t f,
                            int64_t g, int32_t h, double i, int64_t j);

WISP_PATCH(swap) pair swap(pair p)
{
    p.left *= 10;
    pair swapped = original_swap(p);
    swapped.right++;
    return swapped;
}

WISP_PATCH(fill) crate fill(int64_t from, crate like)
{
    like.items[0] += 1000;
    crate filled = original_fill(from * 2, like);
    filled.items[7] = -1;
    return filled;
}

WISP_PATCH(sum_of_ten)
int64_t sum_of_ten(int64_t a, int32_t b, int64_t c, int16_t d, int64_t e, uint8_t f, int64_t g,
                   int32_t h, double i, int64_t j)
{
    return original_sum_of_ten(a, b, c, d, e, f, g, h, i * 2, j * 10) * 2;
}
