#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "native.h"
#include "ration.h"
#include "shapes_bind.h"

#include <wisp/bridge.h>

/* What `wisp bind` has made of shapes.h, between the program native.c and the module guest.c,
 * which is the first argument. */

static wisp_module *module;

typedef struct world {
    wisp_store *store;
    wisp_bind *bind;
    wisp_instance *instance;
    wisp_error err;
} world;

static wisp_status open_world(world *w, const wisp_bind_config *config)
{
    wisp_linker *linker;
    *w = (world){.store = NULL};
    native_forget_all();
    native_calls = 0;
    wisp_status status = wisp_store_new(NULL, &w->store, &w->err);
    if (!status)
        status = wisp_bind_new(config, &w->bind, &w->err);
    if (!status)
        status = wisp_linker_new(w->store, &linker, &w->err);
    if (!status)
        status = shapes_link(linker, w->bind, &w->err);
    if (!status)
        status = wisp_instance_new(w->store, module, linker, &w->instance, &w->err);
    return status;
}

static void close_world(world *w)
{
    wisp_store_free(w->store);
    wisp_bind_free(w->bind);
    assert_int_equal(native_boxes, 0);
    assert_int_equal(native_timers, 0);
}

static void open_plain(world *w)
{
    if (open_world(w, NULL))
        fail_msg("%s", w->err.text);
}

/* Calls the export [name], which takes nothing. */
static wisp_status call(world *w, const char *name, int32_t *out)
{
    wisp_value result = wisp_i32(-1);
    wisp_status status = wisp_call_export(w->instance, name, NULL, 0, &result, 1, &w->err);
    *out = result.of.i32;
    return status;
}

static int32_t ask(world *w, const char *name)
{
    int32_t result;
    if (call(w, name, &result))
        fail_msg("%s: %s", name, w->err.text);
    return result;
}

static void check(world *w, const char *name)
{
    int32_t line = ask(w, name);
    if (line)
        fail_msg("line %d of guest.c does not hold", (int)line);
}

/* Calls function [what] of the module's list with numbers. */
static wisp_status call_raw(world *w, int32_t what, uint32_t a, uint32_t b, uint32_t c,
                            int32_t *out)
{
    const wisp_value args[] = {wisp_i32(what), wisp_i32((int32_t)a), wisp_i32((int32_t)b),
                               wisp_i32((int32_t)c)};
    wisp_value result = wisp_i32(0);
    wisp_status status = wisp_call_export(w->instance, "raw", args, 4, &result, 1, &w->err);
    *out = result.of.i32;
    return status;
}

/* ------------------------------------------------------------------ what holds in the module */

static void run_one(const char *name)
{
    world w;
    open_plain(&w);
    check(&w, name);
    close_world(&w);
}

#define CLAIM(name, export)                                                                      \
    static void name(void **state)                                                               \
    {                                                                                            \
        (void)state;                                                                             \
        run_one(export);                                                                         \
    }
CLAIM(numbers_keep_their_value, "numbers")
CLAIM(structs_arrive_whatever_their_layout, "structs")
CLAIM(what_lies_between_fields_stays_here, "padding")
CLAIM(texts_are_copied_in_and_lent_out_once, "texts")
CLAIM(arrays_are_counted, "several")
CLAIM(structs_in_structs_are_followed, "pointers")
CLAIM(arrays_in_structs_arrive_as_well, "tables")
CLAIM(a_union_is_what_its_tag_says, "unions")
CLAIM(a_callback_may_run_while_the_function_does, "scopes")
CLAIM(cookies_come_back_as_they_were, "cookies")

static void an_object_that_a_module_leaves_behind_is_ended(void **state)
{
    world w;
    (void)state;
    open_plain(&w);
    check(&w, "handles");
    assert_int_equal(native_boxes, 1);
    assert_int_equal(native_box_freed, 1);
    wisp_bind_close(w.bind);
    assert_int_equal(native_boxes, 0);
    assert_int_equal(native_box_freed, 2);
    close_world(&w);
}

