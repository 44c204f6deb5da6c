#include "patch/builtin.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "patch/reach.h"
#include "patch/seat.h"

static wisp_patch_seat *seat_of(void *outlet)
{
    return ((const wisp_patch_outlet *)outlet)->seat;
}

/* ------------------------------------------------------------------ memory at any address */

/* [size] bytes of the patch's own memory at [address], or NULL if they are not all there. */
static uint8_t *own_at(wisp_patch_seat *seat, uint64_t address, uint64_t size)
{
    const wisp_patch_memory *memory = &seat->memory;
    wisp_patch_seat_refresh(seat);
    bool is_own =
        address >= memory->null_size && address <= memory->size && size <= memory->size - address;
    return is_own ? memory->base + address : NULL;
}

static wisp_status refuse(wisp_patch_seat *seat, const char *what, uint64_t address, size_t size,
                          wisp_error *err)
{
    seat->refused = address;
    return wisp_fail(err, WISP_INVALID, "%zu bytes at 0x%" PRIx64 " cannot be %s", size, address,
                     what);
}

static wisp_status load(wisp_patch_seat *seat, uint64_t address, void *into, size_t size,
                        wisp_error *err)
{
    const uint8_t *own = own_at(seat, address, size);
    if (own)
        memcpy(into, own, size);
    else if (!wisp_patch_reach_read(seat, address, into, size))
        return refuse(seat, "read", address, size, err);
    return WISP_OK;
}

static wisp_status store(wisp_patch_seat *seat, uint64_t address, const void *from, size_t size,
                         wisp_error *err)
{
    uint8_t *own = own_at(seat, address, size);
    if (own)
        memcpy(own, from, size);
    else if (!wisp_patch_reach_write(seat, address, from, size))
        return refuse(seat, "written", address, size, err);
    return WISP_OK;
}

/* name, type in memory, field of the slot, its letter */
#define LOADS(X)                                                                                 \
    X(i8, int8_t, i32, "i")                                                                      \
    X(u8, uint8_t, u32, "i")                                                                     \
    X(i16, int16_t, i32, "i")                                                                    \
    X(u16, uint16_t, u32, "i")                                                                   \
    X(i32, int32_t, i32, "i")                                                                    \
    X(i64, int64_t, i64, "I")                                                                    \
    X(f32, float, f32, "f")                                                                      \
    X(f64, double, f64, "F")

#define STORES(X)                                                                                \
    X(i8, uint8_t, u32, "Ii")                                                                    \
    X(u8, uint8_t, u32, "Ii")                                                                    \
    X(i16, uint16_t, u32, "Ii")                                                                  \
    X(u16, uint16_t, u32, "Ii")                                                                  \
    X(i32, uint32_t, u32, "Ii")                                                                  \
    X(i64, uint64_t, u64, "II")                                                                  \
    X(f32, float, f32, "If")                                                                     \
    X(f64, double, f64, "IF")

#define X(name, type, field, letter)                                                             \
    static wisp_status load_##name(void *outlet, wisp_instance *caller, wisp_slot *slots,        \
                                   wisp_error *err)                                              \
    {                                                                                            \
        type value = 0;                                                                          \
        (void)caller;                                                                            \
        wisp_status status = load(seat_of(outlet), slots[0].u64, &value, sizeof value, err);     \
        slots[0].field = value;                                                                  \
        return status;                                                                           \
    }
LOADS(X)
#undef X

#define X(name, type, field, letters)                                                            \
    static wisp_status store_##name(void *outlet, wisp_instance *caller, wisp_slot *slots,       \
                                    wisp_error *err)                                             \
    {                                                                                            \
        type value = (type)slots[1].field;                                                       \
        (void)caller;                                                                            \
        return store(seat_of(outlet), slots[0].u64, &value, sizeof value, err);                  \
    }
STORES(X)
#undef X

/* ------------------------------------------------------------------ addresses of the patch's */

static wisp_status native(void *outlet, wisp_instance *caller, wisp_slot *slots, wisp_error *err)
{
    wisp_patch_seat *seat = seat_of(outlet);
    uint64_t address = slots[0].u64;
    const uint8_t *own = own_at(seat, address, 0);
    (void)caller;
    (void)err;
    slots[0].u64 = own ? (uint64_t)(uintptr_t)own : address;
    return WISP_OK;
}

enum { LINE_MAX = 1024 };

static wisp_status give_line(void *outlet, wisp_instance *caller, wisp_slot *slots,
                             wisp_error *err)
{
    wisp_patch_seat *seat = seat_of(outlet);
    const wisp_patcher_config *config = seat->set->config;
    char text[LINE_MAX + 1], line[LINE_MAX + 1];
    uint64_t size = slots[1].u64;
    (void)caller;
    if (size > LINE_MAX)
        size = LINE_MAX;
    wisp_status status = load(seat, slots[0].u64, text, size, err);
    if (status || !config->on_log)
        return status;
    text[size] = '\0';
    wisp_text_copy(line, sizeof line, text);
    int error = errno;
    config->on_log(config->user, line);
    errno = error;
    return WISP_OK;
}

static wisp_status abort_patch(void *outlet, wisp_instance *caller, wisp_slot *slots,
                               wisp_error *err)
{
    (void)outlet;
    (void)caller;
    return wisp_fail(err, WISP_INVALID, "aborted at line %u, column %u", (unsigned)slots[2].u32,
                     (unsigned)slots[3].u32);
}

/* ------------------------------------------------------------------ by name */

static const wisp_patch_builtin builtins[] = {
#define X(name, type, field, letter) {"wisp", "load_" #name, load_##name, "I", letter},
    LOADS(X)
#undef X
#define X(name, type, field, letters) {"wisp", "store_" #name, store_##name, letters, ""},
        STORES(X)
#undef X
            {"wisp", "native", native, "I", "I"},
    {"wisp", "log", give_line, "II", ""},
    {"env", "abort", abort_patch, "iiii", ""},
};

const wisp_patch_builtin *wisp_patch_builtin_find(const char *module, const char *name)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (strcmp(builtins[i].module, module) == 0 && strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

static wisp_valtype type_of(char letter)
{
    switch (letter) {
    case 'i':
        return WISP_I32;
    case 'f':
        return WISP_F32;
    case 'F':
        return WISP_F64;
    default:
        return WISP_I64;
    }
}

wisp_functype wisp_patch_builtin_type(const wisp_patch_builtin *builtin,
                                      wisp_valtype params[WISP_PATCH_BUILTIN_PARAMS_MAX],
                                      wisp_valtype result[1])
{
    wisp_functype type = {.params = params, .results = result};
    for (const char *letter = builtin->params; *letter; letter++)
        params[type.param_count++] = type_of(*letter);
    if (*builtin->result)
        result[type.result_count++] = type_of(*builtin->result);
    return type;
}
