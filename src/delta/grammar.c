#include "delta/grammar.h"

#include "wasm/opcodes.h"
#include "wasm/vector_code.h"

#include <stddef.h>

#define W(name)    WISP_WORD_##name
#define MANY(name) (WISP_WORD_MANY | WISP_WORD_##name)

const wisp_rule wisp_rules[WISP_WORD_COUNT] = {
    [W(MODULE)] = {{W(BYTES_8), W(SECTION)}},
    [W(BYTES_4)] = {{W(BYTE), W(BYTE), W(BYTE), W(BYTE)}},
    [W(BYTES_8)] = {{W(BYTES_4), W(BYTES_4)}},
    [W(BYTES_16)] = {{W(BYTES_8), W(BYTES_8)}},
    [W(TEXT)] = {{MANY(BYTE)}},
    [W(GLOBAL_ENTRY)] = {{W(VALUE_TYPE), W(BYTE), W(EXPRESSION)}},
    [W(EXPORT)] = {{W(TEXT), W(EXPORT_KIND)}},
    [W(ELEMENT)] = {{W(ELEMENT_FLAGS)}},
    [W(LOCALS)] = {{W(NUMBER), W(VALUE_TYPE)}},
    [W(BODY)] = {{W(BODY_SIZE), MANY(LOCALS), W(CODE)}},
    [W(DATA)] = {{W(DATA_FLAGS)}},
    [W(FUNCTION_NAME)] = {{W(FUNCTION), W(TEXT)}},
    [W(GLOBAL_NAME)] = {{W(GLOBAL), W(TEXT)}},
};

/* What follows an instruction, by its shape in the engine's tables. */
#define MEMARG                                                                                   \
    {                                                                                            \
        {                                                                                        \
            W(ALIGN), W(OFFSET)                                                                  \
        }                                                                                        \
    }
