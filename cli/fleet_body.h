#ifndef WISP_CLI_FLEET_BODY_H
#define WISP_CLI_FLEET_BODY_H

#include "trust/json.h"

/*
 * What a device reports of itself: the JSON body that it POSTs (docs/formats.md), read with
 * limits. It comes from the open network, and may be anything.
 */

#define FLEET_BODY_SIZE_MAX (64u << 10) /* bytes */
#define FLEET_EVENTS_MAX    64

/* Texts are borrowed from the body; optional ones are "" where they are missing. */
typedef struct fleet_event {
    const char *id, *kind, *channel, *sha256, *variant, *code, *reason;
    int64_t at; /* seconds since 1970, by the device's clock; 0 where it did not say */
    uint64_t version, running, attempt, bytes;
} fleet_event;

typedef struct fleet_body {
    wisp_json *json;
    const char *device, *target;
    uint64_t lost, refused;
    fleet_event events[FLEET_EVENTS_MAX];
    size_t len;
} fleet_body;

/* Reads [text]: WISP_MALFORMED with what is wrong, WISP_UNSUPPORTED for a later format,
 * WISP_LIMIT for too many events, WISP_NO_MEMORY. Free with fleet_body_free after WISP_OK. */
wisp_status fleet_body_parse(wisp_bytes text, fleet_body *out, wisp_error *err);
void fleet_body_free(fleet_body *body);

#endif
