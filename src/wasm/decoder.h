#ifndef WISP_WASM_DECODER_H
#define WISP_WASM_DECODER_H

#include "wasm/compile.h"
#include "wasm/module.h"
#include "wasm/type_table.h"

/*
 * What reads a module, section by section: decode.c (the sections in order), decode_imports.c,
 * decode_segments.c, and the parts that they all read, in decoder.c.
 */

typedef struct wisp_decoder {
    wisp_module *module;
    wisp_reader r; /* ends with the current section */
    wisp_error *err;
    wisp_compiler *compiler; /* made by the first function body */
    wisp_type_table types;
    const char *section;           /* name of the current one */
    uint32_t rank;                 /* of the last section in the prescribed order */
    uint32_t bodies;               /* in the code section */
    bool has_data_count, has_data; /* whether these sections have been read */
    bool is_lazy;                  /* functions are compiled later */
    bool may_name_data;            /* bodies may: there are no data, or their count came first */
} wisp_decoder;

uint64_t wisp_decode_offset(const wisp_decoder *d);
wisp_status wisp_decode_malformed(wisp_decoder *d, const char *expected);
wisp_status wisp_decode_mismatch(wisp_decoder *d, const char *text);
wisp_status wisp_decode_too_many(wisp_decoder *d, const char *what, uint64_t count, uint64_t max);
/* Notes that the module uses [features]: at the current byte, or just before it. */
wisp_status wisp_decode_use(wisp_decoder *d, uint32_t features);
wisp_status wisp_decode_u32(wisp_decoder *d, const char *expected, uint32_t *out);
wisp_status wisp_decode_byte(wisp_decoder *d, const char *expected, uint8_t *out);
/* A number of [what] that follow, each of at least one byte. */
wisp_status wisp_decode_count(wisp_decoder *d, const char *what, uint32_t max, uint32_t *out);
wisp_status wisp_decode_allocate(wisp_decoder *d, void *array, size_t count, size_t size);
/* Makes room for [more] items behind the [count] at *[array]. */
wisp_status wisp_decode_extend(wisp_decoder *d, void *array, uint32_t count, uint32_t more,
                               size_t size);
wisp_status wisp_decode_name(wisp_decoder *d, wisp_bytes *out);
wisp_status wisp_decode_keep_name(wisp_decoder *d, wisp_bytes name, wisp_text *out);
wisp_status wisp_decode_valtype(wisp_decoder *d, wisp_valtype *out);
wisp_status wisp_decode_reftype(wisp_decoder *d, wisp_valtype *out);
wisp_status wisp_decode_table_type(wisp_decoder *d, wisp_table_type *out);
wisp_status wisp_decode_memory_type(wisp_decoder *d, wisp_memory_type *out);
wisp_status wisp_decode_global_type(wisp_decoder *d, wisp_module_global *out);
/* The index of a tag's type, which has no results (Spec 5.3.12). */
wisp_status wisp_decode_tag_type(wisp_decoder *d, uint32_t *out);
wisp_status wisp_decode_type_index(wisp_decoder *d, uint32_t *out);
wisp_status wisp_decode_function_index(wisp_decoder *d, uint32_t *out);
wisp_status wisp_decode_constant(wisp_decoder *d, wisp_valtype type, uint32_t globals,
                                 wisp_span *out);
wisp_status wisp_decode_check_memory_count(wisp_decoder *d, uint64_t count);
wisp_status wisp_decode_check_table_count(wisp_decoder *d, uint64_t count);

/* Sections with a file of their own; the others are in decode.c. */
wisp_status wisp_decode_import_section(wisp_decoder *d, uint32_t count);
wisp_status wisp_decode_element_section(wisp_decoder *d, uint32_t count);
wisp_status wisp_decode_data_count_section(wisp_decoder *d);
wisp_status wisp_decode_data_section(wisp_decoder *d, uint32_t count);

#endif