static void objects_are_ended_newest_first(void **state)
{
    world w;
    int32_t handle;
    (void)state;
    open_plain(&w);
    assert_int_equal(call_raw(&w, 19, 1, 0, 0, &handle), WISP_OK);
    assert_int_equal(call_raw(&w, 13, (uint32_t)handle, 0, 0, &handle), WISP_OK);
    for (uint32_t i = 2; i < 5; i++)
        assert_int_equal(call_raw(&w, 19, i, 0, 0, &handle), WISP_OK);
    wisp_bind_close(w.bind);
    assert_int_equal(native_box_freed, 2);
    close_world(&w);
}

/* ------------------------------------------------------------------ what modules may not do */

#define END  0x10000000u /* stands for the memory's end, HERE for the module's room */
#define HERE 0x20000000u

static const struct attack {
    int32_t what;
    uint32_t a, b, c;
    const char *text;
} attacks[] = {
    {0, 0, 1, 0, "shapes.shapes_first: 'sample' is null"},
    {0, END, 1, 0, "outside the memory"},
    {0, END - 16, 1, 0, "'sample' is 1 elements of 24 bytes at address"},
    {0, UINT32_MAX - 7, 1, 0, "outside the memory"},
    {0, HERE + 4, 1, 0, "which is not a multiple of 8"},
    {1, HERE + 2, 0, 0, "'point' is at address"},
    {1, END - 4, 0, 0, "outside the memory"},
    {2, END - 48, 0, 0, "outside the memory"},
    {3, 0, 0, 0, "'text' is null"},
    {3, END, 0, 0, "is a text at address"},
    {3, END - 3, 0, 0, "without an end within 3 bytes"},
    {3, UINT32_MAX, 0, 0, "is a text at address"},
    {4, HERE, 0x40000000, 0, "1073741824 elements of 4 bytes"},
    {4, HERE, 0x40000001, 0, "outside the memory"},
    {4, HERE, UINT32_MAX, 0, "outside the memory"},
    {4, 0, 1, 0, "'numbers' is null"},
    {4, UINT32_MAX - 3, 0, 0, "outside the memory"},
    {5, HERE, 0x20000001, 0, "outside the memory"},
    {5, HERE, UINT32_MAX, 0, "outside the memory"},
    {6, HERE, 0x0aaaaaab, 0, "outside the memory"},
    {7, HERE, 65535, 65535, "4294836226 elements of 1 bytes"},
    {8, END - 8, 9, 0, "'into' is 9 elements of 1 bytes"},
    {8, HERE, UINT32_MAX, 0, "outside the memory"},
    {9, END - 5, 0, 0, "'mac' is 6 elements"},
    {10, END - 8, 0, 0, "'shelf' is 1 elements of 12 bytes"},
    {12, 0, 0, 0, "'box' is 0, which is no handle of a box"},
    {12, 1, 0, 0, "'box' is 0x1, which is no handle of a box"},
    {12, UINT32_MAX, 0, 0, "no handle of a box"},
    {13, 0x100001, 0, 0, "no handle of a box"},
    {14, 1000, 0, 0, "'done' is function 1000 of a table of"},
    {14, UINT32_MAX, 0, 0, "of a table of"},
    {15, HERE + 128, 0, 0, "without an end within 8 bytes"},
    {16, 0, UINT32_MAX, 0, "'result' is 4294967296, which does not fit into 32 bits"},
    {17, 7, 0, 0, "'track.total' is 15032385536, which does not fit into 32 bits"},
    {18, 77, 0, 0, "'value.kind' is none of those that are known"},
    {23, HERE, 8, 1000, "'message' is function 1000 of a table"},
    {23, END - 4, 8, 0, "'message' is 8 elements of 1 bytes"},
    {23, HERE, UINT32_MAX, 0, "outside the memory"},
    {23, 0, 1, 0, "'message' is null"},
    {22, 0, 1, 0, "'visit' is function 0, where the table has none"},
};

