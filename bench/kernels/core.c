#include "kernel.h"

/*
 * What small controllers do all day, in the mixture that their benchmarks have: a linked list
 * that is searched, reversed and sorted, a small matrix, a state machine that reads numbers,
 * and a checksum over all results.
 */

#define NODES  80
#define ORDER  12
#define INPUTS 7

typedef struct node {
    struct node *next;
    u16 key, value;
} node;

static node nodes[NODES];
static short a[ORDER][ORDER], b[ORDER][ORDER];
static int product[ORDER][ORDER];

/* CRC-16 with the polynomial 0x8005, a bit at a time. */
static u16 crc16(u16 crc, u32 data, u32 bits)
{
    for (u32 i = 0; i < bits; i++, data >>= 1) {
        u32 carry = (crc ^ data) & 1;
        crc >>= 1;
        if (carry)
            crc ^= 0xa001;
    }
    return crc;
}

/* ------------------------------------------------------------------ list */

static node *make_list(u32 seed)
{
    for (u32 i = 0; i < NODES; i++) {
        nodes[i].key = (u16)bench_random(&seed);
        nodes[i].value = (u16)(i * 7);
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
    }
    return nodes;
}

static node *reverse(node *list)
{
    node *reversed = 0;
    while (list) {
        node *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

static u32 find(const node *list, u16 key)
{
    u32 steps = 0;
    while (list && list->key != key) {
        list = list->next;
        steps++;
    }
    return steps;
}

typedef int (*compare_fn)(const node *one, const node *other);

static int by_key(const node *one, const node *other)
{
    return one->key - other->key;
}

static int by_value(const node *one, const node *other)
{
    return one->value - other->value;
}

static node *merge(node *one, node *other, compare_fn compare)
{
    node *first = 0, **end = &first;
    while (one && other) {
        node **least = compare(one, other) <= 0 ? &one : &other;
        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = one ? one : other;
    return first;
}

static node *sort(node *list, compare_fn compare)
{
    if (!list || !list->next)
        return list;
    node *middle = list;
    for (node *end = list->next; end && end->next; end = end->next->next)
        middle = middle->next;
    node *second = middle->next;
    middle->next = 0;
    return merge(sort(list, compare), sort(second, compare), compare);
}

static u16 work_list(u32 seed, u16 crc)
{
    node *list = make_list(seed);
    for (u32 i = 0; i < 8; i++) {
        list = reverse(list);
        crc = crc16(crc, find(list, nodes[(seed + i * 11) % NODES].key), 16);
    }
    list = sort(list, by_key);
    crc = crc16(crc, list->value, 16);
    list = sort(list, by_value);
    for (u32 i = 0; list; list = list->next, i++) {
        if (i % 8 == 0)
            crc = crc16(crc, list->key, 16);
    }
    return crc;
}

/* ------------------------------------------------------------------ matrix */

static void fill_matrices(u32 seed)
{
    for (u32 i = 0; i < ORDER; i++) {
        for (u32 k = 0; k < ORDER; k++) {
            a[i][k] = (short)(bench_random(&seed) & 0xff);
            b[i][k] = (short)(bench_random(&seed) & 0xff);
        }
    }
}

static void multiply(void)
{
    for (u32 i = 0; i < ORDER; i++) {
        for (u32 k = 0; k < ORDER; k++) {
            product[i][k] = 0;
            for (u32 m = 0; m < ORDER; m++)
                product[i][k] += a[i][m] * b[m][k];
        }
    }
}

/* The sum of parts of the products' bits, which rises and falls. */
static int sum_bits(void)
{
    int sum = 0, last = 0;
    for (u32 i = 0; i < ORDER; i++) {
        for (u32 k = 0; k < ORDER; k++) {
            int now = product[i][k];
            sum += (now >> 2 & 0xf) * (now >> 5 & 0x7f);
            sum += now > last ? 10 : -now & 0xff;
            last = now;
        }
    }
    return sum;
}

static u16 work_matrix(u32 seed, u16 crc)
{
    fill_matrices(seed);
    multiply();
    return crc16(crc, (u32)sum_bits(), 32);
}

/* ------------------------------------------------------------------ state machine */

typedef enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, POWER, BAD, STATES } state;

static const char *const INPUT[INPUTS] = {"5012,",     "-874.25,", "+1.5e3,",    ".7e-12,",
                                          "T0.3e-1F,", "1..2,",    "35.54400e3,"};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static state step(state from, char c)
{
    switch (from) {
    case START:
        if (c == '+' || c == '-')
            return SIGN;
        return is_digit(c) ? INTEGER : c == '.' ? POINT : BAD;
    case SIGN:
        return is_digit(c) ? INTEGER : c == '.' ? POINT : BAD;
    case INTEGER:
        return is_digit(c) ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : BAD;
    case POINT:
    case FRACTION:
        return is_digit(c) ? FRACTION : c == 'e' ? EXPONENT : BAD;
    case EXPONENT:
        return is_digit(c) || c == '+' || c == '-' ? POWER : BAD;
    case POWER:
        return is_digit(c) ? POWER : BAD;
    default:
        return BAD;
    }
}

static u16 work_states(u32 seed, u16 crc)
{
    u32 ends[STATES] = {0};
    for (u32 i = 0; i < 32; i++) {
        state now = START;
        for (const char *at = INPUT[(seed + i) % INPUTS]; *at != ','; at++)
            now = step(now, *at);
        ends[now]++;
    }
    for (u32 i = 0; i < STATES; i++)
        crc = crc16(crc, ends[i], 8);
    return crc;
}

u32 run(u32 rounds)
{
    u16 crc = 0;
    for (u32 i = 0; i < rounds; i++) {
        crc = work_list(i, crc);
        crc = work_matrix(i, crc);
        crc = work_states(i, crc);
    }
    return crc;
}
