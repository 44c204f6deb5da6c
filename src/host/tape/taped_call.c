#include "host/tape/taped_call.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

uint64_t wisp_taped_bits(char letter, const void *value)
{
    uint64_t wide;
    uint32_t narrow;
    if (letter == 'I' || letter == 'F') {
        memcpy(&wide, value, sizeof wide);
        return wide;
    }
    memcpy(&narrow, value, sizeof narrow);
    return letter == 'i' ? (uint64_t)(int64_t)(int32_t)narrow : narrow;
}

void wisp_taped_set(char letter, uint64_t bits, wisp_value *value)
{
    uint32_t narrow = (uint32_t)bits;
    if (letter == 'I' || letter == 'F')
        memcpy(&value->of, &bits, sizeof bits);
    else
        memcpy(&value->of, &narrow, sizeof narrow);
}

void wisp_taped_call_of(const wisp_tap *tap, const wisp_arg *args, wisp_taped_call *out)
{
    out->tap = tap;
    out->is_answered = false;
    for (uint32_t i = 0; i < tap->signature.param_count; i++) {
        if (wisp_tap_is_pointer(tap, i)) {
            out->args[i].number = args[i].address;
            out->args[i].in = (wisp_bytes){args[i].in, args[i].size};
            out->args[i].is_null = !args[i].in && !args[i].out;
        } else {
            out->args[i].number = wisp_taped_bits(wisp_tap_param(tap, i), &args[i]);
        }
    }
}

/* ------------------------------------------------------------------ from the tape */

static bool read_number(wisp_reader *r, char letter, uint64_t *out)
{
    int64_t integer;
    uint32_t narrow = 0;
    bool is_read;
    switch (letter) {
    case 'f':
        is_read = wisp_read_u32le(r, &narrow);
        *out = narrow;
        return is_read;
    case 'F':
        return wisp_read_u64le(r, out);
    default:
        is_read = wisp_tape_read_s64(r, &integer);
        *out = is_read ? (uint64_t)integer : 0;
        return is_read;
    }
}

static bool read_pointer(wisp_reader *r, const wisp_tap *tap, uint32_t i, wisp_taped_call *call)
{
    uint64_t size;
    call->args[i].number = 0;
    call->args[i].in = (wisp_bytes){NULL, 0};
    if (wisp_tap_is_own(tap, i) && !wisp_read_leb_u64(r, &call->args[i].number))
        return false;
    if (!wisp_read_leb_u64(r, &size) || size > UINT32_MAX)
        return false;
    call->args[i].is_null = size == 0;
    if (size == 0)
        return true;
    call->args[i].in.size = (size_t)size - 1;
    return !tap->signature.params[i].is_read ||
           wisp_read_bytes(r, call->args[i].in.size, &call->args[i].in.data);
}

static bool read_question(wisp_reader *r, const wisp_tap *tap, wisp_taped_call *call)
{
    bool is_read = true;
    for (uint32_t i = 0; i < tap->signature.param_count && is_read; i++) {
        call->args[i].number = 0;
        if (wisp_tap_is_pointer(tap, i))
            is_read = read_pointer(r, tap, i, call);
        else if (!wisp_tap_counts(tap, i))
            is_read = read_number(r, wisp_tap_param(tap, i), &call->args[i].number);
    }
    return is_read;
}

static bool read_answer(wisp_reader *r, const wisp_tap *tap, wisp_taped_call *call)
{
    const char *letters = wisp_tap_results(tap);
    for (size_t i = 0; letters[i]; i++)
        if (!read_number(r, letters[i], &call->results[i]))
            return false;
    for (uint32_t i = 0; i < tap->signature.param_count; i++) {
        call->out[i] = (wisp_bytes){NULL, 0};
        if (!tap->signature.params[i].is_written || call->args[i].is_null)
            continue;
        if (!wisp_tape_read_block(r, &call->out[i]) || call->out[i].size > call->args[i].in.size)
            return false;
    }
    return true;
}

