#define _XOPEN_SOURCE 700 /* realpath */

#include "header.h"
#include "libclang.h"

#include "../take.h"

#include "base/error.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one file that knows libclang: makes a c_header of what it has parsed. */

typedef struct folder {
    const char *typed; /* as the user wrote it, with the '/' */
    const char *real;  /* absolute, likewise */
} folder;

typedef struct reader {
    libclang clang;
    const c_reading *reading;
    c_header *header;
    wisp_arena *arena;
    folder *folders;   /* of the headers */
    CXCursor *cursors; /* of header->records */
    size_t cursor_room;
} reader;

static const c_type *make_type(reader *r, CXType type, CXCursor named_by);

/* ------------------------------------------------------------------ texts and places */

static char *take_string(reader *r, CXString string)
{
    const char *text = r->clang.getCString(string);
    char *copy = take_text(r->arena, text ? text : "", text ? strlen(text) : 0);
    r->clang.disposeString(string);
    return copy;
}

/* [path] below the folder of one of the headers, as the user would write it; else NULL. */
static const char *path_in_folder(reader *r, const char *path)
{
    char real[PATH_MAX];
    if (!realpath(path, real))
        return NULL;
    for (size_t i = 0; i < r->reading->path_len; i++) {
        size_t size = strlen(r->folders[i].real);
        if (strncmp(real, r->folders[i].real, size) == 0)
            return take_print(r->arena, "%s%s", r->folders[i].typed, real + size);
    }
    return NULL;
}

static c_place place_of(reader *r, CXLocation location)
{
    void *file = NULL;
    c_place place = {"", 0};
    r->clang.getFileLocation(location, &file, &place.line, NULL, NULL);
    if (file) {
        const char *path = take_string(r, r->clang.getFileName(file));
        const char *typed = path_in_folder(r, path);
        place.file = typed ? typed : path;
    }
    return place;
}

/* Whether the declaration is the user's, and not one of a library's that is included. */
static bool is_bound(reader *r, CXCursor cursor)
{
    CXLocation location = r->clang.getCursorLocation(cursor);
    void *file = NULL;
    unsigned line;
    if (r->clang.Location_isInSystemHeader(location))
        return false;
    r->clang.getFileLocation(location, &file, &line, NULL, NULL);
    return file && path_in_folder(r, take_string(r, r->clang.getFileName(file)));
}

typedef struct annotations {
    reader *reader;
    const char *text;
} annotations;

static int add_annotation(CXCursor cursor, CXCursor parent, void *user)
{
    annotations *found = user;
    (void)parent;
    if (cursor.kind != CXCursor_AnnotateAttr)
        return CXChildVisit_Continue;
    const char *text = take_string(found->reader, found->reader->clang.getCursorSpelling(cursor));
    if (strncmp(text, "wisp:", 5) == 0)
        found->text = take_print(found->reader->arena, "%s%s%s", found->text,
                                 found->text[0] ? ", " : "", text + 5);
    return CXChildVisit_Continue;
}

static const char *annotation_of(reader *r, CXCursor cursor)
{
    annotations found = {r, ""};
    r->clang.visitChildren(cursor, add_annotation, &found);
    return found.text;
}

/* ------------------------------------------------------------------ records */

typedef struct fields {
    reader *reader;
    c_member *at;
    size_t len, room;
} fields;

static int add_field(CXCursor cursor, void *user)
{
    fields *list = user;
    reader *r = list->reader;
    take_room(r->arena, &list->at, list->len, &list->room, sizeof *list->at);
    CXType type = r->clang.getCursorType(cursor);
    CXCursor owner = r->clang.getTypeDeclaration(type);
    c_member *field = &list->at[list->len++];
    field->name = take_string(r, r->clang.getCursorSpelling(cursor));
    if (strchr(field->name, '(')) /* "(anonymous at …)", in later versions */
        field->name = "";
    field->place = place_of(r, r->clang.getCursorLocation(cursor));
    field->annotation = annotation_of(r, field->name[0] ? cursor : owner);
    field->type = make_type(r, type, cursor);
    field->offset_bits = (uint32_t)r->clang.Cursor_getOffsetOfField(cursor);
    if (r->clang.Cursor_isBitField(cursor))
        field->bit_width = (uint32_t)r->clang.getFieldDeclBitWidth(cursor);
    return CXVisit_Continue;
}

