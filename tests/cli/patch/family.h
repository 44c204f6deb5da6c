// Classes whose bodies debug information has in one file alone, or in none.
#ifndef FAMILY_H
#define FAMILY_H

#include <stdexcept>

#define KEPT __attribute__((noinline))

struct ancestor {
    virtual ~ancestor();
    virtual int age() const;
    int years = 90;
};

struct heir : ancestor { // whose key function is in family.cc, and so are the bodies of both
    int age() const override;
    ancestor others[2];
    char tail = 't';
};

struct failure : std::runtime_error { // of whose base the library has the body
    failure() : std::runtime_error("none"), code(7)
    {
    }
    int code;
};

KEPT inline int doubled(int x)
{
    return 2 * x;
}

int oldest(const heir &h);

#endif
