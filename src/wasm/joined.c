#include "wasm/code.h"

/* Which instructions are joined, by their numbers. */

#ifdef WISP_JOINS

/* clang-format off */

const uint8_t wisp_code_rows[WISP_CODE_COUNT] = {
#define FIRST(name) [WISP_CODE_##name] = WISP_ROW_##name,
#include "wasm/code_joined.inc"
};

const uint16_t wisp_code_firsts[WISP_ROW_COUNT] = {
#define FIRST(name) [WISP_ROW_##name] = WISP_CODE_##name,
#include "wasm/code_joined.inc"
};

const uint8_t wisp_code_columns[WISP_CODE_COUNT] = {
#define SECOND(name) [WISP_CODE_##name] = WISP_COLUMN_##name,
#include "wasm/code_joined.inc"
};

const uint16_t wisp_code_joins[WISP_ROW_COUNT][WISP_COLUMN_ROOM] = {
#define JOIN(first, second)                                                                       \
    [WISP_ROW_##first][WISP_COLUMN_##second] = WISP_CODE_##first##_AND_##second,
#include "wasm/code_joined.inc"
};

/* clang-format on */

#endif
