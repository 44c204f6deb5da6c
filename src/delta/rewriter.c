#include "delta/rewriter.h"

#include "base/error.h"
#include "delta/grammar.h"

#include <string.h>

/* Heap types that do not fit into a value type's byte follow these two (Spec 5.3.4). */
enum { REF = -0x1c, REF_NULL = -0x1d };
enum { OPCODE_END = 0x0b, PREFIX_FIRST = 0xfc, PREFIX_LAST = 0xfe };
enum { MEMORY_FOLLOWS = 0x40 }; /* in an alignment */
enum { NUMBER_SIZE_MAX = 10, UNIT_SIZE = 4 };

void wisp_rewriter_init(wisp_rewriter *rw, const wisp_rewriter_config *config)
{
    *rw = (wisp_rewriter){.config = *config, .depth = 1};
    rw->items[0] = (struct wisp_rewriter_item){WISP_WORD_MODULE, 1};
}

static wisp_status malformed(const wisp_rewriter *rw, const char *expected, wisp_error *err)
{
    return wisp_fail_at(err, WISP_MALFORMED, rw->plain, "expected %s", expected);
}

/* ------------------------------------------------------------------ output */

static wisp_status flush(wisp_rewriter *rw, wisp_error *err)
{
    uint32_t size = rw->out_size;
    rw->out_size = 0;
    return size ? rw->config.sink(rw->config.context, rw->out, size, err) : WISP_OK;
}

/* Lets [size] bytes out, at most WISP_REWRITER_ROOM, that have [came_size] in the form they came
 * in. */
static wisp_status emit(wisp_rewriter *rw, const uint8_t *data, uint32_t size, uint32_t came_size,
                        wisp_error *err)
{
    wisp_status status = WISP_OK;
    if (size > sizeof rw->out - rw->out_size)
        status = flush(rw, err);
    memcpy(rw->out + rw->out_size, data, size);
    rw->out_size += size;
    rw->written += size;
    rw->plain += rw->config.to_plain ? size : came_size;
    return status;
}

/* ------------------------------------------------------------------ what comes next */

static bool push(wisp_rewriter *rw, uint32_t word, uint64_t times)
{
    if (times == 0)
        return true;
    if (rw->depth == WISP_REWRITER_DEPTH)
        return false;
    rw->items[rw->depth++] = (struct wisp_rewriter_item){(uint8_t)word, times};
    return true;
}

static bool push_rule(wisp_rewriter *rw, const wisp_rule *rule)
{
    bool fits = rule != NULL;
    for (int i = WISP_RULE_MAX; i-- > 0 && fits;)
        if (rule->words[i])
            fits = push(rw, rule->words[i], 1);
    return fits;
}

/* The bytes of a segment: as units where they are aligned in memory. */
static bool push_content(wisp_rewriter *rw, uint64_t size)
{
    uint64_t lead = -rw->address % UNIT_SIZE;
    if (lead > size)
        lead = size;
    return push(rw, WISP_WORD_BYTE, (size - lead) % UNIT_SIZE) &&
           push(rw, WISP_WORD_UNIT, (size - lead) / UNIT_SIZE) && push(rw, WISP_WORD_BYTE, lead);
}

static bool begin_section(wisp_rewriter *rw, uint64_t size)
{
    const wisp_rule *rule = wisp_rule_of_section(rw->section);
    rw->section_end = rw->plain + size;
    return rule ? push_rule(rw, rule) : push(rw, WISP_WORD_BYTE, size);
}

static bool push_names(wisp_rewriter *rw, uint64_t size)
{
    enum { FUNCTIONS = 1, GLOBALS = 7 };
    if (rw->part == FUNCTIONS)
        return push(rw, WISP_WORD_MANY | WISP_WORD_FUNCTION_NAME, 1);
    if (rw->part == GLOBALS)
        return push(rw, WISP_WORD_MANY | WISP_WORD_GLOBAL_NAME, 1);
    return push(rw, WISP_WORD_BYTE, size);
}

