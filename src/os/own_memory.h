#ifndef WISP_OS_OWN_MEMORY_H
#define WISP_OS_OWN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The process's own memory by way of the system (process_vm_readv, process_vm_writev), which
 * takes any address: false if the [size] bytes at [address] cannot be read or written, or where
 * the system does not allow to ask. Some of them may have been copied then. errno stays as it is.
 * Any thread.
 */
bool wisp_own_memory_read(uint64_t address, void *into, size_t size);
bool wisp_own_memory_write(uint64_t address, const void *from, size_t size);

#endif
