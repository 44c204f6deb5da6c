#include "rig.h"

#include <string.h>

#include "maker.h"

/* Which modules the host takes at all, and what it says of the others. */

/* clang-format off */
#define NEEDED {"memory", MEMORY}, {"wisp_version", ZERO}, {"wisp_start", ZERO}

static const struct {
    struct module_spec spec;
    wisp_status status;
    const char *text; /* what the error must contain */
} cases[] = {
    {{.exports = {NEEDED}}, WISP_OK, NULL},
    {{.exports = {NEEDED,
                  {"wisp_message", I32X3_TO_NONE},
                  {"wisp_stop", NONE_TO_NONE},
                  {"wisp_save", NONE_TO_NONE},
                  {"wisp_restore", I32X3_TO_I32},
                  {"wisp_buffer", I32_TO_I32},
                  {"something_else", I64_TO_I32}},
      .import = {"wisp", "log", I32X3_TO_NONE}},
     WISP_OK, NULL},

    {{.exports = {{"wisp_version", ZERO}, {"wisp_start", ZERO}}},
     WISP_NOT_FOUND, "does not export its memory as 'memory'"},
    {{.exports = {{"memory", GLOBAL}, {"wisp_version", ZERO}, {"wisp_start", ZERO}}},
     WISP_MISMATCH, "export 'memory' is a global, expected a memory"},
    {{.exports = {{"memory", MEMORY}, {"wisp_start", ZERO}}},
     WISP_NOT_FOUND, "does not export the function 'wisp_version'"},
    {{.exports = {{"memory", MEMORY}, {"wisp_version", ZERO}}},
     WISP_NOT_FOUND, "does not export the function 'wisp_start'"},
    {{.exports = {{"memory", MEMORY}, {"wisp_version", ZERO}, {"wisp_start", GLOBAL}}},
     WISP_MISMATCH, "export 'wisp_start' is a global, expected a func"},
    {{.exports = {{"memory", MEMORY}, {"wisp_version", ZERO}, {"wisp_start", NONE_TO_NONE}}},
     WISP_MISMATCH, "'wisp_start' has type () -> (), expected () -> (i32)"},
    {{.exports = {{"memory", MEMORY}, {"wisp_version", I64_TO_I32}, {"wisp_start", ZERO}}},
     WISP_MISMATCH, "'wisp_version' has type (i64) -> (i32), expected () -> (i32)"},

    {{.exports = {NEEDED, {"wisp_message", I32X3_TO_I32}}},
     WISP_MISMATCH,
     "'wisp_message' has type (i32 i32 i32) -> (i32), expected (i32 i32 i32) -> ()"},
    {{.exports = {NEEDED, {"wisp_stop", ZERO}}},
     WISP_MISMATCH, "'wisp_stop' has type () -> (i32), expected () -> ()"},
    {{.exports = {NEEDED, {"wisp_save", ZERO}}},
     WISP_MISMATCH, "'wisp_save' has type () -> (i32), expected () -> ()"},
    {{.exports = {NEEDED, {"wisp_buffer", I64_TO_I32}}},
     WISP_MISMATCH, "'wisp_buffer' has type (i64) -> (i32), expected (i32) -> (i32)"},
    {{.exports = {NEEDED, {"wisp_restore", MEMORY}}},
     WISP_MISMATCH, "export 'wisp_restore' is a memory, expected a func"},

    {{.exports = {NEEDED, {"__indirect_function_table", GLOBAL}}},
     WISP_MISMATCH, "'__indirect_function_table' is a global, expected a table"},
    {{.exports = {NEEDED, {"wisp_state", GLOBAL}}},
     WISP_NOT_FOUND, "exports 'wisp_state' but not 'wisp_state_size'"},
    {{.exports = {NEEDED, {"wisp_state_size", GLOBAL}}},
     WISP_NOT_FOUND, "exports 'wisp_state_size' but not 'wisp_state'"},
    {{.exports = {NEEDED, {"wisp_state", ZERO}, {"wisp_state_size", GLOBAL}}},
     WISP_MISMATCH, "export 'wisp_state' is a func, expected a global"},
    {{.exports = {NEEDED, {"wisp_state", GLOBAL}, {"wisp_state_size", COUNTER}}},
     WISP_MISMATCH, "global 'wisp_state_size' is no address: expected a constant i32"},
    {{.exports = {NEEDED, {"wisp_state", GLOBAL}, {"wisp_state_size", GLOBAL}}},
     WISP_OK, NULL},
    {{.exports = {NEEDED, {"wisp_heap_size", COUNTER}}},
     WISP_MISMATCH, "global 'wisp_heap_size' is no address: expected a constant i32"},
    {{.exports = {NEEDED, {"wisp_heap_peak", ZERO}}},
     WISP_MISMATCH, "export 'wisp_heap_peak' is a func, expected a global"},

    {{.exports = {NEEDED}, .import = {"wisp", "repeat", I32_TO_I32}},
     WISP_NOT_FOUND, "link it with --export-table"},
    {{.exports = {NEEDED, {"__indirect_function_table", TABLE}},
      .import = {"wisp", "repeat", I32_TO_I32}},
     WISP_MISMATCH, "repeat"},
    {{.exports = {NEEDED}, .import = {"wisp", "launch", I32_TO_I32}},
     WISP_NOT_FOUND, "launch"},
    {{.exports = {NEEDED}, .import = {"wasi_snapshot_preview1", "fd_write", I32_TO_I32}},
     WISP_NOT_FOUND, "fd_write"},
};
/* clang-format on */

