#include <stdio.h>
#include <stdlib.h>

#include "accesses.h"
#include "fixture.h"

/* Outside access: every instruction, at every border. What an access gives and changes is
 * compared with what the same module does that was loaded without. */

enum { SIZE = WISP_PAGE_SIZE };

/* The outside of these tests: a window, at an address that is nowhere. */
#define WINDOW_AT 0x7f1234567000u
enum { WINDOW = 4096, MIRROR = 8192 }; /* the linear bytes that are like the window's */

typedef struct world {
    wisp_store *store;
    wisp_module *inner_module, *outer_module;
    wisp_instance *inner, *outer; /* without and with outside access */
    access list[ACCESSES_MAX];
    size_t count;
    uint64_t offset; /* static, of the outer one's accesses */
    wisp_error err;
    _Alignas(8) uint8_t window[WINDOW];
    uint32_t reads, writes, exchanges;
} world;

/* ------------------------------------------------------------------ outside */

static uint8_t *place_in(world *w, uint64_t address, size_t size)
{
    uint64_t at = address - WINDOW_AT;
    return size <= WINDOW && at <= WINDOW - size ? &w->window[at] : NULL;
}

static bool read_window(void *user, uint64_t address, void *into, size_t size)
{
    world *w = user;
    const uint8_t *from = place_in(w, address, size);
    w->reads++;
    if (from)
        memcpy(into, from, size);
    return from;
}

static bool write_window(void *user, uint64_t address, const void *from, size_t size)
{
    world *w = user;
    uint8_t *to = place_in(w, address, size);
    w->writes++;
    if (to)
        memcpy(to, from, size);
    return to;
}

static bool exchange_window(void *user, uint64_t address, size_t size, uint64_t *expected,
                            uint64_t value)
{
    world *w = user;
    uint8_t *at = place_in(w, address, size);
    uint64_t found = 0;
    w->exchanges++;
    if (!at)
        return false;
    for (size_t i = 0; i < size; i++)
        found |= (uint64_t)at[i] << (8 * i);
    if (found == *expected)
        for (size_t i = 0; i < size; i++)
            at[i] = (uint8_t)(value >> (8 * i));
    *expected = found;
    return true;
}

/* ------------------------------------------------------------------ the world */

/* What linear memory has at first; the window has that from MIRROR on. */
static const uint8_t *pattern(void)
{
    static uint8_t bytes[SIZE];
    if (bytes[0] == 0)
        for (size_t i = 0; i < SIZE; i++)
            bytes[i] = (uint8_t)(i * 37 + (i >> 8) * 11 + 0x85);
    return bytes;
}

static uint8_t *memory_of(wisp_instance *instance)
{
    return wisp_memory_at(wisp_instance_memory(instance, "memory"), 0, SIZE);
}

static void reset(world *w)
{
    memcpy(memory_of(w->inner), pattern(), SIZE);
    memcpy(memory_of(w->outer), pattern(), SIZE);
    memcpy(w->window, pattern() + MIRROR, WINDOW);
    w->reads = w->writes = w->exchanges = 0;
}

static void set_window(world *w, wisp_store *store)
{
    wisp_outside outside = {read_window, write_window, exchange_window, w};
    wisp_store_set_outside(store, &outside);
}

static wisp_module_config how_to_load(void)
{
    return (wisp_module_config){.lazy = getenv("WISP_TESTS_LAZY") != NULL};
}

static wisp_module *load(world *w, access_memory memory, bool is_outer)
{
    static uint8_t bytes[ACCESS_MODULE_MAX];
    wisp_module_config config = how_to_load();
    wisp_module *module;
    uint64_t offset = is_outer ? w->offset : 0;
    wisp_bytes all = {bytes, accesses_module(w->list, w->count, offset, memory, bytes)};
    wisp_status status = is_outer ? wisp_module_load_outside(&config, all, &module, &w->err)
                                  : wisp_module_load(&config, all, &module, &w->err);
    if (status)
        fail_msg("%s", w->err.text);
    return module;
}

