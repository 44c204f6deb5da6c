#ifndef WISP_WASM_H
#define WISP_WASM_H

#include <wisp/base.h>

/*
 * The WebAssembly engine: bytes -> module -> instance -> call.
 *
 *     wisp_module *module;                        // decoded, validated, compiled: immutable
 *     wisp_module_new(NULL, bytes, &module, &err);
 *
 *     wisp_store *store;                          // one world: memory, stack, fuel, limits
 *     wisp_store_new(NULL, &store, &err);
 *
 *     wisp_linker *linker;                        // what the module may import
 *     wisp_linker_new(store, &linker, &err);
 *     wisp_linker_add_func(linker, "env", "add", "(ii)i", host_add, NULL, &err);
 *
 *     wisp_instance *instance;
 *     wisp_instance_new(store, module, linker, &instance, &err);
 *
 *     wisp_value args[] = {wisp_i32(20), wisp_i32(22)}, result;
 *     wisp_call_export(instance, "sum", args, 2, &result, 1, &err);
 *
 * It runs WebAssembly 1.0 with mutable globals, sign extension, non-trapping float-to-int
 * conversion and all of WISP_FEATURES below, of which a program can deny some. "Spec" below is
 * the WebAssembly core specification, 3.0.
 *
 * A module can do nothing but compute, use the linear memories and tables of its store
 * and call what its linker offers. It cannot run longer than its fuel, nor use more memory
 * or stack than its store allows; in a shared memory it can wait, for wait_max_ms at a time.
 *
 * Threads: a module is immutable, but for functions that are compiled when they are called,
 * and may be used by any number of stores on any threads at once. A store and everything in it
 * (instances, functions, memories, linkers) belong to one thread at a time; only
 * wisp_store_interrupt may be called from another. Shared memories are what stores on several
 * threads have in common: see wisp_shared_memory_new.
 *
 * Lifetimes: what is made in a store lives until wisp_store_free, which frees it all. A
 * module must outlive every store that has an instance of it.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_module wisp_module;
typedef struct wisp_store wisp_store;
typedef struct wisp_linker wisp_linker;
typedef struct wisp_instance wisp_instance;
typedef struct wisp_func wisp_func;
typedef struct wisp_memory wisp_memory;
typedef struct wisp_shared_memory wisp_shared_memory;
typedef struct wisp_table wisp_table;
typedef struct wisp_global wisp_global;
typedef struct wisp_tag wisp_tag;
typedef struct wisp_exception wisp_exception;

#define WISP_PAGE_SIZE 65536u /* bytes of one page of linear memory */

/* ------------------------------------------------------------------ types and values */

/*
 * A value type: a code in the low byte, which is the one that encodes it (Spec 5.3), with
 * more for references. WISP_NON_NULL makes of (ref null func) a (ref func). A
 * WISP_TYPED_FUNCREF, a reference to functions of one type, has that type's index above:
 * compare with wisp_typed_funcref(3) for (ref null 3), which can be or-ed with
 * WISP_NON_NULL too. All other types are equal to one of these constants.
 *
 * What the index counts depends on who gives the type: that of a module's import or export
 * is of the module's own types (the first of equal ones), that of something in a store is the
 * number that the store gives to each different function type.
 */
typedef uint32_t wisp_valtype;

enum {
    WISP_I32 = 0x7f,
    WISP_I64 = 0x7e,
    WISP_F32 = 0x7d,
    WISP_F64 = 0x7c,
    WISP_V128 = 0x7b,
    WISP_FUNCREF = 0x70,
    WISP_EXTERNREF = 0x6f,
    WISP_EXNREF = 0x69,
    WISP_NULLFUNCREF = 0x73, /* of these three only null is a value */
    WISP_NULLEXTERNREF = 0x72,
    WISP_NULLEXNREF = 0x74,
    WISP_TYPED_FUNCREF = 0x63,
    WISP_NON_NULL = 0x100
};

#define WISP_V128_SIZE         16 /* bytes of a v128 */
#define WISP_VALTYPE_INDEX_MAX 0x7fffff

/* The type (ref null [index]). */
static inline wisp_valtype wisp_typed_funcref(uint32_t index)
{
    return WISP_TYPED_FUNCREF | index << 9;
}

/* The index in [type], whose code is WISP_TYPED_FUNCREF. */
static inline uint32_t wisp_valtype_index(wisp_valtype type)
{
    return type >> 9;
}

/* The low byte: WISP_FUNCREF for (ref func), WISP_TYPED_FUNCREF for (ref null 3). */
static inline uint8_t wisp_valtype_code(wisp_valtype type)
{
    return type & 0xff;
}

/*
 * The text format's name ("i32", "funcref", "(ref extern)", …), static; "?" for no type. A
 * WISP_TYPED_FUNCREF is "(ref null type)" or "(ref type)": wisp_valtype_print tells the
 * index. Any thread.
 */
WISP_API const char *wisp_valtype_name(wisp_valtype type);

#define WISP_VALTYPE_TEXT_MAX 24

/* Writes the same with the index, "(ref null 3)", into [into] and returns it. */
WISP_API const char *wisp_valtype_print(wisp_valtype type, char into[WISP_VALTYPE_TEXT_MAX]);

/*
 * A value with its type. A null reference is a NULL pointer of its type. An externref is a
 * pointer of the program's that the module can hold and hand back, but not look into. All
 * references to functions, of whatever type, are in [funcref]. A v128 is its 16 bytes as they
 * are in linear memory: lane 0 first, each lane little-endian, on every machine.
 */
typedef struct wisp_value {
    wisp_valtype type;
    union {
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
        wisp_func *funcref;
        void *externref;
        wisp_exception *exnref;
        uint8_t v128[WISP_V128_SIZE];
    } of;
} wisp_value;

static inline wisp_value wisp_i32(int32_t v)
{
    wisp_value value;
    value.type = WISP_I32;
    value.of.i32 = v;
    return value;
}

static inline wisp_value wisp_i64(int64_t v)
{
    wisp_value value;
    value.type = WISP_I64;
    value.of.i64 = v;
    return value;
}

