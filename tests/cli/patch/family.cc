#include "family.h"

ancestor::~ancestor() {}

KEPT int ancestor::age() const
{
    return doubled(years);
}

KEPT int heir::age() const
{
    return years / 2;
}