static void what_is_wrong_with_a_module_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_module *module = make_module(&cases[i].spec);
        wisp_error err = {.text = ""};
        assert_int_equal(wisp_host_accepts(NULL, module, &err), cases[i].status);
        if (cases[i].text && !strstr(err.text, cases[i].text))
            fail_msg("'%s' is not in '%s'", cases[i].text, err.text);
        wisp_module_free(module);
    }
}

static void what_is_not_accepted_does_not_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].status == WISP_OK)
            continue;
        wisp_module *module = make_module(&cases[i].spec);
        struct rig r;
        rig_start(&r, NULL, "v1");
        wisp_error err, swap_err;
        assert_int_equal(wisp_host_accepts(NULL, module, &err), cases[i].status);
        assert_int_equal(wisp_guest_swap(r.guest, module, &swap_err), cases[i].status);
        assert_string_equal(err.text, swap_err.text);
        assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
        rig_deinit(&r);
        wisp_module_free(module);
    }
}

#define LIST(...)                                                                                \
    (const char *const[])                                                                        \
    {                                                                                            \
        __VA_ARGS__, NULL                                                                        \
    }

/* A module that imports wisp.log, for guests with these capabilities. */
static const struct {
    const char *const *capabilities;
    const char *text; /* of the error; NULL: none */
} capability_cases[] = {
    {NULL, NULL},
    {LIST("wisp.log"), NULL},
    {LIST("wisp.send", "wisp.log"), NULL},
    {LIST("wisp.*"), NULL},
    {LIST("wisp.l*"), NULL},
    {LIST("wisp.log*"), NULL},
    {LIST("wisp*"), NULL},
    {LIST("w*"), NULL},
    {LIST("*"), NULL},
    {LIST(NULL), "import 'wisp.log' is not allowed, but nothing"},
    {LIST(""), "is not allowed"},
    {LIST("wisp.send", "app.*"), "import 'wisp.log' is not allowed, but wisp.send, app.*"},
    {LIST("wisp.lo"), "is not allowed"},
    {LIST("wisp.logs"), "is not allowed"},
    {LIST("wisp.logs*"), "is not allowed"},
    {LIST("wis.*"), "is not allowed"},
    {LIST("wispx*"), "is not allowed"},
    {LIST("wisp"), "is not allowed"},
    {LIST("log"), "is not allowed"},
    {LIST("*.log"), "is not allowed"}, /* a star elsewhere is an ordinary character */
};

static void only_imports_that_are_allowed_are_linked(void **state)
{
    (void)state;
    static const struct module_spec spec = {.exports = {NEEDED},
                                            .import = {"wisp", "log", I32X3_TO_NONE}};
    wisp_module *module = make_module(&spec);
    for (size_t i = 0; i < sizeof capability_cases / sizeof *capability_cases; i++) {
        const char *text = capability_cases[i].text;
        wisp_guest_config config = {.capabilities = capability_cases[i].capabilities};
        wisp_status expected = text ? WISP_NOT_FOUND : WISP_OK;
        wisp_error err = {.text = ""}, start_err = {.text = ""};
        struct rig r;
        rig_init(&r, &config);
        assert_int_equal(wisp_host_accepts(&config, module, &err), expected);
        assert_int_equal(wisp_guest_start(r.guest, module, &start_err), expected);
        assert_string_equal(err.text, start_err.text);
        if (text && !strstr(err.text, text))
            fail_msg("'%s' is not in '%s'", text, err.text);
        rig_deinit(&r);
    }
    wisp_module_free(module);
}

