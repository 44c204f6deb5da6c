#include <string.h>

#include <wisp/native.h>

#include "stage.h"

/* The same source as WebAssembly and compiled into this program: guests/duet.c. */

extern const wisp_native left_module, right_module, bare_module;

enum {
    DUET_COUNT = 0x8000,
    DUET_ECHO,
    DUET_ABORT,
    DUET_ASK,
    DUET_TIMER,
    DUET_TASK,
    DUET_ALLOC,
    DUET_FREE
};

static uint64_t last_answer;

static void on_response(void *user, wisp_status status, int32_t code, wisp_bytes answer)
{
    (void)user;
    assert_int_equal(status, WISP_OK);
    assert_int_equal(code, 5);
    memcpy(&last_answer, answer.data, sizeof last_answer);
}

static uint64_t count_of(struct stage *s, wisp_guest *guest)
{
    wisp_post post = {.target = wisp_guest_id(guest), .type = DUET_ASK};
    assert_int_equal(wisp_host_request(s->host, &post, 0, on_response, NULL, NULL), WISP_OK);
    stage_settle(s);
    return last_answer;
}

static void add(struct stage *s, wisp_guest *guest, uint64_t number)
{
    wisp_post post = {.target = wisp_guest_id(guest), .type = DUET_COUNT, .number = number};
    assert_int_equal(wisp_host_post(s->host, &post, NULL), WISP_OK);
}

static void a_native_module_does_what_it_does_as_webassembly(void **state)
{
    (void)state;
    for (int is_native = 0; is_native < 2; is_native++) {
        struct stage s;
        stage_init(&s, NULL);
        wisp_guest *guest = stage_add_empty(&s, NULL);
        if (is_native)
            assert_int_equal(wisp_guest_start_native(guest, &left_module, NULL), WISP_OK);
        else
            assert_int_equal(wisp_guest_start(guest, rig_module("duet"), NULL), WISP_OK);
        assert_int_equal(stage_status(guest).is_native, is_native);
        assert_int_equal(stage_status(guest).version, 1);
        add(&s, guest, 40);
        POST(&s, .target = 1, .type = DUET_COUNT, .data = "ab", .size = 2);
        POST(&s, .target = 1, .type = DUET_ECHO);
        POST(&s, .target = 1, .type = DUET_TIMER);
        POST(&s, .target = 1, .type = DUET_TASK);
        stage_settle(&s);
        s.now_ns += 1000000;
        stage_step(&s);
        stage_expect(&s, "done 8000 done 8001 done 8004 done 8005 p:e8001[8]<1 1:done 1:timer "
                         "1:task ");
        assert_int_equal(count_of(&s, guest), 42);
        wisp_guest_stop(guest);
        stage_expect(&s, "1:bye ");
        stage_deinit(&s);
    }
}

static void a_guest_goes_from_native_to_webassembly_and_back(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add_empty(&s, NULL);
    assert_int_equal(wisp_guest_start_native(guest, &left_module, NULL), WISP_OK);
    add(&s, guest, 5);
    stage_settle(&s);
    add(&s, guest, 1); /* waits over the swap */
    assert_int_equal(wisp_guest_swap(guest, rig_module("duet_2"), NULL), WISP_OK);
    assert_false(stage_status(guest).is_native);
    assert_int_equal(count_of(&s, guest), 6);
    assert_int_equal(wisp_guest_swap_native(guest, &left_module, NULL), WISP_BUSY);
    wisp_guest_decide(guest, true, NULL, NULL);
    add(&s, guest, 1);
    assert_int_equal(wisp_guest_swap_native(guest, &left_module, NULL), WISP_OK);
    assert_true(stage_status(guest).is_native);
    assert_int_equal(count_of(&s, guest), 7);
    stage_deinit(&s);
}

static void an_update_of_a_native_module_that_fails_goes_back_to_it(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add_empty(&s, NULL);
    wisp_guest_start_native(guest, &left_module, NULL);
    add(&s, guest, 5);
    stage_settle(&s);
    wisp_guest_swap(guest, rig_module("duet_2"), NULL);
    add(&s, guest, 10);
    stage_settle(&s);
    wisp_guest_decide(guest, false, "no", NULL);
    assert_true(stage_status(guest).is_native);
    assert_int_equal(count_of(&s, guest), 15);
    assert_int_equal(stage_status(guest).redelivered, 1);
    stage_deinit(&s);
}

