#include "repo.h"

#include "base/error.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAR_FUTURE "2040-01-01T00:00:00Z"
#define BASE_URL   "http://repo"

static wisp_bytes text_bytes(const char *text)
{
    return (wisp_bytes){(const uint8_t *)text, strlen(text)};
}

signer repo_make_key(wisp_role role, int n, int generation)
{
    char name[64];
    snprintf(name, sizeof name, "%s %d of generation %d", wisp_role_name(role), n, generation);
    return signer_make(name);
}

/* --- files ------------------------------------------------------------------------------- */

repo_file *repo_find(repo *r, const char *path)
{
    for (size_t i = 0; i < r->file_len; i++)
        if (strcmp(r->files[i].path, path) == 0)
            return &r->files[i];
    return NULL;
}

wisp_bytes repo_get(const repo *r, const char *path)
{
    const repo_file *file = repo_find((repo *)(uintptr_t)r, path);
    assert(file);
    return (wisp_bytes){file->data, file->size};
}

void repo_put(repo *r, const char *path, wisp_bytes bytes)
{
    repo_file *file = repo_find(r, path);
    if (!file) {
        assert(r->file_len < REPO_FILES_MAX);
        file = &r->files[r->file_len++];
        *file = (repo_file){.manner = REPO_WHOLE};
        snprintf(file->path, sizeof file->path, "%s", path);
    }
    uint8_t *data = malloc(bytes.size + 1);
    assert(data);
    if (bytes.size)
        memcpy(data, bytes.data, bytes.size);
    free(file->data);
    file->data = data;
    file->size = bytes.size;
}

void repo_remove(repo *r, const char *path)
{
    repo_file *file = repo_find(r, path);
    assert(file);
    free(file->data);
    *file = r->files[--r->file_len];
}

void repo_replay(repo *r, const repo *from)
{
    while (r->file_len)
        repo_remove(r, r->files[0].path);
    for (size_t i = 0; i < from->file_len; i++)
        repo_put(r, from->files[i].path, repo_get(from, from->files[i].path));
}

/* --- the transport ----------------------------------------------------------------------- */

/* One answer under way: a copy, since the test may change the file meanwhile. */
typedef struct transfer {
    const wisp_net_request *request;
    wisp_status status; /* OK while there is a body */
    repo_manner manner;
    uint8_t *data;
    size_t size, sent;
    bool has_begun;
} transfer;

static wisp_status start(void *user, const wisp_net_request *request, void **out, wisp_error *err)
{
    repo *r = user;
    (void)err;
    assert(strncmp(request->url, BASE_URL "/", sizeof BASE_URL) == 0);
    const char *path = request->url + sizeof BASE_URL;
    if (r->on_request)
        r->on_request(r, path);
    size_t used = strlen(r->log);
    if (request->offset > 0)
        snprintf(r->log + used, sizeof r->log - used, "%s from %d\n", path, (int)request->offset);
    else
        snprintf(r->log + used, sizeof r->log - used, "%s\n", path);
    transfer *t = calloc(1, sizeof *t);
    const repo_file *file = repo_find(r, path);
    assert(t);
    *t = (transfer){.request = request, .status = r->is_dead ? WISP_NETWORK : WISP_NOT_FOUND};
    if (file && !r->is_dead) {
        *t = (transfer){.request = request, .manner = file->manner, .size = file->size};
        t->data = malloc(file->size + 1);
        assert(t->data);
        memcpy(t->data, file->data, file->size);
    }
    *out = t;
    return WISP_OK;
}

static wisp_status say_no(const transfer *t, wisp_error *err)
{
    if (t->status == WISP_NETWORK)
        return wisp_fail(err, WISP_NETWORK, "could not resolve host: repo");
    return wisp_fail(err, WISP_NOT_FOUND, "the server answered 404 for %s", t->request->url);
}

/* Where the body begins, and whether the request is answered at all. */
static wisp_status begin(transfer *t, wisp_error *err)
{
    const wisp_net_request *request = t->request;
    if (t->status != WISP_OK)
        return say_no(t, err);
    if (t->manner == REPO_DEAD)
        return wisp_fail(err, WISP_NETWORK, "the connection was reset");
    if (t->manner != REPO_WITHOUT_RANGE && request->offset >= t->size && request->offset > 0)
        return wisp_fail(err, WISP_MISMATCH, "the server has no such byte of %s", request->url);
    if (t->manner != REPO_WITHOUT_RANGE)
        t->sent = (size_t)request->offset;
    t->has_begun = true;
    if (request->begin && !request->begin(request->context, t->sent))
        return wisp_fail(err, WISP_IO, "the receiver said no");
    return WISP_OK;
}

static wisp_status give(const wisp_net_request *request, const void *data, size_t size,
                        wisp_error *err)
{
    if (request->sink && !request->sink(request->context, data, size))
        return wisp_fail(err, WISP_IO, "the receiver said no");
    return WISP_BUSY;
}

