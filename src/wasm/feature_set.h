#ifndef WISP_WASM_FEATURE_SET_H
#define WISP_WASM_FEATURE_SET_H

#include <wisp/wasm.h>

#include "base/error.h"

/*
 * Which features a module may use. What is not built in (a build sets WISP_FEATURES_LEFT_OUT
 * to the bits) is refused in the same place and way as what the program denies.
 */
#ifndef WISP_FEATURES_LEFT_OUT
#define WISP_FEATURES_LEFT_OUT 0u
#endif

typedef struct wisp_feature_set {
    uint32_t used, denied; /* wisp_feature */
} wisp_feature_set;

/* Why the first of [features] is refused, in words. Static. */
const char *wisp_feature_refusal(uint32_t features);

/* Notes that [features] are used at [offset]; WISP_UNSUPPORTED if one of them is denied. */
inline wisp_status wisp_features_use(wisp_feature_set *set, uint32_t features, uint64_t offset,
                                     wisp_error *err)
{
    set->used |= features;
    features &= set->denied;
    if (!features)
        return WISP_OK;
    return wisp_fail_at(err, WISP_UNSUPPORTED, offset, "%s at byte %llu: %s",
                        wisp_feature_name(features), (unsigned long long)offset,
                        wisp_feature_refusal(features));
}

#endif
