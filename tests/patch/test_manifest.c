#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "patch/manifest.h"
#include "ration.h"

/* Patches' manifests: what is written comes back, and nothing else is taken for one. */

enum { CHUNK = 1024 };

static const uint8_t build_id[] = {0xc0, 0xff, 0xee};
static const uint8_t entry[] = {0xf3, 0x0f, 0x1e, 0xfa, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x55};

static wisp_patch_function functions[] = {
    {.export = "total",
     .symbol = "order_total",
     .file = "order.c",
     .signature = "(p24d)d",
     .line = 17,
     .address = 0x1e370,
     .sled = 4,
     .entry = {entry, sizeof entry}},
    {.export = "audit",
     .symbol = "audit",
     .file = "",
     .signature = "(z)",
     .place = WISP_PATCH_SLOT,
     .address = UINT64_MAX},
};
static wisp_patch_native natives[] = {
    {.module = "original", .name = "order_total", .signature = "(p24d)d"},
    {.module = "program", .name = "refund", .signature = "(i)", .address = 0x2000},
    {.module = "system", .name = "strlen", .signature = "(z)L"},
};
static wisp_patch_global globals[] = {{"g_discount", 0x4010, 4}};
static const char *files[] = {"fix.c", "program.h"};
static wisp_patch_line lines[] = {{100, 0, 1}, {108, 1, 70000}, {108, 0, 2}, {4000000000, 0, 3}};

static wisp_patch_manifest whole(void)
{
    return (wisp_patch_manifest){
        .title = "no negative totals \xe2\x80\xa6",
        .machine = 62,
        .build_id = {build_id, sizeof build_id},
        .grant = WISP_PATCH_GRANT_ARGUMENTS,
        .functions = functions,
        .natives = natives,
        .globals = globals,
        .files = files,
        .lines = lines,
        .function_count = 2,
        .native_count = 3,
        .global_count = 1,
        .file_count = 2,
        .line_count = 4,
    };
}

static wisp_bytes written(const wisp_patch_manifest *manifest)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(wisp_patch_manifest_write(manifest, NULL, &bytes, &size, NULL), WISP_OK);
    return (wisp_bytes){bytes, size};
}

static void discard(wisp_bytes bytes)
{
    wisp_free(&wisp_allocator_default, (void *)(uintptr_t)bytes.data, bytes.size);
}

static wisp_status read_back(wisp_bytes bytes, wisp_error *err)
{
    wisp_arena arena;
    wisp_patch_manifest manifest;
    wisp_arena_init(&arena, &wisp_allocator_default, CHUNK);
    wisp_status status = wisp_patch_manifest_read(&arena, bytes, &manifest, err);
    wisp_arena_deinit(&arena);
    return status;
}

static wisp_status write_of(const wisp_patch_manifest *manifest)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    wisp_status status = wisp_patch_manifest_write(manifest, NULL, &bytes, &size, NULL);
    wisp_free(&wisp_allocator_default, bytes, size);
    return status;
}

static void check_functions(const wisp_patch_manifest *m)
{
    assert_int_equal(m->function_count, 2);
    for (uint32_t i = 0; i < m->function_count; i++) {
        const wisp_patch_function *found = &m->functions[i], *wanted = &functions[i];
        assert_string_equal(found->export, wanted->export);
        assert_string_equal(found->symbol, wanted->symbol);
        assert_string_equal(found->file, wanted->file);
        assert_string_equal(found->signature, wanted->signature);
        assert_int_equal(found->line, wanted->line);
        assert_int_equal(found->place, wanted->place);
        assert_true(found->address == wanted->address);
        assert_int_equal(found->sled, wanted->sled);
        assert_int_equal(found->entry.size, wanted->entry.size);
        if (wanted->entry.size)
            assert_memory_equal(found->entry.data, wanted->entry.data, wanted->entry.size);
    }
}

static void check_natives(const wisp_patch_manifest *m)
{
    assert_int_equal(m->native_count, 3);
    for (uint32_t i = 0; i < m->native_count; i++) {
        assert_string_equal(m->natives[i].module, natives[i].module);
        assert_string_equal(m->natives[i].name, natives[i].name);
        assert_string_equal(m->natives[i].signature, natives[i].signature);
        assert_true(m->natives[i].address == natives[i].address);
    }
    assert_int_equal(m->global_count, 1);
    assert_string_equal(m->globals[0].name, "g_discount");
    assert_true(m->globals[0].address == 0x4010 && m->globals[0].size == 4);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    wisp_patch_manifest manifest = whole(), m;
    wisp_bytes bytes = written(&manifest);
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, CHUNK);
    assert_int_equal(wisp_patch_manifest_read(&arena, bytes, &m, NULL), WISP_OK);
    discard(bytes); /* of which nothing is needed any more */
    assert_string_equal(m.title, manifest.title);
    assert_int_equal(m.machine, 62);
    assert_int_equal(m.grant, WISP_PATCH_GRANT_ARGUMENTS);
    assert_int_equal(m.build_id.size, sizeof build_id);
    assert_memory_equal(m.build_id.data, build_id, sizeof build_id);
    check_functions(&m);
    check_natives(&m);
    assert_int_equal(m.file_count, 2);
    assert_string_equal(m.files[1], "program.h");
    assert_int_equal(m.line_count, 4);
    assert_memory_equal(m.lines, lines, sizeof lines);
    wisp_arena_deinit(&arena);
}

