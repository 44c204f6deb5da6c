#include "patch/manifest.h"

#include <string.h>

#include "base/error.h"
#include "base/reader.h"
#include "base/utf8.h"

/*
 * The manifest's bytes, front to back. The first fault is kept; from then on there is nothing
 * more to read, and every number is 0, so that the functions below need not ask after each step.
 */
typedef struct source {
    wisp_reader in;
    wisp_arena *arena;
    wisp_status status;
    wisp_error *err;
} source;

static void stop(source *s, wisp_status status)
{
    s->status = status;
    s->in.at = s->in.end;
}

static void malformed(source *s, const uint8_t *at, const char *what)
{
    if (s->status)
        return;
    stop(s, wisp_fail_at(s->err, WISP_MALFORMED, (uint64_t)(at - s->in.start),
                         "a patch's manifest with bad %s", what));
}

static void *room(source *s, size_t count, size_t size)
{
    void *items = wisp_arena_alloc(s->arena, count, size);
    if (!items && !s->status)
        stop(s, wisp_fail_memory(s->err, count * size));
    return items;
}

/* ------------------------------------------------------------------ numbers and texts */

static uint64_t number(source *s, uint64_t max, const char *what)
{
    const uint8_t *at = s->in.at;
    uint64_t value = 0;
    if (!wisp_read_leb_u64(&s->in, &value) || value > max) {
        malformed(s, at, what);
        return 0;
    }
    return value;
}

static uint32_t number32(source *s, uint32_t max, const char *what)
{
    return (uint32_t)number(s, max, what);
}

/* Bytes in place: their number, then they. */
static wisp_bytes blob(source *s, size_t min, size_t max, const char *what)
{
    const uint8_t *at = s->in.at;
    wisp_bytes out = {.size = number(s, max, what)};
    if (!s->status && (out.size < min || !wisp_read_bytes(&s->in, out.size, &out.data)))
        malformed(s, at, what);
    return s->status ? (wisp_bytes){0} : out;
}

static wisp_bytes blob_copy(source *s, size_t min, size_t max, const char *what)
{
    wisp_bytes bytes = blob(s, min, max, what);
    uint8_t *copy = room(s, bytes.size, 1);
    if (s->status)
        return (wisp_bytes){0};
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return (wisp_bytes){copy, bytes.size};
}

static const char *text(source *s, size_t min, size_t max, const char *what)
{
    const uint8_t *at = s->in.at;
    wisp_bytes bytes = blob(s, min, max, what);
    if (s->status)
        return NULL;
    if (!wisp_utf8_is_valid(bytes) || (bytes.size && memchr(bytes.data, 0, bytes.size))) {
        malformed(s, at, what);
        return NULL;
    }
    const char *copy = wisp_arena_text(s->arena, bytes.data, bytes.size);
    if (!copy)
        stop(s, wisp_fail_memory(s->err, bytes.size));
    return copy;
}

static const char *name(source *s, const char *what)
{
    return text(s, 1, WISP_PATCH_NAME_MAX, what);
}

static const char *signature(source *s)
{
    return text(s, 1, WISP_PATCH_SIGNATURE_MAX, "signature");
}

/*
 * Room for as many items as a number says, each at least [smallest] bytes here, which bounds what
 * is asked for by what there is.
 */
static void *items(source *s, uint32_t max, size_t smallest, size_t size, uint32_t *count,
                   const char *what)
{
    const uint8_t *at = s->in.at;
    uint64_t len = number(s, UINT32_MAX, what);
    if (!s->status && len > max)
        stop(s, wisp_fail_at(s->err, WISP_LIMIT, (uint64_t)(at - s->in.start),
                             "a patch with %u %s, at most %u are possible", (unsigned)len, what,
                             (unsigned)max));
    if (len > wisp_reader_left(&s->in) / smallest)
        malformed(s, at, what);
    *count = s->status ? 0 : (uint32_t)len;
    return room(s, *count, size);
}

/* ------------------------------------------------------------------ parts */

static void read_function(source *s, wisp_patch_function *f)
{
    f->export = name(s, "export");
    f->symbol = name(s, "symbol");
    f->signature = signature(s);
    f->file = text(s, 0, WISP_PATCH_NAME_MAX, "file");
    f->line = number32(s, UINT32_MAX, "line");
    f->place = (wisp_patch_place)number32(s, WISP_PATCH_SLOT, "place");
    f->address = number(s, UINT64_MAX, "address");
    if (f->place == WISP_PATCH_SLOT)
        return;
    f->sled = number32(s, WISP_PATCH_ENTRY_MAX, "sled");
    const uint8_t *at = s->in.at;
    f->entry = blob_copy(s, 1, WISP_PATCH_ENTRY_MAX, "bytes of an entry");
    if (f->sled >= f->entry.size)
        malformed(s, at, "bytes of an entry, which its sled is behind");
}

