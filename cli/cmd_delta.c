#include "base/error.h"
#include "commands.h"
#include "delta/apply.h"
#include "out.h"
#include "publish/delta.h"
#include "publish/delta_buffer.h"
#include "publish/file.h"
#include "term.h"
#include "trust/crypto.h"

#include <stdlib.h>

enum { BASE, SECOND, OUTPUT, FILE_COUNT };

/* What is read and made: the base, then a module or a delta, then a delta or a module. */
typedef struct work {
    const char *paths[FILE_COUNT];
    wisp_bytes files[FILE_COUNT];
    wisp_hash hashes[FILE_COUNT];
    bool is_applied;             /* else made */
    bool is_renumbered;          /* of what is made */
    uint64_t memory, elapsed_us; /* of applying: at the most, and in all */
} work;

/* ------------------------------------------------------------------ applying */

/* What the applier has of memory, and had at the most. */
typedef struct meter {
    size_t held, most;
} meter;

static void *count(void *user, void *old, size_t old_size, size_t new_size)
{
    meter *m = user;
    void *block =
        wisp_allocator_default.alloc(wisp_allocator_default.user, old, old_size, new_size);
    if (!block && new_size)
        return NULL;
    m->held += new_size - old_size;
    if (m->held > m->most)
        m->most = m->held;
    return block;
}

typedef struct target {
    wisp_bytes base;
    wisp_delta_buffer result;
} target;

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    const target *t = context;
    (void)err;
    memcpy(into, t->base.data + offset, size);
    return WISP_OK;
}

static wisp_status keep(void *context, const void *data, size_t size, wisp_error *err)
{
    target *t = context;
    return wisp_delta_buffer_add(&t->result, data, size) ? WISP_OK : wisp_fail_memory(err, size);
}

static wisp_status feed_all(const wisp_delta_config *config, wisp_bytes delta, wisp_error *err)
{
    wisp_delta_apply *apply;
    wisp_status status = wisp_delta_apply_new(config, &apply, err);
    if (status != WISP_OK)
        return status;
    status = wisp_delta_apply_feed(apply, delta.data, delta.size, err);
    if (status == WISP_OK)
        status = wisp_delta_apply_finish(apply, err);
    wisp_delta_apply_free(apply);
    return status;
}

/* Applies the second file to the base, as a device does but for the signed metadata. */
static wisp_status apply(work *w, wisp_error *err)
{
    meter m = {0};
    wisp_allocator counting = {count, &m};
    const wisp_os *os = wisp_os_posix();
    target t = {.base = w->files[BASE], .result = {.allocator = &wisp_allocator_default}};
    wisp_delta_config config = {.allocator = &counting,
                                .base_hash = w->hashes[BASE],
                                .base_size = w->files[BASE].size,
                                .result_is_unknown = true,
                                .read_base = read_base,
                                .sink = keep,
                                .context = &t};
    uint64_t start = os->monotonic_ns(os->user);
    wisp_status status = feed_all(&config, w->files[SECOND], err);
    w->elapsed_us = (os->monotonic_ns(os->user) - start) / 1000;
    w->memory = m.most;
    if (status != WISP_OK)
        wisp_delta_buffer_deinit(&t.result);
    w->files[OUTPUT] = wisp_delta_buffer_bytes(&t.result);
    return status;
}

/* ------------------------------------------------------------------ making */

static wisp_status make(work *w, wisp_error *err)
{
    wisp_delta delta;
    wisp_status status =
        wisp_delta_make(&wisp_allocator_default, w->files[BASE], w->files[SECOND], &delta, err);
    if (status != WISP_OK)
        return status;
    w->files[OUTPUT] = delta.bytes;
    w->is_renumbered = delta.is_renumbered;
    return WISP_OK;
}

/* ------------------------------------------------------------------ telling */

static bool set_file(wisp_json *object, const char *key, const work *w, int file)
{
    wisp_json *json = wisp_json_new_object();
    if (!json || !wisp_json_set_string(json, "file", w->paths[file]) ||
        !wisp_json_set_number(json, "size", w->files[file].size) ||
        !set_hash(json, "sha256", &w->hashes[file])) {
        wisp_json_free(json);
        return false;
    }
    return wisp_json_set(object, key, json);
}

