#ifndef WISP_WASM_RUNTIME_H
#define WISP_WASM_RUNTIME_H

#include <stdatomic.h>
#include <string.h>

#include <wisp/wasm.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/reader.h"
#include "wasm/block.h"
#include "wasm/code.h"
#include "wasm/exception_pool.h"
#include "wasm/bits.h"
#include "wasm/module.h"
#include "wasm/shared.h"
#include "wasm/slot.h"
#include "wasm/type_table.h"
#include "wasm/types.h"

/*
 * What exists while modules run. All of it belongs to a store: small things live in its
 * arena, memories and tables in blocks of their own, because they grow.
 */

/*
 * One of the program's functions. It has its arguments and results as values, which are on the
 * stack behind the slots that the arguments come in and the results go to (call.c).
 */
typedef struct wisp_program_func {
    wisp_host_fn fn;
    wisp_status (*raw_fn)(void *user, wisp_instance *caller, wisp_slot *slots,
                          wisp_error *err); /* in place of it, if not NULL (raw_call.h) */
    void *user;
    const char *name;                     /* may be NULL */
    uint32_t args_at, results_at, end_at; /* these values, in bytes from the first slot on */
    bool is_simple;                       /* its values are numbers, of which 1 at most is … */
    wisp_valtype result;                  /* … the result; 0 without one */
} wisp_program_func;

struct wisp_func {
    const wisp_function *function; /* of a wasm function; NULL for one of the program's */
    wisp_instance *instance;       /* likewise */
    wisp_store *store;
    uint32_t type;  /* store-wide number: equal types have equal numbers */
    uint32_t slots; /* see wisp_func_slots */
    const wisp_functype *functype;
    const wisp_program_func *host; /* of one of the program's */
};

struct wisp_memory {
    wisp_block block;           /* without its size where it is shared: see wisp_memory_size */
    wisp_shared_memory *shared; /* NULL if it is not; held */
    wisp_memory_type type;      /* with its page size, never 0 */
    wisp_store *store;
    wisp_memory *next;
};

struct wisp_table {
    void **elements; /* wisp_func * or an externref */
    uint64_t size;
    wisp_table_type type;
    wisp_store *store;
    wisp_table *next;
};

struct wisp_global {
    wisp_slot value[WISP_SLOTS_V128]; /* the second for v128 alone */
    wisp_valtype type;
    bool is_mutable;
    wisp_store *store;
    wisp_global *next; /* in the store's exception_globals */
};

struct wisp_tag {
    uint32_t type; /* store-wide number */
    const wisp_functype *functype;
    wisp_store *store;
};

/* The entries of an element segment, evaluated; dropped segments have length 0. */
typedef struct wisp_elements {
    void **refs;
    uint32_t len;
} wisp_elements;

struct wisp_instance {
    const wisp_module *module;
    wisp_store *store;
    wisp_func **functions;
    wisp_table **tables;
    wisp_memory **memories;
    wisp_global **globals;
    wisp_tag **tags;
    uint32_t *types;                 /* store-wide number of each of the module's types … */
    const wisp_functype **functypes; /* … and the type in terms of these numbers */
    wisp_elements *elements;
    wisp_bytes *data;
};

/* A call that leaves the running instance, into another one or into the program. */
typedef struct wisp_callout {
    wisp_func *callee;
    wisp_slot *args;      /* where its results come to as well */
    const uint16_t *next; /* where to go on afterwards; NULL if it is the program that calls … */
    wisp_slot *frame;     /* … and in which frame */
} wisp_callout;

/*
 * The state of the interpreter that does not fit in registers. It is the store's: calls
 * nest, and each entry saves what it changes.
 */
typedef struct wisp_exec {
    int64_t fuel;         /* left of the slice that was taken from the store's */
    uint64_t memory_size; /* of the instance's memory 0, where no other store made it grow … */
    uint8_t *memory;      /* … and its first byte; handlers have both in arguments */
    wisp_global **globals;
    wisp_instance *instance; /* the one that runs, or ran last */
    wisp_slot *stack_end;
    wisp_store *store;
    wisp_callout out; /* the last call; while one of the program's functions runs, of that */
    bool is_leaving;  /* what throws was called last of all: its caller catches nothing */
    const wisp_compiled *refused; /* the code of a call whose frame has no room */
    wisp_trap_code trap;          /* why it stopped; NONE when it returned */
    const uint16_t *pc; /* where it stopped: at or behind the trapping instruction's start */
    wisp_slot *frame;
} wisp_exec;