static void a_manifest_that_ends_early_is_malformed(void **state)
{
    (void)state;
    wisp_patch_manifest manifest = whole();
    wisp_bytes bytes = written(&manifest);
    for (size_t size = 0; size < bytes.size; size++) {
        wisp_error err = {0};
        assert_int_equal(read_back((wisp_bytes){bytes.data, size}, &err), WISP_MALFORMED);
        assert_true(err.offset <= size);
    }
    discard(bytes);
}

static void bytes_behind_the_end_are_malformed(void **state)
{
    (void)state;
    wisp_patch_manifest manifest = whole();
    wisp_bytes bytes = written(&manifest);
    uint8_t more[1024] = {0};
    assert_true(bytes.size < sizeof more);
    memcpy(more, bytes.data, bytes.size);
    assert_int_equal(read_back((wisp_bytes){more, bytes.size + 1}, NULL), WISP_MALFORMED);
    discard(bytes);
}

static void another_format_is_told_from_damage(void **state)
{
    (void)state;
    static const uint8_t later[] = {WISP_PATCH_FORMAT + 1, 0};
    wisp_error err = {0};
    assert_int_equal(read_back((wisp_bytes){later, sizeof later}, &err), WISP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "format 2, expected 1"));
}

static const char *of_length(size_t len)
{
    static char text[WISP_PATCH_SIGNATURE_MAX + 2];
    memset(text, 'a', len);
    text[len] = '\0';
    return text;
}

/* Each spoils a copy of a good manifest. */
static void too_long_a_title(wisp_patch_manifest *m)
{
    m->title = of_length(WISP_PATCH_NAME_MAX + 1);
}

static void a_title_that_is_no_text(wisp_patch_manifest *m)
{
    m->title = "\xff";
}

static void a_machine_that_elf_has_no_number_for(wisp_patch_manifest *m)
{
    m->machine = 65536;
}

static void no_build_id(wisp_patch_manifest *m)
{
    m->build_id.size = 0;
}

static void too_long_a_build_id(wisp_patch_manifest *m)
{
    static const uint8_t id[WISP_PATCH_BUILD_ID_MAX + 1];
    m->build_id = (wisp_bytes){id, sizeof id};
}

static void an_unknown_grant(wisp_patch_manifest *m)
{
    m->grant = WISP_PATCH_GRANT_PROCESS + 1;
}

static void no_functions(wisp_patch_manifest *m)
{
    m->function_count = 0;
}

static void a_function_without_a_name(wisp_patch_manifest *m)
{
    m->functions[0].symbol = "";
}

static void a_function_without_a_signature(wisp_patch_manifest *m)
{
    m->functions[0].signature = "";
}

static void too_long_a_signature(wisp_patch_manifest *m)
{
    m->functions[0].signature = of_length(WISP_PATCH_SIGNATURE_MAX + 1);
}

static void an_unknown_place(wisp_patch_manifest *m)
{
    m->functions[0].place = WISP_PATCH_SLOT + 1;
}

static void a_sled_behind_the_bytes(wisp_patch_manifest *m)
{
    m->functions[0].sled = sizeof entry;
}

static void an_entry_of_no_bytes(wisp_patch_manifest *m)
{
    m->functions[0].entry.size = 0;
}

static void too_long_an_entry(wisp_patch_manifest *m)
{
    static const uint8_t bytes[WISP_PATCH_ENTRY_MAX + 1];
    m->functions[0].entry = (wisp_bytes){bytes, sizeof bytes};
}

static void an_import_of_an_unknown_module(wisp_patch_manifest *m)
{
    m->natives[0].module = "kernel";
}

static void a_variable_that_goes_round_the_end(wisp_patch_manifest *m)
{
    m->globals[0].address = UINT64_MAX - 2;
}

static void a_line_of_no_file(wisp_patch_manifest *m)
{
    m->lines[1].file = 2;
}

