#include "../words.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * What vector instructions compute, a line a case. A vector is written as "i16 1 -2 3": lanes
 * of that type, the last of which is that of all others too. Lanes of floats may be "nan",
 * "-nan", and "snan" for a signalling one.
 */

typedef struct vector_case {
    uint32_t number;    /* behind 0xfd */
    const char *lanes;  /* immediate bytes; NULL for none, "" for one zero */
    const char *args;   /* vectors and numbers ("= 3"), separated by ';' */
    const char *result; /* a vector or number; a NaN may be any quiet one */
} vector_case;

/* clang-format off */
static const vector_case cases[] = {
    /* bits */
    {0x4d, NULL, "i8 15 -1", "i8 -16 0"},
    {0x4e, NULL, "i8 12;i8 10", "i8 8"},
    {0x4f, NULL, "i8 12;i8 10", "i8 4"},
    {0x50, NULL, "i8 12;i8 10", "i8 14"},
    {0x51, NULL, "i8 12;i8 10", "i8 6"},
    {0x52, NULL, "i8 1 2 3;i8 17 18 19;i8 -1 15 0", "i8 1 18 19"},
    {0x53, NULL, "i32 0", "= 0"},
    {0x53, NULL, "i32 0 0 0 1", "= 1"},
    /* lanes */
    {0x0d, "\x1f\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x10\x0f",
     "i8 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15;i8 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31",
     "i8 31 0 1 2 3 4 5 6 7 8 9 10 11 12 16 15"},
    {0x0e, NULL, "i8 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25;i8 15 16 -1 0 1 2",
     "i8 25 0 0 10 11 12"},
    {0x100, NULL, "i8 10 11;i8 1 16 127", "i8 11 0"},
    {0x0f, NULL, "= 511", "i8 -1"},
    {0x10, NULL, "= 65537", "i16 1"},
    {0x11, NULL, "= -5", "i32 -5"},
    {0x15, "\x03", "i8 0 0 0 -2 0", "= -2"},
    {0x16, "\x03", "i8 0 0 0 -2 0", "= 254"},
    {0x18, "\x07", "i16 0 0 0 0 0 0 0 -2", "= -2"},
    {0x19, "\x07", "i16 0 0 0 0 0 0 0 -2", "= 65534"},
    {0x1b, "\x02", "i32 1 2 -3 4", "= -3"},
    {0x17, "\x0f", "i8 1;= 258", "i8 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2"},
    {0x1a, "", "i16 1;= 65538", "i16 2 1"},
    {0x1c, "\x01", "i32 1;= -2", "i32 1 -2 1"},
    /* comparisons */
    {0x23, NULL, "i8 1 2;i8 1 3", "i8 -1 0"},
    {0x24, NULL, "i8 1 2;i8 1 3", "i8 0 -1"},
    {0x25, NULL, "i8 -1 1;i8 1 -1", "i8 -1 0"},
    {0x26, NULL, "i8 -1 1;i8 1 -1", "i8 0 -1"},
    {0x31, NULL, "i16 -1 1;i16 1 -1", "i16 0 -1"},
    {0x3d, NULL, "i32 1 2 3;i32 2", "i32 -1 -1 0"},
    {0x40, NULL, "i32 -1 2 1;i32 2", "i32 -1 -1 0"},
    {0xd8, NULL, "i64 -5000000000 5000000000;i64 5000000000 -5000000000", "i64 -1 0"},
    {0xdb, NULL, "i64 -5000000000 5000000000;i64 -5000000000", "i64 -1"},
    {0x41, NULL, "f32 0 nan 1;f32 -0 nan 2", "i32 -1 0 0"},
    {0x48, NULL, "f64 nan 1;f64 nan 1", "i64 -1 0"},
    {0x49, NULL, "f64 1 nan;f64 2 2", "i64 -1 0"},
    /* integers */
    {0x60, NULL, "i8 -128 -1 5", "i8 -128 1 5"},
    {0x61, NULL, "i8 -128 -1 5", "i8 -128 1 -5"},
    {0xc0, NULL, "i64 -9223372036854775807 7", "i64 9223372036854775807 7"},
    {0x62, NULL, "i8 0 -1 85 127 16", "i8 0 8 4 7 1"},
    {0x63, NULL, "i8 1 2 3", "= 1"},
    {0x63, NULL, "i8 1 2 0 3", "= 0"},
    {0xc3, NULL, "i64 4294967296 1", "= 1"},
    {0x64, NULL, "i8 -1 0 -128 127 -1", "= 65525"},
    {0x84, NULL, "i16 -1 0 -1 1", "= 5"},
    {0xa4, NULL, "i32 0 0 0 -1", "= 8"},
    {0xc4, NULL, "i64 0 -1", "= 2"},
    {0x65, NULL, "i16 300 -300 5;i16 -129 127", "i8 127 -128 5 5 5 5 5 5 -128 127"},
    {0x66, NULL, "i16 300 -300 5;i16 255 256", "i8 -1 0 5 5 5 5 5 5 -1"},
    {0x85, NULL, "i32 40000 -40000 5;i32 -32769 32767", "i16 32767 -32768 5 5 -32768 32767"},
    {0x86, NULL, "i32 70000 -1 5;i32 65535", "i16 -1 0 5 5 -1"},
    {0x6b, NULL, "i8 -1 1;= 9", "i8 -2 2"},
    {0x6c, NULL, "i8 -128 127;= 10", "i8 -32 31"},
    {0x6d, NULL, "i8 -128 127;= 10", "i8 32 31"},
    {0x8c, NULL, "i16 -32768 16384;= 17", "i16 -16384 8192"},
    {0xab, NULL, "i32 1 2;= 33", "i32 2 4"},
    {0xcb, NULL, "i64 1 -1;= 63", "i64 -9223372036854775808"},
    {0xcc, NULL, "i64 -9223372036854775808 9223372036854775807;= 62", "i64 -2 1"},
    {0xcc, NULL, "i64 -7 7;= 64", "i64 -7 7"},
    {0xcd, NULL, "i64 -1 1;= 127", "i64 1 0"},
    {0x6e, NULL, "i8 127 -1;i8 1", "i8 -128 0"},
    {0x6f, NULL, "i8 127 -128 100 -1;i8 1 -1 27 1", "i8 127 -128 127 0"},
    {0x70, NULL, "i8 -1 -2 100;i8 1", "i8 -1 -1 101"},
    {0x72, NULL, "i8 -128 127 0;i8 1 -1 -128", "i8 -128 127 127"},
    {0x73, NULL, "i8 0 -1 5;i8 1", "i8 0 -2 4"},
    {0x8f, NULL, "i16 32767 -32768;i16 1 -1", "i16 32767 -32768"},
    {0x93, NULL, "i16 0 -1;i16 1", "i16 0 -2"},
    {0x76, NULL, "i8 -1 1;i8 1 -1", "i8 -1"},
    {0x77, NULL, "i8 -1 1;i8 1 -1", "i8 1"},
    {0x98, NULL, "i16 -1 1;i16 1 -1", "i16 1"},
    {0xb9, NULL, "i32 -1 1;i32 1 -1", "i32 -1"},
    {0x7b, NULL, "i8 1 -1 0;i8 2 -1 -1", "i8 2 -1 -128"},
    {0x9b, NULL, "i16 1 -1 0;i16 2 -1 -1", "i16 2 -1 -32768"},
    {0x7c, NULL, "i8 1 2 -1 -2 -128", "i16 3 -3 -256"},
    {0x7d, NULL, "i8 1 2 -1 -2 -128", "i16 3 509 256"},
    {0x7e, NULL, "i16 1 2 -1 -2 -32768", "i32 3 -3 -65536"},
    {0x82, NULL, "i16 -32768 16384 -1 -32768;i16 -32768 16384 1 1", "i16 32767 8192 0 -1"},
    {0x111, NULL, "i16 -32768;i16 -32768", "i16 32767"},
    {0x87, NULL, "i8 1 -1 2 -2 3 -3 4 -4 5", "i16 1 -1 2 -2 3 -3 4 -4"},
    {0x8a, NULL, "i8 1 1 1 1 1 1 1 1 -1 5", "i16 255 5"},
    {0xa8, NULL, "i16 1 1 1 1 -1 5", "i32 -1 5"},
    {0xc9, NULL, "i32 -1 2 3 4", "i64 4294967295 2"},
    {0x95, NULL, "i16 300 -2;i16 300 3", "i16 24464 -6"},
    {0xb5, NULL, "i32 65536 -2;i32 65536 3", "i32 0 -6"},
    {0xd5, NULL, "i64 4294967297 -2;i64 4294967297 3", "i64 8589934593 -6"},
    {0x9c, NULL, "i8 -128 100;i8 -128 -100", "i16 16384 -10000"},
    {0x9f, NULL, "i8 0 0 0 0 0 0 0 0 -1;i8 -1", "i16 -511"},
    {0xbe, NULL, "i16 -1;i16 -1 2", "i32 -131071 131070"},
    {0xdd, NULL, "i32 0 0 -3;i32 2147483647", "i64 -6442450941"},
    {0xba, NULL, "i16 -32768 -32768 1 2;i16 -32768 -32768 3 4", "i32 -2147483648 11 16"},
    {0x112, NULL, "i8 -128 -128 1 2 100;i8 127 127 3 4", "i16 -32512 11 800"},
    {0x112, NULL, "i8 -128;i8 -128", "i16 32767"},
    {0x113, NULL, "i8 1;i8 1 2 3 4;i32 100 -100", "i32 110 -84"},
    {0x109, NULL, "i8 1 2 3;i8 17 18 19;i8 -1 15 0", "i8 1 18 19"},
    {0x10c, NULL, "i64 -1;i64 0;i64 -9223372036854775808", "i64 -9223372036854775808"},
    /* floats */
    {0xe0, NULL, "f32 -1 snan -0", "f32 1 snan 0"},
    {0xe1, NULL, "f32 1 0 -inf", "f32 -1 -0 inf"},
    {0xe3, NULL, "f32 4 -0 -1", "f32 2 -0 nan"},
    {0xe4, NULL, "f32 1.5 inf;f32 2 -inf", "f32 3.5 nan"},
    {0xe5, NULL, "f32 1.5;f32 2", "f32 -0.5"},
    {0xe7, NULL, "f32 1 0 -1;f32 0 0 0", "f32 inf nan -inf"},
    {0xe8, NULL, "f32 0 -0 nan 1;f32 -0 0 1 2", "f32 -0 -0 nan 1"},
    {0xe9, NULL, "f32 0 -0 1 1;f32 -0 0 snan 2", "f32 0 0 nan 2"},
    {0xea, NULL, "f32 0 -0 snan 1;f32 -0 0 1 snan", "f32 0 -0 snan 1"},
    {0xeb, NULL, "f32 1 2 snan 1;f32 2 1 1 snan", "f32 2 2 snan 1"},
    {0xf2, NULL, "f64 1.5 1e300;f64 2 1e300", "f64 3 inf"},
    {0xf4, NULL, "f64 0 snan;f64 -0 1", "f64 -0 nan"},
    {0x110, NULL, "f64 0 1;f64 -0 nan", "f64 0 nan"},
    {0x67, NULL, "f32 1.2 -1.2 -0.5 snan", "f32 2 -1 -0 nan"},
    {0x68, NULL, "f32 1.2 -1.2 0.5 1e30", "f32 1 -2 0 1e30"},
    {0x69, NULL, "f32 1.9 -1.9 -0.5 inf", "f32 1 -1 -0 inf"},
    {0x6a, NULL, "f32 0.5 1.5 2.5 -0.5", "f32 0 2 2 -0"},
    {0x94, NULL, "f64 0.5 -1.5", "f64 0 -2"},
    {0x5e, NULL, "f64 1.5 1e300", "f32 1.5 inf 0 0"},
    {0x5f, NULL, "f32 1.5 snan 3 4", "f64 1.5 nan"},
    {0xf8, NULL, "f32 -1.9 nan 3e9 -3e9", "i32 -1 0 2147483647 -2147483648"},
    {0xf9, NULL, "f32 -1.9 nan 3e9 5e9", "i32 0 0 -1294967296 -1"},
    {0xfc, NULL, "f64 -1.9 -2147483649", "i32 -1 -2147483648 0"},
    {0xfd, NULL, "f64 4294967295.5 -nan", "i32 -1 0"},
    {0x101, NULL, "f32 -1.9 nan 3e9 -3e9", "i32 -1 0 2147483647 -2147483648"},
    {0x104, NULL, "f64 4294967296 -1", "i32 -1 0"},
    {0xfa, NULL, "i32 16777217 -1 2", "f32 16777216 -1 2"},
    {0xfb, NULL, "i32 -1 16777219", "f32 4294967296 16777220"},
    {0xfe, NULL, "i32 -1 -2147483648 7", "f64 -1 -2147483648"},
    {0xff, NULL, "i32 -1 -2147483648 7", "f64 4294967295 2147483648"},
    /* rounded twice: fused, the sum would not be zero */
    {0x105, NULL, "f32 1.000244140625;f32 1.000244140625;f32 -1.00048828125", "f32 0"},
    {0x106, NULL, "f32 2;f32 3;f32 10", "f32 4"},
    {0x107, NULL, "f64 2;f64 3;f64 1", "f64 7"},
    {0x108, NULL, "f64 1.000000007450580597;f64 1.000000007450580597;f64 1.000000014901161194", "f64 0"},
};
/* clang-format on */

