#include "world.h"

#include <string.h>

#include "os/self.h"
#include "patch/image.h"
#include "patch/sled.h"
#include "patch/text.h"

static const uint8_t build_id[] = {0x57, 0x69, 0x73, 0x70, 0x50, 0x61,
                                   0x74, 0x63, 0x68, 0x00, 0x00, 0x01};
static const wisp_allocator *const allocator = &wisp_allocator_default;

static wisp_patch_image this_program(void)
{
    wisp_patch_image image;
    wisp_bytes id = {build_id, sizeof build_id};
    assert_int_equal(wisp_patch_image_find(id, &image, NULL), WISP_OK);
    return image;
}

/* ------------------------------------------------------------------ manifests */

/* Behind an endbr64 or bti, if there is one. */
static uint32_t sled_of(const uint8_t *entry)
{
    for (uint32_t at = 0; at <= 4; at += 4)
        if (wisp_patch_sled_kind_of(entry + at) != WISP_SLED_OTHER)
            return at;
    fail_msg("a function without a sled: %02x %02x %02x %02x", entry[0], entry[1], entry[2],
             entry[3]);
    return 0;
}

typedef struct parts {
    wisp_patch_function functions[WORLD_ITEMS_MAX];
    wisp_patch_native natives[WORLD_ITEMS_MAX];
    wisp_patch_global globals[WORLD_ITEMS_MAX];
    const char *files[1];
    wisp_patch_line lines[1];
} parts;

static void list_functions(const world_recipe *recipe, parts *p, wisp_patch_manifest *m)
{
    for (; m->function_count < WORLD_ITEMS_MAX; m->function_count++) {
        uint32_t i = m->function_count;
        if (!recipe->functions[i].name)
            return;
        const uint8_t *at = recipe->functions[i].at;
        p->functions[i] = (wisp_patch_function){
            .export = recipe->functions[i].name,
            .symbol = recipe->functions[i].name,
            .file = "program.c",
            .signature = recipe->functions[i].signature,
            .line = 1,
            .address = (uintptr_t)at - this_program().base,
            .sled = sled_of(at),
            .entry = {at, 12},
        };
    }
}

static void list_natives(const world_recipe *recipe, parts *p, wisp_patch_manifest *m)
{
    for (; m->native_count < WORLD_ITEMS_MAX; m->native_count++) {
        uint32_t i = m->native_count;
        if (!recipe->natives[i].name)
            return;
        p->natives[i] = (wisp_patch_native){
            .module = recipe->natives[i].module,
            .name = recipe->natives[i].name,
            .signature = recipe->natives[i].signature,
            .address = (uintptr_t)recipe->natives[i].at - this_program().base,
        };
    }
}

static void list_globals(const world_recipe *recipe, parts *p, wisp_patch_manifest *m)
{
    for (; m->global_count < WORLD_ITEMS_MAX; m->global_count++) {
        uint32_t i = m->global_count;
        if (!recipe->globals[i].name)
            return;
        p->globals[i] = (wisp_patch_global){
            .name = recipe->globals[i].name,
            .address = (uintptr_t)recipe->globals[i].at - this_program().base,
            .size = recipe->globals[i].size,
        };
    }
}

/* e_machine of this program. */
static uint32_t machine(void)
{
    uint16_t machine;
    extern const uint8_t __ehdr_start[];
    memcpy(&machine, __ehdr_start + 18, sizeof machine);
    return machine;
}

/* ------------------------------------------------------------------ patches */

static size_t put_number(uint8_t *at, uint64_t value)
{
    size_t size = 0;
    do {
        at[size++] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
        value >>= 7;
    } while (value);
    return size;
}

/* [module] and behind it a custom section with [content]. */
static wisp_bytes add_section(wisp_bytes module, wisp_bytes content)
{
    enum { HEAD_MAX = 32, NAME_SIZE = sizeof WISP_PATCH_SECTION - 1 };
    uint8_t head[HEAD_MAX] = {0};
    size_t head_size = 1 + put_number(head + 1, 1 + NAME_SIZE + content.size);
    head[head_size++] = NAME_SIZE;
    memcpy(head + head_size, WISP_PATCH_SECTION, NAME_SIZE);
    head_size += NAME_SIZE;
    size_t size = module.size + head_size + content.size;
    uint8_t *whole = wisp_alloc(allocator, size, 1);
    assert_non_null(whole);
    memcpy(whole, module.data, module.size);
    memcpy(whole + module.size, head, head_size);
    memcpy(whole + module.size + head_size, content.data, content.size);
    return (wisp_bytes){whole, size};
}

