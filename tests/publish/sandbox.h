#ifndef TESTS_PUBLISH_SANDBOX_H
#define TESTS_PUBLISH_SANDBOX_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "publish/publish.h"
#include "publish/repository.h"
#include "publish/roles.h"

#define WISP_STABLE WISP_ROLE_LEN /* the number of the first channel */

/* A temporary folder on the real disk, and in it a project: setup and teardown of a test. */

typedef struct sandbox {
    char dir[64];
    char paths[8][256]; /* of sandbox_path, in turn */
    int path_at;
    wisp_os os; /* the real one, but for [time] */
    int64_t time;
} sandbox;

int sandbox_setup(void **state);         /* the folder alone */
int sandbox_setup_project(void **state); /* with a project in it, made at 2030-01-01 */
int sandbox_teardown(void **state);

/* The test [name] in the folder alone, or with a project in it. */
#define EMPTY(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
#define PROJECT(name)                                                                            \
    cmocka_unit_test_setup_teardown(name, sandbox_setup_project, sandbox_teardown)

/* The path of [name] in the folder; good until eight more were asked for. */
const char *sandbox_path(sandbox *s, const char *name);

bool sandbox_has(sandbox *s, const char *name);
unsigned sandbox_mode(sandbox *s, const char *name);
void sandbox_write(sandbox *s, const char *name, const char *text);
/* The whole file, NUL-terminated; free it. */
char *sandbox_read(sandbox *s, const char *name);
/* Replaces [old], which must be there once or more, by [new] in the file. */
void sandbox_edit(sandbox *s, const char *name, const char *old, const char *new);

wisp_project *sandbox_open(sandbox *s);
/* Publishes [content] as [version]; must work. */
wisp_published sandbox_publish(sandbox *s, const char *content, uint64_t version);

/* The same to a channel, for what the caller looks at; deinit [out]. */
void sandbox_publish_to(sandbox *s, const char *channel, const char *content, uint64_t version,
                        wisp_published *out);

/* Verifies the repository and all its targets, which must work. Deinit [out]. */
void sandbox_verify(sandbox *s, wisp_repository *out);

/* Fails the test unless [status] is OK, with the error's text. */
#define assert_ok(status, err)                                                                   \
    do {                                                                                         \
        if ((status) != WISP_OK)                                                                 \
            fail_msg("%s", (err).text);                                                          \
    } while (0)

/* Fails the test unless [text] has [part] in it. */
#define assert_contains(text, part)                                                              \
    do {                                                                                         \
        if (!strstr(text, part))                                                                 \
            fail_msg("'%s' has no '%s' in it", text, part);                                      \
    } while (0)

#endif
