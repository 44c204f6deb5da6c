#include "publish/roles.h"

#include "publish/build.h"
#include "trust/date.h"
#include "trust/delegations.h"

#include <stdio.h>
#include <string.h>

#define SPEC_VERSION "1.0.34"

int wisp_role_number(const char *name)
{
    int role = 0;
    while (role < WISP_ROLE_LEN && strcmp(name, wisp_role_name((wisp_role)role)) != 0)
        role++;
    return role;
}

/* ------------------------------------------------------------------ documents */

static bool set_edition(wisp_json *document, wisp_edition edition)
{
    char expires[WISP_DATE_TEXT_SIZE];
    return wisp_date_print(edition.expires, expires) &&
           wisp_json_set_string(document, "expires", expires) &&
           wisp_json_set_number(document, "version", edition.version);
}

/* [document] if [made], else NULL and it is freed. */
static wisp_json *checked(wisp_json *document, bool made)
{
    if (made)
        return document;
    wisp_json_free(document);
    return NULL;
}

static bool build_root(wisp_json *root)
{
    wisp_json *roles = wisp_build_object(root, "roles");
    bool made = roles && wisp_build_object(root, "keys") &&
                wisp_json_set_bool(root, "consistent_snapshot", true);
    for (int i = 0; i < WISP_ROLE_LEN && made; i++) {
        wisp_json *role = wisp_build_object(roles, wisp_role_name((wisp_role)i));
        made = wisp_build_array(role, "keyids") && wisp_json_set_number(role, "threshold", 1);
    }
    return made;
}

wisp_json *wisp_role_build(wisp_role role, wisp_edition edition)
{
    wisp_json *document = wisp_json_new_object();
    bool made = document && wisp_json_set_string(document, "_type", wisp_role_name(role)) &&
                wisp_json_set_string(document, "spec_version", SPEC_VERSION) &&
                set_edition(document, edition);
    if (made && role == WISP_ROLE_ROOT)
        made = build_root(document);
    else if (made)
        made = wisp_build_object(document, role == WISP_ROLE_TARGETS ? "targets" : "meta");
    return checked(document, made);
}

wisp_json *wisp_role_renew(const wisp_metadata *before, wisp_edition edition)
{
    wisp_json *document = wisp_json_copy(wisp_metadata_signed(before));
    return checked(document, document && set_edition(document, edition));
}

bool wisp_meta_put(wisp_json *document, const char *name, uint64_t version, uint64_t size,
                   const wisp_hash *hash)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(hash, text);
    wisp_json *entry = wisp_build_object(wisp_json_member(document, "meta"), name);
    wisp_json *hashes = wisp_build_object(entry, "hashes");
    return hashes && wisp_json_set_string(hashes, "sha256", text) &&
           wisp_json_set_number(entry, "length", size) &&
           wisp_json_set_number(entry, "version", version);
}

/* ------------------------------------------------------------------ who signs */

/* The object that has "keys" for [role], and the one with its "keyids" and "threshold". */
typedef struct seat {
    wisp_json *keys, *role;
} seat;

static wisp_json *find_delegation(wisp_json *delegations, const char *name)
{
    wisp_json *roles = wisp_json_member(delegations, "roles");
    for (size_t i = 0; i < wisp_json_len(roles); i++) {
        wisp_json *role = wisp_json_element(roles, i);
        const char *found = "";
        wisp_json_string(role, "name", &found, NULL);
        if (strcmp(found, name) == 0)
            return role;
    }
    return NULL;
}

static bool find_seat(wisp_json *document, const char *role, seat *out)
{
    if (wisp_role_number(role) < WISP_ROLE_LEN) {
        out->keys = wisp_json_member(document, "keys");
        out->role = wisp_json_member(wisp_json_member(document, "roles"), role);
    } else {
        wisp_json *delegations = wisp_json_member(document, "delegations");
        out->keys = wisp_json_member(delegations, "keys");
        out->role = find_delegation(delegations, role);
    }
    return out->keys && out->role;
}

