#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "faulty_os.h"
#include "publish/bundle.h"
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
static const wisp_bytes bad_content = {(const uint8_t *)"the bad module", 14};
static const wisp_bytes new_content = {(const uint8_t *)"the new module!", 15};

/* No two keys are the same. */
static int next_random(void *user, void *into, size_t size)
{
    static uint32_t next;
    (void)user;
    memset(into, 7, size);
    memcpy(into, &next, sizeof next);
    next++;
    return 0;
}

static void new_disk(faulty_os *disk)
{
    faulty_os_init(disk);
    disk->os.random = next_random;
    disk->time = 1893456000;
}

static wisp_status create(faulty_os *disk, wisp_error *err)
{
    wisp_config config = wisp_config_default();
    return wisp_project_create(NULL, &disk->os, "/p", &config, err);
}

static wisp_status publish(faulty_os *disk, const char *channel, wisp_bytes content,
                           wisp_error *err)
{
    wisp_project *project;
    wisp_published published;
    wisp_draft draft = {
        .place = {.channel = channel}, .modules = {{NULL, content}}, .module_len = 1};
    wisp_status status = wisp_project_open(NULL, &disk->os, "/p", &project, err);
    if (status)
        return status;
    status = wisp_publish(project, &draft, &published, err);
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

/* ------------------------------------------------------------------ what publishers do */

static wisp_status promote(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_promote(project, "beta", &(wisp_place){.channel = "stable"}, out, err);
}

static wisp_status roll_back(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_rollback(project, 0, &(wisp_place){0}, out, err);
}

static wisp_status pause_it(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_pause(project, true, &(wisp_place){0}, out, err);
}

static wisp_status publish_new(wisp_project *project, wisp_published *out, wisp_error *err)
{
    const wisp_draft draft = {.modules = {{NULL, new_content}}, .module_len = 1};
    return wisp_publish(project, &draft, out, err);
}

static wisp_status renew_all(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_renew(project, &(wisp_renewal){.within_days = 3650}, out, err);
}

static wisp_status rotate_targets(wisp_project *project, wisp_published *out, wisp_error *err)
{
    const char *path;
    return wisp_key_rotate(project, "targets", NULL, false, &path, out, err);
}

static wisp_status rotate_timestamp(wisp_project *project, wisp_published *out, wisp_error *err)
{
    const char *path;
    return wisp_key_rotate(project, "timestamp", NULL, false, &path, out, err);
}

static wisp_status rotate_root(wisp_project *project, wisp_published *out, wisp_error *err)
{
    const char *path;
    return wisp_key_rotate(project, "root", NULL, false, &path, out, err);
}

static wisp_status make_channel(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_channel_make(project, "nightly", false, out, err);
}

static wisp_status sign_waiting(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_cosign(project, NULL, false, out, err);
}

static wisp_status bundle(wisp_project *project, wisp_published *out, wisp_error *err)
{
    wisp_bundled bundled;
    (void)out;
    return wisp_bundle(project, NULL, "/bundle.tar", &bundled, err);
}

/* Leaves a release waiting, since the key of timestamp is not at hand; then it is again. */
static void leave_waiting(faulty_os *disk)
{
    wisp_error err;
    wisp_published published = {0};
    wisp_project *project;
    must(disk->os.rename(disk->os.user, "/p/keys/timestamp.key", "/timestamp.key"), &err);
    must(wisp_project_open(NULL, &disk->os, "/p", &project, &err), &err);
    must(publish_new(project, &published, &err), &err);
    assert_true(published.is_pending);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    must(disk->os.rename(disk->os.user, "/timestamp.key", "/p/keys/timestamp.key"), &err);
    disk->os.sync_dir(disk->os.user, "/");
    disk->os.sync_dir(disk->os.user, "/p/keys");
}

/* Each with the versions of stable that there may be while it is at work, and after it. */
static const struct {
    const char *name;
    wisp_status (*run)(wisp_project *project, wisp_published *out, wisp_error *err);
    uint64_t before, after;
    bool is_waiting; /* what it goes on with waits for signatures */
    bool once;       /* it is refused when it was done already */
} works[] = {
    {"publish", publish_new, 2, 4, false, false},
    {"promote", promote, 2, 3, false, false},
    {"rollback", roll_back, 2, 4, false, false},
    {"pause", pause_it, 2, 2, false, false},
    {"renew", renew_all, 2, 2, false, false},
    {"key rotate targets", rotate_targets, 2, 2, false, false},
    {"key rotate timestamp", rotate_timestamp, 2, 2, false, false},
    {"key rotate root", rotate_root, 2, 2, false, false},
    {"channel", make_channel, 2, 2, false, true},
    {"bundle", bundle, 2, 2, false, false},
    {"sign", sign_waiting, 2, 4, true, true},
};

#define WORK_LEN (sizeof works / sizeof *works)

/* Versions 1 and 2 in stable, 3 in beta. */
static void prepare(faulty_os *disk, size_t work)
{
    wisp_error err;
    new_disk(disk);
    must(create(disk, &err), &err);
    must(publish(disk, NULL, old_content, &err), &err);
    must(publish(disk, NULL, bad_content, &err), &err);
    must(publish(disk, "beta", new_content, &err), &err);
    if (works[work].is_waiting)
        leave_waiting(disk);
}

static wisp_status run_work(faulty_os *disk, size_t work, wisp_error *err)
{
    wisp_project *project;
    wisp_published published = {0};
    wisp_status status = wisp_project_open(NULL, &disk->os, "/p", &project, err);
    if (status)
        return status;
    status = works[work].run(project, &published, err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return status;
}

static void copy_bytes(faulty_bytes *bytes)
{
    const uint8_t *data = bytes->data;
    bytes->data = malloc(bytes->size + 1);
    assert_non_null(bytes->data);
    if (bytes->size)
        memcpy(bytes->data, data, bytes->size);
}

static void copy_disk(const faulty_os *from, faulty_os *to)
{
    *to = *from;
    to->os.user = to;
    for (int i = 0; i < to->file_len; i++) {
        copy_bytes(&to->files[i].now);
        copy_bytes(&to->files[i].synced);
    }
}

/* Makes call [n] go wrong; false once there is no such call. */
static bool strike(const faulty_os *prepared, faulty_os *disk, size_t work, fault kind,
                   survival kept, uint64_t n)
{
    wisp_error err;
    copy_disk(prepared, disk);
    faulty_os_arm(disk, kind, n);
    wisp_status status = run_work(disk, work, &err);
    bool struck = faulty_os_struck(disk);
    if (kind != FAULT_CRASH)
        assert_int_equal(faulty_os_open_len(disk), 0);
    faulty_os_reboot(disk, kept);
    uint64_t version = verified_version(disk);
    if (version != works[work].before && version != works[work].after)
        fail_msg("%s: version %d after call %d", works[work].name, (int)version, (int)n);
    if (status == WISP_OK)
        assert_int_equal(version, works[work].after);
    wisp_status again = run_work(disk, work, &err);
    if (again && !works[work].once)
        fail_msg("%s: cannot be done again after call %d: %s", works[work].name, (int)n,
                 err.text);
    verified_version(disk);
    if (!works[work].is_waiting)
        must(publish(disk, NULL, new_content, &err), &err);
    verified_version(disk);
    faulty_os_deinit(disk);
    return struck;
}

static size_t sweep(fault kind, survival kept, size_t first, size_t len)
{
    faulty_os *disk = calloc(1, sizeof *disk), *prepared = calloc(1, sizeof *prepared);
    assert_non_null(disk);
    assert_non_null(prepared);
    size_t points = 0;
    for (size_t work = first; work < first + len; work++) {
        uint64_t n = 1;
        prepare(prepared, work);
        while (strike(prepared, disk, work, kind, kept, n))
            n++;
        faulty_os_deinit(prepared);
        assert_in_range(n, 40, 1000);
        points += n - 1;
    }
    free(disk);
    free(prepared);
    print_message("# %zu points\n", points);
    return points;
}

static void a_killed_publisher_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep(FAULT_CRASH, SURVIVES_ALL, 0, WORK_LEN);
}

static void power_loss_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep(FAULT_CRASH, SURVIVES_SYNCED, 0, WORK_LEN);
}

static void power_loss_that_keeps_names_but_not_bytes_does_too(void **state)
{
    (void)state;
    sweep(FAULT_CRASH, SURVIVES_NAMES, 0, 1);
    sweep(FAULT_CRASH, SURVIVES_NAMES, WORK_LEN - 1, 1);
}

static void a_failed_call_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep(FAULT_EIO, SURVIVES_ALL, 0, WORK_LEN);
}

static void a_full_disk_leaves_a_repository_that_verifies(void **state)
{
    (void)state;
    sweep(FAULT_ENOSPC, SURVIVES_ALL, 0, 2);
}

static void a_short_write_is_finished(void **state)
{
    (void)state;
    sweep(FAULT_SHORT, SURVIVES_SYNCED, 0, 1);
}

/* ------------------------------------------------------------------ new projects */

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
            must(publish(disk, NULL, old_content, &err), &err);
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
        if (publish(disk, NULL, old_content, &err) == WISP_OK)
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
        cmocka_unit_test(a_failed_creation_leaves_nothing_in_the_way),
        cmocka_unit_test(a_killed_creation_is_no_project),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
