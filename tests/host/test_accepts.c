#include "rig.h"

#include <string.h>

/*
 * Which modules the host takes at all. The modules are put together here, byte for byte, from
 * a list of exports, as no compiler makes most of them.
 */

/* ------------------------------------------------------------------ making modules */

struct maker {
    uint8_t bytes[1024];
    size_t size;
};

static void put(struct maker *m, const void *bytes, size_t size)
{
    assert_true(m->size + size <= sizeof m->bytes);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_byte(struct maker *m, size_t byte)
{
    uint8_t b = (uint8_t)byte;
    put(m, &b, 1);
}

static void put_name(struct maker *m, const char *name)
{
    put_byte(m, strlen(name));
    put(m, name, strlen(name));
}

/* Section sizes are written as two bytes of LEB128. */
static size_t open_section(struct maker *m, uint8_t id)
{
    put_byte(m, id);
    put(m, "\x80\x00", 2);
    return m->size;
}

static void close_section(struct maker *m, size_t start)
{
    size_t size = m->size - start;
    m->bytes[start - 2] = (uint8_t)(0x80 | (size & 0x7f));
    m->bytes[start - 1] = (uint8_t)(size >> 7);
}

/* The types that functions below have, by their index. */
enum {
    NONE_TO_NONE,
    NONE_TO_I32,
    I32_TO_I32,
    I32X3_TO_NONE,
    I64_TO_I32,
    I32X3_TO_I32,
    TYPE_COUNT
};

enum { MEMORY = 100, TABLE, GLOBAL };

struct export
{
    const char *name;
    int what; /* one of the above */
};

enum { EXPORTS_MAX = 8 };

static void put_type(struct maker *m, const char *params, const char *results)
{
    put_byte(m, 0x60);
    put_name(m, params);
    put_name(m, results);
}

static void put_imports(struct maker *m, const char *module, const char *name, int type)
{
    size_t section = open_section(m, 2);
    put_byte(m, 1);
    put_name(m, module);
    put_name(m, name);
    put_byte(m, 0);
    put_byte(m, (size_t)type);
    close_section(m, section);
}

static void put_exports(struct maker *m, const struct export *exports, size_t count,
                        size_t first_func)
{
    size_t section = open_section(m, 7);
    put_byte(m, count);
    for (size_t i = 0; i < count; i++) {
        put_name(m, exports[i].name);
        switch (exports[i].what) {
        case TABLE:
            put(m, "\x01\x00", 2);
            break;
        case MEMORY:
            put(m, "\x02\x00", 2);
            break;
        case GLOBAL:
            put(m, "\x03\x00", 2);
            break;
        default:
            put_byte(m, 0);
            put_byte(m, first_func + (size_t)exports[i].what);
        }
    }
    close_section(m, section);
}

/* A module with one function of each type, a memory, a table and a global, these exports, and
 * the import [import] of [import_type] from "wisp" or whatever stands before its dot. */
static wisp_module *make(const struct export *exports, size_t count, const char *import_module,
                         const char *import_name, int import_type)
{
    struct maker m = {.size = 0};
    put(&m, "\0asm\1\0\0\0", 8);
    size_t section = open_section(&m, 1);
    put_byte(&m, TYPE_COUNT);
    put_type(&m, "", "");
    put_type(&m, "", "\x7f");
    put_type(&m, "\x7f", "\x7f");
    put_type(&m, "\x7f\x7f\x7f", "");
    put_type(&m, "\x7e", "\x7f");
    put_type(&m, "\x7f\x7f\x7f", "\x7f");
    close_section(&m, section);
    if (import_name)
        put_imports(&m, import_module, import_name, import_type);
    section = open_section(&m, 3);
    put_byte(&m, TYPE_COUNT);
    for (size_t i = 0; i < TYPE_COUNT; i++)
        put_byte(&m, i);
    close_section(&m, section);
    section = open_section(&m, 4);
    put(&m, "\x01\x70\x00\x01", 4); /* a table of one funcref */
    close_section(&m, section);
    section = open_section(&m, 5);
    put(&m, "\x01\x00\x01", 3); /* a memory of one page */
    close_section(&m, section);
    section = open_section(&m, 6);
    put(&m, "\x01\x7f\x00\x41\x00\x0b", 6); /* a global, i32 0 */
    close_section(&m, section);
    put_exports(&m, exports, count, import_name ? 1 : 0);
    section = open_section(&m, 10);
    put_byte(&m, TYPE_COUNT);
    for (size_t i = 0; i < TYPE_COUNT; i++)
        put(&m, "\x03\x00\x00\x0b", 4); /* unreachable: nothing here is ever run */
    close_section(&m, section);

    wisp_module *module;
    wisp_error err;
    if (wisp_module_new(NULL, (wisp_bytes){m.bytes, m.size}, &module, &err) != WISP_OK)
        fail_msg("%s", err.text);
    return module;
}

/* ------------------------------------------------------------------ the cases */

static const struct {
    struct export exports[EXPORTS_MAX];
    const char *import_module, *import_name;
    int import_type;
    wisp_status status;
    const char *text; /* what the error must contain */
} cases[] = {
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_OK,
     NULL},
    {{{"memory", MEMORY},
      {"wisp_version", NONE_TO_I32},
      {"wisp_start", NONE_TO_I32},
      {"wisp_message", I32X3_TO_NONE},
      {"wisp_stop", NONE_TO_NONE},
      {"wisp_save", NONE_TO_NONE},
      {"wisp_restore", I32X3_TO_I32},
      {"wisp_buffer", I32_TO_I32}},
     "wisp",
     "log",
     I32X3_TO_NONE,
     WISP_OK,
     NULL},
    {{{"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_NOT_FOUND,
     "does not export its memory as 'memory'"},
    {{{"memory", GLOBAL}, {"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "export 'memory' is a global, expected a memory"},
    {{{"memory", MEMORY}, {"wisp_start", NONE_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_NOT_FOUND,
     "does not export the function 'wisp_version'"},
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_NOT_FOUND,
     "does not export the function 'wisp_start'"},
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", GLOBAL}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "export 'wisp_start' is a global, expected a func"},
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_NONE}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "'wisp_start' has type () -> (), expected () -> (i32)"},
    {{{"memory", MEMORY}, {"wisp_version", I64_TO_I32}, {"wisp_start", NONE_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "'wisp_version' has type (i64) -> (i32), expected () -> (i32)"},
    {{{"memory", MEMORY},
      {"wisp_version", NONE_TO_I32},
      {"wisp_start", NONE_TO_I32},
      {"wisp_message", I32X3_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "'wisp_message' has type (i32 i32 i32) -> (i32), expected (i32 i32 i32) -> ()"},
    {{{"memory", MEMORY},
      {"wisp_version", NONE_TO_I32},
      {"wisp_start", NONE_TO_I32},
      {"wisp_buffer", I64_TO_I32}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "'wisp_buffer' has type (i64) -> (i32), expected (i32) -> (i32)"},
    {{{"memory", MEMORY},
      {"wisp_version", NONE_TO_I32},
      {"wisp_start", NONE_TO_I32},
      {"wisp_restore", MEMORY}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "export 'wisp_restore' is a memory, expected a func"},
    {{{"memory", MEMORY},
      {"wisp_version", NONE_TO_I32},
      {"wisp_start", NONE_TO_I32},
      {"__indirect_function_table", GLOBAL}},
     NULL,
     NULL,
     0,
     WISP_MISMATCH,
     "'__indirect_function_table' is a global, expected a table"},
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_I32}},
     "wisp",
     "repeat",
     I32_TO_I32,
     WISP_NOT_FOUND,
     "link it with --export-table"},
    {{{"memory", MEMORY},
      {"wisp_version", NONE_TO_I32},
      {"wisp_start", NONE_TO_I32},
      {"__indirect_function_table", TABLE}},
     "wisp",
     "repeat",
     I32_TO_I32,
     WISP_MISMATCH,
     "repeat"},
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_I32}},
     "wisp",
     "launch",
     I32_TO_I32,
     WISP_NOT_FOUND,
     "launch"},
    {{{"memory", MEMORY}, {"wisp_version", NONE_TO_I32}, {"wisp_start", NONE_TO_I32}},
     "wasi_snapshot_preview1",
     "fd_write",
     I32_TO_I32,
     WISP_NOT_FOUND,
     "fd_write"},
};

static size_t export_count(const struct export *exports)
{
    size_t count = 0;
    while (count < EXPORTS_MAX && exports[count].name)
        count++;
    return count;
}

static void what_is_wrong_with_a_module_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_module *module =
            make(cases[i].exports, export_count(cases[i].exports), cases[i].import_module,
                 cases[i].import_name, cases[i].import_type);
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
        wisp_module *module =
            make(cases[i].exports, export_count(cases[i].exports), cases[i].import_module,
                 cases[i].import_name, cases[i].import_type);
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

static void the_modules_of_the_tests_are_accepted(void **state)
{
    (void)state;
    static const char *const names[] = {"v1", "start_loops", "no_save", "no_message",
                                        "no_buffer"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(wisp_host_accepts(NULL, rig_module(names[i]), NULL), WISP_OK);
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
    assert_int_equal(wisp_host_accepts(&config, module, NULL), WISP_IO);
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
        cmocka_unit_test(the_modules_of_the_tests_are_accepted),
        cmocka_unit_test(what_on_link_adds_can_be_imported),
        cmocka_unit_test(checking_a_module_leaves_no_memory_behind),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
