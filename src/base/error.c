#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *wisp_status_name(wisp_status status)
{
    switch (status) {
#define X(number, name, text)                                                                    \
    case WISP_##name:                                                                            \
        return text;
        WISP_STATUSES(X)
#undef X
    }
    return "unknown";
}

WISP_PRINTF(4, 0)
static wisp_status fill(wisp_error *err, wisp_status status, uint64_t offset, const char *format,
                        va_list args)
{
    if (err) {
        err->status = status;
        err->offset = offset;
        vsnprintf(err->text, sizeof err->text, format, args);
    }
    return status;
}

wisp_status(wisp_fail)(wisp_error *err, wisp_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, status, WISP_NO_OFFSET, format, args);
    va_end(args);
    return status;
}

wisp_status(wisp_fail_at)(wisp_error *err, wisp_status status, uint64_t offset,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, status, offset, format, args);
    va_end(args);
    return status;
}

wisp_status wisp_fail_silent(wisp_error *err, wisp_status status, uint64_t offset)
{
    if (err) {
        err->status = status;
        err->offset = offset;
        strcpy(err->text, wisp_status_name(status));
    }
    return status;
}

wisp_status wisp_fail_within(wisp_error *err, wisp_status status, const char *place)
{
    if (status == WISP_OK || !err)
        return status;
    char text[WISP_ERROR_TEXT_MAX];
    memcpy(text, err->text, sizeof text);
    err->status = status;
    snprintf(err->text, sizeof err->text, "%.80s: %.150s", place, text);
    return status;
}

wisp_status wisp_fail_memory(wisp_error *err, size_t size)
{
    return wisp_fail(err, WISP_NO_MEMORY, "out of memory: %zu bytes refused", size);
}