static void lines_that_go_back(wisp_patch_manifest *m)
{
    m->lines[1].offset = 99;
}

/* A manifest with parts of its own, so that it can be spoiled. */
typedef struct spoilable {
    wisp_patch_manifest manifest;
    wisp_patch_function functions[2];
    wisp_patch_native natives[3];
    wisp_patch_global globals[1];
    wisp_patch_line lines[4];
} spoilable;

static void make_spoilable(spoilable *s)
{
    s->manifest = whole();
    s->manifest.functions = memcpy(s->functions, functions, sizeof functions);
    s->manifest.natives = memcpy(s->natives, natives, sizeof natives);
    s->manifest.globals = memcpy(s->globals, globals, sizeof globals);
    s->manifest.lines = memcpy(s->lines, lines, sizeof lines);
}

static void what_would_be_refused_is_not_written(void **state)
{
    (void)state;
    static void (*const spoils[])(wisp_patch_manifest *) = {
        too_long_a_title,
        a_title_that_is_no_text,
        a_machine_that_elf_has_no_number_for,
        no_build_id,
        too_long_a_build_id,
        an_unknown_grant,
        no_functions,
        a_function_without_a_name,
        a_function_without_a_signature,
        too_long_a_signature,
        an_unknown_place,
        a_sled_behind_the_bytes,
        an_entry_of_no_bytes,
        too_long_an_entry,
        an_import_of_an_unknown_module,
        a_variable_that_goes_round_the_end,
        a_line_of_no_file,
        lines_that_go_back,
    };
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        spoilable s;
        make_spoilable(&s);
        assert_int_equal(write_of(&s.manifest), WISP_OK);
        spoils[i](&s.manifest);
        assert_int_equal(write_of(&s.manifest), WISP_MALFORMED);
    }
}

static void as_many_functions_as_the_limit_are_read_and_no_more(void **state)
{
    (void)state;
    static wisp_patch_function many[WISP_PATCH_FUNCTIONS_MAX + 1];
    wisp_patch_manifest manifest = whole();
    for (size_t i = 0; i < WISP_PATCH_FUNCTIONS_MAX + 1; i++)
        many[i] = functions[0];
    manifest.functions = many;
    manifest.function_count = WISP_PATCH_FUNCTIONS_MAX;
    assert_int_equal(write_of(&manifest), WISP_OK);
    manifest.function_count++;
    assert_int_equal(write_of(&manifest), WISP_LIMIT);
}

static void a_count_that_cannot_be_takes_no_memory(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 0, 62, 1, 0xaa, 0, 0x80, 8, 1}; /* 1024 functions */
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_arena arena;
    wisp_patch_manifest manifest;
    wisp_arena_init(&arena, &allocator, CHUNK);
    wisp_bytes content = {bytes, sizeof bytes};
    assert_int_equal(wisp_patch_manifest_read(&arena, content, &manifest, NULL), WISP_MALFORMED);
    assert_true(r.live_bytes < 2 * CHUNK);
    wisp_arena_deinit(&arena);
}

static void refused_memory_is_an_error_and_no_leak(void **state)
{
    (void)state;
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_patch_manifest manifest = whole(), m;
    wisp_status status = WISP_NO_MEMORY;
    for (uint64_t n = 1; status; n++) {
        uint8_t *bytes;
        size_t size;
        ration_refuse(&r, n);
        status = wisp_patch_manifest_write(&manifest, &allocator, &bytes, &size, NULL);
        assert_int_equal(status, ration_struck(&r) ? WISP_NO_MEMORY : WISP_OK);
        if (status == WISP_OK)
            wisp_free(&allocator, bytes, size);
        assert_int_equal(r.live, 0);
    }
    wisp_bytes bytes = written(&manifest);
    for (uint64_t n = 1; n == 1 || status; n++) {
        wisp_arena arena;
        wisp_arena_init(&arena, &allocator, 1);
        ration_refuse(&r, n);
        status = wisp_patch_manifest_read(&arena, bytes, &m, NULL);
        assert_int_equal(status, ration_struck(&r) ? WISP_NO_MEMORY : WISP_OK);
        wisp_arena_deinit(&arena);
        assert_int_equal(r.live, 0);
    }
    discard(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_manifest_that_ends_early_is_malformed),
        cmocka_unit_test(bytes_behind_the_end_are_malformed),
        cmocka_unit_test(another_format_is_told_from_damage),
        cmocka_unit_test(what_would_be_refused_is_not_written),
        cmocka_unit_test(as_many_functions_as_the_limit_are_read_and_no_more),
        cmocka_unit_test(a_count_that_cannot_be_takes_no_memory),
        cmocka_unit_test(refused_memory_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
