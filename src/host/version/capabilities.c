#include "host/version/capabilities.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* ------------------------------------------------------------------ checking */

/* Character [at] of "module.name". Names may have NULs in them. */
static char char_at(const wisp_import *import, size_t at)
{
    if (at < import->module_size)
        return import->module[at];
    return at == import->module_size ? '.' : import->name[at - import->module_size - 1];
}

static bool matches(const char *pattern, const wisp_import *import)
{
    size_t size = strlen(pattern), whole = import->module_size + 1 + import->name_size;
    bool is_prefix = size > 0 && pattern[size - 1] == '*';
    size -= is_prefix;
    if (is_prefix ? size > whole : size != whole)
        return false;
    size_t at = 0;
    while (at < size && pattern[at] == char_at(import, at))
        at++;
    return at == size;
}

static bool is_allowed(const char *const *patterns, const wisp_import *import)
{
    for (; *patterns; patterns++)
        if (matches(*patterns, import))
            return true;
    return false;
}

static wisp_status fail_import(const char *const *patterns, const wisp_import *import,
                               wisp_error *err)
{
    char list[128] = "nothing";
    size_t len = 0;
    for (; *patterns && len < sizeof list; patterns++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "",
                                *patterns);
    return wisp_fail(err, WISP_NOT_FOUND, "import '%.40s.%.40s' is not allowed, but %s%s",
                     import->module, import->name, list, len >= sizeof list ? "…" : "");
}

wisp_status wisp_capabilities_check(const char *const *patterns, const wisp_module *module,
                                    wisp_error *err)
{
    if (!patterns)
        return WISP_OK;
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++)
        if (!is_allowed(patterns, &import))
            return fail_import(patterns, &import, err);
    return WISP_OK;
}

/* ------------------------------------------------------------------ copies */

/* The pointers and behind them the texts are one block: of how many bytes? */
static size_t size_of(const char *const *patterns)
{
    size_t size = sizeof *patterns;
    for (; *patterns; patterns++)
        size += sizeof *patterns + strlen(*patterns) + 1;
    return size;
}

wisp_status wisp_capabilities_copy(const char *const *patterns, const wisp_allocator *allocator,
                                   const char *const **out, wisp_error *err)
{
    *out = NULL;
    if (!patterns)
        return WISP_OK;
    size_t len = 0;
    while (patterns[len])
        len++;
    const char **copy = wisp_alloc(allocator, 1, size_of(patterns));
    if (!copy)
        return wisp_fail_memory(err, size_of(patterns));
    char *text = (char *)(copy + len + 1);
    for (size_t i = 0; i < len; i++) {
        size_t size = strlen(patterns[i]) + 1;
        copy[i] = memcpy(text, patterns[i], size);
        text += size;
    }
    *out = copy;
    return WISP_OK;
}

void wisp_capabilities_free(const char *const *patterns, const wisp_allocator *allocator)
{
    if (patterns)
        wisp_free(allocator, (void *)patterns, size_of(patterns));
}
