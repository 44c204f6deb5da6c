#ifndef WISP_BRIDGE_H
#define WISP_BRIDGE_H

#include <string.h>

#include <wisp/wasm.h>

/*
 * Functions of the program's that take pointers from modules.
 *
 * A module's pointer is a number, and so is what it says of a size. A function that
 * wisp_linker_add_func offers must check both before it touches anything. One that is
 * offered here says in its signature what each parameter is, and runs only after all of
 * them were checked:
 *
 *     // in the module:  int get(const char *key, uint8_t *into, size_t size);
 *     static wisp_status get(void *user, wisp_instance *caller, const wisp_arg *args,
 *                            wisp_value *results, wisp_error *err)
 *     {
 *         results[0] = wisp_i32(db_get(user, args[0].text, args[1].out, args[1].size));
 *         return WISP_OK;
 *     }
 *
 *     static const wisp_bridge_func db_funcs[] = {
 *         {"get", "($ >[2] z)i", get},
 *         {"put", "($ <[2] z)i", put},
 *     };
 *     wisp_bridge_add(linker, "db", db_funcs, 2, db, &err);
 *
 * A signature is "(parameters)results"; spaces between parameters are for the reader.
 *
 *     i I f F v c e x   a number, a vector or a reference, as in wisp_linker_add_func
 *     z             a size, as wide as the module's addresses
 *     <16           a pointer to 16 bytes, which the function reads
 *     >16           … which it fills
 *     <>16          … which it reads and changes
 *     <[2]          a pointer to as many bytes as parameter 2 says; parameters count from 0
 *     <8[2]         … to as many elements of 8 bytes as parameter 2 says
 *     $             a pointer to text, which a NUL ends
 *     $256          … within 256 bytes, the NUL included
 *
 * After a pointer may follow, in this order:
 *
 *     @4            its address must be a multiple of 4; 2, 4, 8 and 16 can be asked for
 *     ?             it may be null, which is address 0; the function then gets NULL
 *     !             it must not be null
 *
 * Without ? and ! address 0 is an address as any other, as it is in WebAssembly. The
 * parameter that counts must be an i, I or z, is unsigned, stands before or behind, and may
 * serve several pointers: "(<[2] >[2] z)". An array of nothing must lie in the memory too,
 * if only at its end. Results are i I f F v c e x or z.
 *
 * Addresses are of the caller's first memory, whatever others it has; what points into those
 * is an i or I, for wisp_memory_at. What is outside of it, misaligned, null against the
 * signature or text without an end traps the module before the function runs.
 * The trap says where: "db.get: parameter 1: 40 bytes at address 65530 are outside the
 * memory of 65536 bytes". No parameter can make the function that trusts its arguments read
 * or write outside the module's memory.
 *
 * It can still be lied to within that memory: ranges may overlap each other (but what it
 * fills never overlaps a text, which would lose its end), and in a memory that threads share
 * the bytes may change while the function runs. One that judges bytes and then uses them
 * copies them first; one that reads a text from such a memory goes by its size.
 *
 * Pointers hold until the memory grows, which it can in a call back into the module and
 * nowhere else. After one, wisp_arg_in and wisp_arg_out say where the bytes are now.
 *
 * Why a text and not tables of structs: a signature stands in one line beside its function
 * and its name, where the three can be compared; the table of structs for three parameters
 * takes ten. Neither is seen by the compiler, so both are checked when they are added.
 *
 * Threads: as for the store.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define WISP_BRIDGE_PARAMS_MAX  16 /* of a function that is offered here … */
#define WISP_BRIDGE_RESULTS_MAX 16 /* … and its results */

/* One argument. */
typedef struct wisp_arg {
    union {
        int32_t i32; /* i */
        uint32_t u32;
        int64_t i64; /* I */
        uint64_t u64;
        float f32;                    /* f */
        double f64;                   /* F */
        wisp_func *func;              /* c */
        void *ref;                    /* e */
        wisp_exception *exception;    /* x */
        uint8_t v128[WISP_V128_SIZE]; /* v */
        uint64_t length;              /* z */
        uint64_t address;             /* of a pointer, in the module's memory */
    };
    union {
        const void *in;   /* what a pointer with < points at, else NULL */
        const char *text; /* $ */
    };
    void *out;   /* what a pointer with > points at, else NULL */
    size_t size; /* bytes there, without the NUL of a text; 0 for a null pointer */
} wisp_arg;

/*
 * As wisp_host_fn, with [args] checked and translated. [caller] is never NULL in a function
 * that has a pointer among its parameters.
 */
typedef wisp_status (*wisp_bridge_fn)(void *user, wisp_instance *caller, const wisp_arg *args,
                                      wisp_value *results, wisp_error *err);

typedef struct wisp_bridge_func {
    const char *name;
    const char *signature;
    wisp_bridge_fn fn;
} wisp_bridge_func;

/*
 * Offers the [count] functions of [funcs] under [module] to modules with 32-bit addresses:
 * pointers and z are i32. All is copied; [user] is handed to each function as it is.
 *
 * Returns WISP_INVALID for a signature that is none, whose text says which and at what
 * letter; the functions before it are offered then. Else as wisp_linker_add_func.
 */
WISP_API wisp_status wisp_bridge_add(wisp_linker *linker, const char *module,
                                     const wisp_bridge_func *funcs, size_t count, void *user,
                                     wisp_error *err);

/* The same for modules with 64-bit addresses: pointers and z are i64. One linker offers a
 * name to either kind of module. */
WISP_API wisp_status wisp_bridge_add64(wisp_linker *linker, const char *module,
                                       const wisp_bridge_func *funcs, size_t count, void *user,
                                       wisp_error *err);

/* Where the bytes are that [arg]->in or [arg]->out pointed at, after [caller]'s memory may
 * have moved; NULL where it was. */
WISP_API const void *wisp_arg_in(wisp_instance *caller, const wisp_arg *arg);
WISP_API void *wisp_arg_out(wisp_instance *caller, const wisp_arg *arg);

/*
 * The fields of a module's structs. Linear memory is little-endian whatever the host is, and
 * a module's idea of alignment need not be the host's; these read and write a number at any
 * address. A host that is little-endian and has asked for the alignment (@8) may lay a
 * struct of its own over the bytes instead, if both compilers lay it out alike.
 */
static inline uint16_t wisp_get_u16(const void *from)
{
    const uint8_t *p = (const uint8_t *)from;
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t wisp_get_u32(const void *from)
{
    const uint8_t *p = (const uint8_t *)from;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t wisp_get_u64(const void *from)
{
    return wisp_get_u32(from) | (uint64_t)wisp_get_u32((const uint8_t *)from + 4) << 32;
}

static inline float wisp_get_f32(const void *from)
{
    uint32_t bits = wisp_get_u32(from);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double wisp_get_f64(const void *from)
{
    uint64_t bits = wisp_get_u64(from);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void wisp_put_u16(void *to, uint16_t value)
{
    uint8_t *p = (uint8_t *)to;
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void wisp_put_u32(void *to, uint32_t value)
{
    wisp_put_u16(to, (uint16_t)value);
    wisp_put_u16((uint8_t *)to + 2, (uint16_t)(value >> 16));
}

static inline void wisp_put_u64(void *to, uint64_t value)
{
    wisp_put_u32(to, (uint32_t)value);
    wisp_put_u32((uint8_t *)to + 4, (uint32_t)(value >> 32));
}

static inline void wisp_put_f32(void *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    wisp_put_u32(to, bits);
}

static inline void wisp_put_f64(void *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    wisp_put_u64(to, bits);
}

#ifdef __cplusplus
}
#endif

#endif
