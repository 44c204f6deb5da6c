#include "host/tape/recording.h"

#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "host/tape/record_format.h"
#include "host/tape/taped_call.h"
#include "wasm/snapshot.h"

enum {
    IMPORTS_MAX = 4096,
    RECORD_SIZE_MAX = 256 << 20,
    STACK_SIZE_MAX = 64 << 20, /* which a replay takes at once */
    NAMES_CHUNK = 1024
};

/* ------------------------------------------------------------------ frames */

/* Says why a recording has no more frames: it ends, or was cut off, or is damaged. */
static wisp_status fail_end(const wisp_recording *recording, const char *how, wisp_error *err)
{
    size_t offset = (size_t)(recording->frames.at - recording->frames.start);
    return wisp_fail_at(err, WISP_NOT_FOUND, offset, "the recording %s at byte %zu", how, offset);
}

static wisp_status next_frame(wisp_recording *recording, wisp_reader *content, wisp_error *err)
{
    wisp_reader r = recording->frames;
    wisp_bytes bytes;
    uint32_t size, sum;
    if (wisp_reader_left(&r) == 0)
        return fail_end(recording, "ends", err);
    if (!wisp_read_u32le(&r, &size) || !wisp_read_u32le(&r, &sum) ||
        !wisp_read_bytes(&r, size, &bytes.data))
        return fail_end(recording, "was cut off", err);
    bytes.size = size;
    if (size == 0 || (uint32_t)wisp_checksum(bytes) != sum)
        return fail_end(recording, "is damaged", err);
    recording->frames = r;
    *content = wisp_reader_of(bytes);
    return WISP_OK;
}

static wisp_bytes rest_of(const wisp_reader *r)
{
    return (wisp_bytes){r->at, wisp_reader_left(r)};
}

static wisp_status fail_malformed(const wisp_recording *recording, const char *what,
                                  wisp_error *err)
{
    size_t offset = (size_t)(recording->records.at - recording->frames.start);
    return wisp_fail_at(err, WISP_MALFORMED, offset, "no %s before byte %zu of a recording", what,
                        offset);
}

/* Reads frames until there are records; snapshots and states between are kept in mind. */
static wisp_status find_records(wisp_recording *recording, wisp_error *err)
{
    while (wisp_reader_left(&recording->records) == 0) {
        uint8_t kind = 0;
        wisp_status status = next_frame(recording, &recording->records, err);
        if (status != WISP_OK)
            return status;
        wisp_reader *r = &recording->records;
        (void)wisp_read_u8(r, &kind); /* no frame is empty */
        switch (kind) {
        case WISP_FRAME_RECORDS:
            if (!wisp_read_leb_u64(r, &recording->time_us))
                return fail_malformed(recording, "time of a frame", err);
            break;
        case WISP_FRAME_SNAPSHOT:
            recording->snapshot = rest_of(r);
            r->at = r->end;
            break;
        case WISP_FRAME_STATE:
            recording->state = rest_of(r);
            r->at = r->end;
            break;
        default:
            return fail_malformed(recording, "kind of frame that is known", err);
        }
    }
    return WISP_OK;
}

/* Reads one record, whole, into recording->plain. */
static wisp_status read_record(wisp_recording *recording, wisp_error *err)
{
    wisp_status status = find_records(recording, err);
    if (status != WISP_OK)
        return status;
    wisp_tape_clear(&recording->plain);
    status = wisp_coder_decode(&recording->coder, &recording->records, &recording->plain);
    if (status == WISP_MALFORMED)
        return fail_malformed(recording, "record", err);
    return status == WISP_OK ? WISP_OK
                             : wisp_fail(err, status, "no room for a record of over %zu bytes",
                                         recording->plain.size);
}

/* ------------------------------------------------------------------ what comes first */

static const char *read_text(wisp_recording *recording, wisp_reader *r)
{
    wisp_bytes text;
    if (!wisp_tape_read_block(r, &text))
        return NULL;
    const char *copy = wisp_arena_text(&recording->arena, text.data, text.size);
    recording->is_out_of_memory |= !copy;
    return copy;
}

/* A number that is no larger than [max]. */
static bool read_up_to(wisp_reader *r, uint64_t max, uint64_t *out)
{
    return wisp_read_leb_u64(r, out) && *out <= max;
}

static bool read_u32(wisp_reader *r, uint32_t *out)
{
    uint64_t wide;
    bool is_read = read_up_to(r, UINT32_MAX, &wide);
    *out = is_read ? (uint32_t)wide : 0;
    return is_read;
}

