#include <stdlib.h>

#include "fixture.h"
#include "wasm/code_layout.h"
#include "wasm/runtime.h"

/*
 * Joined instructions, each of which must do what its two would do one after the other: run on
 * the same operands, which are made from a number for each trial.
 */

enum { SLOTS = 16, MEMORY = 64, UNITS_MAX = 64, TRIALS = 40 };

/* What an instruction can change. */
typedef struct world {
    wisp_slot slots[SLOTS];
    uint8_t memory[MEMORY];
    wisp_slot global;
    int64_t fuel;
    wisp_trap_code trap;
    int end; /* where it ended, or which of the two trapped */
} world;

/* Code that ends in one of a few places. */
typedef struct program {
    uint16_t units[UNITS_MAX];
    uint32_t len;
    uint32_t starts[2]; /* of the two instructions */
    uint32_t jumps[4];
    int jump_count;
} program;

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void put(program *p, const void *bytes, size_t size)
{
    memcpy(&p->units[p->len], bytes, size);
    p->len += (uint32_t)(size / sizeof *p->units);
    assert_in_range(p->len, 1, UNITS_MAX - 1);
}

static void put_head(program *p, uint32_t code)
{
    wisp_code_head((wisp_code)code, &p->units[p->len]);
    p->len += WISP_UNITS_HEAD;
}

static void put_operand(program *p, char letter, uint32_t *seed)
{
    uint16_t slot = (uint16_t)(next(seed) % SLOTS);
    uint32_t zero = 0, weight = 3, number = next(seed) % 4 ? next(seed) % 70 : (uint32_t)-1;
    double f64 = (double)number / 4;
    if (letter == 'j') {
        p->jumps[p->jump_count++] = p->len;
        put(p, &zero, sizeof zero);
    } else if (letter == 'x') {
        put(p, &zero, sizeof zero);
    } else if (letter == 'w') {
        put(p, &weight, sizeof weight);
    } else if (letter == 'F' || letter == 'C') {
        put(p, &f64, sizeof f64);
    } else if (letter == 'd' || letter == 's' || letter == '_') {
        put(p, &slot, sizeof slot);
    } else if (letter != 'a') {
        put(p, &number, sizeof number);
    }
}

static void put_operands(program *p, uint32_t code, uint32_t *seed)
{
    for (const char *letter = wisp_code_layout(code); *letter; letter++)
        put_operand(p, *letter, seed);
}

/* The two instructions with operands made from [seed], and then exits: where the second one goes
 * on, and where all jumps go. */
static program make(uint32_t joined, uint32_t first, uint32_t second, uint32_t seed)
{
    program p = {.len = 0};
    put_head(&p, joined ? joined : first);
    put_operands(&p, first, &seed);
    p.starts[1] = p.len - (joined ? WISP_UNITS_HEAD : 0);
    if (!joined)
        put_head(&p, second);
    put_operands(&p, second, &seed);
    put(&p, &wisp_code_exit, sizeof wisp_code_exit);
    for (int i = 0; i < p.jump_count; i++) {
        uint32_t distance = p.len - p.jumps[i];
        memcpy(&p.units[p.jumps[i]], &distance, sizeof distance);
    }
    put(&p, &wisp_code_exit, sizeof wisp_code_exit);
    return p;
}

/* Slots have small numbers, most of them, of the type that reads well as an address or a float.
 */
static world run(const program *p, uint32_t seed)
{
    world w = {.fuel = 1000};
    for (int i = 0; i < SLOTS; i++) {
        w.slots[i].u64 = next(&seed) % 80;
        if (i % 3 == 0)
            w.slots[i].f64 = (double)(next(&seed) % 100) / 8;
    }
    for (int i = 0; i < MEMORY; i++)
        w.memory[i] = (uint8_t)next(&seed);
    wisp_global global = {.type = WISP_I32}, *globals[] = {&global};
    wisp_exec x = {.fuel = w.fuel, .memory = w.memory, .memory_size = MEMORY, .globals = globals};
    wisp_interp_run(p->units, w.slots, w.memory, &x);
    w.global = global.value[0];
    w.fuel = x.fuel;
    w.trap = x.trap;
    uint32_t at = (uint32_t)(x.pc - p->units);
    w.end = x.trap ? at == p->starts[1] : at + WISP_UNITS_HEAD == p->len;
    return w;
}

/* Returns and tables of jumps leave the code, for which there are programs to run. */
static bool can_run(uint32_t code)
{
    return !strchr(wisp_code_layout(code), 't') &&
           strncmp(wisp_code_name(code), "RETURN", 6) != 0;
}

static bool are_equal(const world *a, const world *b)
{
    for (int i = 0; i < SLOTS; i++)
        if (a->slots[i].u64 != b->slots[i].u64)
            return false;
    return memcmp(a->memory, b->memory, sizeof a->memory) == 0 &&
           a->global.u64 == b->global.u64 && a->fuel == b->fuel && a->trap == b->trap &&
           a->end == b->end;
}

