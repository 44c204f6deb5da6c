/*
 * A small peer-to-peer downloader whose scheduler is replaced while it downloads.
 *
 * The program moves the bytes (swarm.c, simulated). Which chunk to ask which peer for is
 * decided by a WebAssembly module: the one embedded below, or a newer one that the updater
 * found, verified and staged. See README.md in this folder.
 */

#include <wisp/wisp.h>

#include "protocol.h"
#include "settings.h"
#include "swarm.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The default module, made from modules/naive.c by the build. */
extern const unsigned char scheduler_default[];
extern const size_t scheduler_default_size;

struct program {
    struct swarm swarm;
    wisp_live *live;
    bool announce; /* the module must be told again what it cannot know */
    char last_check[WISP_ERROR_TEXT_MAX + 16]; /* what was said last, not to say it again */
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

/* ------------------------------------------------------------------ what the module says */

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    struct program *program = user;
    struct chunk_request request;
    (void)guest;
    if (channel == CHANNEL_REQUEST && bytes.size == sizeof request) {
        memcpy(&request, bytes.data, sizeof request);
        swarm_request(&program->swarm, &request);
    }
}

static void on_log(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                   size_t size)
{
    (void)user;
    (void)guest;
    (void)level;
    printf("         module says: %.*s\n", (int)size, text);
}

/* ------------------------------------------------------------------ what happens to it */

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    struct program *program = user;
    (void)guest;
    printf("event    %s v%" PRIu32, wisp_guest_event_name(event->kind), event->version);
    if (event->kind == WISP_GUEST_SWAPPED)
        printf(" from v%" PRIu32 " with %" PRIu64 " bytes of state, pause %" PRIu64 " us",
               event->from_version, event->state_size, event->pause_ns / 1000);
    if (event->kind == WISP_GUEST_REVERTED)
        printf(" to v%" PRIu32 ", pause %" PRIu64 " us", event->from_version,
               event->pause_ns / 1000);
    printf("%s%s\n", event->reason[0] ? ": " : "", event->reason);

    /* A swap carries what the module knows; a fresh start, or a step back, does not. */
    program->announce |= event->kind == WISP_GUEST_STARTED ||
                         event->kind == WISP_GUEST_RESTARTED ||
                         event->kind == WISP_GUEST_REVERTED;
}

static void on_check(void *user, const wisp_update_result *result)
{
    struct program *program = user;
    char line[WISP_ERROR_TEXT_MAX + 16];
    snprintf(line, sizeof line, "%s%s%s", wisp_update_outcome_name(result->outcome),
             result->reason[0] ? ": " : "", result->reason);
    if (strcmp(line, program->last_check) != 0)
        printf("update   %s\n", line);
    memcpy(program->last_check, line, sizeof line);
}

/* ------------------------------------------------------------------ what it is told */

static void tell(struct program *program, uint32_t channel, const void *data, size_t size)
{
    wisp_error err;
    wisp_bytes bytes = {data, size};
    if (wisp_guest_deliver(wisp_live_guest(program->live), channel, bytes, &err))
        printf("event    the module took no message on channel %" PRIu32 ": %s\n", channel,
               err.text);
}

static void announce(struct program *program)
{
    const struct swarm *swarm = &program->swarm;
    program->announce = false;
    struct file_begins file = {swarm->file};
    tell(program, CHANNEL_FILE, &file, sizeof file);
    for (uint32_t i = 0; i < swarm->peer_count; i++) {
        struct peer_joined joined = {.peer = i};
        memcpy(joined.has, swarm->peers[i].has, sizeof joined.has);
        tell(program, CHANNEL_PEER, &joined, sizeof joined);
    }
    for (uint32_t chunk = 0; chunk < CHUNKS; chunk++) {
        struct chunk_done done = {.chunk = chunk};
        if (swarm->done[chunk])
            tell(program, CHANNEL_DONE, &done, sizeof done);
    }
}

