#ifndef WISP_TESTS_PATCH_THROW_H
#define WISP_TESTS_PATCH_THROW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In C++: throws *(int32_t *)user. */
int32_t throw_it(void *user);

/* Calls with_callback(throw_it, &number) and returns what it catches, negative; or what was
 * returned. */
int32_t catch_it(int32_t number);

/* Calls that with [user] two numbers: throws the first within catch_it, and returns what that
 * caught. */
int32_t catch_within(void *user);

/* How many frames' destructors have run. */
int32_t destroyed(void);

#ifdef __cplusplus
}
#endif

#endif
