#ifndef WISP_BRIDGE_ARGS_H
#define WISP_BRIDGE_ARGS_H

#include "bridge/signature.h"

/*
 * Checks [values] against [signature] and [memory], which may be NULL, and says in [args]
 * what they are. [args] has room for the parameters. [err] names the parameter.
 */
wisp_status wisp_args_check(const wisp_signature *signature, wisp_memory *memory,
                            const wisp_value *values, wisp_arg *args, wisp_error *err);

#endif