/*
 * A call back into the store by one of the program's functions. It keeps what that one needs
 * when it returns, so that calls of the program's functions need not keep anything, and links
 * the frames on both sides of it, for backtraces.
 */
typedef struct wisp_callback {
    wisp_callout out;        /* the call of the program's function */
    wisp_instance *instance; /* by which it was called; NULL if by the program */
    struct wisp_callback *outer;
} wisp_callback;

/* A function that a call found at fault, at byte [offset] of the module. */
typedef struct wisp_body_fault {
    const wisp_instance *instance;
    uint32_t function, offset;
} wisp_body_fault;

enum { WISP_RECENT_FUNCTIONS = 64 };

/* What is to be called when a store is freed. */
typedef struct wisp_store_end {
    struct wisp_store_end *next;
    void (*fn)(void *user);
    void *user;
} wisp_store_end;

struct wisp_store {
    wisp_exec exec;
    atomic_uint interrupted; /* 0 or 1; a word, which every machine exchanges atomically */
    uint64_t fuel;           /* not counting exec.fuel */
    uint64_t deadline_ns;    /* of the clock now_ns; looked at once a slice */
    uint64_t (*now_ns)(void *user);
    void *now_user;
    const wisp_allocator *allocator;
    wisp_arena arena;
    wisp_slot *stack;
    size_t stack_size; /* bytes */
    uint32_t depth, depth_max;
    int64_t wait_max_ns;              /* of a thread in a shared memory; negative: without end */
    uint64_t memory_used, memory_max; /* bytes */
    uint64_t table_used, table_max;   /* elements */
    bool maps_memory;
    wisp_memory *memories;
    wisp_table *tables;
    wisp_type_table types;
    wisp_exception_pool exceptions;
    wisp_global *exception_globals; /* those that can hold references to exceptions */
    const wisp_function *recent[WISP_RECENT_FUNCTIONS]; /* by code pointer (activation.c) */
    wisp_callback *callback;                            /* the innermost that has not returned */
    const wisp_func *failed;           /* the function of the program's that failed last … */
    char failure[WISP_ERROR_TEXT_MAX]; /* … and its words, or those of … */
    wisp_body_fault body_fault;        /* … the function that could not be compiled last */
    wisp_trap trap;
    wisp_arena trap_names;
    wisp_store_end *ends; /* newest first; in the arena */
    wisp_outside outside; /* its functions may be NULL */
    uint64_t linear_max;  /* bytes that the largest of its memories may ever have */
    uint64_t carried;     /* a number on its way in or out (interp_outside.c) */
    bool has_address;     /* a trap is on its way that has … */
    uint64_t address;     /* … this one */
};

/* The store-wide number of [type], which must outlive the store (store_types.c). */
wisp_status wisp_store_type(wisp_store *store, const wisp_functype *type, wisp_type_entry *out,
                            wisp_error *err);

/*
 * The store-wide numbers of all types of [module], which must outlive the store, and the types
 * in terms of such numbers: into [numbers] and [types], one a type.
 */
wisp_status wisp_store_number_types(wisp_store *store, const wisp_module *module,
                                    uint32_t *numbers, const wisp_functype **types,
                                    wisp_error *err);

/* The same for a module that may go: a type that the store has not met has a number like no
 * other. */
wisp_status wisp_store_find_types(const wisp_store *store, const wisp_module *module,
                                  uint32_t *numbers, wisp_error *err);

/* Takes more fuel for exec.fuel, which has fallen below zero. NONE to go on (store.c). */
wisp_trap_code wisp_store_refuel(wisp_store *store);

/* Whether an interruption was asked for; it is so once. */
static inline bool wisp_store_take_interrupt(wisp_store *store)
{
    return atomic_load_explicit(&store->interrupted, memory_order_relaxed) != 0 &&
           atomic_exchange_explicit(&store->interrupted, 0, memory_order_relaxed) != 0;
}

