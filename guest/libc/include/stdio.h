#ifndef WISP_LIBC_STDIO_H
#define WISP_LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Formatting into memory: a module has no files. %d %i %u %o %x %X %c %s %p %% with all flags,
 * widths, precisions and lengths of C; no floating point.
 */
int snprintf(char *into, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int vsnprintf(char *into, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
