#include "badge/definition.h"

#include "base/buffer.h"
#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct definitions *definitions_new(void)
{
    return mem_zero(1, sizeof(struct definitions));
}

static void badge_fini(struct badge *b)
{
    free(b->name);
    free(b->label);
    free(b->sources);
    *b = (struct badge){0};
}

static void source_fini(struct source *s)
{
    free(s->schema);
    free(s->table);
    free(s->tenant);
    free(s->where);
    free(s->distinct);
    free(s->order);
    predicate_free(s->predicate);
    *s = (struct source){0};
}

void definitions_free(struct definitions *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->badges_count; i++)
        badge_fini(&d->badges[i]);
    for (size_t i = 0; i < d->sources_count; i++)
        source_fini(&d->sources[i]);
    free(d->badges);
    free(d->sources);
    free(d);
}

const struct badge *definitions_find(const struct definitions *d, const char *name)
{
    for (size_t i = 0; i < d->badges_count; i++)
        if (strcmp(d->badges[i].name, name) == 0)
            return &d->badges[i];
    return NULL;
}

static char *copy_or(const char *text, const char *otherwise)
{
    if (text == NULL)
        text = otherwise;
    return text != NULL ? mem_text(text, strlen(text)) : NULL;
}

/* "knowledge.crawlFailures" → "Crawl Failures"; a part without letters and digits stands as it is.
 */
char *badge_label(const char *name)
{
    const char *part = strrchr(name, '.');
    part = part != NULL ? part + 1 : name;
    if (part[strspn(part, "_-")] == '\0')
        return copy_or(part, NULL);
    struct buffer b = {0};
    for (const char *c = part; *c != '\0'; c++) {
        bool is_break = *c == '_' || *c == '-';
        bool is_start = c == part || c[-1] == '_' || c[-1] == '-' ||
                        (isupper((unsigned char)*c) && !isupper((unsigned char)c[-1]));
        if (is_break)
            continue;
        char letter = is_start ? (char)toupper((unsigned char)*c) : *c;
        if (is_start && b.len > 0)
            buffer_puts(&b, " ");
        buffer_add(&b, &letter, 1);
    }
    return buffer_take(&b);
}

static enum err check_name(const char *name, struct error *e)
{
    if (name == NULL || *name == '\0')
        return error_set(e, ERR_CONFIG, "a badge needs a name");
    if (strlen(name) > BADGE_NAME_BYTES_MAX)
        return error_set(e, ERR_CONFIG, "a badge's name is at most %d bytes long",
                         BADGE_NAME_BYTES_MAX);
    size_t parts = 1;
    for (const char *c = name; *c != '\0'; c++) {
        bool is_word = isalnum((unsigned char)*c) || *c == '_' || *c == '-';
        if (*c == '.')
            parts++;
        if (!is_word && (*c != '.' || c == name || c[1] == '.' || c[1] == '\0'))
            return error_set(
                e, ERR_CONFIG,
                "'%s' is no badge name: letters, digits, '_' and '-', in parts with single dots "
                "between them, such as orders.late",
                name);
    }
    if (parts > BADGE_NAME_PARTS_MAX)
        return error_set(e, ERR_CONFIG, "badge name '%s' has more than %d parts", name,
                         BADGE_NAME_PARTS_MAX);
    return ERR_OK;
}

/* Whether one name is a group that the other is in, so that both cannot stand in one JSON object.
 */
static bool is_group_of(const char *group, const char *name)
{
    size_t n = strlen(group);
    return strncmp(group, name, n) == 0 && name[n] == '.';
}

static enum err check_collision(const struct definitions *d, const char *name, struct error *e)
{
    for (size_t i = 0; i < d->badges_count; i++) {
        const char *other = d->badges[i].name;
        if (is_group_of(name, other) || is_group_of(other, name))
            return error_set(
                e, ERR_CONFIG,
                "badge '%s' collides with badge '%s': one name cannot be both a number and a group",
                name, other);
    }
    return ERR_OK;
}

