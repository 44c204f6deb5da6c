#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "fleet_intake.h"

#include "../scratch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What devices report: read with limits, stored once, and told again. */

static char base[] = "/tmp/wisp-test-XXXXXX";
static char path[64];
static fleet_db *db;
static wisp_error err;

static void reopen(void)
{
    fleet_db_close(db);
    db = NULL;
    if (fleet_db_open(path, FLEET_DB_STORE, &db, &err) != WISP_OK)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    static int count;
    (void)state;
    snprintf(path, sizeof path, "%s/%d.sqlite", base, count++);
    reopen();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fleet_db_close(db);
    db = NULL;
    return 0;
}

static int make_base(void **state)
{
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
    (void)state;
    return scratch_remove(base);
}

static wisp_bytes bytes_of(const char *text)
{
    return (wisp_bytes){(const uint8_t *)text, strlen(text)};
}

static size_t store(int64_t now, const char *text)
{
    fleet_body body;
    size_t new_len = 0;
    if (fleet_body_parse(bytes_of(text), &body, &err) != WISP_OK)
        fail_msg("%s", err.text);
    assert_int_equal(fleet_db_store(db, &body, now, &new_len, &err), WISP_OK);
    fleet_body_free(&body);
    return new_len;
}

#define EVENT(id, kind, version, running)                                                        \
    "{\"id\":\"" id "\",\"event\":\"" kind "\",\"channel\":\"stable\",\"version\":" version      \
    ",\"running\":" running "}"
#define REPORT(device, events)                                                                   \
    "{\"format\":1,\"target\":\"app.wasm\",\"device\":\"" device "\",\"events\":[" events "]}"

/* --- reading ----------------------------------------------------------------------------- */

static void a_body_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", ""},
        {"[]", ""},
        {"{}", "format"},
        {"{\"format\":2}", "format 2, expected 1"},
        {"{\"format\":1,\"target\":\"t\",\"events\":[]}", "device"},
        {"{\"format\":1,\"device\":\"\",\"target\":\"t\",\"events\":[]}", "'device' is empty"},
        {"{\"format\":1,\"device\":7,\"target\":\"t\",\"events\":[]}", "device"},
        {"{\"format\":1,\"device\":\"a\\nb\",\"target\":\"t\",\"events\":[]}",
         "control character"},
        {"{\"format\":1,\"device\":\"a\xc2\x9b\",\"target\":\"t\",\"events\":[]}",
         "control character"},
        {"{\"format\":1,\"device\":\"d\",\"target\":\"t\",\"events\":{}}", "events"},
        {REPORT("d", "5"), "not an object"},
        {REPORT("d", "{}"), "id"},
        {REPORT("d", EVENT("1", "checked", "-1", "1")), "version"},
        {REPORT("d", EVENT("1", "checked", "1.5", "1")), ""},
        {REPORT("d", "{\"id\":\"1\",\"event\":\"checked\",\"channel\":\"c\",\"running\":1,"
                     "\"sha256\":\"xyz\"}"),
         "64 hexadecimal digits"},
        {REPORT("d", "{\"id\":\"1\",\"event\":\"checked\",\"channel\":\"c\",\"running\":1,"
                     "\"at\":\"today\"}"),
         "no date"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fleet_body body;
        if (fleet_body_parse(bytes_of(cases[i].text), &body, &err) == WISP_OK)
            fail_msg("taken: %s", cases[i].text);
        if (!strstr(err.text, cases[i].says))
            fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
    }
}

static void more_events_than_a_report_has_are_refused(void **state)
{
    (void)state;
    static char text[16384];
    fleet_body body;
    for (int len = FLEET_EVENTS_MAX; len <= FLEET_EVENTS_MAX + 1; len++) {
        int size = snprintf(text, sizeof text,
                            "{\"format\":1,\"target\":\"t\",\"device\":\"d\",\"events\":[");
        for (int i = 0; i < len; i++)
            size += snprintf(text + size, sizeof text - (size_t)size, "%s%s", i ? "," : "",
                             EVENT("1", "checked", "1", "1"));
        snprintf(text + size, sizeof text - (size_t)size, "]}");
        wisp_status status = fleet_body_parse(bytes_of(text), &body, &err);
        assert_int_equal(status, len > FLEET_EVENTS_MAX ? WISP_LIMIT : WISP_OK);
        if (status == WISP_OK)
            fleet_body_free(&body);
    }
}

/* --- storing ----------------------------------------------------------------------------- */

static fleet_totals totals(int64_t now)
{
    fleet_totals out;
    assert_int_equal(fleet_db_totals(db, now, &out, &err), WISP_OK);
    return out;
}

static void an_event_that_comes_twice_is_one(void **state)
{
    (void)state;
    static const char first[] = REPORT("a", EVENT("1-1", "checked", "2", "1"));
    static const char both[] =
        REPORT("a", EVENT("1-1", "checked", "2", "1") "," EVENT("1-2", "trial", "2", "1"));
    static const char other[] = REPORT("b", EVENT("1-1", "checked", "2", "1"));
    assert_int_equal(store(100, first), 1);
    assert_int_equal(store(101, first), 0);
    assert_int_equal(store(102, both), 1);
    assert_int_equal(store(103, other), 1);
    reopen();
    assert_int_equal(store(104, both), 0);
    assert_int_equal(totals(104).events, 3);
    assert_int_equal(totals(104).devices, 2);
}