static bool read_guest(wisp_recording *recording, wisp_reader *r)
{
    wisp_store_config *limits = &recording->limits;
    recording->name = read_text(recording, r);
    return recording->name && read_text(recording, r) && read_u32(r, &recording->guest_id) &&
           wisp_tape_read_s64(r, &recording->time_s) && wisp_read_leb_u64(r, &recording->fuel) &&
           wisp_read_leb_u64(r, &recording->state_size_max) &&
           wisp_read_leb_u64(r, &limits->memory_max) &&
           wisp_read_leb_u64(r, &limits->table_max) &&
           wisp_read_leb_u64(r, &limits->exception_max) && read_u32(r, &limits->stack_size) &&
           limits->stack_size <= STACK_SIZE_MAX && read_u32(r, &limits->host_depth_max) &&
           read_u32(r, &limits->wait_max_ms);
}

/* Stands for a function that is not here: a replay answers in its place. */
static wisp_status refuse(void *user, wisp_instance *caller, const wisp_arg *args,
                          wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)args;
    (void)results;
    return wisp_fail(err, WISP_UNSUPPORTED, "a recording has no functions");
}

static bool read_import(wisp_recording *recording, wisp_reader *r)
{
    uint64_t kind, channel, own, gives_id;
    const char *module = read_text(recording, r);
    wisp_tap_func func = {.name = read_text(recording, r), .fn = refuse};
    func.signature = read_text(recording, r);
    if (!module || !func.name || !func.signature || !read_up_to(r, WISP_TAP_OWN, &kind) ||
        !read_up_to(r, WISP_BRIDGE_PARAMS_MAX, &channel) || !read_up_to(r, UINT16_MAX, &own) ||
        !read_up_to(r, 1, &gives_id) || recording->has_lives ||
        recording->taps.len >= IMPORTS_MAX)
        return false;
    func.kind = (wisp_tap_class)kind;
    func.channel = (uint8_t)channel;
    func.own = (uint16_t)own;
    func.gives_id = gives_id > 0;
    wisp_status status =
        wisp_taps_add(&recording->taps, recording->allocator, module, &func, NULL);
    recording->is_out_of_memory |= status == WISP_NO_MEMORY;
    if (status != WISP_OK)
        return false;
    const wisp_tap *tap = &recording->taps.items[recording->taps.len - 1];
    return channel <= tap->signature.param_count;
}

static bool read_topic(wisp_recording *recording, wisp_reader *r)
{
    wisp_bytes name;
    if (!wisp_tape_read_block(r, &name) || name.size == 0 || name.size > WISP_TOPIC_SIZE_MAX ||
        memchr(name.data, '\0', name.size))
        return false;
    bool is_added = wisp_topics_add(&recording->topics, recording->allocator, name) > 0;
    recording->is_out_of_memory |= !is_added;
    return is_added;
}

/* ------------------------------------------------------------------ lives and entries */

static bool read_life(wisp_recording *recording, wisp_reader *r, wisp_recorded_life *out)
{
    uint64_t has_snapshot, has_state;
    if (!read_u32(r, &out->number) || out->number == 0 ||
        !wisp_read_leb_u64(r, &out->module_size) || !wisp_read_leb_u64(r, &out->module_hash) ||
        !read_u32(r, &out->version) || !read_up_to(r, 1, &has_snapshot) ||
        !read_up_to(r, 1, &has_state))
        return false;
    out->has_snapshot = has_snapshot > 0;
    out->has_state = has_state > 0;
    out->snapshot = out->has_snapshot ? recording->snapshot : (wisp_bytes){NULL, 0};
    out->state = out->has_state ? recording->state : (wisp_bytes){NULL, 0};
    recording->has_lives = true;
    return out->has_snapshot == (recording->snapshot.size > 0);
}

static const struct {
    const char *name;
    wisp_entry_kind kind;
} entry_kinds[WISP_RECORDED_KIND_COUNT] = {[WISP_RECORDED_LOAD] = {"load", WISP_ENTRY_START},
#define X(number, id) [number] = {NULL, WISP_ENTRY_##id},
                                           WISP_RECORDED_ENTRIES(X)
#undef X
};

static const char *name_of(uint32_t code)
{
    const char *name = entry_kinds[code].name;
    return name ? name : wisp_entry_kind_name(entry_kinds[code].kind);
}

