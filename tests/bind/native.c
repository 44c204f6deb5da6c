#include "native.h"

#include <stdlib.h>
#include <string.h>

uint32_t native_boxes, native_timers, native_box_freed, native_calls;

/* ------------------------------------------------------------------ numbers */

/* Modules may hand in anything: none of it must be undefined here. */
int32_t shapes_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static uint64_t whole(double number)
{
    return number > -1e9 && number < 1e9 ? (uint64_t)(int64_t)number : 0;
}

uint64_t shapes_mix(uint8_t a, int16_t b, uint64_t c, float d, double e, bool f)
{
    return a + (uint64_t)(int64_t)b + c + whole(d) + whole(e) + f;
}

enum color shapes_next_color(enum color color)
{
    return color == RED ? GREEN : color == GREEN ? BLUE : RED;
}

size_t shapes_size(size_t size, long number)
{
    return number < 0 ? (size_t)(1ull << 32) : size + (size_t)number;
}

bool shapes_is_true(bool value)
{
    unsigned char byte;
    memcpy(&byte, &value, 1);
    return byte == 1;
}

/* ------------------------------------------------------------------ structs */

int64_t shapes_area(const struct point *corner)
{
    return (int64_t)corner->x * corner->y;
}

int shapes_first(uint32_t id, struct sample *sample)
{
    struct sample found;
    memset(&found, 0xee, sizeof found); /* which would show in the padding */
    native_calls++;
    if (id == 0)
        return -1;
    found.id = id;
    found.time = (uint64_t)id << 40;
    found.value = id / 2.0;
    *sample = found;
    return 0;
}

void shapes_move(struct point *point, int32_t by)
{
    native_calls++;
    point->x = shapes_add(point->x, by);
    point->y = shapes_add(point->y, by);
}

uint64_t shapes_sum(const struct track *track)
{
    native_calls++;
    return track->first.id + track->first.time + whole(track->first.value) +
           (uint64_t)track->corners[0].x + (uint64_t)track->corners[1].y +
           (uint64_t)track->total + track->kind + (uint64_t)(int64_t)track->delta +
           track->is_open + (uint64_t)shapes_is_true(track->is_good) +
           (uint64_t)(int64_t)track->color + track->range.low + track->range.high;
}

void shapes_make(struct track *track, long total)
{
    memset(track, 0, sizeof *track);
    track->first = (struct sample){1, 1ull << 50, 2.5};
    track->corners[1] = (struct point){-3, 4};
    track->total = total == 7 ? total << 31 : total; /* which is too much for a long there */
    track->kind = 5;
    track->delta = -200;
    track->is_open = true;
    track->is_good = true;
    track->color = BLUE;
    track->range.low = 10;
    track->range.high = 60000;
}

bool shapes_maybe(const struct point *point)
{
    return point != NULL;
}

void shapes_count(uint32_t *count, bool *is_any)
{
    *count += 1;
    *is_any = !*is_any;
}

/* ------------------------------------------------------------------ texts */

uint32_t shapes_length(const char *text)
{
    native_calls++;
    return (uint32_t)strlen(text);
}

const char *shapes_name(enum color color)
{
    return color == RED ? "red" : color == GREEN ? "green" : NULL;
}

uint32_t shapes_short(const char *text)
{
    return text ? (uint32_t)strlen(text) : 100;
}

/* ------------------------------------------------------------------ several */

int64_t shapes_total(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    native_calls++;
    for (size_t i = 0; i < count; i++)
        total += numbers[i];
    return total;
}

uint64_t shapes_longs(const long *numbers, uint32_t count)
{
    uint64_t total = 0;
    native_calls++;
    for (uint32_t i = 0; i < count; i++)
        total += (uint64_t)numbers[i];
    return total;
}

double shapes_mean(const struct sample *samples, uint32_t count)
{
    double total = 0;
    native_calls++;
    for (uint32_t i = 0; i < count; i++)
        total += samples[i].value;
    return count ? total / count : 0;
}

uint32_t shapes_grid(const void *cells, uint16_t width, uint16_t height)
{
    const uint8_t *bytes = cells;
    native_calls++;
    return bytes[(size_t)width * height];
}

size_t shapes_read(uint8_t *into, size_t size)
{
    static const char text[] = "abcdefgh";
    native_calls++;
    if (size)
        memcpy(into, text, size < 8 ? size : 8);
    return 8;
}

