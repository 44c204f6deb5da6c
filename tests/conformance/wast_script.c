#include "wast_script.h"

#include "wast_spectest.h"
#include "wast_value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 32 /* arguments or results of a call; the suite's longest has 17 */

/* A module of the script and the instance made of it. */
typedef struct wast_module {
    char *name;              /* "$M", or NULL */
    char *registered;        /* as what later modules import it, or NULL */
    const char *skipped;     /* why, or NULL */
    wisp_module *module;     /* NULL if it was skipped or does not load */
    wisp_instance *instance; /* the same */
} wast_module;

typedef struct wast_script {
    const wast_script_config *config;
    wisp_store *store;
    wisp_linker *linker;
    wast_module *modules; /* all so far; the last is the one that unnamed actions mean */
    size_t module_len;
    wisp_module **orphans; /* modules whose instantiation failed; their segments may live on */
    size_t orphan_len;
    wast_counts counts;
    long line; /* of the command at hand */
    const char *type;
} wast_script;

/* What a command came to. */
typedef enum outcome { PASSED, FAILED, SKIPPED } outcome;

/* ------------------------------------------------------------------ reporting */

WISP_PRINTF(2, 3)
static outcome fail(wast_script *script, const char *format, ...)
{
    const wast_script_config *config = script->config;
    if (script->counts.failed == config->failures_printed_max)
        printf("%s: more failures follow\n", config->name);
    if (script->counts.failed >= config->failures_printed_max)
        return FAILED;
    va_list args;
    va_start(args, format);
    printf("%s:%ld: %s: ", config->name, script->line, script->type);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    return FAILED;
}

static outcome fail_setup(wast_script *script, const wisp_error *err)
{
    return fail(script, "%s: %s", wisp_status_name(err->status), err->text);
}

static void count(wast_script *script, outcome one)
{
    script->counts.passed += one == PASSED;
    script->counts.failed += one == FAILED;
    script->counts.skipped += one == SKIPPED;
}

static const char *text_of(const wast_json *object, const char *key)
{
    const char *text = wast_json_text(wast_json_get(object, key));
    return text ? text : "";
}

/* ------------------------------------------------------------------ modules */

/* Reads the file [name] beside the script. */
static uint8_t *read_beside(const char *script_path, const char *name, size_t *size)
{
    const char *slash = strrchr(script_path, '/');
    int folder = slash ? (int)(slash - script_path) + 1 : 0;
    char path[4096];
    if (snprintf(path, sizeof path, "%.*s%s", folder, script_path, name) >= (int)sizeof path)
        return NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    uint8_t *bytes = NULL;
    long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (end >= 0 && fseek(file, 0, SEEK_SET) == 0)
        bytes = malloc((size_t)end + 1);
    if (bytes && fread(bytes, 1, (size_t)end, file) != (size_t)end) {
        free(bytes);
        bytes = NULL;
    }
    *size = bytes ? (size_t)end : 0;
    fclose(file);
    return bytes;
}

/* Loads the module that [command] names, by [config]. Returns false where its file cannot be
 * read. */
static bool load(wast_script *script, const wast_json *command, const wisp_module_config *config,
                 wisp_module **out, wisp_status *status, wisp_error *err)
{
    size_t size;
    uint8_t *bytes = read_beside(script->config->path, text_of(command, "filename"), &size);
    if (!bytes) {
        fail(script, "cannot read '%s': %s", text_of(command, "filename"), strerror(errno));
        return false;
    }
    *out = NULL;
    wisp_module_config own = config ? *config : (wisp_module_config){0};
    own.lazy = script->config->is_lazy;
    *status = wisp_module_load(&own, (wisp_bytes){bytes, size}, out, err);
    free(bytes);
    return true;
}

static wast_module *add_module(wast_script *script, const char *name)
{
    wast_module *modules =
        realloc(script->modules, (script->module_len + 1) * sizeof *script->modules);
    if (!modules)
        return NULL;
    script->modules = modules;
    wast_module *module = &modules[script->module_len++];
    *module = (wast_module){.name = *name ? strdup(name) : NULL};
    return module;
}

