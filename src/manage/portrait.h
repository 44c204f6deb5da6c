#ifndef WISP_MANAGE_PORTRAIT_H
#define WISP_MANAGE_PORTRAIT_H

#include <wisp/manage.h>

#include "trust/json.h"

/* What is told of a guest, as JSON. */

/* The counters of wisp_guest_status, which are told under their own names. */
#define WISP_GUEST_COUNTERS(X)                                                                   \
    X(messages_in)                                                                               \
    X(messages_out)                                                                              \
    X(messages_dropped)                                                                          \
    X(events_in)                                                                                 \
    X(events_out)                                                                                \
    X(events_dropped)                                                                            \
    X(events_refused)                                                                            \
    X(redelivered)                                                                               \
    X(callbacks_called)                                                                          \
    X(callbacks_cancelled)                                                                       \
    X(task_runs)                                                                                 \
    X(traps)                                                                                     \
    X(fuel_exhausted)                                                                            \
    X(deadlines_missed)                                                                          \
    X(swaps)                                                                                     \
    X(reverts)                                                                                   \
    X(restarts)                                                                                  \
    X(memory_size)                                                                               \
    X(memory_peak)                                                                               \
    X(heap_size)                                                                                 \
    X(heap_peak)                                                                                 \
    X(queue_len)                                                                                 \
    X(queue_peak)                                                                                \
    X(task_count)                                                                                \
    X(timer_count)                                                                               \
    X(subscription_count)

/* "running", "on probation", … Static. */
const char *wisp_guest_state_name(wisp_guest_state state);

/* Who [guest] is and what runs in it, and with [is_full] all counters as well; NULL when out of
 * memory. */
wisp_json *wisp_guest_portrait(const wisp_manager *manager, const wisp_guest *guest,
                               bool is_full);

#endif
