#include "base/checks.h"

#include "base/buffer.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void checks_fini(struct checks *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->list[i].found);
        free(c->list[i].means);
        free(c->list[i].mend);
        free(c->list[i].faults);
    }
    free(c->list);
    *c = (struct checks){0};
}

void checks_add(struct checks *c, const struct check *check)
{
    c->list = mem_grow(c->list, c->count + 1, sizeof(*c->list));
    c->list[c->count++] = *check;
}

const struct check *checks_find(const struct checks *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->list[i].name, name) == 0)
            return &c->list[i];
    return NULL;
}

enum verdict checks_worst(const struct checks *c)
{
    enum verdict worst = VERDICT_OK;
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].verdict > worst)
            worst = c->list[i].verdict;
    return worst;
}

bool checks_has_fault(const struct checks *c)
{
    size_t i = 0;
    while (i < c->count && c->list[i].faults_count == 0)
        i++;
    return i < c->count;
}

size_t checks_count(const struct checks *c, enum verdict verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        n += c->list[i].verdict >= verdict;
    return n;
}

void checks_explain(struct checks *c,
                    void (*explain)(const void *context, struct check_fault *fault),
                    const void *context)
{
    for (size_t i = 0; i < c->count; i++) {
        struct check *check = &c->list[i];
        struct buffer found = {0};
        for (size_t j = 0; j < check->faults_count; j++) {
            explain(context, &check->faults[j]);
            buffer_printf(&found, "%s%s", j > 0 ? "\n" : "", check->faults[j].why.message);
        }
        if (check->faults_count == 0)
            continue;
        free(check->found);
        check->found = buffer_take(&found);
    }
}

/* ---- for people ---- */

/* What was found may come from the database, and must not steer the terminal. */
static void put_lines(FILE *to, const char *text, int indent)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        (void)fputc(c == '\n' || (c >= 0x20 && c != 0x7F) ? c : '?', to);
        if (c == '\n')
            (void)fprintf(to, "%*s", indent, "");
    }
    (void)fputc('\n', to);
}

static void put_first_line(FILE *to, const char *text)
{
    char *line = mem_text(text, strcspn(text, "\n"));
    put_lines(to, line, 0);
    free(line);
}

static int width_of_names(const struct checks *c)
{
    size_t width = 0;
    for (size_t i = 0; i < c->count; i++)
        if (strlen(c->list[i].name) > width)
            width = strlen(c->list[i].name);
    return (int)width;
}

static bool takes_colours(FILE *to)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
    bool is_wanted = no == NULL || *no == '\0';
    bool is_able = terminal != NULL && strcmp(terminal, "dumb") != 0;
    return is_wanted && is_able && isatty(fileno(to)) == 1;
}

static void put_mark(FILE *to, const struct check *k, bool is_coloured)
{
    static const struct {
        const char *mark, *colour; /* green, yellow, red, as ECMA-48 has them */
    } looks[] = {{"[✓]", "32"}, {"[!]", "33"}, {"[✗]", "31"}, {"[✗]", "31"}};
    if (k->is_skipped)
        (void)fputs("[ ]", to);
    else if (is_coloured)
        (void)fprintf(to, "\033[%sm%s\033[0m", looks[k->verdict].colour, looks[k->verdict].mark);
    else
        (void)fputs(looks[k->verdict].mark, to);
}

void checks_print(FILE *to, const struct checks *c)
{
    int width = width_of_names(c);
    bool is_coloured = takes_colours(to);
    for (size_t i = 0; i < c->count; i++) {
        const struct check *k = &c->list[i];
        put_mark(to, k, is_coloured);
        (void)fprintf(to, " %-*s  ", width, k->name);
        put_first_line(to, k->found);
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct check *k = &c->list[i];
        if (k->verdict == VERDICT_OK)
            continue;
        (void)fputc('\n', to);
        put_mark(to, k, is_coloured);
        (void)fprintf(to, " %s\n    found  ", k->name);
        put_lines(to, k->found, 11);
        (void)fputs("    means  ", to);
        put_lines(to, k->means, 11);
        (void)fputs("    mend   ", to);
        put_lines(to, k->mend, 11);
    }
}

/* The first that is in the way of most; NULL when nothing is. */
static const struct check *first_blocking(const struct checks *c)
{
    enum verdict worst = checks_worst(c);
    if (worst < VERDICT_NO_STREAM)
        return NULL;
    size_t i = 0;
    while (c->list[i].verdict != worst)
        i++;
    return &c->list[i];
}

void checks_summary(const struct checks *c, char *out, size_t room)
{
    assert(room > 0);
    const struct check *k = first_blocking(c);
    out[0] = '\0';
    if (k == NULL)
        return;
    struct buffer text = {0};
    for (const char *b = k->found; *b != '\0'; b++) /* a line that is not indented is another */
        if (*b == '\n' && b[1] != ' ')
            buffer_puts(&text, "; ");
        else
            buffer_printf(&text, "%c", *b);
    buffer_printf(&text, "; to mend it: %s", k->mend);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) { /* on one line, with one blank for each break */
        char byte = (unsigned char)text.bytes[i] < 0x20 ? ' ' : text.bytes[i];
        if (byte != ' ' || len == 0 || text.bytes[len - 1] != ' ')
            text.bytes[len++] = byte;
    }
    if (len > room - 1)
        for (len = room - 1; len > 0 && ((unsigned char)text.bytes[len] & 0xC0) == 0x80;)
            len--; /* whole UTF-8 characters */
    memcpy(out, text.bytes, len);
    out[len] = '\0';
    buffer_fini(&text);
}

/* ---- for programs ---- */

json_t *checks_json(const struct checks *c)
{
    static const char *const words[] = {"ok", "warning", "no_stream", "no_counts"};
    json_t *list = json_array();
    for (size_t i = 0; i < c->count; i++) {
        const struct check *k = &c->list[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "name", k->name, "verdict",
                            k->is_skipped ? "skipped" : words[k->verdict], "found", k->found,
                            "means", k->means, "mend", k->mend));
    }
    enum verdict worst = checks_worst(c);
    return json_pack("{s:s, s:b, s:b, s:o}", "verdict", words[worst], "can_stream",
                     worst < VERDICT_NO_STREAM, "can_count", worst < VERDICT_NO_COUNTS, "checks",
                     list);
}
