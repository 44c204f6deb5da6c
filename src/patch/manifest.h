#ifndef WISP_PATCH_MANIFEST_H
#define WISP_PATCH_MANIFEST_H

#include <wisp/patcher.h>
#include <wisp/wasm.h>

#include "base/memory.h"

/*
 * What a patch says of itself, in the custom section "wisp.patch" of its module. Made by
 * `wisp patch build` from debug information, read on the device, where nothing of it is believed
 * but what the program's text confirms. docs/formats.md has the bytes.
 */

#define WISP_PATCH_SECTION "wisp.patch"

enum {
    WISP_PATCH_FORMAT = 1,
    WISP_PATCH_FUNCTIONS_MAX = 1024,
    WISP_PATCH_NATIVES_MAX = 4096,
    WISP_PATCH_GLOBALS_MAX = 4096,
    WISP_PATCH_FILES_MAX = 4096,
    WISP_PATCH_LINES_MAX = 1 << 20,
    WISP_PATCH_NAME_MAX = 1023,      /* bytes of any name: those of C++ are long */
    WISP_PATCH_SIGNATURE_MAX = 4095, /* bytes of any signature */
    WISP_PATCH_BUILD_ID_MAX = 64,    /* bytes */
    WISP_PATCH_ENTRY_MAX = 24        /* bytes of text that a function is recognised by */
};

/* Where a function can be diverted. */
typedef enum wisp_patch_place {
    WISP_PATCH_SLED, /* the instruction that does nothing, at its entry */
    WISP_PATCH_SLOT  /* a pointer in data, which a thunk jumps through (wisp symbols --thunks) */
} wisp_patch_place;

/* A function that is replaced. */
typedef struct wisp_patch_function {
    const char *export; /* of the module */
    const char *symbol; /* what the program calls it */
    const char *file;   /* where it is defined, for people; "" unknown */
    const char *signature;
    uint32_t line;
    wisp_patch_place place;
    uint64_t
        address;   /* of its entry, or of its slot, in the program's file (before relocation) */
    uint32_t sled; /* SLED: bytes from [address] to the sled: 4 behind an endbr64 or bti c */
    wisp_bytes entry; /* SLED: bytes of text from [address] on, as they must be found */
} wisp_patch_function;

/* A function that the patch calls. */
typedef struct wisp_patch_native {
    const char *module, *name; /* of the import: "original", "program" or "system", where what
                                * follows a '#' tells apart how the function is called */
    const char *signature;
    uint64_t address; /* "program" alone; that of an "original" is its function's */
} wisp_patch_native;

/* A variable of the program whose address the patch imports, as a function of module "global". */
typedef struct wisp_patch_global {
    const char *name;
    uint64_t address, size;
} wisp_patch_global;

/* Which line a place in the module came from, ascending by [offset]. */
typedef struct wisp_patch_line {
    uint32_t offset; /* in the module's bytes, before this section was added at their end */
    uint32_t file;   /* of [files] */
    uint32_t line;
} wisp_patch_line;

typedef struct wisp_patch_manifest {
    const char *title; /* what it is for, a line for people */
    uint32_t machine;  /* e_machine of ELF: 62 x86-64, 183 aarch64 */
    wisp_bytes build_id;
    wisp_patch_grant grant;
    wisp_patch_function *functions;
    wisp_patch_native *natives;
    wisp_patch_global *globals;
    const char **files;
    wisp_patch_line *lines;
    uint32_t function_count, native_count, global_count, file_count, line_count;
} wisp_patch_manifest;

/* The content of the section in the module that was decoded from [bytes]; false without one. */
bool wisp_patch_manifest_find(const wisp_module *module, wisp_bytes bytes, wisp_bytes *out);

/*
 * Reads one from the content of the section, any bytes. All of [out] is in [arena].
 * WISP_MALFORMED with the offset, WISP_UNSUPPORTED for another format, WISP_LIMIT,
 * WISP_NO_MEMORY. Signatures are texts here: signature.h reads them.
 */
wisp_status wisp_patch_manifest_read(wisp_arena *arena, wisp_bytes content,
                                     wisp_patch_manifest *out, wisp_error *err);

/* The other way round, for those who make patches: the content of the section, *[size] bytes of
 * [allocator] at *[out]. What wisp_patch_manifest_read would refuse is refused here as well. */
wisp_status wisp_patch_manifest_write(const wisp_patch_manifest *manifest,
                                      const wisp_allocator *allocator, uint8_t **out,
                                      size_t *size, wisp_error *err);

#endif
