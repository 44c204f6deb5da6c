#include "delta_release.h"
#include "device.h"

#include "update/entry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/*
 * Every system call of a device's day is made to fail, one after the other and in every way: with
 * an error, for want of space, with a short write, or as the last before the process is killed or
 * power is lost. After a power loss any of the changes that were not synced may have survived and
 * any may be lost, so that they take effect in another order than they were made.
 *
 * Whatever happened: the device then runs a release that was verified and not banned, all of it
 * or none, and the next undisturbed day brings it up to date, without litter.
 */

static device d;

/* A day of a device, and what is claimed after it, whatever befell it. */
typedef struct story {
    void (*prepare)(void); /* a closed device, and what its repository has for it */
    void (*day)(void);     /* failures are part of it */
    void (*after)(void);   /* with nothing in the way any more */
} story;

/* What the day was told to be done, which no crash may undo. */
static bool was_staged, was_committed, was_rejected, was_lifted;

/* --- the sweep --------------------------------------------------------------------------- */

static faulty_os before, crashed; /* disks: of the morning, and of when the day was over */
static repo later;                /* what a story's last part finds in the repository */

/* The survivors of a power loss that are tried: for few changes all subsets, for many all that
 * came first, all but one, and each alone. */
static bool next_survivors(const faulty_os *disk, uint64_t n, uint64_t *out)
{
    uint64_t len = (uint64_t)disk->change_len, all = (UINT64_C(1) << len) - 1;
    if (len <= 3) {
        *out = n;
        return n <= all;
    }
    if (n <= len)
        *out = (UINT64_C(1) << n) - 1;
    else if (n <= 2 * len)
        *out = all & ~(UINT64_C(1) << (n - len - 1));
    else if (n <= 3 * len)
        *out = UINT64_C(1) << (n - 2 * len - 1);
    else
        *out = faulty_os_name_changes(disk);
    return n <= 3 * len + 1;
}

static void end_process(void)
{
    faulty_os_arm(&d.disk, FAULT_CRASH, 1);
    device_close(&d);
    assert_int_equal(faulty_os_open_len(&d.disk), 0);
    faulty_os_copy(&crashed, &d.disk);
}

/* Lets the day end in each way that it may; returns in how many. */
static uint64_t try_survivors(const story *s)
{
    uint64_t n = 0;
    for (uint64_t kept; next_survivors(&crashed, n, &kept); n++) {
        faulty_os_copy(&d.disk, &crashed);
        faulty_os_reboot_with(&d.disk, kept);
        s->after();
        device_close(&d);
    }
    return n;
}

static uint64_t sweep_calls(const story *s, fault kind)
{
    uint64_t points = 0;
    bool struck = true;
    for (uint64_t n = 1; struck; n++) {
        was_staged = was_committed = was_rejected = was_lifted = false;
        faulty_os_copy(&d.disk, &before);
        d.config.net = &d.repo.net;
        d.repo.log[0] = '\0';
        faulty_os_arm(&d.disk, kind, n);
        s->day();
        struck = faulty_os_struck(&d.disk);
        end_process();
        points += try_survivors(s);
        assert_true(struck || n > 50);
    }
    return points;
}

static void tell(const story *s)
{
    static uint64_t total;
    static const fault kinds[] = {FAULT_EIO, FAULT_ENOSPC, FAULT_SHORT, FAULT_CRASH};
    uint64_t points = 0;
    device_init(&d);
    s->prepare();
    faulty_os_init(&before);
    faulty_os_init(&crashed);
    faulty_os_copy(&before, &d.disk);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        points += sweep_calls(s, kinds[i]);
    faulty_os_deinit(&before);
    faulty_os_deinit(&crashed);
    device_deinit(&d);
    total += points;
    print_message("# %llu points, %llu so far\n", (unsigned long long)points,
                  (unsigned long long)total);
}

/* --- what all stories share -------------------------------------------------------------- */

