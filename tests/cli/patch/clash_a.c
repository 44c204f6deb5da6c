/* Two files that call different things alike. */
#include <stdio.h>

struct item {
    int size;
};

typedef struct {
    char name[8];
} label;

int b_get(const void *at);

__attribute__((noinline)) int a_get(const struct item *item, const label *label)
{
    return item->size + label->name[0];
}

int main(void)
{
    struct item item = {1};
    label label = {"x"};
    long other[4] = {1, 2, 3, 4};
    printf("%d %d\n", a_get(&item, &label), b_get(other));
    return 0;
}
