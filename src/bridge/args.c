#include "bridge/args.h"

#include "base/error.h"

/* What the function gets for a range of nothing in a memory of nothing. */
static const wisp_arg nothing;

/* A number as the module means it: unsigned. */
static uint64_t number_of(const wisp_value *value)
{
    return value->type == WISP_I64 ? (uint64_t)value->of.i64 : (uint32_t)value->of.i32;
}

static void take_value(const wisp_value *value, wisp_arg *arg)
{
    switch (value->type) {
    case WISP_I32:
    case WISP_F32: /* bits, so that no NaN changes on the way */
        arg->i32 = value->of.i32;
        break;
    case WISP_FUNCREF:
        arg->func = value->of.funcref;
        break;
    case WISP_EXTERNREF:
        arg->ref = value->of.externref;
        break;
    case WISP_EXNREF:
        arg->exception = value->of.exnref;
        break;
    case WISP_V128:
        memcpy(arg->v128, value->of.v128, sizeof arg->v128);
        break;
    default:
        arg->i64 = value->of.i64;
    }
}

static wisp_status fail_range(const wisp_memory *memory, uint64_t count, uint32_t size,
                              uint64_t address, wisp_error *err)
{
    unsigned long long at = address, end = wisp_memory_size(memory), bytes;
    if (!__builtin_mul_overflow(count, size, &bytes))
        return wisp_fail(err, WISP_LIMIT,
                         "%llu bytes at address %llu are outside the memory of %llu bytes", bytes,
                         at, end);
    return wisp_fail(
        err, WISP_LIMIT,
        "%llu elements of %u bytes at address %llu are outside the memory of %llu bytes",
        (unsigned long long)count, size, at, end);
}

/* The [count] elements of [size] bytes at arg->address; fills arg->in and arg->size. */
static wisp_status take_range(wisp_memory *memory, uint64_t count, uint32_t size, wisp_arg *arg,
                              wisp_error *err)
{
    uint64_t bytes;
    const uint8_t *data = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes))
        data = wisp_memory_at(memory, arg->address, bytes);
    if (!data && (count || arg->address))
        return fail_range(memory, count, size, arg->address, err);
    arg->in = data ? (const void *)data : &nothing;
    arg->size = (size_t)bytes;
    return WISP_OK;
}

/* The text at arg->address, which ends within [size_max] bytes, or 0 for any. */
static wisp_status take_text(wisp_memory *memory, uint32_t size_max, wisp_arg *arg,
                             wisp_error *err)
{
    unsigned long long at = arg->address, end = wisp_memory_size(memory);
    if (at >= end)
        return wisp_fail(err, WISP_LIMIT,
                         "a text at address %llu is outside the memory of %llu bytes", at, end);
    size_t left = (size_t)(end - at);
    if (size_max && size_max < left)
        left = size_max;
    const char *text = (const char *)wisp_memory_at(memory, at, left);
    const char *nul = memchr(text, '\0', left);
    if (!nul)
        return wisp_fail(err, WISP_LIMIT,
                         "the text at address %llu has no end within %zu bytes, in a memory of "
                         "%llu bytes",
                         at, left, end);
    arg->text = text;
    arg->size = (size_t)(nul - text);
    return WISP_OK;
}

static wisp_status take_pointer(const wisp_param *param, wisp_memory *memory,
                                const wisp_value *values, wisp_arg *arg, wisp_error *err)
{
    if (arg->address == 0 && param->null == WISP_NULL_ALLOWED)
        return WISP_OK;
    if (arg->address == 0 && param->null == WISP_NULL_REFUSED)
        return wisp_fail(err, WISP_INVALID, "null");
    if (!memory)
        return wisp_fail(err, WISP_NOT_FOUND, "address %llu, and the caller has no memory",
                         (unsigned long long)arg->address);
    if (arg->address & (param->alignment - 1u))
        return wisp_fail(err, WISP_INVALID,
                         "address %llu is not a multiple of %u, in a memory of %llu bytes",
                         (unsigned long long)arg->address, param->alignment,
                         (unsigned long long)wisp_memory_size(memory));
    if (param->kind == WISP_PARAM_TEXT)
        return take_text(memory, param->size, arg, err);
    bool is_counted = param->count_at != WISP_PARAM_NO_COUNT;
    uint64_t count = is_counted ? number_of(&values[param->count_at]) : 1;
    wisp_status status = take_range(memory, count, param->size, arg, err);
    if (status)
        return status;
    if (param->is_written)
        arg->out = (void *)(uintptr_t)arg->in;
    if (!param->is_read)
        arg->in = NULL;
    return WISP_OK;
}

/* Whether filling [out] could take away the NUL of [text]. */
static bool endangers(const wisp_arg *out, const wisp_arg *text)
{
    return out->size && out->address <= text->address + text->size &&
           text->address < out->address + out->size;
}

/* A text must stay one while the function fills what else it was given. */
static wisp_status check_texts(const wisp_signature *signature, const wisp_arg *args,
                               wisp_error *err)
{
    for (uint32_t i = 0; i < signature->param_count; i++)
        for (uint32_t k = 0; args[i].out && k < signature->param_count; k++)
            if (signature->params[k].kind == WISP_PARAM_TEXT && args[k].text &&
                endangers(&args[i], &args[k]))
                return wisp_fail(err, WISP_INVALID,
                                 "parameter %u: %zu bytes to fill at address %llu, over the text "
                                 "of parameter %u at address %llu",
                                 i, args[i].size, (unsigned long long)args[i].address, k,
                                 (unsigned long long)args[k].address);
    return WISP_OK;
}

wisp_status wisp_args_check(const wisp_signature *signature, wisp_memory *memory,
                            const wisp_value *values, wisp_arg *args, wisp_error *err)
{
    for (uint32_t i = 0; i < signature->param_count; i++) {
        const wisp_param *param = &signature->params[i];
        wisp_error why;
        args[i] = (wisp_arg){.u64 = 0};
        if (param->kind == WISP_PARAM_VALUE) {
            take_value(&values[i], &args[i]);
            continue;
        }
        args[i].address = number_of(&values[i]);
        if (param->kind == WISP_PARAM_SIZE)
            continue;
        wisp_status status = take_pointer(param, memory, values, &args[i], &why);
        if (status)
            return wisp_fail(err, status, "parameter %u: %s", i, why.text);
    }
    return signature->has_text ? check_texts(signature, args, err) : WISP_OK;
}
