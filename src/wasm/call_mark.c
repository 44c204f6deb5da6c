#include "wasm/call_mark.h"

void wisp_store_rewind(wisp_store *store, const wisp_call_mark *mark)
{
    wisp_exec *x = &store->exec;
    store->depth = mark->depth;
    store->callback = mark->depth ? mark->callback : NULL;
    store->exceptions.thrown = NULL;
    x->is_leaving = false;
    if (mark->depth == 0)
        return;
    x->out = mark->out;
    wisp_exec_enter(x, mark->instance);
}
