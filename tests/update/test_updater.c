#include "fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* The life of modules on a device, through the public interface. */

static void a_new_device_runs_the_embedded_module(void **state)
{
    (void)state;
    open_device();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(device_runs(&d, DEVICE_BASE));
    assert_int_equal(d.image.version, 1);
    wisp_update_status status = device_status(&d);
    assert_int_equal(status.generation, 0);
    assert_int_equal(status.good.state, WISP_STATE_EMPTY);
    assert_string_equal(status.trouble, "");
}

static void a_release_is_staged_tried_and_committed(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_int_equal(d.result.status, WISP_OK);
    assert_int_equal(d.result.version, 2);
    assert_string_equal(d.result.reason, "");
    assert_true(d.result.bytes_fetched > 1000);
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_STAGED);

    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(d.image.attempt, 1);
    assert_true(device_runs(&d, "module two"));
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_TRIAL);

    device_commit(&d);
    wisp_update_status status = device_status(&d);
    assert_int_equal(status.good.state, WISP_STATE_GOOD);
    assert_int_equal(status.good.version, 2);
    assert_int_equal(status.candidate.state, WISP_STATE_EMPTY);
    assert_int_equal(status.timestamp_version, 1);
    assert_int_equal(status.last_check, d.disk.time);

    reopen();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_true(device_runs(&d, "module two"));
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
}

static void a_rejected_module_is_banned_and_not_fetched_again(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    device_acquire(&d);
    device_reject(&d, "it trapped in \x1b[31mrender");
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_true(device_runs(&d, "module two"));

    reopen();
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    assert_int_equal(d.result.code, WISP_UPDATE_CODE_BANNED);
    assert_int_equal(d.result.status, WISP_BANNED);
    assert_true(says(d.result.reason, "failed on this device before: it trapped in ?[31mrender"));
    assert_null(strstr(d.repo.log, "targets/"));
    device_acquire(&d);
    assert_true(device_runs(&d, "module two"));

    wisp_update_status status = device_status(&d);
    assert_int_equal(status.ban_count, 1);
    assert_int_equal(status.bans[0].state, WISP_STATE_BANNED);
    assert_int_equal(status.bans[0].version, 3);
    assert_string_equal(status.bans[0].reason, "it trapped in ?[31mrender");
}

static void attempts_are_counted_across_crashes_until_it_is_banned(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
        assert_int_equal(d.image.attempt, attempt);
        reopen();
    }
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(device_has_banned(&d, "module two"));
    assert_true(says(device_status(&d).bans[0].reason, "3 attempts ended without a commit"));
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
}

static void attempts_within_one_process_count_too(void **state)
{
    (void)state;
    d.config.attempts_max = 2;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(device_has_banned(&d, "module two"));
}

/* --- the health window ------------------------------------------------------------------- */

#define SECOND UINT64_C(1000000000)

static void begin_trial_with_window(void)
{
    d.config.health_ms = 10000;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
}

static void an_early_commit_counts_after_the_health_window(void **state)
{
    (void)state;
    begin_trial_with_window();
    d.disk.monotonic += 9 * SECOND;
    device_commit(&d);
    assert_int_equal(wisp_updater_poll(d.updater, &d.err), WISP_OK);
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_TRIAL);
    assert_true(device_status(&d).is_commit_due);
    assert_int_equal(wisp_updater_state(d.updater, &d.image), WISP_STATE_TRIAL);
    d.disk.monotonic += SECOND;
    assert_int_equal(wisp_updater_poll(d.updater, &d.err), WISP_OK);
    assert_int_equal(device_status(&d).good.version, 2);
    assert_false(device_status(&d).is_commit_due);
    assert_int_equal(wisp_updater_state(d.updater, &d.image), WISP_STATE_GOOD);
}

static void a_late_commit_counts_at_once(void **state)
{
    (void)state;
    begin_trial_with_window();
    d.disk.monotonic += 10 * SECOND;
    assert_int_equal(wisp_updater_poll(d.updater, &d.err), WISP_OK);
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_TRIAL); /* nobody said so */
    device_commit(&d);
    assert_int_equal(device_status(&d).good.version, 2);
}