/* How many calls there are in [calls]; false if they are none. */
static bool count_calls(const wisp_recording *recording, wisp_bytes calls, uint32_t *out)
{
    wisp_reader r = wisp_reader_of(calls);
    wisp_taped_call call;
    for (*out = 0; wisp_reader_left(&r) > 0; ++*out)
        if (wisp_taped_call_read(&r, &recording->taps, &call, NULL) != WISP_OK)
            return false;
    return true;
}

static bool read_trap(wisp_reader *r, wisp_recorded_entry *out)
{
    uint64_t code;
    if (!read_up_to(r, WISP_TRAP_DEADLINE, &code))
        return false;
    out->trap = (wisp_trap_code)code;
    return read_u32(r, &out->trap_func) && read_u32(r, &out->trap_offset);
}

/* What came of an entry. */
static bool read_outcome(wisp_recording *recording, wisp_reader *r, wisp_recorded_entry *out)
{
    return wisp_tape_read_block(r, &recording->calls) &&
           count_calls(recording, recording->calls, &out->call_count) &&
           (out->status != WISP_TRAP || read_trap(r, out)) && wisp_read_leb_u64(r, &out->fuel);
}

static bool read_entry(wisp_recording *recording, wisp_reader *r, wisp_recorded_entry *out)
{
    wisp_entry *entry = &recording->entry;
    uint64_t code, status;
    int64_t answer;
    if (!read_up_to(r, WISP_RECORDED_KIND_COUNT - 1, &code) || !read_u32(r, &out->life) ||
        out->life == 0 || !read_u32(r, &entry->sender) || !read_u32(r, &entry->type) ||
        !read_u32(r, &entry->request) || !read_u32(r, &entry->id) ||
        !wisp_read_leb_u64(r, &entry->func) || !wisp_read_leb_u64(r, &entry->number) ||
        !wisp_read_leb_u64(r, &entry->at) || !read_up_to(r, WISP_BUSY, &status) ||
        !wisp_tape_read_s64(r, &answer) || !wisp_tape_read_block(r, &entry->bytes))
        return false;
    recording->is_load = code == WISP_RECORDED_LOAD;
    entry->kind = entry_kinds[code].kind;
    *out = (wisp_recorded_entry){
        .number = ++recording->last_entry,
        .life = out->life,
        .kind = name_of((uint32_t)code),
        .sender = entry->sender,
        .type = entry->type,
        .request = entry->request,
        .id = entry->id,
        .argument = entry->number,
        .bytes = entry->bytes,
        .status = (wisp_status)status,
        .answer = (int32_t)answer,
    };
    return read_outcome(recording, r, out);
}

/* ------------------------------------------------------------------ the whole */

/*
 * Understands recording->plain. True if it is something for the reader; else it is kept, or,
 * with [err] set, none.
 */
static bool take_record(wisp_recording *recording, wisp_recorded *out, wisp_error *err)
{
    wisp_reader r = wisp_reader_of(wisp_tape_calls(&recording->plain));
    uint8_t kind = 0;
    bool is_good = wisp_read_u8(&r, &kind);
    err->status = WISP_OK;
    out->time_us = recording->time_us;
    switch (kind) {
    case WISP_RECORD_GUEST:
        is_good = !recording->name && read_guest(recording, &r);
        break;
    case WISP_RECORD_IMPORT:
        is_good = read_import(recording, &r);
        break;
    case WISP_RECORD_TOPIC:
        is_good = read_topic(recording, &r);
        break;
    case WISP_RECORD_LIFE:
        out->kind = WISP_RECORDED_LIFE;
        is_good = recording->name && read_life(recording, &r, &out->of.life);
        recording->snapshot = recording->state = (wisp_bytes){NULL, 0};
        break;
    case WISP_RECORD_ENTRY:
        out->kind = WISP_RECORDED_ENTRY;
        is_good = recording->has_lives && read_entry(recording, &r, &out->of.entry);
        break;
    default:
        is_good = false;
    }
    if (recording->is_out_of_memory)
        wisp_fail_memory(err, recording->plain.size);
    else if (!is_good)
        fail_malformed(recording, "record that makes sense", err);
    return is_good && kind >= WISP_RECORD_LIFE;
}

wisp_status wisp_recording_next(wisp_recording *recording, wisp_recorded *out, wisp_error *err)
{
    wisp_error why = {.status = WISP_OK};
    wisp_status status = WISP_OK;
    bool is_found = false;
    while (status == WISP_OK && !is_found) {
        status = read_record(recording, &why);
        is_found = status == WISP_OK && take_record(recording, out, &why);
        if (status == WISP_OK)
            status = why.status;
    }
    if (status != WISP_OK && err)
        *err = why;
    return status;
}

