#include "fixture.h"

#include "update/blobs.h"
#include "update/flags.h"
#include "update/intake.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* What a check does to the device's state: sets of modules, flags, floors, lifted bans, storage,
 * channels, and releases that are on their way. */

static int setup(void **state)
{
    setup_device(state);
    d.config.net = NULL;
    return 0;
}

/* Takes [release] in, runs and commits it. */
static void install(const device_release *release)
{
    assert_int_equal(device_take(&d, release), WISP_OK);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    device_commit(&d);
}

static bool runs(const device_release *release)
{
    wisp_update_entry entry = device_entry(release);
    device_acquire(&d);
    return memcmp(&entry.hash, &d.image.hash, sizeof entry.hash) == 0 &&
           d.image.module_len == entry.module_len;
}

static const char *blob_path(const char *content)
{
    static char path[200];
    char hash[WISP_HASH_TEXT_SIZE];
    wisp_hash of = device_hash(content);
    wisp_hash_print(&of, hash);
    snprintf(path, sizeof path, DEVICE_DIR "/blobs/%s", hash);
    return path;
}

/* --- sets -------------------------------------------------------------------------------- */

static const device_release two = {.version = 2, .contents = {"app 2", "rules 2", "data 2"}};
static const device_release three = {.version = 3, .contents = {"app 3", "rules 2", "data 3"}};

static void modules_of_a_set_are_handed_out_together(void **state)
{
    (void)state;
    open_device();
    install(&two);
    reopen();
    assert_true(runs(&two));
    assert_string_equal(d.image.modules[0].name, "app.wasm");
    assert_ptr_equal(d.image.bytes.data, d.image.modules[0].bytes.data);
    const wisp_image_module *rules = wisp_image_find(&d.image, "rules.wasm");
    assert_memory_equal(rules->bytes.data, "rules 2", 7);
    assert_null(wisp_image_find(&d.image, "none.wasm"));
}

static void a_module_that_two_sets_share_is_stored_once(void **state)
{
    (void)state;
    open_device();
    install(&two);
    assert_int_equal(device_take(&d, &three), WISP_OK);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 5);
    assert_true(runs(&three));
    device_commit(&d);
    reopen();
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 3);
    assert_true(runs(&three));
}

static void one_damaged_module_drops_its_whole_set(void **state)
{
    (void)state;
    static const char *const contents[] = {"app 3", "data 3"};
    for (int i = 0; i < 2; i++) {
        open_device();
        install(&two);
        assert_int_equal(device_take(&d, &three), WISP_OK);
        faulty_os_file(&d.disk, blob_path(contents[i]))->data[0] ^= 1;
        assert_true(runs(&two));
        assert_int_equal(d.image.source, WISP_IMAGE_GOOD);
        wisp_update_status status = device_status(&d);
        assert_int_equal(status.candidate.state, WISP_STATE_EMPTY);
        assert_int_equal(status.lost.version, 3);
        assert_true(says(status.lost.reason, "damaged"));
        device_deinit(&d);
        device_init(&d);
    }
}

static void a_missing_module_drops_its_whole_set(void **state)
{
    (void)state;
    open_device();
    install(&two);
    d.disk.os.remove(&d.disk, blob_path("rules 2"));
    device_acquire(&d);
    assert_true(device_runs(&d, DEVICE_BASE));
    assert_int_equal(device_status(&d).lost.version, 2);
    assert_int_equal(device_status(&d).lost.size, 5 + 7 + 6);
    assert_int_equal(device_take(&d, &two), WISP_OK); /* and comes back */
    assert_true(runs(&two));
}

static void a_rejected_set_is_banned_but_not_its_modules(void **state)
{
    (void)state;
    open_device();
    assert_int_equal(device_take(&d, &two), WISP_OK);
    device_acquire(&d);
    device_reject(&d, "no good");
    assert_int_equal(device_take(&d, &two), WISP_BANNED);
    assert_int_equal(device_take(&d, &three), WISP_OK); /* has rules 2 too */
}

