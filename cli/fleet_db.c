#include "fleet_db.h"

#include "base/error.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x57495350 /* "WISP" */
#define FORMAT         1
#define PAGES_MAX      "262144" /* of 4 KiB: 1 GiB */
#define BUSY_MS        5000
#define DAY_S          (24 * 60 * 60)

struct fleet_db {
    sqlite3 *sqlite;
    sqlite3_stmt *begin, *commit, *rollback, *add_event, *set_device; /* of FLEET_DB_STORE */
};

static const char schema[] =
    "CREATE TABLE event ("
    "  target TEXT NOT NULL, device TEXT NOT NULL, id TEXT NOT NULL, received INTEGER NOT NULL,"
    "  at INTEGER, kind TEXT NOT NULL, channel TEXT NOT NULL, version INTEGER NOT NULL,"
    "  running INTEGER NOT NULL, sha256 TEXT NOT NULL, attempt INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL, variant TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,"
    "  PRIMARY KEY (target, device, id)) WITHOUT ROWID;"
    "CREATE INDEX event_version ON event (target, channel, version, kind, device);"
    "CREATE TABLE device ("
    "  target TEXT NOT NULL, id TEXT NOT NULL, channel TEXT NOT NULL, variant TEXT NOT NULL,"
    "  running INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
    "  lost INTEGER NOT NULL, refused INTEGER NOT NULL,"
    "  PRIMARY KEY (target, id)) WITHOUT ROWID;"
    "PRAGMA application_id = 1464423248;"
    "PRAGMA user_version = 1;";

static const char add_event[] =
    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (target, device, id) DO NOTHING";

/* What a device says last counts; a report with nothing new only shows that it is there. */
static const char set_device[] =
    "INSERT INTO device VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)"
    " ON CONFLICT (target, id) DO UPDATE SET last_seen = ?6, lost = ?7, refused = ?8,"
    "  channel = iif(?9, ?3, channel), variant = iif(?9, ?4, variant),"
    "  running = iif(?9, ?5, running)";

static const char select_totals[] =
    "SELECT count(*), total(last_seen > ?1), total(last_seen > ?2), total(lost), total(refused),"
    " (SELECT count(*) FROM event) FROM device";

static const char select_versions[] =
    "SELECT target, channel, version, sum(running),"
    " sum(sum(running)) OVER (PARTITION BY target, channel), sum(told), sum(downloaded),"
    " sum(installed), sum(tried), sum(committed), sum(rolled_back), sum(failed), max(last_seen) "
    "FROM ("
    " SELECT target, channel, running AS version, count(*) AS running, 0 AS told,"
    "  0 AS downloaded, 0 AS installed, 0 AS tried, 0 AS committed, 0 AS rolled_back,"
    "  0 AS failed, max(last_seen) AS last_seen"
    "  FROM device GROUP BY 1, 2, 3"
    " UNION ALL "
    " SELECT target, channel, version, 0, count(DISTINCT device),"
    "  count(DISTINCT iif(kind = 'downloaded', device, NULL)),"
    "  count(DISTINCT iif(kind = 'installed', device, NULL)),"
    "  count(DISTINCT iif(kind = 'trial', device, NULL)),"
    "  count(DISTINCT iif(kind = 'committed', device, NULL)),"
    "  count(DISTINCT iif(kind = 'rolled-back', device, NULL)),"
    "  count(DISTINCT iif(kind = 'failed', device, NULL)), max(received)"
    "  FROM event WHERE version > 0 GROUP BY 1, 2, 3"
    ") GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 DESC";

static const char select_failures[] =
    "SELECT target, channel, version, kind, code, reason, count(DISTINCT device) AS devices,"
    " count(*) AS events, max(received) AS last FROM event"
    " WHERE kind IN ('failed', 'trial-failed', 'rolled-back')"
    " GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY devices DESC, last DESC, version DESC, kind LIMIT ?1";

/* ------------------------------------------------------------------ the library */

