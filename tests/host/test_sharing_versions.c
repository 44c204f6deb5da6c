#include <string.h>

#include "host/guest.h"
#include "sharers.h"
#include "takes.h"

/* Regions that modules make, and what becomes of the modules meanwhile. */

/* ------------------------------------------------------------------ owners that end */

static void stop(struct stage *s)
{
    wisp_guest_stop(s->guests[0]);
}

static void free_guest(struct stage *s)
{
    wisp_guest_free(s->guests[0]);
}

static void trap(struct stage *s)
{
    assert_int_equal(SHARE(s, {.op = SHARE_TRAP}), WISP_TRAP);
}

static void swap_and_commit(struct stage *s)
{
    assert_int_equal(wisp_guest_swap(s->guests[0], rig_module("reader_2"), NULL), WISP_OK);
    assert_int_equal(wisp_guest_decide(s->guests[0], true, NULL, NULL), WISP_OK);
}

static void its_events_carry_a_region_whatever_becomes_of_the_owner(void **state)
{
    (void)state;
    static void (*const ends[])(struct stage *) = {stop, free_guest, trap, swap_and_commit};
    static const wisp_on_fault on_fault[] = {WISP_ON_FAULT_RESTART, WISP_ON_FAULT_DISABLE};
    for (size_t i = 0; i < SHARER_KINDS; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            struct stage s;
            uint32_t size = (uint32_t)sharer_kinds[i].size;
            wisp_guest_config config = sharer_config(&sharer_kinds[i]);
            if (sharer_kinds[i].is_native && ends[k] == trap)
                continue;
            config.on_fault = on_fault[i % 2];
            sharers_init_with(&s, &config, sharer_kinds[i].is_native, "reader_2");
            SHARE(&s, MAKE(.size = size), LEND(.size = size, .target = 2, .type = READ),
                  LEND(.size = size, .target = 2, .type = CHANGE, .access = 1,
                       .done = SHARE_DONE_LOOKS),
                  LEND(.size = size, .target = WISP_TO_PROGRAM, .type = READ));
            ends[k](&s);
            stage_settle(&s);
            stage_expect_sized(&s, "1:+ 1:+ 1:+ 1:- 2:8001[#+0] 2:8003[#+0] ", size);
            assert_int_equal(stage_count_mapped(), 0);
            stage_deinit(&s);
        }
}

static void a_region_outlives_an_owner_that_is_paused(void **state)
{
    (void)state;
    struct stage s;
    sharers_init(&s, &sharer_shared, "reader_2");
    SHARE(&s, MAKE(.size = MIB),
          LEND(.size = MIB, .target = 2, .type = READ, .done = SHARE_DONE_LOOKS));
    trap(&s);
    trap(&s); /* started again at once only the first time */
    assert_int_equal(stage_status(s.guests[0]).state, WISP_GUEST_STATE_PAUSED);
    stage_step(&s);
    stage_expect(&s, "1:+ 1:+ 2:8001[1048576+0] ");
    assert_int_equal(stage_count_mapped(), 0);
    stage_deinit(&s);
}

static void receivers_that_are_paused_get_it_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        for (int times = 0; times < 2; times++)
            sharer_tell(s.guests[1], &(const struct share){.op = SHARE_TRAP}, 1);
        assert_int_equal(stage_status(s.guests[1]).state, WISP_GUEST_STATE_PAUSED);
        SHARE(
            &s, MAKE(.size = size),
            LEND(.size = size, .target = 2, .type = CHANGE, .access = 1, .done = SHARE_DONE_LOGS),
            {.op = SHARE_FREE});
        stage_step(&s);
        stage_expect(&s, "1:+ 1:+ 1:+ ");
        s.now_ns += 1000000000;
        stage_step(&s);
        stage_expect_sized(&s, "2:8003[#+0] 1:d8003 ", size);
        assert_int_equal(stage_count_mapped(), 0);
        stage_deinit(&s);
    }
}

static void an_entry_that_traps_has_posted_nothing_and_keeps_its_region(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        wisp_guest_config config = sharer_config(&sharer_kinds[i]);
        config.on_fault = WISP_ON_FAULT_DROP;
        if (sharer_kinds[i].is_native)
            continue; /* its traps are the program's */
        sharers_init_with(&s, &config, false, "reader_2");
        const struct share post = LEND(.size = size, .target = 2, .type = CHANGE, .access = 1,
                                       .done = SHARE_DONE_LOOKS);
        assert_int_equal(SHARE(&s, MAKE(.size = size), post, {.op = SHARE_TRAP}), WISP_TRAP);
        stage_settle(&s);
        stage_expect(&s, "1:+ 1:+ 1:d8003+0 ");
        sharer_tell(s.guests[0], &post, 1);
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 2:8003[#+0] 1:d8003+2 ", size);
        assert_int_equal(SHARE(&s, {.op = SHARE_FREE}, {.op = SHARE_TRAP}), WISP_TRAP);
        SHARE(&s, {.op = SHARE_FREE});
        stage_expect(&s, "1:+ 1:- ");
        stage_deinit(&s);
    }
}