static void a_module_that_is_to_blame_bans_every_set_that_has_it(void **state)
{
    (void)state;
    static const device_release four = {.version = 4, .contents = {"app 4", "rules 4"}};
    open_device();
    assert_int_equal(device_take(&d, &two), WISP_OK);
    device_acquire(&d);
    assert_int_equal(wisp_updater_reject_module(d.updater, &d.image, "nobody", "x", &d.err),
                     WISP_INVALID);
    assert_int_equal(
        wisp_updater_reject_module(d.updater, &d.image, "rules.wasm", "divides by zero", &d.err),
        WISP_OK);
    assert_int_equal(wisp_updater_state(d.updater, &d.image), WISP_STATE_BANNED);
    device_acquire(&d);
    assert_true(device_runs(&d, DEVICE_BASE));
    reopen();
    assert_true(device_has_banned(&d, "rules 2"));
    assert_int_equal(device_take(&d, &two), WISP_BANNED);
    assert_int_equal(device_take(&d, &three), WISP_BANNED);
    assert_int_equal(device_take(&d, &four), WISP_OK);
}

static void embedded_modules_are_a_set_too(void **state)
{
    (void)state;
    static const wisp_embedded_module more[] = {{"rules.wasm", {(const uint8_t *)"rules 1", 7}},
                                                {"data.wasm", {(const uint8_t *)"data 1", 6}}};
    static const device_release shares = {.version = 2, .contents = {"app 2", "rules 1"}};
    d.config.modules = more;
    d.config.module_len = 2;
    open_device();
    device_acquire(&d);
    assert_int_equal(d.image.module_len, 3);
    assert_string_equal(d.image.modules[0].name, "app.wasm");
    assert_string_equal(d.image.modules[2].name, "data.wasm");
    install(&shares);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 1); /* rules 1 is embedded */
    reopen();
    assert_true(runs(&shares));
}

static void a_config_with_impossible_modules_or_names_is_refused(void **state)
{
    (void)state;
    static const wisp_embedded_module nameless[] = {{NULL, {(const uint8_t *)"x", 1}}};
    static char long_name[WISP_CHANNEL_SIZE + 1];
    memset(long_name, 'x', sizeof long_name - 1);
    wisp_updater_config bad[7];
    for (int i = 0; i < 7; i++)
        bad[i] = d.config;
    bad[0].modules = nameless;
    bad[0].module_len = 1;
    bad[1].module_len = WISP_MODULES_MAX;
    bad[2].channel = long_name;
    bad[3].device_id = "has a space";
    bad[4].device_id = "";
    bad[5].target = long_name;
    bad[6].host_version = "v1";
    for (int i = 0; i < 7; i++) {
        assert_int_equal(wisp_updater_open(&bad[i], &d.updater, &d.err), WISP_INVALID);
        assert_int_not_equal(d.err.text[0], '\0');
    }
}

/* --- variants and flags ------------------------------------------------------------------ */

static const device_release flagged = {
    .version = 2,
    .contents = {"app 2"},
    .variant = "blue",
    .flags =
        "{\"greeting\":\"hi \xc3\xa9\",\"limit\":9007199254740992,\"new-ui\":true,\"old\":false}"};

static void a_program_reads_variant_and_flags_of_what_runs(void **state)
{
    (void)state;
    open_device();
    install(&flagged);
    reopen();
    const wisp_image *image = device_acquire(&d);
    assert_string_equal(image->variant, "blue");
    assert_string_equal(wisp_image_flag_text(image, "greeting", "none"), "hi \xc3\xa9");
    assert_true(wisp_image_flag_number(image, "limit", 0) == UINT64_C(1) << 53);
    assert_true(wisp_image_flag_bool(image, "new-ui", false));
    assert_false(wisp_image_flag_bool(image, "old", true));
    assert_true(wisp_image_flag_bool(image, "unknown", true));
    assert_int_equal(wisp_image_flag_number(image, "greeting", 7), 7); /* of another kind */
    assert_string_equal(wisp_image_flag_text(image, "limit", "none"), "none");
}

static void flags_that_are_none_or_too_many_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        wisp_status status;
    } cases[] = {
        {"{}", WISP_OK},
        {"{\"a\":[1]}", WISP_UNSUPPORTED},
        {"{\"a\":{}}", WISP_UNSUPPORTED},
        {"{\"a\":null}", WISP_UNSUPPORTED},
        {"{\"a\":-1}", WISP_UNSUPPORTED},
        {"{\"\":1}", WISP_UNSUPPORTED},
        {"{\"a\":", WISP_MALFORMED},
        {"", WISP_MALFORMED},
    };
    wisp_flags flags;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(wisp_flags_pack(cases[i].json, &flags, &d.err), cases[i].status);
    char longest[WISP_FLAGS_SIZE + 16];
    snprintf(longest, sizeof longest, "{\"a\":\"%0*d\"}", WISP_FLAGS_SIZE - 5, 0);
    assert_int_equal(wisp_flags_pack(longest, &flags, &d.err), WISP_OK);
    assert_true(wisp_flags_are_sound(&flags));
    snprintf(longest, sizeof longest, "{\"a\":\"%0*d\"}", WISP_FLAGS_SIZE - 4, 0);
    assert_int_equal(wisp_flags_pack(longest, &flags, &d.err), WISP_LIMIT);
}

