#ifndef WISP_SYMBOLS_SYMBOLS_H
#define WISP_SYMBOLS_SYMBOLS_H

#include "patch/manifest.h"
#include "symbols/type.h"

#include <wisp/os.h>

/*
 * The catalogue of a program: its functions, variables and types, read from the ELF file and its
 * debug information (DWARF), and for each function whether it can be patched, and why not. For
 * a publisher's machine; never linked into what runs on a device.
 *
 *     wisp_symbols *symbols;
 *     wisp_symbols_open(&config, "app", &symbols, &err);
 *     const wisp_symbols_function *f;
 *     wisp_symbols_find_function(symbols, "list.c:length", &f, &err);
 *     if (f->verdict == WISP_SYMBOLS_PATCHABLE) ...                       // f->signature,
 * f->entry wisp_symbols_close(symbols);
 *
 * Everything that is given out is borrowed until wisp_symbols_close, and never NULL unless a line
 * says so. One thread at a time. libelf and libdw, which read the files, take memory from malloc.
 *
 * It reads what the publisher's own compiler has made. Files that were made to hurt are refused
 * where the reader can tell, but libdw promises nothing for them: whoever reads such does it in a
 * process that may be lost.
 */
typedef struct wisp_symbols wisp_symbols;

/* ------------------------------------------------------------------ what is said of functions */

typedef enum wisp_symbols_verdict {
    WISP_SYMBOLS_PATCHABLE, /* every call of it runs the patch, with all arguments */
    WISP_SYMBOLS_PARTIAL,   /* it can be patched, but [causes] say what the patch would miss */
    WISP_SYMBOLS_REFUSED    /* it cannot be patched, or a patch would be given rubbish */
} wisp_symbols_verdict;

/* Why: with the verdict that it leads to (NOTE: none), and its name in JSON. */
#define WISP_SYMBOLS_CAUSES(X)                                                                   \
    X(INLINED, PARTIAL, "inlined") /* copies in its callers keep the old code */                 \
    X(CLONE, PARTIAL, "clone")     /* one of several bodies that it was given */                 \
    X(FOLDED, PARTIAL, "folded")   /* others have the same body: all are patched */              \
    X(ARGUMENT_DROPPED, PARTIAL, "dropped-argument") /* callers do not pass it */                \
    X(ARGUMENT_CONSTANT, PARTIAL,                                                                \
      "constant-argument")                        /* callers pass none: it is always this */     \
    X(NO_RETURN, PARTIAL, "no-return")            /* callers have no code after the call */      \
    X(NO_BODY, REFUSED, "no-body")                /* there is nothing to divert */               \
    X(OVERRIDDEN, REFUSED, "overridden")          /* weak, and another one is called instead */  \
    X(NO_SLED, REFUSED, "no-sled")                /* it was compiled without the flag */         \
    X(BAD_SLED, REFUSED, "bad-sled")              /* too small, or not what a compiler leaves */ \
    X(ACROSS_PAGES, REFUSED, "sled-across-pages") /* cannot be written in one piece */           \
    X(NO_DEBUG, REFUSED, "no-debug")              /* a symbol alone: compiled without -g */      \
    X(CHANGED_ABI, REFUSED, "changed-abi")       /* an argument is where no convention has it */ \
    X(CONVENTION, REFUSED, "calling-convention") /* declared to be of another one */             \
    X(VARIADIC, REFUSED, "variadic")                                                             \
    X(TYPE, REFUSED, "type")                   /* long double, __int128, vectors, … */         \
    X(STATIC_CHAIN, REFUSED, "static-chain")   /* nested, uses variables of the outer one */     \
    X(RAW_SLED, NOTE, "raw-sled")              /* not merged: cannot be patched under threads */ \
    X(ACROSS_WORDS, NOTE, "sled-across-words") /* written by swapping its page alone */          \
    X(UNVERIFIED, NOTE, "unverified-argument") /* nothing says where it is passed */