static void a_death_in_the_health_window_uses_an_attempt(void **state)
{
    (void)state;
    begin_trial_with_window();
    for (int attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(d.image.attempt, attempt);
        if (attempt != 2) /* once it does not even come so far */
            device_commit(&d);
        reopen();
        device_acquire(&d);
    }
    assert_int_equal(d.image.source, WISP_IMAGE_BASE);
    assert_true(says(device_status(&d).bans[0].reason,
                     "3 attempts ended without a commit, 2 of them within the health window"));
}

static void a_rejection_outweighs_a_commit_that_is_due(void **state)
{
    (void)state;
    begin_trial_with_window();
    device_commit(&d);
    device_reject(&d, "it went wrong after all");
    d.disk.monotonic += 20 * SECOND;
    assert_int_equal(wisp_updater_poll(d.updater, &d.err), WISP_OK);
    assert_true(device_has_banned(&d, "module two"));
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
}

static void a_commit_that_cannot_be_written_is_tried_again(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    device_acquire(&d);
    faulty_os_arm(&d.disk, FAULT_ENOSPC, 1);
    assert_int_equal(wisp_updater_commit(d.updater, &d.image, &d.err), WISP_IO);
    assert_int_equal(wisp_updater_poll(d.updater, &d.err), WISP_IO);
    faulty_os_arm(&d.disk, FAULT_NONE, 0);
    assert_int_equal(wisp_updater_poll(d.updater, &d.err), WISP_OK);
    reopen();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
}

static void acquire_good_leaves_the_staged_module_alone(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    wisp_image image;
    assert_int_equal(wisp_updater_acquire_good(d.updater, &image, NULL), WISP_OK);
    assert_int_equal(image.source, WISP_IMAGE_BASE);
    wisp_image_free(d.updater, &image);
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_STAGED);
    assert_int_equal(device_status(&d).candidate.attempts, 0);
}

