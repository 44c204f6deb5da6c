/*
 * A sensor hub: a host whose modules, one of them native, measure, filter and give the alarm.
 * They talk to each other by topics; the program only listens, and lets `wisp host` change them.
 * See README.md.
 */
#include <wisp/event.h>
#include <wisp/manage.h>
#include <wisp/native.h>

#include "protocol.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The first modules, made by the build. */
extern const unsigned char hub_filter[], hub_alarm[];
extern const size_t hub_filter_size, hub_alarm_size;
extern const wisp_native thermometer_module; /* compiled into the program */

struct hub {
    wisp_host *host;
    wisp_manager *manager;
    uint32_t smooth, alarm; /* the topics that the program listens to */
    const char *accepted;   /* a file with the SHA-256 of modules, as of sha256sum */
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

/* ------------------------------------------------------------------ what modules say */

static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    const struct hub *hub = user;
    const struct sample *sample = event->data;
    const struct alarm *alarm = event->data;
    (void)host;
    if (event->type == hub->alarm && event->size == sizeof *alarm)
        printf("alarm    %s at %d, sample %u\n", alarm->is_on ? "on" : "off",
               (int)alarm->cause.millidegrees, (unsigned)alarm->cause.number);
    if (event->type == hub->smooth && event->size == sizeof *sample && sample->number % 10 == 0)
        printf("sample   %u: %d\n", (unsigned)sample->number, (int)sample->millidegrees);
}

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    (void)user;
    printf("event    %s %s v%u %s\n", wisp_guest_name(guest), wisp_guest_event_name(event->kind),
           (unsigned)event->version, event->reason);
}

/* ------------------------------------------------------------------ what may run */

/* A module from outside runs if its hash is on the list. */
static wisp_status is_accepted(void *user, const wisp_manage_request *request, wisp_error *err)
{
    char line[256];
    bool found = false;
    FILE *list = fopen(((const struct hub *)user)->accepted, "r");
    while (list && !found && fgets(line, sizeof line, list))
        found = strncmp(line, request->sha256, strlen(request->sha256)) == 0;
    if (list)
        fclose(list);
    if (!found)
        snprintf(err->text, sizeof err->text, "%.12s… is not on the list", request->sha256);
    return found ? WISP_OK : WISP_UNTRUSTED;
}

/* ------------------------------------------------------------------ the program */

static wisp_status listen_to(struct hub *hub, const char *topic, uint32_t *type, wisp_error *err)
{
    wisp_status status = wisp_host_topic(hub->host, topic, type, err);
    return status ? status : wisp_host_subscribe(hub->host, *type, 0, err);
}

static wisp_status open_hub(struct hub *hub, const char *socket, wisp_error *err)
{
    wisp_host_config host = {.on_post = on_post, .user = hub};
    wisp_status status = wisp_host_new(&host, &hub->host, err);
    wisp_manager_config config = {.host = hub->host,
                                  .guest = {.on_event = on_event, .fuel = 100000},
                                  .socket = socket,
                                  .accept = is_accepted,
                                  .user = hub};
    if (!status)
        status = wisp_manager_open(&config, &hub->manager, err);
    if (!status)
        status = listen_to(hub, TOPIC_SMOOTH, &hub->smooth, err);
    return status ? status : listen_to(hub, TOPIC_ALARM, &hub->alarm, err);
}

static wisp_status install_all(struct hub *hub, wisp_error *err)
{
    wisp_bytes filter = {hub_filter, hub_filter_size}, alarm = {hub_alarm, hub_alarm_size};
    wisp_status status = wisp_manager_install(hub->manager, "alarm", 0, alarm, NULL, err);
    if (!status)
        status = wisp_manager_install(hub->manager, "filter", 0, filter, NULL, err);
    if (!status)
        status = wisp_manager_install_native(hub->manager, "thermometer", THERMOMETER,
                                             &thermometer_module, NULL, err);
    return status;
}

/* Sleeps until a timer is due or somebody comes over the socket. */
static void run(struct hub *hub)
{
    const wisp_os *os = wisp_os_posix();
    while (!stopping) {
        uint64_t now_ns = os->monotonic_ns(os->user), next_ns = wisp_host_next_ns(hub->host);
        uint64_t left_ms = next_ns > now_ns ? (next_ns - now_ns + 999999) / 1000000 : 0;
        struct pollfd ready = {.fd = wisp_manager_fd(hub->manager), .events = POLLIN};
        poll(&ready, 1, left_ms < 1000 ? (int)left_ms : 1000);
        wisp_manager_step(hub->manager);
        wisp_host_step(hub->host, os->monotonic_ns(os->user));
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: sensorhub SOCKET ACCEPTED\n"), 2;
    struct hub hub = {.accepted = argv[2]};
    wisp_error err;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    wisp_status status = open_hub(&hub, argv[1], &err);
    if (!status)
        status = install_all(&hub, &err);
    if (status)
        fprintf(stderr, "sensorhub: %s\n", err.text);
    else
        run(&hub);
    wisp_manager_close(hub.manager);
    wisp_host_free(hub.host);
    return status ? 1 : 0;
}
