#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What follows a '%'. */
typedef struct directive {
    bool left, plus, space, alternative, zero;
    int width, precision; /* -1: none */
    int length;           /* in bytes, of an integer */
    char kind;
} directive;

typedef struct output {
    char *into;
    size_t size, len; /* len counts what does not fit as well */
} output;

static void put(output *o, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++, o->len++) {
        if (o->len < o->size)
            o->into[o->len] = text[i];
    }
}

static void pad(output *o, char c, int count)
{
    for (; count > 0; count--)
        put(o, &c, 1);
}

/* ------------------------------------------------------------------ reading a directive */

static int take_number(const char **at)
{
    char *end;
    long value = strtol(*at, &end, 10);
    *at = end;
    return value > INT_MAX ? INT_MAX : (int)value;
}

static void take_flags(const char **at, directive *d)
{
    for (;; (*at)++) {
        switch (**at) {
        case '-':
            d->left = true;
            break;
        case '+':
            d->plus = true;
            break;
        case ' ':
            d->space = true;
            break;
        case '#':
            d->alternative = true;
            break;
        case '0':
            d->zero = true;
            break;
        default:
            return;
        }
    }
}

static int take_length(const char **at)
{
    static const struct {
        const char *name;
        int size;
    } lengths[] = {
        {"hh", sizeof(char)},     {"h", sizeof(short)},  {"ll", sizeof(long long)},
        {"l", sizeof(long)},      {"z", sizeof(size_t)}, {"j", sizeof(intmax_t)},
        {"t", sizeof(ptrdiff_t)},
    };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t len = strlen(lengths[i].name);
        if (strncmp(*at, lengths[i].name, len) == 0) {
            *at += len;
            return lengths[i].size;
        }
    }
    return sizeof(int);
}

/* The arguments are passed on as a pointer since a va_list may be an array. */
typedef struct arguments {
    va_list list;
} arguments;

static directive take_directive(const char **at, arguments *args)
{
    directive d = {.precision = -1};
    take_flags(at, &d);
    if (**at == '*') {
        (*at)++;
        d.width = va_arg(args->list, int);
        d.left = d.left || d.width < 0;
        d.width = abs(d.width);
    } else if (isdigit(**at)) {
        d.width = take_number(at);
    }
    if (**at == '.') {
        (*at)++;
        if (**at == '*') {
            (*at)++;
            d.precision = va_arg(args->list, int);
        } else {
            d.precision = isdigit(**at) ? take_number(at) : 0;
        }
    }
    d.length = take_length(at);
    d.kind = **at;
    *at += d.kind != '\0';
    return d;
}

/* ------------------------------------------------------------------ writing it */

static void put_text(output *o, const directive *d, const char *text, size_t len)
{
    int padding = d->width > (int)len ? d->width - (int)len : 0;
    pad(o, ' ', d->left ? 0 : padding);
    put(o, text, len);
    pad(o, ' ', d->left ? padding : 0);
}

/* Writes the digits of [value] so that they end at [end]; returns where they begin. */
static char *digits_of(uint64_t value, unsigned base, bool upper, char *end)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; value > 0; value /= base)
        *--end = digits[value % base];
    return end;
}

static void put_number(output *o, const directive *d, const char *prefix, uint64_t value,
                       unsigned base)
{
    char room[24];
    char *end = room + sizeof room, *digits = digits_of(value, base, d->kind == 'X', end);
    int len = (int)(end - digits), prefix_len = (int)strlen(prefix);
    int least = d->precision < 0 ? 1 : d->precision;
    if (base == 8 && d->alternative && least <= len)
        least = len + 1;
    int zeros = least > len ? least - len : 0;
    int padding = d->width - zeros - len - prefix_len;
    if (d->zero && !d->left && d->precision < 0 && padding > 0) {
        zeros += padding;
        padding = 0;
    }
    pad(o, ' ', d->left ? 0 : padding);
    put(o, prefix, (size_t)prefix_len);
    pad(o, '0', zeros);
    put(o, digits, (size_t)len);
    pad(o, ' ', d->left ? padding : 0);
}

static void put_signed(output *o, const directive *d, arguments *args)
{
    int64_t value = d->length == 8 ? va_arg(args->list, long long) : va_arg(args->list, int);
    if (d->length < 4)
        value = d->length == 1 ? (signed char)value : (short)value;
    const char *plus = d->plus ? "+" : d->space ? " " : "";
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put_number(o, d, value < 0 ? "-" : plus, magnitude, 10);
}

static void put_unsigned(output *o, const directive *d, arguments *args, unsigned base)
{
    uint64_t value =
        d->length == 8 ? va_arg(args->list, unsigned long long) : va_arg(args->list, unsigned);
    if (d->length < 4)
        value = d->length == 1 ? (unsigned char)value : (unsigned short)value;
    const char *prefix = "";
    if (base == 16 && d->alternative && value != 0)
        prefix = d->kind == 'X' ? "0X" : "0x";
    put_number(o, d, prefix, value, base);
}

static void put_string(output *o, const directive *d, const char *text)
{
    if (!text)
        text = "(null)";
    put_text(o, d, text, strnlen(text, d->precision < 0 ? INT_MAX : (size_t)d->precision));
}

static void put_pointer(output *o, const directive *d, const void *pointer)
{
    directive as_hex = *d;
    as_hex.precision = -1;
    put_number(o, &as_hex, "0x", (uintptr_t)pointer, 16);
}

static void put_directive(output *o, const directive *d, arguments *args)
{
    switch (d->kind) {
    case 'd':
    case 'i':
        put_signed(o, d, args);
        break;
    case 'u':
        put_unsigned(o, d, args, 10);
        break;
    case 'o':
        put_unsigned(o, d, args, 8);
        break;
    case 'x':
    case 'X':
        put_unsigned(o, d, args, 16);
        break;
    case 'c':
        put_text(o, d, (char[]){(char)va_arg(args->list, int)}, 1);
        break;
    case 's':
        put_string(o, d, va_arg(args->list, const char *));
        break;
    case 'p':
        put_pointer(o, d, va_arg(args->list, const void *));
        break;
    case '%':
        put(o, "%", 1);
        break;
    default: /* nothing that is known: what follows would read arguments wrongly */
        abort();
    }
}

int vsnprintf(char *into, size_t size, const char *format, va_list list)
{
    output o = {into, size, 0};
    arguments args;
    va_copy(args.list, list);
    while (*format) {
        size_t plain = strcspn(format, "%");
        put(&o, format, plain);
        format += plain;
        if (*format == '%') {
            format++;
            directive d = take_directive(&format, &args);
            put_directive(&o, &d, &args);
        }
    }
    va_end(args.list);
    if (size > 0)
        into[o.len < size ? o.len : size - 1] = '\0';
    return (int)o.len;
}

int snprintf(char *into, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int len = vsnprintf(into, size, format, list);
    va_end(list);
    return len;
}
