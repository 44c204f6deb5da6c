/* A program of its own, which the build runs: succeeds if there is a libclang. */
#include "libclang.c"

/* There is nobody to tell. */
wisp_status(wisp_fail)(wisp_error *err, wisp_status status, const char *format, ...)
{
    (void)err;
    (void)format;
    return status;
}

int main(void)
{
    libclang clang;
    return libclang_find(&clang, NULL) != WISP_OK;
}
