#include "base/hex.h"
#include "sandbox.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const project_files[] = {
    "p/wisp.json",           "p/keys/root.key",       "p/keys/targets.key",
    "p/keys/snapshot.key",   "p/keys/timestamp.key",  "p/repo/1.root.json",
    "p/repo/root.json",      "p/repo/1.targets.json", "p/repo/1.snapshot.json",
    "p/repo/timestamp.json", "p/repo/1.stable.json",  "p/repo/1.beta.json",
};

#define FILE_LEN (sizeof project_files / sizeof *project_files)

static wisp_status create(sandbox *s, wisp_error *err)
{
    wisp_config config = wisp_config_default();
    return wisp_project_create(NULL, &s->os, sandbox_path(s, "p"), &config, err);
}

static void a_new_project_verifies(void **state)
{
    wisp_repository repository;
    sandbox_verify(*state, &repository);
    assert_int_equal(repository.len, WISP_ROLE_LEN + 2);
    for (size_t i = 0; i < repository.len; i++)
        assert_int_equal(wisp_metadata_version(repository.documents[i]), 1);
    assert_string_equal(repository.names[WISP_STABLE], "stable");
    assert_string_equal(repository.names[WISP_STABLE + 1], "beta");
    assert_true(wisp_root_consistent_snapshot(repository.documents[WISP_ROLE_ROOT]));
    wisp_repository_deinit(&repository);
}

static void each_role_expires_as_the_config_says(void **state)
{
    sandbox *s = *state;
    wisp_repository repository;
    wisp_config config = wisp_config_default();
    sandbox_verify(s, &repository);
    for (int i = 0; i < WISP_ROLE_LEN; i++)
        assert_int_equal(wisp_metadata_expires(repository.documents[i]),
                         s->time + (int64_t)config.roles[i].expires_days * 86400);
    wisp_repository_deinit(&repository);
}

static void private_keys_are_for_their_owner_alone(void **state)
{
    assert_int_equal(sandbox_mode(*state, "p/keys"), 0700);
    for (size_t i = 1; i <= 4; i++)
        assert_int_equal(sandbox_mode(*state, project_files[i]), 0600);
}

static void a_web_server_can_read_the_repository(void **state)
{
    assert_int_equal(sandbox_mode(*state, "p/repo"), 0755);
    assert_int_equal(sandbox_mode(*state, "p/repo/targets"), 0755);
    for (size_t i = 5; i < FILE_LEN; i++)
        assert_int_equal(sandbox_mode(*state, project_files[i]), 0644);
}

static void no_private_half_is_in_the_repository(void **state)
{
    sandbox *s = *state;
    sandbox_publish(s, "one", 1);
    DIR *dir = opendir(sandbox_path(s, "p/repo"));
    assert_non_null(dir);
    int looked_at = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[300];
        snprintf(name, sizeof name, "p/repo/%s", entry->d_name);
        if (!strstr(name, ".json"))
            continue;
        char *text = sandbox_read(s, name);
        assert_null(strstr(text, "private"));
        for (int i = 0; i < 4; i++) {
            wisp_key key;
            char seed[65];
            const char *path = sandbox_path(s, project_files[1 + i]);
            assert_int_equal(wisp_key_load(&s->os, path, &key, NULL), WISP_OK);
            wisp_hex_print(key.seed, sizeof key.seed, seed);
            assert_null(strstr(text, seed));
        }
        free(text);
        looked_at++;
    }
    closedir(dir);
    assert_int_equal(looked_at, 9);
}

static void keys_are_kept_out_of_version_control(void **state)
{
    char *text = sandbox_read(*state, "p/keys/.gitignore");
    assert_string_equal(text, "*\n");
    free(text);
}

static void no_file_that_is_there_is_overwritten(void **state)
{
    sandbox *s = *state;
    for (size_t i = 0; i < FILE_LEN; i++) {
        for (size_t j = 0; j < FILE_LEN; j++)
            remove(sandbox_path(s, project_files[j]));
        sandbox_write(s, project_files[i], "mine");
        wisp_error err;
        assert_int_equal(create(s, &err), WISP_INVALID);
        assert_contains(err.text, project_files[i]);
        for (size_t j = 0; j < FILE_LEN; j++)
            assert_int_equal(sandbox_has(s, project_files[j]), i == j);
        char *text = sandbox_read(s, project_files[i]);
        assert_string_equal(text, "mine");
        free(text);
    }
}

static void a_key_folder_that_others_can_read_is_refused(void **state)
{
    sandbox *s = *state;
    wisp_error err;
    assert_int_equal(mkdir(sandbox_path(s, "p"), 0755), 0);
    assert_int_equal(mkdir(sandbox_path(s, "p/keys"), 0755), 0);
    assert_int_equal(chmod(sandbox_path(s, "p/keys"), 0755), 0);
    assert_int_equal(create(s, &err), WISP_UNTRUSTED);
    assert_contains(err.text, "p/keys can be used by others (mode 0755), expected 0700");
    for (size_t i = 0; i < FILE_LEN; i++)
        assert_false(sandbox_has(s, project_files[i]));
}

