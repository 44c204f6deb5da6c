#include "trust/delegations.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROLES_MAX      4096 /* in one document */
#define BIT_LENGTH_MAX 32   /* of hash bins: 2^32 of them */
#define BIN_DIGITS_MAX 8

bool wisp_target_path_init(wisp_target_path *path, const char *text)
{
    path->text = text;
    return wisp_sha256((wisp_bytes){(const uint8_t *)text, strlen(text)}, &path->hash);
}

/* --- form -------------------------------------------------------------------------------- */

/* A delegated role may not pass for one of the four: its document would take their file's name.
 */
static wisp_status check_name(const char *name, wisp_error *err)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        if (strcmp(name, wisp_role_name((wisp_role)role)) == 0)
            return wisp_fail(err, WISP_MALFORMED, "'%s' is the name of a top-level role", name);
    if (name[0] == '\0')
        return wisp_fail(err, WISP_MALFORMED, "a role has an empty name");
    if (strlen(name) >= WISP_ROLE_NAME_SIZE)
        return wisp_fail(err, WISP_LIMIT, "the name '%.40s…' has %zu bytes, expected at most %d",
                         name, strlen(name), WISP_ROLE_NAME_SIZE - 1);
    return WISP_OK;
}

static wisp_status check_texts(const wisp_json *role, const char *key, wisp_error *err)
{
    const wisp_json *texts;
    wisp_status status = wisp_json_array(role, key, &texts, err);
    for (size_t i = 0; status == WISP_OK && i < wisp_json_len(texts); i++)
        if (!wisp_json_item_string(texts, i))
            status = wisp_fail(err, WISP_MALFORMED, "'%s' has an item that is no string", key);
    return status;
}

static wisp_status check_role(const wisp_json *keys, const wisp_json *role, wisp_error *err)
{
    wisp_signers signers;
    bool is_terminating;
    wisp_status status = wisp_signers_read(keys, role, &signers, err);
    if (status == WISP_OK)
        status = wisp_json_bool(role, "terminating", &is_terminating, err);
    if (status != WISP_OK)
        return status;
    bool has_paths = wisp_json_has(role, "paths");
    if (has_paths == wisp_json_has(role, "path_hash_prefixes"))
        return wisp_fail(err, WISP_MALFORMED,
                         "%s of 'paths' and 'path_hash_prefixes', expected one",
                         has_paths ? "both" : "none");
    return check_texts(role, has_paths ? "paths" : "path_hash_prefixes", err);
}

static wisp_status check_roles(const wisp_json *keys, const wisp_json *roles, wisp_error *err)
{
    const char *name;
    wisp_status status = WISP_OK;
    if (wisp_json_len(roles) > ROLES_MAX)
        return wisp_fail(err, WISP_LIMIT, "%zu roles, expected at most %d", wisp_json_len(roles),
                         ROLES_MAX);
    for (size_t i = 0; status == WISP_OK && i < wisp_json_len(roles); i++) {
        const wisp_json *role = wisp_json_item(roles, i);
        status = wisp_json_string(role, "name", &name, err);
        if (status == WISP_OK)
            status = check_name(name, err);
        if (status == WISP_OK)
            status = wisp_fail_within(err, check_role(keys, role, err), name);
    }
    return status;
}

/* Digits of the number of the last bin: they all have as many. */
static int bin_digits(uint64_t bit_length)
{
    return (int)(bit_length + 3) / 4;
}

static wisp_status check_bins(const wisp_json *keys, const wisp_json *bins, wisp_error *err)
{
    wisp_signers signers;
    uint64_t bit_length;
    const char *prefix;
    wisp_status status = wisp_signers_read(keys, bins, &signers, err);
    if (status == WISP_OK)
        status = wisp_json_number(bins, "bit_length", &bit_length, err);
    if (status == WISP_OK)
        status = wisp_json_string(bins, "name_prefix", &prefix, err);
    if (status != WISP_OK)
        return status;
    if (bit_length < 1 || bit_length > BIT_LENGTH_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'bit_length' is %llu, expected 1 to %d",
                         (unsigned long long)bit_length, BIT_LENGTH_MAX);
    if (strlen(prefix) + 1 + (size_t)bin_digits(bit_length) >= WISP_ROLE_NAME_SIZE)
        return wisp_fail(err, WISP_LIMIT, "'name_prefix' has %zu bytes, too many for names of %d",
                         strlen(prefix), WISP_ROLE_NAME_SIZE - 1);
    return WISP_OK;
}

wisp_status wisp_delegations_check(const wisp_json *delegations, wisp_error *err)
{
    const wisp_json *keys, *trusted;
    bool has_roles = wisp_json_has(delegations, "roles");
    if (has_roles == wisp_json_has(delegations, "succinct_roles"))
        return wisp_fail(err, WISP_MALFORMED, "%s of 'roles' and 'succinct_roles', expected one",
                         has_roles ? "both" : "none");
    wisp_status status = wisp_json_object(delegations, "keys", &keys, err);
    if (status == WISP_OK)
        status = wisp_fail_within(err, wisp_keys_check(keys, err), "keys");
    if (status != WISP_OK)
        return status;
    if (has_roles) {
        status = wisp_json_array(delegations, "roles", &trusted, err);
        return status == WISP_OK ? check_roles(keys, trusted, err) : status;
    }
    status = wisp_json_object(delegations, "succinct_roles", &trusted, err);
    if (status == WISP_OK)
        status = wisp_fail_within(err, check_bins(keys, trusted, err), "succinct_roles");
    return status;
}

