#include "publisher.h"

#include "update/entry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY         86400
#define EVER        "9999-01-01T00:00:00Z"
#define HISTORY_LEN 96 /* sets whose files are still on the server */
#define GOING_BACK  48 /* how many of them may be released again: all last longer than offers */
#define CUSTOM_SIZE 8192
#define DATE_SIZE   32

source present, past;
int64_t world_time;

/* --- chance ------------------------------------------------------------------------------ */

static uint64_t chance_state;

void chance_begin(uint64_t seed)
{
    chance_state = seed;
}

uint32_t chance(uint32_t below)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (uint32_t)(chance_state >> 33) % below;
}

bool one_in(uint32_t n)
{
    return chance(n) == 0;
}

/* --- content ----------------------------------------------------------------------------- */

wisp_bytes content_of(uint32_t id, char buffer[CONTENT_SIZE])
{
    if (id == 0)
        return (wisp_bytes){(const uint8_t *)DEVICE_BASE, strlen(DEVICE_BASE)};
    size_t size = 40 + id * 7919u % 1900;
    memset(buffer, 'x', size);
    int len = snprintf(buffer, 40, "module %u", (unsigned)id);
    buffer[len] = ' ';
    return (wisp_bytes){(const uint8_t *)buffer, size};
}

/* Two of three work. */
nature nature_of(wisp_bytes content)
{
    static const char prefix[] = "module ";
    enum { LENGTH = sizeof prefix - 1 };
    char text[40] = "";
    memcpy(text, content.data, content.size < 39 ? content.size : 39);
    if (strncmp(text, prefix, LENGTH) != 0)
        return WORKS;
    uint32_t id = (uint32_t)strtoul(text + LENGTH, NULL, 10);
    uint32_t lot = id * 2654435761u >> 16;
    return lot % 3 ? WORKS : (nature)(FAILS + lot / 3 % 3);
}

static const char *const names[] = {PUBLISHER_TARGET, "rules.wasm"};

static void add_module(module_set *set, uint32_t id)
{
    char buffer[CONTENT_SIZE];
    assert_true(wisp_sha256(content_of(id, buffer), &set->modules[set->len]));
    set->ids[set->len++] = id;
}

static void complete(module_set *set)
{
    char buffer[CONTENT_SIZE];
    wisp_update_module modules[2] = {0};
    for (uint32_t i = 0; i < set->len; i++) {
        strcpy(modules[i].name, names[i]);
        modules[i].hash = set->modules[i];
    }
    assert_true(wisp_set_hash(modules, set->len, &set->hash));
    set->nature = nature_of(content_of(set->ids[0], buffer));
}

/* --- sets that there were ---------------------------------------------------------------- */

static module_set history[HISTORY_LEN]; /* the newest at (made - 1) % HISTORY_LEN */
static uint32_t made, next_id;

static module_set *made_before(uint32_t age)
{
    return &history[(made - 1 - age) % HISTORY_LEN];
}

static bool is_in_history(const wisp_hash *module)
{
    for (uint32_t i = 0; i < HISTORY_LEN && i < made; i++)
        for (uint32_t k = 0; k < history[i].len; k++)
            if (memcmp(&history[i].modules[k], module, sizeof *module) == 0)
                return true;
    return false;
}

static void remove_if_there(const char *path)
{
    if (repo_find(&present.repo, path))
        repo_remove(&present.repo, path);
}

/* Takes files from the server that nothing names any more. */
static void forget(const module_set *set)
{
    char hash[WISP_HASH_TEXT_SIZE], path[160];
    for (uint32_t i = 0; i < set->len; i++) {
        if (is_in_history(&set->modules[i]))
            continue;
        wisp_hash_print(&set->modules[i], hash);
        snprintf(path, sizeof path, "targets/%s.%s", hash, names[i]);
        remove_if_there(path);
    }
}

static void remember(const module_set *set)
{
    char buffer[CONTENT_SIZE];
    module_set *place = &history[made % HISTORY_LEN], before = *place;
    *place = *set;
    made++;
    forget(&before);
    for (uint32_t i = 0; i < set->len; i++)
        repo_put_content(&present.repo, content_of(set->ids[i], buffer), names[i]);
}

/* Half of the sets have a second module, which may be that of an earlier one. */
static module_set make_set(void)
{
    module_set set = {0};
    add_module(&set, next_id++);
    if (one_in(2)) {
        const module_set *other = made_before(chance(made < 8 ? made : 8));
        add_module(&set, other->len > 1 ? other->ids[1] : next_id++);
    }
    complete(&set);
    remember(&set);
    return set;
}

