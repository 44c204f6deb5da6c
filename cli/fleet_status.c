#include "fleet_status.h"

#include "base/error.h"
#include "fleet_db.h"
#include "out.h"
#include "term.h"
#include "trust/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FAILURES_MAX 20 /* that people are shown */

/* ------------------------------------------------------------------ for people */

static void label(const char *name)
{
    printf("%s%-12s%s", term(stdout, TERM_BOLD), name, term(stdout, TERM_PLAIN));
}

static void print_header(const char *text)
{
    printf("%s%s%s\n", term(stdout, TERM_FAINT), text, term(stdout, TERM_PLAIN));
}

static void print_count(int width, uint64_t count)
{
    char text[COUNT_TEXT_SIZE];
    printf("%*s", width, count_text(count, text));
}

static void print_totals(const fleet_totals *totals)
{
    char a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE], c[COUNT_TEXT_SIZE];
    label("Devices");
    printf("%s; heard of %s within a day, %s within a week\n", count_text(totals->devices, a),
           count_text(totals->today, b), count_text(totals->week, c));
    label("Events");
    printf("%s; %s lost on devices, %s refused\n", count_text(totals->events, a),
           count_text(totals->lost, b), count_text(totals->refused, c));
}

/* Where in the list of versions we are. */
typedef struct version_list {
    char target[160], channel[160];
    int64_t now;
} version_list;

static void begin_channel(version_list *list, const fleet_version *row)
{
    char count[COUNT_TEXT_SIZE];
    snprintf(list->target, sizeof list->target, "%s", row->target);
    snprintf(list->channel, sizeof list->channel, "%s", row->channel);
    putchar('\n');
    label(row->channel);
    printf("%s on %s device%s\n", row->target, count_text(row->devices, count),
           row->devices == 1 ? "" : "s");
    print_header("   Version     Running           Fetched   Installed       Tried   Committed "
                 "Rolled back      Failed  Heard of");
}

static bool print_version(void *user, const fleet_version *row)
{
    version_list *list = user;
    char ago[AGO_TEXT_SIZE];
    if (strcmp(list->target, row->target) != 0 || strcmp(list->channel, row->channel) != 0)
        begin_channel(list, row);
    double percent =
        row->devices ? 100.0 * (double)row->running / (double)row->devices : 0; /* of none */
    printf("%10" PRIu64, row->version);
    print_count(12, row->running);
    printf(" %5.1f %%", percent);
    print_count(10, row->downloaded);
    print_count(12, row->installed);
    print_count(12, row->tried);
    print_count(12, row->committed);
    print_count(12, row->rolled_back);
    print_count(12, row->failed);
    printf("  %s\n", ago_text(row->last_seen, list->now, ago));
    return true;
}

typedef struct failure_list {
    bool has_begun;
    int64_t now;
} failure_list;

static void begin_failures(failure_list *list)
{
    list->has_begun = true;
    printf("\n%sFailures%s\n", term(stdout, TERM_BOLD), term(stdout, TERM_PLAIN));
    print_header("   Version     Devices      Events  Last             What");
}

static bool print_failure(void *user, const fleet_failure *row)
{
    failure_list *list = user;
    char ago[AGO_TEXT_SIZE];
    if (!list->has_begun)
        begin_failures(list);
    printf("%10" PRIu64, row->version);
    print_count(12, row->devices);
    print_count(12, row->events);
    printf("  %-15s  %s, %s of %s: %s%s%s\n", ago_text(row->last_seen, list->now, ago), row->kind,
           row->channel, row->target, row->code, row->reason[0] ? ": " : "", row->reason);
    return true;
}

static wisp_status print_fleet(fleet_db *db, int64_t now, wisp_error *err)
{
    fleet_totals totals;
    version_list versions = {.now = now};
    failure_list failures = {.now = now};
    wisp_status status = fleet_db_totals(db, now, &totals, err);
    if (status != WISP_OK)
        return status;
    print_totals(&totals);
    status = fleet_db_versions(db, print_version, &versions, err);
    return status == WISP_OK ? fleet_db_failures(db, FAILURES_MAX, print_failure, &failures, err)
                             : status;
}

/* ------------------------------------------------------------------ for scripts */

static bool set_date(wisp_json *object, const char *key, int64_t at)
{
    char date[WISP_DATE_TEXT_SIZE];
    return wisp_date_print(at, date) && wisp_json_set_string(object, key, date);
}

