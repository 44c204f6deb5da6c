#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"

/* Waiting: for clocks, for pipes, and being interrupted. */

enum { SUBSCRIPTIONS = BUFFER, EVENTS = BUFFER + 2048 };

static void subscribe_clock(guest *g, uint32_t index, uint32_t clock, uint64_t timeout,
                            bool absolute)
{
    uint32_t at = SUBSCRIPTIONS + index * WISP_WASI_SUBSCRIPTION_SIZE;
    memset(guest_at(g, at, WISP_WASI_SUBSCRIPTION_SIZE), 0, WISP_WASI_SUBSCRIPTION_SIZE);
    guest_store(g, at, 8, 100 + index);
    guest_store(g, at + 8, 1, WISP_WASI_EVENT_CLOCK);
    guest_store(g, at + 16, 4, clock);
    guest_store(g, at + 24, 8, timeout);
    guest_store(g, at + 40, 2, absolute);
}

static void subscribe_fd(guest *g, uint32_t index, unsigned kind, uint32_t fd)
{
    uint32_t at = SUBSCRIPTIONS + index * WISP_WASI_SUBSCRIPTION_SIZE;
    guest_store(g, at, 8, 100 + index);
    guest_store(g, at + 8, 1, kind);
    guest_store(g, at + 16, 4, fd);
}

/* How many events came. */
static uint32_t wait_for(guest *g, uint32_t subscriptions)
{
    assert_int_equal(CALL(g, "poll_oneoff", SUBSCRIPTIONS, EVENTS, subscriptions, RESULT), 0);
    return (uint32_t)guest_load(g, RESULT, 4);
}

static uint64_t event(guest *g, uint32_t index, uint32_t offset, unsigned size)
{
    return guest_load(g, EVENTS + index * WISP_WASI_EVENT_SIZE + offset, size);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void the_first_clock_that_is_due_ends_the_wait(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    uint64_t began = now_ns(CLOCK_MONOTONIC);
    subscribe_clock(g, 0, WISP_WASI_MONOTONIC, UINT64_C(3600000000000), false);
    subscribe_clock(g, 1, WISP_WASI_REALTIME, 30000000, false);
    assert_int_equal(wait_for(g, 2), 1);
    assert_int_equal(event(g, 0, 0, 8), 101);
    assert_int_equal(event(g, 0, 8, 2), 0);
    assert_int_equal(event(g, 0, 10, 1), WISP_WASI_EVENT_CLOCK);
    assert_true(now_ns(CLOCK_MONOTONIC) - began >= 30000000);
    guest_deinit(g);
}

static void a_time_that_has_passed_does_not_wait(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    subscribe_clock(g, 0, WISP_WASI_REALTIME, 1, true);
    subscribe_clock(g, 1, WISP_WASI_MONOTONIC, UINT64_MAX, true);
    subscribe_clock(g, 2, WISP_WASI_MONOTONIC, 0, false);
    assert_int_equal(wait_for(g, 3), 2);
    assert_int_equal(event(g, 0, 0, 8), 100);
    assert_int_equal(event(g, 1, 0, 8), 102);
    guest_deinit(g);
}

static void an_absolute_time_is_waited_for(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    uint64_t due = now_ns(CLOCK_REALTIME) + 20000000;
    subscribe_clock(g, 0, WISP_WASI_REALTIME, due, true);
    assert_int_equal(wait_for(g, 1), 1);
    assert_true(now_ns(CLOCK_REALTIME) >= due);
    guest_deinit(g);
}

static void what_cannot_be_waited_for_is_an_event_with_an_error(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    subscribe_fd(g, 0, WISP_WASI_EVENT_READ, 77);
    subscribe_clock(g, 1, 9, 0, false);
    subscribe_clock(g, 2, WISP_WASI_PROCESS_TIME, 0, false);
    assert_int_equal(wait_for(g, 3), 3);
    assert_int_equal(event(g, 0, 8, 2), WISP_WASI_EBADF);
    assert_int_equal(event(g, 1, 8, 2), WISP_WASI_EINVAL);
    assert_int_equal(event(g, 2, 8, 2), WISP_WASI_ENOTSUP);
    subscribe_fd(g, 0, 3, 0);
    assert_int_equal(CALL(g, "poll_oneoff", SUBSCRIPTIONS, EVENTS, 1, RESULT), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "poll_oneoff", SUBSCRIPTIONS, EVENTS, 0, RESULT), WISP_WASI_EINVAL);
    guest_deinit(g);
}

