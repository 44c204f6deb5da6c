#include <assert.h>
#include <string.h>

#include "bridge/args.h"

/*
 * A signature up to a NUL, then the arguments of a call, 8 bytes each: the first of what is
 * left decides with its lowest bit between 32-bit and 64-bit addresses. What passes the check
 * must lie in the memory, and still be what it was once the function has filled what it may.
 */

enum { TEXT_MAX = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_arg(const wisp_param *param, const wisp_arg *arg, wisp_memory *memory)
{
    const uint8_t *bytes = arg->in ? arg->in : arg->out;
    if (param->kind < WISP_PARAM_BYTES || !bytes) {
        assert(!arg->in && !arg->out && arg->size == 0);
        return;
    }
    assert(wisp_memory_at(memory, arg->address, arg->size) == bytes);
    assert(!arg->out || param->is_written);
    assert(!arg->in || param->is_read);
    assert(arg->address % param->alignment == 0);
    assert(param->null == WISP_NULL_ORDINARY || arg->address != 0);
    if (param->kind == WISP_PARAM_TEXT)
        assert(strlen(arg->text) == arg->size);
    else if (param->count_at == WISP_PARAM_NO_COUNT)
        assert(arg->size == param->size);
    else
        assert(arg->size % param->size == 0);
}

static wisp_value value_of(char letter, const uint8_t *data, size_t size)
{
    wisp_value value = wisp_i64(0);
    memcpy(&value.of.i64, data, size < sizeof value.of.i64 ? size : sizeof value.of.i64);
    return letter == 'I' || letter == 'F' ? value : wisp_i32((int32_t)value.of.i64);
}

static void check_call(const wisp_signature *signature, wisp_memory *memory, const uint8_t *data,
                       size_t size)
{
    wisp_value values[WISP_BRIDGE_PARAMS_MAX];
    wisp_arg args[WISP_BRIDGE_PARAMS_MAX];
    for (uint32_t i = 0; i < signature->param_count; i++) {
        size_t used = size < 8 ? size : 8;
        values[i] = value_of(signature->plain[1 + i], data, used);
        data += used;
        size -= used;
    }
    if (wisp_args_check(signature, memory, values, args, NULL) != WISP_OK)
        return;
    for (uint32_t i = 0; i < signature->param_count; i++)
        if (args[i].out && args[i].size)
            memset(args[i].out, 1, args[i].size);
    for (uint32_t i = 0; i < signature->param_count; i++)
        check_arg(&signature->params[i], &args[i], memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX];
    wisp_store_config config = {.stack_size = 1024};
    wisp_limits limits = {.min = 1, .max = 1};
    wisp_signature signature;
    wisp_store *store;
    wisp_memory *memory;
    size_t len = 0;
    for (; len < size && len < TEXT_MAX - 1 && data[len]; len++)
        text[len] = (char)data[len];
    text[len] = '\0';
    if (len + 1 >= size)
        return 0;
    char address = data[len + 1] & 1 ? 'I' : 'i';
    if (wisp_signature_parse(text, address, &signature, NULL) != WISP_OK ||
        wisp_store_new(&config, &store, NULL) != WISP_OK)
        return 0;
    if (wisp_memory_new(store, limits, &memory, NULL) == WISP_OK)
        check_call(&signature, memory, data + len + 1, size - len - 1);
    wisp_store_free(store);
    return 0;
}
