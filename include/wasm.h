#ifndef WASM_H
#define WASM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The C interface to WebAssembly engines that several of them share ("wasm-c-api"), as Wisp
 * has it: a program written for it builds against this header and links libwisp-wasm-c-api.
 * What is Wisp's own, limits and fuel above all, is in <wisp/capi.h>. New programs are better
 * served by <wisp/wasm.h>, which has errors with texts, and allocators.
 *
 *     wasm_engine_t *engine = wasm_engine_new();
 *     wasm_store_t *store = wasm_store_new(engine);
 *     wasm_module_t *module = wasm_module_new(store, &binary);
 *     wasm_extern_vec_t imports = WASM_EMPTY_VEC, exports;
 *     wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
 *     wasm_instance_exports(instance, &exports);
 *     wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results);
 *
 * Ownership: [own] marks what changes hands: a result is the caller's then, a parameter the
 * callee's, even if the call fails; an [out] is filled for the caller. An owned vector owns
 * its elements. All else is borrowed for the call. What is owned is given back by its
 * _delete function, which takes NULL.
 *
 * What a store has (functions, memories, instances, …) is held by handles. _copy makes one
 * more, _delete gives one back. The thing itself, its host info and the finalizer of that live
 * at least as long as a handle or, if it can still be reached by a module, the store. A store is
 * freed when it and every handle into it have been deleted, in any order.
 *
 * Failure: a function that makes something returns NULL, or an empty vector, for arguments that
 * are wrong and where there is no memory.
 *
 * Threads: engines and shared modules belong to any thread. A store and all its handles belong
 * to one at a time.
 */

#ifndef WASM_API_EXTERN
#if defined(__GNUC__)
#define WASM_API_EXTERN __attribute__((visibility("default")))
#else
#define WASM_API_EXTERN
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A word for the reader; gone again at the end of this file. */
#define own

typedef char byte_t;
typedef float float32_t;
typedef double float64_t;

/* ------------------------------------------------------------------ what all have in common */

#define WASM_DECLARE_OWN(name)                                                                   \
    typedef struct wasm_##name##_t wasm_##name##_t;                                              \
    WASM_API_EXTERN void wasm_##name##_delete(own wasm_##name##_t *);

/* A vector: [size] elements at [data]. An uninitialized one is to be filled before it is
 * copied; pointers in it are NULL until then. */
#define WASM_DECLARE_VEC(name, ptr_or_none)                                                      \
    typedef struct wasm_##name##_vec_t {                                                         \
        size_t size;                                                                             \
        wasm_##name##_t ptr_or_none *data;                                                       \
    } wasm_##name##_vec_t;                                                                       \
    WASM_API_EXTERN void wasm_##name##_vec_new_empty(own wasm_##name##_vec_t *out);              \
    WASM_API_EXTERN void wasm_##name##_vec_new_uninitialized(own wasm_##name##_vec_t *out,       \
                                                             size_t size);                       \
    WASM_API_EXTERN void wasm_##name##_vec_new(                                                  \
        own wasm_##name##_vec_t *out, size_t size,                                               \
        own wasm_##name##_t ptr_or_none const elements[]);                                       \
    WASM_API_EXTERN void wasm_##name##_vec_copy(own wasm_##name##_vec_t *out,                    \
                                                const wasm_##name##_vec_t *from);                \
    WASM_API_EXTERN void wasm_##name##_vec_delete(own wasm_##name##_vec_t *);

#define WASM_EMPTY_VEC                                                                           \
    {                                                                                            \
        0, NULL                                                                                  \
    }
#define WASM_ARRAY_VEC(array)                                                                    \
    {                                                                                            \
        sizeof(array) / sizeof(*(array)), array                                                  \
    }

/* Bytes, and names, which are bytes of UTF-8. */
typedef byte_t wasm_byte_t;
WASM_DECLARE_VEC(byte, )

typedef wasm_byte_vec_t wasm_name_t;

#define wasm_name                       wasm_byte_vec
#define wasm_name_new                   wasm_byte_vec_new
#define wasm_name_new_empty             wasm_byte_vec_new_empty
#define wasm_name_new_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_new_uninitialized     wasm_byte_vec_new_uninitialized
#define wasm_name_copy                  wasm_byte_vec_copy
#define wasm_name_delete                wasm_byte_vec_delete

static inline void wasm_name_new_from_string(own wasm_name_t *out, const char *text)
{
    wasm_byte_vec_new(out, strlen(text), text);
}

