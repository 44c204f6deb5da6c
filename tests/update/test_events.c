#include "device.h"

#include "base/memory.h"
#include "update/event_ring.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is told of a device's life: the ring on disk, and what the updater puts into it. */

#define PATH      "/d/events"
#define PLACE(n)  ((size_t)(2 + (n) % WISP_UPDATE_EVENT_RING_LEN) * WISP_UPDATE_EVENT_BLOCK_SIZE)
#define FILE_SIZE PLACE(WISP_UPDATE_EVENT_RING_LEN - 1) + WISP_UPDATE_EVENT_BLOCK_SIZE

static faulty_os disk;
static wisp_folder folder;
static wisp_update_event_ring ring;

static void load(void)
{
    assert_int_equal(wisp_update_event_ring_load(&folder, &ring, NULL), WISP_OK);
    assert_int_equal(wisp_update_event_ring_reserve(&folder, &ring, NULL), WISP_OK);
}

static int setup(void **state)
{
    (void)state;
    faulty_os_init(&disk);
    assert_int_equal(
        wisp_folder_init(&folder, &disk.os, &wisp_allocator_default, "/d", NULL, NULL), WISP_OK);
    assert_int_equal(wisp_folder_make(&folder, NULL), WISP_OK);
    load();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faulty_os_deinit(&disk);
    return 0;
}

static wisp_update_event sample(uint64_t version)
{
    wisp_update_event event = {.kind = WISP_UPDATE_EVENT_KIND_ROLLED_BACK,
                               .at = 1900000000,
                               .version = version,
                               .running = version - 1,
                               .bytes = 4096,
                               .attempt = 3,
                               .channel = "stable",
                               .variant = "blue",
                               .code = "rejected",
                               .reason = "it said no"};
    memset(&event.hash, 0x22, sizeof event.hash);
    return event;
}

/* Notes events that are about versions [from] to [to]. */
static void add(uint64_t from, uint64_t to)
{
    for (uint64_t version = from; version <= to; version++) {
        wisp_update_event event = sample(version);
        assert_int_equal(wisp_update_event_ring_add(&folder, &ring, &event, NULL), WISP_OK);
    }
}

/* The events that wait, fetched batch by batch and acknowledged: their versions, in order. */
static size_t deliver(uint64_t versions[2 * WISP_UPDATE_EVENT_RING_LEN])
{
    wisp_update_event batch[WISP_UPDATE_EVENT_BATCH_MAX];
    size_t len, total = 0;
    for (;;) {
        assert_int_equal(wisp_update_event_ring_peek(&folder, &ring, batch, &len, NULL), WISP_OK);
        if (len == 0)
            return total;
        for (size_t i = 0; i < len; i++)
            versions[total++] = batch[i].version;
        wisp_update_event_delivery next = ring.delivery;
        next.acknowledged = batch[len - 1].sequence;
        assert_int_equal(wisp_update_event_ring_settle(&folder, &ring, &next, NULL), WISP_OK);
    }
}

static void expect_delivery(uint64_t from, uint64_t to)
{
    uint64_t versions[2 * WISP_UPDATE_EVENT_RING_LEN];
    size_t len = deliver(versions);
    assert_int_equal(len, to - from + 1);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(versions[i], from + i);
}

static uint8_t *bytes_at(size_t offset)
{
    return faulty_os_file(&disk, PATH)->data + offset;
}

/* --- blocks ------------------------------------------------------------------------------ */

static void an_event_comes_back_as_it_was(void **state)
{
    (void)state;
    uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE], again[WISP_UPDATE_EVENT_BLOCK_SIZE];
    uint64_t series;
    wisp_update_event event = sample(7), back;
    event.sequence = 9;
    event.lost = 2;
    event.is_private = true;
    wisp_update_event_encode(77, &event, block);
    assert_true(wisp_update_event_decode(block, &series, &back));
    assert_int_equal(series, 77);
    assert_int_equal(back.kind, event.kind);
    assert_int_equal(back.at, event.at);
    assert_string_equal(back.reason, event.reason);
    wisp_update_event_encode(series, &back, again);
    assert_memory_equal(again, block, sizeof again);
}

