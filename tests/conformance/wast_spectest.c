#include "wast_spectest.h"

#define MODULE "spectest"

/* The suite prints for a human to see; nothing is expected of it. */
static wisp_status print(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)args, (void)results, (void)err;
    return WISP_OK;
}

static wisp_status offer_functions(wisp_linker *linker, wisp_error *err)
{
    static const struct {
        const char *name, *signature;
    } functions[] = {
        {"print", "()"},           {"print_i32", "(i)"}, {"print_i64", "(I)"},
        {"print_f32", "(f)"},      {"print_f64", "(F)"}, {"print_i32_f32", "(if)"},
        {"print_f64_f64", "(FF)"},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        wisp_status status = wisp_linker_add_func(linker, MODULE, functions[i].name,
                                                  functions[i].signature, print, NULL, err);
        if (status)
            return status;
    }
    return WISP_OK;
}

static wisp_status offer_globals(wisp_store *store, wisp_linker *linker, wisp_error *err)
{
    const struct {
        const char *name;
        wisp_value value;
    } globals[] = {
        {"global_i32", wisp_i32(666)},
        {"global_i64", wisp_i64(666)},
        {"global_f32", wisp_f32(666.6f)},
        {"global_f64", wisp_f64(666.6)},
    };
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
        wisp_extern item = {.kind = WISP_EXTERN_GLOBAL};
        wisp_status status =
            wisp_global_new(store, false, globals[i].value, &item.of.global, err);
        if (!status)
            status = wisp_linker_add(linker, MODULE, globals[i].name, item, err);
        if (status)
            return status;
    }
    return WISP_OK;
}

static wisp_status offer_table(wisp_store *store, wisp_linker *linker, const char *name,
                               bool is_64, wisp_error *err)
{
    wisp_extern item = {.kind = WISP_EXTERN_TABLE};
    wisp_table_type type = {.element = WISP_FUNCREF, .limits = {10, 20}, .is_64 = is_64};
    wisp_status status = wisp_table_new_typed(store, &type, &item.of.table, err);
    return status ? status : wisp_linker_add(linker, MODULE, name, item, err);
}

static wisp_status offer_memory(wisp_store *store, wisp_linker *linker, const char *name,
                                bool is_shared, wisp_error *err)
{
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    wisp_memory_type type = {.limits = {1, 2}, .is_shared = is_shared};
    wisp_status status = wisp_memory_new_typed(store, &type, &item.of.memory, err);
    return status ? status : wisp_linker_add(linker, MODULE, name, item, err);
}

wisp_status wast_spectest_offer(wisp_store *store, wisp_linker *linker, wisp_error *err)
{
    wisp_status status = offer_functions(linker, err);
    if (!status)
        status = offer_globals(store, linker, err);
    if (!status)
        status = offer_table(store, linker, "table", false, err);
    if (!status)
        status = offer_table(store, linker, "table64", true, err);
    if (!status)
        status = offer_memory(store, linker, "memory", false, err);
    if (!status && wisp_features_built_in() & WISP_FEATURE_THREADS)
        status = offer_memory(store, linker, "shared_memory", true, err);
    return status;
}
