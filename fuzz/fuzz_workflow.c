#include "faulty_os.h"
#include "forge.h"
#include "tuf/workflow.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A whole TUF workflow against a server that answers as the input says: for each file that is
 * wanted one byte chooses between the honest answer, that with some bytes changed, bytes of the
 * input, a failure, and the honest document changed *before* it is signed, which gets past the
 * signatures. Whatever comes, the workflow ends, asks for nothing outside its folder, and stores
 * only what it can read again.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WANTS_MAX   128 /* more than 32 roots, three documents and 32 roles; of two phases */
#define ANSWER_MAX  (64 << 10)
#define CHANGES_MAX 8
#define STORE       "/store"

typedef struct input {
    const uint8_t *data;
    size_t size;
} input;

static uint8_t next(input *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return *in->data++;
}

static forge publisher;
static faulty_os disk;

static void publish(void)
{
    if (publisher.role_len)
        return; /* by the first input */
    forge_init(&publisher);
    publisher.versions[WISP_ROLE_ROOT] = 2;
    forge_sign_root(&publisher);
    forge_delegate(&publisher, "targets", "a", (forge_terms){.pattern = "a/*"});
    forge_delegate(&publisher, "a", "b", (forge_terms){.is_terminating = true});
    forge_delegate(&publisher, "targets", "../c",
                   (forge_terms){.field = "path_hash_prefixes", .pattern = "2d"});
    forge_bins(&publisher, "../c", 4, "bin");
    forge_role_of(&publisher, "bin-2")->key = "bins";
    forge_target(&publisher, "b", "a/x", "content");
    forge_target(&publisher, "bin-2", "x", "content");
    forge_publish(&publisher);
}

/* --- answers ----------------------------------------------------------------------------- */

static size_t change(input *in, uint8_t *text, size_t size)
{
    for (int i = next(in) % CHANGES_MAX; i > 0 && size; i--) {
        size_t at = ((size_t)next(in) << 8 | next(in)) % size;
        text[at] = next(in);
    }
    return size;
}

/* "3.a.json" is signed with the key of that name: "a". */
static void key_of(const char *name, char key[WISP_WANT_NAME_SIZE])
{
    const char *start = name + strspn(name, "0123456789");
    if (*start == '.' && start > name)
        name = start + 1;
    snprintf(key, WISP_WANT_NAME_SIZE, "%s", name);
    char *end = strrchr(key, '.');
    if (end)
        *end = '\0';
    if (strncmp(key, "bin", 3) == 0)
        strcpy(key, "bins");
}

/* Changes what is signed, and signs it; false if that left no document. */
static bool change_and_sign(input *in, const char *name, uint8_t *text, size_t *size)
{
    wisp_json *document, *body;
    const wisp_json *inner;
    char key[WISP_WANT_NAME_SIZE];
    const char *keys[] = {key};
    if (wisp_json_parse((wisp_bytes){text, *size}, &document, NULL) != WISP_OK)
        return false;
    bool has_body = wisp_json_object(document, "signed", &inner, NULL) == WISP_OK;
    char *plain = has_body ? wisp_json_canonical(inner, size) : NULL;
    wisp_json_free(document);
    if (!plain)
        return false;
    *size = change(in, (uint8_t *)plain, *size);
    wisp_status status = wisp_json_parse((wisp_bytes){(uint8_t *)plain, *size}, &body, NULL);
    wisp_json_text_free(plain);
    if (status != WISP_OK)
        return false;
    key_of(name, key);
    char *signed_text = forge_sign(body, keys, 1, size);
    bool fits = *size <= ANSWER_MAX;
    if (fits)
        memcpy(text, signed_text, *size);
    wisp_json_text_free(signed_text);
    return fits;
}