static void new_flags_for_the_same_content_need_no_trial(void **state)
{
    (void)state;
    device_release again = flagged;
    again.version = 3;
    again.flags = "{\"limit\":6}";
    open_device();
    install(&flagged);
    assert_int_equal(device_take(&d, &again), WISP_OK);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    assert_int_equal(wisp_image_flag_number(&d.image, "limit", 0), 6);
    assert_int_equal(d.image.version, 3);
}

static void embedded_content_with_flags_is_a_release_like_any_other(void **state)
{
    (void)state;
    static const device_release plain = {.version = 2, .contents = {DEVICE_BASE}};
    static const device_release control = {
        .version = 3, .contents = {DEVICE_BASE}, .variant = "control"};
    open_device();
    assert_int_equal(device_take(&d, &plain), WISP_OK);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    assert_int_equal(device_take(&d, &control), WISP_OK);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_string_equal(d.image.variant, "control");
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 0);
}

/* --- sequence, floor, lifted bans -------------------------------------------------------- */

static void a_sequence_never_falls(void **state)
{
    (void)state;
    open_device();
    install(&three);
    reopen();
    assert_int_equal(device_take(&d, &two), WISP_UNTRUSTED);
    assert_true(says(d.err.text, "'app.wasm' is at version 2, and was at 3 before: a replay"));
    assert_int_equal(device_status(&d).sequence, 3);
}

static void what_is_below_the_floor_goes_at_once(void **state)
{
    (void)state;
    static const device_release floored = {.version = 4, .contents = {"app 4"}, .floor = 4};
    open_device();
    install(&two);
    wisp_image old;
    assert_int_equal(wisp_updater_acquire(d.updater, &old, NULL), WISP_OK);
    assert_int_equal(device_take(&d, &three), WISP_OK); /* it waits */
    assert_int_equal(wisp_updater_state(d.updater, &old), WISP_STATE_GOOD);
    assert_int_equal(device_take(&d, &floored), WISP_OK);
    assert_int_equal(wisp_updater_state(d.updater, &old), WISP_STATE_EMPTY);
    wisp_image_free(d.updater, &old);
    assert_int_equal(device_status(&d).good.state, WISP_STATE_EMPTY);
    assert_int_equal(device_status(&d).candidate.version, 4);
    device_acquire(&d);
    device_reject(&d, "and it does not even work");
    device_acquire(&d);
    assert_true(device_runs(&d, DEVICE_BASE)); /* which no floor takes away */
    reopen();
    assert_int_equal(device_status(&d).floor, 4);
}

static void a_trial_below_the_floor_cannot_be_committed(void **state)
{
    (void)state;
    wisp_terms terms = {.sequence = 4, .floor = 4};
    open_device();
    assert_int_equal(device_take(&d, &three), WISP_OK);
    device_acquire(&d);
    assert_int_equal(wisp_intake_heed(d.updater, &terms, NULL), WISP_OK);
    assert_int_equal(wisp_updater_state(d.updater, &d.image), WISP_STATE_EMPTY);
    assert_int_equal(wisp_updater_commit(d.updater, &d.image, &d.err), WISP_INVALID);
}

static void a_lifted_ban_lets_the_content_come_back(void **state)
{
    (void)state;
    static const device_release bad = {.version = 2, .contents = {"app 2"}};
    device_release again = bad;
    again.version = 3;
    open_device();
    assert_int_equal(device_take(&d, &bad), WISP_OK);
    device_acquire(&d);
    device_reject(&d, "the network was down");
    assert_int_equal(device_take(&d, &again), WISP_BANNED);
    again.lifted = "app 2";
    assert_int_equal(device_take(&d, &again), WISP_OK);
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    assert_int_equal(d.image.attempt, 1);
    device_commit(&d);
    reopen();
    assert_int_equal(device_status(&d).ban_count, 0);
}

