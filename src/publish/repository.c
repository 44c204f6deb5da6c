#include "publish/repository.h"

#include "base/error.h"
#include "publish/catalog.h"
#include "publish/file.h"
#include "publish/roles.h"
#include "trust/delegations.h"

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
    *repository = (wisp_repository){.os = os, .dir = dir, .len = WISP_ROLE_LEN};
    wisp_arena_init(&repository->arena, wisp_allocator_or_default(allocator), ARENA_SIZE);
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        repository->names[role] = wisp_role_name((wisp_role)role);
}

void wisp_repository_deinit(wisp_repository *repository)
{
    for (size_t role = 0; role < repository->len; role++)
        wisp_metadata_free(repository->documents[role]);
    wisp_arena_deinit(&repository->arena);
}

wisp_role wisp_repository_kind(size_t role)
{
    return role < WISP_ROLE_LEN ? (wisp_role)role : WISP_ROLE_TARGETS;
}

size_t wisp_repository_find(const wisp_repository *repository, const char *name)
{
    size_t role = 0;
    while (role < repository->len && strcmp(repository->names[role], name) != 0)
        role++;
    return role;
}

wisp_status wisp_repository_add(wisp_repository *repository, const char *name, wisp_error *err)
{
    if (repository->len == WISP_DOCUMENTS_MAX)
        return wisp_fail(err, WISP_LIMIT, "targets delegates to more than %d roles",
                         WISP_DOCUMENTS_MAX - WISP_ROLE_LEN);
    if (name[0] == '.' || strchr(name, '/'))
        return wisp_fail(err, WISP_UNSUPPORTED, "the role '%.60s' is no file name", name);
    char *copy = wisp_arena_text(&repository->arena, name, strlen(name));
    if (!copy)
        return wisp_fail_memory(err, strlen(name) + 1);
    repository->names[repository->len++] = copy;
    return WISP_OK;
}

static char *path_of(wisp_repository *repository, const char *name, wisp_error *err)
{
    char *path = wisp_path_join(&repository->arena, repository->dir, name);
    if (!path)
        wisp_fail_memory(err, strlen(name));
    return path;
}

/* "7.root.json"; timestamp has no version in its name (TUF 6.2). */
static void document_name(const wisp_repository *repository, size_t role, uint64_t version,
                          char name[WISP_DOCUMENT_NAME_SIZE])
{
    if (role == WISP_ROLE_TIMESTAMP)
        snprintf(name, WISP_DOCUMENT_NAME_SIZE, "timestamp.json");
    else
        snprintf(name, WISP_DOCUMENT_NAME_SIZE, "%" PRIu64 ".%s.json", version,
                 repository->names[role]);
}

void wisp_repository_document_name(const wisp_repository *repository, size_t role,
                                   char name[WISP_DOCUMENT_NAME_SIZE])
{
    const wisp_metadata *document = repository->documents[role];
    document_name(repository, role, document ? wisp_metadata_version(document) : 0, name);
}

/* "targets/<hash>.<name>", or "targets/dir/<hash>.<name>" for "dir/name". */
static wisp_status content_file(const char *name, const wisp_hash *hash,
                                char out[WISP_CONTENT_FILE_SIZE], wisp_error *err)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(hash, text);
    const char *slash = strrchr(name, '/');
    int folder = slash ? (int)(slash - name) + 1 : 0;
    int len = snprintf(out, WISP_CONTENT_FILE_SIZE, TARGETS_FOLDER "/%.*s%s.%s", folder, name,
                       text, name + folder);
    return len < 0 || len >= WISP_CONTENT_FILE_SIZE
               ? wisp_fail(err, WISP_LIMIT, "the target name '%.60s…' is too long", name)
               : WISP_OK;
}

wisp_status wisp_content_file(const wisp_content *content, char name[WISP_CONTENT_FILE_SIZE],
                              wisp_error *err)
{
    return content_file(content->path, &content->hash, name, err);
}

static char *content_path(wisp_repository *repository, const char *name, const wisp_hash *hash,
                          wisp_error *err)
{
    char file[WISP_CONTENT_FILE_SIZE];
    return content_file(name, hash, file, err) ? NULL : path_of(repository, file, err);
}

/* ------------------------------------------------------------------ reading */

