#include "manage/manager.h"
#include "trust/json.h"
#include "wire.h"

#include <assert.h>
#include <string.h>

/* What any client may say to a manager: bytes in pieces, and when it hangs up. Whatever that is,
 * each answer is a packet with a JSON object, and nothing that was not accepted runs. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wire w;

static wisp_status accept(void *user, const wisp_manage_request *request, wisp_error *err)
{
    (void)user, (void)err;
    assert(strlen(request->name) > 0 && strlen(request->name) <= WISP_MANAGE_NAME_MAX);
    assert(strlen(request->sha256) == 64 && request->module.size > 0);
    return request->module.data[0] & 1 ? WISP_UNTRUSTED : WISP_OK;
}

static void expect_answers(wire_client *client)
{
    for (const char *text; (text = wire_answer(client));) {
        wisp_json *answer;
        const char *name;
        wisp_status status =
            wisp_json_parse((wisp_bytes){(const uint8_t *)text, strlen(text)}, &answer, NULL);
        assert(status == WISP_OK);
        status = wisp_json_string(answer, "status", &name, NULL);
        assert(status == WISP_OK);
        assert((strcmp(name, "ok") == 0) != wisp_json_has(answer, "error"));
        wisp_json_free(answer);
    }
    assert(client->answer_size == 0 || client->is_open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_host *host;
    wisp_manager *manager;
    if (size == 0 || size > 65536)
        return 0;
    wire_init(&w);
    wisp_status status = wisp_host_new(NULL, &host, NULL);
    assert(status == WISP_OK);
    wisp_manager_config config = {.host = host,
                                  .guest = {.fuel = 10000},
                                  .socket = "in-memory",
                                  .accept = accept,
                                  .guests_max = 4};
    status = wisp_manager_open_with(&config, &w.calls, &manager, NULL);
    assert(status == WISP_OK);
    wire_client *client = wire_connect(&w);
    client->chunk = data[0];
    wire_say(client, data + 1, size - 1);
    for (int i = 0; i < 64; i++) {
        wisp_manager_step(manager);
        expect_answers(client);
    }
    client->has_hung_up = true;
    for (int i = 0; i < 64 && client->is_open; i++)
        wisp_manager_step(manager);
    wisp_manager_close(manager);
    wisp_host_free(host);
    assert(w.open_descriptors == 0);
    return 0;
}
