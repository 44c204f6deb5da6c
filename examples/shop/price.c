#include "price.h"

#include <string.h>

struct item catalogue[] = {{"tea", 450, 0}, {"coffee", 780, 0}, {"mug", 1290, 0}};
const int catalogue_len = sizeof catalogue / sizeof *catalogue;

static struct item *find(const char *name)
{
    for (int i = 0; i < catalogue_len; i++)
        if (strcmp(catalogue[i].name, name) == 0)
            return &catalogue[i];
    return NULL;
}

/* Large orders are cheaper, by percent. */
static long volume_discount(long total, int quantity)
{
    int percent = quantity >= 100 ? 20 : quantity >= 10 ? 5 : 0;
    return total - total * percent / 100;
}

/* The bug: nobody asks whether the quantity is a sensible one. Who orders -3 is paid for it. */
long price_of(const struct order *order)
{
    struct item *item = find(order->item);
    if (!item)
        return -1;
    __atomic_fetch_add(&item->asked, 1, __ATOMIC_RELAXED);
    long total = volume_discount(item->price * order->quantity, order->quantity);
    return strcmp(order->code, "HALF") == 0 ? total / 2 : total;
}
