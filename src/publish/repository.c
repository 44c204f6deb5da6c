#include "publish/repository.h"

#include "base/error.h"
#include "publish/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE      16384
#define TARGETS_FOLDER  "targets"
#define ROOTS_MAX       1024
#define TARGET_SIZE_MAX (UINT64_C(1) << 32)

void wisp_repository_init(wisp_repository *repository, const wisp_allocator *allocator,
                          const wisp_os *os, const char *dir)
{
    *repository = (wisp_repository){.os = os, .dir = dir};
    wisp_arena_init(&repository->arena, wisp_allocator_or_default(allocator), ARENA_SIZE);
}

void wisp_repository_deinit(wisp_repository *repository)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        wisp_metadata_free(repository->documents[role]);
    wisp_arena_deinit(&repository->arena);
}

static char *path_of(wisp_repository *repository, const char *name, wisp_error *err)
{
    char *path = wisp_path_join(&repository->arena, repository->dir, name);
    if (!path)
        wisp_fail_memory(err, strlen(name));
    return path;
}

#define FILE_NAME_SIZE 48

/* "7.root.json"; timestamp has no version in its name (TUF 6.2). */
static void document_name(wisp_role role, uint64_t version, char name[FILE_NAME_SIZE])
{
    if (role == WISP_ROLE_TIMESTAMP)
        snprintf(name, FILE_NAME_SIZE, "timestamp.json");
    else
        snprintf(name, FILE_NAME_SIZE, "%" PRIu64 ".%s.json", version, wisp_role_name(role));
}

/* "targets/<hash>.<name>", or "targets/dir/<hash>.<name>" for "dir/name". */
static char *target_path(wisp_repository *repository, const char *name, const wisp_hash *hash,
                         wisp_error *err)
{
    char text[WISP_HASH_TEXT_SIZE], path[1024];
    wisp_hex_print(hash->bytes, sizeof hash->bytes, text);
    const char *slash = strrchr(name, '/');
    int folder = slash ? (int)(slash - name) + 1 : 0;
    int len = snprintf(path, sizeof path, TARGETS_FOLDER "/%.*s%s.%s", folder, name, text,
                       name + folder);
    if (len < 0 || (size_t)len >= sizeof path) {
        wisp_fail(err, WISP_LIMIT, "the target name '%.60s…' is too long", name);
        return NULL;
    }
    return path_of(repository, path, err);
}

/* ------------------------------------------------------------------ reading */

static wisp_status parse_document(wisp_repository *repository, wisp_role role, const char *name,
                                  const wisp_file_info *info, wisp_metadata **out,
                                  wisp_error *err)
{
    const char *path = path_of(repository, name, err);
    wisp_bytes bytes;
    if (!path)
        return WISP_NO_MEMORY;
    wisp_status status = wisp_file_read(repository->os, &repository->arena, path,
                                        wisp_role_size_max(role), &bytes, err);
    if (!status && info)
        status = wisp_file_info_check(info, name, bytes, err);
    if (status)
        return status;
    wisp_error why;
    status = wisp_metadata_parse(repository->arena.allocator, role, bytes, out, &why);
    return status ? wisp_fail(err, status, "%s: %.200s", path, why.text) : WISP_OK;
}

static wisp_status verify_document(const wisp_metadata *document, const wisp_metadata *root,
                                   const char *name, wisp_error *err)
{
    wisp_error why;
    wisp_signers signers = wisp_root_signers(root, wisp_metadata_role(document));
    wisp_status status = wisp_metadata_verify(document, &signers, &why);
    return status ? wisp_fail(err, status, "%s: %.200s", name, why.text) : WISP_OK;
}

/* Checks that [next] is the version after [before], signed by its own keys and those before. */
static wisp_status check_root(const wisp_metadata *before, const wisp_metadata *next,
                              uint64_t version, const char *name, wisp_error *err)
{
    if (wisp_metadata_version(next) != version)
        return wisp_fail(err, WISP_UNTRUSTED, "%s: 'version' is %" PRIu64 ", expected %" PRIu64,
                         name, wisp_metadata_version(next), version);
    wisp_status status = before ? verify_document(next, before, name, err) : WISP_OK;
    return status ? status : verify_document(next, next, name, err);
}