static void compare(uint32_t joined, uint32_t first, uint32_t second, uint32_t seed)
{
    program apart = make(0, first, second, seed), both = make(joined, first, second, seed);
    world expected = run(&apart, seed), found = run(&both, seed);
    if (!are_equal(&expected, &found))
        fail_msg("%s is not what its parts do, seed %u", wisp_code_name(joined), seed);
}

static void joined_instructions_do_what_their_parts_do(void **state)
{
    (void)state;
    int count = 0;
    for (uint32_t code = 0; code < WISP_CODE_COUNT; code++) {
        uint32_t first, second;
        if (!wisp_code_is_joined(code, &first, &second) || !can_run(second))
            continue;
        count++;
        for (uint32_t trial = 0; trial < TRIALS; trial++)
            compare(code, first, second, code * TRIALS + trial);
    }
    assert_true(!WISP_HAS_JOINED || count > 200);
}

static void the_tables_of_joins_agree(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < WISP_CODE_COUNT; code++) {
        uint32_t first, second;
        if (!wisp_code_is_joined(code, &first, &second))
            continue;
        assert_int_not_equal(wisp_code_row(first), 0);
        assert_int_equal(wisp_code_first(wisp_code_row(first)), first);
        assert_int_equal(wisp_code_joined(wisp_code_row(first), second), code);
    }
}

static void what_may_begin_anew_is_never_second(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < WISP_CODE_COUNT; code++) {
        uint32_t first, second;
        if (!wisp_code_is_joined(code, &first, &second))
            continue;
        assert_null(strstr(wisp_code_name(second), "CALL"));
        assert_null(strstr(wisp_code_name(second), "SHARED"));
    }
}

/*
 * (module
 *   (memory 1)
 *   (func $both (export "both") (param i32 i32) (result i32)
 *     local.get 0 i32.const 16 i32.add i32.load8_u
 *     local.get 1 i32.const 32 i32.add i32.load8_u
 *     i32.eq)
 *   (func $chain (export "chain") (param i32 i32) (result i32) (local f64)
 *     local.get 0 f64.load
 *     local.get 1 f64.load
 *     f64.add local.tee 2
 *     i32.trunc_f64_s))
 */
/* clang-format off */
static const uint8_t joined_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01,
    0x7f, 0x03, 0x03, 0x02, 0x00, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x10, 0x02, 0x04, 0x62,
    0x6f, 0x74, 0x68, 0x00, 0x00, 0x05, 0x63, 0x68, 0x61, 0x69, 0x6e, 0x00, 0x01, 0x0a, 0x28, 0x02,
    0x13, 0x00, 0x20, 0x00, 0x41, 0x10, 0x6a, 0x2d, 0x00, 0x00, 0x20, 0x01, 0x41, 0x20, 0x6a, 0x2d,
    0x00, 0x00, 0x46, 0x0b, 0x12, 0x01, 0x01, 0x7c, 0x20, 0x00, 0x2b, 0x03, 0x00, 0x20, 0x01, 0x2b,
    0x03, 0x00, 0xa0, 0x22, 0x02, 0xaa, 0x0b, 0x00, 0x1c, 0x04, 0x6e, 0x61, 0x6d, 0x65, 0x01, 0x0e,
    0x02, 0x00, 0x04, 0x62, 0x6f, 0x74, 0x68, 0x01, 0x05, 0x63, 0x68, 0x61, 0x69, 0x6e, 0x02, 0x05,
    0x02, 0x00, 0x00, 0x01, 0x00,
};
/* clang-format on */

static void a_trap_in_either_is_at_its_own_place(void **state)
{
    (void)state;
    /* Where arithmetic loads by itself, the trap is at the addition. */
    enum { LOAD = 0x4f, ADD = 0x52 };
    static const struct {
        const char *name;
        int32_t a, b;
        uint32_t offset;
    } cases[] = {
        {"both", -18, 0, 0x37},    {"both", 65520, 0, 0x37},
        {"both", 0, 65504, 0x3f},  {"both", 65519, 65535, 0x3f},
        {"chain", 65529, 0, 0x4a}, {"chain", 0, 65529, WISP_HAS_ACCUMULATORS ? ADD : LOAD}};
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(joined_wasm));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value args[] = {wisp_i32(cases[i].a), wisp_i32(cases[i].b)}, result;
        assert_int_equal(wisp_call_export(instance, cases[i].name, args, 2, &result, 1, NULL),
                         WISP_TRAP);
        assert_int_equal(wisp_store_trap(f.store)->frames[0].offset, cases[i].offset);
    }
    wisp_value fits[] = {wisp_i32(65519), wisp_i32(65503)}, result;
    assert_int_equal(wisp_call_export(instance, "both", fits, 2, &result, 1, NULL), WISP_OK);
    assert_int_equal(result.of.i32, 1);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_instructions_do_what_their_parts_do),
        cmocka_unit_test(the_tables_of_joins_agree),
        cmocka_unit_test(what_may_begin_anew_is_never_second),
        cmocka_unit_test(a_trap_in_either_is_at_its_own_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
