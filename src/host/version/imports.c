#include "host/version/imports.h"

#include <wisp/bridge.h>

#include "base/error.h"
#include "host/guest.h"
#include "host/mail/requests.h"
#include "host/version/calls.h"
#include "host/version/wasm_version.h"

/*
 * Every range that a module hands over is checked before the function runs (wisp/bridge.h) and
 * used before it returns. A range outside its memory traps: that module is broken. What merely
 * goes over a limit is refused, and the module can tell.
 */

enum { TAKEN = 0, REFUSED = 1 };

#define UNUSED __attribute__((unused))

/* A wisp_bridge_fn; what it takes and gives is said before each. */
#define IMPORT(name)                                                                             \
    static wisp_status import_##name(UNUSED void *user, UNUSED wisp_instance *caller,            \
                                     UNUSED const wisp_arg *args, UNUSED wisp_value *results,    \
                                     UNUSED wisp_error *err)

static wisp_value taken(bool is_taken)
{
    return wisp_i32(is_taken ? TAKEN : REFUSED);
}

static wisp_value u32(uint32_t value)
{
    return wisp_i32((int32_t)value);
}

static wisp_bytes bytes_of(const wisp_arg *arg)
{
    return (wisp_bytes){arg->in, arg->size};
}

/* Whether function [index], which the module hands to the import [name], can be called with
 * [params] i32. It is looked up again when it is called. */
static wisp_status check_func(wisp_instance *caller, uint32_t index, uint32_t params,
                              const char *name, wisp_error *err)
{
    wisp_table *table = caller ? wisp_instance_table(caller, WISP_EXPORT_TABLE) : NULL;
    wisp_func *func;
    wisp_error why;
    wisp_status status = wisp_wasm_func_at(table, index, params, &func, &why);
    return status == WISP_OK ? WISP_OK : wisp_fail(err, status, "wisp.%s: %s", name, why.text);
}

/* ------------------------------------------------------------------ the program */

/* (level, address, size) */
IMPORT(log)
{
    wisp_call_log(user, args[0].u32, bytes_of(&args[1]));
    return WISP_OK;
}

/* (channel, address, size) -> TAKEN or REFUSED */
IMPORT(send)
{
    results[0] = taken(wisp_call_send(user, args[0].u32, bytes_of(&args[1])));
    return WISP_OK;
}

/* (address, size) -> TAKEN or REFUSED; only inside wisp_save */
IMPORT(save)
{
    bool is_taken;
    wisp_status status = wisp_call_save(user, bytes_of(&args[0]), &is_taken, err);
    if (status == WISP_OK)
        results[0] = taken(is_taken);
    return status;
}

/* ------------------------------------------------------------------ time */

/* (function, context, interval in microseconds) -> id, or 0 if refused */
IMPORT(repeat)
{
    wisp_status status = check_func(caller, args[0].u32, 1, "repeat", err);
    if (status == WISP_OK)
        results[0] = u32(wisp_call_repeat(user, args[0].u32, args[1].u32, args[2].i64));
    return status;
}

/* (id) -> TAKEN, or REFUSED if there is no such task */
IMPORT(cancel)
{
    results[0] = taken(wisp_call_cancel(user, args[0].u32));
    return WISP_OK;
}

/* () -> microseconds */
IMPORT(now_us)
{
    results[0] = wisp_i64(wisp_call_now_us(user));
    return WISP_OK;
}

/* (microseconds from now, interval or 0, cookie) -> id, or 0 if refused */
IMPORT(timer_set)
{
    results[0] = u32(wisp_call_timer_set(user, args[0].i64, args[1].i64, args[2].u32));
    return WISP_OK;
}

/* (id) -> TAKEN, or REFUSED if there is no such timer */
IMPORT(timer_cancel)
{
    results[0] = taken(wisp_call_timer_cancel(user, args[0].u32));
    return WISP_OK;
}

/* ------------------------------------------------------------------ events */

static wisp_status check_done(wisp_instance *caller, uint32_t done, wisp_error *err)
{
    return done ? check_func(caller, done, 2, "post", err) : WISP_OK;
}

