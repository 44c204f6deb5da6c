#include "generator/generator.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * wisp-diff FEATURES CHOICES CASES: makes a module of each item of the file CHOICES, runs it
 * and prints what it did. FEATURES are names with commas between; those that Wisp does not
 * have are left out. Writes to the file CASES what another engine needs to do the same:
 * each module, then the names and types of its exports. run.js reads it.
 *
 * An item of either file is its size, 4 bytes, little-endian, and as many bytes.
 */

enum { CALLS = 3, TURNS = 150, VALUES_MAX = 8, STACK_SIZE = 8 << 20 };

/* Arguments are taken from here; run.js has the same. */
static const uint64_t POOL[16] = {
    0,
    1,
    UINT64_MAX,
    0x80000000,
    0x7fffffff,
    0x8000000000000000,
    0x3f800000,
    0xc0490fdb,
    0x3ff8000000000000,
    0x7ff0000000000000,
    0x7f800000,
    0xbff0000000000000,
    100,
    0xff,
    0x123456789abcdef0u,
    0x4024000000000000,
};

typedef struct run {
    wisp_instance *instance, *first; /* what runs, and what it imports from, if any */
    const wisp_module *module;
    uint32_t marks; /* a sum of all that the module told env.mark */
} run;

/* ------------------------------------------------------------------ values */

static uint32_t bits_of_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7fc00000u : bits;
}

static uint64_t bits_of_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7ff8000000000000u : bits;
}

static wisp_value argument(wisp_valtype type, uint32_t number)
{
    uint64_t bits = POOL[number % 16];
    wisp_value value = {.type = type};
    if (type == WISP_F32 && (bits & 0x7fffffff) > 0x7f800000)
        bits = 0x7fc00000;
    if (type == WISP_F64 && (bits & INT64_MAX) > 0x7ff0000000000000)
        bits = 0x7ff8000000000000;
    if (type == WISP_I32 || type == WISP_I64 || type == WISP_F32 || type == WISP_F64)
        memcpy(&value.of, &bits, sizeof bits);
    return value;
}

static void print_value(const wisp_value *value)
{
    switch (value->type) {
    case WISP_I32:
        printf(" %" PRId32, value->of.i32);
        return;
    case WISP_I64:
        printf(" %" PRId64, value->of.i64);
        return;
    case WISP_F32:
        printf(" %08" PRIx32, bits_of_f32(value->of.f32));
        return;
    case WISP_F64:
        printf(" %016" PRIx64, bits_of_f64(value->of.f64));
        return;
    default:
        printf(value->of.funcref || value->of.externref ? " ref" : " null");
    }
}

/* ------------------------------------------------------------------ running */

static wisp_status mark(void *user, wisp_instance *caller, const wisp_value *args,
                        wisp_value *results, wisp_error *err)
{
    run *r = user;
    uint64_t wide = (uint64_t)args[1].of.i64, real = bits_of_f64(args[3].of.f64);
    (void)caller, (void)err;
    r->marks = r->marks * 31 + (uint32_t)args[0].of.i32;
    r->marks ^= (uint32_t)wide ^ (uint32_t)(wide >> 32) ^ bits_of_f32(args[2].of.f32);
    r->marks ^= (uint32_t)real ^ (uint32_t)(real >> 32);
    results[0].of.i32 = (int32_t)r->marks;
    return WISP_OK;
}

static void set_turns(const wisp_instance *instance)
{
    if (instance)
        wisp_global_set(wisp_instance_global(instance, "turns"), wisp_i32(TURNS), NULL);
}

static void call(run *r, const char *name, const wisp_functype *type, uint32_t number)
{
    wisp_value args[VALUES_MAX], results[VALUES_MAX];
    wisp_store *store = wisp_instance_store(r->instance);
    for (uint32_t i = 0; i < type->param_count; i++)
        args[i] = argument(type->params[i], number * 7 + i * 3);
    set_turns(r->instance);
    set_turns(r->first);
    wisp_status status = wisp_call(wisp_instance_func(r->instance, name), args, type->param_count,
                                   results, type->result_count, NULL);
    printf("%s:", name);
    if (status == WISP_TRAP)
        printf(" trap %s", wisp_trap_text(wisp_store_trap(store)->code));
    else if (status != WISP_OK)
        printf(" refused");
    for (uint32_t i = 0; i < type->result_count && status == WISP_OK; i++)
        print_value(&results[i]);
    printf("\n");
}

static void print_memory(run *r, const char *name)
{
    wisp_memory *memory = wisp_instance_memory(r->instance, name);
    uint64_t size = wisp_memory_size(memory);
    const uint8_t *bytes = wisp_memory_at(memory, 0, size);
    uint32_t hash = 2166136261u;
    for (uint64_t i = 0; i < size; i += 4) {
        uint32_t word;
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * 16777619u;
    }
    printf("%s: %" PRIu64 " %08" PRIx32 "\n", name, size, hash);
}

static void print_table(run *r, const char *name)
{
    const wisp_table *table = wisp_instance_table(r->instance, name);
    printf("%s:", name);
    for (uint64_t i = 0; i < wisp_table_size(table); i++) {
        wisp_value value;
        if (wisp_table_get(table, i, &value, NULL) == WISP_OK)
            print_value(&value);
    }
    printf("\n");
}

static void print_global(run *r, const char *name)
{
    wisp_value value = wisp_global_get(wisp_instance_global(r->instance, name));
    printf("%s:", name);
    print_value(&value);
    printf("\n");
}

