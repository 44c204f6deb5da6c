/*
 * The module of the live tests: counts its messages, carries the count over a swap, and answers
 * each with its version and the count. TRAPS_AT, LEAKS_OUT and SAYS_NO are the ways in which
 * a release can be bad.
 */
#include <wisp.h>

WISP_MODULE(VERSION)

static uint32_t count;

#ifdef NEEDS_MORE
__attribute__((import_module("program"), import_name("more"))) void more(void);
#endif

int wisp_start(void)
{
#ifdef NEEDS_MORE
    more();
#endif
#ifdef SAYS_NO
    return WISP_FAIL;
#else
    return WISP_OK;
#endif
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    (void)data;
    (void)size;
    count++;
#ifdef TRAPS_AT
    if (count >= TRAPS_AT)
        __builtin_trap();
#endif
    uint32_t answer[2] = {VERSION, count};
    wisp_send(channel, answer, sizeof answer);
}

void wisp_save(void)
{
    wisp_save_state(&count, sizeof count);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    if (size != sizeof count)
        return WISP_FAIL;
    memcpy(&count, data, size);
    return WISP_OK;
}