/* ------------------------------------------------------------------ pipes */

typedef struct pipes {
    guest guest;
    int in[2], out[2]; /* the guest has in[0] as 0 and out[1] as 1 */
} pipes;

static void pipes_init(pipes *p)
{
    assert_int_equal(pipe(p->in), 0);
    assert_int_equal(pipe(p->out), 0);
    guest_init(&p->guest, &(wisp_wasi_config){.in = {.kind = WISP_WASI_FD, .fd = p->in[0]},
                                              .out = {.kind = WISP_WASI_FD, .fd = p->out[1]}});
}

static void pipes_deinit(pipes *p)
{
    guest_deinit(&p->guest);
    int fds[] = {p->in[0], p->in[1], p->out[0], p->out[1]};
    for (size_t i = 0; i < 4; i++)
        if (fds[i] >= 0)
            assert_int_equal(close(fds[i]), 0); /* borrowed: still open */
}

static void a_pipe_with_bytes_is_ready_to_be_read(void **state)
{
    (void)state;
    pipes p;
    guest *g = &p.guest;
    pipes_init(&p);
    subscribe_fd(g, 0, WISP_WASI_EVENT_READ, 0);
    subscribe_clock(g, 1, WISP_WASI_MONOTONIC, 1000000, false);
    assert_int_equal(wait_for(g, 2), 1);
    assert_int_equal(event(g, 0, 0, 8), 101); /* only the clock */
    assert_int_equal(write(p.in[1], "hello", 5), 5);
    subscribe_clock(g, 1, WISP_WASI_MONOTONIC, UINT64_C(3600000000000), false);
    assert_int_equal(wait_for(g, 2), 1);
    assert_int_equal(event(g, 0, 0, 8), 100);
    assert_int_equal(event(g, 0, 10, 1), WISP_WASI_EVENT_READ);
    assert_int_equal(event(g, 0, 16, 8), 5);
    assert_int_equal(event(g, 0, 24, 2), 0);
    close(p.in[1]);
    p.in[1] = -1;
    assert_int_equal(wait_for(g, 1), 1);
    assert_int_equal(event(g, 0, 24, 2), WISP_WASI_EVENT_HANGUP);
    pipes_deinit(&p);
}

static void a_pipe_is_read_and_written(void **state)
{
    (void)state;
    pipes p;
    guest *g = &p.guest;
    char text[16] = "";
    pipes_init(&p);
    assert_int_equal(write(p.in[1], "hello", 5), 5);
    assert_int_equal(guest_read(g, 0, text, sizeof text), 5);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(guest_write(g, 1, "out"), 3);
    assert_int_equal(read(p.out[0], text, sizeof text), 3);
    assert_memory_equal(text, "out", 3);
    subscribe_fd(g, 0, WISP_WASI_EVENT_WRITE, 1);
    assert_int_equal(wait_for(g, 1), 1);
    assert_int_equal(CALL(g, "fd_seek", 0, 0, 0, RESULT), WISP_WASI_ENOTCAPABLE);
    assert_int_equal(CALL(g, "fd_pread", 0, SLICES, 1, 0, RESULT), WISP_WASI_ESPIPE);
    pipes_deinit(&p);
}

static void a_pipe_that_nobody_reads_is_an_error_and_no_signal(void **state)
{
    (void)state;
    pipes p;
    pipes_init(&p);
    close(p.out[0]);
    p.out[0] = -1;
    assert_int_equal(guest_write(&p.guest, 1, "lost"), -WISP_WASI_EPIPE);
    pipes_deinit(&p);
}

