#include "wasm/activation.h"
#include "wasm/walk.h"

/*
 * In place of walk_throw.c, exception.c, exception_pool.c and unwind.c where exceptions are not
 * built in. No module has them: the feature is denied. So there are no tags either, and what
 * takes one, or an exception, is never called.
 */

static wisp_status refuse(wisp_error *err)
{
    return wisp_fail(err, WISP_UNSUPPORTED, "exceptions are not built in");
}

/* ------------------------------------------------------------------ compiling */

#define REFUSED(name)                                                                            \
    void wisp_walk_##name(wisp_compiler *c)                                                      \
    {                                                                                            \
        (void)c;                                                                                 \
    }
REFUSED(throw)
REFUSED(throw_ref)
REFUSED(try_table)
REFUSED(try_table_end)
REFUSED(try)
REFUSED(catch)
REFUSED(catch_all)
REFUSED(rethrow)
REFUSED(delegate)

bool wisp_walk_catch_end(wisp_compiler *c)
{
    (void)c;
    return false;
}

void wisp_handlers_land(wisp_compiler *c, wisp_control *control)
{
    (void)c, (void)control;
}

/* ------------------------------------------------------------------ running */

wisp_trap_code wisp_exception_raise(wisp_exec *x, uint32_t tag_index, const wisp_slot *args)
{
    (void)x, (void)tag_index, (void)args;
    return WISP_TRAP_EXCEPTIONS;
}

wisp_trap_code wisp_exception_raise_again(wisp_exec *x, wisp_exception *exception)
{
    (void)x, (void)exception;
    return WISP_TRAP_EXCEPTIONS;
}

wisp_trap_code wisp_unwind(wisp_exec *x)
{
    (void)x;
    return WISP_TRAP_EXCEPTION;
}

void wisp_exceptions_free(wisp_store *store)
{
    (void)store;
}

/* ------------------------------------------------------------------ the program's */

wisp_status wisp_tag_make(wisp_store *store, uint32_t type, const wisp_functype *functype,
                          wisp_tag **out, wisp_error *err)
{
    (void)store, (void)type, (void)functype, (void)out;
    return refuse(err);
}

wisp_status wisp_tag_new(wisp_store *store, const char *signature, wisp_tag **out,
                         wisp_error *err)
{
    (void)store, (void)signature, (void)out;
    return refuse(err);
}

wisp_functype wisp_tag_type(const wisp_tag *tag)
{
    return *tag->functype;
}

wisp_status wisp_exception_new(wisp_tag *tag, const wisp_value *values, uint32_t count,
                               wisp_exception **out, wisp_error *err)
{
    (void)tag, (void)values, (void)count, (void)out;
    return refuse(err);
}

void wisp_exception_hold(wisp_exception *exception)
{
    (void)exception;
}

void wisp_exception_release(wisp_exception *exception)
{
    (void)exception;
}

wisp_tag *wisp_exception_tag(const wisp_exception *exception)
{
    (void)exception;
    return NULL;
}

bool wisp_exception_value(const wisp_exception *exception, uint32_t index, wisp_value *out)
{
    (void)exception, (void)index, (void)out;
    return false;
}

wisp_status wisp_exception_throw(wisp_exception *exception)
{
    (void)exception;
    return WISP_TRAP;
}

wisp_exception *wisp_store_exception(const wisp_store *store)
{
    (void)store;
    return NULL;
}
