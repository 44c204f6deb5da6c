#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crossing.h"
#include "patch/bridge.h"
#include "stub.h"
#include "wasm/raw_call.h"

/*
 * The same signatures with clang's WebAssembly on one side: native callers call its callees as
 * patches, its callers call native callees. That its functions are of the types that plans say,
 * the linker checks, and this for exports.
 */

enum { MEMORY_PAGES = 64, NULL_SIZE = 4096, NAME_MAX_SIZE = 32 };

enum { FRAME_ROOM = sizeof(wisp_patch_frame) + WISP_PATCH_STACK_MAX };

typedef struct world {
    wisp_arena arena;
    wisp_patch_plan *plans;
    uint8_t *bytes; /* of the module */
    size_t size;
    wisp_module *module;
    wisp_shared_memory *shared;
    wisp_memory *memory;
    wisp_store *store;
    wisp_instance *instance;
    wisp_global *stack_pointer;
    uint64_t stack_top;
    uint64_t block_at; /* of a block, in linear memory */
    uint64_t random;
    uint32_t now; /* the crossing under test */
} world;

static world w;
static const char *module_path;

wisp_patch_detour *stub_detour;

static bool refuse_read(void *user, uint64_t address, void *into, size_t size)
{
    (void)user, (void)address, (void)into, (void)size;
    return false;
}

static bool refuse_write(void *user, uint64_t address, const void *from, size_t size)
{
    (void)user, (void)address, (void)from, (void)size;
    return false;
}

static wisp_patch_memory memory_now(void)
{
    uint64_t size = wisp_memory_size(w.memory);
    return (wisp_patch_memory){.base = wisp_memory_at(w.memory, 0, size),
                               .size = size,
                               .null_size = NULL_SIZE,
                               .stack_pointer = (uint64_t)wisp_global_get(w.stack_pointer).of.i64,
                               .stack_limit = NULL_SIZE,
                               .read = refuse_read,
                               .write = refuse_write};
}

static uint8_t *block_now(uint32_t size)
{
    return wisp_memory_at(w.memory, w.block_at, size);
}

static void set_stack(uint64_t address)
{
    assert_int_equal(wisp_global_set(w.stack_pointer, wisp_i64((int64_t)address), NULL), WISP_OK);
}

static wisp_func *export_of(const char *kind, uint32_t number)
{
    char name[NAME_MAX_SIZE];
    snprintf(name, sizeof name, "%s_%u", kind, number);
    wisp_func *func = wisp_instance_func(w.instance, name);
    assert_non_null(func);
    return func;
}

/* ------------------------------------------------------------------ a native function, imported
 */

static wisp_status call_native(void *user, wisp_instance *caller, wisp_slot *slots,
                               wisp_error *err)
{
    static _Alignas(16) uint8_t room[FRAME_ROOM];
    const wisp_patch_plan *plan = user;
    wisp_patch_frame *frame = (wisp_patch_frame *)room;
    wisp_patch_memory memory = memory_now();
    (void)caller, (void)err;
    if (!wisp_patch_fill_arguments(plan, &memory, slots, frame))
        return WISP_INVALID;
    wisp_patch_call(crossings[plan - w.plans].callee, frame, plan->stack_size);
    return wisp_patch_take_results(plan, &memory, frame, slots) ? WISP_OK : WISP_INVALID;
}

static wisp_functype type_of(const wisp_patch_plan *plan)
{
    return (wisp_functype){plan->params, &plan->value, plan->param_count, plan->value != 0};
}

static void offer_natives(wisp_linker *linker)
{
    for (uint32_t i = 0; i < crossing_count; i++) {
        char name[NAME_MAX_SIZE];
        wisp_extern item = {.kind = WISP_EXTERN_FUNC};
        snprintf(name, sizeof name, "%u", i);
        assert_int_equal(wisp_raw_func_new(w.store, name, type_of(&w.plans[i]), call_native,
                                           &w.plans[i], &item.of.func, NULL),
                         WISP_OK);
        assert_int_equal(wisp_linker_add(linker, "native", name, item, NULL), WISP_OK);
    }
}

/* ------------------------------------------------------------------ the module */