#define BANNED "the module that failed here"

/* A device that runs version 2, and has banned version 3. */
static void prepare_device(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, BANNED);
    device_check(&d);
    device_acquire(&d);
    device_reject(&d, "it failed");
    device_close(&d);
}

/* What may run at any time: never the banned one, never half of one, never parts of two. */
static void expect_whole(const wisp_image *image)
{
    wisp_hash hash;
    wisp_update_module modules[WISP_MODULES_MAX];
    for (uint32_t i = 0; i < image->module_len; i++) {
        assert_true(wisp_sha256(image->modules[i].bytes, &hash));
        assert_memory_equal(hash.bytes, image->modules[i].hash.bytes, sizeof hash.bytes);
        memcpy(modules[i].name, image->modules[i].name, sizeof modules[i].name);
        modules[i].hash = hash;
    }
    assert_true(wisp_set_hash(modules, image->module_len, &hash));
    assert_memory_equal(hash.bytes, image->hash.bytes, sizeof hash.bytes);
    assert_false(device_runs(&d, BANNED));
}

static const wisp_image *run(void)
{
    const wisp_image *image = device_acquire(&d);
    expect_whole(image);
    return image;
}

static void commit(void)
{
    wisp_status status = wisp_updater_commit(d.updater, &d.image, NULL);
    if (status == WISP_OK && d.image.source == WISP_IMAGE_TRIAL)
        was_committed = true;
}

static void check(void)
{
    if (wisp_updater_check(d.updater, &d.result, NULL) == WISP_OK &&
        d.result.outcome == WISP_UPDATE_STAGED)
        was_staged = true;
}

/* [blobs] contents; besides the documents and two slots, bans, events and lock. */
static void expect_no_litter(int blobs, int documents)
{
    device_close(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    assert_string_equal(device_status(&d).trouble, "");
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), blobs);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/metadata/"), documents);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/"), blobs + documents + 2 + 2 + 3);
}

/* --- an update --------------------------------------------------------------------------- */

static void prepare_update(void)
{
    prepare_device();
    repo_rotate(&d.repo, WISP_ROLE_TIMESTAMP, 1);
    repo_release(&d.repo, 4, "module four");
}

/* Start, run, check, start the new one, and find that it works. */
static void update_for_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    run();
    check();
    run();
    commit();
    check();
    device_close(&d);
}

static void expect_update(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    assert_true(device_has_banned(&d, BANNED));
    run();
    assert_true(device_runs(&d, "module two") || device_runs(&d, "module four"));
    if (was_committed)
        assert_int_equal(d.image.source, WISP_IMAGE_GOOD);
    if (was_committed || was_staged)
        assert_true(device_runs(&d, "module four"));
    wisp_updater_commit(d.updater, &d.image, NULL);
    wisp_update_outcome outcome = device_check(&d);
    if (outcome != WISP_UPDATE_UP_TO_DATE && outcome != WISP_UPDATE_STAGED)
        print_error("%s\n", d.result.reason);
    assert_true(outcome == WISP_UPDATE_UP_TO_DATE || outcome == WISP_UPDATE_STAGED);
    run();
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_int_equal(device_status(&d).good.version, 4);
    expect_no_litter(1, 4);
}

static void an_update_and_its_start_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_update, update_for_a_day, expect_update});
}

/* --- a download that breaks off ---------------------------------------------------------- */

static delta_release pair;

static void prepare_download(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, pair.base);
    repo_release(&d.repo, 3, BANNED);
    device_check(&d);
    device_acquire(&d);
    device_reject(&d, "it failed");
    device_close(&d);
    delta_release_publish(&pair, &d.repo, 4);
}

static void set_manner(repo_manner manner)
{
    repo_find(&d.repo, pair.path)->manner = manner;
}

