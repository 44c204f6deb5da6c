#include "publish/deltas.h"

#include "base/error.h"
#include "publish/build.h"
#include "publish/delta.h"
#include "publish/file.h"
#include "release/offer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOLDER        "bases"
#define BASE_SIZE_MAX (UINT64_C(1) << 30)

/* What a device may have. */
typedef struct base {
    wisp_hash hash;
    wisp_bytes bytes;
} base;

/* The deltas of one module while they are made. */
typedef struct maker {
    wisp_edit *edit;
    const wisp_draft_module *given;
    size_t given_len;
    wisp_published *out;
    wisp_error *err;
    wisp_status status;
    const char *name; /* of the module, its hash and its bytes */
    wisp_hash hash;
    wisp_bytes bytes;
    base bases[WISP_OFFER_DELTAS_MAX];
    size_t base_len;
} maker;

static bool same_hash(const wisp_hash *a, const wisp_hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ------------------------------------------------------------------ bases */

/* Adds a base, unless it is the module itself or there already. */
static void add_base(maker *m, const wisp_hash *hash, wisp_bytes bytes)
{
    bool is_new = m->base_len < WISP_OFFER_DELTAS_MAX && !same_hash(hash, &m->hash);
    for (size_t i = 0; i < m->base_len && is_new; i++)
        is_new = !same_hash(hash, &m->bases[i].hash);
    if (is_new)
        m->bases[m->base_len++] = (base){*hash, bytes};
}

static void add_given(maker *m)
{
    for (size_t i = 0; i < m->given_len; i++) {
        const wisp_draft_module *given = &m->given[i];
        const char *name = given->name ? given->name : m->edit->target;
        wisp_hash hash;
        if (strcmp(name, m->name) == 0 && wisp_sha256(given->content, &hash))
            add_base(m, &hash, given->content);
    }
}

/* "<sha256>.<name>"; what is damaged is as good as not there. */
static bool add_remembered(void *context, const char *file)
{
    maker *m = context;
    wisp_project *project = m->edit->change.project;
    wisp_bytes bytes;
    wisp_hash hash;
    size_t len = WISP_HASH_TEXT_SIZE - 1;
    if (strlen(file) <= len + 1 || file[len] != '.' || strcmp(file + len + 1, m->name) != 0)
        return true;
    char path[WISP_TARGET_NAME_MAX + WISP_HASH_TEXT_SIZE + sizeof FOLDER + 2];
    int size = snprintf(path, sizeof path, FOLDER "/%s", file);
    const char *whole =
        size > 0 && (size_t)size < sizeof path ? wisp_project_path(project, path) : NULL;
    if (whole &&
        !wisp_file_read(project->os, &m->edit->change.repository.arena, whole, BASE_SIZE_MAX,
                        &bytes, NULL) &&
        wisp_sha256(bytes, &hash))
        add_base(m, &hash, bytes);
    return true;
}

static wisp_status add_all_remembered(maker *m)
{
    wisp_project *project = m->edit->change.project;
    const char *folder = wisp_project_path(project, FOLDER);
    if (!folder)
        return wisp_fail_memory(m->err, WISP_PATH_SIZE_MAX);
    int result = project->os->list_dir(project->os->user, folder, add_remembered, m);
    return result < 0 && result != -ENOENT
               ? wisp_fail(m->err, WISP_IO, "cannot list %s: %s", folder, strerror(-result))
               : WISP_OK;
}

/* A module of an earlier release; one whose file is gone is passed over. */
static bool add_released(void *context, wisp_json *module)
{
    maker *m = context;
    const char *name;
    wisp_content content;
    wisp_bytes bytes;
    if (!wisp_module_read(module, &name, &content.hash, &content.size) ||
        strcmp(name, m->name) != 0 || m->base_len == WISP_OFFER_DELTAS_MAX)
        return true;
    snprintf(content.path, sizeof content.path, "%s/%s", m->edit->channel, name);
    if (!wisp_repository_read_content(&m->edit->change.repository, content.path, &content.hash,
                                      &bytes, NULL))
        add_base(m, &content.hash, bytes);
    return true;
}

static wisp_status collect_bases(maker *m)
{
    m->base_len = 0;
    add_given(m);
    wisp_status status = add_all_remembered(m);
    wisp_json *releases = wisp_json_member(m->edit->custom, "releases");
    uint64_t last = m->edit->change.project->config.deltas;
    for (size_t i = 0; i < last && i < wisp_json_len(releases) && !status; i++)
        wisp_release_each_module(wisp_json_element(releases, i), add_released, m);
    return status;
}

/* ------------------------------------------------------------------ deltas */

/* Adds the delta to the files of the change and to [deltas]. */
static wisp_status keep_delta(maker *m, const base *from, wisp_bytes delta, wisp_json *deltas)
{
    char base_text[WISP_HASH_TEXT_SIZE];
    wisp_change *change = &m->edit->change;
    wisp_content content = {.size = delta.size};
    uint8_t *copy = wisp_arena_alloc(&change->repository.arena, delta.size, 1);
    snprintf(content.path, sizeof content.path, "%s/%s.delta", m->edit->channel, m->name);
    if (!copy || !wisp_sha256(delta, &content.hash))
        return wisp_fail_memory(m->err, delta.size);
    memcpy(copy, delta.data, delta.size);
    wisp_hash_print(&from->hash, base_text);
    wisp_json *entry = wisp_module_build(NULL, content.size, &content.hash);
    if (!entry || !wisp_json_append(deltas, entry) ||
        !wisp_json_set_string(entry, "base", base_text))
        return wisp_fail_memory(m->err, 0);
    if (m->out->delta_len++ == 0 || delta.size < m->out->delta_size_min)
        m->out->delta_size_min = delta.size;
    return wisp_change_content(change, &content, (wisp_bytes){copy, delta.size}, m->err);
}

static wisp_status make_delta(maker *m, const base *from, wisp_json *deltas)
{
    wisp_delta delta;
    const wisp_allocator *allocator = m->edit->change.repository.arena.allocator;
    wisp_status status = wisp_delta_make(allocator, from->bytes, m->bytes, &delta, m->err);
    if (status)
        return status;
    if (delta.bytes.size < m->bytes.size / 4 * 3)
        status = keep_delta(m, from, delta.bytes, deltas);
    wisp_delta_free(allocator, &delta);
    return status;
}

static bool find_bytes(maker *m)
{
    const wisp_change *change = &m->edit->change;
    for (size_t i = 0; i < change->content_len; i++) {
        if (same_hash(&change->contents[i].content.hash, &m->hash)) {
            m->bytes = change->contents[i].bytes;
            return true;
        }
    }
    return false;
}

static bool make_deltas(void *context, wisp_json *module)
{
    maker *m = context;
    uint64_t size;
    if (!wisp_module_read(module, &m->name, &m->hash, &size) || !find_bytes(m))
        return true;
    m->status = collect_bases(m);
    if (m->status || m->base_len == 0)
        return !m->status;
    wisp_json *deltas = wisp_build_array(module, "deltas");
    m->status = deltas ? WISP_OK : wisp_fail_memory(m->err, 0);
    for (size_t i = 0; i < m->base_len && !m->status; i++)
        m->status = make_delta(m, &m->bases[i], deltas);
    if (wisp_json_len(deltas) == 0)
        wisp_json_remove(module, "deltas");
    return !m->status;
}

wisp_status wisp_deltas_add(wisp_edit *edit, wisp_json *release, const wisp_draft_module *bases,
                            size_t base_len, wisp_published *out, wisp_error *err)
{
    maker m = {.edit = edit, .given = bases, .given_len = base_len, .out = out, .err = err};
    wisp_release_each_module(release, make_deltas, &m);
    return m.status;
}

wisp_status wisp_deltas_remember(wisp_project *project, const char *name, wisp_bytes bytes,
                                 wisp_error *err)
{
    wisp_hash hash;
    char text[WISP_HASH_TEXT_SIZE];
    char file[WISP_TARGET_NAME_MAX + WISP_HASH_TEXT_SIZE + sizeof FOLDER + 2];
    if (!wisp_sha256(bytes, &hash))
        return wisp_fail_memory(err, 0);
    wisp_hash_print(&hash, text);
    snprintf(file, sizeof file, FOLDER "/%s.%s", text, name);
    const char *folder = wisp_project_path(project, FOLDER);
    const char *path = wisp_project_path(project, file);
    if (!folder || !path)
        return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    wisp_status status = wisp_dir_make(project->os, folder, WISP_MODE_PUBLIC_DIR, err);
    return status || wisp_file_exists(project->os, path)
               ? status
               : wisp_file_replace(project->os, path, bytes, WISP_MODE_PUBLIC, err);
}