static wisp_status post(wisp_version *version, wisp_instance *caller, const wisp_post *what,
                        uint32_t address, uint32_t done, wisp_value *result, wisp_error *err)
{
    wisp_origin from = {version, address, done};
    bool is_taken = false;
    wisp_status status = check_done(caller, done, err);
    if (status == WISP_OK)
        status = wisp_post_by_module(&from, what, &is_taken, err);
    *result = taken(is_taken);
    return status;
}

/* (target, type, groups, address, size, done) -> TAKEN or REFUSED */
IMPORT(post)
{
    wisp_post what = {.target = args[0].u32,
                      .type = args[1].u32,
                      .groups = args[2].u32,
                      .data = args[3].in,
                      .size = args[3].size};
    return post(user, caller, &what, (uint32_t)args[3].address, args[5].u32, &results[0], err);
}

/* (target, type, groups, number, done) -> TAKEN or REFUSED */
IMPORT(post_number)
{
    wisp_post what = {
        .target = args[0].u32, .type = args[1].u32, .groups = args[2].u32, .number = args[3].u32};
    return post(user, caller, &what, args[3].u32, args[4].u32, &results[0], err);
}

/* (address, size) -> TAKEN or REFUSED */
IMPORT(region_open)
{
    results[0] = taken(wisp_windows_open(user, args[0].address, args[1].u32));
    return WISP_OK;
}

/* (address) -> TAKEN, or REFUSED if there is none */
IMPORT(region_close)
{
    bool is_closed = false;
    wisp_status status = wisp_windows_close(user, args[0].address, &is_closed, err);
    results[0] = taken(is_closed);
    return status;
}

/* (target, type, groups, address, size, access, done) -> TAKEN or REFUSED */
IMPORT(post_region)
{
    wisp_post what = {.target = args[0].u32,
                      .type = args[1].u32,
                      .groups = args[2].u32,
                      .data = args[3].in,
                      .size = args[3].size};
    wisp_origin from = {user, args[3].address, args[6].u32};
    bool is_taken = false;
    wisp_status status = check_done(caller, args[6].u32, err);
    if (status == WISP_OK)
        status = wisp_post_region_by_module(&from, &what, args[5].u32, &is_taken, err);
    results[0] = taken(is_taken);
    return status;
}

/* (type, groups) -> TAKEN or REFUSED */
IMPORT(subscribe)
{
    results[0] = taken(wisp_call_subscribe(user, args[0].u32, args[1].u32));
    return WISP_OK;
}

/* (type, groups) -> TAKEN, or REFUSED if it had not subscribed to any of them */
IMPORT(unsubscribe)
{
    results[0] = taken(wisp_call_unsubscribe(user, args[0].u32, args[1].u32));
    return WISP_OK;
}

/* (address, size) -> type, or 0 if refused */
IMPORT(topic)
{
    results[0] = u32(wisp_call_topic(user, bytes_of(&args[0])));
    return WISP_OK;
}

/* ------------------------------------------------------------------ requests */

/* (target, type, address, size, microseconds, cookie) -> request, or 0 if refused */
IMPORT(request)
{
    wisp_post what = {
        .target = args[0].u32, .type = args[1].u32, .data = args[2].in, .size = args[2].size};
    results[0] = u32(wisp_request_by_module(user, &what, args[4].i64, args[5].u32));
    return WISP_OK;
}

/* () -> the request that is being handled, or 0 */
IMPORT(asked)
{
    results[0] = u32(((const wisp_version *)user)->asked);
    return WISP_OK;
}

/* (request, code, address, size) -> TAKEN, or REFUSED if nobody waits for it */
IMPORT(reply)
{
    results[0] = taken(wisp_reply_by_module(user, args[0].u32, args[1].i32, bytes_of(&args[2])));
    return WISP_OK;
}

/* ------------------------------------------------------------------ who is there */

/* () -> id */
IMPORT(self)
{
    results[0] = u32(((const wisp_version *)user)->guest->id);
    return WISP_OK;
}

/* (app id) -> id, or 0 if none of that runs */
IMPORT(find)
{
    results[0] = u32(wisp_call_find(user, args[0].u64));
    return WISP_OK;
}

