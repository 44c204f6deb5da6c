#ifndef WISP_CLI_FIND_SYMBOL_H
#define WISP_CLI_FIND_SYMBOL_H

#include "symbols/symbols.h"

/* As wisp_symbols_find_function and wisp_symbols_find_variable, for a name that somebody typed:
 * where there is none of it, the error has the one that was probably meant. */
wisp_status find_function(const wisp_symbols *symbols, const char *name,
                          const wisp_symbols_function **out, wisp_error *err);
wisp_status find_variable(const wisp_symbols *symbols, const char *name,
                          const wisp_symbols_variable **out, wisp_error *err);

#endif
