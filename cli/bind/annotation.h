#ifndef WISP_CLI_BIND_ANNOTATION_H
#define WISP_CLI_BIND_ANNOTATION_H

#include "header.h"

/*
 * What the author of a header says of a parameter, a field or a function that its C declaration
 * does not say: words with commas between them. docs/bind.md explains each.
 *
 *     in  out  inout  opt  scalar  skip
 *     cstr  cstr(MAX)  len(COUNT)  bytes(COUNT)  cap(COUNT)  written(COUNT)
 *     lent(static|event)  kept(zero|nonzero)  handle(TYPE)  new(TYPE)  del(TYPE)
 * cb(once|many|scope, user=PARAMETER) switch(FIELD){VALUE: MEMBER, …, default: MEMBER|none}
 *
 * COUNT is made of numbers, names of other parameters or fields, "*name", "result", + - * << and
 * parentheses.
 */

/* The words, most of which take what follows them. */
#define ANNOTATION_WORDS(X)                                                                      \
    X(in)                                                                                        \
    X(out)                                                                                       \
    X(inout)                                                                                     \
    X(opt)                                                                                       \
    X(scalar)                                                                                    \
    X(skip)                                                                                      \
    X(cstr)                                                                                      \
    X(len)                                                                                       \
    X(bytes)                                                                                     \
    X(cap)                                                                                       \
    X(written)                                                                                   \
    X(lent)                                                                                      \
    X(handle)                                                                                    \
    X(new)                                                                                       \
    X(del)                                                                                       \
    X(cb)                                                                                        \
    X(kept)                                                                                      \
    X(switch)

typedef enum annotation_word {
#define X(word) WORD_##word,
    ANNOTATION_WORDS(X)
#undef X
        WORD_LEN
} annotation_word;

/* The word itself. Static. */
const char *annotation_word_name(annotation_word word);

typedef enum count_kind {
    COUNT_NUMBER,
    COUNT_NAME,   /* a parameter or a field */
    COUNT_TARGET, /* what a parameter points at */
    COUNT_RESULT, /* what the function returned */
    COUNT_SUM,
    COUNT_DIFFERENCE,
    COUNT_PRODUCT,
    COUNT_SHIFT
} count_kind;

typedef struct count {
    count_kind kind;
    const char *text; /* NUMBER, NAME, TARGET */
    const struct count *left, *right;
} count;

typedef enum direction { WAY_UNSAID, WAY_IN, WAY_OUT, WAY_INOUT } direction;
typedef enum lifetime { LIFE_UNSAID, LIFE_ONCE, LIFE_MANY, LIFE_SCOPE } lifetime;
typedef enum keeping { KEPT_ALWAYS, KEPT_NONZERO, KEPT_ZERO } keeping;
typedef enum lending { LENT_UNSAID, LENT_STATIC, LENT_EVENT } lending;

typedef struct variant {
    const char *value;  /* as C writes it; NULL for default */
    const char *member; /* NULL for none */
} variant;

enum { VARIANTS_MAX = 64 };

typedef struct annotation {
    uint32_t said; /* 1 << WORD_… for each */
    direction way;
    const char *text_max; /* bytes with the NUL; NULL for any */
    const count *len;     /* of elements, or of bytes … */
    bool len_is_bytes;
    const count *written;
    const char *handle; /* the type's name; "" for that of what is pointed at; NULL for none */
    lifetime life;
    const char *user; /* the parameter that goes with a callback */
    keeping kept;     /* what the function returns if it has kept the callback */
    lending lent;
    const char *tag; /* of a union: the field that says which member is the one */
    variant *variants;
    size_t variant_len;
} annotation;

static inline bool annotation_says(const annotation *notes, annotation_word word)
{
    return notes->said >> word & 1;
}

/* Parses [text]. WISP_INVALID says what is wrong, and err->offset at which letter. */
wisp_status annotation_parse(const char *text, wisp_arena *arena, annotation *out,
                             wisp_error *err);

/* A file of annotations: "function.parameter: words" on each line, also "function: words",
 * "struct.field: words" and "# comment". */
typedef struct sidecar {
    const char *path; /* for faults */
    struct sidecar_line {
        const char *name, *words;
        unsigned line;
        bool is_used;
    } * lines;
    size_t len, room;
} sidecar;

/* Reads the [text] of file [path]; WISP_MALFORMED names the line. */
wisp_status sidecar_parse(const char *path, const char *text, wisp_arena *arena, sidecar *out,
                          wisp_error *err);

/* The words for "[owner].[member]", or for [owner] where [member] is NULL; "" if there are none.
 * The line counts as used then. */
const char *sidecar_find(sidecar *from, const char *owner, const char *member);

#endif
