#include <stdatomic.h>
#include <stdint.h>

/*
 * A program with threads, without a C library. What it does is the first letter of its first
 * argument; its exit code says how that went.
 */

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name)           IMPORT("wasi_snapshot_preview1", #name)

IMPORT("wasi", "thread-spawn") int thread_spawn(void *start);
WASI(args_get) int args_get(char **list, char *bytes);
WASI(args_sizes_get) int args_sizes_get(uint32_t *count, uint32_t *size);
WASI(proc_exit) _Noreturn void proc_exit(uint32_t code);
WASI(poll_oneoff)
int poll_oneoff(const void *subscriptions, void *events, uint32_t count, uint32_t *result);

enum { THREADS = 4, ROUNDS = 10000, STACK_SIZE = 16384 };

/* What a thread is started with; the first word is read by thread_start.s. */
struct start {
    void *stack_end;
    void (*run)(void);
};

static _Alignas(16) char stacks[THREADS][STACK_SIZE];
static struct start starts[THREADS];
static atomic_uint sum, ids;
static _Atomic int done;

/* Where a thread goes on once its stack is its own (thread_start.s). */
void thread_main(int id, struct start *start);

void thread_main(int id, struct start *start)
{
    atomic_fetch_or(&ids, 1u << id);
    start->run();
    atomic_fetch_add(&done, 1);
    __builtin_wasm_memory_atomic_notify((int *)&done, 1);
}

static int spawn(int number, void (*run)(void))
{
    starts[number] = (struct start){stacks[number] + STACK_SIZE, run};
    return thread_spawn(&starts[number]);
}

static void wait_until(int count)
{
    int now;
    while ((now = atomic_load(&done)) < count)
        __builtin_wasm_memory_atomic_wait32((int *)&done, now, -1);
}

static void add(void)
{
    for (int i = 0; i < ROUNDS; i++)
        atomic_fetch_add(&sum, 1);
}

static void leave(void)
{
    proc_exit(7);
}

static void trap(void)
{
    __builtin_trap();
}

static void spin(void)
{
    for (volatile int i = 0;; i++)
        ;
}

static void wait_for_ever(void)
{
    static int never;
    __builtin_wasm_memory_atomic_wait32(&never, 0, -1);
}

static void sleep_for_ever(void)
{
    static struct {
        uint64_t userdata;
        uint8_t kind;
        uint32_t clock;
        uint64_t timeout, precision;
        uint16_t flags;
    } subscription = {.clock = 1, .timeout = UINT64_MAX};
    static char event[32];
    static uint32_t count;
    poll_oneoff(&subscription, event, 1, &count);
}

/* All threads count together. */
static uint32_t count_together(void)
{
    for (int i = 0; i < THREADS; i++) {
        if (spawn(i, add) <= 0)
            return 1;
    }
    wait_until(THREADS);
    return atomic_load(&sum) == THREADS * ROUNDS && atomic_load(&ids) == 0x1e ? 0 : 2;
}

/* Slots of threads that are done are used again. */
static uint32_t one_after_another(void)
{
    for (int i = 0; i < 20; i++) {
        while (spawn(0, add) < 0) /* the one before may not have ended */
            ;
        wait_until(i + 1);
    }
    return atomic_load(&sum) == 20 * ROUNDS ? 0 : 2;
}

/* How many threads there can be. */
static uint32_t as_many_as_possible(void)
{
    uint32_t count = 0;
    while (count < THREADS && spawn((int)count, wait_for_ever) > 0)
        count++;
    return count;
}

__attribute__((export_name("_start"))) void start(void)
{
    static char *words[8], bytes[256];
    args_get(words, bytes);
    switch (words[1][0]) {
    case 'c':
        proc_exit(count_together());
    case 'o':
        proc_exit(one_after_another());
    case 'm':
        proc_exit(as_many_as_possible());
    case 'x': /* a thread exits while the first waits */
        spawn(0, leave);
        wait_for_ever();
        break;
    case 't':
        spawn(0, trap);
        spin();
        break;
    case 'r': /* the first returns while others are busy */
        spawn(0, spin);
        spawn(1, wait_for_ever);
        spawn(2, sleep_for_ever);
        break;
    }
}
