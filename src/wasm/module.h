#ifndef WISP_WASM_MODULE_H
#define WISP_WASM_MODULE_H

#include <stddef.h>

#include <wisp/wasm.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/reader.h"
#include "wasm/feature_set.h"

/*
 * A decoded module. Everything it points to lives in its arena, the bytes included (unless
 * they are borrowed), and nothing changes once it is loaded, but for the code of functions that
 * are compiled later (lazy.h).
 *
 * Index spaces start with the imports, as in the binary: functions[i] for i <
 * imported_functions is an import.
 */

/* Limits of one module (docs/limits.md). */
enum {
    WISP_TYPES_MAX = 1000000,
    WISP_FUNCTIONS_MAX = 1000000,
    WISP_IMPORTS_MAX = 1000000,
    WISP_EXPORTS_MAX = 1000000,
    WISP_GLOBALS_MAX = 1000000,
    WISP_TAGS_MAX = 1000000,
    WISP_SEGMENTS_MAX = 100000,
    WISP_TABLES_MAX = 100000,
    WISP_ELEMENTS_MAX = 10000000, /* initial size of a table, entries of a segment */
    WISP_PARAMS_MAX = 1000,
    WISP_RESULTS_MAX = 1000,
    WISP_LOCALS_MAX = 50000,
    WISP_BODY_SIZE_MAX = 7654321,
    WISP_BR_TABLE_MAX = 65520,
    WISP_NESTING_MAX = 10000,
    WISP_CONSTANT_DEPTH_MAX = 64,
    WISP_SECTIONS_MAX = 1000,
    WISP_MEMORIES_MAX = 100
};

/* The addresses or indices of a memory or table, as a value type. */
static inline wisp_valtype wisp_index_type(bool is_64)
{
    return is_64 ? WISP_I64 : WISP_I32;
}

/* Bytes of [pages] pages; UINT64_MAX where there are more than can be counted. */
static inline uint64_t wisp_memory_pages_size(uint64_t pages, uint32_t page_size)
{
    return pages > UINT64_MAX / page_size ? UINT64_MAX : pages * page_size;
}

/* The most pages of so many bytes that addresses can tell apart (Spec 3.2.4). */
static inline uint64_t wisp_memory_pages_max(bool is_64, uint32_t page_size)
{
    if (is_64)
        return page_size == 1 ? UINT64_MAX : (uint64_t)1 << 48;
    return ((uint64_t)1 << 32) / page_size;
}

/* Bytes of the module, by offset. */
typedef struct wisp_span {
    uint32_t offset, size;
} wisp_span;

typedef struct wisp_text {
    const char *text; /* NUL-terminated */
    uint32_t size;    /* without that NUL; more than strlen if the name has one in it */
} wisp_text;

typedef enum wisp_handler_kind {
    WISP_HANDLER_TAG,     /* catches exceptions of one tag */
    WISP_HANDLER_ALL,     /* catches all */
    WISP_HANDLER_DELEGATE /* leaves them to handlers around another block */
} wisp_handler_kind;

/*
 * What becomes of an exception that is thrown while units [start] to [end] of a function are at
 * work. The handlers of a function are a list in which inner ones come before outer ones.
 */
typedef struct wisp_handler {
    uint32_t start, end;
    uint32_t target;   /* unit to go on at; of DELEGATE: the greatest depth of who may catch */
    uint32_t tag;      /* of TAG */
    uint16_t depth;    /* how many blocks are around the one that it belongs to */
    uint16_t slot;     /* of TAG: first slot for the exception's values */
    uint16_t ref_slot; /* slot for the reference to it, or WISP_NO_SLOT */
    uint8_t kind;      /* wisp_handler_kind */
} wisp_handler;

#define WISP_NO_SLOT UINT16_MAX

/* What a function was compiled to: all that calls need, in one place. */
typedef struct wisp_compiled {
    const wisp_handler *handlers;
    uint32_t handler_count;
    uint32_t len;        /* units */
    uint32_t frame_size; /* bytes of its frame, all included */
    int32_t weight;      /* fuel of a call */
    uint16_t header;     /* first slot of the frame header */
    uint16_t first;      /* the number of the first unit: what cleared nothing is left out */
    uint16_t units[];
} wisp_compiled;

/* The number of the unit at [pc], as handlers and wisp_compile_locate count them. */
static inline uint32_t wisp_compiled_unit(const wisp_compiled *code, const uint16_t *pc)
{
    return (uint32_t)(pc - code->units) + code->first;
}

/* A function, imported or defined. */
typedef struct wisp_function {
    const uint16_t *entry; /* the first of its code's units; NULL for an imported one */
    wisp_span body;        /* locals and instructions, without the leading size */
    bool is_declared;      /* ref.func in a body may name it */
} wisp_function;

