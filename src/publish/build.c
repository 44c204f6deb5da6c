#include "publish/build.h"

static wisp_json *give(wisp_json *parent, const char *key, wisp_json *child)
{
    return child && wisp_json_set(parent, key, child) ? child : NULL;
}

wisp_json *wisp_build_object(wisp_json *parent, const char *key)
{
    return parent ? give(parent, key, wisp_json_new_object()) : NULL;
}

wisp_json *wisp_build_array(wisp_json *parent, const char *key)
{
    return parent ? give(parent, key, wisp_json_new_array()) : NULL;
}
