/* Functions whose names lead elsewhere. */

int counter = 3;

/* The one of names_strong.c is called in its place. */
__attribute__((weak, noinline)) int hook(int a)
{
    return a + counter;
}

/* Nobody else has one. */
__attribute__((weak, noinline)) int own_hook(int a)
{
    return a * 3 + counter;
}

__attribute__((noinline)) int real(int a)
{
    return a * 5 + counter;
}

int other(int a) __attribute__((alias("real")));

static int old_choice(int a)
{
    return a * 7 + counter;
}

static int new_choice(int a)
{
    return a * 11 + counter;
}

static int (*choose(void))(int)
{
    return __builtin_cpu_supports("avx2") ? new_choice : old_choice;
}

int choice(int a) __attribute__((ifunc("choose")));

int main(int argc, char **argv)
{
    (void)argv;
    return hook(argc) + own_hook(argc) + real(argc) + other(argc) + choice(argc);
}
