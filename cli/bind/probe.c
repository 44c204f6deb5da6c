/* A program of its own, which the build runs: succeeds if there is a libclang. */
#include "libclang.c"

#include "../../src/base/error.c"

int main(void)
{
    libclang clang;
    return libclang_find(&clang, NULL) != WISP_OK;
}
