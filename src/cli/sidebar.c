#include "cli/sidebar.h"

#include "badge/shape.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/service.h"
#include "feed/sqlite_once.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns that a text takes, one a character. */
static unsigned width_of(const char *text)
{
    return (unsigned)utf8_count(text, strlen(text));
}

void sidebar_number(uint64_t n, char out[SIDEBAR_NUMBER_BYTES])
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

/* As much of a label as fits, the last column for a sign that there is more. */
static void add_label(const char *label, unsigned columns, struct buffer *out)
{
    if (width_of(label) <= columns) {
        buffer_puts(out, label);
        return;
    }
    size_t len = 0;
    for (unsigned seen = 0; label[len] != '\0'; len++) {
        seen += ((unsigned char)label[len] & 0xC0) != 0x80;
        if (seen >= columns)
            break;
    }
    buffer_add(out, label, len);
    buffer_puts(out, columns > 0 ? "…" : "");
}

const struct sidebar_cell sidebar_no_cell = {"", {"", ""}};

void sidebar_add_item(const struct outline_item *item, const struct sidebar_cell *cell,
                      unsigned columns, struct buffer *out)
{
    unsigned indent = 2 * ((unsigned)item->depth + 1);
    unsigned edge =
        columns == SIDEBAR_COLUMNS_ANY || columns > SIDEBAR_COLUMNS ? SIDEBAR_COLUMNS : columns;
    unsigned number = width_of(cell->number), label = width_of(item->label);
    unsigned taken = indent + (number > 0 ? number + 1 : 0);
    unsigned room = edge > taken ? edge - taken : 0;
    if (columns != SIDEBAR_COLUMNS_ANY && label > room)
        label = room;
    buffer_printf(out, "%*s", (int)indent, "");
    add_label(item->label, label, out);
    if (number > 0) {
        unsigned gap = label <= room ? room - label + 1 : 1;
        buffer_printf(out, "%*s%s%s%s", (int)gap, "", cell->around[0], cell->number,
                      cell->around[1]);
    }
    buffer_puts(out, "\n");
}

static void add_badge(const struct outline_item *item, uint64_t n, struct buffer *out)
{
    char number[SIDEBAR_NUMBER_BYTES] = "–";
    if (n > 0 || !item->badge->is_zero_null)
        sidebar_number(n, number);
    const struct sidebar_cell cell = {number, {"", ""}};
    sidebar_add_item(item, &cell, SIDEBAR_COLUMNS_ANY, out);
}

static void print_table(const struct definitions *d, const uint64_t *numbers, struct as_of as_of,
                        const char *title)
{
    char at[AS_OF_TEXT_BYTES];
    struct outline *outline = outline_new(d, OUTLINE_SIDEBAR);
    struct buffer out = {0};
    as_of_format(as_of, at);
    buffer_printf(&out, "%s, as of %s\n", title, at);
    for (size_t i = 0; i < outline->count; i++) {
        const struct outline_item *item = &outline->items[i];
        if (item->badge == NULL)
            sidebar_add_item(item, &sidebar_no_cell, SIDEBAR_COLUMNS_ANY, &out);
        else
            add_badge(item, badge_number(item->badge, numbers), &out);
    }
    (void)fputs(out.bytes, stdout);
    buffer_fini(&out);
    outline_free(outline);
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
