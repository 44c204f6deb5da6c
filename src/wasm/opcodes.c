#include "wasm/opcodes.h"

#include <wisp/wasm.h>

#include "wasm/code.h"

#define WISP_NONE 0

/* A number that 0 is free beside. */
enum {
    FEATURE_CORE,
#define X(number, name, text) FEATURE_##name = (number) + 1,
    WISP_FEATURES(X)
#undef X
};

#define X(byte, name, text, shape, in, out, code, feature)                                       \
    [byte] = {WISP_CODE_##code, WISP_SHAPE_##shape, WISP_##in, WISP_##out, FEATURE_##feature},

const wisp_opcode wisp_opcodes[256] = {WISP_OPCODES(X)};

const wisp_opcode wisp_opcodes_fc[WISP_OPCODES_FC_COUNT] = {WISP_OPCODES_FC(X)};
