#include "client.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

/* How the workflow is driven: what it wants, in which order, and what a stop leaves behind. */

static forge f;
static client c;

static int setup(void **state)
{
    (void)state;
    forge_init(&f);
    forge_target(&f, "targets", "app.wasm", "content");
    forge_publish(&f);
    client_init(&c, &f);
    assert_int_equal(wisp_workflow_new(&c.config, &c.workflow, &c.err), WISP_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_deinit(&c);
    forge_deinit(&f);
    return 0;
}

static wisp_status take(const char *path)
{
    const forge_file *file = forge_find(&f, path);
    assert_non_null(file);
    return wisp_workflow_take(c.workflow, WISP_OK, (wisp_bytes){file->data, file->size}, &c.err);
}

static wisp_status miss(wisp_status fetched)
{
    return wisp_workflow_take(c.workflow, fetched, (wisp_bytes){NULL, 0}, &c.err);
}

static void expect_want(const char *path, size_t size_max)
{
    wisp_want want;
    assert_true(wisp_workflow_wants(c.workflow, &want));
    assert_true(wisp_workflow_wants(c.workflow, &want)); /* asking changes nothing */
    assert_string_equal(want.path, path);
    assert_string_equal(want.name, path);
    assert_int_equal(want.size_max, size_max);
}

static void expect_idle(void)
{
    wisp_want want;
    assert_false(wisp_workflow_wants(c.workflow, &want));
}

static void every_document_is_asked_for_in_the_order_of_the_specification(void **state)
{
    (void)state;
    wisp_target target;
    expect_idle();
    assert_int_equal(wisp_workflow_refresh(c.workflow, &c.err), WISP_OK);
    expect_want("2.root.json", 512 << 10);
    assert_int_equal(miss(WISP_NOT_FOUND), WISP_OK);
    expect_want("timestamp.json", 16 << 10);
    assert_int_equal(take("timestamp.json"), WISP_OK);
    expect_want("1.snapshot.json", 2 << 20);
    assert_int_equal(take("1.snapshot.json"), WISP_OK);
    expect_want("1.targets.json", 5 << 20);
    assert_int_equal(take("1.targets.json"), WISP_OK);
    expect_idle();
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        assert_int_equal(wisp_workflow_version(c.workflow, (wisp_role)role), 1);
    assert_false(wisp_workflow_target(c.workflow, &target));
    assert_int_equal(wisp_workflow_seek(c.workflow, "app.wasm", &c.err), WISP_OK);
    expect_idle();
    assert_true(wisp_workflow_target(c.workflow, &target));
    assert_int_equal(target.info.length, strlen("content"));
    assert_true(strstr(target.path, ".app.wasm") == target.path + 64);
}

static void the_signed_length_bounds_what_is_asked_for(void **state)
{
    (void)state;
    f.lists_hashes = true;
    forge_publish(&f);
    assert_int_equal(wisp_workflow_refresh(c.workflow, &c.err), WISP_OK);
    assert_int_equal(miss(WISP_NOT_FOUND), WISP_OK);
    assert_int_equal(take("timestamp.json"), WISP_OK);
    expect_want("2.snapshot.json", forge_find(&f, "2.snapshot.json")->size);
    client_expect(&c, miss(WISP_LIMIT), WISP_UNTRUSTED,
                  "snapshot.json goes on after the expected");
    expect_idle();
}

static void a_failed_fetch_ends_the_phase_with_the_callers_words(void **state)
{
    (void)state;
    static const wisp_status statuses[] = {WISP_NETWORK, WISP_LIMIT, WISP_IO, WISP_NO_MEMORY};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        assert_int_equal(wisp_workflow_refresh(c.workflow, &c.err), WISP_OK);
        strcpy(c.err.text, "the cable was pulled");
        client_expect(&c, miss(statuses[i]), statuses[i], "the cable was pulled");
        expect_idle();
    }
    assert_int_equal(wisp_workflow_refresh(c.workflow, &c.err), WISP_OK);
    assert_int_equal(miss(WISP_NOT_FOUND), WISP_OK); /* only the chain of roots ends like this */
    client_expect(&c, miss(WISP_NOT_FOUND), WISP_NOT_FOUND, "");
    expect_idle();
}

