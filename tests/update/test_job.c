#include "fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* A job as its callers see it: driven, shared, watched, cancelled, held back. */

static char large[5001]; /* bytes of content that come in ten pieces */

static int setup(void **state)
{
    setup_device(state);
    memset(large, 'x', sizeof large - 1);
    return 0;
}

static wisp_update_job *begin(const wisp_update_options *options)
{
    wisp_update_job *job;
    assert_int_equal(wisp_updater_begin(d.updater, options, &job, &d.err), WISP_OK);
    return job;
}

static wisp_update_result finish(wisp_update_job *job)
{
    wisp_update_result result;
    while (!wisp_update_job_step(job, 0))
        ;
    assert_true(wisp_update_job_result(job, &result));
    wisp_update_job_free(job);
    return result;
}

static wisp_update_progress progress_of(wisp_update_job *job)
{
    wisp_update_progress progress;
    wisp_update_job_progress(job, &progress);
    return progress;
}

/* Steps until [bytes] of content are there. */
static void download(wisp_update_job *job, uint64_t bytes)
{
    while (progress_of(job).bytes < bytes)
        assert_false(wisp_update_job_step(job, 0));
}

static void expect_code(wisp_update_result result, wisp_update_code code)
{
    if (result.code != code)
        fail_msg("%s, %s: %s", wisp_update_outcome_name(result.outcome),
                 wisp_update_code_name(result.code), result.reason);
    assert_true(code == WISP_UPDATE_CODE_NONE || result.reason[0]);
}

/* --- driving ----------------------------------------------------------------------------- */

static void a_job_tells_how_far_it_is(void **state)
{
    (void)state;
    wisp_update_progress before = {WISP_UPDATE_CHECKING, 0, 0}, now;
    wisp_update_result result;
    open_device();
    repo_release(&d.repo, 2, large);
    wisp_update_job *job = begin(NULL);
    int pieces = 0;
    for (bool ended = false; !ended; before = now) {
        ended = wisp_update_job_step(job, 0);
        now = progress_of(job);
        assert_true(now.phase >= before.phase && now.bytes >= before.bytes);
        assert_true(now.phase < WISP_UPDATE_DOWNLOADING || now.total == 5000);
        assert_true(wisp_update_job_result(job, &result) == (now.phase >= WISP_UPDATE_REPORTING));
        pieces += now.bytes > before.bytes;
    }
    assert_int_equal(before.phase, WISP_UPDATE_ENDED);
    assert_int_equal(before.bytes, 5000);
    assert_int_equal(pieces, 10);
    assert_int_equal(result.outcome, WISP_UPDATE_STAGED);
    assert_true(wisp_update_job_step(job, 0));
    wisp_update_job_free(job);
    wisp_update_job_free(NULL);
}

static void a_second_caller_joins_the_first(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, large);
    wisp_update_options only_look = {.check_only = true};
    wisp_update_job *one = begin(NULL), *two = begin(&only_look);
    assert_ptr_equal(one, two);
    wisp_update_job_free(one);
    assert_int_equal(finish(two).outcome, WISP_UPDATE_STAGED);
    wisp_update_job *three = begin(NULL); /* a new one after the end */
    assert_int_equal(progress_of(three).phase, WISP_UPDATE_CHECKING);
    wisp_update_job_free(three);
}

static void a_cancelled_job_is_taken_up_where_it_stopped(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, large);
    wisp_update_job *job = begin(NULL);
    download(job, 1500);
    wisp_update_job_cancel(job);
    assert_true(wisp_update_job_step(job, 0));
    expect_code(finish(job), WISP_UPDATE_CODE_CANCELLED);
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_FETCHING);
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_non_null(strstr(d.repo.log, "app.wasm from 1500\n"));
}

