#include "wast_features.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wisp/wasm.h>

/* "*", "72" or "4-137". */
static bool parse_lines(const char *text, wast_rule *rule)
{
    char *end;
    rule->first = 0;
    rule->last = LONG_MAX;
    if (strcmp(text, "*") == 0)
        return true;
    rule->first = strtol(text, &end, 10);
    rule->last = *end == '-' ? strtol(end + 1, &end, 10) : rule->first;
    return *end == '\0' && rule->first > 0 && rule->last >= rule->first;
}

static bool parse_kind(const char *text, wast_rule_kind *kind)
{
    static const char *const names[] = {"skip", "deny"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *kind = (wast_rule_kind)i;
        if (strcmp(text, names[i]) == 0)
            return true;
    }
    return false;
}

static bool parse_rule(char *line, wast_rule *rule)
{
    char *rest = NULL;
    const char *file = strtok_r(line, " \t", &rest);
    const char *lines = strtok_r(NULL, " \t", &rest);
    const char *kind = strtok_r(NULL, " \t", &rest);
    const char *reason = rest ? rest + strspn(rest, " \t") : "";
    if (!file || !lines || !kind || *reason == '\0' || !parse_lines(lines, rule) ||
        !parse_kind(kind, &rule->kind))
        return false;
    if (rule->kind == WAST_DENY && (rule->first == 0 || wisp_feature_find(reason) == 0))
        return false;
    rule->file = strdup(file);
    rule->reason = strdup(reason);
    return rule->file && rule->reason;
}

static bool add_rule(wast_features *features, char *text, int line)
{
    wast_rule *rules = realloc(features->rules, (features->rule_len + 1) * sizeof *rules);
    if (!rules)
        return false;
    features->rules = rules;
    wast_rule *rule = &rules[features->rule_len++];
    *rule = (wast_rule){.line = line};
    return parse_rule(text, rule);
}

static bool is_blank(const char *line)
{
    const char *at = line + strspn(line, " \t");
    return *at == '\0' || *at == '#';
}

bool wast_features_load(wast_features *features, const char *path)
{
    *features = (wast_features){0};
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t capacity = 0;
    bool is_good = true;
    for (int number = 1; is_good && getline(&line, &capacity, file) >= 0; number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (is_blank(line))
            continue;
        is_good = add_rule(features, line, number);
        if (!is_good)
            fprintf(stderr,
                    "%s:%d: expected 'FILE LINES skip WHY' or 'FILE LINES deny FEATURE'\n", path,
                    number);
    }
    free(line);
    fclose(file);
    return is_good;
}

void wast_features_deinit(wast_features *features)
{
    for (size_t i = 0; i < features->rule_len; i++) {
        free(features->rules[i].file);
        free(features->rules[i].reason);
    }
    free(features->rules);
    *features = (wast_features){0};
}

static bool is_whole(const wast_rule *rule)
{
    return rule->first == 0;
}

wast_rule *wast_features_file_rule(const wast_features *features, const char *file)
{
    for (size_t i = 0; i < features->rule_len; i++) {
        wast_rule *rule = &features->rules[i];
        if (is_whole(rule) && fnmatch(rule->file, file, FNM_PATHNAME) == 0)
            return rule;
    }
    return NULL;
}

wast_rule *wast_features_line_rule(const wast_features *features, const char *file, long line)
{
    for (size_t i = 0; i < features->rule_len; i++) {
        wast_rule *rule = &features->rules[i];
        bool is_inside = line >= rule->first && line <= rule->last;
        if (!is_whole(rule) && is_inside && fnmatch(rule->file, file, FNM_PATHNAME) == 0)
            return rule;
    }
    return NULL;
}
