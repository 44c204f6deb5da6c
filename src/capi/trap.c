#include "capi/trap.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ frames */

void wasm_frame_delete(wasm_frame_t *frame)
{
    if (frame)
        capi_ref_release(frame->instance);
    free(frame);
}

wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame)
{
    wasm_frame_t *copy = malloc(sizeof *copy);
    if (copy) {
        *copy = *frame;
        capi_ref_copy(copy->instance);
    }
    return copy;
}

wasm_instance_t *wasm_frame_instance(const wasm_frame_t *frame)
{
    return (wasm_instance_t *)frame->instance;
}

uint32_t wasm_frame_func_index(const wasm_frame_t *frame)
{
    return frame->func_index;
}

size_t wasm_frame_func_offset(const wasm_frame_t *frame)
{
    return frame->func_offset;
}

size_t wasm_frame_module_offset(const wasm_frame_t *frame)
{
    return frame->module_offset;
}

static wasm_frame_t *frame_of(wasm_store_t *store, const wisp_frame *from)
{
    wasm_frame_t *frame = calloc(1, sizeof *frame);
    if (!frame)
        return NULL;
    void *instance = (void *)(uintptr_t)from->instance;
    frame->instance = capi_object_get(store, CAPI_INSTANCE, instance);
    if (frame->instance)
        frame->instance->of.instance = instance;
    frame->func_index = from->func_index;
    frame->func_offset = from->offset - from->body_offset;
    frame->module_offset = from->offset;
    return frame;
}

/* The functions of modules in [trap]. Without memory it has fewer. */
static void take_frames(wasm_store_t *store, const wisp_trap *trap, wasm_frame_vec_t *out)
{
    size_t len = 0;
    wasm_frame_vec_new_uninitialized(out, trap->frame_count);
    for (size_t i = 0; i < out->size; i++) {
        if (trap->frames[i].instance)
            out->data[len] = frame_of(store, &trap->frames[i]);
        len += out->data[len] != NULL;
    }
    out->size = len;
}

/* ------------------------------------------------------------------ traps */

/* A trap that says [size] bytes of [text]. */
static wasm_trap_t *make(wasm_store_t *store, const char *text, size_t size)
{
    wasm_ref_t *ref = capi_object_new(store, CAPI_TRAP, NULL);
    if (!ref)
        return NULL;
    bool has_nul = size > 0 && text[size - 1] == '\0';
    wasm_byte_vec_t *message = &ref->of.trap.message;
    wasm_byte_vec_new_uninitialized(message, size + !has_nul);
    if (!message->data) {
        capi_ref_release(ref);
        return NULL;
    }
    if (size)
        memcpy(message->data, text, size);
    return (wasm_trap_t *)ref;
}

wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message)
{
    return make(store, message->data, message->size);
}

wasm_trap_t *capi_trap_new(wasm_store_t *store, const char *text)
{
    wasm_trap_t *trap = make(store, text, strlen(text));
    return trap ? trap : (wasm_trap_t *)capi_ref_copy(store->no_memory);
}

void wasm_trap_message(const wasm_trap_t *trap, wasm_message_t *out)
{
    wasm_byte_vec_copy(out, &capi_ref(trap)->of.trap.message);
}

wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap)
{
    const wasm_frame_vec_t *frames = &capi_ref(trap)->of.trap.frames;
    return frames->size ? wasm_frame_copy(frames->data[0]) : NULL;
}

void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out)
{
    wasm_frame_vec_copy(out, &capi_ref(trap)->of.trap.frames);
}

wasm_trap_t *capi_trap_of(wasm_store_t *store, wisp_status status, const wisp_error *err)
{
    if (status != WISP_TRAP)
        return capi_trap_new(store, err->text);
    const wisp_trap *from = wisp_store_trap(store->store);
    wasm_trap_t *trap = from->code == WISP_TRAP_HOST ? store->trap : NULL;
    if (trap)
        store->trap = NULL;
    else
        trap = capi_trap_new(store, from->text);
    wasm_ref_t *ref = capi_ref(trap);
    if (ref != store->no_memory && ref->of.trap.frames.size == 0)
        take_frames(store, from, &ref->of.trap.frames);
    return trap;
}

wisp_status capi_trap_throw(wasm_store_t *store, wasm_trap_t *trap, wisp_error *err)
{
    capi_ref_release(store->trap);
    store->trap = trap;
    const wasm_byte_vec_t *message = &capi_ref(trap)->of.trap.message;
    snprintf(err->text, sizeof err->text, "%s", message->data);
    return WISP_TRAP;
}
