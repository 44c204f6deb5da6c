#ifndef WISP_CLI_BIND_PLAN_H
#define WISP_CLI_BIND_PLAN_H

#include "annotation.h"

/*
 * What is to be generated: each parameter, field and result with the one way in which it crosses
 * the line between module and program. Whatever could be meant in two ways is a fault, which
 * names the place and the annotation that would decide it; nothing is guessed.
 *
 * To read or get is to make the program's form of what a module has, to write or pack the
 * module's form of what the program has.
 */

typedef enum shape {
    SHAPE_NOTHING,  /* void; what could not be planned */
    SHAPE_VALUE,    /* a number, bool or enum */
    SHAPE_COOKIE,   /* a pointer that nobody follows: its bits */
    SHAPE_TEXT,     /* characters up to a NUL */
    SHAPE_OBJECTS,  /* a pointer to one or several elements */
    SHAPE_HANDLE,   /* an object of the program's, which the module knows by a number */
    SHAPE_CALLBACK, /* a function of the module's */
    SHAPE_HELD,     /* bytes that go with a callback, until it is called with them */
    SHAPE_USER,     /* what goes with a callback */
    SHAPE_RECORD,   /* a struct in place */
    SHAPE_ARRAY,    /* several of something in place */
    SHAPE_UNION,    /* one of several in place, by a tag */
    SHAPE_BYTES     /* in place, the same bytes on both sides */
} shape;

typedef struct plan_item plan_item;
typedef struct plan_callback plan_callback;

/* What the generated code does with elements of one type. */
enum {
    USE_READ = 1,  /* makes one of the module's bytes */
    USE_GET = 2,   /* fetches some from an address */
    USE_WRITE = 4, /* makes the module's bytes of one */
    USE_PACK = 8   /* … of some */
};

/* A type that there may be several of: a struct with a name, or a number. */
typedef struct plan_element {
    const c_type *guest, *host;
    const char *name;  /* as a part of the names of functions: "struct_item" */
    plan_item *fields; /* of a struct */
    size_t field_len;
    bool is_alike; /* the same bytes on both sides, whatever they are */
    bool is_dense; /* … and none of them padding, which may hold anything */
    bool has_pointers;
    unsigned uses; /* USE_… */
    bool is_told;  /* that code has been written */
    bool is_open;  /* it is being planned: what leads here again has no end */
    bool is_broken;
} plan_element;

/* An opaque type of the program's. */
typedef struct plan_handle {
    const char *name; /* "db" */
    const c_type *type;
    const char *release; /* the function that ends one, NULL for none */
    bool is_used;        /* by what is bound */
} plan_handle;

struct plan_item {
    const char *name;
    const char *label; /* as annotations beside the header call it: "find.key" */
    const c_type *guest, *host;
    const c_member *field; /* as the module has it; offset and width */
    c_place place;
    annotation notes;
    shape shape;
    direction way;
    plan_element *element;   /* OBJECTS, and RECORD with a name */
    const count *len;        /* OBJECTS: how many elements; NULL: one */
    const count *written;    /* … of which the function has filled so many */
    plan_handle *handle;     /* HANDLE */
    plan_callback *callback; /* CALLBACK */
    size_t partner;          /* CALLBACK: the parameter that is its USER, and back; SIZE_MAX */
    plan_item *of;           /* ARRAY: one of them; RECORD without a name, UNION: its fields */
    size_t of_len;
    const char *tag; /* UNION: the field that says which, as counts name it */
};

typedef struct plan_function {
    const char *name;
    c_place place;
    const char *owner; /* how annotations name it */
    bool is_callback;  /* the program calls, the module is called */
    plan_item *params;
    size_t param_len;
    plan_item result;
} plan_function;

/* A function of a module's that the program calls. */
struct plan_callback {
    plan_function function;
    lifetime life;
    bool is_held;   /* that is what was held */
    bool is_used;   /* by what is bound */
    size_t user_at; /* the parameter that brings back what went with it */
};

typedef struct plan_list {
    void **items;
    size_t len, room;
} plan_list;

typedef struct plan {
    wisp_arena *arena;
    const c_header *guest, *host;
    sidecar *notes;
    plan_list functions, elements, handles, callbacks; /* of plan_function, … */
    unsigned skipped, refused;                         /* functions */
    unsigned faults;
} plan;

/* Plans all functions of the two readings of one header. What cannot be bound is said on stderr
 * and counted in [faults]; what can is in the lists. */
void plan_make(plan *p);

/* ------------------------------------------------------------------ among plan_*.c */

/* Where the names in counts are looked up: the parameters or fields around. */
typedef struct plan_scope {
    const plan_item *items;
    size_t len;
    const char *prefix; /* how they are reached from the outermost struct: "u." */
    bool is_function;
    const struct plan_scope *outer;
} plan_scope;

void plan_add(plan *p, plan_list *list, void *item);

/* Says on stderr what is wrong with the declaration at [place]. Gives false. */
bool plan_fault(plan *p, c_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fills [out] with the words of the header and of the file beside it. */
bool plan_notes(plan *p, c_place place, const char *words, const char *owner, const char *member,
                annotation *out);

/* Sets what of [item] the two readings of one declaration say; false if they differ. */
bool plan_pair(plan *p, plan_item *item, const c_member *guest, const c_member *host,
               const char *owner);

/* [from] with names as the generated code writes them; NULL after a fault about [of]. */
const count *plan_count(plan *p, const plan_item *of, const count *from, const plan_scope *scope);

/* Whether an integer called [name] probably counts something. */
bool plan_seems_count(const char *name);
/* … or whether it begins with a word that says so. */
bool plan_begins_count(const char *name);

/* The element for the type; NULL after a fault about [of]. */
plan_element *plan_element_of(plan *p, const plan_item *of, const c_type *guest,
                              const c_type *host);

/* Finds out what is needed of elements, handles and callbacks for the functions that are bound.
 */
void plan_uses(plan *p);

/* What a pointer stands in. */
typedef enum plan_role { ROLE_PARAM, ROLE_FIELD, ROLE_RESULT } plan_role;

/* Whether all that was said of [item] says something of the shape that it got. */
bool plan_fits(plan *p, const plan_item *item);

/* Decides what the pointer [item] is, which is no callback, by its type and notes. [scope] has
 * what it stands among. */
bool plan_pointer(plan *p, plan_item *item, plan_role role, const plan_scope *scope);

/* A function that modules import. */
plan_function *plan_imported(plan *p, const c_function *guest, const c_function *host,
                             const annotation *notes);

#endif
