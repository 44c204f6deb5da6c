#include "tuf/workflow.h"

#include "base/error.h"
#include "trust/date.h"
#include "tuf/percent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 1024

void wisp_workflow_init(wisp_workflow *w, const wisp_allocator *allocator, const wisp_net *net,
                        const char *url, const wisp_folder *store, int64_t now)
{
    *w = (wisp_workflow){
        .allocator = allocator, .net = net, .url = url, .store = store, .now = now};
}

void wisp_workflow_deinit(wisp_workflow *w)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        wisp_metadata_free(w->trusted[role]);
}

static void trust(wisp_workflow *w, wisp_metadata *document)
{
    wisp_metadata **place = &w->trusted[wisp_metadata_role(document)];
    if (*place != document)
        wisp_metadata_free(*place);
    *place = document;
}

static wisp_status verify(const wisp_workflow *w, const wisp_metadata *document, wisp_error *err)
{
    wisp_signers signers =
        wisp_root_signers(w->trusted[WISP_ROLE_ROOT], wisp_metadata_role(document));
    return wisp_metadata_verify(document, &signers, err);
}

/* Checks for a freeze attack: the same words for all documents. */
static wisp_status check_expiry(const wisp_workflow *w, const wisp_metadata *document,
                                wisp_error *err)
{
    char expired[WISP_DATE_TEXT_SIZE] = "before 1970", now[WISP_DATE_TEXT_SIZE] = "before 1970";
    int64_t expires = wisp_metadata_expires(document);
    if (expires > w->now)
        return WISP_OK;
    wisp_date_print(expires, expired);
    wisp_date_print(w->now, now);
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%s.json expired at %s, it is %s (repository frozen, or a wrong clock?)",
                     wisp_role_name(wisp_metadata_role(document)), expired, now);
}

/* Gets [version].[role].json, or [role].json for version 0, as it is. */
static wisp_status fetch_file(wisp_workflow *w, wisp_role role, uint64_t version, size_t size_max,
                              wisp_download *out, wisp_error *err)
{
    char path[64], name[32];
    snprintf(name, sizeof name, "%s.json", wisp_role_name(role));
    if (version)
        snprintf(path, sizeof path, "%" PRIu64 ".%s", version, name);
    else
        snprintf(path, sizeof path, "%s", name);
    wisp_status status = wisp_fetch(w->net, w->allocator, w->url, path, path, size_max, out, err);
    w->bytes_fetched += out->size;
    return status;
}

/* --- root (5.3) -------------------------------------------------------------------------- */

/*
 * A rotation of the keys of timestamp or snapshot is how a repository recovers from versions that
 * a thief made too high: what those keys signed is forgotten (5.3.11). That comes before the root
 * is stored, so that a power cut between the two cannot leave the old files under the new root.
 */
static wisp_status forget_rotated(wisp_workflow *w, const wisp_metadata *before,
                                  const wisp_metadata *after, wisp_error *err)
{
    static const wisp_role online[] = {WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT};
    bool rotated = false;
    for (int i = 0; i < 2; i++) {
        wisp_signers old = wisp_root_signers(before, online[i]);
        wisp_signers new = wisp_root_signers(after, online[i]);
        rotated = rotated || wisp_signers_removed(&old, &new);
    }
    wisp_status status = WISP_OK;
    for (int i = 0; rotated && status == WISP_OK && i < 2; i++)
        status = wisp_metastore_remove(w->store, wisp_role_name(online[i]), err);
    return status;
}

/* Stores [bytes], which are [root], and trusts it from now on; takes [root] in any case. */
static wisp_status accept_root(wisp_workflow *w, wisp_metadata *root, wisp_bytes bytes,
                               wisp_error *err)
{
    const wisp_metadata *before = w->trusted[WISP_ROLE_ROOT];
    wisp_status status = before ? forget_rotated(w, before, root, err) : WISP_OK;
    if (status == WISP_OK)
        status = wisp_metastore_save(w->store, wisp_role_name(WISP_ROLE_ROOT), bytes, err);
    if (status == WISP_OK)
        trust(w, root);
    else
        wisp_metadata_free(root);
    return status;
}

/* A root that is trusted because it was stored, or shipped, must at least be whole. */
static wisp_status check_self_signed(const wisp_metadata *root, wisp_error *err)
{
    wisp_signers signers = wisp_root_signers(root, WISP_ROLE_ROOT);
    return wisp_metadata_verify(root, &signers, err);
}

