#include "program.h"

#include <string.h>

/* The manager as the program itself uses it. */

static const wisp_module *running(program *p)
{
    return wisp_guest_module(wisp_manager_guest(p->manager, "a"));
}

static wisp_managed look(program *p)
{
    wisp_managed managed;
    assert_true(wisp_manager_look(p->manager, wisp_manager_guest(p->manager, "a"), &managed));
    return managed;
}

/* ------------------------------------------------------------------ changing */

static void what_is_installed_runs_and_what_is_removed_is_gone(void **state)
{
    program p;
    wisp_guest *guest;
    (void)state;
    program_init(&p, NULL);
    assert_int_equal(
        wisp_manager_install(p.manager, "a", 0x1234, program_module("v1"), &guest, NULL),
        WISP_OK);
    assert_ptr_equal(wisp_manager_guest(p.manager, "a"), guest);
    assert_string_equal(wisp_guest_name(guest), "a");
    assert_true(wisp_guest_app_id(guest) == 0x1234);
    assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    assert_int_equal(p.heard_version, 1);

    assert_int_equal(wisp_manager_remove(p.manager, "a", NULL), WISP_OK);
    assert_null(wisp_manager_guest(p.manager, "a"));
    assert_null(wisp_host_next_guest(p.host, NULL));
    assert_string_equal(p.events, "started stopped ");
    program_deinit(&p);
}

extern const wisp_native bare_module;

static void a_native_module_is_installed_and_is_in_one_guest_at_a_time(void **state)
{
    program p;
    wisp_guest *guest;
    wisp_guest_status status;
    (void)state;
    program_init(&p, NULL);
    assert_int_equal(
        wisp_manager_install_native(p.manager, "a", 0x99, &bare_module, &guest, NULL), WISP_OK);
    wisp_guest_status_get(guest, &status);
    assert_true(status.is_native);
    assert_string_equal(look(&p).sha256, "");
    assert_string_equal(look(&p).last, "started");
    assert_int_equal(wisp_manager_install_native(p.manager, "b", 0, &bare_module, NULL, NULL),
                     WISP_BUSY);
    assert_null(wisp_manager_guest(p.manager, "b"));
    program_swap(&p, "v1", WISP_OK);
    assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    assert_int_equal(p.heard_version, 1);
    program_deinit(&p);
}

static void a_module_that_does_not_load_or_start_leaves_no_guest(void **state)
{
    program p;
    wisp_error err;
    wisp_bytes text = {(const uint8_t *)"not a module", 12};
    (void)state;
    program_init(&p, NULL);
    assert_int_equal(wisp_manager_install(p.manager, "a", 0, text, NULL, &err), WISP_MALFORMED);
    program_install(&p, "start_traps", WISP_TRAP);
    program_install(&p, "needs_link", WISP_NOT_FOUND);
    assert_null(wisp_host_next_guest(p.host, NULL));
    program_install(&p, "v1", WISP_OK);
    program_deinit(&p);
}

static void a_swap_has_its_probation_and_frees_the_old_module(void **state)
{
    program p;
    wisp_guest_status status;
    (void)state;
    program_init(&p, &(wisp_manager_config){.guest = {.probation_entries = 2}});
    program_install(&p, "v1", WISP_OK);
    program_deliver(&p, COUNT);
    int64_t alone = p.memory.live_bytes;
    program_swap(&p, "v2", WISP_OK);
    wisp_guest_status_get(wisp_manager_guest(p.manager, "a"), &status);
    assert_int_equal(status.state, WISP_GUEST_STATE_PROBATION);
    assert_true(p.memory.live_bytes > alone + 10000);
    for (int i = 0; i < 2; i++)
        assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    assert_int_equal(p.heard_version, 2);
    program_step(&p, 1);
    assert_in_range(p.memory.live_bytes, alone - 2000, alone + 2000);
    assert_string_equal(p.events, "started swapped committed ");
    program_deinit(&p);
}

static void a_module_that_fails_its_probation_is_freed_and_its_reason_is_kept(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    const wisp_module *old = running(&p);
    program_swap(&p, "v2", WISP_OK);
    struct command command = {.version = 2};
    wisp_bytes bytes = {(const uint8_t *)&command, sizeof command};
    wisp_guest *guest = wisp_manager_guest(p.manager, "a");
    assert_int_equal(wisp_guest_deliver(guest, TRAP, bytes, NULL), WISP_OK);
    assert_ptr_equal(running(&p), old);
    assert_int_equal(p.heard_version, 1);
    assert_string_equal(look(&p).last, "reverted");
    assert_non_null(strstr(look(&p).reason, "unreachable"));
    program_deinit(&p);
}