static void calls_out_of_order_are_refused_and_change_nothing(void **state)
{
    (void)state;
    client_expect(&c, wisp_workflow_seek(c.workflow, "app.wasm", &c.err), WISP_INVALID,
                  "a search needs a refresh before it");
    client_expect(&c, take("timestamp.json"), WISP_INVALID, "nothing was asked for");
    assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_TIMESTAMP), 0);
    assert_int_equal(client_refresh(&c), WISP_OK);
    client_expect(&c, take("timestamp.json"), WISP_INVALID, "nothing was asked for");
    assert_int_equal(wisp_workflow_seek(c.workflow, "app.wasm", &c.err), WISP_OK);
}

static void a_search_after_a_refresh_that_failed_is_refused(void **state)
{
    (void)state;
    assert_int_equal(client_refresh(&c), WISP_OK);
    assert_int_equal(wisp_workflow_refresh(c.workflow, &c.err), WISP_OK);
    miss(WISP_NETWORK);
    client_expect(&c, wisp_workflow_seek(c.workflow, "app.wasm", &c.err), WISP_INVALID,
                  "refresh");
}

/* Each document is stored before the next is asked for: whoever stops goes on from there. */
static void a_workflow_that_is_dropped_goes_on_where_it_stopped(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        f.versions[WISP_ROLE_ROOT]++;
        forge_sign_root(&f);
    }
    static const char *const order[] = {"2.root.json",    "3.root.json",     "4.root.json",
                                        "timestamp.json", "1.snapshot.json", "1.targets.json"};
    static const char *const stored[] = {"root.json",      "root.json",     "root.json",
                                         "timestamp.json", "snapshot.json", "targets.json"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        wisp_want want;
        wisp_status status = wisp_workflow_refresh(c.workflow, &c.err);
        assert_int_equal(client_drive_to(&c, status, order[i]), WISP_OK);
        assert_true(wisp_workflow_wants(c.workflow, &want));
        assert_int_equal(take(order[i]), WISP_OK);
        client_restart(&c); /* the program is ended here */
        assert_int_equal(wisp_workflow_new(&c.config, &c.workflow, &c.err), WISP_OK);
        const faulty_bytes *have = client_stored(&c, stored[i]);
        const forge_file *served = forge_find(&f, order[i]);
        assert_non_null(have);
        assert_int_equal(have->size, served->size);
        assert_memory_equal(have->data, served->data, served->size);
    }
    assert_int_equal(client_refresh(&c), WISP_OK);
    assert_string_equal(c.log, "5.root.json\ntimestamp.json\n");
}

static void a_workflow_may_be_used_again_and_again(void **state)
{
    (void)state;
    wisp_target target;
    for (uint64_t i = 1; i < 5; i++) {
        assert_int_equal(client_refresh(&c), WISP_OK);
        assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_TIMESTAMP), i);
        assert_int_equal(client_seek(&c, "app.wasm"), WISP_OK);
        assert_int_equal(client_seek(&c, "missing"), WISP_NOT_FOUND);
        assert_false(wisp_workflow_target(c.workflow, &target));
        forge_publish(&f);
    }
}

static void a_client_without_any_root_asks_for_nothing(void **state)
{
    (void)state;
    c.config.root.size = 0;
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_NOT_FOUND, "root.json");
    assert_string_equal(c.log, "");
}

static void a_stored_root_needs_no_shipped_one(void **state)
{
    (void)state;
    assert_int_equal(client_refresh(&c), WISP_OK);
    c.config.root.size = 0;
    client_restart(&c);
    assert_int_equal(client_refresh(&c), WISP_OK);
}

/* --- recovery from versions that a thief made too high (5.3.11) -------------------------- */

/* Which keys are replaced, and what the client then takes back to a lower version. */
static void rotated_online_keys_take_both_online_documents_back(void **state)
{
    (void)state;
    static const wisp_role rotated[] = {WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT};
    for (int i = 0; i < 2; i++) {
        teardown(NULL);
        setup(NULL);
        f.versions[WISP_ROLE_TIMESTAMP] = f.versions[WISP_ROLE_SNAPSHOT] = 1000;
        f.roles[0].version = 1000;
        forge_publish(&f);
        assert_int_equal(client_refresh(&c), WISP_OK);
        f.versions[WISP_ROLE_TIMESTAMP] = f.versions[WISP_ROLE_SNAPSHOT] = 1;
        f.roles[0].version = 1;
        forge_publish(&f);
        client_expect(&c, client_refresh(&c), WISP_UNTRUSTED,
                      "older than the trusted version 1001");
        f.keys[rotated[i]] = "a new key";
        f.versions[WISP_ROLE_ROOT] = 2;
        forge_sign_root(&f);
        forge_sign_snapshot(&f);
        forge_sign_timestamp(&f);
        assert_int_equal(client_refresh(&c), WISP_OK);
        assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_SNAPSHOT), 2);
    }
}