static void a_native_version_cannot_be_shadowed(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add_empty(&s, NULL);
    assert_int_equal(wisp_guest_start_native(guest, &left_module, NULL), WISP_OK);
    wisp_error err;
    assert_int_equal(wisp_guest_shadow(guest, rig_module("duet"), NULL, &err), WISP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "is native"));
    assert_int_equal(wisp_guest_swap(guest, rig_module("duet"), NULL), WISP_OK);
    assert_int_equal(wisp_guest_decide(guest, true, NULL, NULL), WISP_OK);
    assert_int_equal(wisp_guest_shadow(guest, rig_module("duet"), NULL, NULL), WISP_OK);
    stage_deinit(&s);
}

static void several_native_modules_are_in_one_program(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *a = stage_add_empty(&s, NULL), *b = stage_add_empty(&s, NULL);
    assert_int_equal(wisp_guest_start_native(a, &left_module, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start_native(b, &left_module, NULL), WISP_BUSY);
    assert_int_equal(wisp_guest_start_native(b, &right_module, NULL), WISP_OK);
    add(&s, a, 1);
    add(&s, b, 2);
    assert_int_equal(count_of(&s, a), 1);
    assert_int_equal(count_of(&s, b), 2);
    wisp_guest_stop(a);
    wisp_guest_stop(b);
    assert_int_equal(wisp_guest_start_native(b, &left_module, NULL), WISP_OK);
    stage_deinit(&s);
}

static void a_native_module_that_gives_up_is_started_again(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add_empty(&s, NULL);
    wisp_guest_start_native(guest, &left_module, NULL);
    add(&s, guest, 5);
    POST(&s, .target = 1, .type = DUET_ABORT);
    stage_settle(&s);
    stage_expect(&s, "done 8002 ");
    assert_int_equal(stage_status(guest).restarts, 1);
    assert_int_equal(count_of(&s, guest), 0);
    stage_deinit(&s);
}

static void what_a_native_module_has_not_it_does_without(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add_empty(&s, NULL);
    assert_int_equal(wisp_guest_start_native(guest, &bare_module, NULL), WISP_OK);
    add(&s, guest, 5);
    stage_settle(&s);
    assert_int_equal(stage_status(guest).events_dropped, 1);
    assert_int_equal(wisp_guest_deliver(guest, 1, (wisp_bytes){NULL, 0}, NULL), WISP_NOT_FOUND);
    assert_int_equal(wisp_guest_save(guest, NULL), WISP_OK); /* its WISP_STATE */
    stage_deinit(&s);
}

static void the_heap_of_a_module_is_counted_and_limited_and_given_back(void **state)
{
    (void)state;
    for (int is_native = 0; is_native < 2; is_native++) {
        struct stage s;
        stage_init(&s, NULL);
        wisp_guest_config config = {.limits = {.memory_max = 1 << 20}};
        wisp_guest *guest = stage_add_empty(&s, &config);
        if (is_native)
            wisp_guest_start_native(guest, &left_module, NULL);
        else
            wisp_guest_start(guest, rig_module("duet"), NULL);
        POST(&s, .target = 1, .type = DUET_ALLOC, .number = 1000);
        stage_settle(&s);
        stage_expect(&s, "1:allocated done 8006 ");
        assert_in_range(stage_status(guest).heap_size, 1000, 1100);
        POST(&s, .target = 1, .type = DUET_FREE);
        POST(&s, .target = 1, .type = DUET_FREE);
        stage_settle(&s);
        stage_forget(&s);
        assert_int_equal(stage_status(guest).heap_size, 0);
        assert_in_range(stage_status(guest).heap_peak, 1000, 1100);
        POST(&s, .target = 1, .type = DUET_ALLOC, .number = 2 << 20);
        POST(&s, .target = 1, .type = DUET_ALLOC, .number = 0xffffffff);
        POST(&s, .target = 1, .type = DUET_ALLOC, .number = 0);
        POST(&s, .target = 1, .type = DUET_ALLOC, .number = 5000);
        POST(&s, .target = 1, .type = DUET_ALLOC, .number = 6000); /* never freed */
        stage_settle(&s);
        stage_expect(&s, "1:refused done 8006 1:refused done 8006 1:refused done 8006 "
                         "1:allocated done 8006 1:allocated done 8006 ");
        stage_deinit(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_native_module_does_what_it_does_as_webassembly),
        cmocka_unit_test(a_guest_goes_from_native_to_webassembly_and_back),
        cmocka_unit_test(an_update_of_a_native_module_that_fails_goes_back_to_it),
        cmocka_unit_test(a_native_version_cannot_be_shadowed),
        cmocka_unit_test(several_native_modules_are_in_one_program),
        cmocka_unit_test(a_native_module_that_gives_up_is_started_again),
        cmocka_unit_test(the_heap_of_a_module_is_counted_and_limited_and_given_back),
        cmocka_unit_test(what_a_native_module_has_not_it_does_without),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
