#ifndef PRELOAD_TRY_H
#define PRELOAD_TRY_H

/*
 * `wisp patch try FILE -- PROGRAM …`: applies the patch in [path] to this process, if it is the
 * program that the patch is for, with all that the patch asks for, and says on standard error
 * what becomes of it. There are no signatures: whoever says what a program is started with can do
 * anything to it.
 */
void preload_try(const char *path);

/* Says what was called how often, if a patch was applied. */
void preload_try_end(void);

#endif
