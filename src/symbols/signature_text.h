#ifndef WISP_SYMBOLS_SIGNATURE_TEXT_H
#define WISP_SYMBOLS_SIGNATURE_TEXT_H

#include "symbols/symbols.h"
#include "symbols/types.h"

/*
 * Writes the signature (patch/signature.h) of a function with [count] parameters into *[text], or
 * into *[refusal] why it has none ("argument 2 'x' is a long double"); the other one is NULL.
 * Both are in the arena of [types], which makes what is needed of them.
 *
 * WISP_MALFORMED, WISP_LIMIT and WISP_NO_MEMORY where debug information cannot be read.
 */
wisp_status wisp_signature_text_make(wisp_types *types, const wisp_symbols_type *result,
                                     const wisp_symbols_param *params, uint32_t count,
                                     const char **text, const char **refusal, wisp_error *err);

#endif