static void a_failed_creation_can_be_repeated(void **state)
{
    sandbox *s = *state;
    wisp_error err;
    assert_int_equal(mkdir(sandbox_path(s, "p"), 0755), 0);
    sandbox_write(s, "p/repo", "a file in the way");
    assert_int_equal(create(s, &err), WISP_IO);
    for (size_t i = 0; i < FILE_LEN; i++)
        assert_false(sandbox_has(s, project_files[i]));
    assert_int_equal(remove(sandbox_path(s, "p/repo")), 0);
    assert_ok(create(s, &err), err);
}

static void roles_may_share_a_key_and_have_several(void **state)
{
    sandbox *s = *state;
    wisp_config config = wisp_config_default();
    config.roles[WISP_ROLE_SNAPSHOT].keys[0] = "keys/online.key";
    config.roles[WISP_ROLE_TIMESTAMP].keys[0] = "keys/online.key";
    config.roles[WISP_ROLE_ROOT] = (wisp_role_policy){{"keys/a.key", "keys/b.key"}, 2, 2, 100};
    wisp_error err;
    wisp_repository repository;
    assert_ok(wisp_project_create(NULL, &s->os, sandbox_path(s, "p"), &config, &err), err);
    sandbox_publish(s, "one", 0);
    sandbox_verify(s, &repository);
    const wisp_metadata *root = repository.documents[WISP_ROLE_ROOT];
    assert_int_equal(wisp_root_signers(root, WISP_ROLE_ROOT).threshold, 2);
    assert_int_equal(wisp_json_len(wisp_root_signers(root, WISP_ROLE_ROOT).keyids), 2);
    wisp_repository_deinit(&repository);
}

static void a_private_key_in_the_repository_folder_is_refused(void **state)
{
    sandbox *s = *state;
    wisp_project *project;
    wisp_error err;
    assert_int_equal(
        rename(sandbox_path(s, "p/keys/targets.key"), sandbox_path(s, "p/repo/targets/t.key")),
        0);
    assert_int_equal(symlink("../repo/targets/t.key", sandbox_path(s, "p/keys/targets.key")), 0);
    assert_int_equal(wisp_project_open(NULL, &s->os, sandbox_path(s, "p"), &project, &err),
                     WISP_INVALID);
    assert_contains(err.text, "targets.key lies in the repository folder");
}

static void a_folder_without_a_config_is_no_project(void **state)
{
    sandbox *s = *state;
    wisp_project *project;
    wisp_error err;
    assert_int_equal(wisp_project_open(NULL, &s->os, s->dir, &project, &err), WISP_NOT_FOUND);
    assert_contains(err.text, "no project in");
}

static void a_bad_config_is_named_with_its_file(void **state)
{
    sandbox *s = *state;
    wisp_project *project;
    wisp_error err;
    sandbox_edit(s, "p/wisp.json", "\"expires_days\": 30", "\"expires_days\": 0");
    assert_int_equal(wisp_project_open(NULL, &s->os, sandbox_path(s, "p"), &project, &err),
                     WISP_MALFORMED);
    assert_contains(err.text, "p/wisp.json: in 'roles.timestamp': 'expires_days' is 0, expected");
}

static void one_publisher_at_a_time_has_the_lock(void **state)
{
    wisp_project *first = sandbox_open(*state), *second = sandbox_open(*state);
    wisp_error err;
    assert_ok(wisp_project_lock(first, &err), err);
    assert_ok(wisp_project_lock(first, &err), err);
    assert_int_equal(wisp_project_lock(second, &err), WISP_BUSY);
    assert_contains(err.text, "another publisher");
    wisp_project_close(first);
    assert_ok(wisp_project_lock(second, &err), err);
    wisp_project_close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(a_new_project_verifies),
        PROJECT(each_role_expires_as_the_config_says),
        PROJECT(private_keys_are_for_their_owner_alone),
        PROJECT(a_web_server_can_read_the_repository),
        PROJECT(no_private_half_is_in_the_repository),
        PROJECT(keys_are_kept_out_of_version_control),
        PROJECT(no_file_that_is_there_is_overwritten),
        EMPTY(a_key_folder_that_others_can_read_is_refused),
        EMPTY(a_failed_creation_can_be_repeated),
        EMPTY(roles_may_share_a_key_and_have_several),
        PROJECT(a_private_key_in_the_repository_folder_is_refused),
        EMPTY(a_folder_without_a_config_is_no_project),
        PROJECT(a_bad_config_is_named_with_its_file),
        PROJECT(one_publisher_at_a_time_has_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