static uint32_t real_address(uint32_t address, uint32_t end, uint32_t here)
{
    if (address >= HERE - 64 && address < HERE + 1024)
        return address - HERE + here;
    return address >= END - 64 && address < END + 64 ? address - END + end : address;
}

static void no_address_leads_out_of_the_module(void **state)
{
    world w;
    (void)state;
    open_plain(&w);
    uint32_t here = (uint32_t)ask(&w, "room_address");
    wisp_memory *memory = wisp_instance_memory(w.instance, "memory");
    uint32_t end = (uint32_t)wisp_memory_size(memory);
    memset(wisp_memory_at(memory, here + 128, 128), 'x', 128);
    memset(wisp_memory_at(memory, end - 64, 64), 'x', 64);
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        const struct attack *at = &attacks[i];
        uint32_t calls = native_calls;
        int32_t result;
        if (sizeof(long) == 4 && strstr(at->text, "does not fit"))
            continue; /* a long that is too wide for the module needs a wider one here */
        wisp_status status =
            call_raw(&w, at->what, real_address(at->a, end, here), at->b, at->c, &result);
        if (status != WISP_TRAP || !strstr(w.err.text, at->text))
            fail_msg("attack %zu: %s, expected '%s'", i, status ? w.err.text : "passed",
                     at->text);
        assert_int_equal(native_calls, calls); /* the program was never called */
    }
    close_world(&w);
}

/* As deep as structs go, what points out of the memory is found. */
static void no_address_in_a_struct_leads_out_of_the_module(void **state)
{
    static const struct {
        uint32_t labels, count, text, data, size;
        const char *fault;
    } shelves[] = {
        {HERE + 16, 1, HERE + 48, HERE + 48, 4, NULL},
        {HERE + 16, 0x10000001, HERE + 48, HERE + 48, 4, "'shelf.labels' is 268435457"},
        {END - 8, 1, HERE + 48, HERE + 48, 4, "'shelf.labels' is 1 elements"},
        {HERE + 17, 1, HERE + 48, HERE + 48, 4, "not a multiple of 4"},
        {0, 1, 0, 0, 0, "'shelf.labels' is null"},
        {HERE + 16, 1, 0, HERE + 48, 4, "'label.text' is null"},
        {HERE + 16, 1, END - 2, HERE + 48, 4, "'label.text' is a text"},
        {HERE + 16, 1, HERE + 48, END - 2, 4, "'label.data' is 4 elements"},
        {HERE + 16, 1, HERE + 48, HERE + 48, UINT32_MAX, "'label.data' is 4294967295"},
    };
    world w;
    (void)state;
    open_plain(&w);
    uint32_t here = (uint32_t)ask(&w, "room_address");
    wisp_memory *memory = wisp_instance_memory(w.instance, "memory");
    uint32_t end = (uint32_t)wisp_memory_size(memory);
    uint8_t *room = wisp_memory_at(memory, here, 64);
    memset(wisp_memory_at(memory, end - 64, 64), 'x', 64);
    for (size_t i = 0; i < sizeof shelves / sizeof *shelves; i++) {
        int32_t result;
        wisp_put_u32(room, shelves[i].count);
        wisp_put_u32(room + 4, real_address(shelves[i].labels, end, here));
        wisp_put_u32(room + 8, 0);
        wisp_put_u32(room + 16, real_address(shelves[i].text, end, here));
        wisp_put_u32(room + 20, real_address(shelves[i].data, end, here));
        wisp_put_u32(room + 24, shelves[i].size);
        wisp_put_u32(room + 28, 0);
        memcpy(room + 48, "\1\2\3\0", 4);
        wisp_status status = call_raw(&w, 10, here, 0, 0, &result);
        if (!shelves[i].fault)
            assert_int_equal(result, 3 + 6);
        else if (status != WISP_TRAP || !strstr(w.err.text, shelves[i].fault))
            fail_msg("shelf %zu: %s, expected '%s'", i, status ? w.err.text : "passed",
                     shelves[i].fault);
    }
    close_world(&w);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A number of the kinds that matter: small ones, addresses in and around the memory, any. */
static uint32_t random_number(uint64_t *state, uint32_t end, uint32_t here)
{
    uint32_t any = (uint32_t)next_random(state);
    switch (next_random(state) % 6) {
    case 0:
        return any % 16;
    case 1:
        return here + any % 256 / 8 * 8;
    case 2:
        return end - 32 + any % 64;
    case 3:
        return any % end;
    case 4:
        return 1u << any % 32 | any % 4;
    default:
        return any * 2 + any % 2;
    }
}

/* Under a sanitizer this says that no argument, and nothing in memory, makes generated code or
 * the program touch what is not theirs. */
static void random_numbers_lead_nowhere_else(void **state)
{
    enum { ROUNDS = 300, CALLS = 100, FUNCTIONS = 24 };
    uint64_t random = 1;
    uint32_t passed = 0;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        world w;
        open_plain(&w);
        uint32_t here = (uint32_t)ask(&w, "room_address");
        wisp_memory *memory = wisp_instance_memory(w.instance, "memory");
        uint32_t end = (uint32_t)wisp_memory_size(memory);
        for (int i = 0; i < CALLS; i++) {
            int32_t what = (int32_t)(next_random(&random) % FUNCTIONS), result;
            uint32_t a = random_number(&random, end, here);
            uint32_t b = random_number(&random, end, here);
            uint32_t at = here + (uint32_t)next_random(&random) % 64 * 4;
            wisp_put_u32(wisp_memory_at(memory, at, 4), random_number(&random, end, here));
            passed += call_raw(&w, what, a, what == 22 ? b % 8 : b,
                               random_number(&random, end, here), &result) == WISP_OK;
            if (i % 16 == 0)
                native_run_later(), native_send();
        }
        close_world(&w);
    }
    assert_in_range(passed, ROUNDS * CALLS / 20, ROUNDS * CALLS);
}

