#include "bind/binding.h"

#include <string.h>

#include "base/error.h"

/* Functions that modules have left with the program. */

static ticket *make(wisp_bind_call *call)
{
    wisp_bind *bind = call->bind;
    uint8_t *block = wisp_alloc(bind->allocator, 2, TICKET_SIZE);
    if (!block) {
        call->status = wisp_fail_memory(call->err, 2 * (size_t)TICKET_SIZE);
        return NULL;
    }
    size_t over = (uintptr_t)block % TICKET_SIZE;
    ticket *t = (ticket *)(void *)(block + (over ? TICKET_SIZE - over : 0));
    t->bind = bind;
    t->block = block;
    t->sibling = bind->tickets.all;
    bind->tickets.all = t;
    return t;
}

static ticket *take(wisp_bind_call *call)
{
    tickets *all = &call->bind->tickets;
    ticket *t = all->free_first;
    if (!t)
        return make(call);
    all->free_first = t->free;
    if (!all->free_first)
        all->free_last = NULL;
    return t;
}

static void release(ticket *t)
{
    tickets *all = &t->bind->tickets;
    if (!t->is_held)
        return;
    wisp_free(t->bind->allocator, t->held, t->held_size);
    all->held -= t->held_size;
    t->held = NULL;
    t->held_size = 0;
    t->is_held = false;
    t->call = NULL;
    t->generation = (t->generation + 1) % TICKET_SIZE;
    t->free = NULL;
    if (all->free_last)
        all->free_last->free = t;
    else
        all->free_first = t;
    all->free_last = t;
    all->used--;
}

/* [t] is made or taken back in [call], and [is_ending] with it. */
static void mark(ticket *t, wisp_bind_call *call, bool is_ending)
{
    t->call = call;
    t->is_ending = is_ending;
    call->has_tickets = true;
}

static void *pointer_to(ticket *t)
{
    return (uint8_t *)t + t->generation;
}

/* The ticket that [pointer] was given for; NULL if that is over. */
static ticket *find(void *pointer)
{
    size_t generation = (uintptr_t)pointer % TICKET_SIZE;
    ticket *t = pointer ? (ticket *)(void *)((uint8_t *)pointer - generation) : NULL;
    return t && t->is_held && t->generation == generation ? t : NULL;
}

/* ------------------------------------------------------------------ left by the module */

/* Whether [type] is what "(ii)i" says. */
static bool is_of_type(wisp_functype type, const char *signature)
{
    static const wisp_valtype types[] = {
        ['i'] = WISP_I32, ['I'] = WISP_I64, ['f'] = WISP_F32, ['F'] = WISP_F64};
    const char *at = signature + 1;
    for (uint32_t i = 0; i < type.param_count; i++, at++)
        if (*at == ')' || type.params[i] != types[(unsigned char)*at])
            return false;
    if (*at++ != ')' || strlen(at) != type.result_count)
        return false;
    return type.result_count == 0 || type.results[0] == types[(unsigned char)*at];
}

/* The module's function at [index]; NULL after a fault. */
static wisp_func *find_func(wisp_bind_call *call, const char *what, const char *signature,
                            uint32_t index)
{
    wisp_table *table = wisp_instance_table(call->bind->instance, "__indirect_function_table");
    wisp_value value;
    if (call->status)
        return NULL;
    if (!table) {
        wisp_bind_fail(call, what, "is a function, and the module exports no table of them");
    } else if (wisp_table_get(table, index, &value, NULL)) {
        wisp_bind_fail(call, what, "is function %u of a table of %llu", index,
                       (unsigned long long)wisp_table_size(table));
    } else if (!value.of.funcref) {
        wisp_bind_fail(call, what, "is function %u, where the table has none", index);
    } else if (!is_of_type(wisp_func_type(value.of.funcref), signature)) {
        wisp_bind_fail(call, what, "is function %u, which is not of type %s", index, signature);
    } else {
        return value.of.funcref;
    }
    return NULL;
}

/* A ticket that the program gets in this call. */
static ticket *give(wisp_bind_call *call, const char *what, wisp_func *func, wisp_bind_life life,
                    uint32_t user)
{
    wisp_bind *bind = call->bind;
    if (!call->status && bind->tickets.used >= bind->config.callback_max)
        wisp_bind_fail(call, what, "is one function more than the %u of callback_max",
                       bind->config.callback_max);
    ticket *t = call->status ? NULL : take(call);
    if (!t)
        return NULL;
    bind->tickets.used++;
    t->func = func;
    t->user = user;
    t->life = (uint8_t)life;
    t->is_held = true;
    t->handle = 0;
    mark(t, call, life == WISP_BIND_SCOPE);
    return t;
}

void *wisp_bind_ticket_new(wisp_bind_call *call, const char *what, const char *signature,
                           wisp_bind_life life, uint32_t index, uint32_t user, bool is_optional)
{
    if (call->status || (index == 0 && is_optional))
        return NULL;
    ticket *t = give(call, what, find_func(call, what, signature, index), life, user);
    return t ? pointer_to(t) : NULL;
}

/* Before the bytes that the program gets is the pointer by which the ticket is found. */
enum { HELD_HEADER = 16 };

