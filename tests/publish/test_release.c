#include "base/hex.h"
#include "sandbox.h"

#include "publish/catalog.h"
#include "ration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Publishes [content] as [version] of [target], which must give [expected]. */
static void refuse(sandbox *s, const char *target, uint64_t version, const char *notes,
                   wisp_status expected, const char *text)
{
    char *before = sandbox_read(s, "p/repo/timestamp.json");
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.place = {.target = target},
                        .modules = {{NULL, {(const uint8_t *)"new", 3}}},
                        .module_len = 1,
                        .version = version,
                        .notes = notes};
    wisp_published published;
    wisp_error err = {0};
    assert_int_equal(wisp_publish(project, &draft, &published, &err), expected);
    assert_contains(err.text, text);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    char *after = sandbox_read(s, "p/repo/timestamp.json");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void a_release_verifies_and_says_what_it_is(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.modules = {{NULL, {(const uint8_t *)"module", 6}}},
                        .module_len = 1,
                        .version = 7,
                        .notes = "für alle"};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);

    wisp_repository repository;
    wisp_file_info info;
    uint64_t version;
    const char *notes;
    sandbox_verify(s, &repository);
    const wisp_metadata *targets = repository.documents[WISP_STABLE];
    assert_ok(wisp_targets_find(targets, "stable/module.wasm", &info, &err), err);
    assert_int_equal(info.length, 6);
    assert_memory_equal(&info.sha256, &published.hash, sizeof info.sha256);
    assert_int_equal(wisp_json_number(info.custom, "version", &version, NULL), WISP_OK);
    assert_int_equal(version, 7);
    const wisp_json *newest = wisp_json_item(wisp_json_value(info.custom, "releases"), 0);
    assert_int_equal(wisp_json_string(newest, "notes", &notes, NULL), WISP_OK);
    assert_string_equal(notes, "für alle");
    wisp_repository_deinit(&repository);
}

static void each_release_is_a_new_version_of_three_documents(void **state)
{
    for (uint64_t i = 1; i <= 5; i++) {
        wisp_published published = sandbox_publish(*state, i % 2 ? "odd" : "even", 0);
        assert_int_equal(published.version, i);
        assert_int_equal(published.last_version, i - 1);
        assert_int_equal(published.versions[WISP_ROLE_ROOT], 1);
        assert_int_equal(published.versions[WISP_ROLE_TARGETS], 1);
        assert_int_equal(published.versions[WISP_STABLE], i + 1);
        assert_int_equal(published.versions[WISP_ROLE_SNAPSHOT], i + 1);
        assert_int_equal(published.versions[WISP_ROLE_TIMESTAMP], i + 1);
        wisp_repository repository;
        sandbox_verify(*state, &repository);
        wisp_repository_deinit(&repository);
    }
}

static void a_version_that_does_not_rise_is_refused(void **state)
{
    sandbox_publish(*state, "one", 10);
    refuse(*state, NULL, 10, NULL, WISP_MISMATCH,
           "version 10 of 'module.wasm' is not above 10, the last one of stable");
    refuse(*state, NULL, 9, NULL, WISP_MISMATCH, "version 9 of 'module.wasm' is not above 10");
    refuse(*state, NULL, 1, NULL, WISP_MISMATCH, "not above 10");
    sandbox_publish(*state, "two", 12);
}

static void a_version_that_json_cannot_hold_is_refused(void **state)
{
    refuse(*state, NULL, WISP_RELEASE_VERSION_MAX + 1, NULL, WISP_LIMIT, "the highest");
    sandbox_publish(*state, "last", WISP_RELEASE_VERSION_MAX);
    refuse(*state, NULL, 0, NULL, WISP_LIMIT, "the highest");
}

static void going_back_is_a_new_version_of_old_content(void **state)
{
    wisp_published first = sandbox_publish(*state, "good", 0);
    sandbox_publish(*state, "bad", 0);
    wisp_published third = sandbox_publish(*state, "good", 0);
    assert_memory_equal(&first.hash, &third.hash, sizeof first.hash);
    assert_int_equal(third.version, 3);
    assert_false(third.same_content);
    assert_true(sandbox_publish(*state, "good", 0).same_content);
}

