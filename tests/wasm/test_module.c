#include "../words.h"
#include "fixture.h"
#include "modules.h"

static void a_module_lists_its_imports(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    const wisp_module *m = fixture_module(&f, BYTES(everything_wasm));
    wisp_import import;
    assert_int_equal(wisp_module_import_count(m), 3);
    assert_true(wisp_module_import(m, 0, &import));
    assert_string_equal(import.module, "env");
    assert_string_equal(import.name, "log");
    assert_int_equal(import.type.kind, WISP_EXTERN_FUNC);
    assert_int_equal(import.type.func.param_count, 2);
    assert_int_equal(import.type.func.params[1], WISP_I64);
    assert_int_equal(import.type.func.result_count, 1);
    assert_int_equal(import.type.func.results[0], WISP_F32);
    assert_true(wisp_module_import(m, 1, &import));
    assert_int_equal(import.type.kind, WISP_EXTERN_GLOBAL);
    assert_int_equal(import.type.valtype, WISP_I32);
    assert_false(import.type.is_mutable);
    assert_true(wisp_module_import(m, 2, &import));
    assert_int_equal(import.type.kind, WISP_EXTERN_TABLE);
    assert_int_equal(import.type.valtype, WISP_EXTERNREF);
    assert_int_equal(import.type.limits.min, 1);
    assert_int_equal(import.type.limits.max, 10);
    assert_false(wisp_module_import(m, 3, &import));
    fixture_deinit(&f);
}

static void a_module_lists_its_types(void **state)
{
    (void)state;
    static const uint32_t expected[][2] = {{1, 1}, {2, 1}, {0, 0}};
    fixture f;
    fixture_init(&f, NULL);
    const wisp_module *m = fixture_module(&f, BYTES(everything_wasm));
    wisp_functype type;
    assert_int_equal(wisp_module_type_count(m), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(wisp_module_type(m, i, &type));
        assert_int_equal(type.param_count, expected[i][0]);
        assert_int_equal(type.result_count, expected[i][1]);
    }
    assert_false(wisp_module_type(m, 3, &type));
    assert_true(wisp_module_type(m, 1, &type));
    assert_int_equal(type.params[1], WISP_I64);
    assert_int_equal(type.results[0], WISP_F32);
    fixture_deinit(&f);
}

static void a_module_lists_its_exports(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        wisp_extern_kind kind;
    } expected[] = {
        {"twice", WISP_EXTERN_FUNC},     {"memory", WISP_EXTERN_MEMORY},
        {"dispatch", WISP_EXTERN_TABLE}, {"count", WISP_EXTERN_GLOBAL},
        {"seven", WISP_EXTERN_GLOBAL},   {"copy", WISP_EXTERN_FUNC},
    };
    fixture f;
    fixture_init(&f, NULL);
    const wisp_module *m = fixture_module(&f, BYTES(everything_wasm));
    wisp_export export;
    assert_int_equal(wisp_module_export_count(m), 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(wisp_module_export(m, i, &export));
        assert_string_equal(export.name, expected[i].name);
        assert_int_equal(export.type.kind, expected[i].kind);
    }
    assert_false(wisp_module_export(m, 6, &export));
    assert_true(wisp_module_export(m, 1, &export));
    assert_int_equal(export.type.limits.min, 1);
    assert_int_equal(export.type.limits.max, 4);
    assert_true(wisp_module_export(m, 2, &export));
    assert_int_equal(export.type.limits.min, 3);
    assert_true(export.type.limits.max == UINT64_MAX);
    fixture_deinit(&f);
}