/* Follows the chain from 1.root.json to the newest root (TUF 5.3). */
static wisp_status read_roots(wisp_repository *repository, wisp_error *err)
{
    wisp_metadata **root = &repository->documents[WISP_ROLE_ROOT];
    for (uint64_t version = 1; version <= ROOTS_MAX; version++) {
        char name[FILE_NAME_SIZE];
        wisp_metadata *next = NULL;
        document_name(WISP_ROLE_ROOT, version, name);
        wisp_status status = parse_document(repository, WISP_ROLE_ROOT, name, NULL, &next, err);
        if (status == WISP_NOT_FOUND && version > 1)
            return WISP_OK;
        if (!status)
            status = check_root(*root, next, version, name, err);
        if (status) {
            wisp_metadata_free(next);
            return status;
        }
        wisp_metadata_free(*root);
        *root = next;
    }
    return wisp_fail(err, WISP_LIMIT, "more than %d root documents", ROOTS_MAX);
}

/* Reads the document of [role], of which [info] says which one it must be (NULL: any). */
static wisp_status read_role(wisp_repository *repository, wisp_role role,
                             const wisp_file_info *info, wisp_error *err)
{
    char name[FILE_NAME_SIZE];
    wisp_metadata **document = &repository->documents[role];
    document_name(role, info ? info->version : 0, name);
    wisp_status status = parse_document(repository, role, name, info, document, err);
    if (!status)
        status = verify_document(*document, repository->documents[WISP_ROLE_ROOT], name, err);
    if (!status && info && wisp_metadata_version(*document) != info->version)
        return wisp_fail(err, WISP_UNTRUSTED, "%s: 'version' is %" PRIu64 ", expected %" PRIu64,
                         name, wisp_metadata_version(*document), info->version);
    return status;
}

wisp_status wisp_repository_read(wisp_repository *repository, wisp_error *err)
{
    wisp_metadata **documents = repository->documents;
    wisp_file_info info;
    wisp_status status = read_roots(repository, err);
    if (!status)
        status = read_role(repository, WISP_ROLE_TIMESTAMP, NULL, err);
    if (!status)
        status = wisp_metadata_meta(documents[WISP_ROLE_TIMESTAMP], "snapshot.json", &info, err);
    if (!status)
        status = read_role(repository, WISP_ROLE_SNAPSHOT, &info, err);
    if (!status)
        status = wisp_metadata_meta(documents[WISP_ROLE_SNAPSHOT], "targets.json", &info, err);
    if (!status)
        status = read_role(repository, WISP_ROLE_TARGETS, &info, err);
    return status;
}

static wisp_status check_target(wisp_repository *repository, const char *name, wisp_error *err)
{
    wisp_file_info info;
    wisp_bytes content;
    wisp_status status =
        wisp_targets_find(repository->documents[WISP_ROLE_TARGETS], name, &info, err);
    if (status)
        return status;
    const char *path = target_path(repository, name, &info.sha256, err);
    if (!path)
        return err ? err->status : WISP_NO_MEMORY;
    status =
        wisp_file_read(repository->os, &repository->arena, path, TARGET_SIZE_MAX, &content, err);
    return status ? status : wisp_file_info_check(&info, path, content, err);
}

wisp_status wisp_repository_check_targets(wisp_repository *repository, wisp_error *err)
{
    const wisp_json *targets, *entry;
    const wisp_json *contents = wisp_metadata_signed(repository->documents[WISP_ROLE_TARGETS]);
    wisp_status status = wisp_json_object(contents, "targets", &targets, err);
    void *cursor = NULL;
    const char *name;
    while (!status && wisp_json_next(targets, &cursor, &name, &entry))
        status = check_target(repository, name, err);
    return status;
}

typedef struct version_search {
    const char *ending; /* ".targets.json" */
    uint64_t highest;
} version_search;

