#include "wast_script.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * wast_runner [--lazy] FEATURES DIR [FILE…]
 *
 * Runs the scripts (*.json) under DIR, or those named ("core/address"), each in a process
 * of its own, so that one that crashes or hangs costs no more than itself. Prints a line a
 * file and the sums; exits with 1 if anything failed, nothing ran, or FEATURES holds a rule
 * that matched nothing. With --lazy modules are loaded so that functions are compiled when
 * they are called.
 */

#define SECONDS_MAX 300 /* for one script, under the slowest sanitizer too */

typedef struct path_list {
    char **items;
    size_t len;
} path_list;

static void die(const char *what)
{
    fprintf(stderr, "wast_runner: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* ------------------------------------------------------------------ finding the scripts */

static void add_path(path_list *list, char *path)
{
    list->items = realloc(list->items, (list->len + 1) * sizeof *list->items);
    if (!list->items || !path)
        die("out of memory");
    list->items[list->len++] = path;
}

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        die("out of memory");
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void find_scripts(const char *folder, path_list *list)
{
    DIR *dir = opendir(folder);
    if (!dir)
        die(folder);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = join(folder, entry->d_name);
        struct stat st;
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            find_scripts(path, list);
        else if (ends_with(path, ".json")) {
            add_path(list, path);
            continue;
        }
        free(path);
    }
    closedir(dir);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "DIR/core/address/address.json" is "core/address". */
static char *name_of(const char *path, const char *root)
{
    const char *start = path + strlen(root) + 1;
    const char *end = strrchr(path, '/');
    char *name = end > start ? strndup(start, (size_t)(end - start)) : strdup(start);
    if (!name)
        die("out of memory");
    return name;
}

/* ------------------------------------------------------------------ running one */

static bool write_all(int fd, const void *from, size_t size)
{
    return write(fd, from, size) == (ssize_t)size;
}

/* Runs [config] in this, the child, process and tells the parent on [fd] what came of it. */
static void run_child(const wast_script_config *config, int fd)
{
    alarm(SECONDS_MAX);
    wast_counts counts = wast_script_run(config);
    bool is_told = write_all(fd, &counts, sizeof counts);
    for (size_t i = 0; is_told && i < config->features->rule_len; i++)
        is_told = write_all(fd, &config->features->rules[i].was_used, sizeof(bool));
    fflush(stdout);
    exit(is_told ? 0 : 1);
}

static void read_used_rules(int fd, const wast_features *features)
{
    bool was_used;
    for (size_t i = 0; i < features->rule_len; i++) {
        if (read(fd, &was_used, sizeof was_used) != sizeof was_used)
            return;
        features->rules[i].was_used |= was_used;
    }
}

static void print_death(const char *name, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("%s: still running after %d seconds\n", name, SECONDS_MAX);
    else if (WIFSIGNALED(status))
        printf("%s: died of signal %d (%s)\n", name, WTERMSIG(status),
               strsignal(WTERMSIG(status)));
    else
        printf("%s: ended with status %d\n", name, WEXITSTATUS(status));
}

static wast_counts run_script(const wast_script_config *config)
{
    wast_counts counts = {0};
    int ends[2], status;
    if (pipe(ends) < 0)
        die("pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        run_child(config, ends[1]);
    close(ends[1]);
    bool is_told = read(ends[0], &counts, sizeof counts) == sizeof counts;
    if (is_told)
        read_used_rules(ends[0], config->features);
    close(ends[0]);
    if (waitpid(child, &status, 0) < 0)
        die("waitpid");
    if (!is_told || status != 0) {
        print_death(config->name, status);
        counts.failed++;
    }
    return counts;
}

/* ------------------------------------------------------------------ running all */

static bool is_wanted(const char *name, char **names, int name_count)
{
    for (int i = 0; i < name_count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return name_count == 0;
}

static wast_counts run_or_skip(const wast_script_config *config)
{
    wast_rule *rule = wast_features_file_rule(config->features, config->name);
    wast_counts counts = rule ? wast_script_skip(config) : run_script(config);
    if (rule)
        rule->was_used = true;
    printf("%-40s %6u passed %4u failed %5u skipped%s%s\n", config->name, counts.passed,
           counts.failed, counts.skipped, rule ? "  " : "", rule ? rule->reason : "");
    return counts;
}

static unsigned unused_rules(const wast_features *features, const char *path)
{
    unsigned unused = 0;
    for (size_t i = 0; i < features->rule_len; i++) {
        const wast_rule *rule = &features->rules[i];
        if (!rule->was_used) {
            printf("%s:%d: the rule for '%s' matches nothing\n", path, rule->line, rule->file);
            unused++;
        }
    }
    return unused;
}

static wast_counts run_all(const wast_features *features, bool is_lazy, const char *root,
                           char **names, int name_count)
{
    path_list list = {0};
    wast_counts sum = {0};
    find_scripts(root, &list);
    if (list.len > 0)
        qsort(list.items, list.len, sizeof *list.items, compare_paths);
    for (size_t i = 0; i < list.len; i++) {
        char *name = name_of(list.items[i], root);
        if (is_wanted(name, names, name_count)) {
            wast_script_config config = {list.items[i], name, features,
                                         name_count ? UINT32_MAX : 10, is_lazy};
            wast_counts counts = run_or_skip(&config);
            sum.passed += counts.passed;
            sum.failed += counts.failed;
            sum.skipped += counts.skipped;
        }
        free(name);
        free(list.items[i]);
    }
    free(list.items);
    return sum;
}

int main(int argc, char **argv)
{
    bool is_lazy = argc > 1 && strcmp(argv[1], "--lazy") == 0;
    argv += is_lazy;
    argc -= is_lazy;
    if (argc < 3) {
        fprintf(stderr, "usage: wast_runner [--lazy] FEATURES DIR [FILE…]\n");
        return 2;
    }
    wast_features features;
    if (!wast_features_load(&features, argv[1])) {
        wast_features_deinit(&features);
        return 2;
    }
    wast_counts sum = run_all(&features, is_lazy, argv[2], argv + 3, argc - 3);
    if (argc == 3)
        sum.failed += unused_rules(&features, argv[1]);
    wast_features_deinit(&features);
    printf("%u passed, %u failed, %u skipped\n", sum.passed, sum.failed, sum.skipped);
    return sum.failed > 0 || sum.passed == 0;
}
