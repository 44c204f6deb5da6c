/* A function that has a body and copies in two callers. */
#include <stdio.h>

static int rate = 3;

int price(int weight)
{
    return weight * rate + 1;
}

__attribute__((noinline)) int cheapest(int a, int b)
{
    return price(a) < price(b) ? a : b;
}

__attribute__((noinline)) int dearest(int a, int b)
{
    return price(a) > price(b) ? a : b;
}

int main(int argc, char **argv)
{
    (void)argv;
    rate = argc;
    printf("%d %d\n", cheapest(1, 2), dearest(1, 2));
    return 0;
}
