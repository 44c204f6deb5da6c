#include "wasm/code_layout.h"

#include <stddef.h>

#include "wasm/bits.h"

const char *wisp_code_name(uint32_t code)
{
    static const char *const names[] = {
#define CODE(name) #name,
#include "wasm/code_names.inc"
#undef CODE
    };
    return code < WISP_CODE_COUNT ? names[code] : "?";
}

/* clang-format off */

/* The operands of each form; an immediate's letter is [wide]. */
#define OPERANDS_RR(wide) "ss"
#define OPERANDS_RI(wide) "s" wide
#define OPERANDS_AR(wide) "as"
#define OPERANDS_AI(wide) "a" wide
#define OPERANDS_RA(wide) "sa"

#define LAYOUT(name, letters)                  [WISP_CODE_##name] = letters,
#define FORM(form, name, wide, before, behind) LAYOUT(name##_##form, before OPERANDS_##form(wide) behind)
#define FORM_ACC(form, name, wide)             LAYOUT(name##_##form##_ACC, "_" OPERANDS_##form(wide))

static const char *const layouts[WISP_CODE_COUNT] = {
    LAYOUT(UNREACHABLE, "")
    LAYOUT(BR, "j") LAYOUT(BR_NZ, "sj") LAYOUT(BR_Z, "sj")
    LAYOUT(LOOP, "jw") LAYOUT(LOOP_NZ, "sjw") LAYOUT(LOOP_Z, "sjw")
    LAYOUT(BR_TABLE, "st")
    LAYOUT(RETURN, "s") LAYOUT(RETURN_32, "ss") LAYOUT(RETURN_64, "ss")
    LAYOUT(CALL, "sc") LAYOUT(CALL_IMPORT, "sx") LAYOUT(CALL_INDIRECT, "ssxx")
    LAYOUT(CALL_REF, "ss")
    LAYOUT(RETURN_CALL, "ssnc") LAYOUT(RETURN_CALL_IMPORT, "ssnx")
    LAYOUT(RETURN_CALL_INDIRECT, "ssnsxx") LAYOUT(RETURN_CALL_REF, "ssns")
    LAYOUT(THROW, "sx") LAYOUT(THROW_REF, "s")
    LAYOUT(CHECK_NULL, "s") LAYOUT(BR_NULL, "sj") LAYOUT(BR_NON_NULL, "sj")
    LAYOUT(CLEAR, "sn")
    LAYOUT(COPY_32, "ds") LAYOUT(COPY_64, "ds") LAYOUT(COPY_128, "ds") LAYOUT(COPY_SUM, "dsi")
    LAYOUT(CONST_32, "di") LAYOUT(CONST_64, "dC")
    LAYOUT(SELECT_32, "dsss") LAYOUT(SELECT_64, "dsss") LAYOUT(SELECT_128, "dsss")
    LAYOUT(GLOBAL_GET_32, "dx") LAYOUT(GLOBAL_GET_64, "dx") LAYOUT(GLOBAL_GET_128, "dx")
    LAYOUT(GLOBAL_SET_32, "sx") LAYOUT(GLOBAL_SET_64, "sx") LAYOUT(GLOBAL_SET_128, "sx")
    WISP_ACC(
        LAYOUT(BR_NZ_A, "aj") LAYOUT(BR_Z_A, "aj")
        LAYOUT(LOOP_NZ_A, "ajw") LAYOUT(LOOP_Z_A, "ajw")
        LAYOUT(BR_TABLE_A, "at")
        LAYOUT(RETURN_F32, "ss") LAYOUT(RETURN_F64, "ss") /* else as RETURN_32 and _64 */
        LAYOUT(RETURN_32_A, "sa") LAYOUT(RETURN_64_A, "sa")
        LAYOUT(RETURN_F32_A, "sa") LAYOUT(RETURN_F64_A, "sa")
        LAYOUT(SELECT_32_A, "dssa") LAYOUT(SELECT_64_A, "dssa") LAYOUT(SELECT_128_A, "dssa")
        LAYOUT(GLOBAL_GET_32_ACC, "_x") LAYOUT(GLOBAL_GET_64_ACC, "_x")
        LAYOUT(GLOBAL_SET_32_A, "ax") LAYOUT(GLOBAL_SET_64_A, "ax"))

#define BINARY(name, wide)                                                                        \
    WISP_FORMS_BINARY(FORM, name, wide, "d", "")                                                  \
    WISP_ACC(WISP_FORMS_BINARY(FORM_ACC, name, wide))
#define X(name, expression) BINARY(name, "i")
    WISP_CODE_I32_BINARY(X)
    WISP_CODE_I64_BINARY(X)
#undef X
#define X(name, expression) BINARY(name, "f")
    WISP_CODE_F32_BINARY(X)
#undef X
#define X(name, expression) BINARY(name, "F")
    WISP_CODE_F64_BINARY(X)
#undef X

#define X(name, overflow, result) WISP_FORMS_COMPARE(FORM, name, "i", "d", "")
    WISP_CODE_I32_DIVIDE(X)
    WISP_CODE_I64_DIVIDE(X)
#undef X

#define COMPARE(name, wide)                                                                       \
    WISP_FORMS_COMPARE(FORM, name, wide, "d", "")                                                 \
    WISP_FORMS_COMPARE(FORM, name##_BR, wide, "", "j")                                            \
    WISP_FORMS_COMPARE(FORM, name##_LOOP, wide, "", "jw")
#define X(name, expression) COMPARE(name, "i")
    WISP_CODE_I32_COMPARE(X)
    WISP_CODE_I64_COMPARE(X)
#undef X
#define X(name, expression)                                                                       \
    COMPARE(name, "F") WISP_FORMS_COMPARE(FORM, name##_BRN, "F", "", "j")
    WISP_CODE_F64_COMPARE(X)
#undef X

#define X(name, comparison, expression) LAYOUT(name##_R, "dsisjw") LAYOUT(name##_I, "dsiijw")
    WISP_ACC(WISP_CODE_ADD_LOOP(X))
#undef X

#define X(name, ...) LAYOUT(name, "dss")
    WISP_CODE_FLOAT_BINARY(X)
#undef X

#define ONE_OPERAND(name) LAYOUT(name, "ds") WISP_ACC(LAYOUT(name##_A, "da"))
#define X(name, ...) ONE_OPERAND(name)
    WISP_CODE_UNARY(X)
    WISP_CODE_SIGN(X)
#undef X
#define X(to, from, ...) ONE_OPERAND(to##_TRUNC_##from) ONE_OPERAND(to##_TRUNC_SAT_##from)
    WISP_CODE_TRUNCATE(X)
#undef X

#define X(name, ...)                                                                              \
    LAYOUT(name, "dso")                                                                           \
    WISP_ACC(LAYOUT(name##_A, "dao") LAYOUT(name##_X, "dsso") LAYOUT(name##_AX, "daso")           \
             LAYOUT(name##_K, "dsi") LAYOUT(name##_AK, "dai")                                     \
             LAYOUT(name##_ACC, "_so") LAYOUT(name##_A_ACC, "_ao")                                \
             LAYOUT(name##_X_ACC, "_sso") LAYOUT(name##_AX_ACC, "_aso")                           \
             LAYOUT(name##_K_ACC, "_si") LAYOUT(name##_AK_ACC, "_ai")                             \
             LAYOUT(name##_U, "ddsio") LAYOUT(name##_UX, "ddsso")                                 \
             LAYOUT(name##_U_ACC, "_dsio") LAYOUT(name##_UX_ACC, "_dsso"))
    WISP_CODE_LOAD(X)
    WISP_CODE_FLOAT_LOAD(X)
#undef X

#define LOADED_R  "sso"
#define LOADED_A  "aso"
#define LOADED_RX "ssso"
#define LOADED_AX "asso"
#define LOADED_RK "ssi"
#define LOADED_AK "asi"
#define FORM_LOAD(form, name)                                                                     \
    LAYOUT(name##_##form, "d" LOADED_##form) LAYOUT(name##_##form##_ACC, "_" LOADED_##form)
#define X(name, ...) WISP_FORMS_LOAD_OP(FORM_LOAD, name)
    WISP_ACC(WISP_CODE_LOAD_OP(X))
#undef X

#define X(name, ...) LAYOUT(name, "ssao") LAYOUT(name##_K, "ssai")
    WISP_ACC(WISP_CODE_OP_STORE(X))
#undef X

#define X(name, ...)                                                                              \
    LAYOUT(name, "sso") LAYOUT(name##_I, "soi")                                                   \
    WISP_ACC(LAYOUT(name##_AR, "aso") LAYOUT(name##_AI, "aoi") LAYOUT(name##_RA, "sao")           \
             LAYOUT(name##_K, "ssi") LAYOUT(name##_KA, "sia"))
    WISP_CODE_STORE(X)
#undef X

#define X(name, ...)                                                                              \
    LAYOUT(name, "sso")                                                                           \
    WISP_ACC(LAYOUT(name##_A, "sao") LAYOUT(name##_K, "ssi") LAYOUT(name##_KA, "sia"))
    WISP_CODE_FLOAT_STORE(X)
#undef X

#define X(name, ...) LAYOUT(name##_AT64, "dso")
    WISP_CODE_LOAD_AT64(X)
#undef X
#define X(name, ...) LAYOUT(name##_AT64, "sso")
    WISP_CODE_STORE_AT64(X)
#undef X
#define X(name, ...) LAYOUT(name##_SHARED, "dso")
    WISP_CODE_LOAD_SHARED(X)
#undef X
#define X(name, ...) LAYOUT(name##_SHARED, "sso")
    WISP_CODE_STORE_SHARED(X)
#undef X

    LAYOUT(REF_FUNC, "dx")
    LAYOUT(TABLE_GET, "dsx") LAYOUT(TABLE_SET, "ssx") LAYOUT(TABLE_SIZE, "dx")
    LAYOUT(TABLE_GROW, "dssx") LAYOUT(TABLE_FILL, "sssx") LAYOUT(TABLE_COPY, "sssxx")
    LAYOUT(TABLE_INIT, "sssxx") LAYOUT(ELEM_DROP, "x")
    LAYOUT(MEMORY_SIZE, "dx") LAYOUT(MEMORY_GROW, "dsx") LAYOUT(MEMORY_FILL, "sssx")
    LAYOUT(MEMORY_COPY, "sssxx") LAYOUT(MEMORY_INIT, "sssxx") LAYOUT(DATA_DROP, "x")
    LAYOUT(LOAD_ANY, "dsxOk") LAYOUT(STORE_ANY, "ssxOk")
    LAYOUT(INDEX_32, "ds")
    LAYOUT(I64_ADD128, "dssss") LAYOUT(I64_SUB128, "dssss")
    LAYOUT(I64_MUL_WIDE_S, "dss") LAYOUT(I64_MUL_WIDE_U, "dss")
#ifndef WISP_WITHOUT_THREADS
    LAYOUT(ATOMIC_LOAD, "dsxOn") LAYOUT(ATOMIC_STORE, "ssxOn") LAYOUT(ATOMIC_RMW, "dssxOn")
    LAYOUT(ATOMIC_CMPXCHG, "dsssxOn") LAYOUT(ATOMIC_WAIT, "dsssxOn")
    LAYOUT(ATOMIC_NOTIFY, "dssxOn") LAYOUT(ATOMIC_FENCE, "")
#endif

#ifndef WISP_WITHOUT_SIMD
    LAYOUT(V128_UNARY, "dns") LAYOUT(V128_BINARY, "dnss") LAYOUT(V128_TERNARY, "dnsss")
    LAYOUT(V128_SHIFT, "dnss") LAYOUT(V128_TEST, "dns") LAYOUT(V128_SHUFFLE, "dssV")
#define X(name, ...) LAYOUT(name, "ds")
    WISP_CODE_VECTOR_SPLAT(X)
#undef X
#define X(name, ...) LAYOUT(name, "dsn")
    WISP_CODE_VECTOR_EXTRACT(X)
#undef X
#define X(name, ...) LAYOUT(name, "dssn")
    WISP_CODE_VECTOR_REPLACE(X)
#undef X
    LAYOUT(V128_CONST, "dV") LAYOUT(V128_ZERO, "ds") LAYOUT(V128_LOAD, "dso")
    LAYOUT(V128_STORE, "sso") LAYOUT(V128_LOAD_SPLAT_32, "dso") LAYOUT(V128_LOAD_SPLAT_64, "dso")
#define X(number, shape, operation, ...) LAYOUT(V128_##shape##_##operation, "ds")
    WISP_CODE_VECTOR_UNARY(X)
#undef X
#define X(number, shape, operation, ...) LAYOUT(V128_##shape##_##operation, "dss")
    WISP_CODE_VECTOR_BINARY(X)
#undef X
#define X(number, shape, operation, ...) LAYOUT(V128_##shape##_##operation, "dsss")
    WISP_CODE_VECTOR_TERNARY(X)
#undef X
/* By a constant; V128_SHIFT has the count in a slot. */
#define X(number, shape, operation, ...) LAYOUT(V128_##shape##_##operation, "dsn")
    WISP_CODE_VECTOR_SHIFT(X)
#undef X
#endif
};

/* clang-format on */

const char *wisp_code_layout(uint32_t code)
{
    return code < WISP_CODE_COUNT ? layouts[code] : NULL;
}

bool wisp_code_is_joined(uint32_t code, uint32_t *first, uint32_t *second)
{
    (void)first, (void)second; /* where nothing is joined */
    switch (code) {
#define JOIN(a, b)                                                                               \
    case WISP_CODE_##a##_AND_##b:                                                                \
        *first = WISP_CODE_##a;                                                                  \
        *second = WISP_CODE_##b;                                                                 \
        return true;
#include "wasm/code_joined.inc"
    default:
        return false;
    }
}

uint32_t wisp_code_operand_units(char operand, const uint16_t *at)
{
    switch (operand) {
    case 'a':
        return 0;
    case 'i':
    case 'f':
    case 'o':
    case 'x':
    case 'j':
    case 'w':
        return WISP_UNITS_32;
    case 'F':
    case 'C':
    case 'O':
    case 'c':
        return WISP_UNITS_64;
    case 'V':
        return 2 * WISP_UNITS_64;
    case 't':
        return WISP_UNITS_32 * (wisp_unit32(at) + 2);
    }
    return 1;
}

uint32_t wisp_code_units(uint32_t code, const uint16_t *at)
{
    uint32_t units = WISP_UNITS_HEAD;
    for (const char *letter = wisp_code_layout(code); letter && *letter; letter++)
        units += wisp_code_operand_units(*letter, at + units);
    return units;
}
