#include <pthread.h>

#include "../words.h"
#include "fixture.h"
#include "modules_lazy.h"
#include "modules_threads.h"

/* Shared memories, atomic instructions, and modules whose functions threads compile. */

enum { THREADS = 4, ROUNDS = 2000 };

/* ------------------------------------------------------------------ on several threads */

static wisp_shared_memory *new_shared(uint64_t min, uint64_t max)
{
    wisp_shared_memory *shared = NULL;
    wisp_memory_type type = {.limits = {min, max}};
    assert_int_equal(wisp_shared_memory_new(NULL, &type, &shared, NULL), WISP_OK);
    return shared;
}

/* An instance of [module] in a store of its own, on [shared]. */
typedef struct world {
    wisp_store *store;
    wisp_instance *instance;
} world;

static bool open_world(world *w, const wisp_module *module, wisp_shared_memory *shared)
{
    wisp_linker *linker;
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    return wisp_store_new(NULL, &w->store, NULL) == WISP_OK &&
           wisp_linker_new(w->store, &linker, NULL) == WISP_OK &&
           wisp_memory_new_shared(w->store, shared, &item.of.memory, NULL) == WISP_OK &&
           wisp_linker_add(linker, "env", "memory", item, NULL) == WISP_OK &&
           wisp_instance_new(w->store, module, linker, &w->instance, NULL) == WISP_OK;
}

/* [out] may be NULL. */
static wisp_status call(world *w, const char *name, int32_t arg, int32_t *out)
{
    wisp_value value = wisp_i32(arg), result = wisp_i32(0);
    wisp_func *func = wisp_instance_func(w->instance, name);
    wisp_status status =
        wisp_call(func, &value, 1, &result, wisp_func_type(func).result_count, NULL);
    if (out)
        *out = result.of.i32;
    return status;
}

/* What a thread does; asserts belong to the main one. */
typedef struct job {
    const wisp_module *module;
    wisp_shared_memory *shared;
    const char *name;
    int32_t arg;
    world w;
    pthread_barrier_t *is_open; /* waited for when the world is there; may be NULL */
    wisp_status status;
    int32_t result;
} job;

static void *run_job(void *user)
{
    job *j = user;
    j->status = open_world(&j->w, j->module, j->shared) ? WISP_OK : WISP_INVALID;
    if (j->is_open)
        pthread_barrier_wait(j->is_open);
    if (j->status == WISP_OK)
        j->status = call(&j->w, j->name, j->arg, &j->result);
    return NULL;
}

/* Has all THREADS call [name] with [arg] at the same time; returns the memory, whose holder
 * the caller becomes. */
static wisp_shared_memory *run_together(const char *name, int32_t arg)
{
    pthread_t threads[THREADS];
    job jobs[THREADS];
    wisp_module *module;
    wisp_shared_memory *shared = new_shared(1, 16);
    assert_int_equal(wisp_module_new(NULL, BYTES(worker_wasm), &module, NULL), WISP_OK);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job){.module = module, .shared = shared, .name = name, .arg = arg};
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].status, WISP_OK);
        wisp_store_free(jobs[i].w.store);
    }
    wisp_module_free(module);
    return shared;
}

/* The i32 at [address], through a store made to look. */
static int32_t look(wisp_shared_memory *shared, uint64_t address)
{
    wisp_store *store;
    wisp_memory *memory;
    uint8_t bytes[4] = {0};
    assert_int_equal(wisp_store_new(NULL, &store, NULL), WISP_OK);
    assert_int_equal(wisp_memory_new_shared(store, shared, &memory, NULL), WISP_OK);
    assert_int_equal(wisp_memory_read(memory, address, bytes, sizeof bytes, NULL), WISP_OK);
    wisp_store_free(store);
    return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24);
}

static void threads_count_together_by_atomic_instructions(void **state)
{
    (void)state;
    wisp_shared_memory *shared = run_together("count", ROUNDS);
    assert_int_equal(look(shared, 0), THREADS * ROUNDS);
    assert_int_equal(look(shared, 16), (uint16_t) - (THREADS * ROUNDS));
    wisp_shared_memory_release(shared);
}

