#include "program.h"

#include <stdlib.h>
#include <string.h>

static order third = {3, 30, 0.5, NULL, "three"};
static order second = {2, 20, 1.5, &third, "two"};
static order first = {1, 10, 2.5, &second, "one"};
order *g_orders = &first;
int32_t g_discount = 10;
const char g_title[7] = "orders";

int32_t add(int32_t a, int32_t b)
{
    return a + b;
}

/* Which no other file can call. */
static __attribute__((noinline)) int32_t hidden(int32_t n)
{
    return n * 5;
}

int32_t (*const hidden_function)(int32_t n) = hidden;

double order_total(const order *o, double tax)
{
    double net = o->quantity * o->price;
    return net + net * tax;
}

/* By way of a pointer, lest it becomes a loop. */
static int32_t (*volatile deeper)(int32_t n) = depth_of;

int32_t depth_of(int32_t n)
{
    return n <= 0 ? 0 : deeper(n - 1) + 1;
}

int32_t length_of(const char *text)
{
    return (int32_t)strlen(text);
}

void rename_order(order *o, const char *name)
{
    strncpy(o->name, name, sizeof o->name - 1);
    o->name[sizeof o->name - 1] = '\0';
}

pair swap(pair p)
{
    return (pair){p.right, p.left};
}

crate fill(int64_t from, crate like)
{
    for (int i = 0; i < 8; i++)
        like.items[i] += from + i;
    return like;
}

int64_t sum_of_ten(int64_t a, int32_t b, int64_t c, int16_t d, int64_t e, uint8_t f, int64_t g,
                   int32_t h, double i, int64_t j)
{
    return a + b + c + d + e + f + g + h + (int64_t)i + j;
}

int32_t left(void)
{
    return 1;
}

int32_t right(void)
{
    return 1;
}

int32_t with_callback(int32_t (*callback)(void *user), void *user)
{
    return callback(user) + 1;
}

order *first_order(void)
{
    return g_orders;
}

int32_t spare(void)
{
    return 7;
}

/* Which no compiler may put into the next function: it would not be patched there. */
__attribute__((noinline)) void *own_malloc(size_t size)
{
    return malloc(size);
}

void own_free(void *block)
{
    free(block);
}

void *allocate_once(void *done)
{
    void *block = own_malloc(100);
    *(int32_t *)done = block != NULL;
    own_free(block);
    return NULL;
}
