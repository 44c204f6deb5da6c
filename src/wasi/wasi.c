#include "wasi/wasi.h"

#include "base/error.h"
#include "base/memory.h"
#include "os/clock.h"
#include "wasm/runtime.h"

#include <wisp/os.h>

#include <string.h>

enum { DESCRIPTORS_DEFAULT = 1024 };

static const char *const module_names[] = {"wasi_snapshot_preview1", "wasi_unstable"};

static const struct {
    const char *name, *signature;
    wisp_wasi_errno (*run)(wisp_wasi_call *c);
} functions[WISP_WASI_FUNCTION_COUNT] = {
#define X(name, signature) {#name, signature, wisp_wasi_##name},
    WISP_WASI_FUNCTIONS(X)
#undef X
};

/* ------------------------------------------------------------------ making */

static wisp_status copy_texts(const wisp_wasi *wasi, const char *const *texts, size_t count,
                              wisp_wasi_texts *out, wisp_error *err)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(texts[i]) + 1;
    if (size > UINT32_MAX || count > UINT32_MAX / 4)
        return wisp_fail(err, WISP_LIMIT, "%zu arguments or variables of %zu bytes", count, size);
    out->bytes = wisp_alloc(wasi->allocator, size, 1);
    if (!out->bytes && size > 0)
        return wisp_fail_memory(err, size);
    out->size = size;
    out->count = count;
    char *at = out->bytes;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(texts[i]) + 1;
        memcpy(at, texts[i], len);
        at += len;
    }
    return WISP_OK;
}

static wisp_status add(wisp_wasi *wasi, wisp_wasi_descriptor descriptor, wisp_error *err)
{
    uint32_t number;
    wisp_wasi_errno result = wisp_wasi_table_add(&wasi->table, descriptor, &number);
    if (result == WISP_WASI_EMFILE)
        return wisp_fail(err, WISP_LIMIT, "more than %zu descriptors", wasi->table.max);
    return result ? wisp_fail_memory(err, sizeof descriptor) : WISP_OK;
}

/* A descriptor for [fd], which is the host's and stays so. */
static wisp_status borrow(int fd, uint64_t rights, wisp_wasi_descriptor *out, wisp_error *err)
{
    wisp_os_file_stat st;
    if (wisp_os_file_stat_of(fd, &st) < 0)
        return wisp_fail(err, WISP_INVALID, "descriptor %d is not open", fd);
    *out = (wisp_wasi_descriptor){
        .kind = WISP_WASI_FD, .fd = fd, .type = wisp_wasi_filetype_of(st.kind)};
    if (wisp_os_file_is_seekable(fd))
        rights |= WISP_WASI_RIGHT_FD_SEEK | WISP_WASI_RIGHT_FD_TELL;
    atomic_init(&out->rights, rights);
    return WISP_OK;
}

static wisp_status add_stream(wisp_wasi *wasi, const wisp_wasi_stream *stream, bool is_input,
                              wisp_error *err)
{
    uint64_t rights = (is_input ? WISP_WASI_RIGHT_FD_READ : WISP_WASI_RIGHT_FD_WRITE) |
                      WISP_WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WISP_WASI_RIGHT_FD_FILESTAT_GET |
                      WISP_WASI_RIGHT_POLL_FD_READWRITE;
    wisp_wasi_descriptor d = {.kind = stream->kind, .stream = *stream};
    atomic_init(&d.rights, rights);
    wisp_status status = WISP_OK;
    if (stream->kind == WISP_WASI_FD)
        status = borrow(stream->fd, rights, &d, err);
    else if (stream->kind == WISP_WASI_CALLBACK && !(is_input ? !!stream->read : !!stream->write))
        status = wisp_fail(err, WISP_INVALID, "a standard stream without its function");
    return status ? status : add(wasi, d, err);
}

