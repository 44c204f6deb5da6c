#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wasm/activation.h"
#include "wasm/compile.h"

const char *wisp_trap_text(wisp_trap_code code)
{
    switch (code) {
#define X(name, text)                                                                            \
    case WISP_TRAP_##name:                                                                       \
        return text;
        WISP_TRAPS(X)
#undef X
    }
    return "unknown trap";
}

/* ------------------------------------------------------------------ frames */

static const char *export_name(const wisp_module *module, uint32_t function)
{
    for (uint32_t i = 0; i < module->export_count; i++)
        if (module->exports[i].kind == WISP_EXTERN_FUNC && module->exports[i].index == function)
            return module->exports[i].name.text;
    return NULL;
}

static const char *name_of(wisp_store *store, const wisp_module *module, uint32_t function)
{
    wisp_bytes name = wisp_module_function_name(module, function);
    if (name.data)
        return wisp_arena_text(&store->trap_names, name.data, name.size);
    return export_name(module, function);
}

/* Room for one more frame; NULL if there is none left, but it is counted. */
static wisp_frame *add_frame(wisp_trap *trap)
{
    trap->depth++;
    return trap->frame_count < WISP_TRAP_FRAMES_MAX ? &trap->frames[trap->frame_count++] : NULL;
}

static void add_host_frame(wisp_trap *trap, const wisp_func *func)
{
    wisp_frame *frame = add_frame(trap);
    if (frame)
        *frame = (wisp_frame){.func_name = func->host->name};
}

/* A frame of function [index], of which only the offset is missing; NULL without room. */
static wisp_frame *add_wasm_frame(wisp_store *store, const wisp_instance *instance,
                                  uint32_t index)
{
    wisp_frame *frame = add_frame(&store->trap);
    if (!frame)
        return NULL;
    const wisp_module *module = instance->module;
    frame->instance = instance;
    frame->module = module;
    frame->func_index = index;
    frame->body_offset = module->functions[index].body.offset;
    frame->func_name = name_of(store, module, index);
    return frame;
}

static void add_activation(wisp_store *store, const wisp_activation *a)
{
    const wisp_module *module = a->instance->module;
    uint32_t index = (uint32_t)(a->function - module->functions);
    wisp_frame *frame = add_wasm_frame(store, a->instance, index);
    if (frame)
        frame->offset = wisp_compile_locate(module, store->allocator, index,
                                            wisp_compiled_unit(a->code, a->pc));
}

/* A function that was called but could not be compiled is where its fault is. */
static void add_body_fault(wisp_store *store, const wisp_body_fault *fault)
{
    wisp_frame *frame = add_wasm_frame(store, fault->instance, fault->function);
    if (frame)
        frame->offset = fault->offset;
}

/* Adds the frames from [pc] in [fp] outwards, up to the call by the program. */
static void add_frames(wisp_store *store, wisp_instance *instance, const uint16_t *pc,
                       wisp_slot *fp)
{
    wisp_activation a;
    bool is_inside = wisp_activation_at(store, instance, pc, fp, &a);
    for (; is_inside; is_inside = wisp_activation_outer(store, &a))
        add_activation(store, &a);
}

static void fill_error(const wisp_trap *trap, wisp_error *err)
{
    const wisp_frame *frame = trap->frame_count ? &trap->frames[0] : NULL;
    if (!frame || !frame->module)
        wisp_fail(err, WISP_TRAP, "%s", trap->text);
    else if (trap->code == WISP_TRAP_BODY) /* which says where */
        wisp_fail_at(err, WISP_TRAP, frame->offset, "%s", trap->text);
    else if (frame->func_name)
        wisp_fail_at(err, WISP_TRAP, frame->offset, "%.120s, in %.80s at byte %u", trap->text,
                     frame->func_name, frame->offset);
    else
        wisp_fail_at(err, WISP_TRAP, frame->offset, "%.120s, in function %u at byte %u",
                     trap->text, frame->func_index, frame->offset);
}

static void fill_text(const wisp_store *store, wisp_trap *trap)
{
    bool has_words = trap->code == WISP_TRAP_HOST || trap->code == WISP_TRAP_BODY;
    const char *words = has_words ? store->failure : wisp_trap_text(trap->code);
    size_t size = sizeof trap->text, length = strlen(words);
    snprintf(trap->text, size, "%s", words);
    if (trap->has_address)
        snprintf(trap->text + length, size - length, " at 0x%llx",
                 (unsigned long long)trap->address);
}

wisp_status wisp_trap_record(wisp_store *store, wisp_trap_code code, wisp_error *err)
{
    const wisp_exec *x = &store->exec;
    wisp_trap *trap = &store->trap;
    wisp_arena_deinit(&store->trap_names);
    memset(trap, 0, sizeof *trap);
    trap->code = code;
    trap->has_address = store->has_address;
    trap->address = store->address;
    store->has_address = false;
    fill_text(store, trap);
    store->exceptions.uncaught = code == WISP_TRAP_EXCEPTION ? store->exceptions.thrown : NULL;
    store->exceptions.thrown = NULL;
    if (store->failed && (code == WISP_TRAP_HOST || code == WISP_TRAP_EXCEPTION))
        add_host_frame(trap, store->failed);
    if (code == WISP_TRAP_BODY)
        add_body_fault(store, &store->body_fault);
    add_frames(store, x->instance, x->pc, x->frame);
    for (const wisp_callback *back = store->callback; back; back = back->outer) {
        add_host_frame(trap, back->out.callee);
        if (back->out.next)
            add_frames(store, back->instance, back->out.next - 1, back->out.frame);
    }
    fill_error(trap, err);
    return WISP_TRAP;
}

/* ------------------------------------------------------------------ as text */

typedef struct printer {
    char *into;
    size_t size, length;
} printer;

WISP_PRINTF(2, 3)
static void print(printer *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool fits = p->length < p->size;
    int written = vsnprintf(fits ? p->into + p->length : NULL, fits ? p->size - p->length : 0,
                            format, args);
    va_end(args);
    if (written > 0)
        p->length += (size_t)written;
}

static void print_frame(printer *p, const wisp_frame *frame)
{
    const char *name = frame->func_name ? frame->func_name : "?";
    if (frame->module)
        print(p, "  at %s (function %u, byte %u)\n", name, frame->func_index, frame->offset);
    else
        print(p, "  at %s (host)\n", name);
}

size_t wisp_trap_print(const wisp_trap *trap, char *into, size_t size)
{
    printer p = {into, size, 0};
    print(&p, "trap: %s\n", trap->text);
    for (uint32_t i = 0; i < trap->frame_count; i++)
        print_frame(&p, &trap->frames[i]);
    if (trap->depth > trap->frame_count)
        print(&p, "  and %u more\n", trap->depth - trap->frame_count);
    return p.length;
}