bool shapes_list(struct sample *samples, uint32_t *count)
{
    bool is_all = *count >= 3;
    for (uint32_t i = 0; i < 3 && i < *count; i++)
        shapes_first(i + 1, &samples[i]);
    *count = 3;
    return is_all;
}

uint32_t shapes_mac(const uint8_t mac[6])
{
    native_calls++;
    return mac[0] + (uint32_t)mac[5];
}

/* ------------------------------------------------------------------ structs with pointers */

uint32_t shapes_weigh(const struct shelf *shelf)
{
    uint32_t weight = shelf->title ? (uint32_t)strlen(shelf->title) * 1000 : 0;
    native_calls++;
    for (uint32_t i = 0; i < shelf->label_count; i++) {
        const struct label *label = &shelf->labels[i];
        weight += (uint32_t)strlen(label->text) + (uint32_t)(uintptr_t)label->cookie;
        for (uint32_t k = 0; k < label->size; k++)
            weight += label->data[k];
    }
    return weight;
}

static const uint8_t data[] = {1, 2, 3};
static const struct label labels[] = {
    {"first", data, 3, NULL}, {"second", data + 1, 2, (void *)0x10}, {"third", NULL, 0, NULL}};

bool shapes_shelf(uint32_t count, struct shelf *shelf)
{
    *shelf = (struct shelf){count, labels, count == 3 ? "all" : NULL};
    return count <= 3;
}

const struct label *shapes_label(uint32_t number)
{
    return number < 3 ? &labels[number] : NULL;
}

int64_t shapes_table(const struct table *table)
{
    int64_t sum = (int64_t)strlen(table->names[0]) * 10 + (int64_t)strlen(table->names[1]);
    for (int i = 0; i < 6; i++)
        sum += table->rows[i / 3][i % 3];
    for (int i = 0; i < 3; i++)
        sum += shapes_is_true(table->flags[i]);
    for (int i = 0; i < 2; i++)
        sum += table->parts[i].low + table->parts[i].high + (int64_t)table->parts[i].size +
               table->tracks[i].delta;
    native_calls++;
    return sum;
}

void shapes_turn(int32_t from, struct table *table)
{
    static const char *const names[] = {"left", "right"};
    *table = (struct table){.names = {names[0], names[1]}};
    for (int i = 0; i < 6; i++)
        table->rows[i / 3][i % 3] = from + i;
    for (int i = 0; i < 2; i++) {
        shapes_make(&table->tracks[i], i);
        table->flags[i] = true;
        table->parts[i].low = (int8_t)(i - 2);
        table->parts[i].high = (uint8_t)(30 + i);
        table->parts[i].size = UINT32_MAX - (uint32_t)i;
    }
}

/* ------------------------------------------------------------------ unions */

int64_t shapes_value(const struct value *value)
{
    native_calls++;
    switch (value->kind) {
    case VALUE_NUMBER:
        return value->of.number;
    case VALUE_TEXT:
        return (int64_t)strlen(value->of.text);
    case VALUE_POINT:
        return shapes_add(value->of.point.x, value->of.point.y);
    default:
        return -1;
    }
}

void shapes_double(uint32_t what, struct value *value)
{
    value->kind = (enum value_kind)what;
    if (what == VALUE_NUMBER)
        value->of.number = -2;
    else if (what == VALUE_TEXT)
        value->of.text = "twice";
    else if (what == VALUE_POINT)
        value->of.point = (struct point){2, 4};
}

uint32_t shapes_bits(struct bits *bits)
{
    bits->tag++;
    bits->number *= 2;
    return bits->bits;
}

/* ------------------------------------------------------------------ objects */

struct box {
    uint32_t number;
    struct box *inner;
};

struct box *shapes_box_new(uint32_t number)
{
    struct box *box = number == UINT32_MAX ? NULL : calloc(1, sizeof *box);
    if (!box)
        return NULL;
    box->number = number;
    box->inner = box;
    native_boxes++;
    return box;
}

int shapes_box_open(uint32_t number, struct box **out)
{
    *out = shapes_box_new(number);
    return *out ? 0 : -1;
}

void shapes_box_free(struct box *box)
{
    native_boxes--;
    native_box_freed = box->number;
    free(box);
}

uint32_t shapes_box_number(const struct box *box)
{
    native_calls++;
    return box->number;
}

struct box *shapes_box_inner(struct box *box)
{
    return box->inner;
}

