#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

/* Removes the folder that a test worked in, with all that is in it. 0 if that went well; links
 * are removed, not followed. */
int scratch_remove(const char *path);

#endif
