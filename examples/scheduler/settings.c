#include "settings.h"

#include "protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool set_text(char *field, size_t size, const char *value)
{
    if (strlen(value) >= size)
        return false;
    strcpy(field, value);
    return true;
}

static bool set_number(uint32_t *field, const char *value, uint32_t min, uint32_t max)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(value, &end, 10);
    if (end == value || *end || errno || number < min || number > max)
        return false;
    *field = (uint32_t)number;
    return true;
}

static bool set(struct settings *s, const char *name, const char *value)
{
    if (strcmp(name, "state") == 0)
        return set_text(s->state, sizeof s->state, value);
    if (strcmp(name, "url") == 0)
        return set_text(s->url, sizeof s->url, value);
    if (strcmp(name, "bundle") == 0)
        return set_text(s->bundle, sizeof s->bundle, value);
    if (strcmp(name, "events") == 0)
        return set_text(s->events, sizeof s->events, value);
    if (strcmp(name, "root") == 0)
        return set_text(s->root, sizeof s->root, value);
    if (strcmp(name, "target") == 0)
        return set_text(s->target, sizeof s->target, value);
    if (strcmp(name, "check_ms") == 0)
        return set_number(&s->check_ms, value, 10, 86400000);
    if (strcmp(name, "tick_ms") == 0)
        return set_number(&s->tick_ms, value, 1, 1000);
    if (strcmp(name, "peers") == 0)
        return set_number(&s->peers, value, 1, PEERS_MAX);
    return false;
}

/* "name = value" -> its two words, in place; 0 for a blank line, -1 for anything else. */
static int split(char *line, char **name, char **value)
{
    line[strcspn(line, "#\r\n")] = '\0';
    *name = line + strspn(line, " \t");
    if (**name == '\0')
        return 0;
    char *equals = strchr(*name, '=');
    if (!equals)
        return -1;
    *equals = '\0';
    (*name)[strcspn(*name, " \t")] = '\0';
    *value = equals + 1 + strspn(equals + 1, " \t");
    (*value)[strcspn(*value, " \t")] = '\0';
    return 1;
}

bool settings_read(struct settings *settings, const char *path)
{
    *settings = (struct settings){.state = "scheduler-state",
                                  .target = "scheduler.wasm",
                                  .check_ms = 60000,
                                  .tick_ms = 10,
                                  .peers = 8};
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    char line[1024], *name, *value;
    bool good = true;
    for (int number = 1; good && fgets(line, sizeof line, file); number++) {
        int found = split(line, &name, &value);
        good = found == 0 || (found == 1 && set(settings, name, value));
        if (!good)
            fprintf(stderr, "%s:%d: expected a known 'name = value' in its range\n", path,
                    number);
    }
    fclose(file);
    return good;
}