static void a_job_may_be_let_go_at_any_step(void **state)
{
    bool ended = false;
    for (int steps = 0; !ended; steps++) {
        teardown_device(state);
        setup(state);
        open_device();
        repo_release(&d.repo, 2, large);
        wisp_update_job *job = begin(NULL);
        for (int i = 0; i < steps && !ended; i++)
            ended = wisp_update_job_step(job, 0);
        wisp_update_job_free(job);
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        device_acquire(&d);
        assert_true(device_runs(&d, large));
    }
}

static void an_updater_without_a_transport_has_no_jobs(void **state)
{
    (void)state;
    wisp_update_job *job;
    d.config.net = NULL;
    open_device();
    assert_int_equal(wisp_updater_begin(d.updater, NULL, &job, &d.err), WISP_INVALID);
    assert_int_equal(wisp_updater_check(d.updater, &d.result, &d.err), WISP_INVALID);
}

/* --- leave ------------------------------------------------------------------------------- */

static struct {
    bool answer;
    int calls;
    uint64_t bytes;
    bool is_mandatory;
} leave;

static bool may_download(void *user, uint64_t bytes, bool is_mandatory)
{
    (void)user;
    leave.calls++;
    leave.bytes = bytes;
    leave.is_mandatory = is_mandatory;
    return leave.answer;
}

static void the_program_decides_when_to_download(void **state)
{
    (void)state;
    d.config.may_download = may_download;
    open_device();
    leave.answer = false;
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE); /* there is nothing yet */
    repo_release(&d.repo, 2, large);
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    expect_code(d.result, WISP_UPDATE_CODE_NOT_NOW);
    assert_int_equal(d.result.version, 2);
    assert_int_equal(leave.calls, 1);
    assert_int_equal(leave.bytes, 5000);
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_CHECKED);
    assert_null(strstr(d.repo.log, "targets/"));
    wisp_update_options now = {.on_any_network = true};
    assert_int_equal(finish(begin(&now)).outcome, WISP_UPDATE_STAGED);
    assert_int_equal(leave.calls, 1);
}

static void who_only_looks_downloads_nothing(void **state)
{
    (void)state;
    open_device();
    repo_release(&d.repo, 2, large);
    wisp_update_options only_look = {.check_only = true};
    wisp_update_result result = finish(begin(&only_look));
    expect_code(result, WISP_UPDATE_CODE_CHECK_ONLY);
    assert_int_equal(result.outcome, WISP_UPDATE_DEFERRED);
    assert_int_equal(result.version, 2);
    assert_null(strstr(d.repo.log, "targets/"));
}

/* --- releases ---------------------------------------------------------------------------- */

/* Publishes custom data, in which %s are the hashes of [a] and [b]; the target is [a]. */
static void publish(const char *format, const char *a, const char *b)
{
    static char custom[4096];
    snprintf(custom, sizeof custom, format, repo_hex(a), repo_hex(b ? b : ""));
    d.repo.custom = custom;
    if (b)
        repo_put_content(&d.repo, (wisp_bytes){(const uint8_t *)b, strlen(b)}, "rules.wasm");
    repo_release(&d.repo, 1, a);
}

#define A "{'name':'app.wasm','length':8,'sha256':'%s'}"
#define B "{'name':'rules.wasm','length':9,'sha256':'%s'}"

static void a_release_that_is_held_back_is_deferred_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *custom;
        wisp_update_code code;
    } cases[] = {
        {"{'version':2,'releases':[{'version':2,'paused':true,'modules':[" A "]}]}",
         WISP_UPDATE_CODE_PAUSED},
        {"{'version':2,'releases':[{'version':2,'host':{'min':'1.3'},'modules':[" A "]}]}",
         WISP_UPDATE_CODE_HOST_VERSION},
        {"{'version':2,'releases':[{'version':2,'rollout':{'start':'2039-01-01T00:00:00Z',"
         "'from':0,'to':10000,'hours':1},'modules':[" A "]}]}",
         WISP_UPDATE_CODE_ROLLOUT},
    };
    d.config.host_version = "1.2";
    open_device();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        publish(cases[i].custom, "module 2", NULL);
        assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
        expect_code(d.result, cases[i].code);
        assert_int_equal(d.result.version, 2);
        assert_true(i != 2 || d.result.retry_after_s > 0);
        assert_null(strstr(d.repo.log, "targets/"));
    }
}