static wisp_instance *instantiate(world *w, const wisp_module *module)
{
    wisp_instance *instance;
    assert_int_equal(wisp_instance_new(w->store, module, NULL, &instance, &w->err), WISP_OK);
    return instance;
}

static void begin(world *w, access_memory memory, uint64_t offset)
{
    memset(w, 0, sizeof *w);
    w->count = accesses_list(w->list);
    w->offset = offset;
    assert_int_equal(wisp_store_new(NULL, &w->store, &w->err), WISP_OK);
    w->inner_module = load(w, memory, false);
    w->outer_module = load(w, memory, true);
    w->inner = instantiate(w, w->inner_module);
    w->outer = instantiate(w, w->outer_module);
    set_window(w, w->store);
    reset(w);
}

static void end(world *w)
{
    wisp_store_free(w->store);
    wisp_module_free(w->inner_module);
    wisp_module_free(w->outer_module);
}

static const access_memory unshared = {.is_64 = 1, .pages = 1, .pages_max = 4};
static const access_memory shared = {.is_64 = 1, .is_shared = 1, .pages = 1, .pages_max = 4};
static const access_memory narrow = {.is_64 = 0, .pages = 1, .pages_max = 4};

/* ------------------------------------------------------------------ calls */

static wisp_value operand(char letter)
{
    switch (letter) {
    case 'i':
        return wisp_i32(0x7a3b5c9d);
    case 'I':
        return wisp_i64(0x1a2b3c4d5e6f7a8b);
    case 'f':
        return wisp_f32(3.25f);
    case 'F':
        return wisp_f64(-1.5e100);
    }
    wisp_value vector = {.type = WISP_V128};
    for (uint8_t i = 0; i < WISP_V128_SIZE; i++)
        vector.of.v128[i] = (uint8_t)(0xa0 + i);
    return vector;
}

/* Access [i] at [address], which is the sum of what is given and the static offset; a cmpxchg
 * expects [expected]. */
static wisp_status run(world *w, wisp_instance *instance, size_t i, uint64_t address,
                       uint64_t expected, wisp_value *result)
{
    const access *a = &w->list[i];
    char name[24];
    snprintf(name, sizeof name, "%zu", i);
    uint32_t count = (uint32_t)strlen(a->params);
    uint64_t base = instance == w->inner ? address : address - w->offset;
    wisp_value args[3] = {wisp_i64((int64_t)base)};
    if (wisp_func_type(wisp_instance_func(instance, name)).params[0] == WISP_I32)
        args[0] = wisp_i32((int32_t)base);
    for (uint32_t k = 0; k < count; k++)
        args[1 + k] = operand(a->params[k]);
    if (count == 2)
        args[1] = a->params[0] == 'i' ? wisp_i32((int32_t)expected) : wisp_i64((int64_t)expected);
    *result = (wisp_value){.type = 0};
    return wisp_call_export(instance, name, args, 1 + count, result, a->result != 0, &w->err);
}

static uint64_t number_at(const uint8_t *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size && i < sizeof number; i++)
        number |= (uint64_t)at[i] << (8 * i);
    return number;
}

static void assert_same_value(const access *a, const wisp_value *x, const wisp_value *y)
{
    static const size_t sizes[] = {['i'] = 4, ['f'] = 4, ['I'] = 8, ['F'] = 8, ['v'] = 16};
    assert_int_equal(x->type, y->type);
    if (a->result && memcmp(&x->of, &y->of, sizes[(int)a->result]) != 0)
        fail_msg("%s gives something else", a->name);
}

/* The outer instance does at [address] what the inner one does at [linear]. */
static void compare(world *w, size_t i, uint64_t address, uint64_t linear, bool is_expected)
{
    wisp_value x, y;
    uint64_t expected = number_at(memory_of(w->inner) + linear, w->list[i].size) + !is_expected;
    assert_int_equal(run(w, w->inner, i, linear, expected, &x), WISP_OK);
    if (run(w, w->outer, i, address, expected, &y))
        fail_msg("%s at 0x%llx: %s", w->list[i].name, (unsigned long long)address, w->err.text);
    assert_same_value(&w->list[i], &x, &y);
}