typedef enum wisp_symbols_cause {
#define X(name, verdict, text) WISP_SYMBOLS_CAUSE_##name,
    WISP_SYMBOLS_CAUSES(X)
#undef X
        WISP_SYMBOLS_CAUSE_LEN
} wisp_symbols_cause;

typedef struct wisp_symbols_reason {
    wisp_symbols_cause cause;
    const char *text; /* for people: "argument 2 'key' comes in rdx, expected rsi" */
} wisp_symbols_reason;

typedef struct wisp_symbols_function wisp_symbols_function;

/* A copy of a function inside another one. */
typedef struct wisp_symbols_site {
    const wisp_symbols_function *caller; /* the one with a body that has the copy */
    const char *file;                    /* of the call */
    uint32_t line;
} wisp_symbols_site;

typedef struct wisp_symbols_param {
    const char *name; /* "" where it has none */
    const wisp_symbols_type *type;
    const char *expected; /* where the convention has it: "rdi", "xmm0", "stack+8", "rdi, xmm0";
                           * "" where that is not known */
    const char *found; /* where debug information has it at the entry; "" where it says nothing */
} wisp_symbols_param;

struct wisp_symbols_function {
    const char *name;    /* as the source has it: "parse", "ns::Shape::area" */
    const char *linkage; /* as the object file has it: "parse", "_ZN2ns5Shape4areaEv",
                          * "parse.constprop.0"; "" where it has no symbol */
    const char *file;    /* that defines it, as the compiler was given it; "" unknown */
    uint32_t line;
    bool is_global; /* seen by other files */
    bool is_variadic;
    bool has_body;    /* else inlined everywhere: what follows up to [entry] is 0 */
    uint64_t address; /* of its entry in the program's file, before relocation */
    uint64_t size;    /* bytes of its main part; 0 unknown */

    wisp_patch_place place;
    uint32_t sled;         /* place SLED: bytes from [address] to the sled */
    uint64_t slot_address; /* place SLOT: of the pointer */
    wisp_bytes entry;      /* for the manifest: text from [address] on; empty if it has no sled */

    const wisp_symbols_type *result; /* VOID if none */
    const wisp_symbols_param *params;
    const char *signature; /* as manifests have it; NULL if it has none: [reasons] say why */
    uint32_t param_count;

    wisp_symbols_verdict verdict;
    const wisp_symbols_reason *reasons; /* the worst first */
    const wisp_symbols_site *sites;     /* of inlined copies */
    uint32_t reason_count, site_count;
};

typedef struct wisp_symbols_variable {
    const char *name;
    const char *linkage;
    const char *file;
    uint32_t line;
    bool is_global;
    uint64_t address; /* in the program's file, before relocation */
    uint64_t size;    /* of its type */
    const wisp_symbols_type *type;
} wisp_symbols_variable;

/* ------------------------------------------------------------------ the catalogue */

/* Zero means the default in brackets. */
typedef struct wisp_symbols_config {
    const wisp_allocator *allocator;
    const wisp_os *os; /* [wisp_os_posix()] */
    const char *store; /* folder with .build-id/xx/yyyy.debug (store.h) [none] */
} wisp_symbols_config;

/* Of the program as a whole. */
typedef struct wisp_symbols_info {
    const char *path;     /* of the file whose text is shown */
    const char *debug;    /* of the file with debug information: the same, or another one */
    const char *build_id; /* in hexadecimal */
    wisp_bytes build_id_bytes;
    uint32_t machine;         /* e_machine of ELF: 62 x86-64, 183 aarch64 */
    bool is_relocated;        /* position independent: a PIE or a shared library */
    uint32_t sled_count;      /* places that the compiler left */
    uint32_t raw_count;       /* of them, those of several instructions: not merged */
    uint32_t other_count;     /* of them, those that are no place of the size that is needed */
    uint32_t slot_count;      /* of link-time slots */
    const char *const *notes; /* for people, of the flags that it was compiled with */
    uint32_t note_count;
} wisp_symbols_info;

