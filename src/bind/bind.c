#include "bind/binding.h"

#include <string.h>

#include "base/error.h"
#include "wasm/runtime.h"

enum {
    LENT_MAX = 1 << 20,
    COPIED_MAX = 16 << 20,
    HELD_MAX = 16 << 20,
    HANDLE_MAX = 1024,
    CALLBACK_MAX = 1024
};

static uint32_t number_or(uint32_t number, uint32_t otherwise)
{
    return number ? number : otherwise;
}

wisp_status wisp_bind_new(const wisp_bind_config *config, wisp_bind **out, wisp_error *err)
{
    const wisp_bind_config given = config ? *config : (wisp_bind_config){.allocator = NULL};
    const wisp_allocator *allocator = wisp_allocator_or_default(given.allocator);
    wisp_bind *bind = wisp_alloc(allocator, 1, sizeof *bind);
    if (!bind)
        return wisp_fail_memory(err, sizeof *bind);
    bind->allocator = allocator;
    bind->config = given;
    bind->config.lent_max = number_or(given.lent_max, LENT_MAX);
    bind->config.copied_max = number_or(given.copied_max, COPIED_MAX);
    bind->config.held_max = number_or(given.held_max, HELD_MAX);
    bind->config.handle_max = number_or(given.handle_max, HANDLE_MAX);
    if (bind->config.handle_max > HANDLES_LIMIT)
        bind->config.handle_max = HANDLES_LIMIT;
    bind->config.callback_max = number_or(given.callback_max, CALLBACK_MAX);
    *out = bind;
    return WISP_OK;
}

void wisp_bind_close(wisp_bind *bind)
{
    bind->is_dead = true;
    bind->is_closing = bind->call != NULL; /* which may be using what would be ended */
    if (bind->is_closed || bind->is_closing)
        return;
    bind->is_closed = true;
    handles_deinit(bind);
    bind->instance = NULL;
    bind->memory = NULL;
    bind_free_if_over(bind);
}

static void dispose(wisp_bind *bind)
{
    tickets_deinit(bind);
    lent_deinit(&bind->lent, bind->allocator);
    wisp_free(bind->allocator, bind, sizeof *bind);
}

void bind_free_if_over(wisp_bind *bind)
{
    if (bind->is_released && bind->is_closed && bind->tickets.used == 0)
        dispose(bind);
}

void wisp_bind_release(wisp_bind *bind)
{
    bind->is_released = true;
    if (!bind->is_linked)
        wisp_bind_close(bind);
}

void wisp_bind_free(wisp_bind *bind)
{
    if (!bind)
        return;
    wisp_bind_close(bind);
    dispose(bind);
}

wisp_bind_usage wisp_bind_use(const wisp_bind *bind)
{
    return (wisp_bind_usage){
        .lent = bind->lent.size,
        .held = (uint32_t)bind->tickets.held,
        .handles = bind->handles.used,
        .callbacks = bind->tickets.used,
    };
}

/* ------------------------------------------------------------------ imports */

/* A function as it was linked: what the engine gets as its user. Lives in the store. */
typedef struct linked {
    wisp_bind *bind;
    const char *module;
    const wisp_bind_func *func;
} linked;

/* The instance that calls first is the one. */
static wisp_status attach(wisp_bind *bind, wisp_instance *caller, wisp_error *err)
{
    if (bind->is_dead)
        return wisp_fail(err, WISP_INVALID, "the module was closed, or failed in a callback");
    if (!caller || (bind->instance && bind->instance != caller))
        return wisp_fail(err, WISP_INVALID, "called by %s, and a binding is for one instance",
                         caller ? "another instance" : "the program");
    bind->instance = caller;
    bind->memory = caller->memories[0];
    return WISP_OK;
}

/* The wisp_host_fn of them all. */
static wisp_status run(void *user, wisp_instance *caller, const wisp_value *args,
                       wisp_value *results, wisp_error *err)
{
    const linked *l = user;
    wisp_bind_call call;
    wisp_status status = attach(l->bind, caller, err);
    if (status)
        return wisp_fail_within(err, status, l->func->name);
    call_begin(&call, l->bind, l->module, l->func->name, err);
    call.outer = l->bind->call;
    l->bind->call = &call;
    l->func->fn(&call, args, results);
    tickets_end_call(&call);
    status = call_end(&call);
    l->bind->call = call.outer;
    if (l->bind->is_closing && !call.outer)
        wisp_bind_close(l->bind);
    return status;
}

static void close_with_store(void *user)
{
    wisp_bind_close(user);
}

wisp_status wisp_bind_link(wisp_linker *linker, wisp_bind *bind, const char *module,
                           const wisp_bind_func *funcs, size_t count, wisp_error *err)
{
    wisp_arena *arena = &wisp_linker_store(linker)->arena;
    const char *name = wisp_arena_text(arena, module, strlen(module));
    linked *all = wisp_arena_alloc(arena, count, sizeof *all);
    wisp_status status = name && all ? WISP_OK : wisp_fail_memory(err, count * sizeof *all);
    if (!status && !bind->is_linked) {
        status = wisp_store_at_free(wisp_linker_store(linker), close_with_store, bind, err);
        bind->is_linked = status == WISP_OK;
    }
    for (size_t i = 0; i < count && !status; i++) {
        all[i] = (linked){bind, name, &funcs[i]};
        status = wisp_linker_add_func(linker, module, funcs[i].name, funcs[i].signature, run,
                                      &all[i], err);
    }
    return status;
}

/* ------------------------------------------------------------------ callbacks */

/* A callback that fails fails what the module was calling, if it was; and the module is not
 * entered any more. */
static void tell_fault(wisp_bind *bind, const wisp_bind_call *callback)
{
    wisp_bind_call *outer = bind->call;
    if (outer && !outer->status) {
        outer->status = callback->status;
        if (outer->err)
            *outer->err = callback->error;
    }
}

void wisp_bind_leave(wisp_bind_call *call)
{
    wisp_bind *bind = call->bind;
    wisp_status status = call_end(call);
    lent_reset(&bind->lent.callbacks, call->mark);
    if (!status)
        return;
    tell_fault(bind, call);
    bind->is_dead = true;
}
