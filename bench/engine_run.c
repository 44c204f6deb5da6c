#include "engine_run.h"

#include <time.h>

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double run(wisp_store *store, const wisp_module *module, uint32_t amount, uint32_t *sum)
{
    wisp_instance *instance;
    wisp_value none = wisp_i32(0), all = wisp_i32((int32_t)amount), result;
    if (wisp_instance_new(store, module, NULL, &instance, NULL) ||
        wisp_call_export(instance, "run", &none, 1, &result, 1, NULL))
        return -1;
    double began = now_ns();
    wisp_status status = wisp_call_export(instance, "run", &all, 1, &result, 1, NULL);
    *sum = (uint32_t)result.of.i32;
    return status ? -1 : now_ns() - began;
}

WISP_API double bench_engine_run(wisp_bytes bytes, uint32_t amount, uint32_t *sum)
{
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    double ns = -1;
    if (wisp_module_new(NULL, bytes, &module, NULL) == WISP_OK &&
        wisp_store_new(&(wisp_store_config){.fuel = UINT64_C(1) << 62}, &store, NULL) == WISP_OK)
        ns = run(store, module, amount, sum);
    wisp_store_free(store);
    wisp_module_free(module);
    return ns;
}
