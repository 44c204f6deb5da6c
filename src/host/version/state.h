#ifndef WISP_HOST_STATE_H
#define WISP_HOST_STATE_H

#include <wisp/base.h>

/* What one version saved for the next to restore. All zero is no state. */
typedef struct wisp_state {
    bool is_saved;    /* whether there is one; it may well be of 0 bytes */
    uint32_t version; /* that saved it */
    uint8_t *data;
    size_t size, capacity;
    wisp_status status; /* of the first append that was refused */
} wisp_state;

/* Appends [bytes], up to [size_max] in all: WISP_LIMIT over that, WISP_NO_MEMORY. After the
 * first refusal every other append is refused too, as a state with a hole is none. */
wisp_status wisp_state_append(wisp_state *state, const wisp_allocator *allocator,
                              uint64_t size_max, wisp_bytes bytes);

/* Makes it no state. */
void wisp_state_clear(wisp_state *state, const wisp_allocator *allocator);

#endif
