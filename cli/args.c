#include "args.h"

#include "exit.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int usage_error(const cli_command *command, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("wisp: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    if (command)
        fprintf(stderr, "usage: wisp %s %s\n       wisp help %s\n", command->name, command->usage,
                command->name);
    else
        fputs("       wisp help\n", stderr);
    return EXIT_USAGE;
}

static const cli_option help_option = {"help", NULL, "show this text"};

static const cli_option *find_option(const cli_command *command, const char *name, size_t len)
{
    for (const cli_option *o = command->options; o->name; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    }
    return len == 4 && memcmp(name, "help", 4) == 0 ? &help_option : NULL;
}

static void unknown_option(const cli_command *command, const char *name, size_t len)
{
    const char *names[OPTIONS_MAX + 1] = {"help"};
    size_t count = 1;
    for (const cli_option *o = command->options; o->name; o++)
        names[count++] = o->name;
    char typed[64];
    snprintf(typed, sizeof typed, "%.*s", (int)len, name);
    const char *nearest = nearest_name(typed, names, count);
    if (nearest)
        usage_error(command, "no option '--%s'; did you mean '--%s'?", typed, nearest);
    else
        usage_error(command, "no option '--%s'", typed);
}

/* "-5", "-.5", "-0x1f", "-inf", "-nan": numbers, where the command takes some. */
static bool is_signed_number(const char *word)
{
    return isdigit((unsigned char)word[1]) || word[1] == '.' ||
           strncmp(word + 1, "inf", 3) == 0 || strncmp(word + 1, "nan", 3) == 0;
}

/* Takes the option at [word]; *[next] is the word after it, which may be its value. */
static bool take_option(cli_args *args, const char *word, char **next, bool *took_next)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const cli_option *option = find_option(args->command, name, len);
    *took_next = false;
    if (!option) {
        unknown_option(args->command, name, len);
        return false;
    }
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    if (value && !option->value) {
        usage_error(args->command, "'--%s' takes no value", option->name);
        return false;
    }
    bool is_needed = option->value && option->value[0] != '[';
    if (is_needed && !value) {
        value = *next;
        *took_next = true;
    }
    if (is_needed && !value) {
        usage_error(args->command, "'--%s' needs a value: --%s %s", option->name, option->name,
                    option->value);
        return false;
    }
    args->given[args->given_len].option = option;
    args->given[args->given_len++].value = value;
    return true;
}

static bool check_count(const cli_args *args)
{
    const cli_command *command = args->command;
    if (args_has(args, "help"))
        return true;
    if (args->len < command->arguments_min) {
        usage_error(command, "%s is missing", command->missing);
        return false;
    }
    if (args->len > command->arguments_max) {
        usage_error(command, "'%s' is one argument too many",
                    args->arguments[command->arguments_max]);
        return false;
    }
    return true;
}

static bool make_room(cli_args *args)
{
    size_t room = (size_t)args->word_count + 1;
    args->arguments = calloc(room, sizeof *args->arguments);
    args->given = calloc(room, sizeof *args->given);
    if (!args->arguments || !args->given)
        fputs("wisp: out of memory\n", stderr);
    return args->arguments && args->given;
}

/* Takes the words; with [options_first] all that follow the first argument are arguments. */
static bool take_words(cli_args *args, bool options_first)
{
    const cli_command *command = args->command;
    bool options = true;
    for (int i = 0; i < args->word_count; i++) {
        const char *word = args->words[i];
        bool is_option = options && word[0] == '-' && word[1] != '\0' &&
                         !(command->signed_arguments && is_signed_number(word));
        bool took_next = false;
        if (!is_option) {
            args->arguments[args->len++] = word;
            options = options && !options_first;
        } else if (strcmp(word, "--") == 0) {
            options = false;
        } else if (strcmp(word, "-h") == 0) {
            args->given[args->given_len++].option = &help_option;
        } else if (word[1] != '-') {
            usage_error(command, "no option '%s'; options are written --name", word);
            return false;
        } else if (!take_option(args, word, &args->words[i + 1], &took_next)) {
            return false;
        }
        i += took_next;
    }
    return check_count(args);
}

bool args_parse(const cli_command *command, char **words, int count, cli_args *out)
{
    *out = (cli_args){.command = command, .words = words, .word_count = count};
    return make_room(out) && take_words(out, command->options_first);
}

bool args_parse_anywhere(const cli_args *args, cli_args *out)
{
    *out = (cli_args){
        .command = args->command, .words = args->words, .word_count = args->word_count};
    return make_room(out) && take_words(out, false);
}

void args_deinit(cli_args *args)
{
    free(args->arguments);
    free(args->given);
}

const char *args_text(const cli_args *args, const char *name, const char *otherwise)
{
    assert(find_option(args->command, name, strlen(name)));
    for (size_t i = args->given_len; i-- > 0;) {
        if (strcmp(args->given[i].option->name, name) == 0)
            return args->given[i].value;
    }
    return otherwise;
}

bool args_has(const cli_args *args, const char *name)
{
    assert(find_option(args->command, name, strlen(name)));
    for (size_t i = 0; i < args->given_len; i++) {
        if (strcmp(args->given[i].option->name, name) == 0)
            return true;
    }
    return false;
}

const char *args_next(const cli_args *args, const char *name, size_t *at)
{
    assert(find_option(args->command, name, strlen(name)));
    while (*at < args->given_len) {
        size_t i = (*at)++;
        if (strcmp(args->given[i].option->name, name) == 0)
            return args->given[i].value;
    }
    return NULL;
}

bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    bool is_number = isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
    if (is_number && value >= low && value <= high)
        *out = value;
    return is_number && value >= low && value <= high;
}

bool args_number(const cli_args *args, const char *name, uint64_t low, uint64_t high,
                 uint64_t *out)
{
    const char *text = args_text(args, name, NULL);
    if (!text)
        return true;
    if (parse_number(text, low, high, out))
        return true;
    usage_error(args->command, "'--%s' is '%s', expected a number from %llu to %llu", name, text,
                (unsigned long long)low, (unsigned long long)high);
    return false;
}