static void what_fails_again_after_its_ban_was_lifted_stays_banned(void **state)
{
    (void)state;
    device_release bad = {.version = 2, .contents = {"app 2"}};
    open_device();
    assert_int_equal(device_take(&d, &bad), WISP_OK);
    device_acquire(&d);
    device_reject(&d, "no good");
    bad.version = 3;
    bad.lifted = "app 2";
    assert_int_equal(device_take(&d, &bad), WISP_OK);
    device_acquire(&d);
    device_reject(&d, "still no good");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(device_take(&d, &bad), WISP_BANNED);
        reopen();
        bad.version++; /* the list alone counts */
    }
}

/* --- what is on its way ------------------------------------------------------------------ */

static void lay_part(const char *of)
{
    char path[220];
    snprintf(path, sizeof path, "%s.part", blob_path(of));
    faulty_os_lay(&d.disk, path, "half", 4);
}

static bool has_part(const char *of)
{
    char path[220];
    snprintf(path, sizeof path, "%s.part", blob_path(of));
    return faulty_os_file(&d.disk, path) != NULL;
}

static void what_is_being_fetched_outlives_a_restart(void **state)
{
    (void)state;
    wisp_update_entry entry = device_entry(&three);
    wisp_hash rules = device_hash("rules 2");
    open_device();
    assert_int_equal(wisp_intake_expect(d.updater, &entry, &d.err), WISP_OK);
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_CHECKED);
    assert_int_equal(wisp_intake_fetch(d.updater, &entry, &rules, &d.err), WISP_OK);
    lay_part("rules 2");
    lay_part("data 3"); /* nobody asked for this one */
    reopen();
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_FETCHING);
    assert_int_equal(device_status(&d).incoming.module_len, 3);
    assert_true(has_part("rules 2"));
    assert_false(has_part("data 3"));
    assert_int_equal(device_take(&d, &three), WISP_OK);
    assert_false(has_part("rules 2"));
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_EMPTY);
    assert_true(runs(&three));
}

static void a_release_that_waits_is_tried_while_the_next_one_is_fetched(void **state)
{
    (void)state;
    wisp_update_entry next = device_entry(&three);
    open_device();
    assert_int_equal(device_take(&d, &two), WISP_OK);
    assert_int_equal(wisp_intake_fetch(d.updater, &next, &next.modules[0].hash, &d.err), WISP_OK);
    assert_true(runs(&two));
    assert_int_equal(wisp_intake_stage(d.updater, &next, &d.err), WISP_BUSY);
    assert_true(says(d.err.text, "version 2 is still on trial"));
    device_commit(&d);
    assert_int_equal(device_take(&d, &three), WISP_OK);
    assert_true(runs(&three));
}

static void a_newer_release_takes_the_place_of_one_on_its_way(void **state)
{
    (void)state;
    wisp_update_entry old = device_entry(&two), new = device_entry(&three);
    open_device();
    assert_int_equal(wisp_intake_fetch(d.updater, &old, &old.modules[0].hash, &d.err), WISP_OK);
    lay_part("app 2");
    assert_int_equal(wisp_intake_expect(d.updater, &new, &d.err), WISP_OK);
    assert_int_equal(device_status(&d).incoming.version, 3);
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_CHECKED);
    reopen();
    assert_false(has_part("app 2"));
}

static void content_on_its_way_takes_the_number_under_which_it_is_chosen(void **state)
{
    (void)state;
    device_release paused = three;
    paused.version = 4;
    wisp_update_entry entry = device_entry(&paused);
    open_device();
    assert_int_equal(wisp_intake_fetch(d.updater, &entry, &entry.modules[0].hash, &d.err),
                     WISP_OK);
    entry = device_entry(&three); /* the publisher has paused version 4 of the same content */
    assert_int_equal(wisp_intake_stage(d.updater, &entry, &d.err), WISP_OK);
    assert_int_equal(device_status(&d).candidate.version, 3);
}

static void a_publisher_who_goes_back_ends_what_is_on_its_way(void **state)
{
    (void)state;
    device_release back = two;
    back.version = 5;
    wisp_update_entry new = device_entry(&three);
    open_device();
    install(&two);
    assert_int_equal(wisp_intake_fetch(d.updater, &new, &new.modules[0].hash, &d.err), WISP_OK);
    assert_int_equal(device_take(&d, &back), WISP_OK);
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_EMPTY);
    assert_int_equal(device_status(&d).good.version, 5);
}

static void what_the_program_refuses_leaves_its_way(void **state)
{
    (void)state;
    wisp_update_entry entry = device_entry(&three);
    open_device();
    assert_int_equal(wisp_intake_fetch(d.updater, &entry, &entry.modules[0].hash, &d.err),
                     WISP_OK);
    assert_int_equal(wisp_intake_refuse(d.updater, &entry, "imports what is not there", &d.err),
                     WISP_OK);
    assert_int_equal(device_status(&d).incoming.state, WISP_STATE_EMPTY);
    assert_int_equal(device_take(&d, &three), WISP_BANNED);
}