/* What does not outlive a rewind. */
static void clear(wisp_recording *recording)
{
    wisp_taps_deinit(&recording->taps, recording->allocator);
    wisp_topics_deinit(&recording->topics, recording->allocator);
    wisp_coder_deinit(&recording->coder);
    wisp_tape_deinit(&recording->plain);
    wisp_arena_deinit(&recording->arena);
}

/* The first record says whose recording it is. */
static wisp_status read_first(wisp_recording *recording, wisp_error *err)
{
    wisp_recorded nothing;
    wisp_error why;
    wisp_status status = read_record(recording, &why);
    if (status == WISP_OK) {
        (void)take_record(recording, &nothing, &why);
        status = why.status;
    }
    if (status == WISP_NOT_FOUND || (status == WISP_OK && !recording->name))
        status = fail_malformed(recording, "guest", &why);
    if (status != WISP_OK && err)
        *err = why;
    return status;
}

wisp_status wisp_recording_rewind(wisp_recording *recording, wisp_error *err)
{
    const wisp_allocator *allocator = recording->allocator;
    wisp_reader frames = recording->frames;
    frames.at = frames.start + WISP_RECORD_HEAD_SIZE;
    clear(recording);
    *recording = (wisp_recording){
        .allocator = allocator,
        .frames = frames,
        .coder = {.allocator = allocator},
        .plain = {.allocator = allocator, .size_max = RECORD_SIZE_MAX},
    };
    recording->records.start = recording->records.at = recording->records.end = frames.at;
    wisp_arena_init(&recording->arena, allocator, NAMES_CHUNK);
    return read_first(recording, err);
}

static wisp_status check_head(wisp_bytes bytes, wisp_error *err)
{
    if (bytes.size < WISP_RECORD_HEAD_SIZE ||
        memcmp(bytes.data, WISP_RECORD_MAGIC, sizeof WISP_RECORD_MAGIC) != 0)
        return wisp_fail_at(err, WISP_MALFORMED, 0, "not a recording");
    uint32_t format = wisp_get_u32(bytes.data + sizeof WISP_RECORD_MAGIC);
    if (format != WISP_RECORD_FORMAT)
        return wisp_fail_at(err, WISP_UNSUPPORTED, sizeof WISP_RECORD_MAGIC,
                            "a recording of format %u, expected %u", (unsigned)format,
                            (unsigned)WISP_RECORD_FORMAT);
    return WISP_OK;
}

wisp_status wisp_recording_open(const wisp_allocator *allocator, wisp_bytes bytes,
                                wisp_recording **out, wisp_error *err)
{
    wisp_status status = check_head(bytes, err);
    if (status != WISP_OK)
        return status;
    allocator = wisp_allocator_or_default(allocator);
    wisp_recording *recording = wisp_alloc(allocator, 1, sizeof *recording);
    if (!recording)
        return wisp_fail_memory(err, sizeof *recording);
    recording->allocator = allocator;
    recording->frames = wisp_reader_of(bytes);
    recording->coder.allocator = recording->plain.allocator = allocator;
    wisp_arena_init(&recording->arena, allocator, NAMES_CHUNK);
    status = wisp_recording_rewind(recording, err);
    if (status == WISP_OK)
        *out = recording;
    else
        wisp_recording_close(recording);
    return status;
}

void wisp_recording_close(wisp_recording *recording)
{
    if (!recording)
        return;
    clear(recording);
    wisp_free(recording->allocator, recording, sizeof *recording);
}

const char *wisp_recording_name(const wisp_recording *recording)
{
    return recording->name;
}

int64_t wisp_recording_time(const wisp_recording *recording)
{
    return recording->time_s;
}

bool wisp_recording_call(const wisp_recording *recording, uint32_t index, char *into, size_t size)
{
    wisp_reader r = wisp_reader_of(recording->calls);
    wisp_taped_call call;
    for (uint32_t i = 0; i <= index; i++)
        if (wisp_reader_left(&r) == 0 ||
            wisp_taped_call_read(&r, &recording->taps, &call, NULL) != WISP_OK)
            return false;
    wisp_taped_call_print(&call, into, size);
    return true;
}

bool wisp_recorded_is_of(const wisp_recorded_life *life, const wisp_module *module)
{
    return life->module_size == module->bytes.size &&
           life->module_hash == wisp_module_hash(module);
}
