#include "update/record.h"

#include "base/error.h"
#include "update/packer.h"

#include <zlib.h>

static const char magic[8] = "wispupd";
static const char *const slots[WISP_RECORD_SLOT_LEN] = {"state.0", "state.1"};

#define SUM_OFFSET (WISP_RECORD_SIZE - 4)

static void pack_entry(wisp_packer *p, const wisp_update_entry *entry)
{
    wisp_pack_u32(p, entry->state);
    wisp_pack_u32(p, entry->attempts);
    wisp_pack_u64(p, entry->version);
    wisp_pack_u64(p, entry->size);
    wisp_pack_u64(p, (uint64_t)entry->since);
    wisp_pack_bytes(p, entry->hash.bytes, WISP_HASH_SIZE);
}

static void unpack_entry(wisp_reader *r, wisp_update_entry *entry)
{
    entry->state = (wisp_image_state)wisp_unpack_u32(r);
    entry->attempts = wisp_unpack_u32(r);
    entry->version = wisp_unpack_u64(r);
    entry->size = wisp_unpack_u64(r);
    entry->since = (int64_t)wisp_unpack_u64(r);
    wisp_unpack_bytes(r, entry->hash.bytes, WISP_HASH_SIZE);
}

static void pack_result(wisp_packer *p, const wisp_update_result *result)
{
    wisp_pack_u32(p, result->outcome);
    wisp_pack_u32(p, result->status);
    wisp_pack_u64(p, result->version);
    wisp_pack_u64(p, result->bytes_fetched);
    wisp_pack_bytes(p, result->hash.bytes, WISP_HASH_SIZE);
    wisp_pack_text(p, result->reason, sizeof result->reason);
}

static void unpack_result(wisp_reader *r, wisp_update_result *result)
{
    result->outcome = (wisp_update_outcome)wisp_unpack_u32(r);
    result->status = (wisp_status)wisp_unpack_u32(r);
    result->version = wisp_unpack_u64(r);
    result->bytes_fetched = wisp_unpack_u64(r);
    wisp_unpack_bytes(r, result->hash.bytes, WISP_HASH_SIZE);
    wisp_unpack_text(r, result->reason, sizeof result->reason);
}

static uint32_t sum_of(const uint8_t block[WISP_RECORD_SIZE])
{
    return (uint32_t)crc32(0, block, SUM_OFFSET);
}

void wisp_record_encode(const wisp_record *record, uint8_t block[WISP_RECORD_SIZE])
{
    memset(block, 0, WISP_RECORD_SIZE);
    wisp_packer p = {block};
    wisp_pack_bytes(&p, magic, sizeof magic);
    wisp_pack_u32(&p, WISP_RECORD_FORMAT);
    wisp_pack_u32(&p, 0);
    wisp_pack_u64(&p, record->generation);
    wisp_pack_bytes(&p, record->target.bytes, WISP_HASH_SIZE);
    pack_entry(&p, &record->good);
    pack_entry(&p, &record->candidate);
    for (int i = 0; i < 4; i++)
        wisp_pack_u64(&p, record->versions[i]);
    wisp_pack_u64(&p, (uint64_t)record->time_floor);
    wisp_pack_u64(&p, (uint64_t)record->last_check);
    pack_result(&p, &record->last_result);
    pack_entry(&p, &record->lost);
    wisp_pack_text(&p, record->lost.reason, sizeof record->lost.reason);
    p.at = block + SUM_OFFSET;
    wisp_pack_u32(&p, sum_of(block));
}

/* A check sum finds accidents only; what the program relies on is checked for itself. */
static bool is_sound(const wisp_record *record)
{
    bool good = record->good.state == WISP_STATE_NONE || record->good.state == WISP_STATE_GOOD;
    return good && record->candidate.state <= WISP_STATE_TRIAL &&
           record->lost.state <= WISP_STATE_GOOD && record->generation > 0 &&
           record->last_result.outcome <= WISP_UPDATE_REFUSED &&
           record->last_result.status <= WISP_BUSY;
}

