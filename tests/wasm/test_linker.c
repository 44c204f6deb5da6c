#include <stdio.h>

#include "fixture.h"

/* (module (import "env" "f99" (func (param i32)))) */
static const uint8_t imports_f99[] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05,
                                      0x01, 0x60, 0x01, 0x7f, 0x00, 0x02, 0x0b, 0x01, 0x03, 'e',
                                      'n',  'v',  0x03, 'f',  '9',  '9',  0x00, 0x00};

/* Offers env.f0 to env.f[count - 1], each with [signature]. */
static void offer(fixture *f, int count, const char *signature)
{
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        fixture_offer(f, name, signature, host_nothing, NULL);
    }
}

static void every_name_is_found_among_many(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *module = fixture_module(&f, BYTES(imports_f99));
    offer(&f, 99, "(i)");
    assert_int_equal(wisp_linker_check(f.linker, module, &f.err), WISP_NOT_FOUND);
    offer(&f, 1000, "(i)");
    assert_int_equal(wisp_linker_check(f.linker, module, &f.err), WISP_OK);
    fixture_deinit(&f);
}

static void a_name_that_is_added_again_is_replaced(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *module = fixture_module(&f, BYTES(imports_f99));
    offer(&f, 100, "(i)");
    offer(&f, 100, "()");
    assert_int_equal(wisp_linker_check(f.linker, module, &f.err), WISP_MISMATCH);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_among_many),
        cmocka_unit_test(a_name_that_is_added_again_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