enum { SHAPE_COUNT = WISP_SHAPE_ATOMIC + 1 };
static const wisp_rule shapes[SHAPE_COUNT] = {
    [WISP_SHAPE_BLOCK] = {{W(VALUE_TYPE)}},
    [WISP_SHAPE_LOOP] = {{W(VALUE_TYPE)}},
    [WISP_SHAPE_IF] = {{W(VALUE_TYPE)}},
    [WISP_SHAPE_TRY] = {{W(VALUE_TYPE)}},
    [WISP_SHAPE_TRY_TABLE] = {{W(VALUE_TYPE), MANY(CATCH)}},
    [WISP_SHAPE_CATCH] = {{W(NUMBER)}},
    [WISP_SHAPE_THROW] = {{W(NUMBER)}},
    [WISP_SHAPE_RETHROW] = {{W(NUMBER)}},
    [WISP_SHAPE_DELEGATE] = {{W(NUMBER)}},
    [WISP_SHAPE_BR] = {{W(NUMBER)}},
    [WISP_SHAPE_BR_IF] = {{W(NUMBER)}},
    [WISP_SHAPE_BR_ON_NULL] = {{W(NUMBER)}},
    [WISP_SHAPE_BR_ON_NON_NULL] = {{W(NUMBER)}},
    [WISP_SHAPE_BR_TABLE] = {{W(LABELS)}},
    [WISP_SHAPE_CALL] = {{W(FUNCTION)}},
    [WISP_SHAPE_RETURN_CALL] = {{W(FUNCTION)}},
    [WISP_SHAPE_CALL_INDIRECT] = {{W(TYPE), W(NUMBER)}},
    [WISP_SHAPE_RETURN_CALL_INDIRECT] = {{W(TYPE), W(NUMBER)}},
    [WISP_SHAPE_CALL_REF] = {{W(TYPE)}},
    [WISP_SHAPE_RETURN_CALL_REF] = {{W(TYPE)}},
    [WISP_SHAPE_SELECT_T] = {{MANY(VALUE_TYPE)}},
    [WISP_SHAPE_LOCAL_GET] = {{W(LOCAL_INDEX)}},
    [WISP_SHAPE_LOCAL_SET] = {{W(LOCAL_INDEX)}},
    [WISP_SHAPE_LOCAL_TEE] = {{W(LOCAL_INDEX)}},
    [WISP_SHAPE_GLOBAL_GET] = {{W(GLOBAL)}},
    [WISP_SHAPE_GLOBAL_SET] = {{W(GLOBAL)}},
    [WISP_SHAPE_TABLE_GET] = {{W(NUMBER)}},
    [WISP_SHAPE_TABLE_SET] = {{W(NUMBER)}},
    [WISP_SHAPE_LOAD_1] = MEMARG,
    [WISP_SHAPE_LOAD_2] = MEMARG,
    [WISP_SHAPE_LOAD_4] = MEMARG,
    [WISP_SHAPE_LOAD_8] = MEMARG,
    [WISP_SHAPE_STORE_1] = MEMARG,
    [WISP_SHAPE_STORE_2] = MEMARG,
    [WISP_SHAPE_STORE_4] = MEMARG,
    [WISP_SHAPE_STORE_8] = MEMARG,
    [WISP_SHAPE_MEMORY_SIZE] = {{W(NUMBER)}},
    [WISP_SHAPE_MEMORY_GROW] = {{W(NUMBER)}},
    [WISP_SHAPE_I32_CONST] = {{W(CONST_32)}},
    [WISP_SHAPE_I64_CONST] = {{W(CONST_64)}},
    [WISP_SHAPE_F32_CONST] = {{W(BYTES_4)}},
    [WISP_SHAPE_F64_CONST] = {{W(BYTES_8)}},
    [WISP_SHAPE_REF_NULL] = {{W(HEAP_TYPE)}},
    [WISP_SHAPE_REF_FUNC] = {{W(FUNCTION)}},
    [WISP_SHAPE_MEMORY_INIT] = {{W(NUMBER), W(NUMBER)}},
    [WISP_SHAPE_DATA_DROP] = {{W(NUMBER)}},
    [WISP_SHAPE_MEMORY_COPY] = {{W(NUMBER), W(NUMBER)}},
    [WISP_SHAPE_MEMORY_FILL] = {{W(NUMBER)}},
    [WISP_SHAPE_TABLE_INIT] = {{W(NUMBER), W(NUMBER)}},
    [WISP_SHAPE_ELEM_DROP] = {{W(NUMBER)}},
    [WISP_SHAPE_TABLE_COPY] = {{W(NUMBER), W(NUMBER)}},
    [WISP_SHAPE_TABLE_GROW] = {{W(NUMBER)}},
    [WISP_SHAPE_TABLE_SIZE] = {{W(NUMBER)}},
    [WISP_SHAPE_TABLE_FILL] = {{W(NUMBER)}},
    [WISP_SHAPE_PREFIX_FC] = {{W(OPCODE_FC)}},
    [WISP_SHAPE_VECTOR] = {{W(OPCODE_FD)}},
    [WISP_SHAPE_ATOMIC] = {{W(OPCODE_FE)}},
};

/* The shape of each instruction; UNKNOWN, 0, where there is none. */
#define X(byte, name, text, shape, in, out, code, feature) [byte] = WISP_SHAPE_##shape,
static const uint8_t plain[256] = {WISP_OPCODES(X)};
static const uint8_t extended[WISP_OPCODES_FC_COUNT] = {WISP_OPCODES_FC(X)};
#undef X

/* Rules of vector instructions by the list that they are in, 1 more than that: 0 is none. */
enum { NO_VECTOR, PLAIN_VECTOR, LANE, MEMORY, MEMORY_LANE, FULL };
static const wisp_rule vector_rules[] = {
    [LANE] = {{W(BYTE)}},
    [MEMORY] = MEMARG,
    [MEMORY_LANE] = {{W(ALIGN), W(OFFSET), W(BYTE)}},
    [FULL] = {{W(BYTES_16)}},
};

