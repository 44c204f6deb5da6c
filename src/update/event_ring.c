#include "update/event_ring.h"

#include "base/error.h"
#include "base/memory.h"
#include "update/packer.h"

#include <zlib.h>

#define FILE_NAME    "events"
#define BLOCK_SIZE   WISP_UPDATE_EVENT_BLOCK_SIZE
#define SUM_OFFSET   (BLOCK_SIZE - 4)
#define FRONT_LEN    2 /* blocks before the places */
#define FILE_SIZE    ((FRONT_LEN + WISP_UPDATE_EVENT_RING_LEN) * BLOCK_SIZE)
#define SEQUENCE_MAX (UINT64_C(1) << 53) /* what a JSON number holds */

enum { FLAG_PRIVATE = 1 };

static const char event_magic[8] = "wispevt", delivery_magic[8] = "wispevd";

const char *wisp_update_event_kind_name(wisp_update_event_kind kind)
{
    static const char *const names[] = {
#define X(name, text) text,
        WISP_UPDATE_EVENT_KINDS(X)
#undef X
    };
    return kind < WISP_UPDATE_EVENT_KIND_LEN ? names[kind] : "unknown";
}

/* --- blocks ------------------------------------------------------------------------------ */

static uint32_t sum_of(const uint8_t block[BLOCK_SIZE])
{
    return (uint32_t)crc32(0, block, SUM_OFFSET);
}

static void seal(uint8_t block[BLOCK_SIZE])
{
    wisp_packer p = {block + SUM_OFFSET};
    wisp_pack_u32(&p, sum_of(block));
}

static bool is_sealed(const uint8_t block[BLOCK_SIZE], const char magic[8])
{
    wisp_reader sum = {block, block + SUM_OFFSET, block + BLOCK_SIZE};
    return memcmp(block, magic, 8) == 0 && wisp_unpack_u32(&sum) == sum_of(block);
}

/* Behind the magic number. */
static wisp_reader reader_of(const uint8_t block[BLOCK_SIZE])
{
    return (wisp_reader){block, block + 8, block + BLOCK_SIZE};
}

void wisp_update_event_encode(uint64_t series, const wisp_update_event *event,
                              uint8_t block[BLOCK_SIZE])
{
    memset(block, 0, BLOCK_SIZE);
    wisp_packer p = {block};
    wisp_pack_bytes(&p, event_magic, sizeof event_magic);
    wisp_pack_u64(&p, series);
    wisp_pack_u64(&p, event->sequence);
    wisp_pack_u64(&p, event->lost);
    wisp_pack_u64(&p, (uint64_t)event->at);
    wisp_pack_u64(&p, event->version);
    wisp_pack_u64(&p, event->running);
    wisp_pack_u64(&p, event->bytes);
    wisp_pack_u32(&p, event->kind);
    wisp_pack_u32(&p, event->is_private ? FLAG_PRIVATE : 0);
    wisp_pack_u32(&p, event->attempt);
    wisp_pack_u32(&p, 0);
    wisp_pack_bytes(&p, event->hash.bytes, sizeof event->hash.bytes);
    wisp_pack_text(&p, event->channel, sizeof event->channel);
    wisp_pack_text(&p, event->variant, sizeof event->variant);
    wisp_pack_text(&p, event->code, sizeof event->code);
    wisp_pack_text(&p, event->reason, sizeof event->reason);
    seal(block);
}

