#include "delta_release.h"
#include "device.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A server that does what it should not, and downloads that break off. Each test says what the
 * check makes of it; that the module in use stays, and that the next honest check leads to the
 * new one, holds for all of them.
 */

#define SIZE 5000

static device d;
static char fresh[SIZE + 1], other[SIZE + 1]; /* the new module, and what is none */

static void fill(char text[SIZE + 1], unsigned seed)
{
    for (size_t i = 0; i < SIZE; i++) {
        seed = seed * 1103515245 + 12345;
        text[i] = (char)('a' + seed / 65536 % 26);
    }
    text[SIZE] = '\0';
}

static int setup(void **state)
{
    (void)state;
    fill(fresh, 1);
    fill(other, 2);
    device_init(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, "module two");
    return 0;
}

/* The honest end of every story. */
static int teardown(void **state)
{
    (void)state;
    d.repo.on_request = NULL;
    for (size_t i = 0; i < d.repo.file_len; i++)
        d.repo.files[i].manner = REPO_WHOLE;
    device_acquire(&d);
    bool has_it = device_runs(&d, fresh);
    if (!has_it) {
        assert_true(device_runs(&d, "module two"));
        repo_release(&d.repo, 100, fresh);
        assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
        device_acquire(&d);
    }
    assert_true(device_runs(&d, fresh));
    device_commit(&d);
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    device_close(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 1);
    device_deinit(&d);
    return 0;
}

static repo_file *content(void)
{
    char path[160];
    return repo_find(&d.repo, repo_content_path(&d.repo, path));
}

static void expect(wisp_update_code code)
{
    device_check(&d);
    if (d.result.code != code)
        fail_msg("%s, %s: %s", wisp_update_outcome_name(d.result.outcome),
                 wisp_update_code_name(d.result.code), d.result.reason);
    device_acquire(&d);
    assert_true(code == WISP_UPDATE_CODE_NONE || device_runs(&d, "module two"));
}

static bool asked(const char *what)
{
    char path[160], line[200];
    snprintf(line, sizeof line, "%s%s\n", repo_content_path(&d.repo, path), what);
    return says(d.repo.log, line);
}

/* --- content ----------------------------------------------------------------------------- */

static void a_download_that_breaks_off_goes_on_where_it_stopped(void **state)
{
    (void)state;
    static const repo_manner manners[] = {REPO_BROKEN, REPO_STALLED, REPO_CUT};
    repo_release(&d.repo, 3, fresh);
    content()->manner = manners[0];
    expect(WISP_UPDATE_CODE_NETWORK);
    content()->manner = REPO_DEAD;
    expect(WISP_UPDATE_CODE_NETWORK);
    device_crash(&d, SURVIVES_ALL); /* also after a restart */
    assert_int_equal(device_open(&d), WISP_OK);
    for (int i = 1; i < 3; i++) { /* which have nothing beyond the half either */
        content()->manner = manners[i];
        expect(WISP_UPDATE_CODE_NETWORK);
    }
    content()->manner = REPO_WHOLE;
    d.repo.log[0] = '\0';
    expect(WISP_UPDATE_CODE_NONE);
    assert_true(asked(" from 2500"));
    assert_in_range(d.result.bytes_fetched, 2500, 4999);
}

static void what_was_not_durable_is_fetched_again(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    content()->manner = REPO_BROKEN;
    expect(WISP_UPDATE_CODE_NETWORK);
    device_crash(&d, SURVIVES_SYNCED);
    assert_int_equal(device_open(&d), WISP_OK);
    content()->manner = REPO_WHOLE;
    expect(WISP_UPDATE_CODE_NONE);
}

/* The part of a download, which the test damages. */
static faulty_bytes *part_of(const char *text)
{
    char path[160];
    snprintf(path, sizeof path, DEVICE_DIR "/blobs/%s.part", repo_hex(text));
    faulty_bytes *file = faulty_os_file(&d.disk, path);
    assert_non_null(file);
    return file;
}

