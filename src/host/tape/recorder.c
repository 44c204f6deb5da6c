#include "host/tape/recorder.h"

#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/tape/record_coder.h"
#include "host/tape/record_format.h"
#include "host/version/wasm_version.h"
#include "wasm/snapshot.h"

/*
 *      record         one thing, plain bytes          put together in [plain]
 *      coded record   its difference to the last      behind one another in [frame]
 *      frame          handed over with a checksum     at the end of a call into the host
 *      segment        begins with a snapshot          of a ring at one half of size_max
 */
struct wisp_recorder {
    wisp_record_config config;
    wisp_tape plain, frame;
    wisp_coder coder;
    uint64_t began_ns;
    uint64_t segment_size; /* bytes of this segment that were handed over */
    uint32_t last_life;
    bool is_full; /* a new segment is to begin when the guest is at rest */
    wisp_record_status status;
};

enum {
    FRAME_SIZE_MAX = 256 << 20, /* bytes; also of one record */
    BUFFER_SIZE = 4096,
    SIZE_MAX_DEFAULT = 64 << 20
};

/* ------------------------------------------------------------------ frames */

/* Makes the frame one of [kind] that has nothing in it yet. */
static void begin_frame(wisp_recorder *recorder, wisp_frame_kind kind)
{
    static const uint8_t head[WISP_FRAME_HEAD_SIZE];
    uint8_t first = (uint8_t)kind;
    wisp_tape_clear(&recorder->frame);
    wisp_tape_put_bytes(&recorder->frame, head, sizeof head);
    wisp_tape_put_bytes(&recorder->frame, &first, 1);
}

static wisp_status give(wisp_recorder *recorder, wisp_bytes bytes, wisp_error *err)
{
    err->text[0] = '\0';
    wisp_status status = recorder->config.sink.write(recorder->config.sink.user, bytes, err);
    recorder->segment_size += bytes.size;
    recorder->status.size += bytes.size;
    return status;
}

/* Whether so many bytes more may be written. */
static wisp_status check_end(const wisp_recorder *recorder, size_t size, wisp_error *err)
{
    uint64_t size_max = recorder->config.size_max, used = recorder->segment_size;
    if (recorder->config.is_ring || (used <= size_max && size <= size_max - used))
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "%llu bytes are recorded, of at most %llu",
                     (unsigned long long)used, (unsigned long long)size_max);
}

/* Hands over the frame as it is, which is then empty. */
static wisp_status end_frame(wisp_recorder *recorder, wisp_error *err)
{
    wisp_tape *frame = &recorder->frame;
    if (frame->status != WISP_OK)
        return wisp_fail(err, frame->status, "no room for %zu bytes of a recording", frame->size);
    wisp_bytes content = {frame->data + WISP_FRAME_HEAD_SIZE, frame->size - WISP_FRAME_HEAD_SIZE};
    wisp_put_u32(frame->data, (uint32_t)content.size);
    wisp_put_u32(frame->data + 4, (uint32_t)wisp_checksum(content));
    wisp_status status = check_end(recorder, frame->size, err);
    if (status == WISP_OK)
        status = give(recorder, wisp_tape_calls(frame), err);
    wisp_tape_clear(frame);
    recorder->is_full =
        recorder->config.is_ring && recorder->segment_size >= recorder->config.size_max / 2;
    return status;
}

static wisp_status give_frame(wisp_recorder *recorder, wisp_frame_kind kind, wisp_bytes content,
                              wisp_error *err)
{
    begin_frame(recorder, kind);
    wisp_tape_put_bytes(&recorder->frame, content.data, content.size);
    return end_frame(recorder, err);
}

static wisp_status flush(wisp_recorder *recorder, wisp_error *err)
{
    return recorder->frame.size > 0 ? end_frame(recorder, err) : WISP_OK;
}

/* ------------------------------------------------------------------ records */

static void begin_record(wisp_recorder *recorder, wisp_record_kind kind)
{
    wisp_tape_clear(&recorder->plain);
    wisp_tape_put_u64(&recorder->plain, kind);
}

static void put_text(wisp_tape *tape, const char *text)
{
    wisp_tape_put_block(tape, (wisp_bytes){(const uint8_t *)text, strlen(text)});
}