/* What the number [value] of kind [word] makes follow. */
static bool follow_number(wisp_rewriter *rw, uint32_t word, uint64_t value)
{
    if (word & WISP_WORD_MANY) {
        rw->text_size = 0;
        rw->text_length = value;
        return push(rw, word & ~(uint32_t)WISP_WORD_MANY, value);
    }
    switch (word) {
    case WISP_WORD_VALUE_TYPE:
        return (int64_t)value == REF || (int64_t)value == REF_NULL
                   ? push(rw, WISP_WORD_HEAP_TYPE, 1)
                   : true;
    case WISP_WORD_ALIGN:
        return value & MEMORY_FOLLOWS ? push(rw, WISP_WORD_NUMBER, 1) : true;
    case WISP_WORD_LABELS:
        return push(rw, WISP_WORD_NUMBER, value + 1);
    case WISP_WORD_OPCODE_FC:
    case WISP_WORD_OPCODE_FD:
    case WISP_WORD_OPCODE_FE:
        return push_rule(rw, wisp_rule_of_instruction(rw->prefix, value));
    case WISP_WORD_SECTION_SIZE:
        return begin_section(rw, value);
    case WISP_WORD_BODY_SIZE:
        rw->body_end = rw->plain + value;
        rw->bodies++;
        return true;
    case WISP_WORD_NAMES_SIZE:
        return push_names(rw, value);
    case WISP_WORD_CONTENT:
        return push_content(rw, value);
    case WISP_WORD_ELEMENT_FLAGS:
        return push_rule(rw, wisp_rule_of_element(value));
    case WISP_WORD_DATA_FLAGS:
        rw->address = 0;
        return push_rule(rw, wisp_rule_of_data(value));
    case WISP_WORD_CONST_32:
    case WISP_WORD_CONST_64:
        rw->address = value; /* of the segment, if that is where it stands */
        return true;
    default:
        return true;
    }
}

/* … and a byte. The item of [word] is the last one. */
static bool follow_byte(wisp_rewriter *rw, uint32_t word, uint8_t byte)
{
    enum { FUNCTION = 0, GLOBAL = 3 }; /* that are exported */
    enum { CATCH_REF = 1 };            /* the last clause that has a tag */
    switch (word) {
    case WISP_WORD_SECTION:
        rw->section = byte;
        return push(rw, WISP_WORD_SECTION_SIZE, 1);
    case WISP_WORD_NAMES:
        rw->part = byte;
        return push(rw, WISP_WORD_NAMES_SIZE, 1);
    case WISP_WORD_EXPORT_KIND:
        return push(rw,
                    byte == FUNCTION ? WISP_WORD_FUNCTION
                    : byte == GLOBAL ? WISP_WORD_GLOBAL
                                     : WISP_WORD_NUMBER,
                    1);
    case WISP_WORD_CATCH:
        return push(rw, WISP_WORD_NUMBER, byte <= CATCH_REF ? 2 : 1);
    case WISP_WORD_EXPRESSION:
        if (byte == OPCODE_END) {
            rw->items[rw->depth - 1].left--;
            return true;
        }
        /* fall through */
    default: /* CODE */
        rw->prefix = byte;
        return push_rule(rw, wisp_rule_of_instruction(0, byte));
    }
}

/* ------------------------------------------------------------------ numbers */

static bool is_signed(uint32_t word)
{
    return word == WISP_WORD_CONST_32 || word == WISP_WORD_CONST_64 ||
           word == WISP_WORD_HEAP_TYPE || word == WISP_WORD_VALUE_TYPE;
}

static uint64_t decode(const uint8_t *token, uint32_t size, bool has_sign)
{
    uint64_t value = 0;
    uint32_t shift = 0;
    for (uint32_t i = 0; i < size; i++, shift += 7)
        value |= (uint64_t)(token[i] & 0x7f) << shift;
    if (has_sign && shift < 64 && token[size - 1] & 0x40)
        value |= UINT64_MAX << shift;
    return value;
}

/* Writes [value], which is not negative as a signed number, in [size] bytes, or if that is 0 in
 * as many as it needs. Returns how many. */
static uint32_t encode(uint64_t value, bool has_sign, uint32_t size, uint8_t *token)
{
    uint32_t n = 0;
    uint64_t last = has_sign ? 0x3f : 0x7f;
    do {
        token[n++] = (uint8_t)(value & 0x7f) | 0x80;
        if (size ? n == size : value <= last)
            break;
        value >>= 7;
    } while (true);
    token[n - 1] &= 0x7f;
    return n;
}

/* The kind of reference that a number is. */
static wisp_reference reference_of(uint32_t word, bool is_padded)
{
    switch (word) {
    case WISP_WORD_FUNCTION:
        return WISP_REFERENCE_FUNCTION;
    case WISP_WORD_TYPE:
    case WISP_WORD_HEAP_TYPE:
    case WISP_WORD_VALUE_TYPE:
        return WISP_REFERENCE_TYPE;
    case WISP_WORD_GLOBAL:
        return WISP_REFERENCE_GLOBAL;
    case WISP_WORD_LOCAL_INDEX:
        return WISP_REFERENCE_LOCAL;
    case WISP_WORD_OFFSET:
        return is_padded ? WISP_REFERENCE_OFFSET_PADDED : WISP_REFERENCE_OFFSET;
    case WISP_WORD_CONST_32:
        return is_padded ? WISP_REFERENCE_CONST_32_PADDED : WISP_REFERENCE_CONST_32;
    case WISP_WORD_CONST_64:
        return WISP_REFERENCE_CONST_64;
    default:
        return WISP_REFERENCE_COUNT;
    }
}

