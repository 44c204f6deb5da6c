#include "custom.h"
#include "ration.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* What a publisher may say of its releases, and what not. */

#define MODULE   "{'name':'app.wasm','length':10,'sha256':A}"
#define MODULES  "'modules':[" MODULE "]"
#define RELEASES "{'version':9,'releases':["
#define END      "]}"

static custom c;

static void assert_hash(const wisp_hash *hash, char digit)
{
    wisp_hash expected = custom_hash(digit);
    assert_memory_equal(hash->bytes, expected.bytes, sizeof expected.bytes);
}

static void a_plain_target_is_one_release_of_itself(void **state)
{
    (void)state;
    assert_int_equal(custom_parse(&c, &wisp_allocator_default, "{'version':7,'notes':'n'}"),
                     WISP_OK);
    assert_int_equal(c.offers.version, 7);
    assert_int_equal(c.offers.min_version, 0);
    assert_int_equal(c.offers.len, 1);
    const wisp_offer *offer = c.offers.offers;
    assert_int_equal(offer->version, 7);
    assert_string_equal(offer->notes, "n");
    assert_string_equal(offer->flags, "{}");
    assert_false(offer->has_rollout || offer->is_paused || offer->is_mandatory);
    assert_int_equal(offer->set.len, 1);
    assert_string_equal(offer->set.modules[0].name, "app.wasm");
    assert_int_equal(offer->set.modules[0].size, 10);
    assert_hash(&offer->set.hash, 'e');
    custom_free(&c);
}

static void everything_that_can_be_said_is_read(void **state)
{
    (void)state;
    const char *text =
        "{'version':9,'min_version':5,'unban':[B],'unknown':[],'releases':["
        "{'version':9,'notes':'new','mandatory':true,'paused':true,"
        "'host':{'min':'1.2','below':'2.0.0.1'},"
        "'rollout':{'start':'2031-01-02T03:04:05Z','from':500,'to':10000,'hours':48},"
        "'flags':{'ui':true,'limit':5,'text':'hi'},"
        "'modules':[{'name':'app.wasm','length':10,'sha256':A,"
        "'deltas':[{'base':C,'length':3,'sha256':D}]},"
        "{'name':'two.wasm','length':20,'sha256':B}],"
        "'variants':[{'name':'control','weight':1},{'name':'blue','weight':2,'modules':[" MODULE
        "],"
        "'flags':{'limit':6,'more':false}}]},"
        "{'version':8," MODULES "}" END;
    assert_int_equal(custom_parse(&c, &wisp_allocator_default, text), WISP_OK);
    assert_int_equal(c.offers.min_version, 5);
    assert_int_equal(c.offers.unban_len, 1);
    assert_hash(&c.offers.unbans[0], 'b');
    assert_int_equal(c.offers.len, 2);
    const wisp_offer *offer = c.offers.offers;
    assert_string_equal(offer->notes, "new");
    assert_true(offer->is_mandatory && offer->is_paused && offer->has_rollout);
    assert_true(offer->has_host_min && offer->has_host_below);
    assert_int_equal(offer->host_min.numbers[1], 2);
    assert_int_equal(offer->host_below.numbers[3], 1);
    assert_int_equal(offer->rollout.start, 1925089445);
    assert_int_equal(offer->rollout.from, 500);
    assert_int_equal(offer->rollout.to, 10000);
    assert_int_equal(offer->rollout.hours, 48);
    assert_string_equal(offer->flags, "{\"limit\":5,\"text\":\"hi\",\"ui\":true}");
    assert_int_equal(offer->set.len, 2);
    assert_hash(&offer->set.modules[0].deltas[0].base, 'c');
    assert_hash(&offer->set.modules[0].deltas[0].hash, 'd');
    assert_int_equal(offer->set.modules[0].deltas[0].size, 3);
    assert_int_equal(offer->variant_len, 2);
    assert_string_equal(offer->variants[0].name, "control");
    assert_int_equal(offer->variants[0].set.len, 2);
    assert_string_equal(offer->variants[0].flags, offer->flags);
    assert_int_equal(offer->variants[1].weight, 2);
    assert_int_equal(offer->variants[1].set.len, 1);
    assert_string_equal(offer->variants[1].flags,
                        "{\"limit\":6,\"more\":false,\"text\":\"hi\",\"ui\":true}");
    assert_int_equal(c.offers.offers[1].version, 8);
    custom_free(&c);
}

