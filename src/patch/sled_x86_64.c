#include "patch/sled.h"

#include <cpuid.h>
#include <string.h>

/*
 * A sled is a nop of five bytes, `nopl disp8(%rax,%rax,1)`, of which compilers choose the disp8
 * as they like; a jump is `jmp rel32`.
 */
enum { JUMP_SIZE = 5, JUMP = 0xe9, NOP = 0x90, INT3 = 0xcc };

const size_t wisp_patch_sled_size = JUMP_SIZE;
const uint64_t wisp_patch_sled_reach = INT32_MAX;

wisp_patch_sled_kind wisp_patch_sled_kind_of(const uint8_t *text)
{
    static const uint8_t one[JUMP_SIZE - 1] = {0x0f, 0x1f, 0x44, 0x00};
    static const uint8_t several[JUMP_SIZE] = {NOP, NOP, NOP, NOP, NOP};
    if (memcmp(text, one, sizeof one) == 0)
        return WISP_SLED_ONE;
    return memcmp(text, several, sizeof several) == 0 ? WISP_SLED_SEVERAL : WISP_SLED_OTHER;
}

bool wisp_patch_sled_jump(uint8_t out[WISP_SLED_SIZE_MAX], uintptr_t from, uintptr_t to)
{
    int64_t distance = (int64_t)(to - (from + JUMP_SIZE));
    int32_t near = (int32_t)distance;
    out[0] = JUMP;
    memcpy(out + 1, &near, sizeof near);
    return near == distance;
}

bool wisp_patch_stub_make(wisp_patch_stub *out, uintptr_t at, const void *detour,
                          const void *entry, uintptr_t behind)
{
    enum { DETOUR = 2, ENTRY = 24 };
    static const uint8_t code[] = {
        0x49, 0xbb, 0,    0,    0,    0,    0, 0, 0, 0, /* movabs $detour, %r11 */
        0xff, 0x25, 0x08, 0x00, 0x00, 0x00,             /* jmp *entry(%rip) */
    };
    (void)at;
    memset(out->code, INT3, sizeof out->code);
    memcpy(out->code, code, sizeof code);
    memcpy(out->code + DETOUR, &detour, sizeof detour);
    memcpy(out->code + ENTRY, &entry, sizeof entry);
    out->original = behind;
    return true;
}

void wisp_patch_sled_probe(uint8_t out[WISP_STUB_SIZE], uint8_t number)
{
    memset(out, INT3, WISP_STUB_SIZE);
    memcpy(out, (const uint8_t[]){0xb8, number, 0, 0, 0, 0xc3}, 6); /* mov $number, %eax; ret */
}

/* The oldest x86-64 processors do not have this one. */
static bool has_cmpxchg16b(void)
{
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_CMPXCHG16B);
}

/* Puts [new] where [old] is; where it is not, [old] is what is there. */
static bool exchange_16(uint8_t *at, uint64_t old[2], const uint64_t new[2])
{
    bool is_done;
    __asm__ volatile("lock cmpxchg16b %[at]"
                     : [at] "+m"(*(uint8_t(*)[16])at), "+a"(old[0]), "+d"(old[1]),
                       "=@ccz"(is_done)
                     : "b"(new[0]), "c"(new[1])
                     : "memory");
    return is_done;
}

static bool store_16(uint8_t *at, const uint8_t *bytes)
{
    uint64_t old[2], new[2];
    if (!has_cmpxchg16b())
        return false;
    memcpy(old, at, sizeof old);
    memcpy(new, bytes, sizeof new);
    while (!exchange_16(at, old, new))
        ;
    return true;
}

bool wisp_patch_sled_store(uint8_t *at, const uint8_t *bytes, size_t size)
{
    uint64_t eight;
    if (size == 16)
        return store_16(at, bytes);
    if (size != sizeof eight)
        return false;
    memcpy(&eight, bytes, sizeof eight);
    __asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)(void *)at) : "r"(eight) : "memory");
    return true;
}
