#ifndef WAST_SPECTEST_H
#define WAST_SPECTEST_H

#include <wisp/wasm.h>

/*
 * The module "spectest" that the scripts of the test suite import: functions that take
 * values and do nothing, four globals, a table of 10 to 20 functions and a memory of 1 to 2
 * pages. Offers it all on [linker], of [store].
 */
wisp_status wast_spectest_offer(wisp_store *store, wisp_linker *linker, wisp_error *err);

#endif