static void a_set_of_several_has_a_hash_of_its_own(void **state)
{
    (void)state;
    wisp_hash hash, other;
    wisp_offer_module modules[] = {{.name = "a", .hash = custom_hash('a')},
                                   {.name = "b", .hash = custom_hash('b')}};
    char text[300], digits[2][WISP_HASH_TEXT_SIZE];
    wisp_hash_print(&modules[0].hash, digits[0]);
    wisp_hash_print(&modules[1].hash, digits[1]);
    int size = snprintf(text, sizeof text, "a %s\nb %s\n", digits[0], digits[1]);
    assert_true(wisp_sha256((wisp_bytes){(const uint8_t *)text, (size_t)size}, &other));
    assert_true(wisp_offer_set_hash(modules, 2, &hash));
    assert_memory_equal(&hash, &other, sizeof hash);
    assert_true(wisp_offer_set_hash(modules, 1, &hash));
    assert_hash(&hash, 'a');
}

static void a_target_that_was_not_released_for_wisp_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(custom_parse(&c, &wisp_allocator_default, "{}"), WISP_UNSUPPORTED);
    custom_free(&c);
    assert_int_equal(custom_parse(&c, &wisp_allocator_default, "{'version':'7'}"),
                     WISP_UNSUPPORTED);
    c.info.custom = NULL;
    assert_int_equal(
        wisp_offers_parse(&wisp_allocator_default, "app.wasm", &c.info, &c.offers, NULL),
        WISP_UNSUPPORTED);
    c.info.has_sha256 = false;
    assert_int_equal(
        wisp_offers_parse(&wisp_allocator_default, "app.wasm", &c.info, &c.offers, NULL),
        WISP_UNSUPPORTED);
    custom_free(&c);
}

