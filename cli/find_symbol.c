#include "find_symbol.h"

#include "args.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* The name of the function or the variable [index]; NULL from the end on. */
typedef const char *name_at(const wisp_symbols *symbols, size_t index);

static const char *function_at(const wisp_symbols *symbols, size_t index)
{
    const wisp_symbols_function *function = wisp_symbols_function_at(symbols, index);
    return function ? function->name : NULL;
}

static const char *variable_at(const wisp_symbols *symbols, size_t index)
{
    const wisp_symbols_variable *variable = wisp_symbols_variable_at(symbols, index);
    return variable ? variable->name : NULL;
}

static const char *nearest(const wisp_symbols *symbols, name_at *at, const char *typed)
{
    size_t len = 0;
    while (at(symbols, len))
        len++;
    const char **names = calloc(len + 1, sizeof *names);
    for (size_t i = 0; i < len && names; i++)
        names[i] = at(symbols, i);
    const char *found = names ? nearest_name(typed, names, len) : NULL;
    free(names);
    return found;
}

/* Adds to [err] what was meant by [typed], unless it says already where that is. */
static wisp_status suggest(const wisp_symbols *symbols, name_at *at, const char *typed,
                           wisp_status status, wisp_error *err)
{
    wisp_error before = *err;
    bool is_open = status == WISP_NOT_FOUND && !strstr(err->text, "; there is ");
    const char *meant = is_open ? nearest(symbols, at, typed) : NULL;
    return meant ? wisp_fail(err, status, "%.130s; is '%.60s' meant?", before.text, meant)
                 : status;
}

wisp_status find_function(const wisp_symbols *symbols, const char *name,
                          const wisp_symbols_function **out, wisp_error *err)
{
    wisp_status status = wisp_symbols_find_function(symbols, name, out, err);
    return status ? suggest(symbols, function_at, name, status, err) : status;
}

wisp_status find_variable(const wisp_symbols *symbols, const char *name,
                          const wisp_symbols_variable **out, wisp_error *err)
{
    wisp_status status = wisp_symbols_find_variable(symbols, name, out, err);
    return status ? suggest(symbols, variable_at, name, status, err) : status;
}