static void rotated_keys_of_targets_take_nothing_back(void **state)
{
    (void)state;
    forge_publish(&f);
    assert_int_equal(client_refresh(&c), WISP_OK);
    f.roles[0].key = "a new key";
    f.versions[WISP_ROLE_ROOT] = 2;
    forge_sign_root(&f);
    f.versions[WISP_ROLE_TIMESTAMP] = 1;
    forge_sign_timestamp(&f);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED,
                  "timestamp.json: version 1 is older than the trusted version 2");
    assert_non_null(client_stored(&c, "timestamp.json"));
    /* What the old key signed is worth nothing any more, though its version has not changed. */
    forge_refresh(&f);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED, "targets.json: 0 of 1 needed");
    forge_sign_role(&f, "targets");
    assert_int_equal(client_refresh(&c), WISP_OK);
}

/* --- time -------------------------------------------------------------------------------- */

static void a_clock_that_is_set_back_does_not_revive_what_has_expired(void **state)
{
    (void)state;
    f.expires[WISP_ROLE_TIMESTAMP] = "2030-06-01T00:00:00Z";
    forge_publish(&f);
    int64_t march = c.config.now, july = march + 110 * 86400;
    assert_int_equal(client_refresh(&c), WISP_OK);
    assert_int_equal(wisp_workflow_time_floor(c.workflow), march);

    f.expires[WISP_ROLE_TIMESTAMP] = FORGE_EXPIRES;
    forge_refresh(&f);
    c.config.now = july;
    client_restart(&c);
    assert_int_equal(client_refresh(&c), WISP_OK);
    assert_int_equal(wisp_workflow_time_floor(c.workflow), july);

    f.expires[WISP_ROLE_TIMESTAMP] = "2030-06-01T00:00:00Z";
    forge_refresh(&f);
    c.config.time_floor = july;
    c.config.now = march;
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED,
                  "timestamp.json expired at 2030-06-01T00:00:00Z, it is 2030-07-");
    assert_int_equal(wisp_workflow_time_floor(c.workflow), july);
}

static void a_device_without_a_clock_goes_by_the_floor(void **state)
{
    (void)state;
    f.expires[WISP_ROLE_SNAPSHOT] = "2025-01-01T00:00:00Z";
    forge_publish(&f);
    c.config.now = 0; /* 1970 */
    client_restart(&c);
    assert_int_equal(client_refresh(&c), WISP_OK); /* nothing says that it is later */
    c.config.time_floor = INT64_C(1800000000);     /* when the program was built, 2027 */
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED,
                  "snapshot.json expired at 2025-01-01T00:00:00Z, it is 2027-01-15");
}

static void a_clock_that_was_wrong_once_does_not_raise_the_floor(void **state)
{
    (void)state;
    int64_t now = c.config.now;
    c.config.now += INT64_C(40) * 365 * 86400;
    client_restart(&c);
    client_expect(&c, client_refresh(&c), WISP_UNTRUSTED, "root.json expired");
    assert_int_equal(wisp_workflow_time_floor(c.workflow), 0);
    c.config.now = now;
    client_restart(&c);
    assert_int_equal(client_refresh(&c), WISP_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_document_is_asked_for_in_the_order_of_the_specification),
        CASE(the_signed_length_bounds_what_is_asked_for),
        CASE(a_failed_fetch_ends_the_phase_with_the_callers_words),
        CASE(calls_out_of_order_are_refused_and_change_nothing),
        CASE(a_search_after_a_refresh_that_failed_is_refused),
        CASE(a_workflow_that_is_dropped_goes_on_where_it_stopped),
        CASE(a_workflow_may_be_used_again_and_again),
        CASE(a_client_without_any_root_asks_for_nothing),
        CASE(a_stored_root_needs_no_shipped_one),
        CASE(rotated_online_keys_take_both_online_documents_back),
        CASE(rotated_keys_of_targets_take_nothing_back),
        CASE(a_clock_that_is_set_back_does_not_revive_what_has_expired),
        CASE(a_device_without_a_clock_goes_by_the_floor),
        CASE(a_clock_that_was_wrong_once_does_not_raise_the_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
