#include "custom.h"
#include "release/decide.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Which release is for which device. Devices have fixed ids, so every count here is exact. */

#define DEVICES 100000
#define TARGET  "stable/app.wasm"
#define MODULES "'modules':[{'name':'app.wasm','length':10,'sha256':A}]"
#define OTHER   "'modules':[{'name':'app.wasm','length':10,'sha256':B}]"

static const char *id_of(int device)
{
    static char id[24];
    snprintf(id, sizeof id, "device %d", device);
    return id;
}

static uint32_t bucket_of(int device, uint64_t version)
{
    uint32_t bucket;
    assert_true(wisp_rollout_bucket(id_of(device), TARGET, version, &bucket));
    assert_true(bucket < WISP_ROLLOUT_WHOLE);
    return bucket;
}

/* --- rollouts ---------------------------------------------------------------------------- */

static void a_bucket_is_what_the_format_says(void **state)
{
    (void)state;
    wisp_hash hash;
    const char *text = "wisp rollout\nd1\nstable/app.wasm\n9";
    uint64_t number = 0;
    uint32_t bucket;
    assert_true(wisp_sha256((wisp_bytes){(const uint8_t *)text, strlen(text)}, &hash));
    for (int i = 0; i < 8; i++)
        number = number * 256 + hash.bytes[i];
    assert_true(wisp_rollout_bucket("d1", TARGET, 9, &bucket));
    assert_int_equal(bucket, number % 10000);
}

/* The sum of squared differences from what is expected of [len] equal classes, over that. For a
 * fair draw it is near len - 1; the limit is what one of 10,000 fair draws passes. */
