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
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* The pure table of states, and the two files that remember: record and bans. */

/* --- transitions ------------------------------------------------------------------------- */

/* One row a state and one column an event: the state that follows, or "-" where there is none;
 * the table in docs/updater.md, a line each. */
static char expected[1 + WISP_IMAGE_STATE_LEN][128];

static void read_documented_table(void)
{
    char line[512];
    int len = 0;
    FILE *file = fopen(UPDATER_MD, "r");
    assert_non_null(file);
    while (len < 1 + WISP_IMAGE_STATE_LEN && fgets(line, sizeof line, file))
        if (len > 0 || strncmp(line, "    state ", 10) == 0)
            snprintf(expected[len++], sizeof expected[0], "%.120s", line);
    fclose(file);
    assert_int_equal(len, 1 + WISP_IMAGE_STATE_LEN);
}

/* The next word of [*text], which moves behind it. */
static void take_word(const char **text, char word[16])
{
    int size = 0;
    assert_int_equal(sscanf(*text, " %15s%n", word, &size), 1);
    *text += size;
}

static void expect_row(wisp_image_state from, const char *row)
{
    const char *columns = expected[0];
    char event_name[16], to_name[16];
    take_word(&columns, event_name); /* "state" */
    take_word(&row, to_name);
    assert_string_equal(to_name, wisp_image_state_name(from));
    for (int event = 0; event < WISP_IMAGE_EVENT_LEN; event++) {
        wisp_image_state to = (wisp_image_state)77;
        take_word(&columns, event_name);
        take_word(&row, to_name);
        assert_string_equal(event_name, wisp_image_event_name((wisp_image_event)event));
        bool legal = wisp_image_step(from, (wisp_image_event)event, &to);
        assert_string_equal(legal ? wisp_image_state_name(to) : "-", to_name);
        assert_true(legal || to == (wisp_image_state)77);
    }
}

static void every_state_answers_every_event_as_documented(void **state)
{
    (void)state;
    read_documented_table();
    for (int from = 0; from < WISP_IMAGE_STATE_LEN; from++)
        expect_row((wisp_image_state)from, expected[1 + from]);
}

static void nothing_but_a_lift_leaves_the_ban(void **state)
{
    (void)state;
    wisp_image_state to;
    for (int event = 0; event < WISP_IMAGE_EVENT_LEN; event++)
        if (wisp_image_step(WISP_STATE_BANNED, (wisp_image_event)event, &to))
            assert_true(to == WISP_STATE_BANNED || event == WISP_UPDATE_EVENT_LIFT);
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

static wisp_update_entry sample_entry(wisp_image_state state, uint64_t version, uint8_t byte)
{
    wisp_update_entry entry = {.state = state,
                               .version = version,
                               .attempts = 2,
                               .unripe = 1,
                               .since = -5,
                               .variant = "blue",
                               .flags = {"limit\0n5\0new-ui\0t"},
                               .module_len = 2,
                               .modules = {{.name = "app.wasm", .size = UINT64_C(1) << 40},
                                           {.name = "rules.wasm", .size = 77}}};
    memset(&entry.hash, byte, sizeof entry.hash);
    memset(&entry.modules[0].hash, byte + 1, sizeof entry.modules[0].hash);
    memset(&entry.modules[1].hash, byte + 2, sizeof entry.modules[1].hash);
    return entry;
}

static wisp_record sample(void)
{
    wisp_record record = {.generation = 7,
                          .channel = "beta",
                          .device_id = "kiosk-17",
                          .sequence = 9,
                          .floor = 3,
                          .good = sample_entry(WISP_STATE_GOOD, 5, 0x21),
                          .candidate = sample_entry(WISP_STATE_TRIAL, 6, 0x31),
                          .incoming = sample_entry(WISP_STATE_FETCHING, 7, 0x41),
                          .lost = {.state = WISP_STATE_GOOD,
                                   .version = 4,
                                   .reason = "the stored module is damaged"},
                          .versions = {1, 22, 333, 4444},
                          .time_floor = 1900000000,
                          .last_check = 1900000001,
                          .last_result = {.outcome = WISP_UPDATE_FAILED,
                                          .status = WISP_BANNED,
                                          .version = 9,
                                          .bytes_fetched = 12345,
                                          .reason = "version 9 failed here before"}};
    memset(&record.target, 0x11, sizeof record.target);
    memset(&record.lifted, 0x12, sizeof record.lifted);
    memset(&record.partial, 0x13, sizeof record.partial);
    memset(&record.last_result.hash, 0x14, sizeof record.last_result.hash);
    return record;
}

static void a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE], again[WISP_RECORD_SIZE];
    wisp_record record = sample(), back;
    wisp_record_encode(&record, block);
    assert_int_equal(wisp_record_decode(block, &back, NULL), WISP_OK);
    assert_int_equal(back.generation, record.generation);
    wisp_record_encode(&back, again);
    assert_memory_equal(again, block, sizeof block);
}

