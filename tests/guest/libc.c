#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libc.h"

/*
 * Tests of guest/libc, each a function that gives 0 or the line of what does not hold. Compiled
 * as a module with it, and for this machine with its own C library, which shows that they ask for
 * what C says.
 */

#define CHECK(condition)                                                                         \
    do {                                                                                         \
        if (!(condition))                                                                        \
            return __LINE__;                                                                     \
    } while (0)

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

int test_bytes_are_copied_compared_and_found(void)
{
    char a[32] = "0123456789", b[32];
    CHECK(memcpy(b, a, 11) == b && memcmp(a, b, 11) == 0);
    CHECK(memmove(a + 2, a, 8) == a + 2 && memcmp(a, "0101234567", 11) == 0);
    CHECK(memmove(a, a + 2, 8) == a && memcmp(a, "0123456767", 11) == 0);
    CHECK(memset(b, 'x', 3) == b && memcmp(b, "xxx3", 4) == 0);
    CHECK(sign(memcmp("a\xff", "a\x01", 2)) == 1 && sign(memcmp("a", "b", 1)) == -1);
    CHECK(memcmp("a", "b", 0) == 0);
    CHECK(memchr(a, '4', 10) == a + 4 && memchr(a, '4', 4) == NULL);
    CHECK(memchr("\x80", 0x80, 1) != NULL && memchr("\x80", 0x180, 1) != NULL);
    return 0;
}

int test_strings_are_copied(void)
{
    char to[16];
    CHECK(strcpy(to, "abc") == to && strcmp(to, "abc") == 0);
    CHECK(strcat(to, "def") == to && strcmp(to, "abcdef") == 0);
    CHECK(strncat(to, "ghij", 2) == to && strcmp(to, "abcdefgh") == 0);
    memset(to, 'x', sizeof to);
    CHECK(strncpy(to, "ab", 5) == to && memcmp(to, "ab\0\0\0x", 6) == 0);
    CHECK(strncpy(to, "abcdef", 3) == to && memcmp(to, "abc\0\0x", 6) == 0);
    char *copy = strdup("duplicate");
    bool same = copy && strcmp(copy, "duplicate") == 0;
    free(copy);
    CHECK(same);
    copy = strndup("duplicate", 3);
    same = copy && strcmp(copy, "dup") == 0;
    free(copy);
    CHECK(same);
    return 0;
}

int test_strings_are_measured_and_compared(void)
{
    CHECK(strlen("") == 0 && strlen("four") == 4);
    CHECK(strnlen("four", 2) == 2 && strnlen("four", 9) == 4);
    CHECK(strcmp("a", "a") == 0 && sign(strcmp("a", "ab")) == -1 && sign(strcmp("b", "ab")) == 1);
    CHECK(sign(strcmp("\xff", "a")) == 1);
    CHECK(strncmp("abc", "abd", 2) == 0 && sign(strncmp("abc", "abd", 3)) == -1);
    CHECK(strncmp("a", "b", 0) == 0 && strncmp("a", "a", 9) == 0);
    return 0;
}

int test_strings_are_searched(void)
{
    const char *s = "one two one";
    CHECK(strchr(s, 'o') == s && strchr(s, 'w') == s + 5 && strchr(s, 'z') == NULL);
    CHECK(strchr(s, '\0') == s + 11 && strrchr(s, '\0') == s + 11);
    CHECK(strrchr(s, 'o') == s + 8 && strrchr(s, 'z') == NULL);
    CHECK(strstr(s, "one") == s && strstr(s + 1, "one") == s + 8);
    CHECK(strstr(s, "") == s && strstr(s, "ones") == NULL && strstr("", "a") == NULL);
    CHECK(strstr("aab", "ab") != NULL);
    CHECK(strspn(s, "eno") == 3 && strspn(s, "") == 0 && strspn("aa", "a") == 2);
    CHECK(strcspn(s, " w") == 3 && strcspn(s, "") == 11);
    CHECK(strpbrk(s, "wt") == s + 4 && strpbrk(s, "xyz") == NULL);
    return 0;
}

int test_strings_are_split(void)
{
    char text[] = ",,a,bc;;d,";
    char *rest;
    CHECK(strcmp(strtok_r(text, ",;", &rest), "a") == 0);
    CHECK(strcmp(strtok_r(NULL, ",;", &rest), "bc") == 0);
    CHECK(strcmp(strtok_r(NULL, ",;", &rest), "d") == 0);
    CHECK(strtok_r(NULL, ",;", &rest) == NULL);
    CHECK(strtok_r(NULL, ",;", &rest) == NULL);
    return 0;
}

