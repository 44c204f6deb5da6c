#include "wasm/opcodes.h"

#include <stddef.h>

#include <wisp/wasm.h>

#include "wasm/code.h"

#define WISP_NONE         0
#define WISP_FEATURE_CORE 0

#ifdef WISP_WITHOUT_TEXTS

#define PLACE_OF(name) 0

const char *wisp_opcode_text(const wisp_opcode *opcode)
{
    (void)opcode;
    return "";
}

#else

/* The names, one after another: pointers would take twice the room, and be relocated. */
static const struct names {
#define X(byte, name, text, ...) char of_##name[sizeof text];
    WISP_OPCODES(X)
    WISP_OPCODES_FC(X)
#undef X
} names = {
#define X(byte, name, text, ...) .of_##name = text,
    WISP_OPCODES(X) WISP_OPCODES_FC(X)
#undef X
};

#define PLACE_OF(name) offsetof(struct names, of_##name)

const char *wisp_opcode_text(const wisp_opcode *opcode)
{
    return (const char *)&names + opcode->name;
}

#endif

#define X(byte, name, text, shape, in, out, code, feature)                                       \
    [byte] = {WISP_SHAPE_##shape, WISP_##in,      WISP_##out,                                    \
              WISP_CODE_##code,   PLACE_OF(name), WISP_FEATURE_##feature},

const wisp_opcode wisp_opcodes[256] = {WISP_OPCODES(X)};

const wisp_opcode wisp_opcodes_fc[WISP_OPCODES_FC_COUNT] = {WISP_OPCODES_FC(X)};