/* The module that an action or a register command means: by name, else the last one. */
static wast_module *find_module(wast_script *script, const char *name)
{
    if (*name == '\0')
        return script->module_len ? &script->modules[script->module_len - 1] : NULL;
    for (size_t i = script->module_len; i-- > 0;) {
        if (script->modules[i].name && strcmp(script->modules[i].name, name) == 0)
            return &script->modules[i];
    }
    return NULL;
}

/* Why [module] cannot be linked for want of a skipped module that it imports from. */
static const char *skipped_import(const wast_script *script, const wisp_module *module)
{
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++) {
        for (size_t k = script->module_len; k-- > 0;) {
            const wast_module *other = &script->modules[k];
            if (!other->registered || strcmp(other->registered, import.module) != 0)
                continue;
            if (other->skipped)
                return other->skipped;
            break;
        }
    }
    return NULL;
}

/* The rule for the command at hand, or NULL. */
static const wast_rule *line_rule(const wast_script *script)
{
    wast_rule *rule =
        wast_features_line_rule(script->config->features, script->config->name, script->line);
    if (rule)
        rule->was_used = true;
    return rule;
}

static const char *skipped_line(const wast_script *script)
{
    const wast_rule *rule = line_rule(script);
    return rule && rule->kind == WAST_SKIP ? rule->reason : NULL;
}

/* Keeps a module whose instantiation failed: what it wrote to shared tables stays there. */
static outcome keep_orphan(wast_script *script, wisp_module *module)
{
    wisp_module **orphans =
        realloc(script->orphans, (script->orphan_len + 1) * sizeof(wisp_module *));
    if (!orphans)
        return fail(script, "out of memory");
    script->orphans = orphans;
    orphans[script->orphan_len++] = module;
    return PASSED;
}

static outcome run_module(wast_script *script, const wast_json *command)
{
    wast_module *module = add_module(script, text_of(command, "name"));
    if (!module)
        return fail(script, "out of memory");
    module->skipped = skipped_line(script);
    if (module->skipped)
        return SKIPPED;
    wisp_error err = {0};
    wisp_status status;
    if (!load(script, command, NULL, &module->module, &status, &err))
        return FAILED;
    if (status)
        return fail_setup(script, &err);
    if (strcmp(text_of(command, "definition"), "true") == 0)
        return PASSED;
    module->skipped = skipped_import(script, module->module);
    if (module->skipped)
        return SKIPPED;
    status =
        wisp_instance_new(script->store, module->module, script->linker, &module->instance, &err);
    return status ? fail_setup(script, &err) : PASSED;
}

static outcome run_register(wast_script *script, const wast_json *command)
{
    wast_module *module = find_module(script, text_of(command, "name"));
    const char *as = text_of(command, "as");
    if (!module)
        return fail(script, "no module '%s'", text_of(command, "name"));
    free(module->registered);
    module->registered = strdup(as);
    if (module->skipped)
        return SKIPPED;
    if (!module->instance)
        return fail(script, "the module to register did not load");
    wisp_error err = {0};
    if (wisp_linker_add_instance(script->linker, as, module->instance, &err))
        return fail_setup(script, &err);
    return PASSED;
}

/* ------------------------------------------------------------------ actions */

typedef struct action_result {
    wisp_status status;
    wisp_error err;
    wisp_value values[VALUES_MAX];
    uint32_t value_count;
} action_result;

/* The export that [action] names, which may have any byte in its name. */
static bool find_export(const wast_module *module, const wast_json *action, wisp_extern *out)
{
    const wast_json *field = wast_json_get(action, "field");
    wisp_export export;
    for (uint32_t i = 0; wisp_module_export(module->module, i, &export); i++) {
        if (field && field->size == export.name_size &&
            memcmp(field->text, export.name, field->size) == 0)
            return wisp_instance_export_at(module->instance, i, out);
    }
    return false;
}

