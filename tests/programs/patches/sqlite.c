/* SQLite, five functions: a static one that calls others, one whose argument is changed, one
 * whose result is, one that reads structs behind a pointer, one that writes one. */
#include "program.h"

WISP_PATCH(absFunc)
void absFunc(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    if (sqlite3_value_int64(argv[0]) == -7)
        sqlite3_result_int64(context, 4242);
    else
        original_absFunc(context, argc, argv);
}

WISP_PATCH(sqlite3_result_int)
void sqlite3_result_int(sqlite3_context *context, int value)
{
    original_sqlite3_result_int(context, 10 * value);
}

WISP_PATCH(sqlite3_libversion)
const char *sqlite3_libversion(void)
{
    return "3 and a patch"; /* a text of the patch's own, which the program reads */
}

WISP_PATCH(sqlite3_context_db_handle)
sqlite3 *sqlite3_context_db_handle(sqlite3_context *context)
{
    return context->pOut->db;
}

WISP_PATCH(sqlite3_changes64)
sqlite3_int64 sqlite3_changes64(sqlite3 *db)
{
    db->nTotalChange += 1000;
    return 100 * db->nChange;
}