/* A check sum finds accidents only; what the program relies on is checked for itself. */
bool wisp_update_event_decode(const uint8_t block[BLOCK_SIZE], uint64_t *series,
                              wisp_update_event *out)
{
    wisp_reader r = reader_of(block);
    *out = (wisp_update_event){0};
    if (!is_sealed(block, event_magic))
        return false;
    *series = wisp_unpack_u64(&r);
    out->sequence = wisp_unpack_u64(&r);
    out->lost = wisp_unpack_u64(&r);
    out->at = (int64_t)wisp_unpack_u64(&r);
    out->version = wisp_unpack_u64(&r);
    out->running = wisp_unpack_u64(&r);
    out->bytes = wisp_unpack_u64(&r);
    out->kind = (wisp_update_event_kind)wisp_unpack_u32(&r);
    out->is_private = wisp_unpack_u32(&r) & FLAG_PRIVATE;
    out->attempt = wisp_unpack_u32(&r);
    wisp_unpack_u32(&r);
    wisp_unpack_bytes(&r, out->hash.bytes, sizeof out->hash.bytes);
    wisp_unpack_text(&r, out->channel, sizeof out->channel);
    wisp_unpack_text(&r, out->variant, sizeof out->variant);
    wisp_unpack_text(&r, out->code, sizeof out->code);
    wisp_unpack_text(&r, out->reason, sizeof out->reason);
    return *series && out->sequence && out->sequence < SEQUENCE_MAX &&
           out->kind < WISP_UPDATE_EVENT_KIND_LEN;
}

void wisp_update_event_delivery_encode(uint64_t series,
                                       const wisp_update_event_delivery *delivery,
                                       uint8_t block[BLOCK_SIZE])
{
    memset(block, 0, BLOCK_SIZE);
    wisp_packer p = {block};
    wisp_pack_bytes(&p, delivery_magic, sizeof delivery_magic);
    wisp_pack_u64(&p, series);
    wisp_pack_u64(&p, delivery->generation);
    wisp_pack_u64(&p, delivery->acknowledged);
    wisp_pack_u64(&p, delivery->refused);
    wisp_pack_u64(&p, (uint64_t)delivery->next_try);
    wisp_pack_u32(&p, delivery->failures);
    wisp_pack_u32(&p, delivery->batch_len);
    wisp_pack_u32(&p, delivery->refusals);
    seal(block);
}

bool wisp_update_event_delivery_decode(const uint8_t block[BLOCK_SIZE], uint64_t *series,
                                       wisp_update_event_delivery *out)
{
    wisp_reader r = reader_of(block);
    *out = (wisp_update_event_delivery){0};
    if (!is_sealed(block, delivery_magic))
        return false;
    *series = wisp_unpack_u64(&r);
    out->generation = wisp_unpack_u64(&r);
    out->acknowledged = wisp_unpack_u64(&r);
    out->refused = wisp_unpack_u64(&r);
    out->next_try = (int64_t)wisp_unpack_u64(&r);
    out->failures = wisp_unpack_u32(&r);
    out->batch_len = wisp_unpack_u32(&r);
    out->refusals = wisp_unpack_u32(&r);
    return *series && out->generation && out->acknowledged < SEQUENCE_MAX && out->batch_len &&
           out->batch_len <= WISP_UPDATE_EVENT_BATCH_MAX;
}

/* --- the file ---------------------------------------------------------------------------- */

static size_t place_of(uint64_t sequence)
{
    return (size_t)(sequence % WISP_UPDATE_EVENT_RING_LEN);
}

static uint64_t bit_of(uint64_t sequence)
{
    return UINT64_C(1) << place_of(sequence);
}

static size_t place_offset(uint64_t sequence)
{
    return (FRONT_LEN + place_of(sequence)) * BLOCK_SIZE;
}

/* The whole file, with zeros for what it lacks; to be freed with FILE_SIZE. */
static wisp_status read_file(const wisp_folder *folder, uint8_t **out, wisp_error *err)
{
    *out = wisp_alloc(folder->allocator, FILE_SIZE, 1);
    if (!*out)
        return wisp_fail_memory(err, FILE_SIZE);
    wisp_status status = wisp_folder_read_into(folder, FILE_NAME, *out, FILE_SIZE, err);
    if (status == WISP_OK || status == WISP_NOT_FOUND)
        return WISP_OK;
    wisp_free(folder->allocator, *out, FILE_SIZE);
    return status;
}

