#include "publish/change.h"

#include "base/error.h"
#include "publish/difference.h"
#include "publish/pending.h"
#include "trust/delegations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION_MAX (UINT64_C(1) << 53) /* what a JSON number holds exactly */

/* ------------------------------------------------------------------ begin and end */

static wisp_status name_channels(wisp_change *change, wisp_error *err)
{
    const wisp_config *config = &change->project->config;
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < config->channel_len && !status; i++)
        status = wisp_repository_add(&change->repository, config->channels[i].name, err);
    return status;
}

wisp_status wisp_change_begin(wisp_change *change, wisp_project *project, wisp_change_kind kind,
                              wisp_error *err)
{
    *change = (wisp_change){.project = project};
    wisp_repository *repository = &change->repository;
    wisp_repository_init(repository, project->arena.allocator, project->os, project->repository);
    change->now = project->os->wall_time_s(project->os->user);
    wisp_status status = wisp_project_lock(project, err);
    if (status)
        return status;
    if (kind == WISP_CHANGE_NEW)
        return name_channels(change, err);
    status = wisp_repository_read(repository, err);
    if (status)
        return status;
    wisp_repository_sweep(repository);
    for (size_t role = 0; role < repository->len; role++) {
        const wisp_metadata *document = repository->documents[role];
        if (document)
            change->editions[role] =
                (wisp_edition){wisp_metadata_version(document), wisp_metadata_expires(document)};
    }
    return kind == WISP_CHANGE_RELEASE ? wisp_pending_refuse(change, err) : WISP_OK;
}

void wisp_change_end(wisp_change *change)
{
    for (size_t role = 0; role < WISP_DOCUMENTS_MAX; role++) {
        wisp_document_deinit(&change->documents[role]);
        wisp_metadata_free(change->next[role]);
    }
    wisp_free(change->repository.arena.allocator, change->contents,
              change->content_capacity * sizeof *change->contents);
    wisp_repository_deinit(&change->repository);
}

wisp_status wisp_change_channel(const wisp_change *change, const char *name, size_t *out,
                                wisp_error *err)
{
    const wisp_repository *repository = &change->repository;
    *out = wisp_repository_find(repository, name);
    if (*out >= WISP_ROLE_LEN && *out < repository->len)
        return WISP_OK;
    char known[160] = "";
    for (size_t role = WISP_ROLE_LEN; role < repository->len; role++) {
        size_t len = strlen(known);
        snprintf(known + len, sizeof known - len, "%s%s", len ? ", " : "",
                 repository->names[role]);
    }
    return wisp_fail(err, WISP_NOT_FOUND, "there is no channel '%.40s', only %s", name, known);
}

/* ------------------------------------------------------------------ documents */

const wisp_metadata *wisp_change_document(const wisp_change *change, size_t role)
{
    return change->next[role] ? change->next[role] : change->repository.documents[role];
}

/* The edition after the present one: the next version that no file has, and the expiry that
 * the config sets. The chain of roots has no gaps (TUF 5.3), and timestamp no number. */
static wisp_status next_edition(wisp_change *change, size_t role, wisp_edition *out,
                                wisp_error *err)
{
    const char *name = change->repository.names[role];
    uint64_t version = change->editions[role].version, highest = 0;
    bool may_skip = role != WISP_ROLE_ROOT && role != WISP_ROLE_TIMESTAMP;
    const wisp_role_policy *policy = wisp_config_policy(&change->project->config, name);
    if (!policy)
        return wisp_fail(err, WISP_NOT_FOUND, WISP_CONFIG_NAME " has no channel '%.40s'", name);
    if (may_skip && change->repository.documents[WISP_ROLE_ROOT]) {
        wisp_status status = wisp_repository_highest(&change->repository, role, &highest, err);
        if (status)
            return status;
    }
    if (highest > version)
        version = highest;
    if (version >= VERSION_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has version %" PRIu64 ", the highest there can be",
                         name, version);
    *out = (wisp_edition){version + 1, change->now + (int64_t)policy->expires_days * WISP_DAY_S};
    return WISP_OK;
}