static enum err check_identifier(const char *text, enum spec_field field, const char *what,
                                 struct spec_fault *fault, struct error *e)
{
    if (text == NULL || (*text != '\0' && strlen(text) <= IDENTIFIER_BYTES_MAX))
        return ERR_OK;
    fault->field = field;
    return error_set(e, ERR_CONFIG, "the name of %s has 1 to %d bytes", what, IDENTIFIER_BYTES_MAX);
}

static enum err check_source(const struct source_spec *s, struct spec_fault *fault, struct error *e)
{
    const struct {
        const char *text, *what;
        enum spec_field field;
    } names[] = {
        {s->schema, "a schema", SPEC_SCHEMA},
        {s->table, "a table", SPEC_TABLE},
        {s->tenant, "a tenant column", SPEC_TENANT},
        {s->distinct, "a distinct column", SPEC_DISTINCT},
        {s->order, "an order column", SPEC_ORDER},
    };
    if (s->table == NULL) {
        fault->field = SPEC_COUNT;
        return error_set(e, ERR_CONFIG, "a source needs a table");
    }
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < sizeof(names) / sizeof(names[0]); i++)
        err = check_identifier(names[i].text, names[i].field, names[i].what, fault, e);
    return err;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The number of a source that counts the same, or of a new one. Takes over s. */
static size_t source_number(struct definitions *d, struct source *s)
{
    for (size_t i = 0; i < d->sources_count; i++) {
        const struct source *o = &d->sources[i];
        if (is_same(o->schema, s->schema) && is_same(o->table, s->table) &&
            is_same(o->tenant, s->tenant) && is_same(o->where, s->where) &&
            is_same(o->distinct, s->distinct) && is_same(o->order, s->order)) {
            source_fini(s);
            return i;
        }
    }
    d->sources = mem_grow(d->sources, d->sources_count + 1, sizeof(*d->sources));
    d->sources[d->sources_count] = *s;
    return d->sources_count++;
}

static enum err add_source(struct definitions *d, const struct source_spec *spec, size_t *ret,
                           struct spec_fault *fault, struct error *e)
{
    enum err err = check_source(spec, fault, e);
    if (err != ERR_OK)
        return err;
    const char *where = spec->where != NULL ? spec->where : "TRUE";
    struct predicate *predicate = NULL;
    err = predicate_parse(where, strlen(where), &predicate, &fault->offset, e);
    if (err != ERR_OK) {
        fault->field = SPEC_WHERE;
        return err;
    }
    struct source s = {
        .schema = copy_or(spec->schema, "public"),
        .table = copy_or(spec->table, NULL),
        .tenant = copy_or(spec->tenant, "tenant_id"),
        .where = copy_or(where, NULL),
        .distinct = copy_or(spec->distinct, NULL),
        .order = copy_or(spec->order, NULL),
        .predicate = predicate,
    };
    *ret = source_number(d, &s);
    if (d->sources_count > SOURCES_MAX) {
        fault->field = SPEC_COUNT;
        return error_set(e, ERR_CONFIG, "all badges together count at most %d different sources",
                         SOURCES_MAX);
    }
    return ERR_OK;
}

size_t badge_shared_groups(const char *a, const char *b, size_t *ret_bytes)
{
    size_t groups = 0;
    *ret_bytes = 0;
    for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++) {
        if (a[i] == '.') {
            groups++;
            *ret_bytes = i + 1;
        }
    }
    return groups;
}

/* Behind the last badge that shares the most groups, so that a group's badges stand together; else
 * at the end. */
static size_t place_of(const struct definitions *d, const char *name)
{
    size_t most = 0, place = d->badges_count, bytes;
    for (size_t i = 0; i < d->badges_count; i++) {
        size_t shared = badge_shared_groups(d->badges[i].name, name, &bytes);
        if (shared > 0 && shared >= most) {
            most = shared;
            place = i + 1;
        }
    }
    return place;
}