/* The places that docs/formats.md gives. */
static void blocks_are_laid_out_as_documented(void **state)
{
    (void)state;
    uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE];
    wisp_update_event event = sample(7);
    event.sequence = 9;
    event.lost = 2;
    event.is_private = true;
    wisp_update_event_encode(77, &event, block);
    assert_memory_equal(block, "wispevt\0\x4d\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x02\0", 26);
    assert_memory_equal(block + 32, "\0\xb3\x3f\x71\0\0\0\0\7\0\0\0\0\0\0\0\6\0", 18);
    assert_memory_equal(block + 56, "\0\x10\0\0\0\0\0\0\6\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0\x22\x22",
                        26);
    assert_string_equal((const char *)block + 112, "stable");
    assert_string_equal((const char *)block + 176, "blue");
    assert_string_equal((const char *)block + 208, "rejected");
    assert_string_equal((const char *)block + 240, "it said no");
    for (int i = 360; i < WISP_UPDATE_EVENT_BLOCK_SIZE - 4; i++)
        assert_int_equal(block[i], 0);
    wisp_update_event_delivery delivery = {3, 8, 1, 1900000000, 2, 16, 4};
    wisp_update_event_delivery_encode(77, &delivery, block);
    assert_memory_equal(block, "wispevd\0\x4d\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\x08\0", 26);
    assert_memory_equal(block + 32, "\1\0\0\0\0\0\0\0\0\xb3\x3f\x71\0\0\0\0\2\0\0\0\x10\0\0\0",
                        24);
}

static void any_flipped_bit_is_noticed(void **state)
{
    (void)state;
    uint8_t place[WISP_UPDATE_EVENT_BLOCK_SIZE], front[WISP_UPDATE_EVENT_BLOCK_SIZE];
    uint64_t series;
    wisp_update_event event = sample(7);
    wisp_update_event_delivery delivery = {3, 8, 1, 1900000000, 2, 16, 4};
    event.sequence = 9;
    wisp_update_event_encode(77, &event, place);
    wisp_update_event_delivery_encode(77, &delivery, front);
    for (size_t bit = 0; bit < 8 * WISP_UPDATE_EVENT_BLOCK_SIZE; bit++) {
        uint8_t flip = (uint8_t)(1 << bit % 8);
        place[bit / 8] ^= flip;
        front[bit / 8] ^= flip;
        assert_false(wisp_update_event_decode(place, &series, &event));
        assert_false(wisp_update_event_delivery_decode(front, &series, &delivery));
        place[bit / 8] ^= flip;
        front[bit / 8] ^= flip;
    }
}

static void a_block_that_cannot_be_is_refused(void **state)
{
    (void)state;
    uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE];
    uint64_t series;
    wisp_update_event bad[3] = {sample(1), sample(1), sample(1)}, event;
    bad[1].sequence = UINT64_C(1) << 53;
    bad[2].sequence = 5;
    bad[2].kind = WISP_UPDATE_EVENT_KIND_LEN;
    for (int i = 0; i < 3; i++) { /* the first has sequence 0 */
        wisp_update_event_encode(77, &bad[i], block);
        assert_false(wisp_update_event_decode(block, &series, &event));
    }
    wisp_update_event_delivery none[3] = {
        {0, 8, 1, 0, 0, 16, 0}, {3, 8, 1, 0, 0, 0, 0}, {3, 8, 1, 0, 0, 17, 0}};
    for (int i = 0; i < 3; i++) {
        wisp_update_event_delivery_encode(77, &none[i], block);
        assert_false(
            wisp_update_event_delivery_decode(block, &series, &(wisp_update_event_delivery){0}));
    }
}

/* --- the ring ---------------------------------------------------------------------------- */

static void events_are_delivered_in_their_order(void **state)
{
    (void)state;
    add(1, 40);
    assert_int_equal(wisp_update_event_ring_waiting(&ring), 40);
    expect_delivery(1, 40);
    assert_int_equal(wisp_update_event_ring_waiting(&ring), 0);
    add(41, 50);
    load();
    assert_int_equal(wisp_update_event_ring_waiting(&ring), 10);
    expect_delivery(41, 50);
    load();
    assert_int_equal(wisp_update_event_ring_waiting(&ring), 0);
    assert_int_equal(ring.lost, 0);
}

static void the_last_events_can_be_read_oldest_first(void **state)
{
    (void)state;
    wisp_update_event events[WISP_UPDATE_EVENTS_MAX];
    size_t len;
    assert_int_equal(wisp_update_events_read(&disk.os, "/nowhere", events, &len, NULL), WISP_OK);
    assert_int_equal(len, 0);
    add(1, 10);
    expect_delivery(1, 10);
    assert_int_equal(wisp_update_events_read(&disk.os, "/d", events, &len, NULL), WISP_OK);
    assert_int_equal(len, 10);
    add(11, 100);
    *bytes_at(PLACE(50)) ^= 1;
    assert_int_equal(wisp_update_events_read(&disk.os, "/d", events, &len, NULL), WISP_OK);
    assert_int_equal(len, WISP_UPDATE_EVENTS_MAX - 1);
    assert_int_equal(events[0].version, 37);
    assert_int_equal(events[12].version, 49);
    assert_int_equal(events[13].version, 51);
    assert_int_equal(events[len - 1].version, 100);
}