wisp_status wisp_change_draft(wisp_change *change, size_t role, wisp_json **out, wisp_error *err)
{
    wisp_edition edition;
    wisp_status status = next_edition(change, role, &edition, err);
    if (status)
        return status;
    const wisp_metadata *live = change->repository.documents[role];
    *out = live ? wisp_role_renew(live, edition)
                : wisp_role_build(wisp_repository_kind(role), edition);
    return *out ? WISP_OK : wisp_fail_memory(err, 0);
}

/* Who signed [role] until now, and who does from now on. */
typedef struct succession {
    wisp_signers before, after;
    bool had, has;
} succession;

static succession find_signers(const wisp_change *change, size_t role)
{
    wisp_metadata *const *live = change->repository.documents;
    const wisp_metadata *root = wisp_change_document(change, WISP_ROLE_ROOT);
    const char *name = change->repository.names[role];
    succession s = {.had = false};
    s.had = live[WISP_ROLE_ROOT] &&
            wisp_signers_find(live[WISP_ROLE_ROOT], live[WISP_ROLE_TARGETS], name, &s.before);
    s.has = root && wisp_signers_find(root, wisp_change_document(change, WISP_ROLE_TARGETS), name,
                                      &s.after);
    return s;
}

/* Counts the signatures of the new document of [role]. A root needs those of both. */
static wisp_status count_signatures(wisp_change *change, size_t role, wisp_error *err)
{
    succession s = find_signers(change, role);
    wisp_bytes bytes = wisp_document_bytes(&change->documents[role]);
    size_t count = 0;
    if (!s.has)
        return wisp_fail(err, WISP_UNTRUSTED, "nobody may sign %s",
                         change->repository.names[role]);
    wisp_status status = WISP_OK;
    if (role == WISP_ROLE_ROOT && s.had) {
        status = wisp_document_count(bytes, &s.before, &count, err);
        change->threshold[role] = s.before.threshold;
    }
    if (!status && count >= change->threshold[role]) {
        status = wisp_document_count(bytes, &s.after, &count, err);
        change->threshold[role] = s.after.threshold;
    }
    change->signed_by[role] = count;
    return status;
}

/* Takes the new document of [role] back. */
static void withdraw(wisp_change *change, size_t role)
{
    const wisp_metadata *live = change->repository.documents[role];
    wisp_document_deinit(&change->documents[role]);
    wisp_metadata_free(change->next[role]);
    change->next[role] = NULL;
    if (live)
        change->editions[role] =
            (wisp_edition){wisp_metadata_version(live), wisp_metadata_expires(live)};
}

/* New targets may delegate to roles that were not there. */
static wisp_status name_delegations(wisp_change *change, wisp_error *err)
{
    wisp_repository *repository = &change->repository;
    wisp_delegation delegation;
    wisp_status status = WISP_OK;
    for (size_t i = 0;
         !status && wisp_delegations_at(change->next[WISP_ROLE_TARGETS], i, &delegation); i++) {
        if (wisp_repository_find(repository, delegation.role) == repository->len)
            status = wisp_repository_add(repository, delegation.role, err);
    }
    return status;
}

static wisp_status adopt(wisp_change *change, size_t role, wisp_document *document,
                         wisp_error *err)
{
    wisp_role kind = wisp_repository_kind(role);
    const char *name = change->repository.names[role];
    if (document->size > wisp_role_size_max(kind))
        return wisp_fail(err, WISP_LIMIT, "%s would have %zu bytes, expected %zu at the most",
                         name, document->size, wisp_role_size_max(kind));
    wisp_metadata *parsed;
    wisp_status status = wisp_metadata_parse_as(change->repository.arena.allocator, kind, name,
                                                wisp_document_bytes(document), &parsed, err);
    if (status)
        return status;
    withdraw(change, role);
    change->documents[role] = *document;
    change->next[role] = parsed;
    *document = (wisp_document){0};
    change->editions[role] =
        (wisp_edition){wisp_metadata_version(parsed), wisp_metadata_expires(parsed)};
    change->threshold[role] = 0;
    status = role == WISP_ROLE_TARGETS ? name_delegations(change, err) : WISP_OK;
    return status ? status : count_signatures(change, role, err);
}

