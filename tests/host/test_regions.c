#include <string.h>

#include "stage.h"

/* Regions: what the program shares with receivers. Each test is run with memories that pages can
 * be mapped into, and with such that they cannot, where the bytes are copied: with the same
 * result. */

static const wisp_memory_source sources[] = {WISP_MEMORY_MAPPED, WISP_MEMORY_ALLOCATED};
enum { SOURCES = 2, SIZE = 10000 };

static void open_stage(struct stage *s, wisp_memory_source source, wisp_region **region)
{
    stage_init(s, NULL);
    wisp_guest_config config = {.limits = {.memory_source = source}};
    for (uint32_t i = 0; i < 3; i++) {
        stage_add(s, &config, "actor");
        ACT(s, s->guests[i], ACT_SUBSCRIBE, .type = 0x8001);
        ACT(s, s->guests[i], ACT_WRITE_AT, .type = 0x8001, .number = i + 1);
    }
    stage_forget(s);
    assert_int_equal(wisp_region_new(s->host, SIZE, region, NULL), WISP_OK);
    assert_true(wisp_region_size(*region) >= SIZE);
    uint8_t *bytes = wisp_region_data(*region);
    assert_int_equal(bytes[SIZE - 1], 0);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 7);
    bytes[0] = 77;
}

static void all_see_a_region_and_what_they_write_is_forgotten(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        struct stage s;
        wisp_region *region;
        open_stage(&s, sources[i], &region);
        const uint8_t *bytes = wisp_region_data(region);
        POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .region = region, .size = SIZE);
        stage_settle(&s);
        stage_expect(&s, "1:e8001[10000!]w77<0 2:e8001[10000!]w77<0 3:e8001[10000!]w77<0 "
                         "done 8001 ");
        assert_int_equal(bytes[0], 77);
        assert_int_equal(bytes[SIZE - 1], (uint8_t)((SIZE - 1) * 7));
        wisp_region_free(region);
        stage_deinit(&s);
    }
}

static void what_is_written_to_a_writable_region_goes_on_to_the_next(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        struct stage s;
        wisp_region *region;
        open_stage(&s, sources[i], &region);
        const uint8_t *bytes = wisp_region_data(region);
        POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .region = region, .size = SIZE,
             .region_writable = true);
        stage_settle(&s);
        stage_expect(&s, "1:e8001[10000!]w77<0 2:e8001[10000!]w1<0 3:e8001[10000!]w2<0 "
                         "done 8001 ");
        assert_int_equal(bytes[0], 3);
        assert_int_equal(bytes[SIZE - 1], 3);
        wisp_region_free(region);
        stage_deinit(&s);
    }
}

static void a_region_is_gone_from_a_module_that_traps(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        struct stage s;
        wisp_region *region;
        open_stage(&s, sources[i], &region);
        ACT(&s, s.guests[0], ACT_TRAP_AT, .type = 0x8001);
        POST(&s, .target = 1, .type = 0x8001, .region = region, .size = SIZE,
             .region_writable = true);
        POST(&s, .target = 1, .type = 0x8002, .region = region, .size = SIZE);
        wisp_region_free(region); /* the events keep it */
        stage_settle(&s);
        stage_expect(&s, "done 8001 1:e8002[10000!]<0 done 8002 ");
        stage_deinit(&s);
    }
}

static void regions_are_seen_while_memory_is_full_of_other_things(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        struct stage s;
        wisp_region *region;
        open_stage(&s, sources[i], &region);
        for (int k = 0; k < 3; k++) {
            ACT(&s, s.guests[0], ACT_GROW, .number = 3);
            ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8005, .size = 4096,
                .done = DONE_LOGS);
            POST(&s, .target = 1, .type = 0x8001, .region = region, .size = SIZE);
            POST(&s, .target = 1, .type = 0x8003, .data = &s, .size = 6000);
            POST(&s, .target = 1, .type = 0x8001, .region = region, .size = 1);
            stage_forget(&s);
            stage_settle(&s);
            stage_expect(
                &s, "1:e8005[4096]@<1 1:d8005 1:e8001[10000!]w77<0 done 8001 1:e8003[6000!]<0 "
                    "done 8003 1:e8001[1!]w77<0 done 8001 ");
        }
        wisp_region_free(region);
        stage_deinit(&s);
    }
}

