#include "trust/metadata.h"

#include "base/error.h"
#include "base/memory.h"
#include "trust/date.h"
#include "trust/delegations.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURES_MAX 128

struct wisp_metadata {
    const wisp_allocator *allocator;
    wisp_role role;
    char name[WISP_ROLE_NAME_SIZE + 5]; /* "root.json", as errors call it */
    size_t size;
    wisp_json *document;
    const wisp_json *body; /* "signed" */
    const wisp_json *signatures;
    uint64_t version;
    int64_t expires;
};

static const struct {
    const char *name;
    size_t size_max;
} roles[WISP_ROLE_LEN] = {
    [WISP_ROLE_ROOT] = {"root", 512 << 10},
    [WISP_ROLE_TIMESTAMP] = {"timestamp", 16 << 10},
    [WISP_ROLE_SNAPSHOT] = {"snapshot", 2 << 20},
    [WISP_ROLE_TARGETS] = {"targets", 5 << 20},
};

const char *wisp_role_name(wisp_role role)
{
    return roles[role].name;
}

size_t wisp_role_size_max(wisp_role role)
{
    return roles[role].size_max;
}

/* --- the fields that all documents have -------------------------------------------------- */

static wisp_status check_type(const wisp_metadata *m, wisp_error *err)
{
    const char *type;
    wisp_status status = wisp_json_string(m->body, "_type", &type, err);
    if (status == WISP_OK && strcmp(type, roles[m->role].name) != 0)
        return wisp_fail(err, WISP_MALFORMED, "'_type' is \"%.40s\", expected \"%s\"", type,
                         roles[m->role].name);
    return status;
}

/* "1.2" or "1.2.3": the major version is the one that says what can be read (TUF 4.3). */
static wisp_status check_spec_version(const wisp_metadata *m, wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(m->body, "spec_version", &text, err);
    if (status != WISP_OK)
        return status;
    bool sound = strncmp(text, "1.", 2) == 0 && text[2] != '\0';
    for (const char *c = text; *c; c++)
        sound = sound && ((*c >= '0' && *c <= '9') || (*c == '.' && c[1] != '.' && c[1] != '\0'));
    if (!sound)
        return wisp_fail(err, WISP_UNSUPPORTED, "'spec_version' is \"%.40s\", expected 1.x",
                         text);
    return WISP_OK;
}

static wisp_status read_expires(wisp_metadata *m, wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(m->body, "expires", &text, err);
    if (status == WISP_OK && !wisp_date_parse(text, &m->expires))
        return wisp_fail(err, WISP_MALFORMED,
                         "'expires' is \"%.40s\", expected a date like 2030-01-31T23:59:59Z",
                         text);
    return status;
}

static wisp_status check_signature(const wisp_json *signatures, size_t index, wisp_error *err)
{
    const wisp_json *item = wisp_json_item(signatures, index);
    const char *keyid, *text, *other;
    wisp_status status = wisp_json_string(item, "keyid", &keyid, err);
    if (status == WISP_OK)
        status = wisp_json_string(item, "sig", &text, err);
    for (size_t i = 0; status == WISP_OK && i < index; i++) {
        status = wisp_json_string(wisp_json_item(signatures, i), "keyid", &other, err);
        if (status == WISP_OK && strcmp(keyid, other) == 0)
            status =
                wisp_fail(err, WISP_MALFORMED, "two of key %.64s, expected one a key", keyid);
    }
    return status;
}

static wisp_status check_signatures(const wisp_metadata *m, wisp_error *err)
{
    size_t len = wisp_json_len(m->signatures);
    if (len > SIGNATURES_MAX)
        return wisp_fail(err, WISP_LIMIT, "'signatures' has %zu items, expected at most %d", len,
                         SIGNATURES_MAX);
    wisp_status status = WISP_OK;
    for (size_t i = 0; status == WISP_OK && i < len; i++)
        status = wisp_fail_within(err, check_signature(m->signatures, i, err), "signatures");
    return status;
}

static wisp_status read_header(wisp_metadata *m, wisp_error *err)
{
    wisp_status status = check_type(m, err);
    if (status == WISP_OK)
        status = check_spec_version(m, err);
    if (status == WISP_OK)
        status = wisp_version_read(m->body, &m->version, err);
    if (status == WISP_OK)
        status = read_expires(m, err);
    return status;
}

/* --- files that a document speaks of ----------------------------------------------------- */

typedef wisp_status read_file_fn(const wisp_json *object, wisp_file_info *out, wisp_error *err);