/* Adds the record to the frame. [slot] is that of records like it. */
static wisp_status end_record(wisp_recorder *recorder, const wisp_guest *guest, uint32_t slot,
                              wisp_error *err)
{
    const wisp_tape *plain = &recorder->plain;
    if (plain->status != WISP_OK)
        return wisp_fail(err, plain->status, "no room for a record of over %zu bytes",
                         plain->size);
    if (recorder->frame.size == 0) {
        uint64_t now_ns = wisp_host_now_ns(guest->host);
        begin_frame(recorder, WISP_FRAME_RECORDS);
        wisp_tape_put_u64(&recorder->frame, (now_ns - recorder->began_ns) / 1000);
    }
    if (!wisp_coder_encode(&recorder->coder, slot, wisp_tape_calls(plain), &recorder->frame))
        return wisp_fail_memory(err, plain->size);
    return recorder->frame.size < recorder->config.buffer_size ? WISP_OK
                                                               : end_frame(recorder, err);
}

/* Records that come once or a few times have slot 0, and entries one of the others. */
static uint32_t slot_of(uint32_t kind, uint32_t type)
{
    return 1 + (kind * 7 + type) % (WISP_CODER_SLOTS - 1);
}

static wisp_status record_guest(wisp_recorder *recorder, const wisp_guest *guest, wisp_error *err)
{
    const wisp_store_config *limits = &guest->config.limits;
    const wisp_os *os = guest->host->os;
    wisp_tape *plain = &recorder->plain;
    begin_record(recorder, WISP_RECORD_GUEST);
    put_text(plain, guest->config.name);
    put_text(plain, WISP_VERSION);
    wisp_tape_put_u64(plain, guest->id);
    wisp_tape_put_s64(plain, os->wall_time_s(os->user));
    wisp_tape_put_u64(plain, guest->config.fuel);
    wisp_tape_put_u64(plain, guest->config.state_size_max);
    wisp_tape_put_u64(plain, limits->memory_max);
    wisp_tape_put_u64(plain, limits->table_max);
    wisp_tape_put_u64(plain, limits->exception_max);
    wisp_tape_put_u64(plain, limits->stack_size);
    wisp_tape_put_u64(plain, limits->host_depth_max);
    wisp_tape_put_u64(plain, limits->wait_max_ms);
    return end_record(recorder, guest, 0, err);
}

static wisp_status record_import(wisp_recorder *recorder, const wisp_guest *guest,
                                 const wisp_tap *tap, wisp_error *err)
{
    wisp_tape *plain = &recorder->plain;
    begin_record(recorder, WISP_RECORD_IMPORT);
    put_text(plain, tap->module);
    put_text(plain, tap->func.name);
    put_text(plain, tap->func.signature);
    wisp_tape_put_u64(plain, tap->func.kind);
    wisp_tape_put_u64(plain, tap->func.channel);
    wisp_tape_put_u64(plain, tap->func.own);
    wisp_tape_put_u64(plain, tap->func.gives_id);
    return end_record(recorder, guest, 0, err);
}

/* Those that there are; what is asked for later is in an answer. */
static wisp_status record_topics(wisp_recorder *recorder, const wisp_guest *guest,
                                 wisp_error *err)
{
    const wisp_topics *topics = &guest->host->topics;
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < topics->len && status == WISP_OK; i++) {
        begin_record(recorder, WISP_RECORD_TOPIC);
        put_text(&recorder->plain, topics->names[i]);
        status = end_record(recorder, guest, 0, err);
    }
    return status;
}

static wisp_status record_life(wisp_recorder *recorder, const wisp_version *version,
                               const wisp_state *state, wisp_error *err)
{
    const wisp_module *module = version->source.module;
    wisp_tape *plain = &recorder->plain;
    begin_record(recorder, WISP_RECORD_LIFE);
    wisp_tape_put_u64(plain, version->life);
    wisp_tape_put_u64(plain, module->bytes.size);
    wisp_tape_put_u64(plain, wisp_module_hash(module));
    wisp_tape_put_u64(plain, version->number);
    wisp_tape_put_u64(plain, version->wasm.instance != NULL);
    wisp_tape_put_u64(plain, state && state->is_saved);
    return end_record(recorder, version->guest, 0, err);
}

/* ------------------------------------------------------------------ entries */