/* Whether to stop what runs, fuel or not: INTERRUPTED, once for each time that it was asked for,
 * DEADLINE, or NONE (store.c). */
wisp_trap_code wisp_store_look(wisp_store *store);

/* Charges [cost] units. NONE, or why not to go on. */
inline wisp_trap_code wisp_store_charge(wisp_store *store, uint64_t cost)
{
    store->exec.fuel -= (int64_t)cost;
    return store->exec.fuel < 0 ? wisp_store_refuel(store) : WISP_TRAP_NONE;
}

/* For bulk work on so many bytes. */
static inline wisp_trap_code wisp_charge_bytes(wisp_exec *x, uint64_t size)
{
    enum { BYTES_PER_FUEL = 1024 };
    return wisp_store_charge(x->store, size / BYTES_PER_FUEL);
}

static inline bool wisp_memory_is_shared(const wisp_memory *memory)
{
    return !(WISP_FEATURES_LEFT_OUT & WISP_FEATURE_THREADS) && memory->shared;
}

/* Reads anew where the running instance's memory 0 is: done by what makes a memory grow. */
static inline uint8_t *wisp_exec_reload(wisp_exec *x)
{
    const wisp_memory *memory = x->instance ? x->instance->memories[0] : NULL;
    x->memory = memory ? memory->block.data : NULL;
    x->memory_size = !memory                         ? 0
                     : wisp_memory_is_shared(memory) ? wisp_shared_memory_size(memory->shared)
                                                     : memory->block.size;
    return x->memory;
}

/* Makes [instance] the one that runs; returns its memory's first byte. NULL is fine. */
static inline uint8_t *wisp_exec_enter(wisp_exec *x, wisp_instance *instance)
{
    x->instance = instance;
    x->globals = instance ? instance->globals : NULL;
    return wisp_exec_reload(x);
}

/* The first slot that is not in use, while no module runs. */
static inline wisp_slot *wisp_exec_top(const wisp_exec *x)
{
    if (x->store->depth == 0)
        return x->store->stack;
    return (wisp_slot *)(void *)((uint8_t *)x->out.args + x->out.callee->host->end_at);
}

/* Bytes of the stack from [slot] on. */
static inline size_t wisp_exec_left(const wisp_exec *x, const wisp_slot *slot)
{
    return (uintptr_t)x->stack_end - (uintptr_t)slot;
}

/* The slots that the arguments of [func] and then its results take, which it knows once it was
 * asked for them. */
static inline uint32_t wisp_func_slots(wisp_func *func)
{
    if (__builtin_expect(func->slots == 0, 0))
        func->slots = wisp_functype_slots(func->functype) + 1;
    return func->slots - 1;
}

/* Around what the program asks of [store] that runs code or may trap: if it does so from one of
 * its functions, that is a callback. */
static inline void wisp_callback_begin(wisp_store *store, wisp_callback *back)
{
    if (store->depth == 0)
        return;
    *back = (wisp_callback){store->exec.out, store->exec.instance, store->callback};
    store->callback = back;
}

static inline void wisp_callback_end(wisp_store *store, const wisp_callback *back)
{
    if (store->depth == 0)
        return;
    store->callback = back->outer;
    store->exec.out = back->out;
    wisp_exec_enter(&store->exec, back->instance);
}

/* Where calls by the program begin and return to, and where those from other instances do. */
typedef union wisp_code_stub {
    void (*handler)(void);
    uint16_t units[WISP_UNITS_HEAD];
} wisp_code_stub;

extern const wisp_code_stub wisp_code_entry;
extern const wisp_code_stub wisp_code_exit;
extern const wisp_code_stub wisp_code_resume;

/* Runs from [pc] on [frame] until the EXIT instruction or a trap (interp_*.c). */
void wisp_interp_run(const uint16_t *pc, wisp_slot *frame, uint8_t *memory, wisp_exec *x);

/* Makes the call exec.out, of one of the program's functions; false if it failed, exec.trap says
 * how (call.c). */
bool wisp_call_host(wisp_exec *x);