static bool look_at_version(void *context, const char *name)
{
    version_search *search = context;
    char *end;
    unsigned long long version = strtoull(name, &end, 10);
    bool versioned = name[0] >= '1' && name[0] <= '9' && strcmp(end, search->ending) == 0;
    if (versioned && version > search->highest)
        search->highest = version;
    return true;
}

wisp_status wisp_repository_highest(wisp_repository *repository, wisp_role role, uint64_t *out,
                                    wisp_error *err)
{
    char ending[FILE_NAME_SIZE];
    snprintf(ending, sizeof ending, ".%s.json", wisp_role_name(role));
    version_search search = {ending, 0};
    const wisp_os *os = repository->os;
    int result = os->list_dir(os->user, repository->dir, look_at_version, &search);
    if (result < 0)
        return wisp_fail(err, WISP_IO, "cannot list %s: %s", repository->dir, strerror(-result));
    *out = search.highest;
    return WISP_OK;
}

/* ------------------------------------------------------------------ writing */

wisp_status wisp_repository_make(wisp_repository *repository, wisp_error *err)
{
    const char *targets = path_of(repository, TARGETS_FOLDER, err);
    if (!targets)
        return WISP_NO_MEMORY;
    wisp_status status =
        wisp_dir_make(repository->os, repository->dir, WISP_MODE_PUBLIC_DIR, err);
    return status ? status : wisp_dir_make(repository->os, targets, WISP_MODE_PUBLIC_DIR, err);
}

typedef struct sweep {
    wisp_repository *repository;
    const char *folder;
} sweep;

static bool sweep_name(void *context, const char *name)
{
    sweep *s = context;
    size_t len = strlen(name);
    if (len < 4 || strcmp(name + len - 4, ".tmp") != 0)
        return true;
    const char *path = wisp_path_join(&s->repository->arena, s->folder, name);
    if (path)
        s->repository->os->remove(s->repository->os->user, path);
    return true;
}

void wisp_repository_sweep(wisp_repository *repository)
{
    const wisp_os *os = repository->os;
    const char *folders[] = {repository->dir, path_of(repository, TARGETS_FOLDER, NULL)};
    for (size_t i = 0; i < 2 && folders[i]; i++) {
        sweep context = {repository, folders[i]};
        os->list_dir(os->user, folders[i], sweep_name, &context);
    }
}

static bool has_content(wisp_repository *repository, const char *path, const wisp_hash *hash,
                        size_t size)
{
    wisp_bytes found;
    wisp_hash found_hash;
    return !wisp_file_read(repository->os, &repository->arena, path, size, &found, NULL) &&
           wisp_sha256(found, &found_hash) && memcmp(&found_hash, hash, sizeof *hash) == 0;
}

wisp_status wisp_repository_write_target(wisp_repository *repository, const char *name,
                                         const wisp_hash *hash, wisp_bytes content,
                                         wisp_error *err)
{
    const char *path = target_path(repository, name, hash, err);
    if (!path)
        return WISP_NO_MEMORY;
    if (has_content(repository, path, hash, content.size))
        return WISP_OK;
    return wisp_file_replace(repository->os, path, content, WISP_MODE_PUBLIC, err);
}

wisp_status wisp_repository_write(wisp_repository *repository, wisp_role role, uint64_t version,
                                  const wisp_document *document, wisp_error *err)
{
    char name[FILE_NAME_SIZE];
    document_name(role, version, name);
    wisp_bytes bytes = {(const uint8_t *)document->text, document->size};
    const char *path = path_of(repository, name, err);
    if (!path)
        return WISP_NO_MEMORY;
    wisp_status status = wisp_file_replace(repository->os, path, bytes, WISP_MODE_PUBLIC, err);
    if (status || role != WISP_ROLE_ROOT)
        return status;
    path = path_of(repository, "root.json", err);
    return path ? wisp_file_replace(repository->os, path, bytes, WISP_MODE_PUBLIC, err)
                : WISP_NO_MEMORY;
}
