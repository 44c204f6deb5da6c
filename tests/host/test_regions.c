#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <wisp/native.h>

#include "stage.h"
#include "takes.h"

#include "guests/reads.h"

/* Buffers that events carry. */

extern const wisp_native reader_module;

enum { MIB = 1 << 20 };

/* Copied as small, copied as the memory cannot be mapped, mapped; whole pages and not. */
static const struct kind {
    wisp_memory_source source;
    size_t size, region_size;
} kinds[] = {
    {WISP_MEMORY_ALLOCATED, 100, 100},
    {WISP_MEMORY_MAPPED, 100, 100},
    {WISP_MEMORY_MAPPED, 4096, 4096},
    {WISP_MEMORY_ALLOCATED, MIB, MIB},
    {WISP_MEMORY_MAPPED, MIB, MIB},
    {WISP_MEMORY_MAPPED, MIB / 2, MIB},
    {WISP_MEMORY_MAPPED, MIB / 2 - 1, MIB},
    {WISP_MEMORY_MAPPED, MIB + 1000, MIB + 1000},
    {WISP_MEMORY_ALLOCATED, MIB + 1000, MIB + 1000},
    {WISP_MEMORY_MAPPED, MIB - 1, 2 * MIB},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static wisp_guest_config config_of(const struct kind *kind)
{
    return (wisp_guest_config){.fuel = 200000000,
                               .deadline_ms = WISP_NO_DEADLINE,
                               .limits = {.memory_source = kind->source}};
}

static void readers(struct stage *s, const struct kind *kind, const char *first,
                    const char *second)
{
    wisp_guest_config config = config_of(kind);
    stage_init(s, NULL);
    stage_add(s, &config, first);
    if (second)
        stage_add(s, &config, second);
}

static wisp_region *new_region(struct stage *s, size_t size)
{
    wisp_region *region;
    assert_int_equal(wisp_region_new(s->host, size, &region, NULL), WISP_OK);
    assert_int_equal(wisp_region_size(region), size);
    uint8_t *data = wisp_region_data(region);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(data[i], 0);
        data[i] = (uint8_t)(i * 7);
    }
    return region;
}

static size_t count_changed(wisp_region *region)
{
    const uint8_t *data = wisp_region_data(region);
    size_t changed = 0;
    for (size_t i = 0; i < wisp_region_size(region); i++)
        changed += data[i] != (uint8_t)(i * 7);
    return changed;
}

/* ------------------------------------------------------------------ reading and changing */

static void a_region_is_read_by_all_who_hear_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "reader", "reader_2");
        wisp_region *region = new_region(&s, kinds[i].region_size);
        assert_int_equal(POST(&s, .target = WISP_TO_ALL, .type = READ, .region = region,
                              .size = kinds[i].size),
                         WISP_OK);
        stage_step(&s);
        stage_expect_sized(&s, "1:8001[#+0] 2:8001[#+0] done 8001 ", kinds[i].size);
        wisp_region_free(region);
        stage_deinit(&s);
    }
}

static void the_program_looks_at_the_very_bytes(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader", NULL);
    wisp_region *region = new_region(&s, MIB);
    POST(&s, .target = WISP_TO_PROGRAM, .type = READ, .region = region, .size = 1000);
    stage_step(&s);
    stage_expect(&s, "p:e8001[1000]<0 done 8001 ");
    assert_ptr_equal(s.event_data, wisp_region_data(region));
    assert_ptr_equal(s.event_region, region);
    assert_ptr_equal(s.done_data, wisp_region_data(region));
    stage_deinit(&s);
}

static void what_a_reader_writes_nobody_sees(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "reader", "reader_2");
        wisp_region *region = new_region(&s, kinds[i].region_size);
        for (int times = 0; times < 2; times++) {
            POST(&s, .target = WISP_TO_ALL, .type = CHANGE, .region = region,
                 .size = kinds[i].size);
            stage_step(&s);
            stage_expect_sized(&s, "1:8003[#+0] 2:8003[#+0] done 8003 ", kinds[i].size);
        }
        assert_int_equal(count_changed(region), 0);
        stage_deinit(&s);
    }
}

static void changes_go_on_to_the_next_and_back_to_the_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "reader", "reader_2");
        wisp_region *region = new_region(&s, kinds[i].region_size);
        POST(&s, .target = WISP_TO_ALL, .type = CHANGE, .region = region, .size = kinds[i].size,
             .region_writable = true);
        stage_step(&s);
        stage_expect_sized(&s, "1:8003[#+0] 2:8003[#+2] done 8003 ", kinds[i].size);
        assert_int_equal(count_changed(region), 4);
        stage_deinit(&s);
    }
}

