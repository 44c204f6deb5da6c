#include "wasm/instruction_name.h"

#include <stddef.h>

#include "wasm/opcodes.h"
#include "wasm/vector_code.h"

/* clang-format off */
static const char *const names[] = {
#define X(byte, name, text, ...) [byte] = (text),
    WISP_OPCODES(X)
};

static const char *const prefixed_names[] = {
    WISP_OPCODES_FC(X)
#undef X
};

static const char *const vector_names[] = {
#define X(number, shape, op, ...) [number] = #shape "." #op,
    WISP_VECTOR_ALL(X)
#undef X
};
/* clang-format on */

/* Those of threads do without their widths, of which there are seven each. */
static const char *atomic_name(uint32_t number)
{
    enum { FIRST = 0x10, WIDTHS = 7 };
    static const char *const few[] = {"memory.atomic.notify", "memory.atomic.wait32",
                                      "memory.atomic.wait64", "atomic.fence"};
    static const char *const groups[] = {
        "atomic.load",    "atomic.store",    "atomic.rmw.add",
        "atomic.rmw.sub", "atomic.rmw.and",  "atomic.rmw.or",
        "atomic.rmw.xor", "atomic.rmw.xchg", "atomic.rmw.cmpxchg"};
    if (number < sizeof few / sizeof *few)
        return few[number];
    return number >= FIRST && (number - FIRST) / WIDTHS < sizeof groups / sizeof *groups
               ? groups[(number - FIRST) / WIDTHS]
               : NULL;
}

static const char *at(const char *const *list, size_t size, uint32_t number)
{
    return number < size / sizeof *list ? list[number] : NULL;
}

const char *wisp_instruction_name(uint8_t byte, uint32_t number,
                                  char text[WISP_INSTRUCTION_NAME_MAX])
{
    (void)text;
    const char *name = byte == 0xfc   ? at(prefixed_names, sizeof prefixed_names, number)
                       : byte == 0xfd ? at(vector_names, sizeof vector_names, number)
                       : byte == 0xfe ? atomic_name(number)
                                      : NULL;
    if (!name)
        name = at(names, sizeof names, byte);
    return name ? name : "instruction";
}
