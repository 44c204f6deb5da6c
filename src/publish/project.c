#include "publish/project.h"

#include "base/error.h"
#include "publish/file.h"
#include "publish/permission.h"

#include <errno.h>
#include <string.h>

#define LOCK_NAME  ".lock"
#define ARENA_SIZE 4096

char *wisp_project_path(wisp_project *project, const char *name)
{
    return wisp_path_join(&project->arena, project->dir, name);
}

static wisp_status read_config(wisp_project *project, wisp_error *err)
{
    const char *path = wisp_project_path(project, WISP_CONFIG_NAME);
    wisp_bytes text;
    wisp_error why;
    if (!path)
        return wisp_fail_memory(err, strlen(project->dir));
    wisp_status status =
        wisp_file_read(project->os, &project->arena, path, WISP_CONFIG_SIZE_MAX, &text, &why);
    if (status == WISP_NOT_FOUND)
        return wisp_fail(err, status, "no project in '%s': it has no " WISP_CONFIG_NAME,
                         project->dir);
    if (status)
        return wisp_fail(err, status, "%s", why.text);
    status = wisp_config_parse(&project->arena, text, &project->config, &why);
    return status ? wisp_fail(err, status, "%s: %.200s", path, why.text) : WISP_OK;
}

/* A web server shows the whole repository folder: no private key may be in it. */
static wisp_status check_key_places(wisp_project *project, wisp_error *err)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        const wisp_role_policy *policy = &project->config.roles[role];
        for (size_t i = 0; i < policy->key_len; i++) {
            const char *path = wisp_project_path(project, policy->keys[i]);
            if (!path)
                return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
            if (wisp_path_lies_in(path, project->repository))
                return wisp_fail(err, WISP_INVALID,
                                 "the private key %.80s lies in the repository folder %.80s, "
                                 "which is public",
                                 path, project->repository);
        }
    }
    return WISP_OK;
}

static wisp_status fill_project(wisp_project *project, const char *dir, const wisp_config *config,
                                wisp_error *err)
{
    project->dir = wisp_arena_text(&project->arena, dir, strlen(dir));
    if (!project->dir)
        return wisp_fail_memory(err, strlen(dir) + 1);
    if (config)
        project->config = *config;
    wisp_status status = config ? WISP_OK : read_config(project, err);
    if (status)
        return status;
    project->repository = wisp_project_path(project, project->config.repository);
    return project->repository ? check_key_places(project, err)
                               : wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
}

wisp_status wisp_project_with(const wisp_allocator *allocator, const wisp_os *os, const char *dir,
                              const wisp_config *config, wisp_project **out, wisp_error *err)
{
    allocator = wisp_allocator_or_default(allocator);
    wisp_project *project = wisp_alloc(allocator, 1, sizeof *project);
    if (!project)
        return wisp_fail_memory(err, sizeof *project);
    wisp_arena_init(&project->arena, allocator, ARENA_SIZE);
    project->os = os ? os : wisp_os_posix();
    project->lock = -1;
    wisp_status status = fill_project(project, dir, config, err);
    if (status) {
        wisp_project_close(project);
        return status;
    }
    *out = project;
    return WISP_OK;
}

wisp_status wisp_project_open(const wisp_allocator *allocator, const wisp_os *os, const char *dir,
                              wisp_project **out, wisp_error *err)
{
    return wisp_project_with(allocator, os, dir, NULL, out, err);
}

void wisp_project_close(wisp_project *project)
{
    if (!project)
        return;
    if (project->lock >= 0)
        project->os->close(project->os->user, project->lock);
    const wisp_allocator *allocator = project->arena.allocator;
    wisp_arena_deinit(&project->arena);
    wisp_free(allocator, project, sizeof *project);
}

wisp_status wisp_project_lock(wisp_project *project, wisp_error *err)
{
    if (project->lock >= 0)
        return WISP_OK;
    const char *path = wisp_project_path(project, LOCK_NAME);
    if (!path)
        return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    const wisp_os *os = project->os;
    int fd = os->open(os->user, path, WISP_OS_WRITE);
    if (fd < 0)
        return wisp_fail(err, WISP_IO, "cannot open %s: %s", path, strerror(-fd));
    int result = os->lock(os->user, fd);
    if (result == 0) {
        project->lock = fd;
        return WISP_OK;
    }
    os->close(os->user, fd);
    if (result == -EWOULDBLOCK)
        return wisp_fail(err, WISP_BUSY, "another publisher is at work in '%s'", project->dir);
    return wisp_fail(err, WISP_IO, "cannot lock %s: %s", path, strerror(-result));
}

wisp_status wisp_project_keys(wisp_project *project, wisp_role role, wisp_keyring *out,
                              wisp_error *err)
{
    const wisp_role_policy *policy = &project->config.roles[role];
    out->len = 0;
    for (size_t i = 0; i < policy->key_len; i++) {
        const char *path = wisp_project_path(project, policy->keys[i]);
        if (!path)
            return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
        wisp_status status = wisp_key_load(project->os, path, &out->keys[i], err);
        if (status)
            return status;
        out->len++;
    }
    return WISP_OK;
}
