#ifndef WISP_CLI_FLEET_DB_H
#define WISP_CLI_FLEET_DB_H

#include "fleet_body.h"

/*
 * What the devices of a fleet reported, in one SQLite file: a table of events, in which an event
 * that comes twice is one, and a table of devices with what each runs. The one file behind this
 * header is the only one that knows the database. A report is stored as a whole or not at all,
 * and is on disk when it is acknowledged; the process may be killed at any point. One thread a
 * handle; several processes may have the file open.
 */

typedef struct fleet_db fleet_db;

typedef enum fleet_db_mode {
    FLEET_DB_STORE, /* made where it is missing */
    FLEET_DB_READ
} fleet_db_mode;

/* WISP_NOT_FOUND, WISP_MISMATCH for the database of something else or of a later version,
 * WISP_IO. Close *[out] with fleet_db_close. */
wisp_status fleet_db_open(const char *path, fleet_db_mode mode, fleet_db **out, wisp_error *err);
void fleet_db_close(fleet_db *db); /* NULL allowed */

/* Stores what is new of [body], received at [now]; *[new_len] events were. WISP_LIMIT if the file
 * is as large as it may be, WISP_BUSY if another process keeps it, WISP_IO. */
wisp_status fleet_db_store(fleet_db *db, const fleet_body *body, int64_t now, size_t *new_len,
                           wisp_error *err);

/* ------------------------------------------------------------------ what it tells */

typedef struct fleet_totals {
    uint64_t devices, today, week; /* that were heard of: ever, within a day, within seven */
    uint64_t events, lost, refused;
} fleet_totals;

/* One version in one channel of one target. All counts are of devices. */
typedef struct fleet_version {
    const char *target, *channel; /* until the callback returns, as all texts */
    uint64_t version;
    uint64_t running; /* whose last good module it is */
    uint64_t devices; /* of the channel */
    uint64_t told;    /* that reported anything about it */
    uint64_t downloaded, installed, tried, committed, rolled_back, failed;
    int64_t last_seen; /* seconds since 1970, by this machine's clock */
} fleet_version;

/* What went wrong, and how often. */
typedef struct fleet_failure {
    const char *target, *channel, *kind, *code, *reason;
    uint64_t version, devices, events;
    int64_t last_seen;
} fleet_failure;

wisp_status fleet_db_totals(fleet_db *db, int64_t now, fleet_totals *out, wisp_error *err);

/* Calls [each] for every version, by target and channel, newest first. False ends it. */
wisp_status fleet_db_versions(fleet_db *db, bool (*each)(void *user, const fleet_version *row),
                              void *user, wisp_error *err);

/* Calls [each] for the [len_max] failures that most devices had. */
wisp_status fleet_db_failures(fleet_db *db, uint64_t len_max,
                              bool (*each)(void *user, const fleet_failure *row), void *user,
                              wisp_error *err);

#endif
