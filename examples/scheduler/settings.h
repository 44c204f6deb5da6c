#ifndef SCHEDULER_SETTINGS_H
#define SCHEDULER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The program's config file: a "name = value" on each line, '#' before a comment. */
struct settings {
    char state[512];   /* folder for what the updater keeps */
    char url[512];     /* of the repository; empty: no updates */
    char bundle[512];  /* file with what that URL would answer, for devices without a network */
    char events[512];  /* where to report what happens; empty: nowhere */
    char root[512];    /* file with the trusted root.json */
    char target[128];  /* name of the module in the repository */
    uint32_t check_ms; /* how often to look for an update */
    uint32_t tick_ms;
    uint32_t peers;
};

/* Reads [path] over the defaults. False after saying on stderr what is wrong and where. */
bool settings_read(struct settings *settings, const char *path);

#endif
