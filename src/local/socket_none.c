#include "local/socket.h"

#include <errno.h>

/* Nothing else of the table is called where nobody can listen. */
static int refuse(void *user, const char *path)
{
    (void)user, (void)path;
    return -EAFNOSUPPORT;
}

const wisp_socket_calls *wisp_socket_calls_local(void)
{
    static const wisp_socket_calls calls = {.listen = refuse};
    return &calls;
}