/* The same with the NUL. */
static inline void wasm_name_new_from_string_nt(own wasm_name_t *out, const char *text)
{
    wasm_byte_vec_new(out, strlen(text) + 1, text);
}

/* ------------------------------------------------------------------ engine and store */

WASM_DECLARE_OWN(config)
WASM_API_EXTERN own wasm_config_t *wasm_config_new(void);

WASM_DECLARE_OWN(engine)
WASM_API_EXTERN own wasm_engine_t *wasm_engine_new(void);
WASM_API_EXTERN own wasm_engine_t *wasm_engine_new_with_config(own wasm_config_t *config);

WASM_DECLARE_OWN(store)
WASM_API_EXTERN own wasm_store_t *wasm_store_new(wasm_engine_t *engine);

/* ------------------------------------------------------------------ types */

typedef uint8_t wasm_mutability_t;
enum wasm_mutability_enum { WASM_CONST, WASM_VAR };

typedef struct wasm_limits_t {
    uint32_t min, max;
} wasm_limits_t;

static const uint32_t wasm_limits_max_default = 0xffffffff; /* no maximum */

#define WASM_DECLARE_TYPE(name)                                                                  \
    WASM_DECLARE_OWN(name)                                                                       \
    WASM_DECLARE_VEC(name, *)                                                                    \
    WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *);

WASM_DECLARE_TYPE(valtype)

typedef uint8_t wasm_valkind_t;

/* Typed references to functions are shown as WASM_FUNCREF. The last two are Wisp's: types
 * that modules can have and that no wasm_val_t can hold. */
enum wasm_valkind_enum {
    WASM_I32,
    WASM_I64,
    WASM_F32,
    WASM_F64,
    WASM_EXTERNREF = 128,
    WASM_FUNCREF,
    WASM_V128 = 4,
    WASM_EXNREF = 130
};

WASM_API_EXTERN own wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind);
WASM_API_EXTERN wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *);

static inline bool wasm_valkind_is_num(wasm_valkind_t kind)
{
    return kind < WASM_EXTERNREF;
}

static inline bool wasm_valkind_is_ref(wasm_valkind_t kind)
{
    return kind >= WASM_EXTERNREF;
}

static inline bool wasm_valtype_is_num(const wasm_valtype_t *type)
{
    return wasm_valkind_is_num(wasm_valtype_kind(type));
}

static inline bool wasm_valtype_is_ref(const wasm_valtype_t *type)
{
    return wasm_valkind_is_ref(wasm_valtype_kind(type));
}

WASM_DECLARE_TYPE(functype)
WASM_API_EXTERN own wasm_functype_t *wasm_functype_new(own wasm_valtype_vec_t *params,
                                                       own wasm_valtype_vec_t *results);
WASM_API_EXTERN const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *);
WASM_API_EXTERN const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *);

WASM_DECLARE_TYPE(globaltype)
WASM_API_EXTERN own wasm_globaltype_t *wasm_globaltype_new(own wasm_valtype_t *content,
                                                           wasm_mutability_t mutability);
WASM_API_EXTERN const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *);
WASM_API_EXTERN wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *);

WASM_DECLARE_TYPE(tabletype)
WASM_API_EXTERN own wasm_tabletype_t *wasm_tabletype_new(own wasm_valtype_t *element,
                                                         const wasm_limits_t *limits);
WASM_API_EXTERN const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *);
WASM_API_EXTERN const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *);

WASM_DECLARE_TYPE(memorytype)
WASM_API_EXTERN own wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits);
WASM_API_EXTERN const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *);

/* Any of these four. A conversion to another kind than it is gives NULL; none changes hands. */
WASM_DECLARE_TYPE(externtype)

typedef uint8_t wasm_externkind_t;
enum wasm_externkind_enum {
    WASM_EXTERN_FUNC,
    WASM_EXTERN_GLOBAL,
    WASM_EXTERN_TABLE,
    WASM_EXTERN_MEMORY
};

WASM_API_EXTERN wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *);