static inline wisp_value wisp_f32(float v)
{
    wisp_value value;
    value.type = WISP_F32;
    value.of.f32 = v;
    return value;
}

static inline wisp_value wisp_f64(double v)
{
    wisp_value value;
    value.type = WISP_F64;
    value.of.f64 = v;
    return value;
}

/* A v128 of the 16 bytes at [lanes]. */
static inline wisp_value wisp_v128_value(const uint8_t lanes[WISP_V128_SIZE])
{
    wisp_value value;
    int i;
    value.type = WISP_V128;
    for (i = 0; i < WISP_V128_SIZE; i++)
        value.of.v128[i] = lanes[i];
    return value;
}

/* A function's type. The arrays are borrowed from whoever gave it. */
typedef struct wisp_functype {
    const wisp_valtype *params;
    const wisp_valtype *results;
    uint32_t param_count, result_count;
} wisp_functype;

typedef enum wisp_extern_kind {
    WISP_EXTERN_FUNC,
    WISP_EXTERN_TABLE,
    WISP_EXTERN_MEMORY,
    WISP_EXTERN_GLOBAL,
    WISP_EXTERN_TAG
} wisp_extern_kind;

/* "func", "table", "memory", "global" or "tag". Static. Any thread. */
WISP_API const char *wisp_extern_kind_name(wisp_extern_kind kind);

/* Pages of a memory or elements of a table. [max] is UINT64_MAX where there is no limit. */
typedef struct wisp_limits {
    uint64_t min, max;
} wisp_limits;

/* What a linear memory is (Spec 2.3.11). */
typedef struct wisp_memory_type {
    wisp_limits limits; /* in pages */
    uint32_t page_size; /* bytes of a page: WISP_PAGE_SIZE, which 0 stands for as well, or 1 */
    bool is_64;         /* addresses have 64 bits, not 32 */
    bool is_shared;     /* usable by several threads at once; must have a maximum */
} wisp_memory_type;

/* What a table is (Spec 2.3.12). */
typedef struct wisp_table_type {
    wisp_valtype element;
    wisp_limits limits; /* in elements */
    bool is_64;         /* indices have 64 bits, not 32 */
} wisp_table_type;

/* What an import asks for or an export offers. */
typedef struct wisp_extern_type {
    wisp_extern_kind kind;
    wisp_functype func;   /* kind FUNC; kind TAG: the values as parameters */
    wisp_limits limits;   /* kinds TABLE and MEMORY */
    bool is_64;           /* kinds TABLE and MEMORY: addresses or indices of 64 bits */
    uint32_t page_size;   /* kind MEMORY: bytes of a page */
    bool is_shared;       /* kind MEMORY */
    wisp_valtype valtype; /* kind TABLE: of its elements; kind GLOBAL: of its value */
    bool is_mutable;      /* kind GLOBAL */
} wisp_extern_type;

/* ------------------------------------------------------------------ features */

/*
 * What WebAssembly got after its first version and a program may want to keep out, with the
 * names that tools and errors use. The numbers never change.
 */
#define WISP_FEATURES(X)                                                                         \
    X(0, MULTI_VALUE, "multi-value")                 /* several results, typed blocks */         \
    X(1, BULK_MEMORY, "bulk-memory")                 /* memory.copy, passive segments, … */    \
    X(2, REFERENCE_TYPES, "reference-types")         /* externref, table.get, tables, … */     \
    X(3, EXTENDED_CONST, "extended-const")           /* arithmetic in constant expressions */    \
    X(4, TAIL_CALLS, "tail-calls")                   /* return_call, … */                      \
    X(5, FUNCTION_REFERENCES, "function-references") /* call_ref, (ref $type), … */            \
    X(6, EXCEPTIONS, "exceptions")                   /* tags, throw, try_table */                \
    X(7, LEGACY_EXCEPTIONS, "legacy-exceptions")     /* try, catch, delegate */                  \
    X(8, SIMD, "simd")                               /* v128 */                                  \
    X(9, RELAXED_SIMD, "relaxed-simd")               /* i8x16.relaxed_swizzle, … */            \
    X(10, MULTI_MEMORY, "multi-memory")              /* more than one memory */                  \
    X(11, MEMORY64, "memory64")                      /* memories and tables of 64-bit indices */ \
    X(12, CUSTOM_PAGE_SIZES, "custom-page-sizes")    /* pages of one byte */                     \
    X(13, WIDE_ARITHMETIC, "wide-arithmetic")        /* i64.add128, i64.mul_wide_u, … */       \
    X(14, THREADS, "threads")                        /* shared memories, atomic instructions */

/* Bits, to be combined by |. */
typedef enum wisp_feature {
#define X(number, name, text) WISP_FEATURE_##name = 1 << (number),
    WISP_FEATURES(X)
#undef X
} wisp_feature;

/* All of the above. */
#define X(number, name, text) | 1u << (number)
enum { WISP_FEATURES_ALL = 0 WISP_FEATURES(X) };
#undef X

/* The name of the lowest of [features]; "?" for none. Static. Any thread. */
WISP_API const char *wisp_feature_name(uint32_t features);

/* The feature called [name]; 0 where there is none. Any thread. */
WISP_API uint32_t wisp_feature_find(const char *name);

/* The features that this build of Wisp has; a module that uses another one is refused as if
 * the program had denied it. Any thread. */
WISP_API uint32_t wisp_features_built_in(void);

/* ------------------------------------------------------------------ modules */

/*
 * Decodes, validates and compiles the module in [bytes] (Spec 5 and 3). On success *[out]
 * is the caller's, to be freed by wisp_module_free. [bytes] are copied.
 *
 * Returns WISP_MALFORMED for bytes that are no module, WISP_MISMATCH for a module that
 * does not validate, WISP_UNSUPPORTED for a feature that Wisp does not have, WISP_LIMIT for
 * a module over the limits in docs/limits.md, WISP_NO_MEMORY. err->offset is the place in
 * [bytes]. Never crashes, whatever the bytes. Any thread.
 */
WISP_API wisp_status wisp_module_new(const wisp_allocator *allocator, wisp_bytes bytes,
                                     wisp_module **out, wisp_error *err);

