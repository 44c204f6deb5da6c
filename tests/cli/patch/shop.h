#ifndef SHOP_H
#define SHOP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A program with every kind of type that a patch may meet. */

enum color { RED, GREEN = 7, BLUE = -1 };
enum __attribute__((packed)) small { TINY = 1, LITTLE = 200 };

typedef struct order order;
typedef struct opaque opaque; /* whose body no file has */
typedef double order_visit(const order *o, void *user);
typedef int (*comparison)(const void *, const void *);

struct pair {
    int a;
    double b;
};

struct order {
    int id;
    int quantity;
    double price;
    order *next;
    const char *note;
    unsigned flag : 3, kind : 5;
    unsigned : 4;
    signed level : 6;
    uint64_t wide : 40;
    union {
        int whole;
        double part;
        struct {
            short x, y;
        };
    };
    struct {
        uint8_t r, g, b;
    } shade;
    enum color color;
    enum small size;
    bool is_open;
    comparison compare;
    order_visit *visit;
    const char *const names[2];
    int matrix[2][3];
    void (*handlers[2])(order *, int (*)(void));
    volatile long counter;
    opaque *secret;
    struct pair *const fixed;
    long double exact;
    int tail[];
};

struct __attribute__((packed)) dense {
    char c;
    int i;
    short s;
};

struct __attribute__((aligned(64))) wide {
    char c;
};

typedef struct {
    int typeof_, int_;
    struct dense dense;
    struct wide wide;
} holder;

typedef union {
    float f;
    uint32_t bits;
    uint_least64_t least;
    int_fast16_t fast; /* of 64 bits here, and of 16 in WebAssembly */
} number;

double order_total(const order *o, double tax);
struct pair pair_add(struct pair p, int k);
int pair_sum(int k);
enum color order_color(order *o, enum small size, bool flag, char c, signed char s);
void holder_set(holder *h, number *n);
int visit_all(order *list, order_visit *visit, void *user);
long double exact_total(const order *o, long double tax);
int total_of(int count, ...);
int total_of_list(int count, va_list list);
int other_hash(const char *text);
int shop_hash(const char *text);
int small_twice(int x);
#define shop_hash(text) (shop_hash)(text) /* as some headers have, to be fast or safe */
int many(char a, short b, int c, long d, float e, double f, void *g, long h, long i, int j);

extern int discount;
extern order *orders;

#endif
