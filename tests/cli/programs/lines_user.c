#include "wisp.h"

__attribute__((import_module("lines"), import_name("run"))) int lines_run(int a);

WISP_EXPORT("use") int use(int a)
{
    return lines_run(a) + 1;
}
