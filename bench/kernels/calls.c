/* What the measurement of calls runs: a call into the module, and calls out of it. */

__attribute__((import_module("bench"), import_name("step"))) int step(int x);

int bump(int x)
{
    return x + 1;
}

int call_out(int times)
{
    int x = 0;
    for (int i = 0; i < times; i++)
        x = step(x);
    return x;
}