static void the_file_never_grows(void **state)
{
    (void)state;
    assert_int_equal(faulty_os_file(&disk, PATH)->size, FILE_SIZE);
    add(1, 300);
    assert_int_equal(faulty_os_file(&disk, PATH)->size, FILE_SIZE);
}

static void a_full_ring_drops_the_oldest_and_counts_it(void **state)
{
    (void)state;
    add(1, WISP_UPDATE_EVENT_RING_LEN);
    assert_int_equal(ring.lost, 0);
    add(WISP_UPDATE_EVENT_RING_LEN + 1, WISP_UPDATE_EVENT_RING_LEN + 36);
    assert_int_equal(ring.lost, 36);
    load();
    assert_int_equal(ring.lost, 36);
    assert_int_equal(wisp_update_event_ring_waiting(&ring), WISP_UPDATE_EVENT_RING_LEN);
    expect_delivery(37, WISP_UPDATE_EVENT_RING_LEN + 36);
    add(200, 263); /* in the place of what was delivered */
    assert_int_equal(ring.lost, 36);
}

static void what_happened_without_an_endpoint_is_never_delivered(void **state)
{
    (void)state;
    wisp_update_event event = sample(1);
    event.is_private = true;
    for (int i = 0; i < 100; i++)
        assert_int_equal(wisp_update_event_ring_add(&folder, &ring, &event, NULL), WISP_OK);
    add(2, 3);
    load();
    assert_int_equal(ring.lost, 0);
    expect_delivery(2, 3);
}

static void a_damaged_place_costs_its_own_event(void **state)
{
    (void)state;
    add(1, 30);
    for (size_t n = 5; n <= 7; n++)
        *bytes_at(PLACE(n) + 20 * n) ^= 1;
    load();
    uint64_t versions[2 * WISP_UPDATE_EVENT_RING_LEN];
    assert_int_equal(deliver(versions), 27);
    assert_int_equal(versions[3], 4);
    assert_int_equal(versions[4], 8);
}

static void a_place_that_is_damaged_later_is_counted_as_lost(void **state)
{
    (void)state;
    add(1, 30);
    *bytes_at(PLACE(9)) ^= 1;
    uint64_t versions[2 * WISP_UPDATE_EVENT_RING_LEN];
    assert_int_equal(deliver(versions), 29);
    assert_int_equal(ring.lost, 1);
}

static void without_its_front_all_is_delivered_again(void **state)
{
    (void)state;
    add(1, 30);
    expect_delivery(1, 30);
    uint64_t series = ring.series;
    memset(bytes_at(0), 0xff, 2 * WISP_UPDATE_EVENT_BLOCK_SIZE);
    load();
    assert_int_equal(ring.series, series); /* under the same ids */
    expect_delivery(1, 30);
    add(31, 31);
    assert_int_equal(ring.sequence, 31);
}

static void one_block_of_the_front_may_be_damaged(void **state)
{
    (void)state;
    add(1, 40);
    expect_delivery(1, 40); /* in three batches: generations 3, 4 and 5 */
    *bytes_at(100) ^= 1;
    load();
    assert_int_equal(wisp_update_event_ring_waiting(&ring), 0);
    *bytes_at(100) ^= 1;
    *bytes_at(WISP_UPDATE_EVENT_BLOCK_SIZE + 100) ^= 1;
    load();
    assert_int_equal(ring.delivery.acknowledged, 32);
    expect_delivery(33, 40);
}

static void a_ring_whose_newest_events_are_gone_uses_no_number_twice(void **state)
{
    (void)state;
    add(1, 30);
    expect_delivery(1, 30);
    memset(bytes_at(PLACE(25)), 0, 6 * WISP_UPDATE_EVENT_BLOCK_SIZE);
    load();
    add(31, 32);
    assert_int_equal(ring.sequence, 32);
    expect_delivery(31, 32);
}

static void events_of_another_ring_are_no_part_of_this_one(void **state)
{
    (void)state;
    uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE];
    wisp_update_event event = sample(500);
    add(1, 3);
    event.sequence = 50;
    wisp_update_event_encode(ring.series + 1, &event, block);
    memcpy(bytes_at(PLACE(50)), block, sizeof block);
    event.sequence = 51; /* and one in a place that is not its own */
    wisp_update_event_encode(ring.series, &event, block);
    memcpy(bytes_at(PLACE(52)), block, sizeof block);
    load();
    assert_int_equal(ring.sequence, 3);
    expect_delivery(1, 3);
}

