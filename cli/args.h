#ifndef WISP_CLI_ARGS_H
#define WISP_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Commands and their command lines. A command is a constant that says all about itself; its
 * help and the check of what was typed come from the same words.
 *
 *     wisp COMMAND [OPTION]… [ARGUMENT]…
 *
 * Options are long ("--name value" or "--name=value") and may stand anywhere unless the command
 * says otherwise; "--" ends them.
 */

#define OPTIONS_MAX 20

typedef struct cli_option {
    const char *name;  /* without the "--" */
    const char *value; /* what follows it, as help shows it ("DIR"); NULL for a switch; "[=DIR]"
                        * if it may be left out, and then it follows a "=" only */
    const char *help;
} cli_option;

typedef struct cli_args cli_args;

typedef struct cli_command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* what follows the name */
    const char *about;   /* paragraphs of help */
    const char *examples;
    cli_option options[OPTIONS_MAX]; /* ends with a NULL name; --help is always there */
    size_t arguments_min, arguments_max;
    const char *missing;   /* what an argument that is not there should have been */
    bool signed_arguments; /* "-5" and "-inf" are arguments */
    bool options_first;    /* what follows the first argument is not Wisp's to read */
    int (*run)(const cli_args *args);
} cli_command;

/* What was typed after the command's name. */
struct cli_args {
    const cli_command *command;
    const char **arguments;
    size_t len;
    struct {
        const cli_option *option;
        const char *value;
    } * given; /* in the order typed */
    size_t given_len;
    char **words; /* all of them */
    int word_count;
};

/* Reads [count] words for [command]. False if they make no sense; that has been said on stderr
 * then. Free [out] with args_deinit in any case. */
bool args_parse(const cli_command *command, char **words, int count, cli_args *out);
/* Reads the words of [args] once more, for a command with [options_first] that has found that
 * options may stand anywhere after all. */
bool args_parse_anywhere(const cli_args *args, cli_args *out);
void args_deinit(cli_args *args);

/* Whether "--name" was given; its last value, or [otherwise]. [name] must be an option of the
 * command. */
bool args_has(const cli_args *args, const char *name);
const char *args_text(const cli_args *args, const char *name, const char *otherwise);

/* The values of "--name" in the order typed: the one after *[at], which begins as 0; NULL after
 * the last. */
const char *args_next(const cli_args *args, const char *name, size_t *at);

/* The value as a number from [low] to [high], left as it is where the option was not given.
 * False if it is none; that has been said on stderr then. */
bool args_number(const cli_args *args, const char *name, uint64_t low, uint64_t high,
                 uint64_t *out);

/* [text] as a number from [low] to [high]; false if it is none. */
bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);

/* Says on stderr what is wrong with the command line and where help is; gives EXIT_USAGE.
 * [command] may be NULL. */
int usage_error(const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The one of [len] names that [typed] was probably meant to be;
 * NULL where none is near. */
const char *nearest_name(const char *typed, const char *const *names, size_t len);

#endif