int test_characters_have_their_classes(void)
{
    for (int c = 0; c < 128; c++) {
        int digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z',
            lower = c >= 'a' && c <= 'z';
        int print = c >= ' ' && c <= '~';
        CHECK(!isdigit(c) == !digit && !isupper(c) == !upper && !islower(c) == !lower);
        CHECK(!isalpha(c) == !(upper || lower) && !isalnum(c) == !(upper || lower || digit));
        CHECK(!isprint(c) == !print && !isgraph(c) == !(print && c != ' '));
        CHECK(!ispunct(c) == !(print && c != ' ' && !upper && !lower && !digit));
        CHECK(!iscntrl(c) == !(c < ' ' || c == 127));
        CHECK(!isspace(c) == !(c && strchr(" \t\n\v\f\r", c)));
        CHECK(!isblank(c) == !(c == ' ' || c == '\t'));
        CHECK(!isxdigit(c) == !(c && strchr("0123456789abcdefABCDEF", c)));
        CHECK(toupper(c) == (lower ? c - 32 : c) && tolower(c) == (upper ? c + 32 : c));
    }
    return 0;
}

int test_numbers_are_read(void)
{
    char *end;
    const char *s = " \t-42xyz";
    CHECK(strtol(s, &end, 10) == -42 && end == s + 5);
    CHECK(strtol("0x1fg", &end, 0) == 31 && *end == 'g');
    CHECK(strtol("0x1f", NULL, 16) == 31 && strtol("077", NULL, 0) == 63);
    CHECK(strtol("z", NULL, 36) == 35 && strtol("+7", NULL, 10) == 7);
    CHECK(strtol("102", &end, 2) == 2 && *end == '2');
    CHECK(strtol("0xg", &end, 16) == 0 && *end == 'x');
    s = "none";
    CHECK(strtol(s, &end, 10) == 0 && end == s);
    s = "  -";
    CHECK(strtol(s, &end, 10) == 0 && end == s);
    CHECK(strtoll("9223372036854775807", NULL, 10) == LLONG_MAX);
    CHECK(strtoll("9223372036854775808", &end, 10) == LLONG_MAX && *end == '\0');
    CHECK(strtoll("-9223372036854775808", NULL, 10) == LLONG_MIN);
    CHECK(strtoll("-99999999999999999999", &end, 10) == LLONG_MIN && *end == '\0');
    CHECK(strtoull("18446744073709551615", NULL, 10) == ULLONG_MAX);
    CHECK(strtoull("18446744073709551616", NULL, 10) == ULLONG_MAX);
    CHECK(strtoul("-1", NULL, 10) == ULONG_MAX);
    CHECK(strtol("99999999999999999999", NULL, 10) == LONG_MAX);
    int (*to_int)(const char *) = atoi; /* what checkers advise against calling is tested too */
    long (*to_long)(const char *) = atol;
    CHECK(to_int("-12 ") == -12 && to_long("345") == 345);
    CHECK(abs(-3) == 3 && labs(-4) == 4 && llabs(-5) == 5);
    return 0;
}

