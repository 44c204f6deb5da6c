#ifndef WISP_BIND_H
#define WISP_BIND_H

#include <wisp/wasm.h>

/*
 * The run-time part of bindings that `wisp bind` generates from a C header (docs/bind.md).
 *
 *     wisp_bind *bind;                                // one for each instance of a module
 *     wisp_bind_new(NULL, &bind, &err);
 *     shop_link(linker, bind, &err);                  // generated of shop.h
 *     wisp_instance_new(store, module, linker, &instance, &err);
 *     …
 *     wisp_store_free(store);                         // closes the binding
 *     wisp_bind_free(bind);
 *
 * A binding is what the program keeps for one instance: the objects that the module has handles
 * to, the functions that it has left with the program, and the parts of its memory in which the
 * program lends it texts and structs. All of it has limits.
 *
 * The first half is for programs, the second is called by generated code alone.
 *
 * Threads: as for the store, but wisp_bind_free, which may come later from any.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_bind wisp_bind;

/*
 * The program calls a function that the module has left with it. [args] and [results] are as
 * for wisp_call; [results] are zeros beforehand.
 */
typedef struct wisp_bind_entry {
    wisp_instance *instance;
    wisp_func *func;
    const wisp_value *args;
    wisp_value *results;
    uint32_t arg_count, result_count;
    bool can_wait; /* nobody wants its result before it returns */
} wisp_bind_entry;

/*
 * Enters the module for a callback. The default is wisp_call at once. Whoever must not let two
 * entries overlap keeps those that [can_wait], with copies of func and args, and calls later;
 * what the args point at stays until wisp_bind_reset. Returns what wisp_call did, or WISP_OK for
 * one that is kept. After anything else the module is not entered any more, nor may it call.
 */
typedef wisp_status wisp_bind_enter_fn(void *user, const wisp_bind_entry *entry, wisp_error *err);

/* Zero means the default in brackets. Initialise with {0}. */
typedef struct wisp_bind_config {
    const wisp_allocator *allocator;
    uint32_t lent_max;     /* bytes of the module's memory for what it is lent [1 MiB] */
    uint32_t copied_max;   /* bytes that one call may have copied for it [16 MiB] */
    uint32_t held_max;     /* bytes that wait for their callbacks [16 MiB] */
    uint32_t handle_max;   /* objects that the module may have at a time [1,024] */
    uint32_t callback_max; /* functions that it may have left at a time [1,024] */
    wisp_bind_enter_fn *enter;
    void *user; /* of enter */
} wisp_bind_config;

/* Makes a binding for the first instance that calls one of its functions. [config] may be NULL
 * and is copied. */
WISP_API wisp_status wisp_bind_new(const wisp_bind_config *config, wisp_bind **out,
                                   wisp_error *err);

/*
 * The module is not entered any more: it trapped, stops, or is replaced. Functions that it has
 * left are forgotten: the program may go on to call them, and nothing happens. Objects that it
 * was given and has not ended are ended, the newest first; if a call is under way, when that is
 * over. Freeing the store does the same. Again does nothing.
 */
WISP_API void wisp_bind_close(wisp_bind *bind);

/* Closes and frees. After the store in which it was linked, and only when the program holds none
 * of the module's functions any more: what it was given as their user data is gone. NULL is
 * fine. */
WISP_API void wisp_bind_free(wisp_bind *bind);

/*
 * Instead of wisp_bind_free, right after linking: [bind] frees itself when its store is freed and
 * the program has no function of the module's left to call; at once if it was not linked. That is
 * for the on_link of a host, which makes a binding for each version of a module and has no place
 * to free it.
 */
WISP_API void wisp_bind_release(wisp_bind *bind);

/*
 * The event or turn is over: takes back what the module was lent but for what it was lent for
 * good. Whoever never calls this lends until lent_max is used up, and then traps the module.
 */
WISP_API void wisp_bind_reset(wisp_bind *bind);

/* The program has ended [object] by itself: handles to it, which would lead nowhere, are void. */
WISP_API void wisp_bind_forget(wisp_bind *bind, const void *object);

/* What is in use now. */
typedef struct wisp_bind_usage {
    uint32_t lent;      /* bytes of the module's memory, in blocks that are used again */
    uint32_t held;      /* bytes that the program has until it calls a function */
    uint32_t handles;   /* objects */
    uint32_t callbacks; /* functions that the program may call */
} wisp_bind_usage;

WISP_API wisp_bind_usage wisp_bind_use(const wisp_bind *bind);

/* ------------------------------------------------------------------ for generated code */