static void threads_exclude_each_other_by_waiting(void **state)
{
    (void)state;
    wisp_shared_memory *shared = run_together("count_locked", ROUNDS);
    assert_int_equal(look(shared, 8), THREADS * ROUNDS);
    assert_int_equal(look(shared, 4), 0);
    wisp_shared_memory_release(shared);
}

/* What they write is theirs to sort out; that they may is for the thread sanitizer to say. */
static void threads_may_write_to_the_same_place(void **state)
{
    (void)state;
    wisp_shared_memory *shared = run_together("scribble", 50);
    wisp_shared_memory_release(shared);
}

static void each_page_is_given_to_one_thread_that_grows(void **state)
{
    (void)state;
    wisp_shared_memory *shared = run_together("grow", 1);
    wisp_store *store;
    wisp_memory *memory;
    assert_int_equal(wisp_store_new(NULL, &store, NULL), WISP_OK);
    assert_int_equal(wisp_memory_new_shared(store, shared, &memory, NULL), WISP_OK);
    assert_int_equal(wisp_memory_size(memory), (1 + THREADS) * WISP_PAGE_SIZE);
    wisp_shared_memory_release(shared);
    wisp_store_free(store);
}

/* ------------------------------------------------------------------ waiting */

typedef struct waiting {
    wisp_module *module;
    wisp_shared_memory *shared;
    pthread_t thread;
    pthread_barrier_t is_open;
    job sleeper;
    world self;
} waiting;

/* A thread that waits without end, and a world for the main thread. */
static void begin_waiting(waiting *w)
{
    assert_int_equal(wisp_module_new(NULL, BYTES(worker_wasm), &w->module, NULL), WISP_OK);
    w->shared = new_shared(1, 16);
    assert_int_equal(pthread_barrier_init(&w->is_open, NULL, 2), 0);
    w->sleeper =
        (job){.module = w->module, .shared = w->shared, .name = "wait", .is_open = &w->is_open};
    assert_true(open_world(&w->self, w->module, w->shared));
    assert_int_equal(pthread_create(&w->thread, NULL, run_job, &w->sleeper), 0);
    pthread_barrier_wait(&w->is_open);
}

static void end_waiting(waiting *w)
{
    wisp_store_free(w->sleeper.w.store);
    wisp_store_free(w->self.store);
    wisp_shared_memory_release(w->shared);
    wisp_module_free(w->module);
    pthread_barrier_destroy(&w->is_open);
}

static void a_waiting_thread_goes_on_when_notified(void **state)
{
    (void)state;
    waiting w;
    begin_waiting(&w);
    int32_t woken = 0;
    while (woken == 0)
        assert_int_equal(call(&w.self, "notify", 10, &woken), WISP_OK);
    pthread_join(w.thread, NULL);
    assert_int_equal(woken, 1);
    assert_int_equal(w.sleeper.status, WISP_OK);
    assert_int_equal(w.sleeper.result, 0);
    end_waiting(&w);
}

static void a_waiting_thread_can_be_interrupted(void **state)
{
    (void)state;
    waiting w;
    begin_waiting(&w);
    wisp_store_interrupt(w.sleeper.w.store);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.sleeper.status, WISP_TRAP);
    assert_int_equal(wisp_store_trap(w.sleeper.w.store)->code, WISP_TRAP_INTERRUPTED);
    end_waiting(&w);
}

static void waiting_ends_for_another_value_or_when_time_is_over(void **state)
{
    (void)state;
    wisp_module *module;
    wisp_shared_memory *shared = new_shared(1, 16);
    world w;
    int32_t result;
    assert_int_equal(wisp_module_new(NULL, BYTES(worker_wasm), &module, NULL), WISP_OK);
    assert_true(open_world(&w, module, shared));
    assert_int_equal(call(&w, "wait", 1, &result), WISP_OK);
    assert_int_equal(result, 1);
    assert_int_equal(call(&w, "wait_a_little", -1, &result), WISP_OK);
    assert_int_equal(result, 1);
    assert_int_equal(call(&w, "wait_a_little", 0, &result), WISP_OK);
    assert_int_equal(result, 2);
    assert_int_equal(call(&w, "notify", 1, &result), WISP_OK);
    assert_int_equal(result, 0);
    wisp_store_free(w.store);
    wisp_shared_memory_release(shared);
    wisp_module_free(module);
}

