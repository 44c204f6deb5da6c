#include "term.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool shows_style(FILE *to)
{
    const char *no_color = getenv("NO_COLOR"), *name = getenv("TERM");
    return !(no_color && *no_color) && name && strcmp(name, "dumb") != 0 && isatty(fileno(to));
}

const char *term(FILE *to, term_style style)
{
    static const char *const codes[] = {
        [TERM_PLAIN] = "\033[0m", [TERM_BOLD] = "\033[1m",   [TERM_FAINT] = "\033[2m",
        [TERM_RED] = "\033[31m",  [TERM_GREEN] = "\033[32m",
    };
    return shows_style(to) ? codes[style] : "";
}
