#include "published.h"

#include "out.h"
#include "trust/date.h"

#include <inttypes.h>
#include <time.h>

#define ROOT_WARNING_S (INT64_C(30) * 86400)

void print_documents(const wisp_published *published)
{
    int64_t now = (int64_t)time(NULL);
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        char date[WISP_DATE_TEXT_SIZE] = "?", when[AGO_TEXT_SIZE];
        wisp_date_print(published->expires[role], date);
        printf("  %-10s version %-4" PRIu64 " valid until %s, %s%s\n",
               wisp_role_name((wisp_role)role), published->versions[role], date,
               ago_text(published->expires[role], now, when),
               published->renewed[role] ? "" : " (unchanged)");
    }
}

bool set_documents(wisp_json *object, const wisp_published *published)
{
    wisp_json *documents = wisp_json_new_object();
    bool made = wisp_json_set(object, "documents", documents);
    for (int role = 0; role < WISP_ROLE_LEN && made; role++) {
        char date[WISP_DATE_TEXT_SIZE] = "?";
        wisp_date_print(published->expires[role], date);
        wisp_json *document = wisp_json_new_object();
        made = wisp_json_set(documents, wisp_role_name((wisp_role)role), document) &&
               wisp_json_set_number(document, "version", published->versions[role]) &&
               wisp_json_set_string(document, "expires", date) &&
               wisp_json_set_bool(document, "renewed", published->renewed[role]);
    }
    return made;
}

void warn_of_root_expiry(const wisp_published *published, const char *project)
{
    int64_t now = (int64_t)time(NULL), expires = published->expires[WISP_ROLE_ROOT];
    char when[AGO_TEXT_SIZE];
    if (expires - now < ROOT_WARNING_S)
        fprintf(stderr,
                "note: root %s %s; devices take no updates from an expired one. Renew it:\n"
                "      wisp refresh --root --project %s\n",
                expires > now ? "expires" : "expired", ago_text(expires, now, when), project);
}
