#include "folder.h"

#include "../out.h"
#include "../take.h"

#include "base/error.h"
#include "trust/json.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What patch.json calls the languages. */
static const struct language {
    const char *name, *suffix;
} LANGUAGES[] = {
    [FOLDER_C] = {"c", ".c"}, [FOLDER_C32] = {"c32", ".c"}, [FOLDER_SCRIPT] = {"ts", ".ts"}};

enum { LANGUAGE_LEN = sizeof LANGUAGES / sizeof *LANGUAGES };

bool folder_grant(const char *name, wisp_patch_grant *out)
{
    static const char *const names[] = {
#define X(constant, text) [WISP_PATCH_GRANT_##constant] = text,
        WISP_PATCH_GRANTS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (wisp_patch_grant)i;
            return true;
        }
    return false;
}

static const char *path_in(wisp_arena *arena, const folder *f, const char *name)
{
    return take_print(arena, "%s/%s", f->dir, name);
}

/* ------------------------------------------------------------------ reading */

static wisp_status read_text(wisp_arena *arena, const wisp_json *json, const char *key,
                             const char **out, wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(json, key, &text, err);
    if (!status)
        *out = take_text(arena, text, strlen(text));
    return status;
}

static wisp_status read_language(const wisp_json *json, folder *out, wisp_error *err)
{
    const char *name;
    wisp_status status = wisp_json_string(json, "language", &name, err);
    for (int i = 0; i < LANGUAGE_LEN && !status; i++)
        if (strcmp(LANGUAGES[i].name, name) == 0) {
            out->language = (folder_language)i;
            return WISP_OK;
        }
    return status
               ? status
               : wisp_fail(err, WISP_MALFORMED,
                           "\"language\" is \"%.40s\", expected \"c\", \"c32\" or \"ts\"", name);
}

static wisp_status read_grant(const wisp_json *json, folder *out, wisp_error *err)
{
    const char *name;
    wisp_status status = wisp_json_string(json, "grant", &name, err);
    if (!status && !folder_grant(name, &out->grant))
        status = wisp_fail(err, WISP_MALFORMED,
                           "\"grant\" is \"%.40s\", expected \"none\", \"arguments\" or "
                           "\"process\"",
                           name);
    return status;
}

static wisp_status read_flags(wisp_arena *arena, const wisp_json *json, folder *out,
                              wisp_error *err)
{
    const wisp_json *flags;
    wisp_status status = wisp_json_array(json, "flags", &flags, err);
    if (status)
        return status;
    out->flags = take(arena, wisp_json_len(flags) + 1, sizeof *out->flags);
    for (size_t i = 0; i < wisp_json_len(flags); i++) {
        const char *flag = wisp_json_item_string(flags, i);
        if (!flag)
            return wisp_fail(err, WISP_MALFORMED, "\"flags\" has what is no text");
        out->flags[out->flag_len++] = take_text(arena, flag, strlen(flag));
    }
    return WISP_OK;
}

static wisp_status read_config(wisp_arena *arena, const wisp_json *json, folder *out,
                               wisp_error *err)
{
    wisp_status status = read_text(arena, json, "build", &out->build, err);
    if (!status)
        status = read_text(arena, json, "title", &out->title, err);
    if (!status)
        status = read_language(json, out, err);
    if (!status)
        status = read_grant(json, out, err);
    if (!status)
        status = wisp_json_bool(json, "headers", &out->has_headers, err);
    return status ? status : read_flags(arena, json, out, err);
}

wisp_status folder_read(wisp_arena *arena, const char *dir, folder *out, wisp_error *err)
{
    wisp_bytes bytes = {0};
    wisp_json *json = NULL;
    *out = (folder){.dir = dir};
    const char *path = path_in(arena, out, FOLDER_CONFIG);
    if (!folder_has(arena, out, FOLDER_CONFIG))
        return wisp_fail(err, WISP_NOT_FOUND,
                         "%.150s has no " FOLDER_CONFIG ", which 'wisp patch new' writes", dir);
    wisp_status status = read_input(path, &bytes, err);
    if (status)
        return status;
    status = wisp_json_parse(bytes, &json, err);
    if (!status)
        status = read_config(arena, json, out, err);
    wisp_json_free(json);
    free((void *)(uintptr_t)bytes.data);
    return wisp_fail_within(err, status, path);
}

