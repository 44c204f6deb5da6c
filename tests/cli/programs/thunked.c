/* Functions that are called through slots: by each other, and from another file. */

int twice(int a)
{
    return 2 * a;
}

int four_times(int a)
{
    return twice(twice(a));
}

__attribute__((visibility("hidden"))) int less(int a)
{
    return a - 1;
}
