#include "host/measure/spread.h"

enum { STEPS_LOG2 = 3, STEPS = 1 << STEPS_LOG2 };

#define VALUE_MAX ((UINT64_C(1) << WISP_SPREAD_BITS) - 1)

/* Values from 8 on are 1.xxx * 2^octave: the three bits after the first choose the step. */
static uint32_t bucket_of(uint64_t value)
{
    if (value < STEPS)
        return (uint32_t)value;
    if (value > VALUE_MAX)
        value = VALUE_MAX;
    uint32_t octave = 63 - (uint32_t)__builtin_clzll(value);
    uint32_t step = (uint32_t)(value >> (octave - STEPS_LOG2)) & (STEPS - 1);
    return (octave - STEPS_LOG2 + 1) * STEPS + step;
}

static uint64_t largest_in(uint32_t bucket)
{
    if (bucket < STEPS)
        return bucket;
    uint32_t shift = bucket / STEPS - 1;
    return ((uint64_t)(STEPS + bucket % STEPS + 1) << shift) - 1;
}

static void halve(wisp_spread_counts *counts)
{
    for (uint32_t i = 0; i < WISP_SPREAD_BUCKETS; i++)
        counts->counts[i] /= 2;
}

void wisp_spread_add(wisp_spread_counts *counts, uint64_t value)
{
    uint32_t *count = &counts->counts[bucket_of(value)];
    if (*count == UINT32_MAX)
        halve(counts);
    ++*count;
    if (value > counts->max)
        counts->max = value;
}

/* The value that no more than one of [of] of the [total] are above. */
static uint64_t value_at(const wisp_spread_counts *counts, uint64_t total, uint32_t of)
{
    uint64_t above = total / of; /* how many of the largest are left out */
    uint32_t bucket = WISP_SPREAD_BUCKETS - 1;
    for (; counts->counts[bucket] <= above; bucket--)
        above -= counts->counts[bucket];
    uint64_t value = largest_in(bucket);
    return value == VALUE_MAX || value > counts->max ? counts->max : value;
}

wisp_spread wisp_spread_of(const wisp_spread_counts *counts)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < WISP_SPREAD_BUCKETS; i++)
        total += counts->counts[i];
    if (total == 0)
        return (wisp_spread){0};
    return (wisp_spread){
        .p50 = value_at(counts, total, 2),
        .p99 = value_at(counts, total, 100),
        .max = counts->max,
    };
}
