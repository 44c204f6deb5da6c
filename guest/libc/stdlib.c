#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void abort(void)
{
    __builtin_trap();
}

int abs(int n)
{
    return n < 0 ? -n : n;
}

long labs(long n)
{
    return n < 0 ? -n : n;
}

long long llabs(long long n)
{
    return n < 0 ? -n : n;
}

/* ------------------------------------------------------------------ numbers from text */

static int digit_of(char c)
{
    if (isdigit(c))
        return c - '0';
    return isalpha(c) ? tolower(c) - 'a' + 10 : INT_MAX;
}

/* Skips "0x" where [base] is 16 or 0; what the base then is. */
static int take_base(const char **s, int base)
{
    const char *at = *s;
    bool is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && digit_of(at[2]) < 16;
    if (is_hex && (base == 0 || base == 16)) {
        *s += 2;
        return 16;
    }
    if (base == 0)
        return *at == '0' ? 8 : 10;
    return base;
}

/* The number without its sign, [max] where it is larger. */
static unsigned long long parse(const char *s, char **end, int base, bool *is_negative,
                                unsigned long long max_positive, unsigned long long max_negative)
{
    const char *at = s + strspn(s, " \t\n\v\f\r");
    *is_negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    unsigned long long max = *is_negative ? max_negative : max_positive, value = 0;
    base = take_base(&at, base);
    bool any = false, fits = true;
    for (int digit; (digit = digit_of(*at)) < base; at++) {
        any = true;
        fits = fits && value <= (max - (unsigned)digit) / (unsigned)base;
        value = fits ? value * (unsigned)base + (unsigned)digit : max;
    }
    if (end)
        *end = (char *)(uintptr_t)(any ? at : s);
    return value;
}

long long strtoll(const char *s, char **end, int base)
{
    bool is_negative;
    unsigned long long value =
        parse(s, end, base, &is_negative, LLONG_MAX, (unsigned long long)LLONG_MAX + 1);
    return (long long)(is_negative ? 0 - value : value);
}

unsigned long long strtoull(const char *s, char **end, int base)
{
    bool is_negative;
    unsigned long long value = parse(s, end, base, &is_negative, ULLONG_MAX, ULLONG_MAX);
    return is_negative ? 0 - value : value;
}

long strtol(const char *s, char **end, int base)
{
    bool is_negative;
    unsigned long long value =
        parse(s, end, base, &is_negative, LONG_MAX, (unsigned long long)LONG_MAX + 1);
    return (long)(is_negative ? 0 - value : value);
}

unsigned long strtoul(const char *s, char **end, int base)
{
    bool is_negative;
    unsigned long long value = parse(s, end, base, &is_negative, ULONG_MAX, ULONG_MAX);
    return (unsigned long)(is_negative ? 0 - value : value);
}

int atoi(const char *s)
{
    return (int)strtol(s, NULL, 10);
}

long atol(const char *s)
{
    return strtol(s, NULL, 10);
}

/* ------------------------------------------------------------------ sorting, searching */

static void swap(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

/* Lets the item at [root] sink to its place in the heap of [count] items. */
static void sink(char *items, size_t root, size_t count, size_t size,
                 int (*compare)(const void *, const void *))
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + root * size, items + child * size) >= 0)
            return;
        swap(items + root * size, items + child * size, size);
    }
}

void qsort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    for (size_t root = count / 2; root-- > 0;)
        sink(items, root, count, size, compare);
    while (count > 1) {
        swap(items, (char *)items + --count * size, size);
        sink(items, 0, count, size, compare);
    }
}

void *bsearch(const void *key, const void *items, size_t count, size_t size,
              int (*compare)(const void *, const void *))
{
    const char *first = items;
    while (count > 0) {
        const char *middle = first + count / 2 * size;
        int order = compare(key, middle);
        if (order == 0)
            return (void *)(uintptr_t)middle;
        if (order > 0) {
            first = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

/* ------------------------------------------------------------------ chance */

static uint64_t random_state = 1;

void srand(unsigned seed)
{
    random_state = seed;
}

/* A linear congruential generator, of which the high bits are the good ones. */
int rand(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)(random_state >> 33);
}
