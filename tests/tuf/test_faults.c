#include "client.h"
#include "ration.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

/*
 * A refresh with new roots, rotated keys and a search through two delegations, in which every
 * call to the system and every allocation fails in turn. Nothing that was not verified is ever
 * stored, nothing leaks, and the next workflow ends where an undisturbed one does.
 */

static forge f, before; /* what is served, and what was served before */
static client c;

static ration own, json;
static wisp_allocator rationed;

/* --- the story --------------------------------------------------------------------------- */

static void build(forge *publisher)
{
    forge_init(publisher);
    forge_delegate(publisher, "targets", "a/b", (forge_terms){0});
    forge_delegate(publisher, "a/b", "c", (forge_terms){.is_terminating = true});
    forge_target(publisher, "c", "x", "content");
    forge_publish(publisher);
}

/* A client that has seen all of [before], and a server that has gone on since. */
static void prepare(void)
{
    build(&before);
    client_init(&c, &before);
    c.config.allocator = c.store.allocator = &rationed;
    assert_int_equal(client_refresh(&c), WISP_OK);
    assert_int_equal(client_seek(&c, "x"), WISP_OK);
    client_restart(&c);

    build(&f);
    c.server = &f;
    f.old_root_key = "root";
    f.keys[WISP_ROLE_ROOT] = "another root";
    f.keys[WISP_ROLE_SNAPSHOT] = "another snapshot";
    f.versions[WISP_ROLE_ROOT] = 2;
    forge_sign_root(&f);
    forge_publish(&f);
}

static void clean_up(void)
{
    client_deinit(&c);
    forge_deinit(&f);
    forge_deinit(&before);
}

static wisp_status update(void)
{
    wisp_status status = client_refresh(&c);
    if (status == WISP_OK)
        status = client_seek(&c, "x");
    return status;
}

static bool is_served(const forge *by, const faulty_bytes *stored)
{
    for (size_t i = 0; i < by->file_len; i++)
        if (by->files[i].size == stored->size &&
            memcmp(by->files[i].data, stored->data, stored->size) == 0)
            return true;
    return false;
}

/* Every document in the store is one that an honest server has served, byte for byte. */
static void expect_sound_store(void)
{
    static const char *const files[] = {"root.json",    "timestamp.json", "snapshot.json",
                                        "targets.json", "a%2Fb.json",     "c.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const faulty_bytes *stored = client_stored(&c, files[i]);
        if (stored)
            assert_true(is_served(&f, stored) || is_served(&before, stored));
    }
}

static void expect_convergence(void)
{
    client_restart(&c);
    assert_int_equal(wisp_metastore_prepare(&c.store, &c.err), WISP_OK);
    client_expect(&c, update(), WISP_OK, "");
    assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_ROOT), 2);
    assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_TARGETS), 2);
    assert_int_equal(faulty_os_count(&c.disk, CLIENT_DIR "/"), 6); /* and no litter */
    expect_sound_store();
}

/* --- the sweeps -------------------------------------------------------------------------- */

static uint64_t sweep_system(fault kind, survival kept)
{
    for (uint64_t n = 1;; n++) {
        prepare();
        faulty_os_arm(&c.disk, kind, n);
        wisp_status status = update();
        bool struck = faulty_os_struck(&c.disk);
        /* A document that cannot be read is fetched; one that cannot be written ends it. */
        assert_true(status == WISP_OK || (struck && status == WISP_IO));
        client_restart(&c);
        faulty_os_arm(&c.disk, FAULT_NONE, 0);
        if (kind == FAULT_CRASH)
            faulty_os_reboot(&c.disk, kept);
        if (kept != SURVIVES_NAMES) /* there files may be empty, which reading finds out */
            expect_sound_store();
        assert_int_equal(faulty_os_open_len(&c.disk), 0);
        expect_convergence();
        clean_up();
        if (!struck)
            return n - 1;
    }
}

static void any_call_to_the_system_may_fail(void **state)
{
    (void)state;
    static const struct {
        fault kind;
        survival kept;
    } cases[] = {{FAULT_EIO, SURVIVES_ALL},      {FAULT_ENOSPC, SURVIVES_ALL},
                 {FAULT_SHORT, SURVIVES_ALL},    {FAULT_CRASH, SURVIVES_ALL},
                 {FAULT_CRASH, SURVIVES_SYNCED}, {FAULT_CRASH, SURVIVES_NAMES}};
    uint64_t points = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        points += sweep_system(cases[i].kind, cases[i].kept);
    print_message("# %" PRIu64 " points\n", points);
    assert_true(points > 300);
}

static uint64_t sweep_memory(ration *r)
{
    for (uint64_t n = 1;; n++) {
        int64_t own_live = own.live, json_live = json.live;
        prepare();
        ration_refuse(r, n);
        wisp_status status = update();
        bool struck = ration_struck(r);
        ration_refuse(r, 0);
        /* The JSON library may blame the text, or lose a character, which a signature finds. */
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY ||
                    (r == &json && (status == WISP_MALFORMED || status == WISP_UNTRUSTED)));
        assert_true(struck || status == WISP_OK);
        expect_sound_store();
        expect_convergence();
        clean_up();
        assert_int_equal(own.live, own_live);
        assert_int_equal(json.live, json_live);
        if (!struck)
            return n - 1;
    }
}

static void any_allocation_of_ours_may_be_refused(void **state)
{
    (void)state;
    uint64_t points = sweep_memory(&own);
    print_message("# %" PRIu64 " points\n", points);
    assert_true(points > 25);
}

static void any_allocation_of_the_json_library_may_be_refused(void **state)
{
    (void)state;
    uint64_t points = sweep_memory(&json);
    print_message("# %" PRIu64 " points\n", points);
    assert_true(points > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_call_to_the_system_may_fail),
        cmocka_unit_test(any_allocation_of_ours_may_be_refused),
        cmocka_unit_test(any_allocation_of_the_json_library_may_be_refused),
    };
    rationed = ration_allocator(&own);
    ration_json(&json);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
