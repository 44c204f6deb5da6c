#ifndef SHOP_PRICE_H
#define SHOP_PRICE_H

/* What somebody wants to buy. */
struct order {
    char item[16];
    int quantity;
    char code[16]; /* for a discount; "" for none */
};

/* How often each item was asked for, and what it costs, in cents. */
struct item {
    const char *name;
    long price;
    unsigned long asked;
};

extern struct item catalogue[];
extern const int catalogue_len;

/* What [order] costs, in cents; -1 for an item that is not sold here. */
long price_of(const struct order *order);

#endif
