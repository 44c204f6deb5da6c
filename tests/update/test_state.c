#include "faulty_os.h"

#include "base/memory.h"
#include "update/bans.h"
#include "update/record.h"
#include "update/transition.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <zlib.h>

/* The pure table of states, and the two files that remember: record and bans. */

/* --- transitions ------------------------------------------------------------------------- */

/* In the order of the events: STAGE, ACQUIRE, RESTART, EXHAUST, COMMIT, REJECT, DROP. */
#define NO (-1)
static const int expected[WISP_IMAGE_STATE_LEN][WISP_IMAGE_EVENT_LEN] = {
    [WISP_STATE_NONE] = {WISP_STATE_STAGED, NO, WISP_STATE_NONE, NO, NO, NO, NO},
    [WISP_STATE_STAGED] = {WISP_STATE_STAGED, WISP_STATE_TRIAL, WISP_STATE_STAGED,
                           WISP_STATE_BANNED, NO, NO, WISP_STATE_NONE},
    [WISP_STATE_TRIAL] = {NO, WISP_STATE_TRIAL, WISP_STATE_STAGED, WISP_STATE_BANNED,
                          WISP_STATE_GOOD, WISP_STATE_BANNED, WISP_STATE_NONE},
    [WISP_STATE_GOOD] = {NO, NO, WISP_STATE_GOOD, NO, NO, WISP_STATE_BANNED, WISP_STATE_NONE},
    [WISP_STATE_BANNED] = {NO, NO, WISP_STATE_BANNED, NO, NO, NO, NO},
};

static void every_state_answers_every_event_as_written(void **state)
{
    (void)state;
    for (int from = 0; from < WISP_IMAGE_STATE_LEN; from++) {
        for (int event = 0; event < WISP_IMAGE_EVENT_LEN; event++) {
            wisp_image_state to = (wisp_image_state)77;
            bool legal = wisp_image_step((wisp_image_state)from, (wisp_image_event)event, &to);
            assert_int_equal(legal, expected[from][event] != NO);
            assert_int_equal(to, legal ? expected[from][event] : 77);
        }
    }
}

static void nothing_leaves_the_ban(void **state)
{
    (void)state;
    wisp_image_state to;
    for (int event = 0; event < WISP_IMAGE_EVENT_LEN; event++)
        if (wisp_image_step(WISP_STATE_BANNED, (wisp_image_event)event, &to))
            assert_int_equal(to, WISP_STATE_BANNED);
}

static void nothing_becomes_good_but_by_a_trial(void **state)
{
    (void)state;
    wisp_image_state to;
    for (int from = 0; from < WISP_IMAGE_STATE_LEN; from++)
        for (int event = 0; event < WISP_IMAGE_EVENT_LEN; event++)
            if (from != WISP_STATE_GOOD &&
                wisp_image_step((wisp_image_state)from, (wisp_image_event)event, &to) &&
                to == WISP_STATE_GOOD)
                assert_int_equal(from, WISP_STATE_TRIAL);
}

/* --- record ------------------------------------------------------------------------------ */

static wisp_record sample(void)
{
    wisp_record record = {.generation = 7,
                          .good = {.state = WISP_STATE_GOOD, .version = 5, .size = 100},
                          .candidate = {.state = WISP_STATE_TRIAL,
                                        .version = 6,
                                        .size = UINT64_C(1) << 40,
                                        .attempts = 2,
                                        .since = -5},
                          .lost = {.state = WISP_STATE_GOOD,
                                   .version = 4,
                                   .reason = "the stored module is damaged"},
                          .versions = {1, 22, 333, 4444},
                          .time_floor = 1900000000,
                          .last_check = 1900000001,
                          .last_result = {.outcome = WISP_UPDATE_REFUSED,
                                          .status = WISP_BANNED,
                                          .version = 9,
                                          .bytes_fetched = 12345,
                                          .reason = "version 9 failed here before"}};
    memset(&record.target, 0x11, sizeof record.target);
    memset(&record.good.hash, 0x22, sizeof record.good.hash);
    memset(&record.candidate.hash, 0x33, sizeof record.candidate.hash);
    memset(&record.last_result.hash, 0x44, sizeof record.last_result.hash);
    return record;
}

static void a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record record = sample(), back;
    wisp_record_encode(&record, block);
    assert_int_equal(wisp_record_decode(block, &back, NULL), WISP_OK);
    assert_memory_equal(&back, &record, sizeof back);
}

