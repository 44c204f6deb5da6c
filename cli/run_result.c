#include "run_result.h"

#include "out.h"
#include "value_text.h"

static int print_results_json(const wisp_value *list, size_t len, const uint64_t *fuel_used)
{
    wisp_json *object = wisp_json_new_object();
    wisp_json *results = wisp_json_new_array();
    bool made =
        wisp_json_set(object, "results", results) && wisp_json_set_bool(object, "trapped", false);
    if (made && fuel_used)
        made = wisp_json_set_number(object, "fuel_used", *fuel_used);
    for (size_t i = 0; i < len && made; i++) {
        const wisp_value *value = &list[i];
        char text[VALUE_TEXT_SIZE];
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(results, entry) &&
               wisp_json_set_string(entry, "type", wisp_valtype_name(value->type)) &&
               wisp_json_set_string(entry, "value", value_print(value, text));
    }
    if (!made) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

int print_results(const wisp_value *results, size_t len, const uint64_t *fuel_used, bool json)
{
    if (json)
        return print_results_json(results, len, fuel_used);
    for (size_t i = 0; i < len; i++) {
        char text[VALUE_TEXT_SIZE];
        puts(value_print(&results[i], text));
    }
    return EXIT_OK;
}
