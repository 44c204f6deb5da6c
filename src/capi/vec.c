#include <stdlib.h>

#include <wasm.h>

/* The five functions of each vector. Elements are bytes, values, or pointers that it owns. */

#define VEC(name, ptr_or_none, copy_element, delete_element)                                     \
    void wasm_##name##_vec_new_empty(wasm_##name##_vec_t *out)                                   \
    {                                                                                            \
        out->size = 0;                                                                           \
        out->data = NULL;                                                                        \
    }                                                                                            \
    void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t *out, size_t size)              \
    {                                                                                            \
        out->data = size ? calloc(size, sizeof *out->data) : NULL;                               \
        out->size = out->data ? size : 0;                                                        \
    }                                                                                            \
    void wasm_##name##_vec_new(wasm_##name##_vec_t *out, size_t size,                            \
                               wasm_##name##_t ptr_or_none const elements[])                     \
    {                                                                                            \
        wasm_##name##_vec_new_uninitialized(out, size);                                          \
        if (out->size)                                                                           \
            memcpy(out->data, elements, size * sizeof *out->data);                               \
        for (size_t i = out->size; i < size; i++) {                                              \
            wasm_##name##_t ptr_or_none element = elements[i];                                   \
            delete_element;                                                                      \
        }                                                                                        \
    }                                                                                            \
    void wasm_##name##_vec_copy(wasm_##name##_vec_t *out, const wasm_##name##_vec_t *from)       \
    {                                                                                            \
        wasm_##name##_vec_new_uninitialized(out, from->size);                                    \
        for (size_t i = 0; i < out->size; i++) {                                                 \
            wasm_##name##_t ptr_or_none const *element = &from->data[i];                         \
            wasm_##name##_t ptr_or_none *copy = &out->data[i];                                   \
            copy_element;                                                                        \
        }                                                                                        \
    }                                                                                            \
    void wasm_##name##_vec_delete(wasm_##name##_vec_t *vec)                                      \
    {                                                                                            \
        for (size_t i = 0; i < vec->size; i++) {                                                 \
            wasm_##name##_t ptr_or_none element = vec->data[i];                                  \
            delete_element;                                                                      \
        }                                                                                        \
        free(vec->data);                                                                         \
        wasm_##name##_vec_new_empty(vec);                                                        \
    }

#define POINTER_VEC(name)                                                                        \
    VEC(name, *, *copy = *element ? wasm_##name##_copy(*element) : NULL,                         \
        wasm_##name##_delete(element))

VEC(byte, , *copy = *element, (void)element)
VEC(val, , wasm_val_copy(copy, element), wasm_val_delete(&element))
POINTER_VEC(valtype)
POINTER_VEC(functype)
POINTER_VEC(globaltype)
POINTER_VEC(tabletype)
POINTER_VEC(memorytype)
POINTER_VEC(externtype)
POINTER_VEC(importtype)
POINTER_VEC(exporttype)
POINTER_VEC(frame)
POINTER_VEC(extern)