static wisp_status check_files(const wisp_metadata *m, const char *field, read_file_fn *read,
                               wisp_error *err)
{
    const wisp_json *files, *value;
    wisp_status status = wisp_json_object(m->body, field, &files, err);
    const char *name;
    void *cursor = NULL;
    wisp_file_info info;
    while (status == WISP_OK && wisp_json_next(files, &cursor, &name, &value)) {
        if (!wisp_json_is_object(value))
            status = wisp_fail(err, WISP_MALFORMED, "not an object");
        else
            status = read(value, &info, err);
        status = wisp_fail_within(err, status, name);
    }
    return wisp_fail_within(err, status, field);
}

/* --- root -------------------------------------------------------------------------------- */

static wisp_status read_role(const wisp_metadata *root, wisp_role role, wisp_signers *out,
                             wisp_error *err)
{
    const wisp_json *all, *one;
    wisp_status status = wisp_json_object(root->body, "keys", &out->keys, err);
    if (status == WISP_OK)
        status = wisp_json_object(root->body, "roles", &all, err);
    if (status == WISP_OK)
        status = wisp_json_object(all, roles[role].name, &one, err);
    if (status == WISP_OK)
        status =
            wisp_fail_within(err, wisp_signers_read(out->keys, one, out, err), roles[role].name);
    return status;
}

static wisp_status check_root(const wisp_metadata *m, wisp_error *err)
{
    const wisp_json *keys;
    wisp_signers signers;
    bool consistent;
    wisp_status status = wisp_json_object(m->body, "keys", &keys, err);
    if (status == WISP_OK)
        status = wisp_fail_within(err, wisp_keys_check(keys, err), "keys");
    for (int role = 0; status == WISP_OK && role < WISP_ROLE_LEN; role++)
        status = wisp_fail_within(err, read_role(m, (wisp_role)role, &signers, err), "roles");
    if (status == WISP_OK && wisp_json_has(m->body, "consistent_snapshot"))
        status = wisp_json_bool(m->body, "consistent_snapshot", &consistent, err);
    return status;
}

wisp_signers wisp_root_signers(const wisp_metadata *root, wisp_role role)
{
    wisp_signers signers = {0};
    read_role(root, role, &signers, NULL); /* cannot fail: wisp_metadata_parse did the same */
    return signers;
}

bool wisp_root_consistent_snapshot(const wisp_metadata *root)
{
    bool consistent = false;
    wisp_json_bool(root->body, "consistent_snapshot", &consistent, NULL);
    return consistent;
}

/* --- parsing ----------------------------------------------------------------------------- */

static wisp_status check_targets(const wisp_metadata *m, wisp_error *err)
{
    const wisp_json *delegations;
    wisp_status status = check_files(m, "targets", wisp_target_read, err);
    if (status != WISP_OK || !wisp_json_has(m->body, "delegations"))
        return status;
    status = wisp_json_object(m->body, "delegations", &delegations, err);
    if (status == WISP_OK)
        status = wisp_fail_within(err, wisp_delegations_check(delegations, err), "delegations");
    return status;
}

static wisp_status check_body(const wisp_metadata *m, wisp_error *err)
{
    switch (m->role) {
    case WISP_ROLE_ROOT:
        return check_root(m, err);
    case WISP_ROLE_TARGETS:
        return check_targets(m, err);
    case WISP_ROLE_TIMESTAMP:
    case WISP_ROLE_SNAPSHOT:
        break;
    }
    return check_files(m, "meta", wisp_meta_read, err);
}

/* The file that timestamp and snapshot exist to speak of. */
static wisp_status check_required_meta(const wisp_metadata *m, wisp_error *err)
{
    wisp_file_info info;
    if (m->role == WISP_ROLE_TIMESTAMP)
        return wisp_metadata_meta(m, "snapshot.json", &info, err);
    if (m->role == WISP_ROLE_SNAPSHOT)
        return wisp_metadata_meta(m, "targets.json", &info, err);
    return WISP_OK;
}

static wisp_status parse(wisp_metadata *m, wisp_bytes bytes, wisp_error *err)
{
    if (bytes.size > roles[m->role].size_max)
        return wisp_fail(err, WISP_LIMIT, "%zu bytes, expected at most %zu", bytes.size,
                         roles[m->role].size_max);
    wisp_status status = wisp_json_parse(bytes, &m->document, err);
    if (status == WISP_OK)
        status = wisp_json_object(m->document, "signed", &m->body, err);
    if (status == WISP_OK)
        status = wisp_json_array(m->document, "signatures", &m->signatures, err);
    if (status == WISP_OK)
        status = check_signatures(m, err);
    if (status == WISP_OK)
        status = wisp_fail_within(err, read_header(m, err), "signed");
    if (status == WISP_OK)
        status = wisp_fail_within(err, check_body(m, err), "signed");
    if (status == WISP_OK && check_required_meta(m, err) != WISP_OK)
        status = WISP_MALFORMED;
    return status;
}

