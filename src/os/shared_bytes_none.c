#include "os/shared_bytes.h"

bool wisp_shared_bytes_open(wisp_shared_bytes *out, size_t size)
{
    (void)out, (void)size;
    return false;
}

void wisp_shared_bytes_close(wisp_shared_bytes *bytes)
{
    (void)bytes;
}
