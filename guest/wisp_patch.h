#ifndef WISP_GUEST_PATCH_H
#define WISP_GUEST_PATCH_H

/*
 * For patches in C: functions of a running program, written anew. `wisp patch new` writes the
 * file to begin with, which includes program.h beside it (the program's types and declarations,
 * from its debug information), which includes this:
 *
 *     #include "program.h"
 *
 *     WISP_PATCH(order_total)
 *     double order_total(const order *o, double tax)
 *     {
 *         if (o->quantity < 0)
 *             return 0;                             // what the program got wrong
 *         return original_order_total(o, tax);      // else as before
 *     }
 *
 * Pointers are the program's: its structs are read and written in place, as far as the patch was
 * granted (docs/patching.md). A null or wild pointer, a loop without end, an overflow of the
 * stack end this call of the patch alone, and the original runs instead.
 *
 * The patch's own variables live in its own memory, and all threads share them. A pointer to one
 * can be an argument of any function of the program, which then gets the real address; where the
 * patch stores such a pointer in a struct of the program, it does that itself:
 * wisp_native(&mine).
 */

#include <stddef.h>
#include <stdint.h>

#define WISP_PATCH_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

/* Before a function's definition: it replaces the program's function [name]. */
#define WISP_PATCH(name) __attribute__((export_name(#name)))

/* Before a declaration: what runs when it is called is the program's own [name] as it was before
 * it was replaced, … */
#define WISP_ORIGINAL(name) WISP_PATCH_IMPORT("original", #name)

/* … or any function of the program, static ones too, … */
#define WISP_PROGRAM(name) WISP_PATCH_IMPORT("program", #name)

/*
 * … or one of a shared library, by name:
 *
 *     WISP_SYSTEM(strtol) long strtol(const char *text, char **end, int base);
 *
 *     #include <string.h>                           // or with the system's own header
 *     WISP_SYSTEM_DECLARED(strlen);
 *
 * A function that takes "..." is declared once for each list of arguments that it is called
 * with, under a name of its own:
 *
 *     WISP_SYSTEM_AS(printf, print_count) int print_count(const char *format, int count);
 */
#define WISP_SYSTEM(name)           WISP_PATCH_IMPORT("system", #name)
#define WISP_SYSTEM_DECLARED(name)  WISP_SYSTEM(name) extern __typeof__(name) name
#define WISP_SYSTEM_AS(name, alias) WISP_PATCH_IMPORT("system", #name "#" #alias)

/* The same for those of the program. */
#define WISP_PROGRAM_DECLARED(name)  WISP_PROGRAM(name) extern __typeof__(name) name
#define WISP_PROGRAM_AS(name, alias) WISP_PATCH_IMPORT("program", #name "#" #alias)

/*
 * A variable of the program's, which has been declared (as extern, whatever it is there):
 *
 *     extern order *g_list;
 *     WISP_GLOBAL(g_list);
 *     #define g_list WISP_AT(g_list)
 *
 * Its address never changes, so it is asked for as seldom as the compiler likes. Names that
 * several files of the program have are told apart, here as above, by the file before them:
 * WISP_PROGRAM(dict.c:hash), WISP_GLOBAL_AS(dict.c:seed, dict_c_seed).
 */