/* What ends the body, if it ends. */
static wisp_status finish(const transfer *t, wisp_error *err)
{
    static const char filler[1000] = "x";
    const wisp_net_request *request = t->request;
    switch (t->manner) {
    case REPO_ENDLESS:
        return give(request, filler, sizeof filler, err);
    case REPO_BROKEN:
        return wisp_fail(err, WISP_NETWORK, "the connection was reset");
    case REPO_STALLED:
        return wisp_fail(err, WISP_NETWORK, "timed out");
    default:
        return WISP_OK;
    }
}

/* One piece a step, as a network does. */
static wisp_status step(void *user, void *opaque, uint32_t wait_ms, wisp_error *err)
{
    transfer *t = opaque;
    bool is_half = t->manner == REPO_CUT || t->manner == REPO_BROKEN || t->manner == REPO_STALLED;
    size_t end = is_half ? t->size / 2 : t->size;
    (void)user;
    (void)wait_ms;
    wisp_status status = t->has_begun ? WISP_OK : begin(t, err);
    if (status != WISP_OK)
        return status;
    if (t->sent >= end)
        return finish(t, err);
    size_t piece = end - t->sent < 500 ? end - t->sent : 500;
    status = give(t->request, t->data + t->sent, piece, err);
    t->sent += piece;
    return status;
}

static void end(void *user, void *opaque)
{
    transfer *t = opaque;
    (void)user;
    free(t->data);
    free(t);
}

/* --- documents --------------------------------------------------------------------------- */

static void key_id(const signer *key, char id[WISP_HASH_TEXT_SIZE])
{
    size_t size;
    wisp_json *object = signer_key(key);
    char *text = wisp_json_canonical(object, &size);
    signer_digest((wisp_bytes){(const uint8_t *)text, size}, id);
    wisp_json_text_free(text);
    wisp_json_free(object);
}

static void add_root(const repo *r, wisp_json *body)
{
    char id[WISP_HASH_TEXT_SIZE];
    wisp_json *keys = wisp_json_new_object(), *roles = wisp_json_new_object();
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        wisp_json *one = wisp_json_new_object(), *ids = wisp_json_new_array();
        for (size_t i = 0; i < r->key_len[role]; i++) {
            key_id(&r->keys[role][i], id);
            wisp_json_set(keys, id, signer_key(&r->keys[role][i]));
            wisp_json_append_string(ids, id);
        }
        wisp_json_set(one, "keyids", ids);
        wisp_json_set_number(one, "threshold", r->threshold[role]);
        wisp_json_set(roles, wisp_role_name((wisp_role)role), one);
    }
    wisp_json_set(body, "keys", keys);
    wisp_json_set(body, "roles", roles);
    wisp_json_set_bool(body, "consistent_snapshot", r->consistent);
}

static const char *role_path(const repo *r, wisp_role role, char path[64])
{
    if (role != WISP_ROLE_ROOT && (role == WISP_ROLE_TIMESTAMP || !r->consistent))
        snprintf(path, 64, "%s.json", wisp_role_name(role));
    else
        snprintf(path, 64, "%llu.%s.json", (unsigned long long)r->version[role],
                 wisp_role_name(role));
    return path;
}

static void add_meta(const repo *r, wisp_json *body, wisp_role of)
{
    char name[64], path[64];
    wisp_json *meta = wisp_json_new_object(), *one = wisp_json_new_object();
    snprintf(name, sizeof name, "%s.json", wisp_role_name(of));
    wisp_json_set_number(one, "version", r->version[of]);
    if (r->lists_hashes) {
        wisp_bytes bytes = repo_get(r, role_path(r, of, path));
        wisp_json_set_number(one, "length", bytes.size);
        wisp_json_set(one, "hashes", signer_hashes(bytes));
    }
    wisp_json_set(meta, name, one);
    wisp_json_set(body, "meta", meta);
}

static wisp_json *make_custom(const repo *r)
{
    char text[8192];
    wisp_json *custom = NULL;
    if (!r->custom) {
        custom = wisp_json_new_object();
        wisp_json_set_number(custom, "version", r->content_version);
        return custom;
    }
    size_t size = strlen(r->custom);
    assert(size < sizeof text);
    for (size_t i = 0; i < size; i++)
        text[i] = r->custom[i] == '\'' ? '"' : r->custom[i];
    wisp_status status =
        wisp_json_parse((wisp_bytes){(const uint8_t *)text, size}, &custom, NULL);
    assert(status == WISP_OK);
    (void)status;
    return custom;
}

static void add_targets(const repo *r, wisp_json *body)
{
    wisp_json *targets = wisp_json_new_object(), *one = wisp_json_new_object();
    wisp_json *custom = make_custom(r);
    wisp_json_set_number(one, "length", r->content.size);
    wisp_json_set(one, "hashes", signer_hashes(r->content));
    wisp_json_set(one, "custom", custom);
    wisp_json_set(targets, r->target, one);
    wisp_json_set(body, "targets", targets);
}