static void a_module_lists_its_sections(void **state)
{
    (void)state;
    static const wisp_section expected[] = {
        {1, "type", 0x0a, 0x0f, 3},     {2, "import", 0x1b, 0x26, 3},
        {3, "function", 0x43, 0x04, 3}, {4, "table", 0x49, 0x04, 1},
        {5, "memory", 0x4f, 0x04, 1},   {6, "global", 0x55, 0x14, 2},
        {7, "export", 0x6b, 0x34, 6},   {8, "start", 0xa1, 0x01, 0},
        {9, "element", 0xa4, 0x0d, 2},  {12, "data count", 0xb3, 0x01, 2},
        {10, "code", 0xb6, 0x20, 3},    {11, "data", 0xd8, 0x12, 2},
        {0, "name", 0xec, 0x7b, 0},
    };
    fixture f;
    fixture_init(&f, NULL);
    const wisp_module *m = fixture_module(&f, BYTES(everything_wasm));
    wisp_section section;
    assert_int_equal(wisp_module_section_count(m), 13);
    for (uint32_t i = 0; i < 13; i++) {
        assert_true(wisp_module_section(m, i, &section));
        assert_int_equal(section.id, expected[i].id);
        assert_string_equal(section.name, expected[i].name);
        assert_int_equal(section.offset, expected[i].offset);
        assert_int_equal(section.size, expected[i].size);
        assert_int_equal(section.count, expected[i].count);
    }
    assert_false(wisp_module_section(m, 13, &section));
    fixture_deinit(&f);
}

static void a_borrowed_module_works_like_a_copied_one(void **state)
{
    (void)state;
    wisp_module *module;
    wisp_export export;
    assert_int_equal(wisp_module_new_borrowed(NULL, BYTES(everything_wasm), &module, NULL),
                     WISP_OK);
    assert_true(wisp_module_export(module, 0, &export));
    assert_string_equal(export.name, "twice");
    wisp_module_free(module);
    wisp_module_free(NULL);
}

static void a_copied_module_does_not_need_its_bytes(void **state)
{
    (void)state;
    uint8_t bytes[sizeof everything_wasm];
    memcpy(bytes, everything_wasm, sizeof bytes);
    wisp_module *module;
    assert_int_equal(wisp_module_new(NULL, BYTES(bytes), &module, NULL), WISP_OK);
    memset(bytes, 0xff, sizeof bytes);
    wisp_import import;
    assert_true(wisp_module_import(module, 0, &import));
    assert_int_equal(import.type.func.params[0], WISP_I32);
    wisp_module_free(module);
}

/* Up to the end of which sections the module is whole: nothing, types, imports, and all
 * but the names. From the functions to the data each section needs the others. */
static bool is_whole(size_t size)
{
    return size == 0x08 || size == 0x19 || size == 0x41 || size == 0xea;
}

static void a_module_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof everything_wasm; size++) {
        wisp_module *module = NULL;
        wisp_error err;
        wisp_status status =
            wisp_module_new(NULL, (wisp_bytes){everything_wasm, size}, &module, &err);
        if (is_whole(size)) {
            assert_int_equal(status, WISP_OK);
            wisp_module_free(module);
            continue;
        }
        assert_int_equal(status, WISP_MALFORMED);
        assert_true(err.offset <= size);
    }
}

/* ------------------------------------------------------------------ faults */

#define PREAMBLE "\0asm\1\0\0\0"
/* A type section with () -> () and (i32) -> (i32). */
#define TYPES "\x01\x09\x02\x60\x00\x00\x60\x01\x7f\x01\x7f"
/* A function of the first or second type. */
#define FUNC_0 "\x03\x02\x01\x00"
#define FUNC_1 "\x03\x02\x01\x01"
#define MEMORY "\x05\x03\x01\x00\x01"

typedef struct fault {
    const char *bytes;
    size_t size;
    wisp_status status;
    uint64_t offset;
    const char *text; /* part of the error's */
} fault;

#define FAULT(bytes, status, offset, text)                                                       \
    {                                                                                            \
        bytes, sizeof(bytes) - 1, WISP_##status, offset, text                                    \
    }

