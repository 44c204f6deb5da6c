#include "wasm/opcodes.h"

#include <wisp/wasm.h>

#include "wasm/code.h"

#define WISP_NONE         0
#define WISP_FEATURE_CORE 0

#define X(byte, name, text, shape, in, out, code, feature)                                       \
    [byte] = {text,       WISP_SHAPE_##shape, WISP_##in,                                         \
              WISP_##out, WISP_CODE_##code,   WISP_FEATURE_##feature},

const wisp_opcode wisp_opcodes[256] = {WISP_OPCODES(X)};

const wisp_opcode wisp_opcodes_fc[WISP_OPCODES_FC_COUNT] = {WISP_OPCODES_FC(X)};