static void targets_of_two_names_live_side_by_side(void **state)
{
    sandbox *s = *state;
    sandbox_publish(s, "one", 5);
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.place = {.target = "other.wasm"},
                        .modules = {{NULL, {(const uint8_t *)"other", 5}}},
                        .module_len = 1};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    assert_int_equal(published.version, 1);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    wisp_repository repository;
    wisp_file_info info;
    sandbox_verify(s, &repository);
    const wisp_metadata *targets = repository.documents[WISP_STABLE];
    assert_int_equal(wisp_targets_find(targets, "stable/module.wasm", &info, NULL), WISP_OK);
    assert_int_equal(wisp_targets_find(targets, "stable/other.wasm", &info, NULL), WISP_OK);
    wisp_repository_deinit(&repository);
}

static void a_dry_run_writes_nothing(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.place = {.dry_run = true},
                        .modules = {{NULL, {(const uint8_t *)"x", 1}}},
                        .module_len = 1};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    assert_int_equal(published.version, 1);
    assert_int_equal(published.versions[WISP_STABLE], 2);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    assert_false(sandbox_has(s, "p/repo/2.stable.json"));
    assert_false(sandbox_has(s, "p/repo/2.snapshot.json"));
    assert_int_equal(sandbox_publish(s, "x", 0).version, 1);
}

static void bad_names_and_notes_are_refused(void **state)
{
    char notes[5000];
    memset(notes, 'x', sizeof notes - 1);
    notes[sizeof notes - 1] = '\0';
    refuse(*state, "a/b", 0, NULL, WISP_INVALID, "is not a file name");
    refuse(*state, "", 0, NULL, WISP_INVALID, "0 characters");
    refuse(*state, NULL, 0, "\xff", WISP_INVALID, "not UTF-8");
    refuse(*state, NULL, 0, notes, WISP_LIMIT, "the notes have 4999 bytes, expected 4096");
}

static void a_key_that_root_does_not_list_is_refused(void **state)
{
    static const char *const names[] = {"targets", "snapshot", "timestamp"};
    sandbox *s = *state;
    for (int i = 0; i < 3; i++) {
        char name[40], kept[40];
        wisp_key key;
        wisp_error err;
        snprintf(name, sizeof name, "p/keys/%s.key", names[i]);
        snprintf(kept, sizeof kept, "p/keys/%s.kept", names[i]);
        assert_int_equal(rename(sandbox_path(s, name), sandbox_path(s, kept)), 0);
        assert_ok(wisp_key_make(&s->os, &key, &err), err);
        assert_ok(wisp_key_save(&s->os, sandbox_path(s, name), &key, &err), err);
        refuse(s, NULL, 0, NULL, WISP_UNTRUSTED, "is not among the");
        assert_false(sandbox_has(s, "p/repo/2.stable.json"));
        assert_int_equal(rename(sandbox_path(s, kept), sandbox_path(s, name)), 0);
    }
    sandbox_publish(s, "one", 0);
}

static void a_release_with_too_few_keys_waits_for_the_others(void **state)
{
    sandbox *s = *state;
    wisp_config config = wisp_config_default();
    config.channels[0].policy = (wisp_role_policy){{"keys/a.key", "keys/b.key"}, 2, 2, 9};
    wisp_error err;
    assert_ok(wisp_project_create(NULL, &s->os, sandbox_path(s, "p"), &config, &err), err);
    sandbox_edit(s, "p/wisp.json", "\"keys/a.key\",", "");
    sandbox_edit(s, "p/wisp.json", "\"threshold\": 2", "\"threshold\": 1");
    wisp_draft draft = {.modules = {{NULL, {(const uint8_t *)"new", 3}}}, .module_len = 1};
    wisp_project *project = sandbox_open(s);
    wisp_published published;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    assert_true(published.is_pending);
    assert_int_equal(published.signed_by[WISP_STABLE], 1);
    assert_int_equal(published.threshold[WISP_STABLE], 2);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    assert_false(sandbox_has(s, "p/repo/2.stable.json"));
    assert_true(sandbox_has(s, "p/pending/2.stable.json"));
}

static void the_root_key_may_be_elsewhere(void **state)
{
    assert_int_equal(remove(sandbox_path(*state, "p/keys/root.key")), 0);
    sandbox_publish(*state, "one", 0);
}