static const fault faults[] = {
    FAULT("", MALFORMED, 0, "magic header"),
    FAULT("\0asn\1\0\0\0", MALFORMED, 0, "magic header"),
    FAULT("\0asm\2\0\0\0", MALFORMED, 4, "unknown binary version 2, expected version 1"),
    FAULT("\0asm\x0d\0\1\0", UNSUPPORTED, 4, "component"),
    FAULT(PREAMBLE "\x0e\x00", MALFORMED, 8, "section 14 at byte 8, expected 0 to 13"),
    FAULT(PREAMBLE "\x01\x05\x00", MALFORMED, 10, "type section"),
    FAULT(PREAMBLE "\x01\x02\x00\x00", MALFORMED, 11, "section size mismatch"),
    FAULT(PREAMBLE "\x01\x01\x00\x01\x01\x00", MALFORMED, 11, "out of order or there twice"),
    FAULT(PREAMBLE "\x02\x01\x00\x01\x01\x00", MALFORMED, 11, "out of order"),
    FAULT(PREAMBLE "\x01\x05\xff\xff\xff\xff\x0f", MALFORMED, 15, "length out of bounds"),
    FAULT(PREAMBLE "\x01\x04\x01\x60\x01\x00", MALFORMED, 13, "0x00 is not a value type"),
    FAULT(PREAMBLE "\x01\x04\x01\x60\x01\x63", MALFORMED, 14, "heap type"),
    FAULT(PREAMBLE "\x01\x05\x01\x60\x01\x63\x01", MISMATCH, 14, "unknown type 1"),
    FAULT(PREAMBLE "\x01\x05\x01\x60\x01\x64\x6e", UNSUPPORTED, 14, "garbage collection"),
    FAULT(PREAMBLE "\x01\x04\x01\x60\x01\x6d", UNSUPPORTED, 13, "garbage collection"),
    FAULT(PREAMBLE "\x01\x03\x01\x5f\x00", UNSUPPORTED, 11, "garbage collection"),
    FAULT(PREAMBLE "\x01\x03\x01\x50\x00", UNSUPPORTED, 11, "garbage collection"),
    FAULT(PREAMBLE "\x01\x04\x01\x5e\x78\x01", UNSUPPORTED, 11, "garbage collection"),
    FAULT(PREAMBLE "\x01\x04\x01\x5e\x78\x02", MALFORMED, 14, "malformed mutability"),
    FAULT(PREAMBLE "\x01\x02\x01\x5d", MALFORMED, 12, "a function type"),
    FAULT(PREAMBLE "\x00\x02\x01\xff", MALFORMED, 12, "malformed UTF-8"),
    FAULT(PREAMBLE "\x02\x05\x01\x00\x00\x09\x00", MALFORMED, 14, "import kind"),
    FAULT(PREAMBLE "\x02\x05\x01\x00\x00\x04\x01", MALFORMED, 15, "malformed tag attribute"),
    FAULT(PREAMBLE "\x02\x06\x01\x00\x00\x04\x00\x00", MISMATCH, 16, "unknown type"),
    FAULT(PREAMBLE "\x02\x05\x01\x00\x00\x00\x00", MISMATCH, 15, "unknown type"),
    FAULT(PREAMBLE "\x03\x02\x01\x00", MISMATCH, 12, "unknown type"),
    FAULT(PREAMBLE TYPES FUNC_0, MALFORMED, 23, "inconsistent lengths"),
    FAULT(PREAMBLE "\x04\x04\x01\x7f\x00\x00", MALFORMED, 12, "reference type"),
    FAULT(PREAMBLE "\x05\x04\x01\x01\x02\x01", MISMATCH, 14,
          "minimum must not be greater than maximum"),
    FAULT(PREAMBLE "\x05\x05\x01\x00\x81\x80\x04", MISMATCH, 15, "65536 pages"),
    FAULT(PREAMBLE "\x05\x03\x01\x10\x01", MALFORMED, 12, "malformed limits flags"),
    FAULT(PREAMBLE "\x04\x04\x01\x70\x08\x01", MALFORMED, 13, "malformed limits flags"),
    FAULT(PREAMBLE "\x05\x04\x01\x08\x01\x01", MISMATCH, 14, "invalid custom page size"),
    FAULT(PREAMBLE "\x05\x05\x01\x01\x01\x81\x80\x04", MALFORMED, 13, "a maximum"),
    FAULT(PREAMBLE "\x06\x06\x01\x7f\x02\x41\x00\x0b", MALFORMED, 13, "malformed mutability"),
    FAULT(PREAMBLE "\x06\x06\x01\x7f\x00\x42\x00\x0b", MISMATCH, 15, "another type"),
    FAULT(PREAMBLE "\x06\x05\x01\x7f\x00\x01\x0b", MISMATCH, 13, "constant expression required"),
    FAULT(PREAMBLE "\x06\x06\x01\x7f\x00\x23\x00\x0b", MISMATCH, 13, "unknown global"),
    FAULT(PREAMBLE "\x07\x04\x01\x00\x00\x00", MISMATCH, 14, "unknown func 0"),
    FAULT(PREAMBLE MEMORY "\x07\x09\x02\x01\x61\x02\x00\x01\x61\x02\x00", MISMATCH,
          WISP_NO_OFFSET, "duplicate export name 'a'"),
    FAULT(PREAMBLE "\x08\x01\x00", MISMATCH, 11, "unknown function"),
    FAULT(PREAMBLE TYPES FUNC_1 "\x08\x01\x00", MISMATCH, 26, "start function"),
    FAULT(PREAMBLE "\x09\x02\x01\x08", MALFORMED, 12, "malformed elements segment kind"),
    FAULT(PREAMBLE "\x09\x06\x01\x00\x41\x00\x0b\x00", MISMATCH, 12, "unknown table"),
    FAULT(PREAMBLE "\x0b\x06\x01\x00\x41\x00\x0b\x00", MISMATCH, 12, "unknown memory"),
    FAULT(PREAMBLE "\x0c\x01\x01", MALFORMED, 11, "inconsistent lengths"),
    FAULT(PREAMBLE "\x01\x05\x01\x60\x00\x01\x7f\x0d\x03\x01\x00\x00", MISMATCH, 20,
          "non-empty tag result type"),
    FAULT(PREAMBLE "\x06\x01\x00\x0d\x01\x00", MALFORMED, 11,
          "tag section at byte 11 is out of order"),
    /* bodies of () -> () begin at byte 27, their instructions at 28 */
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x03\x01\x02\x00", MALFORMED, 27, "a function body"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x04\x01\x02\x00\x01", MALFORMED, 29, "END opcode expected"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x05\x01\x03\x00\x0b\x0b", MALFORMED, 28, "1 bytes behind"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x05\x01\x03\x00\xff\x0b", MALFORMED, 28,
          "illegal opcode 0xff"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\xfb\x00\x0b", UNSUPPORTED, 28,
          "garbage collection"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\x12\x07\x0b", MISMATCH, 28, "function 7"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\xfc\x12\x0b", MALFORMED, 28,
          "illegal opcode 0xfc 18"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x05\x01\x03\x00\x6a\x0b", MISMATCH, 28,
          "function 0 at byte 28: "),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x09\x01\x07\x00\x41\x00\x42\x00\x6a\x0b", MISMATCH, 32,
          "i32.add expects i32, found i64"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\x41\x00\x0b", MISMATCH, 30,
          "values remaining on stack at end of block: 1, expected 0"),
    FAULT(PREAMBLE TYPES FUNC_1 "\x0a\x04\x01\x02\x00\x0b", MISMATCH, 28,
          "end expects i32, found an empty stack"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\x20\x00\x0b", MISMATCH, 28,
          "unknown local 0, expected less than 0"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\x0c\x01\x0b", MISMATCH, 28,
          "unknown label 1"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\x10\x01\x0b", MISMATCH, 28,
          "call: unknown function 1"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x05\x01\x03\x00\x05\x0b", MALFORMED, 28, "else outside"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x09\x01\x07\x00\x41\x00\x04\x7f\x0b\x0b", MISMATCH, 32,
          "end expects i32"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x09\x01\x07\x00\x41\x00\x28\x02\x00\x0b", MISMATCH, 30,
          "i32.load: unknown memory 0"),
    FAULT(PREAMBLE TYPES FUNC_0 MEMORY "\x0a\x09\x01\x07\x00\x41\x00\x28\x03\x00\x0b", MISMATCH,
          35, "alignment 2^3 must not be larger than natural, 2^2"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x06\x01\x04\x00\xd2\x00\x0b", MISMATCH, 28,
          "undeclared function reference"),
    FAULT(PREAMBLE TYPES FUNC_0 "\x0a\x0a\x01\x08\x01\xff\xff\xff\xff\x0f\x7f\x0b", LIMIT, 27,
          "4294967295 locals, at most 50000"),
};