/* Conversions both ways between [one] and [other], and the same of const. */
#define WASM_DECLARE_CONVERSIONS(one, other)                                                     \
    WASM_API_EXTERN wasm_##other##_t *wasm_##one##_as_##other(wasm_##one##_t *);                 \
    WASM_API_EXTERN wasm_##one##_t *wasm_##other##_as_##one(wasm_##other##_t *);                 \
    WASM_API_EXTERN const wasm_##other##_t *wasm_##one##_as_##other##_const(                     \
        const wasm_##one##_t *);                                                                 \
    WASM_API_EXTERN const wasm_##one##_t *wasm_##other##_as_##one##_const(                       \
        const wasm_##other##_t *);

WASM_DECLARE_CONVERSIONS(functype, externtype)
WASM_DECLARE_CONVERSIONS(globaltype, externtype)
WASM_DECLARE_CONVERSIONS(tabletype, externtype)
WASM_DECLARE_CONVERSIONS(memorytype, externtype)

WASM_DECLARE_TYPE(importtype)
WASM_API_EXTERN own wasm_importtype_t *
wasm_importtype_new(own wasm_name_t *module, own wasm_name_t *name, own wasm_externtype_t *type);
WASM_API_EXTERN const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *);
WASM_API_EXTERN const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *);
WASM_API_EXTERN const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *);

WASM_DECLARE_TYPE(exporttype)
WASM_API_EXTERN own wasm_exporttype_t *wasm_exporttype_new(own wasm_name_t *name,
                                                           own wasm_externtype_t *type);
WASM_API_EXTERN const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *);
WASM_API_EXTERN const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *);

/* ------------------------------------------------------------------ values and references */

struct wasm_ref_t;

typedef struct wasm_val_t {
    wasm_valkind_t kind;
    union {
        int32_t i32;
        int64_t i64;
        float32_t f32;
        float64_t f64;
        struct wasm_ref_t *ref;
    } of;
} wasm_val_t;

/* Gives back the reference in [val], if there is one; [val] itself is the caller's. */
WASM_API_EXTERN void wasm_val_delete(own wasm_val_t *val);
WASM_API_EXTERN void wasm_val_copy(own wasm_val_t *out, const wasm_val_t *from);
WASM_DECLARE_VEC(val, )

/*
 * A handle to something in a store. _same tells whether two are of the same thing. Each thing
 * has a host info for the program's use, NULL at first; its finalizer is called with it when
 * another takes its place, or at the end of the thing.
 */
#define WASM_DECLARE_REF_BASE(name)                                                              \
    WASM_DECLARE_OWN(name)                                                                       \
    WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *);            \
    WASM_API_EXTERN bool wasm_##name##_same(const wasm_##name##_t *, const wasm_##name##_t *);   \
    WASM_API_EXTERN void *wasm_##name##_get_host_info(const wasm_##name##_t *);                  \
    WASM_API_EXTERN void wasm_##name##_set_host_info(wasm_##name##_t *, void *info);             \
    WASM_API_EXTERN void wasm_##name##_set_host_info_with_finalizer(                             \
        wasm_##name##_t *, void *info, void (*finalizer)(void *info));

#define WASM_DECLARE_REF(name)                                                                   \
    WASM_DECLARE_REF_BASE(name)                                                                  \
    WASM_DECLARE_CONVERSIONS(name, ref)

