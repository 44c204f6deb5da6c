#include "throw.h"

extern "C" {
#include "program.h"
}

namespace
{
int32_t count;

struct witness {
    ~witness()
    {
        count++;
    }
};
} // namespace

int32_t throw_it(void *user)
{
    witness here;
    throw *static_cast<int32_t *>(user);
}

int32_t catch_it(int32_t number)
{
    try {
        witness here;
        return with_callback(throw_it, &number);
    } catch (int32_t caught) {
        return -caught;
    }
}

int32_t catch_within(void *user)
{
    return catch_it(*static_cast<int32_t *>(user));
}

int32_t destroyed()
{
    return count;
}