static void a_faulty_module_is_refused_with_place_and_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        wisp_module *module = NULL;
        wisp_error err = {.status = WISP_OK};
        wisp_bytes bytes = {(const uint8_t *)faults[i].bytes, faults[i].size};
        wisp_status status = wisp_module_new(NULL, bytes, &module, &err);
        if (status == WISP_UNSUPPORTED && wisp_features_built_in() != WISP_FEATURES_ALL)
            continue; /* not even the feature that it is at fault in is built in */
        if (status != faults[i].status || err.offset != faults[i].offset ||
            !words_say_of_instruction(err.text, faults[i].text))
            fail_msg("fault %zu (%s): found %s at %lld: %s", i, faults[i].text,
                     wisp_status_name(status), (long long)err.offset, err.text);
        assert_int_equal(err.status, status);
        assert_null(module);
    }
}

static void a_broken_name_section_is_no_fault(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "\0asm\1\0\0\0\x00\x08\x04name\x01\xff\x07";
    wisp_module *module;
    assert_int_equal(wisp_module_new(NULL, (wisp_bytes){bytes, sizeof bytes - 1}, &module, NULL),
                     WISP_OK);
    wisp_module_free(module);
}

static void imports_of_one_module_may_be_grouped(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "\0asm\1\0\0\0"
                                   "\x02\x1c\x04"
                                   "\x01m\x00\x7f\x02\x01g\x03\x7f\x00\x01n\x02\x00\x01"
                                   "\x01k\x00\x7e\x03\x7e\x01\x02\x01x\x01y";
    wisp_module *module;
    wisp_import import;
    wisp_error err;
    assert_int_equal(wisp_module_new(NULL, (wisp_bytes){bytes, sizeof bytes - 1}, &module, &err),
                     WISP_OK);
    assert_int_equal(wisp_module_import_count(module), 4);
    assert_true(wisp_module_import(module, 1, &import));
    assert_string_equal(import.module, "m");
    assert_string_equal(import.name, "n");
    assert_int_equal(import.type.kind, WISP_EXTERN_MEMORY);
    assert_true(wisp_module_import(module, 3, &import));
    assert_string_equal(import.module, "k");
    assert_string_equal(import.name, "y");
    assert_int_equal(import.type.valtype, WISP_I64);
    assert_true(import.type.is_mutable);
    wisp_module_free(module);
}

