#include "update/code.h"

const char *wisp_update_code_name(wisp_update_code code)
{
    static const char *const names[] = {
#define X(name, text, outcome, words) [WISP_UPDATE_CODE_##name] = text,
        WISP_UPDATE_CODES(X)
#undef X
    };
    return names[code];
}

const char *wisp_update_code_text(wisp_update_code code)
{
    static const char *const texts[] = {
#define X(name, text, outcome, words) [WISP_UPDATE_CODE_##name] = words,
        WISP_UPDATE_CODES(X)
#undef X
    };
    return texts[code];
}

wisp_update_outcome wisp_update_code_outcome(wisp_update_code code)
{
    static const wisp_update_outcome outcomes[] = {
#define X(name, text, outcome, words) [WISP_UPDATE_CODE_##name] = WISP_UPDATE_##outcome,
        WISP_UPDATE_CODES(X)
#undef X
    };
    return outcomes[code];
}

wisp_update_code wisp_update_code_of(wisp_status status)
{
    switch (status) {
    case WISP_NO_MEMORY:
        return WISP_UPDATE_CODE_NO_MEMORY;
    case WISP_MALFORMED:
        return WISP_UPDATE_CODE_BAD_ANSWER;
    case WISP_UNSUPPORTED:
        return WISP_UPDATE_CODE_UNSUPPORTED;
    case WISP_LIMIT:
        return WISP_UPDATE_CODE_OVERSIZED;
    case WISP_NOT_FOUND:
        return WISP_UPDATE_CODE_MISSING;
    case WISP_UNTRUSTED:
        return WISP_UPDATE_CODE_UNTRUSTED;
    case WISP_IO:
        return WISP_UPDATE_CODE_DISK;
    default:
        return WISP_UPDATE_CODE_NETWORK;
    }
}
