#include "compiled.h"

/* COMPILED_LIST is the list that this is compiled for. Each function differs, so that none is
 * another one, and is longer than a sled. */
#define FUNCTIONS(X) X(1) X(2) X(3) X(5) X(7) X(11) X(13) X(17) X(19) X(23) X(29) X(31)

#define X(factor)                                                                                \
    __attribute__((noinline)) static uint64_t plus_one_##factor(uint64_t number)                 \
    {                                                                                            \
        uint64_t sum = 1;                                                                        \
        for (volatile uint64_t i = factor; i > 0; i--)                                           \
            sum += factor;                                                                       \
        return number + sum - factor * factor;                                                   \
    }
FUNCTIONS(X)
#undef X

#define X(factor) plus_one_##factor,
uint64_t (*const COMPILED_LIST[])(uint64_t number) = {FUNCTIONS(X) 0};
