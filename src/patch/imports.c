#include "patch/imports.h"

#include "base/error.h"
#include "patch/bridge.h"
#include "patch/builtin.h"
#include "patch/reach.h"

/* ------------------------------------------------------------------ native functions */

/*
 * The native function is outside of Wisp: what it calls may be patched, and runs on the same
 * seat. It may leave by longjmp or an exception; then nothing here is done any more, and the
 * level is dropped when it is next looked at (thread.h). The same may have happened to levels
 * within it, which end at the latest when it returns to this frame.
 */
static void call_outside(wisp_patch_seat *seat, const wisp_patch_callee *callee,
                         wisp_patch_frame *frame)
{
    wisp_patch_thread *thread = seat->thread;
    uint32_t depth = thread->depth;
    thread->is_inside = false;
    wisp_patch_call(callee->function, frame, callee->plan.stack_size);
    thread->is_inside = true;
    if (thread->depth != depth)
        wisp_patch_thread_settle(thread, (uintptr_t)__builtin_frame_address(0));
}

/* The frame's results, to the call that the patch answers and to the patch. */
static wisp_status take_results(wisp_patch_seat *seat, const wisp_patch_callee *callee,
                                const wisp_patch_frame *frame, wisp_slot *slots, wisp_error *err)
{
    wisp_patch_level *level = &seat->levels[seat->level - 1];
    if (callee->original_of == level->replaced) {
        wisp_patch_keep_results(&callee->plan, frame, level->frame);
        level->has_result = true;
    }
    if (seat->grants_arguments && !wisp_patch_reach_result(seat, callee, frame))
        return wisp_fail(err, WISP_LIMIT, "no room to note what '%s' gave", callee->native->name);
    wisp_patch_seat_refresh(seat);
    if (!wisp_patch_take_results(&callee->plan, &seat->memory, frame, slots))
        return wisp_fail(err, WISP_INVALID,
                         "the result of '%s' cannot be written where the patch "
                         "wants it",
                         callee->native->name);
    return WISP_OK;
}

static wisp_status call_native(void *user, wisp_instance *caller, wisp_slot *slots,
                               wisp_error *err)
{
    wisp_patch_outlet *outlet = user;
    wisp_patch_seat *seat = outlet->seat;
    const wisp_patch_callee *callee = outlet->callee;
    (void)caller;
    if (seat->level == 0)
        return wisp_fail(err, WISP_INVALID, "'%s' called before the patch runs",
                         callee->native->name);
    wisp_patch_frame *frame =
        __builtin_alloca(sizeof *frame + callee->plan.stack_size); /* of the 16s it is made of */
    uint64_t stack_pointer = seat->stack_pointer->u64;
    wisp_patch_seat_refresh(seat);
    seat->memory.stack_pointer = stack_pointer;
    if (!wisp_patch_fill_arguments(&callee->plan, &seat->memory, slots, frame))
        return wisp_fail(err, WISP_INVALID,
                         "a struct for '%s' cannot be read, or does not fit on "
                         "the patch's stack",
                         callee->native->name);
    seat->stack_pointer->u64 = seat->memory.stack_pointer;
    call_outside(seat, callee, frame);
    seat->stack_pointer->u64 = stack_pointer;
    return take_results(seat, callee, frame, slots, err);
}

static wisp_functype type_of(const wisp_patch_plan *plan)
{
    return (wisp_functype){.params = plan->params,
                           .results = &plan->value,
                           .param_count = plan->param_count,
                           .result_count = plan->value ? 1 : 0};
}

/* ------------------------------------------------------------------ variables */

static wisp_status give_address(void *user, wisp_instance *caller, wisp_slot *slots,
                                wisp_error *err)
{
    const wisp_patch_outlet *outlet = user;
    (void)caller;
    (void)err;
    slots[0].u64 = outlet->address;
    return WISP_OK;
}

/* ------------------------------------------------------------------ any of them */

static wisp_status make_builtin(wisp_patch_seat *seat, const wisp_patch_builtin *builtin,
                                wisp_patch_outlet *outlet, wisp_func **out, wisp_error *err)
{
    wisp_valtype params[WISP_PATCH_BUILTIN_PARAMS_MAX], result[1];
    wisp_functype type = wisp_patch_builtin_type(builtin, params, result);
    return wisp_raw_func_new(seat->store, builtin->name, type, builtin->fn, outlet, out, err);
}

wisp_status wisp_patch_import_make(wisp_patch_seat *seat, const wisp_patch_import_source *source,
                                   wisp_patch_outlet *outlet, wisp_func **out, wisp_error *err)
{
    static const wisp_valtype address = WISP_I64;
    if (source->kind == WISP_PATCH_BUILTIN)
        return make_builtin(seat, source->of.builtin, outlet, out, err);
    if (source->kind == WISP_PATCH_GLOBAL)
        return wisp_raw_func_new(seat->store, NULL,
                                 (wisp_functype){.results = &address, .result_count = 1},
                                 give_address, outlet, out, err);
    return wisp_raw_func_new(seat->store, outlet->callee->native->name,
                             type_of(&outlet->callee->plan), call_native, outlet, out, err);
}