static void a_store_limits_how_long_its_module_waits(void **state)
{
    (void)state;
    fixture f;
    wisp_store_config config = {.wait_max_ms = 1};
    wisp_shared_memory *shared = new_shared(1, 16);
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    fixture_init(&f, &config);
    assert_int_equal(wisp_memory_new_shared(f.store, shared, &item.of.memory, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f.linker, "env", "memory", item, NULL), WISP_OK);
    wisp_instance *in = fixture_instance(&f, BYTES(worker_wasm));
    wisp_value arg = wisp_i32(0), result;
    assert_int_equal(wisp_call_export(in, "wait", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_INTERRUPTED);
    assert_int_equal(fixture_call(&f, in, "wait_a_little", 0), 2);
    fixture_deinit(&f);
    wisp_shared_memory_release(shared);
}

/* ------------------------------------------------------------------ growing, holding */

static void a_store_sees_what_another_one_grew(void **state)
{
    (void)state;
    wisp_module *module;
    wisp_shared_memory *shared = new_shared(1, 3);
    world a, b;
    int32_t result;
    assert_int_equal(wisp_module_new(NULL, BYTES(worker_wasm), &module, NULL), WISP_OK);
    assert_true(open_world(&a, module, shared));
    assert_true(open_world(&b, module, shared));
    assert_int_equal(call(&a, "read", 2 * WISP_PAGE_SIZE, &result), WISP_TRAP);
    assert_int_equal(call(&b, "grow", 2, &result), WISP_OK);
    assert_int_equal(result, 1);
    assert_int_equal(call(&b, "write", 2 * WISP_PAGE_SIZE, NULL), WISP_OK);
    assert_int_equal(call(&a, "read", 2 * WISP_PAGE_SIZE, &result), WISP_OK);
    assert_int_equal(result, 77);
    assert_int_equal(call(&a, "size", 0, &result), WISP_OK);
    assert_int_equal(result, 3);
    assert_int_equal(call(&a, "grow", 1, &result), WISP_OK);
    assert_int_equal(result, -1);
    wisp_store_free(a.store);
    wisp_store_free(b.store);
    wisp_shared_memory_release(shared);
    wisp_module_free(module);
}

static void an_exported_shared_memory_outlives_its_store(void **state)
{
    (void)state;
    fixture f;
    wisp_store_config config = {.memory_max = 4 * WISP_PAGE_SIZE};
    fixture_init(&f, &config);
    wisp_instance *in = fixture_instance(&f, BYTES(owner_wasm));
    wisp_memory *memory = wisp_instance_memory(in, "memory");
    wisp_shared_memory *shared = wisp_memory_shared(memory);
    assert_non_null(shared);
    assert_int_equal(fixture_call(&f, in, "grow", 4), -1);
    assert_int_equal(fixture_call(&f, in, "grow", 3), 1);
    assert_int_equal(wisp_memory_grow(memory, 1, NULL), WISP_LIMIT);
    assert_int_equal(wisp_memory_write(memory, 0, "xyz", 3, NULL), WISP_OK);
    wisp_shared_memory_hold(shared);
    fixture_deinit(&f);
    assert_int_equal(look(shared, 0), 0x617a7978);
    assert_int_equal(look(shared, 4 * WISP_PAGE_SIZE - 4), 0);
    wisp_shared_memory_release(shared);
}

static void a_shared_memory_needs_a_maximum(void **state)
{
    (void)state;
    wisp_shared_memory *shared;
    wisp_error err;
    wisp_memory_type type = {.limits = {1, UINT64_MAX}};
    assert_int_equal(wisp_shared_memory_new(NULL, &type, &shared, &err), WISP_INVALID);
    assert_true(words_are(err.text, "a shared memory must have a maximum"));
    wisp_shared_memory_release(NULL);
}

/* ------------------------------------------------------------------ alone */

static void atomic_instructions_work_on_a_memory_that_is_not_shared(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(lonely_wasm));
    assert_null(wisp_memory_shared(wisp_instance_memory(in, "memory")));
    assert_int_equal(fixture_call(&f, in, "xchg", 2), 0);
    assert_int_equal(fixture_call(&f, in, "xchg", 2), 0x34);
    assert_int_equal(fixture_call(&f, in, "or", 0), 0x34000000);
    assert_int_equal(fixture_call(&f, in, "load", 0), 0x34000001);
    assert_int_equal(fixture_call(&f, in, "cmpxchg", 2), 1);
    assert_int_equal(fixture_call(&f, in, "cmpxchg", 1), 1);
    assert_int_equal(fixture_call(&f, in, "load", 0), 0x34005678);
    assert_int_equal(fixture_call(&f, in, "notify", 0), 0);
    fixture_deinit(&f);
}

