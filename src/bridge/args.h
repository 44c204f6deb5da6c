#ifndef WISP_BRIDGE_ARGS_H
#define WISP_BRIDGE_ARGS_H

#include "bridge/signature.h"

/*
 * Checks [values] against [signature] and [memory], which may be NULL, and says in [args]
 * what they are. [args] has room for the parameters. [err] names the parameter.
 */
wisp_status wisp_args_check(const wisp_signature *signature, wisp_memory *memory,
                            const wisp_value *values, wisp_arg *args, wisp_error *err);

/* The same for a call of [module].[name] by [caller], which may be NULL; [err] names them
 * (bridge.c).
 */
wisp_status wisp_call_check(const wisp_signature *signature, const char *module, const char *name,
                            const wisp_instance *caller, const wisp_value *values, wisp_arg *args,
                            wisp_error *err);

#endif
