#ifndef WISP_SYMBOLS_OBJECT_H
#define WISP_SYMBOLS_OBJECT_H

#include <wisp/patcher.h>

#include "base/memory.h"
#include "patch/abi.h"

/*
 * An ELF file in memory: what it is for, its text, its symbols, and the places that a compiler
 * has listed for patching. object.c is the one file that knows libelf but for the handle that
 * libdw wants.
 */

#define WISP_OBJECT_SIZE_MAX     (UINT64_C(2) << 30) /* bytes of a file */
#define WISP_OBJECT_SECTIONS_MAX 65000

/* A section that is loaded and has instructions. */
typedef struct wisp_object_text {
    uint64_t address, size;
    uint64_t offset;     /* in the file */
    const uint8_t *data; /* NULL where the file has debug information alone */
} wisp_object_text;

/* A function or an object in memory. */
typedef struct wisp_object_symbol {
    const char *name; /* borrowed from the file */
    uint64_t address, size;
    bool is_function; /* else a variable */
    bool is_indirect; /* the function at [address] chooses it when the program is loaded */
    bool is_global;   /* or weak */
} wisp_object_symbol;

typedef struct wisp_object {
    const char *path;
    wisp_bytes bytes;
    struct Elf *elf;
    uint32_t machine;
    bool is_relocated;     /* position independent */
    bool has_text;         /* its text is in the file */
    bool has_debug;        /* it has DWARF */
    bool is_shared_debug;  /* a part of which is in a file that others share (dwz -m) */
    uint64_t debug_size;   /* bytes of DWARF's entries */
    wisp_bytes build_id;   /* empty if it has none */
    const char *debuglink; /* the name of a file with debug information; NULL */
    wisp_object_text *texts;
    uint32_t text_count;
    wisp_object_symbol *symbols; /* by address, and global ones first */
    size_t symbol_count;
    uint64_t *places; /* ascending, without duplicates: of __patchable_function_entries, and where
                       * a function begins with such a place that the linker has left out there */
    size_t place_count;
} wisp_object;

/*
 * Reads [bytes], the content of the file [path]; both are borrowed until it is closed, and all
 * else is in [arena]. WISP_UNSUPPORTED for what is no program or shared library of 64 bits for
 * x86-64 or aarch64; WISP_MALFORMED, WISP_LIMIT, WISP_NO_MEMORY. Close [out] in any case.
 */
wisp_status wisp_object_open(wisp_arena *arena, const char *path, wisp_bytes bytes,
                             wisp_object *out, wisp_error *err);
void wisp_object_close(wisp_object *object);

/* The section with the instruction at [address]; NULL if there is none. */
const wisp_object_text *wisp_object_text_at(const wisp_object *object, uint64_t address);

/* The first symbol at [address]: those behind it may be there as well. symbol_count if none. */
size_t wisp_object_symbol_at(const wisp_object *object, uint64_t address);

/* Whether [address] is a place for patching. */
bool wisp_object_has_place(const wisp_object *object, uint64_t address);

/* [id] in hexadecimal, cut to what fits. */
void wisp_build_id_print(wisp_bytes id, char text[WISP_BUILD_ID_TEXT_SIZE]);

#endif
