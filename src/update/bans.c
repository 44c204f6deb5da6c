#include "update/bans.h"

#include "update/packer.h"

#include <zlib.h>

#define FILE_NAME  "bans"
#define SUM_OFFSET (WISP_BAN_SIZE - 4)

static const char magic[8] = "wispban";

static uint32_t sum_of(const uint8_t block[WISP_BAN_SIZE])
{
    return (uint32_t)crc32(0, block, SUM_OFFSET);
}

void wisp_ban_encode(const wisp_ban *ban, uint8_t block[WISP_BAN_SIZE])
{
    memset(block, 0, WISP_BAN_SIZE);
    if (ban->sequence == 0)
        return;
    wisp_packer p = {block};
    wisp_pack_bytes(&p, magic, sizeof magic);
    wisp_pack_u64(&p, ban->sequence);
    wisp_pack_u64(&p, ban->what.version);
    wisp_pack_u64(&p, ban->what.size);
    wisp_pack_u64(&p, (uint64_t)ban->what.since);
    wisp_pack_u32(&p, ban->what.attempts);
    wisp_pack_u32(&p, 0);
    wisp_pack_bytes(&p, ban->what.hash.bytes, WISP_HASH_SIZE);
    wisp_pack_text(&p, ban->what.reason, sizeof ban->what.reason);
    p.at = block + SUM_OFFSET;
    wisp_pack_u32(&p, sum_of(block));
}

bool wisp_ban_decode(const uint8_t block[WISP_BAN_SIZE], wisp_ban *out)
{
    wisp_reader r = wisp_reader_of((wisp_bytes){block, WISP_BAN_SIZE});
    wisp_reader sum = {block, block + SUM_OFFSET, block + WISP_BAN_SIZE};
    char found[sizeof magic];
    wisp_unpack_bytes(&r, found, sizeof found);
    if (memcmp(found, magic, sizeof magic) != 0 || wisp_unpack_u32(&sum) != sum_of(block))
        return false;
    *out = (wisp_ban){.what.state = WISP_STATE_BANNED};
    out->sequence = wisp_unpack_u64(&r);
    out->what.version = wisp_unpack_u64(&r);
    out->what.size = wisp_unpack_u64(&r);
    out->what.since = (int64_t)wisp_unpack_u64(&r);
    out->what.attempts = wisp_unpack_u32(&r);
    wisp_unpack_u32(&r);
    wisp_unpack_bytes(&r, out->what.hash.bytes, WISP_HASH_SIZE);
    wisp_unpack_text(&r, out->what.reason, sizeof out->what.reason);
    return out->sequence > 0 && out->sequence < UINT64_MAX;
}

wisp_status wisp_bans_load(const wisp_folder *folder, wisp_bans *out, wisp_error *err)
{
    uint8_t blocks[WISP_BANS_FILE_SIZE];
    *out = (wisp_bans){0};
    wisp_status status = wisp_folder_read_into(folder, FILE_NAME, blocks, sizeof blocks, err);
    if (status != WISP_OK)
        return status == WISP_NOT_FOUND ? WISP_OK : status;
    for (int i = 0; i < WISP_UPDATE_BANS_MAX; i++)
        if (!wisp_ban_decode(blocks + i * WISP_BAN_SIZE, &out->places[i]))
            out->places[i] = (wisp_ban){0};
    return WISP_OK;
}

wisp_status wisp_bans_reserve(const wisp_folder *folder, wisp_error *err)
{
    static const uint8_t zeros[WISP_BANS_FILE_SIZE];
    uint8_t first;
    wisp_status status = wisp_folder_read_into(folder, FILE_NAME, &first, 1, err);
    if (status != WISP_NOT_FOUND)
        return status;
    return wisp_folder_replace(folder, FILE_NAME, (wisp_bytes){zeros, sizeof zeros}, err);
}

static wisp_ban *place_of(wisp_bans *bans, const wisp_hash *hash)
{
    for (int i = 0; i < WISP_UPDATE_BANS_MAX; i++) {
        wisp_ban *ban = &bans->places[i];
        if (ban->sequence && memcmp(ban->what.hash.bytes, hash->bytes, WISP_HASH_SIZE) == 0)
            return ban;
    }
    return NULL;
}

const wisp_update_failure *wisp_bans_find(const wisp_bans *bans, const wisp_hash *hash)
{
    const wisp_ban *ban = place_of((wisp_bans *)(uintptr_t)bans, hash);
    return ban ? &ban->what : NULL;
}

/* A free place, whose sequence is 0, comes before the oldest ban. */
static wisp_ban *lowest_place(wisp_bans *bans)
{
    wisp_ban *lowest = &bans->places[0];
    for (int i = 1; i < WISP_UPDATE_BANS_MAX; i++)
        if (bans->places[i].sequence < lowest->sequence)
            lowest = &bans->places[i];
    return lowest;
}

static uint64_t highest_sequence(const wisp_bans *bans)
{
    uint64_t highest = 0;
    for (int i = 0; i < WISP_UPDATE_BANS_MAX; i++)
        if (bans->places[i].sequence > highest)
            highest = bans->places[i].sequence;
    return highest;
}

const wisp_ban *wisp_bans_add(wisp_bans *bans, const wisp_update_failure *what)
{
    wisp_ban *ban = place_of(bans, &what->hash);
    if (!ban)
        ban = lowest_place(bans);
    ban->sequence = highest_sequence(bans) + 1;
    ban->what = *what;
    ban->what.state = WISP_STATE_BANNED;
    return ban;
}

const wisp_ban *wisp_bans_lift(wisp_bans *bans, const wisp_hash *hash)
{
    wisp_ban *ban = place_of(bans, hash);
    if (ban)
        *ban = (wisp_ban){0};
    return ban;
}

wisp_status wisp_bans_save(const wisp_folder *folder, const wisp_bans *bans, const wisp_ban *ban,
                           wisp_error *err)
{
    uint8_t block[WISP_BAN_SIZE];
    uint64_t offset = (uint64_t)(ban - bans->places) * WISP_BAN_SIZE;
    wisp_ban_encode(ban, block);
    return wisp_folder_overwrite(folder, FILE_NAME, offset, (wisp_bytes){block, sizeof block},
                                 err);
}

uint32_t wisp_bans_list(const wisp_bans *bans, wisp_update_failure out[WISP_UPDATE_BANS_MAX])
{
    uint32_t len = 0;
    uint64_t after = 0;
    for (;;) {
        const wisp_ban *next = NULL;
        for (int i = 0; i < WISP_UPDATE_BANS_MAX; i++) {
            const wisp_ban *ban = &bans->places[i];
            if (ban->sequence > after && (!next || ban->sequence < next->sequence))
                next = ban;
        }
        if (!next)
            return len;
        out[len++] = next->what;
        after = next->sequence;
    }
}
