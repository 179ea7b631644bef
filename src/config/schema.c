#include "config/schema.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <cyaml/cyaml.h>
#include <string.h>

/* ---- the tables ---- */

/* A required text, an optional one, and one that may stand on several lines. */
#define TEXT     CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define LINES    (OPTIONAL | CYAML_FLAG_SCALAR_FOLDED)

#define TEXT_FIELD(key, flags, structure)                                                          \
    CYAML_FIELD_STRING_PTR(#key, flags, structure, key, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t source_fields[] = {
    TEXT_FIELD(table, TEXT, struct source_spec),
    TEXT_FIELD(where, LINES, struct source_spec),
    TEXT_FIELD(schema, OPTIONAL, struct source_spec),
    TEXT_FIELD(tenant, OPTIONAL, struct source_spec),
    TEXT_FIELD(distinct, OPTIONAL, struct source_spec),
    TEXT_FIELD(order, OPTIONAL, struct source_spec),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct source_spec, source_fields)};

/* The first spelling of each value is the one that messages name. */
static const cyaml_strval_t zeros[] = {
    {"null", SCHEMA_ZERO_NULL}, {"0", SCHEMA_ZERO_ZERO},    {"", SCHEMA_ZERO_NULL},
    {"~", SCHEMA_ZERO_NULL},    {"Null", SCHEMA_ZERO_NULL}, {"NULL", SCHEMA_ZERO_NULL},
};

static const cyaml_schema_field_t badge_fields[] = {
    TEXT_FIELD(name, TEXT, struct schema_badge),
    TEXT_FIELD(label, OPTIONAL, struct schema_badge),
    CYAML_FIELD_ENUM("zero", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct schema_badge, zero,
                     zeros, CYAML_ARRAY_LEN(zeros)),
    CYAML_FIELD_SEQUENCE_COUNT("count", CYAML_FLAG_POINTER, struct schema_badge, count, count_len,
                               &source_schema, 0, BADGE_SOURCES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t badge_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct schema_badge, badge_fields)};

/* `badges:` with nothing behind it is what remains when all entries are commented out. */
static const cyaml_schema_field_t file_fields[] = {
    TEXT_FIELD(database, OPTIONAL, struct schema_file),
    TEXT_FIELD(feed, OPTIONAL, struct schema_file),
    TEXT_FIELD(publication, OPTIONAL, struct schema_file),
    TEXT_FIELD(poll_seconds, OPTIONAL, struct schema_file),
    TEXT_FIELD(lag_bytes, OPTIONAL, struct schema_file),
    TEXT_FIELD(lag_seconds, OPTIONAL, struct schema_file),
    TEXT_FIELD(listen, OPTIONAL, struct schema_file),
    TEXT_FIELD(auth, OPTIONAL, struct schema_file),
    TEXT_FIELD(threads, OPTIONAL, struct schema_file),
    TEXT_FIELD(after_seconds, OPTIONAL, struct schema_file),
    TEXT_FIELD(streams_max, OPTIONAL, struct schema_file),
    TEXT_FIELD(streams_per_tenant, OPTIONAL, struct schema_file),
    TEXT_FIELD(streams_per_address, OPTIONAL, struct schema_file),
    TEXT_FIELD(stream_seconds, OPTIONAL, struct schema_file),
    TEXT_FIELD(drain_seconds, OPTIONAL, struct schema_file),
    TEXT_FIELD(history_bytes, OPTIONAL, struct schema_file),
    TEXT_FIELD(history_step_seconds, OPTIONAL, struct schema_file),
    CYAML_FIELD_SEQUENCE_COUNT("badges", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
                               struct schema_file, badges, badges_count, &badge_schema, 0,
                               BADGES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct schema_file, file_fields)};

enum {
    FIELDS_MAX = 24
}; /* keys of one mapping */
static_assert(CYAML_ARRAY_LEN(file_fields) <= FIELDS_MAX + 1, "room for what check_map has seen");

/* ---- checking ---- */

static bool is_required(const cyaml_schema_field_t *f)
{
    return (f->value.flags & CYAML_FLAG_OPTIONAL) == 0;
}

/* "name, label, zero, count" */
static void list_keys(struct buffer *b, const cyaml_schema_field_t *fields)
{
    for (const cyaml_schema_field_t *f = fields; f->key != NULL; f++)
        buffer_printf(b, "%s%s", f > fields ? ", " : "", f->key);
}

