#include "publish/roles.h"

#include "publish/build.h"
#include "trust/date.h"

#define SPEC_VERSION "1.0.34"

static bool set_edition(wisp_json *document, wisp_edition edition)
{
    char expires[WISP_DATE_TEXT_SIZE];
    return wisp_date_print(edition.expires, expires) &&
           wisp_json_set_string(document, "expires", expires) &&
           wisp_json_set_number(document, "version", edition.version);
}

static wisp_json *new_document(wisp_role role, wisp_edition edition)
{
    wisp_json *document = wisp_json_new_object();
    if (document && wisp_json_set_string(document, "_type", wisp_role_name(role)) &&
        wisp_json_set_string(document, "spec_version", SPEC_VERSION) &&
        set_edition(document, edition))
        return document;
    wisp_json_free(document);
    return NULL;
}

/* [document] if [made], else NULL and it is freed. */
static wisp_json *checked(wisp_json *document, bool made)
{
    if (made)
        return document;
    wisp_json_free(document);
    return NULL;
}

static bool build_role(wisp_json *keys, wisp_json *role, const wisp_keyring *keyring,
                       uint64_t threshold)
{
    wisp_json *ids = wisp_build_array(role, "keyids");
    bool made = ids && wisp_json_set_number(role, "threshold", threshold);
    for (size_t i = 0; i < keyring->len && made; i++) {
        const wisp_key *key = &keyring->keys[i];
        made = wisp_json_append_string(ids, key->id) &&
               wisp_json_set(keys, key->id, wisp_key_object(key));
    }
    return made;
}

wisp_json *wisp_root_build(wisp_edition edition, const wisp_keyring keyrings[WISP_ROLE_LEN],
                           const uint64_t thresholds[WISP_ROLE_LEN])
{
    wisp_json *root = new_document(WISP_ROLE_ROOT, edition);
    if (!root)
        return NULL;
    wisp_json *keys = wisp_build_object(root, "keys");
    wisp_json *roles = wisp_build_object(root, "roles");
    bool made = keys && roles && wisp_json_set_bool(root, "consistent_snapshot", true);
    for (int i = 0; i < WISP_ROLE_LEN && made; i++) {
        wisp_json *role = wisp_build_object(roles, wisp_role_name((wisp_role)i));
        made = role && build_role(keys, role, &keyrings[i], thresholds[i]);
    }
    return checked(root, made);
}

wisp_json *wisp_role_build(wisp_role role, wisp_edition edition)
{
    wisp_json *document = new_document(role, edition);
    const char *part = role == WISP_ROLE_TARGETS ? "targets" : "meta";
    return checked(document, wisp_build_object(document, part));
}

wisp_json *wisp_role_renew(const wisp_metadata *before, wisp_edition edition)
{
    wisp_json *document = wisp_json_copy(wisp_metadata_signed(before));
    return checked(document, document && set_edition(document, edition));
}

static bool set_hash(wisp_json *entry, const wisp_hash *hash)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_hex_print(hash->bytes, sizeof hash->bytes, text);
    wisp_json *hashes = wisp_build_object(entry, "hashes");
    return hashes && wisp_json_set_string(hashes, "sha256", text);
}

/* Puts an empty object as [name] into the part [key] of [document], leaving its others; the
 * part is copied, as what a document holds can be read only. */
static wisp_json *replace_entry(wisp_json *document, const char *key, const char *name)
{
    const wisp_json *before;
    if (wisp_json_object(document, key, &before, NULL))
        return NULL;
    wisp_json *part = wisp_json_copy(before);
    return part && wisp_json_set(document, key, part) ? wisp_build_object(part, name) : NULL;
}

bool wisp_targets_put(wisp_json *targets, const wisp_target *target)
{
    wisp_json *entry = replace_entry(targets, "targets", target->name);
    wisp_json *custom = wisp_build_object(entry, "custom");
    return custom && wisp_json_set_number(custom, "version", target->version) &&
           (!target->notes || !*target->notes ||
            wisp_json_set_string(custom, "notes", target->notes)) &&
           set_hash(entry, &target->hash) && wisp_json_set_number(entry, "length", target->size);
}

bool wisp_meta_put(wisp_json *document, const char *name, uint64_t version, uint64_t size,
                   const wisp_hash *hash)
{
    wisp_json *entry = replace_entry(document, "meta", name);
    return entry && set_hash(entry, hash) && wisp_json_set_number(entry, "length", size) &&
           wisp_json_set_number(entry, "version", version);
}