wisp_status wisp_change_adopt(wisp_change *change, size_t role, wisp_bytes bytes, wisp_error *err)
{
    wisp_document document;
    wisp_status status = wisp_document_copy(bytes, &document, err);
    if (!status)
        status = adopt(change, role, &document, err);
    wisp_document_deinit(&document);
    return status;
}

wisp_status wisp_change_cosign(wisp_change *change, size_t role, const wisp_key *key,
                               wisp_error *err)
{
    succession s = find_signers(change, role);
    bool counts = (s.had && wisp_signers_have(&s.before, key->id)) ||
                  (s.has && wisp_signers_have(&s.after, key->id));
    if (!counts)
        return WISP_OK;
    wisp_document document;
    wisp_status status =
        wisp_document_cosign(wisp_document_bytes(&change->documents[role]), key, &document, err);
    if (!status)
        status = adopt(change, role, &document, err);
    wisp_document_deinit(&document);
    return status;
}

/* Takes keys out of [keyring] that no device trusts; the place of the first in the policy. */
static const char *drop_strangers(const succession *s, const wisp_role_policy *policy,
                                  wisp_keyring *keyring)
{
    const char *stranger = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < keyring->len; i++) {
        const wisp_key *key = &keyring->keys[i];
        bool is_known = (s->had && wisp_signers_have(&s->before, key->id)) ||
                        (s->has && wisp_signers_have(&s->after, key->id));
        if (is_known)
            keyring->keys[kept++] = *key;
        else if (!stranger)
            stranger = policy->keys[keyring->places[i]];
    }
    while (keyring->len > kept)
        wisp_key_wipe(&keyring->keys[--keyring->len]);
    return stranger;
}

/* A root says itself who signs it. */
static succession signers_of(const wisp_change *change, size_t role, const wisp_json *contents)
{
    succession s = find_signers(change, role);
    if (role == WISP_ROLE_ROOT)
        s.has = !wisp_signers_read(wisp_json_value(contents, "keys"),
                                   wisp_json_value(wisp_json_value(contents, "roles"), "root"),
                                   &s.after, NULL);
    return s;
}

static wisp_status sign(wisp_change *change, size_t role, wisp_json *contents,
                        wisp_keyring *keyring, wisp_error *err)
{
    const char *name = change->repository.names[role];
    const wisp_role_policy *policy = wisp_config_policy(&change->project->config, name);
    succession s = signers_of(change, role, contents);
    const char *stranger = drop_strangers(&s, policy, keyring);
    wisp_document document;
    wisp_status status = wisp_document_make(contents, keyring, &document, err);
    if (!status)
        status = adopt(change, role, &document, err);
    wisp_document_deinit(&document);
    if (status || !stranger || change->signed_by[role] >= change->threshold[role])
        return status;
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%.100s is not among the keys of %s that devices trust (root version "
                     "%" PRIu64 ")",
                     stranger, name,
                     wisp_metadata_version(wisp_change_document(change, WISP_ROLE_ROOT)));
}

wisp_status wisp_change_put(wisp_change *change, size_t role, wisp_json *contents,
                            wisp_error *err)
{
    wisp_keyring keyring = {.len = 0};
    wisp_status status =
        wisp_project_keys(change->project, change->repository.names[role], &keyring, err);
    if (status)
        wisp_json_free(contents);
    else
        status = sign(change, role, contents, &keyring, err);
    wisp_keyring_wipe(&keyring);
    return status;
}

