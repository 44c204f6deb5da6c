#include "release/decide.h"

#include <assert.h>
#include <string.h>

/* What custom data says is refused with a reason, or is inside its limits and leads to a choice
 * that holds for any device. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_banned(const void *context, const wisp_offer_set *set)
{
    (void)context;
    return set->hash.bytes[0] % 4 == 1;
}

static void check_set(const wisp_offer_set *set)
{
    assert(set->len >= 1 && set->len <= WISP_OFFER_MODULES_MAX);
    for (size_t i = 0; i < set->len; i++) {
        assert(wisp_offer_name_is_valid(set->modules[i].name));
        assert(set->modules[i].delta_len <= WISP_OFFER_DELTAS_MAX);
    }
}

static void check_offer(const wisp_offer *offer)
{
    assert(strlen(offer->notes) < WISP_OFFER_NOTES_SIZE);
    assert(strlen(offer->flags) < WISP_OFFER_FLAGS_SIZE);
    assert(offer->variant_len <= WISP_OFFER_VARIANTS_MAX);
    check_set(&offer->set);
    for (size_t i = 0; i < offer->variant_len; i++) {
        assert(strlen(offer->variants[i].name) < WISP_OFFER_VARIANT_SIZE);
        assert(strlen(offer->variants[i].flags) < WISP_OFFER_FLAGS_SIZE);
        check_set(&offer->variants[i].set);
    }
}

static void choose(const wisp_offers *offers, uint64_t version, int64_t now)
{
    wisp_choice choice;
    wisp_host_version host = {{1, 2, 0, 0}};
    wisp_asker asker = {.device_id = "d1",
                        .target = "stable/app.wasm",
                        .host = &host,
                        .now = now,
                        .version = version,
                        .is_banned = is_banned};
    bool chosen = wisp_offers_choose(offers, &asker, &choice);
    assert(chosen);
    assert(!choice.held == (choice.hold == WISP_HOLD_NONE));
    if (!choice.offer)
        return;
    assert(choice.offer->version >= version && choice.offer->version >= offers->min_version);
    assert(!is_banned(NULL, choice.set) && choice.flags);
    assert(!choice.held || choice.held->version > choice.offer->version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t times[] = {0, 1925089445, INT64_MAX};
    wisp_json *document;
    wisp_offers offers;
    wisp_error err = {0};
    if (wisp_json_parse((wisp_bytes){data, size}, &document, NULL) != WISP_OK)
        return 0;
    wisp_file_info info = {.length = 10, .has_sha256 = true, .custom = document};
    if (wisp_offers_parse(&wisp_allocator_default, "app.wasm", &info, &offers, &err) != WISP_OK) {
        assert(err.text[0] && strlen(err.text) < sizeof err.text);
    } else {
        assert(offers.len >= 1 && offers.len <= WISP_OFFERS_MAX);
        for (size_t i = 0; i < offers.len; i++) {
            check_offer(&offers.offers[i]);
            assert(i == 0 || offers.offers[i].version < offers.offers[i - 1].version);
            for (int k = 0; k < 3; k++)
                choose(&offers, offers.offers[i].version, times[k]);
        }
        choose(&offers, 0, times[1]);
        wisp_offers_deinit(&offers);
    }
    wisp_json_free(document);
    return 0;
}
