#ifndef WISP_GUEST_H
#define WISP_GUEST_H

/*
 * For authors of modules: what a module that runs in a Wisp host looks like from inside.
 *
 *     #include "wisp.h"
 *
 *     WISP_MODULE(1)                                  // its version number
 *
 *     int wisp_start(void) { return WISP_OK; }        // everything else is optional
 *     void wisp_message(uint32_t channel, const void *data, uint32_t size) { … }
 *     void wisp_stop(void) { … }
 *     void wisp_save(void) { wisp_save_state(&state, sizeof state); }
 *     int wisp_restore(uint32_t old_version, const void *data, uint32_t size) { … }
 *
 *     clang-14 --target=wasm32 -O2 -nostdlib -ffreestanding -I guest
 *              -Wl,--no-entry -Wl,--export-table -o module.wasm module.c
 *
 * The functions above are entered one at a time, never while another runs. Each may use the
 * fuel that the program has set for one entry; one that uses more, or traps, is taken back.
 * Pointers that the host hands in are good until the entry returns.
 *
 * No C library is needed and none is provided but memcpy, memset, memmove and memcmp, to
 * which the compiler itself adds calls.
 */

#include <stddef.h>
#include <stdint.h>

#define WISP_OK   0
#define WISP_FAIL 1

#define WISP_EXPORT(name)       __attribute__((export_name(name), used, visibility("default")))
#define WISP_IMPORT(name)       __attribute__((import_module("wisp"), import_name(name)))

/* ---- what the module offers (the linker exports what the module defines) ---- */

/*
 * Called once, before anything else. Returns WISP_OK, or anything else to say that this
 * version cannot run here. When it replaces another version, wisp_restore follows.
 */
WISP_EXPORT("wisp_start") int wisp_start(void);

/* A message from the program on [channel]. Not called for a module that does not have it. */
void wisp_message(uint32_t channel, const void *data, uint32_t size);
/* ... */
#endif