static void assert_linear_unchanged(const world *w)
{
    assert_memory_equal(memory_of(w->outer), pattern(), SIZE);
}

static void assert_window_unchanged(const world *w)
{
    assert_memory_equal(w->window, pattern() + MIRROR, WINDOW);
}

/* Whether [a] can access [address]: with a base that is not negative. */
static bool is_possible(const world *w, const access *a, uint64_t address)
{
    return (!a->is_atomic || address % a->size == 0) && address >= w->offset;
}

/* Access [i] at [address] traps there, and changes nothing. */
static void assert_refused(world *w, size_t i, uint64_t address)
{
    wisp_value result;
    if (!is_possible(w, &w->list[i], address))
        return;
    const wisp_trap *trap = wisp_store_trap(w->store);
    wisp_status status = run(w, w->outer, i, address, 0, &result);
    if (status != WISP_TRAP || trap->code != WISP_TRAP_MEMORY)
        fail_msg("%s at 0x%llx does not trap", w->list[i].name, (unsigned long long)address);
    assert_true(trap->has_address);
    bool is_half = w->list[i].size == WISP_V128_SIZE && address >= SIZE;
    assert_true(trap->address == address || (is_half && trap->address == address + 8));
}

/* ------------------------------------------------------------------ numbers and vectors */

typedef void each(world *w, size_t access);

static void for_each(const access_memory *memory, each *fn)
{
    static const uint64_t offsets[] = {0, 24, 0x12345678, 0x123456789a};
    for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
        world w;
        begin(&w, *memory, offsets[o]);
        for (size_t i = 0; i < w.count; i++) {
            reset(&w);
            fn(&w, i);
        }
        end(&w);
    }
}

/* In modules of 64-bit addresses, shared and not. */
static void for_each_access(each *fn)
{
    for_each(&unshared, fn);
    if (wisp_features_built_in() & WISP_FEATURE_THREADS)
        for_each(&shared, fn);
}

static void compare_linear(world *w, size_t i)
{
    const access *a = &w->list[i];
    uint64_t places[] = {WISP_OUTSIDE_FIRST, WISP_OUTSIDE_FIRST + 1, 12345, (uint64_t)SIZE - 17,
                         (uint64_t)SIZE - a->size};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (is_possible(w, a, places[k])) {
            compare(w, i, places[k], places[k], true);
            compare(w, i, places[k], places[k], false);
        }
    assert_memory_equal(memory_of(w->inner), memory_of(w->outer), SIZE);
    assert_int_equal(w->reads + w->writes + w->exchanges, 0);
}

static void linear_memory_is_as_ever(void **state)
{
    (void)state;
    for_each_access(compare_linear);
}

static void compare_outside(world *w, size_t i)
{
    const access *a = &w->list[i];
    size_t places[] = {0, 1, 2, 8, 100, 129, WINDOW - 17, (size_t)WINDOW - a->size};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (is_possible(w, a, WINDOW_AT + places[k])) {
            compare(w, i, WINDOW_AT + places[k], MIRROR + places[k], true);
            compare(w, i, WINDOW_AT + places[k], MIRROR + places[k], false);
        }
    assert_memory_equal(memory_of(w->inner) + MIRROR, w->window, WINDOW);
    assert_linear_unchanged(w);
    assert_true(w->reads + w->writes + w->exchanges > 0);
}

static void beyond_it_the_program_is_asked(void **state)
{
    (void)state;
    for_each_access(compare_outside);
}

static void refuse_null(world *w, size_t i)
{
    static const uint64_t places[] = {
        0, 1, 8, 2048, WISP_OUTSIDE_FIRST - 16, WISP_OUTSIDE_FIRST - 8, WISP_OUTSIDE_FIRST - 1};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        assert_refused(w, i, places[k]);
    assert_linear_unchanged(w);
    assert_int_equal(w->reads + w->writes + w->exchanges, 0);
}