/* "name, count, and label, zero as needed" */
static void list_required_keys(struct buffer *b, const cyaml_schema_field_t *fields)
{
    for (const cyaml_schema_field_t *f = fields; f->key != NULL; f++)
        if (is_required(f))
            buffer_printf(b, "%s, ", f->key);
    const char *between = "and ";
    for (const cyaml_schema_field_t *f = fields; f->key != NULL; f++) {
        if (!is_required(f)) {
            buffer_printf(b, "%s%s", between, f->key);
            between = ", ";
        }
    }
    buffer_puts(b, " as needed");
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields,
                                              const struct tree_node *key)
{
    for (const cyaml_schema_field_t *f = fields; f->key != NULL && key->kind == TREE_TEXT; f++)
        if (strcmp(f->key, key->value) == 0)
            return f;
    return NULL;
}

static enum err refuse_key(const struct tree *t, const struct tree_node *key,
                           const cyaml_schema_field_t *fields, const char *what, struct error *e)
{
    char shown[TREE_SHOWN_BYTES];
    struct buffer keys = {0};
    list_keys(&keys, fields);
    bool is_text = key->kind == TREE_TEXT;
    enum err err = tree_fail(t, key->start, e, "%s%s%s in %s; expected one of %s",
                             is_text ? "unknown key " : "", tree_show(key, shown),
                             is_text ? "" : " as a key", what, keys.bytes);
    buffer_fini(&keys);
    return err;
}

static enum err refuse_missing(const struct tree *t, const struct tree_node *map,
                               const cyaml_schema_field_t *fields, const char *missing,
                               const char *what, struct error *e)
{
    struct buffer keys = {0};
    list_required_keys(&keys, fields);
    enum err err =
        tree_fail(t, map->start, e, "%s without '%s'; expected %s", what, missing, keys.bytes);
    buffer_fini(&keys);
    return err;
}

static enum err check_text(const struct tree *t, const cyaml_schema_field_t *f,
                           const struct tree_node *v, struct error *e)
{
    char shown[TREE_SHOWN_BYTES];
    bool may_break = (f->value.flags & CYAML_FLAG_SCALAR_FOLDED) != 0;
    if (v->kind != TREE_TEXT || tree_is_null(v))
        return tree_fail(t, v->start, e, "%s for '%s'; expected text", tree_show(v, shown), f->key);
    for (size_t i = 0, n; i < v->len; i += n) {
        uint32_t c;
        n = utf8_decode(v->value + i, v->len - i, &c);
        bool is_break = c == '\n' || c == '\r' || c == '\t';
        if (utf8_is_control(c) && !(is_break && may_break))
            return tree_fail(t, v->start, e,
                             "the character U+%04X in '%s'; expected printable text on one line", c,
                             f->key);
    }
    return ERR_OK;
}

static enum err check_choice(const struct tree *t, const cyaml_schema_field_t *f,
                             const struct tree_node *v, struct error *e)
{
    char shown[TREE_SHOWN_BYTES];
    const cyaml_strval_t *choices = f->value.enumeration.strings;
    for (size_t i = 0; i < f->value.enumeration.count && v->kind == TREE_TEXT; i++)
        if (strcmp(choices[i].str, v->value) == 0)
            return ERR_OK;
    return tree_fail(t, v->start, e, "%s for '%s'; expected %s or %s", tree_show(v, shown), f->key,
                     choices[0].str, choices[1].str);
}

static enum err check_list(const struct tree *t, const cyaml_schema_field_t *f,
                           const struct tree_node *v, struct error *e)
{
    char shown[TREE_SHOWN_BYTES];
    bool may_be_null =
        (f->value.flags & CYAML_FLAG_POINTER_NULL_STR) == CYAML_FLAG_POINTER_NULL_STR;
    if (may_be_null && tree_is_null(v))
        return ERR_OK;
    if (v->kind != TREE_LIST)
        return tree_fail(t, v->start, e, "%s for '%s'; expected a list, [] when it is empty",
                         tree_show(v, shown), f->key);
    if (v->children > f->value.sequence.max)
        return tree_fail(t, v->start, e, "%zu entries in '%s'; expected at most %u", v->children,
                         f->key, f->value.sequence.max);
    return ERR_OK;
}

