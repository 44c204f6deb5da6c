#include "calendar.h"
#include "cdn.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/* What the simulation of a fleet is built on: caches that grow stale, and what is due when. */

static cdn network;
static unsigned fresh, immutable;

static int setup(void **state)
{
    (void)state;
    assert_true(cdn_init(&network, 1000));
    fresh = cdn_add(&network, "timestamp", 600, 60);
    immutable = cdn_add(&network, "module", 5000, CDN_FOR_EVER);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cdn_deinit(&network);
    return 0;
}

static void expect(unsigned file, uint64_t hits, uint64_t revalidated, uint64_t fetched)
{
    assert_int_equal(network.files[file].requests[CDN_HIT], hits);
    assert_int_equal(network.files[file].requests[CDN_REVALIDATED], revalidated);
    assert_int_equal(network.files[file].requests[CDN_FETCHED], fetched);
}

static void an_edge_asks_the_origin_when_what_it_has_is_stale(void **state)
{
    (void)state;
    cdn_get(&network, 0, fresh, 100);
    cdn_get(&network, 0, fresh, 159);
    expect(fresh, 1, 0, 1);
    cdn_get(&network, 0, fresh, 160);
    expect(fresh, 1, 1, 1);
    assert_int_equal(network.origin_load[100] + network.origin_load[160], 2);
    assert_int_equal(network.edge_load[159], 1);
}

static void a_change_is_seen_when_the_old_one_is_stale(void **state)
{
    (void)state;
    assert_int_equal(cdn_get(&network, 0, fresh, 100), 1);
    network.files[fresh].version = 2;
    assert_int_equal(cdn_get(&network, 0, fresh, 159), 1);
    assert_int_equal(cdn_get(&network, 0, fresh, 160), 2);
    expect(fresh, 1, 0, 2);
}

static void what_never_changes_is_fetched_once_by_each_edge(void **state)
{
    (void)state;
    for (uint32_t now = 0; now < 1000; now++)
        for (unsigned edge = 0; edge < 3; edge++)
            cdn_get(&network, edge, immutable, now);
    expect(immutable, 2997, 0, 3);
    assert_int_equal(network.origin_bytes, 3 * 5300);
    assert_int_equal(network.edge_bytes, 3000 * 5300);
}

static void everybody_is_called_once_in_their_second(void **state)
{
    (void)state;
    calendar c;
    calendar_piece due;
    uint8_t seen[5000] = {0};
    assert_true(calendar_init(&c, 50));
    for (uint32_t i = 0; i < 5000; i++)
        assert_true(calendar_enter(&c, i % 60, i)); /* ten seconds of which are never reached */
    for (uint32_t second = 0; second < 50; second++)
        while (calendar_take(&c, second, &due))
            for (uint32_t i = 0; i < due.len; i++) {
                assert_int_equal(due.numbers[i] % 60, second);
                seen[due.numbers[i]]++;
            }
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(seen[i], i % 60 < 50);
    calendar_deinit(&c);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_edge_asks_the_origin_when_what_it_has_is_stale),
        CASE(a_change_is_seen_when_the_old_one_is_stale),
        CASE(what_never_changes_is_fetched_once_by_each_edge),
        cmocka_unit_test(everybody_is_called_once_in_their_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
