#ifndef WISP_UPDATE_INTAKE_H
#define WISP_UPDATE_INTAKE_H

#include "update/updater.h"

/*
 * What a check does to the device's state, step by step. Each step is in the table of states, is
 * on disk when it returns WISP_OK, and has changed nothing otherwise. Call all of it with the
 * mutex held. A release is given as an entry: version, set hash, variant, flags and modules; the
 * rest is filled in here.
 *
 *     heed     what the publisher says of all releases: sequence, floor, lifted bans
 *     expect   CHECKED: there is a release for this device, but it cannot be had now
 *     fetch    FETCHING: this file of it is being fetched
 *     stage    STAGED: all of it is verified and on disk
 *     refuse   BANNED: the program will not have it
 */

/* Of the verified documents, what concerns all releases of the target in this channel. */
typedef struct wisp_terms {
    uint64_t sequence; /* custom.version */
    uint64_t floor;    /* custom.min_version; 0 for none */
    const wisp_hash *lifted;
    size_t lifted_len;
} wisp_terms;

/*
 * WISP_UNTRUSTED for a sequence below the highest seen. Bans in the list are lifted, once for
 * each list: what fails again stays banned until the list changes. Releases below the floor
 * are dropped, the last good one too; the embedded one stays.
 */
wisp_status wisp_intake_heed(wisp_updater *updater, const wisp_terms *terms, wisp_error *err);

/* How [release] stands to what is here. */
typedef enum wisp_standing {
    WISP_STANDING_NEW,     /* other content, or another version of what is embedded */
    WISP_STANDING_CURRENT, /* what runs when nothing is on trial */
    WISP_STANDING_STAGED,  /* it waits for its trial */
    WISP_STANDING_TRIAL    /* it is on trial */
} wisp_standing;
wisp_standing wisp_intake_standing(const wisp_updater *updater, const wisp_update_entry *release);

/*
 * Takes over the version and flags under which the publisher names what is here already. If that
 * is the last good release, the publisher went back to it: what only waits, or is on its way,
 * under a lower version is forgotten.
 */
wisp_status wisp_intake_confirm(wisp_updater *updater, const wisp_update_entry *release,
                                wisp_error *err);

wisp_status wisp_intake_expect(wisp_updater *updater, const wisp_update_entry *release,
                               wisp_error *err);

/* [file] is the hash of the file that is about to be fetched: of a module, or of a delta. Its
 * part (update/blobs.h) is kept over a restart. */
wisp_status wisp_intake_fetch(wisp_updater *updater, const wisp_update_entry *release,
                              const wisp_hash *file, wisp_error *err);

/*
 * Whether the modules of [release] and [extra] bytes more (a delta that is fetched meanwhile) fit
 * into storage_max beside what must stay: WISP_LIMIT with the numbers if not. Removes what
 * nothing needs first.
 */
wisp_status wisp_intake_fits(wisp_updater *updater, const wisp_update_entry *release,
                             uint64_t extra, wisp_error *err);

/* WISP_BUSY while another release is on trial. One that waited makes room. */
wisp_status wisp_intake_stage(wisp_updater *updater, const wisp_update_entry *release,
                              wisp_error *err);

wisp_status wisp_intake_refuse(wisp_updater *updater, const wisp_update_entry *release,
                               const char *reason, wisp_error *err);

#endif
