#include "fleet_body.h"

#include <assert.h>
#include <string.h>

/* What anybody on the network may POST as the report of a device. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is taken can be stored, and shown on a terminal. */
static void expect_text(const char *text, size_t size_max)
{
    assert(text && strlen(text) <= size_max);
    for (const uint8_t *c = (const uint8_t *)text; *c; c++)
        assert(*c >= 0x20 && *c != 0x7f && !(*c == 0xc2 && c[1] < 0xa0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fleet_body body;
    wisp_error err = {0};
    if (size > FLEET_BODY_SIZE_MAX)
        return 0;
    if (fleet_body_parse((wisp_bytes){data, size}, &body, &err) != WISP_OK) {
        assert(err.text[0] && !body.json);
        return 0;
    }
    assert(body.len <= FLEET_EVENTS_MAX && body.device[0] && body.target[0]);
    expect_text(body.device, 128);
    expect_text(body.target, 128);
    for (size_t i = 0; i < body.len; i++) {
        const fleet_event *event = &body.events[i];
        assert(event->id[0] && event->kind[0] && event->channel[0]);
        assert(event->version <= UINT64_C(1) << 53 && event->running <= UINT64_C(1) << 53);
        assert(strlen(event->sha256) == 0 || strlen(event->sha256) == 64);
        expect_text(event->id, 64);
        expect_text(event->kind, 64);
        expect_text(event->channel, 128);
        expect_text(event->variant, 128);
        expect_text(event->code, 64);
        expect_text(event->reason, 256);
    }
    fleet_body_free(&body);
    return 0;
}