static void tick(struct program *program, uint32_t number)
{
    struct chunk_done done[PEERS_MAX];
    if (program->announce)
        announce(program);
    uint32_t count = swarm_tick(&program->swarm, done);
    for (uint32_t i = 0; i < count; i++)
        tell(program, CHANNEL_DONE, &done[i], sizeof done[i]);
    if (swarm_next_file(&program->swarm)) {
        struct file_begins file = {program->swarm.file};
        tell(program, CHANNEL_FILE, &file, sizeof file);
    }
    struct tick now = {number};
    tell(program, CHANNEL_TICK, &now, sizeof now);
    wisp_live_step(program->live);
}

/* ------------------------------------------------------------------ the program */

static void report(const struct program *program, uint32_t number, double mib_per_s)
{
    wisp_guest_status guest;
    wisp_guest_status_get(wisp_live_guest(program->live), &guest);
    const wisp_image *image = wisp_live_image(program->live);
    static const char *const source[] = {"embedded", "last good", "on trial"};
    printf("tick %5" PRIu32 "  v%" PRIu32 " %-9s  %6.1f MiB/s  file %" PRIu32 "  %3" PRIu32
           " %%\n",
           number, guest.version, source[image->source], mib_per_s, program->swarm.file,
           program->swarm.done_count * 100 / CHUNKS);
}

static void sleep_ms(uint32_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

static void run(struct program *program, const struct settings *settings)
{
    const uint32_t window = 50; /* ticks between two lines */
    uint64_t bytes = 0;
    for (uint32_t number = 1; !stopping; number++) {
        tick(program, number);
        if (number % window == 0) {
            double seconds = window * settings->tick_ms / 1000.0;
            double mib = (double)(program->swarm.bytes - bytes) / (1024 * 1024);
            report(program, number, mib / seconds);
            bytes = program->swarm.bytes;
        }
        sleep_ms(settings->tick_ms);
    }
}

/* The whole of [path] in a buffer that stays; empty where there is no such file. */
static wisp_bytes read_file(const char *path)
{
    static unsigned char buffer[512 * 1024];
    FILE *file = fopen(path, "rb");
    if (!file)
        return (wisp_bytes){0};
    size_t size = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    return (wisp_bytes){buffer, size};
}

static bool open_live(struct program *program, const struct settings *settings, wisp_net *net)
{
    wisp_error err;
    wisp_live_config config = {
        .update = {.net = net,
                   .dir = settings->state,
                   .url = settings->url,
                   .events_url = settings->events[0] ? settings->events : NULL,
                   .target = settings->target,
                   .root = read_file(settings->root),
                   .base = {scheduler_default, scheduler_default_size},
                   .base_version = 1},
        .guest = {.name = "scheduler",
                  .fuel = 200000,
                  .on_message = on_message,
                  .on_log = on_log,
                  .on_event = on_event,
                  .user = program},
        .on_check = on_check,
    };
    if (wisp_live_open(&config, &program->live, &err)) {
        fprintf(stderr, "scheduler: %s\n", err.text);
        return false;
    }
    wisp_live_policy policy = {.interval_ms = settings->check_ms};
    if (net && wisp_live_watch(program->live, &policy, &err))
        printf("update   off: %s\n", err.text);
    if (wisp_live_trouble(program->live)[0])
        printf("update   trouble: %s\n", wisp_live_trouble(program->live));
    return true;
}

/* NULL without a URL, and after saying so where there can be none. */
static wisp_net *open_net(const struct settings *settings)
{
    wisp_error err;
    wisp_net *net = NULL;
    if (!settings->url[0])
        return NULL;
    if (settings->bundle[0] ? wisp_net_bundle_new(settings->bundle, settings->url, &net, &err)
                            : wisp_net_curl_new(NULL, &net, &err))
        printf("update   off: %s\n", err.text);
    return net;
}

static void close_net(const struct settings *settings, wisp_net *net)
{
    if (settings->bundle[0])
        wisp_net_bundle_free(net);
    else
        wisp_net_curl_free(net);
}

int main(int argc, char **argv)
{
    static struct program program;
    struct settings settings;
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: scheduler CONFIG\n");
        return 2;
    }
    if (!settings_read(&settings, argv[1]))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    swarm_init(&program.swarm, settings.peers);

    wisp_net *net = open_net(&settings);
    bool opened = open_live(&program, &settings, net);
    if (opened)
        run(&program, &settings);
    wisp_live_close(program.live);
    close_net(&settings, net);
    return opened ? 0 : 1;
}
