#include "trust/metadata.h"

#include "base/error.h"
#include "base/memory.h"
#include "trust/date.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURES_MAX 128
#define KEYS_MAX       1024
#define KEYIDS_MAX     128

struct wisp_metadata {
    const wisp_allocator *allocator;
    wisp_role role;
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

/* Puts the place before the words of an error that came from below. */
static wisp_status within(const char *place, wisp_status status, wisp_error *err)
{
    if (status == WISP_OK || !err)
        return status;
    char text[WISP_ERROR_TEXT_MAX];
    memcpy(text, err->text, sizeof text);
    err->status = status;
    snprintf(err->text, sizeof err->text, "%.80s: %.150s", place, text);
    return status;
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

static wisp_status read_version(const wisp_json *object, uint64_t *out, wisp_error *err)
{
    wisp_status status = wisp_json_number(object, "version", out, err);
    if (status == WISP_OK && *out == 0)
        return wisp_fail(err, WISP_MALFORMED, "'version' is 0, expected 1 or more");
    return status;
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
        status = within("signatures", check_signature(m->signatures, i, err), err);
    return status;
}

static wisp_status read_header(wisp_metadata *m, wisp_error *err)
{
    wisp_status status = check_type(m, err);
    if (status == WISP_OK)
        status = check_spec_version(m, err);
    if (status == WISP_OK)
        status = read_version(m->body, &m->version, err);
    if (status == WISP_OK)
        status = read_expires(m, err);
    return status;
}

/* --- files that a document speaks of ----------------------------------------------------- */

static wisp_status read_hash(const wisp_json *hashes, const char *algorithm, uint8_t *bytes,
                             size_t size, bool *has, wisp_error *err)
{
    const char *text;
    *has = false;
    if (!wisp_json_has(hashes, algorithm))
        return WISP_OK;
    wisp_status status = wisp_json_string(hashes, algorithm, &text, err);
    if (status != WISP_OK)
        return status;
    if (!wisp_hex_parse(text, bytes, size))
        return wisp_fail(err, WISP_MALFORMED, "'%s' is no hash of %zu lower-case digits",
                         algorithm, 2 * size);
    *has = true;
    return WISP_OK;
}

/* Hashes of other kinds may stand beside, but one must be of a kind that can be checked. */
static wisp_status read_hashes(const wisp_json *object, wisp_file_info *out, wisp_error *err)
{
    const wisp_json *hashes;
    wisp_status status = wisp_json_object(object, "hashes", &hashes, err);
    if (status == WISP_OK)
        status =
            read_hash(hashes, "sha256", out->sha256.bytes, WISP_HASH_SIZE, &out->has_sha256, err);
    if (status == WISP_OK)
        status =
            read_hash(hashes, "sha512", out->sha512, WISP_SHA512_SIZE, &out->has_sha512, err);
    if (status == WISP_OK && !out->has_sha256 && !out->has_sha512)
        return wisp_fail(err, WISP_UNSUPPORTED, "'hashes' has neither sha256 nor sha512");
    return status;
}

static wisp_status read_meta(const wisp_json *object, wisp_file_info *out, wisp_error *err)
{
    *out = (wisp_file_info){.length = WISP_LENGTH_UNKNOWN};
    wisp_status status = read_version(object, &out->version, err);
    if (status == WISP_OK && wisp_json_has(object, "length"))
        status = wisp_json_number(object, "length", &out->length, err);
    if (status == WISP_OK && wisp_json_has(object, "hashes"))
        status = read_hashes(object, out, err);
    return status;
}

static wisp_status read_target(const wisp_json *object, wisp_file_info *out, wisp_error *err)
{
    *out = (wisp_file_info){.length = WISP_LENGTH_UNKNOWN};
    wisp_status status = wisp_json_number(object, "length", &out->length, err);
    if (status == WISP_OK)
        status = read_hashes(object, out, err);
    if (status == WISP_OK && wisp_json_has(object, "custom"))
        status = wisp_json_object(object, "custom", &out->custom, err);
    return status;
}

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
        status = within(name, status, err);
    }
    return within(field, status, err);
}