wisp_status wisp_metadata_parse_as(const wisp_allocator *allocator, wisp_role role,
                                   const char *name, wisp_bytes bytes, wisp_metadata **out,
                                   wisp_error *err)
{
    allocator = wisp_allocator_or_default(allocator);
    wisp_metadata *m = wisp_alloc(allocator, 1, sizeof *m);
    if (!m)
        return wisp_fail_memory(err, sizeof *m);
    m->allocator = allocator;
    m->role = role;
    m->size = bytes.size;
    snprintf(m->name, sizeof m->name, "%s.json", name);
    wisp_status status = wisp_fail_within(err, parse(m, bytes, err), m->name);
    if (status == WISP_OK)
        *out = m;
    else
        wisp_metadata_free(m);
    return status;
}

wisp_status wisp_metadata_parse(const wisp_allocator *allocator, wisp_role role, wisp_bytes bytes,
                                wisp_metadata **out, wisp_error *err)
{
    return wisp_metadata_parse_as(allocator, role, roles[role].name, bytes, out, err);
}

void wisp_metadata_free(wisp_metadata *m)
{
    if (!m)
        return;
    wisp_json_free(m->document);
    wisp_free(m->allocator, m, sizeof *m);
}

wisp_role wisp_metadata_role(const wisp_metadata *m)
{
    return m->role;
}

const char *wisp_metadata_name(const wisp_metadata *m)
{
    return m->name;
}

size_t wisp_metadata_size(const wisp_metadata *m)
{
    return m->size;
}

uint64_t wisp_metadata_version(const wisp_metadata *m)
{
    return m->version;
}

int64_t wisp_metadata_expires(const wisp_metadata *m)
{
    return m->expires;
}

const wisp_json *wisp_metadata_signed(const wisp_metadata *m)
{
    return m->body;
}

wisp_status wisp_metadata_meta(const wisp_metadata *m, const char *name, wisp_file_info *out,
                               wisp_error *err)
{
    const wisp_json *files, *file;
    wisp_status status = wisp_json_object(m->body, "meta", &files, err);
    if (status != WISP_OK)
        return status;
    if (!wisp_json_has(files, name))
        return wisp_fail(err, WISP_NOT_FOUND, "'meta' does not list %.100s", name);
    status = wisp_json_object(files, name, &file, err);
    return status == WISP_OK ? wisp_meta_read(file, out, err) : status;
}

bool wisp_metadata_next_meta(const wisp_metadata *m, void **cursor, const char **name,
                             wisp_file_info *out)
{
    const wisp_json *files, *file;
    return wisp_json_object(m->body, "meta", &files, NULL) == WISP_OK &&
           wisp_json_next(files, cursor, name, &file) &&
           wisp_meta_read(file, out, NULL) == WISP_OK;
}

wisp_status wisp_targets_find(const wisp_metadata *targets, const char *name, wisp_file_info *out,
                              wisp_error *err)
{
    const wisp_json *files, *file;
    wisp_status status = wisp_json_object(targets->body, "targets", &files, err);
    if (status != WISP_OK)
        return status;
    if (!wisp_json_has(files, name))
        return wisp_fail(err, WISP_NOT_FOUND, "%.80s: no target '%.100s'", targets->name, name);
    status = wisp_json_object(files, name, &file, err);
    return status == WISP_OK ? wisp_target_read(file, out, err) : status;
}

wisp_status wisp_metadata_verify(const wisp_metadata *m, const wisp_signers *signers,
                                 wisp_error *err)
{
    size_t size, count;
    char *text = wisp_json_canonical(m->body, &size);
    wisp_bytes message = {(const uint8_t *)text, size};
    bool counted =
        text && wisp_signers_count(m->allocator, signers, m->signatures, message, &count);
    wisp_json_text_free(text);
    if (!counted)
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for verifying %.130s", m->name);
    if (count < signers->threshold)
        return wisp_fail(err, WISP_UNTRUSTED, "%.130s: %zu of %llu needed signatures verify",
                         m->name, count, (unsigned long long)signers->threshold);
    return WISP_OK;
}
