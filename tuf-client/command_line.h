#ifndef TUF_CLIENT_COMMAND_LINE_H
#define TUF_CLIENT_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* What was typed. Options and words may stand in any order. */

typedef enum command { COMMAND_INIT, COMMAND_REFRESH, COMMAND_DOWNLOAD } command;

typedef struct command_line {
    command command;
    const char *metadata_dir;
    const char *trusted_root; /* of init */
    const char *metadata_url; /* of refresh and download */
    const char *target_url, *target_dir;
    const char **target_names; /* in the order typed */
    size_t target_len;
} command_line;

/* Reads [argv], which what it finds is borrowed from. False if it makes no sense; that has been
 * said on stderr then. Free [out] with command_line_deinit in any case. */
bool command_line_parse(int argc, char **argv, command_line *out);
void command_line_deinit(command_line *line);

#endif