/*
 * The same without the copy: [bytes] must stay as they are until wisp_module_free, as an
 * array in the program's own read-only data does.
 */
WISP_API wisp_status wisp_module_new_borrowed(const wisp_allocator *allocator, wisp_bytes bytes,
                                              wisp_module **out, wisp_error *err);

/* How to load a module. Initialise with {0} and set what matters. */
typedef struct wisp_module_config {
    const wisp_allocator *allocator;
    uint32_t deny; /* WISP_FEATURE_ bits that the module must not use */
    bool borrow;   /* make no copy of the bytes, as wisp_module_new_borrowed */
    bool lazy;     /* compile each function when it is first called: see wisp_module_compile */
} wisp_module_config;

/*
 * The same by [config] (NULL for defaults), which is copied. A module that uses a denied
 * feature gives WISP_UNSUPPORTED; the text says which and at which byte.
 */
WISP_API wisp_status wisp_module_load(const wisp_module_config *config, wisp_bytes bytes,
                                      wisp_module **out, wisp_error *err);

/*
 * Compiles function [func_index] of a module that was loaded with [lazy], unless it is compiled
 * already, as all functions are of other modules.
 *
 * Such a module is loaded in a fraction of the time, and takes memory for the functions alone
 * that run. Bodies are neither validated nor compiled until then, and one that never runs may be
 * invalid. The first call of a function, whoever makes it, compiles it. It costs no more fuel for
 * that. A body at fault ends the call with a trap of code BODY, whose text and offset are those
 * of the error that wisp_module_load would have given; so does memory that is refused, in which
 * case the next call tries again. Threads may call functions of one module at once; the module's
 * allocator is asked by one at a time, whichever it is.
 *
 * This function is for those who would rather know before, or have a thread that compiles what
 * will be wanted. Returns what wisp_module_load would for the body, and WISP_INVALID if there is
 * no such function. Any thread.
 */
WISP_API wisp_status wisp_module_compile(const wisp_module *module, uint32_t func_index,
                                         wisp_error *err);

/* The features that [module] uses, as WISP_FEATURE_ bits; of functions that are not compiled yet
 * (wisp_module_config.lazy) it is not known what they use. Any thread. */
WISP_API uint32_t wisp_module_features(const wisp_module *module);

/* Frees [module]. NULL is fine. No store may have an instance of it any more. */
WISP_API void wisp_module_free(wisp_module *module);

typedef struct wisp_import {
    const char *module, *name;     /* UTF-8, NUL-terminated, but of … */
    size_t module_size, name_size; /* … bytes, which may have NULs among them */
    wisp_extern_type type;
} wisp_import;

typedef struct wisp_export {
    const char *name; /* likewise */
    size_t name_size;
    wisp_extern_type type;
} wisp_export;

/* How many imports [module] has, and the [index]-th of them in the module's order. Borrowed
 * from [module]. An [index] out of range gives false. Any thread. */
WISP_API uint32_t wisp_module_import_count(const wisp_module *module);
WISP_API bool wisp_module_import(const wisp_module *module, uint32_t index, wisp_import *out);

/* The same for its exports. */
WISP_API uint32_t wisp_module_export_count(const wisp_module *module);
WISP_API bool wisp_module_export(const wisp_module *module, uint32_t index, wisp_export *out);

/* The same for its function types, in the order that the index of a WISP_TYPED_FUNCREF counts.
 * The arrays of [out] are borrowed from [module]. */
WISP_API uint32_t wisp_module_type_count(const wisp_module *module);
WISP_API bool wisp_module_type(const wisp_module *module, uint32_t index, wisp_functype *out);

/* A section of the binary, as tools list it. */
typedef struct wisp_section {
    uint8_t id;       /* 0 to 13 (Spec 5.5.2) */
    const char *name; /* "type", "code", … or a custom section's own name; borrowed */
    uint32_t offset;  /* of its content in the module's bytes */
    uint32_t size;    /* of its content */
    uint32_t count;   /* of its entries; 0 for custom and start sections */
} wisp_section;

WISP_API uint32_t wisp_module_section_count(const wisp_module *module);
WISP_API bool wisp_module_section(const wisp_module *module, uint32_t index, wisp_section *out);

/* How many functions [module] has, imported ones included, which come first. Any thread. */
WISP_API uint32_t wisp_module_func_count(const wisp_module *module);
WISP_API uint32_t wisp_module_imported_func_count(const wisp_module *module);

/* The index of the function that is exported, or else called in the name section, as [name].
 * False if there is none. Any thread. */
WISP_API bool wisp_module_find_func(const wisp_module *module, const char *name, uint32_t *out);

/* Takes a [line] of text without a line feed, which is gone when it returns. */
typedef void wisp_code_sink(void *user, const char *line);

/*
 * Lists the code of function [func_index] for people who want to know what the engine made of
 * it: a line that names the function; for each instruction its offset in the module's bytes, its
 * name and immediates; below it the register instructions that came from it, if any did, with
 * the unit that each begins at (docs/engine.md explains them). Where several instructions became
 * one, that stands below the last of them. The form of the lines may change in any version.
 *
 * Compiles the function once more, with memory of [allocator] (NULL: malloc). Returns
 * WISP_INVALID where there is no such function or it is imported, WISP_NO_MEMORY, and
 * WISP_UNSUPPORTED from a build without texts. Any thread.
 */
WISP_API wisp_status wisp_module_list_code(const wisp_module *module,
                                           const wisp_allocator *allocator, uint32_t func_index,
                                           wisp_code_sink *sink, void *user, wisp_error *err);

/* ------------------------------------------------------------------ stores */

/*
 * Where linear memories are. Reserved address space never moves, grows without copying, and is
 * given memory by the system as it is touched; it takes no part in what an allocator counts.
 * Where the system cannot reserve any, memory comes from the allocator all the same.
 */
typedef enum wisp_memory_source {
    WISP_MEMORY_BEST,      /* MAPPED, but ALLOCATED in a store with an allocator of its own */
    WISP_MEMORY_ALLOCATED, /* from the store's allocator; growing may move and copy it */
    WISP_MEMORY_MAPPED     /* reserved address space (mmap), of 64 GiB a memory at the most */
} wisp_memory_source;

