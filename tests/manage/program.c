#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t read_clock(void *user)
{
    return ((program *)user)->now_ns;
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    struct answer answer;
    (void)guest, (void)channel;
    assert_int_equal(bytes.size, sizeof answer);
    memcpy(&answer, bytes.data, sizeof answer);
    ((program *)user)->heard_version = answer.version;
}

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    program *p = user;
    (void)guest;
    size_t len = strlen(p->events);
    snprintf(p->events + len, sizeof p->events - len, "%s ", wisp_guest_event_name(event->kind));
}

static wisp_status accept(void *user, const wisp_manage_request *request, wisp_error *err)
{
    program *p = user;
    p->asked++;
    p->asked_action = request->action;
    p->asked_app_id = request->app_id;
    snprintf(p->asked_name, sizeof p->asked_name, "%s", request->name);
    snprintf(p->asked_sha256, sizeof p->asked_sha256, "%s", request->sha256);
    if (p->verdict_text)
        snprintf(err->text, sizeof err->text, "%s", p->verdict_text);
    return p->verdict;
}

void program_prepare(program *p)
{
    memset(p, 0, sizeof *p);
    p->allocator = ration_allocator(&p->memory);
    p->os = *wisp_os_posix();
    p->os.user = p;
    p->os.monotonic_ns = read_clock;
    p->now_ns = 1000000000;
    wire_init(&p->wire);
    wisp_host_config host = {.allocator = &p->allocator, .os = &p->os};
    assert_int_equal(wisp_host_new(&host, &p->host, NULL), WISP_OK);
}

wisp_status program_open(program *p, const wisp_manager_config *config, wisp_error *err)
{
    wisp_manager_config full = config ? *config : (wisp_manager_config){.accept = accept};
    full.host = p->host;
    full.allocator = &p->allocator;
    full.os = &p->os;
    full.guest.fuel = full.guest.fuel ? full.guest.fuel : 100000;
    full.guest.on_message = on_message;
    full.guest.on_event = on_event;
    full.guest.user = p;
    full.socket = "in-memory";
    full.user = p;
    return wisp_manager_open_with(&full, &p->wire.calls, &p->manager, err);
}

void program_init(program *p, const wisp_manager_config *config)
{
    program_prepare(p);
    assert_int_equal(program_open(p, config, NULL), WISP_OK);
}

void program_deinit(program *p)
{
    wisp_manager_close(p->manager);
    wisp_host_free(p->host);
    assert_int_equal(p->memory.live, 0);
    assert_int_equal(p->memory.live_bytes, 0);
    assert_int_equal(p->wire.open_descriptors, 0);
    assert_false(p->wire.has_name);
}

wisp_bytes program_module(const char *name)
{
    static struct {
        char name[32];
        uint8_t bytes[32768];
        size_t size;
    } modules[8];
    size_t i = 0;
    while (modules[i].size && strcmp(modules[i].name, name) != 0)
        i++;
    assert_true(i < sizeof modules / sizeof *modules - 1);
    if (modules[i].size == 0) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.wasm", getenv("WISP_TEST_GUESTS"), name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        modules[i].size = fread(modules[i].bytes, 1, sizeof modules[i].bytes, file);
        fclose(file);
        assert_in_range(modules[i].size, 8, sizeof modules[i].bytes - 1);
        snprintf(modules[i].name, sizeof modules[i].name, "%s", name);
    }
    return (wisp_bytes){modules[i].bytes, modules[i].size};
}

void program_install(program *p, const char *name, wisp_status expected)
{
    wisp_error err = {.text = ""};
    wisp_status status =
        wisp_manager_install(p->manager, "a", 0, program_module(name), NULL, &err);
    if (status != expected)
        fail_msg("%s: %s: %s", name, wisp_status_name(status), err.text);
}

void program_swap(program *p, const char *name, wisp_status expected)
{
    wisp_error err = {.text = ""};
    wisp_status status = wisp_manager_swap(p->manager, "a", program_module(name), &err);
    if (status != expected)
        fail_msg("%s: %s: %s", name, wisp_status_name(status), err.text);
}

wisp_status program_deliver(program *p, enum channel channel)
{
    struct command command = {0};
    return wisp_guest_deliver(wisp_manager_guest(p->manager, "a"), channel,
                              (wisp_bytes){(const uint8_t *)&command, sizeof command}, NULL);
}

void program_step(program *p, int times)
{
    for (int i = 0; i < times; i++)
        wisp_manager_step(p->manager);
}

const char *program_ask(program *p, wire_client *client, const char *json, wisp_bytes module)
{
    wire_order(client, json, module);
    program_step(p, 2);
    const char *answer = wire_answer(client);
    if (!answer)
        fail_msg("no answer to %s", json);
    return answer;
}