enum { VECTOR_LOAD = MEMORY, VECTOR_STORE = MEMORY, VECTOR_CONST = FULL, VECTOR_SHUFFLE = FULL };
#define SIMPLE(number, ...)              [number] = PLAIN_VECTOR,
#define OF_LANE(number, ...)             [number] = LANE,
#define ACCESS(number, ...)              [number] = MEMORY,
#define LANE_ACCESS(number, ...)         [number] = MEMORY_LANE,
#define OTHER(number, shape, name, form) [number] = VECTOR_##form,
enum { VECTOR_COUNT = 0x114 };
static const uint8_t vectors[VECTOR_COUNT] = {
    WISP_VECTOR_UNARY(SIMPLE) WISP_VECTOR_BINARY(SIMPLE) WISP_VECTOR_TERNARY(SIMPLE)
        WISP_VECTOR_SHIFT(SIMPLE) WISP_VECTOR_UNARY_DIRECT(SIMPLE)
            WISP_VECTOR_BINARY_DIRECT(SIMPLE) WISP_VECTOR_TERNARY_DIRECT(SIMPLE)
                WISP_VECTOR_SHIFT_DIRECT(SIMPLE) WISP_VECTOR_TEST(SIMPLE)
                    WISP_VECTOR_RELAXED(SIMPLE) WISP_VECTOR_SPLAT(SIMPLE)
                        WISP_VECTOR_EXTRACT(OF_LANE) WISP_VECTOR_REPLACE(OF_LANE)
                            WISP_VECTOR_LOAD_EXTEND(ACCESS) WISP_VECTOR_LOAD_SPLAT(ACCESS)
                                WISP_VECTOR_LOAD_ZERO(ACCESS) WISP_VECTOR_LOAD_LANE(LANE_ACCESS)
                                    WISP_VECTOR_STORE_LANE(LANE_ACCESS) WISP_VECTOR_OTHER(OTHER)};

/* Threads: wait, notify and, from 0x10 on, operations have an address; fence, 3, a zero byte. */
static const wisp_rule *atomic_rule(uint64_t number)
{
    static const wisp_rule memarg = MEMARG, fence = {{W(BYTE)}};
    if (number == 3)
        return &fence;
    return number < 3 || (number >= 0x10 && number <= 0x4e) ? &memarg : NULL;
}

static const wisp_rule *shape_rule(uint8_t shape)
{
    return shape == WISP_SHAPE_UNKNOWN ? NULL : &shapes[shape];
}

const wisp_rule *wisp_rule_of_instruction(uint32_t prefix, uint64_t number)
{
    switch (prefix) {
    case WISP_OPCODE_PREFIX_FC:
        return number < WISP_OPCODES_FC_COUNT ? shape_rule(extended[number]) : NULL;
    case WISP_OPCODE_VECTOR:
        return number < VECTOR_COUNT && vectors[number] ? &vector_rules[vectors[number]] : NULL;
    case WISP_OPCODE_ATOMIC:
        return atomic_rule(number);
    default:
        return shape_rule(plain[number]);
    }
}

const wisp_rule *wisp_rule_of_section(uint8_t id)
{
    static const wisp_rule sections[] = {
        [0] = {{W(TEXT), W(CUSTOM)}}, [3] = {{MANY(TYPE)}},  [6] = {{MANY(GLOBAL_ENTRY)}},
        [7] = {{MANY(EXPORT)}},       [8] = {{W(FUNCTION)}}, [9] = {{MANY(ELEMENT)}},
        [10] = {{MANY(BODY)}},        [11] = {{MANY(DATA)}},
    };
    enum { COUNT = sizeof sections / sizeof *sections };
    return id < COUNT && sections[id].words[0] ? &sections[id] : NULL;
}

/* The bits say: passive or declarative; a table's index, or declarative; expressions. */
const wisp_rule *wisp_rule_of_element(uint64_t flags)
{
    static const wisp_rule rules[] = {
        {{W(EXPRESSION), MANY(FUNCTION)}},
        {{W(BYTE), MANY(FUNCTION)}},
        {{W(NUMBER), W(EXPRESSION), W(BYTE), MANY(FUNCTION)}},
        {{W(BYTE), MANY(FUNCTION)}},
        {{W(EXPRESSION), MANY(EXPRESSION)}},
        {{W(VALUE_TYPE), MANY(EXPRESSION)}},
        {{W(NUMBER), W(EXPRESSION), W(VALUE_TYPE), MANY(EXPRESSION)}},
        {{W(VALUE_TYPE), MANY(EXPRESSION)}},
    };
    return flags < sizeof rules / sizeof *rules ? &rules[flags] : NULL;
}

const wisp_rule *wisp_rule_of_data(uint64_t flags)
{
    static const wisp_rule rules[] = {
        {{W(EXPRESSION), W(CONTENT)}},
        {{W(CONTENT)}},
        {{W(NUMBER), W(EXPRESSION), W(CONTENT)}},
    };
    return flags < sizeof rules / sizeof *rules ? &rules[flags] : NULL;
}