/*
 * Limits and sources of one store. Zero means the default in brackets. Initialise with
 * {0} and set what matters.
 */
typedef struct wisp_store_config {
    const wisp_allocator *allocator;
    wisp_memory_source memory_source; /* of its linear memories [WISP_MEMORY_BEST] */
    uint64_t memory_max;              /* bytes of all its linear memories together [256 MiB] */
    uint64_t table_max;               /* elements of all its tables together [1,000,000] */
    uint64_t exception_max;           /* bytes of all its exceptions in use [1 MiB] */
    uint32_t stack_size; /* bytes of the value and call stack of running functions [512 KiB] */
    uint32_t host_depth_max; /* how deep module and program may call each other [64] */
    uint64_t fuel;           /* to start with; see wisp_store_set_fuel [WISP_FUEL_UNLIMITED] */
    uint32_t wait_max_ms;    /* a longer memory.atomic.wait traps, as if interrupted [no end] */
    uint64_t (*now_ns)(void *user); /* the clock of deadlines [none, and so no deadlines] */
    void *now_user;
} wisp_store_config;

#define WISP_FUEL_UNLIMITED UINT64_MAX

/* Makes a store. [config] may be NULL for all defaults; it is copied. */
WISP_API wisp_status wisp_store_new(const wisp_store_config *config, wisp_store **out,
                                    wisp_error *err);

/* Frees [store] and all made in it. NULL is fine. Not while one of its functions runs. */
WISP_API void wisp_store_free(wisp_store *store);

/*
 * Has [fn] called with [user] when [store] is freed, while all in it is still there: for what the
 * program keeps for it elsewhere. Those that were added last are called first. [fn] must not run
 * anything in the store. WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_store_at_free(wisp_store *store, void (*fn)(void *user), void *user,
                                        wisp_error *err);

/*
 * Fuel is how long the store's modules may still run. Each call of a wasm function and each
 * jump back in a loop costs 1 plus one for every 16 instructions of the function or loop
 * body, so that fuel bounds the instructions executed; bulk operations cost one for each
 * 1,024 bytes or 64 elements, and each memory.atomic.wait 1,024, however long it takes. A
 * module that has used it up traps with WISP_TRAP_FUEL.
 * The cost of a run is a property of the module and its input alone: the same on every
 * machine. WISP_FUEL_UNLIMITED never runs out, and is not counted.
 *
 * What a call cost is the difference of wisp_store_fuel before and after it, exactly, however it
 * ended. To measure without a limit, start with WISP_FUEL_UNLIMITED - 1.
 */
WISP_API void wisp_store_set_fuel(wisp_store *store, uint64_t fuel);
WISP_API uint64_t wisp_store_fuel(const wisp_store *store);

/*
 * Makes what runs in [store] trap with WISP_TRAP_INTERRUPTED within a few thousand units of
 * fuel; if nothing runs, the next call does so at its start. The one function here that any
 * thread, or a signal handler, may call.
 */
WISP_API void wisp_store_interrupt(wisp_store *store);

/* Whether that was asked for and has not been heeded yet: what host functions that wait look at,
 * to return early. Any thread. */
WISP_API bool wisp_store_is_interrupted(const wisp_store *store);

#define WISP_DEADLINE_NONE UINT64_MAX

/*
 * Makes what runs in [store] once its clock (now_ns of wisp_store_config) shows [deadline_ns] or
 * more trap with WISP_TRAP_DEADLINE, until another deadline is set; WISP_DEADLINE_NONE takes it
 * away. The clock is looked at about every thousand units of fuel, also where fuel is unlimited:
 * modules notice within some tens of microseconds, a wait in a shared memory within some
 * milliseconds, a single bulk operation or a host function when it is done. So a call that is
 * shorter than that may end well though the deadline is over.
 *
 * WISP_INVALID where the store has no clock. Cheap enough for each call. A host function may set
 * it too.
 */
WISP_API wisp_status wisp_store_set_deadline(wisp_store *store, uint64_t deadline_ns,
                                             wisp_error *err);

/* Whether it has passed: what host functions that wait look at, to return early. */
WISP_API bool wisp_store_is_overdue(const wisp_store *store);

/* ------------------------------------------------------------------ traps */

/* Each trap with the words of the specification's test suite where it has them. */
#define WISP_TRAPS(X)                                                                            \
    X(NONE, "no trap")                                                                           \
    X(UNREACHABLE, "unreachable")                                                                \
    X(MEMORY, "out of bounds memory access")                                                     \
    X(TABLE, "out of bounds table access")                                                       \
    X(UNDEFINED_ELEMENT, "undefined element")                                                    \
    X(UNINITIALIZED_ELEMENT, "uninitialized element")                                            \
    X(SIGNATURE, "indirect call type mismatch")                                                  \
    X(NULL_FUNCTION, "null function reference")                                                  \
    X(NULL_REFERENCE, "null reference")                                                          \
    X(EXCEPTION, "uncaught exception")                                                           \
    X(EXCEPTIONS, "no room for exceptions")                                                      \
    X(DIVIDE_BY_ZERO, "integer divide by zero")                                                  \
    X(OVERFLOW, "integer overflow")                                                              \
    X(CONVERSION, "invalid conversion to integer")                                               \
    X(STACK, "call stack exhausted")                                                             \
    X(FUEL, "all fuel consumed")                                                                 \
    X(INTERRUPTED, "interrupted")                                                                \
    X(HOST, "host function failed")                                                              \
    X(UNALIGNED, "unaligned atomic")                                                             \
    X(NOT_SHARED, "expected shared memory")                                                      \
    X(BODY, "function body at fault")                                                            \
    X(DEADLINE, "deadline exceeded")

typedef enum wisp_trap_code {
#define X(name, text) WISP_TRAP_##name,
    WISP_TRAPS(X)
#undef X
} wisp_trap_code;

/* The words of [code]. Static; never NULL. Any thread. */
WISP_API const char *wisp_trap_text(wisp_trap_code code);