static wisp_status status_of(int code)
{
    switch (code & 0xff) { /* without what extends it */
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return WISP_OK;
    case SQLITE_NOMEM:
        return WISP_NO_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return WISP_BUSY;
    case SQLITE_FULL:
        return WISP_LIMIT;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return WISP_MALFORMED;
    case SQLITE_CANTOPEN:
        return WISP_NOT_FOUND;
    default:
        return WISP_IO;
    }
}

static wisp_status fail(const fleet_db *db, int code, wisp_error *err)
{
    const char *words = db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(code);
    return wisp_fail(err, status_of(code), "the database says: %.200s", words);
}

static wisp_status execute(fleet_db *db, const char *sql, wisp_error *err)
{
    int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? WISP_OK : fail(db, code, err);
}

static wisp_status prepare(fleet_db *db, const char *sql, sqlite3_stmt **out, wisp_error *err)
{
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, out, NULL);
    return code == SQLITE_OK ? WISP_OK : fail(db, code, err);
}

/* Runs a statement that gives no rows, and makes it ready for the next time. */
static wisp_status run(fleet_db *db, sqlite3_stmt *statement, wisp_error *err)
{
    int code = sqlite3_step(statement);
    wisp_status status = code == SQLITE_DONE ? WISP_OK : fail(db, code, err);
    sqlite3_reset(statement);
    return status;
}

/* Bindings fail for want of memory alone, which the step then finds: a value that is not bound
 * is NULL, and no column may be. */
static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *statement, int place, uint64_t number)
{
    sqlite3_bind_int64(statement, place, (sqlite3_int64)number);
}

static uint64_t number_at(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

/* ------------------------------------------------------------------ life */

static wisp_status pragma(fleet_db *db, const char *sql, int64_t *out, wisp_error *err)
{
    sqlite3_stmt *statement;
    wisp_status status = prepare(db, sql, &statement, err);
    if (status != WISP_OK)
        return status;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = fail(db, code, err);
    sqlite3_finalize(statement);
    return status;
}

/* Two processes may begin at once: who comes second finds the tables made. */
static wisp_status make_tables(fleet_db *db, wisp_error *err)
{
    int64_t version = 0;
    wisp_status status = execute(db, "BEGIN IMMEDIATE", err);
    if (status != WISP_OK)
        return status;
    status = pragma(db, "PRAGMA user_version", &version, err);
    if (status == WISP_OK && version == 0)
        status = execute(db, schema, err);
    if (status == WISP_OK)
        return execute(db, "COMMIT", err);
    execute(db, "ROLLBACK", NULL);
    return status;
}

/* Another program's database is not written to. */
static wisp_status check_owner(fleet_db *db, const char *path, fleet_db_mode mode,
                               wisp_error *err)
{
    int64_t owner = 0, version = 0, tables = 0;
    wisp_status status = pragma(db, "PRAGMA application_id", &owner, err);
    if (status == WISP_OK)
        status = pragma(db, "PRAGMA user_version", &version, err);
    if (status == WISP_OK)
        status = pragma(db, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status != WISP_OK)
        return status;
    if (mode == FLEET_DB_STORE && tables == 0 && owner == 0 && version == 0)
        return make_tables(db, err);
    if (owner != APPLICATION_ID)
        return wisp_fail(err, WISP_MISMATCH, "'%.180s' is a database, but not one of events",
                         path);
    if (version != FORMAT)
        return wisp_fail(err, WISP_MISMATCH, "'%.150s' has format %" PRId64 ", expected %d", path,
                         version, FORMAT);
    return WISP_OK;
}

static wisp_status prepare_all(fleet_db *db, wisp_error *err)
{
    wisp_status status = prepare(db, "BEGIN IMMEDIATE", &db->begin, err);
    if (status == WISP_OK)
        status = prepare(db, "COMMIT", &db->commit, err);
    if (status == WISP_OK)
        status = prepare(db, "ROLLBACK", &db->rollback, err);
    if (status == WISP_OK)
        status = prepare(db, add_event, &db->add_event, err);
    return status == WISP_OK ? prepare(db, set_device, &db->set_device, err) : status;
}

static wisp_status open_file(fleet_db *db, const char *path, fleet_db_mode mode, wisp_error *err)
{
    int flags = mode == FLEET_DB_STORE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                       : SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK)
        return fail(db, code, err);
    sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    wisp_status status = check_owner(db, path, mode, err);
    if (status != WISP_OK || mode == FLEET_DB_READ)
        return status;
    /* Readers do not wait for the writer; what is acknowledged survives the loss of power. */
    status = execute(db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA max_page_count = " PAGES_MAX,
                     err);
    return status == WISP_OK ? prepare_all(db, err) : status;
}

