#include "publish/publish.h"

#include "base/error.h"
#include "publish/change.h"
#include "publish/file.h"

#include <stdio.h>
#include <string.h>

#define IGNORE_TEXT "*\n" /* keeps private keys out of version control */

/* Every file of a new project, in the order in which they are written; keys come first. */
static const char *const repository_files[] = {
    "1.root.json", "root.json", "1.targets.json", "1.snapshot.json", "timestamp.json",
};

#define POLICIES_MAX        (WISP_ROLE_LEN + WISP_CHANNELS_MAX)
#define REPOSITORY_FILE_LEN (sizeof repository_files / sizeof *repository_files)
#define FILES_MAX                                                                                \
    (POLICIES_MAX * WISP_ROLE_KEYS_MAX + REPOSITORY_FILE_LEN + WISP_CHANNELS_MAX + 1)

typedef struct file_list {
    const char *paths[FILES_MAX];
    size_t len, key_len;
} file_list;

/* Adds [path], unless it is there: roles may share a key. */
static bool add_file(file_list *files, const char *path)
{
    for (size_t i = 0; path && i < files->len; i++) {
        if (strcmp(files->paths[i], path) == 0)
            return true;
    }
    if (path)
        files->paths[files->len++] = path;
    return path;
}

static bool add_keys(wisp_project *project, const wisp_role_policy *policy, file_list *files)
{
    bool added = true;
    for (size_t i = 0; i < policy->key_len && added; i++)
        added = add_file(files, wisp_project_path(project, policy->keys[i]));
    return added;
}

static bool add_document(wisp_project *project, const char *name, file_list *files)
{
    return add_file(files, wisp_path_join(&project->arena, project->repository, name));
}

static bool list_files(wisp_project *project, file_list *files)
{
    const wisp_config *config = &project->config;
    bool added = true;
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        added = added && add_keys(project, &config->roles[role], files);
    for (size_t i = 0; i < config->channel_len; i++)
        added = added && add_keys(project, &config->channels[i].policy, files);
    files->key_len = files->len;
    for (size_t i = 0; i < REPOSITORY_FILE_LEN; i++)
        added = added && add_document(project, repository_files[i], files);
    for (size_t i = 0; i < config->channel_len; i++) {
        char name[WISP_CHANNEL_NAME_MAX + 8];
        snprintf(name, sizeof name, "1.%s.json", config->channels[i].name);
        added = added && add_document(project, name, files);
    }
    return added && add_file(files, wisp_project_path(project, WISP_CONFIG_NAME));
}

static wisp_status check_nothing_there(wisp_project *project, const file_list *files,
                                       wisp_error *err)
{
    for (size_t i = 0; i < files->len; i++) {
        if (wisp_file_exists(project->os, files->paths[i]))
            return wisp_fail(err, WISP_INVALID, "%s is there already, and is left as it is",
                             files->paths[i]);
    }
    return WISP_OK;
}

/* Makes the folder of the key file [path], closed to others. */
static wisp_status make_key_folder(wisp_project *project, const char *path, wisp_error *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return WISP_OK;
    char *folder = wisp_arena_text(&project->arena, path, (size_t)(slash - path));
    if (!folder)
        return wisp_fail_memory(err, strlen(path));
    if (strcmp(folder, project->dir) == 0)
        return WISP_OK;
    wisp_status status = wisp_dir_make(project->os, folder, WISP_MODE_SECRET_DIR, err);
    if (!status)
        status = wisp_file_check_secret(folder, WISP_MODE_SECRET_DIR, err);
    if (status)
        return status;
    const char *ignore = wisp_path_join(&project->arena, folder, ".gitignore");
    if (!ignore)
        return wisp_fail_memory(err, strlen(path));
    wisp_bytes text = {(const uint8_t *)IGNORE_TEXT, sizeof IGNORE_TEXT - 1};
    return wisp_file_exists(project->os, ignore)
               ? WISP_OK
               : wisp_file_create(project->os, ignore, text, WISP_MODE_PUBLIC, err);
}

static wisp_status make_keys(wisp_project *project, const file_list *files, wisp_error *err)
{
    for (size_t i = 0; i < files->key_len; i++) {
        wisp_key key;
        wisp_status status = make_key_folder(project, files->paths[i], err);
        if (!status)
            status = wisp_key_make(project->os, &key, err);
        if (status)
            return status;
        status = wisp_key_save(project->os, files->paths[i], &key, err);
        wisp_key_wipe(&key);
        if (status)
            return status;
    }
    return WISP_OK;
}

