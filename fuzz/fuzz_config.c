#include "publish/config.h"

#include <assert.h>
#include <string.h>

/*
 * wisp.json. What is read holds to its limits, and comes back from its own text the same.
 */

static void check_policy(const wisp_role_policy *policy)
{
    assert(policy->key_len >= 1 && policy->key_len <= WISP_ROLE_KEYS_MAX);
    assert(policy->threshold >= 1 && policy->threshold <= policy->key_len);
    assert(policy->expires_days >= 1 && policy->expires_days <= WISP_EXPIRES_DAYS_MAX);
    for (size_t i = 0; i < policy->key_len; i++)
        assert(policy->keys[i][0] != '\0');
}

static void check_limits(const wisp_config *config)
{
    assert(wisp_target_name_check(config->target, NULL) == WISP_OK);
    assert(config->repository[0] != '\0');
    assert(config->deltas <= WISP_DELTAS_MAX && strlen(config->url) <= WISP_URL_SIZE_MAX);
    for (int i = 0; i < WISP_ROLE_LEN; i++)
        check_policy(&config->roles[i]);
    assert(config->channel_len >= 1 && config->channel_len <= WISP_CHANNELS_MAX);
    for (size_t i = 0; i < config->channel_len; i++) {
        assert(wisp_channel_name_check(config->channels[i].name, NULL) == WISP_OK);
        check_policy(&config->channels[i].policy);
    }
}

static void check_again(wisp_arena *arena, const wisp_config *config)
{
    size_t size, again_size;
    wisp_config again;
    char *text = wisp_config_print(config, &size);
    assert(text);
    wisp_status status =
        wisp_config_parse(arena, (wisp_bytes){(const uint8_t *)text, size}, &again, NULL);
    assert(status == WISP_OK);
    char *again_text = wisp_config_print(&again, &again_size);
    assert(again_text && again_size == size && memcmp(text, again_text, size) == 0);
    wisp_json_text_free(again_text);
    wisp_json_text_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_arena arena;
    wisp_config config;
    wisp_error err = {0};
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    if (wisp_config_parse(&arena, (wisp_bytes){data, size}, &config, &err) == WISP_OK) {
        check_limits(&config);
        check_again(&arena, &config);
    } else {
        assert(err.status != WISP_OK && err.text[0] != '\0');
    }
    wisp_arena_deinit(&arena);
    return 0;
}