/*
 * Replaces the number in the token, if it is a reference. *[value] is what it says in the plain
 * form. False if the callback's answer is too large.
 */
static bool replace(wisp_rewriter *rw, uint32_t word, uint64_t *value)
{
    bool has_sign = is_signed(word);
    uint8_t least[NUMBER_SIZE_MAX];
    uint32_t full = word == WISP_WORD_CONST_64 ? 10 : 5;
    bool is_padded = rw->token_size == full;
    wisp_reference kind = reference_of(word, is_padded);
    if (kind == WISP_REFERENCE_COUNT || *value >= wisp_reference_end(kind))
        return true;
    if (!is_padded && rw->token_size != encode(*value, has_sign, 0, least))
        return true;
    uint64_t mapped = rw->config.map(rw->config.context, kind, *value);
    if (mapped >= wisp_reference_end(kind))
        return false;
    rw->token_size = (uint8_t)encode(mapped, has_sign, is_padded ? full : 0, rw->token);
    if (rw->config.to_plain)
        *value = mapped;
    return true;
}

static wisp_status end_number(wisp_rewriter *rw, uint32_t word, wisp_error *err)
{
    uint32_t came_size = rw->token_size;
    uint64_t value = decode(rw->token, came_size, is_signed(word));
    if (!replace(rw, word, &value))
        return malformed(rw, "a number that refers to something", err);
    wisp_status status = emit(rw, rw->token, rw->token_size, came_size, err);
    rw->token_size = 0;
    if (status == WISP_OK && !follow_number(rw, word, value))
        return malformed(rw, "something else after a number", err);
    return status;
}

static wisp_status end_unit(wisp_rewriter *rw, wisp_error *err)
{
    uint32_t unit = 0;
    for (uint32_t i = 0; i < UNIT_SIZE; i++)
        unit |= (uint32_t)rw->token[i] << 8 * i;
    if (unit < WISP_REFERENCE_END)
        unit = (uint32_t)rw->config.map(rw->config.context, WISP_REFERENCE_UNIT, unit);
    for (uint32_t i = 0; i < UNIT_SIZE; i++)
        rw->token[i] = (uint8_t)(unit >> 8 * i);
    rw->token_size = 0;
    return emit(rw, rw->token, UNIT_SIZE, UNIT_SIZE, err);
}

/* ------------------------------------------------------------------ words */

typedef struct input {
    const uint8_t *at, *end;
} input;

/* Passes bytes on that say nothing, as many as there are of them here. */
static wisp_status pass_bytes(wisp_rewriter *rw, struct wisp_rewriter_item *item, input *in,
                              wisp_error *err)
{
    uint64_t size = (uint64_t)(in->end - in->at);
    if (size > item->left)
        size = item->left;
    if (size > sizeof rw->out)
        size = sizeof rw->out;
    for (uint64_t i = 0; i < size && rw->text_size < sizeof rw->text; i++)
        rw->text[rw->text_size++] = in->at[i];
    const uint8_t *data = in->at;
    in->at += size;
    item->left -= size;
    return emit(rw, data, (uint32_t)size, (uint32_t)size, err);
}

static wisp_status pass_byte(wisp_rewriter *rw, uint32_t word, input *in, wisp_error *err)
{
    uint8_t byte = *in->at++;
    wisp_status status = emit(rw, &byte, 1, 1, err);
    if (status == WISP_OK && !follow_byte(rw, word, byte))
        return malformed(rw, "another byte", err);
    return status;
}

static wisp_status pass_number(wisp_rewriter *rw, struct wisp_rewriter_item *item, input *in,
                               wisp_error *err)
{
    while (in->at < in->end) {
        uint8_t byte = *in->at++;
        rw->token[rw->token_size++] = byte;
        if (byte < 0x80) {
            item->left--;
            return end_number(rw, item->word, err);
        }
        if (rw->token_size == NUMBER_SIZE_MAX)
            return malformed(rw, "a number of at most 10 bytes", err);
    }
    return WISP_OK;
}

