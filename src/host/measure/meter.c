#include "host/measure/meter.h"

/* Multiples of the golden ratio have no rhythm that the entries' own could fall into. */
bool wisp_meter_next(wisp_meter *meter)
{
    return (uint32_t)(++meter->entries * 0x9e3779b9u) >> 28 == 0;
}

void wisp_meter_add(wisp_meter *meter, uint64_t fuel, uint64_t ns, bool is_timed)
{
    wisp_spread_add(&meter->fuel, fuel);
    if (is_timed)
        wisp_spread_add(&meter->ns, ns);
    else if (ns > meter->ns.max)
        meter->ns.max = ns;
}
