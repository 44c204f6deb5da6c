#ifndef WISP_RELEASE_DRAW_H
#define WISP_RELEASE_DRAW_H

#include <wisp/base.h>

/*
 * A number that is the same whenever the same [len] texts are given, and as good as random
 * between others: the first 8 bytes, big-endian, of the SHA-256 of the texts with a line end
 * between them. False only if the crypto library is out of memory. Any thread.
 */
bool wisp_draw(const char *const texts[], size_t len, uint64_t *out);

#endif
