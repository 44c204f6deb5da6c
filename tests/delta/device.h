#ifndef WISP_TESTS_DELTA_DEVICE_H
#define WISP_TESTS_DELTA_DEVICE_H

#include "delta/apply.h"

/*
 * A device that applies a delta: its base, its memory, and what it has made.
 */

typedef struct delta_device {
    wisp_bytes base;
    wisp_delta_config config;
    wisp_allocator allocator;
    size_t held, held_most; /* bytes of memory */
    size_t allocations;     /* so far; the one of the number [failing_allocation] fails, from 1 */
    size_t failing_allocation;
    size_t sinks, failing_sink; /* likewise */
    size_t reads, failing_read;
    uint8_t *result;
    size_t size, room;
} delta_device;

/* A device that has [base] and expects [result]. It must not be moved. */
void delta_device_init(delta_device *device, wisp_bytes base, wisp_bytes result);
void delta_device_deinit(delta_device *device);

/* Applies [delta] in pieces of [piece] bytes. */
wisp_status delta_device_apply(delta_device *device, wisp_bytes delta, size_t piece,
                               wisp_error *err);

/* Whether it has made just [result]. */
bool delta_device_has(const delta_device *device, wisp_bytes result);

#endif
