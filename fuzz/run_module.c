#include "run_module.h"

#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_MAX = 4 * 1024 * 1024,
    TABLE_MAX = 10000,
    STACK_SIZE = 64 * 1024,
    FUEL = 20000,
    VALUES_MAX = 64,
    CALLS_MAX = 32
};

static wisp_value value_of(wisp_valtype type)
{
    wisp_value value;
    memset(&value, 0, sizeof value);
    value.type = type;
    if (type == WISP_I32 || type == WISP_I64 || type == WISP_V128)
        value.of.i64 = 3;
    return value;
}

/* A function of any type: it gives values of the types that it is asked for. */
static wisp_status host(void *user, wisp_instance *caller, const wisp_value *args,
                        wisp_value *results, wisp_error *err)
{
    const wisp_functype *type = user;
    (void)caller;
    (void)args;
    (void)err;
    for (uint32_t i = 0; i < type->result_count; i++)
        results[i] = value_of(type->results[i]);
    return WISP_OK;
}

static char letter_of(wisp_valtype type)
{
    switch (type) {
    case WISP_I32:
        return 'i';
    case WISP_I64:
        return 'I';
    case WISP_F32:
        return 'f';
    case WISP_F64:
        return 'F';
    case WISP_V128:
        return 'v';
    case WISP_FUNCREF:
        return 'c';
    case WISP_EXNREF:
        return 'x';
    }
    return 'e';
}

/* Writes [type] as a signature; false where it is too long. */
static bool write_signature(const wisp_functype *type, char signature[2 * VALUES_MAX + 3])
{
    char *at = signature;
    if (type->param_count > VALUES_MAX || type->result_count > VALUES_MAX)
        return false;
    *at++ = '(';
    for (uint32_t i = 0; i < type->param_count; i++)
        *at++ = letter_of(type->params[i]);
    *at++ = ')';
    for (uint32_t i = 0; i < type->result_count; i++)
        *at++ = letter_of(type->results[i]);
    *at = '\0';
    return true;
}

static wisp_status offer_func(wisp_linker *linker, const wisp_import *import, wisp_functype *type)
{
    char signature[2 * VALUES_MAX + 3];
    if (!write_signature(type, signature))
        return WISP_LIMIT;
    return wisp_linker_add_func(linker, import->module, import->name, signature, host, type,
                                NULL);
}

static wisp_status offer(wisp_store *store, wisp_linker *linker, const wisp_import *import,
                         wisp_functype *type)
{
    wisp_extern item = {.kind = import->type.kind};
    wisp_status status = WISP_OK;
    char signature[2 * VALUES_MAX + 3];
    switch (import->type.kind) {
    case WISP_EXTERN_FUNC:
        *type = import->type.func;
        return offer_func(linker, import, type);
    case WISP_EXTERN_TABLE:
        status = wisp_table_new_typed(store,
                                      &(wisp_table_type){.element = import->type.valtype,
                                                         .limits = import->type.limits,
                                                         .is_64 = import->type.is_64},
                                      &item.of.table, NULL);
        break;
    case WISP_EXTERN_MEMORY:
        status = wisp_memory_new_typed(store,
                                       &(wisp_memory_type){.limits = import->type.limits,
                                                           .page_size = import->type.page_size,
                                                           .is_64 = import->type.is_64,
                                                           .is_shared = import->type.is_shared},
                                       &item.of.memory, NULL);
        break;
    case WISP_EXTERN_GLOBAL:
        status = wisp_global_new(store, import->type.is_mutable, value_of(import->type.valtype),
                                 &item.of.global, NULL);
        break;
    case WISP_EXTERN_TAG:
        if (!write_signature(&import->type.func, signature))
            return WISP_LIMIT;
        status = wisp_tag_new(store, signature, &item.of.tag, NULL);
        break;
    }
    if (status)
        return status;
    return wisp_linker_add(linker, import->module, import->name, item, NULL);
}

static void call_export(wisp_instance *instance, const wisp_export *export)
{
    const wisp_functype *type = &export->type.func;
    wisp_value args[VALUES_MAX], results[VALUES_MAX];
    wisp_func *func = wisp_instance_func(instance, export->name);
    if (!func || type->param_count > VALUES_MAX || type->result_count > VALUES_MAX)
        return;
    wisp_functype actual = wisp_func_type(func);
    if (actual.param_count != type->param_count || actual.result_count != type->result_count)
        return; /* another export whose name is the same up to a NUL */
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (actual.params[i] & WISP_NON_NULL)
            return; /* there is nothing to refer to */
        args[i] = value_of(actual.params[i]);
    }
    wisp_store *store = wisp_instance_store(instance);
    wisp_store_set_fuel(store, FUEL);
    wisp_status status =
        wisp_call(func, args, type->param_count, results, type->result_count, NULL);
    if (status != WISP_OK && status != WISP_TRAP)
        abort();
    char text[512];
    if (status == WISP_TRAP)
        wisp_trap_print(wisp_store_trap(store), text, sizeof text);
    if (wisp_store_fuel(store) > FUEL)
        abort();
}

static void run(wisp_store *store, const wisp_module *module)
{
    wisp_linker *linker;
    wisp_instance *instance;
    uint32_t count = wisp_module_import_count(module);
    wisp_functype *types = calloc(count + 1, sizeof *types);
    wisp_import import;
    wisp_status status = types ? wisp_linker_new(store, &linker, NULL) : WISP_NO_MEMORY;
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        if (wisp_module_import(module, i, &import))
            status = offer(store, linker, &import, &types[i]);
    if (status == WISP_OK)
        status = wisp_instance_new(store, module, linker, &instance, NULL);
    wisp_export export;
    for (uint32_t i = 0; i < CALLS_MAX && status == WISP_OK; i++)
        if (wisp_module_export(module, i, &export) && export.type.kind == WISP_EXTERN_FUNC)
            call_export(instance, &export);
    wisp_store_free(store);
    free(types);
}

void fuzz_run_module(const wisp_module *module)
{
    wisp_store *store;
    wisp_store_config config = {.memory_max = MEMORY_MAX,
                                .table_max = TABLE_MAX,
                                .stack_size = STACK_SIZE,
                                .fuel = FUEL,
                                .wait_max_ms = 1};
    if (wisp_store_new(&config, &store, NULL) == WISP_OK)
        run(store, module);
}
