#ifndef WISP_LIBC_STDLIB_H
#define WISP_LIBC_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX     0x7fffffff

/* From memory that is grown as it is needed; aligned to 16 bytes. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *block);

/* Too large a number becomes the largest there is; there is no errno. */
long strtol(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);
long long strtoll(const char *s, char **end, int base);
unsigned long long strtoull(const char *s, char **end, int base);
int atoi(const char *s);
long atol(const char *s);

int abs(int n);
long labs(long n);
long long llabs(long long n);

/* In n log n steps, whatever the order. */
void qsort(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b));
void *bsearch(const void *key, const void *items, size_t count, size_t size,
              int (*compare)(const void *key, const void *item));

/* The same numbers after the same seed; not fit for keys. */
int rand(void);
void srand(unsigned seed);

_Noreturn void abort(void); /* traps */

#endif
