#ifndef WISP_TESTS_PATCH_PROGRAM_H
#define WISP_TESTS_PATCH_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* A program whose functions are patched: compiled with a sled at each, and seen by the patches in
 * fixes/ as its own sources see it. */

typedef struct order {
    int32_t id, quantity;
    double price;
    struct order *next;
    char name[16];
} order;

typedef struct pair {
    int64_t left, right;
} pair;

typedef struct crate {
    int64_t items[8];
} crate;

extern order *g_orders;                             /* three of them: 1, 2, 3 */
extern int32_t g_discount;                          /* percent */
extern int32_t (*const hidden_function)(int32_t n); /* a static function: five times [n] */
extern const char g_title[7];                       /* "orders", not to be written */

int32_t add(int32_t a, int32_t b);              /* their sum */
double order_total(const order *o, double tax); /* quantity times price, and tax on it */
int32_t depth_of(int32_t n);                    /* n, found by calling itself as often */
int32_t length_of(const char *text);
void rename_order(order *o, const char *name);
pair swap(pair p);
crate fill(int64_t from, crate like); /* from, from + 1, …, and what [like] has */
int64_t sum_of_ten(int64_t a, int32_t b, int64_t c, int16_t d, int64_t e, uint8_t f, int64_t g,
                   int32_t h, double i, int64_t j);
int32_t left(void);  /* 1 … */
int32_t right(void); /* … and 1: what patches change together */
int32_t with_callback(int32_t (*callback)(void *user), void *user); /* calls it, and adds 1 */
order *first_order(void);
int32_t spare(void);             /* 7; its sled stays as the compiler made it */
void *own_malloc(size_t size);   /* malloc … */
void own_free(void *block);      /* … and free */
void *allocate_once(void *done); /* for a thread: 1 to *(int32_t *)done if it could */

#endif
