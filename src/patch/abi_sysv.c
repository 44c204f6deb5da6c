#include "patch/abi.h"

#include "base/error.h"
#include "patch/frame.h"

/*
 * System V Application Binary Interface, AMD64 supplement 1.0, 3.2.3: structs travel in up to two
 * eightbytes, each in a register of the class of what is in it, or else in memory as a whole.
 */

#define INTEGERS offsetof(wisp_patch_frame_x86_64, integers)
#define FLOATS   offsetof(wisp_patch_frame_x86_64, floats)
#define RESULTS  offsetof(wisp_patch_frame_x86_64, results)
#define STACK    sizeof(wisp_patch_frame_x86_64)

enum { INTEGER_REGISTERS = 6, FLOAT_REGISTERS = 8, EIGHTBYTE = 8, EIGHTBYTES_MAX = 2 };

/* The class of an eightbyte. Greater ones win where scalars of two share it (union, small ones).
 */
typedef enum eightbyte_class { CLASS_NONE, CLASS_SSE, CLASS_INTEGER } eightbyte_class;

typedef struct classes {
    bool is_memory;
    eightbyte_class of[EIGHTBYTES_MAX];
} classes;

/* Registers and stack that arguments have taken so far. */
typedef struct taken {
    uint32_t integers, floats, stack;
} taken;

static eightbyte_class class_of(wisp_patch_kind kind)
{
    return wisp_patch_kind_is_float(kind) ? CLASS_SSE : CLASS_INTEGER;
}

static classes classify_struct(const wisp_patch_type *type)
{
    classes result = {.is_memory = type->size > EIGHTBYTES_MAX * EIGHTBYTE};
    for (uint32_t i = 0; i < type->member_count && !result.is_memory; i++) {
        const wisp_patch_member *member = &type->members[i];
        eightbyte_class class = class_of(member->kind);
        if (member->offset % wisp_patch_kind_size(member->kind) != 0)
            result.is_memory = true; /* "has unaligned fields" */
        else if (class > result.of[member->offset / EIGHTBYTE])
            result.of[member->offset / EIGHTBYTE] = class;
    }
    return result;
}

static classes classify(const wisp_patch_type *type)
{
    if (type->kind == WISP_PATCH_STRUCT)
        return classify_struct(type);
    if (type->kind == WISP_PATCH_VOID)
        return (classes){0};
    return (classes){.of = {class_of(type->kind)}};
}

static bool is_empty(const classes *c)
{
    return !c->is_memory && c->of[0] == CLASS_NONE && c->of[1] == CLASS_NONE;
}

static uint32_t count(const classes *c, eightbyte_class class)
{
    return (uint32_t)(c->of[0] == class) + (uint32_t)(c->of[1] == class);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Each eightbyte to the next register of its class. */
static void locate_in_registers(const classes *c, uint32_t size, size_t integers, size_t floats,
                                uint32_t float_stride, taken *t, wisp_patch_location *at)
{
    for (uint32_t i = 0; i < EIGHTBYTES_MAX; i++) {
        uint32_t offset = i * EIGHTBYTE;
        if (c->of[i] == CLASS_NONE)
            continue;
        size_t frame = c->of[i] == CLASS_INTEGER ? integers + EIGHTBYTE * t->integers++
                                                 : floats + (size_t)float_stride * t->floats++;
        wisp_patch_location_add(at, frame, offset, least(size - offset, EIGHTBYTE));
    }
}

static wisp_status locate_on_stack(const wisp_patch_type *type, uint32_t number, taken *t,
                                   wisp_patch_location *at, wisp_error *err)
{
    if (type->align > 16)
        return wisp_fail(
            err, WISP_UNSUPPORTED,
            "argument %u is a struct on the stack aligned to %u bytes, expected at most 16",
            (unsigned)number + 1, (unsigned)type->align);
    if (type->align == 16)
        t->stack = (t->stack + 15) & ~15u;
    return wisp_patch_location_add_stack(at, STACK, type->size, &t->stack, err);
}

static wisp_status locate_param(const wisp_patch_type *type, uint32_t number, taken *t,
                                wisp_patch_location *at, wisp_error *err)
{
    classes c = classify(type);
    if (is_empty(&c))
        return WISP_OK;
    if (c.is_memory || t->integers + count(&c, CLASS_INTEGER) > INTEGER_REGISTERS ||
        t->floats + count(&c, CLASS_SSE) > FLOAT_REGISTERS)
        return locate_on_stack(type, number, t, at, err);
    locate_in_registers(&c, type->size, INTEGERS, FLOATS, sizeof(wisp_patch_float), t, at);
    return WISP_OK;
}

/* A result in memory is where the first register for integers points, which parameters then lack.
 */
static void locate_result(const wisp_patch_type *type, taken *t, wisp_patch_location *at)
{
    classes c = classify(type);
    if (c.is_memory) {
        wisp_patch_location_add(at, INTEGERS + EIGHTBYTE * t->integers++, 0, EIGHTBYTE);
        at->way = WISP_PATCH_BY_ADDRESS;
        return;
    }
    taken results = {0};
    locate_in_registers(&c, type->size, RESULTS + offsetof(wisp_patch_results, integers),
                        RESULTS + offsetof(wisp_patch_results, floats), sizeof(uint64_t),
                        &results, at);
}

static wisp_status locate(const wisp_patch_signature *signature, wisp_patch_location *params,
                          wisp_patch_location *result, uint32_t *stack_size, wisp_error *err)
{
    taken t = {0};
    *result = (wisp_patch_location){0};
    locate_result(&signature->result, &t, result);
    for (uint32_t i = 0; i < signature->param_count; i++) {
        params[i] = (wisp_patch_location){0};
        wisp_status status = locate_param(&signature->params[i], i, &t, &params[i], err);
        if (status)
            return status;
    }
    *stack_size = (t.stack + 15) & ~15u;
    return WISP_OK;
}

const wisp_patch_abi wisp_patch_abi_sysv = {"System V x86-64", WISP_MACHINE_X86_64,
                                            sizeof(wisp_patch_frame_x86_64), locate};