/*
 * Reads the program or shared library [path], with its debug information from itself, or else
 * from the store, from the file that its .gnu_debuglink names, or from /usr/lib/debug.
 *
 * WISP_NOT_FOUND where there is no such file; WISP_UNSUPPORTED where it is no ELF for x86-64 or
 * aarch64, has no build-id or no debug information (the error names the flag that is missing);
 * WISP_MISMATCH where the debug information is of another build; WISP_MALFORMED, WISP_LIMIT,
 * WISP_IO, WISP_NO_MEMORY.
 */
wisp_status wisp_symbols_open(const wisp_symbols_config *config, const char *path,
                              wisp_symbols **out, wisp_error *err);

/* The same by the build-id (hexadecimal, or its first 8 digits or more if they are enough) of a
 * program that wisp_symbols_keep (store.h) has put into config->store. */
wisp_status wisp_symbols_open_build(const wisp_symbols_config *config, const char *build_id,
                                    wisp_symbols **out, wisp_error *err);
void wisp_symbols_close(wisp_symbols *symbols); /* NULL is fine */

const wisp_symbols_info *wisp_symbols_program(const wisp_symbols *symbols);

/* All functions of the program that have a name, by address; behind them those without a body.
 * NULL from the end on. */
const wisp_symbols_function *wisp_symbols_function_at(const wisp_symbols *symbols, size_t index);

/* Variables with an address (not those of threads), by address. NULL from the end on. */
const wisp_symbols_variable *wisp_symbols_variable_at(const wisp_symbols *symbols, size_t index);

/*
 * The function called [name]: "parse", a linkage name, or "file.c:parse" (the end of its path
 * is enough) where several files have one, or "parse@0x1000" where that does not tell them apart
 * either. An alias gives the function that it is one of. WISP_NOT_FOUND, with one that is nearly
 * called so; WISP_MISMATCH where there are several, some of which the error lists;
 * WISP_UNSUPPORTED for a name that a resolver gives a function to (ifunc).
 */
wisp_status wisp_symbols_find_function(const wisp_symbols *symbols, const char *name,
                                       const wisp_symbols_function **out, wisp_error *err);
wisp_status wisp_symbols_find_variable(const wisp_symbols *symbols, const char *name,
                                       const wisp_symbols_variable **out, wisp_error *err);

/*
 * A function that the program calls and does not define (of a shared library), as its headers
 * declare it, where the compiler noted that: name, file, line, types and signature are set.
 */
wisp_status wisp_symbols_find_declared(wisp_symbols *symbols, const char *name,
                                       const wisp_symbols_function **out, wisp_error *err);

/* The type that is named [name] as C does: "struct list", "enum color", "list_t". One of a file
 * that has its body is preferred. WISP_NOT_FOUND. */
wisp_status wisp_symbols_find_type(wisp_symbols *symbols, const char *name,
                                   const wisp_symbols_type **out, wisp_error *err);

/* Completes [type], of this catalogue, and all that can be reached from it. WISP_MALFORMED,
 * WISP_LIMIT, WISP_NO_MEMORY. Types of functions and variables are not complete before. */
wisp_status wisp_symbols_complete(wisp_symbols *symbols, const wisp_symbols_type *type,
                                  wisp_error *err);

/* How many nodes of types there are by now: one more than the highest index. */
uint32_t wisp_symbols_type_count(const wisp_symbols *symbols);

/* "patchable", …; "inlined", …; the verdict that [cause] leads to, PATCHABLE for a note. */
const char *wisp_symbols_verdict_name(wisp_symbols_verdict verdict);
const char *wisp_symbols_cause_name(wisp_symbols_cause cause);
wisp_symbols_verdict wisp_symbols_cause_verdict(wisp_symbols_cause cause);

#endif
