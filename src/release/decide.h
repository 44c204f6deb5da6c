#ifndef WISP_RELEASE_DECIDE_H
#define WISP_RELEASE_DECIDE_H

#include "release/offer.h"

/*
 * Which release is for which device. Everything here is a pure function of what was signed, of
 * the device and of the time, so that no server has to decide for each device: the same files
 * serve all of them, and a ramp goes on without being signed anew. Any thread.
 *
 * A device has for each version a bucket of its own, so that those who come first with one
 * release are others than with the next; for variants it has one for all versions, so that it
 * stays with its own.
 */

#define WISP_ROLLOUT_WHOLE 10000 /* the ten-thousandths of all devices */

/*
 * The bucket, below WISP_ROLLOUT_WHOLE, of the device [device_id] for [version] of [target]
 * ("stable/app.wasm"): the first 8 bytes of the SHA-256 of
 * "wisp rollout\n" device_id "\n" target "\n" version, big-endian, modulo WISP_ROLLOUT_WHOLE.
 * False only if the crypto library is out of memory.
 */
bool wisp_rollout_bucket(const char *device_id, const char *target, uint64_t version,
                         uint32_t *out);

/* How many of the buckets have their turn at [now]; those from 0 on. */
uint32_t wisp_rollout_share(const wisp_rollout *rollout, int64_t now);

/* When the turn of [bucket] comes, or came; false if never. */
bool wisp_rollout_turn(const wisp_rollout *rollout, uint32_t bucket, int64_t *when);

/*
 * The variant of [offer] that [device_id] has: chosen by the first 8 bytes of the SHA-256 of
 * "wisp variant\n" device_id "\n" target, modulo the sum of weights. *[out] is NULL where
 * there are no variants. False as above.
 */
bool wisp_offer_variant_of(const wisp_offer *offer, const char *device_id, const char *target,
                           const wisp_offer_variant **out);

/* Who asks. */
typedef struct wisp_asker {
    const char *device_id;
    const char *target;            /* with its channel */
    const wisp_host_version *host; /* NULL: unknown, so in no range at all */
    int64_t now;                   /* seconds since 1970 */
    uint64_t version;              /* that it has: nothing below it is for it */
    bool (*is_banned)(const void *context, const wisp_offer_set *set);
    const void *context;
} wisp_asker;

/* Why a release is not for a device. */
#define WISP_HOLDS(X)                                                                            \
    X(NONE, "none")       /* it is */                                                            \
    X(PAUSED, "paused")   /* by the publisher */                                                 \
    X(HOST, "host")       /* for other versions of the program */                                \
    X(ROLLOUT, "rollout") /* its turn has not come */                                            \
    X(BANNED, "banned")   /* it failed here before */

typedef enum wisp_hold {
#define X(name, text) WISP_HOLD_##name,
    WISP_HOLDS(X)
#undef X
} wisp_hold;

const char *wisp_hold_name(wisp_hold hold); /* static */

typedef struct wisp_choice {
    const wisp_offer *offer; /* the newest that is for it; NULL: none, it keeps what it has */
    const wisp_offer_variant *variant; /* NULL for none */
    const wisp_offer_set *set;         /* to be run ... */
    const char *flags;                 /* ... with these */
    /* Of the newest release above what it has that is not for it: which one, and why. */
    const wisp_offer *held; /* NULL if there is none */
    const wisp_offer_set *held_set;
    wisp_hold hold;
    int64_t turn; /* ROLLOUT: when its turn comes, seconds since 1970; 0: never, as things are */
} wisp_choice;

/*
 * Chooses the release for [asker]: the newest that is not held, and not below what it has. Who is
 * below the floor takes the newest from the floor on, whatever its rollout and whether it is
 * paused. [out] borrows from [offers]. False only if the crypto library is out of memory.
 */
bool wisp_offers_choose(const wisp_offers *offers, const wisp_asker *asker, wisp_choice *out);

#endif