/* Half of a delta comes, then the rest of it, and the module is made and started. */
static void download_for_a_day(void)
{
    set_manner(REPO_BROKEN);
    if (device_open(&d) == WISP_OK) {
        check();
        set_manner(REPO_WHOLE);
        check();
        run();
        commit();
        device_close(&d);
    }
    set_manner(REPO_WHOLE);
}

static void expect_download(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    run();
    assert_true(device_runs(&d, pair.base) || device_runs(&d, pair.content));
    if (was_committed || was_staged)
        assert_true(device_runs(&d, pair.content));
    wisp_updater_commit(d.updater, &d.image, NULL);
    wisp_update_outcome outcome = device_check(&d);
    if (outcome != WISP_UPDATE_UP_TO_DATE && outcome != WISP_UPDATE_STAGED)
        print_error("%s\n", d.result.reason);
    assert_true(outcome == WISP_UPDATE_UP_TO_DATE || outcome == WISP_UPDATE_STAGED);
    run();
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_true(device_runs(&d, pair.content));
    expect_no_litter(1, 4);
}

static void a_download_and_its_delta_may_fail_anywhere(void **state)
{
    (void)state;
    delta_release_init(&pair);
    tell(&(story){prepare_download, download_for_a_day, expect_download});
    delta_release_deinit(&pair);
}

/* --- a module that fails ----------------------------------------------------------------- */

static void prepare_rejection(void)
{
    prepare_update();
    later = d.repo;
    memset(later.files, 0, sizeof later.files);
    for (size_t i = 0, len = later.file_len; i < len; i++) {
        const repo_file *file = &d.repo.files[i];
        later.file_len = i;
        repo_put(&later, file->path, (wisp_bytes){file->data, file->size});
    }
    later.net.user = &later;
    repo_release(&later, 5, "module two, mended");
}

static void reject_for_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    check();
    if (device_acquire(&d)->source == WISP_IMAGE_TRIAL)
        was_rejected = wisp_updater_reject(d.updater, &d.image, "no good", NULL) == WISP_OK;
    run();
    /* Rejected is rejected for this process, even if it could not be written. */
    if (d.image.source == WISP_IMAGE_TRIAL)
        assert_false(was_rejected);
    device_close(&d);
}

static void expect_rejection(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    assert_true(device_has_banned(&d, BANNED));
    if (was_rejected) {
        d.config.net = &d.repo.net;
        assert_true(device_has_banned(&d, "module four"));
        assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
        assert_int_equal(d.result.status, WISP_BANNED);
        assert_int_equal(run()->source, WISP_IMAGE_GOOD);
    }
    /* The fix comes through in any case, after at most the attempts that the bad one has. */
    device_close(&d);
    d.config.net = &later.net;
    assert_int_equal(device_open(&d), WISP_OK);
    device_check(&d);
    run();
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_true(device_runs(&d, "module two, mended"));
    device_close(&d);
    d.config.net = &d.repo.net;
}

static void a_rejection_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_rejection, reject_for_a_day, expect_rejection});
    repo_deinit(&later);
}

/* --- a module that takes its process down with it ---------------------------------------- */

static void start_and_die(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    check();
    run();
}

/* It dies at each start: it gets no more starts than its attempts. */
static void expect_few_starts(void)
{
    int starts = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(device_open(&d), WISP_OK);
        starts += run()->source == WISP_IMAGE_TRIAL;
        if (i == 0)
            device_check(&d);
        device_crash(&d, SURVIVES_SYNCED);
    }
    assert_in_range(starts, 0, 3);
    assert_int_equal(device_open(&d), WISP_OK);
    assert_true(starts == 3 || device_has_banned(&d, "module four"));
    assert_int_equal(run()->source, WISP_IMAGE_GOOD);
    assert_true(device_has_banned(&d, "module four"));
}

static void a_module_that_kills_its_process_gets_no_more_than_its_attempts(void **state)
{
    (void)state;
    tell(&(story){prepare_update, start_and_die, expect_few_starts});
}

