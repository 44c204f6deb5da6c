#include "sharers.h"

const struct sharer_kind sharer_kinds[SHARER_KINDS] = {
    {WISP_MEMORY_ALLOCATED, 100, false},        {WISP_MEMORY_MAPPED, 100, false},
    {WISP_MEMORY_ALLOCATED, MIB, false},        {WISP_MEMORY_MAPPED, MIB, false},
    {WISP_MEMORY_MAPPED, MIB + 1000, false},    {WISP_MEMORY_MAPPED, PAGE * 9 - 1, false},
    {WISP_MEMORY_ALLOCATED, MIB + 1000, false}, {WISP_MEMORY_ALLOCATED, 100, true},
    {WISP_MEMORY_ALLOCATED, MIB, true},
};

const struct sharer_kind sharer_shared = {WISP_MEMORY_MAPPED, MIB, false};
const struct sharer_kind sharer_small = {WISP_MEMORY_ALLOCATED, 100, false};

wisp_guest_config sharer_config(const struct sharer_kind *kind)
{
    return (wisp_guest_config){.fuel = 200000000,
                               .deadline_ms = WISP_NO_DEADLINE,
                               .limits = {.memory_source = kind->source}};
}

void sharers_init_with(struct stage *s, const wisp_guest_config *config, bool is_native,
                       const char *other)
{
    stage_init(s, NULL);
    if (is_native)
        assert_int_equal(
            wisp_guest_start_native(stage_add_empty(s, config), &reader_module, NULL), WISP_OK);
    else
        stage_add(s, config, "reader");
    if (other)
        stage_add(s, config, other);
}

void sharers_init(struct stage *s, const struct sharer_kind *kind, const char *other)
{
    wisp_guest_config config = sharer_config(kind);
    sharers_init_with(s, &config, kind->is_native, other);
}

wisp_status sharer_tell(wisp_guest *guest, const struct share *shares, size_t len)
{
    wisp_bytes bytes = {(const uint8_t *)shares, len * sizeof *shares};
    return wisp_guest_deliver(guest, 0, bytes, NULL);
}