/* What one store can share for other stores, on any thread, to obtain. */
#define WASM_DECLARE_SHARABLE_REF(name)                                                          \
    WASM_DECLARE_REF(name)                                                                       \
    WASM_DECLARE_OWN(shared_##name)                                                              \
    WASM_API_EXTERN own wasm_shared_##name##_t *wasm_##name##_share(const wasm_##name##_t *);    \
    WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_obtain(wasm_store_t *,                    \
                                                              const wasm_shared_##name##_t *);

WASM_DECLARE_REF_BASE(ref)

/* A function of a module that was running. The instance is borrowed from the frame; the offsets
 * are bytes from the start of the function's body and of the module. */
WASM_DECLARE_OWN(frame)
WASM_DECLARE_VEC(frame, *)
WASM_API_EXTERN own wasm_frame_t *wasm_frame_copy(const wasm_frame_t *);
WASM_API_EXTERN struct wasm_instance_t *wasm_frame_instance(const wasm_frame_t *);
WASM_API_EXTERN uint32_t wasm_frame_func_index(const wasm_frame_t *);
WASM_API_EXTERN size_t wasm_frame_func_offset(const wasm_frame_t *);
WASM_API_EXTERN size_t wasm_frame_module_offset(const wasm_frame_t *);

typedef wasm_name_t wasm_message_t; /* ends with a NUL, which its size counts */

/* [origin] is the innermost frame, NULL where there is none. */
WASM_DECLARE_REF(trap)
WASM_API_EXTERN own wasm_trap_t *wasm_trap_new(wasm_store_t *, const wasm_message_t *);
WASM_API_EXTERN void wasm_trap_message(const wasm_trap_t *, own wasm_message_t *out);
WASM_API_EXTERN own wasm_frame_t *wasm_trap_origin(const wasm_trap_t *);
WASM_API_EXTERN void wasm_trap_trace(const wasm_trap_t *, own wasm_frame_vec_t *out);

/* A thing of the program's, to be given to modules as an externref. */
WASM_DECLARE_REF(foreign)
WASM_API_EXTERN own wasm_foreign_t *wasm_foreign_new(wasm_store_t *);

/* ------------------------------------------------------------------ modules */

/* Serialized bytes are the module's own; to deserialize them is to load it again. */
WASM_DECLARE_SHARABLE_REF(module)
WASM_API_EXTERN own wasm_module_t *wasm_module_new(wasm_store_t *, const wasm_byte_vec_t *binary);
WASM_API_EXTERN bool wasm_module_validate(wasm_store_t *, const wasm_byte_vec_t *binary);
WASM_API_EXTERN void wasm_module_imports(const wasm_module_t *, own wasm_importtype_vec_t *out);
WASM_API_EXTERN void wasm_module_exports(const wasm_module_t *, own wasm_exporttype_vec_t *out);
WASM_API_EXTERN void wasm_module_serialize(const wasm_module_t *, own wasm_byte_vec_t *out);
WASM_API_EXTERN own wasm_module_t *wasm_module_deserialize(wasm_store_t *,
                                                           const wasm_byte_vec_t *);

/* ------------------------------------------------------------------ what modules im- and export
 */

WASM_DECLARE_REF(func)

/* A function of the program's. [results] is to be filled; a trap that it returns ends the call
 * from outside that led to it. The finalizer of [env] is called at the end of the store. */
typedef own wasm_trap_t *(*wasm_func_callback_t)(const wasm_val_vec_t *args,
                                                 own wasm_val_vec_t *results);
typedef own wasm_trap_t *(*wasm_func_callback_with_env_t)(void *env, const wasm_val_vec_t *args,
                                                          own wasm_val_vec_t *results);

WASM_API_EXTERN own wasm_func_t *wasm_func_new(wasm_store_t *, const wasm_functype_t *,
                                               wasm_func_callback_t);
WASM_API_EXTERN own wasm_func_t *wasm_func_new_with_env(wasm_store_t *, const wasm_functype_t *,
                                                        wasm_func_callback_with_env_t, void *env,
                                                        void (*finalizer)(void *env));
WASM_API_EXTERN own wasm_functype_t *wasm_func_type(const wasm_func_t *);
WASM_API_EXTERN size_t wasm_func_param_arity(const wasm_func_t *);
WASM_API_EXTERN size_t wasm_func_result_arity(const wasm_func_t *);

/* Returns NULL once [results] are filled, which may be fewer than the function's. A call with the
 * wrong number or types of arguments traps, as one for too many results does. */
WASM_API_EXTERN own wasm_trap_t *wasm_func_call(const wasm_func_t *, const wasm_val_vec_t *args,
                                                wasm_val_vec_t *results);

WASM_DECLARE_REF(global)
WASM_API_EXTERN own wasm_global_t *wasm_global_new(wasm_store_t *, const wasm_globaltype_t *,
                                                   const wasm_val_t *);
WASM_API_EXTERN own wasm_globaltype_t *wasm_global_type(const wasm_global_t *);
WASM_API_EXTERN void wasm_global_get(const wasm_global_t *, own wasm_val_t *out);

/* Does nothing to an immutable one, or for a value of another type. */
WASM_API_EXTERN void wasm_global_set(wasm_global_t *, const wasm_val_t *);

WASM_DECLARE_REF(table)
typedef uint32_t wasm_table_size_t;
WASM_API_EXTERN own wasm_table_t *wasm_table_new(wasm_store_t *, const wasm_tabletype_t *,
                                                 wasm_ref_t *init);
WASM_API_EXTERN own wasm_tabletype_t *wasm_table_type(const wasm_table_t *);
WASM_API_EXTERN own wasm_ref_t *wasm_table_get(const wasm_table_t *, wasm_table_size_t index);
WASM_API_EXTERN bool wasm_table_set(wasm_table_t *, wasm_table_size_t index, wasm_ref_t *);
WASM_API_EXTERN wasm_table_size_t wasm_table_size(const wasm_table_t *);
WASM_API_EXTERN bool wasm_table_grow(wasm_table_t *, wasm_table_size_t delta, wasm_ref_t *init);

/* The bytes of a memory may move when it grows. */
WASM_DECLARE_REF(memory)
typedef uint32_t wasm_memory_pages_t;
static const size_t MEMORY_PAGE_SIZE = 0x10000;
WASM_API_EXTERN own wasm_memory_t *wasm_memory_new(wasm_store_t *, const wasm_memorytype_t *);
WASM_API_EXTERN own wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *);
WASM_API_EXTERN byte_t *wasm_memory_data(wasm_memory_t *);
WASM_API_EXTERN size_t wasm_memory_data_size(const wasm_memory_t *);
WASM_API_EXTERN wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *);
WASM_API_EXTERN bool wasm_memory_grow(wasm_memory_t *, wasm_memory_pages_t delta);

