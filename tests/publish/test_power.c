#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "faulty_os.h"
#include "publish/permission.h"
#include "publish/publish.h"
#include "publish/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every call of the publisher to the system fails once, or is the last before the process is
 * killed or the power goes. Whatever happens, the repository verifies, has the old release or
 * the new one, and the next publisher goes on from there.
 */

/* The disk is in memory: all files on it are their owner's alone, and none is a link. */
int wisp_permission_set(const char *path, unsigned mode)
{
    (void)path;
    (void)mode;
    return 0;
}

int wisp_permission_get(const char *path, unsigned *mode)
{
    (void)path;
    *mode = 0600;
    return 0;
}

bool wisp_path_lies_in(const char *path, const char *dir)
{
    (void)path;
    (void)dir;
    return false;
}

static const wisp_bytes old_content = {(const uint8_t *)"the old module", 14};
static const wisp_bytes new_content = {(const uint8_t *)"the new module!", 15};

static void new_disk(faulty_os *disk)
{
    faulty_os_init(disk);
    disk->time = 1893456000;
}

static wisp_status create(faulty_os *disk, wisp_error *err)
{
    wisp_config config = wisp_config_default();
    return wisp_project_create(NULL, &disk->os, "/p", &config, err);
}

static wisp_status publish(faulty_os *disk, wisp_bytes content, wisp_error *err)
{
    wisp_project *project;
    wisp_published published;
    wisp_draft draft = {.modules = {{NULL, content}}, .module_len = 1};
    wisp_status status = wisp_project_open(NULL, &disk->os, "/p", &project, err);
    if (status)
        return status;
    status = wisp_publish(project, &draft, &published, err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return status;
}

static wisp_status renew_root(faulty_os *disk, wisp_error *err)
{
    wisp_project *project;
    wisp_published published;
    wisp_status status = wisp_project_open(NULL, &disk->os, "/p", &project, err);
    if (status)
        return status;
    static const char *const roles[] = {"root"};
    const wisp_renewal renewal = {.roles = roles, .role_len = 1};
    status = wisp_renew(project, &renewal, &published, err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return status;
}

/* The version of the module that the repository has, which must verify. */
static uint64_t verified_version(faulty_os *disk)
{
    wisp_repository repository;
    wisp_file_info info;
    wisp_error err;
    uint64_t version = 0;
    wisp_repository_init(&repository, NULL, &disk->os, "/p/repo");
    if (wisp_repository_read(&repository, &err) ||
        wisp_repository_check_targets(&repository, &err))
        fail_msg("the repository does not verify: %s", err.text);
    const wisp_metadata *targets = repository.documents[WISP_ROLE_LEN];
    if (!wisp_targets_find(targets, "stable/module.wasm", &info, &err))
        assert_int_equal(wisp_json_number(info.custom, "version", &version, &err), WISP_OK);
    wisp_repository_deinit(&repository);
    return version;
}

static void must(wisp_status status, const wisp_error *err)
{
    if (status)
        fail_msg("%s", err->text);
}

/* Makes call [n] of a release go wrong; false once there is no such call. */
static bool strike_release(faulty_os *disk, fault kind, survival kept, uint64_t n)
{
    wisp_error err;
    new_disk(disk);
    must(create(disk, &err), &err);
    must(publish(disk, old_content, &err), &err);
    faulty_os_arm(disk, kind, n);
    wisp_status status = publish(disk, new_content, &err);
    bool struck = faulty_os_struck(disk);
    if (kind != FAULT_CRASH)
        assert_int_equal(faulty_os_open_len(disk), 0);
    faulty_os_reboot(disk, kept);
    uint64_t version = verified_version(disk);
    if (version != 1 && version != 2)
        fail_msg("version %d after call %d", (int)version, (int)n);
    if (status == WISP_OK)
        assert_int_equal(version, 2);
    must(publish(disk, new_content, &err), &err);
    assert_int_equal(verified_version(disk), version + 1);
    faulty_os_deinit(disk);
    return struck;
}

static void sweep_releases(fault kind, survival kept)
{
    faulty_os *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    uint64_t n = 1;
    while (strike_release(disk, kind, kept, n))
        n++;
    assert_in_range(n, 50, 1000);
    free(disk);
}

static void a_killed_publisher_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep_releases(FAULT_CRASH, SURVIVES_ALL);
}

static void power_loss_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep_releases(FAULT_CRASH, SURVIVES_SYNCED);
}