/* The places that docs/formats.md gives. */
static void a_record_is_laid_out_as_documented(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record record = sample();
    wisp_record_encode(&record, block);
    assert_memory_equal(block, "wispupd\0\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\x11\x11", 26);
    assert_memory_equal(block + 56, "\3\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\x64\0", 18);
    assert_memory_equal(block + 120, "\2\0\0\0\2\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\xfb\xff",
                        26);
    assert_memory_equal(block + 184, "\1\0\0\0\0\0\0\0\x16\0\0\0\0\0\0\0\x4d\1", 18);
    assert_memory_equal(block + 216, "\0\xb3\x3f\x71\0\0\0\0\1\xb3\x3f\x71", 12);
    assert_memory_equal(block + 232, "\3\0\0\0\x0c\0\0\0\x09", 9);
    assert_string_equal((const char *)block + 288, "version 9 failed here before");
    assert_memory_equal(block + 528, "\3\0\0\0\0\0\0\0\4\0", 10);
    assert_string_equal((const char *)block + 592, "the stored module is damaged");
    for (int i = 712; i < WISP_RECORD_SIZE - 4; i++)
        assert_int_equal(block[i], 0);
}

static void any_flipped_bit_of_a_record_is_noticed(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record record = sample(), back;
    wisp_record_encode(&record, block);
    for (size_t bit = 0; bit < 8 * WISP_RECORD_SIZE; bit++) {
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(wisp_record_decode(block, &back, NULL), WISP_MALFORMED);
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_record_that_cannot_be_is_refused(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record back;
    wisp_record bad[6];
    for (int i = 0; i < 6; i++)
        bad[i] = sample();
    bad[0].good.state = WISP_STATE_TRIAL;
    bad[1].candidate.state = WISP_STATE_GOOD;
    bad[2].candidate.state = (wisp_image_state)200;
    bad[3].generation = 0;
    bad[4].last_result.outcome = (wisp_update_outcome)4;
    bad[5].last_result.status = (wisp_status)99;
    for (int i = 0; i < 6; i++) {
        wisp_record_encode(&bad[i], block);
        assert_int_equal(wisp_record_decode(block, &back, NULL), WISP_MALFORMED);
    }
}

static faulty_os disk;
static wisp_folder folder;

static int setup(void **state)
{
    (void)state;
    faulty_os_init(&disk);
    assert_int_equal(
        wisp_folder_init(&folder, &disk.os, &wisp_allocator_default, "/d", NULL, NULL), WISP_OK);
    assert_int_equal(wisp_folder_make(&folder, NULL), WISP_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faulty_os_deinit(&disk);
    return 0;
}

static void records_take_turns(void **state)
{
    (void)state;
    wisp_record record = {0}, back;
    assert_int_equal(wisp_record_load(&folder, &back, NULL), WISP_NOT_FOUND);
    for (uint64_t generation = 1; generation <= 5; generation++) {
        assert_int_equal(wisp_record_save(&folder, &record, NULL), WISP_OK);
        assert_int_equal(record.generation, generation);
        assert_int_equal(wisp_record_load(&folder, &back, NULL), WISP_OK);
        assert_int_equal(back.generation, generation);
    }
    assert_int_equal(faulty_os_file(&disk, "/d/state.0")->data[16], 4);
    assert_int_equal(faulty_os_file(&disk, "/d/state.1")->data[16], 5);
}

static void a_torn_write_leaves_the_old_record(void **state)
{
    (void)state;
    wisp_record record = {0}, back;
    assert_int_equal(wisp_record_save(&folder, &record, NULL), WISP_OK);
    assert_int_equal(wisp_record_save(&folder, &record, NULL), WISP_OK);
    faulty_bytes *slot = faulty_os_file(&disk, "/d/state.0");
    for (size_t size = 0; size < WISP_RECORD_SIZE; size += 64) {
        slot->size = size;
        assert_int_equal(wisp_record_load(&folder, &back, NULL), WISP_OK);
        assert_int_equal(back.generation, 1);
    }
}

static void a_record_of_a_later_format_is_left_alone(void **state)
{
    (void)state;
    wisp_record record = {0}, back;
    wisp_error err;
    assert_int_equal(wisp_record_save(&folder, &record, NULL), WISP_OK);
    assert_int_equal(wisp_record_save(&folder, &record, NULL), WISP_OK);
    uint8_t *block = faulty_os_file(&disk, "/d/state.0")->data;
    block[8] = 2; /* with a wrong sum it is damaged, with the right one of another format */
    assert_int_equal(wisp_record_load(&folder, &back, &err), WISP_OK);
    assert_int_equal(back.generation, 1);
    uint32_t sum = (uint32_t)crc32(0, block, WISP_RECORD_SIZE - 4);
    for (int i = 0; i < 4; i++)
        block[WISP_RECORD_SIZE - 4 + i] = (uint8_t)(sum >> 8 * i);
    assert_int_equal(wisp_record_load(&folder, &back, &err), WISP_UNSUPPORTED);
    assert_string_equal(err.text, "the state record has format 2, expected 1");
}

/* --- bans -------------------------------------------------------------------------------- */

static wisp_update_entry ban_of(int n)
{
    wisp_update_entry entry = {.version = (uint64_t)n, .size = 10, .since = 5, .attempts = 1};
    memset(entry.hash.bytes, n, sizeof entry.hash.bytes);
    strcpy(entry.reason, "it failed");
    return entry;
}

static void add_ban(wisp_bans *bans, int n)
{
    wisp_update_entry entry = ban_of(n);
    assert_int_equal(wisp_bans_save(&folder, bans, wisp_bans_add(bans, &entry), NULL), WISP_OK);
}

static void bans_come_back_in_their_order(void **state)
{
    (void)state;
    wisp_bans bans = {0}, back;
    wisp_update_entry list[WISP_UPDATE_BANS_MAX];
    assert_int_equal(wisp_bans_load(&folder, &back, NULL), WISP_OK);
    assert_int_equal(wisp_bans_list(&back, list), 0);
    assert_int_equal(wisp_bans_reserve(&folder, NULL), WISP_OK);
    for (int n = 1; n <= 40; n++)
        add_ban(&bans, n);
    add_ban(&bans, 30); /* once more: now it is the youngest */
    assert_int_equal(wisp_bans_reserve(&folder, NULL), WISP_OK);
    assert_int_equal(wisp_bans_load(&folder, &back, NULL), WISP_OK);
    assert_memory_equal(&back, &bans, sizeof back);
    assert_int_equal(wisp_bans_list(&back, list), WISP_UPDATE_BANS_MAX);
    assert_int_equal(list[0].version, 25);
    assert_int_equal(list[WISP_UPDATE_BANS_MAX - 1].version, 30);
    wisp_update_entry found = ban_of(40), gone = ban_of(24);
    assert_non_null(wisp_bans_find(&back, &found.hash));
    assert_null(wisp_bans_find(&back, &gone.hash));
    assert_int_equal(faulty_os_file(&disk, "/d/bans")->size, WISP_BANS_FILE_SIZE);
}

static void a_damaged_ban_takes_no_other_away(void **state)
{
    (void)state;
    wisp_bans bans = {0}, back;
    for (int n = 1; n <= WISP_UPDATE_BANS_MAX; n++)
        add_ban(&bans, n);
    uint8_t *bytes = faulty_os_file(&disk, "/d/bans")->data;
    for (int n = 0; n < WISP_UPDATE_BANS_MAX; n++) {
        bytes[n * WISP_BAN_SIZE + 20 + n] ^= 1;
        assert_int_equal(wisp_bans_load(&folder, &back, NULL), WISP_OK);
        wisp_update_entry list[WISP_UPDATE_BANS_MAX];
        assert_int_equal(wisp_bans_list(&back, list), WISP_UPDATE_BANS_MAX - 1);
        bytes[n * WISP_BAN_SIZE + 20 + n] ^= 1;
    }
}

static void a_full_disk_still_notes_a_ban(void **state)
{
    (void)state;
    wisp_bans bans = {0}, back;
    wisp_update_entry entry = ban_of(3);
    assert_int_equal(wisp_bans_reserve(&folder, NULL), WISP_OK);
    size_t size = faulty_os_file(&disk, "/d/bans")->size;
    assert_int_equal(wisp_bans_save(&folder, &bans, wisp_bans_add(&bans, &entry), NULL), WISP_OK);
    assert_int_equal(faulty_os_file(&disk, "/d/bans")->size, size); /* no block more */
    assert_int_equal(wisp_bans_load(&folder, &back, NULL), WISP_OK);
    assert_non_null(wisp_bans_find(&back, &entry.hash));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event_as_written),
        cmocka_unit_test(nothing_leaves_the_ban),
        cmocka_unit_test(nothing_becomes_good_but_by_a_trial),
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(a_record_is_laid_out_as_documented),
        cmocka_unit_test(any_flipped_bit_of_a_record_is_noticed),
        cmocka_unit_test(a_record_that_cannot_be_is_refused),
        CASE(records_take_turns),
        CASE(a_torn_write_leaves_the_old_record),
        CASE(a_record_of_a_later_format_is_left_alone),
        CASE(bans_come_back_in_their_order),
        CASE(a_damaged_ban_takes_no_other_away),
        CASE(a_full_disk_still_notes_a_ban),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
