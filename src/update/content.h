#ifndef WISP_UPDATE_CONTENT_H
#define WISP_UPDATE_CONTENT_H

#include "delta/apply.h"
#include "release/offer.h"
#include "update/receive.h"
#include "update/updater.h"

/*
 * One module of a release to disk: it is there already, or a delta makes it of one that is, or it
 * comes as a whole, which is also what follows a delta that did not lead to it.
 *
 *     wisp_content_begin(&content, &order, &err);
 *     while ((status = wisp_content_step(&content, 100, &err)) == WISP_BUSY)
 *         …
 *     wisp_content_end(&content);
 *
 * After WISP_OK the module is in the folder of blobs, verified and durable. Each file is noted in
 * the record before it is asked for, so that a restart goes on with it. Takes the updater's
 * mutex; one thread at a time.
 */

typedef struct wisp_content_order {
    wisp_updater *updater;
    const wisp_update_entry *release;
    const wisp_offer_module *module; /* of it */
    const char *path;                /* of the whole module, below targets/, encoded */
    const char *delta_folder; /* of its deltas, likewise, with a '/' at the end if not empty */
} wisp_content_order;

typedef struct wisp_content {
    wisp_content_order order;
    const wisp_offer_delta *delta; /* NULL: as a whole */
    enum {
        WISP_CONTENT_LOOK, /* is it there? */
        WISP_CONTENT_RECEIVE,
        WISP_CONTENT_APPLY,
        WISP_CONTENT_DONE
    } stage;
    bool is_receiving;
    wisp_receive receive;
    wisp_part result; /* of the delta */
    wisp_delta_apply *apply;
    wisp_bytes base; /* embedded, or ... */
    int base_fd;     /* ... stored; -1 for none */
    uint64_t base_size, fed;
    bool is_by_delta;       /* it came, or comes, as a delta */
    uint64_t bytes_fetched; /* of files that have ended */
    uint64_t bytes_here;    /* of content, likewise, those of earlier jobs too */
    uint32_t retry_after_s;
} wisp_content;

void wisp_content_begin(wisp_content *content, const wisp_content_order *order);

/* WISP_BUSY if there is more to do; else as wisp_receive_step. */
wisp_status wisp_content_step(wisp_content *content, uint32_t wait_ms, wisp_error *err);

/* Breaks it off if it has not ended; what has come stays for the next time. */
void wisp_content_end(wisp_content *content);

/* Bytes of files that are here so far, those of earlier jobs too. */
uint64_t wisp_content_here(const wisp_content *content);

/* The bytes that have to come for [module], if nothing goes wrong: 0 if it is here, those of a
 * delta, or its own. Reads no file. Call with the mutex held. */
uint64_t wisp_content_expected(const wisp_updater *updater, const wisp_update_entry *release,
                               const wisp_offer_module *module);

#endif
