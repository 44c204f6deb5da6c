#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "sharers.h"
#include "takes.h"

/* Regions that modules make: what becomes of their bytes, and what is refused. */

/* ------------------------------------------------------------------ a system that refuses */

static bool maps_nothing;

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);

/* Only what is to be put at a certain place is refused. */
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (!maps_nothing || !(flags & MAP_FIXED))
        return __real_mmap(at, size, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

/* What mmap is called where offsets have 64 bits. */
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return __wrap_mmap(at, size, protection, flags, fd, offset);
}

/* ------------------------------------------------------------------ reading and changing */

static void all_who_hear_of_it_read_the_region_of_a_module(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        wisp_host_subscribe(s.host, READ, 0, NULL);
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = WISP_TO_ALL, .type = READ, .done = SHARE_DONE_LOOKS));
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ p:e8001[#]<1 1:8001[#+0] 2:8001[#+0] 1:d8001+0 ", size);
        assert_non_null(s.event_region);
        stage_deinit(&s);
    }
}

static void it_goes_to_one_guest_to_the_program_and_to_a_topic(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size, topic;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        assert_int_equal(wisp_host_topic(s.host, "frames", &topic, NULL), WISP_OK);
        wisp_host_subscribe(s.host, topic, 0, NULL);
        SHARE(&s, MAKE(.size = size), LEND(.size = size - 1, .target = 2, .type = READ),
              LEND(.size = size, .target = WISP_TO_PROGRAM, .type = READ),
              LEND(.size = size, .target = WISP_TO_ALL, .type = topic));
        stage_settle(&s);
        char text[100];
        snprintf(text, sizeof text, "1:+ 1:+ 1:+ 1:+ 2:8001[%u+0] p:e8001[#]<1 p:e80000001[#]<1 ",
                 size - 1);
        stage_expect_sized(&s, text, size);
        stage_deinit(&s);
    }
}

static void what_receivers_made_of_it_is_there_when_done_is_called(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = WISP_TO_ALL, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_LOOKS));
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 1:8003[#+0] 2:8003[#+2] 1:d8003+4 ", size);
        SHARE(&s, {.op = SHARE_COUNT, .size = size},
              LEND(.size = size, .target = 2, .type = READ));
        stage_settle(&s);
        stage_expect_sized(&s, "1:=4 1:+ 2:8001[#+4] ", size);
        stage_deinit(&s);
    }
}

static void what_a_reader_writes_its_owner_does_not_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = 2, .type = CHANGE, .done = SHARE_DONE_LOOKS),
              LEND(.size = size, .target = 2, .type = READ));
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 1:+ 2:8003[#+0] 1:d8003+0 2:8001[#+0] ", size);
        stage_deinit(&s);
    }
}

static void a_receiver_that_fails_has_changed_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = 2, .type = CHANGE_AND_TRAP, .access = 1,
                   .done = SHARE_DONE_LOOKS));
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 2:8004[#+0] 1:d8004+0 ", size);
        stage_deinit(&s);
    }
}

static void owner_and_receivers_look_at_the_same_pages(void **state)
{
    (void)state;
    struct stage s;
    sharers_init(&s, &sharer_shared, NULL);
    SHARE(&s, MAKE(.size = MIB));
    if (stage_count_mapped() == 0)
        skip();
    assert_int_equal(stage_count_mapped(), 2); /* for the host, and for the owner */
    SHARE(&s, LEND(.size = MIB, .target = WISP_TO_PROGRAM, .type = READ),
          {.op = SHARE_FREE, .size = MIB});
    assert_int_equal(stage_count_mapped(), 1); /* as long as the event lives */
    stage_step(&s);
    stage_expect(&s, "1:+ 1:+ 1:+ p:e8001[1048576]<1 ");
    assert_int_equal(stage_count_mapped(), 0);
    stage_deinit(&s);
}