/*
 * Lays a bridge for the call exec.out into another instance, whose code is [code], and makes that
 * the one that runs. Returns the bridge, behind which the callee's frame begins; NULL if the
 * stack has no room (call.c).
 */
wisp_slot *wisp_call_bridge(wisp_exec *x, const wisp_compiled *code);
/*
 * The same for a tail call, in the place of [frame], whose header is [header]. Returns where the
 * callee's frame begins, and in exec.out where it returns to. Needs a bridge once only, however
 * many such calls follow.
 */
wisp_slot *wisp_call_replace(wisp_exec *x, wisp_slot *frame, const wisp_slot *header,
                             const wisp_compiled *code);
/* Takes the bridge away when the callee has returned. */
void wisp_call_unbridge(wisp_exec *x, wisp_slot *bridge);

/* A tag of the function type with number [type] (exception.c). */
wisp_status wisp_tag_make(wisp_store *store, uint32_t type, const wisp_functype *functype,
                          wisp_tag **out, wisp_error *err);

/* Throws an exception of the running instance's tag [tag] with the values at [args], behind which
 * the stack is not in use; or again [exception]. NONE if it is on its way, for wisp_unwind. */
wisp_trap_code wisp_exception_raise(wisp_exec *x, uint32_t tag, const wisp_slot *args);
wisp_trap_code wisp_exception_raise_again(wisp_exec *x, wisp_exception *exception);

/* Looks for who catches the exception thrown at exec.pc in exec.frame, and makes exec.pc,
 * exec.frame and the instance those to go on with. EXCEPTION if nobody does before the program,
 * with all as it was (unwind.c). */
wisp_trap_code wisp_unwind(wisp_exec *x);

/* Fills store->trap with [code] and the frames from exec.pc on, unless exec.pc is NULL, and
 * [err] from it; returns WISP_TRAP (trap.c). */
wisp_status wisp_trap_record(wisp_store *store, wisp_trap_code code, wisp_error *err);

/* Whether the reference [value] may be where [type], of the same store, is asked for: one to a
 * function by the function's type, whatever [value] says (global.c). */
bool wisp_reference_fits(const wisp_value *value, wisp_valtype type);

/* The same for any value. */
static inline bool wisp_value_fits(const wisp_value *value, wisp_valtype type)
{
    return wisp_valtype_is_ref(type) ? wisp_reference_fits(value, type) : value->type == type;
}

/*
 * A value is in a slot as it is in a wisp_value, from the first byte on. What was written as 32
 * bits is read as such: otherwise the processor waits for the write.
 */
static inline wisp_slot wisp_slot_copy(const void *from, wisp_valtype type)
{
    wisp_slot slot = {.u64 = 0};
    if (wisp_valtype_width(type) == 0)
        memcpy(&slot, from, sizeof slot.u32);
    else
        memcpy(&slot, from, sizeof slot);
    return slot;
}

static inline void wisp_value_put(wisp_value *value, wisp_slot slot)
{
    memcpy(&value->of, &slot, sizeof slot);
}

/* Puts [value], which counts as one of [type], into [slots]; returns how many it took. */
static inline uint32_t wisp_value_give(const wisp_value *value, wisp_valtype type,
                                       wisp_slot *slots)
{
    if (__builtin_expect(type == WISP_V128, 0)) {
        slots[WISP_LANE(2, 0)].u64 = wisp_get_uint64_t(value->of.v128);
        slots[WISP_LANE(2, 1)].u64 = wisp_get_uint64_t(value->of.v128 + sizeof *slots);
        return WISP_SLOTS_V128;
    }
    *slots = wisp_slot_copy(&value->of, type);
    return 1;
}

/* Makes [value] the one of [type] that is in [slots]; returns how many it took. */
static inline uint32_t wisp_value_take(wisp_value *value, wisp_valtype type,
                                       const wisp_slot *slots)
{
    value->type = type;
    if (__builtin_expect(type == WISP_V128, 0)) {
        wisp_put_uint64_t(value->of.v128, slots[WISP_LANE(2, 0)].u64);
        wisp_put_uint64_t(value->of.v128 + sizeof *slots, slots[WISP_LANE(2, 1)].u64);
        return WISP_SLOTS_V128;
    }
    wisp_value_put(value, wisp_slot_copy(slots, type));
    return 1;
}

