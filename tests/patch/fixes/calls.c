#include "fix.h"

WISP_ORIGINAL(order_total) double original_order_total(const order *o, double tax);
WISP_ORIGINAL(depth_of) int32_t original_depth_of(int32_t n);
WISP_ORIGINAL(length_of) int32_t original_length_of(const char *text);
WISP_PROGRAM(add) int32_t add(int32_t a, int32_t b);
WISP_PROGRAM(hidden) int32_t hidden(int32_t n);
WISP_PROGRAM(rename_order) void rename_order(order *o, const char *name);
WISP_SYSTEM(strlen) size_t strlen(const char *text);
WISP_SYSTEM_AS(snprintf, print_number)
int print_number(char *into, size_t size, const char *format, int number);

extern int32_t g_discount;
WISP_GLOBAL(g_discount);
#define g_discount WISP_AT(g_discount)

static char name[16];

/* Looks behind a pointer, at a variable and at other functions, and writes to all of them. */
WISP_PATCH(order_total) double order_total(const order *o, double tax)
{
    if (o->quantity < 0)
        return 0;
    double sum = original_order_total(o, tax) + original_order_total(o->next, tax);
    print_number(name, sizeof name, "no. %d", o->id);
    rename_order((order *)o, name);
    ((order *)o)->quantity = add(o->quantity, hidden(1));
    g_discount += (int32_t)strlen(o->name);
    return sum;
}

/* Calls itself by way of the original. */
WISP_PATCH(depth_of) int32_t depth_of(int32_t n)
{
    return original_depth_of(n) + 1;
}

/* A text of its own goes out, and one of the program's. */
WISP_PATCH(length_of) int32_t length_of(const char *text)
{
    static const char more[] = "four";
    return original_length_of(text) * 100 + original_length_of(more);
}