static wisp_status add_preopen(wisp_wasi *wasi, const wisp_wasi_preopen *preopen, wisp_error *err)
{
    int fd = wisp_os_file_open_root(preopen->host);
    if (fd < 0)
        return wisp_fail(err, WISP_IO, "cannot open the folder %s: %s", preopen->host,
                         strerror(-fd));
    size_t size = strlen(preopen->guest) + 1;
    char *name = wisp_alloc(wasi->allocator, size, 1);
    if (!name) {
        wisp_os_file_close(fd);
        return wisp_fail_memory(err, size);
    }
    memcpy(name, preopen->guest, size);
    wisp_wasi_descriptor d = {.kind = WISP_WASI_FD,
                              .fd = fd,
                              .is_owned = true,
                              .read_only = preopen->read_only,
                              .type = WISP_WASI_DIRECTORY,
                              .preopen = name};
    atomic_init(&d.rights, wisp_wasi_dir_rights);
    atomic_init(&d.inheriting, wisp_wasi_all_rights);
    return add(wasi, d, err);
}

static wisp_status add_socket(wisp_wasi *wasi, int fd, wisp_error *err)
{
    wisp_wasi_descriptor d;
    wisp_status status = borrow(
        fd,
        WISP_WASI_RIGHT_FD_READ | WISP_WASI_RIGHT_FD_WRITE | WISP_WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
            WISP_WASI_RIGHT_FD_FILESTAT_GET | WISP_WASI_RIGHT_POLL_FD_READWRITE |
            WISP_WASI_RIGHT_SOCK_SHUTDOWN | WISP_WASI_RIGHT_SOCK_ACCEPT,
        &d, err);
    if (status)
        return status;
    if (d.type != WISP_WASI_SOCKET_STREAM && d.type != WISP_WASI_SOCKET_DGRAM)
        return wisp_fail(err, WISP_INVALID, "descriptor %d is no socket", fd);
    return add(wasi, d, err);
}

static wisp_status fill(wisp_wasi *wasi, const wisp_wasi_config *config, wisp_error *err)
{
    wisp_status status = copy_texts(wasi, config->args, config->arg_count, &wasi->args, err);
    if (!status)
        status = copy_texts(wasi, config->env, config->env_count, &wasi->env, err);
    if (!status)
        status = add_stream(wasi, &config->in, true, err);
    if (!status)
        status = add_stream(wasi, &config->out, false, err);
    if (!status)
        status = add_stream(wasi, &config->error, false, err);
    for (size_t i = 0; i < config->preopen_count && !status; i++)
        status = add_preopen(wasi, &config->preopens[i], err);
    for (size_t i = 0; i < config->socket_count && !status; i++)
        status = add_socket(wasi, config->sockets[i], err);
    return status;
}

wisp_status wisp_wasi_new(const wisp_wasi_config *config, wisp_wasi **out, wisp_error *err)
{
    static const wisp_wasi_config nothing;
    if (!config)
        config = &nothing;
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_wasi *wasi = wisp_alloc(allocator, 1, sizeof *wasi);
    if (!wasi)
        return wisp_fail_memory(err, sizeof *wasi);
    wasi->allocator = allocator;
    wasi->now_ns = config->now_ns;
    wasi->random = config->random;
    wasi->user = config->user;
    atomic_init(&wasi->exit_code, WISP_WASI_RUNNING);
    wasi->resolve_flags = config->without_openat2 ? WISP_BENEATH_WALK : 0;
    wisp_wasi_table_init(&wasi->table, allocator,
                         config->descriptor_max ? config->descriptor_max : DESCRIPTORS_DEFAULT);
    for (size_t i = 0; i < WISP_WASI_FUNCTION_COUNT; i++)
        wasi->bindings[i] = (wisp_wasi_binding){wasi, functions[i].run};
    wisp_status status = fill(wasi, config, err);
    if (status)
        wisp_wasi_free(wasi);
    else
        *out = wasi;
    return status;
}

void wisp_wasi_free(wisp_wasi *wasi)
{
    if (!wasi)
        return;
    wisp_wasi_table_deinit(&wasi->table);
    wisp_free(wasi->allocator, wasi->args.bytes, wasi->args.size);
    wisp_free(wasi->allocator, wasi->env.bytes, wasi->env.size);
    wisp_free(wasi->allocator, wasi, sizeof *wasi);
}

/* ------------------------------------------------------------------ calls */

static wisp_status fail_exited(const wisp_wasi *wasi, wisp_error *err)
{
    uint32_t code;
    if (wisp_wasi_exited(wasi, &code))
        return wisp_fail(err, WISP_TRAP, "exit with code %u", code);
    return wisp_fail(err, WISP_TRAP, "another thread has trapped");
}

