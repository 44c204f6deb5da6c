#include "takes.h"

#include <string.h>

/* Recordings of a guest, read and replayed. */

static struct take take;

static void start(struct rig *r, const char *name)
{
    wisp_error err;
    if (wisp_guest_start(r->guest, rig_module(name), &err) != WISP_OK)
        fail_msg("%s", err.text);
}

static void a_recording_has_each_entry_in_order(void **state)
{
    (void)state;
    struct rig r;
    char text[512];
    rig_init(&r, NULL);
    take_begin(&take, &r, NULL);
    start(&r, "v1");
    rig_send(&r, COUNT, 0, 7, 0);
    rig_send(&r, NOW, 0, 0, 0);
    rig_step(&r);
    wisp_guest_stop(r.guest);
    take_end(&take, &r);
    take_list(&take, text, sizeof text);
    assert_string_equal(text, "life 1; load; start; message 1; message 15; stop; ");
    take_expect(&take, "v1", "load; start; message 1; message 15; stop; ");
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_has_each_entry_in_order),
    };
    return cmocka_run_group_tests_name("host/recording", tests, NULL, rig_free_modules);
}