static uint32_t code_of(wisp_entry_kind kind)
{
    static const uint8_t codes[WISP_ENTRY_COUNT] = {
#define X(number, id) [WISP_ENTRY_##id] = number,
        WISP_RECORDED_ENTRIES(X)
#undef X
    };
    return codes[kind];
}

static void put_trap(wisp_tape *plain, const wisp_version *version)
{
    const wisp_trap *trap = version->backend->trap(version);
    wisp_tape_put_u64(plain, trap->code);
    wisp_tape_put_u64(plain, trap->frame_count > 0 ? trap->frames[0].func_index : 0);
    wisp_tape_put_u64(plain, trap->frame_count > 0 ? trap->frames[0].offset : 0);
}

/* What is the same each time comes first, so that it stays in its place. */
static wisp_status record_entry(wisp_recorder *recorder, const wisp_version *version,
                                uint32_t code, const wisp_entry *entry, wisp_status status,
                                int32_t answer, wisp_error *err)
{
    const wisp_tape *tape = version->tape;
    wisp_tape *plain = &recorder->plain;
    begin_record(recorder, WISP_RECORD_ENTRY);
    wisp_tape_put_u64(plain, code);
    wisp_tape_put_u64(plain, version->life);
    wisp_tape_put_u64(plain, entry->sender);
    wisp_tape_put_u64(plain, entry->type);
    wisp_tape_put_u64(plain, entry->request);
    wisp_tape_put_u64(plain, entry->id);
    wisp_tape_put_u64(plain, entry->func);
    wisp_tape_put_u64(plain, entry->number);
    wisp_tape_put_u64(plain, entry->at);
    wisp_tape_put_u64(plain, status);
    wisp_tape_put_s64(plain, answer);
    wisp_tape_put_block(plain, entry->bytes);
    wisp_tape_put_block(plain, wisp_tape_calls(tape));
    if (status == WISP_TRAP)
        put_trap(plain, version);
    wisp_tape_put_u64(plain, version->fuel);
    if (tape->status != WISP_OK)
        return wisp_fail(err, tape->status, "no room for the calls of one entry");
    recorder->status.entries++;
    return end_record(recorder, version->guest, slot_of(code, entry->type), err);
}

static void note(wisp_version *version, uint32_t code, const wisp_entry *entry,
                 wisp_status status, int32_t answer)
{
    wisp_error why;
    wisp_recorder *recorder = version->guest->recorder;
    if (!recorder || version->life == 0)
        return;
    wisp_status written = record_entry(recorder, version, code, entry, status, answer, &why);
    if (written != WISP_OK)
        wisp_recorder_end(version->guest, written, why.text);
}

void wisp_recorder_note(wisp_version *version, const wisp_entry *entry, wisp_status status,
                        int32_t answer)
{
    note(version, code_of(entry->kind), entry, status, answer);
}

void wisp_recorder_note_load(wisp_version *version, wisp_status status)
{
    note(version, WISP_RECORDED_LOAD, &(wisp_entry){.kind = WISP_ENTRY_START}, status, 0);
}

/* ------------------------------------------------------------------ lives */

static wisp_status check_version(const wisp_version *version, wisp_error *err)
{
    if (version->backend != &wisp_wasm_backend)
        return wisp_fail(err, WISP_UNSUPPORTED, "version %u is native and cannot be recorded",
                         version->number);
    return wisp_taps_check(&version->guest->taps, version->source.module, err);
}

/* From now on what is entered into [version] is recorded. */
static void give_life(wisp_recorder *recorder, wisp_version *version)
{
    version->life = ++recorder->last_life;
    wisp_version_choose_tape(version);
}

void wisp_recorder_begin_life(wisp_version *version)
{
    wisp_error why;
    wisp_recorder *recorder = version->guest->recorder;
    if (!recorder || version->playback)
        return;
    wisp_status status = check_version(version, &why);
    if (status == WISP_OK) {
        give_life(recorder, version);
        status = record_life(recorder, version, NULL, &why);
    }
    if (status != WISP_OK)
        wisp_recorder_end(version->guest, status, why.text);
}