/* A list that is being made; it has no memory left once [is_whole] is false. */
typedef struct json_list {
    wisp_json *array;
    bool is_whole;
} json_list;

static bool add_version(void *user, const fleet_version *row)
{
    json_list *list = user;
    wisp_json *object = wisp_json_new_object();
    list->is_whole = wisp_json_append(list->array, object) &&
                     wisp_json_set_string(object, "target", row->target) &&
                     wisp_json_set_string(object, "channel", row->channel) &&
                     wisp_json_set_number(object, "version", row->version) &&
                     wisp_json_set_number(object, "running", row->running) &&
                     wisp_json_set_number(object, "devices", row->devices) &&
                     wisp_json_set_number(object, "told", row->told) &&
                     wisp_json_set_number(object, "downloaded", row->downloaded) &&
                     wisp_json_set_number(object, "installed", row->installed) &&
                     wisp_json_set_number(object, "tried", row->tried) &&
                     wisp_json_set_number(object, "committed", row->committed) &&
                     wisp_json_set_number(object, "rolled_back", row->rolled_back) &&
                     wisp_json_set_number(object, "failed", row->failed) &&
                     set_date(object, "last_seen", row->last_seen);
    return list->is_whole;
}

static bool add_failure(void *user, const fleet_failure *row)
{
    json_list *list = user;
    wisp_json *object = wisp_json_new_object();
    list->is_whole = wisp_json_append(list->array, object) &&
                     wisp_json_set_string(object, "target", row->target) &&
                     wisp_json_set_string(object, "channel", row->channel) &&
                     wisp_json_set_number(object, "version", row->version) &&
                     wisp_json_set_string(object, "event", row->kind) &&
                     wisp_json_set_string(object, "code", row->code) &&
                     wisp_json_set_string(object, "reason", row->reason) &&
                     wisp_json_set_number(object, "devices", row->devices) &&
                     wisp_json_set_number(object, "events", row->events) &&
                     set_date(object, "last_seen", row->last_seen);
    return list->is_whole;
}

static bool set_totals(wisp_json *object, const fleet_totals *totals)
{
    return wisp_json_set_number(object, "devices", totals->devices) &&
           wisp_json_set_number(object, "today", totals->today) &&
           wisp_json_set_number(object, "week", totals->week) &&
           wisp_json_set_number(object, "events", totals->events) &&
           wisp_json_set_number(object, "lost", totals->lost) &&
           wisp_json_set_number(object, "refused", totals->refused);
}

/* Begins the list [key] of [object]. */
static json_list new_list(wisp_json *object, const char *key)
{
    wisp_json *array = wisp_json_new_array();
    return (json_list){array, wisp_json_set(object, key, array)};
}

static wisp_status fill_json(fleet_db *db, int64_t now, wisp_json *object, wisp_error *err)
{
    fleet_totals totals;
    wisp_status status = fleet_db_totals(db, now, &totals, err);
    json_list versions = new_list(object, "versions"), failures = new_list(object, "failures");
    bool made = status == WISP_OK && versions.is_whole && failures.is_whole &&
                set_totals(object, &totals);
    if (made)
        status = fleet_db_versions(db, add_version, &versions, err);
    if (made && status == WISP_OK)
        status = fleet_db_failures(db, UINT32_MAX, add_failure, &failures, err);
    if (status == WISP_OK && !(made && versions.is_whole && failures.is_whole))
        status = wisp_fail_memory(err, 0);
    return status;
}

static int print_fleet_json(fleet_db *db, int64_t now)
{
    wisp_error err;
    wisp_json *object = wisp_json_new_object();
    if (!object || fill_json(db, now, object, &err) == WISP_OK)
        return print_json(object, EXIT_OK);
    wisp_json_free(object);
    return fail_with(NULL, &err);
}

int fleet_status(const char *path, bool is_json)
{
    fleet_db *db;
    wisp_error err;
    int code = EXIT_OK;
    int64_t now = (int64_t)time(NULL);
    if (fleet_db_open(path, FLEET_DB_READ, &db, &err))
        return fail_with(path, &err);
    if (is_json)
        code = print_fleet_json(db, now);
    else if (print_fleet(db, now, &err))
        code = fail_with(path, &err);
    fleet_db_close(db);
    return code;
}