/* The places that docs/formats.md gives. */
static void a_record_is_laid_out_as_documented(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record record = sample();
    wisp_record_encode(&record, block);
    assert_memory_equal(block, "wispupd\0\2\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\x11\x11", 26);
    assert_string_equal((const char *)block + 56, "beta");
    assert_string_equal((const char *)block + 120, "kiosk-17");
    assert_memory_equal(block + 184, "\x09\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\x12", 17);
    assert_memory_equal(block + 232, "\x13\x13", 2);
    assert_memory_equal(block + 512, "\5\0\0\0\2\0\0\0\5\0\0\0\0\0\0\0\xfb\xff\xff\xff\xff", 21);
    assert_memory_equal(block + 512 + 24, "\1\0\0\0\2\0\0\0\x21\x21", 10);
    assert_string_equal((const char *)block + 512 + 64, "blue");
    assert_memory_equal(block + 512 + 96, "limit\0n5\0new-ui\0t\0\0", 20);
    assert_string_equal((const char *)block + 512 + 608, "app.wasm");
    assert_memory_equal(block + 512 + 672, "\x22\x22", 2);
    assert_memory_equal(block + 512 + 704, "\0\0\0\0\0\1\0\0", 8);
    assert_string_equal((const char *)block + 512 + 712, "rules.wasm");
    assert_memory_equal(block + 2048, "\4\0\0\0\2\0\0\0\6\0", 10);
    assert_memory_equal(block + 4096, "\2\0\0\0\2\0\0\0\7\0", 10);
    assert_memory_equal(block + 5632, "\5\0\0\0\0\0\0\0\4\0", 10);
    assert_string_equal((const char *)block + 5696, "the stored module is damaged");
    assert_memory_equal(block + 6144, "\1\0\0\0\0\0\0\0\x16\0\0\0\0\0\0\0\x4d\1", 18);
    assert_memory_equal(block + 6176, "\0\xb3\x3f\x71\0\0\0\0\1\xb3\x3f\x71", 12);
    assert_memory_equal(block + 6192, "\3\0\0\0\x0c\0\0\0\x09", 9);
    assert_string_equal((const char *)block + 6248, "version 9 failed here before");
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

/* What a power cut in the middle of a write leaves: each half is sound, and they do not belong
 * together. */
static void halves_of_two_records_are_no_record(void **state)
{
    (void)state;
    uint8_t before[WISP_RECORD_SIZE], after[WISP_RECORD_SIZE];
    wisp_record record = sample(), back;
    wisp_record_encode(&record, before);
    record.generation += 2;
    record.time_floor++;
    wisp_record_encode(&record, after);
    memcpy(before, after, sizeof before / 2);
    assert_int_equal(wisp_record_decode(before, &back, NULL), WISP_MALFORMED);
}

static void a_record_that_cannot_be_is_refused(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record back;
    wisp_record bad[10];
    const size_t len = sizeof bad / sizeof *bad;
    for (size_t i = 0; i < len; i++)
        bad[i] = sample();
    bad[0].good.state = WISP_STATE_TRIAL;
    bad[1].candidate.state = WISP_STATE_GOOD;
    bad[2].candidate.state = (wisp_image_state)200;
    bad[3].generation = 0;
    bad[4].last_result.outcome = (wisp_update_outcome)5;
    bad[5].last_result.status = (wisp_status)99;
    bad[6].incoming.state = WISP_STATE_STAGED;
    bad[7].candidate.state = WISP_STATE_CHECKED;
    bad[8].good.module_len = 0;
    memset(bad[9].good.flags.text, 'x', sizeof bad[9].good.flags.text); /* without an end */
    for (size_t i = 0; i < len; i++) {
        wisp_record_encode(&bad[i], block);
        assert_int_equal(wisp_record_decode(block, &back, NULL), WISP_MALFORMED);
    }
}

/* --- a record of format 1 ---------------------------------------------------------------- */

#define OLD_SIZE 4096

static void put_number(uint8_t *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* What a program wrote that knew only that format: version 5 is good, version 6 was on trial. */
static void write_old(uint8_t block[OLD_SIZE])
{
    memset(block, 0, OLD_SIZE);
    memcpy(block, "wispupd", 8);
    put_number(block + 8, 1, 4);
    put_number(block + 16, 41, 8); /* generation */
    memset(block + 24, 0x11, 32);  /* target */
    for (size_t i = 0; i < 2; i++) {
        uint8_t *entry = block + 56 + 64 * i;
        put_number(entry, i ? 2 : 3, 4);
        put_number(entry + 4, i, 4);
        put_number(entry + 8, 5 + i, 8);
        put_number(entry + 16, 1000 + i, 8);
        put_number(entry + 24, 1900000000, 8);
        memset(entry + 32, 0x20 + (int)i, 32);
    }
    put_number(block + 184 + 8, 22, 8); /* timestamp */
    put_number(block + 216, 1900000000, 8);
    put_number(block + 232, 3, 4);
    memcpy(block + 288, "it failed", 10);
    put_number(block + 528, 3, 4); /* lost */
    memcpy(block + 592, "it rotted", 10);
    put_number(block + OLD_SIZE - 4, crc32(0, block, OLD_SIZE - 4), 4);
}

static void a_record_of_format_1_is_read_as_what_it_means_now(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE] = {0};
    wisp_record record;
    write_old(block);
    assert_int_equal(wisp_record_decode(block, &record, NULL), WISP_OK);
    assert_int_equal(record.generation, 41);
    assert_string_equal(record.channel, "");
    assert_int_equal(record.sequence, 6);
    assert_int_equal(record.good.state, WISP_STATE_GOOD);
    assert_int_equal(record.good.version, 5);
    assert_int_equal(record.good.module_len, 1);
    assert_int_equal(record.good.modules[0].size, 1000);
    assert_memory_equal(&record.good.modules[0].hash, &record.good.hash, sizeof record.good.hash);
    assert_int_equal(record.good.hash.bytes[31], 0x20);
    assert_int_equal(record.candidate.state, WISP_STATE_TRIAL);
    assert_int_equal(record.candidate.attempts, 1);
    assert_int_equal(record.incoming.state, WISP_STATE_EMPTY);
    assert_int_equal(record.versions[1], 22);
    assert_int_equal(record.time_floor, 1900000000);
    assert_string_equal(record.last_result.reason, "it failed");
    assert_int_equal(record.lost.state, WISP_STATE_GOOD);
    assert_string_equal(record.lost.reason, "it rotted");
}

static void any_flipped_bit_of_a_record_of_format_1_is_noticed(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE] = {0};
    wisp_record back;
    write_old(block);
    for (size_t bit = 0; bit < 8 * OLD_SIZE; bit++) {
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(wisp_record_decode(block, &back, NULL), WISP_MALFORMED);
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* Its check sum is where that of a half is, so such a program finds a whole block of another
 * format, which it leaves alone, and not a damaged one, which it would replace. */
static void a_program_of_format_1_can_tell_a_record_of_format_2(void **state)
{
    (void)state;
    uint8_t block[WISP_RECORD_SIZE], sum[4];
    wisp_record record = sample();
    wisp_record_encode(&record, block);
    put_number(sum, crc32(0, block, OLD_SIZE - 4), 4);
    assert_memory_equal(block + OLD_SIZE - 4, sum, 4);
    assert_memory_equal(block + 8, "\2\0\0\0", 4);
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
    block[8] = 3; /* with a wrong sum it is damaged, with the right one of another format */
    assert_int_equal(wisp_record_load(&folder, &back, &err), WISP_OK);
    assert_int_equal(back.generation, 1);
    put_number(block + OLD_SIZE - 4, crc32(0, block, OLD_SIZE - 4), 4);
    assert_int_equal(wisp_record_load(&folder, &back, &err), WISP_UNSUPPORTED);
    assert_string_equal(err.text, "the state record has format 3, expected 2");
}

/* --- bans -------------------------------------------------------------------------------- */

static wisp_update_failure ban_of(int n)
{
    wisp_update_failure entry = {.version = (uint64_t)n, .size = 10, .since = 5, .attempts = 1};
    memset(entry.hash.bytes, n, sizeof entry.hash.bytes);
    strcpy(entry.reason, "it failed");
    return entry;
}

static void add_ban(wisp_bans *bans, int n)
{
    wisp_update_failure entry = ban_of(n);
    assert_int_equal(wisp_bans_save(&folder, bans, wisp_bans_add(bans, &entry), NULL), WISP_OK);
}

static void bans_come_back_in_their_order(void **state)
{
    (void)state;
    wisp_bans bans = {0}, back;
    wisp_update_failure list[WISP_UPDATE_BANS_MAX];
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
    wisp_update_failure found = ban_of(40), gone = ban_of(24);
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
        wisp_update_failure list[WISP_UPDATE_BANS_MAX];
        assert_int_equal(wisp_bans_list(&back, list), WISP_UPDATE_BANS_MAX - 1);
        bytes[n * WISP_BAN_SIZE + 20 + n] ^= 1;
    }
}

static void a_full_disk_still_notes_a_ban(void **state)
{
    (void)state;
    wisp_bans bans = {0}, back;
    wisp_update_failure entry = ban_of(3);
    assert_int_equal(wisp_bans_reserve(&folder, NULL), WISP_OK);
    size_t size = faulty_os_file(&disk, "/d/bans")->size;
    assert_int_equal(wisp_bans_save(&folder, &bans, wisp_bans_add(&bans, &entry), NULL), WISP_OK);
    assert_int_equal(faulty_os_file(&disk, "/d/bans")->size, size); /* no block more */
    assert_int_equal(wisp_bans_load(&folder, &back, NULL), WISP_OK);
    assert_non_null(wisp_bans_find(&back, &entry.hash));
}

static void a_lifted_ban_is_gone_and_its_place_is_free(void **state)
{
    (void)state;
    wisp_bans bans = {0}, back;
    for (int n = 1; n <= WISP_UPDATE_BANS_MAX; n++)
        add_ban(&bans, n);
    wisp_update_failure fifth = ban_of(5), unknown = ban_of(99);
    assert_null(wisp_bans_lift(&bans, &unknown.hash));
    assert_int_equal(wisp_bans_save(&folder, &bans, wisp_bans_lift(&bans, &fifth.hash), NULL),
                     WISP_OK);
    assert_int_equal(wisp_bans_load(&folder, &back, NULL), WISP_OK);
    assert_memory_equal(&back, &bans, sizeof back);
    assert_null(wisp_bans_find(&back, &fifth.hash));
    add_ban(&bans, 30);
    wisp_update_failure oldest = ban_of(1);
    assert_non_null(wisp_bans_find(&bans, &oldest.hash)); /* it did not have to make room */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event_as_documented),
        cmocka_unit_test(nothing_but_a_lift_leaves_the_ban),
        cmocka_unit_test(nothing_becomes_good_but_by_a_trial),
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(a_record_is_laid_out_as_documented),
        cmocka_unit_test(any_flipped_bit_of_a_record_is_noticed),
        cmocka_unit_test(halves_of_two_records_are_no_record),
        cmocka_unit_test(a_record_that_cannot_be_is_refused),
        cmocka_unit_test(a_record_of_format_1_is_read_as_what_it_means_now),
        cmocka_unit_test(any_flipped_bit_of_a_record_of_format_1_is_noticed),
        cmocka_unit_test(a_program_of_format_1_can_tell_a_record_of_format_2),
        CASE(records_take_turns),
        CASE(a_torn_write_leaves_the_old_record),
        CASE(a_record_of_a_later_format_is_left_alone),
        CASE(bans_come_back_in_their_order),
        CASE(a_damaged_ban_takes_no_other_away),
        CASE(a_full_disk_still_notes_a_ban),
        CASE(a_lifted_ban_is_gone_and_its_place_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
