#include "args.h"

#include <string.h>

#define LEN_MAX 32

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* How many letters must be put in, left out, changed or swapped with the next one. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LEN_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LEN_MAX || b_len > LEN_MAX)
        return LEN_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && above2[j - 2] + 1 < row[j])
                row[j] = above2[j - 2] + 1;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *nearest_name(const char *typed, const char *const *names, size_t len)
{
    const char *nearest = NULL;
    size_t least = strlen(typed) / 3 + 2; /* further away is another word */
    for (size_t i = 0; i < len; i++) {
        size_t d = distance(typed, names[i]);
        bool begins = strlen(typed) >= 2 && strncmp(names[i], typed, strlen(typed)) == 0;
        if (begins)
            d = 1;
        if (d < least) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}