static c_record *find_record(reader *r, CXCursor cursor)
{
    for (size_t i = 0; i < r->header->record_len; i++)
        if (r->clang.equalCursors(r->cursors[i], cursor))
            return r->header->records[i];
    return NULL;
}

static c_record *make_record(reader *r, CXType type, const char *tag)
{
    c_header *h = r->header;
    CXCursor cursor = r->clang.getTypeDeclaration(type);
    c_record *record = find_record(r, cursor);
    if (record)
        return record;
    take_room(r->arena, &h->records, h->record_len, &h->record_room, sizeof(c_record *));
    take_room(r->arena, &r->cursors, h->record_len, &r->cursor_room, sizeof(CXCursor));
    record = take(r->arena, 1, sizeof *record);
    h->records[h->record_len] = record; /* before its fields, which may point at it */
    r->cursors[h->record_len++] = cursor;
    record->tag = tag;
    record->place = place_of(r, r->clang.getCursorLocation(cursor));
    record->is_union = cursor.kind == CXCursor_UnionDecl;
    record->is_whole = r->clang.Type_getSizeOf(type) >= 0;
    fields list = {r, NULL, 0, 0};
    if (record->is_whole)
        r->clang.Type_visitFields(type, add_field, &list);
    record->fields = list.at;
    record->field_len = list.len;
    return record;
}

/* ------------------------------------------------------------------ types */

typedef struct names {
    reader *reader;
    c_signature *signature;
    size_t len;
} names;

/* The parameters of a function type have names in the declaration that uses it only. */
static int add_name(CXCursor cursor, CXCursor parent, void *user)
{
    names *list = user;
    reader *r = list->reader;
    (void)parent;
    if (cursor.kind != CXCursor_ParmDecl || list->len == list->signature->param_len)
        return CXChildVisit_Continue;
    c_member *param = &list->signature->params[list->len++];
    param->name = take_string(r, r->clang.getCursorSpelling(cursor));
    param->annotation = annotation_of(r, cursor);
    param->place = place_of(r, r->clang.getCursorLocation(cursor));
    param->type = make_type(r, r->clang.getCursorType(cursor), cursor);
    return CXChildVisit_Continue;
}

static c_signature *make_signature(reader *r, CXType type, CXCursor named_by)
{
    c_signature *signature = take(r->arena, 1, sizeof *signature);
    signature->result = make_type(r, r->clang.getResultType(type), named_by);
    signature->is_variadic = r->clang.isFunctionTypeVariadic(type) != 0;
    signature->param_len = (size_t)r->clang.getNumArgTypes(type);
    signature->params = take(r->arena, signature->param_len + 1, sizeof *signature->params);
    for (size_t i = 0; i < signature->param_len; i++) {
        signature->params[i].name = signature->params[i].annotation = "";
        signature->params[i].type =
            make_type(r, r->clang.getArgType(type, (unsigned)i), named_by);
    }
    names list = {r, signature, 0};
    r->clang.visitChildren(named_by, add_name, &list);
    return signature;
}

/* What stands behind typedefs and the word "struct"; *[named_by] becomes the last typedef. */
static CXType look_behind(reader *r, CXType type, CXCursor *named_by)
{
    while (type.kind == CXType_Typedef || type.kind == CXType_Elaborated) {
        if (type.kind == CXType_Elaborated) {
            type = r->clang.Type_getNamedType(type);
        } else {
            *named_by = r->clang.getTypeDeclaration(type);
            type = r->clang.getTypedefDeclUnderlyingType(*named_by);
        }
    }
    switch (type.kind) {
    case CXType_Pointer:
    case CXType_ConstantArray:
    case CXType_FunctionProto:
    case CXType_Record:
    case CXType_Enum:
        return type;
    default: /* attributed, decayed and parenthesised types */
        return r->clang.getCanonicalType(type);
    }
}

static c_kind kind_of(int kind)
{
    switch (kind) {
    case CXType_Void:
        return C_VOID;
    case CXType_Bool:
        return C_BOOL;
    case CXType_Float:
    case CXType_Double:
        return C_FLOAT;
    case CXType_Pointer:
        return C_POINTER;
    case CXType_ConstantArray:
        return C_ARRAY;
    case CXType_Record:
        return C_RECORD;
    case CXType_Enum:
        return C_ENUM;
    case CXType_FunctionProto:
        return C_FUNCTION;
    case CXType_Char_U:
    case CXType_UChar:
    case CXType_UShort:
    case CXType_UInt:
    case CXType_ULong:
    case CXType_ULongLong:
    case CXType_Char_S:
    case CXType_SChar:
    case CXType_WChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
        return C_INT;
    default:
        return C_OTHER;
    }
}