/* ------------------------------------------------------------------ vectors as text */

static uint64_t float_bits(const char *text, unsigned size)
{
    bool is_negative = *text == '-';
    uint64_t sign = (uint64_t)is_negative << (8 * size - 1);
    uint64_t infinity = size == 4 ? 0x7f800000 : 0x7ff0000000000000;
    float narrow = strtof(text, NULL);
    double wide = strtod(text, NULL);
    uint32_t low;
    uint64_t bits;
    if (strcmp(text + is_negative, "nan") == 0)
        return sign | infinity | (uint64_t)1 << (size == 4 ? 22 : 51);
    if (strcmp(text + is_negative, "snan") == 0)
        return sign | infinity | 1;
    memcpy(&low, &narrow, sizeof low);
    memcpy(&bits, &wide, sizeof bits);
    return size == 4 ? low : bits;
}

/* The lane's bytes, and how many. */
static unsigned lane_size(const char *type)
{
    return (unsigned)strtoul(type + 1, NULL, 10) / 8;
}

static wisp_value parse(const char *text)
{
    char words[128], *rest;
    snprintf(words, sizeof words, "%s", text);
    const char *type = strtok_r(words, " ", &rest), *word = NULL;
    if (strcmp(type, "=") == 0)
        return wisp_i32((int32_t)strtol(rest, NULL, 10));
    wisp_value value = {.type = WISP_V128};
    unsigned size = lane_size(type);
    for (unsigned at = 0; at < WISP_V128_SIZE; at += size) {
        const char *next = strtok_r(NULL, " ", &rest);
        word = next ? next : word;
        uint64_t bits =
            type[0] == 'f' ? float_bits(word, size) : (uint64_t)strtoll(word, NULL, 10);
        for (unsigned i = 0; i < size; i++)
            value.of.v128[at + i] = (uint8_t)(bits >> (8 * i));
    }
    return value;
}

