#include "update/record.h"

#include "base/error.h"
#include "update/flags.h"
#include "update/packer.h"

#include <zlib.h>

static const char magic[8] = "wispupd";
static const char *const slots[WISP_RECORD_SLOT_LEN] = {"state.0", "state.1"};

/*
 * The first half ends in a check sum of its own, in every format: whoever knows one of them can
 * tell a block of another from a damaged one.
 */
#define HALF_SIZE       (WISP_RECORD_SIZE / 2)
#define HALF_SUM_OFFSET (HALF_SIZE - 4)
#define SUM_OFFSET      (WISP_RECORD_SIZE - 4)

/* Where the parts begin; what is between them is kept for what they may need later. */
#define GOOD_OFFSET      512
#define CANDIDATE_OFFSET 2048
#define INCOMING_OFFSET  4096
#define LOST_OFFSET      5632
#define CHECK_OFFSET     6144

/* Bits of a result. */
#define MANDATORY 1u
#define BY_DELTA  2u

/* --- parts ------------------------------------------------------------------------------- */

static void pack_entry(wisp_packer *p, const wisp_update_entry *entry)
{
    wisp_pack_u32(p, entry->state);
    wisp_pack_u32(p, entry->attempts);
    wisp_pack_u64(p, entry->version);
    wisp_pack_u64(p, (uint64_t)entry->since);
    wisp_pack_u32(p, entry->unripe);
    wisp_pack_u32(p, entry->module_len);
    wisp_pack_bytes(p, entry->hash.bytes, WISP_HASH_SIZE);
    wisp_pack_text(p, entry->variant, sizeof entry->variant);
    wisp_pack_bytes(p, entry->flags.text, sizeof entry->flags.text);
    for (uint32_t i = 0; i < entry->module_len; i++) {
        wisp_pack_text(p, entry->modules[i].name, sizeof entry->modules[i].name);
        wisp_pack_bytes(p, entry->modules[i].hash.bytes, WISP_HASH_SIZE);
        wisp_pack_u64(p, entry->modules[i].size);
    }
}

static void unpack_entry(wisp_reader *r, wisp_update_entry *entry)
{
    entry->state = (wisp_image_state)wisp_unpack_u32(r);
    entry->attempts = wisp_unpack_u32(r);
    entry->version = wisp_unpack_u64(r);
    entry->since = (int64_t)wisp_unpack_u64(r);
    entry->unripe = wisp_unpack_u32(r);
    entry->module_len = wisp_unpack_u32(r);
    wisp_unpack_bytes(r, entry->hash.bytes, WISP_HASH_SIZE);
    wisp_unpack_text(r, entry->variant, sizeof entry->variant);
    wisp_unpack_bytes(r, entry->flags.text, sizeof entry->flags.text);
    for (uint32_t i = 0; i < entry->module_len && i < WISP_MODULES_MAX; i++) {
        wisp_unpack_text(r, entry->modules[i].name, sizeof entry->modules[i].name);
        wisp_unpack_bytes(r, entry->modules[i].hash.bytes, WISP_HASH_SIZE);
        entry->modules[i].size = wisp_unpack_u64(r);
    }
}

static void pack_lost(wisp_packer *p, const wisp_update_failure *lost)
{
    wisp_pack_u32(p, lost->state);
    wisp_pack_u32(p, lost->attempts);
    wisp_pack_u64(p, lost->version);
    wisp_pack_u64(p, lost->size);
    wisp_pack_u64(p, (uint64_t)lost->since);
    wisp_pack_bytes(p, lost->hash.bytes, WISP_HASH_SIZE);
    wisp_pack_text(p, lost->reason, sizeof lost->reason);
}