static void load_delivery(const uint8_t *file, wisp_update_event_ring *ring)
{
    for (int i = 0; i < FRONT_LEN; i++) {
        uint64_t series;
        wisp_update_event_delivery delivery;
        if (wisp_update_event_delivery_decode(file + i * BLOCK_SIZE, &series, &delivery) &&
            delivery.generation > ring->delivery.generation) {
            ring->delivery = delivery;
            ring->series = series;
        }
    }
    ring->sequence = ring->delivery.acknowledged;
}

/* Reads the place of [sequence] modulo the length, and takes nothing that is not of this ring. */
static bool read_place(const uint8_t *file, const wisp_update_event_ring *ring, uint64_t sequence,
                       wisp_update_event *out)
{
    uint64_t series;
    return wisp_update_event_decode(file + place_offset(sequence), &series, out) &&
           series == ring->series && place_of(out->sequence) == place_of(sequence);
}

/* Without either block in front, the first event that can be read tells the series. */
static void find_series(const uint8_t *file, wisp_update_event_ring *ring)
{
    wisp_update_event event;
    for (uint64_t i = 0; i < WISP_UPDATE_EVENT_RING_LEN && !ring->series; i++)
        if (!wisp_update_event_decode(file + place_offset(i), &ring->series, &event))
            ring->series = 0;
}

static void keep_newer(wisp_update_event *last, const wisp_update_event *event)
{
    if (event->sequence > last->sequence)
        *last = *event;
}

static void remember(wisp_update_event_ring *ring, const wisp_update_event *event)
{
    if (event->kind == WISP_UPDATE_EVENT_KIND_CHECKED)
        keep_newer(&ring->last_check, event);
    if (event->kind == WISP_UPDATE_EVENT_KIND_FAILED)
        keep_newer(&ring->last_failure, event);
    if (event->sequence > ring->sequence)
        ring->sequence = event->sequence;
    if (event->lost > ring->lost)
        ring->lost = event->lost;
    if (!event->is_private && event->sequence > ring->delivery.acknowledged)
        ring->waiting |= bit_of(event->sequence);
    else
        ring->waiting &= ~bit_of(event->sequence);
}

wisp_status wisp_update_event_ring_load(const wisp_folder *folder, wisp_update_event_ring *out,
                                        wisp_error *err)
{
    uint8_t *file;
    wisp_update_event event;
    *out = (wisp_update_event_ring){.delivery.batch_len = WISP_UPDATE_EVENT_BATCH_MAX};
    wisp_status status = read_file(folder, &file, err);
    if (status != WISP_OK)
        return status;
    load_delivery(file, out);
    find_series(file, out);
    for (uint64_t i = 0; i < WISP_UPDATE_EVENT_RING_LEN; i++)
        if (read_place(file, out, i, &event))
            remember(out, &event);
    out->is_known = true;
    wisp_free(folder->allocator, file, FILE_SIZE);
    return WISP_OK;
}

wisp_status wisp_update_event_ring_reserve(const wisp_folder *folder,
                                           wisp_update_event_ring *ring, wisp_error *err)
{
    uint64_t series = 0;
    if (!ring->is_known || ring->series)
        return WISP_OK;
    int code = folder->os->random(folder->os->user, &series, sizeof series);
    if (code < 0 || series == 0)
        return wisp_fail(err, WISP_IO, "no random number for the series of events");
    uint8_t *file = wisp_alloc(folder->allocator, FILE_SIZE, 1);
    if (!file)
        return wisp_fail_memory(err, FILE_SIZE);
    wisp_update_event_delivery delivery = ring->delivery;
    delivery.generation = FRONT_LEN; /* is that of the first block */
    wisp_update_event_delivery_encode(series, &delivery, file);
    wisp_status status =
        wisp_folder_replace(folder, FILE_NAME, (wisp_bytes){file, FILE_SIZE}, err);
    wisp_free(folder->allocator, file, FILE_SIZE);
    if (status == WISP_OK) {
        ring->series = series;
        ring->delivery = delivery;
    }
    return status;
}