static void a_handle_of_another_kind_is_refused(void **state)
{
    world w;
    int32_t timer, result;
    (void)state;
    open_plain(&w);
    assert_int_equal(call_raw(&w, 20, 0, 0, 0, &timer), WISP_OK);
    assert_int_equal(call_raw(&w, 12, (uint32_t)timer, 0, 0, &result), WISP_TRAP);
    assert_non_null(strstr(w.err.text, "which is no handle of a box but of a timer"));
    close_world(&w);
}

static void a_handle_that_was_ended_is_void(void **state)
{
    world w;
    int32_t old, new, result;
    (void)state;
    open_plain(&w);
    assert_int_equal(call_raw(&w, 19, 5, 0, 0, &old), WISP_OK);
    assert_int_equal(call_raw(&w, 12, (uint32_t)old, 0, 0, &result), WISP_OK);
    assert_int_equal(result, 5);
    assert_int_equal(call_raw(&w, 13, (uint32_t)old, 0, 0, &result), WISP_OK);
    assert_int_equal(call_raw(&w, 19, 6, 0, 0, &new), WISP_OK); /* in the same place */
    assert_int_not_equal(old, new);
    assert_int_equal(call_raw(&w, 12, (uint32_t)old, 0, 0, &result), WISP_TRAP);
    assert_int_equal(call_raw(&w, 13, (uint32_t)old, 0, 0, &result), WISP_TRAP);
    assert_int_equal(call_raw(&w, 12, (uint32_t) new, 0, 0, &result), WISP_OK);
    close_world(&w);
}

