#include "wasi/wasi.h"

#include "base/error.h"
#include "base/memory.h"
#include "wasm/runtime.h"

#include <errno.h>
#include <string.h>

/*
 * Threads of programs. A slot is one thread of the host's; it is used again when that thread is
 * done and has been joined.
 */

enum { THREADS_DEFAULT = 16, THREAD_ID_MAX = 0x1fffffff, TRAP_TEXT_SIZE = 2048 };

#define MEMORY_MAX_DEFAULT (UINT64_C(256) << 20)

typedef enum slot_state { SLOT_FREE, SLOT_RUNNING, SLOT_DONE } slot_state;

typedef struct slot {
    wisp_wasi_threads *threads;
    pthread_t thread;
    slot_state state;
    wisp_store *store; /* while there is one to interrupt */
    int32_t id;
    wisp_value argument;
} slot;

struct wisp_wasi_threads {
    wisp_wasi *wasi;
    const wisp_module *module;
    wisp_wasi_threads_config config;
    wisp_shared_memory *memory;
    wisp_import import; /* of the memory */
    wisp_store *main;   /* of the first thread */
    pthread_mutex_t lock;
    slot *slots; /* config.max of them, under the lock like what follows */
    int32_t last_id;
    bool has_trapped;
    char trap[TRAP_TEXT_SIZE]; /* written once, before the program has ended */
};

/* ------------------------------------------------------------------ what a module needs */

static bool is_spawn(const wisp_import *import)
{
    return strcmp(import->module, "wasi") == 0 && strcmp(import->name, "thread-spawn") == 0;
}

bool wisp_wasi_threads_are_needed(const wisp_module *module)
{
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++) {
        if (is_spawn(&import))
            return true;
    }
    return false;
}

static bool find_memory(const wisp_module *module, wisp_import *out)
{
    for (uint32_t i = 0; wisp_module_import(module, i, out); i++) {
        if (out->type.kind == WISP_EXTERN_MEMORY && out->type.is_shared)
            return true;
    }
    return false;
}

static bool can_start_threads(const wisp_module *module)
{
    wisp_export item;
    for (uint32_t i = 0; wisp_module_export(module, i, &item); i++) {
        const wisp_functype *type = &item.type.func;
        if (item.type.kind == WISP_EXTERN_FUNC && strcmp(item.name, "wasi_thread_start") == 0)
            return type->param_count == 2 && type->params[0] == WISP_I32 &&
                   type->params[1] == WISP_I32 && type->result_count == 0;
    }
    return false;
}

/* ------------------------------------------------------------------ one thread */

static wisp_status spawn(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err);

static wisp_status link(wisp_wasi_threads *t, wisp_store *store, wisp_linker *linker,
                        wisp_error *err)
{
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    wisp_status status = wisp_memory_new_shared(store, t->memory, &item.of.memory, err);
    if (!status)
        status = wisp_linker_add(linker, t->import.module, t->import.name, item, err);
    if (!status)
        status = wisp_linker_add_func(linker, "wasi", "thread-spawn", "(i)i", spawn, t, err);
    return status ? status : wisp_wasi_link(t->wasi, linker, err);
}

static wisp_status run_in(slot *s, wisp_store *store, wisp_error *err)
{
    wisp_wasi_threads *t = s->threads;
    wisp_linker *linker;
    wisp_instance *instance;
    wisp_value args[2] = {wisp_i32(s->id), s->argument};
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (!status)
        status = link(t, store, linker, err);
    if (!status && t->config.prepare)
        status = t->config.prepare(t->config.user, linker, err);
    if (!status)
        status = wisp_instance_new(store, t->module, linker, &instance, err);
    return status ? status
                  : wisp_call_export(instance, "wasi_thread_start", args, 2, NULL, 0, err);
}

/* The first thread that fails ends the program, and its words are kept. What fails because the
 * program has ended has nothing to say. */
static void fail(wisp_wasi_threads *t, const wisp_store *store, wisp_status status,
                 const wisp_error *err)
{
    pthread_mutex_lock(&t->lock);
    bool is_first = !t->has_trapped && !wisp_wasi_has_exited(t->wasi);
    if (is_first && status == WISP_TRAP)
        wisp_trap_print(wisp_store_trap(store), t->trap, sizeof t->trap);
    else if (is_first)
        memcpy(t->trap, err->text, sizeof err->text);
    t->has_trapped |= is_first;
    pthread_mutex_unlock(&t->lock);
    if (is_first)
        wisp_wasi_exit(t->wasi, WISP_WASI_ABORTED);
}

static void set_store(slot *s, wisp_store *store)
{
    pthread_mutex_lock(&s->threads->lock);
    s->store = store;
    pthread_mutex_unlock(&s->threads->lock);
}