static void put_badge(struct definitions *d, struct badge *b)
{
    for (size_t i = 0; i < d->badges_count; i++) {
        if (strcmp(d->badges[i].name, b->name) == 0) {
            badge_fini(&d->badges[i]);
            d->badges[i] = *b;
            return;
        }
    }
    size_t place = place_of(d, b->name);
    d->badges = mem_grow(d->badges, d->badges_count + 1, sizeof(*d->badges));
    memmove(&d->badges[place + 1], &d->badges[place],
            (d->badges_count - place) * sizeof(*d->badges));
    d->badges[place] = *b;
    d->badges_count++;
}

static enum err check_badge(const struct definitions *d, const struct badge_spec *spec,
                            struct spec_fault *fault, struct error *e)
{
    fault->field = SPEC_NAME;
    enum err err = check_name(spec->name, e);
    if (err == ERR_OK)
        err = check_collision(d, spec->name, e);
    if (err != ERR_OK)
        return err;
    fault->field = SPEC_BADGE;
    if (d->badges_count >= BADGES_MAX && definitions_find(d, spec->name) == NULL)
        return error_set(e, ERR_CONFIG, "there can be at most %d badges", BADGES_MAX);
    fault->field = SPEC_LABEL;
    if (spec->label != NULL &&
        (*spec->label == '\0' || strlen(spec->label) > BADGE_LABEL_BYTES_MAX))
        return error_set(e, ERR_CONFIG, "a label has 1 to %d bytes", BADGE_LABEL_BYTES_MAX);
    fault->field = SPEC_COUNT;
    if (spec->count_len > BADGE_SOURCES_MAX)
        return error_set(e, ERR_CONFIG, "a badge counts at most %d sources", BADGE_SOURCES_MAX);
    return ERR_OK;
}

enum err definitions_add(struct definitions *d, const struct badge_spec *spec,
                         struct spec_fault *fault, struct error *e)
{
    *fault = (struct spec_fault){0};
    enum err err = check_badge(d, spec, fault, e);
    if (err != ERR_OK)
        return err;
    size_t sources_before = d->sources_count;
    size_t *sources = mem_zero(spec->count_len, sizeof(*sources));
    for (size_t i = 0; i < spec->count_len; i++) {
        fault->source = i;
        err = add_source(d, &spec->count[i], &sources[i], fault, e);
        for (size_t j = 0; err == ERR_OK && j < i; j++) {
            if (sources[j] == sources[i]) {
                fault->field = SPEC_COUNT;
                err = error_set(e, ERR_CONFIG, "badge '%s' counts the same rows twice", spec->name);
            }
        }
        if (err != ERR_OK)
            goto undo_sources;
    }
    struct badge b = {
        .name = copy_or(spec->name, NULL),
        .label = spec->label != NULL ? copy_or(spec->label, NULL) : badge_label(spec->name),
        .is_zero_null = spec->is_zero_null,
        .sources = sources,
        .sources_count = spec->count_len,
    };
    put_badge(d, &b);
    return ERR_OK;

undo_sources:
    while (d->sources_count > sources_before)
        source_fini(&d->sources[--d->sources_count]);
    free(sources);
    return err;
}

void definitions_compact(struct definitions *d)
{
    size_t kept = 0;
    for (size_t s = 0; s < d->sources_count; s++) {
        bool is_used = false;
        for (size_t i = 0; i < d->badges_count; i++) {
            for (size_t j = 0; j < d->badges[i].sources_count; j++) {
                if (d->badges[i].sources[j] == s) {
                    is_used = true;
                    d->badges[i].sources[j] = kept;
                }
            }
        }
        if (is_used)
            d->sources[kept++] = d->sources[s];
        else
            source_fini(&d->sources[s]);
    }
    d->sources_count = kept;
}
