#include "symbols/store.h"

#include "base/error.h"
#include "publish/file.h"
#include "symbols/catalogue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FOLDER_DIGITS = 2, DIGITS_MIN = 8 };

#define FOLDER ".build-id"
#define ENDING ".debug"

const char *wisp_symbols_store_path(wisp_arena *arena, const char *store, const char *build_id,
                                    const char *ending)
{
    size_t size = strlen(store) + sizeof FOLDER + strlen(build_id) + strlen(ending) + 4;
    char *path = wisp_arena_alloc(arena, size, 1);
    if (path)
        snprintf(path, size, "%s/" FOLDER "/%.*s/%s%s", store, FOLDER_DIGITS, build_id,
                 build_id + FOLDER_DIGITS, ending);
    return path;
}

/* ------------------------------------------------------------------ keeping */

static wisp_status make_folders(const wisp_os *os, wisp_arena *arena, const char *store,
                                const char *build_id, wisp_error *err)
{
    char name[sizeof FOLDER + 1 + FOLDER_DIGITS];
    snprintf(name, sizeof name, FOLDER "/%.*s", FOLDER_DIGITS, build_id);
    const char *outer = wisp_path_join(arena, store, FOLDER);
    const char *inner = wisp_path_join(arena, store, name);
    if (!outer || !inner)
        return wisp_fail_memory(err, sizeof name);
    wisp_status status = wisp_dir_make(os, store, WISP_MODE_PUBLIC_DIR, err);
    if (!status)
        status = wisp_dir_make(os, outer, WISP_MODE_PUBLIC_DIR, err);
    return status ? status : wisp_dir_make(os, inner, WISP_MODE_PUBLIC_DIR, err);
}

static wisp_status keep_file(const wisp_symbols *symbols, wisp_arena *arena, const char *store,
                             const wisp_object *object, const char *ending, const char **path,
                             wisp_error *err)
{
    *path = wisp_symbols_store_path(arena, store, symbols->info.build_id, ending);
    if (!*path)
        return wisp_fail_memory(err, 0);
    if (strcmp(*path, object->path) == 0)
        return WISP_OK; /* it was opened from there */
    return wisp_file_replace(symbols->os, *path, object->bytes, WISP_MODE_PUBLIC, err);
}

wisp_status wisp_symbols_keep(const wisp_symbols *symbols, const char *store, wisp_arena *arena,
                              const char **path, wisp_error *err)
{
    wisp_status status = make_folders(symbols->os, arena, store, symbols->info.build_id, err);
    if (!status && symbols->debug != &symbols->program)
        status = keep_file(symbols, arena, store, &symbols->program, "", path, err);
    return status ? status : keep_file(symbols, arena, store, symbols->debug, ENDING, path, err);
}

/* ------------------------------------------------------------------ finding */

typedef struct finder {
    wisp_arena *arena;
    const char *wanted; /* behind the folder's digits */
    const char *found;  /* likewise, without the ending */
    uint32_t count;
    bool is_out_of_memory;
} finder;

static bool take_name(void *context, const char *name)
{
    finder *f = context;
    size_t len = strlen(name);
    bool is_debug = len > strlen(ENDING) && strcmp(name + len - strlen(ENDING), ENDING) == 0;
    if (!is_debug || strncmp(name, f->wanted, strlen(f->wanted)) != 0)
        return true;
    f->count++;
    f->found = wisp_arena_text(f->arena, name, len - strlen(ENDING));
    f->is_out_of_memory |= !f->found;
    return true;
}

static wisp_status check_digits(const char *build_id, wisp_error *err)
{
    size_t len = strspn(build_id, "0123456789abcdef");
    if (len >= DIGITS_MIN && build_id[len] == '\0' && len < WISP_BUILD_ID_TEXT_SIZE)
        return WISP_OK;
    return wisp_fail(err, WISP_INVALID,
                     "'%.140s' is no build-id, expected %d or more hexadecimal digits", build_id,
                     DIGITS_MIN);
}

/* The build-id in full that [build_id] begins. */
static wisp_status complete_id(const wisp_os *os, wisp_arena *arena, const char *store,
                               const char *build_id, char out[WISP_BUILD_ID_TEXT_SIZE],
                               wisp_error *err)
{
    char name[sizeof FOLDER + 1 + FOLDER_DIGITS];
    snprintf(name, sizeof name, FOLDER "/%.*s", FOLDER_DIGITS, build_id);
    finder f = {.arena = arena, .wanted = build_id + FOLDER_DIGITS};
    const char *folder = wisp_path_join(arena, store, name);
    if (!folder)
        return wisp_fail_memory(err, sizeof name);
    int result = os->list_dir(os->user, folder, take_name, &f);
    if (f.is_out_of_memory)
        return wisp_fail_memory(err, sizeof name);
    if (result < 0 && result != -ENOENT && result != -ENOTDIR)
        return wisp_fail(err, WISP_IO, "cannot list %.120s: %s", folder, strerror(-result));
    if (f.count == 0)
        return wisp_fail(err, WISP_NOT_FOUND,
                         "build %.80s is not in %.80s: 'wisp symbols PROG' puts it there",
                         build_id, store);
    if (f.count > 1)
        return wisp_fail(err, WISP_MISMATCH, "%u builds in %.80s begin with %.80s", f.count,
                         store, build_id);
    snprintf(out, WISP_BUILD_ID_TEXT_SIZE, "%.*s%s", FOLDER_DIGITS, build_id, f.found);
    return WISP_OK;
}

wisp_status wisp_symbols_store_find(const wisp_os *os, wisp_arena *arena, const char *store,
                                    const char *build_id, const char **path, wisp_error *err)
{
    char full[WISP_BUILD_ID_TEXT_SIZE];
    wisp_status status = check_digits(build_id, err);
    if (!status)
        status = complete_id(os, arena, store, build_id, full, err);
    if (status)
        return status;
    *path = wisp_symbols_store_path(arena, store, full, "");
    if (*path && !wisp_file_exists(os, *path))
        *path = wisp_symbols_store_path(arena, store, full, ENDING);
    return *path ? WISP_OK : wisp_fail_memory(err, sizeof full);
}
