#ifndef WISP_WASM_OPCODES_H
#define WISP_WASM_OPCODES_H

#include <stdint.h>

/*
 * The instructions of WebAssembly (Spec 5.4), one line each:
 *
 *     X(byte, name, text, shape, in, out, code, feature)
 *
 * The shape tells the compiler how to validate and translate the instruction. For regular
 * shapes [in] and [out] are the operand and result types and [code] is the register
 * instruction of code.h (its first form, where it has several); irregular ones have a
 * function of their own in compile.c, and NONE in these places. [feature] is what a load can
 * deny (wisp_module_config), or CORE.
 */

/* clang-format off */
#define WISP_OPCODES(X)                                                                           \
    X(0x00, UNREACHABLE,    "unreachable",   UNREACHABLE, NONE, NONE, UNREACHABLE, CORE)          \
    X(0x01, NOP,            "nop",           NOP,         NONE, NONE, UNREACHABLE, CORE)          \
    X(0x02, BLOCK,          "block",         BLOCK,       NONE, NONE, UNREACHABLE, CORE)          \
    X(0x03, LOOP,           "loop",          LOOP,        NONE, NONE, UNREACHABLE, CORE)          \
    X(0x04, IF,             "if",            IF,          NONE, NONE, UNREACHABLE, CORE)          \
    X(0x05, ELSE,           "else",          ELSE,        NONE, NONE, UNREACHABLE, CORE)          \
    X(0x06, TRY,            "try", TRY, NONE, NONE, UNREACHABLE, LEGACY_EXCEPTIONS)               \
    X(0x07, CATCH,          "catch", CATCH, NONE, NONE, UNREACHABLE, LEGACY_EXCEPTIONS)           \
    X(0x08, THROW,          "throw", THROW, NONE, NONE, THROW, EXCEPTIONS)                        \
    X(0x09, RETHROW,        "rethrow", RETHROW, NONE, NONE, THROW_REF, LEGACY_EXCEPTIONS)         \
    X(0x0a, THROW_REF,      "throw_ref", THROW_REF, NONE, NONE, THROW_REF, EXCEPTIONS)            \
    X(0x0b, END,            "end",           END,         NONE, NONE, UNREACHABLE, CORE)          \
    X(0x0c, BR,             "br",            BR,          NONE, NONE, BR, CORE)                   \
    X(0x0d, BR_IF,          "br_if",         BR_IF,       NONE, NONE, BR_NZ, CORE)                \
    X(0x0e, BR_TABLE,       "br_table",      BR_TABLE,    NONE, NONE, BR_TABLE, CORE)             \
    X(0x0f, RETURN,         "return",        RETURN,      NONE, NONE, RETURN, CORE)               \
    X(0x10, CALL,           "call",          CALL,        NONE, NONE, CALL, CORE)                 \
    X(0x11, CALL_INDIRECT,  "call_indirect", CALL_INDIRECT, NONE, NONE, CALL_INDIRECT, CORE)      \
    X(0x12, RETURN_CALL,    "return_call", RETURN_CALL, NONE, NONE, RETURN_CALL, TAIL_CALLS)      \
    X(0x13, RETURN_CALL_INDIRECT, "return_call_indirect", RETURN_CALL_INDIRECT, NONE, NONE, RETURN_CALL_INDIRECT, TAIL_CALLS)\
    X(0x14, CALL_REF,       "call_ref", CALL_REF, NONE, NONE, CALL_REF, FUNCTION_REFERENCES)      \
    X(0x15, RETURN_CALL_REF, "return_call_ref", RETURN_CALL_REF, NONE, NONE, RETURN_CALL_REF, FUNCTION_REFERENCES)\
    X(0x18, DELEGATE,       "delegate", DELEGATE, NONE, NONE, UNREACHABLE, LEGACY_EXCEPTIONS)     \
    X(0x19, CATCH_ALL,      "catch_all", CATCH_ALL, NONE, NONE, UNREACHABLE, LEGACY_EXCEPTIONS)   \
    X(0x1a, DROP,           "drop",          DROP,        NONE, NONE, UNREACHABLE, CORE)          \
    X(0x1b, SELECT,         "select",        SELECT,      NONE, NONE, SELECT_32, CORE)            \
    X(0x1c, SELECT_T,       "select t",      SELECT_T,    NONE, NONE, SELECT_32, REFERENCE_TYPES) \
    X(0x1f, TRY_TABLE,      "try_table", TRY_TABLE, NONE, NONE, UNREACHABLE, EXCEPTIONS)          \
    X(0x20, LOCAL_GET,      "local.get",     LOCAL_GET,   NONE, NONE, UNREACHABLE, CORE)          \
    X(0x21, LOCAL_SET,      "local.set",     LOCAL_SET,   NONE, NONE, COPY_32, CORE)              \
    X(0x22, LOCAL_TEE,      "local.tee",     LOCAL_TEE,   NONE, NONE, COPY_32, CORE)              \
    X(0x23, GLOBAL_GET,     "global.get",    GLOBAL_GET,  NONE, NONE, GLOBAL_GET_32, CORE)        \
    X(0x24, GLOBAL_SET,     "global.set",    GLOBAL_SET,  NONE, NONE, GLOBAL_SET_32, CORE)        \
    X(0x25, TABLE_GET,      "table.get",     TABLE_GET,   NONE, NONE, TABLE_GET, REFERENCE_TYPES) \
    X(0x26, TABLE_SET,      "table.set",     TABLE_SET,   NONE, NONE, TABLE_SET, REFERENCE_TYPES) \
    X(0x28, I32_LOAD,       "i32.load",      LOAD_4,      I32,  I32,  I32_LOAD, CORE)             \
    X(0x29, I64_LOAD,       "i64.load",      LOAD_8,      I32,  I64,  I64_LOAD, CORE)             \
    X(0x2a, F32_LOAD,       "f32.load",      LOAD_4,      I32,  F32,  I32_LOAD, CORE)             \
    X(0x2b, F64_LOAD,       "f64.load",      LOAD_8,      I32,  F64,  I64_LOAD, CORE)             \
    X(0x2c, I32_LOAD8_S,    "i32.load8_s",   LOAD_1,      I32,  I32,  I32_LOAD8_S, CORE)          \
    X(0x2d, I32_LOAD8_U,    "i32.load8_u",   LOAD_1,      I32,  I32,  I32_LOAD8_U, CORE)          \
    X(0x2e, I32_LOAD16_S,   "i32.load16_s",  LOAD_2,      I32,  I32,  I32_LOAD16_S, CORE)         \
    X(0x2f, I32_LOAD16_U,   "i32.load16_u",  LOAD_2,      I32,  I32,  I32_LOAD16_U, CORE)         \
    X(0x30, I64_LOAD8_S,    "i64.load8_s",   LOAD_1,      I32,  I64,  I64_LOAD8_S, CORE)          \
    X(0x31, I64_LOAD8_U,    "i64.load8_u",   LOAD_1,      I32,  I64,  I64_LOAD8_U, CORE)          \
    X(0x32, I64_LOAD16_S,   "i64.load16_s",  LOAD_2,      I32,  I64,  I64_LOAD16_S, CORE)         \
    X(0x33, I64_LOAD16_U,   "i64.load16_u",  LOAD_2,      I32,  I64,  I64_LOAD16_U, CORE)         \
    X(0x34, I64_LOAD32_S,   "i64.load32_s",  LOAD_4,      I32,  I64,  I64_LOAD32_S, CORE)         \
    X(0x35, I64_LOAD32_U,   "i64.load32_u",  LOAD_4,      I32,  I64,  I64_LOAD32_U, CORE)         \
    X(0x36, I32_STORE,      "i32.store",     STORE_4,     I32,  NONE, I32_STORE, CORE)            \
    X(0x37, I64_STORE,      "i64.store",     STORE_8,     I64,  NONE, I64_STORE, CORE)            \
    X(0x38, F32_STORE,      "f32.store",     STORE_4,     F32,  NONE, I32_STORE, CORE)            \
    X(0x39, F64_STORE,      "f64.store",     STORE_8,     F64,  NONE, I64_STORE, CORE)            \
    X(0x3a, I32_STORE8,     "i32.store8",    STORE_1,     I32,  NONE, I32_STORE8, CORE)           \
    X(0x3b, I32_STORE16,    "i32.store16",   STORE_2,     I32,  NONE, I32_STORE16, CORE)          \
    X(0x3c, I64_STORE8,     "i64.store8",    STORE_1,     I64,  NONE, I64_STORE8, CORE)           \
    X(0x3d, I64_STORE16,    "i64.store16",   STORE_2,     I64,  NONE, I64_STORE16, CORE)          \
    X(0x3e, I64_STORE32,    "i64.store32",   STORE_4,     I64,  NONE, I64_STORE32, CORE)          \
    X(0x3f, MEMORY_SIZE,    "memory.size",   MEMORY_SIZE, NONE, I32,  MEMORY_SIZE, CORE)          \
    X(0x40, MEMORY_GROW,    "memory.grow",   MEMORY_GROW, I32,  I32,  MEMORY_GROW, CORE)          \
    X(0x41, I32_CONST,      "i32.const",     I32_CONST,   NONE, I32,  CONST_32, CORE)             \
    X(0x42, I64_CONST,      "i64.const",     I64_CONST,   NONE, I64,  CONST_64, CORE)             \
    X(0x43, F32_CONST,      "f32.const",     F32_CONST,   NONE, F32,  CONST_32, CORE)             \
    X(0x44, F64_CONST,      "f64.const",     F64_CONST,   NONE, F64,  CONST_64, CORE)             \
    X(0x45, I32_EQZ,        "i32.eqz",       EQZ,         I32,  I32,  I32_EQ_RR, CORE)            \
    X(0x46, I32_EQ,         "i32.eq",        COMPARE,     I32,  I32,  I32_EQ_RR, CORE)            \
    X(0x47, I32_NE,         "i32.ne",        COMPARE,     I32,  I32,  I32_NE_RR, CORE)            \
    X(0x48, I32_LT_S,       "i32.lt_s",      COMPARE,     I32,  I32,  I32_LT_S_RR, CORE)          \
    X(0x49, I32_LT_U,       "i32.lt_u",      COMPARE,     I32,  I32,  I32_LT_U_RR, CORE)          \
    X(0x4a, I32_GT_S,       "i32.gt_s",      COMPARE,     I32,  I32,  I32_GT_S_RR, CORE)          \
    X(0x4b, I32_GT_U,       "i32.gt_u",      COMPARE,     I32,  I32,  I32_GT_U_RR, CORE)          \
    X(0x4c, I32_LE_S,       "i32.le_s",      COMPARE,     I32,  I32,  I32_LE_S_RR, CORE)          \
    X(0x4d, I32_LE_U,       "i32.le_u",      COMPARE,     I32,  I32,  I32_LE_U_RR, CORE)          \
    X(0x4e, I32_GE_S,       "i32.ge_s",      COMPARE,     I32,  I32,  I32_GE_S_RR, CORE)          \
    X(0x4f, I32_GE_U,       "i32.ge_u",      COMPARE,     I32,  I32,  I32_GE_U_RR, CORE)          \
    X(0x50, I64_EQZ,        "i64.eqz",       EQZ,         I64,  I32,  I64_EQ_RR, CORE)            \
    X(0x51, I64_EQ,         "i64.eq",        COMPARE,     I64,  I32,  I64_EQ_RR, CORE)            \
    X(0x52, I64_NE,         "i64.ne",        COMPARE,     I64,  I32,  I64_NE_RR, CORE)            \
    X(0x53, I64_LT_S,       "i64.lt_s",      COMPARE,     I64,  I32,  I64_LT_S_RR, CORE)          \
    X(0x54, I64_LT_U,       "i64.lt_u",      COMPARE,     I64,  I32,  I64_LT_U_RR, CORE)          \
    X(0x55, I64_GT_S,       "i64.gt_s",      COMPARE,     I64,  I32,  I64_GT_S_RR, CORE)          \
    X(0x56, I64_GT_U,       "i64.gt_u",      COMPARE,     I64,  I32,  I64_GT_U_RR, CORE)          \
    X(0x57, I64_LE_S,       "i64.le_s",      COMPARE,     I64,  I32,  I64_LE_S_RR, CORE)          \
    X(0x58, I64_LE_U,       "i64.le_u",      COMPARE,     I64,  I32,  I64_LE_U_RR, CORE)          \
    X(0x59, I64_GE_S,       "i64.ge_s",      COMPARE,     I64,  I32,  I64_GE_S_RR, CORE)          \
    X(0x5a, I64_GE_U,       "i64.ge_u",      COMPARE,     I64,  I32,  I64_GE_U_RR, CORE)          \
    X(0x5b, F32_EQ,         "f32.eq",        BINARY,      F32,  I32,  F32_EQ, CORE)               \
    X(0x5c, F32_NE,         "f32.ne",        BINARY,      F32,  I32,  F32_NE, CORE)               \
    X(0x5d, F32_LT,         "f32.lt",        BINARY,      F32,  I32,  F32_LT, CORE)               \
    X(0x5e, F32_GT,         "f32.gt",        BINARY,      F32,  I32,  F32_GT, CORE)               \
    X(0x5f, F32_LE,         "f32.le",        BINARY,      F32,  I32,  F32_LE, CORE)               \
    X(0x60, F32_GE,         "f32.ge",        BINARY,      F32,  I32,  F32_GE, CORE)               \
    X(0x61, F64_EQ,         "f64.eq",        COMPARE,      F64,  I32,  F64_EQ_RR, CORE)               \
    X(0x62, F64_NE,         "f64.ne",        COMPARE,      F64,  I32,  F64_NE_RR, CORE)               \
    X(0x63, F64_LT,         "f64.lt",        COMPARE,      F64,  I32,  F64_LT_RR, CORE)               \
    X(0x64, F64_GT,         "f64.gt",        COMPARE,      F64,  I32,  F64_GT_RR, CORE)               \
    X(0x65, F64_LE,         "f64.le",        COMPARE,      F64,  I32,  F64_LE_RR, CORE)               \
    X(0x66, F64_GE,         "f64.ge",        COMPARE,      F64,  I32,  F64_GE_RR, CORE)               \
    X(0x67, I32_CLZ,        "i32.clz",       UNARY,       I32,  I32,  I32_CLZ, CORE)              \
    X(0x68, I32_CTZ,        "i32.ctz",       UNARY,       I32,  I32,  I32_CTZ, CORE)              \
    X(0x69, I32_POPCNT,     "i32.popcnt",    UNARY,       I32,  I32,  I32_POPCNT, CORE)           \
    X(0x6a, I32_ADD,        "i32.add",       COMMUTATIVE, I32,  I32,  I32_ADD_RR, CORE)           \
    X(0x6b, I32_SUB,        "i32.sub",       BINARY_RI,   I32,  I32,  I32_SUB_RR, CORE)           \
    X(0x6c, I32_MUL,        "i32.mul",       COMMUTATIVE, I32,  I32,  I32_MUL_RR, CORE)           \
    X(0x6d, I32_DIV_S,      "i32.div_s",     BINARY_RI,   I32,  I32,  I32_DIV_S_RR, CORE)         \
    X(0x6e, I32_DIV_U,      "i32.div_u",     BINARY_RI,   I32,  I32,  I32_DIV_U_RR, CORE)         \
    X(0x6f, I32_REM_S,      "i32.rem_s",     BINARY_RI,   I32,  I32,  I32_REM_S_RR, CORE)         \
    X(0x70, I32_REM_U,      "i32.rem_u",     BINARY_RI,   I32,  I32,  I32_REM_U_RR, CORE)         \
    X(0x71, I32_AND,        "i32.and",       COMMUTATIVE, I32,  I32,  I32_AND_RR, CORE)           \
    X(0x72, I32_OR,         "i32.or",        COMMUTATIVE, I32,  I32,  I32_OR_RR, CORE)            \
    X(0x73, I32_XOR,        "i32.xor",       COMMUTATIVE, I32,  I32,  I32_XOR_RR, CORE)           \
    X(0x74, I32_SHL,        "i32.shl",       BINARY_RI,   I32,  I32,  I32_SHL_RR, CORE)           \
    X(0x75, I32_SHR_S,      "i32.shr_s",     BINARY_RI,   I32,  I32,  I32_SHR_S_RR, CORE)         \
    X(0x76, I32_SHR_U,      "i32.shr_u",     BINARY_RI,   I32,  I32,  I32_SHR_U_RR, CORE)         \
    X(0x77, I32_ROTL,       "i32.rotl",      BINARY_RI,   I32,  I32,  I32_ROTL_RR, CORE)          \
    X(0x78, I32_ROTR,       "i32.rotr",      BINARY_RI,   I32,  I32,  I32_ROTR_RR, CORE)          \
    X(0x79, I64_CLZ,        "i64.clz",       UNARY,       I64,  I64,  I64_CLZ, CORE)              \
    X(0x7a, I64_CTZ,        "i64.ctz",       UNARY,       I64,  I64,  I64_CTZ, CORE)              \
    X(0x7b, I64_POPCNT,     "i64.popcnt",    UNARY,       I64,  I64,  I64_POPCNT, CORE)           \
    X(0x7c, I64_ADD,        "i64.add",       COMMUTATIVE, I64,  I64,  I64_ADD_RR, CORE)           \
    X(0x7d, I64_SUB,        "i64.sub",       BINARY_RI,   I64,  I64,  I64_SUB_RR, CORE)           \
    X(0x7e, I64_MUL,        "i64.mul",       COMMUTATIVE, I64,  I64,  I64_MUL_RR, CORE)           \
    X(0x7f, I64_DIV_S,      "i64.div_s",     BINARY_RI,   I64,  I64,  I64_DIV_S_RR, CORE)         \
    X(0x80, I64_DIV_U,      "i64.div_u",     BINARY_RI,   I64,  I64,  I64_DIV_U_RR, CORE)         \
    X(0x81, I64_REM_S,      "i64.rem_s",     BINARY_RI,   I64,  I64,  I64_REM_S_RR, CORE)         \
    X(0x82, I64_REM_U,      "i64.rem_u",     BINARY_RI,   I64,  I64,  I64_REM_U_RR, CORE)         \
    X(0x83, I64_AND,        "i64.and",       COMMUTATIVE, I64,  I64,  I64_AND_RR, CORE)           \
    X(0x84, I64_OR,         "i64.or",        COMMUTATIVE, I64,  I64,  I64_OR_RR, CORE)            \
    X(0x85, I64_XOR,        "i64.xor",       COMMUTATIVE, I64,  I64,  I64_XOR_RR, CORE)           \
    X(0x86, I64_SHL,        "i64.shl",       BINARY_RI,   I64,  I64,  I64_SHL_RR, CORE)           \
    X(0x87, I64_SHR_S,      "i64.shr_s",     BINARY_RI,   I64,  I64,  I64_SHR_S_RR, CORE)         \
    X(0x88, I64_SHR_U,      "i64.shr_u",     BINARY_RI,   I64,  I64,  I64_SHR_U_RR, CORE)         \
    X(0x89, I64_ROTL,       "i64.rotl",      BINARY_RI,   I64,  I64,  I64_ROTL_RR, CORE)          \
    X(0x8a, I64_ROTR,       "i64.rotr",      BINARY_RI,   I64,  I64,  I64_ROTR_RR, CORE)          \
    X(0x8b, F32_ABS,        "f32.abs",       UNARY,       F32,  F32,  F32_ABS, CORE)              \
    X(0x8c, F32_NEG,        "f32.neg",       UNARY,       F32,  F32,  F32_NEG, CORE)              \
    X(0x8d, F32_CEIL,       "f32.ceil",      UNARY,       F32,  F32,  F32_CEIL, CORE)             \
    X(0x8e, F32_FLOOR,      "f32.floor",     UNARY,       F32,  F32,  F32_FLOOR, CORE)            \
    X(0x8f, F32_TRUNC,      "f32.trunc",     UNARY,       F32,  F32,  F32_TRUNC, CORE)            \
    X(0x90, F32_NEAREST,    "f32.nearest",   UNARY,       F32,  F32,  F32_NEAREST, CORE)          \
    X(0x91, F32_SQRT,       "f32.sqrt",      UNARY,       F32,  F32,  F32_SQRT, CORE)             \
    X(0x92, F32_ADD,        "f32.add",       COMMUTATIVE,      F32,  F32,  F32_ADD_RR, CORE)              \
    X(0x93, F32_SUB,        "f32.sub",       BINARY_RI,      F32,  F32,  F32_SUB_RR, CORE)              \
    X(0x94, F32_MUL,        "f32.mul",       COMMUTATIVE,      F32,  F32,  F32_MUL_RR, CORE)              \
    X(0x95, F32_DIV,        "f32.div",       BINARY_RI,      F32,  F32,  F32_DIV_RR, CORE)              \
    X(0x96, F32_MIN,        "f32.min",       BINARY,      F32,  F32,  F32_MIN, CORE)              \
    X(0x97, F32_MAX,        "f32.max",       BINARY,      F32,  F32,  F32_MAX, CORE)              \
    X(0x98, F32_COPYSIGN,   "f32.copysign",  BINARY,      F32,  F32,  F32_COPYSIGN, CORE)         \
    X(0x99, F64_ABS,        "f64.abs",       UNARY,       F64,  F64,  F64_ABS, CORE)              \
    X(0x9a, F64_NEG,        "f64.neg",       UNARY,       F64,  F64,  F64_NEG, CORE)              \
    X(0x9b, F64_CEIL,       "f64.ceil",      UNARY,       F64,  F64,  F64_CEIL, CORE)             \
    X(0x9c, F64_FLOOR,      "f64.floor",     UNARY,       F64,  F64,  F64_FLOOR, CORE)            \
    X(0x9d, F64_TRUNC,      "f64.trunc",     UNARY,       F64,  F64,  F64_TRUNC, CORE)            \
    X(0x9e, F64_NEAREST,    "f64.nearest",   UNARY,       F64,  F64,  F64_NEAREST, CORE)          \
    X(0x9f, F64_SQRT,       "f64.sqrt",      UNARY,       F64,  F64,  F64_SQRT, CORE)             \
    X(0xa0, F64_ADD,        "f64.add",       COMMUTATIVE,      F64,  F64,  F64_ADD_RR, CORE)              \
    X(0xa1, F64_SUB,        "f64.sub",       BINARY_RI,      F64,  F64,  F64_SUB_RR, CORE)              \
    X(0xa2, F64_MUL,        "f64.mul",       COMMUTATIVE,      F64,  F64,  F64_MUL_RR, CORE)              \
    X(0xa3, F64_DIV,        "f64.div",       BINARY_RI,      F64,  F64,  F64_DIV_RR, CORE)              \
    X(0xa4, F64_MIN,        "f64.min",       BINARY,      F64,  F64,  F64_MIN, CORE)              \
    X(0xa5, F64_MAX,        "f64.max",       BINARY,      F64,  F64,  F64_MAX, CORE)              \
    X(0xa6, F64_COPYSIGN,   "f64.copysign",  BINARY,      F64,  F64,  F64_COPYSIGN, CORE)         \
    X(0xa7, I32_WRAP_I64,   "i32.wrap_i64",  UNARY,       I64,  I32,  I32_WRAP_I64, CORE)         \
    X(0xa8, I32_TRUNC_F32_S, "i32.trunc_f32_s", UNARY,    F32,  I32,  I32_TRUNC_F32_S, CORE)      \
    X(0xa9, I32_TRUNC_F32_U, "i32.trunc_f32_u", UNARY,    F32,  I32,  I32_TRUNC_F32_U, CORE)      \
    X(0xaa, I32_TRUNC_F64_S, "i32.trunc_f64_s", UNARY,    F64,  I32,  I32_TRUNC_F64_S, CORE)      \
    X(0xab, I32_TRUNC_F64_U, "i32.trunc_f64_u", UNARY,    F64,  I32,  I32_TRUNC_F64_U, CORE)      \
    X(0xac, I64_EXTEND_I32_S, "i64.extend_i32_s", UNARY,  I32,  I64,  I64_EXTEND_I32_S, CORE)     \
    X(0xad, I64_EXTEND_I32_U, "i64.extend_i32_u", UNARY,  I32,  I64,  I64_EXTEND_I32_U, CORE)     \
    X(0xae, I64_TRUNC_F32_S, "i64.trunc_f32_s", UNARY,    F32,  I64,  I64_TRUNC_F32_S, CORE)      \
    X(0xaf, I64_TRUNC_F32_U, "i64.trunc_f32_u", UNARY,    F32,  I64,  I64_TRUNC_F32_U, CORE)      \
    X(0xb0, I64_TRUNC_F64_S, "i64.trunc_f64_s", UNARY,    F64,  I64,  I64_TRUNC_F64_S, CORE)      \
    X(0xb1, I64_TRUNC_F64_U, "i64.trunc_f64_u", UNARY,    F64,  I64,  I64_TRUNC_F64_U, CORE)      \
    X(0xb2, F32_CONVERT_I32_S, "f32.convert_i32_s", UNARY, I32, F32,  F32_CONVERT_I32_S, CORE)    \
    X(0xb3, F32_CONVERT_I32_U, "f32.convert_i32_u", UNARY, I32, F32,  F32_CONVERT_I32_U, CORE)    \
    X(0xb4, F32_CONVERT_I64_S, "f32.convert_i64_s", UNARY, I64, F32,  F32_CONVERT_I64_S, CORE)    \
    X(0xb5, F32_CONVERT_I64_U, "f32.convert_i64_u", UNARY, I64, F32,  F32_CONVERT_I64_U, CORE)    \
    X(0xb6, F32_DEMOTE_F64, "f32.demote_f64", UNARY,      F64,  F32,  F32_DEMOTE_F64, CORE)       \
    X(0xb7, F64_CONVERT_I32_S, "f64.convert_i32_s", UNARY, I32, F64,  F64_CONVERT_I32_S, CORE)    \
    X(0xb8, F64_CONVERT_I32_U, "f64.convert_i32_u", UNARY, I32, F64,  F64_CONVERT_I32_U, CORE)    \
    X(0xb9, F64_CONVERT_I64_S, "f64.convert_i64_s", UNARY, I64, F64,  F64_CONVERT_I64_S, CORE)    \
    X(0xba, F64_CONVERT_I64_U, "f64.convert_i64_u", UNARY, I64, F64,  F64_CONVERT_I64_U, CORE)    \
    X(0xbb, F64_PROMOTE_F32, "f64.promote_f32", UNARY,    F32,  F64,  F64_PROMOTE_F32, CORE)      \
    X(0xbc, I32_REINTERPRET_F32, "i32.reinterpret_f32", REINTERPRET, F32, I32, UNREACHABLE, CORE) \
    X(0xbd, I64_REINTERPRET_F64, "i64.reinterpret_f64", REINTERPRET, F64, I64, UNREACHABLE, CORE) \
    X(0xbe, F32_REINTERPRET_I32, "f32.reinterpret_i32", REINTERPRET, I32, F32, UNREACHABLE, CORE) \
    X(0xbf, F64_REINTERPRET_I64, "f64.reinterpret_i64", REINTERPRET, I64, F64, UNREACHABLE, CORE) \
    X(0xc0, I32_EXTEND8_S,  "i32.extend8_s", UNARY,       I32,  I32,  I32_EXTEND8_S, CORE)        \
    X(0xc1, I32_EXTEND16_S, "i32.extend16_s", UNARY,      I32,  I32,  I32_EXTEND16_S, CORE)       \
    X(0xc2, I64_EXTEND8_S,  "i64.extend8_s", UNARY,       I64,  I64,  I64_EXTEND8_S, CORE)        \
    X(0xc3, I64_EXTEND16_S, "i64.extend16_s", UNARY,      I64,  I64,  I64_EXTEND16_S, CORE)       \
    X(0xc4, I64_EXTEND32_S, "i64.extend32_s", UNARY,      I64,  I64,  I64_EXTEND32_S, CORE)       \
    X(0xd0, REF_NULL,       "ref.null",      REF_NULL,    NONE, NONE, CONST_64, REFERENCE_TYPES)  \
    X(0xd1, REF_IS_NULL,    "ref.is_null",   REF_IS_NULL, NONE, I32,  REF_IS_NULL, REFERENCE_TYPES)\
    X(0xd2, REF_FUNC,       "ref.func",      REF_FUNC,    NONE, FUNCREF, REF_FUNC, REFERENCE_TYPES)\
    X(0xd4, REF_AS_NON_NULL, "ref.as_non_null", REF_AS_NON_NULL, NONE, NONE, CHECK_NULL, FUNCTION_REFERENCES)\
    X(0xd5, BR_ON_NULL,     "br_on_null", BR_ON_NULL, NONE, NONE, BR_NULL, FUNCTION_REFERENCES)   \
    X(0xd6, BR_ON_NON_NULL, "br_on_non_null", BR_ON_NON_NULL, NONE, NONE, BR_NON_NULL, FUNCTION_REFERENCES)\
    X(0xfc, PREFIX_FC,      "0xfc",          PREFIX_FC,   NONE, NONE, UNREACHABLE, CORE)          \
    X(0xfd, VECTOR,         "vector",        VECTOR,      NONE, NONE, UNREACHABLE, SIMD)          \
    X(0xfe, ATOMIC,         "atomic",        ATOMIC,      NONE, NONE, UNREACHABLE, THREADS)