wisp_status wisp_change_renew(wisp_change *change, size_t role, wisp_error *err)
{
    wisp_json *contents;
    wisp_status status = wisp_change_draft(change, role, &contents, err);
    return status ? status : wisp_change_put(change, role, contents, err);
}

/* Everybody's key counts here, whether it can sign on this machine or not. */
wisp_status wisp_change_appoint(wisp_change *change, const char *role, wisp_json *contents,
                                wisp_error *err)
{
    const wisp_role_policy *policy = wisp_config_policy(&change->project->config, role);
    wisp_status status = WISP_OK;
    bool done = wisp_signers_require(contents, role, policy->threshold);
    for (size_t i = 0; i < policy->key_len && done && !status; i++) {
        wisp_key key;
        status = wisp_project_key(change->project, policy->keys[i], &key, err);
        done = status || wisp_signers_add(contents, role, &key);
        wisp_key_wipe(&key);
    }
    return done ? status : wisp_fail_memory(err, 0);
}

/* ------------------------------------------------------------------ files */

wisp_status wisp_change_content(wisp_change *change, const wisp_content *content,
                                wisp_bytes bytes, wisp_error *err)
{
    for (size_t i = 0; i < change->content_len; i++) {
        const wisp_content *has = &change->contents[i].content;
        if (memcmp(&has->hash, &content->hash, sizeof has->hash) == 0 &&
            strcmp(has->path, content->path) == 0)
            return WISP_OK;
    }
    if (change->content_len == change->content_capacity) {
        size_t capacity = change->content_capacity ? change->content_capacity * 2 : 8;
        wisp_new_content *more =
            wisp_realloc(change->repository.arena.allocator, change->contents,
                         change->content_capacity * sizeof *more, capacity * sizeof *more);
        if (!more)
            return wisp_fail_memory(err, capacity * sizeof *more);
        change->contents = more;
        change->content_capacity = capacity;
    }
    change->contents[change->content_len++] = (wisp_new_content){*content, bytes};
    return WISP_OK;
}

/* A new key is in its file, and that in the config, before anything is live that needs it. */
static wisp_status write_keys(wisp_change *change, wisp_error *err)
{
    wisp_project *project = change->project;
    wisp_status status = WISP_OK;
    if (project->fresh_path) {
        const char *path = wisp_project_path(project, project->fresh_path);
        status = path ? wisp_key_save(project->os, path, &project->fresh, err)
                      : wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    }
    if (!status)
        project->fresh_path = NULL;
    return status ? status : wisp_project_save(project, err);
}

static wisp_status write_files(wisp_change *change, wisp_error *err)
{
    wisp_status status = change->saves_config ? write_keys(change, err) : WISP_OK;
    for (size_t i = 0; i < change->content_len && !status; i++) {
        const wisp_new_content *file = &change->contents[i];
        status = wisp_repository_write_content(&change->repository, file->content.path,
                                               &file->content.hash, file->bytes, err);
    }
    return status;
}

/* ------------------------------------------------------------------ finish */

/* The first new document that has too few signatures; repository.len where all have enough. */
static size_t find_unsigned(const wisp_change *change)
{
    size_t role = 0;
    while (role < change->repository.len &&
           (!change->documents[role].text || change->signed_by[role] >= change->threshold[role]))
        role++;
    return role;
}

/* Whether a new document waits for nothing but those that speak of it. */
static bool has_news(const wisp_change *change)
{
    bool found = change->documents[WISP_ROLE_ROOT].text;
    for (size_t role = WISP_ROLE_TARGETS; role < change->repository.len; role++)
        found = found || change->documents[role].text;
    return found;
}

static bool put_meta(const wisp_change *change, wisp_json *contents, size_t of)
{
    char name[WISP_ROLE_NAME_SIZE + 8];
    const wisp_document *document = &change->documents[of];
    snprintf(name, sizeof name, "%s.json", change->repository.names[of]);
    return !document->text || wisp_meta_put(contents, name, change->editions[of].version,
                                            document->size, &document->hash);
}

