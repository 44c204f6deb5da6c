#ifndef WISP_HOST_CALLS_H
#define WISP_HOST_CALLS_H

#include <wisp/event.h>

#include "host/version/version.h"

/*
 * What a module may ask of its host, whatever runs it: WebAssembly calls these through imports.c,
 * native modules through native_calls.c. guest/wisp.h says what each is for.
 *
 * A limit is a refusal, which the module is told. A wisp_status is for what the module is broken
 * off for.
 */

void wisp_call_log(const wisp_version *version, uint32_t level, wisp_bytes text);
bool wisp_call_send(wisp_version *version, uint32_t channel, wisp_bytes bytes);
uint32_t wisp_call_repeat(wisp_version *version, uint64_t func, uint64_t context,
                          int64_t interval_us);
bool wisp_call_cancel(wisp_version *version, uint32_t id);
wisp_status wisp_call_save(wisp_version *version, wisp_bytes bytes, bool *is_taken,
                           wisp_error *err);
int64_t wisp_call_now_us(const wisp_version *version);

bool wisp_call_subscribe(wisp_version *version, uint32_t type, uint32_t groups);
bool wisp_call_unsubscribe(wisp_version *version, uint32_t type, uint32_t groups);
uint32_t wisp_call_topic(wisp_version *version, wisp_bytes name); /* 0: refused */
uint32_t wisp_call_timer_set(wisp_version *version, int64_t after_us, int64_t every_us,
                             uint64_t cookie);
bool wisp_call_timer_cancel(wisp_version *version, uint32_t id);

/* 0 if no guest with this app id runs. */
uint32_t wisp_call_find(const wisp_version *version, uint64_t app_id);
/* False if there is none with this id, or it does not run. */
bool wisp_call_guest_info(const wisp_version *version, uint32_t id, wisp_guest_note *out);

bool wisp_call_random(const wisp_version *version, void *into, size_t size);

#endif
