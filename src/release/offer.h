#ifndef WISP_RELEASE_OFFER_H
#define WISP_RELEASE_OFFER_H

#include "base/memory.h"
#include "trust/metadata.h"

/*
 * What a publisher offers under the name of a target: its releases, newest first, as the custom
 * data of the signed target says (docs/formats.md, "Custom data"). Parsed whole and checked
 * against limits before anything is read from it; whether a release is for this device is for
 * release/decide.h.
 *
 * Used on the device, and by the publisher on what it is about to sign. Immutable after parsing;
 * any thread.
 */

#define WISP_OFFERS_MAX         8
#define WISP_OFFER_MODULES_MAX  WISP_MODULES_MAX
#define WISP_OFFER_DELTAS_MAX   8 /* of one module */
#define WISP_OFFER_VARIANTS_MAX 8
#define WISP_OFFER_FLAGS_MAX    16
#define WISP_OFFER_UNBANS_MAX   16
#define WISP_OFFER_WEIGHT_MAX   10000
#define WISP_OFFER_HOURS_MAX    8760 /* a year */

/* Bytes of texts, each with its NUL. */
#define WISP_OFFER_NAME_SIZE    WISP_MODULE_NAME_SIZE
#define WISP_OFFER_VARIANT_SIZE WISP_VARIANT_SIZE
#define WISP_OFFER_FLAGS_SIZE   WISP_FLAGS_SIZE /* in canonical JSON */
#define WISP_OFFER_NOTES_SIZE   4097            /* of notes */

/* How to make a module of another one: content/<hash>.<name>.delta. */
typedef struct wisp_offer_delta {
    wisp_hash base; /* of the module that it starts from */
    wisp_hash hash; /* of the delta itself */
    uint64_t size;
} wisp_offer_delta;

typedef struct wisp_offer_module {
    const char *name; /* letters, digits, "._-+"; begins with none of these signs */
    wisp_hash hash;
    uint64_t size;
    const wisp_offer_delta *deltas;
    size_t delta_len;
} wisp_offer_module;

/* Modules that run together or not at all. */
typedef struct wisp_offer_set {
    const wisp_offer_module *modules; /* 1 or more, no name twice */
    size_t len;
    wisp_hash hash; /* wisp_offer_set_hash */
} wisp_offer_set;

typedef struct wisp_offer_variant {
    const char *name;
    uint32_t weight; /* from 1 */
    wisp_offer_set set;
    const char *flags; /* the release's with its own laid over them */
} wisp_offer_variant;

/* A version of the program that runs modules: up to four numbers, "1.2.0"; what is missing is 0.
 */
typedef struct wisp_host_version {
    uint32_t numbers[4];
} wisp_host_version;

/* The part of all devices that a release is for: grows from [from] to [to] ten-thousandths in
 * [hours] after [start]. */
typedef struct wisp_rollout {
    int64_t start; /* seconds since 1970 */
    uint32_t from, to;
    uint32_t hours; /* 0: at [to] at once */
} wisp_rollout;

typedef struct wisp_offer {
    uint64_t version;
    const char *notes; /* empty for none */
    bool is_mandatory, is_paused;
    bool has_host_min, has_host_below;
    wisp_host_version host_min, host_below;
    bool has_rollout; /* or it is for all */
    wisp_rollout rollout;
    wisp_offer_set set;
    const char *flags; /* canonical JSON; "{}" for none */
    const wisp_offer_variant *variants;
    size_t variant_len; /* 0: [set] and [flags] are for all */
} wisp_offer;

typedef struct wisp_offers {
    uint64_t version;        /* the highest sequence that this target ever had here */
    uint64_t min_version;    /* nothing below it may be used any more; 0 for no such floor */
    const wisp_hash *unbans; /* sets or modules whose bans are to be lifted */
    size_t unban_len;
    const wisp_offer *offers; /* 1 or more, versions fall */
    size_t len;
    wisp_arena arena; /* that all of it is in */
} wisp_offers;

/*
 * Parses what [info] says of the target whose name without its channel is [name]. A target
 * without the member "releases" is one release of itself, for all. *[out] is to be freed by
 * wisp_offers_deinit.
 *
 * WISP_UNSUPPORTED where the target has no SHA-256 or no number custom.version: it was not
 * released for Wisp. WISP_MALFORMED and WISP_LIMIT, with the place in words, WISP_NO_MEMORY.
 */
wisp_status wisp_offers_parse(const wisp_allocator *allocator, const char *name,
                              const wisp_file_info *info, wisp_offers *out, wisp_error *err);
void wisp_offers_deinit(wisp_offers *offers);

/* The hash that stands for a set: of one module its own, of several that of the lines
 * "name hash\n" in order. False only if the crypto library is out of memory. */
bool wisp_offer_set_hash(const wisp_offer_module *modules, size_t len, wisp_hash *out);

/* Whether [name] may be that of a module: it becomes a part of URLs and of lines. */
bool wisp_offer_name_is_valid(const char *name);

/* "1.2.0"; false if [text] is none. */
bool wisp_host_version_parse(const char *text, wisp_host_version *out);
/* Negative, 0 or positive, as [a] is below, equal to or above [b]. */
int wisp_host_version_compare(const wisp_host_version *a, const wisp_host_version *b);

#endif
