#include "publish/doctor.h"

#include "base/error.h"
#include "publish/file.h"
#include "publish/repository.h"
#include "publish/roles.h"
#include "release/offer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SOON_DAYS       7
#define CLOCK_NOTE_S    60
#define CLOCK_TROUBLE_S 3600

typedef struct doctor {
    wisp_project *project;
    const wisp_examination *examination;
    wisp_repository repository;
    bool verifies;
    int64_t now;
} doctor;

static void tell(const doctor *d, wisp_finding_level level, const char *about, const char *advice,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void tell(const doctor *d, wisp_finding_level level, const char *about, const char *advice,
                 const char *format, ...)
{
    wisp_finding finding = {.level = level};
    va_list list;
    va_start(list, format);
    vsnprintf(finding.text, sizeof finding.text, format, list);
    va_end(list);
    snprintf(finding.about, sizeof finding.about, "%s", about);
    snprintf(finding.advice, sizeof finding.advice, "%s", advice);
    d->examination->tell(d->examination->context, &finding);
}

/* ------------------------------------------------------------------ the repository */

static void examine_repository(doctor *d)
{
    wisp_error err;
    wisp_repository_init(&d->repository, d->project->arena.allocator, d->project->os,
                         d->project->repository);
    wisp_status status = wisp_repository_read(&d->repository, &err);
    d->verifies = !status;
    if (!status)
        status = wisp_repository_check_targets(&d->repository, &err);
    if (status)
        tell(d, WISP_FINDING_TROUBLE, "repository",
             d->verifies ? "publish the file again" : "bring the file back from a backup", "%s",
             err.text);
    else
        tell(d, WISP_FINDING_FINE, "repository", "", "all documents and files verify");
}

/* Whether a device would understand what it is offered. */
static void examine_offers(const doctor *d, size_t role)
{
    const wisp_json *entry;
    const wisp_json *targets =
        wisp_json_value(wisp_metadata_signed(d->repository.documents[role]), "targets");
    const char *path;
    void *cursor = NULL;
    while (wisp_json_next(targets, &cursor, &path, &entry)) {
        const char *slash = strrchr(path, '/');
        wisp_file_info info;
        wisp_offers offers;
        wisp_error err;
        if (!wisp_json_has(entry, "custom"))
            continue; /* a further module of a release */
        wisp_status status = wisp_target_read(entry, &info, &err);
        if (!status)
            status = wisp_offers_parse(d->project->arena.allocator, slash ? slash + 1 : path,
                                       &info, &offers, &err);
        if (status)
            tell(d, WISP_FINDING_TROUBLE, path, "publish it again", "%s", err.text);
        else
            wisp_offers_deinit(&offers);
    }
}

/* ------------------------------------------------------------------ keys */

/* Whether the key in [path], of the role, is at hand; tells what is wrong with it. */
static bool examine_key(const doctor *d, const char *about, const char *path,
                        const wisp_signers *signers, const char *role)
{
    wisp_key key;
    wisp_error err;
    char advice[160];
    wisp_status status = wisp_project_key(d->project, path, &key, &err);
    if (status == WISP_NOT_FOUND)
        return false;
    if (status) {
        tell(d, WISP_FINDING_TROUBLE, about, "", "%s", err.text);
        return false;
    }
    bool can_sign = wisp_key_can_sign(&key);
    wisp_key_wipe(&key);
    if (!signers || wisp_signers_have(signers, key.id))
        return can_sign;
    snprintf(advice, sizeof advice, "'wisp key add %s %.80s', or take it out of wisp.json", role,
             path);
    tell(d, WISP_FINDING_TROUBLE, about, advice,
         "%.80s (ID %.12s…) is not among those that devices trust", path, key.id);
    return false;
}

static void examine_keys(const doctor *d, const char *role)
{
    char about[48];
    wisp_signers signers;
    wisp_metadata *const *documents = d->repository.documents;
    const wisp_role_policy *policy = wisp_config_policy(&d->project->config, role);
    bool is_known =
        d->verifies && wisp_signers_find(documents[WISP_ROLE_ROOT], documents[WISP_ROLE_TARGETS],
                                         role, &signers);
    uint64_t at_hand = 0;
    snprintf(about, sizeof about, "keys of %s", role);
    if (d->verifies && !is_known) {
        tell(d, WISP_FINDING_TROUBLE, about, "make it with 'wisp channel'",
             "targets delegates to no channel of this name");
        return;
    }
    for (size_t i = 0; i < policy->key_len; i++)
        at_hand += examine_key(d, about, policy->keys[i], is_known ? &signers : NULL, role);
    uint64_t threshold = is_known ? signers.threshold : policy->threshold;
    bool is_enough = at_hand >= threshold;
    tell(d, is_enough ? WISP_FINDING_FINE : WISP_FINDING_NOTE, about,
         is_enough ? "" : "others must sign what changes, with 'wisp sign'",
         "%" PRIu64 " at hand, %" PRIu64 " must sign", at_hand, threshold);
}

/* ------------------------------------------------------------------ time */

static void examine_expiry(const doctor *d, size_t role)
{
    char about[48], advice[160];
    const char *name = d->repository.names[role];
    const wisp_metadata *document = d->repository.documents[role];
    int64_t left = wisp_metadata_expires(document) - d->now;
    int64_t days = (left < 0 ? -left : left) / WISP_DAY_S;
    snprintf(about, sizeof about, "%.20s version %" PRIu64, name,
             wisp_metadata_version(document));
    snprintf(advice, sizeof advice, "'wisp renew %s'", name);
    if (left <= 0)
        tell(d, WISP_FINDING_TROUBLE, about, advice,
             "expired %" PRId64 " days ago: devices take no updates", days);
    else if (days < SOON_DAYS)
        tell(d, WISP_FINDING_NOTE, about, advice, "expires in %" PRId64 " days", days);
    else
        tell(d, WISP_FINDING_FINE, about, "", "valid for %" PRId64 " more days", days);
}

/* A document cannot have been signed later than now. */
static void examine_clock(const doctor *d)
{
    const wisp_metadata *timestamp = d->repository.documents[WISP_ROLE_TIMESTAMP];
    int64_t days = (int64_t)d->project->config.roles[WISP_ROLE_TIMESTAMP].expires_days;
    int64_t ahead = wisp_metadata_expires(timestamp) - days * WISP_DAY_S - d->now;
    if (ahead > CLOCK_NOTE_S)
        tell(d, WISP_FINDING_NOTE, "clock",
             "set it right, unless 'expires_days' of timestamp was changed meanwhile",
             "timestamp was signed %" PRId64 " minutes from now, as this machine's clock has it",
             ahead / 60);
    else
        tell(d, WISP_FINDING_FINE, "clock", "", "not before the last signature");
}

static void compare_clocks(const doctor *d, int64_t server_time)
{
    int64_t ahead = server_time - d->now, distance = ahead < 0 ? -ahead : ahead;
    if (server_time == 0)
        return;
    if (distance <= CLOCK_NOTE_S)
        tell(d, WISP_FINDING_FINE, "clock", "", "the web server's is the same");
    else
        tell(d, distance > CLOCK_TROUBLE_S ? WISP_FINDING_TROUBLE : WISP_FINDING_NOTE, "clock",
             "set the one right that is wrong",
             "the web server's is %" PRId64 " minutes %s this machine's", distance / 60,
             ahead < 0 ? "behind" : "ahead of");
}

/* ------------------------------------------------------------------ what devices see */

typedef struct body {
    uint8_t *data;
    size_t size, room;
} body;

static bool take(void *context, const void *data, size_t size)
{
    body *b = context;
    if (size > b->room - b->size)
        return false;
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

/* Whether the document [name], whose local bytes are [local], is the same at the URL. */
static bool compare_document(doctor *d, const char *name, wisp_bytes local, int64_t *server_time)
{
    char url[WISP_URL_SIZE_MAX + WISP_DOCUMENT_NAME_SIZE + 2];
    const char *base = d->examination->url;
    size_t len = strlen(base);
    len -= len > 0 && base[len - 1] == '/';
    snprintf(url, sizeof url, "%.*s/%s", (int)len, base, name);
    body found = {wisp_arena_alloc(&d->repository.arena, local.size + 1, 1), 0, local.size + 1};
    wisp_error err;
    const wisp_net_request request = {.url = url,
                                      .size_max = local.size + 1,
                                      .sink = take,
                                      .context = &found,
                                      .server_time_s = server_time};
    if (!found.data)
        return false;
    wisp_status status = wisp_net_perform(d->examination->net, &request, &err);
    bool is_same = found.size == local.size && memcmp(found.data, local.data, local.size) == 0;
    if (status && status != WISP_LIMIT)
        tell(d, WISP_FINDING_TROUBLE, name, "upload the repository, or look at the server", "%s",
             err.text);
    else if (!is_same)
        tell(d, WISP_FINDING_TROUBLE, name, "upload the repository; a cache may be in between",
             "at the URL it is another one than here");
    return !status && is_same;
}

static void examine_url(doctor *d)
{
    int64_t server_time = 0;
    bool all_same = true;
    for (size_t role = 0; role < d->repository.len; role++) {
        char name[WISP_DOCUMENT_NAME_SIZE];
        wisp_bytes local;
        if (!d->repository.documents[role])
            continue;
        wisp_repository_document_name(&d->repository, role, name);
        const char *path = wisp_path_join(&d->repository.arena, d->repository.dir, name);
        if (!path || wisp_file_read(d->project->os, &d->repository.arena, path,
                                    wisp_role_size_max(wisp_repository_kind(role)), &local, NULL))
            continue; /* it was read before */
        all_same = compare_document(d, name, local, &server_time) && all_same;
    }
    if (all_same)
        tell(d, WISP_FINDING_FINE, "url", "", "%.200s shows what is here", d->examination->url);
    compare_clocks(d, server_time);
}

/* Programs begin with a root that they have; it must be one of the chain here. */
static void examine_root(doctor *d)
{
    wisp_bytes root = d->examination->root, found;
    wisp_metadata *parsed;
    wisp_error err;
    char name[WISP_DOCUMENT_NAME_SIZE];
    if (wisp_metadata_parse(d->project->arena.allocator, WISP_ROLE_ROOT, root, &parsed, &err)) {
        tell(d, WISP_FINDING_TROUBLE, "root of programs", "build the program with repo/root.json",
             "%s", err.text);
        return;
    }
    uint64_t version = wisp_metadata_version(parsed);
    wisp_metadata_free(parsed);
    snprintf(name, sizeof name, "%" PRIu64 ".root.json", version);
    const char *path = wisp_path_join(&d->repository.arena, d->repository.dir, name);
    bool is_ours = path &&
                   !wisp_file_read(d->project->os, &d->repository.arena, path,
                                   wisp_role_size_max(WISP_ROLE_ROOT), &found, NULL) &&
                   found.size == root.size && memcmp(found.data, root.data, root.size) == 0;
    if (is_ours)
        tell(d, WISP_FINDING_FINE, "root of programs", "",
             "version %" PRIu64 " of this repository, which leads to the newest", version);
    else
        tell(d, WISP_FINDING_TROUBLE, "root of programs",
             "find the repository that they were built for",
             "it is not version %" PRIu64 " of this repository: those programs trust other keys",
             version);
}

/* ------------------------------------------------------------------ all of it */

void wisp_doctor(wisp_project *project, const wisp_examination *examination)
{
    doctor d = {.project = project, .examination = examination};
    d.now = project->os->wall_time_s(project->os->user);
    examine_repository(&d);
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        examine_keys(&d, wisp_role_name((wisp_role)role));
    for (size_t i = 0; i < project->config.channel_len; i++)
        examine_keys(&d, project->config.channels[i].name);
    for (size_t role = 0; d.verifies && role < d.repository.len; role++) {
        if (d.repository.documents[role])
            examine_expiry(&d, role);
        if (d.repository.documents[role] && role >= WISP_ROLE_LEN)
            examine_offers(&d, role);
    }
    if (d.verifies)
        examine_clock(&d);
    if (examination->root.data)
        examine_root(&d);
    if (d.verifies && examination->url)
        examine_url(&d);
    wisp_repository_deinit(&d.repository);
}