static void a_changed_repository_is_refused(void **state)
{
    static const struct {
        const char *file, *old, *new, *expected;
    } cases[] = {
        {"p/repo/1.root.json", "\"version\": 1", "\"version\": 2", "1.root.json"},
        {"p/repo/1.root.json", "\"threshold\": 1", "\"threshold\":  1", NULL},
        {"p/repo/timestamp.json", "\"version\": 1", "\"version\": 3", "timestamp.json"},
        {"p/repo/1.snapshot.json", "\"version\": 1", "\"version\": 9", "1.snapshot.json"},
        {"p/repo/1.targets.json", "\"targets\": {}", "\"targets\":{}", "1.targets.json"},
        {"p/repo/1.stable.json", "\"targets\": {}", "\"targets\":{}", "1.stable.json"},
        {"p/repo/timestamp.json", "{", "", "timestamp.json"},
    };
    sandbox *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *kept = sandbox_read(s, cases[i].file);
        sandbox_edit(s, cases[i].file, cases[i].old, cases[i].new);
        if (cases[i].expected) {
            wisp_project *project = sandbox_open(s);
            wisp_draft draft = {.modules = {{NULL, {(const uint8_t *)"x", 1}}}, .module_len = 1};
            wisp_published published;
            wisp_error err;
            wisp_status status = wisp_publish(project, &draft, &published, &err);
            assert_true(status == WISP_UNTRUSTED || status == WISP_MALFORMED);
            assert_contains(err.text, cases[i].expected);
            assert_false(sandbox_has(s, "p/repo/2.stable.json"));
            wisp_published_deinit(&published);
            wisp_project_close(project);
        } else {
            wisp_repository repository; /* spaces are no part of what is signed */
            sandbox_verify(s, &repository);
            wisp_repository_deinit(&repository);
        }
        sandbox_write(s, cases[i].file, kept);
        free(kept);
    }
}

static void a_missing_document_is_named(void **state)
{
    assert_int_equal(remove(sandbox_path(*state, "p/repo/1.snapshot.json")), 0);
    refuse(*state, NULL, 0, NULL, WISP_NOT_FOUND, "1.snapshot.json");
}

static void a_versioned_file_is_written_once(void **state)
{
    sandbox *s = *state;
    sandbox_write(s, "p/repo/2.stable.json", "left by a publisher that died");
    sandbox_write(s, "p/repo/4.snapshot.json", "so was this");
    wisp_published published = sandbox_publish(s, "one", 0);
    assert_int_equal(published.versions[WISP_STABLE], 3);
    assert_int_equal(published.versions[WISP_ROLE_SNAPSHOT], 5);
    assert_int_equal(published.versions[WISP_ROLE_TIMESTAMP], 2);
    char *text = sandbox_read(s, "p/repo/2.stable.json");
    assert_string_equal(text, "left by a publisher that died");
    free(text);
    wisp_repository repository;
    sandbox_verify(s, &repository);
    wisp_repository_deinit(&repository);
}

static void half_written_files_are_swept_away(void **state)
{
    sandbox_publish(*state, "zero", 0);
    sandbox_write(*state, "p/repo/timestamp.json.tmp", "half");
    sandbox_write(*state, "p/repo/targets/stable/abc.wasm.tmp", "half");
    sandbox_publish(*state, "one", 0);
    assert_false(sandbox_has(*state, "p/repo/timestamp.json.tmp"));
    assert_false(sandbox_has(*state, "p/repo/targets/stable/abc.wasm.tmp"));
}

static void damaged_content_is_written_again(void **state)
{
    sandbox *s = *state;
    wisp_published published = sandbox_publish(s, "content", 0);
    char name[200], hash[65];
    wisp_hex_print(published.hash.bytes, 32, hash);
    snprintf(name, sizeof name, "p/repo/targets/stable/%s.module.wasm", hash);
    sandbox_write(s, name, "contemt");
    sandbox_publish(s, "content", 0);
    wisp_repository repository;
    sandbox_verify(s, &repository);
    wisp_repository_deinit(&repository);
}

