#include "patch/sled.h"

#include <string.h>

/*
 * A sled is one `nop`, however many of them follow: nop and b are among the instructions that the
 * architecture lets replace each other while they run.
 */
enum { INSTRUCTION_SIZE = 4 };
static const uint32_t nop = 0xd503201f, jump = 0x14000000;

const size_t wisp_patch_sled_size = INSTRUCTION_SIZE;
const uint64_t wisp_patch_sled_reach = (1 << 27) - INSTRUCTION_SIZE;

wisp_patch_sled_kind wisp_patch_sled_kind_of(const uint8_t *text)
{
    uint32_t found;
    memcpy(&found, text, sizeof found);
    return found == nop ? WISP_SLED_ONE : WISP_SLED_OTHER;
}

bool wisp_patch_sled_jump(uint8_t out[WISP_SLED_SIZE_MAX], uintptr_t from, uintptr_t to)
{
    int64_t distance = (int64_t)(to - from);
    uint32_t code = jump | ((uint32_t)((uint64_t)distance >> 2) & 0x03ffffff);
    memcpy(out, &code, sizeof code);
    return distance % INSTRUCTION_SIZE == 0 && distance >= -(INT64_C(1) << 27) &&
           distance < INT64_C(1) << 27;
}

bool wisp_patch_stub_make(wisp_patch_stub *out, uintptr_t at, const void *detour,
                          const void *entry, uintptr_t behind)
{
    static const uint32_t code[] = {
        0x58000091, /* ldr x17, detour */
        0x580000b0, /* ldr x16, entry */
        0xd61f0200, /* br x16 */
    };
    enum { BEHIND = sizeof code, DETOUR = 16, ENTRY = 24 };
    uint8_t way[WISP_SLED_SIZE_MAX];
    if (!wisp_patch_sled_jump(way, at + BEHIND, behind))
        return false;
    memcpy(out->code, code, sizeof code);
    memcpy(out->code + BEHIND, way, INSTRUCTION_SIZE);
    memcpy(out->code + DETOUR, &detour, sizeof detour);
    memcpy(out->code + ENTRY, &entry, sizeof entry);
    out->original = at + BEHIND;
    return true;
}

void wisp_patch_sled_probe(uint8_t out[WISP_STUB_SIZE], uint8_t number)
{
    const uint32_t code[] = {0x52800000 | (uint32_t)number << 5, 0xd65f03c0}; /* mov w0; ret */
    memset(out, 0, WISP_STUB_SIZE);
    memcpy(out, code, sizeof code);
}

bool wisp_patch_sled_store(uint8_t *at, const uint8_t *bytes, size_t size)
{
    uint32_t four;
    if (size != sizeof four)
        return false;
    memcpy(&four, bytes, sizeof four);
    __asm__ volatile("str %w1, %0" : "=m"(*(uint32_t *)(void *)at) : "r"(four) : "memory");
    return true;
}