static void a_function_of_another_type_is_refused(void **state)
{
    world w;
    int32_t result;
    (void)state;
    open_plain(&w);
    uint32_t done = (uint32_t)ask(&w, "done_index");
    assert_int_equal(call_raw(&w, 14, done, 0, 0, &result), WISP_OK);
    assert_int_equal(call_raw(&w, 22, done, 1, 0, &result), WISP_TRAP);
    assert_non_null(strstr(w.err.text, "which is not of type (iii)i"));
    close_world(&w);
}

/* ------------------------------------------------------------------ limits */

static void limits_are_kept(void **state)
{
    static const struct {
        wisp_bind_config config;
        int32_t what;
        uint32_t a, b;
        uint32_t passes;
        const char *text;
    } cases[] = {
        {{.handle_max = 3}, 19, 1, 0, 3, "one object more than the 3 of handle_max"},
        {{.callback_max = 2}, 20, 0, 0, 2, "one function more than the 2 of callback_max"},
        {{.lent_max = 64}, 21, 0, 0, 0, "lent_max"},
        {{.lent_max = 8192}, 21, 0, 0, 128, "lent_max"},
        {{.held_max = 1000}, 23, HERE, 100, 8, "held_max"},
        {{.copied_max = 100}, 4, HERE, 25, UINT32_MAX, NULL},
        {{.copied_max = 99}, 4, HERE, 25, 0, "copied_max"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world w;
        int32_t result;
        wisp_status status = open_world(&w, &cases[i].config);
        uint32_t here = (uint32_t)ask(&w, "room_address"), passes = 0;
        while (!status && passes < 1000) {
            status = call_raw(&w, cases[i].what, real_address(cases[i].a, 0, here), cases[i].b, 0,
                              &result);
            passes += status == WISP_OK;
        }
        if (cases[i].text && (status != WISP_TRAP || !strstr(w.err.text, cases[i].text)))
            fail_msg("limit %zu: %s", i, status ? w.err.text : "none");
        assert_true(passes >= cases[i].passes || cases[i].passes == UINT32_MAX);
        close_world(&w);
    }
}

static void what_is_lent_is_used_again_after_a_reset(void **state)
{
    const wisp_bind_config config = {.lent_max = 8192};
    world w;
    int32_t result;
    (void)state;
    assert_int_equal(open_world(&w, &config), WISP_OK);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(call_raw(&w, 21, 1, 0, 0, &result), WISP_OK);
        wisp_bind_reset(w.bind);
    }
    assert_true(wisp_bind_use(w.bind).lent <= 8192);
    close_world(&w);
}

static void objects_that_the_program_ends_are_forgotten(void **state)
{
    world w;
    int32_t handle, result;
    (void)state;
    open_plain(&w);
    assert_int_equal(call_raw(&w, 19, 5, 0, 0, &handle), WISP_OK);
    assert_int_equal(wisp_bind_use(w.bind).handles, 1);
    struct box *box = NULL; /* the program knows its own: here the last that was made */
    assert_int_equal(shapes_box_open(6, &box), 0);
    wisp_bind_forget(w.bind, box); /* which the module never had */
    assert_int_equal(call_raw(&w, 12, (uint32_t)handle, 0, 0, &result), WISP_OK);
    shapes_box_free(box);
    close_world(&w);
}

/* ------------------------------------------------------------------ callbacks */

static void a_function_that_is_left_is_called_once(void **state)
{
    world w;
    (void)state;
    open_plain(&w);
    check(&w, "left");
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 1);
    assert_int_equal(native_run_later(), 2);
    assert_int_equal(ask(&w, "count_done"), 1);
    assert_int_equal(ask(&w, "last_code"), 7);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 0);
    check(&w, "left_again");
    assert_int_equal(native_run_later(), 1); /* which leaves another */
    assert_int_equal(ask(&w, "count_done"), 2);
    assert_int_equal(native_run_later(), 1);
    assert_int_equal(ask(&w, "count_done"), 3);
    close_world(&w);
}

