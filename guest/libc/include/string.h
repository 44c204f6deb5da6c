#ifndef WISP_LIBC_STRING_H
#define WISP_LIBC_STRING_H

#include <stddef.h>

void *memchr(const void *s, int c, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int c, size_t size);

char *strcat(char *to, const char *from);
char *strchr(const char *s, int c);
int strcmp(const char *a, const char *b);
char *strcpy(char *to, const char *from);
size_t strcspn(const char *s, const char *reject);
char *strdup(const char *s);
size_t strlen(const char *s);
char *strncat(char *to, const char *from, size_t max);
int strncmp(const char *a, const char *b, size_t max);
char *strncpy(char *to, const char *from, size_t max);
char *strndup(const char *s, size_t max);
size_t strnlen(const char *s, size_t max);
char *strpbrk(const char *s, const char *accept);
char *strrchr(const char *s, int c);
size_t strspn(const char *s, const char *accept);
char *strstr(const char *s, const char *part);
char *strtok_r(char *s, const char *between, char **rest);

#endif
