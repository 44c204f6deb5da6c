#ifndef WISP_CLI_DENIED_H
#define WISP_CLI_DENIED_H

#include "args.h"

/* The option that says which features of WebAssembly a module must not use. */
#define FEATURES_DENY_OPTION                                                                     \
    {                                                                                            \
        "deny", "FEATURE,…", "refuse modules that use one of these"                              \
    }

/* Reads it into [out] as WISP_FEATURE_ bits. False if it names one that is none; that has been
 * said on stderr then. */
bool features_denied(const cli_args *args, uint32_t *out);

/* Room for the names of all features. */
enum { FEATURES_TEXT_SIZE = 400 };

/* Writes the names of [features], with [between] between them; "" for none. Gives [into]. */
const char *features_print(uint32_t features, const char *between, char into[FEATURES_TEXT_SIZE]);

#endif
