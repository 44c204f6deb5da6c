#include "publish/project.h"

#include "base/error.h"
#include "publish/file.h"
#include "publish/permission.h"
#include "publish/roles.h"

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

static wisp_status check_key_places(wisp_project *project, const wisp_role_policy *policy,
                                    wisp_error *err)
{
    for (size_t i = 0; i < policy->key_len; i++) {
        const char *path = wisp_project_path(project, policy->keys[i]);
        if (!path)
            return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
        if (wisp_path_lies_in(path, project->repository))
            return wisp_fail(err, WISP_INVALID,
                             "the private key %.80s lies in the repository folder %.80s, which "
                             "is public",
                             path, project->repository);
    }
    return WISP_OK;
}

/* A web server shows the whole repository folder: no private key may be in it. */
static wisp_status check_all_key_places(wisp_project *project, wisp_error *err)
{
    const wisp_config *config = &project->config;
    wisp_status status = WISP_OK;
    for (int role = 0; role < WISP_ROLE_LEN && !status; role++)
        status = check_key_places(project, &config->roles[role], err);
    for (size_t i = 0; i < config->channel_len && !status; i++)
        status = check_key_places(project, &config->channels[i].policy, err);
    return status;
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
    return project->repository ? check_all_key_places(project, err)
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
    wisp_key_wipe(&project->fresh);
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

wisp_status wisp_project_key(wisp_project *project, const char *path, wisp_key *out,
                             wisp_error *err)
{
    if (project->fresh_path && strcmp(path, project->fresh_path) == 0) {
        *out = project->fresh;
        return WISP_OK;
    }
    const char *whole = wisp_project_path(project, path);
    return whole ? wisp_key_load(project->os, whole, out, err)
                 : wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
}

wisp_status wisp_project_keys(wisp_project *project, const char *name, wisp_keyring *out,
                              wisp_error *err)
{
    const wisp_role_policy *policy = wisp_config_policy(&project->config, name);
    out->len = 0;
    for (size_t i = 0; policy && i < policy->key_len; i++) {
        wisp_status status =
            wisp_project_key(project, policy->keys[i], &out->keys[out->len], err);
        if (status && status != WISP_NOT_FOUND)
            return status;
        if (!status && wisp_key_can_sign(&out->keys[out->len]))
            out->places[out->len++] = i;
    }
    return WISP_OK;
}

wisp_status wisp_project_save(wisp_project *project, wisp_error *err)
{
    size_t size;
    const char *path = wisp_project_path(project, WISP_CONFIG_NAME);
    char *text = path ? wisp_config_print(&project->config, &size) : NULL;
    if (!text)
        return wisp_fail_memory(err, WISP_CONFIG_SIZE_MAX);
    wisp_bytes bytes = {(const uint8_t *)text, size};
    wisp_status status = wisp_file_replace(project->os, path, bytes, WISP_MODE_PUBLIC, err);
    wisp_json_text_free(text);
    return status;
}

/* Whether the key in the file [path] was among [before] and is not among [after]. */
static bool was_taken_away(wisp_project *project, const char *path, const wisp_signers *before,
                           const wisp_signers *after)
{
    wisp_key key;
    bool is_gone = !wisp_project_key(project, path, &key, NULL) &&
                   wisp_signers_have(before, key.id) && !wisp_signers_have(after, key.id);
    wisp_key_wipe(&key);
    return is_gone;
}

/* Whether there was anything to change. */
static bool follow(wisp_project *project, wisp_role_policy *policy, const wisp_signers *before,
                   const wisp_signers *after)
{
    size_t kept = 0, len = policy->key_len;
    uint64_t threshold = policy->threshold;
    for (size_t i = 0; i < len; i++) {
        if (!was_taken_away(project, policy->keys[i], before, after))
            policy->keys[kept++] = policy->keys[i];
    }
    policy->key_len = kept > 0 ? kept : len; /* a config has one key at least */
    if (after->threshold <= policy->key_len)
        policy->threshold = after->threshold;
    return policy->key_len != len || policy->threshold != threshold;
}

wisp_status wisp_project_follow(wisp_project *project, const wisp_metadata *root_before,
                                const wisp_metadata *targets_before, const wisp_metadata *root,
                                const wisp_metadata *targets, wisp_error *err)
{
    wisp_config *config = &project->config;
    bool changed = false;
    for (size_t i = 0; i < WISP_ROLE_LEN + config->channel_len; i++) {
        bool is_channel = i >= WISP_ROLE_LEN;
        const char *name =
            is_channel ? config->channels[i - WISP_ROLE_LEN].name : wisp_role_name((wisp_role)i);
        wisp_signers before, after;
        if (wisp_signers_find(root_before, targets_before, name, &before) &&
            wisp_signers_find(root, targets, name, &after))
            changed =
                follow(project, wisp_config_policy(config, name), &before, &after) || changed;
    }
    return changed ? wisp_project_save(project, err) : WISP_OK;
}
