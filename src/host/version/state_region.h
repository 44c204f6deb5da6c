#ifndef WISP_HOST_STATE_REGION_H
#define WISP_HOST_STATE_REGION_H

#include <wisp/wasm.h>

/*
 * The variable in which a module keeps all that its next version has to know: WISP_STATE of
 * guest/wisp.h. The host copies it from one version to the next without running either, so that
 * there is nothing in it that could fail.
 *
 * A module has one if it exports two addresses as globals: of the bytes, and of their count, an
 * u32. Both are looked up once, before the module runs, so that it cannot move it later.
 */
typedef struct wisp_state_region {
    uint32_t address;
    uint32_t size; /* 0: there is none */
} wisp_state_region;

#define WISP_EXPORT_STATE      "wisp_state"
#define WISP_EXPORT_STATE_SIZE "wisp_state_size"

/* Makes *[out] the region of [instance], which may have none. WISP_MISMATCH where it is not
 * wholly inside of [memory]. */
wisp_status wisp_state_region_find(const wisp_instance *instance, wisp_memory *memory,
                                   wisp_state_region *out, wisp_error *err);

#endif