static void unpack_lost(wisp_reader *r, wisp_update_failure *lost)
{
    lost->state = (wisp_image_state)wisp_unpack_u32(r);
    lost->attempts = wisp_unpack_u32(r);
    lost->version = wisp_unpack_u64(r);
    lost->size = wisp_unpack_u64(r);
    lost->since = (int64_t)wisp_unpack_u64(r);
    wisp_unpack_bytes(r, lost->hash.bytes, WISP_HASH_SIZE);
    wisp_unpack_text(r, lost->reason, sizeof lost->reason);
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

/* What the record says of the last check; the same in both formats. */
static void pack_check(wisp_packer *p, const wisp_record *record)
{
    for (int i = 0; i < 4; i++)
        wisp_pack_u64(p, record->versions[i]);
    wisp_pack_u64(p, (uint64_t)record->time_floor);
    wisp_pack_u64(p, (uint64_t)record->last_check);
    pack_result(p, &record->last_result);
}

static void unpack_check(wisp_reader *r, wisp_record *record)
{
    for (int i = 0; i < 4; i++)
        record->versions[i] = wisp_unpack_u64(r);
    record->time_floor = (int64_t)wisp_unpack_u64(r);
    record->last_check = (int64_t)wisp_unpack_u64(r);
    unpack_result(r, &record->last_result);
}

/* What the result has besides in format 2. */
static void pack_result_rest(wisp_packer *p, const wisp_update_result *result)
{
    wisp_pack_u32(p, result->code);
    wisp_pack_u32(p, result->retry_after_s);
    wisp_pack_u32(p,
                  (result->is_mandatory ? MANDATORY : 0) | (result->is_by_delta ? BY_DELTA : 0));
}

/* A code of a later version of Wisp is one that this one has no name for. */
static void unpack_result_rest(wisp_reader *r, wisp_update_result *result)
{
    uint32_t code = wisp_unpack_u32(r);
    if (code < WISP_UPDATE_CODE_LEN)
        result->code = (wisp_update_code)code;
    result->retry_after_s = wisp_unpack_u32(r);
    uint32_t bits = wisp_unpack_u32(r);
    result->is_mandatory = bits & MANDATORY;
    result->is_by_delta = bits & BY_DELTA;
}

/* --- the block --------------------------------------------------------------------------- */

static uint32_t half_sum_of(const uint8_t block[WISP_RECORD_SIZE])
{
    return (uint32_t)crc32(0, block, HALF_SUM_OFFSET);
}

/* Leaves the first sum out: behind its own sum a CRC is the same whatever came before, so that a
 * first half that a power cut has put before another second one would go unnoticed. */
static uint32_t sum_of(const uint8_t block[WISP_RECORD_SIZE])
{
    return (uint32_t)crc32(half_sum_of(block), block + HALF_SIZE, SUM_OFFSET - HALF_SIZE);
}

static wisp_reader reader_at(const uint8_t block[WISP_RECORD_SIZE], size_t offset)
{
    return (wisp_reader){block, block + offset, block + WISP_RECORD_SIZE};
}

static bool has_sum(const uint8_t block[WISP_RECORD_SIZE], size_t offset, uint32_t expected)
{
    wisp_reader sum = reader_at(block, offset);
    return wisp_unpack_u32(&sum) == expected;
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
    wisp_pack_text(&p, record->channel, sizeof record->channel);
    wisp_pack_text(&p, record->device_id, sizeof record->device_id);
    wisp_pack_u64(&p, record->sequence);
    wisp_pack_u64(&p, record->floor);
    wisp_pack_bytes(&p, record->lifted.bytes, WISP_HASH_SIZE);
    wisp_pack_bytes(&p, record->partial.bytes, WISP_HASH_SIZE);
    pack_entry(&(wisp_packer){block + GOOD_OFFSET}, &record->good);
    pack_entry(&(wisp_packer){block + CANDIDATE_OFFSET}, &record->candidate);
    pack_entry(&(wisp_packer){block + INCOMING_OFFSET}, &record->incoming);
    pack_lost(&(wisp_packer){block + LOST_OFFSET}, &record->lost);
    wisp_packer check = {block + CHECK_OFFSET};
    pack_check(&check, record);
    pack_result_rest(&check, &record->last_result);
    wisp_pack_u32(&(wisp_packer){block + HALF_SUM_OFFSET}, half_sum_of(block));
    wisp_pack_u32(&(wisp_packer){block + SUM_OFFSET}, sum_of(block));
}

static bool is_entry(const wisp_update_entry *entry, wisp_image_state from, wisp_image_state to)
{
    if (entry->state == WISP_STATE_EMPTY)
        return true;
    return entry->state >= from && entry->state <= to && entry->module_len > 0 &&
           entry->module_len <= WISP_MODULES_MAX && wisp_flags_are_sound(&entry->flags);
}

/* A check sum finds accidents only; what the program relies on is checked for itself. */
static bool is_sound(const wisp_record *record)
{
    return is_entry(&record->good, WISP_STATE_GOOD, WISP_STATE_GOOD) &&
           is_entry(&record->candidate, WISP_STATE_STAGED, WISP_STATE_TRIAL) &&
           is_entry(&record->incoming, WISP_STATE_CHECKED, WISP_STATE_FETCHING) &&
           record->lost.state <= WISP_STATE_GOOD && record->generation > 0 &&
           record->last_result.outcome <= WISP_UPDATE_DEFERRED &&
           record->last_result.status <= WISP_BUSY;
}

/* An entry that is empty has nothing in it, whatever its bytes were. */
static void clear_empty(wisp_update_entry *entry)
{
    if (entry->state == WISP_STATE_EMPTY)
        *entry = (wisp_update_entry){0};
}

static void unpack(const uint8_t block[WISP_RECORD_SIZE], wisp_reader *r, wisp_record *out)
{
    wisp_reader good = reader_at(block, GOOD_OFFSET);
    wisp_reader candidate = reader_at(block, CANDIDATE_OFFSET);
    wisp_reader incoming = reader_at(block, INCOMING_OFFSET);
    wisp_reader lost = reader_at(block, LOST_OFFSET), check = reader_at(block, CHECK_OFFSET);
    wisp_unpack_text(r, out->channel, sizeof out->channel);
    wisp_unpack_text(r, out->device_id, sizeof out->device_id);
    out->sequence = wisp_unpack_u64(r);
    out->floor = wisp_unpack_u64(r);
    wisp_unpack_bytes(r, out->lifted.bytes, WISP_HASH_SIZE);
    wisp_unpack_bytes(r, out->partial.bytes, WISP_HASH_SIZE);
    unpack_entry(&good, &out->good);
    unpack_entry(&candidate, &out->candidate);
    unpack_entry(&incoming, &out->incoming);
    unpack_lost(&lost, &out->lost);
    unpack_check(&check, out);
    unpack_result_rest(&check, &out->last_result);
}

/* --- format 1 ---------------------------------------------------------------------------- */

/* Its states, in their order. */
static wisp_image_state state_1(uint32_t number)
{
    static const wisp_image_state states[] = {WISP_STATE_EMPTY, WISP_STATE_STAGED,
                                              WISP_STATE_TRIAL, WISP_STATE_GOOD};
    return number < sizeof states / sizeof *states ? states[number] : WISP_STATE_BANNED;
}

/* An entry was one module, without a name: that of the target, which only its owner knows. */
static void unpack_entry_1(wisp_reader *r, wisp_update_entry *entry)
{
    entry->state = state_1(wisp_unpack_u32(r));
    entry->attempts = wisp_unpack_u32(r);
    entry->version = wisp_unpack_u64(r);
    entry->modules[0].size = wisp_unpack_u64(r);
    entry->since = (int64_t)wisp_unpack_u64(r);
    wisp_unpack_bytes(r, entry->hash.bytes, WISP_HASH_SIZE);
    entry->modules[0].hash = entry->hash;
    entry->module_len = 1;
}

static void unpack_lost_1(wisp_reader *r, wisp_update_failure *lost)
{
    unpack_lost(r, lost);
    lost->state = state_1(lost->state);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void unpack_1(wisp_reader *r, wisp_record *out)
{
    unpack_entry_1(r, &out->good);
    unpack_entry_1(r, &out->candidate);
    unpack_check(r, out);
    unpack_lost_1(r, &out->lost);
    out->sequence = larger(out->good.version, out->candidate.version);
}

/* --- reading ----------------------------------------------------------------------------- */

wisp_status wisp_record_decode(const uint8_t block[WISP_RECORD_SIZE], wisp_record *out,
                               wisp_error *err)
{
    wisp_reader r = reader_at(block, 0);
    char found[sizeof magic];
    wisp_unpack_bytes(&r, found, sizeof found);
    if (memcmp(found, magic, sizeof magic) != 0)
        return wisp_fail(err, WISP_MALFORMED, "the state record has no magic number");
    uint32_t format = wisp_unpack_u32(&r);
    if (!has_sum(block, HALF_SUM_OFFSET, half_sum_of(block)) ||
        (format == WISP_RECORD_FORMAT && !has_sum(block, SUM_OFFSET, sum_of(block))))
        return wisp_fail(err, WISP_MALFORMED, "the state record's check sum is wrong");
    if (format != 1 && format != WISP_RECORD_FORMAT)
        return wisp_fail(err, WISP_UNSUPPORTED, "the state record has format %u, expected %d",
                         (unsigned)format, WISP_RECORD_FORMAT);
    wisp_unpack_u32(&r);
    *out = (wisp_record){0};
    out->generation = wisp_unpack_u64(&r);
    wisp_unpack_bytes(&r, out->target.bytes, WISP_HASH_SIZE);
    if (format == 1)
        unpack_1(&r, out);
    else
        unpack(block, &r, out);
    clear_empty(&out->good);
    clear_empty(&out->candidate);
    clear_empty(&out->incoming);
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