typedef struct rows {
    fleet_version versions[16];
    fleet_failure failures[16];
    char texts[16][128];
    size_t len;
} rows;

static bool keep_version(void *user, const fleet_version *row)
{
    rows *r = user;
    r->versions[r->len] = *row;
    snprintf(r->texts[r->len++], sizeof r->texts[0], "%s %s", row->target, row->channel);
    return r->len < 16;
}

static bool keep_failure(void *user, const fleet_failure *row)
{
    rows *r = user;
    r->failures[r->len] = *row;
    snprintf(r->texts[r->len++], sizeof r->texts[0], "%s %s %s", row->kind, row->code,
             row->reason);
    return r->len < 16;
}

static void adoption_is_told_by_version(void **state)
{
    (void)state;
    rows r = {0};
    store(100, REPORT("a", EVENT("1", "installed", "9", "8") "," EVENT(
                               "2", "trial", "9", "8") "," EVENT("3", "committed", "9", "9")));
    store(200, REPORT("b", EVENT("1", "trial", "9", "8") "," EVENT(
                               "2", "trial", "9", "8") "," EVENT("3", "rolled-back", "9", "8")));
    store(300, REPORT("c", EVENT("1", "checked", "9", "8")));
    assert_int_equal(fleet_db_versions(db, keep_version, &r, &err), WISP_OK);
    assert_int_equal(r.len, 2);
    assert_string_equal(r.texts[0], "app.wasm stable");
    assert_int_equal(r.versions[0].version, 9);
    assert_int_equal(r.versions[0].running, 1);
    assert_int_equal(r.versions[0].devices, 3);
    assert_int_equal(r.versions[0].told, 3);
    assert_int_equal(r.versions[0].installed, 1);
    assert_int_equal(r.versions[0].tried, 2);
    assert_int_equal(r.versions[0].committed, 1);
    assert_int_equal(r.versions[0].rolled_back, 1);
    assert_int_equal(r.versions[0].last_seen, 300);
    assert_int_equal(r.versions[1].version, 8);
    assert_int_equal(r.versions[1].running, 2);
}

static void an_old_report_that_comes_again_changes_no_device(void **state)
{
    (void)state;
    rows r = {0};
    static const char old[] = REPORT("a", EVENT("1", "checked", "9", "8"));
    store(100, old);
    store(200, REPORT("a", EVENT("2", "committed", "9", "9")));
    store(300, old);
    assert_int_equal(fleet_db_versions(db, keep_version, &r, &err), WISP_OK);
    assert_int_equal(r.versions[0].version, 9);
    assert_int_equal(r.versions[0].running, 1);
    assert_int_equal(totals(300 + 24 * 3600 - 1).today, 1); /* but it was heard of */
    assert_int_equal(totals(300 + 24 * 3600).today, 0);
    assert_int_equal(totals(300 + 24 * 3600).week, 1);
}

static void failures_are_told_with_their_reasons(void **state)
{
    (void)state;
    rows r = {0};
#define FAILURE(id, reason)                                                                      \
    "{\"id\":\"" id "\",\"event\":\"rolled-back\",\"channel\":\"stable\",\"version\":9,"         \
    "\"running\":8,\"code\":\"rejected\",\"reason\":\"" reason "\"}"
    store(100, REPORT("a", FAILURE("1", "rare")));
    store(100, REPORT("a", FAILURE("2", "often")));
    store(100, REPORT("b", FAILURE("1", "often")));
    assert_int_equal(fleet_db_failures(db, 16, keep_failure, &r, &err), WISP_OK);
    assert_int_equal(r.len, 2);
    assert_string_equal(r.texts[0], "rolled-back rejected often");
    assert_int_equal(r.failures[0].devices, 2);
    assert_string_equal(r.texts[1], "rolled-back rejected rare");
    r.len = 0;
    assert_int_equal(fleet_db_failures(db, 1, keep_failure, &r, &err), WISP_OK);
    assert_int_equal(r.len, 1);
}

/* --- the file ---------------------------------------------------------------------------- */

