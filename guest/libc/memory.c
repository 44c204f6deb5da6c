#include <stdint.h>
#include <string.h>

/* With bulk memory these are one instruction each. The attribute keeps the compiler from making
 * calls of loops that are the functions called. */

#pragma clang attribute push(__attribute__((no_builtin)), apply_to = function)

#ifdef __wasm_bulk_memory__

void *memcpy(void *to, const void *from, size_t size)
{
    return __builtin_memcpy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    return __builtin_memmove(to, from, size);
}

void *memset(void *to, int c, size_t size)
{
    return __builtin_memset(to, c, size);
}

#else

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to <= (uintptr_t)from)
        return memcpy(to, from, size);
    for (size_t i = size; i > 0; i--)
        ((uint8_t *)to)[i - 1] = ((const uint8_t *)from)[i - 1];
    return to;
}

void *memset(void *to, int c, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = (uint8_t)c;
    return to;
}

#endif

void *memchr(const void *s, int c, size_t size)
{
    const uint8_t *at = s;
    for (size_t i = 0; i < size; i++) {
        if (at[i] == (uint8_t)c)
            return (void *)(uintptr_t)(at + i);
    }
    return NULL;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i])
            return left[i] - right[i];
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t len = 0;
    while (s[len] != '\0')
        len++;
    return len;
}

#pragma clang attribute pop