static void a_part_that_was_damaged_on_disk_is_begun_anew(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    content()->manner = REPO_BROKEN;
    expect(WISP_UPDATE_CODE_NETWORK);
    part_of(fresh)->data[1000] ^= 1;
    content()->manner = REPO_WHOLE;
    d.repo.log[0] = '\0';
    expect(WISP_UPDATE_CODE_NONE);
    assert_true(asked(" from 2500") && asked(""));
}

static void a_server_that_ignores_the_range_is_heard_from_the_start(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    content()->manner = REPO_BROKEN;
    expect(WISP_UPDATE_CODE_NETWORK);
    content()->manner = REPO_WITHOUT_RANGE;
    expect(WISP_UPDATE_CODE_NONE);
    assert_true(d.result.bytes_fetched > SIZE);
}

/* Replaces the bytes that the server has under the name of the content. */
static void serve_instead(const char *text)
{
    char path[160];
    repo_put(&d.repo, repo_content_path(&d.repo, path),
             (wisp_bytes){(const uint8_t *)text, strlen(text)});
}

static void a_server_without_such_a_byte_is_asked_for_all_of_it(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    content()->manner = REPO_BROKEN;
    expect(WISP_UPDATE_CODE_NETWORK);
    serve_instead("short"); /* 416, then too little */
    d.repo.log[0] = '\0';
    expect(WISP_UPDATE_CODE_NETWORK);
    assert_true(asked(" from 2500") && asked(""));
    expect(WISP_UPDATE_CODE_NETWORK); /* and that does not go on for ever */
    serve_instead(fresh);
}

static void other_content_is_thrown_away(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    serve_instead(other);
    expect(WISP_UPDATE_CODE_BAD_CONTENT);
    assert_int_equal(d.result.outcome, WISP_UPDATE_FAILED);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 1);
    serve_instead(fresh);
    expect(WISP_UPDATE_CODE_NONE);
}

/* Else a device would fetch it as often as it checks, for ever. */
static void downloads_in_vain_are_counted(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    serve_instead(other);
    for (uint32_t count = 1; count <= 3; count++) {
        expect(WISP_UPDATE_CODE_BAD_CONTENT);
        assert_int_equal(d.result.in_vain, count);
    }
    serve_instead(fresh);
    expect(WISP_UPDATE_CODE_NONE);
    assert_int_equal(d.result.in_vain, 0);
}

static void content_that_changed_between_two_halves_is_begun_anew(void **state)
{
    (void)state;
    repo_release(&d.repo, 3, fresh);
    serve_instead(other);
    content()->manner = REPO_BROKEN;
    expect(WISP_UPDATE_CODE_NETWORK);
    serve_instead(fresh);
    content()->manner = REPO_WHOLE;
    expect(WISP_UPDATE_CODE_NONE);
}

static void content_of_another_length_is_no_content(void **state)
{
    (void)state;
    static char longer[SIZE + 2];
    repo_release(&d.repo, 3, fresh);
    snprintf(longer, sizeof longer, "%sx", fresh);
    serve_instead(longer);
    expect(WISP_UPDATE_CODE_BAD_CONTENT);
    content()->manner = REPO_ENDLESS;
    expect(WISP_UPDATE_CODE_BAD_CONTENT);
    assert_true(d.result.bytes_fetched < 4 * SIZE);
    serve_instead("");
    content()->manner = REPO_WHOLE;
    expect(WISP_UPDATE_CODE_NETWORK);
    serve_instead(fresh);
}

static void a_page_of_a_proxy_is_no_content(void **state)
{
    (void)state;
    static const char page[] = "<html><title>Log in to the network</title></html>";
    repo_release(&d.repo, 3, fresh);
    serve_instead(page);
    expect(WISP_UPDATE_CODE_NETWORK); /* it is short */
    expect(WISP_UPDATE_CODE_NETWORK); /* and is not gone on with: the rest is another file's */
    serve_instead(fresh);
    expect(WISP_UPDATE_CODE_NONE);
}

