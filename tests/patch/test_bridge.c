#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "patch/bridge.h"
#include "stub.h"

/* What the assembly keeps besides values: registers, the stack, and ways off it. */

wisp_patch_detour *stub_detour;

/* Has the stub bring a detour to [dispatch]. */
static void divert(bool (*dispatch)(wisp_patch_frame *, wisp_patch_detour *),
                   const void *original)
{
    static wisp_patch_detour detour;
    detour = (wisp_patch_detour){dispatch, original};
    stub_detour = &detour;
}

/* Uses up what it can of registers and stack, and says no. */
static bool decline(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    char text[256];
    assert_ptr_equal(frame->detour, detour);
    assert_int_equal((uintptr_t)__builtin_frame_address(0) % 16, 0);
    memset(&frame->results, 0xee, sizeof frame->results);
    assert_true(snprintf(text, sizeof text, "%f %f %f %f %d", 1.5, 2.5, 3.5, 4.5, 5) > 0);
    return false;
}

/* ------------------------------------------------------------------ any original */

static void a_declined_call_of_varargs_reaches_the_original(void **state)
{
    (void)state;
    int (*volatile patched)(char *, size_t, const char *, ...) =
        (int (*)(char *, size_t, const char *, ...))(uintptr_t)stub;
    char text[256];
    divert(decline, (const void *)(uintptr_t)snprintf);
    int len = patched(text, sizeof text, "%d %s %g %g %g %g %g %g %g %g %g %ld %ld %g", 1, "two",
                      3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12L, 13L, 14.5);
    assert_string_equal(text, "1 two 3 4 5 6 7 8 9 10 11 12 13 14.5");
    assert_int_equal(len, strlen(text));
}

static void a_function_with_varargs_can_be_called(void **state)
{
    (void)state;
    static _Alignas(16) struct {
        wisp_patch_frame frame;
        uint64_t stack[2];
    } call;
    char text[64];
    double number = 2.5;
    call.frame.integers[0] = (uintptr_t)text;
    call.frame.integers[1] = sizeof text;
    call.frame.integers[2] = (uintptr_t) "%d %g";
    call.frame.integers[3] = 7;
    memcpy(&call.frame.floats[0].low, &number, sizeof number);
    wisp_patch_call((const void *)(uintptr_t)snprintf, &call.frame, sizeof call.stack);
    assert_string_equal(text, "7 2.5");
    assert_int_equal((int)call.frame.results.integers[0], 5);
}

typedef float quad __attribute__((vector_size(16)));

static quad add_quads(quad a, quad b)
{
    return a + b;
}

/* No signature has them, yet a declined call must not halve them. */
static void whole_vectors_reach_the_original(void **state)
{
    (void)state;
    quad (*volatile patched)(quad, quad) = (quad(*)(quad, quad))(uintptr_t)stub;
    divert(decline, (const void *)(uintptr_t)add_quads);
    quad sum = patched((quad){1, 2, 3, 4}, (quad){10, 20, 30, 40});
    for (int i = 0; i < 4; i++)
        assert_true(sum[i] == (float)(11 * (i + 1)));
}

/* ------------------------------------------------------------------ nesting */

static long (*volatile patched_sum)(long, long, long, long, long, long, long, long, long, long);

static long sum(long n, long b, long c, long d, long e, long f, long g, long h, long i, long j)
{
    if (n == 0)
        return b + c + d + e + f + g + h + i + j;
    return 1 + patched_sum(n - 1, b, c, d, e, f, g, h, i, j);
}

/* Every other call is declined, the others are made again with the frame as it came. */
static bool pass_on_or_decline(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    if (frame->integers[0] % 2)
        return decline(frame, detour);
    wisp_patch_call(detour->original, frame, 32);
    return true;
}

static void calls_nest_through_the_bridge(void **state)
{
    (void)state;
    patched_sum =
        (long (*)(long, long, long, long, long, long, long, long, long, long))(uintptr_t)stub;
    divert(pass_on_or_decline, (const void *)(uintptr_t)sum);
    assert_int_equal(patched_sum(1000, 1, 2, 3, 4, 5, 6, 7, 8, 9), 1045);
}

/* ------------------------------------------------------------------ ways off the stack */

static jmp_buf jump;

static int jump_away(int value)
{
    longjmp(jump, value);
}

static bool pass_on(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    wisp_patch_call(detour->original, frame, 0);
    return true;
}

static void longjmp_leaves_through_both_crossings(void **state)
{
    (void)state;
    int (*volatile patched)(int) = (int (*)(int))(uintptr_t)stub;
    volatile int landed = 0;
    divert(pass_on, (const void *)(uintptr_t)jump_away);
    for (volatile int i = 1; i <= 3; i++) {
        int value = setjmp(jump);
        if (value)
            landed += value;
        else
            patched(i);
    }
    assert_int_equal(landed, 6);
}