static bool take_held(wisp_bind_call *call, const char *what, ticket *t, size_t size)
{
    wisp_bind *bind = call->bind;
    if (size > bind->config.held_max - bind->tickets.held) {
        wisp_bind_fail(call, what, "is %zu bytes, and %zu of the %u of held_max are held", size,
                       bind->tickets.held, bind->config.held_max);
        return false;
    }
    t->held = wisp_alloc(bind->allocator, 1, size);
    if (!t->held) {
        call->status = wisp_fail_memory(call->err, size);
        return false;
    }
    t->held_size = size;
    bind->tickets.held += size;
    return true;
}

void *wisp_bind_hold(wisp_bind_call *call, const char *what, const char *signature,
                     uint32_t index, uint32_t address, uint64_t count, bool is_optional)
{
    const void *bytes = wisp_bind_get(call, what, address, count, 1, 1, false);
    bool has_func = index != 0 || !is_optional;
    wisp_func *func = has_func ? find_func(call, what, signature, index) : NULL;
    ticket *t = give(call, what, func, WISP_BIND_ONCE, address);
    size_t size = HELD_HEADER + (size_t)count; /* which was found in the module's memory */
    if (!t || !take_held(call, what, t, size))
        return NULL;
    void *pointer = pointer_to(t);
    memcpy(t->held, &pointer, sizeof pointer);
    return memcpy((uint8_t *)t->held + HELD_HEADER, bytes ? bytes : "", (size_t)count);
}

void *wisp_bind_held(void *bytes)
{
    void *pointer = NULL;
    if (bytes)
        memcpy(&pointer, (uint8_t *)bytes - HELD_HEADER, sizeof pointer);
    return pointer;
}

void *wisp_bind_ticket_end(wisp_bind_call *call, const char *what, uint32_t index, uint32_t user)
{
    wisp_table *table = wisp_instance_table(call->bind->instance, "__indirect_function_table");
    wisp_value value;
    (void)what;
    if (call->status || !table || wisp_table_get(table, index, &value, NULL))
        return NULL;
    for (ticket *t = call->bind->tickets.all; t; t = t->sibling)
        if (t->is_held && !t->is_ending && t->life == WISP_BIND_MANY &&
            t->func == value.of.funcref && t->user == user) {
            mark(t, call, true);
            return pointer_to(t);
        }
    return NULL;
}

void wisp_bind_take_back(wisp_bind_call *call)
{
    for (ticket *t = call->has_tickets ? call->bind->tickets.all : NULL; t; t = t->sibling)
        if (t->call == call)
            t->is_ending = true;
}

void tickets_join(wisp_bind_call *call, uint32_t number)
{
    for (ticket *t = call->has_tickets ? call->bind->tickets.all : NULL; t; t = t->sibling)
        if (t->call == call && t->life == WISP_BIND_MANY && !t->is_ending)
            t->handle = number;
}

void tickets_part(wisp_bind *bind, uint32_t number, wisp_bind_call *call)
{
    for (ticket *t = bind->tickets.all; t; t = t->sibling) {
        if (!t->is_held || t->handle != number)
            continue;
        if (call)
            mark(t, call, true); /* until then it may still be called */
        else
            release(t);
    }
}

void tickets_end_call(wisp_bind_call *call)
{
    for (ticket *t = call->has_tickets ? call->bind->tickets.all : NULL; t; t = t->sibling) {
        if (t->call != call)
            continue;
        t->call = NULL;
        if (t->is_ending || !call->is_entered)
            release(t);
    }
}

void tickets_deinit(wisp_bind *bind)
{
    for (ticket *t = bind->tickets.all, *next; t; t = next) {
        next = t->sibling;
        wisp_free(bind->allocator, t->held, t->held_size);
        wisp_free(bind->allocator, t->block, 2 * (size_t)TICKET_SIZE);
    }
}

/* ------------------------------------------------------------------ called by the program */

bool wisp_bind_enter(wisp_bind_call *call, void *pointer, const char *name)
{
    ticket *t = find(pointer);
    if (!t)
        return false;
    if (t->bind->is_dead || !t->func) { /* nobody is called, but this was the one time */
        wisp_bind *bind = t->bind;
        if (t->life == WISP_BIND_ONCE)
            release(t);
        bind_free_if_over(bind);
        return false;
    }
    call_begin(call, t->bind, "", name, &call->error);
    call->is_callback = true;
    call->ticket = t;
    call->mark = lent_mark(&t->bind->lent.callbacks);
    return true;
}

uint32_t wisp_bind_user(const wisp_bind_call *call)
{
    return call->ticket->user;
}

static wisp_status enter(wisp_bind *bind, const wisp_bind_entry *entry, wisp_error *err)
{
    if (bind->config.enter)
        return bind->config.enter(bind->config.user, entry, err);
    return wisp_call(entry->func, entry->args, entry->arg_count, entry->results,
                     entry->result_count, err);
}

bool wisp_bind_run(wisp_bind_call *call, const wisp_value *args, uint32_t count,
                   wisp_value *result)
{
    ticket *t = call->ticket;
    if (call->status)
        return false;
    const wisp_bind_entry entry = {
        .instance = t->bind->instance,
        .func = t->func,
        .args = args,
        .results = result,
        .arg_count = count,
        .result_count = result ? 1 : 0,
        .can_wait = !result && t->life != WISP_BIND_SCOPE,
    };
    if (t->life == WISP_BIND_ONCE) { /* before it runs: what it does may be to leave another */
        release(t);
        call->ticket = NULL;
    }
    call->status = enter(t->bind, &entry, call->err);
    return call->status == WISP_OK;
}