/* Signs [contents], which are given away, if all went well so far. */
static wisp_status put_if(wisp_status status, wisp_change *change, size_t role,
                          wisp_json *contents, wisp_error *err)
{
    if (!status)
        return wisp_change_put(change, role, contents, err);
    wisp_json_free(contents);
    return status;
}

static wisp_status sign_root(wisp_change *change, wisp_error *err)
{
    wisp_json *contents;
    wisp_status status = wisp_change_draft(change, WISP_ROLE_ROOT, &contents, err);
    if (status)
        return status;
    for (int role = 0; role < WISP_ROLE_LEN && !status; role++)
        status = wisp_change_appoint(change, wisp_role_name((wisp_role)role), contents, err);
    return put_if(status, change, WISP_ROLE_ROOT, contents, err);
}

static wisp_status sign_targets(wisp_change *change, wisp_error *err)
{
    wisp_json *contents;
    wisp_status status = wisp_change_draft(change, WISP_ROLE_TARGETS, &contents, err);
    if (status)
        return status;
    const wisp_config *config = &change->project->config;
    for (size_t i = 0; i < config->channel_len && !status; i++) {
        const char *name = config->channels[i].name;
        status = wisp_channel_delegate(contents, name)
                     ? wisp_change_appoint(change, name, contents, err)
                     : wisp_fail_memory(err, 0);
    }
    return put_if(status, change, WISP_ROLE_TARGETS, contents, err);
}

static wisp_status make_repository(wisp_project *project, wisp_error *err)
{
    wisp_change change;
    wisp_published published = {0};
    wisp_status status = wisp_change_begin(&change, project, WISP_CHANGE_NEW, err);
    if (!status)
        status = wisp_repository_make(&change.repository, err);
    if (!status)
        status = sign_root(&change, err);
    if (!status)
        status = sign_targets(&change, err);
    for (size_t role = WISP_ROLE_LEN; role < change.repository.len && !status; role++)
        status = wisp_change_renew(&change, role, err);
    if (!status)
        status = wisp_change_finish(&change, true, false, &published, err);
    wisp_published_deinit(&published);
    wisp_change_end(&change);
    return status;
}

/* The config comes last: a folder that has it is a whole project. */
static wisp_status write_config(wisp_project *project, const char *path, wisp_error *err)
{
    size_t size;
    char *text = wisp_config_print(&project->config, &size);
    if (!text)
        return wisp_fail_memory(err, WISP_CONFIG_SIZE_MAX);
    wisp_bytes bytes = {(const uint8_t *)text, size};
    wisp_status status = wisp_file_create(project->os, path, bytes, WISP_MODE_PUBLIC, err);
    wisp_json_text_free(text);
    return status;
}

static wisp_status create(wisp_project *project, wisp_error *err)
{
    file_list files = {0};
    if (!list_files(project, &files))
        return wisp_fail_memory(err, WISP_PATH_SIZE_MAX);
    wisp_status status = wisp_dir_make(project->os, project->dir, WISP_MODE_PUBLIC_DIR, err);
    if (!status)
        status = wisp_project_lock(project, err);
    if (!status)
        status = check_nothing_there(project, &files, err);
    if (status)
        return status;
    status = make_keys(project, &files, err);
    if (!status)
        status = make_repository(project, err);
    if (!status)
        status = write_config(project, files.paths[files.len - 1], err);
    for (size_t i = 0; status && i < files.len; i++)
        project->os->remove(project->os->user, files.paths[i]);
    return status;
}

wisp_status wisp_project_create(const wisp_allocator *allocator, const wisp_os *os,
                                const char *dir, const wisp_config *config, wisp_error *err)
{
    wisp_project *project;
    wisp_status status = wisp_target_name_check(config->target, err);
    for (size_t i = 0; i < config->channel_len && !status; i++)
        status = wisp_channel_name_check(config->channels[i].name, err);
    if (!status)
        status = wisp_project_with(allocator, os, dir, config, &project, err);
    if (status)
        return status;
    status = create(project, err);
    wisp_project_close(project);
    return status;
}