static void read_module(void)
{
    FILE *file = fopen(module_path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    w.size = (size_t)ftell(file);
    rewind(file);
    w.bytes = malloc(w.size);
    assert_non_null(w.bytes);
    assert_int_equal(fread(w.bytes, 1, w.size, file), w.size);
    fclose(file);
}

static void offer_memory(wisp_linker *linker)
{
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    wisp_memory_type type = {
        .limits = {MEMORY_PAGES, MEMORY_PAGES}, .is_64 = true, .is_shared = true};
    assert_int_equal(wisp_shared_memory_new(NULL, &type, &w.shared, NULL), WISP_OK);
    assert_int_equal(wisp_memory_new_shared(w.store, w.shared, &item.of.memory, NULL), WISP_OK);
    w.memory = item.of.memory;
    assert_int_equal(wisp_linker_add(linker, "env", "memory", item, NULL), WISP_OK);
}

static void start(void)
{
    wisp_error err;
    wisp_linker *linker;
    wisp_bytes bytes = {w.bytes, w.size};
    wisp_value block;
    assert_int_equal(wisp_store_new(NULL, &w.store, NULL), WISP_OK);
    assert_int_equal(wisp_linker_new(w.store, &linker, NULL), WISP_OK);
    offer_memory(linker);
    offer_natives(linker);
    if (wisp_module_new(NULL, bytes, &w.module, &err) ||
        wisp_instance_new(w.store, w.module, linker, &w.instance, &err) ||
        wisp_call_export(w.instance, "block", NULL, 0, &block, 1, &err))
        fail_msg("%s", err.text);
    w.block_at = (uint64_t)block.of.i64;
    w.stack_pointer = wisp_instance_global(w.instance, "__stack_pointer");
    assert_non_null(w.stack_pointer);
    w.stack_top = (uint64_t)wisp_global_get(w.stack_pointer).of.i64;
}

static int setup(void **state)
{
    (void)state;
    w = (world){.random = 88172645463325252u};
    wisp_arena_init(&w.arena, &wisp_allocator_default, 4096);
    w.plans = calloc(crossing_count, sizeof *w.plans);
    for (uint32_t i = 0; i < crossing_count; i++)
        crossing_plan(&crossings[i], &w.arena, &w.plans[i]);
    read_module();
    start();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wisp_store_free(w.store);
    wisp_module_free(w.module);
    wisp_shared_memory_release(w.shared);
    wisp_arena_deinit(&w.arena);
    free(w.plans);
    free(w.bytes);
    return 0;
}

/* ------------------------------------------------------------------ both ways */

/* As a patched function comes to its patch. */
static bool run_patch(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    const wisp_patch_plan *plan = &w.plans[w.now];
    wisp_patch_memory memory = memory_now();
    wisp_func *callee = export_of("callee", w.now);
    wisp_slot *slots = wisp_raw_slots(callee);
    wisp_error err;
    (void)detour;
    assert_true(wisp_patch_take_arguments(plan, &memory, frame, slots));
    set_stack(memory.stack_pointer);
    if (wisp_raw_call(callee, slots, &err))
        fail_msg("%u: %s", w.now, err.text);
    assert_int_equal(wisp_global_get(w.stack_pointer).of.i64, memory.stack_pointer);
    wisp_patch_give_results(plan, &memory, frame, slots);
    set_stack(w.stack_top);
    return true;
}

static void check_export_type(const crossing *c)
{
    wisp_functype found = wisp_func_type(export_of("callee", w.now));
    wisp_functype wanted = type_of(&w.plans[c - crossings]);
    assert_int_equal(found.param_count, wanted.param_count);
    assert_int_equal(found.result_count, wanted.result_count);
    for (uint32_t i = 0; i < wanted.param_count; i++)
        assert_int_equal(found.params[i], wanted.params[i]);
    if (wanted.result_count)
        assert_int_equal(found.results[0], wanted.results[0]);
}

static void call_in(const crossing *c, uint8_t *wanted, uint8_t *found)
{
    wisp_patch_detour detour = {run_patch, c->callee};
    stub_detour = &detour;
    memcpy(found, wanted, c->block_size);
    memset(block_now(c->block_size), 0xdd, c->block_size);
    if (c->result) {
        uint32_t at = c->result->offset, size = c->result->type->size;
        memset(found + at, 0xdd, size);
        memcpy(block_now(c->block_size) + at, wanted + at, size);
    }
    c->caller((const void *)(uintptr_t)stub, found);
    crossing_check_arguments(c, block_now(c->block_size), wanted);
    crossing_check_result(c, found, wanted);
}

static void call_out(const crossing *c, uint8_t *wanted, uint8_t *found)
{
    wisp_func *caller = export_of("caller", w.now);
    wisp_slot *slots = wisp_raw_slots(caller);
    wisp_error err;
    slots[0].u64 = 0;
    slots[1].u64 = w.block_at;
    memset(found, 0xdd, c->block_size);
    memcpy(block_now(c->block_size), wanted, c->block_size);
    if (c->result) {
        uint32_t at = c->result->offset, size = c->result->type->size;
        memset(block_now(c->block_size) + at, 0xdd, size);
        memcpy(found + at, wanted + at, size);
    }
    crossing_seen = found;
    if (wisp_raw_call(caller, slots, &err))
        fail_msg("%u: %s", w.now, err.text);
    crossing_check_arguments(c, found, wanted);
    crossing_check_result(c, block_now(c->block_size), wanted);
}

static void for_all(void (*check)(const crossing *, uint8_t *, uint8_t *))
{
    for (w.now = 0; w.now < crossing_count; w.now++) {
        const crossing *c = &crossings[w.now];
        size_t size = (c->block_size + 63) / 64 * 64;
        uint8_t *wanted = aligned_alloc(64, size), *found = aligned_alloc(64, size);
        crossing_fill(c, &w.random, wanted);
        check_export_type(c);
        check(c, wanted, found);
        free(wanted);
        free(found);
    }
}

static void clangs_functions_take_what_native_callers_give(void **state)
{
    (void)state;
    for_all(call_in);
}

static void native_functions_take_what_clangs_callers_give(void **state)
{
    (void)state;
    for_all(call_out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clangs_functions_take_what_native_callers_give),
        cmocka_unit_test(native_functions_take_what_clangs_callers_give),
    };
    if (argc != 2)
        return 2;
    module_path = argv[1];
    return cmocka_run_group_tests(tests, setup, teardown);
}
