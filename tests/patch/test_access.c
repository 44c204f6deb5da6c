#define _GNU_SOURCE /* MAP_ANONYMOUS, memfd_create */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/own_memory.h"
#include "patch/access.h"
#include "patch/guard.h"

/* Access to any address, and the signals that it lives on. */

enum { PAGE = 4096, BULK = 3 * PAGE };

static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 33, 64, 1000};
enum { SIZES = sizeof sizes / sizeof *sizes };

typedef struct way {
    bool (*read)(uint64_t address, void *into, size_t size);
    bool (*write)(uint64_t address, const void *from, size_t size);
} way;

static const way ways[] = {{wisp_access_read, wisp_access_write},
                           {wisp_own_memory_read, wisp_own_memory_write}};

static uint64_t address_of(const void *pointer)
{
    return (uintptr_t)pointer;
}

/* How many of these ways there are: not every system can be asked. */
static size_t way_count(void)
{
    size_t size;
    return wisp_own_memory_read(address_of(sizes), &size, sizeof size) ? 2 : 1;
}

/* Three pages, of which the last is not mapped. */
static uint8_t *pages_before_a_hole(void)
{
    uint8_t *pages =
        mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    munmap(pages + 2 * PAGE, PAGE);
    return pages;
}

/* In each test: cmocka sets handlers of its own before it. */
static void guard(void)
{
    assert_int_equal(wisp_guard_install(NULL), WISP_OK);
}

/* ------------------------------------------------------------------ access */

static void bytes_are_copied_whatever_their_number_and_place(void **state)
{
    (void)state;
    uint8_t from[1024], to[1024];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 7 + 1);
    for (size_t w = 0; w < way_count(); w++) {
        for (size_t i = 0; i < SIZES; i++) {
            for (size_t skew = 0; skew < 9; skew++) {
                memset(to, 0xaa, sizeof to);
                assert_true(ways[w].read(address_of(from + skew), to + 1, sizes[i]));
                assert_memory_equal(to + 1, from + skew, sizes[i]);
                assert_int_equal(to[0], 0xaa);
                assert_int_equal(to[1 + sizes[i]], 0xaa);
                memset(to, 0xaa, sizeof to);
                assert_true(ways[w].write(address_of(to + 1 + skew), from, sizes[i]));
                assert_memory_equal(to + 1 + skew, from, sizes[i]);
                assert_int_equal(to[skew], 0xaa);
                assert_int_equal(to[1 + skew + sizes[i]], 0xaa);
            }
        }
    }
}

static void many_bytes_are_copied(void **state)
{
    (void)state;
    static uint8_t from[BULK], to[BULK];
    for (size_t i = 0; i < BULK; i++)
        from[i] = (uint8_t)(i / 3);
    assert_true(wisp_access_read(address_of(from), to, BULK));
    assert_memory_equal(to, from, BULK);
}

static void places_where_nothing_is_are_refused(void **state)
{
    (void)state;
    guard();
    uint8_t *hole = pages_before_a_hole() + 2 * PAGE;
    const uint64_t nowhere[] = {0,
                                8,
                                PAGE,
                                address_of(hole),
                                address_of(hole) + 2000,
                                UINT64_C(0x00007ffffffff000), /* the last page below the hole */
                                UINT64_C(0x0000800000000000),
                                UINT64_C(0x1234567812345678), /* no address at all */
                                UINT64_C(0xffff800000000000), /* the kernel's */
                                UINT64_C(0xffffffffff600000) - PAGE,
                                UINT64_MAX - 1100};
    uint8_t bytes[1024] = {0};
    for (size_t w = 0; w < way_count(); w++)
        for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
            for (size_t k = 0; k < SIZES; k++) {
                assert_false(ways[w].read(nowhere[i], bytes, sizes[k]));
                assert_false(ways[w].write(nowhere[i], bytes, sizes[k]));
            }
    munmap(hole - 2 * PAGE, 2 * PAGE);
}

static void what_may_only_be_read_is_not_written(void **state)
{
    (void)state;
    guard();
    uint8_t *pages = pages_before_a_hole(), bytes[1024];
    memset(pages, 7, PAGE);
    mprotect(pages, PAGE, PROT_READ);
    for (size_t w = 0; w < way_count(); w++)
        for (size_t i = 0; i < SIZES; i++) {
            memset(bytes, 9, sizeof bytes);
            assert_false(ways[w].write(address_of(pages) + 11, bytes, sizes[i]));
            assert_true(ways[w].read(address_of(pages) + 11, bytes, sizes[i]));
            assert_int_equal(bytes[0], 7);
        }
    assert_false(wisp_access_write(address_of((void *)(uintptr_t)guard), bytes, 1));
    munmap(pages, 2 * PAGE);
}