static void a_ruined_file_becomes_a_new_ring(void **state)
{
    (void)state;
    add(1, 3);
    memset(bytes_at(0), 0xee, FILE_SIZE);
    load();
    assert_int_equal(ring.sequence, 0);
    add(1, 2);
    load();
    expect_delivery(1, 2);
}

static void an_event_that_cannot_be_written_is_counted_as_lost(void **state)
{
    (void)state;
    add(1, 3);
    wisp_update_event event = sample(4);
    for (uint64_t n = 1; n <= 3; n++) { /* open, write, sync */
        faulty_os_arm(&disk, FAULT_EIO, n + 1);
        assert_int_equal(wisp_update_event_ring_add(&folder, &ring, &event, NULL), WISP_IO);
        assert_int_equal(ring.lost, n);
    }
    faulty_os_arm(&disk, FAULT_NONE, 0);
    add(5, 5);
    load();
    assert_int_equal(ring.lost, 3);
    uint64_t versions[2 * WISP_UPDATE_EVENT_RING_LEN];
    assert_int_equal(deliver(versions), 4);
    assert_int_equal(versions[3], 5);
}

static void a_full_disk_still_notes_events(void **state)
{
    (void)state;
    size_t size = faulty_os_file(&disk, PATH)->size;
    add(1, 100);
    assert_int_equal(faulty_os_file(&disk, PATH)->size, size); /* no block more */
}

/*
 * Each call fails or is the last before power is lost, while events are noted, delivered and
 * noted: no number is used for two events, what was noted is delivered or counted, and no more
 * than two events are torn away by one cut.
 */
static void a_power_cut_costs_the_event_at_hand(void **state)
{
    (void)state;
    static const fault kinds[] = {FAULT_EIO, FAULT_ENOSPC, FAULT_SHORT, FAULT_CRASH};
    static const survival kept[] = {SURVIVES_ALL, SURVIVES_SYNCED};
    uint64_t points = 0;
    for (size_t k = 0; k < 8; k++) {
        bool struck = true;
        for (uint64_t n = 1; struck; n++, points++) {
            wisp_update_event_delivery next;
            uint64_t versions[2 * WISP_UPDATE_EVENT_RING_LEN], written = 0;
            teardown(NULL);
            setup(NULL);
            add(1, 70);
            faulty_os_arm(&disk, kinds[k / 2], n);
            for (uint64_t version = 71; version <= 73; version++) {
                wisp_update_event event = sample(version);
                if (wisp_update_event_ring_add(&folder, &ring, &event, NULL) == WISP_OK)
                    written = version;
            }
            next = ring.delivery;
            next.acknowledged = 40;
            wisp_update_event_ring_settle(&folder, &ring, &next, NULL);
            struck = faulty_os_struck(&disk);
            faulty_os_reboot(&disk, kept[k % 2]);
            load();
            add(100, 100);
            size_t len = deliver(versions);
            assert_in_range(len, 33, 64);
            assert_int_equal(versions[len - 1], 100);
            for (size_t i = 1; i < len; i++)
                assert_true(versions[i] > versions[i - 1]);
            if (written)
                assert_true(versions[len - 2] >= written);
        }
    }
    print_message("# %llu points\n", (unsigned long long)points);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_comes_back_as_it_was),
        cmocka_unit_test(blocks_are_laid_out_as_documented),
        cmocka_unit_test(any_flipped_bit_is_noticed),
        cmocka_unit_test(a_block_that_cannot_be_is_refused),
        CASE(events_are_delivered_in_their_order),
        CASE(the_last_events_can_be_read_oldest_first),
        CASE(the_file_never_grows),
        CASE(a_full_ring_drops_the_oldest_and_counts_it),
        CASE(what_happened_without_an_endpoint_is_never_delivered),
        CASE(a_damaged_place_costs_its_own_event),
        CASE(a_place_that_is_damaged_later_is_counted_as_lost),
        CASE(without_its_front_all_is_delivered_again),
        CASE(one_block_of_the_front_may_be_damaged),
        CASE(a_ring_whose_newest_events_are_gone_uses_no_number_twice),
        CASE(events_of_another_ring_are_no_part_of_this_one),
        CASE(a_ruined_file_becomes_a_new_ring),
        CASE(an_event_that_cannot_be_written_is_counted_as_lost),
        CASE(a_full_disk_still_notes_events),
        CASE(a_power_cut_costs_the_event_at_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