/* The memory that [caller] exports as "memory", or else its first: one that is imported alone has
 * no other name. */
static wisp_memory *memory_of(const wisp_instance *caller)
{
    wisp_memory *memory = wisp_instance_memory(caller, "memory");
    return memory || !caller->module->memory_count ? memory : caller->memories[0];
}

/* Every function of the interface: the module calls this one with a binding as its context. */
static wisp_status run(void *user, wisp_instance *caller, const wisp_value *args,
                       wisp_value *results, wisp_error *err)
{
    const wisp_wasi_binding *binding = user;
    wisp_wasi *wasi = binding->wasi;
    if (wisp_wasi_has_exited(wasi))
        return fail_exited(wasi, err);
    wisp_memory *memory = caller ? memory_of(caller) : NULL;
    if (!memory)
        return wisp_fail(err, WISP_NOT_FOUND, "the caller has no memory");
    wisp_wasi_call c = {.wasi = wasi,
                        .store = wisp_instance_store(caller),
                        .memory = memory,
                        .args = args,
                        .err = err};
    wisp_wasi_errno result = binding->run(&c);
    while (c.held_count > 0)
        wisp_wasi_table_drop(&wasi->table, c.held[--c.held_count]);
    if (wisp_wasi_has_exited(wasi))
        return fail_exited(wasi, err);
    results[0].of.i32 = (int32_t)result;
    return WISP_OK;
}

wisp_status wisp_wasi_link(wisp_wasi *wasi, wisp_linker *linker, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t m = 0; m < sizeof module_names / sizeof *module_names; m++) {
        for (size_t i = 0; i < WISP_WASI_FUNCTION_COUNT && !status; i++)
            status = wisp_linker_add_func(linker, module_names[m], functions[i].name,
                                          functions[i].signature, run, &wasi->bindings[i], err);
    }
    return status;
}

bool wisp_wasi_is_needed(const wisp_module *module)
{
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++) {
        for (size_t m = 0; m < sizeof module_names / sizeof *module_names; m++) {
            if (strcmp(import.module, module_names[m]) == 0)
                return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ running */

bool wisp_wasi_exit(wisp_wasi *wasi, int64_t code)
{
    int64_t running = WISP_WASI_RUNNING;
    if (!atomic_compare_exchange_strong(&wasi->exit_code, &running, code))
        return false;
    if (wasi->threads)
        wisp_wasi_threads_interrupt(wasi->threads);
    return true;
}

bool wisp_wasi_has_exited(const wisp_wasi *wasi)
{
    return atomic_load(&wasi->exit_code) != WISP_WASI_RUNNING;
}

bool wisp_wasi_exited(const wisp_wasi *wasi, uint32_t *exit_code)
{
    int64_t code = atomic_load(&wasi->exit_code);
    if (code < 0)
        return false;
    *exit_code = (uint32_t)code;
    return true;
}

wisp_status wisp_wasi_run(wisp_wasi *wasi, wisp_instance *instance, uint32_t *exit_code,
                          wisp_error *err)
{
    wisp_func *start = wisp_instance_func(instance, "_start");
    wisp_func *func = start ? start : wisp_instance_func(instance, "_initialize");
    *exit_code = 0;
    wisp_status status = func ? wisp_call(func, NULL, 0, NULL, 0, err) : WISP_OK;
    if (!status && start && wasi->threads)
        wisp_wasi_exit(wasi, 0);
    if (wisp_wasi_has_exited(wasi))
        return wisp_wasi_exited(wasi, exit_code) ? WISP_OK : fail_exited(wasi, err);
    return status;
}

uint64_t wisp_wasi_now_ns(const wisp_wasi *wasi, wisp_wasi_clock clock)
{
    static const wisp_clock clocks[] = {
        [WISP_WASI_REALTIME] = WISP_CLOCK_REALTIME,
        [WISP_WASI_MONOTONIC] = WISP_CLOCK_MONOTONIC,
        [WISP_WASI_PROCESS_TIME] = WISP_CLOCK_PROCESS,
        [WISP_WASI_THREAD_TIME] = WISP_CLOCK_THREAD,
    };
    return wasi->now_ns ? wasi->now_ns(wasi->user, clock) : wisp_clock_now_ns(clocks[clock]);
}