static void a_swap_that_is_refused_changes_nothing(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    int64_t before = p.memory.live_bytes;
    const wisp_module *old = running(&p);
    program_swap(&p, "start_says_no", WISP_UNSUPPORTED);
    assert_ptr_equal(running(&p), old);
    assert_true(p.memory.live_bytes == before);
    assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    program_deinit(&p);
}

static void two_swaps_in_a_row_commit_the_first(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    program_swap(&p, "v2", WISP_OK);
    program_swap(&p, "v3", WISP_OK);
    program_deliver(&p, COUNT);
    assert_int_equal(p.heard_version, 3);
    assert_string_equal(p.events, "started swapped committed swapped ");
    program_deinit(&p);
}

static void a_guest_that_is_down_is_started_with_the_new_module(void **state)
{
    program p;
    (void)state;
    program_init(&p, &(wisp_manager_config){.guest = {.on_fault = WISP_ON_FAULT_DISABLE}});
    program_install(&p, "v1", WISP_OK);
    program_deliver(&p, TRAP);
    program_swap(&p, "v2", WISP_OK);
    assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    assert_int_equal(p.heard_version, 2);
    program_deinit(&p);
}

/* ------------------------------------------------------------------ shadows */

static void shadow_it(program *p, const char *name, const wisp_shadow_config *config)
{
    wisp_error err = {.text = ""};
    if (wisp_manager_shadow(p->manager, "a", program_module(name), config, &err))
        fail_msg("%s: %s", name, err.text);
}

static bool has_shadow(program *p, wisp_shadow_status *status)
{
    return wisp_guest_shadow_status(wisp_manager_guest(p->manager, "a"), status);
}

static void a_shadow_that_differs_is_told_let_go_and_freed(void **state)
{
    program p;
    wisp_shadow_status status;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    program_deliver(&p, COUNT);
    int64_t alone = p.memory.live_bytes;
    shadow_it(&p, "v2", NULL); /* it answers with another version */
    assert_true(has_shadow(&p, &status));
    assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    assert_int_equal(p.heard_version, 1);
    assert_false(has_shadow(&p, &status));
    assert_non_null(strstr(look(&p).shadow, "entry 1, message 1: "));
    program_step(&p, 1);
    assert_in_range(p.memory.live_bytes, alone - 3000, alone + 3000);
    program_deinit(&p);
}

static unsigned differences, ends;

static void count_difference(void *user, wisp_guest *guest,
                             const wisp_shadow_difference *difference)
{
    (void)user, (void)guest, (void)difference;
    differences++;
}

static void count_end(void *user, wisp_guest *guest, bool promoted, const char *reason)
{
    (void)user, (void)guest, (void)promoted, (void)reason;
    ends++;
}

static void the_program_hears_of_its_shadow(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    differences = ends = 0;
    shadow_it(&p, "v2",
              &(wisp_shadow_config){
                  .differences_max = 2, .on_difference = count_difference, .on_end = count_end});
    for (int i = 0; i < 5; i++)
        program_deliver(&p, COUNT);
    assert_int_equal(differences, 2);
    assert_int_equal(ends, 1);
    program_deinit(&p);
}

static void a_shadow_of_the_same_module_is_equal_and_is_promoted(void **state)
{
    program p;
    wisp_shadow_status status;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    program_deliver(&p, COUNT);
    shadow_it(&p, "v1", &(wisp_shadow_config){.promote_after = 3});
    for (int i = 0; i < 2; i++)
        program_deliver(&p, COUNT);
    assert_true(has_shadow(&p, &status));
    assert_int_equal(status.entries, 2);
    assert_int_equal(status.differences, 0);
    program_deliver(&p, COUNT);
    wisp_host_step(p.host, p.now_ns);
    assert_false(has_shadow(&p, &status));
    assert_string_equal(look(&p).shadow, "promoted");
    assert_string_equal(look(&p).last, "swapped");
    program_step(&p, 1);
    assert_int_equal(program_deliver(&p, COUNT), WISP_OK);
    program_deinit(&p);
}

static void a_shadow_ends_when_it_is_told_to_or_its_guest_goes(void **state)
{
    program p;
    wisp_shadow_status status;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    assert_int_equal(wisp_manager_shadow_end(p.manager, "a", NULL), WISP_INVALID);
    shadow_it(&p, "v2", NULL);
    assert_int_equal(wisp_manager_shadow(p.manager, "a", program_module("v2"), NULL, NULL),
                     WISP_INVALID);
    assert_int_equal(wisp_manager_shadow_end(p.manager, "a", NULL), WISP_OK);
    assert_false(has_shadow(&p, &status));
    shadow_it(&p, "v1", NULL);
    assert_int_equal(wisp_manager_remove(p.manager, "a", NULL), WISP_OK);
    program_deinit(&p);
}