/* One function that was running, innermost first. */
typedef struct wisp_frame {
    const wisp_instance *instance; /* NULL for a function of the program's */
    const wisp_module *module;     /* NULL for a function of the program's */
    const char *func_name;         /* from the name section or an export; NULL where unknown */
    uint32_t func_index;           /* in the module's function index space */
    uint32_t offset;               /* of the instruction in the module's bytes; 0 where unknown */
    uint32_t body_offset;          /* of the function's body there */
} wisp_frame;

#define WISP_TRAP_FRAMES_MAX 32

typedef struct wisp_trap {
    wisp_trap_code code;
    char text[WISP_ERROR_TEXT_MAX]; /* wisp_trap_text(code); HOST: the function's own words;
                                     * BODY: those that loading would have failed with */
    uint32_t frame_count;           /* how many frames follow, WISP_TRAP_FRAMES_MAX at the most */
    uint32_t depth;                 /* how many there were */
    bool has_address; /* MEMORY, in a module with outside access (wisp_module_load_outside) */
    uint64_t address; /* the first byte of the access, where there is one */
    wisp_frame frames[WISP_TRAP_FRAMES_MAX];
} wisp_trap;

/* The trap that ended the last call into [store] that returned WISP_TRAP; code NONE if there
 * was none. Borrowed; valid until the next call into the store. */
WISP_API const wisp_trap *wisp_store_trap(const wisp_store *store);

/*
 * Writes [trap] as text, one line for the trap and one for each frame, into [into] of [size]
 * bytes, NUL-terminated and cut where it does not fit. Returns the length of the whole text
 * without the NUL, as snprintf does.
 */
WISP_API size_t wisp_trap_print(const wisp_trap *trap, char *into, size_t size);

/* ------------------------------------------------------------------ host functions, linking */

/*
 * A function of the program's that a module calls. [args] are as many and of the types that
 * its signature says; it fills [results], whose types are set beforehand. [caller] is the
 * instance that called, NULL if the program did through wisp_call.
 *
 * It returns WISP_OK to go on. Anything else traps the module with WISP_TRAP_HOST; the text
 * is what it wrote to [err] (never NULL), or the status's name. A host function may call
 * back into the store. It must not free the store.
 */
typedef wisp_status (*wisp_host_fn)(void *user, wisp_instance *caller, const wisp_value *args,
                                    wisp_value *results, wisp_error *err);

/*
 * Makes a function of the program's, to be offered to modules, put into a table or called.
 * [type] is copied; it may have no typed references. [name] is for backtraces, is copied and may
 * be NULL. wisp_linker_add_func is shorter where the type is known when the program is
 * written; <wisp/bridge.h> checks what pointers of modules point at.
 */
WISP_API wisp_status wisp_func_new(wisp_store *store, const char *name, wisp_functype type,
                                   wisp_host_fn fn, void *user, wisp_func **out, wisp_error *err);

/*
 * Makes an empty linker: the names that modules of [store] may import.
 */
WISP_API wisp_status wisp_linker_new(wisp_store *store, wisp_linker **out, wisp_error *err);

/*
 * Offers [fn] as [module].[name]. [signature] is "(params)results" with one letter a value:
 * i = i32, I = i64, f = f32, F = f64, v = v128, c = funcref, e = externref, x = exnref;
 * "(iI)f" takes an i32 and an i64 and gives an f32. Names are copied; [user] is handed to
 * [fn] as it is. Adding a name again replaces it. Returns WISP_INVALID for a bad
 * signature.
 */
WISP_API wisp_status wisp_linker_add_func(wisp_linker *linker, const char *module,
                                          const char *name, const char *signature,
                                          wisp_host_fn fn, void *user, wisp_error *err);

/* A thing that can be imported and exported. */
typedef struct wisp_extern {
    wisp_extern_kind kind;
    union {
        wisp_func *func;
        wisp_table *table;
        wisp_memory *memory;
        wisp_global *global;
        wisp_tag *tag;
    } of;
} wisp_extern;

/* The type of [item] as it is now: the minimum of a memory's or table's limits is its size. The
 * arrays of a function's are borrowed from the store. */
WISP_API wisp_extern_type wisp_extern_type_of(const wisp_extern *item);

/* Offers [item], of the same store, as [module].[name]. */
WISP_API wisp_status wisp_linker_add(wisp_linker *linker, const char *module, const char *name,
                                     wisp_extern item, wisp_error *err);

/* Offers every export of [instance] under [module], so that later modules can import it. */
WISP_API wisp_status wisp_linker_add_instance(wisp_linker *linker, const char *module,
                                              const wisp_instance *instance, wisp_error *err);

/*
 * Checks that every import of [module] is offered with the type it asks for, without making
 * anything. Returns WISP_NOT_FOUND or WISP_MISMATCH, whose text names the import and what
 * was found.
 */
WISP_API wisp_status wisp_linker_check(const wisp_linker *linker, const wisp_module *module,
                                       wisp_error *err);

/* ------------------------------------------------------------------ instances */

/*
 * Instantiates [module] with what [linker] offers (NULL: nothing) and runs its start
 * function (Spec 4.5.4). *[out] belongs to [store].
 *
 * Returns what wisp_linker_check does; WISP_LIMIT where the store's limits forbid its
 * memories or tables; WISP_TRAP where a segment does not fit or the start function traps.
 * As the specification says, segments written to imported memories and tables before a
 * trap stay written.
 */
WISP_API wisp_status wisp_instance_new(wisp_store *store, const wisp_module *module,
                                       const wisp_linker *linker, wisp_instance **out,
                                       wisp_error *err);

/*
 * The same with imports that were found already: [imports] are [count] items in the order of the
 * module's imports. Returns WISP_MISMATCH for another count than the module has.
 */
WISP_API wisp_status wisp_instance_new_with(wisp_store *store, const wisp_module *module,
                                            const wisp_extern *imports, uint32_t count,
                                            wisp_instance **out, wisp_error *err);

/* Looks up an export of [instance] by name; false where there is none. */
WISP_API bool wisp_instance_export(const wisp_instance *instance, const char *name,
                                   wisp_extern *out);

