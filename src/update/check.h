#ifndef WISP_UPDATE_CHECK_H
#define WISP_UPDATE_CHECK_H

#include "tuf/fetch.h"
#include "tuf/workflow.h"
#include "update/content.h"
#include "update/report.h"

/*
 * The work of a job, as a machine that one thread drives: from the root chain to the staged
 * release, and the delivery of what there is to report. Between two steps nothing is held: no
 * mutex, no wait. update/job.h is what several threads share.
 *
 *     wisp_check_new(updater, &options, &check, &err);
 *     while (!wisp_check_step(check, 100))
 *         …
 *     … check->result …
 *     wisp_check_free(check);
 */

#define WISP_CHECK_NAME_SIZE (WISP_CHANNEL_SIZE + WISP_MODULE_NAME_SIZE)

typedef struct wisp_check {
    wisp_updater *updater;
    wisp_update_options options;
    size_t phase;
    int64_t now;

    wisp_workflow *workflow;
    wisp_fetch fetch;
    bool is_fetching;
    char target_name[WISP_CHECK_NAME_SIZE]; /* with its channel, if the repository has any */
    bool is_seeking;
    wisp_target target; /* as it was found */

    wisp_offers offers;
    bool has_offers;
    const wisp_offer *offer;   /* that the result is about; NULL before one is chosen */
    const wisp_offer_set *set; /* that this device takes of it */
    wisp_update_entry release; /* the same, as the record has it */

    wisp_content content;
    bool has_content;
    size_t module; /* that is seen to now, counted from 0 */
    uint64_t bytes_here;
    char path[WISP_WANT_PATH_SIZE], delta_folder[WISP_WANT_PATH_SIZE];

    wisp_report report;
    bool is_reporting;

    wisp_update_code code; /* of the failure that is being told; NONE: as its status says */
    uint32_t server_wait_s;
    wisp_update_progress progress;
    bool is_settled; /* [result] is there */
    wisp_update_result result;
} wisp_check;

/* WISP_INVALID for an updater without a transport, WISP_NO_MEMORY. */
wisp_status wisp_check_new(wisp_updater *updater, const wisp_update_options *options,
                           wisp_check **out, wisp_error *err);

/* Goes on, waiting at most about [wait_ms]; true if it has ended. */
bool wisp_check_step(wisp_check *check, uint32_t wait_ms);

/* Ends it with CANCELLED, or, if there is a result already, as it is. */
void wisp_check_cancel(wisp_check *check);

/* Breaks it off if it has not ended. */
void wisp_check_free(wisp_check *check);

/* --- for its files ------------------------------------------------------------------------- */

/* Gives the check its result. [code] NONE is a success with [outcome]. */
void wisp_check_settle(wisp_check *check, wisp_update_outcome outcome);
void wisp_check_settle_code(wisp_check *check, wisp_update_code code, wisp_status status,
                            const char *reason);

/* Notes that the failure which is being returned has [code]; returns [status]. */
wisp_status wisp_check_fail(wisp_check *check, wisp_update_code code, wisp_status status);

/* Reads what was signed of the target, and decides what is to be done about it: settles the
 * check, or leaves the release that is to be fetched in it. */
wisp_status wisp_check_decide(wisp_check *check, wisp_error *err);

#endif
