#ifndef WISP_TESTS_PATCH_COMPILED_H
#define WISP_TESTS_PATCH_COMPILED_H

#include <stdint.h>

/* Functions that return their argument plus one, compiled with the flags of docs/patching.md and
 * in different ways besides. Each list ends with NULL. */
extern uint64_t (*const compiled_fast[])(uint64_t number);
extern uint64_t (*const compiled_small[])(uint64_t number);
extern uint64_t (*const compiled_marked[])(uint64_t number);

#endif
