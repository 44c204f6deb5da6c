#include "delta/renumbering.h"

bool wisp_delta_order_add(wisp_delta_order *order, uint64_t length, uint64_t to)
{
    uint64_t end = WISP_REFERENCE_64_END;
    if (length == 0 || length > end - order->from_end || to > end - length)
        return false;
    order->intervals[order->len++] = (wisp_delta_interval){order->from_end, (uint32_t)to};
    order->from_end += (uint32_t)length;
    order->to_end = (uint32_t)(to + length);
    return true;
}

uint64_t wisp_delta_order_map(const wisp_delta_order *order, uint64_t value)
{
    if (value >= order->from_end)
        return value;
    uint32_t low = 0, high = order->len; /* the interval is in [low, high) */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (order->intervals[middle].from <= value)
            low = middle;
        else
            high = middle;
    }
    return order->intervals[low].to + (value - order->intervals[low].from);
}