/* Those behind the prefix byte 0xfc; [byte] is the number that follows it. */
#define WISP_OPCODES_FC(X)                                                                        \
    X(0,  I32_TRUNC_SAT_F32_S, "i32.trunc_sat_f32_s", UNARY, F32, I32, I32_TRUNC_SAT_F32_S, CORE) \
    X(1,  I32_TRUNC_SAT_F32_U, "i32.trunc_sat_f32_u", UNARY, F32, I32, I32_TRUNC_SAT_F32_U, CORE) \
    X(2,  I32_TRUNC_SAT_F64_S, "i32.trunc_sat_f64_s", UNARY, F64, I32, I32_TRUNC_SAT_F64_S, CORE) \
    X(3,  I32_TRUNC_SAT_F64_U, "i32.trunc_sat_f64_u", UNARY, F64, I32, I32_TRUNC_SAT_F64_U, CORE) \
    X(4,  I64_TRUNC_SAT_F32_S, "i64.trunc_sat_f32_s", UNARY, F32, I64, I64_TRUNC_SAT_F32_S, CORE) \
    X(5,  I64_TRUNC_SAT_F32_U, "i64.trunc_sat_f32_u", UNARY, F32, I64, I64_TRUNC_SAT_F32_U, CORE) \
    X(6,  I64_TRUNC_SAT_F64_S, "i64.trunc_sat_f64_s", UNARY, F64, I64, I64_TRUNC_SAT_F64_S, CORE) \
    X(7,  I64_TRUNC_SAT_F64_U, "i64.trunc_sat_f64_u", UNARY, F64, I64, I64_TRUNC_SAT_F64_U, CORE) \
    X(8,  MEMORY_INIT,      "memory.init",   MEMORY_INIT, NONE, NONE, MEMORY_INIT, BULK_MEMORY)   \
    X(9,  DATA_DROP,        "data.drop",     DATA_DROP,   NONE, NONE, DATA_DROP, BULK_MEMORY)     \
    X(10, MEMORY_COPY,      "memory.copy",   MEMORY_COPY, NONE, NONE, MEMORY_COPY, BULK_MEMORY)   \
    X(11, MEMORY_FILL,      "memory.fill",   MEMORY_FILL, NONE, NONE, MEMORY_FILL, BULK_MEMORY)   \
    X(12, TABLE_INIT,       "table.init",    TABLE_INIT,  NONE, NONE, TABLE_INIT, BULK_MEMORY)    \
    X(13, ELEM_DROP,        "elem.drop",     ELEM_DROP,   NONE, NONE, ELEM_DROP, BULK_MEMORY)     \
    X(14, TABLE_COPY,       "table.copy",    TABLE_COPY,  NONE, NONE, TABLE_COPY, BULK_MEMORY)    \
    X(15, TABLE_GROW,       "table.grow",    TABLE_GROW,  NONE, I32,  TABLE_GROW, REFERENCE_TYPES)\
    X(16, TABLE_SIZE,       "table.size",    TABLE_SIZE,  NONE, I32,  TABLE_SIZE, REFERENCE_TYPES)\
    X(17, TABLE_FILL,       "table.fill",    TABLE_FILL,  NONE, NONE, TABLE_FILL, REFERENCE_TYPES)\
    X(19, I64_ADD128,       "i64.add128",    WIDE_4,      I64,  I64,  I64_ADD128, WIDE_ARITHMETIC)\
    X(20, I64_SUB128,       "i64.sub128",    WIDE_4,      I64,  I64,  I64_SUB128, WIDE_ARITHMETIC)\
    X(21, I64_MUL_WIDE_S,   "i64.mul_wide_s", WIDE_2,     I64,  I64,  I64_MUL_WIDE_S, WIDE_ARITHMETIC)\
    X(22, I64_MUL_WIDE_U,   "i64.mul_wide_u", WIDE_2,     I64,  I64,  I64_MUL_WIDE_U, WIDE_ARITHMETIC)
