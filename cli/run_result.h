#ifndef WISP_CLI_RUN_RESULT_H
#define WISP_CLI_RUN_RESULT_H

#include <wisp/wasm.h>

/* What `wisp run` prints of a run that ends well. */

/* Prints [results] on stdout, one a line or as JSON with the fuel that was used (NULL: not told);
 * gives the exit code. */
int print_results(const wisp_value *results, size_t len, const uint64_t *fuel_used, bool json);

#endif
