#ifndef WISP_CLI_TERM_H
#define WISP_CLI_TERM_H

#include <stdio.h>

/* Colour and weight, only where [to] is a terminal that shows them and NO_COLOR is not set;
 * else an empty string. Static. */
typedef enum term_style { TERM_PLAIN, TERM_BOLD, TERM_FAINT, TERM_RED, TERM_GREEN } term_style;

const char *term(FILE *to, term_style style);

#endif
