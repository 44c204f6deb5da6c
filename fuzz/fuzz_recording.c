#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <wisp/record.h>

#include "base/checksum.h"
#include "host/tape/record_format.h"

/*
 * A recording may be of any bytes: it is read up to some frame, without a crash, and a module to
 * which it happens again does nothing worse than to differ. Checksums are set right first, as
 * little would come behind them.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const unsigned char meter_wasm[];
extern const size_t meter_wasm_size;

enum { STEPS_MAX = 200 };

static void set_checksums(uint8_t *bytes, size_t size)
{
    size_t at = WISP_RECORD_HEAD_SIZE;
    while (at < size && size - at > WISP_FRAME_HEAD_SIZE) {
        size_t content = wisp_get_u32(bytes + at), left = size - at - WISP_FRAME_HEAD_SIZE;
        if (content > left)
            return;
        wisp_bytes frame = {bytes + at + WISP_FRAME_HEAD_SIZE, content};
        wisp_put_u32(bytes + at + 4, (uint32_t)wisp_checksum(frame));
        at += WISP_FRAME_HEAD_SIZE + content;
    }
}

static void check_entry(const wisp_recording *recording, const wisp_recorded_entry *entry)
{
    char text[100];
    assert(entry->number > 0 && entry->life > 0 && entry->kind && entry->status <= WISP_BUSY);
    for (uint32_t i = 0; i < entry->call_count; i++)
        assert(wisp_recording_call(recording, i, text, sizeof text) &&
               strlen(text) < sizeof text);
    assert(!wisp_recording_call(recording, entry->call_count, text, sizeof text));
}

static void read_all(wisp_recording *recording, size_t size)
{
    wisp_recorded item;
    wisp_error err;
    wisp_status status;
    while ((status = wisp_recording_next(recording, &item, &err)) == WISP_OK) {
        if (item.kind == WISP_RECORDED_ENTRY)
            check_entry(recording, &item.of.entry);
        else
            assert(item.of.life.snapshot.size <= size && item.of.life.state.size <= size);
    }
    assert(status == WISP_NOT_FOUND || status == WISP_MALFORMED || status == WISP_NO_MEMORY);
    assert(err.offset <= size || status == WISP_NO_MEMORY);
}

static void replay(wisp_recording *recording, uint32_t life)
{
    wisp_replay *replay;
    wisp_replay_step step;
    wisp_module *module;
    wisp_bytes bytes = {meter_wasm, meter_wasm_size};
    wisp_replay_config config = {.life = life};
    assert(wisp_module_new_borrowed(NULL, bytes, &module, NULL) == WISP_OK);
    if (wisp_replay_new(&config, recording, module, &replay, NULL) == WISP_OK) {
        for (int i = 0; i < STEPS_MAX; i++)
            if (wisp_replay_next(replay, &step, NULL) != WISP_OK)
                break;
        wisp_replay_free(replay);
    }
    wisp_module_free(module);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_recording *recording;
    uint8_t *bytes = malloc(size + 1);
    if (size > 0)
        memcpy(bytes, data, size);
    set_checksums(bytes, size);
    if (wisp_recording_open(NULL, (wisp_bytes){bytes, size}, &recording, NULL) == WISP_OK) {
        read_all(recording, size);
        replay(recording, 0);
        replay(recording, 2);
        wisp_recording_close(recording);
    }
    free(bytes);
    return 0;
}