static void read_native(source *s, wisp_patch_native *n)
{
    static const char *const modules[] = {"original", "program", "system"};
    enum { PROGRAM = 1, KINDS = sizeof modules / sizeof *modules };
    uint32_t kind = number32(s, KINDS - 1, "kind of import");
    n->module = modules[kind];
    n->name = name(s, "name of an import");
    n->signature = signature(s);
    if (kind == PROGRAM)
        n->address = number(s, UINT64_MAX, "address");
}

static void read_global(source *s, wisp_patch_global *g)
{
    g->name = name(s, "name of a variable");
    g->address = number(s, UINT64_MAX, "address");
    g->size = number(s, UINT64_MAX - g->address, "size");
}

static void read_line(source *s, wisp_patch_manifest *m, uint32_t index)
{
    wisp_patch_line *line = &m->lines[index];
    uint32_t from = index ? line[-1].offset : 0;
    line->offset = from + number32(s, UINT32_MAX - from, "offset of a line");
    const uint8_t *at = s->in.at;
    line->file = number32(s, UINT32_MAX, "file of a line");
    if (line->file >= m->file_count)
        malformed(s, at, "file of a line");
    line->line = number32(s, UINT32_MAX, "line");
}

/* ------------------------------------------------------------------ the whole */

static void read_head(source *s, wisp_patch_manifest *m)
{
    uint32_t format = number32(s, UINT32_MAX, "format");
    if (!s->status && format != WISP_PATCH_FORMAT)
        stop(s, wisp_fail_at(s->err, WISP_UNSUPPORTED, 0,
                             "a patch's manifest of format %u, expected %u", (unsigned)format,
                             (unsigned)WISP_PATCH_FORMAT));
    m->title = text(s, 0, WISP_PATCH_NAME_MAX, "title");
    m->machine = number32(s, UINT16_MAX, "machine");
    m->build_id = blob_copy(s, 1, WISP_PATCH_BUILD_ID_MAX, "build-id");
    m->grant = (wisp_patch_grant)number32(s, WISP_PATCH_GRANT_PROCESS, "grant");
}

/* The smallest items: a function has nine fields at least, seven of one byte and two names and
 * signatures of two, and so on. */
enum { FUNCTION_SIZE = 10, NATIVE_SIZE = 5, GLOBAL_SIZE = 4, FILE_SIZE = 1, LINE_SIZE = 3 };

static void read_parts(source *s, wisp_patch_manifest *m)
{
    m->functions = items(s, WISP_PATCH_FUNCTIONS_MAX, FUNCTION_SIZE, sizeof *m->functions,
                         &m->function_count, "functions");
    for (uint32_t i = 0; i < m->function_count && !s->status; i++)
        read_function(s, &m->functions[i]);
    m->natives = items(s, WISP_PATCH_NATIVES_MAX, NATIVE_SIZE, sizeof *m->natives,
                       &m->native_count, "imports");
    for (uint32_t i = 0; i < m->native_count && !s->status; i++)
        read_native(s, &m->natives[i]);
    m->globals = items(s, WISP_PATCH_GLOBALS_MAX, GLOBAL_SIZE, sizeof *m->globals,
                       &m->global_count, "variables");
    for (uint32_t i = 0; i < m->global_count && !s->status; i++)
        read_global(s, &m->globals[i]);
    m->files =
        items(s, WISP_PATCH_FILES_MAX, FILE_SIZE, sizeof *m->files, &m->file_count, "files");
    for (uint32_t i = 0; i < m->file_count && !s->status; i++)
        m->files[i] = text(s, 0, WISP_PATCH_NAME_MAX, "file");
    m->lines =
        items(s, WISP_PATCH_LINES_MAX, LINE_SIZE, sizeof *m->lines, &m->line_count, "lines");
    for (uint32_t i = 0; i < m->line_count && !s->status; i++)
        read_line(s, m, i);
}

wisp_status wisp_patch_manifest_read(wisp_arena *arena, wisp_bytes content,
                                     wisp_patch_manifest *out, wisp_error *err)
{
    source s = {.in = wisp_reader_of(content), .arena = arena, .err = err};
    *out = (wisp_patch_manifest){0};
    read_head(&s, out);
    read_parts(&s, out);
    if (wisp_reader_left(&s.in))
        malformed(&s, s.in.at, "bytes behind its end");
    if (!s.status && out->function_count == 0)
        stop(&s, wisp_fail(err, WISP_MALFORMED, "a patch that replaces no function"));
    return s.status;
}