static void a_module_that_makes_regions_has_memory_that_can_be_shared(void **state)
{
    (void)state;
    wisp_host *host;
    wisp_guest *guest;
    assert_int_equal(wisp_host_new(NULL, &host, NULL), WISP_OK);
    wisp_guest_new(host, &(wisp_guest_config){.fuel = 200000000}, &guest, NULL);
    assert_int_equal(wisp_guest_start(guest, rig_module("reader"), NULL), WISP_OK);
    sharer_tell(guest, &(struct share)MAKE(.size = MIB), 1);
    if (stage_count_mapped() > 0)
        assert_int_equal(stage_count_mapped(), 2);
    wisp_host_free(host);
    assert_int_equal(stage_count_mapped(), 0);
}

static void a_heap_that_begins_later_keeps_off_buffers_and_regions(void **state)
{
    (void)state;
    struct stage s;
    uint8_t data[10000]; /* more than the static buffer has */
    stage_init(&s, NULL);
    stage_add(&s, NULL, "heap");
    memset(data, 7, sizeof data);
    for (int times = 0; times < 3; times++) {
        POST(&s, .target = 1, .type = READ, .data = data, .size = sizeof data);
        stage_step(&s);
        stage_expect(&s, "1:data 1:region 1:block done 8001 ");
    }
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ giving back, and refusals */

static void a_region_is_given_back_while_events_carry_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        for (int times = 0; times < 3; times++) {
            SHARE(&s, MAKE(.size = size), LEND(.size = size, .target = 2, .type = READ),
                  LEND(.size = size, .target = 2, .type = CHANGE, .access = 1,
                       .done = SHARE_DONE_LOGS),
                  {.op = SHARE_FREE});
            SHARE(&s, MAKE(.size = size));
            stage_settle(&s);
            stage_expect_sized(&s, "1:+ 1:+ 1:+ 1:+ 1:+ 2:8001[#+0] 2:8003[#+0] 1:d8003 ", size);
            SHARE(&s, {.op = SHARE_COUNT, .size = size}, {.op = SHARE_FREE}, {.op = SHARE_FREE});
            stage_expect(&s, "1:=0 1:+ 1:- ");
        }
        assert_int_equal(stage_count_mapped(), 0);
        stage_deinit(&s);
    }
}

static void done_may_give_it_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = 2, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_FREES));
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 2:8003[#+0] 1:d8003+2 1:+ ", size);
        if (!sharer_kinds[i].is_native) { /* whose memory is gone */
            SHARE(&s, LEND(.size = size, .target = 2, .type = READ));
            stage_expect(&s, "1:- ");
        }
        stage_deinit(&s);
    }
}

/* Each with done, which is called nevertheless. */
static void what_cannot_be_posted_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        const struct share wrong[] = {
            LEND(.target = 2, .type = READ, .done = 1), /* no bytes */
            LEND(.size = size + 1, .target = 2, .type = READ, .done = 1),
            LEND(.size = size - 1, .offset = 1, .target = 2, .type = READ, .done = 1),
            LEND(.size = size, .target = 2, .type = READ, .access = 2, .done = 1),
            LEND(.size = size, .target = 2, .type = READ, .access = 0x10001, .done = 1),
            LEND(.size = size, .target = 2, .type = 7, .done = 1),
            LEND(.size = size, .target = 9, .type = READ, .done = 1),
        };
        SHARE(&s, MAKE(.size = size), MAKE(.slot = 1, .size = 1)); /* which lies behind it */
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            char text[40];
            stage_forget(&s);
            assert_int_equal(sharer_tell(s.guests[0], &wrong[k], 1), WISP_OK);
            stage_settle(&s);
            snprintf(text, sizeof text, "1:- 1:d%x ", (unsigned)wrong[k].type);
            stage_expect(&s, text);
        }
        /* Nobody would ever say that the changes are made. */
        SHARE(&s, LEND(.size = size, .target = 2, .type = READ, .access = 1));
        stage_settle(&s);
        stage_expect(&s, "1:- ");
        stage_deinit(&s);
    }
}