static void what_must_not_be_said_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        wisp_status status;
        const char *words;
    } cases[] = {
        {"{'version':9,'releases':{}}", WISP_MALFORMED, "the whole"},
        {"{'version':9,'releases':[]}", WISP_MALFORMED, "no releases"},
        {"{'version':9,'releases':[7]}", WISP_MALFORMED, "release 1: an item is no object"},
        {"{'version':9,'min_version':'5'}", WISP_MALFORMED, "min_version"},
        {"{'version':9,'unban':['ab']}", WISP_MALFORMED, "unban"},
        {"{'version':9,'unban':[7]}", WISP_MALFORMED, "unban"},
        {"{'version':9,'notes':7}", WISP_MALFORMED, "notes"},
        {RELEASES "{'version':9}" END, WISP_MALFORMED, "no modules"},
        {RELEASES "{'version':9,'modules':[]}" END, WISP_MALFORMED, "no modules"},
        {RELEASES "{" MODULES "}" END, WISP_MALFORMED, "version"},
        {RELEASES "{'version':10," MODULES "}" END, WISP_MALFORMED, "versions do not fall"},
        {RELEASES "{'version':9," MODULES "},{'version':9," MODULES "}" END, WISP_MALFORMED,
         "release 2: versions do not fall"},
        {RELEASES "{'version':9,'mandatory':1," MODULES "}" END, WISP_MALFORMED, "mandatory"},
        {RELEASES "{'version':9,'paused':'no'," MODULES "}" END, WISP_MALFORMED, "paused"},
        {RELEASES "{'version':9,'host':{'min':'1.x'}," MODULES "}" END, WISP_MALFORMED,
         "host version"},
        {RELEASES "{'version':9,'host':{'below':1}," MODULES "}" END, WISP_MALFORMED, "below"},
        {RELEASES "{'version':9,'host':'1.0'," MODULES "}" END, WISP_MALFORMED, "host"},
        {RELEASES "{'version':9,'rollout':{'start':'soon','from':0,'to':1,'hours':1}," MODULES
                  "}" END,
         WISP_MALFORMED, "no date"},
        {RELEASES "{'version':9,'rollout':{'start':'2031-01-02T03:04:05Z','from':2,'to':1,"
                  "'hours':1}," MODULES "}" END,
         WISP_MALFORMED, "shrinks"},
        {RELEASES "{'version':9,'rollout':{'start':'2031-01-02T03:04:05Z','from':0,'to':10001,"
                  "'hours':1}," MODULES "}" END,
         WISP_LIMIT, "to has 10001"},
        {RELEASES "{'version':9,'rollout':{'start':'2031-01-02T03:04:05Z','from':0,'to':1,"
                  "'hours':8761}," MODULES "}" END,
         WISP_LIMIT, "hours has 8761"},
        {RELEASES
         "{'version':9,'variants':[{'name':'a','weight':1},{'name':'a','weight':2}]," MODULES
         "}" END,
         WISP_MALFORMED, "variant 2: another variant has the same name"},
        {RELEASES "{'version':9,'flags':{'a':null}," MODULES "}" END, WISP_MALFORMED, "flag"},
        {RELEASES "{'version':9,'flags':{'a':[1]}," MODULES "}" END, WISP_MALFORMED, "flag"},
        {RELEASES "{'version':9,'flags':[]," MODULES "}" END, WISP_MALFORMED, "flags"},
        {RELEASES "{'version':9,'modules':[{'name':'b.wasm','length':1,'sha256':A}]}" END,
         WISP_MALFORMED, "not the target"},
        {RELEASES "{'version':9,'modules':[" MODULE "," MODULE "]}" END, WISP_MALFORMED,
         "the same name"},
        {RELEASES "{'version':9,'modules':[{'name':'../a','length':1,'sha256':A}]}" END,
         WISP_MALFORMED, "name"},
        {RELEASES "{'version':9,'modules':[{'name':'.a','length':1,'sha256':A}]}" END,
         WISP_MALFORMED, "name"},
        {RELEASES "{'version':9,'modules':[{'name':'','length':1,'sha256':A}]}" END,
         WISP_MALFORMED, "name"},
        {RELEASES "{'version':9,'modules':[{'name':'app.wasm','length':-1,'sha256':A}]}" END,
         WISP_MALFORMED, "length"},
        {RELEASES "{'version':9,'modules':[{'name':'app.wasm','length':1,'sha256':'ab'}]}" END,
         WISP_MALFORMED, "hash"},
        {RELEASES "{'version':9,'modules':[{'name':'app.wasm','length':1,'sha256':A,"
                  "'deltas':[{}]}]}" END,
         WISP_MALFORMED, "base"},
        {RELEASES "{'version':9," MODULES ",'variants':[{'name':'a','weight':0}]}" END,
         WISP_MALFORMED, "release 1, variant 1: a variant has no weight"},
        {RELEASES "{'version':9," MODULES ",'variants':[{'name':'a','weight':10001}]}" END,
         WISP_LIMIT, "weight has 10001"},
        {RELEASES "{'version':9," MODULES ",'variants':[{'weight':1}]}" END, WISP_MALFORMED,
         "name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_status status = custom_parse(&c, &wisp_allocator_default, cases[i].text);
        if (status != cases[i].status || !strstr(c.err.text, cases[i].words))
            fail_msg("%s: %s: %s", cases[i].text, wisp_status_name(status), c.err.text);
        custom_free(&c);
    }
}

/* --- limits ------------------------------------------------------------------------------ */

/* [before], [count] times [item] with its number for the sign '#', and [after]. */
static const char *repeat(const char *before, const char *item, int count, const char *after)
{
    static char text[40000];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", before);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            text[used++] = ',';
        for (const char *at = item; *at; at++)
            if (*at == '#')
                used += (size_t)snprintf(text + used, sizeof text - used, "%d", count - i);
            else
                text[used++] = *at;
    }
    snprintf(text + used, sizeof text - used, "%s", after);
    return text;
}

