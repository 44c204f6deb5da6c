#include "sandbox.h"

#include "publish/catalog.h"
#include "release/offer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a channel offers, as a device reads it. */
static void read_offers(sandbox *s, const char *channel, wisp_offers *out)
{
    wisp_repository repository;
    wisp_file_info info;
    wisp_error err;
    char path[64];
    snprintf(path, sizeof path, "%s/module.wasm", channel);
    sandbox_verify(s, &repository);
    size_t role = wisp_repository_find(&repository, channel);
    assert_ok(wisp_targets_find(repository.documents[role], path, &info, &err), err);
    assert_ok(wisp_offers_parse(&wisp_allocator_default, "module.wasm", &info, out, &err), err);
    wisp_repository_deinit(&repository);
}

/* One of the commands that change what is offered. */
typedef struct order {
    enum { PROMOTE, ROLL_BACK, PAUSE, RESUME, ROLL_OUT, FLOOR, UNBAN } what;
    const char *channel, *from;
    uint64_t version;
    wisp_ramp ramp;
    wisp_hash hash;
    bool dry_run;
} order;

static wisp_status carry_out(sandbox *s, const order *o, wisp_published *out, wisp_error *err)
{
    wisp_project *project = sandbox_open(s);
    const wisp_place place = {.channel = o->channel, .dry_run = o->dry_run};
    wisp_status status = WISP_INVALID;
    switch (o->what) {
    case PROMOTE:
        status = wisp_promote(project, o->from, &place, out, err);
        break;
    case ROLL_BACK:
        status = wisp_rollback(project, o->version, &place, out, err);
        break;
    case PAUSE:
    case RESUME:
        status = wisp_pause(project, o->what == PAUSE, &place, out, err);
        break;
    case ROLL_OUT:
        status = wisp_roll_out(project, &o->ramp, &place, out, err);
        break;
    case FLOOR:
        status = wisp_floor(project, o->version, &place, out, err);
        break;
    case UNBAN:
        status = wisp_unban(project, &o->hash, &place, out, err);
        break;
    }
    wisp_project_close(project);
    return status;
}

static wisp_published must(sandbox *s, order o)
{
    wisp_published published;
    wisp_error err;
    assert_ok(carry_out(s, &o, &published, &err), err);
    wisp_published_deinit(&published);
    return published;
}

static void refused(sandbox *s, order o, wisp_status expected, const char *text)
{
    wisp_published published;
    wisp_error err = {0};
    assert_int_equal(carry_out(s, &o, &published, &err), expected);
    assert_contains(err.text, text);
    wisp_published_deinit(&published);
}

static wisp_hash hash_of(const char *content)
{
    wisp_hash hash;
    assert_true(wisp_sha256((wisp_bytes){(const uint8_t *)content, strlen(content)}, &hash));
    return hash;
}

static void assert_offered(const wisp_offer *offer, uint64_t version, const char *content)
{
    wisp_hash hash = hash_of(content);
    assert_int_equal(offer->version, version);
    assert_memory_equal(&offer->set.modules[0].hash, &hash, sizeof hash);
}

/* ------------------------------------------------------------------ releases */