/*
 * One call across the line. The first fault is kept in it and ends it; functions below do
 * nothing after one but return NULL or 0, so that generated code asks only once, before it
 * calls what the program has.
 *
 * Everything that the module says is checked against its memory as it is now, and fetched
 * once: what generated code works on are copies.
 */
typedef struct wisp_bind_call {
    wisp_bind *bind;
    const char *module, *name; /* of the function, for errors */
    wisp_status status;
    wisp_error *err;
    struct wisp_bind_call *outer;    /* that the module was making when this began */
    bool is_entered;                 /* the program's function has begun */
    bool is_callback;                /* the program calls the module */
    bool has_tickets;                /* that were made or are taken back in it */
    struct wisp_bind_ticket *ticket; /* of a callback */
    uint32_t mark;                   /* what was lent before a callback */
    size_t copied, used;             /* bytes altogether; of [here] */
    void *blocks;                    /* what was too large for [here] */
    wisp_error error;                /* a callback's, which nobody waits for */
    union {
        uint8_t bytes[1024];
        uint64_t u64;
        void *pointer;
        long double number;
    } here;
} wisp_bind_call;

typedef void wisp_bind_fn(wisp_bind_call *call, const wisp_value *args, wisp_value *result);

typedef struct wisp_bind_func {
    const char *name, *signature;
    wisp_bind_fn *fn;
} wisp_bind_func;

/* Offers [count] functions as [module]; the array must live as long as the linker's store. */
WISP_API wisp_status wisp_bind_link(wisp_linker *linker, wisp_bind *bind, const char *module,
                                    const wisp_bind_func *funcs, size_t count, wisp_error *err);

/* Notes a fault of [what] unless there is one already. */
WISP_API void wisp_bind_fail(wisp_bind_call *call, const char *what, const char *format, ...)
    WISP_PRINTF(3, 4);

/* Whether all is well so far; if so, the program's function is called next. */
WISP_API bool wisp_bind_is_ready(wisp_bind_call *call);

/* --- from the module: [address] is what it gave, [what] names it for errors. A null address is
 * a fault unless [is_optional], or unless there are 0 of it. */

/* The [count] elements of [size] bytes there, copied; NULL for none. */
WISP_API void *wisp_bind_get(wisp_bind_call *call, const char *what, uint32_t address,
                             uint64_t count, uint32_t size, uint32_t alignment, bool is_optional);

/* Checks that there is room for them, and gives [count] of [own_size] cleared bytes here. */
WISP_API void *wisp_bind_room(wisp_bind_call *call, const char *what, uint32_t address,
                              uint64_t count, uint32_t size, uint32_t alignment,
                              uint32_t own_size, bool is_optional);

/* The text there, of up to [size_max] bytes with its NUL (0: any), copied. */
WISP_API char *wisp_bind_text(wisp_bind_call *call, const char *what, uint32_t address,
                              uint32_t size_max, bool is_optional);

/* [count] * [size] cleared bytes that live as long as the call. */
WISP_API void *wisp_bind_scratch(wisp_bind_call *call, uint64_t count, uint32_t size);

/* --- to the module */

/* Writes [count] elements of [size] bytes to [address]; nothing from a NULL [bytes]. */
WISP_API void wisp_bind_store(wisp_bind_call *call, const char *what, uint32_t address,
                              const void *bytes, uint64_t count, uint32_t size);

WISP_API void wisp_bind_store_u32(wisp_bind_call *call, const char *what, uint32_t address,
                                  uint32_t value);

/* The address where the module has the bytes until wisp_bind_reset or [for_good], those for a
 * callback until it returns; 0 for NULL, or after a fault. Of what is lent for good, equal bytes
 * are lent once. */
WISP_API uint32_t wisp_bind_lend_bytes(wisp_bind_call *call, const char *what, const void *bytes,
                                       uint64_t count, uint32_t size, bool for_good);
WISP_API uint32_t wisp_bind_lend_text(wisp_bind_call *call, const char *what, const char *text,
                                      bool for_good);

/* --- numbers that are wider on one side: those that do not fit into [bits] are faults. */
WISP_API uint64_t wisp_bind_unsigned(wisp_bind_call *call, const char *what, uint64_t value,
                                     uint32_t bits);
WISP_API int64_t wisp_bind_signed(wisp_bind_call *call, const char *what, int64_t value,
                                  uint32_t bits);

/* --- handles */

typedef struct wisp_bind_type {
    const char *name;
    void (*release)(void *object); /* NULL: nothing is to be done */
} wisp_bind_type;

