#ifndef WISP_UPDATE_REPORT_H
#define WISP_UPDATE_REPORT_H

#include "update/updater.h"

/*
 * Delivers the events that wait, a batch at a time, by a POST to the endpoint of the config. At
 * least once: they wait until the endpoint has answered with a success, and it drops repeats by
 * their ids. After a failure there is a pause, as after a failed check (policy.h), which outlasts
 * restarts. The body is in docs/formats.md.
 *
 *     if (wisp_report_begin(updater, &report, &err) == WISP_OK) {
 *         while (wisp_report_step(&report, 100, &err) == WISP_BUSY)
 *             …
 *         wisp_report_end(&report);
 *     }
 *
 * The mutex is held for what is read from the disk and written to it, never for the network.
 */

#define WISP_REPORT_TRIES 5 /* of a batch that is refused, before an event is dropped */

typedef struct wisp_report {
    wisp_updater *updater;
    char *body; /* NULL while none is under way */
    wisp_net_request request;
    void *transfer;
    size_t len;             /* events in it */
    uint64_t last;          /* sequence of the last one */
    uint32_t retry_after_s; /* that the endpoint asked for */
} wisp_report;

/* Begins to deliver the next batch. WISP_NOT_FOUND, without words, if nothing waits; WISP_BUSY if
 * another thread delivers, or it is too early; else as the disk and the transport say. Only after
 * WISP_OK there is something to end. */
wisp_status wisp_report_begin(wisp_updater *updater, wisp_report *report, wisp_error *err);

/* Goes on, waiting at most about [wait_ms]: WISP_BUSY if there is more to do. What became of it
 * is remembered before anything else is returned. */
wisp_status wisp_report_step(wisp_report *report, uint32_t wait_ms, wisp_error *err);

/* Breaks it off if it has not ended: the events then go with the next one. */
void wisp_report_end(wisp_report *report);

/*
 * What the answer [status] to a batch of [len] events, up to sequence [last], makes of [now];
 * pure. A batch that is refused is halved until the one event that is at fault is alone, and that
 * one is dropped at last. After a failure there is the pause of wisp_backoff_s.
 */
wisp_update_event_delivery wisp_report_settle(const wisp_update_event_delivery *delivery,
                                              wisp_status status, size_t len, uint64_t last,
                                              const char *device_id, int64_t now,
                                              uint32_t retry_after_s);

/* The body of a report of [events], to be freed by wisp_json_text_free; NULL without memory. */
char *wisp_report_body(const wisp_updater *updater, const wisp_update_event *events, size_t len,
                       size_t *size);

#endif