static wisp_json *make_body(const repo *r, wisp_role role)
{
    wisp_json *body = wisp_json_new_object();
    wisp_json_set_string(body, "_type", wisp_role_name(role));
    wisp_json_set_string(body, "spec_version", "1.0.34");
    wisp_json_set_string(body, "expires", r->expires[role]);
    wisp_json_set_number(body, "version", r->version[role]);
    switch (role) {
    case WISP_ROLE_ROOT:
        add_root(r, body);
        break;
    case WISP_ROLE_TIMESTAMP:
        add_meta(r, body, WISP_ROLE_SNAPSHOT);
        break;
    case WISP_ROLE_SNAPSHOT:
        add_meta(r, body, WISP_ROLE_TARGETS);
        break;
    case WISP_ROLE_TARGETS:
        add_targets(r, body);
        break;
    }
    return body;
}

static void add_signature(wisp_json *signatures, const signer *key, wisp_bytes message)
{
    char id[WISP_HASH_TEXT_SIZE];
    key_id(key, id);
    wisp_json_append(signatures, signer_sign(key, id, message));
}

static wisp_json *sign(const repo *r, wisp_role role, wisp_json *body)
{
    size_t size;
    char *text = wisp_json_canonical(body, &size);
    wisp_bytes message = {(const uint8_t *)text, size};
    wisp_json *document = wisp_json_new_object(), *signatures = wisp_json_new_array();
    for (size_t i = 0; i < r->key_len[role]; i++)
        add_signature(signatures, &r->keys[role][i], message);
    for (size_t i = 0; role == WISP_ROLE_ROOT && i < r->old_root_len; i++)
        add_signature(signatures, &r->old_root[i], message);
    wisp_json_set(document, "signed", body);
    wisp_json_set(document, "signatures", signatures);
    wisp_json_text_free(text);
    return document;
}

void repo_write(repo *r, wisp_role role)
{
    char path[64];
    size_t size;
    wisp_json *body = make_body(r, role);
    if (r->before_signing)
        r->before_signing(r, role, body);
    wisp_json *document = sign(r, role, body);
    if (r->after_signing)
        r->after_signing(r, role, document);
    char *text = wisp_json_pretty(document, &size);
    repo_put(r, role_path(r, role, path), (wisp_bytes){(const uint8_t *)text, size});
    wisp_json_text_free(text);
    wisp_json_free(document);
}

const char *repo_content_path(const repo *r, char path[160])
{
    char text[WISP_HASH_TEXT_SIZE];
    signer_digest(r->content, text);
    if (r->consistent)
        snprintf(path, 160, "targets/%s.%s", text, r->target);
    else
        snprintf(path, 160, "targets/%s", r->target);
    return path;
}

const char *repo_hex(const char *text)
{
    static char texts[4][WISP_HASH_TEXT_SIZE];
    static int next;
    char *digits = texts[next++ % 4];
    signer_digest(text_bytes(text), digits);
    return digits;
}

void repo_put_content(repo *r, wisp_bytes content, const char *suffix)
{
    char path[160], digits[WISP_HASH_TEXT_SIZE];
    signer_digest(content, digits);
    snprintf(path, sizeof path, "targets/%s.%s", digits, suffix);
    repo_put(r, path, content);
}

void repo_refresh(repo *r)
{
    r->version[WISP_ROLE_SNAPSHOT]++;
    r->version[WISP_ROLE_TIMESTAMP]++;
    repo_write(r, WISP_ROLE_SNAPSHOT);
    repo_write(r, WISP_ROLE_TIMESTAMP);
}

void repo_release_bytes(repo *r, uint64_t version, wisp_bytes content)
{
    char path[160];
    r->content_version = version;
    r->content = content;
    repo_put(r, repo_content_path(r, path), content);
    r->version[WISP_ROLE_TARGETS]++;
    repo_write(r, WISP_ROLE_TARGETS);
    repo_refresh(r);
}

void repo_release(repo *r, uint64_t version, const char *content)
{
    repo_release_bytes(r, version, text_bytes(content));
}

void repo_rotate(repo *r, wisp_role role, int generation)
{
    memcpy(r->old_root, r->keys[WISP_ROLE_ROOT], sizeof r->old_root);
    r->old_root_len = role == WISP_ROLE_ROOT ? r->key_len[WISP_ROLE_ROOT] : 0;
    for (size_t i = 0; i < r->key_len[role]; i++)
        r->keys[role][i] = repo_make_key(role, (int)i, generation);
    r->version[WISP_ROLE_ROOT]++;
    repo_write(r, WISP_ROLE_ROOT);
}

void repo_init(repo *r)
{
    *r = (repo){.consistent = true, .lists_hashes = true, .target = "app.wasm"};
    r->net = (wisp_net){start, step, end, r};
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        r->keys[role][0] = repo_make_key((wisp_role)role, 0, 0);
        r->key_len[role] = 1;
        r->threshold[role] = 1;
        r->expires[role] = FAR_FUTURE;
    }
    r->version[WISP_ROLE_ROOT] = 1;
    repo_write(r, WISP_ROLE_ROOT);
}

void repo_deinit(repo *r)
{
    for (size_t i = 0; i < r->file_len; i++)
        free(r->files[i].data);
}