/* The stored root, if it is there and sound; a damaged one is as good as none. */
static wisp_status load_stored_root(wisp_workflow *w, wisp_error *err)
{
    wisp_metadata *root;
    wisp_status status =
        wisp_metastore_load(w->store, WISP_ROLE_ROOT, wisp_role_name(WISP_ROLE_ROOT), &root, err);
    if (status == WISP_NO_MEMORY)
        return status;
    if (status != WISP_OK)
        return WISP_OK;
    status = check_self_signed(root, err);
    if (status == WISP_OK)
        trust(w, root);
    else
        wisp_metadata_free(root);
    return status == WISP_NO_MEMORY ? status : WISP_OK;
}

static wisp_status load_root(wisp_workflow *w, wisp_bytes shipped, wisp_error *err)
{
    wisp_metadata *root;
    wisp_status status = load_stored_root(w, err);
    if (status == WISP_OK)
        status = wisp_metadata_parse(w->allocator, WISP_ROLE_ROOT, shipped, &root, err);
    if (status != WISP_OK)
        return status;
    const wisp_metadata *stored = w->trusted[WISP_ROLE_ROOT];
    if (stored && wisp_metadata_version(stored) >= wisp_metadata_version(root)) {
        wisp_metadata_free(root);
        return WISP_OK;
    }
    status = check_self_signed(root, err);
    if (status == WISP_OK)
        return accept_root(w, root, shipped, err);
    wisp_metadata_free(root);
    return status;
}

/* Checks a new root against the trusted one: both must have signed it (5.3.4), and it must be
 * the very next (5.3.5). */
static wisp_status check_next_root(const wisp_workflow *w, const wisp_metadata *root,
                                   wisp_error *err)
{
    uint64_t expected = wisp_metadata_version(w->trusted[WISP_ROLE_ROOT]) + 1;
    wisp_status status = verify(w, root, err);
    if (status == WISP_OK)
        status = check_self_signed(root, err);
    if (status == WISP_OK && wisp_metadata_version(root) != expected)
        status = wisp_fail(err, WISP_UNTRUSTED,
                           "%" PRIu64 ".root.json says that it is version %" PRIu64, expected,
                           wisp_metadata_version(root));
    return status;
}

/* One step N -> N+1; WISP_NOT_FOUND, which only the server says, at the end of the chain. */
static wisp_status update_root(wisp_workflow *w, wisp_error *err)
{
    wisp_download file;
    wisp_metadata *root = NULL;
    uint64_t next = wisp_metadata_version(w->trusted[WISP_ROLE_ROOT]) + 1;
    wisp_status status =
        fetch_file(w, WISP_ROLE_ROOT, next, wisp_role_size_max(WISP_ROLE_ROOT), &file, err);
    if (status == WISP_OK)
        status = wisp_metadata_parse(w->allocator, WISP_ROLE_ROOT, wisp_download_bytes(&file),
                                     &root, err);
    if (status == WISP_OK)
        status = check_next_root(w, root, err);
    if (status == WISP_OK)
        status = accept_root(w, root, wisp_download_bytes(&file), err);
    else
        wisp_metadata_free(root);
    wisp_download_free(&file);
    return status;
}

static wisp_status refresh_root(wisp_workflow *w, wisp_bytes shipped, wisp_error *err)
{
    wisp_status status = load_root(w, shipped, err);
    if (status != WISP_OK)
        return status;
    for (int i = 0; status == WISP_OK && i < WISP_ROOT_UPDATES_MAX; i++)
        status = update_root(w, err);
    if (status != WISP_OK && status != WISP_NOT_FOUND)
        return status;
    return check_expiry(w, w->trusted[WISP_ROLE_ROOT], err);
}

/* --- timestamp, snapshot, targets (5.4 to 5.6) ------------------------------------------- */

/* Loads what is stored of [role], if it still verifies: it holds back older versions, even if
 * it has expired. */
static wisp_status load_stored(wisp_workflow *w, wisp_role role, wisp_error *err)
{
    wisp_metadata *document;
    wisp_status status =
        wisp_metastore_load(w->store, role, wisp_role_name(role), &document, err);
    if (status == WISP_OK) {
        status = verify(w, document, err);
        if (status == WISP_OK)
            trust(w, document);
        else
            wisp_metadata_free(document);
    }
    return status == WISP_NO_MEMORY ? status : WISP_OK;
}

static wisp_status replayed(const wisp_metadata *document, const char *what, uint64_t found,
                            uint64_t trusted, wisp_error *err)
{
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%s.json: %sversion %" PRIu64 " is older than the trusted version %" PRIu64
                     " (replayed?)",
                     wisp_role_name(wisp_metadata_role(document)), what, found, trusted);
}

static wisp_file_info snapshot_of(const wisp_metadata *timestamp)
{
    wisp_file_info info = {0};
    wisp_metadata_meta(timestamp, "snapshot.json", &info, NULL); /* parsing has made sure */
    return info;
}

