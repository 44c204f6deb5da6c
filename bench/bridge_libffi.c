#include "bridge.h"

#include <ffi.h>
#include <string.h>

static ffi_type *pair_elements[] = {&ffi_type_sint64, &ffi_type_double, NULL};
static ffi_type pair_type = {.type = FFI_TYPE_STRUCT, .elements = pair_elements};

static ffi_type *ints[] = {&ffi_type_sint, &ffi_type_sint};
static ffi_type *pointers[] = {&ffi_type_pointer, &ffi_type_pointer};
static ffi_type *doubles[] = {&ffi_type_double, &ffi_type_sint, &ffi_type_double};
static ffi_type *longs[] = {&ffi_type_slong, &ffi_type_slong, &ffi_type_slong, &ffi_type_slong,
                            &ffi_type_slong, &ffi_type_slong, &ffi_type_slong, &ffi_type_slong};
static ffi_type *pairs[] = {&pair_type};

static const struct {
    unsigned count;
    ffi_type **params, *result;
} shapes[] = {
    [BENCH_INTS] = {2, ints, &ffi_type_sint},
    [BENCH_POINTERS] = {2, pointers, &ffi_type_pointer},
    [BENCH_DOUBLES] = {3, doubles, &ffi_type_double},
    [BENCH_LONGS] = {8, longs, &ffi_type_slong},
    [BENCH_PAIR] = {1, pairs, &pair_type},
};

static ffi_cif cifs[BENCH_SHAPE_COUNT];

static bool prepare(bench_shape shape)
{
    return ffi_prep_cif(&cifs[shape], FFI_DEFAULT_ABI, shapes[shape].count, shapes[shape].result,
                        shapes[shape].params) == FFI_OK;
}

/* Gives its first argument. libffi widens results of integers. */
static void run(ffi_cif *cif, void *result, void **arguments, void *user)
{
    (void)user;
    if (cif->rtype == &ffi_type_sint)
        *(ffi_arg *)result = (ffi_arg) * (int *)arguments[0];
    else
        memcpy(result, arguments[0], cif->rtype->size);
}

const void *bench_closure(bench_shape shape)
{
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    if (!closure || !prepare(shape) ||
        ffi_prep_closure_loc(closure, &cifs[shape], run, NULL, code) != FFI_OK)
        return NULL;
    return code;
}

bool bench_dynamic_calls(bench_shape shape, const void *function, void *const *arguments,
                         unsigned count)
{
    union {
        ffi_arg integer;
        double real;
        bench_pair pair;
    } result;
    if (!prepare(shape))
        return false;
    for (unsigned i = 0; i < count; i++)
        ffi_call(&cifs[shape], FFI_FN((uintptr_t)function), &result, (void **)arguments);
    return true;
}
