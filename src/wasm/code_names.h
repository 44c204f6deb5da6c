/*
 * Every register instruction in the order of its number, as CODE(name). The includer
 * defines CODE; hence no include guard.
 */

/* clang-format off */

WISP_CODE_CONTROL(CODE)

#define X(name, expression) CODE(name##_RR) CODE(name##_RI)
WISP_CODE_I32_BINARY(X)
WISP_CODE_I64_BINARY(X)
#undef X

#define X(name, overflow, result) CODE(name##_RR) CODE(name##_RI)
WISP_CODE_I32_DIVIDE(X)
WISP_CODE_I64_DIVIDE(X)
#undef X

#define X(name, expression)                                                                       \
    CODE(name##_RR) CODE(name##_RI)                                                               \
    CODE(name##_BR_RR) CODE(name##_BR_RI)                                                         \
    CODE(name##_LOOP_RR) CODE(name##_LOOP_RI)
WISP_CODE_I32_COMPARE(X)
WISP_CODE_I64_COMPARE(X)
#undef X

#define X(name, in, out, expression) CODE(name)
WISP_CODE_FLOAT_BINARY(X)
WISP_CODE_UNARY(X)
#undef X

#define X(to, from, in, out, type, least, greatest, low, high)                                    \
    CODE(to##_TRUNC_##from) CODE(to##_TRUNC_SAT_##from)
WISP_CODE_TRUNCATE(X)
#undef X

#define X(name, out, stored, extended) CODE(name)
WISP_CODE_LOAD(X)
#undef X

#define X(name, in, stored) CODE(name) CODE(name##_I)
WISP_CODE_STORE(X)
#undef X

#define X(name, function, units) CODE(name)
WISP_CODE_SLOW(X)
#undef X

/* clang-format on */