static void what_is_behind_null_traps(void **state)
{
    (void)state;
    for_each_access(refuse_null);
}

static void refuse_straddling(world *w, size_t i)
{
    const access *a = &w->list[i];
    for (uint64_t inside = 1; inside < a->size; inside++)
        assert_refused(w, i, SIZE - inside);
    assert_linear_unchanged(w);
    assert_int_equal(w->reads + w->writes + w->exchanges, 0);
}

static void what_ends_beyond_linear_memory_traps(void **state)
{
    (void)state;
    for_each_access(refuse_straddling);
}

static void refuse_outside(world *w, size_t i)
{
    const access *a = &w->list[i];
    assert_refused(w, i, SIZE);
    assert_refused(w, i, SIZE + 8);
    assert_refused(w, i, WINDOW_AT - 8 * (uint64_t)a->size);
    assert_refused(w, i, WINDOW_AT + WINDOW);
    assert_refused(w, i, (uint64_t)1 << 63);
    assert_refused(w, i, -(uint64_t)a->size);
    assert_linear_unchanged(w);
    assert_window_unchanged(w);
}

static void what_the_program_refuses_traps(void **state)
{
    (void)state;
    for_each_access(refuse_outside);
}

/* Of an access whose last byte would be at an address of more than 64 bits. */
static void refuse_wrapping(world *w, size_t i)
{
    const access *a = &w->list[i];
    for (uint64_t inside = 1; inside < a->size; inside++)
        assert_refused(w, i, -inside);
    assert_int_equal(w->reads + w->writes + w->exchanges, 0);
    wisp_value result;
    if (w->offset == 0 || a->is_atomic)
        return;
    assert_int_equal(run(w, w->outer, i, 0x5000, 0, &result), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(w->store);
    assert_int_equal(trap->code, WISP_TRAP_MEMORY);
    assert_false(trap->has_address);
    assert_linear_unchanged(w);
}

static void no_access_wraps_around(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {0, 0x12345678};
    for (int o = 0; o < 2; o++) {
        world w;
        begin(&w, unshared, offsets[o]);
        for (size_t i = 0; i < w.count; i++)
            refuse_wrapping(&w, i);
        end(&w);
    }
}

static void a_store_without_an_outside_refuses_all(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    wisp_store_set_outside(w.store, NULL);
    for (size_t i = 0; i < w.count; i++)
        assert_refused(&w, i, WINDOW_AT);
    wisp_outside reader = {.read = read_window, .user = &w};
    wisp_store_set_outside(w.store, &reader);
    wisp_value result;
    for (size_t i = 0; i < w.count; i++)
        if (w.list[i].params[0] || !w.list[i].result)
            assert_int_equal(run(&w, w.outer, i, WINDOW_AT, 0, &result),
                             w.list[i].has_lane && w.list[i].result ? WISP_OK : WISP_TRAP);
    end(&w);
}

static void other_modules_of_the_store_have_none(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    wisp_value result;
    for (size_t i = 0; i < w.count; i++) {
        assert_int_equal(run(&w, w.inner, i, 0, 0, &result), WISP_OK);
        assert_int_equal(run(&w, w.inner, i, WINDOW_AT, 0, &result), WISP_TRAP);
        assert_int_equal(wisp_store_trap(w.store)->code, WISP_TRAP_MEMORY);
        assert_false(wisp_store_trap(w.store)->has_address);
    }
    assert_int_equal(w.reads + w.writes + w.exchanges, 0);
    end(&w);
}

static void a_memory_of_32_bits_is_as_ever(void **state)
{
    (void)state;
    world w;
    begin(&w, narrow, 0);
    wisp_value result;
    for (size_t i = 0; i < w.count; i++) {
        compare(&w, i, 0, 0, true);
        compare(&w, i, 4096, 4096, false);
        assert_int_equal(run(&w, w.outer, i, SIZE, 0, &result), WISP_TRAP);
    }
    assert_memory_equal(memory_of(w.inner), memory_of(w.outer), SIZE);
    assert_int_equal(w.reads + w.writes + w.exchanges, 0);
    end(&w);
}

/* ------------------------------------------------------------------ bulk */

static wisp_status bulk(world *w, wisp_instance *instance, const char *name, uint64_t a,
                        uint64_t b, uint64_t c)
{
    wisp_value args[] = {wisp_i64((int64_t)a), wisp_i64((int64_t)b), wisp_i64((int64_t)c)};
    wisp_functype type = wisp_func_type(wisp_instance_func(instance, name));
    for (int i = 0; i < 3; i++)
        if (type.params[i] == WISP_I32)
            args[i] = wisp_i32((int32_t)args[i].of.i64);
    return wisp_call_export(instance, name, args, 3, NULL, 0, &w->err);
}

static void bulk_instructions_go_where_numbers_go(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    static const struct {
        const char *name;
        uint64_t a, b, c;    /* with outside access */
        uint64_t a_in, b_in; /* where the same is in linear memory */
    } cases[] = {
        {"fill", WINDOW_AT, 7, WINDOW, MIRROR, 7},
        {"fill", WINDOW_AT + 3, 0x1ff, 5, MIRROR + 3, 0xff},
        {"fill", 5000, 7, 100, 5000, 7},
        {"copy", WINDOW_AT, 20000, WINDOW, MIRROR, 20000},
        {"copy", 20000, WINDOW_AT, WINDOW, 20000, MIRROR},
        {"copy", WINDOW_AT + 1, WINDOW_AT, WINDOW - 1, MIRROR + 1, MIRROR},
        {"copy", WINDOW_AT, WINDOW_AT + 1500, WINDOW - 1500, MIRROR, MIRROR + 1500},
        {"copy", WINDOW_AT + 1500, WINDOW_AT, WINDOW - 1500, MIRROR + 1500, MIRROR},
        {"copy", 4096, 4097, 3000, 4096, 4097},
        {"init", WINDOW_AT + 5, 2, 6, MIRROR + 5, 2},
        {"init", 4096, 0, 8, 4096, 0},
        {"copy", SIZE - 10, 5000, 10, SIZE - 10, 5000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reset(&w);
        if (bulk(&w, w.outer, cases[i].name, cases[i].a, cases[i].b, cases[i].c))
            fail_msg("case %zu: %s", i, w.err.text);
        assert_int_equal(
            bulk(&w, w.inner, cases[i].name, cases[i].a_in, cases[i].b_in, cases[i].c), WISP_OK);
        bool is_inside = cases[i].a < SIZE;
        assert_memory_equal(w.window, is_inside ? w.window : memory_of(w.inner) + MIRROR, WINDOW);
        if (is_inside)
            assert_memory_equal(memory_of(w.outer), memory_of(w.inner), SIZE);
        else
            assert_linear_unchanged(&w);
    }
    end(&w);
}

static void bulk_instructions_trap_at_the_borders(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    static const struct {
        const char *name;
        uint64_t a, b, c, address;
    } cases[] = {
        {"fill", 0, 1, 1, 0},
        {"fill", 4095, 1, 2, 4095},
        {"fill", SIZE - 1, 1, 2, SIZE - 1},
        {"fill", SIZE, 1, 1, SIZE},
        {"fill", 5000, 1, UINT64_MAX, 5000},
        {"fill", WINDOW_AT, 1, UINT64_MAX - 5, WINDOW_AT},
        {"fill", UINT64_MAX, 1, 2, UINT64_MAX},
        {"copy", 0, 5000, 1, 0},
        {"copy", 5000, 4095, 1, 4095},
        {"copy", SIZE - 5, 5000, 6, SIZE - 5},
        {"copy", 5000, SIZE - 5, 6, SIZE - 5},
        {"copy", WINDOW_AT, 8, 8, 8},
        {"copy", WINDOW_AT - 1, 5000, 8, WINDOW_AT - 1},
        {"copy", 5000, WINDOW_AT + WINDOW - 7, 8, WINDOW_AT + WINDOW - 7},
        {"init", 0, 0, 1, 0},
        {"init", SIZE - 3, 0, 4, SIZE - 3},
        {"init", WINDOW_AT + WINDOW - 3, 0, 4, WINDOW_AT + WINDOW - 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (bulk(&w, w.outer, cases[i].name, cases[i].a, cases[i].b, cases[i].c) != WISP_TRAP)
            fail_msg("case %zu does not trap", i);
        const wisp_trap *trap = wisp_store_trap(w.store);
        assert_int_equal(trap->code, WISP_TRAP_MEMORY);
        assert_true(trap->has_address);
        assert_int_equal(trap->address, cases[i].address);
    }
    assert_linear_unchanged(&w);
    assert_window_unchanged(&w);
    assert_int_equal(bulk(&w, w.outer, "init", 5000, 5, 4), WISP_TRAP);
    assert_false(wisp_store_trap(w.store)->has_address);
    end(&w);
}

static void what_was_copied_before_a_refusal_stays(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    assert_int_equal(bulk(&w, w.outer, "fill", WINDOW_AT, 9, 2 * WINDOW), WISP_TRAP);
    assert_int_equal(wisp_store_trap(w.store)->address, WINDOW_AT + WINDOW);
    for (size_t i = 0; i < WINDOW; i++)
        assert_int_equal(w.window[i], 9);
    end(&w);
}

static void no_bytes_are_nowhere(void **state)
{
    (void)state;
    static const uint64_t places[] = {0, 4095, 5000, SIZE, WINDOW_AT, UINT64_MAX};
    world w;
    begin(&w, unshared, 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assert_int_equal(bulk(&w, w.outer, "fill", places[i], 1, 0), WISP_OK);
        assert_int_equal(bulk(&w, w.outer, "copy", places[i], 0, 0), WISP_OK);
        assert_int_equal(bulk(&w, w.outer, "copy", 5000, places[i], 0), WISP_OK);
        assert_int_equal(bulk(&w, w.outer, "init", places[i], 0, 0), WISP_OK);
    }
    assert_int_equal(w.reads + w.writes, 0);
    end(&w);
}

/* ------------------------------------------------------------------ with the rest of the engine
 */

static void data_segments_may_be_behind_null(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    wisp_instance *instance = instantiate(&w, w.outer_module);
    assert_memory_equal(memory_of(instance) + 16, "abcdefgh", 8);
    end(&w);
}

static void what_grows_becomes_linear(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    wisp_value result, pages = wisp_i64(1);
    assert_refused(&w, 1, SIZE + 8);
    assert_int_equal(wisp_call_export(w.outer, "grow", &pages, 1, &result, 1, &w.err), WISP_OK);
    assert_int_equal(run(&w, w.outer, 1, SIZE + 8, 0, &result), WISP_OK);
    assert_int_equal(result.of.i64, 0);
    assert_int_equal(run(&w, w.outer, 1, 2 * SIZE - 8, 0, &result), WISP_OK);
    assert_int_equal(run(&w, w.outer, 1, 2 * SIZE - 7, 0, &result), WISP_TRAP);
    end(&w);
}

static void what_another_store_grows_becomes_linear(void **state)
{
    (void)state;
    if (!(wisp_features_built_in() & WISP_FEATURE_THREADS))
        skip();
    world w;
    begin(&w, shared, 0);
    wisp_store *other;
    wisp_memory *memory;
    wisp_value result;
    assert_refused(&w, 1, SIZE + 8);
    assert_int_equal(wisp_store_new(NULL, &other, &w.err), WISP_OK);
    wisp_shared_memory *both = wisp_memory_shared(wisp_instance_memory(w.outer, "memory"));
    assert_int_equal(wisp_memory_new_shared(other, both, &memory, &w.err), WISP_OK);
    assert_int_equal(wisp_memory_grow(memory, 1, &w.err), WISP_OK);
    for (size_t i = 0; i < w.count; i++)
        assert_int_equal(run(&w, w.outer, i, SIZE + 8, 0, &result), WISP_OK);
    assert_int_equal(w.reads + w.writes + w.exchanges, 1);
    wisp_store_free(other);
    end(&w);
}

static void put_64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Elements [from] on of a list whose values are 1, 2, …, every other one in linear memory. */
static uint64_t make_list(world *w, uint64_t count)
{
    uint64_t next = 0;
    for (uint64_t i = count; i > 0; i--) {
        bool is_linear = i % 2;
        uint64_t at = 32 * i + (is_linear ? 30000 : 0);
        uint8_t *place = is_linear ? memory_of(w->outer) + at : w->window + at;
        put_64(place, next);
        put_64(place + 8, i);
        put_64(place + 16, 100 * i);
        next = is_linear ? at : WINDOW_AT + at;
    }
    return next;
}

static void a_list_may_be_in_both(void **state)
{
    (void)state;
    const access_memory *memories[] = {&unshared, &shared};
    for (int m = 0; m < (wisp_features_built_in() & WISP_FEATURE_THREADS ? 2 : 1); m++) {
        world w;
        begin(&w, *memories[m], 0);
        wisp_value sum, list = wisp_i64((int64_t)make_list(&w, 100));
        assert_int_equal(wisp_call_export(w.outer, "sum", &list, 1, &sum, 1, &w.err), WISP_OK);
        assert_int_equal(sum.of.i64, 5050);
        assert_int_equal(number_at(w.window + 32 * 8 + 16, 8), 801);
        assert_int_equal(number_at(memory_of(w.outer) + 32 * 9 + 30000 + 16, 8), 901);
        end(&w);
    }
}

static void fuel_and_interruption_are_the_same(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    wisp_value sum, list = wisp_i64((int64_t)make_list(&w, 100));
    wisp_store_set_fuel(w.store, 1000000);
    assert_int_equal(wisp_call_export(w.outer, "sum", &list, 1, &sum, 1, &w.err), WISP_OK);
    uint64_t used = 1000000 - wisp_store_fuel(w.store);
    uint64_t at = 0; /* the same list, in linear memory alone */
    for (uint64_t i = 100; i > 0; i--) {
        put_64(memory_of(w.inner) + 32 * i, at);
        at = 32 * i;
    }
    list = wisp_i64((int64_t)at);
    wisp_store_set_fuel(w.store, 1000000);
    assert_int_equal(wisp_call_export(w.inner, "sum", &list, 1, &sum, 1, &w.err), WISP_OK);
    assert_int_equal(1000000 - wisp_store_fuel(w.store), used);

    put_64(w.window + 64, WINDOW_AT + 64); /* a list that never ends */
    list = wisp_i64(WINDOW_AT + 64);
    wisp_store_set_fuel(w.store, 5000);
    assert_int_equal(wisp_call_export(w.outer, "sum", &list, 1, &sum, 1, &w.err), WISP_TRAP);
    assert_int_equal(wisp_store_trap(w.store)->code, WISP_TRAP_FUEL);
    assert_false(wisp_store_trap(w.store)->has_address);

    wisp_store_set_fuel(w.store, 1000000);
    assert_int_equal(bulk(&w, w.outer, "fill", WINDOW_AT, 1, WINDOW), WISP_OK);
    used = 1000000 - wisp_store_fuel(w.store);
    wisp_store_set_fuel(w.store, 1000000);
    assert_int_equal(bulk(&w, w.inner, "fill", 0, 1, WINDOW), WISP_OK);
    assert_int_equal(1000000 - wisp_store_fuel(w.store), used);
    end(&w);
}

/* The frames of the trap of access [i] at [address]. */
static wisp_frame frame_of_trap(world *w, wisp_instance *instance, size_t i, uint64_t address)
{
    wisp_value result;
    assert_int_equal(run(w, instance, i, address, 0, &result), WISP_TRAP);
    assert_int_equal(wisp_store_trap(w->store)->frame_count, 1);
    return wisp_store_trap(w->store)->frames[0];
}

static void a_trap_is_told_where_it_happened(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 24);
    for (size_t i = 0; i < w.count; i++) {
        wisp_frame inner = frame_of_trap(&w, w.inner, i, SIZE);
        wisp_frame outer = frame_of_trap(&w, w.outer, i, SIZE);
        assert_int_equal(inner.func_index, outer.func_index);
        assert_int_equal(inner.offset, outer.offset);
    }
    assert_refused(&w, 1, 0x100);
    assert_string_equal(wisp_store_trap(w.store)->text, "out of bounds memory access at 0x100");
    assert_refused(&w, 1, 0xfedcba9876543210);
    assert_string_equal(wisp_store_trap(w.store)->text,
                        "out of bounds memory access at 0xfedcba9876543210");
    assert_non_null(strstr(w.err.text, "access at 0xfedcba9876543210, in 1 at byte"));
    wisp_value zero = wisp_i32(0);
    assert_int_equal(wisp_call_export(w.outer, "sum", &zero, 1, &zero, 1, &w.err), WISP_MISMATCH);
    end(&w);
}

static void snapshots_have_linear_memory(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    wisp_snapshot *snapshot;
    wisp_value result;
    wisp_instance *again;
    assert_int_equal(wisp_snapshot_take(w.outer, &snapshot, &w.err), WISP_OK);
    assert_int_equal(
        wisp_instance_new_from(w.store, w.outer_module, NULL, snapshot, &again, &w.err), WISP_OK);
    assert_memory_equal(memory_of(again), memory_of(w.outer), SIZE);
    assert_int_equal(run(&w, again, 1, WINDOW_AT, 0, &result), WISP_OK);
    assert_int_equal(result.of.i64, (int64_t)number_at(w.window, 8));
    wisp_snapshot_free(snapshot);
    end(&w);
}

static void take_line(void *user, const char *line)
{
    uint32_t *lines = user;
    *lines += strstr(line, "func ") == NULL;
}

static void code_is_listed_as_that_of_other_modules(void **state)
{
    (void)state;
    world w;
    begin(&w, unshared, 0);
    for (uint32_t i = 0; i < wisp_module_func_count(w.outer_module); i++) {
        uint32_t lines = 0;
        wisp_status inner =
            wisp_module_list_code(w.inner_module, NULL, i, take_line, &lines, &w.err);
        wisp_status outer =
            wisp_module_list_code(w.outer_module, NULL, i, take_line, &lines, &w.err);
        assert_int_equal(inner, outer);
        assert_true(inner == WISP_UNSUPPORTED || lines > 2);
    }
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_memory_is_as_ever),
        cmocka_unit_test(beyond_it_the_program_is_asked),
        cmocka_unit_test(what_is_behind_null_traps),
        cmocka_unit_test(what_ends_beyond_linear_memory_traps),
        cmocka_unit_test(what_the_program_refuses_traps),
        cmocka_unit_test(no_access_wraps_around),
        cmocka_unit_test(a_store_without_an_outside_refuses_all),
        cmocka_unit_test(other_modules_of_the_store_have_none),
        cmocka_unit_test(a_memory_of_32_bits_is_as_ever),
        cmocka_unit_test(bulk_instructions_go_where_numbers_go),
        cmocka_unit_test(bulk_instructions_trap_at_the_borders),
        cmocka_unit_test(what_was_copied_before_a_refusal_stays),
        cmocka_unit_test(no_bytes_are_nowhere),
        cmocka_unit_test(data_segments_may_be_behind_null),
        cmocka_unit_test(what_grows_becomes_linear),
        cmocka_unit_test(what_another_store_grows_becomes_linear),
        cmocka_unit_test(a_list_may_be_in_both),
        cmocka_unit_test(fuel_and_interruption_are_the_same),
        cmocka_unit_test(a_trap_is_told_where_it_happened),
        cmocka_unit_test(snapshots_have_linear_memory),
        cmocka_unit_test(code_is_listed_as_that_of_other_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
