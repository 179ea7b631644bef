#include "cli/sidebar.h"

#include "badge/shape.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/service.h"
#include "feed/sqlite_once.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_WIDTH = 28,
    NUMBER_WIDTH = 12
};

/* Columns that a text takes, one a character. */
static int width_of(const char *text)
{
    return (int)utf8_count(text, strlen(text));
}

/* 1284 → "1,284" */
static void format_number(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    size_t o = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[o++] = ',';
        out[o++] = digits[i];
    }
    out[o] = '\0';
}

/* Headings of the groups that name is in and before was not; returns how many groups it is in. */
static int print_groups(const char *before, const char *name)
{
    size_t shared_bytes;
    int depth = (int)badge_shared_groups(before, name, &shared_bytes);
    const char *group = name + shared_bytes;
    for (const char *dot; (dot = strchr(group, '.')) != NULL; group = dot + 1, depth++)
        (void)printf("%*s%c%.*s\n", (depth + 1) * 2, "", toupper((unsigned char)group[0]),
                     (int)(dot - group) - 1, group + 1);
    return depth;
}

static void print_table(const struct definitions *d, const uint64_t *numbers, struct as_of as_of,
                        const char *title)
{
    char at[AS_OF_TEXT_BYTES];
    as_of_format(as_of, at);
    (void)printf("%s, as of %s\n", title, at);
    const char *before = "";
    for (size_t i = 0; i < d->badges_count; i++) {
        const struct badge *b = &d->badges[i];
        int indent = 2 * (print_groups(before, b->name) + 1);
        char number[32] = "–";
        uint64_t n = badge_number(b, numbers);
        if (n > 0 || !b->is_zero_null)
            format_number(n, number);
        int gap = LABEL_WIDTH + NUMBER_WIDTH - indent - width_of(b->label) - width_of(number);
        (void)printf("%*s%s%*s%s\n", indent, "", b->label, gap > 1 ? gap : 1, "", number);
        before = b->name;
    }
}

static void print_json(const struct definitions *d, const uint64_t *numbers)
{
    struct shape *shape = shape_new(d);
    struct buffer out = {0};
    shape_render(shape, numbers, &out);
    (void)puts(out.bytes);
    buffer_fini(&out);
    shape_free(shape);
}

static enum err count(const struct config *c, const struct uuid *tenant, struct counts *counts,
                      struct error *e)
{
    if (config_is_postgres(c)) {
        struct feed_postgres_options o = service_postgres(c);
        return feed_postgres_once(&o, c->definitions, tenant, counts, e);
    }
    struct source_fault fault;
    enum err err = sqlite_once_count(service_path(c), c->definitions, tenant, counts, &fault, e);
    if (err == ERR_CONFIG || err == ERR_SCHEMA)
        config_explain(c, &fault, e);
    return err;
}

enum err sidebar_print(const struct config *c, const struct sidebar_options *o, struct error *e)
{
    const struct definitions *d = c->definitions;
    struct as_of as_of;
    int64_t since_ms;
    uint64_t *numbers = mem_zero(d->sources_count, sizeof(*numbers));
    struct counts *counts = counts_new(d->sources_count);
    enum err err = count(c, &o->tenant, counts, e);
    if (err == ERR_OK) {
        enum counts_trust trust = counts_read(counts, &o->tenant, numbers, &as_of, &since_ms);
        assert(trust != COUNTS_UNKNOWN);
        if (o->is_json)
            print_json(d, numbers);
        else
            print_table(d, numbers, as_of, o->title);
    }
    counts_free(counts);
    free(numbers);
    return err;
}
