/* What `wisp bind` does not guess. refused.txt has what it says. */
#include <stddef.h>
#include <stdint.h>

#ifndef WISP_BIND
#define WISP_BIND(...)
#endif

struct item {
    uint32_t id;
    const void *data;
    uint8_t *bytes;
    uint32_t bytes_len;
    uint32_t *number;
};

struct chain {
    uint32_t id;
    WISP_BIND(len(1), opt) const struct chain *next;
};

struct either {
    int is_text;
    union {
        const char *text;
        long number;
    } of;
};

struct handler {
    void (*run)(void *user);
    long double wide;
};

struct either_way {
    const char *text;
};

struct object;
struct pair {
    int32_t a, b;
};

int count_bytes(const uint8_t *bytes, size_t size);
int read_bytes(uint8_t *into, size_t max);
int anything(void *thing);
int one_or_many(const int32_t *numbers);
int many_pairs(const struct pair *pairs, uint32_t num_pairs);
int text_or_bytes(const char *text, size_t len);
int change_text(char *text);
int texts(const char *const *names, int count);
int use_item(const struct item *item);
int use_chain(const struct chain *chain);
int use_either(const struct either *either);
int use_handler(const struct handler *handler);
int call_back(void (*done)(int code));
int call_without_user(WISP_BIND(cb(once)) void (*done)(void *user));
int call_with_what(WISP_BIND(cb(once, user = none)) void (*done)(void *user), void *user);
int call_nothing_back(WISP_BIND(cb(once, user = user)) void (*done)(int code), void *user);
struct object *get_object(void);
void *get_anything(void);
const uint32_t *get_numbers(void);
struct pair by_value(void);
int take_by_value(struct pair pair);
int print(const char *format, ...);
long double wide(long double number);
int counted_by_none(WISP_BIND(len(missing)) const uint8_t *bytes);
int counted_by_text(WISP_BIND(len(text)) const uint8_t *bytes, const char *text);
int misspelt(WISP_BIND(lenn(2)) const uint8_t *bytes);
int unfinished(WISP_BIND(len(2 +)) const uint8_t *bytes);
int number_as_text(WISP_BIND(cstr) const int32_t *text);
int inout_pointers(WISP_BIND(inout) struct either_way *item);
int beside_the_point(WISP_BIND(cstr) int number);
int with_context(void *context);
int one_kind(WISP_BIND(handle(thing)) struct object *object);
int another_kind(WISP_BIND(handle(thing)) struct pair *pair);
int fine(int number);