wisp_status wisp_record_decode(const uint8_t block[WISP_RECORD_SIZE], wisp_record *out,
                               wisp_error *err)
{
    wisp_reader r = wisp_reader_of((wisp_bytes){block, WISP_RECORD_SIZE});
    wisp_reader sum = {block, block + SUM_OFFSET, block + WISP_RECORD_SIZE};
    char found[sizeof magic];
    wisp_unpack_bytes(&r, found, sizeof found);
    if (memcmp(found, magic, sizeof magic) != 0)
        return wisp_fail(err, WISP_MALFORMED, "the state record has no magic number");
    if (wisp_unpack_u32(&sum) != sum_of(block))
        return wisp_fail(err, WISP_MALFORMED, "the state record's check sum is wrong");
    uint32_t format = wisp_unpack_u32(&r);
    if (format != WISP_RECORD_FORMAT)
        return wisp_fail(err, WISP_UNSUPPORTED, "the state record has format %u, expected %d",
                         (unsigned)format, WISP_RECORD_FORMAT);
    wisp_unpack_u32(&r);
    *out = (wisp_record){0};
    out->generation = wisp_unpack_u64(&r);
    wisp_unpack_bytes(&r, out->target.bytes, WISP_HASH_SIZE);
    unpack_entry(&r, &out->good);
    unpack_entry(&r, &out->candidate);
    for (int i = 0; i < 4; i++)
        out->versions[i] = wisp_unpack_u64(&r);
    out->time_floor = (int64_t)wisp_unpack_u64(&r);
    out->last_check = (int64_t)wisp_unpack_u64(&r);
    unpack_result(&r, &out->last_result);
    unpack_entry(&r, &out->lost);
    wisp_unpack_text(&r, out->lost.reason, sizeof out->lost.reason);
    if (!is_sound(out))
        return wisp_fail(err, WISP_MALFORMED, "the state record has an impossible state");
    return WISP_OK;
}

static wisp_status load_slot(const wisp_folder *folder, const char *name, wisp_record *out,
                             wisp_error *err)
{
    uint8_t block[WISP_RECORD_SIZE];
    wisp_status status = wisp_folder_read_into(folder, name, block, sizeof block, err);
    return status == WISP_OK ? wisp_record_decode(block, out, err) : status;
}

/* Of two reasons for having no record, the one that matters more. */
static int weight(wisp_status status)
{
    switch (status) {
    case WISP_NOT_FOUND:
        return 0;
    case WISP_MALFORMED:
        return 1;
    case WISP_IO:
        return 2;
    default:
        return 3;
    }
}

wisp_status wisp_record_load(const wisp_folder *folder, wisp_record *out, wisp_error *err)
{
    wisp_status worst = WISP_NOT_FOUND;
    bool found = false;
    wisp_record record;
    wisp_error why = {0};
    for (int i = 0; i < WISP_RECORD_SLOT_LEN; i++) {
        wisp_status status = load_slot(folder, slots[i], &record, &why);
        if (status == WISP_OK && (!found || record.generation > out->generation)) {
            *out = record;
            found = true;
        }
        if (status != WISP_OK && weight(status) >= weight(worst)) {
            worst = status;
            if (err)
                *err = why;
        }
    }
    return found && worst != WISP_UNSUPPORTED ? WISP_OK : worst;
}

wisp_status wisp_record_save(const wisp_folder *folder, wisp_record *record, wisp_error *err)
{
    uint8_t block[WISP_RECORD_SIZE];
    wisp_record next = *record;
    next.generation++;
    wisp_record_encode(&next, block);
    const char *slot = slots[next.generation % WISP_RECORD_SLOT_LEN];
    wisp_bytes bytes = {block, sizeof block};
    wisp_status status = wisp_folder_overwrite(folder, slot, 0, bytes, err);
    if (status == WISP_OK)
        *record = next;
    return status;
}