static void a_rollout_reaches_the_device_at_the_time_that_it_was_told(void **state)
{
    (void)state;
    d.config.device_id = "device-1";
    d.disk.time = 1925089445 - 10; /* 2031-01-02T03:04:05Z */
    open_device();
    publish("{'version':2,'releases':[{'version':2,'rollout':{'start':'2031-01-02T03:04:05Z',"
            "'from':0,'to':10000,'hours':48},'modules':[" A "]}]}",
            "module 2", NULL);
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    uint32_t wait_s = d.result.retry_after_s;
    assert_in_range(wait_s, 11, 10 + 48 * 3600);
    d.disk.time += wait_s - 1;
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    assert_int_equal(d.result.retry_after_s, 1);
    d.disk.time++;
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
}

static void modules_of_a_release_come_together_or_not_at_all(void **state)
{
    (void)state;
    open_device();
    publish("{'version':2,'releases':[{'version':2,'mandatory':true,'notes':'both','flags':"
            "{'limit':7},'modules':[" A "," B "]}]}",
            "module 2", "rules two");
    char path[160];
    snprintf(path, sizeof path, "targets/%s.rules.wasm", repo_hex("rules two"));
    repo_find(&d.repo, path)->manner = REPO_DEAD;
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    repo_find(&d.repo, path)->manner = REPO_WHOLE;
    d.repo.log[0] = '\0';
    wisp_update_job *job = begin(NULL);
    while (!wisp_update_job_step(job, 0))
        ;
    assert_string_equal(wisp_update_job_notes(job), "both");
    wisp_update_result result = finish(job);
    assert_int_equal(result.outcome, WISP_UPDATE_STAGED);
    assert_true(result.is_mandatory);
    assert_null(strstr(d.repo.log, ".app.wasm\n")); /* that was here from the last time */
    const wisp_image *image = device_acquire(&d);
    assert_int_equal(image->module_len, 2);
    assert_memory_equal(wisp_image_find(image, "rules.wasm")->bytes.data, "rules two", 9);
    assert_int_equal(wisp_image_flag_number(image, "limit", 0), 7);
}

static void a_device_keeps_its_variant(void **state)
{
    (void)state;
    char variant[WISP_VARIANT_SIZE] = "";
    d.config.device_id = "device-1";
    open_device();
    for (int version = 2; version < 6; version++) {
        char custom[2000];
        snprintf(
            custom, sizeof custom,
            "{'version':%d,'releases':[{'version':%d,'modules':[" A "],'variants':["
            "{'name':'control','weight':1},{'name':'blue','weight':1,'flags':{'ui':true}}]}]}",
            version, version, "%s");
        char content[9];
        snprintf(content, sizeof content, "module %d", version);
        publish(custom, content, NULL);
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        const wisp_image *image = device_acquire(&d);
        assert_true(variant[0] == '\0' || strcmp(variant, image->variant) == 0);
        snprintf(variant, sizeof variant, "%s", image->variant);
        assert_int_equal(wisp_image_flag_bool(image, "ui", false), strcmp(variant, "blue") == 0);
        device_commit(&d);
    }
}

static void a_variant_that_changes_within_a_version_moves_nobody(void **state)
{
    (void)state;
    open_device();
    publish("{'version':2,'releases':[{'version':2,'modules':[" A "],'variants':["
            "{'name':'one','weight':1}]}]}",
            "module 2", NULL);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_acquire(&d);
    device_commit(&d);
    publish("{'version':2,'releases':[{'version':2,'modules':[" A "],'variants':["
            "{'name':'two','weight':1}]}]}",
            "module X", NULL);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
}