static void a_swap_takes_the_shadow_away(void **state)
{
    program p;
    wisp_shadow_status status;
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    shadow_it(&p, "v1", NULL);
    program_swap(&p, "v2", WISP_OK);
    assert_false(has_shadow(&p, &status));
    program_deliver(&p, COUNT);
    assert_int_equal(p.heard_version, 2);
    program_deinit(&p);
}

/* ------------------------------------------------------------------ what is refused */

static void names_are_short_and_plain_and_had_once(void **state)
{
    static const char *const bad[] = {
        "",        "a b",
        "a/b",     "\xc3\xa4",
        "\033[2J", "0123456789012345678901234567890123456789012345678901234567890123"};
    program p;
    (void)state;
    program_init(&p, NULL);
    wisp_bytes v1 = program_module("v1");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(wisp_manager_install(p.manager, bad[i], 0, v1, NULL, NULL),
                         WISP_INVALID);
    program_install(&p, "v1", WISP_OK);
    program_install(&p, "v1", WISP_INVALID);
    program_deinit(&p);
}

static void an_app_id_is_had_once(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wisp_bytes v1 = program_module("v1");
    assert_int_equal(wisp_manager_install(p.manager, "a", 7, v1, NULL, NULL), WISP_OK);
    assert_int_equal(wisp_manager_install(p.manager, "b", 7, v1, NULL, NULL), WISP_INVALID);
    program_deinit(&p);
}

static void limits_hold(void **state)
{
    program p;
    (void)state;
    wisp_bytes v1 = program_module("v1");
    program_init(&p,
                 &(wisp_manager_config){.guests_max = 2, .module_size_max = (uint32_t)v1.size});
    assert_int_equal(wisp_manager_install(p.manager, "a", 0, v1, NULL, NULL), WISP_OK);
    assert_int_equal(wisp_manager_install(p.manager, "b", 0, v1, NULL, NULL), WISP_OK);
    assert_int_equal(wisp_manager_install(p.manager, "c", 0, v1, NULL, NULL), WISP_LIMIT);
    assert_int_equal(wisp_manager_remove(p.manager, "b", NULL), WISP_OK);
    assert_int_equal(wisp_manager_install(p.manager, "c", 0, v1, NULL, NULL), WISP_OK);
    wisp_bytes larger = {v1.data, v1.size + 1};
    assert_int_equal(wisp_manager_swap(p.manager, "c", larger, NULL), WISP_LIMIT);
    program_deinit(&p);
}

static void the_programs_own_guests_are_its_own_to_change(void **state)
{
    program p;
    wisp_guest *own;
    wisp_managed managed;
    (void)state;
    program_init(&p, NULL);
    wisp_bytes v1 = program_module("v1");
    assert_int_equal(wisp_guest_new(p.host, &(wisp_guest_config){.name = "own"}, &own, NULL),
                     WISP_OK);
    assert_int_equal(wisp_manager_swap(p.manager, "own", v1, NULL), WISP_INVALID);
    assert_int_equal(wisp_manager_remove(p.manager, "own", NULL), WISP_INVALID);
    assert_int_equal(wisp_manager_shadow_end(p.manager, "own", NULL), WISP_INVALID);
    assert_int_equal(wisp_manager_install(p.manager, "own", 0, v1, NULL, NULL), WISP_INVALID);
    assert_int_equal(wisp_manager_swap(p.manager, "none", v1, NULL), WISP_NOT_FOUND);
    assert_false(wisp_manager_look(p.manager, own, &managed));
    program_deinit(&p);
}

static wisp_status configure(void *user, wisp_guest_config *config, wisp_error *err)
{
    (void)user;
    if (strcmp(config->name, "forbidden") == 0) {
        strcpy(err->text, "no such place");
        return err->status = WISP_UNTRUSTED;
    }
    config->message_size_max = 7;
    return WISP_OK;
}

