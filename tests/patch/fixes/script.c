#include <wisp_patch.h>

/*
 * As AssemblyScript compiles: 32-bit addresses, a memory of its own for each thread, functions of
 * "wisp" for the program's, and "env"."abort".
 */
WISP_PATCH_IMPORT("original", "add") int32_t original_add(int32_t a, int32_t b);
WISP_PATCH_IMPORT("program", "length_of") int32_t length_of(wisp_address text);
WISP_PATCH_IMPORT("env", "abort")
void abort_at(uint32_t message, uint32_t file, uint32_t line, uint32_t column);

static char text[8] = "script";
static int32_t calls;

WISP_PATCH(add) int32_t add(int32_t a, int32_t b)
{
    if (a == -1)
        abort_at(0, 0, 12, 34);
    if (a == -2)
        wisp_load_i32(16);
    return original_add(a, b) * 1000 + length_of(wisp_native(text)) * 100 + ++calls;
}

/* All widths, with their signs: quantity is -2 and becomes -3. */
WISP_PATCH(order_total) double order_total(wisp_address o, double tax)
{
    wisp_address quantity = o + 4, price = o + 8, name = o + 24;
    double sum = wisp_load_f64(price) * tax;
    sum += wisp_load_i8(quantity) + wisp_load_i16(quantity) + wisp_load_i32(quantity);
    sum += wisp_load_u8(quantity) + wisp_load_u16(quantity);
    sum += (double)(wisp_load_i64(o) >> 32);
    wisp_store_i32(quantity, -3);
    wisp_store_i8(name, 'a');
    wisp_store_i16(name + 1, 'b' | 'c' << 8);
    wisp_store_i32(name + 3, 'd');
    wisp_store_i64(name + 4, 'e');
    wisp_store_f64(price, wisp_load_f32(name + 4) + 0.5);
    wisp_store_f32(name + 8, 2);
    wisp_log("total");
    return sum;
}
