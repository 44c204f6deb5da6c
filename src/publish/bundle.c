#include "publish/bundle.h"

#include "base/error.h"
#include "publish/catalog.h"
#include "publish/change.h"
#include "publish/file.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The bundle while it grows in memory. */
typedef struct growth {
    const wisp_allocator *allocator;
    uint8_t *data;
    size_t size, capacity;
} growth;

typedef struct packer {
    wisp_change change;
    struct archive *archive;
    growth growth;
    wisp_bundled *out;
    wisp_error *err;
    wisp_status status;
    wisp_content *seen; /* of the channel, so that none is there twice */
    size_t seen_len, seen_capacity;
} packer;

static la_ssize_t grow(struct archive *archive, void *context, const void *data, size_t size)
{
    growth *g = context;
    if (size > g->capacity - g->size) {
        size_t capacity = (g->capacity + size) * 2;
        uint8_t *more = wisp_realloc(g->allocator, g->data, g->capacity, capacity);
        if (!more) {
            archive_set_error(archive, 0, "out of memory");
            return -1;
        }
        g->data = more;
        g->capacity = capacity;
    }
    memcpy(g->data + g->size, data, size);
    g->size += size;
    return (la_ssize_t)size;
}

static wisp_status fail_archive(packer *p)
{
    const char *reason = p->archive ? archive_error_string(p->archive) : NULL;
    return wisp_fail(p->err, WISP_NO_MEMORY, "cannot make the bundle: %.100s",
                     reason ? reason : "out of memory");
}

static wisp_status open_archive(packer *p)
{
    p->growth.allocator = p->change.repository.arena.allocator;
    p->archive = archive_write_new();
    if (!p->archive || archive_write_set_format_pax_restricted(p->archive) != ARCHIVE_OK ||
        archive_write_open(p->archive, &p->growth, NULL, grow, NULL) != ARCHIVE_OK)
        return fail_archive(p);
    return WISP_OK;
}

/* The same bytes give the same bundle: there is no time and no owner in it. */
static wisp_status add_file(packer *p, const char *name, wisp_bytes bytes)
{
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return wisp_fail_memory(p->err, bytes.size);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, WISP_MODE_PUBLIC);
    archive_entry_set_size(entry, (la_int64_t)bytes.size);
    bool added = archive_write_header(p->archive, entry) == ARCHIVE_OK &&
                 archive_write_data(p->archive, bytes.data, bytes.size) == (la_ssize_t)bytes.size;
    archive_entry_free(entry);
    p->out->file_len++;
    return added ? WISP_OK : fail_archive(p);
}

/* ------------------------------------------------------------------ what is in it */

static wisp_status add_document(packer *p, const char *name)
{
    wisp_repository *repository = &p->change.repository;
    wisp_bytes bytes;
    const char *path = wisp_path_join(&repository->arena, repository->dir, name);
    if (!path)
        return wisp_fail_memory(p->err, strlen(name));
    wisp_status status = wisp_file_read(repository->os, &repository->arena, path,
                                        wisp_role_size_max(WISP_ROLE_TARGETS), &bytes, p->err);
    return status ? status : add_file(p, name, bytes);
}

/* Devices follow the chain from the root that they have, whichever that is. */
static wisp_status add_roots(packer *p)
{
    uint64_t newest = wisp_metadata_version(p->change.repository.documents[WISP_ROLE_ROOT]);
    wisp_status status = WISP_OK;
    for (uint64_t version = 1; version <= newest && !status; version++) {
        char name[WISP_DOCUMENT_NAME_SIZE];
        snprintf(name, sizeof name, "%" PRIu64 ".root.json", version);
        status = add_document(p, name);
    }
    return status;
}

static wisp_status add_role(packer *p, size_t role)
{
    char name[WISP_DOCUMENT_NAME_SIZE];
    int64_t expires = p->change.editions[role].expires;
    wisp_repository_document_name(&p->change.repository, role, name);
    if (p->out->expires == 0 || expires < p->out->expires)
        p->out->expires = expires;
    return role == WISP_ROLE_ROOT ? add_roots(p) : add_document(p, name);
}

/* Notes [content]; false if it is there already, or memory is out. */
static bool is_new(packer *p, const wisp_content *content)
{
    for (size_t i = 0; i < p->seen_len; i++) {
        if (memcmp(&p->seen[i].hash, &content->hash, sizeof content->hash) == 0 &&
            strcmp(p->seen[i].path, content->path) == 0)
            return false;
    }
    if (p->seen_len == p->seen_capacity) {
        size_t capacity = p->seen_capacity ? p->seen_capacity * 2 : 16;
        wisp_content *more =
            wisp_realloc(p->growth.allocator, p->seen, p->seen_capacity * sizeof *more,
                         capacity * sizeof *more);
        if (!more) {
            p->status = wisp_fail_memory(p->err, capacity * sizeof *more);
            return false;
        }
        p->seen = more;
        p->seen_capacity = capacity;
    }
    p->seen[p->seen_len++] = *content;
    return true;
}

static bool add_content(void *context, const wisp_content *content)
{
    packer *p = context;
    char name[WISP_CONTENT_FILE_SIZE];
    wisp_bytes bytes;
    if (!is_new(p, content))
        return !p->status;
    p->status = wisp_repository_read_content(&p->change.repository, content->path, &content->hash,
                                             &bytes, p->err);
    if (!p->status)
        p->status = wisp_content_file(content, name, p->err);
    if (!p->status)
        p->status = add_file(p, name, bytes);
    return !p->status;
}

static wisp_status pack(packer *p, const char *channel)
{
    static const size_t roles[] = {WISP_ROLE_ROOT, WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT,
                                   WISP_ROLE_TARGETS};
    size_t role;
    wisp_status status = wisp_change_channel(&p->change, channel, &role, p->err);
    const wisp_metadata *document = status ? NULL : p->change.repository.documents[role];
    if (!status && !document)
        status = wisp_fail(p->err, WISP_NOT_FOUND, "nothing was released in %s", channel);
    if (!status)
        status = open_archive(p);
    for (size_t i = 0; i < WISP_ROLE_LEN && !status; i++)
        status = add_role(p, roles[i]);
    if (!status)
        status = add_role(p, role);
    if (status)
        return status;
    wisp_catalog_each_content(document, add_content, p);
    if (!p->status && archive_write_close(p->archive) != ARCHIVE_OK)
        p->status = fail_archive(p);
    return p->status;
}

static wisp_status write_bundle(packer *p, const char *path)
{
    p->out->size = p->growth.size;
    return wisp_file_replace(p->change.project->os, path,
                             (wisp_bytes){p->growth.data, p->growth.size}, WISP_MODE_PUBLIC,
                             p->err);
}

wisp_status wisp_bundle(wisp_project *project, const char *channel, const char *path,
                        wisp_bundled *out, wisp_error *err)
{
    packer p = {.out = out, .err = err};
    *out = (wisp_bundled){0};
    wisp_status status = wisp_change_begin(&p.change, project, WISP_CHANGE_RENEWAL, err);
    if (!status)
        status = pack(&p, channel ? channel : project->config.channels[0].name);
    if (!status)
        status = write_bundle(&p, path);
    archive_write_free(p.archive);
    wisp_free(p.growth.allocator, p.growth.data, p.growth.capacity);
    wisp_free(p.growth.allocator, p.seen, p.seen_capacity * sizeof *p.seen);
    wisp_change_end(&p.change);
    return status;
}