static void illegal_calls_change_nothing(void **state)
{
    (void)state;
    open_device();
    wisp_image base = *device_acquire(&d);
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    wisp_update_status before = device_status(&d), after;

    wisp_image staged = {.hash = device_hash("module three"), .source = WISP_IMAGE_TRIAL};
    wisp_image unknown = {.hash = device_hash("never heard of"), .source = WISP_IMAGE_TRIAL};
    assert_int_equal(wisp_updater_commit(d.updater, &staged, &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_commit(d.updater, &unknown, &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_commit(d.updater, &d.image, &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_reject(d.updater, &staged, "no", &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_reject(d.updater, &unknown, "no", &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_reject(d.updater, &base, "no", &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_commit(d.updater, &base, &d.err), WISP_OK);

    after = device_status(&d);
    assert_true(device_is_same(&before, &after));
}

static void a_last_good_one_that_fails_is_banned_and_the_embedded_one_comes_next(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    device_reject(&d, NULL);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    reopen();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
}

static void a_newer_release_replaces_one_that_waits(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    device_acquire(&d);
    reopen(); /* one attempt is used */
    repo_release(&d.repo, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_int_equal(device_acquire(&d)->attempt, 1);
    assert_true(device_runs(&d, "module three"));
}

static void a_newer_release_waits_for_the_one_on_trial(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    device_acquire(&d);
    repo_release(&d.repo, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    assert_int_equal(d.result.code, WISP_UPDATE_CODE_ON_TRIAL);
    device_commit(&d);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void a_module_on_trial_is_not_staged_again(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED); /* it waits still */
    device_acquire(&d);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    device_commit(&d);
}

static void going_back_is_a_higher_version_with_older_content(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    device_update(&d, 3, "module three");
    repo_release(&d.repo, 4, "module two"); /* its content is still there */
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_null(strstr(d.repo.log, "targets/"));
    assert_int_equal(device_acquire(&d)->version, 4);
    assert_true(device_runs(&d, "module two"));
    device_commit(&d);

    repo_release(&d.repo, 5, DEVICE_BASE); /* and so is the embedded one */
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_null(strstr(d.repo.log, "targets/"));
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_true(device_runs(&d, DEVICE_BASE));
    device_commit(&d);
    reopen();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_true(device_runs(&d, DEVICE_BASE));
}

static void a_release_that_was_taken_back_is_not_tried(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    repo_release(&d.repo, 4, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_int_equal(device_status(&d).good.version, 4);
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_EMPTY);
}

static void the_same_content_under_a_higher_version_is_not_staged_twice(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    repo_release(&d.repo, 5, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_int_equal(device_status(&d).candidate.version, 5);
    repo_release(&d.repo, 4, "module four"); /* signed, but no longer newer */
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
}

static void a_version_that_does_not_grow_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t version;
        const char *words;
        wisp_status status;
    } cases[] = {
        {4, "'app.wasm' is at version 4, and was at 5 before: a replay", WISP_UNTRUSTED},
        {5, "version 5 of 'app.wasm' has other content than what is here", WISP_MISMATCH},
    };
    open_device();
    device_update(&d, 5, "module five");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        repo_release(&d.repo, cases[i].version, "another module");
        assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
        assert_int_equal(d.result.status, cases[i].status);
        assert_true(says(d.result.reason, cases[i].words));
        assert_true(device_acquire(&d)->source == WISP_IMAGE_GOOD);
    }
}

static void a_program_that_is_newer_than_the_repository_is_up_to_date(void **state)
{
    (void)state;
    d.config.base_version = 10;
    open_device();
    repo_release(&d.repo, 9, "module nine");
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
}

static void a_newer_program_brings_its_own_module(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    device_close(&d);
    d.config.base_version = 4;
    open_device();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_int_equal(device_status(&d).good.state, WISP_STATE_EMPTY);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 0);
}

static wisp_status refuse(void *user, const wisp_image *image, wisp_error *err)
{
    wisp_status *status = user;
    assert_int_equal(image->module_len, 1);
    assert_string_equal(image->modules[0].name, "app.wasm");
    assert_memory_equal(image->bytes.data, "module", 6);
    *err = (wisp_error){.status = *status};
    strcpy(err->text, "imports env.teleport, which is not there");
    return *status;
}

static void what_the_program_refuses_is_banned_with_its_words(void **state)
{
    (void)state;
    wisp_status answer = WISP_NOT_FOUND;
    d.config.accept = refuse;
    d.config.user = &answer;
    open_device();
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
    assert_int_equal(d.result.status, WISP_NOT_FOUND);
    assert_true(says(d.result.reason, "imports env.teleport"));
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 0);
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    assert_int_equal(d.result.status, WISP_BANNED);
    assert_true(says(d.result.reason, "imports env.teleport"));
}

static void a_program_without_memory_to_look_bans_nothing(void **state)
{
    (void)state;
    wisp_status answer = WISP_NO_MEMORY;
    d.config.accept = refuse;
    d.config.user = &answer;
    open_device();
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(wisp_updater_check(d.updater, &d.result, &d.err), WISP_NO_MEMORY);
    answer = WISP_OK;
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void the_oldest_ban_makes_room_for_a_new_one(void **state)
{
    (void)state;
    char content[32];
    open_device();
    for (uint64_t version = 2; version < 2 + WISP_UPDATE_BANS_MAX + 1; version++) {
        snprintf(content, sizeof content, "module %d", (int)version);
        repo_release(&d.repo, version, content);
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        device_acquire(&d);
        device_reject(&d, "no good");
    }
    reopen();
    assert_int_equal(device_status(&d).ban_count, WISP_UPDATE_BANS_MAX);
    assert_false(device_has_banned(&d, "module 2"));
    assert_true(device_has_banned(&d, "module 3"));
    assert_true(device_has_banned(&d, "module 18"));
    assert_int_equal(device_status(&d).bans[0].version, 3);
}

static void content_that_rots_on_disk_is_fetched_again(void **state)
{
    (void)state;
    char path[200], hash[WISP_HASH_TEXT_SIZE];
    wisp_hash two = device_hash("module two");
    wisp_hash_print(&two, hash);
    snprintf(path, sizeof path, DEVICE_DIR "/blobs/%s", hash);
    open_device();
    device_update(&d, 2, "module two");
    faulty_os_file(&d.disk, path)->data[3] ^= 1;
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(says(device_status(&d).trouble, "is damaged"));
    wisp_update_failure lost = device_status(&d).lost;
    assert_int_equal(lost.state, WISP_STATE_GOOD);
    assert_int_equal(lost.version, 2);
    assert_true(says(lost.reason, "is damaged"));
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_true(device_runs(&d, "module two"));
    device_commit(&d);
    assert_int_equal(device_status(&d).lost.state, WISP_STATE_EMPTY);
}

static void a_second_opener_is_told_that_the_folder_is_busy(void **state)
{
    (void)state;
    open_device();
    wisp_updater *second;
    assert_int_equal(wisp_updater_open(&d.config, &second, &d.err), WISP_BUSY);
    assert_true(says(d.err.text, "another process has the folder " DEVICE_DIR));
    device_close(&d);
    open_device();
}

static void the_folder_of_another_program_is_left_alone(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    device_close(&d);
    d.config.target = "other.wasm";
    open_device();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(says(device_status(&d).trouble, "another program, not of 'other.wasm'"));
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    assert_true(says(d.result.reason, "another program"));
    device_close(&d);
    d.config.target = "app.wasm";
    open_device();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
}

static void leftovers_are_cleared_away_at_the_start(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    device_update(&d, 3, "module three");
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 2);
    faulty_os_lay(&d.disk, DEVICE_DIR "/blobs/stray", "x", 1);
    faulty_os_lay(&d.disk, DEVICE_DIR "/blobs/12ab.tmp", "x", 1);
    faulty_os_lay(&d.disk, DEVICE_DIR "/metadata/root.json.tmp", "x", 1);
    reopen();
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 1);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/metadata/"), 4);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
}

static void a_long_run_keeps_only_what_it_may_need(void **state)
{
    (void)state;
    char content[32];
    open_device();
    for (uint64_t version = 2; version < 12; version++) {
        snprintf(content, sizeof content, "module %d", (int)version);
        device_update(&d, version, content);
        assert_in_range(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 1, 2);
    }
}

static void a_damaged_record_costs_the_state_but_not_the_bans(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    device_acquire(&d);
    device_reject(&d, "bad");
    device_close(&d);
    faulty_os_file(&d.disk, DEVICE_DIR "/state.0")->data[100] ^= 1;
    faulty_os_file(&d.disk, DEVICE_DIR "/state.1")->data[100] ^= 1;
    open_device();
    assert_true(says(device_status(&d).trouble, "check sum is wrong"));
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(device_has_banned(&d, "module three"));
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    device_update(&d, 4, "module four");
}

static void one_damaged_slot_costs_the_last_change(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    uint64_t generation = device_status(&d).generation;
    device_close(&d);
    faulty_os_file(&d.disk, generation % 2 ? DEVICE_DIR "/state.1" : DEVICE_DIR "/state.0")
        ->data[8] ^= 1;
    open_device();
    assert_int_equal(device_status(&d).generation, generation - 1);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_true(device_runs(&d, "module two"));
}

static void a_disk_that_does_not_answer_keeps_the_embedded_module_running(void **state)
{
    (void)state;
    faulty_os_arm(&d.disk, FAULT_CRASH, 1); /* all calls fail */
    open_device();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_true(says(device_status(&d).trouble, "Input/output error"));
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    assert_int_equal(d.result.status, WISP_IO);
}

static void a_disk_that_cannot_be_written_still_gives_the_last_good_one(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    faulty_os_arm(&d.disk, FAULT_ENOSPC, 1);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD); /* no attempt is counted */
    assert_true(says(device_status(&d).trouble, "No space left"));
    faulty_os_arm(&d.disk, FAULT_NONE, 0);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(d.image.attempt, 1);
}

static void reject_with_fault(fault kind, uint64_t n, wisp_status expected)
{
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    device_acquire(&d);
    faulty_os_arm(&d.disk, kind, n);
    assert_int_equal(wisp_updater_reject(d.updater, &d.image, "bad", &d.err), expected);
    assert_true(faulty_os_struck(&d.disk));
    assert_int_not_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL); /* in any case */
    reopen();
}

static void a_ban_that_cannot_be_written_leaves_the_attempts_to_count(void **state)
{
    (void)state;
    reject_with_fault(FAULT_EIO, 3, WISP_IO); /* two calls open the file, the third writes */
    assert_false(device_has_banned(&d, "module three"));
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(d.image.attempt, 2);
    device_reject(&d, "bad");
    assert_true(device_has_banned(&d, "module three"));
}

static void a_ban_outweighs_a_record_that_did_not_follow(void **state)
{
    (void)state;
    reject_with_fault(FAULT_CRASH, 6, WISP_OK); /* five calls wrote the ban */
    assert_true(device_has_banned(&d, "module three"));
    assert_int_equal(device_status(&d).candidate.state, WISP_STATE_EMPTY);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
}

static void a_full_disk_stages_nothing_and_says_so(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, "module two");
    faulty_os_arm(&d.disk, FAULT_ENOSPC, 1);
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    assert_int_equal(d.result.status, WISP_IO);
    assert_true(says(d.result.reason, "No space left"));
    faulty_os_arm(&d.disk, FAULT_NONE, 0);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void a_config_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    wisp_updater *u;
    wisp_updater_config good = d.config, bad;
    static char long_dir[2000];
    memset(long_dir, 'x', sizeof long_dir - 1);
    const struct {
        size_t offset; /* of the member that is taken away */
        size_t size;
    } members[] = {
        {offsetof(wisp_updater_config, dir), sizeof good.dir},
        {offsetof(wisp_updater_config, url), sizeof good.url},
        {offsetof(wisp_updater_config, target), sizeof good.target},
        {offsetof(wisp_updater_config, root), sizeof good.root},
        {offsetof(wisp_updater_config, base), sizeof good.base},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        bad = good;
        memset((char *)&bad + members[i].offset, 0, members[i].size);
        assert_int_equal(wisp_updater_open(&bad, &u, &d.err), WISP_INVALID);
        assert_int_not_equal(d.err.text[0], '\0');
    }
    bad = good;
    bad.dir = long_dir;
    assert_int_equal(wisp_updater_open(&bad, &u, NULL), WISP_INVALID);
    bad = good;
    bad.net = NULL;
    assert_int_equal(wisp_updater_open(&bad, &u, NULL), WISP_OK);
    assert_int_equal(wisp_updater_check(u, &d.result, NULL), WISP_INVALID);
    wisp_updater_close(u);
}

