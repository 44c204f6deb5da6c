#include "shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT __attribute__((noinline))

int discount = 10;
order *orders;
static int audited;
holder held;
static struct { /* of a type that shop.h does not bring along */
    jmp_buf place;
    int is_there;
} exit_place;

/* Another file has one of that name. */
static KEPT int hash(const char *text)
{
    int h = 0;
    while (*text)
        h = h * 31 + *text++;
    return h;
}

static KEPT int audit(const char *what, int code)
{
    printf("audit %s %d\n", what, code);
    return audited += code;
}

double order_total(const order *o, double tax)
{
    if (o->quantity > 1000)
        audit("many", o->quantity);
    double total = o->quantity * o->price;
    return total + total * tax - discount;
}

struct pair pair_add(struct pair p, int k)
{
    return (struct pair){p.a + k, p.b + k};
}

int pair_sum(int k)
{
    struct pair p = pair_add((struct pair){k, k}, 1);
    return p.a + (int)p.b;
}

enum color order_color(order *o, enum small size, bool flag, char c, signed char s)
{
    o->size = size;
    o->is_open = flag;
    o->level = s;
    return c == 'r' ? RED : o->color;
}

void holder_set(holder *h, number *n)
{
    h->dense.i = (int)n->bits;
    h->wide.c = 'w';
}

static double visit_note(const order *o, void *user)
{
    return o->id + *(int *)user;
}

int visit_all(order *list, order_visit *visit, void *user)
{
    int count = 0;
    for (; list; list = list->next)
        count += visit(list, user) > 0;
    return count;
}

long double exact_total(const order *o, long double tax)
{
    return o->exact * tax;
}

int total_of_list(int count, va_list list)
{
    int total = 0;
    while (count--)
        total += va_arg(list, int);
    return total;
}

int total_of(int count, ...)
{
    va_list list;
    va_start(list, count);
    int total = total_of_list(count, list);
    va_end(list);
    return total;
}

static inline int twice(int x)
{
    return x * 2 + discount;
}

int small_twice(int x)
{
    return twice(x) + twice(x + 1);
}

int many(char a, short b, int c, long d, float e, double f, void *g, long h, long i, int j)
{
    return (int)(a + b + c + d + (long)e + (long)f + (g != NULL) + h + i + j);
}

int(shop_hash)(const char *text)
{
    return hash(text);
}

int main(int argc, char **argv)
{
    static int secret = 5;
    order o = {.id = 1, .quantity = argc, .price = 2.5, .note = argv[0], .color = GREEN};
    number n = {.f = 1};
    orders = &o;
    holder_set(&held, &n);
    printf("total %g\n", order_total(&o, 0));
    printf("pair %d\n", pair_sum(argc));
    printf("color %d\n", order_color(&o, TINY, true, 'x', -1));
    printf("visited %d\n", visit_all(&o, visit_note, &secret));
    printf("many %d\n", many(1, 2, 3, 4, 5, 6, NULL, 8, 9, 10));
    printf("hash %d %d\n", shop_hash("a"), other_hash("a"));
    printf("twice %d of %d\n", small_twice(argc), total_of(2, 1, 2));
    exit_place.is_there = setjmp(exit_place.place);
    printf("exact %Lg\n", exact_total(&o, 2));
    return 0;
}
