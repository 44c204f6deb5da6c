#ifndef WISP_GUEST_BIND_H
#define WISP_GUEST_BIND_H

/*
 * The modules' side of bindings that `wisp bind` generates: what the generated header needs.
 * The author of a module never includes it.
 */

#include <stddef.h>
#include <stdint.h>

#ifndef __wasm__
#error "wisp_bind.h is for modules: compile for wasm32, as guest/wisp-cc does"
#endif

/* Makes of a function that a header declares one that is imported from [module]. */
#define WISP_BIND_IMPORT(module, function)                                                       \
    extern __attribute__((import_module(module),                                                 \
                          import_name(#function))) __typeof__(function) function

/*
 * Where the program may put [size] bytes for this module to read: texts and structs that it
 * lends. Never given back; the program uses them again. Pages of the memory that belong to nobody
 * else; the C library's malloc does not mind. Weak, so that every file of a module may have it.
 */
__attribute__((weak, export_name("wisp_bind_room"), visibility("default"))) void *
wisp_bind_room(uint32_t size)
{
    static uint32_t next, end;
    uint32_t rounded = (size + 15) & ~(uint32_t)15;
    if (rounded < size)
        return NULL;
    if (end - next < rounded) {
        uint32_t pages = rounded / 65536 + (rounded % 65536 != 0);
        uint32_t was = __builtin_wasm_memory_grow(0, pages);
        if (was == UINT32_MAX)
            return NULL;
        next = was * 65536 == end ? next : was * 65536;
        end = (was + pages) * 65536;
    }
    next += rounded;
    return (void *)(next - rounded);
}

#endif
