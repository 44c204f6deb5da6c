#include "published.h"

#include "out.h"
#include "term.h"
#include "trust/date.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ROOT_WARNING_S (INT64_C(30) * 86400)

bool open_project(const cli_args *args, wisp_project **out, int *code)
{
    wisp_error err;
    if (wisp_project_open(NULL, NULL, args_text(args, "project", "."), out, &err) == WISP_OK)
        return true;
    *code = fail_with(NULL, &err);
    return false;
}

bool take_target(const cli_args *args, wisp_place *out)
{
    wisp_error err;
    *out = (wisp_place){.target = args_text(args, "name", NULL),
                        .dry_run = args_has(args, "dry-run")};
    if (out->target && wisp_target_name_check(out->target, &err)) {
        usage_error(args->command, "%s", err.text);
        return false;
    }
    return true;
}

bool take_place(const cli_args *args, wisp_place *out)
{
    bool taken = take_target(args, out);
    out->channel = args_text(args, "channel", NULL);
    return taken;
}

/* ------------------------------------------------------------------ words */

static void print_documents(const wisp_published *published)
{
    int64_t now = (int64_t)time(NULL);
    for (size_t role = 0; role < published->len; role++) {
        char date[WISP_DATE_TEXT_SIZE] = "?", when[AGO_TEXT_SIZE];
        wisp_date_print(published->expires[role], date);
        printf("  %-10s version %-4" PRIu64 " valid until %s, %s%s\n", published->names[role],
               published->versions[role], date, ago_text(published->expires[role], now, when),
               published->renewed[role] ? "" : " (unchanged)");
    }
}

/* A value in one line. */
static void print_value(const wisp_json *value)
{
    size_t size;
    char *text = value ? wisp_json_canonical(value, &size) : NULL;
    fputs(text ? text : "-", stdout);
    wisp_json_text_free(text);
}

static void print_changes(const wisp_published *published)
{
    puts("\nWhat would change:");
    for (size_t i = 0; i < wisp_json_len(published->changes); i++) {
        const wisp_json *change = wisp_json_item(published->changes, i);
        const char *document = "", *path = "";
        wisp_json_string(change, "document", &document, NULL);
        wisp_json_string(change, "path", &path, NULL);
        printf("  %s: %s: ", document, path);
        print_value(wisp_json_value(change, "before"));
        fputs(" -> ", stdout);
        print_value(wisp_json_value(change, "after"));
        putchar('\n');
    }
    puts("\nNothing was written.");
}

static void print_lacking(const wisp_published *published)
{
    puts("\nNot live: it waits for signatures.");
    for (size_t role = 0; role < published->len; role++) {
        if (published->renewed[role])
            printf("  pending/%" PRIu64 ".%s.json has %" PRIu64 " of %" PRIu64 "\n",
                   published->versions[role], published->names[role], published->signed_by[role],
                   published->threshold[role]);
    }
    puts("Others sign with 'wisp sign FILE --key KEY', or here with 'wisp sign'.");
}

static void print_release(const wisp_published *published)
{
    char size[COUNT_TEXT_SIZE], hash[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(&published->hash, hash);
    printf(" %s version %" PRIu64 " in %s", published->target, published->version,
           published->channel);
    if (published->last_version && published->last_version != published->version)
        printf(", after %" PRIu64, published->last_version);
    printf("\n\n  content    %s bytes, sha256 %s\n", count_text(published->size, size), hash);
    if (published->delta_len)
        printf("  deltas     %zu, the smallest has %s bytes\n", published->delta_len,
               count_text(published->delta_size_min, size));
}

static void print_published(const wisp_published *published, bool dry_run, const char *verb)
{
    printf("%s%s%s", term(stdout, TERM_BOLD), verb, term(stdout, TERM_PLAIN));
    if (*published->target)
        print_release(published);
    else
        puts("\n");
    print_documents(published);
    if (published->same_content)
        printf("\nThe modules are byte for byte those of version %" PRIu64 ".\n",
               published->last_version);
    if (published->is_pending)
        print_lacking(published);
    if (dry_run)
        print_changes(published);
}

/* ------------------------------------------------------------------ JSON */

static bool set_document(wisp_json *documents, const wisp_published *published, size_t role)
{
    char date[WISP_DATE_TEXT_SIZE] = "?";
    wisp_date_print(published->expires[role], date);
    wisp_json *document = wisp_json_new_object();
    bool made = wisp_json_set(documents, published->names[role], document) &&
                wisp_json_set_number(document, "version", published->versions[role]) &&
                wisp_json_set_string(document, "expires", date) &&
                wisp_json_set_bool(document, "renewed", published->renewed[role]);
    return made && (!published->renewed[role] ||
                    (wisp_json_set_number(document, "signatures", published->signed_by[role]) &&
                     wisp_json_set_number(document, "threshold", published->threshold[role])));
}

static bool set_documents(wisp_json *object, const wisp_published *published)
{
    wisp_json *documents = wisp_json_new_object();
    bool made = wisp_json_set(object, "documents", documents);
    for (size_t role = 0; role < published->len && made; role++)
        made = set_document(documents, published, role);
    return made;
}

static bool set_release(wisp_json *object, const wisp_published *published)
{
    return wisp_json_set_string(object, "channel", published->channel) &&
           wisp_json_set_string(object, "target", published->target) &&
           wisp_json_set_number(object, "version", published->version) &&
           wisp_json_set_number(object, "last_version", published->last_version) &&
           set_hash(object, "sha256", &published->hash) &&
           wisp_json_set_number(object, "size", published->size) &&
           wisp_json_set_number(object, "deltas", published->delta_len) &&
           wisp_json_set_bool(object, "same_content", published->same_content);
}

static int print_published_json(wisp_published *published, bool dry_run, wisp_json *object,
                                int code)
{
    bool made = wisp_json_set_bool(object, "dry_run", dry_run) &&
                wisp_json_set_bool(object, "pending", published->is_pending) &&
                (!*published->target || set_release(object, published)) &&
                set_documents(object, published) &&
                wisp_json_set(object, "changes", published->changes);
    published->changes = NULL; /* given away */
    if (!made) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, code);
}

/* ------------------------------------------------------------------ both */

/* Says when the root of trust will be expired soon, and what to do. */
static void warn_of_root_expiry(const wisp_published *published, const char *project)
{
    int64_t now = (int64_t)time(NULL), expires = published->expires[WISP_ROLE_ROOT];
    char when[AGO_TEXT_SIZE];
    if (expires - now < ROOT_WARNING_S)
        fprintf(stderr,
                "note: root %s %s; devices take no updates from an expired one. Renew it:\n"
                "      wisp renew root --project %s\n",
                expires > now ? "expires" : "expired", ago_text(expires, now, when), project);
}

int tell_published(const cli_args *args, const wisp_project *project, wisp_published *published,
                   const char *done, const char *planned, wisp_json *more)
{
    bool dry_run = args_has(args, "dry-run");
    int code = published->is_pending ? EXIT_NO : EXIT_OK;
    if (args_has(args, "json")) {
        code =
            print_published_json(published, dry_run, more ? more : wisp_json_new_object(), code);
    } else {
        print_published(published, dry_run, dry_run ? planned : done);
        wisp_json_free(more);
    }
    warn_of_root_expiry(published, project->dir);
    wisp_published_deinit(published);
    return code;
}