/* ------------------------------------------------------------------ swaps */

static void an_old_version_that_comes_back_has_its_region_as_others_made_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = 2, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_LOOKS));
        assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("reader_2"), NULL), WISP_OK);
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 2:8003[#+0] ", size);
        assert_int_equal(wisp_guest_decide(s.guests[0], false, NULL, NULL), WISP_OK);
        stage_settle(&s);
        SHARE(&s, {.op = SHARE_COUNT, .size = size}, {.op = SHARE_FREE});
        stage_expect(&s, "1:d8003+2 1:=2 1:+ ");
        stage_deinit(&s);
    }
}

static void what_a_version_that_fails_has_shared_is_carried_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader_2");
        assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("reader_2"), NULL), WISP_OK);
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = 2, .type = READ, .done = SHARE_DONE_LOOKS));
        assert_int_equal(wisp_guest_decide(s.guests[0], false, NULL, NULL), WISP_OK);
        stage_settle(&s);
        /* The old version is given the same message, and makes the same of it. */
        stage_expect_sized(&s, "1:+ 1:+ 1:+ 1:+ 2:8001[#+0] 2:8001[#+0] 1:d8001+0 ", size);
        stage_deinit(&s);
    }
}

static void a_swap_that_is_refused_leaves_no_region(void **state)
{
    (void)state;
    struct stage s;
    sharers_init(&s, &sharer_shared, "reader_2");
    SHARE(&s, MAKE(.size = MIB));
    int mapped = stage_count_mapped();
    assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("reader_start_refuses"), NULL),
                     WISP_UNSUPPORTED);
    assert_int_equal(stage_count_mapped(), mapped);
    SHARE(&s, LEND(.size = MIB, .target = 2, .type = READ));
    stage_settle(&s);
    stage_expect(&s, "1:+ 1:+ 2:8001[1048576+0] ");
    stage_deinit(&s);
}

static void a_receiver_on_probation_is_given_it_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARER_KINDS; i++) {
        struct stage s;
        uint32_t size = (uint32_t)sharer_kinds[i].size;
        sharers_init(&s, &sharer_kinds[i], "reader");
        SHARE(&s, MAKE(.size = size));
        for (uint32_t access = 0; access < 2; access++) {
            assert_int_equal(wisp_guest_swap(s.guests[1], rig_module("reader_traps"), NULL),
                             WISP_OK);
            SHARE(&s, {.op = SHARE_FILL, .size = size},
                  LEND(.size = size, .target = 2, .type = CHANGE, .access = access,
                       .done = SHARE_DONE_LOOKS));
            stage_settle(&s);
            stage_expect_sized(&s,
                               access ? "1:+ 2:8003[#+0] 2:8003[#+0] 1:d8003+2 "
                                      : "1:+ 1:+ 2:8003[#+0] 2:8003[#+0] 1:d8003+0 ",
                               size);
        }
        stage_deinit(&s);
    }
}