/* Whether a lane of [found] is a quiet NaN, where one of [expected] is. */
static bool both_quiet(const uint8_t *found, const uint8_t *expected, unsigned size)
{
    uint8_t low = size == 4 ? 0xc0 : 0xf8; /* of the exponent and the fraction's top bit */
    const uint8_t *lanes[] = {found, expected};
    for (int i = 0; i < 2; i++)
        if ((lanes[i][size - 1] & 0x7f) != 0x7f || (lanes[i][size - 2] & low) != low)
            return false;
    return true;
}

static bool is_as_expected(const wisp_value *found, const wisp_value *expected, const char *text)
{
    if (found->type != expected->type)
        return false;
    if (found->type == WISP_I32)
        return found->of.i32 == expected->of.i32;
    unsigned size = lane_size(text);
    for (unsigned at = 0; at < WISP_V128_SIZE; at += size) {
        const uint8_t *a = found->of.v128 + at, *b = expected->of.v128 + at;
        if (memcmp(a, b, size) != 0 && !(text[0] == 'f' && both_quiet(a, b, size)))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ modules of one function */

enum { ARGS_MAX = 3 };

static uint8_t *put_bytes(uint8_t *at, const char *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* The argument's local, or the same as a constant. */
static uint8_t *put_arg(uint8_t *at, uint32_t index, const wisp_value *arg, bool is_constant)
{
    if (!is_constant) {
        *at++ = 0x20;
        *at++ = (uint8_t)index;
    } else if (arg->type == WISP_V128) {
        at = put_bytes(at, "\xfd\x0c", 2);
        at = put_bytes(at, (const char *)arg->of.v128, WISP_V128_SIZE);
    } else {
        *at++ = 0x41;
        for (int i = 0; i < 5; i++)
            *at++ = (uint8_t)(((arg->of.i32 >> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
    }
    return at;
}

static uint8_t *put_instruction(uint8_t *at, const vector_case *c)
{
    size_t lanes = !c->lanes ? 0 : c->lanes[0] ? strlen(c->lanes) : 1;
    if (c->number == 0x0d)
        lanes = WISP_V128_SIZE;
    *at++ = 0xfd;
    *at++ = (uint8_t)(c->number < 0x80 ? c->number : 0x80 | (c->number & 0x7f));
    if (c->number >= 0x80)
        *at++ = (uint8_t)(c->number >> 7);
    return put_bytes(at, c->lanes ? c->lanes : "", lanes);
}

enum { MODULE_SIZE_MAX = 192 };

/* A function "f" whose parameters are [args], and which does 0xfd [number] [lanes] with them,
 * or with constants of their values. */
static wisp_bytes build(const vector_case *c, const wisp_value *args, uint32_t count,
                        bool are_constants, wisp_valtype result, uint8_t into[MODULE_SIZE_MAX])
{
    uint8_t *at = put_bytes(into, "\0asm\1\0\0\0\1", 9);
    *at++ = (uint8_t)(5 + count);
    at = put_bytes(at, "\1\x60", 2);
    *at++ = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++)
        *at++ = (uint8_t)args[i].type;
    *at++ = 1;
    *at++ = (uint8_t)result;
    at = put_bytes(at, "\3\2\1\0\7\5\1\1f\0\0\x0a", 12);
    uint8_t *section = at, *body = at + 3;
    at = body;
    *at++ = 0;
    for (uint32_t i = 0; i < count; i++)
        at = put_arg(at, i, &args[i], are_constants);
    at = put_instruction(at, c);
    *at++ = 0x0b;
    section[0] = (uint8_t)(at - body + 2);
    section[1] = 1;
    section[2] = (uint8_t)(at - body);
    return (wisp_bytes){into, (size_t)(at - into)};
}

static uint32_t parse_args(const char *text, wisp_value args[ARGS_MAX])
{
    char words[256], *rest = NULL;
    uint32_t count = 0;
    snprintf(words, sizeof words, "%s", text);
    for (char *word = strtok_r(words, ";", &rest); word; word = strtok_r(NULL, ";", &rest)) {
        assert_true(count < ARGS_MAX);
        args[count++] = parse(word);
    }
    return count;
}

static void run_cases(bool are_constants)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const vector_case *c = &cases[i];
        wisp_value args[ARGS_MAX], result, expected = parse(c->result);
        uint32_t count = parse_args(c->args, args);
        uint8_t bytes[MODULE_SIZE_MAX];
        fixture f;
        fixture_init(&f, NULL);
        wisp_instance *instance =
            fixture_instance(&f, build(c, args, count, are_constants, expected.type, bytes));
        if (wisp_call_export(instance, "f", args, count, &result, 1, &f.err))
            fail_msg("0xfd 0x%x of %s: %s", c->number, c->args, f.err.text);
        if (!is_as_expected(&result, &expected, c->result))
            fail_msg("0xfd 0x%x of %s is not %s", c->number, c->args, c->result);
        fixture_deinit(&f);
    }
}

static void an_instruction_gives_what_the_specification_says(void **state)
{
    (void)state;
    run_cases(false);
}

static void it_gives_the_same_of_constants(void **state)
{
    (void)state;
    run_cases(true);
}

/* ------------------------------------------------------------------ faults */

static wisp_status load(const vector_case *c, const char *args, uint32_t deny, wisp_error *err)
{
    wisp_value values[ARGS_MAX];
    uint8_t bytes[MODULE_SIZE_MAX];
    wisp_module *module = NULL;
    uint32_t count = parse_args(args, values);
    wisp_module_config config = {.deny = deny};
    wisp_status status =
        wisp_module_load(&config, build(c, values, count, false, WISP_V128, bytes), &module, err);
    wisp_module_free(module);
    return status;
}

static void a_faulty_instruction_is_refused_by_its_name(void **state)
{
    (void)state;
    static const struct {
        vector_case what;
        const char *args;
        wisp_status status;
        const char *text;
    } faults[] = {
        {{.number = 0x6e}, "i8 1", WISP_MISMATCH, "i8x16.add expects v128, found an empty stack"},
        {{.number = 0x6e}, "i8 1;= 1", WISP_MISMATCH, "i8x16.add expects v128, found i32"},
        {{.number = 0x6b}, "i8 1;i8 1", WISP_MISMATCH, "i8x16.shl expects i32, found v128"},
        {{.number = 0x17, .lanes = "\x10"}, "i8 1;= 1", WISP_MISMATCH, "invalid lane index 16"},
        {{.number = 0x1e, .lanes = "\x02"}, "i8 1;= 1", WISP_MISMATCH, "invalid lane index 2"},
        {{.number = 0x0d, .lanes = "\x20\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"},
         "i8 1;i8 1",
         WISP_MISMATCH,
         "invalid lane index 32"},
        {{.number = 0x9a}, "i8 1", WISP_MALFORMED, "illegal opcode 0xfd 154"},
        {{.number = 0x114}, "i8 1", WISP_MALFORMED, "illegal opcode 0xfd 276"},
        {{.number = 0x0c, .lanes = "\x01"},
         "i8 1",
         WISP_MALFORMED,
         "v128.const expects 16 bytes"},
        {{.number = 0x00, .lanes = "\x04"}, "= 1", WISP_MISMATCH, "v128.load: unknown memory 0"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        wisp_error err = {0};
        if (load(&faults[i].what, faults[i].args, 0, &err) != faults[i].status ||
            !words_say_of_instruction(err.text, faults[i].text))
            fail_msg("fault %zu (%s): %s", i, faults[i].text, err.text);
    }
}

static void vectors_can_be_denied(void **state)
{
    (void)state;
    const vector_case plain = {.number = 0x6e}, relaxed = {.number = 0x10d};
    wisp_error err;
    assert_int_equal(load(&plain, "i8 1;i8 1", WISP_FEATURE_RELAXED_SIMD, &err), WISP_OK);
    assert_int_equal(load(&relaxed, "i8 1;i8 1", 0, &err), WISP_OK);
    assert_int_equal(load(&relaxed, "i8 1;i8 1", WISP_FEATURE_RELAXED_SIMD, &err),
                     WISP_UNSUPPORTED);
    assert_int_equal(load(&plain, "i8 1;i8 1", WISP_FEATURE_SIMD, &err), WISP_UNSUPPORTED);
}

static void locals_that_do_not_fit_a_frame_are_refused(void **state)
{
    (void)state;
    /* (func (local v128 … 40,000 times …)) */
    static const uint8_t many[] =
        "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a\x08\1\6\1\xc0\xb8\2\x7b\x0b";
    wisp_module *module;
    wisp_error err;
    wisp_bytes bytes = {many, sizeof many - 1};
    assert_int_equal(wisp_module_new(NULL, bytes, &module, &err), WISP_LIMIT);
    assert_true(words_say(err.text, "a frame of more than 65535 slots"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instruction_gives_what_the_specification_says),
        cmocka_unit_test(it_gives_the_same_of_constants),
        cmocka_unit_test(a_faulty_instruction_is_refused_by_its_name),
        cmocka_unit_test(vectors_can_be_denied),
        cmocka_unit_test(locals_that_do_not_fit_a_frame_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
