#include "commands.h"
#include "out.h"
#include "published.h"
#include "ramp_text.h"

#include <wisp/wasm.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A release as it is put together from the command line. */
typedef struct request {
    const cli_args *args;
    wisp_draft draft;
    const char *texts[64]; /* "blue" of "blue=2:blue.wasm": copies, to be freed */
    size_t text_len;
    wisp_json *flags, *variant_flags[WISP_DRAFT_VARIANTS_MAX];
} request;

static void free_content(wisp_bytes content)
{
    free((void *)(uintptr_t)content.data);
}

static void free_request(request *r)
{
    for (size_t i = 0; i < r->draft.module_len; i++)
        free_content(r->draft.modules[i].content);
    for (size_t i = 0; i < r->draft.base_len; i++)
        free_content(r->draft.bases[i].content);
    for (size_t i = 0; i < r->draft.variant_len; i++) {
        free_content(r->draft.variants[i].content);
        wisp_json_free(r->variant_flags[i]);
    }
    for (size_t i = 0; i < r->text_len; i++)
        free((void *)(uintptr_t)r->texts[i]);
    wisp_json_free(r->flags);
}

/* The [len] bytes at [text] as a text of the request's. */
static const char *keep(request *r, const char *text, size_t len)
{
    char *copy = r->text_len < sizeof r->texts / sizeof *r->texts ? malloc(len + 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return r->texts[r->text_len++] = copy;
}

static int out_of_memory(void)
{
    fputs("wisp: out of memory\n", stderr);
    return EXIT_SYSTEM;
}

/* ------------------------------------------------------------------ files */

/* Reads a module, which must validate: every device would refuse another. */
static int read_module(const char *path, wisp_bytes *out)
{
    wisp_module *module;
    wisp_error err;
    if (read_input(path, out, &err))
        return fail_with(NULL, &err);
    if (wisp_module_new_borrowed(NULL, *out, &module, &err))
        return fail_with(path, &err);
    wisp_module_free(module);
    return EXIT_OK;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int take_modules(request *r)
{
    const char *path = r->args->arguments[0];
    size_t at = 0;
    do {
        if (r->draft.module_len == WISP_DRAFT_MODULES_MAX)
            return usage_error(r->args->command, "a release has %d modules at the most",
                               WISP_DRAFT_MODULES_MAX);
        wisp_draft_module *module = &r->draft.modules[r->draft.module_len];
        if (r->draft.module_len++ > 0)
            module->name = file_name(path);
        int code = read_module(path, &module->content);
        if (code != EXIT_OK)
            return code;
        path = args_next(r->args, "with", &at);
    } while (path);
    return EXIT_OK;
}

/* "FILE", or "NAME=FILE" of another module than the first. */
static int take_bases(request *r)
{
    size_t at = 0;
    const char *text;
    while ((text = args_next(r->args, "base", &at))) {
        if (r->draft.base_len == WISP_DRAFT_BASES_MAX)
            return usage_error(r->args->command, "'--base' is given more than %d times",
                               WISP_DRAFT_BASES_MAX);
        wisp_draft_module *base = &r->draft.bases[r->draft.base_len++];
        const char *sign = strchr(text, '=');
        base->name = sign ? keep(r, text, (size_t)(sign - text)) : NULL;
        if (sign && !base->name)
            return out_of_memory();
        int code = read_module(sign ? sign + 1 : text, &base->content);
        if (code != EXIT_OK)
            return code;
    }
    return EXIT_OK;
}

/* ------------------------------------------------------------------ variants and flags */

static wisp_draft_variant *find_variant(request *r, const char *name, size_t len)
{
    for (size_t i = 0; i < r->draft.variant_len; i++) {
        wisp_draft_variant *variant = &r->draft.variants[i];
        if (strlen(variant->name) == len && memcmp(variant->name, name, len) == 0)
            return variant;
    }
    return NULL;
}

/* "control=1" or "blue=2:blue.wasm". */
static int take_variant(request *r, const char *text)
{
    char *end = NULL;
    const char *sign = strchr(text, '=');
    errno = 0;
    unsigned long long weight =
        sign && isdigit((unsigned char)sign[1]) ? strtoull(sign + 1, &end, 10) : 0;
    if (!end || errno || sign == text || weight < 1 || (*end != '\0' && *end != ':') ||
        find_variant(r, text, (size_t)(sign - text)))
        return usage_error(r->args->command,
                           "'--variant' is '%s', expected NAME=WEIGHT or NAME=WEIGHT:FILE, each "
                           "name once",
                           text);
    if (r->draft.variant_len == WISP_DRAFT_VARIANTS_MAX)
        return usage_error(r->args->command, "a release has %d variants at the most",
                           WISP_DRAFT_VARIANTS_MAX);
    wisp_draft_variant *variant = &r->draft.variants[r->draft.variant_len++];
    *variant =
        (wisp_draft_variant){.name = keep(r, text, (size_t)(sign - text)), .weight = weight};
    if (!variant->name)
        return out_of_memory();
    return *end == ':' ? read_module(end + 1, &variant->content) : EXIT_OK;
}

static int take_variants(request *r)
{
    size_t at = 0;
    const char *text;
    int code = EXIT_OK;
    while (code == EXIT_OK && (text = args_next(r->args, "variant", &at)))
        code = take_variant(r, text);
    return code;
}

/* true, false, a whole number, or any other text. */
static bool set_flag(wisp_json *flags, const char *name, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = isdigit((unsigned char)*value) ? strtoull(value, &end, 10) : 0;
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        return wisp_json_set_bool(flags, name, *value == 't');
    if (isdigit((unsigned char)*value) && *end == '\0' && errno == 0)
        return wisp_json_set_number(flags, name, number);
    return wisp_json_set_string(flags, name, value);
}

/* The flags of the variant that "blue:limit=5" begins with, or of all; *[text] moves behind it.
 */
static wisp_json **flags_of(request *r, const char **text)
{
    size_t len = strcspn(*text, ":=");
    if ((*text)[len] != ':')
        return &r->flags;
    wisp_draft_variant *variant = find_variant(r, *text, len);
    *text += len + 1;
    return variant ? &r->variant_flags[variant - r->draft.variants] : NULL;
}

static int take_flag(request *r, const char *text)
{
    const char *at = text;
    wisp_json **flags = flags_of(r, &at);
    const char *sign = strchr(at, '=');
    if (!flags || !sign || sign == at)
        return usage_error(r->args->command,
                           "'--flag' is '%s', expected NAME=VALUE or VARIANT:NAME=VALUE", text);
    const char *name = keep(r, at, (size_t)(sign - at));
    if (!*flags)
        *flags = wisp_json_new_object();
    if (!name || !*flags || !set_flag(*flags, name, sign + 1))
        return usage_error(r->args->command, "'--flag' is '%s', which is no UTF-8", text);
    return EXIT_OK;
}

static int take_flags(request *r)
{
    size_t at = 0;
    const char *text;
    int code = EXIT_OK;
    while (code == EXIT_OK && (text = args_next(r->args, "flag", &at)))
        code = take_flag(r, text);
    r->draft.flags = r->flags;
    for (size_t i = 0; i < r->draft.variant_len; i++)
        r->draft.variants[i].flags = r->variant_flags[i];
    return code;
}

/* ------------------------------------------------------------------ the command */

static int take_words(request *r)
{
    const cli_args *args = r->args;
    wisp_draft *draft = &r->draft;
    const char *rollout = args_text(args, "rollout", NULL);
    draft->notes = args_text(args, "notes", NULL);
    draft->mandatory = args_has(args, "mandatory");
    draft->host_min = args_text(args, "from-host", NULL);
    draft->host_below = args_text(args, "below-host", NULL);
    if (!take_place(args, &draft->place) ||
        !args_number(args, "version", 1, WISP_RELEASE_VERSION_MAX, &draft->version))
        return EXIT_USAGE;
    if (rollout && !ramp_parse(rollout, &draft->ramp))
        return usage_error(args->command,
                           "'--rollout' is '%s', expected for example 5%% or 5%%..100%%/48h",
                           rollout);
    return EXIT_OK;
}

static int publish(const request *r)
{
    int code;
    wisp_project *project;
    wisp_published published;
    wisp_error err;
    if (!open_project(r->args, &project, &code))
        return code;
    code = wisp_publish(project, &r->draft, &published, &err)
               ? fail_with(NULL, &err)
               : tell_published(r->args, project, &published, "Published", "Would publish", NULL);
    wisp_published_deinit(&published);
    wisp_project_close(project);
    return code;
}

static int run(const cli_args *args)
{
    static int (*const steps[])(request *) = {take_words, take_modules, take_bases, take_variants,
                                              take_flags};
    request r = {.args = args};
    int code = EXIT_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && code == EXIT_OK; i++)
        code = steps[i](&r);
    if (code == EXIT_OK)
        code = publish(&r);
    free_request(&r);
    return code;
}

const cli_command cmd_publish = {
    .name = "publish",
    .summary = "Releases a module: checks it, signs it, and makes it visible to devices",
    .usage = "MODULE.wasm [OPTION]…",
    .about =
        "The module must validate, its version must be above the last one, and the keys must\n"
        "be those that devices trust. Only then is anything written, and the last step, which\n"
        "makes it visible, is one rename: stopped at any point, the repository has the old\n"
        "release or the new one.\n\n"
        "With --rollout each device decides by itself whether it is among the first, and\n"
        "stays with its decision. Flags and variants are what the program can ask for.",
    .examples = "wisp publish scheduler.wasm --project release\n"
                "wisp publish scheduler.wasm --channel beta --notes \"asks ahead\"\n"
                "wisp publish scheduler.wasm --rollout 5%..100%/48h\n"
                "wisp publish a.wasm --variant control=1 --variant blue=1:b.wasm\n"
                "wisp publish a.wasm --with filter.wasm --flag new-ui=true\n"
                "wisp publish scheduler.wasm --dry-run --json",
    .options = {{"version", "N", "version of the release [one more than the last]"},
                {"notes", "TEXT", "a few words, signed along with it"},
                {"rollout", "SHARE", "who takes it: 5%, or a ramp 5%..100%/48h [all]"},
                {"mandatory", NULL, "the program should not put it off"},
                {"from-host", "VERSION", "for programs of this version or later"},
                {"below-host", "VERSION", "for programs before this version"},
                {"flag", "NAME=VALUE", "what the program can read: true, 5, text"},
                {"variant", "NAME=WEIGHT[:FILE]",
                 "one of several ways, between which devices "
                 "are divided"},
                {"with", "FILE", "a further module that changes together with it"},
                {"base", "FILE", "module built into programs: a delta from it; remembered"},
                PLACE_OPTIONS},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the module to publish",
    .run = run,
};