static void a_thousand_left_functions_are_each_called_once(void **state)
{
    world w;
    (void)state;
    open_plain(&w);
    for (int round = 1; round <= 5; round++) {
        check(&w, "many_left");
        assert_int_equal(wisp_bind_use(w.bind).callbacks, 1000);
        assert_int_equal(native_run_later(), 1000);
        assert_int_equal(ask(&w, "count_done"), 1000 * round);
    }
    close_world(&w);
}

static void a_function_is_called_until_it_is_taken_back(void **state)
{
    const uint8_t bytes[] = {1, 2};
    world w;
    (void)state;
    open_plain(&w);
    check(&w, "subscribe");
    native_tick(bytes, 2);
    native_tick(bytes, 1);
    assert_int_equal(ask(&w, "count_ticks"), 22 * 1000 + 8);
    check(&w, "unsubscribe");
    native_tick(bytes, 2);
    assert_int_equal(ask(&w, "count_ticks"), 23 * 1000 + 11);
    native_tick_late(); /* by the pointer that was taken back */
    assert_int_equal(ask(&w, "count_ticks"), 23 * 1000 + 11);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 1);
    close_world(&w);
}

static void a_function_that_was_not_kept_is_forgotten(void **state)
{
    world w;
    int32_t handle = 1;
    (void)state;
    open_plain(&w);
    assert_int_equal(ask(&w, "subscribe_often"), 8);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 8);
    for (int i = 0; i < 5; i++) /* of which there are four */
        assert_int_equal(call_raw(&w, 20, 0, 0, 0, &handle), WISP_OK);
    assert_int_equal(handle, 0);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 12);
    close_world(&w);
}

static void a_function_that_came_with_an_object_ends_with_it(void **state)
{
    world w;
    (void)state;
    open_plain(&w);
    check(&w, "start_timer");
    native_fire_timers(3);
    native_fire_timers(4);
    assert_int_equal(ask(&w, "count_done"), 2);
    assert_int_equal(ask(&w, "last_code"), 4);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 1);
    check(&w, "stop_timer"); /* which calls it once more, while it still can be called */
    assert_int_equal(ask(&w, "last_code"), -1);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 0);
    close_world(&w);
}

static void bytes_are_held_until_their_callback(void **state)
{
    world w;
    (void)state;
    open_plain(&w);
    check(&w, "send");
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 3);
    assert_true(wisp_bind_use(w.bind).held >= 8);
    assert_int_equal(native_send(), 10 + 110);
    assert_int_equal(ask(&w, "count_sent"), 1);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 0);
    check(&w, "send");
    wisp_bind_close(w.bind);
    assert_int_equal(native_send(), 2 * 110); /* which is still there */
    assert_int_equal(wisp_bind_use(w.bind).held, 0);
    assert_int_equal(wisp_bind_use(w.bind).callbacks, 0);
    close_world(&w);
}

static void a_module_that_is_gone_is_not_entered(void **state)
{
    world w;
    const uint8_t bytes[] = {1};
    (void)state;
    open_plain(&w);
    check(&w, "left");
    check(&w, "subscribe");
    check(&w, "start_timer");
    wisp_store_free(w.store); /* ends the timer, which calls */
    w.store = NULL;
    native_tick(bytes, 1);
    assert_int_equal(native_run_later(), 2);
    close_world(&w);
}

static void a_module_that_trapped_in_a_callback_is_not_entered_again(void **state)
{
    world w;
    int32_t result;
    const uint8_t bytes[] = {1};
    (void)state;
    open_plain(&w);
    check(&w, "subscribe");
    check(&w, "leave_trap");
    assert_int_equal(native_run_later(), 1);
    native_tick(bytes, 1);
    assert_int_equal(ask(&w, "count_ticks"), 0);
    assert_int_equal(call(&w, "numbers", &result), WISP_TRAP);
    assert_non_null(strstr(w.err.text, "failed in a callback"));
    close_world(&w);
}