#define WISP_GLOBAL(name) WISP_GLOBAL_AS(name, name)
#define WISP_GLOBAL_AS(name, identifier)                                                         \
    WISP_PATCH_IMPORT("global", #name)                                                           \
    __attribute__((const)) wisp_address wisp_global_##identifier(void)
#define WISP_AT(identifier) (*(__typeof__(identifier) *)wisp_global_##identifier())

/* An argument of a class of C++ that has no data: nothing is handed over. */
typedef struct wisp_empty {
} wisp_empty;

/* What program.h asserts of the types that it declares. */
#define WISP_SIZE(type, size)                                                                    \
    _Static_assert(sizeof(type) == (size), #type " is not as large as the program has it")
#define WISP_OFFSET(type, member, offset)                                                        \
    _Static_assert(offsetof(type, member) == (offset), #member " is not where the program has it")

/* ------------------------------------------------------------------ addresses */

/* An address of the program's memory. In a patch of 64 bits it is what a pointer holds; in one
 * of 32 bits (--wasm32) it is no pointer, and memory is reached by the functions below. */
typedef uint64_t wisp_address;

WISP_PATCH_IMPORT("wisp", "native") wisp_address wisp_native_address(uint64_t pointer);
WISP_PATCH_IMPORT("wisp", "log") void wisp_log_bytes(uint64_t text, uint64_t size);

/* The program's address of what [pointer] points at, be it the program's or the patch's own. */
static inline wisp_address wisp_native(const volatile void *pointer)
{
    return wisp_native_address((uintptr_t)pointer);
}

/* Hands [text], UTF-8, to whoever runs the program, as a line of its log. */
static inline void wisp_log(const char *text)
{
    size_t size = 0;
    while (text[size])
        size++;
    wisp_log_bytes((uintptr_t)text, size);
}

/* Reads and writes of the program's memory, for patches of 32 bits. Checked like all others. */
#define WISP_PATCH_ACCESSES(X)                                                                   \
    X(i8, int32_t)                                                                               \
    X(u8, uint32_t)                                                                              \
    X(i16, int32_t)                                                                              \
    X(u16, uint32_t)                                                                             \
    X(i32, int32_t)                                                                              \
    X(i64, int64_t)                                                                              \
    X(f32, float)                                                                                \
    X(f64, double)
#define WISP_PATCH_ACCESS(kind, type)                                                            \
    WISP_PATCH_IMPORT("wisp", "load_" #kind) type wisp_load_##kind(wisp_address at);             \
    WISP_PATCH_IMPORT("wisp", "store_" #kind) void wisp_store_##kind(wisp_address at, type value);
WISP_PATCH_ACCESSES(WISP_PATCH_ACCESS)
#undef WISP_PATCH_ACCESS

/*
 * Fields of the program's structs, in patches of 32 bits: program.h has a line for each, which
 * makes "get_order_quantity(address)" and "set_order_quantity(address, value)", or
 * "at_order_lines(address)" for what has no value of its own, an array or a struct.
 */
#define WISP_FIELD(name, offset, kind, type)                                                     \
    static inline type get_##name(wisp_address at)                                               \
    {                                                                                            \
        return (type)wisp_load_##kind(at + (offset));                                            \
    }                                                                                            \
    static inline void set_##name(wisp_address at, type value)                                   \
    {                                                                                            \
        wisp_store_##kind(at + (offset), value);                                                 \
    }
#define WISP_PLACE(name, offset)                                                                 \
    static inline wisp_address at_##name(wisp_address at)                                        \
    {                                                                                            \
        return at + (offset);                                                                    \
    }

/* A field of [size] bits, of which [shift] others are below in the same number. */
#define WISP_BITS(name, offset, kind, type, shift, size)                                         \
    static inline type get_##name(wisp_address at)                                               \
    {                                                                                            \
        type unit = (type)wisp_load_##kind(at + (offset));                                       \
        enum { ABOVE = sizeof(type) * 8 - (shift) - (size) };                                    \
        return (type)((type)(unit << ABOVE) >> (ABOVE + (shift)));                               \
    }                                                                                            \
    static inline void set_##name(wisp_address at, type value)                                   \
    {                                                                                            \
        const uint64_t mask = (~UINT64_C(0) >> (64 - (size))) << (shift);                        \
        uint64_t unit = (uint64_t)wisp_load_##kind(at + (offset));                               \
        unit = (unit & ~mask) | (((uint64_t)value << (shift)) & mask);                           \
        wisp_store_##kind(at + (offset), (type)unit);                                            \
    }

#endif
