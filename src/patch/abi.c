#include "patch/abi.h"

#include "base/error.h"

static const wisp_patch_abi *const abis[] = {&wisp_patch_abi_sysv, &wisp_patch_abi_aapcs64};

const wisp_patch_abi *wisp_patch_abi_of(uint32_t machine)
{
    for (size_t i = 0; i < sizeof abis / sizeof *abis; i++)
        if (abis[i]->machine == machine)
            return abis[i];
    return NULL;
}

const char *wisp_machine_name(uint32_t machine)
{
    switch (machine) {
    case WISP_MACHINE_X86_64:
        return "x86-64";
    case WISP_MACHINE_AARCH64:
        return "aarch64";
    default:
        return "another machine";
    }
}

void wisp_patch_location_add(wisp_patch_location *at, size_t frame, uint32_t offset,
                             uint32_t size)
{
    at->way = WISP_PATCH_IN_PARTS;
    at->parts[at->part_count++] = (wisp_patch_part){(uint32_t)frame, offset, size};
}

wisp_status wisp_patch_location_add_stack(wisp_patch_location *at, size_t frame_size,
                                          uint32_t size, uint32_t *used, wisp_error *err)
{
    wisp_patch_location_add(at, frame_size + *used, 0, size);
    *used += (size + 7) & ~7u;
    if (*used > WISP_PATCH_STACK_MAX)
        return wisp_fail(err, WISP_LIMIT, "parameters take more than %u bytes of stack",
                         (unsigned)WISP_PATCH_STACK_MAX);
    return WISP_OK;
}
