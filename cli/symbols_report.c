#include "symbols_report.h"

#include "patch/abi.h"
#include "term.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ counting */

static bool has_cause(const wisp_symbols_function *f, wisp_symbols_cause cause)
{
    for (uint32_t i = 0; i < f->reason_count; i++) {
        if (f->reasons[i].cause == cause)
            return true;
    }
    return false;
}

static void count_params(symbols_counts *counts, const wisp_symbols_function *f)
{
    for (uint32_t i = 0; i < f->param_count && f->signature; i++) {
        const wisp_symbols_param *param = &f->params[i];
        bool is_there =
            strcmp(param->expected, param->found) == 0 || strcmp(param->found, "memory") == 0;
        counts->params++;
        counts->verified += is_there;
    }
}

static void count_function(symbols_counts *counts, const wisp_symbols_function *f)
{
    if (!f->has_body) {
        counts->inlined += f->site_count > 0;
        counts->unused += f->site_count == 0;
    } else if (has_cause(f, WISP_SYMBOLS_CAUSE_NO_DEBUG)) {
        counts->unknown++;
    } else {
        counts->functions++;
        counts->verdicts[f->verdict]++;
        for (wisp_symbols_cause cause = 0; cause < WISP_SYMBOLS_CAUSE_LEN; cause++)
            counts->causes[cause] += has_cause(f, cause);
        count_params(counts, f);
    }
}

symbols_counts symbols_count(const wisp_symbols *symbols)
{
    symbols_counts counts = {0};
    const wisp_symbols_function *f;
    for (size_t i = 0; (f = wisp_symbols_function_at(symbols, i)); i++)
        count_function(&counts, f);
    return counts;
}

/* ------------------------------------------------------------------ the program */

static void print_program(const symbols_subject *subject)
{
    const wisp_symbols_info *info = wisp_symbols_program(subject->symbols);
    printf("%s%s%s: %s, %s, build %s\n", term(stdout, TERM_BOLD), info->path,
           term(stdout, TERM_PLAIN), wisp_machine_name(info->machine),
           info->is_relocated ? "position independent" : "at a fixed place", info->build_id);
    printf("  %" PRIu32 " places for patches", info->sled_count);
    if (subject->merged)
        printf(", %" PRIu32 " of them merged into one instruction now", subject->merged);
    if (info->raw_count)
        printf(", %" PRIu32 " of them of several instructions", info->raw_count);
    if (info->other_count)
        printf(", %" PRIu32 " of them too small", info->other_count);
    if (info->slot_count)
        printf("; %" PRIu32 " link-time slots", info->slot_count);
    printf("\n");
    if (strcmp(info->debug, info->path) != 0)
        printf("  debug information from %s\n", info->debug);
    if (subject->kept)
        printf("  kept as %s\n", subject->kept);
}

/* Of each cause that leads to [verdict], how often it is met. */
static void print_causes(const symbols_counts *counts, wisp_symbols_verdict verdict)
{
    const char *separator = "  ";
    for (wisp_symbols_cause cause = 0; cause < WISP_SYMBOLS_CAUSE_LEN; cause++) {
        if (!counts->causes[cause] || wisp_symbols_cause_verdict(cause) != verdict)
            continue;
        printf("%s%s %" PRIu32, separator, wisp_symbols_cause_name(cause), counts->causes[cause]);
        separator = ", ";
    }
}

static void print_counts(const symbols_counts *counts)
{
    printf("\n%sFunctions%s  %" PRIu32 "\n", term(stdout, TERM_BOLD), term(stdout, TERM_PLAIN),
           counts->functions);
    for (int verdict = WISP_SYMBOLS_PATCHABLE; verdict <= WISP_SYMBOLS_REFUSED; verdict++) {
        printf("  %-10s %6" PRIu32, wisp_symbols_verdict_name(verdict),
               counts->verdicts[verdict]);
        print_causes(counts, verdict);
        printf("\n");
    }
    printf("  %" PRIu32 " of %" PRIu32 " arguments were found where the convention has them\n",
           counts->verified, counts->params);
    printf("Besides, %" PRIu32 " are inlined everywhere, nothing is left of %" PRIu32
           ", and of %" PRIu32 " nothing but a name is known.\n",
           counts->inlined, counts->unused, counts->unknown);
}

static void print_line(const wisp_symbols_function *f)
{
    printf("%-9s  %s", wisp_symbols_verdict_name(f->verdict), f->name);
    if (*f->file)
        printf("  %s:%" PRIu32, f->file, f->line);
    for (uint32_t i = 0; i < f->reason_count; i++)
        printf("%s%s", i ? "; " : "  ", f->reasons[i].text);
    printf("\n");
}

void symbols_print(const symbols_subject *subject, bool all)
{
    const wisp_symbols_info *info = wisp_symbols_program(subject->symbols);
    const wisp_symbols_function *f;
    symbols_counts counts = symbols_count(subject->symbols);
    print_program(subject);
    print_counts(&counts);
    for (uint32_t i = 0; i < info->note_count; i++)
        printf("%snote%s: %s\n", term(stdout, TERM_BOLD), term(stdout, TERM_PLAIN),
               info->notes[i]);
    if (all)
        printf("\n");
    for (size_t i = 0; all && (f = wisp_symbols_function_at(subject->symbols, i)); i++)
        print_line(f);
}

/* ------------------------------------------------------------------ one function */

static void print_place(const wisp_symbols_function *f)
{
    if (!f->has_body)
        return;
    printf("  at %#" PRIx64 ", %" PRIu64 " bytes", f->address, f->size);
    if (f->place == WISP_PATCH_SLOT)
        printf(", slot at %#" PRIx64, f->slot_address);
    else if (f->entry.size)
        printf(", place for a patch at +%" PRIu32, f->sled);
    printf("\n");
    if (strcmp(f->name, f->linkage) != 0)
        printf("  linked as %s\n", f->linkage);
}

static void print_params(const wisp_symbols_function *f)
{
    if (f->signature)
        printf("  signature %s\n", f->signature);
    for (uint32_t i = 0; i < f->param_count; i++) {
        const wisp_symbols_param *param = &f->params[i];
        printf("  argument %" PRIu32 " %-16s %s", i + 1, *param->name ? param->name : "-",
               *param->expected ? param->expected : "?");
        if (*param->found && strcmp(param->found, param->expected) != 0)
            printf("  (found: %s)", param->found);
        printf("\n");
    }
}

void symbols_print_function(const wisp_symbols_function *f)
{
    printf("%s%s%s: %s\n", term(stdout, TERM_BOLD), f->name, term(stdout, TERM_PLAIN),
           wisp_symbols_verdict_name(f->verdict));
    if (*f->file)
        printf("  %s:%" PRIu32 "%s\n", f->file, f->line, f->is_global ? "" : ", static");
    print_place(f);
    print_params(f);
    for (uint32_t i = 0; i < f->reason_count; i++)
        printf("  %s: %s\n", wisp_symbols_cause_name(f->reasons[i].cause), f->reasons[i].text);
    for (uint32_t i = 0; i < f->site_count; i++)
        printf("  inlined in %s at %s:%" PRIu32 "\n", f->sites[i].caller->name, f->sites[i].file,
               f->sites[i].line);
}
