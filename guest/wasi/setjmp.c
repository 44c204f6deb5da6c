#include <stdint.h>
#include <stdlib.h>

/*
 * What clang makes calls to where a function calls setjmp, with -wasm-enable-sjlj. Each function
 * that does has a table of the calls that it has made; an exception that reaches it is looked up
 * there, and goes on to the caller if it is not in it. Names and shapes are clang's.
 */

/* One call of setjmp: its number, and which of those in the source it was. The table ends with 0.
 */
struct call {
    uint32_t id, label;
};

static uint32_t last_id;
static uint32_t second_result; /* of saveSetjmp: how large the table is now */

uint32_t getTempRet0(void)
{
    return second_result;
}

void setTempRet0(uint32_t value)
{
    second_result = value;
}

/* Enters a call into [table], which has room for [size] and the end; returns the table. */
struct call *saveSetjmp(uint32_t *buffer, uint32_t label, struct call *table, uint32_t size)
{
    uint32_t used = 0;
    while (used < size && table[used].id != 0)
        used++;
    if (used == size) {
        size *= 2;
        table = realloc(table, (size + 1) * sizeof *table);
        if (!table)
            abort();
    }
    *buffer = ++last_id;
    table[used] = (struct call){last_id, label};
    table[used + 1].id = 0;
    second_result = size;
    return table;
}

/* The label of call [id]; 0 if it was not made by this function. */
uint32_t testSetjmp(uint32_t id, const struct call *table, uint32_t size)
{
    for (uint32_t i = 0; i < size && table[i].id != 0; i++) {
        if (table[i].id == id)
            return table[i].label;
    }
    return 0;
}

void __wasm_longjmp(void *buffer, int value)
{
    static struct {
        void *buffer;
        int value;
    } jump;
    jump.buffer = buffer;
    jump.value = value != 0 ? value : 1;
    __builtin_wasm_throw(1, &jump); /* 1: clang's number of longjmp's tag */
}