static enum err check_value(const struct tree *t, const cyaml_schema_field_t *f,
                            const struct tree_node *v, struct error *e)
{
    switch (f->value.type) {
    case CYAML_STRING:
        return check_text(t, f, v, e);
    case CYAML_ENUM:
        return check_choice(t, f, v, e);
    default:
        assert(f->value.type == CYAML_SEQUENCE);
        return check_list(t, f, v, e);
    }
}

/* One mapping, not what is in its lists. what is how messages call it. */
static enum err check_map(const struct tree *t, const struct tree_node *map,
                          const cyaml_schema_field_t *fields, const char *what, struct error *e)
{
    const struct tree_node *seen[FIELDS_MAX] = {0};
    enum err err = ERR_OK;
    const struct tree_node *key = tree_first(t, map);
    while (err == ERR_OK && key != NULL) {
        const struct tree_node *value = tree_next(t, key);
        const cyaml_schema_field_t *f = find_field(fields, key);
        if (f == NULL)
            return refuse_key(t, key, fields, what, e);
        const struct tree_node **first = &seen[f - fields];
        if (*first != NULL)
            return tree_fail(
                t, key->start, e,
                "a second '%s' in %s, the first being on line %zu; expected each key once", f->key,
                what, tree_place(t, (*first)->start).line);
        *first = key;
        err = check_value(t, f, value, e);
        key = tree_next(t, value);
    }
    for (const cyaml_schema_field_t *f = fields; err == ERR_OK && f->key != NULL; f++)
        if (is_required(f) && seen[f - fields] == NULL)
            err = refuse_missing(t, map, fields, f->key, what, e);
    return err;
}

/* What must be a mapping, as an entry of a list or as the whole file. */
static enum err check_entry(const struct tree *t, const struct tree_node *n,
                            const cyaml_schema_field_t *fields, const char *what, struct error *e)
{
    if (n->kind == TREE_MAP)
        return check_map(t, n, fields, what, e);
    char shown[TREE_SHOWN_BYTES];
    struct buffer keys = {0};
    list_keys(&keys, fields);
    enum err err =
        tree_fail(t, n->start, e, "%s where %s begins; expected a mapping with keys among %s",
                  tree_show(n, shown), what, keys.bytes);
    buffer_fini(&keys);
    return err;
}

static enum err check_badge(const struct tree *t, const struct tree_node *badge, struct error *e)
{
    enum err err = check_entry(t, badge, badge_fields, "a badge", e);
    if (err != ERR_OK)
        return err;
    const struct tree_node *source = tree_first(t, tree_find(t, badge, "count"));
    for (; err == ERR_OK && source != NULL; source = tree_next(t, source))
        err = check_entry(t, source, source_fields, "a source", e);
    return err;
}

enum err schema_check(const struct tree *t, struct error *e)
{
    const struct tree_node *root = tree_root(t);
    enum err err = check_entry(t, root, file_fields, "the file", e);
    if (err != ERR_OK)
        return err;
    const struct tree_node *badges = tree_find(t, root, "badges");
    const struct tree_node *badge = badges != NULL ? tree_first(t, badges) : NULL;
    for (; err == ERR_OK && badge != NULL; badge = tree_next(t, badge))
        err = check_badge(t, badge, e);
    return err;
}

/* ---- loading ---- */

static const cyaml_config_t loader = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};

/* What schema_check passed, libcyaml refuses for want of memory only; so it needs no log to explain
 * itself. */
enum err schema_load(const struct tree *t, struct schema_file **ret, struct error *e)
{
    cyaml_data_t *data = NULL;
    cyaml_err_t rc =
        cyaml_load_data((const uint8_t *)t->text, t->len, &loader, &file_schema, &data, NULL);
    if (rc != CYAML_OK)
        return error_set(e, rc == CYAML_ERR_OOM ? ERR_MEMORY : ERR_CONFIG, "%s: %s", t->name,
                         cyaml_strerror(rc));
    /* libcyaml gives nothing for a mapping without keys; it frees with free(). */
    *ret = data != NULL ? data : mem_zero(1, sizeof(**ret));
    return ERR_OK;
}

void schema_free(struct schema_file *file)
{
    (void)cyaml_free(&loader, &file_schema, file, 0);
}
