#include "commands.h"
#include "out.h"

#include "bind/generate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The name of the header without folders and ".h", with '_' for what no C name has. */
static void name_after(const char *path, char *into, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(into, size, "%s", slash ? slash + 1 : path);
    into[strcspn(into, ".")] = '\0';
    for (char *at = into; *at; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
}

static bool is_name(const char *text)
{
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '_')
            return false;
    return text[0] != '\0' && !isdigit((unsigned char)text[0]);
}

/* How many words follow "--": flags for the parser, at the end of the arguments. */
static size_t count_flags(const cli_args *args)
{
    for (int i = 0; i < args->word_count; i++)
        if (strcmp(args->words[i], "--") == 0)
            return (size_t)(args->word_count - i - 1);
    return 0;
}

/* All values of "--[option]", as many as the result says. */
static size_t take_all(const cli_args *args, const char *option, const char **into)
{
    size_t len = 0, at = 0;
    const char *value;
    while ((value = args_next(args, option, &at)))
        into[len++] = value;
    return len;
}

static int tell(const bind_order *order, const bind_report *report)
{
    FILE *out = report->faults ? stderr : stdout;
    bool is_written = report->bound > 0 && (report->faults == 0 || order->keep_going);
    fprintf(out, "%s: %zu functions bound, %u skipped, %u refused%s\n", order->module,
            report->bound, report->skipped, report->refused,
            is_written ? "" : "; nothing was written");
    return report->faults ? EXIT_NO : EXIT_OK;
}

static int generate(const cli_args *args, bind_order *order, const char **texts)
{
    char named[64];
    bind_report report = {0};
    wisp_error err;
    size_t include_len = take_all(args, "include", texts);
    order->includes = include_len ? texts : NULL;
    order->guest_flags = texts + include_len;
    order->guest_flag_len = take_all(args, "guest-flag", texts + include_len);
    name_after(order->headers[0], named, sizeof named);
    order->module = args_text(args, "module", named);
    order->include_len = include_len;
    if (!is_name(order->module))
        return usage_error(args->command, "'%s' is no C name, which --module must be",
                           order->module);
    if (bind_generate(order, &report, &err))
        return fail_with(NULL, &err);
    return tell(order, &report);
}

static int run(const cli_args *args)
{
    size_t flag_len = count_flags(args);
    bind_order order = {
        .headers = args->arguments,
        .header_len = args->len - flag_len,
        .flags = args->arguments + args->len - flag_len,
        .flag_len = flag_len,
        .target = args_text(args, "target", NULL),
        .annotations = args_text(args, "annotations", NULL),
        .dir = args_text(args, "out", "."),
        .keep_going = args_has(args, "keep-going"),
    };
    if (order.header_len == 0)
        return usage_error(args->command, "%s is missing", args->command->missing);
    const char **texts = calloc(args->given_len + 1, sizeof *texts);
    if (!texts) {
        fputs("wisp: out of memory\n", stderr);
        return EXIT_SYSTEM;
    }
    int code = generate(args, &order, texts);
    free(texts);
    return code;
}

const cli_command cmd_bind = {
    .name = "bind",
    .summary = "Makes a C header's functions callable by modules",
    .usage = "HEADER… [--module NAME] [--annotations FILE] [--out DIR] [--target TRIPLE]\n"
             "            [--include FILE]… [--guest-flag FLAG]… [--keep-going] [-- FLAG…]",
    .about =
        "Reads the header with libclang and writes three files: NAME_bind.c and NAME_bind.h for\n"
        "the program, which calls NAME_link, and NAME_guest.h for the files of modules, which\n"
        "are compiled with -include NAME_guest.h and need no change. What the header does not\n"
        "say of a pointer is said by annotations, in the header or in a file beside it; a\n"
        "function that could be meant in two ways is refused with its place. FLAGs are the C\n"
        "compiler's, such as -I and -D. docs/bind.md is the manual.",
    .examples = "wisp bind shop.h --out generated\n"
                "wisp bind api/*.h --module api --annotations api.bind -- -Iapi -DNDEBUG",
    .options = {{"module", "NAME", "what modules import from [the header's name]"},
                {"annotations", "FILE", "what the header does not say"},
                {"out", "DIR", "folder for the files, which exists [.]"},
                {"target", "TRIPLE", "the program's machine [this one]"},
                {"include", "FILE", "how generated code includes the header, \"a.h\" or <a.h>"},
                {"guest-flag", "FLAG", "a FLAG for the module's side alone"},
                {"keep-going", NULL, "write what can be bound, and leave out the rest"}},
    .arguments_min = 1,
    .arguments_max = 10000,
    .missing = "the header to bind",
    .run = run,
};
