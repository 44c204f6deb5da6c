#ifndef WISP_BASE_CHECKSUM_H
#define WISP_BASE_CHECKSUM_H

#include <wisp/base.h>

/*
 * 64 bits that tell bytes from others that came about by mistake, as a write that was cut short;
 * not from those that somebody has made to have the same sum. Eight bytes a step, so that it
 * costs nothing beside a copy. docs/formats.md has the arithmetic.
 */
uint64_t wisp_checksum(wisp_bytes bytes);

#endif
