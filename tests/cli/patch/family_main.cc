#include "family.h"

KEPT int oldest(const heir &h)
{
    return h.age() > h.others[0].age() ? h.age() : h.others[1].age();
}

KEPT int why(const failure &f)
{
    return doubled(f.code);
}

int main()
{
    heir h;
    return oldest(h) + why(failure()) == 0;
}