static wisp_status parse_document(wisp_repository *repository, size_t role, const char *name,
                                  const wisp_file_info *info, wisp_metadata **out,
                                  wisp_error *err)
{
    wisp_role kind = wisp_repository_kind(role);
    const char *path = path_of(repository, name, err);
    wisp_bytes bytes;
    if (!path)
        return WISP_NO_MEMORY;
    wisp_status status = wisp_file_read(repository->os, &repository->arena, path,
                                        wisp_role_size_max(kind), &bytes, err);
    if (!status && info)
        status = wisp_file_info_check(info, name, bytes, err);
    if (status)
        return status;
    wisp_error why;
    status = wisp_metadata_parse_as(repository->arena.allocator, kind, repository->names[role],
                                    bytes, out, &why);
    return status ? wisp_fail(err, status, "%s: %.200s", path, why.text) : WISP_OK;
}

static wisp_status verify_document(const wisp_metadata *document, const wisp_signers *signers,
                                   const char *name, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_metadata_verify(document, signers, &why);
    return status ? wisp_fail(err, status, "%s: %.200s", name, why.text) : WISP_OK;
}

static wisp_status check_version(const wisp_metadata *document, uint64_t expected,
                                 const char *name, wisp_error *err)
{
    uint64_t found = wisp_metadata_version(document);
    if (found == expected)
        return WISP_OK;
    return wisp_fail(err, WISP_UNTRUSTED, "%s: 'version' is %" PRIu64 ", expected %" PRIu64, name,
                     found, expected);
}

/* Checks that [next] is the version after [before], signed by its own keys and those before. */
static wisp_status check_root(const wisp_metadata *before, const wisp_metadata *next,
                              uint64_t version, const char *name, wisp_error *err)
{
    wisp_signers own = wisp_root_signers(next, WISP_ROLE_ROOT);
    wisp_status status = check_version(next, version, name, err);
    if (!status && before) {
        wisp_signers signers = wisp_root_signers(before, WISP_ROLE_ROOT);
        status = verify_document(next, &signers, name, err);
    }
    return status ? status : verify_document(next, &own, name, err);
}