/* The [index]-th export, in the order of wisp_module_export; false where there is none. */
WISP_API bool wisp_instance_export_at(const wisp_instance *instance, uint32_t index,
                                      wisp_extern *out);

/* Looks up by name, one kind; NULL where there is none of that name and kind. */
WISP_API wisp_func *wisp_instance_func(const wisp_instance *instance, const char *name);
WISP_API wisp_memory *wisp_instance_memory(const wisp_instance *instance, const char *name);
WISP_API wisp_table *wisp_instance_table(const wisp_instance *instance, const char *name);
WISP_API wisp_global *wisp_instance_global(const wisp_instance *instance, const char *name);
WISP_API wisp_tag *wisp_instance_tag(const wisp_instance *instance, const char *name);

WISP_API const wisp_module *wisp_instance_module(const wisp_instance *instance);
WISP_API wisp_store *wisp_instance_store(const wisp_instance *instance);

/* ------------------------------------------------------------------ calls */

/*
 * Calls [func] with [args] and fills [results]; both counts and the types of [args] must be
 * those of its type, else WISP_MISMATCH and nothing runs. Returns WISP_TRAP if it trapped:
 * err has the summary, wisp_store_trap the backtrace. After a trap the store can be used
 * again; memories and globals are as the module left them.
 */
WISP_API wisp_status wisp_call(wisp_func *func, const wisp_value *args, uint32_t arg_count,
                               wisp_value *results, uint32_t result_count, wisp_error *err);

/* wisp_call on the function that [instance] exports as [name]; WISP_NOT_FOUND without it. */
WISP_API wisp_status wisp_call_export(wisp_instance *instance, const char *name,
                                      const wisp_value *args, uint32_t arg_count,
                                      wisp_value *results, uint32_t result_count,
                                      wisp_error *err);

/* The type of [func]. Borrowed; valid as long as its store. */
WISP_API wisp_functype wisp_func_type(const wisp_func *func);

/* ------------------------------------------------------------------ exceptions */

/*
 * A module can throw an exception, which has a tag and values, and catch it again, and so can
 * functions of the program:
 *
 *     static wisp_status host_open(void *user, wisp_instance *caller, const wisp_value *args,
 *                                  wisp_value *results, wisp_error *err)
 *     {
 *         ...
 *         wisp_value code = wisp_i32(errno);
 *         wisp_exception *failure;
 *         if (wisp_exception_new(tag, &code, 1, &failure, err))
 *             return WISP_LIMIT;
 *         wisp_status status = wisp_exception_throw(failure);
 *         wisp_exception_release(failure);
 *         return status;
 *     }
 *
 * An exception passes through all instances of the store up to the innermost call by the
 * program. Where nothing catches it, wisp_call returns WISP_TRAP, the trap's code is
 * WISP_TRAP_EXCEPTION, its backtrace says where it was thrown, and wisp_store_exception has it.
 * A host function that called back into the store and gets one so may handle it, or hand it on
 * by wisp_exception_throw. Traps are no exceptions: no module can catch them.
 *
 * Modules keep references to exceptions, in values of type exnref. The store frees exceptions
 * that nothing in it refers to any more when it needs room for others (exception_max in
 * wisp_store_config). One that the program got from the store is good until the next call of
 * one of the store's functions; wisp_exception_hold keeps it longer. The arguments of a host
 * function are good while it runs.
 */

/* Makes a tag for exceptions with the values of [signature], "(iI)" as for host functions but
 * without results, to be offered to modules by a linker. */
WISP_API wisp_status wisp_tag_new(wisp_store *store, const char *signature, wisp_tag **out,
                                  wisp_error *err);

/* The values of exceptions of [tag], as parameters. Borrowed; valid as long as its store. */
WISP_API wisp_functype wisp_tag_type(const wisp_tag *tag);

/*
 * Makes an exception of [tag], in its store, with [count] [values] of the tag's types, else
 * WISP_MISMATCH. The program holds it, and must release it. WISP_LIMIT where there is no room.
 */
WISP_API wisp_status wisp_exception_new(wisp_tag *tag, const wisp_value *values, uint32_t count,
                                        wisp_exception **out, wisp_error *err);

/* Holds [exception] once more: it lives until it has been released as often as it was held, or
 * its store is freed. wisp_exception_release(NULL) is fine. */
WISP_API void wisp_exception_hold(wisp_exception *exception);
WISP_API void wisp_exception_release(wisp_exception *exception);

WISP_API wisp_tag *wisp_exception_tag(const wisp_exception *exception);

/* The [index]-th value of [exception]; false if it has not so many. */
WISP_API bool wisp_exception_value(const wisp_exception *exception, uint32_t index,
                                   wisp_value *out);

/* Throws [exception] from a host function, which must then return what this returns. */
WISP_API wisp_status wisp_exception_throw(wisp_exception *exception);

/* The exception that ended the last call into [store], if one did; else NULL. Borrowed; good
 * until the next call into the store. */
WISP_API wisp_exception *wisp_store_exception(const wisp_store *store);

/* ------------------------------------------------------------------ outside access */

/*
 * Outside access: a module works on memory that is not its own, at addresses that it was given.
 *
 * An address of 64 bits can name far more bytes than a linear memory has. In a module that was
 * loaded by wisp_module_load_outside what is not linear memory is the program's to define. An
 * access to a memory of 64-bit addresses (WISP_FEATURE_MEMORY64) whose first byte is
 *
 *     below WISP_OUTSIDE_FIRST    traps: a pointer that is null, and what is behind it
 *     below the memory's size     is to linear memory, as ever, and traps if it ends beyond
 *     anywhere else               is made by functions of the program's, or traps
 *
 * So a pointer may be to either, and the module's code need not know: what is compiled for wasm64
 * lays out structures as 64-bit machines do. Only linear memory grows, is in snapshots and gets
 * segments of data. The program sees to it that no address has two meanings.
 *
 * All loads and stores, bulk and atomic instructions go outside, but memory.atomic.wait and
 * notify, which trap there. Bulk instructions of no bytes access nothing, whatever the addresses.
 * What memory.copy or fill had written before the program refused the rest stays written.
 * Memories of 32-bit addresses have no outside.
 */
enum { WISP_OUTSIDE_FIRST = 4096 };

