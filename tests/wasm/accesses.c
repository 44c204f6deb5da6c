#include "accesses.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the instructions */

static const access plain[] = {
    {"i32.load", 0, 0x28, 4, "", 'i', 0, 0},     {"i64.load", 0, 0x29, 8, "", 'I', 0, 0},
    {"f32.load", 0, 0x2a, 4, "", 'f', 0, 0},     {"f64.load", 0, 0x2b, 8, "", 'F', 0, 0},
    {"i32.load8_s", 0, 0x2c, 1, "", 'i', 0, 0},  {"i32.load8_u", 0, 0x2d, 1, "", 'i', 0, 0},
    {"i32.load16_s", 0, 0x2e, 2, "", 'i', 0, 0}, {"i32.load16_u", 0, 0x2f, 2, "", 'i', 0, 0},
    {"i64.load8_s", 0, 0x30, 1, "", 'I', 0, 0},  {"i64.load8_u", 0, 0x31, 1, "", 'I', 0, 0},
    {"i64.load16_s", 0, 0x32, 2, "", 'I', 0, 0}, {"i64.load16_u", 0, 0x33, 2, "", 'I', 0, 0},
    {"i64.load32_s", 0, 0x34, 4, "", 'I', 0, 0}, {"i64.load32_u", 0, 0x35, 4, "", 'I', 0, 0},
    {"i32.store", 0, 0x36, 4, "i", 0, 0, 0},     {"i64.store", 0, 0x37, 8, "I", 0, 0, 0},
    {"f32.store", 0, 0x38, 4, "f", 0, 0, 0},     {"f64.store", 0, 0x39, 8, "F", 0, 0, 0},
    {"i32.store8", 0, 0x3a, 1, "i", 0, 0, 0},    {"i32.store16", 0, 0x3b, 2, "i", 0, 0, 0},
    {"i64.store8", 0, 0x3c, 1, "I", 0, 0, 0},    {"i64.store16", 0, 0x3d, 2, "I", 0, 0, 0},
    {"i64.store32", 0, 0x3e, 4, "I", 0, 0, 0},
};

#ifdef WISP_WITHOUT_SIMD
#define VECTORS 0
static const access vectors[1];
#else
#define VECTORS (sizeof vectors / sizeof *vectors)
static const access vectors[] = {
    {"v128.load", 0xfd, 0x00, 16, "", 'v', 0, 0},
    {"v128.load8x8_s", 0xfd, 0x01, 8, "", 'v', 0, 0},
    {"v128.load8x8_u", 0xfd, 0x02, 8, "", 'v', 0, 0},
    {"v128.load16x4_s", 0xfd, 0x03, 8, "", 'v', 0, 0},
    {"v128.load16x4_u", 0xfd, 0x04, 8, "", 'v', 0, 0},
    {"v128.load32x2_s", 0xfd, 0x05, 8, "", 'v', 0, 0},
    {"v128.load32x2_u", 0xfd, 0x06, 8, "", 'v', 0, 0},
    {"v128.load8_splat", 0xfd, 0x07, 1, "", 'v', 0, 0},
    {"v128.load16_splat", 0xfd, 0x08, 2, "", 'v', 0, 0},
    {"v128.load32_splat", 0xfd, 0x09, 4, "", 'v', 0, 0},
    {"v128.load64_splat", 0xfd, 0x0a, 8, "", 'v', 0, 0},
    {"v128.store", 0xfd, 0x0b, 16, "v", 0, 0, 0},
    {"v128.load8_lane", 0xfd, 0x54, 1, "v", 'v', 0, 1},
    {"v128.load16_lane", 0xfd, 0x55, 2, "v", 'v', 0, 1},
    {"v128.load32_lane", 0xfd, 0x56, 4, "v", 'v', 0, 1},
    {"v128.load64_lane", 0xfd, 0x57, 8, "v", 'v', 0, 1},
    {"v128.store8_lane", 0xfd, 0x58, 1, "v", 0, 0, 1},
    {"v128.store16_lane", 0xfd, 0x59, 2, "v", 0, 0, 1},
    {"v128.store32_lane", 0xfd, 0x5a, 4, "v", 0, 0, 1},
    {"v128.store64_lane", 0xfd, 0x5b, 8, "v", 0, 0, 1},
    {"v128.load32_zero", 0xfd, 0x5c, 4, "", 'v', 0, 0},
    {"v128.load64_zero", 0xfd, 0x5d, 8, "", 'v', 0, 0},
};
#endif

#ifdef WISP_WITHOUT_THREADS
enum { ATOMIC_GROUPS = 0 };
#else
enum { ATOMIC_GROUPS = 9 };
#endif

/* Of the seven widths of each group. */
enum { WIDTHS = 7 };
static const char width_types[WIDTHS] = {'i', 'I', 'i', 'i', 'I', 'I', 'I'};
static const uint8_t width_sizes[WIDTHS] = {4, 8, 1, 2, 1, 2, 4};