static void what_begins_well_and_ends_in_a_hole_is_refused(void **state)
{
    (void)state;
    guard();
    uint8_t *pages = pages_before_a_hole(), bytes[1024] = {0};
    for (size_t w = 0; w < way_count(); w++)
        for (size_t i = 0; i < SIZES; i++)
            for (size_t inside = 0; inside < sizes[i]; inside += 1 + inside) {
                uint64_t at = address_of(pages + 2 * PAGE) - inside;
                assert_false(ways[w].read(at, bytes, sizes[i]));
                assert_false(ways[w].write(at, bytes, sizes[i]));
            }
    munmap(pages, 2 * PAGE);
}

static void pages_that_their_file_has_no_more_are_refused(void **state)
{
    (void)state;
    guard();
    int fd = memfd_create("cut", 0);
    uint8_t bytes[16] = {0};
    assert_int_equal(ftruncate(fd, 2 * PAGE), 0);
    uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(ftruncate(fd, PAGE), 0);
    for (size_t w = 0; w < way_count(); w++) {
        assert_true(ways[w].read(address_of(pages), bytes, sizeof bytes));
        assert_false(ways[w].read(address_of(pages) + PAGE, bytes, 8));
        assert_false(ways[w].write(address_of(pages) + PAGE, bytes, 8));
        assert_false(ways[w].read(address_of(pages) + PAGE - 4, bytes, 8));
    }
    munmap(pages, 2 * PAGE);
    close(fd);
}