static void a_floor_and_lifted_bans_are_heeded(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module 2");
    publish("{'version':3,'releases':[{'version':3,'modules':[" A "]}]}", "module 3", NULL);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_acquire(&d);
    device_reject(&d, "bad");
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    expect_code(d.result, WISP_UPDATE_CODE_BANNED);
    publish("{'version':4,'min_version':3,'unban':['%s'],'releases':[{'version':4,'paused':true,"
            "'modules':[{'name':'app.wasm','length':8,'sha256':'%s'}]}]}",
            "module 3", "module 3");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED); /* below the floor: paused or not */
    assert_int_equal(device_status(&d).good.state, WISP_STATE_EMPTY);
    assert_int_equal(device_status(&d).ban_count, 0);
}

static void what_does_not_fit_is_not_fetched(void **state)
{
    (void)state;
    d.config.storage_max = 4999;
    open_device();
    repo_release(&d.repo, 2, large);
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
    expect_code(d.result, WISP_UPDATE_CODE_STORAGE_FULL);
    device_close(&d);
    d.config.storage_max = 5000;
    d.config.module_size_max = 4999;
    open_device();
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
    expect_code(d.result, WISP_UPDATE_CODE_TOO_LARGE);
    assert_null(strstr(d.repo.log, "targets/"));
}

static void a_release_that_makes_no_sense_is_told_apart(void **state)
{
    (void)state;
    open_device();
    publish("{'version':2,'releases':[{'version':3,'modules':[" A "]}]}", "module 2", NULL);
    assert_int_equal(device_check(&d), WISP_UPDATE_FAILED);
    expect_code(d.result, WISP_UPDATE_CODE_BAD_RELEASE);
}

/* --- again ------------------------------------------------------------------------------- */

static void waits_grow_while_there_is_no_server(void **state)
{
    (void)state;
    uint32_t most = 60;
    open_device();
    d.repo.is_dead = true;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
        assert_in_range(d.result.retry_after_s, most / 2, most);
        most = most * 2 < 21600 ? most * 2 : 21600;
    }
    d.repo.is_dead = false;
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_int_equal(d.result.retry_after_s, 0);
    d.repo.is_dead = true;
    device_check(&d);
    assert_in_range(d.result.retry_after_s, 30, 60);
}

static void a_check_that_finds_nothing_asks_for_two_files(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_string_equal(d.repo.log, "2.root.json\ntimestamp.json\n");
    device_crash(&d, SURVIVES_SYNCED); /* nor does a restart change that */
    open_device();
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    assert_string_equal(d.repo.log, "2.root.json\ntimestamp.json\n");
}

static void every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < WISP_UPDATE_CODE_LEN; i++) {
        assert_true(wisp_update_code_text((wisp_update_code)i)[0]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(wisp_update_code_name((wisp_update_code)i),
                                    wisp_update_code_name((wisp_update_code)k));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown_device)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_job_tells_how_far_it_is),
        CASE(a_second_caller_joins_the_first),
        CASE(a_cancelled_job_is_taken_up_where_it_stopped),
        CASE(a_job_may_be_let_go_at_any_step),
        CASE(an_updater_without_a_transport_has_no_jobs),
        CASE(the_program_decides_when_to_download),
        CASE(who_only_looks_downloads_nothing),
        CASE(a_release_that_is_held_back_is_deferred_with_its_reason),
        CASE(a_rollout_reaches_the_device_at_the_time_that_it_was_told),
        CASE(modules_of_a_release_come_together_or_not_at_all),
        CASE(a_device_keeps_its_variant),
        CASE(a_variant_that_changes_within_a_version_moves_nobody),
        CASE(a_floor_and_lifted_bans_are_heeded),
        CASE(what_does_not_fit_is_not_fetched),
        CASE(a_release_that_makes_no_sense_is_told_apart),
        CASE(waits_grow_while_there_is_no_server),
        CASE(a_check_that_finds_nothing_asks_for_two_files),
        CASE(every_code_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
