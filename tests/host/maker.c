#include "maker.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

struct maker {
    uint8_t bytes[1024];
    size_t size;
};

static void put(struct maker *m, const void *bytes, size_t size)
{
    assert_true(m->size + size <= sizeof m->bytes);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_byte(struct maker *m, size_t byte)
{
    uint8_t b = (uint8_t)byte;
    put(m, &b, 1);
}

static void put_name(struct maker *m, const char *name)
{
    put_byte(m, strlen(name));
    put(m, name, strlen(name));
}

/* Section sizes are written as two bytes of LEB128. */
static size_t open_section(struct maker *m, uint8_t id)
{
    put_byte(m, id);
    put(m, "\x80\x00", 2);
    return m->size;
}

static void close_section(struct maker *m, size_t start)
{
    size_t size = m->size - start;
    m->bytes[start - 2] = (uint8_t)(0x80 | (size & 0x7f));
    m->bytes[start - 1] = (uint8_t)(size >> 7);
}

static void put_section(struct maker *m, uint8_t id, const char *content, size_t size)
{
    size_t section = open_section(m, id);
    put(m, content, size);
    close_section(m, section);
}

/* The type of each function, by index; some are equal. */
static void put_types(struct maker *m)
{
    static const struct {
        const char *params, *results;
    } types[FUNC_COUNT] = {
        [NONE_TO_NONE] = {"", ""},
        [ZERO] = {"", "\x7f"},
        [NONE_TO_I32] = {"", "\x7f"},
        [I32_TO_I32] = {"\x7f", "\x7f"},
        [I32X3_TO_NONE] = {"\x7f\x7f\x7f", ""},
        [I64_TO_I32] = {"\x7e", "\x7f"},
        [I32X3_TO_I32] = {"\x7f\x7f\x7f", "\x7f"},
        [LOGS] = {"", ""},
    };
    size_t section = open_section(m, 1);
    put_byte(m, FUNC_COUNT);
    for (size_t i = 0; i < FUNC_COUNT; i++) {
        put_byte(m, 0x60);
        put_name(m, types[i].params);
        put_name(m, types[i].results);
    }
    close_section(m, section);
}

static void put_import(struct maker *m, const struct module_spec *spec)
{
    size_t section = open_section(m, 2);
    put_byte(m, 1);
    put_name(m, spec->import.module);
    put_name(m, spec->import.name);
    put_byte(m, 0);
    put_byte(m, spec->import.type);
    close_section(m, section);
}

static void put_funcs(struct maker *m)
{
    size_t section = open_section(m, 3);
    put_byte(m, FUNC_COUNT);
    for (size_t i = 0; i < FUNC_COUNT; i++)
        put_byte(m, i);
    close_section(m, section);
}

static void put_exports(struct maker *m, const struct module_spec *spec, size_t first_func)
{
    size_t count = 0;
    while (spec->exports[count].name)
        count++;
    size_t section = open_section(m, 7);
    put_byte(m, count);
    for (size_t i = 0; i < count; i++) {
        enum exported what = spec->exports[i].what;
        put_name(m, spec->exports[i].name);
        put_byte(m, what < FUNC_COUNT ? 0 : what == TABLE ? 1 : what == MEMORY ? 2 : 3);
        put_byte(m, what < FUNC_COUNT ? first_func + what : what < GLOBAL ? 0 : what - GLOBAL);
    }
    close_section(m, section);
}

static void put_code(struct maker *m, bool has_import)
{
    size_t section = open_section(m, 10);
    put_byte(m, FUNC_COUNT);
    for (size_t i = 0; i < FUNC_COUNT; i++) {
        if (i == ZERO)
            put(m, "\x04\x00\x41\x00\x0b", 5); /* i32.const 0 */
        else if (i == LOGS && has_import)
            /* i32.const 2, i32.const 0, i32.const 5, call 0 */
            put(m, "\x0a\x00\x41\x02\x41\x00\x41\x05\x10\x00\x0b", 11);
        else
            put(m, "\x03\x00\x00\x0b", 4); /* unreachable */
    }
    close_section(m, section);
}

wisp_module *make_module(const struct module_spec *spec)
{
    bool can_log = spec->import.name && spec->import.type == I32X3_TO_NONE;
    size_t first_func = spec->import.name ? 1 : 0;
    struct maker m = {.size = 0};
    put(&m, "\0asm\1\0\0\0", 8);
    put_types(&m);
    if (spec->import.name)
        put_import(&m, spec);
    put_funcs(&m);
    put_section(&m, 4, "\x01\x70\x00\x01", 4);
    put_section(&m, 5, "\x01\x00\x01", 3);
    put_section(&m, 6, "\x03\x7f\x00\x41\x00\x0b\x7f\x01\x41\x00\x0b\x7f\x00\x41\x7f\x0b", 16);
    put_exports(&m, spec, first_func);
    if (spec->logs_on_start) {
        size_t section = open_section(&m, 8);
        put_byte(&m, first_func + LOGS);
        close_section(&m, section);
    }
    put_code(&m, can_log);
    put_section(&m, 11, "\x01\x00\x41\x00\x0b\x05hello", 11);

    wisp_module *module;
    wisp_error err;
    if (wisp_module_new(NULL, (wisp_bytes){m.bytes, m.size}, &module, &err) != WISP_OK)
        fail_msg("%s", err.text);
    return module;
}