static module_set choose_set(void)
{
    if (one_in(4))
        return *made_before(chance(made < GOING_BACK ? made : GOING_BACK));
    if (!one_in(20))
        return make_set();
    module_set embedded = {0};
    add_module(&embedded, 0);
    complete(&embedded);
    return embedded;
}

/* --- signing ----------------------------------------------------------------------------- */

static void print_date(int64_t when, char text[DATE_SIZE])
{
    struct tm parts;
    time_t seconds = (time_t)when;
    strftime(text, DATE_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
}

static void say_modules(FILE *out, const module_set *set)
{
    char buffer[CONTENT_SIZE], hash[WISP_HASH_TEXT_SIZE];
    fputs(",'modules':[", out);
    for (uint32_t i = 0; i < set->len; i++) {
        wisp_hash_print(&set->modules[i], hash);
        fprintf(out, "%s{'name':'%s','length':%u,'sha256':'%s'}", i ? "," : "", names[i],
                (unsigned)content_of(set->ids[i], buffer).size, hash);
    }
    fputc(']', out);
}

static void say_flag(FILE *out, uint64_t flag)
{
    if (flag)
        fprintf(out, ",'flags':{'limit':%u}", (unsigned)flag);
}

static void say_variants(FILE *out, const offer *o)
{
    fputs(",'variants':[", out);
    for (uint32_t i = 0; i < o->variant_len; i++) {
        fprintf(out, "%s{'name':'v%u','weight':%u", i ? "," : "", (unsigned)i,
                (unsigned)o->parts[i].weight);
        say_modules(out, &o->parts[i].set);
        say_flag(out, o->parts[i].flag);
        fputc('}', out);
    }
    fputc(']', out);
}

static void say_offer(FILE *out, const offer *o)
{
    char start[DATE_SIZE];
    fprintf(out, "{'version':%llu,'paused':%s", (unsigned long long)o->version,
            o->is_paused ? "true" : "false");
    say_modules(out, &o->parts[0].set);
    if (o->has_host)
        fprintf(out, ",'host':{'min':'1.%u','below':'1.%u'}", (unsigned)o->host_min,
                (unsigned)o->host_below);
    if (o->has_rollout) {
        print_date(o->rollout.start, start);
        fprintf(out, ",'rollout':{'start':'%s','from':%u,'to':%u,'hours':%u}", start,
                (unsigned)o->rollout.from, (unsigned)o->rollout.to, (unsigned)o->rollout.hours);
    }
    if (o->variant_len)
        say_variants(out, o);
    else
        say_flag(out, o->parts[0].flag);
    fputc('}', out);
}

static void say(const word *w, char text[CUSTOM_SIZE])
{
    char hash[WISP_HASH_TEXT_SIZE];
    FILE *out = fmemopen(text, CUSTOM_SIZE, "w");
    assert_non_null(out);
    fprintf(out, "{'version':%llu", (unsigned long long)w->sequence);
    if (w->floor)
        fprintf(out, ",'min_version':%llu", (unsigned long long)w->floor);
    for (uint32_t i = 0; i < w->lifted_len; i++) {
        wisp_hash_print(&w->lifted[i], hash);
        fprintf(out, "%s'%s'%s", i ? "," : ",'unban':[", hash, i + 1 == w->lifted_len ? "]" : "");
    }
    for (int i = 0; i < w->offer_len; i++) {
        fputs(i ? "," : ",'releases':[", out);
        say_offer(out, &w->offers[i]);
    }
    fputs("]}", out);
    assert_int_equal(fclose(out), 0);
}

static void remove_document(wisp_role role)
{
    char path[64];
    snprintf(path, sizeof path, "%llu.%s.json", (unsigned long long)present.repo.version[role],
             wisp_role_name(role));
    remove_if_there(path);
}

static void expire(wisp_role role, int64_t when)
{
    static char dates[WISP_ROLE_LEN][DATE_SIZE];
    print_date(when, dates[role]);
    present.repo.expires[role] = dates[role];
}

/* Online documents last for days, and do not wait for those that are signed by hand. */
static void renew_online(void)
{
    remove_document(WISP_ROLE_SNAPSHOT);
    present.word.online_expire = world_time + 5 * DAY;
    expire(WISP_ROLE_TIMESTAMP, present.word.online_expire);
    expire(WISP_ROLE_SNAPSHOT, present.word.online_expire);
}

static void sign_all(void)
{
    static char custom[CUSTOM_SIZE], first[CONTENT_SIZE + 1];
    repo *r = &present.repo;
    const module_set *set = &present.word.offers[0].parts[0].set;
    wisp_bytes content = content_of(set->ids[0], first);
    memmove(first, content.data, content.size);
    first[content.size] = '\0';
    renew_online();
    remove_document(WISP_ROLE_TARGETS);
    present.word.targets_expire = world_time + 40 * DAY;
    expire(WISP_ROLE_TARGETS, present.word.targets_expire);
    say(&present.word, custom);
    r->custom = custom;
    repo_release(r, present.word.sequence, first);
}

int64_t word_expires(const word *said)
{
    return said->targets_expire < said->online_expire ? said->targets_expire
                                                      : said->online_expire;
}

/* --- what a publisher does --------------------------------------------------------------- */

static offer_part make_part(void)
{
    return (offer_part){
        .set = choose_set(), .flag = one_in(2) ? 0 : 1 + chance(3), .weight = 1 + chance(4)};
}

static wisp_rollout make_rollout(void)
{
    uint32_t from = chance(6000);
    return (wisp_rollout){.start = world_time + (int64_t)chance(3 * DAY) - DAY,
                          .from = from,
                          .to = one_in(2) ? 10000 : from + chance(10001 - from),
                          .hours = one_in(4) ? 0 : chance(96)};
}

static offer make_offer(void)
{
    offer o = {.version = ++present.word.sequence, .parts = {make_part()}};
    if (one_in(4)) {
        o.parts[1] = make_part();
        o.variant_len = 2;
    }
    o.has_host = one_in(6);
    o.host_min = chance(4);
    o.host_below = o.host_min + 1 + chance(4);
    o.has_rollout = one_in(2);
    o.rollout = make_rollout();
    return o;
}

static void put_first(const offer *o)
{
    word *w = &present.word;
    memmove(w->offers + 1, w->offers, (PUBLISHER_OFFERS - 1) * sizeof *w->offers);
    w->offer_len += w->offer_len < PUBLISHER_OFFERS;
    w->offers[0] = *o;
}

void publisher_release(void)
{
    offer o = make_offer();
    put_first(&o);
    sign_all();
}

static offer *any_offer(void)
{
    return &present.word.offers[chance((uint32_t)present.word.offer_len)];
}

/* A set or one of its modules. */
static void lift_some(void)
{
    word *w = &present.word;
    w->lifted_len = chance(3);
    for (uint32_t i = 0; i < w->lifted_len; i++) {
        const module_set *set = made_before(chance(made < 24 ? made : 24));
        w->lifted[i] = one_in(3) ? set->modules[set->len - 1] : set->hash;
    }
}

/* Each change has a number of its own. */
void publisher_change(void)
{
    offer *o = any_offer();
    word *w = &present.word;
    w->sequence++;
    switch (chance(6)) {
    case 0:
        o->is_paused ^= true;
        break;
    case 1:
        w->floor = one_in(3) ? o->version : 0;
        break;
    case 2:
        lift_some();
        break;
    case 3:
        o->has_rollout = false;
        break;
    case 4:
        o->has_host = false;
        break;
    default:
        o->parts[0].flag = chance(4);
        break;
    }
    sign_all();
}

void publisher_renew(void)
{
    if (one_in(2)) {
        renew_online();
        repo_refresh(&present.repo);
    } else {
        sign_all();
    }
}

void publisher_calm(void)
{
    offer o = {.version = ++present.word.sequence};
    module_set *set = &o.parts[0].set;
    do
        *set = make_set();
    while (set->nature != WORKS || set->len > 1); /* nothing of it can be banned anywhere */
    present.word.floor = 0;
    present.word.offer_len = 0;
    present.word.lifted_len = 0;
    put_first(&o);
    sign_all();
}

void thief_copy(void)
{
    repo_replay(&past.repo, &present.repo);
    past.word = present.word;
}

void publisher_init(uint64_t seed)
{
    chance_begin(seed);
    world_time = 1900000000;
    made = 0;
    next_id = 1;
    repo_init(&past.repo);
    repo_init(&present.repo);
    present.repo.target = PUBLISHER_TARGET;
    present.repo.expires[WISP_ROLE_ROOT] = EVER;
    repo_write(&present.repo, WISP_ROLE_ROOT);
    present.word = (word){.sequence = 1};
    module_set first = {0};
    add_module(&first, next_id++);
    complete(&first);
    remember(&first);
    publisher_release();
    thief_copy();
}

void publisher_deinit(void)
{
    repo_deinit(&present.repo);
    repo_deinit(&past.repo);
}