bool shapes_box_is_same(struct box *a, struct box *b)
{
    return a == b;
}

/* ------------------------------------------------------------------ cookies */

static const void *kept;

void shapes_keep(const void *cookie)
{
    kept = cookie;
}

const void *shapes_kept(void)
{
    return kept;
}

/* ------------------------------------------------------------------ callbacks */

uint32_t shapes_each(uint32_t count, shapes_visit_fn *visit, void *user)
{
    static const char *const names[] = {"one", "two", "three"};
    uint32_t visited = 0;
    for (uint32_t i = 0; i < count; i++, visited++) {
        struct sample sample = {i + 1, i, i * 1.5};
        if (!visit(&sample, names[i % 3], user))
            break;
    }
    return visited;
}

void shapes_fix(void (*fix)(void *user, struct point *point), void *user, struct point *point)
{
    fix(user, point);
    point->x = (int32_t)((uint32_t)point->x * 10);
}

enum { WAITING_MAX = 2000 };

static struct {
    shapes_done_fn *done;
    void *user;
    int32_t code;
} waiting[WAITING_MAX];
static uint32_t waiting_len;

bool shapes_later(int32_t code, shapes_done_fn *done, void *user)
{
    native_calls++;
    if (waiting_len == WAITING_MAX)
        return false;
    waiting[waiting_len].done = done;
    waiting[waiting_len].user = user;
    waiting[waiting_len++].code = code;
    return true;
}

uint32_t native_run_later(void)
{
    uint32_t len = waiting_len;
    waiting_len = 0;
    for (uint32_t i = 0; i < len; i++)
        if (waiting[i].done)
            waiting[i].done(waiting[i].code, waiting[i].user);
    return len;
}

static struct {
    const void *message;
    size_t size;
    shapes_sent_fn *sent;
} messages[16];
static uint32_t messages_len;

bool shapes_send(const void *message, size_t size, shapes_sent_fn *sent)
{
    if (messages_len == 16)
        return false;
    messages[messages_len].message = message;
    messages[messages_len].size = size;
    messages[messages_len++].sent = sent;
    return true;
}

uint32_t native_send(void)
{
    uint32_t sum = 0, len = messages_len;
    messages_len = 0;
    for (uint32_t i = 0; i < len; i++) {
        const uint8_t *bytes = messages[i].message;
        for (size_t k = 0; k < messages[i].size; k++)
            sum += bytes[k];
        messages[i].sent((void *)(uintptr_t)bytes, messages[i].size);
    }
    return sum;
}

static struct {
    shapes_tick_fn tick;
    void *user;
} subscribed[8], last;
static uint32_t subscribed_len;

bool shapes_subscribe(shapes_tick_fn tick, void *user)
{
    if (subscribed_len == 8)
        return false;
    last.tick = subscribed[subscribed_len].tick = tick;
    last.user = subscribed[subscribed_len++].user = user;
    return true;
}

bool shapes_unsubscribe(shapes_tick_fn tick, void *user)
{
    for (uint32_t i = 0; i < subscribed_len; i++)
        if (subscribed[i].tick == tick && subscribed[i].user == user) {
            subscribed[i] = subscribed[--subscribed_len];
            return true;
        }
    return false;
}

void native_tick(const uint8_t *bytes, size_t size)
{
    for (uint32_t i = 0; i < subscribed_len; i++)
        subscribed[i].tick(subscribed[i].user, bytes, size);
}

void native_tick_late(void)
{
    last.tick(last.user, data, sizeof data);
}

struct timer {
    struct timer *next;
    shapes_done_fn *fn;
    void *user;
};

static struct timer *timers;

struct timer *shapes_timer_new(shapes_done_fn *fn, void *user)
{
    struct timer *timer = native_timers < 4 ? calloc(1, sizeof *timer) : NULL;
    if (!timer)
        return NULL;
    *timer = (struct timer){timers, fn, user};
    timers = timer;
    native_timers++;
    return timer;
}

void shapes_timer_free(struct timer *timer)
{
    struct timer **at = &timers;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->fn(-1, timer->user); /* says good-bye */
    free(timer);
    native_timers--;
}

void native_fire_timers(int32_t code)
{
    for (struct timer *timer = timers; timer; timer = timer->next)
        timer->fn(code, timer->user);
}

void native_forget_all(void)
{
    waiting_len = subscribed_len = messages_len = 0;
}
