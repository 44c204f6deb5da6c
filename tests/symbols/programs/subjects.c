/* Functions of which the catalogue must find out how they can be patched. Compiled by several
 * compilers with several flags. */

#include "subjects.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT __attribute__((noinline))

__attribute__((noreturn)) void stop(int code);

int counter = 3;
tight_t tight_one = {1, 2, {{3}}};
struct atomic atomic_one;
static int hidden_counter;
struct list *first_list;

/* ------------------------------------------------------------------ what optimisers change */

static KEPT int dropped(int a, int unused, int b)
{
    (void)unused;
    return a * b + counter;
}

static KEPT int constant(int a, int m)
{
    return a % m + a * m + counter;
}

static KEPT int pointed(const int *p, int k)
{
    return *p * k + counter;
}

/* Of what they are given the second half is of no use. */
static KEPT long half(struct pair p)
{
    return p.first * 3 + counter;
}

KEPT long half_of_global(struct pair p)
{
    return p.first * 5 + counter;
}

/* The first one that comes in registers of floats is of no use. */
static KEPT int unlocated(int a, struct two dead, struct two alive)
{
    (void)dead;
    return a + (int)(alive.x * alive.y) + counter;
}

/* So is the first one that comes on the stack. */
static KEPT int pushed(int a, int b, int c, int d, int e, int f, int dead, volatile int alive)
{
    (void)dead;
    alive += counter;
    return a + b + c + d + e + f + alive;
}

static void digest(const void *bytes, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        counter = (counter ^ ((const unsigned char *)bytes)[i]) * 31;
}

/* Of a struct of three bytes gcc says only where it puts it. */
static KEPT int shifted(int a, int dead, struct three alive)
{
    (void)dead;
    digest(alive.bytes, sizeof alive.bytes);
    return a + counter;
}

/* A struct on the stack that is read number by number. */
static KEPT void digested(int a, struct triple t)
{
    double first = t.numbers[0], second = t.numbers[1], third = t.numbers[2];
    digest(&a, sizeof a);
    digest(&first, sizeof first);
    digest(&second, sizeof second);
    digest(&third, sizeof third);
}

static int everywhere(int a)
{
    return a + counter;
}

int somewhere(int a)
{
    return a * 3 + 7;
}

static KEPT int steady(int a, int b)
{
    return a * b + counter;
}

/* A part of it is elsewhere, as it is hardly ever run. */
int parted(int a)
{
    if (a < 0)
        stop(a + counter);
    return a * 5 + counter;
}

/* Two of the same: one body for both, if folded. */
static KEPT int same(int a)
{
    return a * 17 + counter;
}

static KEPT int same_again(int a)
{
    return a * 17 + counter;
}

/* ------------------------------------------------------------------ types */

KEPT int scalars(_Bool b, char c, unsigned char uc, short s, unsigned short us, int i, unsigned u,
                 long l, unsigned long ul, float f, double d)
{
    return b + c + uc + s + us + i + (int)u + (int)l + (int)ul + (int)f + (int)d + counter;
}

KEPT const char *pointers(struct list *l, const struct list *cl, void *v, const char *text,
                          struct opaque *o, int (*callback)(int), color *e)
{
    counter += l->len + cl->len + (v != 0) + (o != 0) + callback(*e);
    return text;
}

KEPT double by_value(struct point p, union number n, struct bits b, color c)
{
    return p.x + p.z + n.d + b.a + b.b + (int)c + counter;
}

KEPT int narrow(struct narrow n)
{
    return n.number + counter;
}

KEPT struct point gives_struct(int a)
{
    return (struct point){a, counter, 1};
}

KEPT struct large gives_large(struct large l)
{
    l.items[1] += counter;
    return l;
}

KEPT float floats(struct vec3 v, struct one o)
{
    return v.x[0] + v.x[2] + o.l + counter;
}

KEPT int on_stack(int a, int b, int c, int d, int e, int f, int g, int h, int i, struct point p)
{
    return a + b + c + d + e + f + g + h + i + p.x + counter;
}

/* The address of what is by value comes on the stack, where it comes by its address. */
KEPT long pointed_on_stack(int a, int b, int c, int d, int e, int f, int g, int h, struct large l)
{
    return a + b + c + d + e + f + g + h + l.items[2] + counter;
}

/* ------------------------------------------------------------------ what cannot cross */

