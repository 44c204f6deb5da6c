#include <string.h>

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

/* The names in order: [left] of them are still to come at [r]. */
typedef struct names {
    wisp_reader r;
    uint32_t left;
} names;

static bool begin_names(const wisp_module *module, names *n)
{
    return find_functions(wisp_reader_of(wisp_module_span(module, module->names)), &n->r) &&
           wisp_read_leb_u32(&n->r, &n->left);
}

static bool next_name(names *n, uint32_t *index, wisp_bytes *name)
{
    uint32_t size;
    if (n->left == 0 || !wisp_read_leb_u32(&n->r, index) || !wisp_read_leb_u32(&n->r, &size) ||
        !wisp_read_bytes(&n->r, size, &name->data))
        return false;
    name->size = size;
    n->left--;
    return true;
}

wisp_bytes wisp_module_function_name(const wisp_module *module, uint32_t index)
{
    names n;
    uint32_t at;
    wisp_bytes name;
    if (!begin_names(module, &n))
        return (wisp_bytes){NULL, 0};
    while (next_name(&n, &at, &name))
        if (at == index)
            return name;
    return (wisp_bytes){NULL, 0};
}

bool wisp_module_find_func(const wisp_module *module, const char *name, uint32_t *out)
{
    const wisp_export_entry *export = wisp_module_find_export(module, name);
    if (export && export->kind == WISP_EXTERN_FUNC) {
        *out = export->index;
        return true;
    }
    names n;
    wisp_bytes called;
    size_t size = strlen(name);
    if (!begin_names(module, &n))
        return false;
    while (next_name(&n, out, &called))
        if (called.size == size && memcmp(called.data, name, size) == 0)
            return *out < module->function_count;
    return false;
}
