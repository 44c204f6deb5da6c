#include "denied.h"

#include <wisp/wasm.h>

#include <stdio.h>
#include <string.h>

static bool refuse(const cli_args *args, const char *name)
{
    char all[FEATURES_TEXT_SIZE];
    static const char *const names[] = {
#define X(number, constant, text) text,
        WISP_FEATURES(X)
#undef X
    };
    const char *near = nearest_name(name, names, sizeof names / sizeof *names);
    if (near)
        usage_error(args->command, "no feature '%s'; did you mean '%s'?", name, near);
    else
        usage_error(args->command, "no feature '%s'; there are: %s", name,
                    features_print(WISP_FEATURES_ALL, ", ", all));
    return false;
}

bool features_denied(const cli_args *args, uint32_t *out)
{
    const char *at = args_text(args, "deny", "");
    *out = 0;
    while (*at) {
        char name[32];
        size_t len = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name), at);
        uint32_t feature = wisp_feature_find(name);
        if (!feature)
            return refuse(args, name);
        *out |= feature;
        at += len + (at[len] == ',');
    }
    return true;
}

const char *features_print(uint32_t features, const char *between, char into[FEATURES_TEXT_SIZE])
{
    size_t len = 0;
    into[0] = '\0';
    for (uint32_t left = features; left && len < FEATURES_TEXT_SIZE; left &= left - 1)
        len += (size_t)snprintf(into + len, FEATURES_TEXT_SIZE - len, "%s%s", len ? between : "",
                                wisp_feature_name(left));
    return into;
}