static void a_tool_reads_what_the_program_sees(void **state)
{
    (void)state;
    wisp_update_status from_disk, from_program;
    assert_int_equal(wisp_update_status_read(&d.disk.os, DEVICE_DIR, &from_disk, &d.err),
                     WISP_NOT_FOUND);
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    device_check(&d);
    device_acquire(&d);
    device_reject(&d, "bad");
    from_program = device_status(&d);
    assert_int_equal(wisp_update_status_read(&d.disk.os, DEVICE_DIR, &from_disk, &d.err),
                     WISP_OK);
    assert_true(device_is_same(&from_disk, &from_program));
    faulty_os_file(&d.disk, DEVICE_DIR "/state.0")->size = 17;
    faulty_os_file(&d.disk, DEVICE_DIR "/state.1")->size = 0;
    assert_int_equal(wisp_update_status_read(&d.disk.os, DEVICE_DIR, &from_disk, &d.err),
                     WISP_MALFORMED);
}

static void a_module_over_the_limit_is_not_fetched(void **state)
{
    (void)state;
    d.config.module_size_max = 9;
    open_device();
    repo_release(&d.repo, 2, "module two");
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
    assert_int_equal(d.result.status, WISP_LIMIT);
    assert_true(says(d.result.reason, "module 'app.wasm' has 10 bytes, expected at most 9"));
    assert_null(strstr(d.repo.log, "targets/"));
}