static bool read_call(wisp_reader *r, const wisp_tap *tap, wisp_taped_call *call)
{
    uint64_t status;
    call->tap = tap;
    call->is_answered = true;
    if (!read_question(r, tap, call) || !wisp_read_leb_u64(r, &status) || status > WISP_BUSY)
        return false;
    call->status = (wisp_status)status;
    return status == WISP_OK ? read_answer(r, tap, call) : wisp_tape_read_block(r, &call->words);
}

wisp_status wisp_taped_call_read(wisp_reader *r, const wisp_taps *taps, wisp_taped_call *out,
                                 wisp_error *err)
{
    size_t offset = (size_t)(r->at - r->start);
    uint64_t number;
    const wisp_tap *tap = NULL;
    if (wisp_read_leb_u64(r, &number) && number <= UINT32_MAX)
        tap = wisp_taps_at(taps, (uint32_t)number);
    if (!tap || !tap->is_plain || !read_call(r, tap, out))
        return wisp_fail_at(err, WISP_MALFORMED, offset, "no call of %s%s at byte %zu of a tape",
                            tap ? tap->module : "an", tap ? tap->func.name : " import", offset);
    return WISP_OK;
}

/* ------------------------------------------------------------------ as text */

/* Text that is cut where its place ends. */
typedef struct writer {
    char *at, *end;
} writer;

WISP_PRINTF(2, 3)
static void print(writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(w->at, (size_t)(w->end - w->at), format, args);
    va_end(args);
    if (len > 0)
        w->at += len < w->end - w->at ? len : w->end - w->at - 1;
}

static void print_number(writer *w, char letter, uint64_t bits)
{
    float narrow;
    double wide;
    uint32_t low = (uint32_t)bits;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&wide, &bits, sizeof wide);
    if (letter == 'f' || letter == 'F')
        print(w, "%.9g", letter == 'f' ? (double)narrow : wide);
    else
        print(w, "%" PRId64, (int64_t)bits);
}

/* Bytes as text where that is what they are, and a few of them; else how many. */
static void print_bytes(writer *w, wisp_bytes bytes)
{
    enum { SHOWN_MAX = 40 };
    bool is_text = bytes.data && bytes.size > 0 && bytes.size <= SHOWN_MAX;
    for (size_t i = 0; i < bytes.size && is_text; i++)
        is_text = bytes.data[i] >= ' ' && bytes.data[i] < 0x7f;
    if (is_text)
        print(w, "'%.*s'", (int)bytes.size, (const char *)bytes.data);
    else
        print(w, "%zu bytes", bytes.size);
}

static void print_argument(writer *w, const wisp_taped_call *call, uint32_t i)
{
    if (!wisp_tap_is_pointer(call->tap, i))
        print_number(w, wisp_tap_param(call->tap, i), call->args[i].number);
    else if (call->args[i].is_null)
        print(w, "null");
    else
        print_bytes(w, call->args[i].in);
}

static void print_answer(writer *w, const wisp_taped_call *call)
{
    if (call->status != WISP_OK) {
        print(w, " -> %s", wisp_status_name(call->status));
        return;
    }
    const char *separator = " -> ", *letters = wisp_tap_results(call->tap);
    for (size_t i = 0; letters[i]; i++, separator = ", ") {
        print(w, "%s", separator);
        print_number(w, letters[i], call->results[i]);
    }
    for (uint32_t i = 0; i < call->tap->signature.param_count; i++) {
        if (!call->tap->signature.params[i].is_written || call->args[i].is_null)
            continue;
        print(w, "%s", separator);
        print_bytes(w, call->out[i]);
        separator = ", ";
    }
}

void wisp_taped_call_print(const wisp_taped_call *call, char *into, size_t size)
{
    writer w = {into, into + size};
    const char *separator = "";
    print(&w, "%s.%s(", call->tap->module, call->tap->func.name);
    for (uint32_t i = 0; i < call->tap->signature.param_count; i++) {
        if (wisp_tap_counts(call->tap, i))
            continue;
        print(&w, "%s", separator);
        print_argument(&w, call, i);
        separator = ", ";
    }
    print(&w, ")");
    if (call->is_answered)
        print_answer(&w, call);
}
