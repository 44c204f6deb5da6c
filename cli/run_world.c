#include "run_world.h"

#include "base/error.h"
#include "denied.h"
#include "out.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ modules */

static wisp_status load(run_module *m, uint32_t deny, wisp_error *err)
{
    wisp_status status = m->bytes.data ? WISP_OK : read_input(m->path, &m->bytes, err);
    wisp_module_config config = {.deny = deny, .borrow = true, .lazy = true};
    return status ? status : wisp_module_load(&config, m->bytes, &m->module, err);
}

/* Compiles all functions of [m], unless each is to wait for its first call. */
static wisp_status compile(const run_world *world, const run_module *m, wisp_error *err)
{
    wisp_status status = WISP_OK;
    uint32_t count = args_has(world->args, "lazy") ? 0 : wisp_module_func_count(m->module);
    for (uint32_t i = 0; i < count && !status; i++)
        status = wisp_module_compile(m->module, i, err);
    return status;
}

static void unload(run_module *m)
{
    wisp_module_free(m->module);
    free((void *)(uintptr_t)m->bytes.data);
    free(m->name);
}

wisp_status run_world_load(run_world *world, wisp_error *err)
{
    world->at = world->main.path;
    return load(&world->main, 0, err);
}

bool run_world_is_program(const run_world *world)
{
    return wisp_wasi_is_needed(world->main.module);
}

/* Goes on with what run_world_load began, now that all options are known: where features are
 * denied, loads the module again. */
static wisp_status finish_load(run_world *world, wisp_error *err)
{
    wisp_status status = WISP_OK;
    if (world->deny) {
        wisp_module_free(world->main.module);
        world->main.module = NULL;
        status = load(&world->main, world->deny, err);
    }
    return status ? status : compile(world, &world->main, err);
}

/* ------------------------------------------------------------------ the system interface */

static size_t count_of(const cli_args *args, const char *name)
{
    size_t count = 0, at = 0;
    while (args_next(args, name, &at))
        count++;
    return count;
}

/* A copy of [text] up to its [len]-th byte. */
static char *copy(const char *text, size_t len)
{
    char *out = malloc(len + 1);
    if (out) {
        memcpy(out, text, len);
        out[len] = '\0';
    }
    return out;
}

/* What the configuration points at while it is used. */
typedef struct wasi_parts {
    wisp_wasi_preopen *preopens;
    char **hosts; /* the names in them that are copies */
    size_t preopen_count;
    char **env; /* owned */
    size_t env_count;
} wasi_parts;

static bool make_room(wasi_parts *parts, const cli_args *args)
{
    size_t dirs = count_of(args, "dir") + count_of(args, "dir-ro"), env = count_of(args, "env");
    parts->preopens = calloc(dirs + 1, sizeof *parts->preopens);
    parts->hosts = calloc(dirs + 1, sizeof *parts->hosts);
    parts->env = calloc(env + 1, sizeof *parts->env);
    return parts->preopens && parts->hosts && parts->env;
}

static void free_parts(wasi_parts *parts)
{
    for (size_t i = 0; i < parts->preopen_count; i++)
        free(parts->hosts[i]);
    for (size_t i = 0; i < parts->env_count; i++)
        free(parts->env[i]);
    free(parts->preopens);
    free(parts->hosts);
    free(parts->env);
}

/* "HOST::GUEST", or one name for both. */
static bool add_dirs(wasi_parts *parts, const cli_args *args, const char *option, bool read_only)
{
    size_t at = 0;
    const char *value;
    while ((value = args_next(args, option, &at))) {
        const char *colons = strstr(value, "::");
        char *host = copy(value, colons ? (size_t)(colons - value) : strlen(value));
        if (!host)
            return false;
        parts->hosts[parts->preopen_count] = host;
        parts->preopens[parts->preopen_count++] =
            (wisp_wasi_preopen){host, colons ? colons + 2 : host, read_only};
    }
    return true;
}

/* "NAME=value", or a name whose value is Wisp's own; one that it has not is left out. */
static bool add_env(wasi_parts *parts, const cli_args *args)
{
    size_t at = 0;
    const char *value;
    while ((value = args_next(args, "env", &at))) {
        const char *own = strchr(value, '=') ? "" : getenv(value);
        if (!own)
            continue;
        size_t size = strlen(value) + 1 + strlen(own) + 1;
        char *text = malloc(size);
        if (!text)
            return false;
        snprintf(text, size, "%s%s%s", value, strchr(value, '=') ? "" : "=", own);
        parts->env[parts->env_count++] = text;
    }
    return true;
}

