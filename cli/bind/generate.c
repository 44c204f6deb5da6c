#include "generate.h"

#include "emit.h"

#include "../take.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static wisp_status read_sidecar(const char *path, wisp_arena *arena, sidecar *out,
                                wisp_error *err)
{
    *out = (sidecar){.path = path};
    FILE *file = path ? fopen(path, "r") : NULL;
    char *text = NULL;
    size_t size = 0;
    if (!path)
        return WISP_OK;
    if (!file)
        return wisp_fail(err, WISP_IO, "%.150s: %s", path, strerror(errno));
    ssize_t got = getdelim(&text, &size, '\0', file);
    wisp_status status = got < 0 && ferror(file)
                             ? wisp_fail(err, WISP_IO, "%.150s cannot be read", path)
                             : sidecar_parse(path, got > 0 ? text : "", arena, out, err);
    free(text);
    fclose(file);
    return wisp_fail_within(err, status, path);
}

static wisp_status read_header(const bind_order *order, bool of_guest, wisp_arena *arena,
                               c_header *out, wisp_error *err)
{
    size_t more = of_guest ? order->guest_flag_len : 0;
    const char **flags = take(arena, order->flag_len + more + 1, sizeof *flags);
    for (size_t i = 0; i < order->flag_len; i++)
        flags[i] = order->flags[i];
    for (size_t i = 0; i < more; i++)
        flags[order->flag_len + i] = order->guest_flags[i];
    const c_reading reading = {
        .paths = order->headers,
        .path_len = order->header_len,
        .target = of_guest ? "wasm32" : order->target,
        .flags = flags,
        .flag_len = order->flag_len + more,
    };
    return c_header_read(&reading, arena, out, err);
}

static wisp_status write_file(emitter *e, const bind_order *order, const char *suffix,
                              void (*write)(emitter *e), wisp_error *err)
{
    const char *path = take_print(e->arena, "%s/%s%s", order->dir, order->module, suffix);
    e->out = fopen(path, "w");
    if (!e->out)
        return wisp_fail(err, WISP_IO, "%.150s: %s", path, strerror(errno));
    write(e);
    bool is_bad = ferror(e->out) != 0;
    return fclose(e->out) || is_bad ? wisp_fail(err, WISP_IO, "%.150s cannot be written", path)
                                    : WISP_OK;
}

/* The headers without their folders. */
static const char *const *names_of(wisp_arena *arena, const bind_order *order)
{
    const char **names = take(arena, order->header_len, sizeof *names);
    for (size_t i = 0; i < order->header_len; i++) {
        const char *slash = strrchr(order->headers[i], '/');
        names[i] = slash ? slash + 1 : order->headers[i];
    }
    return names;
}

static wisp_status write_files(const plan *p, const bind_order *order, wisp_error *err)
{
    bool has_includes = order->include_len > 0;
    emitter e = {.plan = p,
                 .arena = p->arena,
                 .module = order->module,
                 .headers = has_includes ? order->includes : names_of(p->arena, order),
                 .header_len = has_includes ? order->include_len : order->header_len};
    wisp_status status = write_file(&e, order, "_bind.h", emit_host_header, err);
    if (!status)
        status = write_file(&e, order, "_bind.c", emit_host, err);
    if (!status)
        status = write_file(&e, order, "_guest.h", emit_guest, err);
    return status;
}

wisp_status bind_generate(const bind_order *order, bind_report *out, wisp_error *err)
{
    wisp_arena arena;
    c_header guest, host;
    sidecar notes;
    wisp_arena_init(&arena, &wisp_allocator_default, 1 << 20);
    wisp_status status = read_sidecar(order->annotations, &arena, &notes, err);
    if (!status)
        status = read_header(order, true, &arena, &guest, err);
    if (!status)
        status = read_header(order, false, &arena, &host, err);
    if (!status) {
        plan p = {.arena = &arena, .guest = &guest, .host = &host, .notes = &notes};
        plan_make(&p);
        *out = (bind_report){p.functions.len, p.skipped, p.refused, p.faults};
        if (p.functions.len == 0 && p.faults == 0)
            status = wisp_fail(err, WISP_NOT_FOUND,
                               "%.150s declares no functions, nor do headers in its folder",
                               order->headers[0]);
        else if (p.functions.len > 0 && (p.faults == 0 || order->keep_going))
            status = write_files(&p, order, err);
    }
    wisp_arena_deinit(&arena);
    return status;
}
