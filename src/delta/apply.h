#ifndef WISP_DELTA_APPLY_H
#define WISP_DELTA_APPLY_H

#include <wisp/base.h>
#include <wisp/update.h>

/*
 * Makes a module out of the one that the device has and a delta, which says how they differ
 * (docs/formats.md, "Delta"):
 *
 *     wisp_delta_apply_new(&config, &apply, &err);
 *     while (bytes come)
 *         wisp_delta_apply_feed(apply, bytes, size, &err);   // calls config.sink
 *     wisp_delta_apply_finish(apply, &err);                  // was that all, and is it right?
 *     wisp_delta_apply_free(apply);
 *
 * The delta comes in pieces of any size, as the network gives them, and the result leaves in
 * order, in pieces. The base is read where the delta points to, so it may be a block of memory,
 * a file or flash. In between there is at most WISP_DELTA_MEMORY_MAX of memory, however large
 * the modules are.
 *
 * Whom it trusts: nobody but the config. What the base and the result are (hash, size) comes from
 * signed metadata. A delta for other ones is refused before the first byte leaves; one that
 * is damaged or forged ends in an error, at the latest in wisp_delta_apply_finish, and what has
 * left by then is to be thrown away. It never reads outside the base, and never lets more out
 * than the result's size.
 *
 * Resuming: the same delta over the same base gives the same calls of [sink] with the same bytes,
 * whatever the pieces it is fed in. So a broken download is continued by keeping the bytes of
 * the delta on disk, and feeding them from the start to a new applier, then those that
 * the network gives.
 *
 * One thread at a time. No global state.
 */

typedef struct wisp_delta_apply wisp_delta_apply;

/* What an applier takes of its allocator at any one time, the decoder's memory included. (Not
 * from there are some hundred bytes of the crypto library for the hash.) */
#define WISP_DELTA_MEMORY_MAX (128 * 1024)

/*
 * Both callbacks return WISP_OK, or a status with the reason in [err] (never NULL), which
 * ends the work: the call that they were made from returns it. They must not call back into
 * the applier.
 */
typedef struct wisp_delta_config {
    const wisp_allocator *allocator;

    /* What the metadata says. The caller answers for [base_hash] being that of what [read_base]
     * reads; if it is not, the result's hash is wrong. */
    wisp_hash base_hash, result_hash;
    uint64_t base_size, result_size;
    uint64_t result_size_max; /* a larger result is refused; 0: no limit */
    /*
     * For tools that have no metadata: result_hash and result_size are not looked at, the delta
     * is believed as to what it makes, and damage is found by 4 bytes of the hash alone.
     */
    bool result_is_unknown;

    /* Reads [size] bytes at [offset] of the base, all of which are inside it. */
    wisp_status (*read_base)(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err);
    /* Takes the next [size] bytes of the result, 1 or more, which are borrowed. */
    wisp_status (*sink)(void *context, const void *data, size_t size, wisp_error *err);
    void *context;
} wisp_delta_config;

/*
 * Gets ready for a delta. [config] is copied. Allocates all that it will ever need. WISP_LIMIT if
 * the result is to be larger than allowed, WISP_NO_MEMORY.
 */
wisp_status wisp_delta_apply_new(const wisp_delta_config *config, wisp_delta_apply **out,
                                 wisp_error *err);

/*
 * Takes the next [size] bytes of the delta and lets out what they make. Fails with
 *
 *     WISP_MISMATCH     the delta is for another base or another result, or is none
 *     WISP_UNSUPPORTED  its format is newer than this program
 *     WISP_MALFORMED    it is damaged
 *     WISP_NO_MEMORY, or what a callback returned
 *
 * and then again with the same status at each further call.
 */
wisp_status wisp_delta_apply_feed(wisp_delta_apply *apply, const void *data, size_t size,
                                  wisp_error *err);

/*
 * Which stream of the delta the bytes that come next belong to (wisp_delta_stream_kind in
 * format.h), or WISP_DELTA_STREAM_COUNT if that is open: before the end of the header, after that
 * of the result and after a failure. For whoever puts a delta together.
 */
uint32_t wisp_delta_apply_wants(const wisp_delta_apply *apply);

/*
 * Says that the delta has ended. WISP_OK only if it ended where it should, and the size and
 * SHA-256 of what left are those of the config; WISP_MALFORMED if it ended early,
 * WISP_UNTRUSTED if the hash is another.
 */
wisp_status wisp_delta_apply_finish(wisp_delta_apply *apply, wisp_error *err);

void wisp_delta_apply_free(wisp_delta_apply *apply);

#endif