/* --- root -------------------------------------------------------------------------------- */

static wisp_status check_key(const wisp_json *key, wisp_error *err)
{
    const char *text;
    const wisp_json *keyval;
    if (!wisp_json_is_object(key))
        return wisp_fail(err, WISP_MALFORMED, "not an object");
    wisp_status status = wisp_json_string(key, "keytype", &text, err);
    if (status == WISP_OK)
        status = wisp_json_string(key, "scheme", &text, err);
    if (status == WISP_OK)
        status = wisp_json_object(key, "keyval", &keyval, err);
    if (status == WISP_OK)
        status = wisp_json_string(keyval, "public", &text, err);
    return status;
}

static wisp_status check_keys(const wisp_json *keys, wisp_error *err)
{
    if (wisp_json_len(keys) > KEYS_MAX)
        return wisp_fail(err, WISP_LIMIT, "%zu keys, expected at most %d", wisp_json_len(keys),
                         KEYS_MAX);
    const wisp_json *key;
    const char *id;
    void *cursor = NULL;
    wisp_status status = WISP_OK;
    while (status == WISP_OK && wisp_json_next(keys, &cursor, &id, &key))
        status = within(id, check_key(key, err), err);
    return status;
}

/*
 * Reads the members "keyids" and "threshold" of [role]. An id without a key, and a threshold that
 * the keys cannot reach, are legal: nothing verifies until the next root mends it.
 */
static wisp_status read_signers(const wisp_json *role, wisp_signers *out, wisp_error *err)
{
    wisp_status status = wisp_json_array(role, "keyids", &out->keyids, err);
    if (status == WISP_OK)
        status = wisp_json_number(role, "threshold", &out->threshold, err);
    if (status != WISP_OK)
        return status;
    if (out->threshold == 0)
        return wisp_fail(err, WISP_MALFORMED, "'threshold' is 0, expected 1 or more");
    size_t len = wisp_json_len(out->keyids);
    if (len > KEYIDS_MAX)
        return wisp_fail(err, WISP_LIMIT, "'keyids' has %zu items, expected at most %d", len,
                         KEYIDS_MAX);
    for (size_t i = 0; i < len; i++)
        if (!wisp_json_item_string(out->keyids, i))
            return wisp_fail(err, WISP_MALFORMED, "'keyids' has an item that is no string");
    return WISP_OK;
}

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
        status = within(roles[role].name, read_signers(one, out, err), err);
    return status;
}