/* The code of a function that is not imported. What a call wants of it first are the units.
 * Another thread may be giving it other code (lazy.h). */
static inline const wisp_compiled *wisp_function_code(const wisp_function *function)
{
    const uint8_t *units = (const void *)__atomic_load_n(&function->entry, __ATOMIC_ACQUIRE);
    return (const void *)(units - offsetof(wisp_compiled, units));
}

/* A constant expression is kept as bytes and run at instantiation (constexpr.c). */
typedef struct wisp_module_global {
    wisp_valtype type;
    bool is_mutable;
    wisp_span init; /* empty for imports */
} wisp_module_global;

typedef struct wisp_module_table {
    wisp_table_type type;
    wisp_span init; /* of its elements; empty where they begin as null */
} wisp_module_table;

typedef enum wisp_segment_mode {
    WISP_SEGMENT_ACTIVE,
    WISP_SEGMENT_PASSIVE,
    WISP_SEGMENT_DECLARED
} wisp_segment_mode;

typedef struct wisp_element_segment {
    wisp_segment_mode mode;
    wisp_valtype type;
    uint32_t table;
    wisp_span place;   /* constant expression, active segments only */
    uint32_t count;    /* entries */
    wisp_span entries; /* function indices, or constant expressions */
    bool is_expressions;
} wisp_element_segment;

typedef struct wisp_data_segment {
    wisp_segment_mode mode;
    uint32_t memory;
    wisp_span place;
    wisp_span bytes;
} wisp_data_segment;

typedef struct wisp_import_entry {
    wisp_text module, name;
    wisp_extern_kind kind;
    uint32_t index; /* in the index space of its kind */
} wisp_import_entry;

typedef struct wisp_export_entry {
    wisp_text name;
    wisp_extern_kind kind;
    uint32_t index;
} wisp_export_entry;

#define WISP_NO_INDEX UINT32_MAX

typedef struct wisp_outside_access wisp_outside_access;

struct wisp_module {
    const wisp_allocator *allocator;
    wisp_arena arena;
    wisp_bytes bytes;
    wisp_feature_set features;
    struct wisp_lazy *lazy;             /* NULL where all functions are compiled (lazy.h) */
    const wisp_outside_access *outside; /* NULL without outside access (outside.h) */

    wisp_functype *types;
    uint32_t *first_equal; /* of each type: the index of the first one that equals it */
    wisp_import_entry *imports;
    wisp_function *functions;
    uint32_t *function_types; /* index in types, of the first of equal ones, as all are; apart
                               * from functions so that calls, compiled, find them in a cache */
    wisp_module_table *tables;
    wisp_memory_type *memories;
    wisp_module_global *globals;
    uint32_t *tags; /* index in types, of the first of equal ones */
    wisp_export_entry *exports;
    uint32_t *exports_by_name; /* indices of exports, sorted by name */
    wisp_element_segment *elements;
    wisp_data_segment *data;
    wisp_section *sections;

    uint32_t type_count, import_count, function_count, table_count, memory_count, global_count;
    uint32_t export_count, element_count, data_count, section_count;
    uint32_t imported_functions, imported_tables, imported_memories, imported_globals;
    uint32_t tag_count, imported_tags;
    uint32_t start;             /* function index or WISP_NO_INDEX */
    wisp_span names;            /* content of the name section, empty without one */
    uint32_t hash[2], has_hash; /* see wisp_module_hash */
};

/* wisp_module_load with [outside], which may be NULL (module.c). */
wisp_status wisp_module_make(const wisp_module_config *config, const wisp_outside_access *outside,
                             wisp_bytes bytes, wisp_module **out, wisp_error *err);

/* Reads all sections of module->bytes into [module] and compiles its functions; where [is_lazy]
 * they are only found (decode.c). */
wisp_status wisp_module_decode(wisp_module *module, bool is_lazy, wisp_error *err);

/* Sorts exports_by_name and refuses duplicates (exports.c). */
wisp_status wisp_module_sort_exports(wisp_module *module, wisp_error *err);

/* The export called [name]; NULL without one. */
const wisp_export_entry *wisp_module_find_export(const wisp_module *module, const char *name);

/* The type of what [kind] [index] is. */
wisp_extern_type wisp_module_extern_type(const wisp_module *module, wisp_extern_kind kind,
                                         uint32_t index);

static inline const wisp_functype *wisp_module_functype(const wisp_module *module,
                                                        uint32_t function)
{
    return &module->types[module->function_types[function]];
}

static inline wisp_bytes wisp_module_span(const wisp_module *module, wisp_span span)
{
    return (wisp_bytes){module->bytes.data + span.offset, span.size};
}

/*
 * The name of function [index] from the name section, not NUL-terminated; data is NULL
 * where there is none. A name section that is broken has no names (names.c).
 */
wisp_bytes wisp_module_function_name(const wisp_module *module, uint32_t index);

#endif
