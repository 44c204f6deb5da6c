#include "commands.h"
#include "exit.h"
#include "term.h"

#include <wisp/base.h>

#include <stdio.h>
#include <string.h>

static void heading(const char *text)
{
    printf("\n%s%s%s\n", term(stdout, TERM_BOLD), text, term(stdout, TERM_PLAIN));
}

/* Prints [text] with every line indented. */
static void indented(const char *text)
{
    while (*text) {
        int len = (int)strcspn(text, "\n");
        printf("%s%.*s\n", len ? "  " : "", len, text);
        text += len + (text[len] == '\n');
    }
}

/* How many characters the UTF-8 of [text] has. */
static int characters(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void print_option(const cli_option *o)
{
    enum { WIDTH = 24 };
    char left[48];
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->value && o->value[0] != '[' ? " " : "",
             o->value ? o->value : "");
    int pad = WIDTH - characters(left);
    printf("  %s%*s %s\n", left, pad > 0 ? pad : 0, "", o->help);
}

static void print_exit_codes(void)
{
#define X(number, name, text) printf("  %d  %s\n", number, text);
    EXIT_CODES(X)
#undef X
}

void print_help(const cli_command *command)
{
    printf("%swisp %s%s %s\n\n", term(stdout, TERM_BOLD), command->name, term(stdout, TERM_PLAIN),
           command->usage);
    printf("%s.\n", command->summary);
    if (*command->about)
        printf("\n%s\n", command->about);
    heading("Options");
    for (const cli_option *o = command->options; o->name; o++)
        print_option(o);
    print_option(&(cli_option){"help", NULL, "show this text"});
    heading("Examples");
    indented(command->examples);
    heading("Exit codes");
    print_exit_codes();
}

static void print_overview(void)
{
    printf("%swisp %s%s: replace a program's logic while it runs\n", term(stdout, TERM_BOLD),
           WISP_VERSION, term(stdout, TERM_PLAIN));
    heading("Commands");
    for (size_t i = 0; i < COMMAND_LEN; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    heading("More");
    puts("  wisp help COMMAND     options, examples\n"
         "  wisp help exit-codes  what scripts can rely on\n"
         "  wisp --version");
}

static int run(const cli_args *args)
{
    if (args->len == 0) {
        print_overview();
        return EXIT_OK;
    }
    if (strcmp(args->arguments[0], "exit-codes") == 0) {
        puts("A script can rely on these:\n");
        print_exit_codes();
        return EXIT_OK;
    }
    const cli_command *command = find_command(args->arguments[0]);
    if (!command)
        return EXIT_USAGE;
    print_help(command);
    return EXIT_OK;
}

const cli_command cmd_help = {
    .name = "help",
    .summary = "Explains a command, or lists them all",
    .usage = "[COMMAND | exit-codes]",
    .about = "",
    .examples = "wisp help publish\nwisp help exit-codes",
    .arguments_max = 1,
    .run = run,
};
