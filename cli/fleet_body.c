#include "fleet_body.h"

#include "base/error.h"
#include "trust/date.h"

#include <string.h>

#define FORMAT 1

/* Longest texts, in bytes: what a device has room for, or a little more. */
enum { ID_MAX = 64, NAME_MAX_SIZE = 128, REASON_MAX = 256, SHA256_SIZE = 64 };

static bool is_control(const char *c)
{
    const uint8_t *b = (const uint8_t *)c;
    return b[0] < 0x20 || b[0] == 0x7f || (b[0] == 0xc2 && b[1] < 0xa0); /* C0, DEL, C1 */
}

/* What is stored is shown on terminals. */
static wisp_status check_text(const char *key, const char *text, size_t size_max, wisp_error *err)
{
    if (strlen(text) > size_max)
        return wisp_fail(err, WISP_MALFORMED, "'%s' has %zu bytes, expected at most %zu", key,
                         strlen(text), size_max);
    for (const char *c = text; *c; c++)
        if (is_control(c))
            return wisp_fail(err, WISP_MALFORMED, "'%s' has a control character", key);
    return WISP_OK;
}

static wisp_status need_text(const wisp_json *object, const char *key, size_t size_max,
                             const char **out, wisp_error *err)
{
    wisp_status status = wisp_json_string(object, key, out, err);
    if (status == WISP_OK && !**out)
        status = wisp_fail(err, WISP_MALFORMED, "'%s' is empty", key);
    return status == WISP_OK ? check_text(key, *out, size_max, err) : status;
}

static wisp_status may_text(const wisp_json *object, const char *key, size_t size_max,
                            const char **out, wisp_error *err)
{
    *out = "";
    return wisp_json_has(object, key) ? need_text(object, key, size_max, out, err) : WISP_OK;
}

static wisp_status may_number(const wisp_json *object, const char *key, uint64_t *out,
                              wisp_error *err)
{
    *out = 0;
    return wisp_json_has(object, key) ? wisp_json_number(object, key, out, err) : WISP_OK;
}

static wisp_status may_date(const wisp_json *object, int64_t *out, wisp_error *err)
{
    const char *text;
    *out = 0;
    wisp_status status = may_text(object, "at", WISP_DATE_TEXT_SIZE, &text, err);
    if (status == WISP_OK && *text && !wisp_date_parse(text, out))
        return wisp_fail(err, WISP_MALFORMED, "'at' is no date");
    return status;
}

static wisp_status may_hash(const wisp_json *object, const char **out, wisp_error *err)
{
    wisp_status status = may_text(object, "sha256", SHA256_SIZE, out, err);
    if (status == WISP_OK && **out && strspn(*out, "0123456789abcdef") != SHA256_SIZE)
        return wisp_fail(err, WISP_MALFORMED, "'sha256' is not 64 hexadecimal digits");
    return status;
}

static wisp_status read_event(const wisp_json *object, fleet_event *out, wisp_error *err)
{
    if (!wisp_json_is_object(object))
        return wisp_fail(err, WISP_MALFORMED, "an event is not an object");
    wisp_status status = need_text(object, "id", ID_MAX, &out->id, err);
    if (status == WISP_OK)
        status = need_text(object, "event", ID_MAX, &out->kind, err);
    if (status == WISP_OK)
        status = need_text(object, "channel", NAME_MAX_SIZE, &out->channel, err);
    if (status == WISP_OK)
        status = wisp_json_number(object, "running", &out->running, err);
    if (status == WISP_OK)
        status = may_date(object, &out->at, err);
    if (status == WISP_OK)
        status = may_number(object, "version", &out->version, err);
    if (status == WISP_OK)
        status = may_hash(object, &out->sha256, err);
    if (status == WISP_OK)
        status = may_number(object, "attempt", &out->attempt, err);
    if (status == WISP_OK)
        status = may_number(object, "bytes", &out->bytes, err);
    if (status == WISP_OK)
        status = may_text(object, "variant", NAME_MAX_SIZE, &out->variant, err);
    if (status == WISP_OK)
        status = may_text(object, "code", ID_MAX, &out->code, err);
    return status == WISP_OK ? may_text(object, "reason", REASON_MAX, &out->reason, err) : status;
}

static wisp_status read_events(const wisp_json *list, fleet_body *out, wisp_error *err)
{
    wisp_status status = WISP_OK;
    size_t len = wisp_json_len(list);
    if (len > FLEET_EVENTS_MAX)
        return wisp_fail(err, WISP_LIMIT, "%zu events, expected at most %d", len,
                         FLEET_EVENTS_MAX);
    for (size_t i = 0; i < len && status == WISP_OK; i++)
        status = read_event(wisp_json_item(list, i), &out->events[i], err);
    out->len = len;
    return status;
}

static wisp_status read_body(fleet_body *out, wisp_error *err)
{
    uint64_t format = 0;
    const wisp_json *list;
    wisp_status status = wisp_json_number(out->json, "format", &format, err);
    if (status == WISP_OK && format != FORMAT)
        return wisp_fail(err, WISP_UNSUPPORTED, "the report has format %llu, expected %d",
                         (unsigned long long)format, FORMAT);
    if (status == WISP_OK)
        status = need_text(out->json, "device", NAME_MAX_SIZE, &out->device, err);
    if (status == WISP_OK)
        status = need_text(out->json, "target", NAME_MAX_SIZE, &out->target, err);
    if (status == WISP_OK)
        status = may_number(out->json, "lost", &out->lost, err);
    if (status == WISP_OK)
        status = may_number(out->json, "refused", &out->refused, err);
    if (status == WISP_OK)
        status = wisp_json_array(out->json, "events", &list, err);
    return status == WISP_OK ? read_events(list, out, err) : status;
}

wisp_status fleet_body_parse(wisp_bytes text, fleet_body *out, wisp_error *err)
{
    *out = (fleet_body){0};
    wisp_status status = wisp_json_parse(text, &out->json, err);
    if (status != WISP_OK)
        return status;
    status = read_body(out, err);
    if (status != WISP_OK)
        fleet_body_free(out);
    return status;
}

void fleet_body_free(fleet_body *body)
{
    wisp_json_free(body->json);
    body->json = NULL;
}
