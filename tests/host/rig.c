#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ memory and time */

static void *ledger_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    struct ledger *ledger = user;
    if (new_size > 0) {
        ledger->calls++;
        if (ledger->refuse_from > 0 && ledger->calls >= ledger->refuse_from &&
            ledger->calls <= ledger->refuse_to)
            return NULL;
    }
    if (ledger->bytes_max > 0 && ledger->live_bytes - old_size + new_size > ledger->bytes_max)
        return NULL;
    /* Always moved, so that a stale pointer is a use after free. */
    void *block = new_size > 0 ? malloc(new_size) : NULL;
    if (block && old)
        memcpy(block, old, old_size < new_size ? old_size : new_size);
    free(old);
    ledger->live_bytes += new_size;
    ledger->live_bytes -= old_size;
    ledger->live_blocks += new_size > 0;
    ledger->live_blocks -= old != NULL;
    return block;
}

void ledger_init(struct ledger *ledger)
{
    *ledger = (struct ledger){.allocator = {ledger_alloc, ledger}};
}

static uint64_t read_clock(void *user)
{
    struct rig *r = user;
    r->now_ns += r->tick_ns;
    return r->now_ns;
}

/* ------------------------------------------------------------------ handlers */

#define append(buffer, len, ...)                                                                 \
    do {                                                                                         \
        *(len) += (size_t)snprintf((buffer) + *(len), sizeof(buffer) - *(len), __VA_ARGS__);     \
        assert_true(*(len) < sizeof(buffer));                                                    \
    } while (0)

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    struct rig *r = user;
    assert_ptr_equal(guest, r->guest);
    if (channel == ECHO) {
        r->echo_size = bytes.size;
        append(r->heard, &r->heard_len, "echo %zu; ", bytes.size);
    } else {
        struct answer a;
        assert_int_equal(bytes.size, sizeof a);
        memcpy(&a, bytes.data, sizeof a);
        append(r->heard, &r->heard_len, "%sv%u #%u =%u; ",
               channel == TASK      ? "task "
               : channel == STOPPED ? "bye "
                                    : "",
               a.version, a.count, a.value);
    }
    if (r->in_handler)
        r->in_handler(r);
}

static void on_log(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                   size_t size)
{
    struct rig *r = user;
    assert_ptr_equal(guest, r->guest);
    append(r->logs, &r->logs_len, "%d %.*s; ", (int)level, (int)size, text);
}

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    struct rig *r = user;
    assert_ptr_equal(guest, r->guest);
    append(r->events, &r->events_len, "%s %u", wisp_guest_event_name(event->kind),
           event->version);
    if (event->from_version > 0)
        append(r->events, &r->events_len, "<%u", event->from_version);
    append(r->events, &r->events_len, "; ");
    snprintf(r->last_reason, sizeof r->last_reason, "%s", event->reason);
    r->last_trap = event->trap ? *event->trap : (wisp_trap){0};
    r->last_event = *event;
    r->last_event.reason = NULL;
    r->last_event.trap = NULL;
    if (r->in_event)
        r->in_event(r, event);
}

/* ------------------------------------------------------------------ modules */

static struct {
    char name[32];
    wisp_module *module;
} modules[32];

static wisp_module *read_module(const char *name)
{
    static uint8_t bytes[65536];
    const char *dir = getenv("WISP_TEST_GUESTS");
    assert_non_null(dir);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.wasm", dir, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 8, sizeof bytes - 1);
    wisp_module *module;
    wisp_error err;
    if (wisp_module_new(NULL, (wisp_bytes){bytes, size}, &module, &err) != WISP_OK)
        fail_msg("%s: %s", name, err.text);
    return module;
}

const wisp_module *rig_module(const char *name)
{
    size_t i = 0;
    while (modules[i].module && strcmp(modules[i].name, name) != 0)
        i++;
    assert_true(i + 1 < sizeof modules / sizeof *modules);
    if (!modules[i].module) {
        modules[i].module = read_module(name);
        snprintf(modules[i].name, sizeof modules[i].name, "%s", name);
    }
    return modules[i].module;
}

int rig_free_modules(void **state)
{
    (void)state;
    for (size_t i = 0; modules[i].module; i++) {
        wisp_module_free(modules[i].module);
        modules[i].module = NULL;
    }
    return 0;
}

/* ------------------------------------------------------------------ the rig */

void rig_init(struct rig *r, const wisp_guest_config *config)
{
    memset(r, 0, sizeof *r);
    ledger_init(&r->ledger);
    r->os = *wisp_os_posix();
    r->os.user = r;
    r->os.monotonic_ns = read_clock;
    r->now_ns = 1000000000;
    wisp_host_config host_config = {.allocator = &r->ledger.allocator, .os = &r->os};
    assert_int_equal(wisp_host_new(&host_config, &r->host, NULL), WISP_OK);

    wisp_guest_config full = config ? *config : (wisp_guest_config){0};
    full.fuel = full.fuel > 0 ? full.fuel : 100000;
    full.on_message = on_message;
    full.on_log = on_log;
    full.on_event = on_event;
    full.user = r;
    assert_int_equal(wisp_guest_new(r->host, &full, &r->guest, NULL), WISP_OK);
}

void rig_deinit(struct rig *r)
{
    wisp_host_free(r->host);
    assert_int_equal(r->ledger.live_blocks, 0);
    assert_int_equal(r->ledger.live_bytes, 0);
}

void rig_start(struct rig *r, const wisp_guest_config *config, const char *name)
{
    rig_init(r, config);
    wisp_error err;
    if (wisp_guest_start(r->guest, rig_module(name), &err) != WISP_OK)
        fail_msg("%s: %s", name, err.text);
    r->events_len = 0;
    r->events[0] = '\0';
}

void rig_send(struct rig *r, enum channel channel, uint32_t version, uint32_t a, uint32_t b)
{
    struct command c = {version, a, b};
    wisp_bytes bytes = {(const uint8_t *)&c, sizeof c};
    assert_int_equal(wisp_guest_send(r->guest, channel, bytes, NULL), WISP_OK);
}

void rig_step(struct rig *r)
{
    wisp_host_step(r->host, r->now_ns);
}

wisp_status rig_deliver(struct rig *r, enum channel channel, uint32_t version, uint32_t a,
                        uint32_t b)
{
    struct command c = {version, a, b};
    wisp_error err;
    return wisp_guest_deliver(r->guest, channel, (wisp_bytes){(const uint8_t *)&c, sizeof c},
                              &err);
}

void rig_swap(struct rig *r, const char *name, wisp_status expected)
{
    wisp_error err = {.text = ""};
    wisp_status status = wisp_guest_swap(r->guest, rig_module(name), &err);
    if (status != expected)
        fail_msg("swap for %s: %s (%s), expected %s", name, wisp_status_name(status), err.text,
                 wisp_status_name(expected));
}

wisp_guest_status rig_status(const struct rig *r)
{
    wisp_guest_status status;
    wisp_guest_status_get(r->guest, &status);
    return status;
}