static void what_others_may_change_is_not_posted_again_before_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        const struct share read = LEND(.size = size, .target = 2, .type = READ);
        SHARE(&s, MAKE(.size = size), read,
              LEND(.size = size, .target = 2, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_LOOKS),
              read);
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 1:+ 1:- 2:8001[#+0] 2:8003[#+0] 1:d8003+2 ", size);
        sharer_tell(s.guests[0], &read, 1);
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 2:8001[#+2] ", size);
        stage_deinit(&s);
    }
}

static void what_is_no_region_is_not_made_or_given_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], NULL);
        SHARE(&s, MAKE(.size = 0), MAKE(.size = UINT32_MAX), MAKE(.size = (16u << 20) + 1),
              {.op = SHARE_FREE, .slot = 9}, MAKE(.size = size), {.op = SHARE_FREE, .offset = 1},
              {.op = SHARE_FREE}, {.op = SHARE_FREE});
        stage_expect(&s, "1:- 1:- 1:- 1:- 1:+ 1:- 1:+ 1:- ");
        assert_int_equal(stage_status(s.guests[0]).traps, 0);
        stage_deinit(&s);
    }
}

static void regions_begin_at_pages_of_the_memory_that_are_not_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        if (sharer_kinds[i].is_native)
            continue;
        sharers_init(&s, &sharer_kinds[i], NULL);
        SHARE(&s, MAKE(.size = MIB), {.op = SHARE_FREE}); /* pages that the module gives away */
        uint32_t first = (uint32_t)(stage_status(s.guests[0]).memory_size - MIB),
                 last = first + MIB - PAGE;
        SHARE(&s, {.op = SHARE_AT, .size = 0, .type = PAGE},
              {.op = SHARE_AT, .size = first + 16, .type = 1},
              {.op = SHARE_AT, .size = first, .type = 0},
              {.op = SHARE_AT, .size = last, .type = PAGE + 1},
              {.op = SHARE_AT, .size = last, .type = UINT32_MAX},
              {.op = SHARE_AT, .size = first + PAGE, .type = PAGE + 1},
              {.op = SHARE_AT, .size = first + PAGE, .type = 1},
              {.op = SHARE_AT, .size = first, .type = MIB},
              {.op = SHARE_AT, .size = first, .type = PAGE},
              {.op = SHARE_AT, .size = last, .type = PAGE},
              {.op = SHARE_AT, .size = first + 2 * PAGE, .type = 1},
              {.op = SHARE_CLOSE, .size = first + PAGE},
              {.op = SHARE_CLOSE, .size = first + 2 * PAGE});
        stage_expect(&s, "1:+ 1:+ 1:- 1:- 1:- 1:- 1:- 1:+ 1:- 1:- 1:+ 1:+ 1:- 1:+ 1:- ");
        assert_int_equal(SHARE(&s, {.op = SHARE_AT, .size = last + PAGE, .type = 1}), WISP_TRAP);
        assert_int_equal(SHARE(&s, {.op = SHARE_CLOSE, .size = UINT32_MAX}), WISP_TRAP);
        stage_deinit(&s);
    }
}

/* ------------------------------------------------------------------ limits */

static void regions_are_limited_for_each_guest_and_in_all(void **state)
{
    (void)state;
    static const struct {
        wisp_guest_config guest;
        wisp_host_config host;
        const char *expected;
    } limits[] = {
        {{.regions_max = 2}, {0}, "1:+ 1:+ 1:- 1:+ 1:+ "},
        {{.region_bytes_max = 2000}, {0}, "1:+ 1:+ 1:- 1:+ 1:+ "},
        {{.region_bytes_max = 1999}, {0}, "1:+ 1:- 1:+ 1:- 1:- "},
        {{0}, {.region_bytes_max = 2000}, "1:+ 1:+ 1:- 1:+ 1:+ "},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct stage s;
        wisp_guest_config config = limits[i].guest;
        config.fuel = 200000000;
        stage_init(&s, &limits[i].host);
        stage_add(&s, &config, "reader");
        SHARE(&s, MAKE(.slot = 0, .size = 1000), MAKE(.slot = 1, .size = 1000),
              MAKE(.slot = 2, .size = 1), {.op = SHARE_FREE, .slot = 1},
              MAKE(.slot = 1, .size = 1000));
        stage_expect(&s, limits[i].expected);
        stage_deinit(&s);
    }
}