static void native_modules_are_among_the_receivers(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader", "reader_2");
    wisp_guest_stop(s.guests[0]);
    assert_int_equal(wisp_guest_start_native(s.guests[0], &reader_module, NULL), WISP_OK);
    wisp_region *region = new_region(&s, MIB);
    POST(&s, .target = WISP_TO_ALL, .type = CHANGE, .region = region, .size = MIB,
         .region_writable = true);
    POST(&s, .target = WISP_TO_ALL, .type = READ, .region = region, .size = MIB);
    stage_step(&s);
    stage_expect(&s, "1:8003[1048576+0] 2:8003[1048576+2] done 8003 "
                     "1:8001[1048576+4] 2:8001[1048576+4] done 8001 ");
    stage_deinit(&s);
}

static void what_follows_the_bytes_is_not_shared(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader_behind", NULL);
    wisp_region *region = new_region(&s, 2 * MIB);
    POST(&s, .target = 1, .type = READ, .region = region, .size = MIB + 1);
    stage_step(&s);
    stage_expect(&s, "1:8001[1048577+0] 1:behind 0 done 8001 ");
    stage_deinit(&s);
}

static void it_is_gone_after_the_handler(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "reader", NULL);
        wisp_region *region = new_region(&s, kinds[i].region_size);
        for (int writable = 0; writable < 2; writable++) {
            POST(&s, .target = 1, .type = READ, .region = region, .size = kinds[i].size,
                 .region_writable = writable);
            stage_step(&s);
            s.heard_len = 0;
            uint8_t *data = wisp_region_data(region);
            data[0] = 99;
            wisp_guest_deliver(s.guests[0], 1, (wisp_bytes){NULL, 0}, NULL);
            stage_expect(&s, "1:0 ");
            data[0] = 0;
        }
        stage_deinit(&s);
    }
}

static void a_region_goes_where_no_other_bytes_of_the_module_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "actor", NULL);
        size_t size = kinds[i].size;
        wisp_region *region = new_region(&s, kinds[i].region_size);
        for (int times = 0; times < 3; times++) {
            ACT(&s, s.guests[0], ACT_GROW, .number = 3);
            ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8005, .size = 4096,
                .done = DONE_LOGS);
            POST(&s, .target = 1, .type = 0x8001, .region = region, .size = size);
            POST(&s, .target = 1, .type = 0x8002, .data = wisp_region_data(region), .size = 100);
            POST(&s, .target = 1, .type = 0x8003, .region = region, .size = size,
                 .region_writable = true);
            stage_settle(&s);
            stage_expect_sized(&s,
                               "1:grown 1 1:+ 1:e8005[4096]@<1 1:d8005 1:e8001[#]<0 done 8001 "
                               "1:e8002[100]<0 done 8002 1:e8003[#]<0 done 8003 ",
                               size);
        }
        assert_int_equal(count_changed(region), 0);
        stage_deinit(&s);
    }
}

/* ------------------------------------------------------------------ mapping */

static void note_mapped(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                        size_t size)
{
    (void)guest, (void)level, (void)text, (void)size;
    *(int *)user = stage_count_mapped();
}

static void a_large_region_is_mapped_while_it_is_read(void **state)
{
    (void)state;
    struct stage s;
    int mapped = 0;
    stage_init(&s, NULL);
    wisp_guest_config config = config_of(&kinds[4]);
    config.on_log = note_mapped;
    config.user = &mapped;
    wisp_guest *guest;
    wisp_guest_new(s.host, &config, &guest, NULL);
    assert_int_equal(wisp_guest_start(guest, rig_module("reader"), NULL), WISP_OK);
    wisp_region *region = new_region(&s, MIB);
    if (stage_count_mapped() == 0)
        skip();
    static const enum reads types[] = {READ, CHANGE, CHANGE_AND_TRAP};
    for (int i = 0; i < 3; i++) {
        POST(&s, .target = 1, .type = types[i], .region = region, .size = MIB);
        stage_step(&s);
        assert_int_equal(mapped, 2);
        assert_int_equal(stage_count_mapped(), 1);
    }
    wisp_region_free(region);
    assert_int_equal(stage_count_mapped(), 0);
    stage_deinit(&s);
}