/* --- a new device ------------------------------------------------------------------------ */

static void prepare_nothing(void)
{
    repo_release(&d.repo, 2, "module two");
}

static void expect_first_update(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    run();
    if (was_staged || was_committed)
        assert_true(device_runs(&d, "module two"));
    device_check(&d);
    run();
    assert_true(device_runs(&d, "module two"));
}

static void the_first_start_of_a_device_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_nothing, update_for_a_day, expect_first_update});
}

/* --- a set of modules -------------------------------------------------------------------- */

/* Version 5 shares its rules with version 4, and its data with nobody. */
static const device_release set_four = {.version = 4, .contents = {"app 4", "rules 4", "data 4"}};
static const device_release set_five = {.version = 5,
                                        .contents = {"app 5", "rules 4", "data 5"},
                                        .variant = "blue",
                                        .flags = "{\"limit\":5}"};
static const device_release bad_set = {.version = 3, .contents = {BANNED, "rules 4"}};

static void take(const device_release *release)
{
    was_staged |= device_take(&d, release) == WISP_OK;
}

/* The device has banned [failed], and runs version 4. */
static void prepare_after(const device_release *failed)
{
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(device_take(&d, failed), WISP_OK);
    device_acquire(&d);
    device_reject(&d, "it failed");
    assert_int_equal(device_take(&d, &set_four), WISP_OK);
    device_acquire(&d);
    device_commit(&d);
    device_close(&d);
}

static void prepare_set(void)
{
    prepare_after(&bad_set);
}

static bool runs_set(const device_release *set)
{
    wisp_update_entry entry = device_entry(set);
    return memcmp(&entry.hash, &d.image.hash, sizeof entry.hash) == 0 &&
           d.image.module_len == entry.module_len && d.image.version == set->version;
}

/* Where the newer slot cannot be read, what was good before is on trial once more: its commit is
 * not the one that counts. */
static void change_sets_for_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    run();
    take(&set_five);
    run();
    commit();
    was_committed &= runs_set(&set_five);
    device_close(&d);
}

/* The release comes from the repository, and not by itself. */
static bool is_online;

static void take_or_check(void)
{
    if (is_online)
        assert_int_not_equal(device_check(&d), WISP_UPDATE_FAILED);
    else
        assert_int_equal(device_take(&d, &set_five), WISP_OK);
}

static void expect_set(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    run();
    assert_true(runs_set(&set_four) || runs_set(&set_five));
    if (was_staged || was_committed)
        assert_true(runs_set(&set_five));
    wisp_updater_commit(d.updater, &d.image, NULL);
    take_or_check();
    run();
    assert_true(runs_set(&set_five));
    assert_string_equal(d.image.variant, "blue");
    assert_int_equal(wisp_image_flag_number(&d.image, "limit", 0), 5);
    wisp_updater_commit(d.updater, &d.image, NULL);
    expect_no_litter(3, is_online ? 4 : 0);
}

static void a_change_of_sets_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_set, change_sets_for_a_day, expect_set});
}

static void prepare_online_set(void)
{
    is_online = true;
    prepare_set();
    device_publish(&d, &set_five);
}

/* Two of its three modules are to be fetched, each in its own part. */
static void fetch_set_for_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    run();
    check();
    run();
    commit();
    was_committed &= runs_set(&set_five);
    device_close(&d);
}

static void fetching_a_set_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_online_set, fetch_set_for_a_day, expect_set});
    is_online = false;
}

/* --- a state folder of format 1 ---------------------------------------------------------- */

