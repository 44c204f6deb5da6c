#include "modules.h"

#include "generator/generator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ bytes */

typedef struct writer {
    uint8_t *data;
    size_t size, room;
} writer;

static void put(writer *w, const void *data, size_t size)
{
    if (size == 0)
        return;
    while (w->size + size > w->room) {
        w->room = w->room ? 2 * w->room : 256;
        w->data = realloc(w->data, w->room);
        assert(w->data);
    }
    memcpy(w->data + w->size, data, size);
    w->size += size;
}

static void put_byte(writer *w, uint32_t byte)
{
    put(w, &(uint8_t){(uint8_t)byte}, 1);
}

/* Unsigned and signed LEB128; [full] bytes long, or as short as it can be for 0. */
static void put_number(writer *w, uint32_t value, uint32_t full)
{
    for (uint32_t n = 1; full ? n < full : value >= 0x80; n++, value >>= 7)
        put_byte(w, value | 0x80);
    put_byte(w, value & 0x7f);
}

static void put_const(writer *w, uint32_t value, uint32_t full)
{
    put_byte(w, 0x41);
    for (uint32_t n = 1; full ? n < full : value >= 0x40; n++, value >>= 7)
        put_byte(w, value | 0x80);
    put_byte(w, value & 0x7f);
}

static void put_text(writer *w, const char *text)
{
    put_number(w, (uint32_t)strlen(text), 0);
    put(w, text, strlen(text));
}

/* Puts [content] behind its size, and frees it. */
static void put_sized(writer *w, writer *content)
{
    put_number(w, (uint32_t)content->size, 0);
    put(w, content->data, content->size);
    free(content->data);
}

static void put_section(writer *w, uint32_t id, writer *content)
{
    put_byte(w, id);
    put_sized(w, content);
}

/* ------------------------------------------------------------------ the program */

enum { IMPORTS = 1, TYPES = 3, GLOBALS = 2, DATA_START = 2048, ITEM = 12, PADDED = 5 };

/* The numbers of things in this version of the program. */
static uint32_t function_at(const delta_module *m, uint32_t i)
{
    return IMPORTS + i + (m->added_at && i >= m->added_at);
}

static uint32_t function_count(const delta_module *m)
{
    return m->functions + (m->added_at != 0);
}

static uint32_t address_of(const delta_module *m, uint32_t item)
{
    return DATA_START + m->added_data + item * ITEM;
}

static uint32_t full(const delta_module *m)
{
    return m->is_padded ? PADDED : 0;
}

static uint32_t type_of(const delta_module *m, uint32_t type)
{
    return m->added_types + type;
}

/* What makes functions differ from each other. */
static uint32_t mix(uint32_t a, uint32_t b)
{
    uint32_t x = a * 2654435761U ^ (b + 1) * 2246822519U;
    return x ^ x >> 15;
}

/* A statement: calls, reads and writes that refer to other things. */
static void put_statement(writer *w, const delta_module *m, uint32_t function, uint32_t n,
                          uint32_t local)
{
    uint32_t choice = mix(function, n), count = m->functions;
    put_byte(w, 0x20); /* local.get */
    put_number(w, local + choice % 3, 0);
    put_const(w, address_of(m, choice % count), full(m));
    put_byte(w, 0x6a); /* i32.add */
    put_byte(w, 0x28); /* i32.load */
    put_number(w, 2, 0);
    put_number(w, choice & 1 ? address_of(m, choice % 7) : choice % 64, full(m));
    put_byte(w, 0x23); /* global.get */
    put_number(w, m->added_globals + choice % GLOBALS, 0);
    put_byte(w, 0x6c); /* i32.mul */
    put_byte(w, 0x10); /* call */
    put_number(w, function_at(m, choice % count), full(m));
    put_const(w, choice % 32, 0);
    put_byte(w, 0x11); /* call_indirect */
    put_number(w, type_of(m, 0), 0);
    put_number(w, 0, 0);
    put_byte(w, 0x21); /* local.set */
    put_number(w, local + (choice >> 8) % 3, 0);
    if (choice % 11 == 0) {
        put_byte(w, 0xd2); /* ref.func */
        put_number(w, function_at(m, 2), 0);
        put_byte(w, 0x1a); /* drop */
    }
}

static void put_body(writer *w, const delta_module *m, uint32_t function)
{
    writer body = {0};
    uint32_t added = function % 4 == 0 ? m->added_locals : 0;
    put_number(&body, 1, 0);
    put_number(&body, 3 + added, 0);
    put_byte(&body, 0x7f);
    uint32_t statements = 3 + mix(function, 99) % 20;
    for (uint32_t n = 0; n < statements; n++)
        put_statement(&body, m, function, n, 1 + added);
    put_byte(&body, 0x20);
    put_number(&body, 0, 0);
    put_byte(&body, 0x0b);
    put_sized(w, &body);
}

/* ------------------------------------------------------------------ sections */

static void put_types(writer *w, const delta_module *m)
{
    writer s = {0};
    put_number(&s, TYPES + m->added_types, 0);
    for (uint32_t i = 0; i < m->added_types; i++)
        put(&s, "\x60\x02\x7f\x7f\x00", 5);
    put(&s, "\x60\x01\x7f\x01\x7f", 5);
    put(&s, "\x60\x00\x00", 3);
    put(&s, "\x60\x01\x7e\x00", 4);
    put_section(w, 1, &s);
}

static void put_imports(writer *w, const delta_module *m)
{
    writer s = {0};
    put_number(&s, IMPORTS, 0);
    put_text(&s, "env");
    put_text(&s, "out");
    put_byte(&s, 0);
    put_number(&s, type_of(m, 0), 0);
    put_section(w, 2, &s);
}