static void regions_are_of_the_memory_that_a_module_may_have(void **state)
{
    (void)state;
    struct stage s;
    wisp_guest_config config = sharer_config(&sharer_shared);
    config.limits.memory_max = MIB + 8 * PAGE;
    sharers_init_with(&s, &config, false, NULL);
    SHARE(&s, MAKE(.slot = 0, .size = MIB), MAKE(.slot = 1, .size = MIB),
          {.op = SHARE_FREE, .slot = 0}, MAKE(.slot = 1, .size = MIB));
    stage_expect(&s, "1:+ 1:- 1:+ 1:+ ");
    stage_deinit(&s);
}

static void what_only_events_carry_still_counts(void **state)
{
    (void)state;
    for (int is_native = 0; is_native < 2; is_native++) {
        struct stage s;
        wisp_guest_config config = sharer_config(&sharer_small);
        config.regions_max = 2;
        sharers_init_with(&s, &config, is_native, "reader_2");
        const struct share make = MAKE(.slot = 0, .size = 100);
        const struct share post = LEND(.size = 100, .target = 2, .type = READ);
        SHARE(&s, make, post, {.op = SHARE_FREE}, make, post, {.op = SHARE_FREE}, make);
        stage_expect(&s, "1:+ 1:+ 1:+ 1:+ 1:+ 1:+ 1:- ");
        stage_step(&s);
        SHARE(&s, make);
        stage_expect(&s, "2:8001[100+0] 2:8001[100+0] 1:+ ");
        stage_deinit(&s);
    }
}

static void a_version_is_not_kept_out_by_what_the_one_before_holds(void **state)
{
    (void)state;
    struct stage s;
    wisp_guest_config config = sharer_config(&sharer_small);
    config.regions_max = 1;
    config.probation_entries = 1000;
    sharers_init_with(&s, &config, false, "reader_2");
    const struct share make = MAKE(.size = 100);
    SHARE(&s, make);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("reader_2"), NULL), WISP_OK);
        stage_forget(&s);
        SHARE(&s, make, make);
        stage_expect(&s, "1:+ 1:- ");
    }
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ refusals of the system */

static void where_nothing_can_be_mapped_it_is_copied(void **state)
{
    (void)state;
    for (int refuses_files = 0; refuses_files < 2; refuses_files++) {
        struct stage s;
        sharers_init(&s, &sharer_shared, "reader_2");
        stage_refuse_files(refuses_files);
        maps_nothing = !refuses_files;
        SHARE(
            &s, MAKE(.size = MIB),
            LEND(.size = MIB, .target = 2, .type = CHANGE, .access = 1, .done = SHARE_DONE_FREES),
            MAKE(.slot = 1, .size = MIB),
            LEND(.slot = 1, .size = MIB, .target = 2, .type = READ));
        assert_true(stage_count_mapped() <= 2); /* one for the host of each */
        maps_nothing = false;
        stage_refuse_files(false);
        stage_settle(&s);
        stage_expect(&s, "1:+ 1:+ 1:+ 1:+ 2:8003[1048576+0] 1:d8003+2 1:+ 2:8001[1048576+0] ");
        stage_deinit(&s);
    }
}