static void a_whole_release_is_what_a_device_reads(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_json *flags = wisp_json_new_object(), *blue = wisp_json_new_object();
    assert_true(wisp_json_set_bool(flags, "new-ui", true) &&
                wisp_json_set_number(flags, "limit", 5));
    assert_true(wisp_json_set_string(blue, "greeting", "hi"));
    wisp_draft draft = {
        .modules = {{NULL, {(const uint8_t *)"main", 4}},
                    {"filter.wasm", {(const uint8_t *)"filter", 6}}},
        .module_len = 2,
        .notes = "für alle",
        .mandatory = true,
        .ramp = {500, 10000, 48},
        .host_min = "1.2",
        .host_below = "2",
        .flags = flags,
        .variants = {{"control", 1, {NULL, 0}, NULL},
                     {"blue", 3, {(const uint8_t *)"blue", 4}, blue}},
        .variant_len = 2,
    };
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    wisp_json_free(flags);
    wisp_json_free(blue);

    wisp_offers offers;
    read_offers(s, "stable", &offers);
    const wisp_offer *offer = &offers.offers[0];
    assert_int_equal(offers.len, 1);
    assert_offered(offer, 1, "main");
    assert_int_equal(offer->set.len, 2);
    assert_string_equal(offer->set.modules[1].name, "filter.wasm");
    assert_string_equal(offer->notes, "für alle");
    assert_true(offer->is_mandatory && offer->has_host_min && offer->has_host_below);
    assert_true(offer->has_rollout);
    assert_int_equal(offer->rollout.start, s->time);
    assert_int_equal(offer->rollout.from, 500);
    assert_int_equal(offer->rollout.hours, 48);
    assert_string_equal(offer->flags, "{\"limit\":5,\"new-ui\":true}");
    assert_int_equal(offer->variant_len, 2);
    wisp_hash hash = hash_of("blue");
    assert_memory_equal(&offer->variants[1].set.modules[0].hash, &hash, sizeof hash);
    assert_string_equal(offer->variants[1].set.modules[1].name, "filter.wasm");
    assert_string_equal(offer->variants[1].flags,
                        "{\"greeting\":\"hi\",\"limit\":5,\"new-ui\":true}");
    wisp_offers_deinit(&offers);
}

