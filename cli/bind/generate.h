#ifndef WISP_CLI_BIND_GENERATE_H
#define WISP_CLI_BIND_GENERATE_H

#include <wisp/base.h>

/* What `wisp bind` was asked for. */
typedef struct bind_order {
    const char *const *headers;
    size_t header_len;
    const char *const *includes; /* as generated code includes them; none: by their names */
    size_t include_len;
    const char *module;      /* what modules import from */
    const char *target;      /* the program's triple; NULL: this machine's */
    const char *annotations; /* file; NULL for none */
    const char *dir;
    const char *const *flags; /* for both sides' parser */
    size_t flag_len;
    const char *const *guest_flags; /* for the modules' alone */
    size_t guest_flag_len;
    bool keep_going; /* leave out what cannot be bound */
} bind_order;

typedef struct bind_report {
    size_t bound;              /* functions */
    unsigned skipped, refused; /* likewise */
    unsigned faults;           /* said on stderr */
} bind_report;

/*
 * Reads the headers and writes the files, none of them where there are faults, unless
 * [keep_going]; then those functions are left out which have some.
 */
wisp_status bind_generate(const bind_order *order, bind_report *out, wisp_error *err);

#endif
