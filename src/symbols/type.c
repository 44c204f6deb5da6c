#include "symbols/type.h"

const char *wisp_symbols_type_kind_name(wisp_symbols_type_kind kind)
{
    switch (kind) {
#define X(name, text)                                                                            \
    case WISP_TYPE_##name:                                                                       \
        return text;
        WISP_SYMBOLS_TYPE_KINDS(X)
#undef X
    }
    return "other";
}

const wisp_symbols_type *wisp_symbols_type_strip(const wisp_symbols_type *type)
{
    while (type && wisp_symbols_type_is_wrapper(type->kind))
        type = type->target;
    return type;
}