static outcome invoke(wast_script *script, const wast_module *module, const wast_json *action,
                      action_result *result)
{
    const char *field = text_of(action, "field");
    const wast_json *list = wast_json_get(action, "args");
    wisp_value args[VALUES_MAX];
    size_t arg_count = wast_json_len(list);
    wisp_extern item;
    if (!find_export(module, action, &item) || item.kind != WISP_EXTERN_FUNC)
        return fail(script, "no exported function '%s'", field);
    wisp_func *func = item.of.func;
    uint32_t result_count = wisp_func_type(func).result_count;
    if (arg_count > VALUES_MAX || result_count > VALUES_MAX)
        return fail(script, "'%s' takes or gives more than %d values", field, VALUES_MAX);
    for (size_t i = 0; i < arg_count; i++) {
        if (!wast_value_parse(wast_json_at(list, i), &args[i]))
            return fail(script, "argument %zu of '%s' is no value that the engine has", i, field);
    }
    result->value_count = result_count;
    result->status =
        wisp_call(func, args, (uint32_t)arg_count, result->values, result_count, &result->err);
    return PASSED;
}

static outcome get(wast_script *script, const wast_module *module, const wast_json *action,
                   action_result *result)
{
    const char *field = text_of(action, "field");
    wisp_extern item;
    if (!find_export(module, action, &item) || item.kind != WISP_EXTERN_GLOBAL)
        return fail(script, "no exported global '%s'", field);
    result->values[0] = wisp_global_get(item.of.global);
    result->value_count = 1;
    return PASSED;
}

/* Does what [command]'s action says. PASSED means that it was done, whatever it came to. */
static outcome act(wast_script *script, const wast_json *command, action_result *result)
{
    const wast_json *action = wast_json_get(command, "action");
    const char *type = text_of(action, "type");
    wast_module *module = find_module(script, text_of(action, "module"));
    memset(result, 0, sizeof *result);
    if (!module)
        return fail(script, "no module '%s'", text_of(action, "module"));
    if (module->skipped || skipped_line(script))
        return SKIPPED;
    if (!module->instance)
        return FAILED; /* told of where the module was to be made */
    if (strcmp(type, "invoke") == 0)
        return invoke(script, module, action, result);
    if (strcmp(type, "get") == 0)
        return get(script, module, action, result);
    return fail(script, "action '%s' is unknown to the runner", type);
}

static outcome run_action(wast_script *script, const wast_json *command)
{
    action_result result;
    outcome done = act(script, command, &result);
    if (done != PASSED)
        return done;
    if (result.status)
        return fail(script, "'%s': %s", text_of(wast_json_get(command, "action"), "field"),
                    result.err.text);
    return PASSED;
}

/* ------------------------------------------------------------------ assertions on actions */

static bool matches_any(const wast_json *patterns, const wisp_value *found)
{
    for (size_t i = 0; i < wast_json_len(patterns); i++) {
        wast_pattern pattern;
        if (wast_pattern_parse(wast_json_at(patterns, i), &pattern) &&
            wast_pattern_matches(&pattern, found))
            return true;
    }
    return false;
}

static outcome check_value(wast_script *script, const char *field, size_t index,
                           const wast_json *expected, const wisp_value *found)
{
    wast_pattern pattern;
    if (!wast_pattern_parse(expected, &pattern))
        return fail(script, "result %zu of '%s' is no value that the engine has", index, field);
    if (wast_pattern_matches(&pattern, found))
        return PASSED;
    char wanted[WAST_TEXT_MAX], got[WAST_TEXT_MAX];
    wast_pattern_print(&pattern, wanted);
    wast_value_print(found, got);
    return fail(script, "result %zu of '%s': expected %s, found %s", index, field, wanted, got);
}

static outcome check_values(wast_script *script, const wast_json *command,
                            const action_result *result)
{
    const char *field = text_of(wast_json_get(command, "action"), "field");
    const wast_json *either = wast_json_get(command, "either");
    const wast_json *expected = wast_json_get(command, "expected");
    size_t wanted = either ? 1 : wast_json_len(expected);
    if (result->value_count != wanted)
        return fail(script, "'%s': expected %zu results, found %u", field, wanted,
                    result->value_count);
    if (either)
        return matches_any(either, &result->values[0])
                   ? PASSED
                   : fail(script, "'%s': none of the expected results", field);
    for (size_t i = 0; i < wanted; i++) {
        outcome one =
            check_value(script, field, i, wast_json_at(expected, i), &result->values[i]);
        if (one != PASSED)
            return one;
    }
    return PASSED;
}

