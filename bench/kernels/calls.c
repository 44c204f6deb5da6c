/* What the measurement of calls runs: a call into the module, and calls out of it. */

__attribute__((import_module("bench"), import_name("step"))) int step(int x);

__attribute__((import_module("bench"), import_name("raw"))) int raw(int x);

__attribute__((import_module("bench"), import_name("look"))) int look(const char *bytes,
                                                                      int size);

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

int raw_out(int times)
{
    int x = 0;
    for (int i = 0; i < times; i++)
        x = raw(x);
    return x;
}

int look_out(int times)
{
    static const char bytes[64];
    int x = 0;
    for (int i = 0; i < times; i++)
        x += look(bytes, 64);
    return x;
}
