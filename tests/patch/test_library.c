/* Functions of a shared library that comes and goes; they are the subjects again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <string.h>

#include "subjects.h"

/* "WispPatch" and 2, as the build has it written into the library: of a size that is no multiple
 * of four, of which linkers do not pad the last. */
static const uint8_t library_id[] = {0x57, 0x69, 0x73, 0x70, 0x50, 0x61, 0x74, 0x63, 0x68, 0x02};

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

typedef struct library {
    void *handle;
    wisp_patch_image image;
    uint64_t (*call)(uint64_t number);
    wisp_patch_function function;
} library;

static library load(void)
{
    static uint8_t entry[SUBJECT_SIZE];
    library lib = {.handle = dlopen(WISP_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL)};
    if (!lib.handle)
        fail_msg("%s", dlerror());
    void *function = dlsym(lib.handle, "subject_clang");
    assert_non_null(function);
    memcpy(&lib.call, &function, sizeof function);
    memcpy(entry, function, sizeof entry);
    assert_int_equal(
        wisp_patch_image_find((wisp_bytes){library_id, sizeof library_id}, &lib.image, NULL),
        WISP_OK);
    lib.function = (wisp_patch_function){.symbol = "subject_clang",
                                         .address = (uintptr_t)function - lib.image.base,
                                         .entry = {entry, sizeof entry}};
    return lib;
}

static wisp_patch_slot *open_slot(const wisp_patch_text *text, const library *lib)
{
    wisp_patch_slot *slot = NULL;
    const void *entry = (const void *)(uintptr_t)subject_entry;
    assert_int_equal(wisp_patch_slot_open(text, &lib->image, &lib->function, entry, &slot, NULL),
                     WISP_OK);
    subject_lead(slot, plus_a_hundred);
    return slot;
}

static void check_library(wisp_patch_write write)
{
    wisp_patch_text text = subject_text(write);
    for (int i = 0; i < 3; i++) {
        library lib = load();
        wisp_patch_slot *slot = open_slot(&text, &lib);
        assert_int_equal(lib.call(1), 2);
        assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
        assert_int_equal(lib.call(1), 101);
        assert_int_equal(subject_original(slot, 1), 2);
        dlclose(lib.handle); /* as it is */
        assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_NOT_FOUND);
        assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
    }
}

static void a_library_is_patched_by_proc_mem_and_comes_back_unpatched(void **state)
{
    (void)state;
    check_library(WISP_PATCH_WRITE_PROC_MEM);
}

static void a_library_is_patched_by_store_and_comes_back_unpatched(void **state)
{
    (void)state;
    check_library(WISP_PATCH_WRITE_STORE);
}

static void a_library_is_patched_by_page_swap_and_comes_back_unpatched(void **state)
{
    (void)state;
    check_library(WISP_PATCH_WRITE_PAGE_SWAP);
}

static void a_library_that_has_gone_is_not_found(void **state)
{
    (void)state;
    wisp_patch_image image;
    library lib = load();
    dlclose(lib.handle);
    assert_int_equal(
        wisp_patch_image_find((wisp_bytes){library_id, sizeof library_id}, &image, NULL),
        WISP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_patched_by_proc_mem_and_comes_back_unpatched),
        cmocka_unit_test(a_library_is_patched_by_store_and_comes_back_unpatched),
        cmocka_unit_test(a_library_is_patched_by_page_swap_and_comes_back_unpatched),
        cmocka_unit_test(a_library_that_has_gone_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