static wisp_status answer(input *in, const wisp_want *want, uint8_t *text, size_t *size)
{
    static const wisp_status failures[] = {WISP_NOT_FOUND, WISP_LIMIT, WISP_NETWORK, WISP_IO};
    const forge_file *file = forge_find(&publisher, want->path);
    uint8_t how = next(in);
    *size = 0;
    if (file && file->size <= ANSWER_MAX) {
        memcpy(text, file->data, file->size);
        *size = file->size;
    }
    switch (how % 5) {
    case 1:
        *size = change(in, text, *size);
        break;
    case 2:
        *size = ((size_t)next(in) << 8 | next(in)) % (in->size + 1);
        memcpy(text, in->data, *size);
        in->data += *size;
        in->size -= *size;
        return WISP_OK;
    case 3:
        return failures[next(in) % 4];
    case 4:
        if (*size && !change_and_sign(in, want->name, text, size))
            *size = 0;
        break;
    default:
        break;
    }
    return *size ? WISP_OK : WISP_NOT_FOUND;
}

/* --- the workflow ------------------------------------------------------------------------ */

static wisp_status drive(input *in, wisp_workflow *w, wisp_status status, wisp_error *err)
{
    static uint8_t text[ANSWER_MAX];
    wisp_want want;
    int wants = 0;
    while (status == WISP_OK && wisp_workflow_wants(w, &want)) {
        size_t size;
        assert(++wants <= WANTS_MAX);
        assert(!strchr(want.path, '/'));
        status = answer(in, &want, text, &size);
        snprintf(err->text, sizeof err->text, "as the input says");
        status = wisp_workflow_take(w, status, (wisp_bytes){text, size}, err);
        assert(status == WISP_OK || err->text[0]);
    }
    assert(!wisp_workflow_wants(w, &want));
    return status;
}

/* Each is below the folder itself, and no folder was made in it. */
static void check_names(void)
{
    for (int i = 0; i < disk.now.len; i++) {
        const char *path = disk.now.list[i].path;
        if (strcmp(path, STORE) == 0)
            continue;
        assert(strncmp(path, STORE "/", sizeof STORE) == 0 && !strchr(path + sizeof STORE, '/'));
        assert(disk.now.list[i].file >= 0);
    }
}

static void check_stored(const wisp_folder *store, wisp_role role)
{
    wisp_metadata *document;
    wisp_status status = wisp_metastore_load(store, role, wisp_role_name(role), &document, NULL);
    assert(status == WISP_OK || status == WISP_NOT_FOUND);
    if (status == WISP_OK)
        wisp_metadata_free(document);
}

static void use(input *in, const wisp_folder *store)
{
    static const char *const targets[] = {"a/x", "x", "missing"};
    const forge_file *root = forge_find(&publisher, "2.root.json");
    wisp_workflow_config config = {
        .store = store, .root = {root->data, root->size}, .now = INT64_C(1900000000)};
    wisp_workflow *w;
    wisp_error err = {.text = ""};
    wisp_target target;
    assert(wisp_workflow_new(&config, &w, &err) == WISP_OK);
    wisp_status status = drive(in, w, wisp_workflow_refresh(w, &err), &err);
    assert((wisp_workflow_time_floor(w) == 0) == (status != WISP_OK));
    for (size_t i = 0; status == WISP_OK && i < sizeof targets / sizeof *targets; i++) {
        wisp_status found = drive(in, w, wisp_workflow_seek(w, targets[i], &err), &err);
        assert((found == WISP_OK) == wisp_workflow_target(w, &target));
    }
    wisp_workflow_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    wisp_folder store;
    wisp_error err;
    publish();
    faulty_os_init(&disk);
    assert(wisp_folder_init(&store, &disk.os, &wisp_allocator_default, STORE, NULL, &err) ==
           WISP_OK);
    assert(wisp_metastore_prepare(&store, &err) == WISP_OK);
    for (int i = 0; i < 2; i++) /* the second finds what the first has stored */
        use(&in, &store);
    check_names();
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        check_stored(&store, (wisp_role)role);
    faulty_os_deinit(&disk);
    return 0;
}