static outcome run_assert_return(wast_script *script, const wast_json *command)
{
    action_result result;
    outcome done = act(script, command, &result);
    if (done != PASSED)
        return done;
    if (result.status)
        return fail(script, "'%s': expected results, found %s: %s",
                    text_of(wast_json_get(command, "action"), "field"),
                    wisp_status_name(result.status), result.err.text);
    return check_values(script, command, &result);
}

/* The suite's words may go on where the engine's end: "uninitialized element 2". */
static bool is_trap_text(const char *expected, const char *found)
{
    size_t len = strlen(found);
    return strncmp(expected, found, len) == 0 && (expected[len] == '\0' || expected[len] == ' ');
}

static outcome check_trap(wast_script *script, const char *what, const char *expected,
                          wisp_status status, const wisp_error *err)
{
    if (status == WISP_OK)
        return fail(script, "%s: expected the trap '%s', found none", what, expected);
    if (status != WISP_TRAP)
        return fail(script, "%s: expected the trap '%s', found %s: %s", what, expected,
                    wisp_status_name(status), err->text);
    const char *found = wisp_trap_text(wisp_store_trap(script->store)->code);
    if (!is_trap_text(expected, found))
        return fail(script, "%s: expected the trap '%s', found '%s'", what, expected, found);
    return PASSED;
}

/* assert_trap and assert_exhaustion, which differ in their words alone. */
static outcome run_assert_trap(wast_script *script, const wast_json *command)
{
    action_result result;
    outcome done = act(script, command, &result);
    if (done != PASSED)
        return done;
    return check_trap(script, text_of(wast_json_get(command, "action"), "field"),
                      text_of(command, "text"), result.status, &result.err);
}

static outcome run_assert_exception(wast_script *script, const wast_json *command)
{
    action_result result;
    outcome done = act(script, command, &result);
    if (done != PASSED)
        return done;
    return check_trap(script, text_of(wast_json_get(command, "action"), "field"),
                      wisp_trap_text(WISP_TRAP_EXCEPTION), result.status, &result.err);
}

/* ------------------------------------------------------------------ assertions on modules */

static bool is_text_format(const wast_json *command)
{
    return strcmp(text_of(command, "module_type"), "text") == 0;
}

/* Finds the fault of a body in a module that was loaded lazily. */
static wisp_status compile_all(const wisp_module *module, wisp_error *err)
{
    wisp_status status = WISP_OK;
    uint32_t count = wisp_module_func_count(module);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = wisp_module_compile(module, i, err);
    return status;
}

static outcome check_refusal(wast_script *script, const wast_json *command, wisp_status expected)
{
    if (is_text_format(command) || skipped_line(script))
        return SKIPPED;
    const wast_rule *rule = line_rule(script);
    wisp_module_config config = {0};
    if (rule && rule->kind == WAST_DENY) {
        config.deny = wisp_feature_find(rule->reason);
        expected = WISP_UNSUPPORTED;
    }
    wisp_error err = {0};
    wisp_module *module;
    wisp_status status;
    if (!load(script, command, &config, &module, &status, &err))
        return FAILED;
    if (status == WISP_OK)
        status = compile_all(module, &err);
    wisp_module_free(module);
    if (status == expected)
        return PASSED;
    return fail(script, "%s: expected %s (%s), found %s%s%s", text_of(command, "filename"),
                wisp_status_name(expected), text_of(command, "text"), wisp_status_name(status),
                status ? ": " : "", status ? err.text : "");
}

static outcome run_assert_malformed(wast_script *script, const wast_json *command)
{
    return check_refusal(script, command, WISP_MALFORMED);
}

static outcome run_assert_invalid(wast_script *script, const wast_json *command)
{
    return check_refusal(script, command, WISP_MISMATCH);
}

