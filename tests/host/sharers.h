#ifndef SHARERS_H
#define SHARERS_H

#include <wisp/native.h>

#include "stage.h"

#include "guests/reads.h"

/*
 * A stage on which guest 1, which runs guests/reader.c, makes regions, and the others get them:
 *
 *     sharers_init(&s, &sharer_kinds[i], "reader_2");
 *     SHARE(&s, MAKE(.size = 100), LEND(.size = 100, .target = 2, .type = READ));
 */

extern const wisp_native reader_module;

enum { MIB = 1 << 20, PAGE = 65536 };

/* How the owner's memory, and so its region, can be. */
struct sharer_kind {
    wisp_memory_source source;
    size_t size;
    bool is_native;
};

/* Copied as small, copied as the memory cannot be mapped, shared; whole pages and not; native. */
enum { SHARER_KINDS = 9 };
extern const struct sharer_kind sharer_kinds[SHARER_KINDS];
extern const struct sharer_kind sharer_shared, sharer_small;

wisp_guest_config sharer_config(const struct sharer_kind *kind);

/* An owner that is configured as [config] and, if [other] is not NULL, a second guest. */
void sharers_init_with(struct stage *s, const wisp_guest_config *config, bool is_native,
                       const char *other);
void sharers_init(struct stage *s, const struct sharer_kind *kind, const char *other);

/* Has [guest] do these things in one entry. */
wisp_status sharer_tell(wisp_guest *guest, const struct share *shares, size_t len);

/* The same with the owner. */
#define SHARE(s, ...)                                                                            \
    sharer_tell((s)->guests[0], (const struct share[]){__VA_ARGS__},                             \
                sizeof(const struct share[]){__VA_ARGS__} / sizeof(struct share))
#define MAKE(...)                                                                                \
    {                                                                                            \
        .op = SHARE_NEW, __VA_ARGS__                                                             \
    }
#define LEND(...)                                                                                \
    {                                                                                            \
        .op = SHARE_POST, __VA_ARGS__                                                            \
    }

#endif
