#include "wasm/feature_set.h"

#include <string.h>

/* For callers that are not faster with them in place (builds for size). */
extern inline wisp_status wisp_features_use(wisp_feature_set *set, uint32_t features,
                                            uint64_t offset, wisp_error *err);

/* In the order of their bits, which are the first ones. */
static const char names[][20] = {
#define X(number, name, text) [number] = text,
    WISP_FEATURES(X)
#undef X
};

enum { FEATURE_COUNT = sizeof names / sizeof *names };

const char *wisp_feature_name(uint32_t bits)
{
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (bits >> i & 1)
            return names[i];
    return "?";
}

uint32_t wisp_feature_find(const char *name)
{
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (uint32_t)1 << i;
    return 0;
}

uint32_t wisp_features_built_in(void)
{
    return WISP_FEATURES_ALL & ~WISP_FEATURES_LEFT_OUT;
}

const char *wisp_feature_refusal(uint32_t bits)
{
    uint32_t first = bits & -bits;
    return first & WISP_FEATURES_LEFT_OUT ? "this feature is not built in"
                                          : "this feature is denied";
}