static void a_module_that_wants_more_than_its_predecessor_is_refused(void **state)
{
    (void)state;
    wisp_guest_config config = {.capabilities = LIST("wisp.log", "wisp.send", "wisp.repeat",
                                                     "wisp.cancel", "wisp.save", "wisp.now_us")};
    struct rig r;
    rig_start(&r, &config, "v1");
    rig_swap(&r, "needs_link", WISP_NOT_FOUND);
    rig_expect_events(&r, "refused 0; ");
    assert_non_null(strstr(r.last_reason, "app.twice"));
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

static void capabilities_are_copied(void **state)
{
    (void)state;
    char text[] = "wisp.*";
    const char *list[] = {text, NULL};
    struct rig r;
    rig_init(&r, &(wisp_guest_config){.capabilities = list});
    text[0] = 'x';
    list[0] = NULL;
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v1"), NULL), WISP_OK);
    rig_deinit(&r);
}

static void the_modules_of_the_tests_are_accepted(void **state)
{
    (void)state;
    static const char *const names[] = {"v1", "start_loops", "no_save", "no_message",
                                        "no_buffer"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(wisp_host_accepts(NULL, rig_module(names[i]), NULL), WISP_OK);
}

static void a_module_may_call_from_its_start_function(void **state)
{
    (void)state;
    static const struct module_spec spec = {
        .exports = {NEEDED}, .import = {"wisp", "log", I32X3_TO_NONE}, .logs_on_start = true};
    wisp_module *module = make_module(&spec);
    struct rig r;
    rig_init(&r, NULL);
    assert_int_equal(wisp_guest_start(r.guest, module, NULL), WISP_OK);
    rig_expect_logs(&r, "2 hello; ");
    rig_deinit(&r);
    wisp_module_free(module);
}

static void a_trap_before_wisp_start_is_a_refusal(void **state)
{
    (void)state;
    static const struct module_spec specs[] = {
        {.exports = {NEEDED}, .logs_on_start = true}, /* without the import, it traps */
        {.exports = {{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", ZERO}}},
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        wisp_module *module = make_module(&specs[i]);
        struct rig r;
        rig_init(&r, NULL);
        assert_int_equal(wisp_guest_start(r.guest, module, NULL), WISP_TRAP);
        rig_expect_events(&r, "refused 0; ");
        assert_int_equal(r.last_trap.code, WISP_TRAP_UNREACHABLE);
        assert_int_equal(rig_status(&r).traps, 1);
        rig_deinit(&r);
        wisp_module_free(module);
    }
}

static void a_trap_in_wisp_buffer_is_a_fault(void **state)
{
    (void)state;
    static const struct module_spec spec = {
        .exports = {NEEDED, {"wisp_message", I32X3_TO_NONE}, {"wisp_buffer", I32_TO_I32}}};
    wisp_module *module = make_module(&spec);
    struct rig r;
    rig_init(&r, NULL);
    assert_int_equal(wisp_guest_start(r.guest, module, NULL), WISP_OK);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_TRAP);
    rig_expect_events(&r, "started 0; restarted 0; ");
    wisp_guest_stop(r.guest); /* it has no wisp_stop */
    rig_expect_events(&r, "stopped 0; ");
    rig_deinit(&r);
    wisp_module_free(module);
}

static wisp_status no_twice(void *user, wisp_instance *caller, const wisp_value *args,
                            wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)args;
    (void)results;
    (void)err;
    return WISP_UNSUPPORTED;
}

static wisp_status link_twice(void *user, wisp_linker *linker, wisp_error *err)
{
    return wisp_linker_add_func(linker, "app", "twice", user, no_twice, NULL, err);
}

static wisp_status link_fails(void *user, wisp_linker *linker, wisp_error *err)
{
    (void)user;
    (void)linker;
    (void)err;
    return WISP_IO;
}

static void what_on_link_adds_can_be_imported(void **state)
{
    (void)state;
    wisp_error err;
    const wisp_module *module = rig_module("needs_link");
    assert_int_equal(wisp_host_accepts(NULL, module, &err), WISP_NOT_FOUND);
    assert_non_null(strstr(err.text, "twice"));
    char right[] = "(i)i", wrong[] = "(i)I";
    wisp_guest_config config = {.on_link = link_twice, .user = right};
    assert_int_equal(wisp_host_accepts(&config, module, NULL), WISP_OK);
    config.user = wrong;
    assert_int_equal(wisp_host_accepts(&config, module, NULL), WISP_MISMATCH);
    config.on_link = link_fails;
    assert_int_equal(wisp_host_accepts(&config, module, &err), WISP_IO);
    assert_string_equal(err.text, "on_link failed");
}

static void checking_a_module_leaves_no_memory_behind(void **state)
{
    (void)state;
    struct ledger ledger;
    ledger_init(&ledger);
    wisp_guest_config config = {.limits = {.allocator = &ledger.allocator}};
    assert_int_equal(wisp_host_accepts(&config, rig_module("v1"), NULL), WISP_OK);
    size_t calls = ledger.calls;
    assert_true(calls > 0);
    for (size_t n = 1; n <= calls; n++) {
        ledger_init(&ledger);
        ledger.refuse_from = ledger.refuse_to = n;
        assert_int_equal(wisp_host_accepts(&config, rig_module("v1"), NULL), WISP_NO_MEMORY);
        assert_int_equal(ledger.live_blocks, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_with_a_module_is_named),
        cmocka_unit_test(what_is_not_accepted_does_not_start),
        cmocka_unit_test(only_imports_that_are_allowed_are_linked),
        cmocka_unit_test(a_module_that_wants_more_than_its_predecessor_is_refused),
        cmocka_unit_test(capabilities_are_copied),
        cmocka_unit_test(the_modules_of_the_tests_are_accepted),
        cmocka_unit_test(a_module_may_call_from_its_start_function),
        cmocka_unit_test(a_trap_before_wisp_start_is_a_refusal),
        cmocka_unit_test(a_trap_in_wisp_buffer_is_a_fault),
        cmocka_unit_test(what_on_link_adds_can_be_imported),
        cmocka_unit_test(checking_a_module_leaves_no_memory_behind),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