static access atomic_access(int group, int width)
{
    static const char *const groups[] = {"load", "store", "add",  "sub",    "and",
                                         "or",   "xor",   "xchg", "cmpxchg"};
    bool is_wide = width_types[width] == 'I';
    access a = {.prefix = 0xfe, .size = width_sizes[width], .is_atomic = 1};
    snprintf(a.name, sizeof a.name, "%s.atomic.%s%d", is_wide ? "i64" : "i32", groups[group],
             8 * a.size);
    a.opcode = (uint8_t)(0x10 + group * WIDTHS + width);
    a.params = group == 0 ? "" : group == 8 ? (is_wide ? "II" : "ii") : (is_wide ? "I" : "i");
    a.result = group == 1 ? 0 : width_types[width];
    return a;
}

static size_t add(access *to, const access *from, size_t count)
{
    memcpy(to, from, count * sizeof *from);
    return count;
}

size_t accesses_list(access list[ACCESSES_MAX])
{
    size_t count = add(list, plain, sizeof plain / sizeof *plain);
    count += add(list + count, vectors, VECTORS);
    for (int group = 0; group < ATOMIC_GROUPS; group++)
        for (int width = 0; width < WIDTHS; width++)
            list[count++] = atomic_access(group, width);
    return count;
}

/* ------------------------------------------------------------------ the module */

/* The module; a section or body whose size is not known yet begins at [start]. */
typedef struct writer {
    uint8_t *bytes;
    size_t size, start[2];
    int depth;
} writer;

static void put(writer *w, unsigned byte)
{
    w->bytes[w->size++] = (uint8_t)byte;
}

static void put_all(writer *w, const void *bytes, size_t size)
{
    memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
}

static void put_leb(writer *w, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put(w, (unsigned)(value & 0x7f) | 0x80);
    put(w, (unsigned)value);
}

/* Sizes have three bytes, so that they can be written in the end. */
enum { SIZE_BYTES = 3 };

static void begin(writer *w)
{
    w->size += SIZE_BYTES;
    w->start[w->depth++] = w->size;
}

static void end(writer *w)
{
    size_t start = w->start[--w->depth], size = w->size - start;
    uint8_t *at = w->bytes + start - SIZE_BYTES;
    for (int i = 0; i < SIZE_BYTES; i++)
        at[i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < SIZE_BYTES - 1 ? 0x80 : 0));
}

static unsigned type_of(char letter)
{
    switch (letter) {
    case 'i':
        return 0x7f;
    case 'I':
        return 0x7e;
    case 'f':
        return 0x7d;
    case 'F':
        return 0x7c;
    }
    return 0x7b;
}

static char address_letter(access_memory memory)
{
    return memory.is_64 ? 'I' : 'i';
}

/* A function that is not an access: its parameters, A for an address, and its code. */
typedef struct helper {
    const char *name, *params;
    char result;
    const uint8_t *code;
    uint8_t code_size;
} helper;

#define CODE(...)                                                                                \
    (const uint8_t[])                                                                            \
    {                                                                                            \
        __VA_ARGS__                                                                              \
    }
#define CODE_SIZED(...) CODE(__VA_ARGS__), sizeof(CODE(__VA_ARGS__))

/* clang-format off */
static const helper helpers[] = {
    {"fill", "AiA", 0, CODE_SIZED(0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 11, 0)},
    {"copy", "AAA", 0, CODE_SIZED(0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 10, 0, 0)},
    {"init", "Aii", 0, CODE_SIZED(0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 8, 1, 0)},
    {"grow", "A", 'A', CODE_SIZED(0x20, 0, 0x40, 0)},
};
/* clang-format on */

/* Locals: the pointer, the sum, the next pointer, a count. */
static const uint8_t sum_code[] = {
    0x03, 0x40,                                                 /* loop */
    0x20, 0,    0x29, 3, 0,    0x42, 1,    0x7c, 0x42, 1, 0x7d, /*   pointer->next + 1 - 1 */
    0x20, 1,    0x20, 0, 0x29, 3,    8,    0x7c, 0x21, 1,       /*   sum += pointer->value */
    0x21, 2,                                                    /*   next = */
    0x20, 0,    0x29, 3, 16,   0x42, 1,    0x7c, 0x21, 3,       /*   count = pointer->count + 1 */
    0x20, 0,    0x20, 3, 0x37, 3,    16,                        /*   pointer->count = count */
    0x20, 2,    0x22, 0, 0x42, 0,    0x52,                      /*   pointer = next, is it 0? */
    0x0d, 0,                                                    /*   again if not */
    0x0b,                                                       /* end */
    0x20, 1,                                                    /* sum */
};

enum { HELPERS = sizeof helpers / sizeof *helpers };