/* Any of these four. */
WASM_DECLARE_REF(extern)
WASM_DECLARE_VEC(extern, *)
WASM_API_EXTERN wasm_externkind_t wasm_extern_kind(const wasm_extern_t *);
WASM_API_EXTERN own wasm_externtype_t *wasm_extern_type(const wasm_extern_t *);
WASM_DECLARE_CONVERSIONS(func, extern)
WASM_DECLARE_CONVERSIONS(global, extern)
WASM_DECLARE_CONVERSIONS(table, extern)
WASM_DECLARE_CONVERSIONS(memory, extern)

/* ------------------------------------------------------------------ instances */

/* [imports] are in the order of the module's. Where NULL is returned, *[trap] (unless [trap] is
 * NULL) says why: the start function trapped, a segment or an import does not fit. */
WASM_DECLARE_REF(instance)
WASM_API_EXTERN own wasm_instance_t *wasm_instance_new(wasm_store_t *, const wasm_module_t *,
                                                       const wasm_extern_vec_t *imports,
                                                       own wasm_trap_t **trap);
WASM_API_EXTERN void wasm_instance_exports(const wasm_instance_t *, own wasm_extern_vec_t *out);

/* ------------------------------------------------------------------ for short */

static inline own wasm_valtype_t *wasm_valtype_new_i32(void)
{
    return wasm_valtype_new(WASM_I32);
}

static inline own wasm_valtype_t *wasm_valtype_new_i64(void)
{
    return wasm_valtype_new(WASM_I64);
}

static inline own wasm_valtype_t *wasm_valtype_new_f32(void)
{
    return wasm_valtype_new(WASM_F32);
}

static inline own wasm_valtype_t *wasm_valtype_new_f64(void)
{
    return wasm_valtype_new(WASM_F64);
}

static inline own wasm_valtype_t *wasm_valtype_new_externref(void)
{
    return wasm_valtype_new(WASM_EXTERNREF);
}

static inline own wasm_valtype_t *wasm_valtype_new_funcref(void)
{
    return wasm_valtype_new(WASM_FUNCREF);
}

/* The type of [params] first elements of [types] to the [results] elements behind them. */
static inline own wasm_functype_t *wasm_functype_new_of(own wasm_valtype_t *const types[],
                                                        size_t params, size_t results)
{
    wasm_valtype_vec_t ps, rs;
    wasm_valtype_vec_new(&ps, params, params ? types : NULL);
    wasm_valtype_vec_new(&rs, results, results ? types + params : NULL);
    if (ps.size != params || rs.size != results) {
        wasm_valtype_vec_delete(&ps);
        wasm_valtype_vec_delete(&rs);
        return NULL;
    }
    return wasm_functype_new(&ps, &rs);
}

static inline own wasm_functype_t *wasm_functype_new_0_0(void)
{
    wasm_valtype_t *types[1] = {NULL};
    return wasm_functype_new_of(types, 0, 0);
}

static inline own wasm_functype_t *wasm_functype_new_1_0(own wasm_valtype_t *p)
{
    return wasm_functype_new_of(&p, 1, 0);
}

static inline own wasm_functype_t *wasm_functype_new_2_0(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2)
{
    wasm_valtype_t *types[] = {p1, p2};
    return wasm_functype_new_of(types, 2, 0);
}

