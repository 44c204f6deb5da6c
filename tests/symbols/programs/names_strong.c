/* The function that names.c has a weak one of. */

extern int counter;

int hook(int a)
{
    return a * 2 + counter;
}
