#include "tuf/listed.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE (WISP_ROLE_NAME_SIZE + 5) /* "root.json" */

static const char *file_name(const char *role, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%s.json", role);
    return name;
}

wisp_listed wisp_listed_top(const wisp_trusted *t, wisp_role role)
{
    char name[NAME_SIZE];
    wisp_role lister = role == WISP_ROLE_SNAPSHOT ? WISP_ROLE_TIMESTAMP : WISP_ROLE_SNAPSHOT;
    wisp_listed listed = {.role = role, .signers = wisp_trusted_signers(t, role)};
    snprintf(listed.name, sizeof listed.name, "%s", wisp_role_name(role));
    wisp_metadata_meta(t->documents[lister], file_name(listed.name, name), &listed.info,
                       NULL); /* cannot fail: parsing has made sure of both */
    return listed;
}

wisp_status wisp_listed_delegated(const wisp_trusted *t, const char *role,
                                  const wisp_signers *signers, wisp_listed *out, wisp_error *err)
{
    char name[NAME_SIZE];
    *out = (wisp_listed){.role = WISP_ROLE_TARGETS, .signers = *signers};
    snprintf(out->name, sizeof out->name, "%s", role);
    wisp_status status = wisp_metadata_meta(t->documents[WISP_ROLE_SNAPSHOT],
                                            file_name(role, name), &out->info, err);
    if (status == WISP_NOT_FOUND)
        return wisp_fail(err, WISP_UNTRUSTED,
                         "snapshot.json does not list %.130s, to which targets are delegated",
                         name);
    return status;
}

wisp_status wisp_listed_restore(const wisp_trusted *t, const wisp_listed *listed,
                                wisp_metadata **out, bool *is_current, wisp_error *err)
{
    wisp_metadata *document = NULL;
    bool is_same = false;
    wisp_status status = wisp_metastore_load_listed(t->store, listed->role, listed->name,
                                                    &listed->info, &document, &is_same, err);
    if (status == WISP_OK)
        status = wisp_metadata_verify(document, &listed->signers, err);
    if (status != WISP_OK) {
        wisp_metadata_free(document);
        document = NULL;
    }
    *out = document;
    *is_current = document && is_same &&
                  wisp_metadata_version(document) == listed->info.version &&
                  wisp_trusted_check_expiry(t, document, NULL) == WISP_OK;
    return status == WISP_NO_MEMORY ? status : WISP_OK;
}

/* A rollback attack on any file that the old snapshot lists (5.5.5)? */
static wisp_status check_rollback(const wisp_metadata *old, const wisp_metadata *new,
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
            return wisp_trusted_replayed(new, what, is.version, was.version, err);
        }
    }
    return WISP_OK;
}

/* The checks of a document that came from the network, in the order of 5.5 and 5.6. */
static wisp_status check(const wisp_trusted *t, const wisp_listed *listed,
                         const wisp_metadata *new, wisp_error *err)
{
    const wisp_metadata *old = t->documents[listed->role];
    wisp_status status = wisp_metadata_verify(new, &listed->signers, err);
    if (status == WISP_OK && wisp_metadata_version(new) != listed->info.version)
        status =
            wisp_fail(err, WISP_UNTRUSTED,
                      "%.130s: version %" PRIu64 ", expected %" PRIu64
                      " (files of different releases mixed?)",
                      wisp_metadata_name(new), wisp_metadata_version(new), listed->info.version);
    if (status == WISP_OK && listed->role == WISP_ROLE_SNAPSHOT && old)
        status = check_rollback(old, new, err);
    return status == WISP_OK ? wisp_trusted_check_expiry(t, new, err) : status;
}

static wisp_status store(const wisp_trusted *t, const wisp_listed *listed, wisp_bytes bytes,
                         wisp_error *err)
{
    bool is_delegated = strcmp(listed->name, wisp_role_name(listed->role)) != 0;
    wisp_status status = is_delegated ? wisp_metastore_make_room(t->store, err) : WISP_OK;
    return status == WISP_OK ? wisp_metastore_save(t->store, listed->name, bytes, err) : status;
}

wisp_status wisp_listed_accept(const wisp_trusted *t, const wisp_listed *listed, wisp_bytes bytes,
                               wisp_metadata **out, wisp_error *err)
{
    char name[NAME_SIZE];
    wisp_metadata *new = NULL;
    wisp_status status =
        wisp_file_info_check(&listed->info, file_name(listed->name, name), bytes, err);
    if (status == WISP_OK)
        status =
            wisp_metadata_parse_as(t->allocator, listed->role, listed->name, bytes, &new, err);
    if (status == WISP_OK)
        status = check(t, listed, new, err);
    if (status == WISP_OK)
        status = store(t, listed, bytes, err);
    if (status == WISP_OK)
        *out = new;
    else
        wisp_metadata_free(new);
    return status;
}