static void numbers_are_exchanged_if_they_are_what_was_expected(void **state)
{
    (void)state;
    guard();
    for (size_t size = 1; size <= 8; size *= 2) {
        uint64_t mask = UINT64_MAX >> (64 - 8 * size), number = UINT64_C(0x8182838485868788);
        uint64_t expected = UINT64_C(0x1111111111111111);
        assert_true(wisp_access_exchange(&number, size, &expected, 5));
        assert_true(expected == (number & mask) && number == UINT64_C(0x8182838485868788));
        assert_true(wisp_access_exchange(&number, size, &expected, UINT64_C(0x0101010101010101)));
        assert_true(expected == (UINT64_C(0x8182838485868788) & mask));
        assert_true((number & mask) == (UINT64_C(0x0101010101010101) & mask));
        assert_true((number & ~mask) == (UINT64_C(0x8182838485868788) & ~mask));
        assert_false(wisp_access_exchange((void *)(uintptr_t)16, size, &expected, 5));
        expected = sizes[0];
        assert_false(wisp_access_exchange((void *)(uintptr_t)sizes, size, &expected, 5));
    }
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *access_in_turn(void *wrong)
{
    uint64_t value = 0;
    for (int i = 0; i < ROUNDS; i++)
        if (wisp_access_read(8, &value, sizeof value) ||
            !wisp_access_read(address_of(&sizes[i % SIZES]), &value, sizeof value) ||
            value != sizes[i % SIZES])
            *(int *)wrong += 1;
    return NULL;
}

static void threads_may_fail_at_the_same_time(void **state)
{
    (void)state;
    guard();
    pthread_t threads[THREADS];
    int wrong[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, access_in_turn, &wrong[i]);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

/* ------------------------------------------------------------------ the program's own handlers
 */

/* What a child does that is about to die. */
typedef void deed(void);

static volatile uintptr_t near_null = 16; /* which no compiler knows */

static void touch_null(void)
{
    *(volatile int *)near_null = 1;
}

static void send_itself_a_signal(void)
{
    raise(SIGSEGV);
}

/* How a child ends that does [what]: 0 if it lives on. */
static int end_of(deed *before, deed *what)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        uint8_t byte;
        before();
        if (wisp_guard_install(NULL) || wisp_access_read(16, &byte, 1))
            _exit(99);
        what();
        _exit(wisp_access_read(16, &byte, 1) ? 98 : 0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void have_no_handler(void)
{
    signal(SIGSEGV, SIG_DFL);
}

static void ignore(void)
{
    signal(SIGSEGV, SIG_IGN);
}

static void exit_by_7(int signal)
{
    _exit(signal == SIGSEGV ? 7 : 97);
}

static void have_a_handler(void)
{
    signal(SIGSEGV, exit_by_7);
}

static sigjmp_buf back;

static void jump_back(int signal, siginfo_t *info, void *context)
{
    (void)context;
    siglongjmp(back, signal == SIGSEGV && info->si_addr == (void *)16 ? 1 : 2);
}

static void have_a_handler_that_jumps(void)
{
    struct sigaction action = {.sa_sigaction = jump_back, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
}

static void touch_null_three_times(void)
{
    uint8_t byte;
    for (volatile int i = 0; i < 3; i++) {
        int code = sigsetjmp(back, 1);
        if (code == 0)
            touch_null();
        if (code != 1 || wisp_access_read(16, &byte, 1))
            _exit(96);
    }
    _exit(5);
}

/* A stack of their own, for handlers that are to outlive the thread's. */
static uint8_t other_stack[64 * 1024];

static void on_the_other_stack(int signal)
{
    uint8_t here;
    bool is_there = &here >= other_stack && &here < other_stack + sizeof other_stack;
    _exit(is_there && signal == SIGSEGV ? 6 : 95);
}

static void have_another_stack(void)
{
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
    struct sigaction action = {.sa_handler = on_the_other_stack, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

static uint64_t exhaust(volatile uint64_t depth)
{
    volatile uint8_t room[4096];
    room[depth % sizeof room] = (uint8_t)depth;
    return depth == UINT64_MAX ? 0 : exhaust(depth + 1) + room[depth % sizeof room];
}

static void exhaust_the_stack(void)
{
    exhaust(0);
}

static volatile sig_atomic_t times;

static void count(int signal)
{
    (void)signal;
    times++;
}

static void have_a_handler_for_once(void)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGSEGV, &action, NULL);
}

/* Two handlers over each other, the second of which hands on what it is not asked for. */
static struct sigaction before_second;

static void hand_on(int signal, siginfo_t *info, void *context)
{
    times++;
    if (before_second.sa_flags & SA_SIGINFO)
        before_second.sa_sigaction(signal, info, context);
    else
        before_second.sa_handler(signal);
}

static void have_a_second_handler(void)
{
    struct sigaction action = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, &before_second);
}

static void set_one_over_the_guard_and_touch_null(void)
{
    uint8_t byte;
    have_a_second_handler();
    if (wisp_access_read(16, &byte, 1) || times != 1) /* it was asked first, and handed on */
        _exit(94);
    if (wisp_guard_install(NULL) || wisp_access_read(16, &byte, 1) || times != 1)
        _exit(93); /* the guard was first again */
    touch_null();
}

static void change_handlers_all_the_time(void)
{
    uint8_t byte;
    for (int i = 0; i < 100; i++) {
        if (i % 2)
            have_a_handler();
        else
            have_a_handler_that_jumps();
        if (wisp_guard_install(NULL) || wisp_access_read(16, &byte, 1))
            _exit(92);
    }
    touch_null();
}

static void give_the_signals_back(void)
{
    wisp_guard_remove();
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    _exit(now.sa_handler == exit_by_7 ? 4 : 91);
}

static void a_fault_of_the_programs_own_goes_to_its_own_handler(void **state)
{
    (void)state;
    static const struct {
        deed *before, *what;
        int end;
    } cases[] = {
        {have_no_handler, touch_null, SIGSEGV},
        {have_no_handler, send_itself_a_signal, SIGSEGV},
        {ignore, send_itself_a_signal, 0},
        {ignore, touch_null, SIGSEGV},
        {have_a_handler, touch_null, 7},
        {have_a_handler, send_itself_a_signal, 7},
        {have_a_handler_that_jumps, touch_null_three_times, 5},
        {have_another_stack, exhaust_the_stack, 6},
        {have_a_handler_for_once, send_itself_a_signal, 0},
        {have_a_handler_for_once, touch_null, SIGSEGV},
        {have_a_handler, set_one_over_the_guard_and_touch_null, 7},
        {have_no_handler, set_one_over_the_guard_and_touch_null, SIGSEGV},
        {have_a_handler, change_handlers_all_the_time, 7},
        {have_a_handler, give_the_signals_back, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(end_of(cases[i].before, cases[i].what), cases[i].end);
}

static void a_thread_that_blocks_the_signals_is_told_apart(void **state)
{
    (void)state;
    sigset_t set, before;
    assert_true(wisp_guard_covers_thread());
    sigemptyset(&set);
    sigaddset(&set, SIGBUS);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    assert_false(wisp_guard_covers_thread());
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_true(wisp_guard_covers_thread());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_copied_whatever_their_number_and_place),
        cmocka_unit_test(many_bytes_are_copied),
        cmocka_unit_test(places_where_nothing_is_are_refused),
        cmocka_unit_test(what_may_only_be_read_is_not_written),
        cmocka_unit_test(what_begins_well_and_ends_in_a_hole_is_refused),
        cmocka_unit_test(pages_that_their_file_has_no_more_are_refused),
        cmocka_unit_test(numbers_are_exchanged_if_they_are_what_was_expected),
        cmocka_unit_test(threads_may_fail_at_the_same_time),
        cmocka_unit_test(a_fault_of_the_programs_own_goes_to_its_own_handler),
        cmocka_unit_test(a_thread_that_blocks_the_signals_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