static void atomic_instructions_trap(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t arg;
        wisp_trap_code trap;
    } cases[] = {
        {"wait", 0, WISP_TRAP_NOT_SHARED},
        {"wait", 2, WISP_TRAP_UNALIGNED},
        {"wait", WISP_PAGE_SIZE, WISP_TRAP_MEMORY},
        {"notify", 1, WISP_TRAP_UNALIGNED},
        {"notify", WISP_PAGE_SIZE, WISP_TRAP_MEMORY},
        {"load", 3, WISP_TRAP_UNALIGNED},
        {"load", WISP_PAGE_SIZE, WISP_TRAP_MEMORY},
        {"load", -4, WISP_TRAP_MEMORY},
        {"or", 4, WISP_TRAP_UNALIGNED},
        {"xchg", WISP_PAGE_SIZE - 1, WISP_TRAP_MEMORY},
    };
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(lonely_wasm));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value arg = wisp_i32(cases[i].arg), result;
        assert_int_equal(wisp_call_export(in, cases[i].name, &arg, 1, &result, 1, &f.err),
                         WISP_TRAP);
        assert_int_equal(wisp_store_trap(f.store)->code, cases[i].trap);
    }
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ compiling */

typedef struct caller {
    const wisp_module *module;
    pthread_barrier_t *start;
    int number;
    int32_t sum;
} caller;

/* Calls functions of a lazily loaded module, each thread in another order, which all compile. */
static void *call_all(void *user)
{
    static const char *const names[] = {"leaf", "direct", "even", "wide", "out", "begun"};
    enum { COUNT = sizeof names / sizeof *names };
    caller *own = user;
    wisp_store *store = NULL;
    wisp_linker *linker;
    wisp_instance *instance;
    bool is_good =
        wisp_store_new(NULL, &store, NULL) == WISP_OK &&
        wisp_linker_new(store, &linker, NULL) == WISP_OK &&
        wisp_linker_add_func(linker, "env", "host", "(i)i", host_nothing, NULL, NULL) == WISP_OK;
    pthread_barrier_wait(own->start);
    is_good =
        is_good && wisp_instance_new(store, own->module, linker, &instance, NULL) == WISP_OK;
    for (int i = 0; i < COUNT && is_good; i++) {
        wisp_value arg = wisp_i32(3), result = wisp_i32(0);
        const char *name = names[(i + own->number) % COUNT];
        is_good = wisp_call_export(instance, name, &arg, 1, &result, 1, NULL) == WISP_OK;
        own->sum += result.of.i32;
    }
    wisp_store_free(store);
    return NULL;
}

