#ifndef WISP_DELTA_GRAMMAR_H
#define WISP_DELTA_GRAMMAR_H

#include <stdint.h>

/*
 * What a module's bytes are, as far as one must know to find the numbers in them that refer to
 * something. All of it is made of words; a rule says which words make up another. The
 * instructions are those of the engine's own tables (wasm/opcodes.h, wasm/vector_code.h), so
 * that what it learns is known here. The groups of words are told apart by their order.
 */

typedef enum wisp_word {
    WISP_WORD_NONE, /* ends a rule */

    /* LEB128 numbers. What follows some of them depends on the value (rewriter.c). */
    WISP_WORD_NUMBER, /* whatever it means */
    WISP_WORD_FUNCTION,
    WISP_WORD_TYPE,
    WISP_WORD_GLOBAL,
    WISP_WORD_LOCAL_INDEX,
    WISP_WORD_OFFSET, /* what an access adds to its address */
    WISP_WORD_CONST_32,
    WISP_WORD_CONST_64,
    WISP_WORD_HEAP_TYPE,
    WISP_WORD_VALUE_TYPE, /* also that of a block */
    WISP_WORD_ALIGN,      /* with the bit that says that a memory's index follows */
    WISP_WORD_LABELS,     /* how many labels br_table has besides the default */
    WISP_WORD_OPCODE_FC,  /* numbers of instructions behind their prefix byte */
    WISP_WORD_OPCODE_FD,
    WISP_WORD_OPCODE_FE,
    WISP_WORD_SECTION_SIZE,
    WISP_WORD_BODY_SIZE,
    WISP_WORD_NAMES_SIZE, /* of a part of the name section */
    WISP_WORD_CONTENT,    /* how many bytes a data segment has; they follow */
    WISP_WORD_ELEMENT_FLAGS,
    WISP_WORD_DATA_FLAGS,

    /* Single bytes. */
    WISP_WORD_SECTION,
    WISP_WORD_EXPORT_KIND,
    WISP_WORD_CATCH,
    WISP_WORD_CUSTOM,     /* what a custom section has behind its name: names or any bytes */
    WISP_WORD_NAMES,      /* parts of the name section, up to its end */
    WISP_WORD_EXPRESSION, /* instructions up to the first end */
    WISP_WORD_CODE,       /* instructions up to the end of the body */

    /* Bytes that say nothing. */
    WISP_WORD_BYTE,
    WISP_WORD_UNIT, /* 4 of a data segment, at an address that is a multiple of that */

    /* Rules. */
    WISP_WORD_MODULE,
    WISP_WORD_BYTES_4,
    WISP_WORD_BYTES_8,
    WISP_WORD_BYTES_16,
    WISP_WORD_TEXT,
    WISP_WORD_GLOBAL_ENTRY,
    WISP_WORD_EXPORT,
    WISP_WORD_ELEMENT,
    WISP_WORD_LOCALS, /* of one type */
    WISP_WORD_BODY,
    WISP_WORD_DATA,
    WISP_WORD_FUNCTION_NAME,
    WISP_WORD_GLOBAL_NAME,
    WISP_WORD_COUNT
} wisp_word;

/* Before a word: a number that says how often the word follows. */
#define WISP_WORD_MANY 0x80

#define WISP_RULE_MAX 4

/* Words, the last of them NONE if there are fewer than WISP_RULE_MAX. */
typedef struct wisp_rule {
    uint8_t words[WISP_RULE_MAX];
} wisp_rule;

/* Of the words from MODULE on. */
extern const wisp_rule wisp_rules[WISP_WORD_COUNT];

/* What follows an instruction; NULL if there is none of that number. [prefix] is 0xfc to 0xfe, or
 * 0 for instructions of one byte. */
const wisp_rule *wisp_rule_of_instruction(uint32_t prefix, uint64_t number);

/* What a section has after its size; NULL for those that refer to nothing. */
const wisp_rule *wisp_rule_of_section(uint8_t id);

/* What follows the flags of an element or data segment. */
const wisp_rule *wisp_rule_of_element(uint64_t flags);
const wisp_rule *wisp_rule_of_data(uint64_t flags);

#endif
