#ifndef WISP_CLI_PATCH_TOOLCHAIN_H
#define WISP_CLI_PATCH_TOOLCHAIN_H

#include "folder.h"
#include "name.h"

/*
 * Compiles the sources of a patch to a module with debug information: C by clang 14 or newer with
 * its linker, AssemblyScript by asc. What the compiler has to say goes to stderr. The same
 * sources give the same bytes, wherever they lie.
 *
 * [machine] is the program's (e_machine of ELF). Free *[out] with free. WISP_NOT_FOUND where
 * there is no compiler, which the error says how to install; WISP_INVALID where it refuses.
 */
wisp_status toolchain_build(wisp_arena *arena, const folder *f, uint32_t machine, wisp_bytes *out,
                            wisp_error *err);

/* Adds to [out] the names, without folders, of all files that C which begins with [text]
 * includes, compiled as the folder's is. Fails as above. */
wisp_status toolchain_includes(const folder *f, uint32_t machine, const char *text,
                               name_table *out, wisp_error *err);

#endif