static wisp_status write_block(const wisp_folder *folder, const wisp_update_event_ring *ring,
                               size_t offset, const uint8_t block[BLOCK_SIZE], wisp_error *err)
{
    if (!ring->is_known || !ring->series)
        return wisp_fail(err, WISP_IO, "the file of events is not written to");
    return wisp_folder_overwrite(folder, FILE_NAME, offset, (wisp_bytes){block, BLOCK_SIZE}, err);
}

wisp_status wisp_update_event_ring_add(const wisp_folder *folder, wisp_update_event_ring *ring,
                                       const wisp_update_event *event, wisp_error *err)
{
    uint8_t block[BLOCK_SIZE];
    wisp_update_event next = *event;
    next.sequence = ring->sequence + 1;
    next.lost = ring->lost + (ring->waiting & bit_of(next.sequence) ? 1 : 0);
    wisp_update_event_encode(ring->series, &next, block);
    wisp_status status = write_block(folder, ring, place_offset(next.sequence), block, err);
    if (status == WISP_OK)
        remember(ring, &next);
    else
        ring->lost++;
    return status;
}

static uint64_t oldest_of(const wisp_update_event_ring *ring)
{
    uint64_t first = ring->delivery.acknowledged + 1;
    bool is_full = ring->sequence >= first + WISP_UPDATE_EVENT_RING_LEN;
    return is_full ? ring->sequence - WISP_UPDATE_EVENT_RING_LEN + 1 : first;
}

wisp_status wisp_update_event_ring_peek(const wisp_folder *folder, wisp_update_event_ring *ring,
                                        wisp_update_event out[WISP_UPDATE_EVENT_BATCH_MAX],
                                        size_t *len, wisp_error *err)
{
    uint8_t *file;
    *len = 0;
    if (!ring->waiting)
        return WISP_OK;
    wisp_status status = read_file(folder, &file, err);
    if (status != WISP_OK)
        return status;
    uint64_t at = oldest_of(ring);
    for (; at <= ring->sequence && *len < ring->delivery.batch_len; at++) {
        if (!(ring->waiting & bit_of(at)))
            continue;
        if (read_place(file, ring, at, &out[*len]) && out[*len].sequence == at) {
            ++*len;
        } else {
            ring->waiting &= ~bit_of(at);
            ring->lost++;
        }
    }
    wisp_free(folder->allocator, file, FILE_SIZE);
    return WISP_OK;
}

wisp_status wisp_update_event_ring_settle(const wisp_folder *folder, wisp_update_event_ring *ring,
                                          const wisp_update_event_delivery *delivery,
                                          wisp_error *err)
{
    uint8_t block[BLOCK_SIZE];
    for (uint64_t at = oldest_of(ring); at <= delivery->acknowledged; at++)
        ring->waiting &= ~bit_of(at);
    wisp_update_event_delivery next = *delivery;
    next.generation = ring->delivery.generation + 1;
    wisp_update_event_delivery_encode(ring->series, &next, block);
    size_t offset = (size_t)(next.generation % FRONT_LEN) * BLOCK_SIZE;
    wisp_status status = write_block(folder, ring, offset, block, err);
    if (status != WISP_OK)
        next.generation--; /* the block that is valid stays so */
    ring->delivery = next;
    return status;
}

wisp_status wisp_update_event_ring_list(const wisp_folder *folder,
                                        const wisp_update_event_ring *ring,
                                        wisp_update_event out[WISP_UPDATE_EVENT_RING_LEN],
                                        size_t *len, wisp_error *err)
{
    uint8_t *file;
    *len = 0;
    wisp_status status = read_file(folder, &file, err);
    if (status != WISP_OK)
        return status;
    /* The place behind the newest one has the oldest. */
    for (uint64_t i = 1; i <= WISP_UPDATE_EVENT_RING_LEN; i++)
        if (read_place(file, ring, ring->sequence + i, &out[*len]))
            ++*len;
    wisp_free(folder->allocator, file, FILE_SIZE);
    return WISP_OK;
}

uint32_t wisp_update_event_ring_waiting(const wisp_update_event_ring *ring)
{
    uint32_t len = 0;
    for (uint64_t left = ring->waiting; left; left &= left - 1)
        len++;
    return len;
}
