#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t strnlen(const char *s, size_t max)
{
    const char *end = memchr(s, '\0', max);
    return end ? (size_t)(end - s) : max;
}

/* ------------------------------------------------------------------ copying */

char *strcpy(char *to, const char *from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *to, const char *from, size_t max)
{
    size_t len = strnlen(from, max);
    memcpy(to, from, len);
    memset(to + len, '\0', max - len);
    return to;
}

char *strncat(char *to, const char *from, size_t max)
{
    size_t len = strnlen(from, max);
    char *end = to + strlen(to);
    memcpy(end, from, len);
    end[len] = '\0';
    return to;
}

char *strcat(char *to, const char *from)
{
    strcpy(to + strlen(to), from);
    return to;
}

char *strndup(const char *s, size_t max)
{
    size_t len = strnlen(s, max);
    char *copy = malloc(len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *strdup(const char *s)
{
    return strndup(s, SIZE_MAX - 1);
}

/* ------------------------------------------------------------------ comparing */

int strncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++) {
        uint8_t left = (uint8_t)a[i], right = (uint8_t)b[i];
        if (left != right || left == '\0')
            return left - right;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

/* ------------------------------------------------------------------ searching */

char *strchr(const char *s, int c)
{
    return memchr(s, c, strlen(s) + 1);
}

char *strrchr(const char *s, int c)
{
    for (size_t i = strlen(s) + 1; i-- > 0;) {
        if (s[i] == (char)c)
            return (char *)(uintptr_t)(s + i);
    }
    return NULL;
}

/* How many characters at the start of [s] are among [set], or are not. */
static size_t span(const char *s, const char *set, bool among)
{
    size_t len = 0;
    while (s[len] != '\0' && !!strchr(set, s[len]) == among)
        len++;
    return len;
}

size_t strspn(const char *s, const char *accept)
{
    return span(s, accept, true);
}

size_t strcspn(const char *s, const char *reject)
{
    return span(s, reject, false);
}

char *strpbrk(const char *s, const char *accept)
{
    s += strcspn(s, accept);
    return *s ? (char *)(uintptr_t)s : NULL;
}

char *strstr(const char *s, const char *part)
{
    size_t len = strlen(part);
    for (;; s++) {
        if (strncmp(s, part, len) == 0)
            return (char *)(uintptr_t)s;
        if (*s == '\0')
            return NULL;
    }
}

char *strtok_r(char *s, const char *between, char **rest)
{
    char *word = s ? s : *rest;
    word += strspn(word, between);
    *rest = word + strcspn(word, between);
    if (*word == '\0')
        return NULL;
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}
