#include "wasm/code.h"

/* The traits of the register instructions. Those that are not named have none: whatever
 * accumulators hold is forgotten, and their results are in slots. */

enum {
    FIELD_u32 = WISP_ACC_INT,
    FIELD_i32 = WISP_ACC_INT,
    FIELD_u64 = WISP_ACC_INT,
    FIELD_i64 = WISP_ACC_INT,
    FIELD_f32 = WISP_ACC_F32,
    FIELD_f64 = WISP_ACC_F64
};

enum { BINARY_FORMS = WISP_CODE_I32_ADD_RR_ACC - WISP_CODE_I32_ADD_RR };
enum { LOAD_OP_FORMS = WISP_CODE_I32_ADD_LOAD_R_ACC - WISP_CODE_I32_ADD_LOAD_R };
enum { LOAD_FORMS = WISP_CODE_I32_LOAD_ACC - WISP_CODE_I32_LOAD };

/* clang-format off */

#define TWIN(distance) ((distance)*WISP_TRAIT_DISTANCE)

const uint8_t wisp_code_trait_table[WISP_CODE_COUNT] = {
#define KEEPS(name)    [WISP_CODE_##name] = WISP_TRAIT_KEEPS,
    KEEPS(BR) KEEPS(BR_NZ) KEEPS(BR_Z) KEEPS(LOOP_NZ) KEEPS(LOOP_Z) KEEPS(COPY_32) KEEPS(COPY_64)
    KEEPS(COPY_SUM)
    KEEPS(CONST_32) KEEPS(CONST_64) KEEPS(BR_NZ_A) KEEPS(BR_Z_A) KEEPS(LOOP_NZ_A)
    KEEPS(LOOP_Z_A) KEEPS(GLOBAL_SET_32) KEEPS(GLOBAL_SET_64) KEEPS(GLOBAL_SET_32_A)
    KEEPS(GLOBAL_SET_64_A)

    [WISP_CODE_GLOBAL_GET_32] = WISP_ACC_INT | TWIN(1),
    [WISP_CODE_GLOBAL_GET_64] = WISP_ACC_INT | TWIN(1),
    [WISP_CODE_SELECT_32] = WISP_ACC_INT,
    [WISP_CODE_SELECT_64] = WISP_ACC_INT,
    [WISP_CODE_SELECT_32_A] = WISP_ACC_INT,
    [WISP_CODE_SELECT_64_A] = WISP_ACC_INT,

#define FORM(form, name, acc) [WISP_CODE_##name##_##form] = (acc) | TWIN(BINARY_FORMS),
#define X(name, expression)   WISP_FORMS_BINARY(FORM, name, WISP_ACC_INT)
    WISP_CODE_I32_BINARY(X) WISP_CODE_I64_BINARY(X)
#undef X
#define X(name, expression) WISP_FORMS_BINARY(FORM, name, WISP_ACC_F32)
    WISP_CODE_F32_BINARY(X)
#undef X
#define X(name, expression) WISP_FORMS_BINARY(FORM, name, WISP_ACC_F64)
    WISP_CODE_F64_BINARY(X)
#undef X
#undef FORM

#define FORM(form, name, traits)  [WISP_CODE_##name##_##form] = (traits),
#define X(name, overflow, result) WISP_FORMS_COMPARE(FORM, name, WISP_ACC_INT)
    WISP_CODE_I32_DIVIDE(X) WISP_CODE_I64_DIVIDE(X)
#undef X
#define X(name, expression)                                                                       \
    WISP_FORMS_COMPARE(FORM, name, WISP_ACC_INT)                                                  \
    WISP_FORMS_COMPARE(FORM, name##_BR, WISP_TRAIT_KEEPS)                                         \
    WISP_FORMS_COMPARE(FORM, name##_LOOP, WISP_TRAIT_KEEPS)
    WISP_CODE_I32_COMPARE(X) WISP_CODE_I64_COMPARE(X) WISP_CODE_F64_COMPARE(X)
#undef X
#define X(name, expression) WISP_FORMS_COMPARE(FORM, name##_BRN, WISP_TRAIT_KEEPS)
    WISP_CODE_F64_COMPARE(X)
#undef X
#undef FORM

#define X(name, comparison, expression) KEEPS(name##_R) KEEPS(name##_I)
    WISP_CODE_ADD_LOOP(X)
#undef X

#define X(name, in, out, expression) [WISP_CODE_##name] = FIELD_##out,
    WISP_CODE_FLOAT_BINARY(X) WISP_CODE_UNARY(X) WISP_CODE_SIGN(X)
#undef X
#define X(name, in, out, expression) [WISP_CODE_##name##_A] = FIELD_##out,
    WISP_CODE_UNARY(X) WISP_CODE_SIGN(X)
#undef X

#define X(to, from, in, out, type, least, greatest, low, high)                                    \
    [WISP_CODE_##to##_TRUNC_##from] = FIELD_##out,                                                \
    [WISP_CODE_##to##_TRUNC_##from##_A] = FIELD_##out,                                            \
    [WISP_CODE_##to##_TRUNC_SAT_##from] = FIELD_##out,                                            \
    [WISP_CODE_##to##_TRUNC_SAT_##from##_A] = FIELD_##out,
    WISP_CODE_TRUNCATE(X)
#undef X

#define X(name, out, stored, extended)                                                            \
    [WISP_CODE_##name] = FIELD_##out | TWIN(LOAD_FORMS),                                          \
    [WISP_CODE_##name##_A] = FIELD_##out | TWIN(LOAD_FORMS),                                      \
    [WISP_CODE_##name##_X] = FIELD_##out | TWIN(LOAD_FORMS),                                      \
    [WISP_CODE_##name##_AX] = FIELD_##out | TWIN(LOAD_FORMS),                                     \
    [WISP_CODE_##name##_K] = FIELD_##out | TWIN(LOAD_FORMS),                                      \
    [WISP_CODE_##name##_AK] = FIELD_##out | TWIN(LOAD_FORMS),                                     \
    [WISP_CODE_##name##_U] = FIELD_##out | TWIN(LOAD_FORMS),                                      \
    [WISP_CODE_##name##_UX] = FIELD_##out | TWIN(LOAD_FORMS),
    WISP_CODE_LOAD(X) WISP_CODE_FLOAT_LOAD(X)
#undef X

#define FORM(form, name, acc) [WISP_CODE_##name##_##form] = (acc) | TWIN(LOAD_OP_FORMS),
#define X(name, operation, load, out, stored, expression)                                         \
    WISP_FORMS_LOAD_OP(FORM, name, FIELD_##out)
    WISP_CODE_LOAD_OP(X)
#undef X
#undef FORM

#define X(name, ...) KEEPS(name) KEEPS(name##_K)
    WISP_CODE_OP_STORE(X)
#undef X

#define X(name, in, stored)                                                                       \
    KEEPS(name) KEEPS(name##_I) KEEPS(name##_AR) KEEPS(name##_AI) KEEPS(name##_RA)                \
    KEEPS(name##_K) KEEPS(name##_KA)
    WISP_CODE_STORE(X)
#undef X
#define X(name, in, stored) KEEPS(name) KEEPS(name##_A) KEEPS(name##_K) KEEPS(name##_KA)
    WISP_CODE_FLOAT_STORE(X)
#undef X
};

/* clang-format on */