static int cleaned;

static void clean(int *what)
{
    cleaned += *what;
}

static int leave_thread(int value)
{
    (void)value;
    pthread_exit(&cleaned);
}

static bool pass_on_and_clean(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    __attribute__((cleanup(clean))) int what = 10;
    wisp_patch_call(detour->original, frame, 0);
    return what > 0;
}

static void *run_thread(void *user)
{
    __attribute__((cleanup(clean))) int what = 1;
    int (*volatile patched)(int) = (int (*)(int))(uintptr_t)stub;
    patched(1);
    return what == 1 ? user : NULL;
}

/* The end of a thread unwinds its stack as an exception does. */
static void a_thread_that_ends_is_unwound_through_both_crossings(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    cleaned = 0;
    divert(pass_on_and_clean, (const void *)(uintptr_t)leave_thread);
    assert_int_equal(pthread_create(&thread, NULL, run_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &cleaned);
    assert_int_equal(cleaned, 11);
}

enum { FRAMES_MAX = 64 };

static void *walked[FRAMES_MAX];
static int walked_len;

static int walk(int value)
{
    walked_len = backtrace(walked, FRAMES_MAX);
    return value;
}

static bool is_walked_within(const void *function, size_t size)
{
    uintptr_t start = (uintptr_t)function;
    for (int i = 0; i < walked_len; i++)
        if ((uintptr_t)walked[i] > start && (uintptr_t)walked[i] <= start + size)
            return true;
    return false;
}

static int call_patched(int value)
{
    int (*volatile patched)(int) = (int (*)(int))(uintptr_t)stub;
    return patched(value) + 1; /* no tail call */
}

static void a_stack_is_walked_through_both_crossings(void **state)
{
    (void)state;
    int (*volatile call)(int) = call_patched; /* not inline */
    divert(pass_on, (const void *)(uintptr_t)walk);
    assert_int_equal(call(5), 6);
    assert_true(is_walked_within((const void *)(uintptr_t)walk, 256));
    assert_true(is_walked_within((const void *)(uintptr_t)wisp_patch_call, 256));
    assert_true(is_walked_within((const void *)(uintptr_t)wisp_patch_entry, 512));
    assert_true(is_walked_within((const void *)(uintptr_t)call_patched, 256));
}

/* ------------------------------------------------------------------ registers of the caller */

/* In registers.S: calls [function] with marks in all registers that it has to keep; how many were
 * not kept, among them the stack pointer and the direction flag. */
int count_lost_registers(void (*function)(void));

static bool answer(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    decline(frame, detour);
    return true;
}

static void nothing(void)
{
}

static void out(void)
{
    static _Alignas(16) struct {
        wisp_patch_frame frame;
        uint64_t stack[20];
    } call;
    wisp_patch_call((const void *)(uintptr_t)nothing, &call.frame, sizeof call.stack);
}

static void the_callers_registers_are_kept(void **state)
{
    (void)state;
    divert(decline, (const void *)(uintptr_t)nothing);
    assert_int_equal(count_lost_registers(stub), 0);
    divert(answer, NULL);
    assert_int_equal(count_lost_registers(stub), 0);
    divert(pass_on, (const void *)(uintptr_t)nothing);
    assert_int_equal(count_lost_registers(stub), 0);
    assert_int_equal(count_lost_registers(out), 0);
}

/* In registers.S: calls [function] as gcc does in the same file, where it has seen that the stack
 * need not be aligned for it; on aarch64 it always is. */
void call_unaligned(void (*function)(void));

static void callers_need_not_align_the_stack(void **state)
{
    (void)state;
    divert(decline, (const void *)(uintptr_t)nothing);
    call_unaligned(stub);
    divert(answer, NULL);
    call_unaligned(stub);
}

/* In registers.S: what nested functions find their outer one by comes back; on aarch64 also x8.
 */
uint64_t call_with_chain(void (*function)(void), uint64_t chain);
void give_chain(void);

static void the_static_chain_reaches_the_original(void **state)
{
    (void)state;
    divert(decline, (const void *)(uintptr_t)give_chain);
    assert_int_equal(call_with_chain(stub, 0x123456789abcdef), 0x123456789abcdef);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_declined_call_of_varargs_reaches_the_original),
        cmocka_unit_test(a_function_with_varargs_can_be_called),
        cmocka_unit_test(whole_vectors_reach_the_original),
        cmocka_unit_test(calls_nest_through_the_bridge),
        cmocka_unit_test(longjmp_leaves_through_both_crossings),
        cmocka_unit_test(a_thread_that_ends_is_unwound_through_both_crossings),
        cmocka_unit_test(a_stack_is_walked_through_both_crossings),
        cmocka_unit_test(the_callers_registers_are_kept),
        cmocka_unit_test(callers_need_not_align_the_stack),
        cmocka_unit_test(the_static_chain_reaches_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
