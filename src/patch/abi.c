#include "patch/abi.h"

static const wisp_patch_abi *const abis[] = {&wisp_patch_abi_sysv, &wisp_patch_abi_aapcs64};

const wisp_patch_abi *wisp_patch_abi_of(uint32_t machine)
{
    for (size_t i = 0; i < sizeof abis / sizeof *abis; i++)
        if (abis[i]->machine == machine)
            return abis[i];
    return NULL;
}