static void types_and_kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(wisp_valtype_name(WISP_I32), "i32");
    assert_string_equal(wisp_valtype_name(WISP_I64), "i64");
    assert_string_equal(wisp_valtype_name(WISP_F32), "f32");
    assert_string_equal(wisp_valtype_name(WISP_F64), "f64");
    assert_string_equal(wisp_valtype_name(WISP_FUNCREF), "funcref");
    assert_string_equal(wisp_valtype_name(WISP_EXTERNREF), "externref");
    assert_string_equal(wisp_valtype_name(WISP_V128), "v128");
    assert_string_equal(wisp_valtype_name(WISP_FUNCREF | WISP_NON_NULL), "(ref func)");
    assert_string_equal(wisp_valtype_name(0), "?");
    char text[WISP_VALTYPE_TEXT_MAX];
    wisp_valtype typed = wisp_typed_funcref(WISP_VALTYPE_INDEX_MAX);
    assert_string_equal(wisp_valtype_print(typed, text), "(ref null 8388607)");
    assert_string_equal(wisp_valtype_print(typed | WISP_NON_NULL, text), "(ref 8388607)");
    assert_string_equal(wisp_valtype_print(WISP_EXNREF, text), "exnref");
    assert_string_equal(wisp_extern_kind_name(WISP_EXTERN_FUNC), "func");
    assert_string_equal(wisp_extern_kind_name(WISP_EXTERN_TABLE), "table");
    assert_string_equal(wisp_extern_kind_name(WISP_EXTERN_MEMORY), "memory");
    assert_string_equal(wisp_extern_kind_name(WISP_EXTERN_GLOBAL), "global");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_lists_its_imports),
        cmocka_unit_test(a_module_lists_its_types),
        cmocka_unit_test(a_module_lists_its_exports),
        cmocka_unit_test(a_module_lists_its_sections),
        cmocka_unit_test(a_borrowed_module_works_like_a_copied_one),
        cmocka_unit_test(a_copied_module_does_not_need_its_bytes),
        cmocka_unit_test(a_module_cut_anywhere_is_refused),
        cmocka_unit_test(a_faulty_module_is_refused_with_place_and_words),
        cmocka_unit_test(a_broken_name_section_is_no_fault),
        cmocka_unit_test(imports_of_one_module_may_be_grouped),
        cmocka_unit_test(types_and_kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