static void put_types(writer *w, char address, const char *params, char result)
{
    put(w, 0x60);
    put_leb(w, strlen(params));
    for (const char *letter = params; *letter; letter++)
        put(w, type_of(*letter == 'A' ? address : *letter));
    put(w, result != 0);
    if (result)
        put(w, type_of(result == 'A' ? address : result));
}

static void put_type_section(writer *w, const access *list, size_t count, char address)
{
    put(w, 1);
    begin(w);
    put_leb(w, count + HELPERS + 1);
    for (size_t i = 0; i < count; i++) {
        char params[8];
        snprintf(params, sizeof params, "A%s", list[i].params);
        put_types(w, address, params, list[i].result);
    }
    for (size_t i = 0; i < HELPERS; i++)
        put_types(w, address, helpers[i].params, helpers[i].result);
    put_types(w, address, "I", 'I');
    end(w);
}

static void put_function_section(writer *w, size_t count)
{
    put(w, 3);
    begin(w);
    put_leb(w, count);
    for (size_t i = 0; i < count; i++)
        put_leb(w, i);
    end(w);
}

static void put_memory_section(writer *w, access_memory memory)
{
    put(w, 5);
    begin(w);
    put(w, 1);
    put(w, 1u | (memory.is_shared ? 2 : 0) | (memory.is_64 ? 4 : 0));
    put(w, memory.pages);
    put(w, memory.pages_max);
    end(w);
}

static void put_export(writer *w, const char *name, unsigned kind, size_t index)
{
    put_leb(w, strlen(name));
    put_all(w, name, strlen(name));
    put(w, kind);
    put_leb(w, index);
}

static void put_export_section(writer *w, size_t count)
{
    put(w, 7);
    begin(w);
    put_leb(w, count + HELPERS + 2);
    put_export(w, "memory", 2, 0);
    for (size_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        put_export(w, name, 0, i);
    }
    for (size_t i = 0; i < HELPERS; i++)
        put_export(w, helpers[i].name, 0, count + i);
    put_export(w, "sum", 0, count + HELPERS);
    end(w);
}

static unsigned log2_of(unsigned size)
{
    unsigned log2 = 0;
    while (size >>= 1)
        log2++;
    return log2;
}

static void put_access(writer *w, const access *a, uint64_t offset)
{
    begin(w);
    put(w, 0);
    for (size_t i = 0; i <= strlen(a->params); i++) {
        put(w, 0x20);
        put_leb(w, i);
    }
    if (a->prefix)
        put(w, a->prefix);
    put_leb(w, a->opcode);
    put(w, a->is_atomic ? log2_of(a->size) : 0);
    put_leb(w, offset);
    if (a->has_lane)
        put(w, 0);
    put(w, 0x0b);
    end(w);
}

static void put_body(writer *w, unsigned locals, const uint8_t *code, size_t size)
{
    begin(w);
    put(w, locals != 0);
    if (locals) {
        put(w, locals);
        put(w, 0x7e);
    }
    put_all(w, code, size);
    put(w, 0x0b);
    end(w);
}

static void put_code_section(writer *w, const access *list, size_t count, uint64_t offset,
                             bool is_64)
{
    static const uint8_t nothing[] = {0x00};
    put(w, 10);
    begin(w);
    put_leb(w, count + HELPERS + 1);
    for (size_t i = 0; i < count; i++)
        put_access(w, &list[i], offset);
    for (size_t i = 0; i < HELPERS; i++)
        put_body(w, 0, helpers[i].code, helpers[i].code_size);
    if (is_64)
        put_body(w, 3, sum_code, sizeof sum_code);
    else
        put_body(w, 0, nothing, sizeof nothing);
    end(w);
}

static void put_data_sections(writer *w, bool is_64)
{
    put(w, 11);
    begin(w);
    put(w, 2);
    put(w, 0);
    put(w, is_64 ? 0x42 : 0x41);
    put(w, 16);
    put(w, 0x0b);
    put(w, 8);
    put_all(w, "abcdefgh", 8);
    put(w, 1);
    put(w, 8);
    put_all(w, "abcdefgh", 8);
    end(w);
}

size_t accesses_module(const access *list, size_t count, uint64_t offset, access_memory memory,
                       uint8_t into[ACCESS_MODULE_MAX])
{
    static const uint8_t magic[] = {0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0};
    static const uint8_t data_count[] = {12, 1, 2};
    writer w = {.bytes = into};
    put_all(&w, magic, sizeof magic);
    put_type_section(&w, list, count, address_letter(memory));
    put_function_section(&w, count + HELPERS + 1);
    put_memory_section(&w, memory);
    put_export_section(&w, count);
    put_all(&w, data_count, sizeof data_count);
    put_code_section(&w, list, count, offset, memory.is_64);
    put_data_sections(&w, memory.is_64);
    return w.size;
}