static void fields_of_other_tools_stay(void **state)
{
    sandbox *s = *state;
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    wisp_edition edition = {2, s->time + 86400};
    static const char text[] =
        "{\"signatures\":[{\"keyid\":\"a\",\"sig\":\"00\"}],\"signed\":{\"_type\":\"targets\","
        "\"spec_version\":\"1.0.31\",\"version\":1,\"expires\":\"2040-01-01T00:00:00Z\","
        "\"x-origin\":\"elsewhere\",\"targets\":{\"a.bin\":{\"length\":1,\"hashes\":{\"sha256\":"
        "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
        "\"x-more\":[1]}}}}";
    wisp_metadata *before;
    wisp_error err;
    assert_ok(wisp_metadata_parse(&wisp_allocator_default, WISP_ROLE_TARGETS,
                                  (wisp_bytes){(const uint8_t *)text, sizeof text - 1}, &before,
                                  &err),
              err);
    wisp_json *renewed = wisp_role_renew(before, edition);
    wisp_json *release = wisp_json_new_object(), *modules = wisp_json_new_array();
    assert_true(wisp_json_append(modules, wisp_module_build("b.wasm", 2, &(wisp_hash){{1}})));
    assert_true(wisp_json_set(release, "modules", modules));
    assert_true(wisp_json_set_number(release, "version", 3));
    assert_true(wisp_catalog_put(renewed, "x/b.wasm", release));
    size_t size;
    char *found = wisp_json_canonical(renewed, &size);
    assert_contains(found, "\"x-origin\":\"elsewhere\"");
    assert_contains(found, "\"x-more\":[1]");
    assert_contains(found, "\"x/b.wasm\":{\"custom\":{\"releases\":[{");
    assert_contains(found, "\"expires\":\"2030-01-02T00:00:00Z\"");
    wisp_json_text_free(found);
    wisp_json_free(renewed);
    wisp_metadata_free(before);
    wisp_arena_deinit(&arena);
}

/* ------------------------------------------------------------------ renewal */

static wisp_published renew(sandbox *s, const char *role)
{
    wisp_project *project = sandbox_open(s);
    const char *const roles[] = {role};
    wisp_renewal renewal = {.roles = roles, .role_len = role ? 1 : 0};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_renew(project, &renewal, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    wisp_repository repository;
    sandbox_verify(s, &repository);
    wisp_repository_deinit(&repository);
    return published;
}

static void renewal_touches_only_what_is_due(void **state)
{
    sandbox *s = *state;
    sandbox_publish(s, "one", 0);
    s->time += 86400;
    wisp_published published = renew(s, NULL);
    for (size_t role = 0; role < published.len; role++)
        assert_int_equal(published.renewed[role], role == WISP_ROLE_TIMESTAMP);
    assert_int_equal(published.expires[WISP_ROLE_TIMESTAMP], s->time + 30 * 86400);
    s->time += INT64_C(200) * 86400;
    published = renew(s, NULL);
    for (size_t role = 0; role < published.len; role++)
        assert_true(published.renewed[role]);
}

static void renewal_leaves_out_what_it_has_no_key_for(void **state)
{
    sandbox *s = *state;
    assert_int_equal(remove(sandbox_path(s, "p/keys/root.key")), 0);
    assert_int_equal(remove(sandbox_path(s, "p/keys/targets.key")), 0);
    s->time += INT64_C(200) * 86400;
    wisp_published published = renew(s, NULL);
    assert_false(published.is_pending);
    assert_false(published.renewed[WISP_ROLE_ROOT]);
    assert_false(published.renewed[WISP_ROLE_TARGETS]);
    assert_false(published.renewed[WISP_STABLE]);
    assert_true(published.renewed[WISP_ROLE_SNAPSHOT]);
}

static void renewal_within_days_looks_ahead(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_renewal renewal = {.within_days = 366};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_renew(project, &renewal, &published, &err), err);
    assert_true(published.renewed[WISP_ROLE_ROOT]);
    wisp_published_deinit(&published);
    wisp_project_close(project);
}

static void an_expired_root_stops_releases_until_it_is_renewed(void **state)
{
    sandbox *s = *state;
    s->time += INT64_C(366) * 86400;
    refuse(s, NULL, 0, NULL, WISP_UNTRUSTED, "root version 1 expired at 2031-01-01T00:00:00Z");
    wisp_published published = renew(s, "root");
    assert_true(published.renewed[WISP_ROLE_ROOT]);
    assert_int_equal(published.versions[WISP_ROLE_ROOT], 2);
    assert_true(sandbox_has(s, "p/repo/2.root.json"));
    char *numbered = sandbox_read(s, "p/repo/2.root.json");
    char *plain = sandbox_read(s, "p/repo/root.json");
    assert_string_equal(numbered, plain);
    free(numbered);
    free(plain);
    sandbox_publish(s, "one", 0);
}