static int print_work_json(const work *w)
{
    wisp_json *object = wisp_json_new_object();
    int module = w->is_applied ? OUTPUT : SECOND, delta = w->is_applied ? SECOND : OUTPUT;
    bool is_set = object && set_file(object, "base", w, BASE) &&
                  set_file(object, "module", w, module) && set_file(object, "delta", w, delta);
    if (is_set && w->is_applied)
        is_set = wisp_json_set_number(object, "memory", w->memory) &&
                 wisp_json_set_number(object, "elapsed_us", w->elapsed_us);
    else if (is_set)
        is_set = wisp_json_set_bool(object, "renumbered", w->is_renumbered);
    if (!is_set) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static int print_work(const work *w)
{
    char size[COUNT_TEXT_SIZE], other[COUNT_TEXT_SIZE];
    count_text(w->files[OUTPUT].size, size);
    printf("%s%s%s: %s bytes", term(stdout, TERM_BOLD), w->paths[OUTPUT],
           term(stdout, TERM_PLAIN), size);
    if (w->is_applied)
        printf(", made in %.1f ms with %s bytes of memory\n", (double)w->elapsed_us / 1000,
               count_text(w->memory, other));
    else
        printf(", %.2f %% of the module's %s%s\n",
               w->files[SECOND].size
                   ? 100.0 * (double)w->files[OUTPUT].size / (double)w->files[SECOND].size
                   : 0.0,
               count_text(w->files[SECOND].size, other),
               w->is_renumbered ? "; its references are renumbered" : "");
    return EXIT_OK;
}

/* ------------------------------------------------------------------ the command */

static wisp_status hash(work *w, int file, wisp_error *err)
{
    return wisp_sha256(w->files[file], &w->hashes[file])
               ? WISP_OK
               : wisp_fail_memory(err, w->files[file].size);
}

static wisp_status do_work(work *w, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (int i = BASE; i <= SECOND && status == WISP_OK; i++) {
        status = read_input(w->paths[i], &w->files[i], err);
        if (status == WISP_OK)
            status = hash(w, i, err);
    }
    if (status == WISP_OK)
        status = w->is_applied ? apply(w, err) : make(w, err);
    if (status == WISP_OK)
        status = hash(w, OUTPUT, err);
    if (status == WISP_OK)
        status = wisp_file_replace(wisp_os_posix(), w->paths[OUTPUT], w->files[OUTPUT],
                                   WISP_MODE_PUBLIC, err);
    return status;
}

static int run(const cli_args *args)
{
    work w = {.is_applied = args_has(args, "apply")};
    wisp_error err = {.offset = WISP_NO_OFFSET};
    w.paths[BASE] = args->arguments[0];
    w.paths[SECOND] = args->arguments[1];
    w.paths[OUTPUT] = args_text(args, "output", NULL);
    if (!w.paths[OUTPUT])
        return usage_error(args->command, "--output is missing");
    int code = do_work(&w, &err)        ? fail_with(NULL, &err)
               : args_has(args, "json") ? print_work_json(&w)
                                        : print_work(&w);
    for (int i = 0; i < FILE_COUNT; i++)
        free((void *)(uintptr_t)w.files[i].data);
    return code;
}

const cli_command cmd_delta = {
    .name = "delta",
    .summary = "Makes a delta from one module to another, or applies one",
    .usage = "BASE.wasm NEW.wasm --output DELTA [--json]\n"
             "       wisp delta --apply BASE.wasm DELTA --output NEW.wasm [--json]",
    .about =
        "A delta is what a device that has BASE needs to make NEW. 'wisp publish' makes those that\n"
        "devices fetch; this is for looking at their sizes and for other ways to a device.\n"
        "--apply does what a device does, but has no signed metadata: it finds a delta that is\n"
        "for another base, or damaged, not one that is forged.",
    .examples = "wisp delta v1.wasm v2.wasm --output v1-v2.delta\n"
                "wisp delta --apply v1.wasm v1-v2.delta --output v2.wasm",
    .options = {{"apply", NULL, "make the module from a delta"},
                {"output", "FILE", "what to write"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 2,
    .arguments_max = 2,
    .missing = "the base, and the module or the delta",
    .run = run,
};