static wisp_status check_root(const wisp_metadata *m, wisp_error *err)
{
    const wisp_json *keys;
    wisp_signers signers;
    bool consistent;
    wisp_status status = wisp_json_object(m->body, "keys", &keys, err);
    if (status == WISP_OK)
        status = within("keys", check_keys(keys, err), err);
    for (int role = 0; status == WISP_OK && role < WISP_ROLE_LEN; role++)
        status = within("roles", read_role(m, (wisp_role)role, &signers, err), err);
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

static wisp_status check_body(const wisp_metadata *m, wisp_error *err)
{
    switch (m->role) {
    case WISP_ROLE_ROOT:
        return check_root(m, err);
    case WISP_ROLE_TARGETS:
        return check_files(m, "targets", read_target, err);
    case WISP_ROLE_TIMESTAMP:
    case WISP_ROLE_SNAPSHOT:
        break;
    }
    return check_files(m, "meta", read_meta, err);
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
        status = within("signed", read_header(m, err), err);
    if (status == WISP_OK)
        status = within("signed", check_body(m, err), err);
    if (status == WISP_OK && check_required_meta(m, err) != WISP_OK)
        status = WISP_MALFORMED;
    return status;
}

wisp_status wisp_metadata_parse(const wisp_allocator *allocator, wisp_role role, wisp_bytes bytes,
                                wisp_metadata **out, wisp_error *err)
{
    allocator = wisp_allocator_or_default(allocator);
    wisp_metadata *m = wisp_alloc(allocator, 1, sizeof *m);
    if (!m)
        return wisp_fail_memory(err, sizeof *m);
    m->allocator = allocator;
    m->role = role;
    wisp_status status = parse(m, bytes, err);
    if (status != WISP_OK) {
        char name[16];
        snprintf(name, sizeof name, "%s.json", roles[role].name);
        wisp_metadata_free(m);
        return within(name, status, err);
    }
    *out = m;
    return WISP_OK;
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
    return status == WISP_OK ? read_meta(file, out, err) : status;
}

bool wisp_metadata_next_meta(const wisp_metadata *m, void **cursor, const char **name,
                             wisp_file_info *out)
{
    const wisp_json *files, *file;
    return wisp_json_object(m->body, "meta", &files, NULL) == WISP_OK &&
           wisp_json_next(files, cursor, name, &file) && read_meta(file, out, NULL) == WISP_OK;
}

wisp_status wisp_targets_find(const wisp_metadata *targets, const char *name, wisp_file_info *out,
                              wisp_error *err)
{
    const wisp_json *files, *file;
    wisp_status status = wisp_json_object(targets->body, "targets", &files, err);
    if (status != WISP_OK)
        return status;
    if (!wisp_json_has(files, name))
        return wisp_fail(err, WISP_NOT_FOUND, "targets.json: no target '%.100s'", name);
    status = wisp_json_object(files, name, &file, err);
    return status == WISP_OK ? read_target(file, out, err) : status;
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
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for verifying %s.json",
                         roles[m->role].name);
    if (count < signers->threshold)
        return wisp_fail(err, WISP_UNTRUSTED, "%s.json: %zu of %llu needed signatures verify",
                         roles[m->role].name, count, (unsigned long long)signers->threshold);
    return WISP_OK;
}

/* --- content ----------------------------------------------------------------------------- */

static wisp_status wrong_length(const wisp_file_info *info, const char *name, uint64_t size,
                                wisp_error *err)
{
    const char *guess =
        size < info->length ? "truncated download" : "content changed on the server";
    return wisp_fail(err, WISP_UNTRUSTED, "%.60s ends after %llu bytes, expected %llu (%s)", name,
                     (unsigned long long)size, (unsigned long long)info->length, guess);
}

/* The first digits tell two hashes apart; all of them would push the rest out of the text. */
static wisp_status wrong_hash(const char *name, const char *algorithm, const uint8_t *found,
                              const uint8_t *expected, wisp_error *err)
{
    char have[17], want[17];
    wisp_hex_print(found, 8, have);
    wisp_hex_print(expected, 8, want);
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%.60s: %s is %s…, expected %s… (content changed on the server)", name,
                     algorithm, have, want);
}

wisp_status wisp_file_info_check(const wisp_file_info *info, const char *name, wisp_bytes bytes,
                                 wisp_error *err)
{
    wisp_hash sha256;
    uint8_t sha512[WISP_SHA512_SIZE];
    if (info->length != WISP_LENGTH_UNKNOWN && bytes.size != info->length)
        return wrong_length(info, name, bytes.size, err);
    if ((info->has_sha256 && !wisp_sha256(bytes, &sha256)) ||
        (info->has_sha512 && !wisp_sha512(bytes, sha512)))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for the hash of %.60s", name);
    if (info->has_sha256 && memcmp(sha256.bytes, info->sha256.bytes, sizeof sha256.bytes) != 0)
        return wrong_hash(name, "sha256", sha256.bytes, info->sha256.bytes, err);
    if (info->has_sha512 && memcmp(sha512, info->sha512, sizeof sha512) != 0)
        return wrong_hash(name, "sha512", sha512, info->sha512, err);
    return WISP_OK;
}