static bool is_signed(const reader *r, CXType type)
{
    if (type.kind == CXType_WChar)
        return true;
    if (type.kind == CXType_Enum)
        type = r->clang.getCanonicalType(
            r->clang.getEnumDeclIntegerType(r->clang.getTypeDeclaration(type)));
    return type.kind >= CXType_Char_S;
}

/* How a variable of the type is declared, without "const". */
static char *declared_as(reader *r, CXType type)
{
    char *text = take_string(r, r->clang.getTypeSpelling(type));
    if (type.kind != CXType_Pointer) /* whose "const" is that of what it points at */
        while (strncmp(text, "const ", 6) == 0 || strncmp(text, "volatile ", 9) == 0)
            text = strchr(text, ' ') + 1;
    return strcmp(text, "_Bool") == 0 ? take_text(r->arena, "bool", 4) : text;
}

/* The last word of a type's text: "item" of "struct item"; "" of one without a name. */
static const char *last_word(const char *text)
{
    const char *space = strrchr(text, ' ');
    return strpbrk(text, "(*[") ? "" : space ? space + 1 : text;
}

static const c_type *make_type(reader *r, CXType written, CXCursor named_by)
{
    c_type *type = take(r->arena, 1, sizeof *type);
    CXType real = look_behind(r, written, &named_by);
    type->kind = kind_of(real.kind);
    type->text = declared_as(r, written);
    type->name = last_word(type->text);
    type->is_const = r->clang.isConstQualifiedType(r->clang.getCanonicalType(written)) != 0;
    type->is_signed = is_signed(r, real);
    long long size = r->clang.Type_getSizeOf(real), alignment = r->clang.Type_getAlignOf(real);
    if (size > UINT32_MAX)
        type->kind = C_OTHER;
    type->size = size > 0 && size <= UINT32_MAX ? (uint32_t)size : 0;
    type->alignment = alignment > 0 ? (uint32_t)alignment : 1;
    switch (type->kind) {
    case C_POINTER:
        type->of = make_type(r, r->clang.getPointeeType(real), named_by);
        break;
    case C_ARRAY:
        type->of = make_type(r, r->clang.getArrayElementType(real), named_by);
        type->len = (uint64_t)r->clang.getArraySize(real);
        break;
    case C_RECORD:
        type->record = make_record(r, real, type->name);
        break;
    case C_FUNCTION:
        type->signature = make_signature(r, real, named_by);
        break;
    default:
        break;
    }
    return type;
}

/* ------------------------------------------------------------------ the header */

static bool is_known(const c_header *h, const char *name)
{
    for (size_t i = 0; i < h->function_len; i++)
        if (strcmp(h->functions[i].name, name) == 0)
            return true;
    return false;
}

static void add_function(reader *r, CXCursor cursor)
{
    c_header *h = r->header;
    const char *name = take_string(r, r->clang.getCursorSpelling(cursor));
    CXType type = r->clang.getCanonicalType(r->clang.getCursorType(cursor));
    if (is_known(h, name) || !is_bound(r, cursor) || r->clang.Cursor_isFunctionInlined(cursor) ||
        r->clang.Cursor_getStorageClass(cursor) == CXStorage_Static)
        return;
    take_room(r->arena, &h->functions, h->function_len, &h->function_room, sizeof *h->functions);
    c_function *function = &h->functions[h->function_len++];
    function->name = name;
    function->annotation = annotation_of(r, cursor);
    function->place = place_of(r, r->clang.getCursorLocation(cursor));
    function->signature = make_signature(r, r->clang.getCursorType(cursor), cursor);
    if (type.kind != CXType_FunctionProto) /* "f()", of which nothing is known */
        function->signature->is_variadic = true;
}

/* Stands in the file that includes the headers. */
#define IS_LITTLE_ENDIAN "wisp_bind_is_little_endian"

static int add_declaration(CXCursor cursor, CXCursor parent, void *user)
{
    reader *r = user;
    (void)parent;
    if (cursor.kind == CXCursor_FunctionDecl)
        add_function(r, cursor);
    if (cursor.kind == CXCursor_EnumConstantDecl &&
        strcmp(take_string(r, r->clang.getCursorSpelling(cursor)), IS_LITTLE_ENDIAN) == 0)
        r->header->is_little_endian = r->clang.getEnumConstantDeclValue(cursor) != 0;
    return cursor.kind == CXCursor_FunctionDecl ? CXChildVisit_Continue : CXChildVisit_Recurse;
}

