#define _GNU_SOURCE /* dl_iterate_phdr */

#include "patch/linear.h"

#include <link.h>

#include "base/error.h"
#include "wasm/module.h"

/* ------------------------------------------------------------------ how large it may be */

static int note_lowest(struct dl_phdr_info *object, size_t size, void *lowest)
{
    uint64_t *low = lowest;
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        uint64_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
        if (object->dlpi_phdr[i].p_type == PT_LOAD && start < *low)
            *low = start;
    }
    return 0;
}

/* Whole pages below all that is loaded. The heap is above the program, and what is mapped without
 * an address far above. */
static uint64_t size_max(void)
{
    uint64_t low = WISP_PATCH_LINEAR_MAX;
    dl_iterate_phdr(note_lowest, &low);
    return low - low % WISP_PAGE_SIZE;
}

/* ------------------------------------------------------------------ what the module wants */

static bool exports_stack_pointer(const wisp_module *module)
{
    const wisp_export_entry *export = wisp_module_find_export(module, "__stack_pointer");
    return export && export->kind == WISP_EXTERN_GLOBAL &&
           wisp_module_extern_type(module, export->kind, export->index).is_mutable;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The module's pages are followed by those for stacks, as many as it lets be added. */
static wisp_status make_shared(const wisp_module *module, uint32_t seat_count,
                               wisp_patch_linear *out, wisp_error *err)
{
    const wisp_memory_type *wanted = &module->memories[0];
    uint64_t pages_max = smaller(wanted->limits.max, out->size_max / WISP_PAGE_SIZE);
    if (!exports_stack_pointer(module))
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "a patch with a shared memory that does not export its __stack_pointer");
    if (wanted->limits.min >= pages_max)
        return wisp_fail(err, WISP_LIMIT,
                         "a patch with %llu pages of memory, without room for stacks below page "
                         "%llu",
                         (unsigned long long)wanted->limits.min, (unsigned long long)pages_max);
    uint64_t own = wanted->limits.min * WISP_PAGE_SIZE;
    uint64_t room = pages_max * WISP_PAGE_SIZE - own;
    uint64_t stacks = smaller(seat_count, room / WISP_PATCH_C_STACK_SIZE);
    uint64_t size = own + stacks * WISP_PATCH_C_STACK_SIZE;
    uint64_t pages = (size + WISP_PAGE_SIZE - 1) / WISP_PAGE_SIZE;
    out->seat_count = (uint32_t)stacks;
    out->stacks_end = pages * WISP_PAGE_SIZE;
    wisp_memory_type type = {.limits = {pages, pages}, .is_64 = wanted->is_64, .is_shared = true};
    return wisp_shared_memory_new(NULL, &type, &out->shared, err);
}

static wisp_status limit_own(const wisp_memory_type *wanted, wisp_patch_linear *out,
                             wisp_error *err)
{
    uint64_t pages_max = out->size_max / WISP_PAGE_SIZE;
    if (wanted->limits.min > pages_max)
        return wisp_fail(err, WISP_LIMIT, "a patch with %llu pages of memory, at most %llu fit",
                         (unsigned long long)wanted->limits.min, (unsigned long long)pages_max);
    out->type = *wanted;
    out->type.limits.max = smaller(wanted->limits.max, pages_max);
    return WISP_OK;
}

wisp_status wisp_patch_linear_make(const wisp_module *module, uint32_t seat_count,
                                   wisp_patch_linear *out, wisp_error *err)
{
    *out = (wisp_patch_linear){
        .address = WISP_I64, .size_max = size_max(), .seat_count = seat_count};
    if (module->memory_count == 0)
        return WISP_OK;
    const wisp_memory_type *wanted = &module->memories[0];
    if (module->memory_count > 1 || wanted->page_size != WISP_PAGE_SIZE)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "a patch with %u memories, the first of pages of %u bytes, expected one "
                         "of pages of %u",
                         (unsigned)module->memory_count, (unsigned)wanted->page_size,
                         (unsigned)WISP_PAGE_SIZE);
    out->address = wisp_index_type(wanted->is_64);
    return wanted->is_shared && module->imported_memories
               ? make_shared(module, seat_count, out, err)
               : limit_own(wanted, out, err);
}

void wisp_patch_linear_deinit(wisp_patch_linear *linear)
{
    wisp_shared_memory_release(linear->shared);
    linear->shared = NULL;
}

uint64_t wisp_patch_linear_stack(const wisp_patch_linear *linear, uint32_t seat)
{
    return linear->stacks_end - (uint64_t)seat * WISP_PATCH_C_STACK_SIZE;
}

uint64_t wisp_patch_linear_stack_limit(const wisp_patch_linear *linear, uint32_t seat)
{
    return wisp_patch_linear_stack(linear, seat + 1) + WISP_PATCH_FENCE_SIZE;
}
