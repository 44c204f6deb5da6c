#include "artifacts.h"
#include "base/error.h"
#include "base/memory.h"
#include "command_line.h"
#include "tuf/drive.h"

#include <stdio.h>
#include <string.h>

/*
 * The client workflow of The Update Framework as a program, so that any suite that tests TUF
 * clients can test this one. Every command exits with 0 only if all of it succeeded, else with 1.
 */

#define URL_SIZE          1024
#define ARTIFACT_SIZE_MAX ((uint64_t)256 << 20) /* held in memory until it is verified */

typedef struct client {
    const command_line *line;
    wisp_folder metadata;
    wisp_net *net;
    wisp_workflow *workflow;
    char metadata_url[URL_SIZE], target_url[URL_SIZE];
    wisp_drive drive;
} client;

static wisp_status open_folder(wisp_folder *folder, const char *dir, wisp_error *err)
{
    return wisp_folder_init(folder, wisp_os_posix(), &wisp_allocator_default, dir, NULL, err);
}

static wisp_status begin(client *c, wisp_bytes root, wisp_error *err)
{
    const wisp_os *os = wisp_os_posix();
    wisp_status status = open_folder(&c->metadata, c->line->metadata_dir, err);
    if (status == WISP_OK)
        status = wisp_metastore_prepare(&c->metadata, err);
    wisp_workflow_config config = {
        .store = &c->metadata, .root = root, .now = os->wall_time_s(os->user)};
    return status == WISP_OK ? wisp_workflow_new(&config, &c->workflow, err) : status;
}

/* Copies [url] without the '/' at its end. */
static wisp_status trim_url(const char *url, char out[URL_SIZE], wisp_error *err)
{
    size_t len = strlen(url);
    while (len && url[len - 1] == '/')
        len--;
    if (len >= URL_SIZE)
        return wisp_fail(err, WISP_INVALID, "a URL is longer than %d bytes", URL_SIZE - 1);
    memcpy(out, url, len);
    out[len] = '\0';
    return WISP_OK;
}

static wisp_status connect(client *c, wisp_error *err)
{
    wisp_status status = trim_url(c->line->metadata_url, c->metadata_url, err);
    if (status == WISP_OK)
        status = wisp_net_curl_new(NULL, &c->net, err);
    c->drive =
        (wisp_drive){.net = c->net, .allocator = &wisp_allocator_default, .url = c->metadata_url};
    return status;
}

static wisp_status read_file(const char *path, wisp_folder *folder, wisp_bytes *out,
                             wisp_error *err)
{
    char dir[WISP_FOLDER_PATH_SIZE] = ".";
    const char *slash = strrchr(path, '/');
    if (slash && (size_t)(slash - path) + 1 >= sizeof dir)
        return wisp_fail(err, WISP_INVALID, "the path %.60s… is too long", path);
    if (slash)
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - path) + 1, path);
    wisp_status status = open_folder(folder, dir, err);
    if (status != WISP_OK)
        return status;
    return wisp_folder_read(folder, slash ? slash + 1 : path, wisp_role_size_max(WISP_ROLE_ROOT),
                            out, err);
}

/* The workflow stores a sound root before it wants anything: that is all of init. */
static wisp_status init(client *c, wisp_error *err)
{
    wisp_folder folder;
    wisp_bytes root;
    wisp_status status = read_file(c->line->trusted_root, &folder, &root, err);
    if (status != WISP_OK)
        return status;
    status = begin(c, root, err);
    if (status == WISP_OK)
        status = wisp_workflow_refresh(c->workflow, err);
    wisp_folder_free(&folder, root);
    return status;
}

static wisp_status refresh(client *c, wisp_error *err)
{
    wisp_status status = connect(c, err);
    if (status == WISP_OK)
        status = begin(c, (wisp_bytes){NULL, 0}, err);
    if (status == WISP_OK)
        status = wisp_workflow_refresh(c->workflow, err);
    return wisp_drive_phase(&c->drive, c->workflow, status, err);
}

static wisp_status fetch(client *c, const wisp_folder *artifacts, const char *name,
                         const wisp_target *target, wisp_error *err)
{
    wisp_download content;
    if (target->info.length > ARTIFACT_SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "'%.80s' has %llu bytes, expected at most %llu", name,
                         (unsigned long long)target->info.length,
                         (unsigned long long)ARTIFACT_SIZE_MAX);
    wisp_status status =
        wisp_drive_content(&c->drive, c->target_url, name, target, &content, err);
    if (status == WISP_OK)
        status = artifacts_put(artifacts, name, wisp_download_bytes(&content), err);
    wisp_download_free(&content);
    return status;
}

static wisp_status download_one(client *c, const wisp_folder *artifacts, const char *name,
                                wisp_error *err)
{
    wisp_target target;
    wisp_status status = wisp_workflow_seek(c->workflow, name, err);
    status = wisp_drive_phase(&c->drive, c->workflow, status, err);
    if (status != WISP_OK)
        return status;
    wisp_workflow_target(c->workflow, &target);
    if (artifacts_have(artifacts, name, &target.info))
        return WISP_OK;
    return fetch(c, artifacts, name, &target, err);
}

static wisp_status download(client *c, wisp_error *err)
{
    wisp_folder artifacts;
    wisp_status status = open_folder(&artifacts, c->line->target_dir, err);
    if (status == WISP_OK)
        status = wisp_folder_make(&artifacts, err);
    if (status == WISP_OK)
        status = trim_url(c->line->target_url, c->target_url, err);
    if (status == WISP_OK)
        status = refresh(c, err);
    for (size_t i = 0; status == WISP_OK && i < c->line->target_len; i++)
        status = download_one(c, &artifacts, c->line->target_names[i], err);
    return status;
}

static wisp_status run(client *c, wisp_error *err)
{
    switch (c->line->command) {
    case COMMAND_INIT:
        return init(c, err);
    case COMMAND_REFRESH:
        return refresh(c, err);
    case COMMAND_DOWNLOAD:
        return download(c, err);
    }
    return WISP_INVALID;
}

int main(int argc, char **argv)
{
    wisp_error err = {.text = ""};
    command_line line;
    client c = {.line = &line};
    bool is_done = false;
    if (command_line_parse(argc, argv, &line)) {
        is_done = run(&c, &err) == WISP_OK;
        if (!is_done)
            fprintf(stderr, "wisp-tuf-client: %s\n", err.text);
    }
    wisp_workflow_free(c.workflow);
    wisp_net_curl_free(c.net);
    command_line_deinit(&line);
    return is_done ? 0 : 1;
}