bool wisp_channel_delegate(wisp_json *targets, const char *channel)
{
    char pattern[64];
    snprintf(pattern, sizeof pattern, "%s/*", channel);
    wisp_json *delegations = wisp_json_member(targets, "delegations");
    if (!delegations) {
        delegations = wisp_build_object(targets, "delegations");
        if (!wisp_build_object(delegations, "keys") || !wisp_build_array(delegations, "roles"))
            return false;
    }
    wisp_json *role = wisp_json_new_object();
    if (!role || !wisp_json_append(wisp_json_member(delegations, "roles"), role))
        return false;
    wisp_json *paths = wisp_build_array(role, "paths");
    return paths && wisp_json_append_string(paths, pattern) && wisp_build_array(role, "keyids") &&
           wisp_json_set_string(role, "name", channel) &&
           wisp_json_set_bool(role, "terminating", true) &&
           wisp_json_set_number(role, "threshold", 1);
}

bool wisp_signers_require(wisp_json *document, const char *role, uint64_t threshold)
{
    seat s;
    return !find_seat(document, role, &s) || wisp_json_set_number(s.role, "threshold", threshold);
}

static size_t index_of(const wisp_json *strings, const char *text)
{
    size_t i = 0;
    for (; i < wisp_json_len(strings); i++) {
        const char *found = wisp_json_item_string(strings, i);
        if (found && strcmp(found, text) == 0)
            break;
    }
    return i;
}

bool wisp_signers_add(wisp_json *document, const char *role, const wisp_key *key)
{
    seat s;
    if (!find_seat(document, role, &s))
        return true;
    wisp_json *ids = wisp_json_member(s.role, "keyids");
    if (index_of(ids, key->id) < wisp_json_len(ids))
        return true;
    wisp_json *object = wisp_key_object(key);
    return object && wisp_json_set(s.keys, key->id, object) &&
           wisp_json_append_string(ids, key->id);
}

static bool role_has(const wisp_json *role, const char *id)
{
    const wisp_json *ids = wisp_json_value(role, "keyids");
    return index_of(ids, id) < wisp_json_len(ids);
}

/* Whether any role beside these keys has the key with this [id]. */
static bool is_used(wisp_json *document, bool is_root, const char *id)
{
    bool used = false;
    if (is_root) {
        const wisp_json *roles = wisp_json_value(document, "roles");
        for (int i = 0; i < WISP_ROLE_LEN && !used; i++)
            used = role_has(wisp_json_value(roles, wisp_role_name((wisp_role)i)), id);
        return used;
    }
    const wisp_json *roles = wisp_json_value(wisp_json_value(document, "delegations"), "roles");
    for (size_t i = 0; i < wisp_json_len(roles) && !used; i++)
        used = role_has(wisp_json_item(roles, i), id);
    return used;
}

bool wisp_signers_remove(wisp_json *document, const char *role, const char *id)
{
    seat s;
    if (!find_seat(document, role, &s))
        return true;
    wisp_json *ids = wisp_json_member(s.role, "keyids");
    wisp_json_remove_item(ids, index_of(ids, id));
    if (!is_used(document, wisp_role_number(role) < WISP_ROLE_LEN, id))
        wisp_json_remove(s.keys, id);
    return true;
}

bool wisp_signers_find(const wisp_metadata *root, const wisp_metadata *targets, const char *role,
                       wisp_signers *out)
{
    int number = wisp_role_number(role);
    if (number < WISP_ROLE_LEN) {
        *out = wisp_root_signers(root, (wisp_role)number);
        return true;
    }
    wisp_delegation delegation;
    for (size_t i = 0; targets && wisp_delegations_at(targets, i, &delegation); i++) {
        if (strcmp(delegation.role, role) == 0) {
            *out = delegation.signers;
            return true;
        }
    }
    return false;
}

bool wisp_signers_have(const wisp_signers *signers, const char *id)
{
    return index_of(signers->keyids, id) < wisp_json_len(signers->keyids);
}