static void a_trap_in_a_callback_ends_the_call_that_made_it(void **state)
{
    world w;
    int32_t result;
    (void)state;
    open_plain(&w);
    assert_int_equal(call(&w, "trap_in_scope", &result), WISP_TRAP);
    assert_non_null(strstr(w.err.text, "unreachable"));
    close_world(&w);
}

/* A host that lets no two entries overlap: keeps what can wait. */
typedef struct keeper {
    struct kept {
        wisp_func *func;
        wisp_value args[4];
        uint32_t count;
    } kept[8];
    uint32_t len, at_once;
} keeper;

static wisp_status keep(void *user, const wisp_bind_entry *entry, wisp_error *err)
{
    keeper *k = user;
    if (!entry->can_wait) {
        k->at_once++;
        return wisp_call(entry->func, entry->args, entry->arg_count, entry->results,
                         entry->result_count, err);
    }
    struct kept *one = &k->kept[k->len++];
    one->func = entry->func;
    one->count = entry->arg_count;
    memcpy(one->args, entry->args, entry->arg_count * sizeof *entry->args);
    return WISP_OK;
}

static void a_program_may_enter_the_module_later(void **state)
{
    static keeper k;
    const wisp_bind_config config = {.enter = keep, .user = &k};
    const uint8_t bytes[] = {1, 2};
    world w;
    (void)state;
    k = (keeper){.len = 0};
    assert_int_equal(open_world(&w, &config), WISP_OK);
    check(&w, "left");
    check(&w, "subscribe");
    native_run_later();
    native_tick(bytes, 2);
    assert_int_equal(k.len, 3);
    assert_int_equal(ask(&w, "count_done"), 0);
    for (uint32_t i = 0; i < k.len; i++)
        assert_int_equal(
            wisp_call(k.kept[i].func, k.kept[i].args, k.kept[i].count, NULL, 0, NULL), WISP_OK);
    assert_int_equal(ask(&w, "count_done"), 1);
    assert_int_equal(ask(&w, "count_ticks"), 11 * 1000 + 6);
    wisp_bind_reset(w.bind);
    assert_int_equal(k.at_once, 0);
    check(&w, "scopes");
    assert_true(k.at_once > 100000);
    close_world(&w);
}

/* As a host does, which makes a binding for each version and forgets it. */
static void a_binding_that_was_released_frees_itself(void **state)
{
    ration r = {0};
    const wisp_allocator allocator = ration_allocator(&r);
    const wisp_bind_config config = {.allocator = &allocator};
    world w;
    (void)state;
    assert_int_equal(open_world(&w, &config), WISP_OK);
    wisp_bind_release(w.bind);
    check(&w, "handles");
    check(&w, "send");
    check(&w, "left");
    wisp_store_free(w.store);
    assert_int_equal(native_boxes, 0);
    assert_true(r.live > 0); /* for what the program may still call */
    assert_int_equal(native_send(), 110 + 10);
    assert_true(r.live > 0);
    assert_int_equal(native_run_later(), 2);
    assert_int_equal(r.live, 0);

    wisp_bind *bind;
    assert_int_equal(wisp_bind_new(&config, &bind, NULL), WISP_OK);
    wisp_bind_release(bind);
    assert_int_equal(r.live, 0);
}

/* ------------------------------------------------------------------ refusals */

static void a_binding_is_for_one_instance(void **state)
{
    world w;
    wisp_linker *linker;
    wisp_instance *other;
    wisp_value line;
    (void)state;
    open_plain(&w);
    check(&w, "numbers");
    assert_int_equal(wisp_linker_new(w.store, &linker, NULL), WISP_OK);
    assert_int_equal(shapes_link(linker, w.bind, NULL), WISP_OK);
    assert_int_equal(wisp_instance_new(w.store, module, linker, &other, NULL), WISP_OK);
    assert_int_equal(wisp_call_export(other, "numbers", NULL, 0, &line, 1, &w.err), WISP_TRAP);
    assert_non_null(strstr(w.err.text, "a binding is for one instance"));
    close_world(&w);
}