/*
 * Each function gives true, or false for an access that is refused: then the module traps with
 * WISP_TRAP_MEMORY, and wisp_trap says at which address. They run on the thread of the store,
 * while it runs, and must not call into it.
 *
 * A range never wraps around the end of the address space. Numbers are little-endian, as in
 * linear memory. An access of 1, 2, 4 or 8 bytes that is aligned is to be made whole, if other
 * threads use the same memory; any other may be made in parts.
 */
typedef struct wisp_outside {
    /* Copies the [size] bytes at [address] into [into]. */
    bool (*read)(void *user, uint64_t address, void *into, size_t size);

    /* Copies [size] bytes from [from] to [address]. */
    bool (*write)(void *user, uint64_t address, const void *from, size_t size);

    /*
     * Atomically replaces the number of [size] bytes (1, 2, 4 or 8) at [address], which is
     * aligned, by [value] if it is *[expected]; in either case puts what was there into
     * *[expected], its upper bits zero. NULL: atomic instructions that modify trap outside.
     */
    bool (*exchange)(void *user, uint64_t address, size_t size, uint64_t *expected,
                     uint64_t value);
    void *user;
} wisp_outside;

/* wisp_module_load for a module with outside access. In each store it reaches what that was
 * given by wisp_store_set_outside. Programs that do not call this do not have the code for it;
 * builds that left it out give WISP_UNSUPPORTED. */
WISP_API wisp_status wisp_module_load_outside(const wisp_module_config *config, wisp_bytes bytes,
                                              wisp_module **out, wisp_error *err);

/* Makes [outside], which is copied, what modules in [store] reach; NULL for nothing, as it is at
 * first: then they trap. Any time; a host function may set it too. */
WISP_API void wisp_store_set_outside(wisp_store *store, const wisp_outside *outside);

/* ------------------------------------------------------------------ memories, tables, globals */

/* Makes a memory of [limits] in pages, to be offered to modules by a linker. */
WISP_API wisp_status wisp_memory_new(wisp_store *store, wisp_limits limits, wisp_memory **out,
                                     wisp_error *err);

/* The same for a memory of any type. */
WISP_API wisp_status wisp_memory_new_typed(wisp_store *store, const wisp_memory_type *type,
                                           wisp_memory **out, wisp_error *err);

/* Bytes of [memory] now; always whole pages. */
WISP_API uint64_t wisp_memory_size(const wisp_memory *memory);

/* Grows [memory] by [pages]. WISP_LIMIT where its maximum or its store forbids it. */
WISP_API wisp_status wisp_memory_grow(wisp_memory *memory, uint64_t pages, wisp_error *err);

/*
 * Copies [size] bytes out of or into linear memory at [address]. A range that is not wholly
 * inside gives WISP_LIMIT and copies nothing.
 */
WISP_API wisp_status wisp_memory_read(const wisp_memory *memory, uint64_t address, void *into,
                                      size_t size, wisp_error *err);
WISP_API wisp_status wisp_memory_write(wisp_memory *memory, uint64_t address, const void *from,
                                       size_t size, wisp_error *err);

/*
 * The [size] bytes of linear memory at [address] in place, or NULL where they are not wholly
 * inside. Little-endian and not aligned. The pointer is good until the store runs a function
 * or grows the memory: look it up again after each. That of a shared memory stays good, but
 * other threads may write there: access it by atomic operations.
 */
WISP_API uint8_t *wisp_memory_at(wisp_memory *memory, uint64_t address, uint64_t size);

/*
 * Mapping: pages of a file, a memfd for instance, in place of a part of linear memory, so that
 * modules read and write without a copy what the program or other modules have. The part is a
 * buffer that the module gave away for that; what was in it is gone.
 *
 * It is for what several look at and write at the same time, or stays for many uses: to map a
 * buffer, touch all its pages and unmap it takes the system several times as long as to copy it
 * (docs/engine.md).
 */
typedef struct wisp_mapping {
    int fd;          /* which may be closed afterwards */
    uint64_t offset; /* of the first byte in the file; whole units, as all these are */
    uint64_t size;   /* bytes */
    bool is_private; /* what the module writes nobody else sees; else all do who map the file */
} wisp_mapping;

/* Bytes of the unit that is mapped, a page of the system; 0 where nothing can be. Any thread. */
WISP_API size_t wisp_memory_map_unit(void);

/*
 * Lays what [mapping] names over [memory] from [address] on. It stays through memory.grow, until
 * wisp_memory_unmap, wisp_snapshot_restore or the end of the store. The file must have all these
 * bytes and keep them: a touch of what was cut off ends the program.
 *
 * WISP_UNSUPPORTED where the memory is shared or not of WISP_MEMORY_MAPPED address space, or the
 * system cannot: the program then copies. WISP_INVALID where [address], offset or size are not in
 * units, or the file is too short; WISP_LIMIT for a range that is not wholly inside the memory;
 * WISP_IO where the system refuses, and then the range reads as zero.
 */
WISP_API wisp_status wisp_memory_map(wisp_memory *memory, uint64_t address,
                                     const wisp_mapping *mapping, wisp_error *err);

/* Makes the [size] bytes at [address] the memory's own again, all zero, whether they were mapped
 * or not. Fails as wisp_memory_map does. */
WISP_API wisp_status wisp_memory_unmap(wisp_memory *memory, uint64_t address, uint64_t size,
                                       wisp_error *err);

/*
 * Shared memories: the one thing that modules in several stores, and so on several threads, can
 * use at the same time. To run one program on several threads, make the memory, and for each
 * thread a store, a linker that offers the memory, and an instance of the one module:
 *
 *     wisp_shared_memory *shared;
 *     wisp_shared_memory_new(NULL, &(wisp_memory_type){.limits = {1, 16}}, &shared, &err);
 *
 *     wisp_extern item = {.kind = WISP_EXTERN_MEMORY};            // on each thread
 *     wisp_memory_new_shared(store, shared, &item.of.memory, &err);
 *     wisp_linker_add(linker, "env", "memory", item, &err);
 *
 * A shared memory never moves. It counts for no store's memory_max; one that a module defines may
 * grow to that of its store at the most. A thread that waits in it (memory.atomic.wait32) goes
 * on when it is notified, when its time is over, or by wisp_store_interrupt, within some
 * milliseconds.
 */

