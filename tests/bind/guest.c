/* The module: includes the program's own header, and knows nothing of how it is bound. */
#include "shapes.h"

#define EXPORT(name) __attribute__((export_name(#name))) int name(void)

/* Each check gives the line where it fails, or 0. */
#define CHECK(is)                                                                                \
    do {                                                                                         \
        if (!(is))                                                                               \
            return __LINE__;                                                                     \
    } while (0)

static int are_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

EXPORT(numbers)
{
    CHECK(shapes_add(INT32_MAX, 1) == INT32_MIN);
    CHECK(shapes_mix(255, -5, 1ull << 40, 2.0f, 8.0, true) == (1ull << 40) + 261);
    CHECK(shapes_next_color(RED) == GREEN);
    CHECK(shapes_next_color(GREEN) == BLUE);
    CHECK(shapes_next_color(BLUE) == RED);
    CHECK(shapes_size(UINT32_MAX - 5, 5) == UINT32_MAX);
    CHECK(shapes_is_true(true) && !shapes_is_true(false));
    CHECK(shapes_twice(4) == 8);
    return 0;
}

EXPORT(structs)
{
    struct point point = {3, -4};
    CHECK(shapes_area(&point) == -12);
    shapes_move(&point, 2);
    CHECK(point.x == 5 && point.y == -2);
    CHECK(shapes_maybe(&point) && !shapes_maybe(NULL));

    struct sample sample = {9, 9, 9};
    CHECK(shapes_first(0, &sample) == -1);
    CHECK(sample.id == 9 && sample.time == 9 && sample.value == 9);
    CHECK(shapes_first(3, &sample) == 0);
    CHECK(sample.id == 3 && sample.time == 3ull << 40 && sample.value == 1.5);

    struct track track = {.first = {1, 2, 4}, .corners = {{8, 0}, {0, 16}}, .total = -32};
    track.kind = 7;
    track.delta = -256;
    track.is_open = true;
    track.color = BLUE;
    track.range.low = 1;
    track.range.high = 2;
    ((volatile uint8_t *)&track.is_good)[0] = 0x80; /* no bool that C could have made */
    CHECK(shapes_sum(&track) == (uint64_t)(31 - 32 + 7 - 256 + 1 + 1 - 7 + 3));
    CHECK(track.total == -32);

    shapes_make(&track, -5);
    CHECK(track.first.id == 1 && track.first.time == 1ull << 50 && track.first.value == 2.5);
    CHECK(track.corners[0].x == 0 && track.corners[1].x == -3 && track.corners[1].y == 4);
    CHECK(track.total == -5 && track.kind == 5 && track.delta == -200 && track.is_open);
    CHECK(track.is_good == 1 && track.color == BLUE);
    CHECK(track.range.low == 10 && track.range.high == 60000);

    uint32_t count = 4;
    bool is_any = false;
    shapes_count(&count, &is_any);
    CHECK(count == 5 && is_any);
    return 0;
}

/* What the program has beside its fields must not be seen. */
EXPORT(padding)
{
    struct sample samples[3];
    uint32_t count = 3;
    __builtin_memset(samples, 0x55, sizeof samples);
    CHECK(shapes_first(1, &samples[0]) == 0);
    const volatile uint8_t *bytes = (const uint8_t *)&samples[0];
    for (int i = 4; i < 8; i++)
        CHECK(bytes[i] == 0);
    CHECK(shapes_list(samples, &count));
    bytes = (const uint8_t *)&samples[2];
    for (int i = 4; i < 8; i++)
        CHECK(bytes[i] == 0);
    return 0;
}

EXPORT(texts)
{
    CHECK(shapes_length("hello") == 5);
    CHECK(shapes_length("") == 0);
    const char *red = shapes_name(RED), *green = shapes_name(GREEN);
    CHECK(are_equal(red, "red") && are_equal(green, "green"));
    CHECK(shapes_name(RED) == red && shapes_name(GREEN) == green);
    CHECK(shapes_name(BLUE) == NULL);
    CHECK(shapes_short("1234567") == 7);
    CHECK(shapes_short(NULL) == 100);
    return 0;
}