static void no_server_is_no_reason_to_stop(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    d.repo.is_dead = true;
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    assert_int_equal(d.result.status, WISP_NETWORK);
    assert_true(says(d.result.reason, "could not resolve host"));
    reopen();
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_true(says(device_status(&d).last_result.reason, "could not resolve host"));
}

static void names_are_those_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(wisp_update_outcome_name(WISP_UPDATE_UP_TO_DATE), "up-to-date");
    assert_string_equal(wisp_update_outcome_name(WISP_UPDATE_STAGED), "staged");
    assert_string_equal(wisp_update_outcome_name(WISP_UPDATE_UNAVAILABLE), "unavailable");
    assert_string_equal(wisp_update_outcome_name(WISP_UPDATE_FAILED), "failed");
    assert_string_equal(wisp_image_state_name(WISP_STATE_EMPTY), "empty");
    assert_string_equal(wisp_image_state_name(WISP_STATE_CHECKED), "checked");
    assert_string_equal(wisp_image_state_name(WISP_STATE_FETCHING), "fetching");
    assert_string_equal(wisp_image_state_name(WISP_STATE_STAGED), "staged");
    assert_string_equal(wisp_image_state_name(WISP_STATE_TRIAL), "trial");
    assert_string_equal(wisp_image_state_name(WISP_STATE_GOOD), "good");
    assert_string_equal(wisp_image_state_name(WISP_STATE_BANNED), "banned");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_device, teardown_device)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_device_runs_the_embedded_module),
        CASE(a_release_is_staged_tried_and_committed),
        CASE(a_rejected_module_is_banned_and_not_fetched_again),
        CASE(attempts_are_counted_across_crashes_until_it_is_banned),
        CASE(attempts_within_one_process_count_too),
        CASE(an_early_commit_counts_after_the_health_window),
        CASE(a_late_commit_counts_at_once),
        CASE(a_death_in_the_health_window_uses_an_attempt),
        CASE(a_rejection_outweighs_a_commit_that_is_due),
        CASE(a_commit_that_cannot_be_written_is_tried_again),
        CASE(acquire_good_leaves_the_staged_module_alone),
        CASE(illegal_calls_change_nothing),
        CASE(a_last_good_one_that_fails_is_banned_and_the_embedded_one_comes_next),
        CASE(a_newer_release_replaces_one_that_waits),
        CASE(a_newer_release_waits_for_the_one_on_trial),
        CASE(a_module_on_trial_is_not_staged_again),
        CASE(going_back_is_a_higher_version_with_older_content),
        CASE(a_release_that_was_taken_back_is_not_tried),
        CASE(the_same_content_under_a_higher_version_is_not_staged_twice),
        CASE(a_version_that_does_not_grow_is_refused),
        CASE(a_program_that_is_newer_than_the_repository_is_up_to_date),
        CASE(a_newer_program_brings_its_own_module),
        CASE(what_the_program_refuses_is_banned_with_its_words),
        CASE(a_program_without_memory_to_look_bans_nothing),
        CASE(the_oldest_ban_makes_room_for_a_new_one),
        CASE(content_that_rots_on_disk_is_fetched_again),
        CASE(a_second_opener_is_told_that_the_folder_is_busy),
        CASE(the_folder_of_another_program_is_left_alone),
        CASE(leftovers_are_cleared_away_at_the_start),
        CASE(a_long_run_keeps_only_what_it_may_need),
        CASE(a_damaged_record_costs_the_state_but_not_the_bans),
        CASE(one_damaged_slot_costs_the_last_change),
        CASE(a_disk_that_does_not_answer_keeps_the_embedded_module_running),
        CASE(a_disk_that_cannot_be_written_still_gives_the_last_good_one),
        CASE(a_ban_that_cannot_be_written_leaves_the_attempts_to_count),
        CASE(a_ban_outweighs_a_record_that_did_not_follow),
        CASE(a_full_disk_stages_nothing_and_says_so),
        CASE(a_config_that_makes_no_sense_is_refused),
        CASE(a_tool_reads_what_the_program_sees),
        CASE(a_module_over_the_limit_is_not_fetched),
        CASE(no_server_is_no_reason_to_stop),
        CASE(names_are_those_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
