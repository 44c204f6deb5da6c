#ifndef WISP_CLI_PATCH_DECLARE_H
#define WISP_CLI_PATCH_DECLARE_H

#include "closure.h"

/* C of the program's types, as texts of the closure's arena. All types have been added to it. */

/* "const order *o", "int (*visit)(void *)"; of a type alone where [name] is "". */
const char *declare(closure *c, const wisp_symbols_type *type, const char *name);

/* The same for a parameter or a result: a class of C++ that cannot be copied comes as its
 * address, one without data as wisp_empty. */
const char *declare_passed(closure *c, const wisp_symbols_type *type, const char *name);

/* What [named] is: "struct order {…};", "typedef struct order order;". */
const char *declare_type(closure *c, closed_type *named);

/* What is called like a type: "struct order", "order". */
const char *declare_name(closure *c, const closed_type *named);

/* The name of member [index] of [type], which has a body; "" for one without. */
const char *declare_member_name(closure *c, const wisp_symbols_type *type, uint32_t index);

#endif
