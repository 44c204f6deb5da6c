/* Exceptions of C++ for tests in C. */

namespace
{
struct exception_of_tests {
};
} // namespace

extern "C" {
void unwinding_throw(void);
bool unwinding_catches(void (*run)(void *user), void *user);
}

void unwinding_throw(void)
{
    throw exception_of_tests();
}

/* Runs [run]; whether an exception came out of it. */
bool unwinding_catches(void (*run)(void *user), void *user)
{
    try {
        run(user);
    } catch (const exception_of_tests &) {
        return true;
    }
    return false;
}