static void threads_compile_the_functions_of_a_module_together(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        pthread_t threads[THREADS];
        caller callers[THREADS];
        pthread_barrier_t start;
        wisp_module *module;
        wisp_module_config config = {.lazy = true};
        assert_int_equal(wisp_module_load(&config, BYTES(lazy_wasm), &module, NULL), WISP_OK);
        pthread_barrier_init(&start, NULL, THREADS);
        for (int i = 0; i < THREADS; i++) {
            callers[i] = (caller){.module = module, .start = &start, .number = i};
            assert_int_equal(pthread_create(&threads[i], NULL, call_all, &callers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(callers[i].sum, 4 + 4 + 0 + 4 + 0 + 5);
        }
        pthread_barrier_destroy(&start);
        wisp_module_free(module);
    }
}

/* ------------------------------------------------------------------ in 64 bits */

/* A thread with a stack of its own in the memory that all have in common. */
typedef struct climber {
    const wisp_module *module;
    wisp_shared_memory *shared;
    int64_t stack; /* where it begins, downwards */
    bool is_good;
} climber;

static bool call_64(world *w, const char *name, int64_t arg, int64_t *out)
{
    wisp_value value = wisp_i64(arg), result;
    wisp_func *func = wisp_instance_func(w->instance, name);
    wisp_status status =
        wisp_call(func, &value, wisp_func_type(func).param_count, &result, 1, NULL);
    *out = result.of.i64;
    return status == WISP_OK;
}

static void *climb(void *user)
{
    climber *c = user;
    world w;
    int64_t sum = 0, pages = 0;
    c->is_good = open_world(&w, c->module, c->shared);
    wisp_global *pointer =
        c->is_good ? wisp_instance_global(w.instance, "__stack_pointer") : NULL;
    c->is_good = pointer && wisp_global_set(pointer, wisp_i64(c->stack), NULL) == WISP_OK;
    for (int i = 0; i < ROUNDS / 10 && c->is_good; i++)
        c->is_good = call_64(&w, "down", 60, &sum) && sum == 60 * 61 / 2 &&
                     wisp_global_get(pointer).of.i64 == c->stack &&
                     call_64(&w, "grow", 0, &pages) && pages == -1 &&
                     call_64(&w, "size", 0, &pages) && pages == 1;
    wisp_store_free(w.store);
    return NULL;
}

static void climb_together(const wisp_module *module)
{
    wisp_memory_type type = {.limits = {1, 1}, .is_64 = true};
    wisp_shared_memory *shared;
    climber climbers[THREADS];
    pthread_t threads[THREADS];
    const uint32_t count = THREADS * (ROUNDS / 10) * 61;
    wisp_memory *memory;
    wisp_store *store;
    assert_int_equal(wisp_shared_memory_new(NULL, &type, &shared, NULL), WISP_OK);
    for (int i = 0; i < THREADS; i++) {
        climbers[i] = (climber){module, shared, 16384 + 8192 * i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, climb, &climbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(climbers[i].is_good);
    }
    assert_int_equal(wisp_store_new(NULL, &store, NULL), WISP_OK);
    assert_int_equal(wisp_memory_new_shared(store, shared, &memory, NULL), WISP_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(*wisp_memory_at(memory, 4096 + (uint64_t)i, 1), count >> (8 * i) & 0xff);
    assert_memory_equal(wisp_memory_at(memory, 4104, 8), "abcdefgh", 8);
    wisp_store_free(store);
    wisp_shared_memory_release(shared);
}

static void threads_have_stacks_of_their_own_in_one_memory(void **state)
{
    (void)state;
    wisp_bytes bytes = {stacks_wasm, sizeof stacks_wasm};
    wisp_module *plain, *outer;
    assert_int_equal(wisp_module_load(NULL, bytes, &plain, NULL), WISP_OK);
    climb_together(plain);
    wisp_module_free(plain);
    wisp_status status = wisp_module_load_outside(NULL, bytes, &outer, NULL);
    if (status == WISP_UNSUPPORTED)
        return;
    assert_int_equal(status, WISP_OK);
    climb_together(outer);
    wisp_module_free(outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_count_together_by_atomic_instructions),
        cmocka_unit_test(threads_exclude_each_other_by_waiting),
        cmocka_unit_test(threads_may_write_to_the_same_place),
        cmocka_unit_test(each_page_is_given_to_one_thread_that_grows),
        cmocka_unit_test(a_waiting_thread_goes_on_when_notified),
        cmocka_unit_test(a_waiting_thread_can_be_interrupted),
        cmocka_unit_test(waiting_ends_for_another_value_or_when_time_is_over),
        cmocka_unit_test(a_store_limits_how_long_its_module_waits),
        cmocka_unit_test(a_store_sees_what_another_one_grew),
        cmocka_unit_test(an_exported_shared_memory_outlives_its_store),
        cmocka_unit_test(a_shared_memory_needs_a_maximum),
        cmocka_unit_test(atomic_instructions_work_on_a_memory_that_is_not_shared),
        cmocka_unit_test(atomic_instructions_trap),
        cmocka_unit_test(threads_have_stacks_of_their_own_in_one_memory),
        cmocka_unit_test(threads_compile_the_functions_of_a_module_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
