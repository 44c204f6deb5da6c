#include "release/decide.h"

#include "release/draw.h"

#include <stdio.h>

const char *wisp_hold_name(wisp_hold hold)
{
    static const char *const names[] = {
#define X(name, text) [WISP_HOLD_##name] = text,
        WISP_HOLDS(X)
#undef X
    };
    return names[hold];
}

/* --- rollouts ---------------------------------------------------------------------------- */

bool wisp_rollout_bucket(const char *device_id, const char *target, uint64_t version,
                         uint32_t *out)
{
    uint64_t number;
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)version);
    const char *const texts[] = {"wisp rollout", device_id, target, digits};
    if (!wisp_draw(texts, 4, &number))
        return false;
    *out = (uint32_t)(number % WISP_ROLLOUT_WHOLE);
    return true;
}

static uint64_t duration_s(const wisp_rollout *rollout)
{
    return (uint64_t)rollout->hours * 3600;
}

uint32_t wisp_rollout_share(const wisp_rollout *rollout, int64_t now)
{
    uint64_t whole = duration_s(rollout);
    if (now < rollout->start)
        return 0;
    uint64_t passed = (uint64_t)now - (uint64_t)rollout->start;
    if (passed >= whole)
        return rollout->to;
    return rollout->from + (uint32_t)((rollout->to - rollout->from) * passed / whole);
}

bool wisp_rollout_turn(const wisp_rollout *rollout, uint32_t bucket, int64_t *when)
{
    *when = rollout->start;
    if (bucket < rollout->from)
        return true;
    if (bucket >= rollout->to)
        return false;
    uint64_t growth = rollout->to - rollout->from, needed = bucket + 1 - rollout->from;
    *when += (int64_t)((needed * duration_s(rollout) + growth - 1) / growth); /* rounded up */
    return true;
}

/* --- variants ---------------------------------------------------------------------------- */

bool wisp_offer_variant_of(const wisp_offer *offer, const char *device_id, const char *target,
                           const wisp_offer_variant **out)
{
    uint64_t number, sum = 0;
    const char *const texts[] = {"wisp variant", device_id, target};
    *out = NULL;
    if (offer->variant_len == 0)
        return true;
    if (!wisp_draw(texts, 3, &number))
        return false;
    for (size_t i = 0; i < offer->variant_len; i++)
        sum += offer->variants[i].weight;
    number %= sum;
    const wisp_offer_variant *variant = offer->variants;
    while (number >= variant->weight)
        number -= variant++->weight;
    *out = variant;
    return true;
}

/* --- the choice -------------------------------------------------------------------------- */

static bool is_for_host(const wisp_offer *offer, const wisp_host_version *host)
{
    if (!offer->has_host_min && !offer->has_host_below)
        return true;
    if (!host)
        return false;
    return (!offer->has_host_min || wisp_host_version_compare(host, &offer->host_min) >= 0) &&
           (!offer->has_host_below || wisp_host_version_compare(host, &offer->host_below) < 0);
}

/* What holds [offer] back, looked at in the order in which the words help most. */
static bool judge(const wisp_offers *offers, const wisp_offer *offer, const wisp_asker *asker,
                  const wisp_offer_set *set, wisp_hold *hold, int64_t *turn)
{
    uint32_t bucket;
    bool is_urgent = asker->version < offers->min_version;
    *hold = WISP_HOLD_NONE;
    *turn = 0;
    if (asker->is_banned(asker->context, set))
        *hold = WISP_HOLD_BANNED;
    else if (!is_for_host(offer, asker->host))
        *hold = WISP_HOLD_HOST;
    else if (offer->is_paused && !is_urgent)
        *hold = WISP_HOLD_PAUSED;
    if (*hold != WISP_HOLD_NONE || !offer->has_rollout || is_urgent)
        return true;
    if (!wisp_rollout_bucket(asker->device_id, asker->target, offer->version, &bucket))
        return false;
    if (bucket < wisp_rollout_share(&offer->rollout, asker->now))
        return true;
    *hold = WISP_HOLD_ROLLOUT;
    if (!wisp_rollout_turn(&offer->rollout, bucket, turn))
        *turn = 0;
    return true;
}

bool wisp_offers_choose(const wisp_offers *offers, const wisp_asker *asker, wisp_choice *out)
{
    *out = (wisp_choice){0};
    for (size_t i = 0; i < offers->len; i++) {
        const wisp_offer *offer = &offers->offers[i];
        const wisp_offer_variant *variant;
        wisp_hold hold;
        int64_t turn;
        if (offer->version < asker->version || offer->version < offers->min_version)
            return true;
        if (!wisp_offer_variant_of(offer, asker->device_id, asker->target, &variant))
            return false;
        const wisp_offer_set *set = variant ? &variant->set : &offer->set;
        if (!judge(offers, offer, asker, set, &hold, &turn))
            return false;
        if (hold == WISP_HOLD_NONE) {
            out->offer = offer;
            out->variant = variant;
            out->set = set;
            out->flags = variant ? variant->flags : offer->flags;
            return true;
        }
        if (!out->held && offer->version > asker->version) {
            out->held = offer;
            out->held_set = set;
            out->hold = hold;
            out->turn = turn;
        }
    }
    return true;
}
