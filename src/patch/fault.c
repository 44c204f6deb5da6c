#include "patch/fault.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "patch/patcher.h"

/* ------------------------------------------------------------------ backtraces */

enum { BACKTRACE_SIZE = 2048 };

/* Text that ends where there is no more room. */
typedef struct sheet {
    char text[BACKTRACE_SIZE];
    size_t size;
} sheet;

WISP_PRINTF(2, 3)
static void print(sheet *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(s->text + s->size, sizeof s->text - s->size, format, arguments);
    va_end(arguments);
    s->size += size > 0 ? (size_t)size : 0;
    if (s->size >= sizeof s->text)
        s->size = sizeof s->text - 1;
}

/* The line that byte [offset] of the module came from; NULL if that is unknown. */
static const wisp_patch_line *line_at(const wisp_patch_manifest *manifest, uint32_t offset)
{
    uint32_t low = 0, len = manifest->line_count;
    while (len) {
        uint32_t half = len / 2;
        if (manifest->lines[low + half].offset <= offset) {
            low += half + 1;
            len -= half + 1;
        } else {
            len = half;
        }
    }
    return low ? &manifest->lines[low - 1] : NULL;
}

static void write_place(sheet *s, const wisp_patch_manifest *manifest, const wisp_frame *frame)
{
    const wisp_patch_line *line = line_at(manifest, frame->offset);
    if (line && line->line != 0)
        print(s, "%s:%" PRIu32, manifest->files[line->file], line->line);
    else
        print(s, "byte %" PRIu32, frame->offset);
}

static void write_backtrace(sheet *s, const wisp_patch_manifest *manifest, const wisp_trap *trap)
{
    for (uint32_t i = 0; i < trap->frame_count; i++) {
        const wisp_frame *frame = &trap->frames[i];
        print(s, "%s", frame->func_name ? frame->func_name : "?");
        if (frame->module) {
            print(s, " (");
            write_place(s, manifest, frame);
            print(s, ")");
        }
        print(s, "\n");
    }
}

/* ------------------------------------------------------------------ reports */

static void report(wisp_patch_seat *seat, const wisp_patch_level *level, wisp_patch_fault *fault)
{
    const wisp_patcher_config *config = seat->set->config;
    fault->function = level->replaced->function->symbol;
    fault->had_result = level->has_result;
    fault->registers = level->frame->integers;
    fault->register_count = sizeof level->frame->integers / sizeof *level->frame->integers;
    if (config->on_fault)
        config->on_fault(config->user, fault);
}

/* One fault more of [level]'s function. Returns the how manieth. */
static uint64_t count(const wisp_patch_seat *seat, const wisp_patch_level *level)
{
    wisp_patch_replaced *r = &seat->set->replaced[level->replaced->index];
    return atomic_fetch_add_explicit(&r->faults, 1, memory_order_relaxed) + 1;
}

void wisp_patch_fault_trapped(wisp_patch_seat *seat, const wisp_patch_level *level)
{
    const wisp_trap *trap = wisp_store_trap(seat->store);
    const wisp_patcher_config *config = seat->set->config;
    sheet backtrace = {.size = 0};
    wisp_patch_fault fault = {
        .text = trap->text,
        .backtrace = backtrace.text,
        .address = trap->has_address ? trap->address : seat->refused,
        .count = count(seat, level),
    };
    seat->refused = 0;
    fault.is_disabled = fault.count >= config->faults_max;
    if (fault.is_disabled)
        wisp_patch_disable(&seat->set->replaced[level->replaced->index]);
    write_backtrace(&backtrace, &seat->set->manifest, trap);
    report(seat, level, &fault);
}

void wisp_patch_fault_overran(wisp_patch_seat *seat, const wisp_patch_level *level)
{
    wisp_patch_fault fault = {
        .text = "the patch's stack exhausted",
        .backtrace = "",
        .count = count(seat, level),
        .is_disabled = true,
    };
    for (uint32_t i = 0; i < seat->set->manifest.function_count; i++)
        wisp_patch_disable(&seat->set->replaced[i]);
    report(seat, level, &fault);
}