static void where_the_system_shares_nothing_it_is_copied(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader", "reader_2");
    stage_refuse_files(true);
    wisp_region *region = new_region(&s, MIB);
    stage_refuse_files(false);
    POST(&s, .target = WISP_TO_ALL, .type = CHANGE, .region = region, .size = MIB);
    POST(&s, .target = WISP_TO_ALL, .type = CHANGE, .region = region, .size = MIB,
         .region_writable = true);
    stage_step(&s);
    stage_expect(&s, "1:8003[1048576+0] 2:8003[1048576+0] done 8003 "
                     "1:8003[1048576+0] 2:8003[1048576+2] done 8003 ");
    assert_int_equal(count_changed(region), 4);
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ receivers that fail */

static void a_receiver_without_room_goes_without(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader_of_100", "reader");
    wisp_region *region = new_region(&s, MIB);
    POST(&s, .target = WISP_TO_ALL, .type = READ, .region = region, .size = MIB);
    stage_step(&s);
    stage_expect(&s, "2:8001[1048576+0] done 8001 ");
    assert_int_equal(stage_status(s.guests[0]).events_dropped, 1);
    assert_int_equal(stage_status(s.guests[0]).traps, 0);
    stage_deinit(&s);
}

static void a_buffer_without_room_for_pages_is_copied_to(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader_of_1m", NULL);
    wisp_region *region = new_region(&s, MIB);
    POST(&s, .target = 1, .type = READ, .region = region, .size = MIB);
    POST(&s, .target = 1, .type = READ, .region = region, .size = MIB - 5000);
    stage_step(&s);
    stage_expect(&s, "1:8001[1048576+0] done 8001 1:8001[1043576+0] done 8001 ");
    stage_deinit(&s);
}

static void a_receiver_that_fails_has_changed_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "reader", "reader_2");
        wisp_region *region = new_region(&s, kinds[i].region_size);
        POST(&s, .target = WISP_TO_ALL, .type = CHANGE_AND_TRAP, .region = region,
             .size = kinds[i].size, .region_writable = true);
        stage_step(&s);
        stage_expect_sized(&s, "1:8004[#+0] 2:8004[#+0] done 8004 ", kinds[i].size);
        assert_int_equal(stage_status(s.guests[0]).traps, 1);
        POST(&s, .target = 1, .type = READ, .region = region, .size = kinds[i].size);
        stage_step(&s);
        stage_expect_sized(&s, "1:8001[#+0] done 8001 ", kinds[i].size);
        assert_int_equal(count_changed(region), 0);
        stage_deinit(&s);
    }
}

/* ------------------------------------------------------------------ swaps and what looks again
 */

static void after_a_trap_on_probation_the_old_version_changes_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct stage s;
        readers(&s, &kinds[i], "reader", NULL);
        wisp_region *region = new_region(&s, kinds[i].region_size);
        for (int writable = 0; writable < 2; writable++) {
            assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("reader_traps"), NULL),
                             WISP_OK);
            POST(&s, .target = 1, .type = CHANGE, .region = region, .size = kinds[i].size,
                 .region_writable = writable);
            stage_step(&s);
            stage_expect_sized(&s, "1:8003[#+0] 1:8003[#+0] done 8003 ", kinds[i].size);
            assert_int_equal(count_changed(region), writable ? 2 : 0);
        }
        assert_int_equal(stage_status(s.guests[0]).reverts, 2);
        stage_deinit(&s);
    }
}

static void an_old_version_gets_what_the_new_one_got(void **state)
{
    (void)state;
    static const size_t sizes[] = {1000, 600000};
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        readers(&s, &kinds[4], "reader", NULL);
        for (int writable = 0; writable < 2; writable++) {
            wisp_region *region = new_region(&s, sizes[i]);
            wisp_guest_swap(s.guests[0], rig_module("reader_2"), NULL);
            POST(&s, .target = 1, .type = CHANGE, .region = region, .size = sizes[i],
                 .region_writable = writable);
            stage_step(&s);
            stage_expect_sized(&s, "1:8003[#+0] done 8003 ", sizes[i]);
            memset(wisp_region_data(region), 1, sizes[i]); /* it is the program's again */
            assert_int_equal(wisp_guest_decide(s.guests[0], false, NULL, NULL), WISP_OK);
            stage_expect_sized(&s, "1:8003[#+0] ", sizes[i]);
            assert_int_equal(((uint8_t *)wisp_region_data(region))[1], 1);
        }
        stage_deinit(&s);
    }
}