/* Says on stderr what errors the compiler has found; gives how many. */
static unsigned tell_errors(reader *r, void *unit)
{
    unsigned errors = 0, count = r->clang.getNumDiagnostics(unit);
    for (unsigned i = 0; i < count; i++) {
        void *diagnostic = r->clang.getDiagnostic(unit, i);
        if (r->clang.getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
            c_place place = place_of(r, r->clang.getDiagnosticLocation(diagnostic));
            fprintf(stderr, "%s:%u: %s\n", place.file, place.line,
                    take_string(r, r->clang.getDiagnosticSpelling(diagnostic)));
            errors++;
        }
        r->clang.disposeDiagnostic(diagnostic);
    }
    return errors;
}

static const char *find_triple(reader *r, void *unit)
{
    void *info = r->clang.getTranslationUnitTargetInfo(unit);
    const char *triple = take_string(r, r->clang.TargetInfo_getTriple(info));
    r->clang.TargetInfo_dispose(info);
    return triple;
}

/* The file that is parsed: it includes the headers. */
static wisp_status write_source(reader *r, char **out, wisp_error *err)
{
    char *text = take_text(r->arena, "", 0), real[PATH_MAX];
    r->folders = take(r->arena, r->reading->path_len, sizeof *r->folders);
    for (size_t i = 0; i < r->reading->path_len; i++) {
        const char *path = r->reading->paths[i];
        const char *slash = strrchr(path, '/');
        if (!realpath(path, real))
            return wisp_fail(err, WISP_NOT_FOUND, "no header '%.200s'", path);
        text = take_print(r->arena, "%s#include \"%s\"\n", text, real);
        r->folders[i].typed = take_text(r->arena, path, slash ? (size_t)(slash + 1 - path) : 0);
        r->folders[i].real = take_text(r->arena, real, (size_t)(strrchr(real, '/') + 1 - real));
    }
    *out = take_print(r->arena,
                      "%senum { " IS_LITTLE_ENDIAN " = "
                      "__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };\n",
                      text);
    return WISP_OK;
}

static void *parse(reader *r, void *index, const char *text)
{
    const c_reading *reading = r->reading;
    const char **flags = take(r->arena, reading->flag_len + 8, sizeof *flags);
    int len = 0;
    flags[len++] = r->clang.program;
    flags[len++] = "-xc";
    flags[len++] = "-std=gnu11";
    flags[len++] = "-w";
    flags[len++] = "-DWISP_BIND(...)=__attribute__((annotate(\"wisp:\" #__VA_ARGS__)))";
    if (reading->target)
        flags[len++] = take_print(r->arena, "--target=%s", reading->target);
    for (size_t i = 0; i < reading->flag_len; i++)
        flags[len++] = reading->flags[i];
    struct CXUnsavedFile file = {"wisp-bind.c", text, strlen(text)};
    void *unit = NULL;
    r->clang.parseTranslationUnit2FullArgv(
        index, file.name, flags, len, &file, 1,
        CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing, &unit);
    return unit;
}

wisp_status c_header_read(const c_reading *reading, wisp_arena *arena, c_header *out,
                          wisp_error *err)
{
    reader r = {.reading = reading, .header = out, .arena = arena};
    char *text = NULL;
    *out = (c_header){.arena = arena};
    wisp_status status = libclang_find(&r.clang, err);
    if (!status)
        status = write_source(&r, &text, err);
    if (status)
        return status;
    void *index = r.clang.createIndex(0, 0);
    void *unit = parse(&r, index, text);
    unsigned errors = unit ? tell_errors(&r, unit) : 1;
    if (errors) {
        status = wisp_fail(err, WISP_MALFORMED, "%s does not compile for %s: %u errors",
                           reading->paths[0], reading->target ? reading->target : "this machine",
                           errors);
    } else {
        out->triple = find_triple(&r, unit);
        r.clang.visitChildren(r.clang.getTranslationUnitCursor(unit), add_declaration, &r);
    }
    if (unit)
        r.clang.disposeTranslationUnit(unit);
    r.clang.disposeIndex(index);
    return status;
}
