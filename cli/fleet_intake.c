#include "fleet_intake.h"

#include <wisp/os.h>

#include <stdio.h>
#include <string.h>

#define NS_PER_POST (UINT64_C(1000000000) / FLEET_POSTS_PER_S)

/* FNV-1a. */
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

static fleet_peer *find_peer(fleet_intake *intake, const char *name, uint64_t now_ns)
{
    fleet_peer *peer = &intake->peers[hash_of(name) % FLEET_PEERS_MAX];
    if (strcmp(peer->name, name) != 0) {
        *peer = (fleet_peer){.since_ns = now_ns, .posts = FLEET_POSTS_BURST};
        snprintf(peer->name, sizeof peer->name, "%s", name);
    }
    return peer;
}

bool fleet_intake_admit(fleet_intake *intake, const char *name, uint64_t now_ns)
{
    fleet_peer *peer = find_peer(intake, name, now_ns);
    uint64_t more = (now_ns - peer->since_ns) / NS_PER_POST;
    uint64_t posts = peer->posts + more;
    peer->since_ns += more * NS_PER_POST;
    peer->posts = (uint32_t)(posts < FLEET_POSTS_BURST ? posts : FLEET_POSTS_BURST);
    if (peer->posts == 0)
        return false;
    peer->posts--;
    return true;
}

/* A database that cannot store is said once, not for every device. */
static unsigned put_off(fleet_intake *intake, const wisp_error *err, unsigned *retry_after_s)
{
    if (!intake->is_failing)
        fprintf(stderr, "wisp: events are not stored: %s\n", err->text);
    intake->is_failing = true;
    *retry_after_s = FLEET_RETRY_S;
    return 503;
}

unsigned fleet_intake_take(fleet_intake *intake, const char *peer, wisp_bytes text,
                           unsigned *retry_after_s)
{
    const wisp_os *os = wisp_os_posix();
    fleet_body body;
    wisp_error err;
    size_t new_len;
    if (!fleet_intake_admit(intake, peer, os->monotonic_ns(os->user))) {
        *retry_after_s = 1;
        return 429;
    }
    wisp_status status = fleet_body_parse(text, &body, &err);
    if (status == WISP_NO_MEMORY)
        return put_off(intake, &err, retry_after_s);
    if (status != WISP_OK)
        return status == WISP_LIMIT ? 413 : 400;
    status = fleet_db_store(intake->db, &body, os->wall_time_s(os->user), &new_len, &err);
    fleet_body_free(&body);
    if (status != WISP_OK)
        return put_off(intake, &err, retry_after_s);
    intake->is_failing = false;
    return 204;
}
