#include "author.h"

#include "../out.h"
#include "../take.h"
#include "check.h"
#include "seal.h"
#include "show.h"
#include "toolchain.h"
#include "write.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern const unsigned char patch_header[]; /* guest/wisp_patch.h, which goes along */
extern const size_t patch_header_size;

static wisp_status open_program(const char *store, const char *build, wisp_symbols **out,
                                wisp_error *err)
{
    const wisp_symbols_config config = {.store = store};
    return wisp_symbols_open_build(&config, build, out, err);
}

/* ------------------------------------------------------------------ new */

static const writer *const WRITERS[] = {
    [FOLDER_C] = &write_c, [FOLDER_C32] = &write_c32, [FOLDER_SCRIPT] = &write_script};

static const writer *writer_of(const author_draft *order)
{
    return WRITERS[order->folder.language];
}

/* What one language cannot say another one can. */
static wisp_status check_language(draft *d, const author_draft *order, wisp_error *err)
{
    for (size_t i = 0; i < d->patched_len; i++)
        if (!writer_of(order)->can_write(d, d->patched[i].symbol))
            return wisp_fail(err, WISP_UNSUPPORTED,
                             "%s takes or gives a struct, or its name is no identifier: patch it "
                             "in C, without --lang or --wasm32",
                             d->patched[i].import);
    return WISP_OK;
}

static wisp_status pick(draft *d, const author_draft *order, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < order->function_len && !status; i++)
        status = draft_patch(d, order->functions[i], err);
    if (!status)
        status = check_language(d, order, err);
    for (size_t i = 0; i < order->call_len && !status; i++)
        status = draft_call(d, order->calls[i], err);
    for (size_t i = 0; i < order->global_len && !status; i++)
        status = draft_reach(d, order->globals[i], err);
    if (!status)
        draft_complete(d);
    return status;
}

static wisp_status finish(FILE *file, const char *name, wisp_error *err)
{
    bool is_bad = ferror(file) != 0;
    return fclose(file) != 0 || is_bad ? wisp_fail(err, WISP_IO, "%s cannot be written", name)
                                       : WISP_OK;
}

static wisp_status write_guest_header(draft *d, const folder *f, wisp_error *err)
{
    FILE *file = folder_create(d->arena, f, "wisp_patch.h", err);
    if (!file)
        return WISP_IO;
    fwrite(patch_header, 1, patch_header_size, file);
    return finish(file, "wisp_patch.h", err);
}

static wisp_status take_headers(draft *d, const author_draft *order, write_order *how,
                                wisp_error *err)
{
    *how = (write_order){.includes = "", .included = {.arena = d->arena}};
    for (size_t i = 0; i < order->header_len; i++) {
        bool is_system = order->headers[i][0] == '<';
        how->includes =
            take_print(d->arena, is_system ? "%s#include %s\n" : "%s#include \"%s\"\n",
                       how->includes, order->headers[i]);
    }
    return order->header_len ? toolchain_includes(&order->folder, d->info->machine, how->includes,
                                                  &how->included, err)
                             : WISP_OK;
}

static wisp_status write_program(draft *d, const author_draft *order, const write_order *how,
                                 wisp_error *err)
{
    const writer *w = writer_of(order);
    FILE *file = folder_create(d->arena, &order->folder, w->program, err);
    if (!file)
        return WISP_IO;
    w->write_program(file, d, how);
    return finish(file, w->program, err);
}

static const char *source_name(draft *d, const author_draft *order, const draft_function *f)
{
    return take_print(d->arena, "%s%s", f->name, writer_of(order)->suffix);
}

static wisp_status write_source(draft *d, const author_draft *order, const draft_function *f,
                                wisp_error *err)
{
    const char *name = source_name(d, order, f);
    FILE *file = folder_create(d->arena, &order->folder, name, err);
    if (!file)
        return WISP_IO;
    writer_of(order)->write_patch(file, d, f);
    return finish(file, name, err);
}

/* What was written before may be hours of work. */
static wisp_status check_sources(draft *d, const author_draft *order, wisp_error *err)
{
    for (size_t i = 0; i < d->patched_len && !order->overwrites; i++)
        if (folder_has(d->arena, &order->folder, source_name(d, order, &d->patched[i])))
            return wisp_fail(err, WISP_INVALID,
                             "%.100s/%s is there already; --force overwrites it",
                             order->folder.dir, source_name(d, order, &d->patched[i]));
    return WISP_OK;
}