/* Signs snapshot or timestamp with what it says of the new ones among the [len] documents from
 * [first]. */
static wisp_status sign_meta(wisp_change *change, wisp_role role, size_t first, size_t len,
                             wisp_error *err)
{
    wisp_json *contents;
    wisp_status status = wisp_change_draft(change, role, &contents, err);
    if (status)
        return status;
    bool made = true;
    for (size_t of = first; of < first + len && made; of++)
        made = put_meta(change, contents, of);
    if (made)
        return wisp_change_put(change, role, contents, err);
    wisp_json_free(contents);
    return wisp_fail_memory(err, 0);
}

static wisp_status sign_upwards(wisp_change *change, bool snapshot_due, wisp_error *err)
{
    size_t len = change->repository.len;
    for (size_t role = WISP_ROLE_TARGETS; role < len; role++)
        snapshot_due = snapshot_due || change->documents[role].text;
    wisp_status status = WISP_OK;
    if (snapshot_due)
        status = sign_meta(change, WISP_ROLE_SNAPSHOT, WISP_ROLE_TARGETS, len - WISP_ROLE_TARGETS,
                           err);
    return status ? status : sign_meta(change, WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT, 1, err);
}

static wisp_status too_few_signatures(const wisp_change *change, size_t role, wisp_error *err)
{
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%" PRIu64 " of the %" PRIu64
                     " signatures that devices demand of %s can be made with the keys at hand",
                     change->signed_by[role], change->threshold[role],
                     change->repository.names[role]);
}

/* Every document, new or not, must verify once all of it is live. */
static wisp_status verify_all(const wisp_change *change, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t role = 0; role < change->repository.len && !status; role++) {
        const wisp_metadata *document = wisp_change_document(change, role);
        succession s = find_signers(change, role);
        if (document)
            status = wisp_metadata_verify(document, &s.after, err);
    }
    return status;
}

static bool verifies_under(const wisp_metadata *root, const wisp_metadata *document)
{
    wisp_signers signers = wisp_root_signers(root, wisp_metadata_role(document));
    return wisp_metadata_verify(document, &signers, NULL) == WISP_OK;
}

/*
 * A device may see the new root with the old documents, or the old root with the new ones,
 * depending on which is written first: one of the two orders must hold for it.
 */
static wisp_status choose_order(const wisp_change *change, bool *root_first, wisp_error *err)
{
    wisp_metadata *const *live = change->repository.documents;
    const wisp_metadata *next_root = change->next[WISP_ROLE_ROOT];
    bool root_last = true;
    *root_first = true;
    if (!next_root || !live[WISP_ROLE_ROOT])
        return WISP_OK;
    for (int role = WISP_ROLE_TIMESTAMP; role < WISP_ROLE_LEN; role++) {
        *root_first = *root_first && verifies_under(next_root, live[role]);
        root_last = root_last && verifies_under(live[WISP_ROLE_ROOT],
                                                wisp_change_document(change, (size_t)role));
    }
    if (*root_first || root_last)
        return WISP_OK;
    return wisp_fail(err, WISP_MISMATCH,
                     "between the two roots devices would find documents that neither trusts: "
                     "add the new key first, and take the old one away when that is live");
}

static wisp_status write_document(wisp_change *change, size_t role, wisp_error *err)
{
    return change->documents[role].text
               ? wisp_repository_write(&change->repository, role, change->editions[role].version,
                                       &change->documents[role], err)
               : WISP_OK;
}

