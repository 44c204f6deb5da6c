#include <stdio.h>

/* Patches a function as a device would: by a store to its slot. */

int twice(int a);
int four_times(int a);
__attribute__((visibility("hidden"))) int less(int a);
extern int (*__wisp_slot_twice)(int) __attribute__((visibility("hidden")));
extern int (*__wisp_slot_less)(int) __attribute__((visibility("hidden")));

static int ten_times(int a)
{
    return 10 * a;
}

static int more(int a)
{
    return a + 100;
}

int main(void)
{
    printf("%d %d %d ", twice(3) + 1, four_times(3) + 2, less(2));
    __wisp_slot_twice = ten_times;
    __wisp_slot_less = more;
    printf("patched: %d %d %d\n", twice(10), four_times(2), less(1));
    return 0;
}
