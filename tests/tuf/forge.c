#include "forge.h"

#include "signer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- files ------------------------------------------------------------------------------- */

forge_file *forge_find(forge *f, const char *path)
{
    for (size_t i = 0; i < f->file_len; i++)
        if (strcmp(f->files[i].path, path) == 0)
            return &f->files[i];
    return NULL;
}

void forge_put(forge *f, const char *path, wisp_bytes bytes)
{
    forge_file *file = forge_find(f, path);
    if (!file) {
        assert(f->file_len < FORGE_FILES_MAX);
        file = &f->files[f->file_len++];
        *file = (forge_file){.data = NULL};
        snprintf(file->path, sizeof file->path, "%s", path);
    }
    uint8_t *data = malloc(bytes.size + 1);
    assert(data);
    memcpy(data, bytes.data, bytes.size);
    free(file->data);
    file->data = data;
    file->size = bytes.size;
}

void forge_remove(forge *f, const char *path)
{
    forge_file *file = forge_find(f, path);
    assert(file);
    free(file->data);
    *file = f->files[--f->file_len];
}

/* As a URL has it. */
static void encode(const char *name, char out[480])
{
    for (; *name; name++) {
        bool is_plain = strchr("-._~", *name) || (*name >= '0' && *name <= '9') ||
                        (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');
        out += sprintf(out, is_plain ? "%c" : "%%%02X", (unsigned char)*name);
    }
    *out = '\0';
}

static void name_file(const forge *f, const char *role, uint64_t version, char path[512])
{
    char encoded[480];
    encode(role, encoded);
    if (version && (f->is_consistent || strcmp(role, "root") == 0))
        snprintf(path, 512, "%" PRIu64 ".%s.json", version, encoded);
    else
        snprintf(path, 512, "%s.json", encoded);
}

/* --- keys and signatures ----------------------------------------------------------------- */

/* The name of a key is its id: nothing demands that an id is a hash. */
static void add_key(wisp_json *keys, wisp_json *keyids, const char *name)
{
    signer s = signer_make(name);
    wisp_json_set(keys, name, signer_key(&s));
    wisp_json_append_string(keyids, name);
}

static void add_signature(wisp_json *signatures, const char *name, wisp_bytes message)
{
    signer s = signer_make(name);
    wisp_json_append(signatures, signer_sign(&s, name, message));
}

char *forge_sign(wisp_json *body, const char *const *keys, size_t key_len, size_t *size)
{
    wisp_json *document = wisp_json_new_object(), *signatures = wisp_json_new_array();
    char *message = wisp_json_canonical(body, size);
    assert(message);
    for (size_t i = 0; i < key_len; i++)
        add_signature(signatures, keys[i], (wisp_bytes){(const uint8_t *)message, *size});
    wisp_json_text_free(message);
    wisp_json_set(document, "signed", body);
    wisp_json_set(document, "signatures", signatures);
    char *text = wisp_json_pretty(document, size);
    assert(text);
    wisp_json_free(document);
    return text;
}

/* Publishes [body], which it takes, as the document of [role]. */
static void publish(forge *f, const char *role, uint64_t version, wisp_json *body,
                    const char *const *keys, size_t key_len)
{
    char path[512];
    size_t size;
    char *text = forge_sign(body, keys, key_len, &size);
    name_file(f, role, version, path);
    forge_put(f, path, (wisp_bytes){(const uint8_t *)text, size});
    wisp_json_text_free(text);
}

static wisp_json *new_body(const char *type, const char *expires, uint64_t version)
{
    wisp_json *body = wisp_json_new_object();
    wisp_json_set_string(body, "_type", type);
    wisp_json_set_string(body, "spec_version", "1.0.34");
    wisp_json_set_string(body, "expires", expires);
    wisp_json_set_number(body, "version", version);
    return body;
}

/* --- top-level documents ----------------------------------------------------------------- */

void forge_sign_root(forge *f)
{
    wisp_json *body = new_body("root", f->expires[WISP_ROLE_ROOT], f->versions[WISP_ROLE_ROOT]);
    wisp_json *keys = wisp_json_new_object(), *roles = wisp_json_new_object();
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        wisp_json *one = wisp_json_new_object(), *keyids = wisp_json_new_array();
        add_key(keys, keyids, role == WISP_ROLE_TARGETS ? f->roles[0].key : f->keys[role]);
        wisp_json_set(one, "keyids", keyids);
        wisp_json_set_number(one, "threshold", 1);
        wisp_json_set(roles, wisp_role_name((wisp_role)role), one);
    }
    wisp_json_set(body, "keys", keys);
    wisp_json_set(body, "roles", roles);
    wisp_json_set_bool(body, "consistent_snapshot", f->is_consistent);
    const char *signers[] = {f->keys[WISP_ROLE_ROOT], f->old_root_key};
    publish(f, "root", f->versions[WISP_ROLE_ROOT], body, signers, f->old_root_key ? 2 : 1);
}