static int compare_ints(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

int test_items_are_sorted_and_found(void)
{
    static int items[1000];
    for (int i = 0; i < 1000; i++)
        items[i] = i * 7919 % 1009;
    qsort(items, 1000, sizeof *items, compare_ints);
    for (int i = 1; i < 1000; i++)
        CHECK(items[i - 1] <= items[i]);
    for (int i = 0; i < 1000; i++)
        CHECK(*(int *)bsearch(&items[i], items, 1000, sizeof *items, compare_ints) == items[i]);
    CHECK(bsearch(&(int){-1}, items, 1000, sizeof *items, compare_ints) == NULL);
    CHECK(bsearch(&(int){5000}, items, 1000, sizeof *items, compare_ints) == NULL);
    CHECK(bsearch(&(int){0}, items, 0, sizeof *items, compare_ints) == NULL);
    char texts[4][6] = {"pear", "apple", "fig", "plum"};
    qsort(texts, 4, sizeof *texts, compare_texts);
    CHECK(strcmp(texts[0], "apple") == 0 && strcmp(texts[3], "plum") == 0);
    qsort(texts, 0, sizeof *texts, compare_texts);
    return 0;
}

int test_memory_is_allocated_kept_apart_and_used_again(void)
{
    enum { COUNT = 200 };
    static char *blocks[COUNT];
    for (int round = 0; round < 20; round++) {
        for (int i = round % 3; i < COUNT; i += 3) { /* frees some, allocates others */
            size_t size = (size_t)(i * 37 % 501) + 1;
            free(blocks[i]);
            blocks[i] = malloc(size);
            CHECK(blocks[i] && (uintptr_t)blocks[i] % 16 == 0);
            memset(blocks[i], i, size);
        }
        for (int i = 0; i < COUNT; i++) {
            for (int j = 0; blocks[i] && j < i * 37 % 501 + 1; j++)
                CHECK(blocks[i][j] == (char)i);
        }
    }
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    free(NULL);
    return 0;
}

int test_allocations_are_cleared_resized_and_refused(void)
{
    int *numbers = calloc(1000, sizeof *numbers);
    CHECK(numbers);
    for (int i = 0; i < 1000; i++) {
        CHECK(numbers[i] == 0);
        numbers[i] = i;
    }
    numbers = realloc(numbers, 100000 * sizeof *numbers);
    CHECK(numbers && numbers[0] == 0 && numbers[999] == 999);
    numbers = realloc(numbers, 10 * sizeof *numbers);
    CHECK(numbers && numbers[9] == 9);
    free(numbers);
    volatile size_t half = SIZE_MAX / 2 + 1; /* more than there can be */
    CHECK(malloc(half) == NULL && calloc(half, 2) == NULL && calloc(half / 2, 8) == NULL);
    void *fresh = realloc(NULL, 5);
    CHECK(fresh);
    free(fresh);
    return 0;
}

int test_memory_does_not_run_out_of_what_is_freed(void)
{
    for (int i = 0; i < 10000; i++) {
        char *a = malloc(1000), *b = malloc((size_t)i + 1), *c = malloc(10000);
        bool all = a && b && c;
        free(b);
        free(a);
        free(c);
        CHECK(all);
    }
    return 0;
}

static int prints(const char *expected, int len, const char *found)
{
    return len == (int)strlen(expected) && strcmp(expected, found) == 0;
}

/* Through a pointer, so that the compiler does not judge the formats. */
static int (*volatile print)(char *into, size_t size, const char *format, ...) = snprintf;

#define PRINTS(expected, ...) CHECK(prints(expected, print(text, sizeof text, __VA_ARGS__), text))

int test_numbers_are_written(void)
{
    char text[80];
    PRINTS("0 -1 2147483647", "%d %i %d", 0, -1, INT_MAX);
    PRINTS("-2147483648", "%d", INT_MIN);
    PRINTS("4294967295 ff FF 17", "%u %x %X %o", UINT_MAX, 255, 255, 15);
    PRINTS("-9223372036854775808", "%lld", LLONG_MIN);
    PRINTS("18446744073709551615", "%llu", ULLONG_MAX);
    PRINTS("-1 255 -1 65535", "%hhd %hhu %hd %hu", 255, 255, 65535, 65535);
    PRINTS("7 8 9", "%zu %ld %jd", (size_t)7, 8L, (intmax_t)9);
    PRINTS("|   42|42   |00042|  042|", "|%5d|%-5d|%05d|%5.3d|", 42, 42, 42, 42);
    PRINTS("+42 +0  42 -42", "%+d %+d % d % d", 42, 0, 42, -42);
    PRINTS("-0042|  -42", "%05d|%5d", -42, -42);
    PRINTS("0xff 0XFF 017 0", "%#x %#X %#o %#x", 255, 255, 15, 0);
    PRINTS("0x00ff|  0xff", "%#06x|%#6x", 255, 255);
    PRINTS("||7|", "|%.0d|%.0d|", 0, 7);
    return 0;
}

int test_texts_are_written(void)
{
    char text[80];
    PRINTS("plain 100%", "plain %d%%", 100);
    PRINTS("a text b", "%c %s %c", 'a', "text", 'b');
    PRINTS("|   ab|ab   |ab|", "|%5s|%-5s|%.2s|", "ab", "ab", "abcdef");
    PRINTS("|  abc|", "|%*.*s|", 5, 3, "abcdef");
    PRINTS("|abc  |", "|%*s|", -5, "abc");
    PRINTS("|    x|", "|%5c|", 'x');
    PRINTS("0x1f", "%p", (void *)31);
    PRINTS("", "%s", "");
    return 0;
}

int test_what_does_not_fit_is_cut_and_counted(void)
{
    char text[8];
    memset(text, '#', sizeof text);
    const char *volatile long_text = "0123456789";
    CHECK(print(text, 4, "%s", long_text) == 10 && memcmp(text, "012\0#", 5) == 0);
    CHECK(print(text, 1, "%s", long_text) == 10 && text[0] == '\0');
    CHECK(print(NULL, 0, "%s-%d", long_text, 7) == 12);
    return 0;
}

int test_chance_repeats_after_its_seed(void)
{
    srand(5);
    int first = rand(), second = rand();
    CHECK(first >= 0 && first <= RAND_MAX && first != second);
    srand(5);
    CHECK(rand() == first && rand() == second);
    return 0;
}

int test_what_is_asserted_holds(void)
{
    assert(1 + 1 == 2);
    return 0;
}