static wisp_status write_documents(wisp_change *change, bool root_first, wisp_error *err)
{
    wisp_status status = WISP_OK;
    if (root_first)
        status = write_document(change, WISP_ROLE_ROOT, err);
    for (size_t role = WISP_ROLE_TARGETS; role < change->repository.len && !status; role++)
        status = write_document(change, role, err);
    if (!status)
        status = write_document(change, WISP_ROLE_SNAPSHOT, err);
    if (!status)
        status = write_document(change, WISP_ROLE_TIMESTAMP, err);
    if (!status && !root_first)
        status = write_document(change, WISP_ROLE_ROOT, err);
    return status;
}

static wisp_status follow(wisp_change *change, wisp_error *err)
{
    wisp_metadata *const *live = change->repository.documents;
    if (!live[WISP_ROLE_ROOT])
        return WISP_OK;
    return wisp_project_follow(change->project, live[WISP_ROLE_ROOT], live[WISP_ROLE_TARGETS],
                               wisp_change_document(change, WISP_ROLE_ROOT),
                               wisp_change_document(change, WISP_ROLE_TARGETS), err);
}

static wisp_status go_live(wisp_change *change, bool dry_run, wisp_error *err)
{
    bool root_first;
    wisp_status status = verify_all(change, err);
    if (!status)
        status = choose_order(change, &root_first, err);
    if (status || dry_run)
        return status;
    status = write_files(change, err);
    if (!status)
        status = write_documents(change, root_first, err);
    if (!status)
        status = wisp_pending_clear(change, err);
    if (!status && (change->next[WISP_ROLE_ROOT] || change->next[WISP_ROLE_TARGETS]))
        status = follow(change, err);
    return status;
}

static wisp_status list_changes(const wisp_change *change, size_t role, wisp_json *out,
                                wisp_error *err)
{
    const wisp_metadata *live = change->repository.documents[role];
    return wisp_difference(change->repository.names[role],
                           live ? wisp_metadata_signed(live) : NULL,
                           wisp_metadata_signed(change->next[role]), out)
               ? WISP_OK
               : wisp_fail_memory(err, 0);
}

static wisp_status report(const wisp_change *change, bool is_pending, wisp_published *out,
                          wisp_error *err)
{
    wisp_status status = WISP_OK;
    out->len = change->repository.len;
    out->is_pending = is_pending;
    out->changes = wisp_json_new_array();
    if (!out->changes)
        return wisp_fail_memory(err, 0);
    for (size_t role = 0; role < out->len && !status; role++) {
        snprintf(out->names[role], sizeof out->names[role], "%s", change->repository.names[role]);
        out->renewed[role] = change->documents[role].text;
        out->versions[role] = change->editions[role].version;
        out->expires[role] = change->editions[role].expires;
        out->signed_by[role] = change->signed_by[role];
        out->threshold[role] = change->threshold[role];
        if (change->next[role])
            status = list_changes(change, role, out->changes, err);
    }
    return status;
}

static wisp_status leave_pending(wisp_change *change, bool dry_run, wisp_published *out,
                                 wisp_error *err)
{
    wisp_status status = report(change, true, out, err);
    if (status || dry_run)
        return status;
    status = write_files(change, err);
    return status ? status : wisp_pending_write(change, err);
}

wisp_status wisp_change_finish(wisp_change *change, bool snapshot_due, bool dry_run,
                               wisp_published *out, wisp_error *err)
{
    if (find_unsigned(change) < change->repository.len)
        return leave_pending(change, dry_run, out, err);
    wisp_status status = sign_upwards(change, snapshot_due, err);
    if (status)
        return status;
    size_t lacking = find_unsigned(change);
    if (lacking < change->repository.len && !has_news(change))
        return too_few_signatures(change, lacking, err);
    if (lacking < change->repository.len) {
        withdraw(change, WISP_ROLE_SNAPSHOT);
        withdraw(change, WISP_ROLE_TIMESTAMP);
        return leave_pending(change, dry_run, out, err);
    }
    status = report(change, false, out, err);
    return status ? status : go_live(change, dry_run, err);
}

void wisp_published_deinit(wisp_published *published)
{
    wisp_json_free(published->changes);
    published->changes = NULL;
}
