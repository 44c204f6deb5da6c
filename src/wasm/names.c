#include "wasm/module.h"

/* The name section (Spec appendix A.4.1): subsections, of which 1 has the functions' names
 * in ascending order of their indices. */

enum { SUBSECTION_FUNCTIONS = 1 };

/* Finds the content of the subsection with the functions' names. */
static bool find_functions(wisp_reader r, wisp_reader *out)
{
    uint8_t id;
    uint32_t size;
    const uint8_t *content;
    while (wisp_read_u8(&r, &id) && wisp_read_leb_u32(&r, &size) &&
           wisp_read_bytes(&r, size, &content)) {
        if (id != SUBSECTION_FUNCTIONS)
            continue;
        *out = wisp_reader_of((wisp_bytes){content, size});
        return true;
    }
    return false;
}

wisp_bytes wisp_module_function_name(const wisp_module *module, uint32_t index)
{
    wisp_reader r;
    uint32_t count, at, size;
    wisp_bytes name = {NULL, 0};
    if (!find_functions(wisp_reader_of(wisp_module_span(module, module->names)), &r) ||
        !wisp_read_leb_u32(&r, &count))
        return name;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *text;
        if (!wisp_read_leb_u32(&r, &at) || !wisp_read_leb_u32(&r, &size) ||
            !wisp_read_bytes(&r, size, &text))
            return name;
        if (at == index)
            return (wisp_bytes){text, size};
    }
    return name;
}