static inline own wasm_functype_t *
wasm_functype_new_3_0(own wasm_valtype_t *p1, own wasm_valtype_t *p2, own wasm_valtype_t *p3)
{
    wasm_valtype_t *types[] = {p1, p2, p3};
    return wasm_functype_new_of(types, 3, 0);
}

static inline own wasm_functype_t *wasm_functype_new_0_1(own wasm_valtype_t *r)
{
    return wasm_functype_new_of(&r, 0, 1);
}

static inline own wasm_functype_t *wasm_functype_new_1_1(own wasm_valtype_t *p,
                                                         own wasm_valtype_t *r)
{
    wasm_valtype_t *types[] = {p, r};
    return wasm_functype_new_of(types, 1, 1);
}

static inline own wasm_functype_t *
wasm_functype_new_2_1(own wasm_valtype_t *p1, own wasm_valtype_t *p2, own wasm_valtype_t *r)
{
    wasm_valtype_t *types[] = {p1, p2, r};
    return wasm_functype_new_of(types, 2, 1);
}

static inline own wasm_functype_t *wasm_functype_new_3_1(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *p3,
                                                         own wasm_valtype_t *r)
{
    wasm_valtype_t *types[] = {p1, p2, p3, r};
    return wasm_functype_new_of(types, 3, 1);
}

static inline own wasm_functype_t *wasm_functype_new_0_2(own wasm_valtype_t *r1,
                                                         own wasm_valtype_t *r2)
{
    wasm_valtype_t *types[] = {r1, r2};
    return wasm_functype_new_of(types, 0, 2);
}

static inline own wasm_functype_t *
wasm_functype_new_1_2(own wasm_valtype_t *p, own wasm_valtype_t *r1, own wasm_valtype_t *r2)
{
    wasm_valtype_t *types[] = {p, r1, r2};
    return wasm_functype_new_of(types, 1, 2);
}

static inline own wasm_functype_t *wasm_functype_new_2_2(own wasm_valtype_t *p1,
                                                         own wasm_valtype_t *p2,
                                                         own wasm_valtype_t *r1,
                                                         own wasm_valtype_t *r2)
{
    wasm_valtype_t *types[] = {p1, p2, r1, r2};
    return wasm_functype_new_of(types, 2, 2);
}

static inline own wasm_functype_t *
wasm_functype_new_3_2(own wasm_valtype_t *p1, own wasm_valtype_t *p2, own wasm_valtype_t *p3,
                      own wasm_valtype_t *r1, own wasm_valtype_t *r2)
{
    wasm_valtype_t *types[] = {p1, p2, p3, r1, r2};
    return wasm_functype_new_of(types, 3, 2);
}

/* A pointer of the program's as a number, of 32 or 64 bits as the program's pointers are. */
static inline void wasm_val_init_ptr(own wasm_val_t *out, void *pointer)
{
    bool is_wide = sizeof pointer > sizeof(int32_t);
    out->kind = is_wide ? WASM_I64 : WASM_I32;
    out->of.i64 = 0;
    if (is_wide)
        out->of.i64 = (int64_t)(intptr_t)pointer;
    else
        out->of.i32 = (int32_t)(intptr_t)pointer;
}

static inline void *wasm_val_ptr(const wasm_val_t *val)
{
    return (void *)(val->kind == WASM_I64 ? (intptr_t)val->of.i64 : (intptr_t)val->of.i32);
}

#define WASM_I32_VAL(i)                                                                          \
    {                                                                                            \
        .kind = WASM_I32, .of = {.i32 = i }                                                      \
    }
#define WASM_I64_VAL(i)                                                                          \
    {                                                                                            \
        .kind = WASM_I64, .of = {.i64 = i }                                                      \
    }
#define WASM_F32_VAL(z)                                                                          \
    {                                                                                            \
        .kind = WASM_F32, .of = {.f32 = z }                                                      \
    }
#define WASM_F64_VAL(z)                                                                          \
    {                                                                                            \
        .kind = WASM_F64, .of = {.f64 = z }                                                      \
    }
#define WASM_REF_VAL(r)                                                                          \
    {                                                                                            \
        .kind = WASM_EXTERNREF, .of = {.ref = r }                                                \
    }
#define WASM_INIT_VAL                                                                            \
    {                                                                                            \
        .kind = WASM_EXTERNREF, .of = {.ref = NULL }                                             \
    }

#undef own

#ifdef __cplusplus
}
#endif

#endif
