#include "kernel.h"

#define RECORDS   400
#define TEXT_SIZE (RECORDS * 64)

static char text[TEXT_SIZE];

static char *put(char *at, const char *from)
{
    while (*from)
        *at++ = *from++;
    return at;
}

static char *put_number(char *at, u32 number)
{
    char digits[10];
    u32 len = 0;
    do
        digits[len++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (len > 0)
        *at++ = digits[--len];
    return at;
}

/* [{"id":1,"size":123,"name":"block 1"},…] */
static u32 write_text(void)
{
    u32 seed = 3;
    char *at = put(text, "[");
    for (u32 i = 0; i < RECORDS; i++) {
        at = put_number(put(at, i ? ",{\"id\":" : "{\"id\":"), i);
        at = put_number(put(at, ",\"size\":"), bench_random(&seed) & 0xffff);
        at = put_number(put(at, ",\"name\":\"block "), i);
        at = put(at, "\"}");
    }
    at = put(at, "]");
    return (u32)(at - text);
}

/* The sum of all numbers, the depth and the length of all strings. */
static u32 scan(u32 size)
{
    u32 sum = 0, depth = 0, strings = 0;
    for (u32 i = 0; i < size; i++) {
        char c = text[i];
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == '"') {
            while (text[++i] != '"')
                strings = strings * 31 + (u8)text[i];
        } else if (c >= '0' && c <= '9') {
            u32 number = 0;
            for (; text[i] >= '0' && text[i] <= '9'; i++)
                number = number * 10 + (u32)(text[i] - '0');
            i--;
            sum += number;
        }
    }
    return sum ^ strings ^ depth;
}

/* Byte loads and short branches: a scanner of JSON. */
u32 run(u32 rounds)
{
    u32 sum = 0, size = write_text();
    for (u32 i = 0; i < rounds; i++)
        sum = sum * 31 + scan(size);
    return sum;
}
