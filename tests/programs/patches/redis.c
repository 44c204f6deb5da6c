/* redis, five functions: one that calls another, a static one that reads and writes behind a
 * pointer, one that reaches a variable of the program and writes a struct, one whose argument is
 * changed, one whose result is. */
#include "program.h"

WISP_PATCH(echoCommand)
void echoCommand(client *c)
{
    addReplyBulkCString(c, "patched");
}

WISP_PATCH(getExpireMillisecondsOrReply)
int getExpireMillisecondsOrReply(client *c, robj *expire, int flags, int unit,
                                 long long *milliseconds)
{
    int status = original_getExpireMillisecondsOrReply(c, expire, flags, unit, milliseconds);
    *milliseconds += 1000000000;
    return status;
}

WISP_PATCH(selectDb)
int selectDb(client *c, int id)
{
    if (id < 0 || id >= server.dbnum)
        return -1;
    c->db = &server.db[id];
    return 0;
}

WISP_PATCH(incrDecrCommand)
void incrDecrCommand(client *c, long long increment)
{
    original_incrDecrCommand(c, 10 * increment);
}

WISP_PATCH(stringObjectLen)
size_t stringObjectLen(robj *o)
{
    return original_stringObjectLen(o) + 1000;
}
