#include "update/bans.h"
#include "update/record.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

/*
 * What a device finds in its folder: the first byte chooses the record or the place of a ban, the
 * rest are its bytes. The check sum is made right, since no fuzzer would guess it. What is taken
 * for sound is written as it was read, but for bytes that mean nothing.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(uint8_t *block, size_t block_size, const uint8_t *data, size_t size)
{
    memset(block, 0, block_size);
    memcpy(block, data, size < block_size ? size : block_size);
}

/* Continues [sum] over [size] bytes, and puts it behind them. */
static uint32_t put_sum(uint8_t *bytes, size_t size, uint32_t sum)
{
    sum = (uint32_t)crc32(sum, bytes, (uInt)size);
    for (size_t i = 0; i < 4; i++)
        bytes[size + i] = (uint8_t)(sum >> 8 * i);
    return sum;
}

static void read_record(const uint8_t *data, size_t size)
{
    uint8_t block[WISP_RECORD_SIZE], again[WISP_RECORD_SIZE];
    wisp_record record, back;
    wisp_error err;
    fill(block, sizeof block, data, size);
    size_t half = sizeof block / 2;
    put_sum(block + half, half - 4, put_sum(block, half - 4, 0));
    if (wisp_record_decode(block, &record, &err) != WISP_OK) {
        assert(err.text[0]);
        return;
    }
    assert(record.good.state == WISP_STATE_EMPTY || record.good.state == WISP_STATE_GOOD);
    assert(record.candidate.state <= WISP_STATE_TRIAL);
    assert(record.incoming.state <= WISP_STATE_FETCHING);
    assert(record.candidate.module_len <= WISP_MODULES_MAX);
    size_t cursor = 0;
    wisp_flag flag;
    while (wisp_flags_next(&record.good.flags, &cursor, &flag))
        assert(cursor <= WISP_FLAGS_SIZE && memchr(flag.name, '\0', WISP_FLAGS_SIZE));
    assert(memchr(record.last_result.reason, '\0', sizeof record.last_result.reason));
    wisp_record_encode(&record, again);
    assert(wisp_record_decode(again, &back, NULL) == WISP_OK);
    assert(back.generation == record.generation && back.good.version == record.good.version);
    assert(back.candidate.attempts == record.candidate.attempts);
    assert(strcmp(back.last_result.reason, record.last_result.reason) == 0);
}

static void read_ban(const uint8_t *data, size_t size)
{
    uint8_t block[WISP_BAN_SIZE], again[WISP_BAN_SIZE];
    wisp_ban ban, back;
    fill(block, sizeof block, data, size);
    put_sum(block, sizeof block - 4, 0);
    if (!wisp_ban_decode(block, &ban))
        return;
    assert(ban.sequence > 0 && ban.what.state == WISP_STATE_BANNED);
    assert(memchr(ban.what.reason, '\0', sizeof ban.what.reason));
    wisp_ban_encode(&ban, again);
    assert(wisp_ban_decode(again, &back));
    assert(back.sequence == ban.sequence);
    assert(memcmp(&back.what.hash, &ban.what.hash, sizeof ban.what.hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2)
        read_ban(data + 1, size - 1);
    else
        read_record(data + 1, size - 1);
    return 0;
}