static inline wisp_value wisp_value_of_slots(const wisp_slot *slots, wisp_valtype type)
{
    wisp_value value = {.type = 0};
    wisp_value_take(&value, type, slots);
    return value;
}

/* Grows and returns the old size in pages, or -1. */
int64_t wisp_memory_grow_by(wisp_memory *memory, uint64_t pages);
/* Makes [out] of [size] zeros, the bytes of a memory of [type] in [store]; false if out of
 * memory. */
bool wisp_memory_make_block(const wisp_store *store, const wisp_memory_type *type, size_t size,
                            wisp_block *out);
/* Frees the store's memories made after [until]; NULL frees all. */
void wisp_memories_free(wisp_store *store, const wisp_memory *until);

/* wisp_table_new_typed for any reference type in terms of the store, filled with [value]. */
wisp_status wisp_table_make(wisp_store *store, const wisp_table_type *type, void *value,
                            wisp_table **out, wisp_error *err);

/* Grows by [count] elements of [value] and returns the old size, or -1. */
int64_t wisp_table_grow_by(wisp_table *table, uint64_t count, void *value);
void wisp_tables_free(wisp_store *store, const wisp_table *until);

/* A function of the program's of [type], which lives as long as the store; [name] is copied and
 * may be NULL (func.c). */
wisp_status wisp_func_make(wisp_store *store, const char *name, const wisp_functype *type,
                           wisp_host_fn fn, void *user, wisp_func **out, wisp_error *err);

const wisp_store *wisp_extern_store(const wisp_extern *item);
wisp_store *wisp_linker_store(const wisp_linker *linker);

/* wisp_instance_new up to where segments are copied: data is dropped, elements are not, and
 * nothing has run (instance.c). */
wisp_status wisp_instance_make(wisp_store *store, const wisp_module *module,
                               const wisp_linker *linker, wisp_instance **out, wisp_error *err);

/* What [export] of its module is in [instance] (instance.c). */
wisp_extern wisp_instance_item(const wisp_instance *instance, const wisp_export_entry *export);

/* Whether [item] may be import [index] of [module], whose types have the store-wide [numbers];
 * WISP_MISMATCH if not (linker.c). */
wisp_status wisp_import_check(const wisp_module *module, const uint32_t *numbers, uint32_t index,
                              const wisp_extern *item, wisp_error *err);

/* The item that [linker] offers for import [index] of [module], whose types have the store-wide
 * [numbers] (linker.c). */
wisp_status wisp_linker_resolve(const wisp_linker *linker, const wisp_module *module,
                                const uint32_t *numbers, uint32_t index, wisp_extern *out,
                                wisp_error *err);

/* The address or index in [slot], of 64 bits or 32. */
static inline uint64_t wisp_slot_index(const wisp_slot *slot, bool is_64)
{
    return is_64 ? slot->u64 : slot->u32;
}

/* The same as a result. */
static inline void wisp_slot_set_index(wisp_slot *slot, bool is_64, uint64_t value)
{
    if (is_64)
        slot->u64 = value;
    else
        slot->u32 = (uint32_t)value;
}

/* [bytes] at [place] + [size] lies within [limit]. */
static inline bool wisp_range_fits(uint64_t place, uint64_t size, uint64_t limit)
{
    return size <= limit && place <= limit - size;
}

/* Whatever [global], just made, can hold is found when exceptions are looked for (global.c). */
void wisp_global_register(wisp_global *global);

/* Runs the constant expression [init], which has been validated, in [instance] whose
 * globals exist as far as the expression may name them (constexpr.c). */
wisp_slot wisp_constant_run(const wisp_instance *instance, wisp_span init);

/* The same for a value of any type, which may take two slots. */
void wisp_constant_store(const wisp_instance *instance, wisp_span init, wisp_slot *slots);

/* wisp_constant_run on a reader, which ends behind the expression. */
wisp_slot wisp_constant_read(const wisp_instance *instance, wisp_reader *r);

#endif
