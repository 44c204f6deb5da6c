#include "family.h"

KEPT int oldest(const heir &h)
{
    return h.age() > h.others[0].age() ? h.age() : h.others[1].age();
}

KEPT int why(const failure &f)
{
    return doubled(f.code);
}

template <typename... T> KEPT int long_name(T... all) // of more than 255 letters
{
    return sizeof...(all);
}

struct tag {};
struct narrow_tag : tag {}; // of which nothing is handed over

KEPT int tagged(int before, narrow_tag, int after)
{
    return before - after;
}

int main()
{
    heir h;
    return oldest(h) + why(failure()) + tagged(3, narrow_tag(), 2) +
               long_name(std::string("a"), std::string("b"), std::string("c"), std::string("d")) ==
           0;
}