/* Calls all functions, then tells what is left behind. */
static void run_exports(run *r)
{
    wisp_export item;
    for (uint32_t turn = 0; turn < CALLS; turn++) {
        for (uint32_t i = 0; wisp_module_export(r->module, i, &item); i++)
            if (item.type.kind == WISP_EXTERN_FUNC)
                call(r, item.name, &item.type.func, turn + i * 5);
    }
    for (uint32_t i = 0; wisp_module_export(r->module, i, &item); i++) {
        if (item.type.kind == WISP_EXTERN_MEMORY)
            print_memory(r, item.name);
        if (item.type.kind == WISP_EXTERN_TABLE)
            print_table(r, item.name);
        if (item.type.kind == WISP_EXTERN_GLOBAL && strcmp(item.name, "turns") != 0)
            print_global(r, item.name);
    }
    printf("marks: %" PRIu32 "\n", r->marks);
}

/* The first instance imports mark of the program; the second one f1 of the first. */
static wisp_status instantiate(run *r, wisp_store *store, wisp_error *err)
{
    wisp_linker *linker;
    wisp_extern item = {.kind = WISP_EXTERN_FUNC};
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (!status && !r->instance)
        status = wisp_linker_add_func(linker, "env", "mark", "(iIfF)i", mark, r, err);
    else if (!status && wisp_instance_export(r->instance, "f1", &item))
        status = wisp_linker_add(linker, "env", "mark", item, err);
    r->first = r->instance;
    return status ? status : wisp_instance_new(store, r->module, linker, &r->instance, err);
}

static void run_module(const wisp_module *module)
{
    run r = {.module = module};
    wisp_store_config config = {.stack_size = STACK_SIZE};
    wisp_store *store;
    wisp_error err = {0};
    wisp_status status = wisp_store_new(&config, &store, &err);
    for (int i = 0; i < 2 && !status; i++) {
        status = instantiate(&r, store, &err);
        if (!status)
            run_exports(&r);
    }
    if (status)
        printf("not instantiated: %s\n", err.text);
    wisp_store_free(store);
}

/* ------------------------------------------------------------------ cases */

static char letter_of(wisp_valtype type)
{
    switch (type) {
    case WISP_I32:
        return 'i';
    case WISP_I64:
        return 'I';
    case WISP_F32:
        return 'f';
    case WISP_F64:
        return 'F';
    default:
        return 'r';
    }
}

static void put_item(FILE *to, const void *bytes, uint32_t size)
{
    uint8_t head[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                       (uint8_t)(size >> 24)};
    fwrite(head, 1, sizeof head, to);
    fwrite(bytes, 1, size, to);
}

/* "f1 iI fF\n", "m0\n", "g3 i\n", in the module's order */
static uint32_t describe(const wisp_module *module, char *text, size_t size)
{
    wisp_export item;
    size_t len = 0;
    for (uint32_t i = 0; wisp_module_export(module, i, &item) && len + 64 < size; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s ", item.name);
        if (item.type.kind == WISP_EXTERN_GLOBAL)
            text[len++] = letter_of(item.type.valtype);
        for (uint32_t k = 0; k < item.type.func.param_count; k++)
            text[len++] = letter_of(item.type.func.params[k]);
        text[len++] = ' ';
        for (uint32_t k = 0; k < item.type.func.result_count; k++)
            text[len++] = letter_of(item.type.func.results[k]);
        text[len++] = '\n';
    }
    return (uint32_t)len;
}

static void run_case(wisp_bytes choices, uint32_t features, FILE *cases)
{
    wisp_bytes bytes = generator_module(choices, features);
    wisp_module *module;
    wisp_error err = {0};
    char exports[4096];
    uint32_t size = 0;
    put_item(cases, bytes.data, (uint32_t)bytes.size);
    fflush(cases); /* so that it is known what crashed */
    if (wisp_module_new(NULL, bytes, &module, &err)) {
        printf("refused: %s\n", err.text);
    } else {
        size = describe(module, exports, sizeof exports);
        run_module(module);
        wisp_module_free(module);
    }
    put_item(cases, exports, size);
    free((void *)bytes.data);
}

static bool read_item(FILE *from, uint8_t *into, size_t size_max, size_t *size)
{
    uint8_t head[4];
    if (fread(head, 1, sizeof head, from) != sizeof head)
        return false;
    *size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    return *size <= size_max && fread(into, 1, *size, from) == *size;
}

static uint32_t read_features(char *names)
{
    uint32_t features = 0;
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ","))
        features |= wisp_feature_find(name);
    return features & wisp_features_built_in();
}

int main(int argc, char **argv)
{
    static uint8_t choices[1 << 20];
    FILE *from = argc == 4 ? fopen(argv[2], "rb") : NULL;
    FILE *cases = from ? fopen(argv[3], "wb") : NULL;
    size_t size;
    if (!cases) {
        fprintf(stderr, "usage: wisp-diff FEATURES CHOICES CASES\n");
        return 2;
    }
    uint32_t features = read_features(argv[1]);
    for (uint32_t number = 0; read_item(from, choices, sizeof choices, &size); number++) {
        printf("case %" PRIu32 "\n", number);
        fflush(stdout); /* so that a crash shows which it was */
        run_case((wisp_bytes){choices, size}, features, cases);
    }
    fclose(from);
    return fclose(cases) != 0;
}
