#include "host/imports.h"

#include <wisp/bridge.h>

#include "base/error.h"
#include "host/guest.h"
#include "host/wasm_version.h"

/*
 * Every range that a module hands over is checked before the function runs (wisp/bridge.h) and
 * used before it returns. A range outside its memory traps: that module is broken. What merely
 * goes over a limit is refused, and the module can tell.
 */

enum { TAKEN = 0, REFUSED = 1 };

/* (level, address, size) */
static wisp_status import_log(void *user, wisp_instance *caller, const wisp_arg *args,
                              wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)results;
    (void)err;
    wisp_guest *guest = ((wisp_version *)user)->guest;
    uint32_t level = args[0].u32;
    if (guest->config.on_log)
        guest->config.on_log(guest->config.user, guest,
                             level > WISP_LOG_DEBUG ? WISP_LOG_DEBUG : (wisp_log_level)level,
                             args[1].in, args[1].size);
    return WISP_OK;
}

/* (channel, address, size) -> TAKEN or REFUSED */
static wisp_status import_send(void *user, wisp_instance *caller, const wisp_arg *args,
                               wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)err;
    wisp_version *version = user;
    const wisp_host *host = version->guest->host;
    wisp_bytes bytes = {args[1].in, args[1].size};
    bool is_taken = bytes.size <= version->guest->config.message_size_max &&
                    wisp_effects_send(&version->effects, host->allocator, host->mail.size_max,
                                      args[0].u32, bytes) == WISP_OK;
    results[0] = wisp_i32(is_taken ? TAKEN : REFUSED);
    return WISP_OK;
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

/* (function, context, interval in microseconds) -> id, or 0 if refused */
static wisp_status import_repeat(void *user, wisp_instance *caller, const wisp_arg *args,
                                 wisp_value *results, wisp_error *err)
{
    wisp_version *version = user;
    const wisp_guest *guest = version->guest;
    wisp_task task = {.func = args[0].u32, .context = args[1].u32};
    wisp_status status = check_func(caller, args[0].u32, 1, "repeat", err);
    if (status != WISP_OK)
        return status;
    int64_t interval_us = args[2].i64;
    results[0] = wisp_i32(0);
    if (interval_us < 1 || interval_us > INT64_MAX / 1000 ||
        version->tasks.len >= guest->config.tasks_max)
        return WISP_OK;
    task.interval_ns = (uint64_t)interval_us * 1000;
    uint64_t now_ns = wisp_host_now_ns(guest->host);
    task.due_ns = now_ns > UINT64_MAX - task.interval_ns ? UINT64_MAX : now_ns + task.interval_ns;
    uint32_t id = wisp_tasks_add(&version->tasks, guest->host->allocator, task);
    results[0] = wisp_i32((int32_t)id);
    return WISP_OK;
}

/* (id) -> TAKEN, or REFUSED if there is no such task */
static wisp_status import_cancel(void *user, wisp_instance *caller, const wisp_arg *args,
                                 wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)err;
    wisp_version *version = user;
    bool was_there = wisp_tasks_cancel(&version->tasks, args[0].u32);
    results[0] = wisp_i32(was_there ? TAKEN : REFUSED);
    return WISP_OK;
}

/* (address, size) -> TAKEN or REFUSED; only inside wisp_save */
static wisp_status import_save(void *user, wisp_instance *caller, const wisp_arg *args,
                               wisp_value *results, wisp_error *err)
{
    (void)caller;
    wisp_version *version = user;
    const wisp_guest *guest = version->guest;
    if (!version->saving)
        return wisp_fail(err, WISP_INVALID, "wisp.save: called outside wisp_save");
    wisp_bytes bytes = {args[0].in, args[0].size};
    wisp_status status = wisp_state_append(version->saving, guest->host->allocator,
                                           guest->config.state_size_max, bytes);
    results[0] = wisp_i32(status == WISP_OK ? TAKEN : REFUSED);
    return WISP_OK;
}

/* () -> microseconds */
static wisp_status import_now_us(void *user, wisp_instance *caller, const wisp_arg *args,
                                 wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)args;
    (void)err;
    const wisp_version *version = user;
    results[0] = wisp_i64((int64_t)(wisp_host_now_ns(version->guest->host) / 1000));
    return WISP_OK;
}

/* Bits of parameters. */
enum { FIRST = 1, SECOND = 2 };

static const wisp_tap_func imports[] = {
    {"log", "(i <[2] z)", import_log, .kind = WISP_TAP_REMARK},
    {"send", "(i <[2] z)i", import_send, .kind = WISP_TAP_EFFECT, .channel = 1},
    {"repeat", "(iiI)i", import_repeat, .kind = WISP_TAP_EFFECT, .own = FIRST | SECOND,
     .gives_id = true},
    {"cancel", "(i)i", import_cancel, .kind = WISP_TAP_EFFECT},
    {"save", "(<[1] z)i", import_save, .kind = WISP_TAP_OWN},
    {"now_us", "()I", import_now_us, .kind = WISP_TAP_QUERY},
};

wisp_status wisp_imports_add(wisp_taps *taps, const wisp_allocator *allocator, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < sizeof imports / sizeof *imports && status == WISP_OK; i++)
        status = wisp_taps_add(taps, allocator, "wisp", &imports[i], err);
    return status;
}