static void list(forge *f, wisp_json *meta, const char *role, uint64_t version)
{
    char path[512], name[200];
    wisp_json *one = wisp_json_new_object();
    wisp_json_set_number(one, "version", version);
    name_file(f, role, version, path);
    const forge_file *file = forge_find(f, path);
    if (f->lists_hashes && file) {
        wisp_json_set_number(one, "length", file->size);
        wisp_json_set(one, "hashes", signer_hashes((wisp_bytes){file->data, file->size}));
    }
    snprintf(name, sizeof name, "%s.json", role);
    wisp_json_set(meta, name, one);
}

void forge_sign_snapshot(forge *f)
{
    wisp_json *body =
        new_body("snapshot", f->expires[WISP_ROLE_SNAPSHOT], f->versions[WISP_ROLE_SNAPSHOT]);
    wisp_json *meta = wisp_json_new_object();
    for (size_t i = 0; i < f->role_len; i++)
        if (!f->roles[i].is_unlisted)
            list(f, meta, f->roles[i].name, f->roles[i].version);
    wisp_json_set(body, "meta", meta);
    publish(f, "snapshot", f->versions[WISP_ROLE_SNAPSHOT], body, &f->keys[WISP_ROLE_SNAPSHOT],
            1);
}

void forge_sign_timestamp(forge *f)
{
    wisp_json *body =
        new_body("timestamp", f->expires[WISP_ROLE_TIMESTAMP], f->versions[WISP_ROLE_TIMESTAMP]);
    wisp_json *meta = wisp_json_new_object();
    list(f, meta, "snapshot", f->versions[WISP_ROLE_SNAPSHOT]);
    wisp_json_set(body, "meta", meta);
    publish(f, "timestamp", 0, body, &f->keys[WISP_ROLE_TIMESTAMP], 1);
}

void forge_refresh(forge *f)
{
    f->versions[WISP_ROLE_SNAPSHOT]++;
    f->versions[WISP_ROLE_TIMESTAMP]++;
    forge_sign_snapshot(f);
    forge_sign_timestamp(f);
}

/* --- targets ----------------------------------------------------------------------------- */

forge_role *forge_role_of(forge *f, const char *name)
{
    for (size_t i = 0; i < f->role_len; i++)
        if (strcmp(f->roles[i].name, name) == 0)
            return &f->roles[i];
    assert(f->role_len < FORGE_ROLES_MAX);
    forge_role *role = &f->roles[f->role_len++];
    *role = (forge_role){.expires = FORGE_EXPIRES, .targets = wisp_json_new_object()};
    snprintf(role->name, sizeof role->name, "%s", name);
    role->key = role->name;
    return role;
}

