#include "proxy.h"

#include "wasi/wasi.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name, *signature;
} functions[] = {
#define X(name, signature) {#name, signature},
    WISP_WASI_FUNCTIONS(X)
#undef X
};

enum { FUNCTIONS = WISP_WASI_FUNCTION_COUNT };

/* Bytes in the making; a section's go to a buffer of their own, since its size comes first. */
typedef struct bytes {
    uint8_t data[PROXY_SIZE_MAX];
    size_t size;
} bytes;

static void put(bytes *to, const void *data, size_t size)
{
    assert(size <= sizeof to->data - to->size);
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void put_u8(bytes *to, uint8_t byte)
{
    put(to, &byte, 1);
}

static void put_leb(bytes *to, size_t value)
{
    do {
        put_u8(to, (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
        value >>= 7;
    } while (value > 0);
}

static void put_name(bytes *to, const char *name)
{
    put_leb(to, strlen(name));
    put(to, name, strlen(name));
}

static void put_section(bytes *to, uint8_t id, bytes *content)
{
    put_u8(to, id);
    put_leb(to, content->size);
    put(to, content->data, content->size);
    content->size = 0;
}

static size_t param_count(const char *signature)
{
    return (size_t)(strchr(signature, ')') - signature) - 1;
}

static void put_type(bytes *to, const char *signature)
{
    size_t params = param_count(signature);
    const char *results = signature + params + 2;
    put_u8(to, 0x60);
    put_leb(to, params);
    for (size_t i = 0; i < params; i++)
        put_u8(to, signature[1 + i] == 'I' ? 0x7e : 0x7f);
    put_leb(to, strlen(results));
    for (; *results; results++)
        put_u8(to, 0x7f);
}

/* local.get of each parameter, call of the import, end. */
static void put_body(bytes *to, size_t function)
{
    static const uint8_t call = 0x10, local_get = 0x20, end = 0x0b;
    static bytes body;
    body.size = 0;
    put_u8(&body, 0); /* no locals */
    for (size_t i = 0; i < param_count(functions[function].signature); i++) {
        put_u8(&body, local_get);
        put_leb(&body, i);
    }
    put_u8(&body, call);
    put_leb(&body, function);
    put_u8(&body, end);
    put_leb(to, body.size);
    put(to, body.data, body.size);
}

static void put_imports(bytes *to)
{
    put_leb(to, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        put_name(to, "wasi_snapshot_preview1");
        put_name(to, functions[i].name);
        put_u8(to, 0);
        put_leb(to, i);
    }
}

static void put_exports(bytes *to)
{
    put_leb(to, FUNCTIONS + 1);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        put_name(to, functions[i].name);
        put_u8(to, 0);
        put_leb(to, FUNCTIONS + i);
    }
    put_name(to, "memory");
    put(to, "\x02\x00", 2);
}

size_t proxy_write(uint8_t into[PROXY_SIZE_MAX])
{
    static bytes module, section;
    module.size = section.size = 0;
    put(&module, "\0asm\1\0\0\0", 8);
    put_leb(&section, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++)
        put_type(&section, functions[i].signature);
    put_section(&module, 1, &section);
    put_imports(&section);
    put_section(&module, 2, &section);
    put_leb(&section, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++)
        put_leb(&section, i);
    put_section(&module, 3, &section);
    put(&section, "\x01\x01\x02\x04", 4);
    put_section(&module, 5, &section);
    put_exports(&section);
    put_section(&module, 7, &section);
    put_leb(&section, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++)
        put_body(&section, i);
    put_section(&module, 10, &section);
    memcpy(into, module.data, module.size);
    return module.size;
}