static void power_loss_that_keeps_names_but_not_bytes_does_too(void **state)
{
    (void)state;
    sweep_releases(FAULT_CRASH, SURVIVES_NAMES);
}

static void a_failed_call_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep_releases(FAULT_EIO, SURVIVES_ALL);
}

static void a_full_disk_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep_releases(FAULT_ENOSPC, SURVIVES_ALL);
}

static void a_short_write_is_finished(void **state)
{
    (void)state;
    sweep_releases(FAULT_SHORT, SURVIVES_SYNCED);
}

static void a_renewed_root_is_whole_or_not_there(void **state)
{
    (void)state;
    faulty_os *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    bool struck = true;
    for (uint64_t n = 1; struck; n++) {
        wisp_error err;
        new_disk(disk);
        must(create(disk, &err), &err);
        must(publish(disk, old_content, &err), &err);
        faulty_os_arm(disk, FAULT_CRASH, n);
        renew_root(disk, &err);
        struck = faulty_os_struck(disk);
        faulty_os_reboot(disk, SURVIVES_SYNCED);
        assert_int_equal(verified_version(disk), 1);
        must(renew_root(disk, &err), &err);
        must(publish(disk, new_content, &err), &err);
        assert_int_equal(verified_version(disk), 2);
        faulty_os_deinit(disk);
    }
    free(disk);
}

/* A project is there whole, or a new one can be made after what is left was removed; one
 * that failed without a crash leaves nothing that is in the way. */
static void a_failed_creation_leaves_nothing_in_the_way(void **state)
{
    (void)state;
    static const fault kinds[] = {FAULT_EIO, FAULT_ENOSPC, FAULT_SHORT};
    faulty_os *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool struck = true;
        for (uint64_t n = 1; struck; n++) {
            wisp_error err;
            new_disk(disk);
            faulty_os_arm(disk, kinds[i], n);
            wisp_status status = create(disk, &err);
            struck = faulty_os_struck(disk);
            assert_int_equal(faulty_os_open_len(disk), 0);
            bool is_disk_full = kinds[i] == FAULT_ENOSPC;
            faulty_os_reboot(disk, SURVIVES_ALL);
            if (status && !is_disk_full && !faulty_os_file(disk, "/p/wisp.json"))
                must(create(disk, &err), &err);
            else if (status && is_disk_full)
                must(create(disk, &err), &err);
            must(publish(disk, old_content, &err), &err);
            assert_int_equal(verified_version(disk), 1);
            faulty_os_deinit(disk);
        }
    }
    free(disk);
}

static void a_killed_creation_is_no_project(void **state)
{
    (void)state;
    faulty_os *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    bool struck = true;
    for (uint64_t n = 1; struck; n++) {
        wisp_error err;
        new_disk(disk);
        faulty_os_arm(disk, FAULT_CRASH, n);
        create(disk, &err);
        struck = faulty_os_struck(disk);
        faulty_os_reboot(disk, SURVIVES_SYNCED);
        if (publish(disk, old_content, &err) == WISP_OK)
            assert_int_equal(verified_version(disk), 1);
        else
            assert_int_equal(err.status, WISP_NOT_FOUND);
        faulty_os_deinit(disk);
    }
    free(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_publisher_leaves_a_repository_that_verifies),
        cmocka_unit_test(power_loss_leaves_a_repository_that_verifies),
        cmocka_unit_test(power_loss_that_keeps_names_but_not_bytes_does_too),
        cmocka_unit_test(a_failed_call_leaves_a_repository_that_verifies),
        cmocka_unit_test(a_full_disk_leaves_a_repository_that_verifies),
        cmocka_unit_test(a_short_write_is_finished),
        cmocka_unit_test(a_renewed_root_is_whole_or_not_there),
        cmocka_unit_test(a_failed_creation_leaves_nothing_in_the_way),
        cmocka_unit_test(a_killed_creation_is_no_project),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