static void put_functions(writer *w, const delta_module *m)
{
    writer s = {0};
    put_number(&s, function_count(m), 0);
    for (uint32_t i = 0; i < function_count(m); i++)
        put_number(&s, type_of(m, 0), 0);
    put_section(w, 3, &s);
}

static void put_table_memory_globals(writer *w, const delta_module *m)
{
    writer table = {0}, memory = {0}, globals = {0};
    put(&table, "\x01\x70\x00\x40", 4);
    put_section(w, 4, &table);
    put(&memory, "\x01\x00\x02", 3);
    put_section(w, 5, &memory);
    put_number(&globals, GLOBALS + m->added_globals, 0);
    for (uint32_t i = 0; i < GLOBALS + m->added_globals; i++) {
        put(&globals, "\x7f\x01", 2);
        put_const(&globals, address_of(m, i), 0);
        put_byte(&globals, 0x0b);
    }
    put_section(w, 6, &globals);
}

static void put_exports(writer *w, const delta_module *m)
{
    writer s = {0};
    put_number(&s, 3, 0);
    put_text(&s, "run");
    put_byte(&s, 0);
    put_number(&s, function_at(m, 3), 0);
    put_text(&s, "memory");
    put(&s, "\x02\x00", 2);
    put_text(&s, "state");
    put_byte(&s, 3);
    put_number(&s, m->added_globals, 0);
    put_section(w, 7, &s);
}

static void put_elements(writer *w, const delta_module *m)
{
    writer s = {0};
    put_number(&s, 2, 0);
    put_number(&s, 0, 0);
    put_const(&s, 0, 0);
    put_byte(&s, 0x0b);
    put_number(&s, 32, 0);
    for (uint32_t i = 0; i < 32; i++)
        put_number(&s, function_at(m, i % m->functions), 0);
    put(&s, "\x07\x70\x01\xd2", 4); /* declarative, of expressions */
    put_number(&s, function_at(m, 2), 0);
    put_byte(&s, 0x0b);
    put_section(w, 9, &s);
}

static void put_code(writer *w, const delta_module *m)
{
    writer s = {0};
    put_number(&s, function_count(m), 0);
    for (uint32_t i = 0; i < m->functions; i++) {
        if (m->added_at && i == m->added_at)
            put_body(&s, m, 1000000);
        put_body(&s, m, i);
    }
    put_section(w, 10, &s);
}

/* Each item points to another one and has a number. */
static void put_data(writer *w, const delta_module *m)
{
    writer s = {0}, content = {0};
    for (uint32_t i = 0; i < m->added_data; i++)
        put_byte(&content, 'a' + i % 26);
    for (uint32_t i = 0; i < m->functions; i++) {
        uint32_t words[3] = {address_of(m, mix(i, 7) % m->functions), mix(i, 8), i};
        for (int k = 0; k < ITEM; k++)
            put_byte(&content, words[k / 4] >> 8 * (k % 4));
    }
    put_number(&s, 1, 0);
    put_number(&s, 0, 0);
    put_const(&s, DATA_START, 0);
    put_byte(&s, 0x0b);
    put_sized(&s, &content);
    put_section(w, 11, &s);
}

static void put_names(writer *w, const delta_module *m)
{
    writer s = {0}, functions = {0}, other = {0};
    put_number(&functions, m->functions, 0);
    for (uint32_t i = 0; i < m->functions; i++) {
        char name[] = "function_0000";
        for (uint32_t k = 0, n = i; k < 4; k++, n /= 10)
            name[12 - k] = (char)('0' + n % 10);
        put_number(&functions, function_at(m, i), 0);
        put_text(&functions, name);
    }
    put_text(&s, "name");
    put_section(&s, 1, &functions);
    put_text(&other, "anything");
    put_section(&s, 5, &other);
    put_section(w, 0, &s);
}

wisp_bytes delta_module_build(const delta_module *m)
{
    writer w = {0}, custom = {0};
    put(&w, "\0asm\1\0\0\0", 8);
    put_types(&w, m);
    put_imports(&w, m);
    put_functions(&w, m);
    put_table_memory_globals(&w, m);
    put_exports(&w, m);
    put_elements(&w, m);
    put_code(&w, m);
    put_data(&w, m);
    put_names(&w, m);
    put_text(&custom, "names of nothing");
    put_section(&w, 0, &custom);
    return (wisp_bytes){w.data, w.size};
}

/* ------------------------------------------------------------------ others */

wisp_bytes delta_noise(uint32_t seed, size_t size)
{
    writer w = {0};
    put(&w, "", 0);
    for (size_t i = 0; i < size; i++)
        put_byte(&w, mix(seed, (uint32_t)i) >> 8);
    return (wisp_bytes){w.data, w.size};
}

wisp_bytes delta_generated(uint32_t seed)
{
    wisp_bytes choices = delta_noise(seed, 3000);
    wisp_bytes module = generator_module(choices, wisp_features_built_in());
    delta_free(choices);
    return module;
}

wisp_bytes delta_scribbled(wisp_bytes bytes, uint32_t seed, size_t changes)
{
    writer w = {0};
    put(&w, bytes.data, bytes.size);
    assert(w.size > 0);
    for (uint32_t i = 0; i < changes; i++)
        w.data[mix(seed, i) % w.size] ^= (uint8_t)(mix(seed, i + 1) | 1);
    return (wisp_bytes){w.data, w.size};
}

void delta_free(wisp_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}
