#include "cli/sidebar.h"

#include "badge/shape.h"
#include "base/mem.h"
#include "base/utf8.h"

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
    int depth = 0;
    bool is_same = true;
    for (const char *dot; (dot = strchr(name, '.')) != NULL; depth++) {
        size_t len = (size_t)(dot - name);
        is_same = is_same && strncmp(before, name, len + 1) == 0;
        if (!is_same)
            (void)printf("%*s%c%.*s\n", (depth + 1) * 2, "", toupper((unsigned char)name[0]),
                         (int)len - 1, name + 1);
        else
            before += len + 1;
        name = dot + 1;
    }
    return depth;
}

void sidebar_print(const struct definitions *d, struct counts *counts, const char *title,
                   const struct uuid *tenant)
{
    struct as_of as_of;
    int64_t since_ms;
    uint64_t *numbers = mem_zero(d->sources_count, sizeof(*numbers));
    enum counts_trust trust = counts_read(counts, tenant, numbers, &as_of, &since_ms);
    assert(trust != COUNTS_UNKNOWN);
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
    free(numbers);
}

void sidebar_print_json(const struct definitions *d, struct counts *counts,
                        const struct uuid *tenant)
{
    struct as_of as_of;
    int64_t since_ms;
    uint64_t *numbers = mem_zero(d->sources_count, sizeof(*numbers));
    enum counts_trust trust = counts_read(counts, tenant, numbers, &as_of, &since_ms);
    assert(trust != COUNTS_UNKNOWN);
    struct shape *shape = shape_new(d);
    struct buffer out = {0};
    shape_render(shape, numbers, &out);
    (void)puts(out.bytes);
    buffer_fini(&out);
    shape_free(shape);
    free(numbers);
}
