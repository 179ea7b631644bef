#include "base/trouble.h"

#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TROUBLE_SHOWN_MAX = 5 /* of what was found; what mends it is shown whole */
};

PRINTF_LIKE(1, 0)
static char *format(const char *fmt, va_list args)
{
    char *line = NULL;
    int n = vasprintf(&line, fmt, args);
    assert(n >= 0);
    return line;
}

static void add_line(struct buffer *b, const char *line)
{
    if (b->len > 0)
        buffer_puts(b, "\n");
    buffer_puts(b, line);
}

static bool has_line(const struct buffer *b, const char *line)
{
    size_t len = strlen(line);
    const char *found = b->len > 0 ? strstr(b->bytes, line) : NULL;
    while (found != NULL &&
           ((found != b->bytes && found[-1] != '\n') || (found[len] != '\n' && found[len] != '\0')))
        found = strstr(found + 1, line);
    return found != NULL;
}

void trouble_add(struct trouble *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *line = format(fmt, args);
    va_end(args);
    bool is_there = has_line(&t->found, line);
    if (!is_there && t->count++ < TROUBLE_SHOWN_MAX)
        add_line(&t->found, line);
    free(line);
}

void trouble_advise(struct trouble *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *line = format(fmt, args);
    va_end(args);
    if (!has_line(&t->mend, line))
        add_line(&t->mend, line);
    free(line);
}

void trouble_skip(struct checks *c, const char *name, const char *why)
{
    const struct check check = {
        .name = name, .is_skipped = true, .found = mem_text(why, strlen(why))};
    checks_add(c, &check);
}

void trouble_judge(struct checks *c, const struct trouble_words *words, struct trouble *t)
{
    struct check check = {.name = words->name};
    if (t->count > TROUBLE_SHOWN_MAX)
        buffer_printf(&t->found, "\nand %zu more", t->count - TROUBLE_SHOWN_MAX);
    if (t->count > 0) {
        check.verdict = words->verdict;
        check.found = buffer_take(&t->found);
        check.means = mem_text(words->means, strlen(words->means));
        check.mend = buffer_take(&t->mend);
    } else {
        check.found = mem_text(words->well, strlen(words->well));
    }
    checks_add(c, &check);
    buffer_fini(&t->found);
    buffer_fini(&t->mend);
    *t = (struct trouble){0};
}