static void a_region_that_the_system_does_not_share_is_copied(void **state)
{
    (void)state;
    struct stage s;
    wisp_region *region;
    rig_module("actor"); /* while files can be opened */
    stage_refuse_files(true);
    open_stage(&s, WISP_MEMORY_MAPPED, &region);
    stage_refuse_files(false);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .region = region, .size = SIZE,
         .region_writable = true);
    stage_settle(&s);
    stage_expect(&s, "1:e8001[10000!]w77<0 2:e8001[10000!]w1<0 3:e8001[10000!]w2<0 "
                     "done 8001 ");
    assert_int_equal(((uint8_t *)wisp_region_data(region))[SIZE - 1], 3);
    wisp_region_free(region);
    stage_deinit(&s);
}

static void a_region_is_larger_than_messages_may_be(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, &(wisp_host_config){.event_bytes_max = 10});
    stage_add(&s, &(wisp_guest_config){.message_size_max = 100}, "actor");
    wisp_region *region;
    assert_int_equal(wisp_region_new(s.host, 100000, &region, NULL), WISP_OK);
    assert_int_equal(POST(&s, .target = 1, .type = 0x8001, .region = region, .size = 100000),
                     WISP_OK);
    assert_int_equal(POST(&s, .target = 1, .type = 0x8002, .region = region, .size = 1000000),
                     WISP_INVALID);
    stage_settle(&s);
    stage_expect(&s, "done 8002 1:e8001[100000!]<0 done 8001 ");
    wisp_region_free(region);
    stage_deinit(&s);
}

static void an_old_version_gets_what_the_region_was(void **state)
{
    (void)state;
    struct stage s;
    wisp_region *region;
    open_stage(&s, WISP_MEMORY_MAPPED, &region);
    wisp_guest_swap(s.guests[0], rig_module("actor_2"), NULL);
    POST(&s, .target = 1, .type = 0x8001, .region = region, .size = 100);
    stage_settle(&s);
    ((uint8_t *)wisp_region_data(region))[0] = 78; /* it is the program's again */
    stage_forget(&s);
    wisp_guest_decide(s.guests[0], false, "test", NULL);
    stage_expect(&s, "1:e8001[100!]w77<0 ");
    wisp_region_free(region);
    stage_deinit(&s);
}

static void a_region_of_nothing_or_too_much_is_refused(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_region *region;
    assert_int_equal(wisp_region_new(s.host, 0, &region, NULL), WISP_INVALID);
    assert_int_equal(wisp_region_new(s.host, SIZE_MAX, &region, NULL), WISP_INVALID);
    s.ledger.refuse_from = s.ledger.refuse_to = s.ledger.calls + 1;
    assert_int_equal(wisp_region_new(s.host, 10, &region, NULL), WISP_NO_MEMORY);
    wisp_region_free(NULL);
    stage_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_see_a_region_and_what_they_write_is_forgotten),
        cmocka_unit_test(what_is_written_to_a_writable_region_goes_on_to_the_next),
        cmocka_unit_test(a_region_is_gone_from_a_module_that_traps),
        cmocka_unit_test(regions_are_seen_while_memory_is_full_of_other_things),
        cmocka_unit_test(a_region_that_the_system_does_not_share_is_copied),
        cmocka_unit_test(a_region_is_larger_than_messages_may_be),
        cmocka_unit_test(an_old_version_gets_what_the_region_was),
        cmocka_unit_test(a_region_of_nothing_or_too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