EXPORT(several)
{
    const int32_t numbers[] = {1, -2, 30};
    CHECK(shapes_total(numbers, 3) == 29);
    CHECK(shapes_total(numbers, 0) == 0);
    CHECK(shapes_total(NULL, 0) == 0);
    const long longs[] = {-1, 5};
    CHECK(shapes_longs(longs, 2) == 4);
    const struct sample samples[] = {{1, 1, 2}, {2, 2, 4}};
    CHECK(shapes_mean(samples, 2) == 3);
    const uint8_t cells[] = {1, 2, 3, 4, 5, 6, 77};
    CHECK(shapes_grid(cells, 2, 3) == 77);
    CHECK(shapes_mac(cells) == 7);

    uint8_t into[12] = {[8] = 42};
    CHECK(shapes_read(into, 12) == 8);
    CHECK(into[0] == 'a' && into[7] == 'h' && into[8] == 42);
    into[3] = 43;
    CHECK(shapes_read(into, 3) == 8);
    CHECK(into[2] == 'c' && into[3] == 43);

    struct sample list[4] = {{0}, {0}, {0}, {4, 4, 4}};
    uint32_t count = 4;
    CHECK(shapes_list(list, &count));
    CHECK(count == 3 && list[2].id == 3 && list[3].id == 4);
    list[1].id = 0;
    count = 1; /* the program says three, and there is room for one */
    CHECK(!shapes_list(list, &count));
    CHECK(count == 3 && list[0].id == 1 && list[1].id == 0);
    return 0;
}

EXPORT(pointers)
{
    const uint8_t data[] = {10, 20};
    const struct label labels[] = {{"ab", data, 2, (void *)5}, {"", NULL, 0, NULL}};
    struct shelf shelf = {2, labels, NULL};
    CHECK(shapes_weigh(&shelf) == 2 + 30 + 5);
    shelf.title = "xyz";
    CHECK(shapes_weigh(&shelf) == 3037);

    CHECK(shapes_shelf(3, &shelf));
    CHECK(shelf.label_count == 3 && are_equal(shelf.title, "all"));
    CHECK(are_equal(shelf.labels[0].text, "first") && shelf.labels[0].data[2] == 3);
    CHECK(are_equal(shelf.labels[1].text, "second") && shelf.labels[1].data[0] == 2);
    CHECK((uintptr_t)shelf.labels[1].cookie == 0x10);
    CHECK(shelf.labels[2].data == NULL);
    CHECK(shapes_shelf(0, &shelf) && shelf.title == NULL);

    const struct label *label = shapes_label(1);
    CHECK(are_equal(label->text, "second") && label->size == 2 && label->data[1] == 3);
    CHECK(shapes_label(9) == NULL);
    return 0;
}

EXPORT(tables)
{
    struct table table = {
        .rows = {{1, 2, 3}, {4, 5, -600}},
        .names = {"ab", "abc"},
        .flags = {true, false, true},
        .tracks = {{.delta = -5}, {.delta = 7}},
        .parts = {{-4, 31, 100}, {3, 16, 1000}},
    };
    CHECK(shapes_table(&table) == 15 - 600 + 23 + 2 + 2 + (127 + 1019));
    shapes_turn(-100, &table);
    CHECK(table.rows[0][0] == -100 && table.rows[0][2] == -98 && table.rows[1][2] == -95);
    CHECK(are_equal(table.names[0], "left") && are_equal(table.names[1], "right"));
    CHECK(table.flags[0] == 1 && table.flags[1] == 1 && table.flags[2] == 0);
    CHECK(table.tracks[0].total == 0 && table.tracks[1].total == 1);
    CHECK(table.tracks[1].corners[1].y == 4 && table.tracks[1].range.high == 60000);
    CHECK(table.parts[0].low == -2 && table.parts[1].low == -1);
    CHECK(table.parts[0].high == 30 && table.parts[1].high == 31);
    CHECK(table.parts[0].size == UINT32_MAX && table.parts[1].size == UINT32_MAX - 1);
    return 0;
}

