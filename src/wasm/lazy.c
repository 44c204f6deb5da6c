#include "wasm/lazy.h"

#include <string.h>

#include "os/lock.h"

struct wisp_lazy {
    wisp_module *module;
    wisp_compiler *compiler;
    wisp_lock *lock; /* for all that compiling changes, the module's arena too */
};

/* What a stub has in the place of code, which never runs. */
typedef struct stub_of {
    const wisp_module *module;
    uint32_t index;
} stub_of;

/* More than a stack can have. */
static const uint32_t STUB_FRAME_SIZE = UINT32_MAX;

static bool is_stub(const wisp_compiled *code)
{
    return code->frame_size == STUB_FRAME_SIZE;
}

wisp_status wisp_lazy_begin(wisp_module *module, wisp_compiler *compiler, wisp_error *err)
{
    wisp_lazy *lazy = wisp_alloc(module->allocator, 1, sizeof *lazy);
    if (!lazy)
        return wisp_fail_memory(err, sizeof *lazy);
    lazy->module = module;
    lazy->compiler = compiler;
    lazy->lock = wisp_lock_new(module->allocator);
    module->lazy = lazy;
    return lazy->lock ? WISP_OK : wisp_fail_memory(err, sizeof lazy->lock);
}

wisp_status wisp_lazy_add(wisp_module *module, uint32_t index, wisp_error *err)
{
    stub_of of = {module, index};
    wisp_compiled *stub = wisp_arena_take(&module->arena, sizeof *stub + sizeof of);
    if (!stub)
        return wisp_fail_memory(err, sizeof *stub + sizeof of);
    *stub = (wisp_compiled){.frame_size = STUB_FRAME_SIZE};
    memcpy(stub->units, &of, sizeof of);
    module->functions[index].entry = stub->units;
    return WISP_OK;
}

void wisp_lazy_free(wisp_lazy *lazy)
{
    if (!lazy)
        return;
    wisp_compiler_free(lazy->compiler);
    wisp_lock_free(lazy->lock);
    wisp_free(lazy->module->allocator, lazy, sizeof *lazy);
}

uint32_t wisp_lazy_features(const wisp_module *module)
{
    wisp_lock_take(module->lazy->lock);
    uint32_t features = module->features.used;
    wisp_lock_give(module->lazy->lock);
    return features;
}

wisp_status wisp_module_compile(const wisp_module *module, uint32_t func_index, wisp_error *err)
{
    if (func_index >= module->function_count)
        return wisp_fail(err, WISP_INVALID, "no function %u: the module has %u", func_index,
                         module->function_count);
    wisp_lazy *lazy = module->lazy;
    if (!lazy || func_index < module->imported_functions)
        return WISP_OK;
    wisp_status status = WISP_OK;
    wisp_lock_take(lazy->lock);
    if (is_stub(wisp_function_code(&module->functions[func_index])))
        status = wisp_compile_function(lazy->compiler, lazy->module, func_index, err);
    wisp_lock_give(lazy->lock);
    return status;
}

wisp_trap_code wisp_lazy_compile(wisp_exec *x)
{
    if (!is_stub(x->refused))
        return WISP_TRAP_STACK;
    wisp_error err;
    stub_of of;
    memcpy(&of, x->refused->units, sizeof of);
    if (wisp_module_compile(of.module, of.index, &err) == WISP_OK)
        return WISP_TRAP_NONE;
    bool is_out = x->instance->module != of.module;
    x->store->body_fault =
        (wisp_body_fault){.instance = is_out ? x->out.callee->instance : x->instance,
                          .function = of.index,
                          .offset = (uint32_t)err.offset};
    memcpy(x->store->failure, err.text, sizeof err.text);
    return WISP_TRAP_BODY;
}