/* (id, address of a wisp_guest_note) -> TAKEN, or REFUSED if none with that id runs */
IMPORT(guest_info)
{
    wisp_guest_note note;
    bool is_there = wisp_call_guest_info(user, args[0].u32, &note);
    results[0] = taken(is_there);
    if (is_there)
        wisp_put_guest_note(args[1].out, &note);
    return WISP_OK;
}

/* ------------------------------------------------------------------ the rest */

/* (address, size) -> TAKEN, or REFUSED if the system has none */
IMPORT(random)
{
    results[0] = taken(wisp_call_random(user, args[0].out, args[0].size));
    return WISP_OK;
}

/* (code) */
IMPORT(abort)
{
    return wisp_fail(err, WISP_TRAP, "wisp.abort: the module gives up with code %d", args[0].i32);
}

/* ------------------------------------------------------------------ all of them */

/* Bits of parameters. */
enum { FIRST = 1, SECOND = 2, FOURTH = 8, FIFTH = 16, SIXTH = 32, SEVENTH = 64 };

static const wisp_tap_func imports[] = {
    {"log", "(i <[2] z)", import_log, .kind = WISP_TAP_REMARK},
    {"send", "(i <[2] z)i", import_send, .kind = WISP_TAP_EFFECT, .channel = 1},
    {"save", "(<[1] z)i", import_save, .kind = WISP_TAP_OWN},
    {"repeat", "(iiI)i", import_repeat, .kind = WISP_TAP_EFFECT, .own = FIRST | SECOND,
     .gives_id = true},
    {"cancel", "(i)i", import_cancel, .kind = WISP_TAP_EFFECT},
    {"now_us", "()I", import_now_us, .kind = WISP_TAP_QUERY},
    {"timer_set", "(IIi)i", import_timer_set, .kind = WISP_TAP_EFFECT, .gives_id = true},
    {"timer_cancel", "(i)i", import_timer_cancel, .kind = WISP_TAP_EFFECT},
    {"post", "(iii <[4] z i)i", import_post, .kind = WISP_TAP_EFFECT, .channel = 2,
     .own = FOURTH | SIXTH},
    {"post_number", "(iiiii)i", import_post_number, .kind = WISP_TAP_EFFECT, .channel = 2,
     .own = FIFTH},
    /* What is in the memory of a region when it is made and given back is not defined: its first
     * byte stands for where it is, and no other passes the tap. */
    {"region_open", "(>1 i)i", import_region_open, .kind = WISP_TAP_EFFECT, .own = FIRST},
    {"region_close", "(>1)i", import_region_close, .kind = WISP_TAP_EFFECT, .own = FIRST},
    {"post_region", "(iii <[4] z ii)i", import_post_region, .kind = WISP_TAP_EFFECT, .channel = 2,
     .own = FOURTH | SEVENTH},
    {"subscribe", "(ii)i", import_subscribe, .kind = WISP_TAP_EFFECT},
    {"unsubscribe", "(ii)i", import_unsubscribe, .kind = WISP_TAP_EFFECT},
    {"topic", "(<[1] z)i", import_topic, .kind = WISP_TAP_QUERY, .is_fixed = true},
    {"request", "(ii <[3] z Ii)i", import_request, .kind = WISP_TAP_EFFECT, .channel = 2,
     .gives_id = true},
    {"asked", "()i", import_asked, .kind = WISP_TAP_QUERY},
    {"reply", "(ii <[3] z)i", import_reply, .kind = WISP_TAP_EFFECT},
    {"self", "()i", import_self, .kind = WISP_TAP_QUERY, .is_fixed = true},
    {"find", "(I)i", import_find, .kind = WISP_TAP_QUERY},
    {"guest_info", "(i >16)i", import_guest_info, .kind = WISP_TAP_QUERY},
    {"random", "(>[1] z)i", import_random, .kind = WISP_TAP_QUERY},
    {"abort", "(i)", import_abort, .kind = WISP_TAP_OWN},
};

wisp_status wisp_imports_add(wisp_taps *taps, const wisp_allocator *allocator, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < sizeof imports / sizeof *imports && status == WISP_OK; i++)
        status = wisp_taps_add(taps, allocator, "wisp", &imports[i], err);
    return status;
}