EXPORT(unions)
{
    struct value value = {VALUE_NUMBER, {.number = 1ll << 60}};
    CHECK(shapes_value(&value) == 1ll << 60);
    value = (struct value){VALUE_TEXT, {.text = "four"}};
    CHECK(shapes_value(&value) == 4);
    value = (struct value){VALUE_POINT, {.point = {20, -5}}};
    CHECK(shapes_value(&value) == 15);
    value = (struct value){VALUE_NONE, {.number = -1}};
    CHECK(shapes_value(&value) == -1);

    shapes_double(VALUE_NUMBER, &value);
    CHECK(value.kind == VALUE_NUMBER && value.of.number == -2);
    shapes_double(VALUE_TEXT, &value);
    CHECK(value.kind == VALUE_TEXT && are_equal(value.of.text, "twice"));
    shapes_double(VALUE_POINT, &value);
    CHECK(value.of.point.x == 2 && value.of.point.y == 4);

    struct bits bits = {1, {.number = 0.5f}};
    CHECK(shapes_bits(&bits) == 0x3f800000 && bits.tag == 2 && bits.number == 1.0f);
    return 0;
}

EXPORT(handles)
{
    struct box *one = shapes_box_new(1), *two = NULL;
    CHECK(shapes_box_open(2, &two) == 0);
    CHECK(one && two && one != two);
    CHECK(shapes_box_number(one) == 1 && shapes_box_number(two) == 2);
    CHECK(shapes_box_is_same(one, one) && !shapes_box_is_same(one, two));
    CHECK(!shapes_box_is_same(one, NULL));
    CHECK(shapes_box_inner(one) == one || shapes_box_is_same(shapes_box_inner(one), one));
    CHECK(shapes_box_new(UINT32_MAX) == NULL);
    CHECK(shapes_box_open(UINT32_MAX, &two) == -1 && two == NULL);
    shapes_box_free(one);
    return 0;
}

EXPORT(cookies)
{
    static const uintptr_t cookies[] = {0, 1, 0x7fffffff, UINT32_MAX, 0x80000001};
    for (int i = 0; i < 5; i++) {
        shapes_keep((void *)cookies[i]);
        CHECK((uintptr_t)shapes_kept() == cookies[i]);
    }
    return 0;
}

/* ------------------------------------------------------------------ callbacks */

struct visits {
    uint32_t count, ids, max;
};

static bool visit(const struct sample *sample, const char *name, void *user)
{
    static const char *const names[] = {"one", "two", "three"};
    struct visits *visits = user;
    visits->ids += sample->id;
    if (!are_equal(name, names[visits->count % 3]) || sample->time != visits->count)
        __builtin_trap();
    return ++visits->count < visits->max;
}

static void fix(void *user, struct point *point)
{
    point->x += *(int *)user;
    shapes_move(point, 1); /* the module calls again while it is being called */
}

EXPORT(scopes)
{
    struct visits visits = {0, 0, 100};
    CHECK(shapes_each(5, visit, &visits) == 5 && visits.ids == 15);
    visits = (struct visits){0, 0, 2};
    CHECK(shapes_each(5, visit, &visits) == 1 && visits.count == 2);
    visits = (struct visits){0, 0, UINT32_MAX};
    CHECK(shapes_each(100000, visit, &visits) == 100000); /* which would fill what is lent */

    struct point point = {1, 2};
    int more = 5;
    shapes_fix(fix, &more, &point);
    CHECK(point.x == 70 && point.y == 3);
    return 0;
}

static int32_t done_code, done_count;

static void done(int32_t code, void *user)
{
    done_code = code;
    done_count += (int32_t)(uintptr_t)user;
    if (code == 9999)
        shapes_later(1, done, user); /* leaves another while the first one runs */
}

EXPORT(left)
{
    CHECK(shapes_later(7, done, (void *)1));
    CHECK(shapes_later(8, NULL, NULL));
    CHECK(done_count == 0);
    return 0;
}

EXPORT(left_again)
{
    CHECK(shapes_later(9999, done, (void *)1));
    return 0;
}

EXPORT(many_left)
{
    for (int i = 0; i < 1000; i++)
        CHECK(shapes_later(i, done, (void *)1));
    return 0;
}

EXPORT(count_done)
{
    return done_count;
}

EXPORT(last_code)
{
    return done_code;
}

static uint8_t message[4] = {1, 2, 3, 4};
static int sent_count;

static void sent(void *sent_message, size_t size)
{
    if (sent_message != message || size != sizeof message)
        __builtin_trap();
    sent_count++;
}

EXPORT(send)
{
    CHECK(shapes_send(message, sizeof message, sent));
    message[0] = 101; /* of which the program has a copy */
    CHECK(shapes_send(message, sizeof message, NULL));
    CHECK(shapes_send(NULL, 0, NULL));
    return 0;
}

EXPORT(count_sent)
{
    return sent_count;
}