static void a_shadow_sees_them_and_is_compared_in_what_it_changes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t differences;
    } candidates[] = {{"reader_2", 0}, {"reader_changes_more", 1}};
    for (size_t i = 0; i < KIND_COUNT; i++)
        for (size_t k = 0; k < 2; k++) {
            struct stage s;
            readers(&s, &kinds[i], "reader", NULL);
            wisp_region *region = new_region(&s, kinds[i].region_size);
            wisp_shadow_config config = {.differences_max = 10};
            wisp_shadow_status status;
            assert_int_equal(
                wisp_guest_shadow(s.guests[0], rig_module(candidates[k].name), &config, NULL),
                WISP_OK);
            for (int writable = 0; writable < 2; writable++) {
                POST(&s, .target = 1, .type = CHANGE, .region = region, .size = kinds[i].size,
                     .region_writable = writable);
                stage_step(&s);
            }
            stage_expect_sized(&s, "1:8003[#+0] done 8003 1:8003[#+0] done 8003 ", kinds[i].size);
            assert_int_equal(count_changed(region), 2);
            assert_true(wisp_guest_shadow_status(s.guests[0], &status));
            assert_int_equal(status.entries, 2);
            assert_int_equal(status.differences, candidates[k].differences);
            stage_deinit(&s);
        }
}

static void they_are_recorded_as_bytes(void **state)
{
    (void)state;
    static struct take t;
    struct stage s;
    memset(&t, 0, sizeof t);
    readers(&s, &kinds[5], "reader", NULL);
    wisp_record_config config = take_config(&t);
    assert_int_equal(wisp_guest_record(s.guests[0], &config, NULL), WISP_OK);
    wisp_region *region = new_region(&s, MIB);
    POST(&s, .target = 1, .type = CHANGE, .region = region, .size = MIB / 2);
    POST(&s, .target = 1, .type = CHANGE, .region = region, .size = 1000,
         .region_writable = true);
    stage_step(&s);
    assert_int_equal(count_changed(region), 2);
    wisp_guest_record_end(s.guests[0]);
    stage_deinit(&s);
    take_expect(&t, "reader", "event 32771; event 32771; ");
}

/* ------------------------------------------------------------------ posting and letting go */

static void what_is_no_part_of_a_region_is_refused(void **state)
{
    (void)state;
    struct stage s, other;
    readers(&s, &kinds[0], "reader", NULL);
    stage_init(&other, NULL);
    wisp_region *region = new_region(&s, 1000), *foreign = new_region(&other, 1000);
    wisp_error err;
    assert_int_equal(POST(&s, .target = 1, .type = READ, .region = region, .size = 1001),
                     WISP_INVALID);
    assert_int_equal(POST(&s, .target = 1, .type = READ, .region = region), WISP_INVALID);
    assert_int_equal(POST(&s, .target = 1, .type = READ, .region = foreign, .size = 1000),
                     WISP_INVALID);
    assert_int_equal(POST(&s, .target = 9, .type = READ, .region = region, .size = 1000),
                     WISP_NOT_FOUND);
    stage_expect(&s, "done 8001 done 8001 done 8001 done 8001 ");
    assert_int_equal(wisp_region_new(s.host, 0, &foreign, &err), WISP_INVALID);
    stage_deinit(&s);
    stage_deinit(&other);
}

static void regions_are_limited_where_they_are_made(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, &(wisp_host_config){.region_bytes_max = MIB, .event_bytes_max = 1000});
    wisp_guest_config config = config_of(&kinds[0]);
    config.message_size_max = 1000;
    stage_add(&s, &config, "reader");
    wisp_region *region = new_region(&s, MIB - 10), *small, *more;
    assert_int_equal(wisp_region_new(s.host, 11, &more, NULL), WISP_LIMIT);
    assert_int_equal(wisp_region_new(s.host, SIZE_MAX, &more, NULL), WISP_LIMIT);
    assert_int_equal(wisp_region_new(s.host, 10, &small, NULL), WISP_OK);
    POST(&s, .target = 1, .type = READ_NOTHING, .region = region, .size = MIB - 10);
    POST(&s, .target = WISP_TO_ALL, .type = READ_NOTHING, .region = region, .size = MIB - 10);
    wisp_region_free(region);
    assert_int_equal(wisp_region_new(s.host, 1, &more, NULL), WISP_LIMIT);
    stage_step(&s);
    stage_expect(&s, "1:8002[1048566+0] done 8002 1:8002[1048566+0] done 8002 ");
    assert_int_equal(wisp_region_new(s.host, 1, &more, NULL), WISP_OK);
    stage_deinit(&s);
}

static void a_host_that_is_freed_is_done_with_its_regions(void **state)
{
    (void)state;
    struct stage s;
    readers(&s, &kinds[4], "reader", NULL);
    wisp_region *held = new_region(&s, MIB), *free = new_region(&s, 100);
    POST(&s, .target = 1, .type = READ, .region = held, .size = MIB);
    POST(&s, .target = 1, .type = READ, .region = free, .size = 100);
    POST(&s, .target = WISP_TO_ALL, .type = READ, .region = free, .size = 100);
    wisp_region_free(free);
    stage_deinit(&s);
    assert_int_equal(s.done_calls, 3);
    assert_int_equal(stage_count_mapped(), 0);
}