static void a_page_of_a_proxy_is_no_metadata_either(void **state)
{
    (void)state;
    static const char page[] = "<html><title>Log in to the network</title></html>";
    static const struct {
        const char *name;
        wisp_update_code code;
    } cases[] = {
        {"2.root.json", WISP_UPDATE_CODE_BAD_ANSWER},
        {"timestamp.json", WISP_UPDATE_CODE_BAD_ANSWER},
        {"2.snapshot.json", WISP_UPDATE_CODE_UNTRUSTED}, /* whose hash is known by then */
        {"2.targets.json", WISP_UPDATE_CODE_UNTRUSTED},
    };
    static repo honest;
    repo_release(&d.repo, 3, fresh);
    repo_init(&honest);
    repo_replay(&honest, &d.repo);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        repo_put(&d.repo, cases[i].name, (wisp_bytes){(const uint8_t *)page, sizeof page - 1});
        expect(cases[i].code);
        repo_replay(&d.repo, &honest);
    }
    repo_deinit(&honest);
}

/* --- metadata ---------------------------------------------------------------------------- */

#define DAYS 8

/* Each set of files that the repository ever had, served again, whole. */
static void every_older_set_of_files_is_a_replay(void **state)
{
    (void)state;
    static repo days[DAYS];
    for (int i = 0; i < DAYS; i++) {
        char text[32];
        snprintf(text, sizeof text, "module of day %d", i);
        repo_release(&d.repo, 3 + (uint64_t)i, text);
        if (i % 3 == 2)
            repo_rotate(&d.repo, WISP_ROLE_TIMESTAMP, i);
        if (i % 3 == 2)
            repo_refresh(&d.repo);
        repo_init(&days[i]);
        repo_replay(&days[i], &d.repo);
    }
    repo_release(&d.repo, 20, fresh);
    repo latest;
    repo_init(&latest);
    repo_replay(&latest, &d.repo);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_acquire(&d);
    device_commit(&d);
    for (int i = 0; i < DAYS; i++) {
        repo_replay(&d.repo, &days[i]);
        device_check(&d);
        assert_int_equal(d.result.outcome, WISP_UPDATE_FAILED);
        assert_int_equal(d.result.code, WISP_UPDATE_CODE_UNTRUSTED);
        device_acquire(&d);
        assert_true(device_runs(&d, fresh));
    }
    repo_replay(&d.repo, &latest);
    for (int i = 0; i < DAYS; i++)
        repo_deinit(&days[i]);
    repo_deinit(&latest);
}

/* The files of one release, with one of another: of an older, or of a newer one. */
static void mixed_sets_of_files_are_refused(void **state)
{
    (void)state;
    static const char *const roles[] = {"timestamp.json", "snapshot.json", "targets.json"};
    d.repo.consistent = false; /* so that the files of all sets have the same names */
    repo_rotate(&d.repo, WISP_ROLE_TIMESTAMP, 1);
    for (int newer = 0; newer < 2; newer++)
        for (int role = 0; role < 3; role++) {
            repo sets[2];
            repo_release(&d.repo, d.repo.content_version + 1, "the older");
            repo_init(&sets[0]);
            repo_replay(&sets[0], &d.repo);
            repo_release(&d.repo, d.repo.content_version + 1, "the newer");
            repo_init(&sets[1]);
            repo_replay(&sets[1], &d.repo);
            repo_replay(&d.repo, &sets[!newer]);
            repo_put(&d.repo, roles[role], repo_get(&sets[newer], roles[role]));
            device_check(&d);
            assert_true(d.result.outcome == WISP_UPDATE_FAILED ||
                        d.result.outcome == WISP_UPDATE_UNAVAILABLE);
            device_acquire(&d);
            assert_true(device_runs(&d, "module two"));
            repo_replay(&d.repo, &sets[1]);
            repo_deinit(&sets[0]);
            repo_deinit(&sets[1]);
        }
}

/* --- deltas ------------------------------------------------------------------------------ */

static delta_release release;

/* Has the device run the base, and releases what differs from it by a little. */
static void release_delta(void)
{
    delta_release_init(&release);
    memcpy(fresh, release.content, sizeof fresh);
    device_update(&d, 3, release.base);
    delta_release_publish(&release, &d.repo, 4);
    d.repo.log[0] = '\0';
}

static repo_file *delta_file(void)
{
    return repo_find(&d.repo, release.path);
}

static void end_delta(void)
{
    device_acquire(&d);
    assert_true(device_runs(&d, fresh));
    device_commit(&d);
    delta_release_deinit(&release);
    d.repo.custom = NULL;
}