static void every_limit_is_reached_and_not_passed(void **state)
{
    (void)state;
    static const struct {
        const char *before, *item, *after;
        int most;
    } cases[] = {
        {"{'version':99,'releases':[", "{'version':#," MODULES "}", END, WISP_OFFERS_MAX},
        {"{'version':9,'unban':[", "A", END, WISP_OFFER_UNBANS_MAX},
        {RELEASES "{'version':9,'modules':[" MODULE ",", "{'name':'m#','length':1,'sha256':A}",
         "]}" END, WISP_OFFER_MODULES_MAX - 1},
        {RELEASES "{'version':9,'modules':[{'name':'app.wasm','length':1,'sha256':A,'deltas':[",
         "{'base':A,'length':1,'sha256':B}", "]}]}" END, WISP_OFFER_DELTAS_MAX},
        {RELEASES "{'version':9," MODULES ",'variants':[", "{'name':'v#','weight':1}", "]}" END,
         WISP_OFFER_VARIANTS_MAX},
        {RELEASES "{'version':9," MODULES ",'flags':{", "'f#':1", "}}" END, WISP_OFFER_FLAGS_MAX},
        {"{'version':9,'notes':'n", "", "'}", WISP_OFFER_NOTES_SIZE - 1}, /* a comma each */
        {RELEASES "{'version':9," MODULES ",'flags':{'f':'n", "", "'}}" END,
         WISP_OFFER_FLAGS_SIZE - 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int over = 0; over < 2; over++) {
            const char *text =
                repeat(cases[i].before, cases[i].item, cases[i].most + over, cases[i].after);
            wisp_status status = custom_parse(&c, &wisp_allocator_default, text);
            if (status != (over ? WISP_LIMIT : WISP_OK))
                fail_msg("case %zu, %d over: %s", i, over, c.err.text);
            custom_free(&c);
        }
}

static void versions_of_programs_are_compared_as_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {{"1.2", "1.2.0", 0},
                 {"1.10", "1.9", 1},
                 {"0", "0.0.0.1", -1},
                 {"2", "1.9.9.9", 1},
                 {"1.2.3.4", "1.2.3.5", -1}};
    static const char *const no_versions[] = {"",   ".",         "1.", "1..2",       "v1", "1.a",
                                              "1 ", "1.2.3.4.5", "-1", "1234567890", "+1", "1,2"};
    wisp_host_version a, b;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(wisp_host_version_parse(cases[i].a, &a));
        assert_true(wisp_host_version_parse(cases[i].b, &b));
        assert_int_equal(wisp_host_version_compare(&a, &b), cases[i].order);
        assert_int_equal(wisp_host_version_compare(&b, &a), -cases[i].order);
    }
    for (size_t i = 0; i < sizeof no_versions / sizeof *no_versions; i++)
        if (wisp_host_version_parse(no_versions[i], &a))
            fail_msg("'%s' is no version", no_versions[i]);
}

/* --- memory ------------------------------------------------------------------------------ */

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *text = repeat("{'version':99,'releases':[", "{'version':#," MODULES "}", 8, END);
    ration memory = {0};
    wisp_allocator allocator = ration_allocator(&memory);
    for (uint64_t n = 1;; n++) {
        ration_refuse(&memory, n);
        wisp_status status = custom_parse(&c, &allocator, text);
        custom_free(&c);
        assert_int_equal(memory.live, 0);
        if (!ration_struck(&memory)) {
            assert_int_equal(status, WISP_OK);
            assert_true(n > 2);
            return;
        }
        assert_int_equal(status, WISP_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_target_is_one_release_of_itself),
        cmocka_unit_test(everything_that_can_be_said_is_read),
        cmocka_unit_test(a_set_of_several_has_a_hash_of_its_own),
        cmocka_unit_test(a_target_that_was_not_released_for_wisp_is_told_apart),
        cmocka_unit_test(what_must_not_be_said_is_refused),
        cmocka_unit_test(every_limit_is_reached_and_not_passed),
        cmocka_unit_test(versions_of_programs_are_compared_as_numbers),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
