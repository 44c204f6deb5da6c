#include "manage/order.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    bool has_guest, has_module;
} KINDS[] = {
#define X(name, text, has_guest, has_module) {text, has_guest, has_module},
    WISP_ORDERS(X)
#undef X
};

/* ------------------------------------------------------------------ words */

wisp_status wisp_manage_name_check(const char *name, wisp_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_";
    size_t len = strspn(name, allowed);
    if (len == 0 || name[len] != '\0' || len > WISP_MANAGE_NAME_MAX)
        return wisp_fail(err, WISP_INVALID,
                         "'%.80s' is no name: expected 1 to %d letters, digits, '.', '-', '_'",
                         name, WISP_MANAGE_NAME_MAX);
    return WISP_OK;
}

void wisp_app_id_print(uint64_t app_id, char text[WISP_APP_ID_TEXT_SIZE])
{
    snprintf(text, WISP_APP_ID_TEXT_SIZE, "0x%016" PRIx64, app_id);
}

bool wisp_app_id_parse(const char *text, uint64_t *out)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    size_t len = strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (len == 0 || digits[len] != '\0')
        return false;
    errno = 0;
    unsigned long long value = strtoull(digits, NULL, is_hex ? 16 : 10);
    *out = value;
    return errno == 0;
}

/* ------------------------------------------------------------------ reading */

static wisp_status read_kind(const wisp_json *object, wisp_order *out, wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(object, "command", &text, err);
    if (status != WISP_OK)
        return status;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (strcmp(text, KINDS[i].text) == 0) {
            out->kind = (wisp_order_kind)i;
            return WISP_OK;
        }
    }
    return wisp_fail(err, WISP_UNSUPPORTED, "no command '%.80s' is known here", text);
}

static wisp_status read_name(const wisp_json *object, wisp_order *out, wisp_error *err)
{
    const char *name;
    wisp_status status = wisp_json_string(object, "name", &name, err);
    if (status == WISP_OK)
        status = wisp_manage_name_check(name, err);
    if (status == WISP_OK)
        memcpy(out->name, name, strlen(name) + 1);
    return status;
}

static wisp_status read_app_id(const wisp_json *object, wisp_order *out, wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(object, "app_id", &text, err);
    if (status == WISP_OK && !wisp_app_id_parse(text, &out->app_id))
        return wisp_fail(err, WISP_MALFORMED, "'app_id' is '%.80s', expected 64 bits as '0x…'",
                         text);
    return status;
}

static wisp_status read_member(const wisp_json *object, const char *key, wisp_order *out,
                               wisp_error *err)
{
    if (strcmp(key, "command") == 0)
        return WISP_OK;
    if (strcmp(key, "name") == 0 && KINDS[out->kind].has_guest)
        return read_name(object, out, err);
    if (strcmp(key, "app_id") == 0 && out->kind == WISP_ORDER_INSTALL)
        return read_app_id(object, out, err);
    if (strcmp(key, "promote_after") == 0 && out->kind == WISP_ORDER_SHADOW)
        return wisp_json_number(object, key, &out->promote_after, err);
    if (strcmp(key, "differences_max") == 0 && out->kind == WISP_ORDER_SHADOW)
        return wisp_json_number(object, key, &out->differences_max, err);
    return wisp_fail(err, WISP_UNSUPPORTED, "'%s' has no '%.80s' that is known here",
                     KINDS[out->kind].text, key);
}

static wisp_status read_object(const wisp_json *object, uint64_t module_size, wisp_order *out,
                               wisp_error *err)
{
    void *cursor = NULL;
    const char *key;
    const wisp_json *value;
    wisp_status status = read_kind(object, out, err);
    while (status == WISP_OK && wisp_json_next(object, &cursor, &key, &value))
        status = read_member(object, key, out, err);
    if (status != WISP_OK)
        return status;
    if (KINDS[out->kind].has_guest && out->name[0] == '\0')
        return wisp_fail(err, WISP_MALFORMED, "'name' is missing");
    if (KINDS[out->kind].has_module != (module_size > 0))
        return wisp_fail(err, WISP_MALFORMED, "'%s' with a module of %" PRIu64 " bytes",
                         KINDS[out->kind].text, module_size);
    return WISP_OK;
}

wisp_status wisp_order_read(wisp_bytes text, uint64_t module_size, wisp_order *out,
                            wisp_error *err)
{
    wisp_json *object;
    *out = (wisp_order){0};
    wisp_status status = wisp_json_parse(text, &object, err);
    if (status != WISP_OK)
        return status;
    status = read_object(object, module_size, out, err);
    wisp_json_free(object);
    return status;
}

/* ------------------------------------------------------------------ writing */

static bool set_app_id(wisp_json *object, uint64_t app_id)
{
    char text[WISP_APP_ID_TEXT_SIZE];
    wisp_app_id_print(app_id, text);
    return wisp_json_set_string(object, "app_id", text);
}

wisp_json *wisp_order_write(const wisp_order *order)
{
    wisp_json *object = wisp_json_new_object();
    bool made = wisp_json_set_string(object, "command", KINDS[order->kind].text) &&
                (!order->name[0] || wisp_json_set_string(object, "name", order->name)) &&
                (!order->app_id || set_app_id(object, order->app_id)) &&
                (!order->promote_after ||
                 wisp_json_set_number(object, "promote_after", order->promote_after)) &&
                (!order->differences_max ||
                 wisp_json_set_number(object, "differences_max", order->differences_max));
    if (made)
        return object;
    wisp_json_free(object);
    return NULL;
}