static void *run(void *context)
{
    slot *s = context;
    wisp_wasi_threads *t = s->threads;
    wisp_store *store = NULL;
    wisp_error err;
    wisp_status status = wisp_store_new(&t->config.store, &store, &err);
    set_store(s, store);
    if (!status &&
        !wisp_wasi_has_exited(t->wasi)) /* or it ended before it could be interrupted */
        status = run_in(s, store, &err);
    if (status)
        fail(t, store, status, &err);
    set_store(s, NULL);
    wisp_store_free(store);
    pthread_mutex_lock(&t->lock);
    s->state = SLOT_DONE;
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* ------------------------------------------------------------------ spawning */

/* A slot for a new thread; NULL where all are in use. The lock is held. */
static slot *take_slot(wisp_wasi_threads *t)
{
    for (uint32_t i = 0; i < t->config.max; i++) {
        slot *s = &t->slots[i];
        if (s->state == SLOT_RUNNING)
            continue;
        if (s->state == SLOT_DONE)
            pthread_join(s->thread, NULL); /* which has nothing left to do but return */
        s->state = SLOT_FREE;
        return s;
    }
    return NULL;
}

/* Starts a thread; its number, or a negated error of the system. The lock is held. */
static int32_t start(wisp_wasi_threads *t, wisp_value argument)
{
    slot *s = wisp_wasi_has_exited(t->wasi) ? NULL : take_slot(t);
    if (!s)
        return -EAGAIN;
    t->last_id = t->last_id == THREAD_ID_MAX ? 1 : t->last_id + 1;
    *s = (slot){.threads = t, .id = t->last_id, .argument = argument, .state = SLOT_RUNNING};
    int error = pthread_create(&s->thread, NULL, run, s);
    if (error) {
        s->state = SLOT_FREE;
        return -error;
    }
    return s->id;
}

static wisp_status spawn(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err)
{
    wisp_wasi_threads *t = user;
    (void)caller, (void)err;
    pthread_mutex_lock(&t->lock);
    int32_t id = start(t, args[0]);
    pthread_mutex_unlock(&t->lock);
    results[0].of.i32 = id < 0 ? -(int32_t)wisp_wasi_errno_of(id) : id;
    return WISP_OK;
}

/* ------------------------------------------------------------------ all of them */

void wisp_wasi_threads_interrupt(wisp_wasi_threads *t)
{
    pthread_mutex_lock(&t->lock);
    if (t->main)
        wisp_store_interrupt(t->main);
    for (uint32_t i = 0; i < t->config.max; i++) {
        if (t->slots[i].store)
            wisp_store_interrupt(t->slots[i].store);
    }
    pthread_mutex_unlock(&t->lock);
}

static wisp_status make_memory(wisp_wasi_threads *t, wisp_error *err)
{
    uint64_t size_max =
        t->config.store.memory_max ? t->config.store.memory_max : MEMORY_MAX_DEFAULT;
    const wisp_extern_type *import = &t->import.type;
    wisp_memory_type type = {
        .limits = import->limits, .page_size = import->page_size, .is_64 = import->is_64};
    uint64_t page_size = type.page_size ? type.page_size : WISP_PAGE_SIZE;
    uint64_t pages_max = size_max / page_size;
    if (type.limits.min > pages_max)
        return wisp_fail(err, WISP_LIMIT,
                         "a shared memory of %llu pages, at most %llu are allowed",
                         (unsigned long long)type.limits.min, (unsigned long long)pages_max);
    if (type.limits.max > pages_max)
        type.limits.max = pages_max;
    return wisp_shared_memory_new(t->config.store.allocator, &type, &t->memory, err);
}

wisp_status wisp_wasi_threads_new(wisp_wasi *wasi, const wisp_module *module,
                                  const wisp_wasi_threads_config *config, wisp_wasi_threads **out,
                                  wisp_error *err)
{
    wisp_import import;
    if (!find_memory(module, &import))
        return wisp_fail(err, WISP_MISMATCH, "the module imports no shared memory");
    if (!can_start_threads(module))
        return wisp_fail(err, WISP_MISMATCH,
                         "the module exports no function 'wasi_thread_start' of (i32, i32)");
    wisp_wasi_threads *t = wisp_alloc(wasi->allocator, 1, sizeof *t);
    if (!t)
        return wisp_fail_memory(err, sizeof *t);
    t->wasi = wasi;
    t->module = module;
    t->import = import;
    t->config = config ? *config : (wisp_wasi_threads_config){0};
    if (!t->config.max)
        t->config.max = THREADS_DEFAULT;
    pthread_mutex_init(&t->lock, NULL);
    t->slots = wisp_alloc(wasi->allocator, t->config.max, sizeof *t->slots);
    wisp_status status =
        t->slots ? make_memory(t, err) : wisp_fail_memory(err, t->config.max * sizeof *t->slots);
    if (status) {
        wisp_wasi_threads_free(t);
        return status;
    }
    wasi->threads = *out = t;
    return WISP_OK;
}

wisp_status wisp_wasi_threads_link(wisp_wasi_threads *t, wisp_linker *linker, wisp_error *err)
{
    wisp_store *store = wisp_linker_store(linker);
    pthread_mutex_lock(&t->lock);
    t->main = store;
    pthread_mutex_unlock(&t->lock);
    return link(t, store, linker, err);
}

const char *wisp_wasi_threads_trap(const wisp_wasi_threads *t)
{
    return t->has_trapped ? t->trap : NULL;
}

static bool is_used(wisp_wasi_threads *t, const slot *s)
{
    pthread_mutex_lock(&t->lock);
    bool used = s->state != SLOT_FREE;
    pthread_mutex_unlock(&t->lock);
    return used;
}

void wisp_wasi_threads_free(wisp_wasi_threads *t)
{
    if (!t)
        return;
    if (t->wasi->threads == t)
        wisp_wasi_exit(t->wasi, 0); /* from here on no slot is taken */
    for (uint32_t i = 0; t->slots && i < t->config.max; i++) {
        if (is_used(t, &t->slots[i]))
            pthread_join(t->slots[i].thread, NULL);
    }
    t->wasi->threads = NULL;
    wisp_shared_memory_release(t->memory);
    wisp_free(t->wasi->allocator, t->slots, t->config.max * sizeof *t->slots);
    pthread_mutex_destroy(&t->lock);
    wisp_free(t->wasi->allocator, t, sizeof *t);
}