static wisp_status write_folder(draft *d, const author_draft *order, wisp_error *err)
{
    folder f = order->folder;
    f.build = d->info->build_id;
    write_order how;
    wisp_status status = check_sources(d, order, err);
    if (!status)
        status = take_headers(d, order, &how, err);
    if (!status)
        status = folder_write(d->arena, &f, err);
    if (!status && f.language != FOLDER_SCRIPT)
        status = write_guest_header(d, &f, err);
    if (!status)
        status = write_program(d, order, &how, err);
    for (size_t i = 0; i < d->patched_len && !status; i++)
        status = write_source(d, order, &d->patched[i], err);
    return status;
}

static void tell_new(draft *d, const author_draft *order)
{
    const char *dir = order->folder.dir;
    for (size_t i = 0; i < d->patched_len; i++)
        printf("%s/%s: to be edited; now it calls the original\n", dir,
               source_name(d, order, &d->patched[i]));
    printf("%s/%s: %zu types, %zu functions and %zu variables of the program\n", dir,
           writer_of(order)->program, d->types.sorted_len, d->callable_len, d->variable_len);
    printf("then: wisp patch build %s\n", dir);
}

wisp_status author_new(const author_draft *order, wisp_error *err)
{
    wisp_arena arena;
    wisp_symbols *symbols = NULL;
    draft d;
    wisp_arena_init(&arena, &wisp_allocator_default, 1 << 20);
    wisp_status status = open_program(order->store, order->folder.build, &symbols, err);
    if (!status) {
        draft_init(&d, &arena, symbols);
        status = pick(&d, order, err);
    }
    if (!status)
        status = write_folder(&d, order, err);
    if (!status)
        tell_new(&d, order);
    wisp_symbols_close(symbols);
    wisp_arena_deinit(&arena);
    return status;
}

/* ------------------------------------------------------------------ build */

/* All that lives while a patch is made. */
typedef struct making {
    const author_build *order;
    wisp_arena arena;
    wisp_symbols *symbols;
    wisp_bytes compiled; /* malloc's */
    wisp_module *module; /* of [compiled] */
    source_lines *lines; /* likewise; NULL: it has none */
    declared declared;   /* of [lines] */
    wisp_patch_manifest manifest;
    sealed sealed;
} making;

static void making_deinit(making *m)
{
    source_lines_close(m->lines);
    wisp_module_free(m->module);
    free((void *)(uintptr_t)m->compiled.data);
    free(m->sealed.data);
    wisp_symbols_close(m->symbols);
    wisp_arena_deinit(&m->arena);
}

static wisp_status compile(making *m, wisp_error *err)
{
    const folder *f = &m->order->folder;
    wisp_status status = open_program(m->order->store, f->build, &m->symbols, err);
    if (!status)
        status = toolchain_build(&m->arena, f, wisp_symbols_program(m->symbols)->machine,
                                 &m->compiled, err);
    if (!status)
        status = wisp_module_new_borrowed(NULL, m->compiled, &m->module, err);
    if (!status)
        m->lines = source_lines_open(m->module, m->compiled.data);
    return status;
}

static wisp_status inspect(making *m, wisp_error *err)
{
    wisp_status status =
        m->lines ? declared_read(&m->arena, m->lines, &m->declared, err) : WISP_OK;
    const check c = {.arena = &m->arena,
                     .symbols = m->symbols,
                     .module = m->module,
                     .declared = m->lines ? &m->declared : NULL,
                     .accepts_partial = m->order->accepts_partial,
                     .also_callers = m->order->also_callers};
    m->manifest.title = m->order->folder.title;
    m->manifest.grant = m->order->folder.grant;
    return status ? status : check_patch(&c, &m->manifest, err);
}

static wisp_status close_up(making *m, wisp_error *err)
{
    wisp_status status = seal_strip(m->module, m->compiled, &m->sealed, err);
    if (status)
        return status;
    seal_lines(&m->arena, m->lines, &m->sealed, &m->manifest);
    return seal_close(&m->sealed, &m->manifest, err);
}

static wisp_status write_out(const making *m, wisp_error *err)
{
    const char *path = m->order->out;
    FILE *file = fopen(path, "wb");
    if (!file)
        return wisp_fail(err, WISP_IO, "%.150s: %s", path, strerror(errno));
    fwrite(m->sealed.data, 1, m->sealed.size, file);
    return finish(file, path, err);
}

wisp_status author_make(const author_build *order, wisp_error *err)
{
    making m = {.order = order};
    wisp_arena_init(&m.arena, &wisp_allocator_default, 1 << 20);
    wisp_status status = compile(&m, err);
    if (!status)
        status = inspect(&m, err);
    if (!status)
        status = close_up(&m, err);
    if (!status)
        status = write_out(&m, err);
    if (!status) {
        printf("%s: ", order->out);
        show_patch(&m.manifest, m.sealed.size, false);
    }
    making_deinit(&m);
    return status;
}