static void what_no_device_would_take_is_not_signed(void **state)
{
    sandbox *s = *state;
    wisp_json *flags = wisp_json_new_object();
    assert_true(wisp_json_set(flags, "list", wisp_json_new_array()));
    const wisp_draft bad[] = {
        {.flags = flags},
        {.host_min = "1.x"},
        {.ramp = {5, 20000, 0}},
        {.variants = {{"a b", 1, {NULL, 0}, NULL}}, .variant_len = 1},
        {.variants = {{"a", 1, {NULL, 0}, NULL}, {"a", 1, {NULL, 0}, NULL}}, .variant_len = 2},
        {.variants = {{"a", 10001, {NULL, 0}, NULL}}, .variant_len = 1},
        {.modules = {{0}, {"module.wasm", {(const uint8_t *)"twice", 5}}}},
        {.modules = {{0}, {"../x", {(const uint8_t *)"out", 3}}}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wisp_project *project = sandbox_open(s);
        wisp_draft draft = bad[i];
        draft.modules[0].content = (wisp_bytes){(const uint8_t *)"m", 1};
        draft.module_len = draft.modules[1].name ? 2 : 1;
        wisp_published published;
        wisp_error err;
        if (wisp_publish(project, &draft, &published, &err) == WISP_OK)
            fail_msg("case %zu was signed", i);
        assert_false(sandbox_has(s, "p/repo/2.stable.json"));
        wisp_published_deinit(&published);
        wisp_project_close(project);
    }
    wisp_json_free(flags);
}

static void eight_releases_are_kept_newest_first(void **state)
{
    sandbox *s = *state;
    char content[8];
    for (int i = 1; i <= 12; i++) {
        snprintf(content, sizeof content, "m%d", i);
        sandbox_publish(s, content, 0);
    }
    wisp_offers offers;
    read_offers(s, "stable", &offers);
    assert_int_equal(offers.len, 8);
    assert_offered(&offers.offers[0], 12, "m12");
    assert_offered(&offers.offers[7], 5, "m5");
    wisp_offers_deinit(&offers);
}

static void modules_that_left_are_no_targets_any_more(void **state)
{
    sandbox *s = *state;
    wisp_project *project = sandbox_open(s);
    wisp_draft draft = {.modules = {{NULL, {(const uint8_t *)"main", 4}},
                                    {"filter.wasm", {(const uint8_t *)"filter", 6}}},
                        .module_len = 2};
    wisp_published published;
    wisp_error err;
    assert_ok(wisp_publish(project, &draft, &published, &err), err);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    wisp_repository repository;
    wisp_file_info info;
    sandbox_verify(s, &repository);
    assert_int_equal(
        wisp_targets_find(repository.documents[WISP_STABLE], "stable/filter.wasm", &info, NULL),
        WISP_OK);
    assert_int_equal(info.length, 6);
    wisp_repository_deinit(&repository);
    sandbox_publish(s, "alone", 0);
    sandbox_verify(s, &repository);
    assert_int_equal(
        wisp_targets_find(repository.documents[WISP_STABLE], "stable/filter.wasm", &info, NULL),
        WISP_NOT_FOUND);
    wisp_repository_deinit(&repository);
}

static void a_channel_that_is_none_is_named_with_those_there_are(void **state)
{
    refused(*state, (order){.what = PAUSE, .channel = "gamma"}, WISP_NOT_FOUND,
            "there is no channel 'gamma', only stable, beta");
    refused(*state, (order){.what = PAUSE, .channel = "targets"}, WISP_NOT_FOUND, "no channel");
    refused(*state, (order){.what = PAUSE}, WISP_NOT_FOUND,
            "nothing was released as stable/module.wasm");
}

/* ------------------------------------------------------------------ between channels */

static void versions_count_on_over_all_channels(void **state)
{
    sandbox *s = *state;
    wisp_published published;
    sandbox_publish(s, "one", 0);
    sandbox_publish_to(s, "beta", "two", 0, &published);
    assert_int_equal(published.version, 2);
    wisp_published_deinit(&published);
    assert_int_equal(sandbox_publish(s, "three", 0).version, 3);
}

static void a_promoted_release_keeps_its_version_and_its_content(void **state)
{
    sandbox *s = *state;
    wisp_published published;
    wisp_offers offers;
    sandbox_publish(s, "one", 0);
    sandbox_publish_to(s, "beta", "two", 0, &published);
    wisp_published_deinit(&published);
    must(s, (order){.what = ROLL_OUT, .channel = "beta", .ramp = {100, 100, 0}});
    must(s, (order){.what = PAUSE, .channel = "beta"});
    published = must(s, (order){.what = PROMOTE, .from = "beta", .channel = "stable"});
    assert_int_equal(published.version, 2);
    assert_int_equal(published.last_version, 1);
    read_offers(s, "stable", &offers);
    assert_offered(&offers.offers[0], 2, "two");
    assert_false(offers.offers[0].is_paused || offers.offers[0].has_rollout);
    wisp_offers_deinit(&offers);
}

static void an_older_release_is_promoted_as_a_new_version(void **state)
{
    sandbox *s = *state;
    wisp_published published;
    sandbox_publish_to(s, "beta", "one", 0, &published);
    wisp_published_deinit(&published);
    sandbox_publish(s, "two", 0);
    assert_int_equal(must(s, (order){.what = PROMOTE, .from = "beta"}).version, 3);
    refused(s, (order){.what = PROMOTE, .from = "gamma"}, WISP_NOT_FOUND, "no channel 'gamma'");
}

static void nothing_cannot_be_promoted(void **state)
{
    refused(*state, (order){.what = PROMOTE, .from = "beta"}, WISP_NOT_FOUND,
            "nothing was released as beta/module.wasm");
}

/* ------------------------------------------------------------------ back */

static void going_back_takes_what_was_bad_off_the_list(void **state)
{
    sandbox *s = *state;
    wisp_offers offers;
    sandbox_publish(s, "one", 0);
    sandbox_publish(s, "two", 0);
    sandbox_publish(s, "bad", 0);
    sandbox_publish(s, "worse", 0);
    assert_int_equal(must(s, (order){.what = ROLL_BACK, .version = 2}).version, 5);
    read_offers(s, "stable", &offers);
    assert_int_equal(offers.len, 3);
    assert_offered(&offers.offers[0], 5, "two");
    assert_offered(&offers.offers[1], 2, "two");
    assert_offered(&offers.offers[2], 1, "one");
    wisp_offers_deinit(&offers);
    refused(s, (order){.what = ROLL_BACK, .version = 4}, WISP_NOT_FOUND, "has no release 4");
}

static void without_a_version_it_goes_back_by_one(void **state)
{
    sandbox *s = *state;
    wisp_offers offers;
    refused(s, (order){.what = ROLL_BACK}, WISP_NOT_FOUND, "no release before the newest");
    sandbox_publish(s, "one", 0);
    refused(s, (order){.what = ROLL_BACK}, WISP_NOT_FOUND, "no release before the newest");
    sandbox_publish(s, "two", 0);
    must(s, (order){.what = ROLL_BACK});
    read_offers(s, "stable", &offers);
    assert_offered(&offers.offers[0], 3, "one");
    wisp_offers_deinit(&offers);
}

static void a_missing_file_of_an_old_release_stops_going_back(void **state)
{
    sandbox *s = *state;
    char name[160], hex[WISP_HASH_TEXT_SIZE];
    wisp_hash hash = hash_of("one");
    sandbox_publish(s, "one", 0);
    sandbox_publish(s, "two", 0);
    wisp_hash_print(&hash, hex);
    snprintf(name, sizeof name, "p/repo/targets/stable/%s.module.wasm", hex);
    sandbox_write(s, name, "eno");
    refused(s, (order){.what = ROLL_BACK}, WISP_UNTRUSTED, "sha256");
    assert_int_equal(remove(sandbox_path(s, name)), 0);
    refused(s, (order){.what = ROLL_BACK}, WISP_NOT_FOUND, "no such file");
}

/* ------------------------------------------------------------------ terms */

static void a_release_is_paused_and_goes_on(void **state)
{
    sandbox *s = *state;
    for (int i = 0; i < 2; i++)
        sandbox_publish(s, "one", 0);
    for (int paused = 1; paused >= 0; paused--) {
        wisp_offers offers;
        must(s, (order){.what = paused ? PAUSE : RESUME});
        read_offers(s, "stable", &offers);
        assert_int_equal(offers.version, 2);
        assert_int_equal(offers.offers[0].is_paused, paused);
        assert_false(offers.offers[1].is_paused);
        wisp_offers_deinit(&offers);
    }
}

static void a_rollout_is_changed_and_ends(void **state)
{
    sandbox *s = *state;
    wisp_offers offers;
    sandbox_publish(s, "one", 0);
    must(s, (order){.what = ROLL_OUT, .ramp = {2500, 2500, 0}});
    read_offers(s, "stable", &offers);
    assert_true(offers.offers[0].has_rollout);
    assert_int_equal(offers.offers[0].rollout.to, 2500);
    wisp_offers_deinit(&offers);
    must(s, (order){.what = ROLL_OUT, .ramp = {10000, 10000, 0}});
    read_offers(s, "stable", &offers);
    assert_false(offers.offers[0].has_rollout);
    wisp_offers_deinit(&offers);
}

static void a_floor_is_not_above_what_there_is(void **state)
{
    sandbox *s = *state;
    wisp_offers offers;
    sandbox_publish(s, "one", 7);
    refused(s, (order){.what = FLOOR, .version = 8}, WISP_MISMATCH, "8 is above 7");
    must(s, (order){.what = FLOOR, .version = 7});
    read_offers(s, "stable", &offers);
    assert_int_equal(offers.min_version, 7);
    wisp_offers_deinit(&offers);
}

static void bans_are_lifted_once_and_the_last_sixteen_are_kept(void **state)
{
    sandbox *s = *state;
    wisp_offers offers;
    sandbox_publish(s, "one", 0);
    for (uint8_t i = 1; i <= 20; i++)
        must(s, (order){.what = UNBAN, .hash = {{i}}});
    must(s, (order){.what = UNBAN, .hash = {{20}}});
    read_offers(s, "stable", &offers);
    assert_int_equal(offers.unban_len, WISP_CATALOG_UNBANS_MAX);
    assert_int_equal(offers.unbans[0].bytes[0], 5);
    assert_int_equal(offers.unbans[15].bytes[0], 20);
    wisp_offers_deinit(&offers);
}

/* ------------------------------------------------------------------ dry runs */

static void a_dry_run_says_exactly_what_would_change(void **state)
{
    sandbox *s = *state;
    wisp_published published;
    wisp_error err;
    sandbox_publish(s, "one", 0);
    const order o = {.what = PAUSE, .dry_run = true};
    assert_ok(carry_out(s, &o, &published, &err), err);
    size_t of_stable = 0;
    for (size_t i = 0; i < wisp_json_len(published.changes); i++) {
        const wisp_json *change = wisp_json_item(published.changes, i);
        const char *document, *path;
        bool after;
        assert_ok(wisp_json_string(change, "document", &document, &err), err);
        assert_ok(wisp_json_string(change, "path", &path, &err), err);
        of_stable += strcmp(document, "stable") == 0;
        if (strstr(path, "paused")) {
            assert_string_equal(path,
                                "targets > stable/module.wasm > custom > releases > 0 > paused");
            assert_false(wisp_json_has(change, "before"));
            assert_ok(wisp_json_bool(change, "after", &after, &err), err);
            assert_true(after);
        }
    }
    assert_int_equal(of_stable, 2); /* that, and the document's version */
    wisp_published_deinit(&published);
    assert_false(sandbox_has(s, "p/repo/3.stable.json"));
}

static void no_order_writes_in_a_dry_run(void **state)
{
    static const order orders[] = {
        {.what = PROMOTE, .from = "beta"},
        {.what = ROLL_BACK},
        {.what = PAUSE},
        {.what = RESUME},
        {.what = ROLL_OUT, .ramp = {1, 1, 0}},
        {.what = FLOOR, .version = 1},
        {.what = UNBAN, .hash = {{1}}},
    };
    sandbox *s = *state;
    wisp_published published;
    sandbox_publish_to(s, "beta", "zero", 0, &published);
    wisp_published_deinit(&published);
    sandbox_publish(s, "one", 0);
    sandbox_publish(s, "two", 0);
    char *before = sandbox_read(s, "p/repo/timestamp.json");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        order o = orders[i];
        o.dry_run = true;
        must(s, o);
        char *after = sandbox_read(s, "p/repo/timestamp.json");
        assert_string_equal(before, after);
        free(after);
    }
    assert_false(sandbox_has(s, "p/repo/4.stable.json"));
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROJECT(a_whole_release_is_what_a_device_reads),
        PROJECT(what_no_device_would_take_is_not_signed),
        PROJECT(eight_releases_are_kept_newest_first),
        PROJECT(modules_that_left_are_no_targets_any_more),
        PROJECT(a_channel_that_is_none_is_named_with_those_there_are),
        PROJECT(versions_count_on_over_all_channels),
        PROJECT(a_promoted_release_keeps_its_version_and_its_content),
        PROJECT(an_older_release_is_promoted_as_a_new_version),
        PROJECT(nothing_cannot_be_promoted),
        PROJECT(going_back_takes_what_was_bad_off_the_list),
        PROJECT(without_a_version_it_goes_back_by_one),
        PROJECT(a_missing_file_of_an_old_release_stops_going_back),
        PROJECT(a_release_is_paused_and_goes_on),
        PROJECT(a_rollout_is_changed_and_ends),
        PROJECT(a_floor_is_not_above_what_there_is),
        PROJECT(bans_are_lifted_once_and_the_last_sixteen_are_kept),
        PROJECT(a_dry_run_says_exactly_what_would_change),
        PROJECT(no_order_writes_in_a_dry_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
