#include <stdio.h>
#include <wisp/wisp.h>

extern const unsigned char greeter[], root_json[]; /* embedded by the build */
extern const size_t greeter_size, root_json_size;

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes said)
{
    (void)user, (void)guest, (void)channel;
    printf("the module says: %.*s\n", (int)said.size, (const char *)said.data);
}

int main(void)
{
    wisp_error err = {0};
    wisp_live *live = NULL;
    wisp_net *net = NULL;
    wisp_net_curl_new(NULL, &net, &err);
    wisp_live_config config = {
        .update = {.dir = "embed-state",
                   .net = net,
                   .url = "http://127.0.0.1:8000",
                   .target = "greeter.wasm",
                   .root = {root_json, root_json_size},
                   .base = {greeter, greeter_size},
                   .base_version = 1},
        .guest = {.on_message = on_message},
    };
    if (wisp_live_open(&config, &live, &err))
        return fprintf(stderr, "%s\n", err.text), 1;
    wisp_live_policy policy = {.interval_ms = 60 * 1000};
    wisp_live_watch(live, &policy, &err); /* looks for updates once a minute, on a thread */
    for (int i = 0; i < 3; i++) {         /* your program's loop */
        wisp_guest_send(wisp_live_guest(live), 1, (wisp_bytes){(const uint8_t *)"world", 5},
                        &err);
        wisp_live_step(live); /* delivers; and between two deliveries, swaps */
    }
    wisp_live_close(live);
    wisp_net_curl_free(net);
}
