#ifndef WISP_DELTA_REWRITER_H
#define WISP_DELTA_REWRITER_H

#include <wisp/base.h>

/*
 * Passes a module's bytes on, and replaces the numbers in it that refer to something by what
 * a callback says. The bytes come in pieces of any size and leave as they come; the memory is
 * that of the struct.
 *
 * There are two forms of a module, the plain one and the renumbered one, and the rewriter makes
 * either from the other, provided that the callback of the way back is the inverse of that of
 * the way out. The plain form is what is well formed: the renumbered one differs in the numbers
 * alone, so that sizes in it are those of the plain form, and no longer right. A number stays
 * as it is written: with no byte more than it needs, or padded to the most that it may
 * have. One that is written otherwise, or too large, is no reference.
 */

/* What refers, and to what. */
#define WISP_REFERENCES(X)                                                                       \
    X(FUNCTION)                                                                                  \
    X(TYPE)                                                                                      \
    X(GLOBAL)                                                                                    \
    X(LOCAL)           /* of the present body */                                                 \
    X(OFFSET)          /* of an access to memory: where addresses are constants, one of them */  \
    X(OFFSET_PADDED)   /* as linkers leave those that they have put in */                        \
    X(CONST_32)        /* any constant; some are addresses */                                    \
    X(CONST_32_PADDED) /* these are addresses, or places in a table */                           \
    X(CONST_64)                                                                                  \
    X(UNIT) /* 4 aligned bytes of a data segment */

typedef enum wisp_reference {
#define X(name) WISP_REFERENCE_##name,
    WISP_REFERENCES(X)
#undef X
        WISP_REFERENCE_COUNT
} wisp_reference;

/* The first number that is too large to be one. */
#define WISP_REFERENCE_END    ((uint64_t)1 << 27)
#define WISP_REFERENCE_64_END UINT32_MAX

static inline uint64_t wisp_reference_end(wisp_reference kind)
{
    return kind == WISP_REFERENCE_CONST_64 ? WISP_REFERENCE_64_END : WISP_REFERENCE_END;
}

typedef struct wisp_rewriter_config {
    bool to_plain; /* else from it */
    /* Gives what to write instead of [value]; both are less than wisp_reference_end(kind). */
    uint64_t (*map)(void *context, wisp_reference kind, uint64_t value);
    /* Takes the next [size] bytes. */
    wisp_status (*sink)(void *context, const uint8_t *data, size_t size, wisp_error *err);
    void *context;
} wisp_rewriter_config;

/* Deeper than any word of the grammar goes. */
#define WISP_REWRITER_DEPTH 24
#define WISP_REWRITER_ROOM  2048

typedef struct wisp_rewriter {
    wisp_rewriter_config config;
    struct wisp_rewriter_item {
        uint8_t word;             /* of grammar.h */
        uint64_t left;            /* how often it follows */
    } items[WISP_REWRITER_DEPTH]; /* the next one is the last */
    uint32_t depth;
    uint8_t section, part; /* ids of the present section and of a part of the name section */
    uint8_t prefix;        /* of the instruction */
    uint8_t token[16];     /* what has come of a number */
    uint8_t token_size;
    uint8_t text[4], text_size; /* the start of a text … */
    uint64_t text_length;       /* … of so many bytes */
    uint64_t address;           /* of the data segment */
    uint64_t bodies;            /* that have begun */
    uint64_t stop;  /* the body, counted from 1, in front of whose content it stops; 0: none */
    uint64_t plain; /* bytes that the plain form has so far */
    uint64_t section_end, body_end; /* in them */
    uint64_t written;               /* bytes that have left, and those in [out] */
    uint32_t out_size;
    uint8_t out[WISP_REWRITER_ROOM];
} wisp_rewriter;

void wisp_rewriter_init(wisp_rewriter *rewriter, const wisp_rewriter_config *config);

/*
 * Passes *[size] bytes on; *[size] becomes how many it took, which are fewer only in front of the
 * body that it was to stop at. WISP_MALFORMED if they are no module, or what the sink returned.
 */
wisp_status wisp_rewriter_feed(wisp_rewriter *rewriter, const uint8_t *data, size_t *size,
                               wisp_error *err);

/* Stops in front of the body [body], counted from 1, which has not begun yet; 0 for none. */
void wisp_rewriter_stop_at(wisp_rewriter *rewriter, uint64_t body);
/* Whether it stands there; it goes on when it is told where to stop next. */
bool wisp_rewriter_has_stopped(const wisp_rewriter *rewriter);

/* Lets the last bytes out. WISP_MALFORMED if there should be more of them. */
wisp_status wisp_rewriter_finish(wisp_rewriter *rewriter, wisp_error *err);

#endif
