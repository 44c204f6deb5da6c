#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "patch/image.h"

/* As the build has it written into this program. */
static const uint8_t own_id[] = {0x57, 0x69, 0x73, 0x70, 0x50, 0x61,
                                 0x74, 0x63, 0x68, 0x00, 0x00, 0x01};

static wisp_patch_image own_image(void)
{
    wisp_patch_image image;
    wisp_error err;
    assert_int_equal(wisp_patch_image_find((wisp_bytes){own_id, sizeof own_id}, &image, &err),
                     WISP_OK);
    return image;
}

static int variable = 1;

static int function(int a)
{
    return a + variable;
}

static wisp_status add_one(void *user, wisp_error *err)
{
    (void)err;
    *(int *)user = function(*(int *)user);
    return WISP_OK;
}

static void what_is_loaded_is_found_by_its_build_id(void **state)
{
    (void)state;
    wisp_patch_image image = own_image();
    assert_true((uintptr_t)function >= image.low && (uintptr_t)function < image.high);
    assert_true((uintptr_t)&variable >= image.low && (uintptr_t)&variable < image.high);
    assert_int_equal(image.build_id_size, sizeof own_id);
}

static void another_build_is_refused_with_both_ids(void **state)
{
    (void)state;
    static const uint8_t other[] = {0xde, 0xad};
    wisp_patch_image image;
    wisp_error err;
    assert_int_equal(wisp_patch_image_find((wisp_bytes){other, sizeof other}, &image, &err),
                     WISP_NOT_FOUND);
    assert_string_equal(err.text, "nothing with build-id dead is loaded; that of the program is "
                                  "576973705061746368000001");
}

static void no_build_id_is_nobodys(void **state)
{
    (void)state;
    static const uint8_t long_id[WISP_PATCH_BUILD_ID_MAX + 1];
    wisp_patch_image image;
    wisp_error err;
    assert_int_equal(wisp_patch_image_find((wisp_bytes){NULL, 0}, &image, &err), WISP_NOT_FOUND);
    assert_int_equal(wisp_patch_image_find((wisp_bytes){long_id, sizeof long_id}, &image, &err),
                     WISP_NOT_FOUND);
}

static void code_is_held_as_code_and_data_as_data(void **state)
{
    (void)state;
    const struct {
        wisp_patch_segment segment;
        uintptr_t at;
        size_t size;
        wisp_status status;
    } cases[] = {
        {WISP_PATCH_CODE, (uintptr_t)function, 1, WISP_OK},
        {WISP_PATCH_DATA, (uintptr_t)&variable, sizeof variable, WISP_OK},
        {WISP_PATCH_DATA, (uintptr_t)function, 1, WISP_MISMATCH},
        {WISP_PATCH_CODE, (uintptr_t)&variable, 1, WISP_MISMATCH},
        {WISP_PATCH_CODE, (uintptr_t)function, SIZE_MAX, WISP_MISMATCH},
        {WISP_PATCH_CODE, UINTPTR_MAX, 1, WISP_MISMATCH},
        {WISP_PATCH_CODE, 0, 1, WISP_MISMATCH},
    };
    wisp_patch_image image = own_image();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int sum = 41;
        wisp_status status = wisp_patch_image_hold(&image, cases[i].segment, cases[i].at,
                                                   cases[i].size, add_one, &sum, NULL);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(sum, status == WISP_OK ? 42 : 41);
    }
}

static void what_is_elsewhere_now_is_not_held(void **state)
{
    (void)state;
    wisp_patch_image moved = own_image(), replaced = own_image();
    int sum = 0;
    moved.base += 4096;
    replaced.build_id[0] ^= 1;
    assert_int_equal(wisp_patch_image_hold(&moved, WISP_PATCH_CODE, (uintptr_t)function, 1,
                                           add_one, &sum, NULL),
                     WISP_NOT_FOUND);
    assert_int_equal(wisp_patch_image_hold(&replaced, WISP_PATCH_CODE, (uintptr_t)function, 1,
                                           add_one, &sum, NULL),
                     WISP_NOT_FOUND);
    assert_int_equal(sum, 0);
}

static void the_program_knows_its_own_build_id(void **state)
{
    (void)state;
    char text[WISP_BUILD_ID_TEXT_SIZE];
    assert_true(wisp_program_build_id(text));
    assert_string_equal(text, "576973705061746368000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_knows_its_own_build_id),
        cmocka_unit_test(what_is_loaded_is_found_by_its_build_id),
        cmocka_unit_test(another_build_is_refused_with_both_ids),
        cmocka_unit_test(no_build_id_is_nobodys),
        cmocka_unit_test(code_is_held_as_code_and_data_as_data),
        cmocka_unit_test(what_is_elsewhere_now_is_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
