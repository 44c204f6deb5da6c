#include "command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: wisp-tuf-client --metadata-dir D init TRUSTED_ROOT.json\n"
    "       wisp-tuf-client --metadata-dir D --metadata-url U refresh\n"
    "       wisp-tuf-client --metadata-dir D --metadata-url U --target-name P [--target-name P]…\n"
    "                       --target-base-url B --target-dir T download\n";

static bool complain(const char *what, const char *word)
{
    fprintf(stderr, "wisp-tuf-client: %s%s\n%s", what, word, usage);
    return false;
}

/* Where the value of option [word] goes; NULL if there is no such option. */
static const char **place_of(command_line *line, const char *word)
{
    const struct {
        const char *name, **place;
    } options[] = {
        {"--metadata-dir", &line->metadata_dir},
        {"--metadata-url", &line->metadata_url},
        {"--target-name", &line->target_names[line->target_len]},
        {"--target-base-url", &line->target_url},
        {"--target-dir", &line->target_dir},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(word, options[i].name) == 0)
            return options[i].place;
    return NULL;
}

/* Puts what is no option into [words], of which there may be two. */
static bool sort_words(int argc, char **argv, command_line *line, const char *words[2])
{
    size_t len = 0;
    for (int i = 1; i < argc; i++) {
        const char **place = place_of(line, argv[i]);
        if (place && i + 1 == argc)
            return complain("a value is missing after ", argv[i]);
        if (place)
            *place = argv[++i];
        else if (strncmp(argv[i], "--", 2) == 0)
            return complain("there is no option ", argv[i]);
        else if (len == 2)
            return complain("one word too many: ", argv[i]);
        else
            words[len++] = argv[i];
        if (place == &line->target_names[line->target_len])
            line->target_len++;
    }
    return true;
}

static bool find_command(const char *word, command *out)
{
    static const char *const names[] = {
        [COMMAND_INIT] = "init", [COMMAND_REFRESH] = "refresh", [COMMAND_DOWNLOAD] = "download"};
    for (int i = 0; word && i < 3; i++) {
        if (strcmp(word, names[i]) == 0) {
            *out = (command)i;
            return true;
        }
    }
    return complain("expected init, refresh or download, found ", word ? word : "nothing");
}

static bool check_complete(const command_line *line)
{
    if (!line->metadata_dir)
        return complain("--metadata-dir is missing", "");
    if (line->command == COMMAND_INIT)
        return line->trusted_root || complain("the trusted root is missing", "");
    if (line->trusted_root)
        return complain("one word too many: ", line->trusted_root);
    if (!line->metadata_url)
        return complain("--metadata-url is missing", "");
    if (line->command == COMMAND_REFRESH)
        return true;
    return (line->target_len && line->target_url && line->target_dir) ||
           complain("--target-name, --target-base-url or --target-dir is missing", "");
}

bool command_line_parse(int argc, char **argv, command_line *out)
{
    const char *words[2] = {NULL, NULL};
    *out = (command_line){.target_names = calloc((size_t)argc + 1, sizeof *out->target_names)};
    if (!out->target_names)
        return complain("out of memory", "");
    if (!sort_words(argc, argv, out, words) || !find_command(words[0], &out->command))
        return false;
    out->trusted_root = words[1];
    return check_complete(out);
}

void command_line_deinit(command_line *line)
{
    free(line->target_names);
}