static void refused_memory_fails_the_call_and_nothing_else(void **state)
{
    static const char *const exports[] = {"structs",     "texts",   "several", "pointers",
                                          "unions",      "handles", "left",    "subscribe",
                                          "start_timer", "send"};
    ration r = {0};
    const wisp_allocator allocator = ration_allocator(&r);
    const wisp_bind_config config = {.allocator = &allocator};
    (void)state;
    uint64_t n = 1;
    for (bool is_struck = true; is_struck; n++) {
        world w;
        int32_t line;
        ration_refuse(&r, n);
        wisp_status status = open_world(&w, &config);
        for (size_t i = 0; i < sizeof exports / sizeof *exports && !status; i++) {
            status = call(&w, exports[i], &line);
            if (!status)
                assert_int_equal(line, 0);
        }
        is_struck = ration_struck(&r);
        ration_refuse(&r, 0);
        assert_int_equal(status, !is_struck ? WISP_OK : w.bind ? WISP_TRAP : WISP_NO_MEMORY);
        native_run_later();
        close_world(&w);
        assert_int_equal(r.live, 0);
    }
    assert_true(n > 5);
}

/* ------------------------------------------------------------------ */

static bool load(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return wisp_module_new(NULL, (wisp_bytes){bytes, size}, &module, NULL) == WISP_OK;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_value),
        cmocka_unit_test(structs_arrive_whatever_their_layout),
        cmocka_unit_test(what_lies_between_fields_stays_here),
        cmocka_unit_test(texts_are_copied_in_and_lent_out_once),
        cmocka_unit_test(arrays_are_counted),
        cmocka_unit_test(structs_in_structs_are_followed),
        cmocka_unit_test(arrays_in_structs_arrive_as_well),
        cmocka_unit_test(a_union_is_what_its_tag_says),
        cmocka_unit_test(a_callback_may_run_while_the_function_does),
        cmocka_unit_test(cookies_come_back_as_they_were),
        cmocka_unit_test(an_object_that_a_module_leaves_behind_is_ended),
        cmocka_unit_test(objects_are_ended_newest_first),
        cmocka_unit_test(no_address_leads_out_of_the_module),
        cmocka_unit_test(no_address_in_a_struct_leads_out_of_the_module),
        cmocka_unit_test(random_numbers_lead_nowhere_else),
        cmocka_unit_test(a_handle_of_another_kind_is_refused),
        cmocka_unit_test(a_handle_that_was_ended_is_void),
        cmocka_unit_test(a_function_of_another_type_is_refused),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(what_is_lent_is_used_again_after_a_reset),
        cmocka_unit_test(objects_that_the_program_ends_are_forgotten),
        cmocka_unit_test(a_function_that_is_left_is_called_once),
        cmocka_unit_test(a_thousand_left_functions_are_each_called_once),
        cmocka_unit_test(a_function_is_called_until_it_is_taken_back),
        cmocka_unit_test(a_function_that_was_not_kept_is_forgotten),
        cmocka_unit_test(a_function_that_came_with_an_object_ends_with_it),
        cmocka_unit_test(bytes_are_held_until_their_callback),
        cmocka_unit_test(a_module_that_is_gone_is_not_entered),
        cmocka_unit_test(a_module_that_trapped_in_a_callback_is_not_entered_again),
        cmocka_unit_test(a_trap_in_a_callback_ends_the_call_that_made_it),
        cmocka_unit_test(a_program_may_enter_the_module_later),
        cmocka_unit_test(a_binding_that_was_released_frees_itself),
        cmocka_unit_test(a_binding_is_for_one_instance),
        cmocka_unit_test(refused_memory_fails_the_call_and_nothing_else),
    };
    if (argc != 2 || !load(argv[1]))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    wisp_module_free(module);
    return failed;
}