static double chi_square(const int *counts, int len, int total)
{
    double expected = (double)total / len, sum = 0;
    for (int i = 0; i < len; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum;
}

static void devices_are_spread_evenly_over_the_buckets(void **state)
{
    (void)state;
    for (uint64_t version = 1; version <= 3; version++) {
        int counts[100] = {0};
        for (int device = 0; device < DEVICES; device++)
            counts[bucket_of(device, version) / 100]++;
        assert_true(chi_square(counts, 100, DEVICES) < 161.3); /* 99 degrees of freedom */
    }
}

static void who_comes_first_is_another_with_each_version(void **state)
{
    (void)state;
    int both = 0;
    for (int device = 0; device < DEVICES; device++)
        both += bucket_of(device, 1) < 1000 && bucket_of(device, 2) < 1000;
    assert_in_range(both, 900, 1100); /* a tenth of a tenth */
}

static void a_share_grows_by_the_clock(void **state)
{
    (void)state;
    static const wisp_rollout r = {.start = 1000, .from = 500, .to = 10000, .hours = 48};
    static const struct {
        int64_t now;
        uint32_t share;
    } cases[] = {{-5, 0},
                 {999, 0},
                 {1000, 500},
                 {1000 + 24 * 3600, 5250},
                 {1000 + 48 * 3600 - 1, 9999},
                 {1000 + 48 * 3600, 10000},
                 {INT64_MAX, 10000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(wisp_rollout_share(&r, cases[i].now), cases[i].share);
    wisp_rollout at_once = {.start = 1000, .from = 0, .to = 700};
    assert_int_equal(wisp_rollout_share(&at_once, 999), 0);
    assert_int_equal(wisp_rollout_share(&at_once, 1000), 700);
}

static void a_turn_comes_when_it_was_said_and_not_a_second_earlier(void **state)
{
    (void)state;
    static const wisp_rollout ramps[] = {{1000, 500, 10000, 48}, {1000, 0, 1, 1},
                                         {1000, 0, 10000, 8760}, {1000, 200, 200, 5},
                                         {1000, 0, 3000, 0},     {1000, 9999, 10000, 7}};
    for (size_t i = 0; i < sizeof ramps / sizeof *ramps; i++)
        for (uint32_t bucket = 0; bucket < WISP_ROLLOUT_WHOLE; bucket++) {
            int64_t when;
            if (!wisp_rollout_turn(&ramps[i], bucket, &when)) {
                assert_true(bucket >= wisp_rollout_share(&ramps[i], INT64_MAX));
                continue;
            }
            assert_true(bucket < wisp_rollout_share(&ramps[i], when));
            assert_true(bucket >= wisp_rollout_share(&ramps[i], when - 1));
        }
}

/* --- variants ---------------------------------------------------------------------------- */

static void variants_have_devices_by_weight_and_keep_them(void **state)
{
    (void)state;
    custom before, after;
    const char *text = "{'version':9,'releases':[{'version':%s," MODULES ",'variants':["
                       "{'name':'a','weight':1},{'name':'b','weight':2},{'name':'c',"
                       "'weight':7}]}]}";
    char json[1000];
    snprintf(json, sizeof json, text, "8");
    assert_int_equal(custom_parse(&before, &wisp_allocator_default, json), WISP_OK);
    snprintf(json, sizeof json, text, "9");
    assert_int_equal(custom_parse(&after, &wisp_allocator_default, json), WISP_OK);
    int counts[3] = {0};
    for (int device = 0; device < DEVICES; device++) {
        const wisp_offer_variant *one, *two;
        assert_true(wisp_offer_variant_of(before.offers.offers, id_of(device), TARGET, &one));
        assert_true(wisp_offer_variant_of(after.offers.offers, id_of(device), TARGET, &two));
        assert_string_equal(one->name, two->name);
        counts[one - before.offers.offers->variants]++;
    }
    /* Four standard deviations around a tenth, a fifth, seven tenths. */
    assert_in_range(counts[0], 10000 - 380, 10000 + 380);
    assert_in_range(counts[1], 20000 - 506, 20000 + 506);
    assert_in_range(counts[2], 70000 - 580, 70000 + 580);
    custom_free(&before);
    custom_free(&after);
}

static void a_variant_says_nothing_about_the_turn(void **state)
{
    (void)state;
    custom c;
    int first[2] = {0}, all[2] = {0};
    assert_int_equal(custom_parse(&c, &wisp_allocator_default,
                                  "{'version':9,'releases':[{'version':9," MODULES
                                  ",'variants':[{'name':'a','weight':1},"
                                  "{'name':'b','weight':1}]}]}"),
                     WISP_OK);
    for (int device = 0; device < DEVICES; device++) {
        const wisp_offer_variant *variant;
        assert_true(wisp_offer_variant_of(c.offers.offers, id_of(device), TARGET, &variant));
        int which = variant == c.offers.offers->variants;
        all[which]++;
        first[which] += bucket_of(device, 9) < 1000;
    }
    for (int i = 0; i < 2; i++)
        assert_in_range(first[i] * 10, all[i] - 2700, all[i] + 2700);
    custom_free(&c);
}

/* --- the choice -------------------------------------------------------------------------- */

static bool is_a_banned(const void *context, const wisp_offer_set *set)
{
    wisp_hash a = custom_hash('a');
    (void)context;
    return memcmp(a.bytes, set->hash.bytes, sizeof a.bytes) == 0;
}

static bool is_nothing_banned(const void *context, const wisp_offer_set *set)
{
    (void)context;
    (void)set;
    return false;
}

#define SOON "'rollout':{'start':'1970-01-01T01:00:00Z','from':0,'to':10000,'hours':1}"
#define NONE "'rollout':{'start':'1970-01-01T00:00:00Z','from':0,'to':0,'hours':0}"

static void the_newest_that_is_not_held_is_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *releases, *top;
        const char *host;
        uint64_t has; /* version on the device */
        bool bans_a;
        uint64_t chosen; /* 0: none */
        wisp_hold hold;  /* of the newest that is not for it */
    } cases[] = {
        {"{'version':9," MODULES "}", "", "1.0", 1, false, 9, WISP_HOLD_NONE},
        {"{'version':9," MODULES "}", "", "1.0", 9, false, 9, WISP_HOLD_NONE},
        {"{'version':9," MODULES "}", "", "1.0", 10, false, 0, WISP_HOLD_NONE},
        {"{'version':9,'paused':true," MODULES "}", "", "1.0", 1, false, 0, WISP_HOLD_PAUSED},
        {"{'version':9,'paused':true," MODULES "}", "", "1.0", 9, false, 0, WISP_HOLD_NONE},
        {"{'version':9,'paused':true," MODULES "},{'version':8," OTHER "}", "", "1.0", 1, false,
         8, WISP_HOLD_PAUSED},
        {"{'version':9,'paused':true," MODULES "},{'version':8," OTHER "}", "", "1.0", 9, false,
         0, WISP_HOLD_NONE},
        {"{'version':9," SOON "," MODULES "}", "", "1.0", 1, false, 0, WISP_HOLD_ROLLOUT},
        {"{'version':9," SOON "," MODULES "},{'version':8,'paused':true," OTHER "}", "", "1.0", 1,
         false, 0, WISP_HOLD_ROLLOUT},
        {"{'version':9," MODULES "},{'version':8," OTHER "}", "", "1.0", 1, true, 8,
         WISP_HOLD_BANNED},
        {"{'version':9,'host':{'min':'1.1'}," MODULES "},{'version':8," OTHER "}", "", "1.0", 1,
         false, 8, WISP_HOLD_HOST},
        {"{'version':9,'host':{'min':'1.1'}," MODULES "}", "", "1.1", 1, false, 9,
         WISP_HOLD_NONE},
        {"{'version':9,'host':{'below':'1.1'}," MODULES "}", "", "1.1", 1, false, 0,
         WISP_HOLD_HOST},
        {"{'version':9,'host':{'below':'1.1'}," MODULES "}", "", "1.0.9", 1, false, 9,
         WISP_HOLD_NONE},
        {"{'version':9,'host':{'below':'1.1'}," MODULES "}", "", NULL, 1, false, 0,
         WISP_HOLD_HOST},
        {"{'version':9,'host':{}," MODULES "}", "", NULL, 1, false, 9, WISP_HOLD_NONE},
        /* the floor */
        {"{'version':9," NONE "," MODULES "}", "'min_version':5,", "1.0", 5, false, 0,
         WISP_HOLD_ROLLOUT},
        {"{'version':9," NONE ",'paused':true," MODULES "}", "'min_version':5,", "1.0", 4, false,
         9, WISP_HOLD_NONE},
        {"{'version':9," MODULES "},{'version':4," OTHER "}", "'min_version':5,", "1.0", 1, true,
         0, WISP_HOLD_BANNED},
        {"{'version':9,'host':{'min':'2'}," MODULES "}", "'min_version':5,", "1.0", 4, false, 0,
         WISP_HOLD_HOST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[2000];
        custom c;
        wisp_choice choice;
        wisp_host_version host;
        snprintf(json, sizeof json, "{%s'version':9,'releases':[%s]}", cases[i].top,
                 cases[i].releases);
        assert_int_equal(custom_parse(&c, &wisp_allocator_default, json), WISP_OK);
        if (cases[i].host)
            assert_true(wisp_host_version_parse(cases[i].host, &host));
        wisp_asker asker = {.device_id = "d1",
                            .target = TARGET,
                            .host = cases[i].host ? &host : NULL,
                            .now = 100,
                            .version = cases[i].has,
                            .is_banned = cases[i].bans_a ? is_a_banned : is_nothing_banned};
        assert_true(wisp_offers_choose(&c.offers, &asker, &choice));
        uint64_t chosen = choice.offer ? choice.offer->version : 0;
        if (chosen != cases[i].chosen || choice.hold != cases[i].hold ||
            !choice.held != (choice.hold == WISP_HOLD_NONE))
            fail_msg("case %zu: chose %d, %s", i, (int)chosen, wisp_hold_name(choice.hold));
        custom_free(&c);
    }
}

static void who_has_to_wait_is_told_how_long(void **state)
{
    (void)state;
    custom c;
    wisp_choice choice;
    assert_int_equal(custom_parse(&c, &wisp_allocator_default,
                                  "{'version':9,'releases':[{'version':9," SOON "," MODULES
                                  "}]}"),
                     WISP_OK);
    wisp_asker asker = {
        .device_id = "d1", .target = TARGET, .version = 1, .is_banned = is_nothing_banned};
    assert_true(wisp_offers_choose(&c.offers, &asker, &choice));
    assert_int_equal(choice.hold, WISP_HOLD_ROLLOUT);
    assert_in_range(choice.turn, 3600, 7200);
    asker.now = choice.turn - 1;
    assert_true(wisp_offers_choose(&c.offers, &asker, &choice));
    assert_null(choice.offer);
    asker.now++;
    assert_true(wisp_offers_choose(&c.offers, &asker, &choice));
    assert_int_equal(choice.offer->version, 9);
    custom_free(&c);
}

static void a_ramp_takes_exactly_its_share_and_nobody_leaves(void **state)
{
    (void)state;
    custom c;
    static uint8_t has[DEVICES];
    int taken = 0;
    assert_int_equal(custom_parse(&c, &wisp_allocator_default,
                                  "{'version':9,'releases':[{'version':9," SOON "," MODULES
                                  "}]}"),
                     WISP_OK);
    for (int64_t now = 3600; now <= 7200; now += 900) {
        int before = taken;
        for (int device = 0; device < DEVICES; device++) {
            wisp_choice choice;
            wisp_asker asker = {.device_id = id_of(device),
                                .target = TARGET,
                                .now = now,
                                .version = 1,
                                .is_banned = is_nothing_banned};
            assert_true(wisp_offers_choose(&c.offers, &asker, &choice));
            assert_true(choice.offer || !has[device]);
            taken += choice.offer && !has[device];
            has[device] = choice.offer != NULL;
        }
        if (now == 3600)
            assert_int_equal(taken, 0);
        else /* a quarter each time, within four standard deviations */
            assert_in_range(taken - before, 25000 - 548, 25000 + 548);
    }
    assert_int_equal(taken, DEVICES);
    custom_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_is_what_the_format_says),
        cmocka_unit_test(devices_are_spread_evenly_over_the_buckets),
        cmocka_unit_test(who_comes_first_is_another_with_each_version),
        cmocka_unit_test(a_share_grows_by_the_clock),
        cmocka_unit_test(a_turn_comes_when_it_was_said_and_not_a_second_earlier),
        cmocka_unit_test(variants_have_devices_by_weight_and_keep_them),
        cmocka_unit_test(a_variant_says_nothing_about_the_turn),
        cmocka_unit_test(the_newest_that_is_not_held_is_chosen),
        cmocka_unit_test(who_has_to_wait_is_told_how_long),
        cmocka_unit_test(a_ramp_takes_exactly_its_share_and_nobody_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