KEPT int variadic(int n, ...)
{
    va_list list;
    va_start(list, n);
    int result = va_arg(list, int) + counter;
    va_end(list);
    return result;
}

KEPT long double long_doubles(long double x)
{
    return x * 2 + counter;
}

KEPT double complexes(_Complex double x)
{
    return __real__ x + counter;
}

KEPT long wide(__int128 x)
{
    return (long)(x >> 70) + counter;
}

KEPT int vectors(four v)
{
    return v[0] + counter;
}

#if defined(__clang__)
KEPT int precise(_ExtInt(37) x)
{
    return (int)x + counter;
}
#endif

KEPT int flexible(struct flexible f)
{
    return f.len + counter;
}

KEPT int promoted(a, f)
int a;
float f;
{
    return a + (int)f + counter;
}

#if defined(__x86_64__)
__attribute__((ms_abi)) KEPT int foreign(int a, int b)
{
    return a - b + counter;
}
#else
KEPT int foreign(int a, int b)
{
    return a - b + counter;
}
#endif

KEPT void stop(int code)
{
    counter = code;
    for (;;)
        __asm__ volatile("" ::: "memory");
}

#if defined(__GNUC__) && !defined(__clang__)
KEPT int nesting(int a)
{
    KEPT int nested(int b)
    {
        return a * b + counter;
    }
    return nested(a) + nested(a + 1);
}
#endif

/* ------------------------------------------------------------------ callers */

static int add_one(int a)
{
    return a + 1;
}

int run(int argc, char **argv)
{
    struct list list = {0, 3, {1, 2, 3}};
    color c = GREEN;
    static int calls;
    calls++;
    first_list = &list;
    hidden_counter += calls;
    int sum = dropped(argc, argc + 2, 3) + dropped(argc + 1, 4, argc) + constant(argc, 7) +
              constant(argc + 2, 7) + pointed(&argc, argc) + pointed(&list.len, argc);
    sum += everywhere(argc) + everywhere(sum) + somewhere(argc) + parted(sum) +
           steady(argc, sum) + steady(sum, argc) + same(argc) + same_again(sum);
    sum += scalars(argc, 'c', 2, 3, 4, 5, 6, 7, 8, 9, 10);
    sum += *pointers(&list, &list, argv, argv[0], 0, add_one, &c);
    sum += (int)by_value((struct point){argc, 2, 3}, (union number){argc}, (struct bits){1, 2, 3},
                         c);
    sum += gives_struct(sum).x + gives_large((struct large){{argc, 2, 3}}).items[1];
    sum += (int)floats((struct vec3){{1, 2, 3}}, (struct one){argc});
    sum += on_stack(1, 2, 3, 4, 5, 6, 7, 8, argc, (struct point){argc, 2, 3});
    sum += half((struct pair){argc, 2}) + half((struct pair){sum, 3}) +
           half_of_global((struct pair){argc, 4}) +
           pointed_on_stack(1, 2, 3, 4, 5, 6, 7, 8, (struct large){{argc, sum, 3}});
    sum += atomic_one.c;
#if defined(__clang__)
    sum += precise(argc);
#endif
    sum += unlocated(argc, (struct two){sum, 2}, (struct two){argc, 3}) +
           unlocated(2, (struct two){3, argc}, (struct two){sum, sum}) +
           pushed(argc, sum, counter, argc, sum, counter, argc, sum) +
           pushed(sum, counter, argc, sum, counter, argc, sum, counter);
    sum += shifted(sum, argc, (struct three){{argc, sum, 1}}) +
           shifted(argc, sum, (struct three){{sum, 3, argc}});
    digested(argc, (struct triple){{argc, 2, sum}});
    digested(sum, (struct triple){{3, sum, argc}});
    sum += narrow((struct narrow){argc});
    sum += flexible((struct flexible){argc});
    sum += variadic(1, argc) + (int)long_doubles(argc) + (int)complexes(argc) + (int)wide(argc) +
           vectors((four){argc}) + promoted(argc, 1.5f) + foreign(argc, 2);
#if defined(__GNUC__) && !defined(__clang__)
    sum += nesting(sum);
#endif
    return sum + hidden_counter;
}

#if !defined(LIBRARY)
int main(int argc, char **argv)
{
    if (argc > 5)
        stop(system(argv[1]) + printf("%d", argc));
    return run(argc, argv) & 1;
}
#endif