/* The object of handle [number]; a number that is no handle of [type] is a fault. */
WISP_API void *wisp_bind_handle(wisp_bind_call *call, const char *what,
                                const wisp_bind_type *type, uint32_t number, bool is_optional);

/* The handle of an object that the module shall end ([is_new]) or not; 0 for NULL. Callbacks
 * that were left in the same call end with one that is new. */
WISP_API uint32_t wisp_bind_handle_to(wisp_bind_call *call, const char *what,
                                      const wisp_bind_type *type, const void *object,
                                      bool is_new);

/* The module ends the object of [number]: there is no such handle any more. */
WISP_API void wisp_bind_handle_end(wisp_bind_call *call, uint32_t number);

/* --- callbacks */

typedef enum wisp_bind_life {
    WISP_BIND_ONCE, /* is called once */
    WISP_BIND_MANY, /* until it is taken back, or the handle that came with it ends */
    WISP_BIND_SCOPE /* until the program's function returns */
} wisp_bind_life;

/* The function at [index] of the module's table, which must have [signature], and what the
 * module wants to get back with it, as one pointer that the program gets as user data. NULL for
 * no function. */
WISP_API void *wisp_bind_ticket_new(wisp_bind_call *call, const char *what, const char *signature,
                                    wisp_bind_life life, uint32_t index, uint32_t user,
                                    bool is_optional);

/* The same for a function that is called once, with what goes with it: the [count] bytes at
 * [address]. The program gets a copy, which is there until it calls the function with it; the
 * module gets [address] back. Also without a function, which is function 0, if [is_optional]. */
WISP_API void *wisp_bind_hold(wisp_bind_call *call, const char *what, const char *signature,
                              uint32_t index, uint32_t address, uint64_t count, bool is_optional);

/* The ticket of the bytes that wisp_bind_hold gave. */
WISP_API void *wisp_bind_held(void *bytes);

/* The pointer that was given for them, to take them back; NULL if they were not left here. It is
 * void when the call is over. */
WISP_API void *wisp_bind_ticket_end(wisp_bind_call *call, const char *what, uint32_t index,
                                    uint32_t user);

/* The program's function has refused: callbacks that were left in this call are over with it. */
WISP_API void wisp_bind_take_back(wisp_bind_call *call);

/* Begins a call of the function that [ticket] stands for; false if it is not to be called. */
WISP_API bool wisp_bind_enter(wisp_bind_call *call, void *ticket, const char *name);

/* What the module wants to get back. */
WISP_API uint32_t wisp_bind_user(const wisp_bind_call *call);

/* Calls it, if there was no fault. [result] may be NULL for none; false if it did not run. */
WISP_API bool wisp_bind_run(wisp_bind_call *call, const wisp_value *args, uint32_t count,
                            wisp_value *result);

/* Ends the call that wisp_bind_enter has begun. */
WISP_API void wisp_bind_leave(wisp_bind_call *call);

/* --- arithmetic of counts: what does not fit is UINT64_MAX, which is over every limit */

static inline uint64_t wisp_bind_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t wisp_bind_difference(uint64_t a, uint64_t b)
{
    return a < b || a == UINT64_MAX ? UINT64_MAX : a - b;
}

static inline uint64_t wisp_bind_product(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static inline uint64_t wisp_bind_shift(uint64_t a, uint64_t b)
{
    return a == 0 ? 0 : b > 63 || a > UINT64_MAX >> b ? UINT64_MAX : a << b;
}

static inline uint64_t wisp_bind_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* --- bit-fields: [width] bits from bit [at] of [bytes] */

static inline uint64_t wisp_bind_get_bits(const uint8_t *bytes, uint32_t at, uint32_t width)
{
    uint64_t value = 0;
    uint32_t i;
    for (i = 0; i < width; i++)
        value |= (uint64_t)(bytes[(at + i) / 8] >> (at + i) % 8 & 1) << i;
    return value;
}

/* The same of a signed one. */
static inline int64_t wisp_bind_get_signed_bits(const uint8_t *bytes, uint32_t at, uint32_t width)
{
    uint64_t sign = (uint64_t)1 << (width - 1);
    return (int64_t)((wisp_bind_get_bits(bytes, at, width) ^ sign) - sign);
}

/* [bytes] must be clear there. */
static inline void wisp_bind_put_bits(uint8_t *bytes, uint32_t at, uint32_t width, uint64_t value)
{
    uint32_t i;
    for (i = 0; i < width; i++)
        bytes[(at + i) / 8] |= (uint8_t)((value >> i & 1) << (at + i) % 8);
}

#ifdef __cplusplus
}
#endif

#endif