wisp_status fleet_db_open(const char *path, fleet_db_mode mode, fleet_db **out, wisp_error *err)
{
    fleet_db *db = calloc(1, sizeof *db);
    if (!db)
        return wisp_fail_memory(err, sizeof *db);
    wisp_status status = open_file(db, path, mode, err);
    if (status != WISP_OK) {
        fleet_db_close(db);
        return status;
    }
    *out = db;
    return WISP_OK;
}

void fleet_db_close(fleet_db *db)
{
    if (!db)
        return;
    sqlite3_finalize(db->begin);
    sqlite3_finalize(db->commit);
    sqlite3_finalize(db->rollback);
    sqlite3_finalize(db->add_event);
    sqlite3_finalize(db->set_device);
    sqlite3_close(db->sqlite);
    free(db);
}

/* ------------------------------------------------------------------ storing */

static wisp_status store_event(fleet_db *db, const fleet_body *body, const fleet_event *event,
                               int64_t now, bool *is_new, wisp_error *err)
{
    sqlite3_stmt *s = db->add_event;
    bind_text(s, 1, body->target);
    bind_text(s, 2, body->device);
    bind_text(s, 3, event->id);
    sqlite3_bind_int64(s, 4, now);
    sqlite3_bind_int64(s, 5, event->at);
    bind_text(s, 6, event->kind);
    bind_text(s, 7, event->channel);
    bind_number(s, 8, event->version);
    bind_number(s, 9, event->running);
    bind_text(s, 10, event->sha256);
    bind_number(s, 11, event->attempt);
    bind_number(s, 12, event->bytes);
    bind_text(s, 13, event->variant);
    bind_text(s, 14, event->code);
    bind_text(s, 15, event->reason);
    wisp_status status = run(db, s, err);
    *is_new = status == WISP_OK && sqlite3_changes(db->sqlite) > 0;
    return status;
}

/* [newest] is the last event that was new; without one, what is known of the device stays. */
static wisp_status store_device(fleet_db *db, const fleet_body *body, const fleet_event *newest,
                                int64_t now, wisp_error *err)
{
    static const fleet_event none = {.channel = "", .variant = ""};
    const fleet_event *event = newest ? newest : &none;
    sqlite3_stmt *s = db->set_device;
    bind_text(s, 1, body->target);
    bind_text(s, 2, body->device);
    bind_text(s, 3, event->channel);
    bind_text(s, 4, event->variant);
    bind_number(s, 5, event->running);
    sqlite3_bind_int64(s, 6, now);
    bind_number(s, 7, body->lost);
    bind_number(s, 8, body->refused);
    bind_number(s, 9, newest != NULL);
    return run(db, s, err);
}

static wisp_status store(fleet_db *db, const fleet_body *body, int64_t now, size_t *new_len,
                         wisp_error *err)
{
    const fleet_event *newest = NULL;
    wisp_status status = WISP_OK;
    *new_len = 0;
    for (size_t i = 0; i < body->len && status == WISP_OK; i++) {
        bool is_new;
        status = store_event(db, body, &body->events[i], now, &is_new, err);
        if (is_new) {
            newest = &body->events[i];
            ++*new_len;
        }
    }
    return status == WISP_OK ? store_device(db, body, newest, now, err) : status;
}

