#ifndef WISP_CLI_BIND_LIBCLANG_H
#define WISP_CLI_BIND_LIBCLANG_H

#include <wisp/base.h>

/*
 * The part of libclang's C interface that is used here, declared anew and found at run time.
 *
 * libclang comes with every clang that compiles modules, and its interface has been stable for
 * ten years; so `wisp bind` needs neither its headers when Wisp is built nor one certain version
 * when it runs, and the rest of the command does not carry a compiler around. The price is this
 * list, whose types and numbers are those of clang-c/Index.h.
 */

typedef struct CXString {
    const void *data;
    unsigned flags;
} CXString;

typedef struct CXCursor {
    int kind;
    int xdata;
    const void *data[3];
} CXCursor;

typedef struct CXType {
    int kind;
    void *data[2];
} CXType;

typedef struct CXLocation {
    const void *pointers[2];
    unsigned number;
} CXLocation;

struct CXUnsavedFile {
    const char *name, *text;
    unsigned long size;
};

typedef int CXCursorVisitor(CXCursor cursor, CXCursor parent, void *user);
typedef int CXFieldVisitor(CXCursor cursor, void *user);

enum {
    CXCursor_StructDecl = 2,
    CXCursor_UnionDecl = 3,
    CXCursor_FieldDecl = 6,
    CXCursor_EnumConstantDecl = 7,
    CXCursor_FunctionDecl = 8,
    CXCursor_ParmDecl = 10,
    CXCursor_TypedefDecl = 20,
    CXCursor_AnnotateAttr = 406
};

enum {
    CXType_Void = 2,
    CXType_Bool = 3,
    CXType_Char_U = 4,
    CXType_UChar = 5,
    CXType_UShort = 8,
    CXType_UInt = 9,
    CXType_ULong = 10,
    CXType_ULongLong = 11,
    CXType_Char_S = 13,
    CXType_SChar = 14,
    CXType_WChar = 15,
    CXType_Short = 16,
    CXType_Int = 17,
    CXType_Long = 18,
    CXType_LongLong = 19,
    CXType_Float = 21,
    CXType_Double = 22,
    CXType_Pointer = 101,
    CXType_Record = 105,
    CXType_Enum = 106,
    CXType_Typedef = 107,
    CXType_FunctionProto = 111,
    CXType_ConstantArray = 112,
    CXType_Elaborated = 119
};

enum {
    CXChildVisit_Continue = 1,
    CXChildVisit_Recurse = 2,
    CXVisit_Continue = 1,
    CXStorage_Static = 3,
    CXDiagnostic_Error = 3,
    CXTranslationUnit_SkipFunctionBodies = 0x40,
    CXTranslationUnit_KeepGoing = 0x200
};

/* X(result, name without "clang_", parameters) */
#define LIBCLANG(X)                                                                              \
    X(void *, createIndex, (int, int))                                                           \
    X(void, disposeIndex, (void *))                                                              \
    X(int, parseTranslationUnit2FullArgv,                                                        \
      (void *, const char *, const char *const *, int, struct CXUnsavedFile *, unsigned,         \
       unsigned, void **))                                                                       \
    X(void, disposeTranslationUnit, (void *))                                                    \
    X(void *, getTranslationUnitTargetInfo, (void *))                                            \
    X(CXString, TargetInfo_getTriple, (void *))                                                  \
    X(void, TargetInfo_dispose, (void *))                                                        \
    X(unsigned, getNumDiagnostics, (void *))                                                     \
    X(void *, getDiagnostic, (void *, unsigned))                                                 \
    X(int, getDiagnosticSeverity, (void *))                                                      \
    X(CXString, getDiagnosticSpelling, (void *))                                                 \
    X(CXLocation, getDiagnosticLocation, (void *))                                               \
    X(void, disposeDiagnostic, (void *))                                                         \
    X(const char *, getCString, (CXString))                                                      \
    X(void, disposeString, (CXString))                                                           \
    X(CXCursor, getTranslationUnitCursor, (void *))                                              \
    X(unsigned, visitChildren, (CXCursor, CXCursorVisitor *, void *))                            \
    X(unsigned, Type_visitFields, (CXType, CXFieldVisitor *, void *))                            \
    X(CXString, getCursorSpelling, (CXCursor))                                                   \
    X(CXLocation, getCursorLocation, (CXCursor))                                                 \
    X(int, Location_isInSystemHeader, (CXLocation))                                              \
    X(void, getFileLocation, (CXLocation, void **, unsigned *, unsigned *, unsigned *))          \
    X(CXString, getFileName, (void *))                                                           \
    X(CXType, getCursorType, (CXCursor))                                                         \
    X(unsigned, equalCursors, (CXCursor, CXCursor))                                              \
    X(int, Cursor_getStorageClass, (CXCursor))                                                   \
    X(unsigned, Cursor_isFunctionInlined, (CXCursor))                                            \
    X(CXCursor, Cursor_getArgument, (CXCursor, unsigned))                                        \
    X(unsigned, Cursor_isAnonymous, (CXCursor))                                                  \
    X(unsigned, Cursor_isBitField, (CXCursor))                                                   \
    X(int, getFieldDeclBitWidth, (CXCursor))                                                     \
    X(long long, Cursor_getOffsetOfField, (CXCursor))                                            \
    X(CXType, getEnumDeclIntegerType, (CXCursor))                                                \
    X(long long, getEnumConstantDeclValue, (CXCursor))                                           \
    X(CXString, getTypeSpelling, (CXType))                                                       \
    X(CXType, getCanonicalType, (CXType))                                                        \
    X(CXType, getTypedefDeclUnderlyingType, (CXCursor))                                          \
    X(CXType, Type_getNamedType, (CXType))                                                       \
    X(unsigned, isConstQualifiedType, (CXType))                                                  \
    X(CXType, getPointeeType, (CXType))                                                          \
    X(CXType, getArrayElementType, (CXType))                                                     \
    X(long long, getArraySize, (CXType))                                                         \
    X(CXCursor, getTypeDeclaration, (CXType))                                                    \
    X(long long, Type_getSizeOf, (CXType))                                                       \
    X(long long, Type_getAlignOf, (CXType))                                                      \
    X(CXType, getResultType, (CXType))                                                           \
    X(int, getNumArgTypes, (CXType))                                                             \
    X(CXType, getArgType, (CXType, unsigned))                                                    \
    X(unsigned, isFunctionTypeVariadic, (CXType))

typedef struct libclang {
#define X(result, name, parameters) result(*name) parameters;
    LIBCLANG(X)
#undef X
    char program[256]; /* the compiler that it belongs to, for argument 0 */
} libclang;

/*
 * Finds libclang and fills [out]. The environment variable LIBCLANG names the library, where the
 * one that is found is not the one to use. It stays loaded as long as the process lives, as
 * compilers do not like to be unloaded. WISP_NOT_FOUND says what was tried.
 */
wisp_status libclang_find(libclang *out, wisp_error *err);

#endif