static wisp_status make_wasi(run_world *world, wisp_error *err)
{
    const cli_args *args = world->args;
    wasi_parts parts = {0};
    wisp_status status = WISP_OK;
    if (!make_room(&parts, args) || !add_dirs(&parts, args, "dir", false) ||
        !add_dirs(&parts, args, "dir-ro", true) || !add_env(&parts, args))
        status = wisp_fail_memory(err, 0);
    wisp_wasi_config config = {
        .args = args->arguments,
        .arg_count = args->len,
        .env = (const char *const *)parts.env,
        .env_count = parts.env_count,
        .in = {.kind = WISP_WASI_FD, .fd = 0},
        .out = {.kind = WISP_WASI_FD, .fd = 1},
        .error = {.kind = WISP_WASI_FD, .fd = 2},
        .preopens = parts.preopens,
        .preopen_count = parts.preopen_count,
    };
    if (!status)
        status = wisp_wasi_new(&config, &world->wasi, err);
    free_parts(&parts);
    return status;
}

/* ------------------------------------------------------------------ the world */

enum { THREADS_DEFAULT = 16, THREADS_MAX = 1024 };

static wisp_status make_store(run_world *world, wisp_error *err)
{
    wisp_store_config config = {.fuel = world->fuel};
    args_number(world->args, "memory-max", 1, UINT64_MAX, &config.memory_max);
    wisp_status status = wisp_store_new(&config, &world->store, err);
    if (!status)
        status = wisp_linker_new(world->store, &world->linker, err);
    if (status)
        return status;
    if (!wisp_wasi_threads_are_needed(world->main.module))
        return wisp_wasi_link(world->wasi, world->linker, err);
    uint64_t max = THREADS_DEFAULT;
    args_number(world->args, "threads", 1, THREADS_MAX, &max);
    wisp_wasi_threads_config threads = {.max = (uint32_t)max, .store = config};
    status =
        wisp_wasi_threads_new(world->wasi, world->main.module, &threads, &world->threads, err);
    return status ? status : wisp_wasi_threads_link(world->threads, world->linker, err);
}

/* "NAME=FILE". */
static wisp_status preload(run_world *world, const char *value, wisp_error *err)
{
    const char *equals = strchr(value, '=');
    if (!equals || equals == value || !equals[1])
        return wisp_fail(err, WISP_INVALID, "'--preload' is '%s', expected NAME=FILE", value);
    run_module *m = &world->preloads[world->preload_count++];
    m->path = world->at = equals + 1;
    m->name = copy(value, (size_t)(equals - value));
    if (!m->name)
        return wisp_fail_memory(err, (size_t)(equals - value));
    wisp_instance *instance;
    wisp_status status = load(m, world->deny, err);
    if (!status)
        status = compile(world, m, err);
    if (!status)
        status = wisp_instance_new(world->store, m->module, world->linker, &instance, err);
    if (!status && wisp_instance_func(instance, "_initialize"))
        status = wisp_call_export(instance, "_initialize", NULL, 0, NULL, 0, err);
    return status ? status : wisp_linker_add_instance(world->linker, m->name, instance, err);
}

static wisp_status preload_all(run_world *world, wisp_error *err)
{
    size_t at = 0, count = count_of(world->args, "preload");
    const char *value;
    world->preloads = calloc(count + 1, sizeof *world->preloads);
    if (!world->preloads)
        return wisp_fail_memory(err, count * sizeof *world->preloads);
    wisp_status status = WISP_OK;
    while (!status && (value = args_next(world->args, "preload", &at)))
        status = preload(world, value, err);
    return status;
}

wisp_status run_world_make(run_world *world, const cli_args *args, wisp_error *err)
{
    uint64_t memory_max, threads;
    world->args = args;
    if (!args_number(args, "fuel", 1, UINT64_MAX - 1, &world->fuel) ||
        !args_number(args, "memory-max", 1, UINT64_MAX, &memory_max) ||
        !args_number(args, "threads", 1, THREADS_MAX, &threads) ||
        !features_denied(args, &world->deny))
        return wisp_fail(err, WISP_INVALID, "%s", "");
    wisp_status status = finish_load(world, err);
    if (status)
        return status;
    world->at = NULL;
    status = make_wasi(world, err);
    if (!status)
        status = make_store(world, err);
    return status ? status : preload_all(world, err);
}

wisp_status run_world_start(run_world *world, wisp_instance **out, wisp_error *err)
{
    world->at = world->main.path;
    return wisp_instance_new(world->store, world->main.module, world->linker, out, err);
}

void run_world_deinit(run_world *world)
{
    wisp_wasi_threads_free(world->threads);
    wisp_store_free(world->store);
    wisp_wasi_free(world->wasi);
    for (size_t i = 0; i < world->preload_count; i++)
        unload(&world->preloads[i]);
    free(world->preloads);
    unload(&world->main);
}