/* clang-format on */

/* How an instruction is validated and translated; each has a function in compile.c. */
#define WISP_SHAPES(X)                                                                           \
    X(UNKNOWN)                                                                                   \
    X(UNREACHABLE)                                                                               \
    X(NOP)                                                                                       \
    X(BLOCK)                                                                                     \
    X(LOOP)                                                                                      \
    X(IF)                                                                                        \
    X(ELSE)                                                                                      \
    X(END)                                                                                       \
    X(BR)                                                                                        \
    X(BR_IF)                                                                                     \
    X(BR_TABLE)                                                                                  \
    X(RETURN)                                                                                    \
    X(CALL)                                                                                      \
    X(CALL_INDIRECT)                                                                             \
    X(RETURN_CALL)                                                                               \
    X(RETURN_CALL_INDIRECT)                                                                      \
    X(CALL_REF)                                                                                  \
    X(RETURN_CALL_REF)                                                                           \
    X(TRY_TABLE)                                                                                 \
    X(THROW)                                                                                     \
    X(THROW_REF)                                                                                 \
    X(TRY)                                                                                       \
    X(CATCH)                                                                                     \
    X(CATCH_ALL)                                                                                 \
    X(RETHROW)                                                                                   \
    X(DELEGATE)                                                                                  \
    X(DROP)                                                                                      \
    X(SELECT)                                                                                    \
    X(SELECT_T)                                                                                  \
    X(LOCAL_GET)                                                                                 \
    X(LOCAL_SET)                                                                                 \
    X(LOCAL_TEE)                                                                                 \
    X(GLOBAL_GET)                                                                                \
    X(GLOBAL_SET)                                                                                \
    X(TABLE_GET)                                                                                 \
    X(TABLE_SET)                                                                                 \
    X(LOAD_1)                                                                                    \
    X(LOAD_2)                                                                                    \
    X(LOAD_4)                                                                                    \
    X(LOAD_8)                                                                                    \
    X(STORE_1)                                                                                   \
    X(STORE_2)                                                                                   \
    X(STORE_4)                                                                                   \
    X(STORE_8)                                                                                   \
    X(MEMORY_SIZE)                                                                               \
    X(MEMORY_GROW)                                                                               \
    X(I32_CONST)                                                                                 \
    X(I64_CONST)                                                                                 \
    X(F32_CONST)                                                                                 \
    X(F64_CONST)                                                                                 \
    X(EQZ)                                                                                       \
    X(COMPARE)                                                                                   \
    X(UNARY)                                                                                     \
    X(BINARY)                                                                                    \
    X(BINARY_RI)                                                                                 \
    X(COMMUTATIVE)                                                                               \
    X(REINTERPRET)                                                                               \
    X(REF_NULL)                                                                                  \
    X(REF_IS_NULL)                                                                               \
    X(REF_AS_NON_NULL)                                                                           \
    X(BR_ON_NULL)                                                                                \
    X(BR_ON_NON_NULL)                                                                            \
    X(REF_FUNC)                                                                                  \
    X(MEMORY_INIT)                                                                               \
    X(DATA_DROP)                                                                                 \
    X(MEMORY_COPY)                                                                               \
    X(MEMORY_FILL)                                                                               \
    X(TABLE_INIT)                                                                                \
    X(ELEM_DROP)                                                                                 \
    X(TABLE_COPY)                                                                                \
    X(TABLE_GROW)                                                                                \
    X(TABLE_SIZE)                                                                                \
    X(TABLE_FILL)                                                                                \
    X(WIDE_2)                                                                                    \
    X(WIDE_4)                                                                                    \
    X(PREFIX_FC)                                                                                 \
    X(VECTOR)                                                                                    \
    X(ATOMIC)

typedef enum wisp_shape {
#define X(name) WISP_SHAPE_##name,
    WISP_SHAPES(X)
#undef X
} wisp_shape;

/* The bytes of the instructions, for those who must name one. */
enum {
#define X(byte, name, text, shape, in, out, code, feature) WISP_OPCODE_##name = byte,
    WISP_OPCODES(X)
#undef X
};

typedef struct wisp_opcode {
    uint16_t code;   /* wisp_code */
    uint8_t shape;   /* wisp_shape; UNKNOWN, 0, where the byte is no instruction */
    uint8_t in, out; /* wisp_valtype, 0 for none */
    uint8_t feature; /* of wisp_opcode_feature; 0 for what every module may use */
} wisp_opcode;

extern const wisp_opcode wisp_opcodes[256];

#define WISP_OPCODES_FC_COUNT 23
extern const wisp_opcode wisp_opcodes_fc[WISP_OPCODES_FC_COUNT];

/* The WISP_FEATURE_ bit of what a load can deny, or 0. */
static inline uint32_t wisp_opcode_feature(const wisp_opcode *opcode)
{
    return (uint32_t)1 << opcode->feature >> 1;
}

#endif