static void put_number(uint8_t *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* The record that such a program wrote: module two is good. */
static void write_old_record(uint64_t generation, uint8_t block[4096])
{
    wisp_hash target = device_hash("app.wasm"), good = device_hash("module two");
    memset(block, 0, 4096);
    memcpy(block, "wispupd", 8);
    put_number(block + 8, 1, 4);
    put_number(block + 16, generation, 8);
    memcpy(block + 24, target.bytes, sizeof target.bytes);
    put_number(block + 56, 3, 4);
    put_number(block + 56 + 8, 2, 8);
    put_number(block + 56 + 16, strlen("module two"), 8);
    memcpy(block + 56 + 32, good.bytes, sizeof good.bytes);
    put_number(block + 4092, crc32(0, block, 4092), 4);
}

static void prepare_old_folder(void)
{
    uint8_t block[4096];
    prepare_set(); /* for all but the record, and for a ban */
    char path[160], hash[WISP_HASH_TEXT_SIZE];
    wisp_hash good = device_hash("module two");
    wisp_hash_print(&good, hash);
    snprintf(path, sizeof path, DEVICE_DIR "/blobs/%s", hash);
    faulty_os_lay(&d.disk, path, "module two", strlen("module two"));
    write_old_record(8, block);
    faulty_os_lay(&d.disk, DEVICE_DIR "/state.0", block, sizeof block);
    write_old_record(7, block);
    faulty_os_lay(&d.disk, DEVICE_DIR "/state.1", block, sizeof block);
}

static void expect_migration(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    run();
    assert_true(device_runs(&d, "module two") || runs_set(&set_five));
    if (was_staged || was_committed)
        assert_true(runs_set(&set_five));
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_int_equal(device_take(&d, &set_five), WISP_OK);
    run();
    assert_true(runs_set(&set_five));
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_string_equal(device_status(&d).channel, "stable");
    assert_int_equal(device_status(&d).ban_count, 1);
    expect_no_litter(3, 0);
}

static void the_migration_of_an_old_folder_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_old_folder, change_sets_for_a_day, expect_migration});
}

/* --- a floor, and a ban that is lifted --------------------------------------------------- */

/* Version 6 brings back the content that failed, and forbids all before it. */
static const device_release emergency = {
    .version = 6, .contents = {BANNED}, .floor = 6, .lifted = BANNED};

/* The device runs version 4, which is to go, and has banned what is to come. */
static void prepare_emergency(void)
{
    static const device_release failed = {.version = 3, .contents = {BANNED}};
    prepare_after(&failed);
}

static void heed_for_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    device_acquire(&d);
    was_lifted = device_take(&d, &emergency) == WISP_OK;
    const wisp_image *image = device_acquire(&d);
    if (was_lifted) /* what is below the floor is gone at once */
        assert_int_not_equal(image->version, 4);
    commit();
    device_close(&d);
}

static void expect_heeded(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    device_acquire(&d);
    if (was_lifted)
        assert_int_not_equal(d.image.version, 4);
    if (device_has_banned(&d, BANNED))
        assert_false(device_runs(&d, BANNED));
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_int_equal(device_take(&d, &emergency), WISP_OK);
    device_acquire(&d);
    assert_true(device_runs(&d, BANNED));
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_int_equal(device_status(&d).floor, 6);
    assert_int_equal(device_status(&d).ban_count, 0);
    expect_no_litter(1, 0);
}

static void a_floor_and_a_lifted_ban_may_fail_anywhere(void **state)
{
    (void)state;
    tell(&(story){prepare_emergency, heed_for_a_day, expect_heeded});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_and_its_start_may_fail_anywhere),
        cmocka_unit_test(a_download_and_its_delta_may_fail_anywhere),
        cmocka_unit_test(a_rejection_may_fail_anywhere),
        cmocka_unit_test(a_module_that_kills_its_process_gets_no_more_than_its_attempts),
        cmocka_unit_test(the_first_start_of_a_device_may_fail_anywhere),
        cmocka_unit_test(a_change_of_sets_may_fail_anywhere),
        cmocka_unit_test(fetching_a_set_may_fail_anywhere),
        cmocka_unit_test(the_migration_of_an_old_folder_may_fail_anywhere),
        cmocka_unit_test(a_floor_and_a_lifted_ban_may_fail_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