wisp_status fleet_db_store(fleet_db *db, const fleet_body *body, int64_t now, size_t *new_len,
                           wisp_error *err)
{
    if (body->len == 0) {
        *new_len = 0;
        return WISP_OK;
    }
    wisp_status status = run(db, db->begin, err);
    if (status != WISP_OK)
        return status;
    status = store(db, body, now, new_len, err);
    if (status == WISP_OK)
        status = run(db, db->commit, err);
    if (status != WISP_OK)
        run(db, db->rollback, NULL); /* which may have happened already */
    return status;
}

/* ------------------------------------------------------------------ telling */

static wisp_status read_totals(fleet_db *db, sqlite3_stmt *s, fleet_totals *out, wisp_error *err)
{
    int code = sqlite3_step(s);
    if (code != SQLITE_ROW)
        return fail(db, code, err);
    *out = (fleet_totals){.devices = number_at(s, 0),
                          .today = number_at(s, 1),
                          .week = number_at(s, 2),
                          .lost = number_at(s, 3),
                          .refused = number_at(s, 4),
                          .events = number_at(s, 5)};
    return WISP_OK;
}

wisp_status fleet_db_totals(fleet_db *db, int64_t now, fleet_totals *out, wisp_error *err)
{
    sqlite3_stmt *s;
    wisp_status status = prepare(db, select_totals, &s, err);
    if (status != WISP_OK)
        return status;
    sqlite3_bind_int64(s, 1, now - DAY_S);
    sqlite3_bind_int64(s, 2, now - 7 * DAY_S);
    status = read_totals(db, s, out, err);
    sqlite3_finalize(s);
    return status;
}

/* Steps to the next row: false at the end, and after a failure, which is in *[status]. */
static bool next_row(fleet_db *db, sqlite3_stmt *s, wisp_status *status, wisp_error *err)
{
    int code = sqlite3_step(s);
    *status = code == SQLITE_ROW || code == SQLITE_DONE ? WISP_OK : fail(db, code, err);
    return code == SQLITE_ROW;
}

wisp_status fleet_db_versions(fleet_db *db, bool (*each)(void *user, const fleet_version *row),
                              void *user, wisp_error *err)
{
    sqlite3_stmt *s;
    wisp_status status = prepare(db, select_versions, &s, err);
    if (status != WISP_OK)
        return status;
    while (next_row(db, s, &status, err)) {
        fleet_version row = {.target = text_at(s, 0),
                             .channel = text_at(s, 1),
                             .version = number_at(s, 2),
                             .running = number_at(s, 3),
                             .devices = number_at(s, 4),
                             .told = number_at(s, 5),
                             .downloaded = number_at(s, 6),
                             .installed = number_at(s, 7),
                             .tried = number_at(s, 8),
                             .committed = number_at(s, 9),
                             .rolled_back = number_at(s, 10),
                             .failed = number_at(s, 11),
                             .last_seen = sqlite3_column_int64(s, 12)};
        if (!each(user, &row))
            break;
    }
    sqlite3_finalize(s);
    return status;
}

wisp_status fleet_db_failures(fleet_db *db, uint64_t len_max,
                              bool (*each)(void *user, const fleet_failure *row), void *user,
                              wisp_error *err)
{
    sqlite3_stmt *s;
    wisp_status status = prepare(db, select_failures, &s, err);
    if (status != WISP_OK)
        return status;
    bind_number(s, 1, len_max);
    while (next_row(db, s, &status, err)) {
        fleet_failure row = {.target = text_at(s, 0),
                             .channel = text_at(s, 1),
                             .version = number_at(s, 2),
                             .kind = text_at(s, 3),
                             .code = text_at(s, 4),
                             .reason = text_at(s, 5),
                             .devices = number_at(s, 6),
                             .events = number_at(s, 7),
                             .last_seen = sqlite3_column_int64(s, 8)};
        if (!each(user, &row))
            break;
    }
    sqlite3_finalize(s);
    return status;
}