static void an_owner_is_native_and_webassembly_by_turns(void **state)
{
    (void)state;
    struct stage s;
    sharers_init(&s, &sharer_shared, "reader_2");
    wisp_guest *guest = s.guests[0];
    for (int i = 0; i < 4; i++) {
        SHARE(&s, {.op = SHARE_FREE}, MAKE(.size = MIB),
              LEND(.size = MIB, .target = 2, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_LOOKS));
        stage_settle(&s);
        stage_expect(&s, "1:- 1:+ 1:+ 2:8003[1048576+0] 1:d8003+2 ");
        assert_int_equal(i % 2 == 0 ? wisp_guest_swap_native(guest, &reader_module, NULL)
                                    : wisp_guest_swap(guest, rig_module("reader"), NULL),
                         WISP_OK);
        assert_int_equal(wisp_guest_decide(guest, true, NULL, NULL), WISP_OK);
        assert_int_equal(stage_count_mapped(), 0);
    }
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ those who look again */

static void a_shadow_of_the_owner_does_the_same(void **state)
{
    (void)state;
    static const char *const candidates[] = {"reader", "reader_2"};
    for (size_t i = 0; i < SHARER_KINDS; i++)
        for (size_t k = 0; k < 2; k++) {
            struct stage s;
            uint32_t size = (uint32_t)sharer_kinds[i].size;
            wisp_shadow_status status;
            if (sharer_kinds[i].is_native)
                continue;
            sharers_init(&s, &sharer_kinds[i], "reader_2");
            SHARE(&s, MAKE(.slot = 9, .size = size)); /* which only a clone has */
            assert_int_equal(
                wisp_guest_shadow(s.guests[0], rig_module(candidates[k]), NULL, NULL), WISP_OK);
            SHARE(&s, MAKE(.slot = 1, .size = size),
                  LEND(.slot = 1, .size = size, .target = 2, .type = CHANGE, .access = 1,
                       .done = SHARE_DONE_LOOKS));
            stage_settle(&s);
            SHARE(&s, LEND(.slot = 1, .size = size, .target = 2, .type = READ));
            SHARE(&s, {.op = SHARE_FREE, .slot = 1}, {.op = SHARE_FREE, .slot = 1});
            stage_settle(&s);
            stage_expect_sized(&s, "1:+ 1:+ 1:+ 2:8003[#+0] 1:d8003+2 1:+ 1:+ 1:- 2:8001[#+2] ",
                               size);
            assert_true(wisp_guest_shadow_status(s.guests[0], &status));
            assert_int_equal(status.entries, 4);
            assert_int_equal(status.differences, 0);
            wisp_guest_shadow_end(s.guests[0]);
            SHARE(&s, LEND(.slot = 9, .size = size, .target = 2, .type = READ));
            stage_settle(&s);
            stage_expect_sized(&s, "1:+ 2:8001[#+0] ", size);
            stage_deinit(&s);
        }
}

static void a_region_that_was_shared_goes_on_in_a_shadow_and_on_record(void **state)
{
    (void)state;
    static struct take t;
    for (int is_recorded = 0; is_recorded < 2; is_recorded++) {
        struct stage s;
        wisp_record_config config = take_config(&t);
        memset(&t, 0, sizeof t);
        sharers_init(&s, &(const struct sharer_kind){WISP_MEMORY_MAPPED, 9 * PAGE, false},
                     "reader_2");
        SHARE(&s, MAKE(.size = 9 * PAGE),
              LEND(.size = 9 * PAGE, .target = 2, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_LOOKS));
        assert_int_equal(is_recorded
                             ? wisp_guest_record(s.guests[0], &config, NULL)
                             : wisp_guest_shadow(s.guests[0], rig_module("reader"), NULL, NULL),
                         WISP_OK);
        assert_true(stage_count_mapped() <= 1); /* for the host alone */
        stage_settle(&s);
        SHARE(&s, {.op = SHARE_COUNT, .size = 9 * PAGE});
        stage_expect_sized(&s, "1:+ 1:+ 2:8003[#+0] 1:d8003+2 1:=2 ", 9 * PAGE);
        wisp_shadow_status status = {0};
        assert_int_equal(wisp_guest_shadow_status(s.guests[0], &status), !is_recorded);
        assert_int_equal(status.differences, 0);
        wisp_guest_record_end(s.guests[0]);
        stage_deinit(&s);
        if (is_recorded)
            take_expect(&t, "reader", "done; message 0; ");
    }
}

static void what_an_owner_does_is_recorded_and_plays_equal(void **state)
{
    (void)state;
    static struct take t;
    struct stage s;
    memset(&t, 0, sizeof t);
    sharers_init(&s, &sharer_shared, "reader_2");
    wisp_record_config config = take_config(&t);
    assert_int_equal(wisp_guest_record(s.guests[0], &config, NULL), WISP_OK);
    for (uint32_t size = 100; size < MIB; size += 9 * PAGE - 100) {
        SHARE(&s, MAKE(.size = size),
              LEND(.size = size, .target = WISP_TO_ALL, .type = CHANGE, .access = 1,
                   .done = SHARE_DONE_FREES));
        stage_settle(&s);
        stage_expect_sized(&s, "1:+ 1:+ 1:8003[#+0] 2:8003[#+2] 1:d8003+4 1:+ ", size);
    }
    wisp_guest_record_end(s.guests[0]);
    stage_deinit(&s);
    take_expect(&t, "reader", "message 0; event 32771; done; message 0; event 32771; done; ");
}

/* As a recording may have it, which can be of any bytes. */
static void what_comes_back_outside_of_the_memory_is_not_put_there(void **state)
{
    (void)state;
    struct stage s;
    static const uint8_t byte;
    sharers_init(&s, &sharer_small, NULL);
    wisp_version *version = s.guests[0]->current;
    wisp_entry entry = {.kind = WISP_ENTRY_DONE, .bytes = {&byte, 1}};
    int found = 0;
    for (entry.func = 1; entry.func < 10; entry.func++) {
        wisp_error err;
        entry.number = stage_status(s.guests[0]).memory_size - 1;
        if (wisp_version_enter(version, &entry, NULL, &err) != WISP_OK)
            continue; /* not the function done that does nothing but log */
        found++;
        entry.number = UINT32_MAX;
        assert_int_equal(wisp_version_enter(version, &entry, NULL, &err), WISP_MISMATCH);
    }
    assert_int_equal(found, 1);
    stage_expect(&s, "1:d0 ");
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ at random */

enum { STEPS = 3000, GUESTS = 3 };

static uint32_t chance(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static void do_something_with_regions(wisp_guest *guest, uint32_t *seed)
{
    static const uint32_t sizes[] = {1, 1000, PAGE, 9 * PAGE + 5},
                          types[] = {READ_NOTHING, CHANGE};
    uint32_t size = sizes[chance(seed, 4)], target = chance(seed, GUESTS + 2);
    const struct share some[] = {
        {.op = chance(seed, 30) == 0 ? SHARE_TRAP : SHARE_FREE, .slot = chance(seed, 3)},
        MAKE(.slot = chance(seed, 3), .size = size),
        LEND(.slot = chance(seed, 3), .size = chance(seed, 8) == 0 ? size : 1,
             .target = target > GUESTS ? WISP_TO_ALL : target, .type = types[chance(seed, 2)],
             .access = chance(seed, 2), .done = chance(seed, 2) * SHARE_DONE_LOGS),
    };
    sharer_tell(guest, some, chance(seed, 4));
}

static void do_something_with_versions(wisp_guest *guest, uint32_t *seed)
{
    static const char *const names[] = {"reader", "reader_2", "reader_traps"};
    const wisp_module *module = rig_module(names[chance(seed, 6) / 2]);
    switch (chance(seed, 6)) {
    case 0:
        wisp_guest_stop(guest);
        break;
    case 1:
        wisp_guest_start(guest, module, NULL);
        break;
    case 2:
        wisp_guest_swap(guest, module, NULL);
        break;
    case 3:
        wisp_guest_shadow(guest, module, NULL, NULL);
        break;
    case 4:
        wisp_guest_shadow_end(guest);
        break;
    default:
        wisp_guest_decide(guest, chance(seed, 2), NULL, NULL);
    }
}

/* Each post that was asked to be told of is told of, unless its version is gone; and no page is
 * left of any region that nobody has. */
static void whatever_happens_no_region_is_lost_and_none_is_left(void **state)
{
    (void)state;
    for (uint32_t seed = 1, end = 4; seed < end; seed++) {
        struct stage s;
        uint32_t random = seed;
        wisp_guest_config config = sharer_config(&sharer_shared);
        config.on_fault = seed % 2 ? WISP_ON_FAULT_RESTART : WISP_ON_FAULT_DROP;
        config.regions_max = 4;
        stage_init(&s, NULL);
        for (int i = 0; i < GUESTS; i++)
            stage_add(&s, &config, "reader");
        for (int step = 0; step < STEPS; step++) {
            wisp_guest *guest = s.guests[chance(&random, GUESTS)];
            if (chance(&random, 8) == 0)
                do_something_with_versions(guest, &random);
            else
                do_something_with_regions(guest, &random);
            s.now_ns += 1000000;
            if (chance(&random, 3) == 0)
                stage_step(&s);
            stage_forget(&s);
        }
        for (int i = 0; i < GUESTS; i++)
            wisp_guest_stop(s.guests[i]);
        stage_settle(&s);
        assert_int_equal(stage_count_mapped(), 0);
        wisp_region *all;
        assert_int_equal(wisp_region_new(s.host, 64u << 20, &all, NULL), WISP_OK);
        stage_deinit(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_events_carry_a_region_whatever_becomes_of_the_owner),
        cmocka_unit_test(a_region_outlives_an_owner_that_is_paused),
        cmocka_unit_test(receivers_that_are_paused_get_it_later),
        cmocka_unit_test(an_entry_that_traps_has_posted_nothing_and_keeps_its_region),
        cmocka_unit_test(an_old_version_that_comes_back_has_its_region_as_others_made_it),
        cmocka_unit_test(what_a_version_that_fails_has_shared_is_carried_on),
        cmocka_unit_test(a_swap_that_is_refused_leaves_no_region),
        cmocka_unit_test(a_receiver_on_probation_is_given_it_again),
        cmocka_unit_test(an_owner_is_native_and_webassembly_by_turns),
        cmocka_unit_test(a_shadow_of_the_owner_does_the_same),
        cmocka_unit_test(a_region_that_was_shared_goes_on_in_a_shadow_and_on_record),
        cmocka_unit_test(what_an_owner_does_is_recorded_and_plays_equal),
        cmocka_unit_test(what_comes_back_outside_of_the_memory_is_not_put_there),
        cmocka_unit_test(whatever_happens_no_region_is_lost_and_none_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