static void a_root_of_other_keys_breaks_the_chain(void **state)
{
    sandbox *s = *state;
    renew(s, "root");
    char *kept = sandbox_read(s, "p/repo/2.root.json");
    sandbox_edit(s, "p/repo/2.root.json", "\"version\": 2", "\"version\": 3");
    refuse(s, NULL, 0, NULL, WISP_UNTRUSTED, "2.root.json");
    sandbox_write(s, "p/repo/2.root.json", kept);
    free(kept);
    sandbox_publish(s, "one", 0);
}

/* ------------------------------------------------------------------ memory */

static wisp_status publish_dry(wisp_project *project, wisp_published *out, wisp_error *err)
{
    const wisp_draft draft = {.place = {.dry_run = true},
                              .modules = {{NULL, {(const uint8_t *)"abc", 3}}},
                              .module_len = 1,
                              .notes = "words",
                              .ramp = {1, 2, 3},
                              .host_min = "1",
                              .variants = {{"a", 1, {(const uint8_t *)"abd", 3}, NULL}},
                              .variant_len = 1};
    return wisp_publish(project, &draft, out, err);
}

static wisp_status promote_dry(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_promote(project, "beta", &(wisp_place){.dry_run = true}, out, err);
}

static wisp_status rotate_dry(wisp_project *project, wisp_published *out, wisp_error *err)
{
    const char *path;
    return wisp_key_rotate(project, "targets", NULL, true, &path, out, err);
}

static wisp_status make_channel_dry(wisp_project *project, wisp_published *out, wisp_error *err)
{
    return wisp_channel_make(project, "nightly", true, out, err);
}

typedef wisp_status (*dry_work)(wisp_project *project, wisp_published *out, wisp_error *err);

static wisp_status work_rationed(sandbox *s, ration *memory, dry_work work, wisp_error *err)
{
    wisp_allocator allocator = ration_allocator(memory);
    wisp_project *project;
    wisp_published published = {0};
    wisp_status status =
        wisp_project_open(&allocator, &s->os, sandbox_path(s, "p"), &project, err);
    if (status)
        return status;
    status = work(project, &published, err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return status;
}

static void every_refused_allocation_is_survived(void **state)
{
    static const dry_work works[] = {publish_dry, promote_dry, rotate_dry, make_channel_dry};
    sandbox *s = *state;
    wisp_published published;
    sandbox_publish(s, "one", 0);
    sandbox_publish(s, "two", 0);
    sandbox_publish_to(s, "beta", "three", 0, &published);
    wisp_published_deinit(&published);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        ration memory = {0}; /* of the JSON library, too */
        wisp_status status;
        wisp_error err;
        uint64_t n = 0;
        ration_json(&memory);
        do {
            ration_refuse(&memory, ++n);
            status = work_rationed(s, &memory, works[i], &err);
        } while (ration_struck(&memory) && n < 100000);
        ration_json(NULL);
        assert_int_equal(memory.live, 0);
        assert_int_equal(status, WISP_OK);
        assert_in_range(n, 100, 99999);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(a_release_verifies_and_says_what_it_is),
        PROJECT(each_release_is_a_new_version_of_three_documents),
        PROJECT(a_version_that_does_not_rise_is_refused),
        PROJECT(a_version_that_json_cannot_hold_is_refused),
        PROJECT(going_back_is_a_new_version_of_old_content),
        PROJECT(targets_of_two_names_live_side_by_side),
        PROJECT(a_dry_run_writes_nothing),
        PROJECT(bad_names_and_notes_are_refused),
        PROJECT(a_key_that_root_does_not_list_is_refused),
        EMPTY(a_release_with_too_few_keys_waits_for_the_others),
        PROJECT(the_root_key_may_be_elsewhere),
        PROJECT(a_changed_repository_is_refused),
        PROJECT(a_missing_document_is_named),
        PROJECT(a_versioned_file_is_written_once),
        PROJECT(half_written_files_are_swept_away),
        PROJECT(damaged_content_is_written_again),
        PROJECT(fields_of_other_tools_stay),
        PROJECT(renewal_touches_only_what_is_due),
        PROJECT(renewal_leaves_out_what_it_has_no_key_for),
        PROJECT(renewal_within_days_looks_ahead),
        PROJECT(an_expired_root_stops_releases_until_it_is_renewed),
        PROJECT(a_root_of_other_keys_breaks_the_chain),
        PROJECT(every_refused_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