static uint32_t ticks, tick_bytes;

static void tick(void *user, const uint8_t *data, size_t size)
{
    ticks += *(uint32_t *)user;
    for (size_t i = 0; i < size; i++)
        tick_bytes += data[i];
}

static uint32_t one = 1, ten = 10;

EXPORT(subscribe)
{
    CHECK(shapes_subscribe(tick, &one));
    CHECK(shapes_subscribe(tick, &ten));
    return 0;
}

EXPORT(subscribe_often)
{
    int kept = 0;
    for (int i = 0; i < 100; i++) /* of which the program keeps eight */
        kept += shapes_subscribe(tick, &one);
    return kept;
}

EXPORT(unsubscribe)
{
    CHECK(shapes_unsubscribe(tick, &ten));
    CHECK(!shapes_unsubscribe(tick, &ten));
    CHECK(!shapes_unsubscribe(tick, NULL));
    return 0;
}

EXPORT(count_ticks)
{
    return (int)(ticks * 1000 + tick_bytes);
}

static struct timer *timer;

EXPORT(start_timer)
{
    timer = shapes_timer_new(done, (void *)1);
    CHECK(timer);
    return 0;
}

EXPORT(stop_timer)
{
    shapes_timer_free(timer);
    return 0;
}

static void trap(int32_t code, void *user)
{
    (void)code;
    (void)user;
    __builtin_trap();
}

static bool trap_at_once(const struct sample *sample, const char *name, void *user)
{
    (void)sample;
    (void)name;
    (void)user;
    __builtin_trap();
}

EXPORT(leave_trap)
{
    CHECK(shapes_later(1, trap, NULL));
    return 0;
}

EXPORT(trap_in_scope)
{
    shapes_each(3, trap_at_once, NULL);
    return 0;
}

/* ------------------------------------------------------------------ what no compiler would do */

/* Calls one of the functions with any numbers. */
__attribute__((export_name("raw"))) int raw(int what, uintptr_t a, uintptr_t b, uintptr_t c)
{
    switch (what) {
    case 0:
        return shapes_first((uint32_t)b, (struct sample *)a);
    case 1:
        shapes_move((struct point *)a, 1);
        return 0;
    case 2:
        return (int)shapes_sum((const struct track *)a);
    case 3:
        return (int)shapes_length((const char *)a);
    case 4:
        return (int)shapes_total((const int32_t *)a, b);
    case 5:
        return (int)shapes_longs((const long *)a, (uint32_t)b);
    case 6:
        return (int)shapes_mean((const struct sample *)a, (uint32_t)b);
    case 7:
        return (int)shapes_grid((const void *)a, (uint16_t)b, (uint16_t)c);
    case 8:
        return (int)shapes_read((uint8_t *)a, b);
    case 9:
        return (int)shapes_mac((const uint8_t *)a);
    case 10:
        return (int)shapes_weigh((const struct shelf *)a);
    case 11:
        return (int)shapes_value((const struct value *)a);
    case 12:
        return (int)shapes_box_number((const struct box *)a);
    case 13:
        shapes_box_free((struct box *)a);
        return 0;
    case 14:
        return shapes_later((int32_t)c, (shapes_done_fn *)a, (void *)b);
    case 15:
        return (int)shapes_short((const char *)a);
    case 16:
        return (int)shapes_size(a, (long)b);
    case 17: {
        struct track track;
        shapes_make(&track, (long)a);
        return 0;
    }
    case 18:
        shapes_double((uint32_t)a, &(struct value){.kind = VALUE_NONE});
        return 0;
    case 19:
        return (int)shapes_box_new((uint32_t)a);
    case 20:
        return (int)shapes_timer_new(done, NULL);
    case 21:
        return (int)(uintptr_t)shapes_label((uint32_t)a);
    case 22:
        return (int)shapes_each((uint32_t)b, (shapes_visit_fn *)a, NULL);
    case 23:
        return shapes_send((const void *)a, b, (shapes_sent_fn *)c);
    default:
        return shapes_is_true((bool)a);
    }
}

/* Memory for what raw is to be told. */
uint8_t room[256] __attribute__((aligned(16)));

__attribute__((export_name("room_address"))) uintptr_t room_address(void)
{
    return (uintptr_t)room;
}

__attribute__((export_name("done_index"))) uintptr_t done_index(void)
{
    return (uintptr_t)done;
}