/* Checks for a rollback attack (5.4.3); sets *[is_same] for the version that is trusted already.
 */
static wisp_status check_timestamp(const wisp_metadata *old, const wisp_metadata *new,
                                   bool *is_same, wisp_error *err)
{
    *is_same = false;
    if (!old)
        return WISP_OK;
    uint64_t was = wisp_metadata_version(old), is = wisp_metadata_version(new);
    if (is < was)
        return replayed(new, "", is, was, err);
    *is_same = is == was;
    was = snapshot_of(old).version;
    is = snapshot_of(new).version;
    return is < was ? replayed(new, "snapshot ", is, was, err) : WISP_OK;
}

/* Takes [new] in any case. */
static wisp_status accept_timestamp(wisp_workflow *w, wisp_metadata *new, wisp_bytes bytes,
                                    wisp_error *err)
{
    bool is_same;
    wisp_metadata *old = w->trusted[WISP_ROLE_TIMESTAMP];
    wisp_status status = verify(w, new, err);
    if (status == WISP_OK)
        status = check_timestamp(old, new, &is_same, err);
    if (status == WISP_OK && is_same) {
        wisp_metadata_free(new);
        return check_expiry(w, old, err);
    }
    if (status == WISP_OK)
        status = check_expiry(w, new, err);
    if (status == WISP_OK)
        status = wisp_metastore_save(w->store, wisp_role_name(WISP_ROLE_TIMESTAMP), bytes, err);
    if (status == WISP_OK)
        trust(w, new);
    else
        wisp_metadata_free(new);
    return status;
}

static wisp_status refresh_timestamp(wisp_workflow *w, wisp_error *err)
{
    wisp_download file;
    wisp_metadata *new;
    wisp_status status = load_stored(w, WISP_ROLE_TIMESTAMP, err);
    if (status != WISP_OK)
        return status;
    status = fetch_file(w, WISP_ROLE_TIMESTAMP, 0, wisp_role_size_max(WISP_ROLE_TIMESTAMP), &file,
                        err);
    if (status == WISP_OK)
        status = wisp_metadata_parse(w->allocator, WISP_ROLE_TIMESTAMP,
                                     wisp_download_bytes(&file), &new, err);
    if (status == WISP_OK)
        status = accept_timestamp(w, new, wisp_download_bytes(&file), err);
    wisp_download_free(&file);
    return status;
}

/* Checks for a rollback attack on any file that the old snapshot lists (5.5.5). */
static wisp_status check_snapshot(const wisp_metadata *old, const wisp_metadata *new,
                                  wisp_error *err)
{
    void *cursor = NULL;
    const char *name;
    wisp_file_info was, is;
    while (wisp_metadata_next_meta(old, &cursor, &name, &was)) {
        if (wisp_metadata_meta(new, name, &is, NULL) != WISP_OK)
            return wisp_fail(err, WISP_UNTRUSTED,
                             "snapshot.json: %.80s is no longer listed, it was version %" PRIu64,
                             name, was.version);
        if (is.version < was.version) {
            char what[100];
            snprintf(what, sizeof what, "%.80s ", name);
            return replayed(new, what, is.version, was.version, err);
        }
    }
    return WISP_OK;
}

/* The checks of a snapshot or targets that came from the network, in the order of 5.5 and 5.6. */
static wisp_status check_listed(const wisp_workflow *w, const wisp_metadata *new,
                                const wisp_file_info *info, wisp_error *err)
{
    wisp_role role = wisp_metadata_role(new);
    const wisp_metadata *old = w->trusted[role];
    wisp_status status = verify(w, new, err);
    if (status == WISP_OK && wisp_metadata_version(new) != info->version)
        status = wisp_fail(err, WISP_UNTRUSTED,
                           "%s.json: version %" PRIu64 ", expected %" PRIu64
                           " (files of different releases mixed?)",
                           wisp_role_name(role), wisp_metadata_version(new), info->version);
    if (status == WISP_OK && role == WISP_ROLE_SNAPSHOT && old)
        status = check_snapshot(old, new, err);
    return status == WISP_OK ? check_expiry(w, new, err) : status;
}

/* The server sent more than it said, which for a length that was signed is a lie. */
static wisp_status too_long(const char *name, const wisp_file_info *info, wisp_error *err)
{
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%.80s goes on after the expected %" PRIu64
                     " bytes (content changed on the server)",
                     name, info->length);
}