/* What is refused while a region is made, posted and delivered on probation and in the shadow. */
static void a_refusal_of_memory_loses_no_done(void **state)
{
    (void)state;
    for (size_t n = 1, calls = 1; n <= calls; n++) {
        struct stage s;
        readers(&s, &kinds[0], "reader", "reader");
        wisp_guest_swap(s.guests[0], rig_module("reader_2"), NULL);
        wisp_guest_shadow(s.guests[1], rig_module("reader_2"), NULL, NULL);
        size_t before = s.ledger.calls;
        s.ledger.refuse_from = s.ledger.refuse_to = before + n;
        wisp_region *region = NULL;
        wisp_error err;
        uint32_t posts = 0;
        if (wisp_region_new(s.host, 1000, &region, &err) != WISP_OK) {
            assert_int_equal(err.status, WISP_NO_MEMORY);
        } else {
            for (; posts < 3; posts++)
                POST(&s, .target = WISP_TO_ALL, .type = CHANGE, .region = region, .size = 1000,
                     .region_writable = posts > 0);
            wisp_region_free(region);
        }
        stage_settle(&s);
        calls = s.ledger.calls - before;
        s.ledger.refuse_from = 0;
        assert_int_equal(s.done_calls, posts);
        stage_deinit(&s);
    }
}

/* ------------------------------------------------------------------ threads */

enum { THREADS = 3, ROUNDS = 200 };

static void count_done(void *user, uint32_t type, const void *data)
{
    (void)type, (void)data;
    ++*(uint32_t *)user;
}

struct producer {
    wisp_host *host;
    uint32_t done; /* only the thread of the host counts */
};

/* NULL if all went well. */
static void *produce(void *user)
{
    struct producer *p = user;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        wisp_region *region;
        size_t size = i % 10 == 0 ? MIB / 2 : 100;
        if (wisp_region_new(p->host, size, &region, NULL) != WISP_OK)
            return p;
        memset(wisp_region_data(region), (int)i, size);
        wisp_post post = {
            .type = READ, .region = region, .size = size, .done = count_done, .user = &p->done};
        wisp_status status = wisp_host_post(p->host, &post, NULL);
        wisp_region_free(region);
        if (status != WISP_OK)
            return p;
    }
    return NULL;
}

static void any_thread_makes_and_frees_them(void **state)
{
    (void)state;
    wisp_host *host;
    wisp_host_config config = {.region_bytes_max = (uint64_t)THREADS * ROUNDS * MIB};
    assert_int_equal(wisp_host_new(&config, &host, NULL), WISP_OK);
    pthread_t threads[THREADS];
    struct producer producers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        producers[i].host = host;
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < 100; i++)
        wisp_host_step(host, 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    wisp_host_step(host, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(producers[i].done, ROUNDS);
    wisp_host_free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_is_read_by_all_who_hear_of_it),
        cmocka_unit_test(the_program_looks_at_the_very_bytes),
        cmocka_unit_test(what_a_reader_writes_nobody_sees),
        cmocka_unit_test(changes_go_on_to_the_next_and_back_to_the_program),
        cmocka_unit_test(native_modules_are_among_the_receivers),
        cmocka_unit_test(what_follows_the_bytes_is_not_shared),
        cmocka_unit_test(it_is_gone_after_the_handler),
        cmocka_unit_test(a_region_goes_where_no_other_bytes_of_the_module_are),
        cmocka_unit_test(a_large_region_is_mapped_while_it_is_read),
        cmocka_unit_test(where_the_system_shares_nothing_it_is_copied),
        cmocka_unit_test(a_receiver_without_room_goes_without),
        cmocka_unit_test(a_buffer_without_room_for_pages_is_copied_to),
        cmocka_unit_test(a_receiver_that_fails_has_changed_nothing),
        cmocka_unit_test(after_a_trap_on_probation_the_old_version_changes_it),
        cmocka_unit_test(an_old_version_gets_what_the_new_one_got),
        cmocka_unit_test(a_shadow_sees_them_and_is_compared_in_what_it_changes),
        cmocka_unit_test(they_are_recorded_as_bytes),
        cmocka_unit_test(what_is_no_part_of_a_region_is_refused),
        cmocka_unit_test(regions_are_limited_where_they_are_made),
        cmocka_unit_test(a_host_that_is_freed_is_done_with_its_regions),
        cmocka_unit_test(a_refusal_of_memory_loses_no_done),
        cmocka_unit_test(any_thread_makes_and_frees_them),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
