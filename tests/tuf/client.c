#include "client.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1900000000) /* 2030-03-17 */

void client_init(client *c, forge *server)
{
    *c = (client){.server = server};
    faulty_os_init(&c->disk);
    assert_int_equal(wisp_folder_init(&c->store, &c->disk.os, &wisp_allocator_default, CLIENT_DIR,
                                      NULL, &c->err),
                     WISP_OK);
    assert_int_equal(wisp_metastore_prepare(&c->store, &c->err), WISP_OK);
    const forge_file *root = forge_find(server, "1.root.json");
    c->root = malloc(root->size);
    assert_non_null(c->root);
    memcpy(c->root, root->data, root->size);
    c->config =
        (wisp_workflow_config){.store = &c->store, .root = {c->root, root->size}, .now = NOW};
}

void client_deinit(client *c)
{
    client_restart(c);
    faulty_os_deinit(&c->disk);
    free(c->root);
}

void client_restart(client *c)
{
    wisp_workflow_free(c->workflow);
    c->workflow = NULL;
    c->log[0] = '\0';
}

static wisp_status get(client *c, const wisp_want *want, wisp_bytes *out)
{
    size_t used = strlen(c->log);
    snprintf(c->log + used, sizeof c->log - used, "%s\n", want->path);
    const forge_file *file = forge_find(c->server, want->path);
    if (!file) {
        snprintf(c->err.text, sizeof c->err.text, "%s is not on the server", want->name);
        return WISP_NOT_FOUND;
    }
    if (file->size > want->size_max) {
        snprintf(c->err.text, sizeof c->err.text, "%s goes on after %zu bytes", want->name,
                 want->size_max);
        return WISP_LIMIT;
    }
    *out = (wisp_bytes){file->data, file->size};
    return WISP_OK;
}

wisp_status client_drive_to(client *c, wisp_status status, const char *path)
{
    wisp_want want;
    while (status == WISP_OK && wisp_workflow_wants(c->workflow, &want) &&
           strcmp(want.path, path) != 0) {
        wisp_bytes bytes = {NULL, 0};
        status = get(c, &want, &bytes);
        status = wisp_workflow_take(c->workflow, status, bytes, &c->err);
    }
    return status;
}

wisp_status client_drive(client *c, wisp_status status)
{
    wisp_want want;
    status = client_drive_to(c, status, "nothing that is ever wanted");
    if (c->workflow)
        assert_false(wisp_workflow_wants(c->workflow, &want));
    return status;
}

wisp_status client_refresh(client *c)
{
    wisp_status status = WISP_OK;
    if (!c->workflow)
        status = wisp_workflow_new(&c->config, &c->workflow, &c->err);
    if (status == WISP_OK)
        status = wisp_workflow_refresh(c->workflow, &c->err);
    return client_drive(c, status);
}

wisp_status client_seek(client *c, const char *target)
{
    return client_drive(c, wisp_workflow_seek(c->workflow, target, &c->err));
}

void client_expect(const client *c, wisp_status status, wisp_status expected, const char *words)
{
    if (status != expected || (status != WISP_OK && !strstr(c->err.text, words)))
        print_error("%s: %s\nexpected %s: %s\n", wisp_status_name(status),
                    status == WISP_OK ? "" : c->err.text, wisp_status_name(expected), words);
    assert_int_equal(status, expected);
    assert_true(status == WISP_OK || strstr(c->err.text, words));
}

const faulty_bytes *client_stored(client *c, const char *file)
{
    char path[300];
    snprintf(path, sizeof path, CLIENT_DIR "/%s", file);
    return faulty_os_file(&c->disk, path);
}
