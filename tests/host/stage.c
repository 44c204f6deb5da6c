#include "stage.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define append(s, ...)                                                                           \
    do {                                                                                         \
        (s)->heard_len += (size_t)snprintf((s)->heard + (s)->heard_len,                          \
                                           sizeof(s)->heard - (s)->heard_len, __VA_ARGS__);      \
        assert_true((s)->heard_len < sizeof(s)->heard);                                          \
    } while (0)

static uint64_t read_clock(void *user)
{
    return ((struct stage *)user)->now_ns;
}

static int fill_random(void *user, void *into, size_t size)
{
    if (((struct stage *)user)->random_fails)
        return -5;
    memset(into, 4, size); /* chosen by fair dice roll */
    return 0;
}

static void on_log(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                   size_t size)
{
    (void)level;
    struct stage *s = user;
    append(s, "%u:%.*s ", wisp_guest_id(guest), (int)size, text);
}

static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    struct stage *s = user;
    assert_ptr_equal(host, s->host);
    s->request = event->request ? event->request : s->request;
    s->event_data = event->data;
    s->event_region = event->region;
    if (event->size == 0)
        append(s, "p:e%x=%llu<%u%s ", (unsigned)event->type, (unsigned long long)event->number,
               event->sender, event->request ? "?" : "");
    else
        append(s, "p:e%x[%zu]<%u%s ", (unsigned)event->type, event->size, event->sender,
               event->request ? "?" : "");
}

static void on_done(void *user, uint32_t type, const void *data)
{
    struct stage *s = user;
    s->done_calls++;
    s->done_data = data;
    append(s, "done %x ", (unsigned)type);
}

void stage_init(struct stage *s, const wisp_host_config *host_config)
{
    memset(s, 0, sizeof *s);
    ledger_init(&s->ledger);
    s->os = *wisp_os_posix();
    s->os.user = s;
    s->os.monotonic_ns = read_clock;
    s->os.random = fill_random;
    s->now_ns = 1000000000;
    wisp_host_config config = host_config ? *host_config : (wisp_host_config){0};
    config.allocator = &s->ledger.allocator;
    config.os = &s->os;
    config.on_post = on_post;
    config.user = s;
    assert_int_equal(wisp_host_new(&config, &s->host, NULL), WISP_OK);
}

void stage_deinit(struct stage *s)
{
    wisp_host_free(s->host);
    assert_int_equal(s->ledger.live_blocks, 0);
    assert_int_equal(s->ledger.live_bytes, 0);
}

wisp_guest *stage_add_empty(struct stage *s, const wisp_guest_config *config)
{
    wisp_guest_config full = config ? *config : (wisp_guest_config){0};
    full.fuel = full.fuel > 0 ? full.fuel : 10000000;
    full.app_id = 101 + s->guest_len;
    full.on_log = on_log;
    full.user = s;
    wisp_guest **guest = &s->guests[s->guest_len++];
    assert_int_equal(wisp_guest_new(s->host, &full, guest, NULL), WISP_OK);
    return *guest;
}

wisp_guest *stage_add(struct stage *s, const wisp_guest_config *config, const char *name)
{
    wisp_guest *guest = stage_add_empty(s, config);
    wisp_error err;
    if (wisp_guest_start(guest, rig_module(name), &err) != WISP_OK)
        fail_msg("%s: %s", name, err.text);
    return guest;
}

wisp_status stage_act(struct stage *s, wisp_guest *guest, enum act_kind kind, struct act act)
{
    (void)s;
    return wisp_guest_deliver(guest, kind, (wisp_bytes){(const uint8_t *)&act, sizeof act}, NULL);
}

void stage_step(struct stage *s)
{
    wisp_host_step(s->host, s->now_ns);
}

void stage_settle(struct stage *s)
{
    for (int i = 0; i < 1000 && wisp_host_next_ns(s->host) == 0; i++)
        stage_step(s);
    assert_true(wisp_host_next_ns(s->host) > 0);
}

wisp_status stage_post(struct stage *s, wisp_post post)
{
    post.done = on_done;
    post.user = s;
    return wisp_host_post(s->host, &post, NULL);
}

void stage_forget(struct stage *s)
{
    s->heard[0] = '\0';
    s->heard_len = 0;
}

void stage_expect_sized(struct stage *s, const char *text, size_t size)
{
    char whole[1024];
    size_t len = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '#')
            len += (size_t)snprintf(whole + len, sizeof whole - len, "%zu", size);
        else
            whole[len++] = *at;
        assert_true(len < sizeof whole);
    }
    whole[len] = '\0';
    stage_expect(s, whole);
}

wisp_guest_status stage_status(const wisp_guest *guest)
{
    wisp_guest_status status;
    wisp_guest_status_get(guest, &status);
    return status;
}

int stage_count_mapped(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int count = 0;
    while (maps && fgets(line, sizeof line, maps))
        count += strstr(line, "/memfd:wisp") != NULL;
    if (maps)
        fclose(maps);
    return count;
}

void stage_refuse_files(bool is_refused)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = is_refused ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