/* A version that runs already: what it is, and all that it has. */
static wisp_status record_running(wisp_recorder *recorder, wisp_version *version,
                                  const wisp_state *state, wisp_error *err)
{
    wisp_snapshot *snapshot;
    wisp_status status = flush(recorder, err);
    if (status == WISP_OK)
        status = wisp_windows_unshare(version, err);
    if (status == WISP_OK)
        status = wisp_snapshot_take(version->wasm.instance, &snapshot, err);
    if (status != WISP_OK)
        return status;
    status = give_frame(recorder, WISP_FRAME_SNAPSHOT, wisp_snapshot_bytes(snapshot), err);
    wisp_snapshot_free(snapshot);
    if (status == WISP_OK && state->is_saved)
        status =
            give_frame(recorder, WISP_FRAME_STATE, (wisp_bytes){state->data, state->size}, err);
    if (status == WISP_OK && version->life == 0)
        give_life(recorder, version);
    return status == WISP_OK ? record_life(recorder, version, state, err) : status;
}

/* ------------------------------------------------------------------ segments */

static wisp_status record_preamble(wisp_recorder *recorder, const wisp_guest *guest,
                                   wisp_error *err)
{
    uint8_t head[WISP_RECORD_HEAD_SIZE] = WISP_RECORD_MAGIC;
    wisp_put_u32(head + sizeof WISP_RECORD_MAGIC, WISP_RECORD_FORMAT);
    wisp_status status = give(recorder, (wisp_bytes){head, sizeof head}, err);
    if (status == WISP_OK)
        status = record_guest(recorder, guest, err);
    for (uint32_t i = 0; i < wisp_taps_count(&guest->taps) && status == WISP_OK; i++)
        status = record_import(recorder, guest, wisp_taps_at(&guest->taps, i), err);
    return status == WISP_OK ? record_topics(recorder, guest, err) : status;
}

static wisp_status record_versions(wisp_recorder *recorder, const wisp_guest *guest,
                                   const wisp_state *state, wisp_error *err)
{
    static const wisp_state none;
    wisp_status status = WISP_OK;
    if (guest->fallback)
        status = record_running(recorder, guest->fallback, &none, err);
    if (status == WISP_OK && guest->current)
        status = record_running(recorder, guest->current, state, err);
    return status;
}

static wisp_status check_room(const wisp_recorder *recorder, wisp_error *err)
{
    if (!recorder->config.is_ring || recorder->segment_size < recorder->config.size_max / 2)
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "a snapshot takes %llu bytes of the %llu for a segment",
                     (unsigned long long)recorder->segment_size,
                     (unsigned long long)recorder->config.size_max / 2);
}

/* [state] is what the current version has saved. */
static wisp_status begin_segment(wisp_recorder *recorder, const wisp_guest *guest,
                                 const wisp_state *state, wisp_error *err)
{
    err->text[0] = '\0';
    recorder->segment_size = 0;
    wisp_coder_deinit(&recorder->coder);
    wisp_status status =
        recorder->config.sink.begin(recorder->config.sink.user, recorder->status.segments++, err);
    if (status == WISP_OK)
        status = record_preamble(recorder, guest, err);
    if (status == WISP_OK)
        status = record_versions(recorder, guest, state, err);
    if (status == WISP_OK)
        status = flush(recorder, err);
    return status == WISP_OK ? check_room(recorder, err) : status;
}

/* What the current version saves now, if it can; a fault in that is no reason not to go on. */
static wisp_state save(const wisp_guest *guest)
{
    wisp_state state = {0};
    wisp_error ignored;
    if (guest->current)
        (void)wisp_version_save(guest->current, &state, &ignored);
    return state;
}

void wisp_recorder_before(wisp_version *version, const wisp_entry *entry)
{
    wisp_guest *guest = version->guest;
    bool is_at_rest = version == guest->current && entry->kind != WISP_ENTRY_SAVE;
    if (!guest->recorder || !guest->recorder->is_full || !is_at_rest)
        return;
    wisp_error why;
    wisp_state state = save(guest);
    wisp_recorder *recorder = guest->recorder; /* which may have ended */
    wisp_status status = recorder ? flush(recorder, &why) : WISP_OK;
    if (recorder && status == WISP_OK) {
        recorder->is_full = false;
        status = begin_segment(recorder, guest, &state, &why);
    }
    wisp_state_clear(&state, guest->host->allocator);
    if (recorder && status != WISP_OK)
        wisp_recorder_end(guest, status, why.text);
}

/* ------------------------------------------------------------------ beginning and end */