/* --- who covers a path ------------------------------------------------------------------- */

/*
 * A '*' first takes nothing; where the rest then fails, the last one takes one character more. An
 * earlier one never has to be tried again, since the later one could have taken what it would.
 */
bool wisp_path_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *taken = NULL; /* after the last '*', and where its part ends */
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            taken = text;
        } else if (*pattern == *text || (*pattern == '?' && *text != '/')) {
            pattern++;
            text++;
        } else if (star && *taken != '/') {
            pattern = star;
            text = ++taken;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool has_prefix(const char *prefix, const char *text)
{
    return strncmp(prefix, text, strlen(prefix)) == 0;
}

static bool any_matches(const wisp_json *patterns, const char *text,
                        bool (*matches)(const char *pattern, const char *text))
{
    for (size_t i = 0; i < wisp_json_len(patterns); i++)
        if (matches(wisp_json_item_string(patterns, i), text))
            return true;
    return false;
}

static bool covers(const wisp_json *role, const wisp_target_path *path)
{
    const wisp_json *patterns;
    char hash[WISP_HASH_TEXT_SIZE];
    if (wisp_json_array(role, "paths", &patterns, NULL) == WISP_OK)
        return any_matches(patterns, path->text, wisp_path_matches);
    wisp_hash_print(&path->hash, hash);
    return wisp_json_array(role, "path_hash_prefixes", &patterns, NULL) == WISP_OK &&
           any_matches(patterns, hash, has_prefix);
}

/* What parsing has checked cannot fail. */
static void read_role(const wisp_json *keys, const wisp_json *role, wisp_delegation *out)
{
    const char *name = "";
    wisp_json_string(role, "name", &name, NULL);
    snprintf(out->role, sizeof out->role, "%s", name);
    wisp_signers_read(keys, role, &out->signers, NULL);
    wisp_json_bool(role, "terminating", &out->is_terminating, NULL);
}

/* The bin is named by the first bits of the hash; bins cover all paths, so nobody comes later. */
static void read_bin(const wisp_json *keys, const wisp_json *bins, const wisp_hash *hash,
                     wisp_delegation *out)
{
    const char *prefix = "";
    uint64_t bit_length = BIT_LENGTH_MAX;
    wisp_json_string(bins, "name_prefix", &prefix, NULL);
    wisp_json_number(bins, "bit_length", &bit_length, NULL);
    uint32_t bits = (uint32_t)hash->bytes[0] << 24 | (uint32_t)hash->bytes[1] << 16 |
                    (uint32_t)hash->bytes[2] << 8 | hash->bytes[3];
    char bin[BIN_DIGITS_MAX + 1];
    snprintf(bin, sizeof bin, "%08" PRIx32, bits >> (BIT_LENGTH_MAX - bit_length));
    snprintf(out->role, sizeof out->role, "%s-%s", prefix,
             bin + BIN_DIGITS_MAX - bin_digits(bit_length));
    wisp_signers_read(keys, bins, &out->signers, NULL);
    out->is_terminating = true;
}

bool wisp_delegations_next(const wisp_metadata *targets, const wisp_target_path *path,
                           size_t *cursor, wisp_delegation *out)
{
    const wisp_json *delegations, *keys, *trusted;
    *out = (wisp_delegation){.is_terminating = false};
    if (wisp_json_object(wisp_metadata_signed(targets), "delegations", &delegations, NULL) !=
            WISP_OK ||
        wisp_json_object(delegations, "keys", &keys, NULL) != WISP_OK)
        return false;
    if (wisp_json_object(delegations, "succinct_roles", &trusted, NULL) == WISP_OK) {
        read_bin(keys, trusted, &path->hash, out);
        return (*cursor)++ == 0;
    }
    if (wisp_json_array(delegations, "roles", &trusted, NULL) != WISP_OK)
        return false;
    while (*cursor < wisp_json_len(trusted)) {
        const wisp_json *role = wisp_json_item(trusted, (*cursor)++);
        if (covers(role, path)) {
            read_role(keys, role, out);
            return true;
        }
    }
    return false;
}

bool wisp_delegations_at(const wisp_metadata *targets, size_t index, wisp_delegation *out)
{
    const wisp_json *delegations, *keys, *roles;
    *out = (wisp_delegation){.is_terminating = false};
    if (wisp_json_object(wisp_metadata_signed(targets), "delegations", &delegations, NULL) ||
        wisp_json_object(delegations, "keys", &keys, NULL) ||
        wisp_json_array(delegations, "roles", &roles, NULL) || index >= wisp_json_len(roles))
        return false;
    read_role(keys, wisp_json_item(roles, index), out);
    return true;
}