/*
 * Makes a shared memory of [type], which must have a maximum, with one holder, the caller. From
 * an [allocator] other than NULL it takes its maximum at once, and gives that back on whichever
 * thread its last holder releases it. Returns WISP_UNSUPPORTED in a build without threads.
 */
WISP_API wisp_status wisp_shared_memory_new(const wisp_allocator *allocator,
                                            const wisp_memory_type *type,
                                            wisp_shared_memory **out, wisp_error *err);

/* One holder more, or less; without any it is freed. A store that has it holds it until it is
 * freed. Releasing NULL is fine. Any thread. */
WISP_API void wisp_shared_memory_hold(wisp_shared_memory *shared);
WISP_API void wisp_shared_memory_release(wisp_shared_memory *shared);

/* Makes [shared] a memory of [store], to be offered to modules by a linker. */
WISP_API wisp_status wisp_memory_new_shared(wisp_store *store, wisp_shared_memory *shared,
                                            wisp_memory **out, wisp_error *err);

/* The shared memory that [memory] is, one that a module exports for instance; NULL if it is not
 * shared. Borrowed: hold it to keep it longer than the store. */
WISP_API wisp_shared_memory *wisp_memory_shared(const wisp_memory *memory);

/* Makes a table of [limits] elements of [type], all null. */
WISP_API wisp_status wisp_table_new(wisp_store *store, wisp_valtype type, wisp_limits limits,
                                    wisp_table **out, wisp_error *err);
/* The same for a table of any type. */
WISP_API wisp_status wisp_table_new_typed(wisp_store *store, const wisp_table_type *type,
                                          wisp_table **out, wisp_error *err);
WISP_API uint64_t wisp_table_size(const wisp_table *table);
/* WISP_LIMIT for an index outside; WISP_MISMATCH for a value of another type. */
WISP_API wisp_status wisp_table_get(const wisp_table *table, uint64_t index, wisp_value *out,
                                    wisp_error *err);
WISP_API wisp_status wisp_table_set(wisp_table *table, uint64_t index, wisp_value value,
                                    wisp_error *err);

/* Grows [table] by [count] elements that are [value]. WISP_LIMIT where its maximum or its store
 * forbids it, WISP_MISMATCH for a value of another type. */
WISP_API wisp_status wisp_table_grow(wisp_table *table, uint64_t count, wisp_value value,
                                     wisp_error *err);

/* Makes a global that holds [value] and has its type. */
WISP_API wisp_status wisp_global_new(wisp_store *store, bool is_mutable, wisp_value value,
                                     wisp_global **out, wisp_error *err);
WISP_API wisp_value wisp_global_get(const wisp_global *global);
/* WISP_INVALID for an immutable global, WISP_MISMATCH for a value of another type. */
WISP_API wisp_status wisp_global_set(wisp_global *global, wisp_value value, wisp_error *err);

/* ------------------------------------------------------------------ snapshots */

/*
 * A snapshot is the state of an instance at one moment: its memories with their sizes, its
 * tables, its mutable globals, and which segments it has dropped. From it an instance of the same
 * module can be made that goes on from there, in this store or another one, later or on another
 * machine; segments and the start function do not run again. What modules import is not part of
 * it: functions, tags and immutable globals come from a linker as ever.
 *
 * A snapshot does not change. It is made of bytes (docs/formats.md), in which pages of zeros are
 * left out; they are the same on every machine. It needs neither store nor module to exist.
 */
typedef struct wisp_snapshot wisp_snapshot;

/*
 * Takes one of [instance], with memory of its store's allocator. *[out] is the caller's.
 *
 * Returns WISP_BUSY while anything runs in the store; WISP_NO_MEMORY; WISP_UNSUPPORTED, whose
 * text says where, for state that is not the instance's alone: a memory, table or mutable global
 * that is imported, a shared memory, a reference to a function that is neither the instance's nor
 * imported by it, to something of the program's or to an exception.
 */
WISP_API wisp_status wisp_snapshot_take(const wisp_instance *instance, wisp_snapshot **out,
                                        wisp_error *err);

/*
 * Instantiates [module], as wisp_instance_new does, in the state of [snapshot], which may come
 * from anywhere: an instance gets no more from it than it could have done to itself.
 *
 * Returns WISP_MISMATCH where it was taken of another module: one whose bytes are not the same
 * by their length and a 64-bit hash. WISP_MALFORMED where the state is not one of the module's,
 * WISP_LIMIT where it exceeds the store's limits; else as wisp_instance_new.
 */
WISP_API wisp_status wisp_instance_new_from(wisp_store *store, const wisp_module *module,
                                            const wisp_linker *linker,
                                            const wisp_snapshot *snapshot, wisp_instance **out,
                                            wisp_error *err);

/*
 * Puts [instance] into the state of [snapshot], which is of the same module. What was mapped into
 * its memories is no longer; pointers into them are no longer good. Fails as
 * wisp_snapshot_take and wisp_instance_new_from do, with nothing changed.
 */
WISP_API wisp_status wisp_snapshot_restore(const wisp_snapshot *snapshot, wisp_instance *instance,
                                           wisp_error *err);

/* All of [snapshot] as bytes, to be kept or sent. Borrowed. Any thread. */
WISP_API wisp_bytes wisp_snapshot_bytes(const wisp_snapshot *snapshot);

/*
 * Makes a snapshot of a copy of [bytes], which may be anything. They have no checksum: whoever
 * keeps them sees to it that they are what was written. WISP_MALFORMED where they are no
 * snapshot, WISP_UNSUPPORTED for another version of the format, WISP_NO_MEMORY. Any thread.
 */
WISP_API wisp_status wisp_snapshot_read(const wisp_allocator *allocator, wisp_bytes bytes,
                                        wisp_snapshot **out, wisp_error *err);

/* Frees [snapshot]. NULL is fine. Any thread that its allocator allows. */
WISP_API void wisp_snapshot_free(wisp_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