/* Gets the file that [info] describes, and checks its bytes. */
static wisp_status fetch_listed(wisp_workflow *w, wisp_role role, const wisp_file_info *info,
                                wisp_download *out, wisp_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "%s.json", wisp_role_name(role));
    bool consistent = wisp_root_consistent_snapshot(w->trusted[WISP_ROLE_ROOT]);
    size_t size_max = wisp_role_size_max(role);
    bool is_told = info->length < size_max;
    wisp_status status = fetch_file(w, role, consistent ? info->version : 0,
                                    is_told ? (size_t)info->length : size_max, out, err);
    if (status == WISP_LIMIT && is_told)
        return too_long(name, info, err);
    return status == WISP_OK ? wisp_file_info_check(info, name, wisp_download_bytes(out), err)
                             : status;
}

/* Fetches, checks, stores and trusts the document of [role] that [info] describes. */
static wisp_status update_listed(wisp_workflow *w, wisp_role role, const wisp_file_info *info,
                                 wisp_error *err)
{
    wisp_download file;
    wisp_metadata *new = NULL;
    wisp_status status = fetch_listed(w, role, info, &file, err);
    if (status == WISP_OK)
        status = wisp_metadata_parse(w->allocator, role, wisp_download_bytes(&file), &new, err);
    if (status == WISP_OK)
        status = check_listed(w, new, info, err);
    if (status == WISP_OK)
        status =
            wisp_metastore_save(w->store, wisp_role_name(role), wisp_download_bytes(&file), err);
    if (status == WISP_OK)
        trust(w, new);
    else
        wisp_metadata_free(new);
    wisp_download_free(&file);
    return status;
}

/* Makes the document of [role] the one that [info] describes; the stored one may do. */
static wisp_status refresh_listed(wisp_workflow *w, wisp_role role, const wisp_file_info *info,
                                  wisp_error *err)
{
    wisp_status status = load_stored(w, role, err);
    if (status != WISP_OK)
        return status;
    const wisp_metadata *stored = w->trusted[role];
    if (stored && wisp_metadata_version(stored) == info->version &&
        check_expiry(w, stored, NULL) == WISP_OK)
        return WISP_OK;
    return update_listed(w, role, info, err);
}

wisp_status wisp_workflow_refresh(wisp_workflow *w, wisp_bytes shipped_root, wisp_error *err)
{
    wisp_file_info info;
    wisp_status status = refresh_root(w, shipped_root, err);
    if (status == WISP_OK)
        status = refresh_timestamp(w, err);
    if (status == WISP_OK)
        status = wisp_metadata_meta(w->trusted[WISP_ROLE_TIMESTAMP], "snapshot.json", &info, err);
    if (status == WISP_OK)
        status = refresh_listed(w, WISP_ROLE_SNAPSHOT, &info, err);
    if (status == WISP_OK)
        status = wisp_metadata_meta(w->trusted[WISP_ROLE_SNAPSHOT], "targets.json", &info, err);
    if (status == WISP_OK)
        status = refresh_listed(w, WISP_ROLE_TARGETS, &info, err);
    return status;
}

/* --- content (5.7) ----------------------------------------------------------------------- */

/* "dir/name" becomes "dir/<hash>.name" where files are named by their hash (6.2), then what a
 * URL cannot have is encoded. */
static bool target_path(const char *name, const wisp_file_info *info, bool consistent, char *path,
                        size_t size)
{
    char plain[PATH_SIZE], hash[WISP_HASH_TEXT_SIZE];
    const char *slash = strrchr(name, '/');
    int dir_len = slash ? (int)(slash - name) + 1 : 0;
    wisp_hash_print(&info->sha256, hash);
    int len = consistent ? snprintf(plain, sizeof plain, "%.*s%s.%s", dir_len, name, hash,
                                    name + dir_len)
                         : snprintf(plain, sizeof plain, "%s", name);
    return len > 0 && (size_t)len < sizeof plain && wisp_percent_encode(plain, "/", path, size);
}

wisp_status wisp_workflow_fetch_target(wisp_workflow *w, const char *base_url, const char *name,
                                       const wisp_file_info *info, wisp_download *out,
                                       wisp_error *err)
{
    char path[PATH_SIZE];
    *out = (wisp_download){.allocator = w->allocator};
    bool consistent = wisp_root_consistent_snapshot(w->trusted[WISP_ROLE_ROOT]);
    if (!target_path(name, info, consistent, path, sizeof path))
        return wisp_fail(err, WISP_INVALID, "the target's name '%.60s…' is too long", name);
    wisp_status status =
        wisp_fetch(w->net, w->allocator, base_url, path, name, (size_t)info->length, out, err);
    w->bytes_fetched += out->size;
    if (status == WISP_LIMIT)
        return too_long(name, info, err);
    return status == WISP_OK ? wisp_file_info_check(info, name, wisp_download_bytes(out), err)
                             : status;
}
