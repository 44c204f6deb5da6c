#ifndef WISP_TESTS_WORDS_H
#define WISP_TESTS_WORDS_H

#include <stdbool.h>
#include <string.h>

/* Texts of errors, which a build may do without, or without the names of instructions in them. */

#ifdef WISP_WITHOUT_TEXTS
enum { WORDS_ARE_LEFT_OUT = 1 };
#else
enum { WORDS_ARE_LEFT_OUT = 0 };
#endif
#ifdef WISP_WITHOUT_INSTRUCTION_NAMES
enum { NAMES_ARE_LEFT_OUT = 1 };
#else
enum { NAMES_ARE_LEFT_OUT = 0 };
#endif

/* Whether [text] is [wanted], as far as the build can say that. */
static inline bool words_are(const char *text, const char *wanted)
{
    return WORDS_ARE_LEFT_OUT || strcmp(text, wanted) == 0;
}

/* Whether it contains that. */
static inline bool words_say(const char *text, const char *wanted)
{
    return WORDS_ARE_LEFT_OUT || strstr(text, wanted);
}

/* The same if [wanted] begins with the name of an instruction. */
static inline bool words_say_of_instruction(const char *text, const char *wanted)
{
    if (!NAMES_ARE_LEFT_OUT || words_say(text, wanted))
        return words_say(text, wanted);
    const char *number = strstr(text, "instruction 0x");
    return number && words_say(number, wanted + strcspn(wanted, " :"));
}

#endif
