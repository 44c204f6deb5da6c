#ifndef SHAPES_H
#define SHAPES_H

/* One function of each shape that a header can have, bound by tests/bind; shapes.bind has what is
 * not said here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef WISP_BIND
#define WISP_BIND(...)
#endif

/* ------------------------------------------------------------------ numbers */

enum color { RED, GREEN = 5, BLUE = -7 };

int32_t shapes_add(int32_t a, int32_t b);
uint64_t shapes_mix(uint8_t a, int16_t b, uint64_t c, float d, double e, bool f);
enum color shapes_next_color(enum color color);
size_t shapes_size(size_t size, long number); /* wider here than there */
bool shapes_is_true(bool value);

/* ------------------------------------------------------------------ structs */

/* 8-byte members after 4-byte ones: i386 puts them elsewhere than wasm32, x86-64 does not. */
struct sample {
    uint32_t id;
    uint64_t time;
    double value;
};

/* No padding and no pointers: the same bytes everywhere. */
struct point {
    int32_t x, y;
};

struct track {
    struct sample first;
    struct point corners[2];
    long total; /* 4 or 8 bytes */
    uint8_t kind : 3;
    int32_t delta : 9;
    bool is_open : 1;
    bool is_good;
    enum color color;
    struct {
        uint16_t low, high;
    } range;
};

int64_t shapes_area(const struct point *corner);
int shapes_first(uint32_t id, struct sample *sample); /* leaves it alone if there is none */
void shapes_move(WISP_BIND(inout) struct point *point, int32_t by);
uint64_t shapes_sum(const struct track *track);
void shapes_make(struct track *track, long total);
bool shapes_maybe(WISP_BIND(opt) const struct point *point);
void shapes_count(uint32_t *count, bool *is_any);

/* ------------------------------------------------------------------ texts */

uint32_t shapes_length(const char *text);
const char *shapes_name(enum color color); /* lent; NULL for none */
uint32_t shapes_short(WISP_BIND(cstr(8), opt) const char *text);

/* ------------------------------------------------------------------ several */

int64_t shapes_total(WISP_BIND(len(count)) const int32_t *numbers, size_t count);
uint64_t shapes_longs(WISP_BIND(len(count)) const long *numbers, uint32_t count);
double shapes_mean(WISP_BIND(len(count)) const struct sample *samples, uint32_t count);
uint32_t shapes_grid(WISP_BIND(bytes(width *height + 1)) const void *cells, uint16_t width,
                     uint16_t height);

/* Fills up to [size] bytes and says how many there would be. */
size_t shapes_read(WISP_BIND(cap(size), written(result)) uint8_t *into, size_t size);

/* [count] is the room before and the number after. */
bool shapes_list(WISP_BIND(out, len(*count), written(*count)) struct sample *samples,
                 WISP_BIND(inout) uint32_t *count);

uint32_t shapes_mac(const uint8_t mac[6]);

/* ------------------------------------------------------------------ structs with pointers */

struct label {
    const char *text;
    WISP_BIND(len(size)) const uint8_t *data;
    uint32_t size;
    const void *cookie;
};

struct shelf {
    uint32_t label_count;
    WISP_BIND(len(label_count)) const struct label *labels;
    WISP_BIND(opt) const char *title;
};

uint32_t shapes_weigh(const struct shelf *shelf);
bool shapes_shelf(uint32_t labels, struct shelf *shelf); /* lends all of it */
const struct label *shapes_label(uint32_t number);

/* Arrays in place, of what is not the same on both sides. */
struct table {
    long rows[2][3];
    const char *names[2];
    bool flags[3];
    struct track tracks[2];
    struct {
        int8_t low : 3;
        uint8_t high : 5;
        size_t size;
    } parts[2];
};

int64_t shapes_table(const struct table *table);
void shapes_turn(int32_t from, struct table *table);

/* ------------------------------------------------------------------ unions */

enum value_kind { VALUE_NUMBER, VALUE_TEXT, VALUE_POINT, VALUE_NONE };

struct value {
    enum value_kind kind;
    union {
        int64_t number;
        const char *text;
        struct point point;
    } of;
};

/* Anonymous, and the same bytes on both sides whatever is in it. */
struct bits {
    uint32_t tag;
    union {
        float number;
        uint32_t bits;
    };
};

int64_t shapes_value(const struct value *value);
void shapes_double(uint32_t what, WISP_BIND(out) struct value *value);
uint32_t shapes_bits(WISP_BIND(inout) struct bits *bits);

/* ------------------------------------------------------------------ objects of the program's */

struct box;

WISP_BIND(new) struct box *shapes_box_new(uint32_t number);
int shapes_box_open(uint32_t number, WISP_BIND(new) struct box **out);
void shapes_box_free(WISP_BIND(del) struct box *box);
uint32_t shapes_box_number(const struct box *box);
WISP_BIND(handle) struct box *shapes_box_inner(struct box *box);
bool shapes_box_is_same(struct box *a, WISP_BIND(opt) struct box *b);

/* ------------------------------------------------------------------ cookies */

void shapes_keep(const void *cookie);
const void *shapes_kept(void) WISP_BIND(scalar);

/* ------------------------------------------------------------------ callbacks */

typedef bool shapes_visit_fn(const struct sample *sample, const char *name, void *user);
typedef void shapes_done_fn(int32_t code, void *user);
typedef void (*shapes_tick_fn)(void *user, WISP_BIND(len(size)) const uint8_t *data, size_t size);

/* While it runs; false from [visit] ends it. */
uint32_t shapes_each(uint32_t count, WISP_BIND(cb(scope, user = user)) shapes_visit_fn *visit,
                     void *user);
void shapes_fix(WISP_BIND(cb(scope,
                             user = user)) void (*fix)(void *user,
                                                       WISP_BIND(inout) struct point *point),
                void *user, WISP_BIND(inout) struct point *point);

/* Once, when the program gets to it. */
bool shapes_later(int32_t code, WISP_BIND(cb(once, user = user), opt) shapes_done_fn *done,
                  void *user);

/* The message is there until [sent] is called with it, which may be when the module is gone. */
typedef void shapes_sent_fn(void *message, size_t size);
bool shapes_send(WISP_BIND(bytes(size)) const void *message, size_t size,
                 WISP_BIND(cb(once, user = message), opt) shapes_sent_fn *sent);

/* Until it is taken back. */
bool shapes_subscribe(WISP_BIND(cb(many, user = user), kept(nonzero)) shapes_tick_fn tick,
                      void *user);
bool shapes_unsubscribe(WISP_BIND(cb(many, user = user), del) shapes_tick_fn tick, void *user);

/* Until the object that came with it is ended. */
struct timer;
WISP_BIND(new)
struct timer *shapes_timer_new(WISP_BIND(cb(many, user = user)) shapes_done_fn *fn, void *user);
void shapes_timer_free(WISP_BIND(del) struct timer *timer);

/* ------------------------------------------------------------------ not bound */

WISP_BIND(skip) void shapes_print(const char *format, ...);

static inline int32_t shapes_twice(int32_t number)
{
    return number * 2;
}

#endif