/* Loads and instantiates the module of an assertion that says that this must fail. */
static outcome try_module(wast_script *script, const wast_json *command, wisp_status *status,
                          wisp_error *err)
{
    wisp_module *module;
    if (skipped_line(script))
        return SKIPPED;
    if (!load(script, command, NULL, &module, status, err))
        return FAILED;
    if (*status)
        return fail_setup(script, err);
    outcome kept = keep_orphan(script, module);
    if (kept != PASSED)
        return kept;
    if (skipped_import(script, module))
        return SKIPPED;
    wisp_instance *instance;
    *status = wisp_instance_new(script->store, module, script->linker, &instance, err);
    return PASSED;
}

static outcome run_assert_unlinkable(wast_script *script, const wast_json *command)
{
    wisp_error err = {0};
    wisp_status status;
    outcome done = try_module(script, command, &status, &err);
    if (done != PASSED)
        return done;
    const char *text = text_of(command, "text");
    wisp_status expected = strcmp(text, "unknown import") == 0 ? WISP_NOT_FOUND : WISP_MISMATCH;
    if (status == expected)
        return PASSED;
    return fail(script, "%s: expected %s (%s), found %s%s%s", text_of(command, "filename"),
                wisp_status_name(expected), text, wisp_status_name(status), status ? ": " : "",
                status ? err.text : "");
}

static outcome run_assert_uninstantiable(wast_script *script, const wast_json *command)
{
    wisp_error err = {0};
    wisp_status status;
    outcome done = try_module(script, command, &status, &err);
    if (done != PASSED)
        return done;
    return check_trap(script, text_of(command, "filename"), text_of(command, "text"), status,
                      &err);
}

/* ------------------------------------------------------------------ the script */

static outcome run_command(wast_script *script, const wast_json *command)
{
    static const struct {
        const char *type;
        outcome (*run)(wast_script *script, const wast_json *command);
    } commands[] = {
        {"module", run_module},
        {"register", run_register},
        {"action", run_action},
        {"assert_return", run_assert_return},
        {"assert_trap", run_assert_trap},
        {"assert_exhaustion", run_assert_trap},
        {"assert_exception", run_assert_exception},
        {"assert_malformed", run_assert_malformed},
        {"assert_invalid", run_assert_invalid},
        {"assert_unlinkable", run_assert_unlinkable},
        {"assert_uninstantiable", run_assert_uninstantiable},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(script->type, commands[i].type) == 0)
            return commands[i].run(script, command);
    }
    return fail(script, "the runner knows no such command");
}

static bool open_world(wast_script *script)
{
    wisp_error err = {0};
    script->type = "spectest";
    if (wisp_store_new(NULL, &script->store, &err) ||
        wisp_linker_new(script->store, &script->linker, &err) ||
        wast_spectest_offer(script->store, script->linker, &err)) {
        count(script, fail_setup(script, &err));
        return false;
    }
    return true;
}

static void close_world(wast_script *script)
{
    wisp_store_free(script->store);
    for (size_t i = 0; i < script->module_len; i++) {
        wisp_module_free(script->modules[i].module);
        free(script->modules[i].name);
        free(script->modules[i].registered);
    }
    for (size_t i = 0; i < script->orphan_len; i++)
        wisp_module_free(script->orphans[i]);
    free(script->modules);
    free(script->orphans);
}

static void run_commands(wast_script *script, const wast_json *commands)
{
    for (const wast_json *command = commands->first; command; command = command->next) {
        script->line = wast_json_integer(wast_json_get(command, "line"));
        script->type = text_of(command, "type");
        count(script, run_command(script, command));
    }
}

wast_counts wast_script_run(const wast_script_config *config)
{
    wast_script script = {.config = config, .type = "json"};
    const char *fault;
    wast_json *root = wast_json_load(config->path, &fault);
    const wast_json *commands = wast_json_get(root, "commands");
    if (!commands)
        count(&script, fail(&script, "%s", root ? "no commands" : fault));
    else if (open_world(&script))
        run_commands(&script, commands);
    close_world(&script);
    wast_json_free(root);
    return script.counts;
}

wast_counts wast_script_skip(const wast_script_config *config)
{
    const char *fault;
    wast_json *root = wast_json_load(config->path, &fault);
    const wast_json *commands = wast_json_get(root, "commands");
    wast_counts counts = {.skipped = (unsigned)wast_json_len(commands)};
    wast_json_free(root);
    return counts;
}