static void a_delta_makes_the_new_module_of_the_one_in_use(void **state)
{
    (void)state;
    release_delta();
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_true(d.result.is_by_delta);
    assert_false(strstr(d.repo.log, ".app.wasm\n") != NULL);
    end_delta();
}

static void a_broken_delta_goes_on_where_it_stopped(void **state)
{
    (void)state;
    release_delta();
    delta_file()->manner = REPO_BROKEN;
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    device_crash(&d, SURVIVES_ALL);
    assert_int_equal(device_open(&d), WISP_OK);
    delta_file()->manner = REPO_WHOLE;
    d.repo.log[0] = '\0';
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    char from[64];
    snprintf(from, sizeof from, ".app.wasm.delta from %d\n", (int)(release.delta.bytes.size / 2));
    assert_true(says(d.repo.log, from));
    assert_true(d.result.is_by_delta);
    end_delta();
}

/* What the server may do to a delta that costs it, and leads to the whole module at once. */
static void a_delta_that_fails_once_gives_way_to_the_whole_module(void **state)
{
    (void)state;
    release_delta();
    repo_file *file = delta_file();
    file->data[file->size / 2] ^= 1;
    content()->manner = REPO_BROKEN;
    assert_int_equal(device_check(&d), WISP_UPDATE_UNAVAILABLE);
    file->data[file->size / 2] ^= 1;
    content()->manner = REPO_WHOLE;
    d.repo.log[0] = '\0';
    device_crash(&d, SURVIVES_ALL); /* it is not tried again, a restart or not */
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_false(d.result.is_by_delta);
    assert_null(strstr(d.repo.log, ".delta"));
    assert_true(asked(" from 2500"));
    end_delta();
}

static void a_delta_that_is_missing_gives_way_to_the_whole_module(void **state)
{
    (void)state;
    release_delta();
    repo_remove(&d.repo, delta_file()->path);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_false(d.result.is_by_delta);
    end_delta();
}

static void a_signed_delta_that_leads_elsewhere_gives_way_to_the_whole_module(void **state)
{
    (void)state;
    static const char nonsense[] = "this is no delta at all";
    release_delta();
    delta_release wrong = release;
    wrong.delta.bytes = (wisp_bytes){(const uint8_t *)nonsense, sizeof nonsense};
    repo_put_content(&d.repo, wrong.delta.bytes, "app.wasm.delta");
    delta_release_publish(&wrong, &d.repo, 5);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_false(d.result.is_by_delta);
    end_delta();
}

static void a_base_that_was_damaged_gives_way_to_the_whole_module(void **state)
{
    (void)state;
    char path[160];
    release_delta();
    snprintf(path, sizeof path, DEVICE_DIR "/blobs/%s", repo_hex(release.base));
    faulty_os_file(&d.disk, path)->data[100] ^= 1;
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_false(d.result.is_by_delta);
    end_delta();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_download_that_breaks_off_goes_on_where_it_stopped),
        CASE(what_was_not_durable_is_fetched_again),
        CASE(a_part_that_was_damaged_on_disk_is_begun_anew),
        CASE(a_server_that_ignores_the_range_is_heard_from_the_start),
        CASE(a_server_without_such_a_byte_is_asked_for_all_of_it),
        CASE(other_content_is_thrown_away),
        CASE(downloads_in_vain_are_counted),
        CASE(content_that_changed_between_two_halves_is_begun_anew),
        CASE(content_of_another_length_is_no_content),
        CASE(a_page_of_a_proxy_is_no_content),
        CASE(a_page_of_a_proxy_is_no_metadata_either),
        CASE(every_older_set_of_files_is_a_replay),
        CASE(mixed_sets_of_files_are_refused),
        CASE(a_delta_makes_the_new_module_of_the_one_in_use),
        CASE(a_broken_delta_goes_on_where_it_stopped),
        CASE(a_delta_that_fails_once_gives_way_to_the_whole_module),
        CASE(a_delta_that_is_missing_gives_way_to_the_whole_module),
        CASE(a_signed_delta_that_leads_elsewhere_gives_way_to_the_whole_module),
        CASE(a_base_that_was_damaged_gives_way_to_the_whole_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
