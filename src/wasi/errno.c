#include "wasi/call.h"

#include <errno.h>

wisp_wasi_errno wisp_wasi_errno_of(int64_t result)
{
    if (result >= 0)
        return WISP_WASI_SUCCESS;
    switch (-result) {
#define X(number, name, host)                                                                    \
    case host:                                                                                   \
        return WISP_WASI_E##name;
        WISP_WASI_ERRNOS(X)
#undef X
    }
    return WISP_WASI_EIO;
}