/* Follows the chain from 1.root.json to the newest root (TUF 5.3). */
static wisp_status read_roots(wisp_repository *repository, wisp_error *err)
{
    wisp_metadata **root = &repository->documents[WISP_ROLE_ROOT];
    for (uint64_t version = 1; version <= ROOTS_MAX; version++) {
        char name[WISP_DOCUMENT_NAME_SIZE];
        wisp_metadata *next = NULL;
        document_name(repository, WISP_ROLE_ROOT, version, name);
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
static wisp_status read_role(wisp_repository *repository, size_t role, const wisp_file_info *info,
                             wisp_error *err)
{
    char name[WISP_DOCUMENT_NAME_SIZE];
    wisp_signers signers;
    wisp_metadata **documents = repository->documents;
    document_name(repository, role, info ? info->version : 0, name);
    wisp_status status = parse_document(repository, role, name, info, &documents[role], err);
    if (status)
        return status;
    if (!wisp_signers_find(documents[WISP_ROLE_ROOT], documents[WISP_ROLE_TARGETS],
                           repository->names[role], &signers))
        return wisp_fail(err, WISP_UNTRUSTED, "%s: nobody may sign it", name);
    status = verify_document(documents[role], &signers, name, err);
    return status || !info ? status : check_version(documents[role], info->version, name, err);
}

/* Reads what [by] says of the document of [role]. */
static wisp_status read_named(wisp_repository *repository, size_t role, wisp_role by,
                              wisp_error *err)
{
    char name[WISP_DOCUMENT_NAME_SIZE];
    wisp_file_info info;
    snprintf(name, sizeof name, "%s.json", repository->names[role]);
    wisp_status status = wisp_metadata_meta(repository->documents[by], name, &info, err);
    return status ? status : read_role(repository, role, &info, err);
}

/* A delegated role is there when snapshot names it. */
static wisp_status read_delegations(wisp_repository *repository, wisp_error *err)
{
    const wisp_metadata *targets = repository->documents[WISP_ROLE_TARGETS];
    wisp_delegation delegation;
    wisp_status status = WISP_OK;
    for (size_t i = 0; !status && wisp_delegations_at(targets, i, &delegation); i++) {
        status = wisp_repository_add(repository, delegation.role, err);
        if (status)
            break;
        status = read_named(repository, repository->len - 1, WISP_ROLE_SNAPSHOT, err);
        if (status == WISP_NOT_FOUND && !repository->documents[repository->len - 1])
            status = WISP_OK;
    }
    return status;
}

wisp_status wisp_repository_read(wisp_repository *repository, wisp_error *err)
{
    wisp_status status = read_roots(repository, err);
    if (!status)
        status = read_role(repository, WISP_ROLE_TIMESTAMP, NULL, err);
    if (!status)
        status = read_named(repository, WISP_ROLE_SNAPSHOT, WISP_ROLE_TIMESTAMP, err);
    if (!status)
        status = read_named(repository, WISP_ROLE_TARGETS, WISP_ROLE_SNAPSHOT, err);
    return status ? status : read_delegations(repository, err);
}

wisp_status wisp_repository_read_content(wisp_repository *repository, const char *name,
                                         const wisp_hash *hash, wisp_bytes *out, wisp_error *err)
{
    const wisp_file_info info = {
        .length = WISP_LENGTH_UNKNOWN, .has_sha256 = true, .sha256 = *hash};
    const char *path = content_path(repository, name, hash, err);
    if (!path)
        return err ? err->status : WISP_NO_MEMORY;
    wisp_status status =
        wisp_file_read(repository->os, &repository->arena, path, TARGET_SIZE_MAX, out, err);
    return status ? status : wisp_file_info_check(&info, path, *out, err);
}

typedef struct content_check {
    wisp_repository *repository;
    wisp_error *err;
    wisp_status status;
} content_check;

static bool check_content(void *context, const wisp_content *content)
{
    content_check *check = context;
    wisp_bytes bytes;
    check->status = wisp_repository_read_content(check->repository, content->path, &content->hash,
                                                 &bytes, check->err);
    if (!check->status && content->size != WISP_LENGTH_UNKNOWN && bytes.size != content->size)
        check->status =
            wisp_fail(check->err, WISP_UNTRUSTED, "%s has %zu bytes, expected %" PRIu64,
                      content->path, bytes.size, content->size);
    return !check->status;
}

wisp_status wisp_repository_check_targets(wisp_repository *repository, wisp_error *err)
{
    content_check check = {.repository = repository, .err = err};
    for (size_t role = WISP_ROLE_TARGETS; role < repository->len && !check.status; role++) {
        if (repository->documents[role])
            wisp_catalog_each_content(repository->documents[role], check_content, &check);
    }
    return check.status;
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

wisp_status wisp_repository_highest(wisp_repository *repository, size_t role, uint64_t *out,
                                    wisp_error *err)
{
    char ending[WISP_DOCUMENT_NAME_SIZE];
    snprintf(ending, sizeof ending, ".%s.json", repository->names[role]);
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

static void sweep_folder(wisp_repository *repository, const char *folder)
{
    sweep context = {repository, folder};
    if (folder)
        repository->os->list_dir(repository->os->user, folder, sweep_name, &context);
}

void wisp_repository_sweep(wisp_repository *repository)
{
    const char *targets = path_of(repository, TARGETS_FOLDER, NULL);
    sweep_folder(repository, repository->dir);
    sweep_folder(repository, targets);
    for (size_t role = WISP_ROLE_LEN; targets && role < repository->len; role++)
        sweep_folder(repository,
                     wisp_path_join(&repository->arena, targets, repository->names[role]));
}

static bool has_content(wisp_repository *repository, const char *path, const wisp_hash *hash,
                        size_t size)
{
    wisp_bytes found;
    wisp_hash found_hash;
    return !wisp_file_read(repository->os, &repository->arena, path, size, &found, NULL) &&
           wisp_sha256(found, &found_hash) && memcmp(&found_hash, hash, sizeof *hash) == 0;
}

/* Makes the folder of the channel that [path] is in. */
static wisp_status make_folder_of(wisp_repository *repository, const char *path, wisp_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = wisp_arena_text(&repository->arena, path, (size_t)(slash - path));
    return folder ? wisp_dir_make(repository->os, folder, WISP_MODE_PUBLIC_DIR, err)
                  : wisp_fail_memory(err, strlen(path));
}

wisp_status wisp_repository_write_content(wisp_repository *repository, const char *name,
                                          const wisp_hash *hash, wisp_bytes content,
                                          wisp_error *err)
{
    const char *path = content_path(repository, name, hash, err);
    if (!path)
        return WISP_NO_MEMORY;
    if (has_content(repository, path, hash, content.size))
        return WISP_OK;
    wisp_status status = make_folder_of(repository, path, err);
    return status ? status
                  : wisp_file_replace(repository->os, path, content, WISP_MODE_PUBLIC, err);
}

wisp_status wisp_repository_write(wisp_repository *repository, size_t role, uint64_t version,
                                  const wisp_document *document, wisp_error *err)
{
    char name[WISP_DOCUMENT_NAME_SIZE];
    document_name(repository, role, version, name);
    wisp_bytes bytes = wisp_document_bytes(document);
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