static void pages_that_the_system_keeps_are_a_fault(void **state)
{
    (void)state;
    struct stage s;
    wisp_guest_config config = sharer_config(&sharer_shared);
    config.on_fault = WISP_ON_FAULT_DROP;
    static struct take t;
    wisp_record_config record = take_config(&t);
    memset(&t, 0, sizeof t);
    sharers_init_with(&s, &config, false, "reader_2");
    SHARE(&s, MAKE(.size = MIB));
    if (stage_count_mapped() == 0)
        skip();
    maps_nothing = true;
    assert_int_equal(SHARE(&s, {.op = SHARE_FREE}), WISP_TRAP);
    assert_int_equal(wisp_guest_record(s.guests[0], &record, NULL), WISP_IO);
    assert_int_equal(wisp_guest_shadow(s.guests[0], rig_module("reader"), NULL, NULL), WISP_IO);
    maps_nothing = false;
    SHARE(&s, LEND(.size = MIB, .target = 2, .type = READ));
    stage_settle(&s);
    stage_expect(&s, "1:+ 1:+ 2:8001[1048576+0] ");
    t.segments = 0;
    assert_int_equal(wisp_guest_record(s.guests[0], &record, NULL), WISP_OK);
    stage_deinit(&s);
}

/* What is refused while a region is made, posted, delivered and given back, on probation and in
 * the shadow: whatever was taken is done with, and nothing is left. */
static void a_refusal_of_memory_loses_no_region(void **state)
{
    (void)state;
    for (size_t n = 1, calls = 1; n <= calls; n++) {
        struct stage s;
        sharers_init(&s, &sharer_small, "reader_2");
        assert_int_equal(wisp_guest_shadow(s.guests[0], rig_module("reader_2"), NULL, NULL),
                         WISP_OK);
        wisp_guest_swap(s.guests[1], rig_module("reader_2"), NULL);
        size_t before = s.ledger.calls;
        s.ledger.refuse_from = s.ledger.refuse_to = before + n;
        SHARE(&s, MAKE(.size = 1000), LEND(.size = 1000, .target = WISP_TO_ALL, .type = READ),
              LEND(.size = 1000, .target = WISP_TO_ALL, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_LOGS));
        stage_settle(&s);
        calls = s.ledger.calls - before;
        s.ledger.refuse_from = 0;
        wisp_guest_status status = stage_status(s.guests[0]);
        assert_int_equal(status.traps, 0);
        assert_true(status.callbacks_called == 1 || strstr(s.heard, "d8003") == NULL);
        SHARE(&s, {.op = SHARE_FREE});
        wisp_region *all;
        assert_int_equal(wisp_region_new(s.host, 64u << 20, &all, NULL), WISP_OK);
        stage_deinit(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_who_hear_of_it_read_the_region_of_a_module),
        cmocka_unit_test(it_goes_to_one_guest_to_the_program_and_to_a_topic),
        cmocka_unit_test(what_receivers_made_of_it_is_there_when_done_is_called),
        cmocka_unit_test(what_a_reader_writes_its_owner_does_not_see),
        cmocka_unit_test(a_receiver_that_fails_has_changed_nothing),
        cmocka_unit_test(owner_and_receivers_look_at_the_same_pages),
        cmocka_unit_test(a_module_that_makes_regions_has_memory_that_can_be_shared),
        cmocka_unit_test(a_heap_that_begins_later_keeps_off_buffers_and_regions),
        cmocka_unit_test(a_region_is_given_back_while_events_carry_it),
        cmocka_unit_test(done_may_give_it_back),
        cmocka_unit_test(what_cannot_be_posted_is_refused),
        cmocka_unit_test(what_others_may_change_is_not_posted_again_before_done),
        cmocka_unit_test(what_is_no_region_is_not_made_or_given_back),
        cmocka_unit_test(regions_begin_at_pages_of_the_memory_that_are_not_taken),
        cmocka_unit_test(regions_are_limited_for_each_guest_and_in_all),
        cmocka_unit_test(regions_are_of_the_memory_that_a_module_may_have),
        cmocka_unit_test(what_only_events_carry_still_counts),
        cmocka_unit_test(a_version_is_not_kept_out_by_what_the_one_before_holds),
        cmocka_unit_test(where_nothing_can_be_mapped_it_is_copied),
        cmocka_unit_test(pages_that_the_system_keeps_are_a_fault),
        cmocka_unit_test(a_refusal_of_memory_loses_no_region),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
