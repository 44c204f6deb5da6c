#include "publish/pending.h"

#include "base/error.h"
#include "publish/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER    "pending"
#define NAME_SIZE (WISP_ROLE_NAME_SIZE + 32)

typedef struct waiting {
    wisp_change *change;
    uint64_t versions[WISP_DOCUMENTS_MAX]; /* of the newest that waits; 0: none */
} waiting;

static char *folder_of(wisp_change *change)
{
    return wisp_project_path(change->project, FOLDER);
}

static char *path_of(wisp_change *change, size_t role, uint64_t version)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, FOLDER "/%" PRIu64 ".%s.json", version,
             change->repository.names[role]);
    return wisp_project_path(change->project, name);
}

/* The version and, as the result, the role of "5.stable.json"; repository.len for other files. */
static size_t read_name(const wisp_change *change, const char *name, uint64_t *version)
{
    char *end, role[NAME_SIZE];
    *version = strtoull(name, &end, 10);
    size_t len = strlen(end);
    if (name[0] < '1' || name[0] > '9' || len < 7 || len >= sizeof role || *end != '.' ||
        strcmp(end + len - 5, ".json") != 0)
        return change->repository.len;
    snprintf(role, sizeof role, "%.*s", (int)len - 6, end + 1);
    return wisp_repository_find(&change->repository, role);
}

static bool look_at(void *context, const char *name)
{
    waiting *w = context;
    uint64_t version;
    size_t role = read_name(w->change, name, &version);
    if (role == w->change->repository.len)
        return true;
    const wisp_metadata *live = w->change->repository.documents[role];
    const char *path = path_of(w->change, role, version);
    if (live && version <= wisp_metadata_version(live) && path)
        w->change->project->os->remove(w->change->project->os->user, path);
    else if (version > w->versions[role])
        w->versions[role] = version;
    return true;
}

static wisp_status list(wisp_change *change, waiting *out, wisp_error *err)
{
    *out = (waiting){.change = change};
    const wisp_os *os = change->project->os;
    const char *folder = folder_of(change);
    if (!folder)
        return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    int result = os->list_dir(os->user, folder, look_at, out);
    return result < 0 && result != -ENOENT
               ? wisp_fail(err, WISP_IO, "cannot list %s: %s", folder, strerror(-result))
               : WISP_OK;
}

wisp_status wisp_pending_list(wisp_change *change, bool *waits, wisp_error *err)
{
    waiting w;
    wisp_status status = list(change, &w, err);
    for (size_t role = 0; role < WISP_DOCUMENTS_MAX; role++)
        waits[role] = !status && w.versions[role] > 0;
    return status;
}

wisp_status wisp_pending_refuse(wisp_change *change, wisp_error *err)
{
    waiting w;
    wisp_status status = list(change, &w, err);
    for (size_t role = 0; role < change->repository.len && !status; role++) {
        if (w.versions[role])
            return wisp_fail(err, WISP_BUSY,
                             "a change waits for signatures of " FOLDER "/%" PRIu64
                             ".%s.json: 'wisp sign' it, or give it up by 'wisp sign --discard'",
                             w.versions[role], change->repository.names[role]);
    }
    return status;
}

wisp_status wisp_pending_write(wisp_change *change, wisp_error *err)
{
    const wisp_os *os = change->project->os;
    const char *folder = folder_of(change);
    if (!folder)
        return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    wisp_status status = wisp_dir_make(os, folder, WISP_MODE_PUBLIC_DIR, err);
    for (size_t role = 0; role < change->repository.len && !status; role++) {
        if (!change->documents[role].text)
            continue;
        const char *path = path_of(change, role, change->editions[role].version);
        status = path ? wisp_file_replace(os, path, wisp_document_bytes(&change->documents[role]),
                                          WISP_MODE_PUBLIC, err)
                      : wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    }
    return status;
}

static wisp_status adopt(wisp_change *change, size_t role, uint64_t version, wisp_error *err)
{
    wisp_bytes bytes;
    wisp_error why;
    const char *path = path_of(change, role, version);
    if (!path)
        return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    wisp_status status =
        wisp_file_read(change->project->os, &change->repository.arena, path,
                       wisp_role_size_max(wisp_repository_kind(role)), &bytes, err);
    if (status)
        return status;
    status = wisp_change_adopt(change, role, bytes, &why);
    if (status)
        return wisp_fail(err, status, "%s: %.200s", path, why.text);
    if (change->editions[role].version != version)
        return wisp_fail(err, WISP_MISMATCH, "%s has version %" PRIu64, path,
                         change->editions[role].version);
    return WISP_OK;
}

wisp_status wisp_pending_adopt(wisp_change *change, wisp_error *err)
{
    waiting w;
    size_t found = 0;
    wisp_status status = list(change, &w, err);
    for (size_t role = 0; role < change->repository.len && !status; role++) {
        if (role == WISP_ROLE_LEN) /* root and targets, which may name new roles, are known now */
            status = list(change, &w, err);
        if (!status && w.versions[role])
            status = adopt(change, role, w.versions[role], err);
        found += w.versions[role] > 0;
    }
    if (status || found > 0)
        return status;
    return wisp_fail(err, WISP_NOT_FOUND, "nothing waits for signatures");
}

static wisp_status remove_waiting(wisp_change *change, size_t role, uint64_t version,
                                  wisp_error *err)
{
    const wisp_os *os = change->project->os;
    const char *path = path_of(change, role, version);
    int result = path ? os->remove(os->user, path) : -ENOMEM;
    return result < 0 && result != -ENOENT
               ? wisp_fail(err, WISP_IO, "cannot remove a waiting document: %s",
                           strerror(-result))
               : WISP_OK;
}

wisp_status wisp_pending_discard(wisp_change *change, wisp_error *err)
{
    waiting w;
    wisp_status status = list(change, &w, err);
    for (size_t role = 0; role < change->repository.len && !status; role++) {
        if (w.versions[role])
            status = remove_waiting(change, role, w.versions[role], err);
    }
    return status;
}

wisp_status wisp_pending_clear(wisp_change *change, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t role = 0; role < change->repository.len && !status; role++) {
        bool may_wait = role != WISP_ROLE_SNAPSHOT && role != WISP_ROLE_TIMESTAMP;
        if (may_wait && change->documents[role].text)
            status = remove_waiting(change, role, change->editions[role].version, err);
    }
    return status;
}
