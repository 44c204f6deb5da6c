#ifndef WISP_WASM_LAZY_H
#define WISP_WASM_LAZY_H

#include "wasm/compile.h"
#include "wasm/runtime.h"

/*
 * Functions that are compiled when they are first called (wisp_module_config.lazy). Until then
 * the code of each is a stub, whose frame is larger than any stack. So a call of it is refused by
 * the check that every call makes, before it has changed anything, and only then asks why: the
 * function is compiled, and the instruction that calls begins anew. Other calls pay nothing.
 *
 * That is the one thing of a module that changes, by one atomic store of wisp_function.entry;
 * compiling itself is for one thread at a time.
 */
typedef struct wisp_lazy wisp_lazy;

/* Makes [module] lazy: module->lazy owns [compiler] once it is set, even where this fails. */
wisp_status wisp_lazy_begin(wisp_module *module, wisp_compiler *compiler, wisp_error *err);

/* Makes function [index], whose body is known, one that is not compiled yet. */
wisp_status wisp_lazy_add(wisp_module *module, uint32_t index, wisp_error *err);

/* NULL is fine. */
void wisp_lazy_free(wisp_lazy *lazy);

/* The features that [module], a lazy one, uses as far as it is compiled. */
uint32_t wisp_lazy_features(const wisp_module *module);

/* The call of exec.refused had no room: compiles that if it is a stub. NONE to call again. */
wisp_trap_code wisp_lazy_compile(wisp_exec *x);

#endif