static void what_is_set_not_to_wait_says_so(void **state)
{
    (void)state;
    pipes p;
    guest *g = &p.guest;
    char text[16];
    pipes_init(&p);
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", 0, WISP_WASI_FD_NONBLOCK), 0);
    assert_int_equal(guest_read(g, 0, text, sizeof text), -WISP_WASI_EAGAIN);
    assert_int_equal(fcntl(p.in[0], F_GETFL) & O_NONBLOCK, 0); /* the host's stays as it was */
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", 1, WISP_WASI_FD_NONBLOCK), 0);
    int result, written = 0;
    while ((result = guest_write(g, 1, "0123456789")) > 0)
        written += result;
    assert_int_equal(result, -WISP_WASI_EAGAIN);
    assert_true(written > 0);
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", 1, WISP_WASI_FD_APPEND), WISP_WASI_ENOTSUP);
    assert_int_equal(CALL(g, "fd_fdstat_set_flags", 1, 64), WISP_WASI_EINVAL);
    pipes_deinit(&p);
}

/* ------------------------------------------------------------------ interruption */

static void *interrupt_later(void *store)
{
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    wisp_store_interrupt(store);
    return NULL;
}

/* Calls what would wait for ever while a thread interrupts it. */
static uint32_t call_interrupted(guest *g, const char *name, const uint64_t *args, size_t len)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_later, g->store), 0);
    uint32_t result = guest_try(g, name, args, len);
    pthread_join(thread, NULL);
    return result;
}

static void waiting_can_be_interrupted(void **state)
{
    (void)state;
    pipes p;
    guest *g = &p.guest;
    pipes_init(&p);
    guest_store(g, SLICES, 8, BUFFER | UINT64_C(16) << 32);
    subscribe_clock(g, 0, WISP_WASI_MONOTONIC, UINT64_MAX, false);
    uint64_t reads[] = {0, SLICES, 1, RESULT}, polls[] = {SUBSCRIPTIONS, EVENTS, 1, RESULT};
    assert_int_equal(call_interrupted(g, "fd_read", reads, 4), WISP_WASI_EINTR);
    guest_try(g, "sched_yield", NULL, 0); /* what was interrupted goes no further */
    assert_int_equal(g->status, WISP_TRAP);
    assert_int_equal(wisp_store_trap(g->store)->code, WISP_TRAP_INTERRUPTED);
    assert_int_equal(call_interrupted(g, "poll_oneoff", polls, 4), WISP_WASI_EINTR);
    pipes_deinit(&p);
}

static void waiting_ends_at_the_deadline_of_the_store(void **state)
{
    (void)state;
    pipes p;
    guest *g = &p.guest;
    pipes_init(&p);
    guest_store(g, SLICES, 8, BUFFER | UINT64_C(16) << 32);
    uint64_t reads[] = {0, SLICES, 1, RESULT};
    uint64_t soon = wisp_clock_now_ns(WISP_CLOCK_MONOTONIC) + 20000000;
    assert_int_equal(wisp_store_set_deadline(g->store, soon, NULL), WISP_OK);
    assert_int_equal(guest_try(g, "fd_read", reads, 4), WISP_WASI_EINTR);
    assert_true(wisp_store_is_overdue(g->store));
    pipes_deinit(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_clock_that_is_due_ends_the_wait),
        cmocka_unit_test(a_time_that_has_passed_does_not_wait),
        cmocka_unit_test(an_absolute_time_is_waited_for),
        cmocka_unit_test(what_cannot_be_waited_for_is_an_event_with_an_error),
        cmocka_unit_test(a_pipe_with_bytes_is_ready_to_be_read),
        cmocka_unit_test(a_pipe_is_read_and_written),
        cmocka_unit_test(a_pipe_that_nobody_reads_is_an_error_and_no_signal),
        cmocka_unit_test(what_is_set_not_to_wait_says_so),
        cmocka_unit_test(waiting_can_be_interrupted),
        cmocka_unit_test(waiting_ends_at_the_deadline_of_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