wisp_bytes world_patch(const world_recipe *recipe)
{
    parts p = {.files = {"fix.c"}, .lines = {{0, 0, 7}}};
    uint8_t *content;
    size_t size;
    wisp_error err = {0};
    wisp_patch_manifest manifest = {
        .title = "a test",
        .machine = machine(),
        .build_id = {build_id, sizeof build_id},
        .grant = recipe->grant,
        .functions = p.functions,
        .natives = p.natives,
        .globals = p.globals,
        .files = p.files,
        .lines = p.lines,
        .file_count = 1,
        .line_count = 1,
    };
    list_functions(recipe, &p, &manifest);
    list_natives(recipe, &p, &manifest);
    list_globals(recipe, &p, &manifest);
    if (recipe->spoil)
        recipe->spoil(&manifest);
    if (wisp_patch_manifest_write(&manifest, allocator, &content, &size, &err))
        fail_msg("%s", err.text);
    wisp_bytes patch = add_section(recipe->module, (wisp_bytes){content, size});
    wisp_free(allocator, content, size);
    return patch;
}

void world_discard(wisp_bytes patch)
{
    wisp_free(allocator, (void *)(uintptr_t)patch.data, patch.size);
}

/* ------------------------------------------------------------------ sleds */

/* Of all functions that were compiled with them: the linker collects where they are. */
extern uint8_t *const __start___patchable_function_entries[];
extern uint8_t *const __stop___patchable_function_entries[];

static bool is_of(const uint8_t *sled, const void *function)
{
    const uint8_t *entry = function;
    return sled == entry + sled_of(entry);
}

bool world_has_raw_sled(const void *function)
{
    const uint8_t *entry = function;
    return wisp_patch_sled_kind_of(entry + sled_of(entry)) == WISP_SLED_SEVERAL;
}

void world_merge_sleds(void)
{
    static const uint8_t one[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
    wisp_patch_text text;
    wisp_error err = {0};
    if (wisp_patch_text_open(wisp_os_self_linux(), WISP_PATCH_WRITE_BEST, &text, &err))
        fail_msg("%s", err.text);
    for (uint8_t *const *at = __start___patchable_function_entries;
         at < __stop___patchable_function_entries; at++)
        if (wisp_patch_sled_kind_of(*at) == WISP_SLED_SEVERAL && !is_of(*at, AT(spare)) &&
            wisp_patch_text_replace(&text, *at, one, sizeof one, &err))
            fail_msg("%s", err.text);
}

/* ------------------------------------------------------------------ patchers */

static wisp_patcher *leftover; /* by a test that failed */

wisp_patcher *world_open(const wisp_patcher_config *config)
{
    wisp_patcher *patcher = NULL;
    wisp_error err = {0};
    wisp_patcher_free(leftover);
    if (wisp_patcher_new(config, &patcher, &err))
        fail_msg("%s", err.text);
    return leftover = patcher;
}

void world_apply(wisp_patcher *patcher, wisp_bytes patch)
{
    wisp_error err = {0};
    if (wisp_patcher_apply(patcher, patch, &err))
        fail_msg("%s", err.text);
}

void world_apply_recipe(wisp_patcher *patcher, const world_recipe *recipe)
{
    wisp_bytes patch = world_patch(recipe);
    world_apply(patcher, patch);
    world_discard(patch);
}

void world_close(wisp_patcher *patcher)
{
    leftover = NULL;
    assert_int_equal(wisp_patcher_free(patcher), WISP_OK);
}

world_recipe world_faults(wisp_patch_grant grant)
{
    return (world_recipe){
        .module = FIX(faults),
        .grant = grant,
        .functions = {{"add", "(ii)i", AT(add)}},
        .natives = {{"original", "add", "(ii)i", NULL},
                    {"program", "first_order", "()p40", AT(first_order)}},
        .globals = {{"g_title", g_title, sizeof g_title},
                    {"hidden_function", &hidden_function, sizeof hidden_function}},
    };
}

world_recipe world_script(wisp_patch_grant grant)
{
    return (world_recipe){
        .module = FIX(script),
        .grant = grant,
        .functions = {{"add", "(ii)i", AT(add)}, {"order_total", "(p40d)d", AT(order_total)}},
        .natives = {{"original", "add", "(ii)i", NULL},
                    {"program", "length_of", "(p)i", AT(length_of)}},
    };
}

wisp_patch_stats world_stats(wisp_patcher *patcher, const char *name)
{
    wisp_patch_stats stats;
    for (uint32_t i = 0; wisp_patcher_stats(patcher, i, &stats); i++)
        if (strcmp(stats.function, name) == 0)
            return stats;
    fail_msg("'%s' is not patched", name);
    return stats;
}