static void the_program_configures_each_guest_or_refuses_it(void **state)
{
    program p;
    wisp_error err;
    (void)state;
    program_init(&p, &(wisp_manager_config){.configure = configure});
    program_install(&p, "v1", WISP_OK);
    assert_int_equal(program_deliver(&p, COUNT), WISP_LIMIT);
    wisp_bytes v1 = program_module("v1");
    assert_int_equal(wisp_manager_install(p.manager, "forbidden", 0, v1, NULL, &err),
                     WISP_UNTRUSTED);
    assert_string_equal(err.text, "no such place");
    program_deinit(&p);
}

/* ------------------------------------------------------------------ looking, and faults */

static void it_tells_which_module_runs(void **state)
{
    program p;
    char before[65];
    (void)state;
    program_init(&p, NULL);
    program_install(&p, "v1", WISP_OK);
    strcpy(before, look(&p).sha256);
    assert_int_equal(strlen(before), 64);
    assert_int_equal(look(&p).module_size, program_module("v1").size);
    assert_string_equal(look(&p).last, "started");
    assert_string_equal(look(&p).reason, "");
    program_swap(&p, "v2", WISP_OK);
    assert_string_not_equal(look(&p).sha256, before);
    wisp_guest_decide(wisp_manager_guest(p.manager, "a"), false, "\033[2J it was a test", NULL);
    assert_string_equal(look(&p).sha256, before);
    assert_string_equal(look(&p).reason, "?[2J it was a test");
    wisp_guest_stop(wisp_manager_guest(p.manager, "a"));
    assert_string_equal(look(&p).sha256, "");
    program_deinit(&p);
}

static void without_a_socket_there_is_nothing_to_wait_for(void **state)
{
    wisp_host *host;
    wisp_manager *manager;
    (void)state;
    assert_int_equal(wisp_host_new(NULL, &host, NULL), WISP_OK);
    wisp_manager_config config = {.host = host};
    assert_int_equal(wisp_manager_open(&config, &manager, NULL), WISP_OK);
    assert_int_equal(wisp_manager_fd(manager), -1);
    assert_true(wisp_manager_next_ns(manager) == UINT64_MAX);
    wisp_manager_step(manager);
    wisp_manager_close(manager);
    wisp_host_free(host);
}

/* Whatever is refused, either it was done or nothing has changed, and nothing leaks. */
static void any_allocation_may_fail(void **state)
{
    program p;
    uint64_t n = 1;
    (void)state;
    do {
        program_prepare(&p);
        ration_refuse(&p.memory, n++);
        if (program_open(&p, NULL, NULL) == WISP_OK) {
            wisp_bytes v1 = program_module("v1"), v2 = program_module("v2");
            wisp_status status = wisp_manager_install(p.manager, "a", 1, v1, NULL, NULL);
            assert_true(status == WISP_OK || status == WISP_NO_MEMORY || status == WISP_LIMIT);
            assert_int_equal(!!wisp_manager_guest(p.manager, "a"), status == WISP_OK);
            if (status == WISP_OK)
                wisp_manager_shadow(p.manager, "a", v2, NULL, NULL);
            if (status == WISP_OK)
                wisp_manager_swap(p.manager, "a", v2, NULL);
        }
        program_deinit(&p);
    } while (ration_struck(&p.memory));
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_installed_runs_and_what_is_removed_is_gone),
        cmocka_unit_test(a_native_module_is_installed_and_is_in_one_guest_at_a_time),
        cmocka_unit_test(a_module_that_does_not_load_or_start_leaves_no_guest),
        cmocka_unit_test(a_swap_has_its_probation_and_frees_the_old_module),
        cmocka_unit_test(a_module_that_fails_its_probation_is_freed_and_its_reason_is_kept),
        cmocka_unit_test(a_swap_that_is_refused_changes_nothing),
        cmocka_unit_test(two_swaps_in_a_row_commit_the_first),
        cmocka_unit_test(a_guest_that_is_down_is_started_with_the_new_module),
        cmocka_unit_test(a_shadow_that_differs_is_told_let_go_and_freed),
        cmocka_unit_test(the_program_hears_of_its_shadow),
        cmocka_unit_test(a_shadow_of_the_same_module_is_equal_and_is_promoted),
        cmocka_unit_test(a_shadow_ends_when_it_is_told_to_or_its_guest_goes),
        cmocka_unit_test(a_swap_takes_the_shadow_away),
        cmocka_unit_test(names_are_short_and_plain_and_had_once),
        cmocka_unit_test(an_app_id_is_had_once),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_programs_own_guests_are_its_own_to_change),
        cmocka_unit_test(the_program_configures_each_guest_or_refuses_it),
        cmocka_unit_test(it_tells_which_module_runs),
        cmocka_unit_test(without_a_socket_there_is_nothing_to_wait_for),
        cmocka_unit_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