/* --- storage ----------------------------------------------------------------------------- */

static void what_does_not_fit_is_refused_before_it_is_fetched(void **state)
{
    (void)state;
    static const device_release fits = {.version = 3, .contents = {"app 3", "rules 2", "data 2"}};
    d.config.storage_max = 18 + 5; /* version 2, and one module more */
    open_device();
    install(&two);
    assert_int_equal(device_take(&d, &three), WISP_LIMIT);
    assert_true(says(d.err.text, "version 3 needs 11 bytes, and 18 of the 23 bytes of storage"));
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 3);
    assert_int_equal(device_take(&d, &fits), WISP_OK);
    assert_true(runs(&fits));
}

static void orphans_do_not_count_as_storage(void **state)
{
    (void)state;
    d.config.storage_max = 18;
    open_device();
    faulty_os_lay(&d.disk, DEVICE_DIR "/blobs/stray", "a stray file of many bytes", 26);
    lay_part("app 9");
    assert_int_equal(device_take(&d, &two), WISP_OK);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 3);
}

/* --- who the device is ------------------------------------------------------------------- */

static void a_device_keeps_the_id_that_it_drew(void **state)
{
    (void)state;
    open_device();
    assert_int_equal(strlen(device_status(&d).device_id), 32);
    install(&two);
    wisp_update_status before = device_status(&d);
    reopen();
    assert_string_equal(device_status(&d).device_id, before.device_id);
    device_close(&d);
    d.config.device_id = "kiosk-17";
    open_device();
    assert_string_equal(device_status(&d).device_id, "kiosk-17");
}

static void another_channel_keeps_the_good_release_but_not_its_number(void **state)
{
    (void)state;
    static const device_release beta = {.version = 2, .contents = {"app 2 beta"}};
    device_release seven = two;
    seven.version = 7;
    open_device();
    install(&seven);
    device_release eight = three;
    eight.version = 8;
    assert_int_equal(device_take(&d, &eight), WISP_OK);
    device_close(&d);
    d.config.channel = "beta";
    open_device();
    wisp_update_status status = device_status(&d);
    assert_string_equal(status.channel, "beta");
    assert_int_equal(status.sequence, 0);
    assert_int_equal(status.good.version, 1); /* of the embedded one */
    assert_int_equal(status.candidate.state, WISP_STATE_EMPTY);
    assert_true(runs(&two));
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 3);
    install(&beta);
    assert_true(runs(&beta));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown_device)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(modules_of_a_set_are_handed_out_together),
        CASE(a_module_that_two_sets_share_is_stored_once),
        CASE(one_damaged_module_drops_its_whole_set),
        CASE(a_missing_module_drops_its_whole_set),
        CASE(a_rejected_set_is_banned_but_not_its_modules),
        CASE(a_module_that_is_to_blame_bans_every_set_that_has_it),
        CASE(embedded_modules_are_a_set_too),
        CASE(a_config_with_impossible_modules_or_names_is_refused),
        CASE(a_program_reads_variant_and_flags_of_what_runs),
        CASE(flags_that_are_none_or_too_many_are_refused),
        CASE(new_flags_for_the_same_content_need_no_trial),
        CASE(embedded_content_with_flags_is_a_release_like_any_other),
        CASE(a_sequence_never_falls),
        CASE(what_is_below_the_floor_goes_at_once),
        CASE(a_trial_below_the_floor_cannot_be_committed),
        CASE(a_lifted_ban_lets_the_content_come_back),
        CASE(what_fails_again_after_its_ban_was_lifted_stays_banned),
        CASE(what_is_being_fetched_outlives_a_restart),
        CASE(a_release_that_waits_is_tried_while_the_next_one_is_fetched),
        CASE(a_newer_release_takes_the_place_of_one_on_its_way),
        CASE(content_on_its_way_takes_the_number_under_which_it_is_chosen),
        CASE(a_publisher_who_goes_back_ends_what_is_on_its_way),
        CASE(what_the_program_refuses_leaves_its_way),
        CASE(what_does_not_fit_is_refused_before_it_is_fetched),
        CASE(orphans_do_not_count_as_storage),
        CASE(a_device_keeps_the_id_that_it_drew),
        CASE(another_channel_keeps_the_good_release_but_not_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
