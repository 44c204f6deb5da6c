#include "wasi/wasi.h"

#include "os/clock.h"
#include "os/stream.h"

#include <wisp/os.h>

#include <string.h>

/* What a program asks of its process: arguments, variables, time, chance, and its end. */

/* ------------------------------------------------------------------ arguments, variables */

/* Both sizes at once, so that nothing is written where one of the places is outside. */
static wisp_wasi_errno put_sizes(const wisp_wasi_call *c, const wisp_wasi_texts *texts)
{
    wisp_wasi_errno result = wisp_wasi_put_u32(c, wisp_wasi_u32(c, 0), (uint32_t)texts->count);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 1), (uint32_t)texts->size);
}

/* The addresses of the texts at the first argument, the texts at the second. */
static wisp_wasi_errno put_texts(const wisp_wasi_call *c, const wisp_wasi_texts *texts)
{
    uint32_t addresses = wisp_wasi_u32(c, 0), bytes = wisp_wasi_u32(c, 1);
    uint8_t *list = wisp_wasi_at(c, addresses, (uint64_t)texts->count * 4);
    uint8_t *block = wisp_wasi_at(c, bytes, texts->size);
    if (!list || !block)
        return WISP_WASI_EFAULT;
    const char *text = texts->bytes;
    for (size_t i = 0; i < texts->count; i++) {
        wisp_wasi_store(list + 4 * i, 4, bytes + (uint64_t)(text - texts->bytes));
        text += strlen(text) + 1;
    }
    if (texts->size > 0)
        memcpy(block, texts->bytes, texts->size);
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_args_get(wisp_wasi_call *c)
{
    return put_texts(c, &c->wasi->args);
}

wisp_wasi_errno wisp_wasi_args_sizes_get(wisp_wasi_call *c)
{
    return put_sizes(c, &c->wasi->args);
}

wisp_wasi_errno wisp_wasi_environ_get(wisp_wasi_call *c)
{
    return put_texts(c, &c->wasi->env);
}

wisp_wasi_errno wisp_wasi_environ_sizes_get(wisp_wasi_call *c)
{
    return put_sizes(c, &c->wasi->env);
}

/* ------------------------------------------------------------------ clocks */

wisp_wasi_errno wisp_wasi_clock_res_get(wisp_wasi_call *c)
{
    uint32_t clock = wisp_wasi_u32(c, 0);
    if (clock > WISP_WASI_THREAD_TIME)
        return WISP_WASI_EINVAL;
    uint64_t ns = c->wasi->now_ns ? 1 : wisp_clock_resolution_ns((wisp_clock)clock);
    return wisp_wasi_put_u64(c, wisp_wasi_u32(c, 1), ns);
}

wisp_wasi_errno wisp_wasi_clock_time_get(wisp_wasi_call *c)
{
    uint32_t clock = wisp_wasi_u32(c, 0);
    if (clock > WISP_WASI_THREAD_TIME)
        return WISP_WASI_EINVAL;
    uint64_t now = wisp_wasi_now_ns(c->wasi, (wisp_wasi_clock)clock);
    return wisp_wasi_put_u64(c, wisp_wasi_u32(c, 2), now);
}

/* ------------------------------------------------------------------ chance, scheduling, the end
 */

wisp_wasi_errno wisp_wasi_random_get(wisp_wasi_call *c)
{
    uint32_t size = wisp_wasi_u32(c, 1);
    uint8_t *into = wisp_wasi_at(c, wisp_wasi_u32(c, 0), size);
    if (!into)
        return WISP_WASI_EFAULT;
    const wisp_wasi *wasi = c->wasi;
    const wisp_os *os = wisp_os_posix();
    int result =
        wasi->random ? wasi->random(wasi->user, into, size) : os->random(os->user, into, size);
    return wisp_wasi_errno_of(result);
}

wisp_wasi_errno wisp_wasi_sched_yield(wisp_wasi_call *c)
{
    (void)c;
    wisp_stream_yield();
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_proc_exit(wisp_wasi_call *c)
{
    wisp_wasi_exit(c->wasi, wisp_wasi_u32(c, 0));
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_proc_raise(wisp_wasi_call *c)
{
    (void)c;
    return WISP_WASI_ENOTSUP;
}