void forge_target(forge *f, const char *role, const char *path, const char *content)
{
    wisp_bytes bytes = {(const uint8_t *)content, strlen(content)};
    wisp_json *one = wisp_json_new_object();
    wisp_json_set_number(one, "length", bytes.size);
    wisp_json_set(one, "hashes", signer_hashes(bytes));
    wisp_json_set(forge_role_of(f, role)->targets, path, one);
}

static wisp_json *member(wisp_json *object, const char *key, bool is_array)
{
    const wisp_json *found;
    wisp_status status = is_array ? wisp_json_array(object, key, &found, NULL)
                                  : wisp_json_object(object, key, &found, NULL);
    if (status == WISP_OK)
        return (wisp_json *)(uintptr_t)found;
    wisp_json *made = is_array ? wisp_json_new_array() : wisp_json_new_object();
    wisp_json_set(object, key, made);
    return made;
}

void forge_delegate(forge *f, const char *from, const char *to, forge_terms terms)
{
    forge_role *delegated = forge_role_of(f, to), *role = forge_role_of(f, from);
    if (!role->delegations)
        role->delegations = wisp_json_new_object();
    wisp_json *one = wisp_json_new_object(), *keyids = wisp_json_new_array();
    wisp_json *patterns = wisp_json_new_array();
    add_key(member(role->delegations, "keys", false), keyids,
            terms.key ? terms.key : delegated->key);
    if (terms.second_key)
        add_key(member(role->delegations, "keys", false), keyids, terms.second_key);
    wisp_json_append_string(patterns, terms.pattern ? terms.pattern : "*");
    wisp_json_set_string(one, "name", to);
    wisp_json_set(one, "keyids", keyids);
    wisp_json_set_number(one, "threshold", terms.second_key ? 2 : 1);
    wisp_json_set_bool(one, "terminating", terms.is_terminating);
    wisp_json_set(one, terms.field ? terms.field : "paths", patterns);
    wisp_json_append(member(role->delegations, "roles", true), one);
}

void forge_bins(forge *f, const char *from, uint64_t bit_length, const char *prefix)
{
    forge_role *role = forge_role_of(f, from);
    wisp_json *bins = wisp_json_new_object(), *keyids = wisp_json_new_array();
    role->delegations = wisp_json_new_object();
    add_key(member(role->delegations, "keys", false), keyids, "bins");
    wisp_json_set(bins, "keyids", keyids);
    wisp_json_set_number(bins, "threshold", 1);
    wisp_json_set_number(bins, "bit_length", bit_length);
    wisp_json_set_string(bins, "name_prefix", prefix);
    wisp_json_set(role->delegations, "succinct_roles", bins);
}

void forge_sign_role(forge *f, const char *name)
{
    const forge_role *role = forge_role_of(f, name);
    wisp_json *body = new_body("targets", role->expires, role->version);
    wisp_json_set(body, "targets", wisp_json_copy(role->targets));
    if (role->delegations)
        wisp_json_set(body, "delegations", wisp_json_copy(role->delegations));
    const char *signers[] = {role->key, role->second_key};
    publish(f, role->name, role->version, body, signers, role->second_key ? 2 : 1);
}

void forge_publish(forge *f)
{
    for (size_t i = 0; i < f->role_len; i++) {
        f->roles[i].version++;
        forge_sign_role(f, f->roles[i].name);
    }
    forge_refresh(f);
}

/* --- the whole --------------------------------------------------------------------------- */

void forge_init(forge *f)
{
    *f = (forge){.is_consistent = true};
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        f->keys[role] = wisp_role_name((wisp_role)role);
        f->expires[role] = FORGE_EXPIRES;
    }
    forge_role_of(f, "targets");
    f->versions[WISP_ROLE_ROOT] = 1;
    forge_sign_root(f);
}

void forge_deinit(forge *f)
{
    for (size_t i = 0; i < f->role_len; i++) {
        wisp_json_free(f->roles[i].targets);
        wisp_json_free(f->roles[i].delegations);
    }
    for (size_t i = 0; i < f->file_len; i++)
        free(f->files[i].data);
}