static wisp_status pass_unit(wisp_rewriter *rw, struct wisp_rewriter_item *item, input *in,
                             wisp_error *err)
{
    while (in->at < in->end && rw->token_size < UNIT_SIZE)
        rw->token[rw->token_size++] = *in->at++;
    if (rw->token_size < UNIT_SIZE)
        return WISP_OK;
    item->left--;
    return end_unit(rw, err);
}

/* Whether the words that go on up to some place are at their end; *[past] if beyond it. */
static bool is_over(const wisp_rewriter *rw, uint32_t word, bool *past)
{
    uint64_t end = word == WISP_WORD_CODE ? rw->body_end : rw->section_end;
    *past = rw->plain > end;
    return rw->plain == end;
}

/* Of custom sections only that named "name" has words in it. */
static wisp_status begin_custom(wisp_rewriter *rw, struct wisp_rewriter_item *item,
                                wisp_error *err)
{
    bool is_names =
        rw->text_length == sizeof rw->text && memcmp(rw->text, "name", sizeof rw->text) == 0;
    if (rw->plain > rw->section_end)
        return malformed(rw, "the end of a section before here", err);
    item->word = is_names ? WISP_WORD_NAMES : WISP_WORD_BYTE;
    item->left = is_names ? 1 : rw->section_end - rw->plain;
    return WISP_OK;
}

/*
 * Settles what the last item is without reading a byte, where that can be done: items that
 * have ended leave, rules become their words.
 */
static wisp_status settle(wisp_rewriter *rw, bool *settled, wisp_error *err)
{
    struct wisp_rewriter_item *item = &rw->items[rw->depth - 1];
    bool past = false;
    *settled = true;
    if (item->left == 0) {
        rw->depth--;
    } else if (item->word >= WISP_WORD_MODULE && !(item->word & WISP_WORD_MANY)) {
        item->left--;
        if (!push_rule(rw, &wisp_rules[item->word]))
            return malformed(rw, "less depth", err);
    } else if (item->word == WISP_WORD_CUSTOM) {
        return begin_custom(rw, item, err);
    } else if (item->word == WISP_WORD_NAMES || item->word == WISP_WORD_CODE) {
        *settled = is_over(rw, item->word, &past);
        if (past)
            return malformed(rw, "the end before here", err);
        if (*settled)
            item->left = 0;
    } else if (item->word == WISP_WORD_SECTION && rw->section_end != 0 &&
               rw->plain != rw->section_end) {
        return malformed(rw, "the end of a section", err);
    } else {
        *settled = false;
    }
    return WISP_OK;
}

static wisp_status pass(wisp_rewriter *rw, input *in, wisp_error *err)
{
    struct wisp_rewriter_item *item = &rw->items[rw->depth - 1];
    if (item->word & WISP_WORD_MANY || item->word < WISP_WORD_SECTION)
        return pass_number(rw, item, in, err);
    if (item->word == WISP_WORD_BYTE)
        return pass_bytes(rw, item, in, err);
    if (item->word == WISP_WORD_UNIT)
        return pass_unit(rw, item, in, err);
    if (item->word == WISP_WORD_EXPORT_KIND || item->word == WISP_WORD_CATCH)
        item->left--; /* the others go on */
    return pass_byte(rw, item->word, in, err);
}

void wisp_rewriter_stop_at(wisp_rewriter *rw, uint64_t body)
{
    rw->stop = body;
}

bool wisp_rewriter_has_stopped(const wisp_rewriter *rw)
{
    return rw->stop != 0 && rw->bodies >= rw->stop;
}

wisp_status wisp_rewriter_feed(wisp_rewriter *rw, const uint8_t *data, size_t *size,
                               wisp_error *err)
{
    input in = {data, data + *size};
    wisp_status status = WISP_OK;
    while (status == WISP_OK && in.at < in.end && !wisp_rewriter_has_stopped(rw)) {
        bool settled;
        status = settle(rw, &settled, err);
        if (status == WISP_OK && !settled)
            status = pass(rw, &in, err);
    }
    *size = (size_t)(in.at - data);
    return status;
}

wisp_status wisp_rewriter_finish(wisp_rewriter *rw, wisp_error *err)
{
    bool settled = true;
    wisp_status status = WISP_OK;
    while (status == WISP_OK && settled && rw->token_size == 0)
        status = settle(rw, &settled, err);
    if (status != WISP_OK)
        return status;
    if (rw->token_size || rw->items[rw->depth - 1].word != WISP_WORD_SECTION)
        return malformed(rw, "more bytes", err);
    return flush(rw, err);
}