static void run_sql(const char *file, const char *sql)
{
    sqlite3 *other;
    assert_int_equal(sqlite3_open(file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

static void the_database_of_something_else_is_left_alone(void **state)
{
    (void)state;
    char other[96];
    fleet_db *none;
    snprintf(other, sizeof other, "%s/other", base);
    run_sql(other, "CREATE TABLE addresses (name TEXT)");
    assert_int_equal(fleet_db_open(other, FLEET_DB_STORE, &none, &err), WISP_MISMATCH);
    assert_int_equal(fleet_db_open(other, FLEET_DB_READ, &none, &err), WISP_MISMATCH);
    run_sql(path, "PRAGMA user_version = 2");
    assert_int_equal(fleet_db_open(path, FLEET_DB_STORE, &none, &err), WISP_MISMATCH);
    FILE *file = fopen(other, "w");
    assert_non_null(file);
    fputs("this is a text and no database at all, which is long enough to have a header, of "
          "which SQLite reads one hundred bytes",
          file);
    fclose(file);
    assert_int_equal(fleet_db_open(other, FLEET_DB_STORE, &none, &err), WISP_MALFORMED);
}

static void reading_makes_no_file(void **state)
{
    (void)state;
    char missing[96];
    fleet_db *none;
    snprintf(missing, sizeof missing, "%s/missing", base);
    assert_int_equal(fleet_db_open(missing, FLEET_DB_READ, &none, &err), WISP_NOT_FOUND);
    assert_int_equal(access(missing, F_OK), -1);
}

/* Stores reports of three events each for ever, and tells of each when it is done. */
static void store_for_ever(int to)
{
    char text[1024];
    for (int n = 0;; n++) {
        snprintf(text, sizeof text,
                 REPORT("d%d", EVENT("1", "installed", "9", "8") "," EVENT(
                                   "2", "trial", "9", "8") "," EVENT("3", "committed", "9", "9")),
                 n);
        store(100, text);
        if (write(to, "x", 1) != 1)
            _exit(1);
    }
}

static void whoever_is_killed_has_stored_what_it_acknowledged(void **state)
{
    (void)state;
    uint64_t acknowledged = 0;
    for (int round = 0; round < 20; round++) {
        int ends[2];
        char byte;
        teardown(NULL);
        setup(NULL);
        acknowledged = 0;
        assert_int_equal(pipe(ends), 0);
        fleet_db_close(db);
        db = NULL;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(ends[0]);
            reopen();
            store_for_ever(ends[1]);
        }
        close(ends[1]);
        for (int i = 0; i < 3 * round && read(ends[0], &byte, 1) == 1; i++)
            acknowledged++;
        nanosleep(&(struct timespec){0, round * 137000}, NULL);
        kill(pid, SIGKILL);
        while (read(ends[0], &byte, 1) == 1)
            acknowledged++;
        close(ends[0]);
        waitpid(pid, NULL, 0);
        reopen();
        fleet_totals found = totals(100);
        assert_true(found.devices >= acknowledged);
        assert_int_equal(found.events, 3 * found.devices); /* whole reports only */
    }
}

/* --- taking ------------------------------------------------------------------------------ */

static void a_peer_is_let_in_so_often_and_no_more(void **state)
{
    (void)state;
    static fleet_intake intake;
    uint64_t now = UINT64_C(1000000000);
    for (int i = 0; i < FLEET_POSTS_BURST; i++)
        assert_true(fleet_intake_admit(&intake, "192.0.2.1", now));
    assert_false(fleet_intake_admit(&intake, "192.0.2.1", now));
    assert_true(fleet_intake_admit(&intake, "192.0.2.2", now)); /* another one is */
    int admitted = 0;
    for (int ms = 0; ms < 10000; ms++)
        admitted += fleet_intake_admit(&intake, "192.0.2.1", now += 1000000);
    assert_int_equal(admitted, 10 * FLEET_POSTS_PER_S);
    now += UINT64_C(3600000000000);
    for (int i = 0; i < FLEET_POSTS_BURST; i++)
        assert_true(fleet_intake_admit(&intake, "192.0.2.1", now));
    assert_false(fleet_intake_admit(&intake, "192.0.2.1", now));
}

static void an_answer_tells_whether_to_come_again(void **state)
{
    (void)state;
    static fleet_intake intake;
    static const char good[] = REPORT("a", EVENT("1", "checked", "9", "8"));
    unsigned retry = 0;
    intake.db = db;
    assert_int_equal(fleet_intake_take(&intake, "p", bytes_of(good), &retry), 204);
    assert_int_equal(fleet_intake_take(&intake, "p", bytes_of("{"), &retry), 400);
    assert_int_equal(retry, 0);
    run_sql(path, "DROP TABLE device");
    assert_int_equal(fleet_intake_take(&intake, "p", bytes_of(good), &retry), 503);
    assert_int_equal(retry, FLEET_RETRY_S);
    for (int i = 0; i < FLEET_POSTS_BURST; i++)
        fleet_intake_take(&intake, "p", bytes_of("{"), &retry);
    retry = 0;
    assert_int_equal(fleet_intake_take(&intake, "p", bytes_of(good), &retry), 429);
    assert_int_equal(retry, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_that_makes_no_sense_is_refused),
        cmocka_unit_test(more_events_than_a_report_has_are_refused),
        CASE(an_event_that_comes_twice_is_one),
        CASE(adoption_is_told_by_version),
        CASE(an_old_report_that_comes_again_changes_no_device),
        CASE(failures_are_told_with_their_reasons),
        CASE(the_database_of_something_else_is_left_alone),
        CASE(reading_makes_no_file),
        CASE(whoever_is_killed_has_stored_what_it_acknowledged),
        cmocka_unit_test(a_peer_is_let_in_so_often_and_no_more),
        CASE(an_answer_tells_whether_to_come_again),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