static void recorder_free(wisp_recorder *recorder, const wisp_allocator *allocator)
{
    wisp_tape_deinit(&recorder->plain);
    wisp_tape_deinit(&recorder->frame);
    wisp_coder_deinit(&recorder->coder);
    wisp_free(allocator, recorder, sizeof *recorder);
}

static wisp_recorder *recorder_new(const wisp_guest *guest, const wisp_record_config *config)
{
    const wisp_allocator *allocator = guest->host->allocator;
    wisp_recorder *recorder = wisp_alloc(allocator, 1, sizeof *recorder);
    if (!recorder)
        return NULL;
    wisp_tape empty = {.allocator = allocator, .size_max = FRAME_SIZE_MAX};
    recorder->config = *config;
    if (config->size_max == 0)
        recorder->config.size_max = SIZE_MAX_DEFAULT;
    if (config->buffer_size == 0)
        recorder->config.buffer_size = BUFFER_SIZE;
    recorder->plain = recorder->frame = empty;
    recorder->coder.allocator = allocator;
    recorder->began_ns = wisp_host_now_ns(guest->host);
    return recorder;
}

/* Nothing of [guest] is recorded any more. */
static void forget_lives(wisp_guest *guest)
{
    wisp_version *const versions[] = {guest->current, guest->fallback};
    for (int i = 0; i < 2; i++)
        if (versions[i]) {
            versions[i]->life = 0;
            wisp_version_choose_tape(versions[i]);
        }
}

static wisp_status check_guest(const wisp_guest *guest, wisp_error *err)
{
    wisp_status status = WISP_OK;
    if (guest->recorder)
        return wisp_fail(err, WISP_INVALID, "guest '%s' is recorded already", guest->config.name);
    if (guest->fallback)
        status = check_version(guest->fallback, err);
    if (status == WISP_OK && guest->current)
        status = check_version(guest->current, err);
    return status;
}

static wisp_status start(wisp_guest *guest, const wisp_record_config *config, wisp_error *err)
{
    const wisp_allocator *allocator = guest->host->allocator;
    wisp_status status = check_guest(guest, err);
    if (status != WISP_OK)
        return status;
    wisp_recorder *recorder = recorder_new(guest, config);
    if (!recorder)
        return wisp_fail_memory(err, sizeof *recorder);
    wisp_state state = save(guest);
    status = begin_segment(recorder, guest, &state, err);
    wisp_state_clear(&state, allocator);
    if (status != WISP_OK) {
        forget_lives(guest);
        recorder_free(recorder, allocator);
        return status;
    }
    guest->recorder = recorder;
    guest->host->recorder_count++;
    return WISP_OK;
}

wisp_status wisp_guest_record(wisp_guest *guest, const wisp_record_config *config,
                              wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = start(guest, config, &why);
    return wisp_host_leave(guest->host, status, &why, err);
}

void wisp_recorder_end(wisp_guest *guest, wisp_status status, const char *reason)
{
    wisp_recorder *recorder = guest->recorder;
    wisp_error why = {.text = ""};
    if (!recorder)
        return;
    guest->recorder = NULL;
    guest->host->recorder_count--;
    forget_lives(guest);
    if (status == WISP_OK)
        status = flush(recorder, &why);
    const wisp_record_config *config = &recorder->config;
    if (config->sink.close)
        config->sink.close(config->sink.user);
    if (config->on_end)
        config->on_end(config->user, guest, status, why.text[0] ? why.text : reason);
    recorder_free(recorder, guest->host->allocator);
}

void wisp_guest_record_end(wisp_guest *guest)
{
    if (wisp_host_enter(guest->host, NULL) != WISP_OK)
        return;
    wisp_recorder_end(guest, WISP_OK, "the program ended it");
    wisp_host_leave(guest->host, WISP_OK, NULL, NULL);
}

void wisp_recorders_flush(wisp_host *host)
{
    if (host->recorder_count == 0)
        return;
    for (wisp_guest *guest = host->first; guest; guest = guest->next) {
        wisp_error why;
        wisp_status status = guest->recorder ? flush(guest->recorder, &why) : WISP_OK;
        if (status != WISP_OK)
            wisp_recorder_end(guest, status, why.text);
    }
}

bool wisp_guest_record_status(const wisp_guest *guest, wisp_record_status *out)
{
    if (!guest->recorder)
        return false;
    *out = guest->recorder->status;
    return true;
}