/* ------------------------------------------------------------------ writing */

FILE *folder_create(wisp_arena *arena, const folder *f, const char *name, wisp_error *err)
{
    const char *path = path_in(arena, f, name);
    FILE *file = fopen(path, "w");
    if (!file)
        wisp_fail(err, WISP_IO, "%.150s: %s", path, strerror(errno));
    return file;
}

bool folder_has(wisp_arena *arena, const folder *f, const char *name)
{
    return access(path_in(arena, f, name), F_OK) == 0;
}

static wisp_json *make_config(const folder *f)
{
    wisp_json *json = wisp_json_new_object(), *flags = wisp_json_new_array();
    bool made = json && flags;
    for (size_t i = 0; i < f->flag_len && made; i++)
        made = wisp_json_append_string(flags, f->flags[i]);
    made = made && wisp_json_set_string(json, "build", f->build) &&
           wisp_json_set_string(json, "title", f->title) &&
           wisp_json_set_string(json, "language", LANGUAGES[f->language].name) &&
           wisp_json_set_string(json, "grant", wisp_patch_grant_name(f->grant)) &&
           wisp_json_set_bool(json, "headers", f->has_headers) &&
           wisp_json_set(json, "flags", flags);
    if (made)
        return json;
    wisp_json_free(json);
    return NULL;
}

wisp_status folder_write(wisp_arena *arena, const folder *f, wisp_error *err)
{
    if (mkdir(f->dir, 0777) < 0 && errno != EEXIST)
        return wisp_fail(err, WISP_IO, "%.150s: %s", f->dir, strerror(errno));
    wisp_json *json = make_config(f);
    size_t size = 0;
    char *text = json ? wisp_json_pretty(json, &size) : NULL;
    wisp_json_free(json);
    if (!text)
        return wisp_fail(err, WISP_INVALID, "a title or flag that is not UTF-8, or no memory");
    FILE *file = folder_create(arena, f, FOLDER_CONFIG, err);
    bool is_bad = file && fwrite(text, 1, size, file) != size;
    wisp_json_text_free(text);
    if (file && (fclose(file) != 0 || is_bad))
        return wisp_fail(err, WISP_IO, "%.150s/%s cannot be written", f->dir, FOLDER_CONFIG);
    return file ? WISP_OK : err ? err->status : WISP_IO;
}

/* ------------------------------------------------------------------ sources */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_source(const char *name, const char *suffix)
{
    size_t size = strlen(name), end = strlen(suffix);
    return name[0] != '.' && size > end && strcmp(name + size - end, suffix) == 0;
}

wisp_status folder_find_sources(wisp_arena *arena, folder *f, wisp_error *err)
{
    const char *suffix = LANGUAGES[f->language].suffix;
    size_t room = 0;
    DIR *dir = opendir(f->dir);
    if (!dir)
        return wisp_fail(err, WISP_IO, "%.150s: %s", f->dir, strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir));) {
        bool is_program = strncmp(entry->d_name, "program.", 8) == 0; /* is included */
        if (is_program || !is_source(entry->d_name, suffix))
            continue;
        take_room(arena, &f->sources, f->source_len, &room, sizeof *f->sources);
        f->sources[f->source_len++] = path_in(arena, f, entry->d_name);
    }
    closedir(dir);
    if (f->source_len)
        qsort(f->sources, f->source_len, sizeof *f->sources, by_name);
    return f->source_len ? WISP_OK
                         : wisp_fail(err, WISP_NOT_FOUND, "%.150s has no file %s of a patch",
                                     f->dir, suffix);
}
