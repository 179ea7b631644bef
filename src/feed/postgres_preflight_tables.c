#include "feed/postgres_preflight_part.h"
#include "feed/postgres_survey.h"
#include "feed/postgres_text.h"
#include "feed_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

enum {
    INLINE_BYTES_MAX = 24 /* nothing shorter is ever stored out of line (toast_helper.c) */
};

/* ---- rights ---- */

static void look_at_right_to_read(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *table;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        const json_t *columns = json_object_get(table, "columns");
        json_t *wanted = preflight_published(table), *missing = json_array();
        for (size_t j = 0; j < json_array_size(wanted); j++) {
            const json_t *column =
                answer_named(columns, json_string_value(json_array_get(wanted, j)));
            if (column != NULL && !answer_flag(column, "may_select"))
                (void)json_array_append(missing, json_array_get(wanted, j));
        }
        if (answer_flag(table, "has_schema") && !answer_flag(table, "may_use_schema")) {
            const char *schema = answer_text(table, "schema_sql");
            trouble_add(&t, "role %s may not use schema %s", p->role, schema);
            TROUBLE_MEND(&t, embed_mend_grant_usage_sql, {"schema", schema}, {"role", p->role});
        }
        if (json_array_size(missing) > 0) {
            char *list = preflight_list(table, missing);
            trouble_add(&t, "role %s may not read %s of %s", p->role, list,
                        answer_text(table, "sql"));
            TROUBLE_MEND(&t, embed_mend_grant_select_sql, {"columns", list},
                         {"table", answer_text(table, "sql")}, {"role", p->role});
            free(list);
        }
        json_decref(wanted);
        json_decref(missing);
    }
    static const struct trouble_words words = {"right to read", "all needed columns",
                                               VERDICT_NO_COUNTS,
                                               "nothing is counted until every table can be read"};
    trouble_judge(p->checks, &words, &t);
}

static void look_at_row_security(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *table;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++)
        if (answer_flag(table, "is_row_security_active"))
            trouble_add(&t, "policies of %s hold for role %s", answer_text(table, "sql"), p->role);
    if (t.count > 0)
        TROUBLE_MEND(&t, embed_mend_allow_role_sql, {"right", "BYPASSRLS"}, {"role", p->role});
    static const struct trouble_words words = {
        "row security", "hides no row from this role", VERDICT_NO_COUNTS,
        "nothing is counted: a policy would hide rows from what is loaded, and not from the "
        "stream, so that the numbers would be wrong without a sign"};
    trouble_judge(p->checks, &words, &t);
}

void preflight_rights(struct preflight *p)
{
    look_at_right_to_read(p);
    look_at_row_security(p);
}

/* ---- what tells rows apart ---- */

static void mend_with_primary_key(struct trouble *t, const json_t *table)
{
    const json_t *root = preflight_relation(table, 0);
    const json_t *deferrable = json_object_get(root, "deferrable");
    const char *sql = answer_text(table, "sql");
    if (json_is_object(deferrable)) {
        TROUBLE_MEND(t, embed_mend_replace_key_sql, {"table", sql},
                     {"name", answer_text(deferrable, "name")},
                     {"columns", answer_text(deferrable, "columns")});
        return;
    }
    if (json_is_array(json_object_get(root, "primary")))
        return;
    const json_t *partition_columns = json_object_get(table, "partition_columns");
    json_t *key = json_pack("[s]", "id");
    for (size_t i = 0; i < json_array_size(partition_columns); i++)
        if (!answer_has(key, json_string_value(json_array_get(partition_columns, i))))
            (void)json_array_append(key, json_array_get(partition_columns, i));
    char *list = preflight_list(table, key);
    if (answer_named(json_object_get(table, "columns"), "id") != NULL)
        TROUBLE_MEND(t, embed_mend_add_key_sql, {"table", sql}, {"columns", list});
    else
        TROUBLE_MEND(t, embed_mend_add_key_column_sql, {"table", sql}, {"columns", list});
    free(list);
    json_decref(key);
}

static bool has_identity(const json_t *relation)
{
    return answer_is(relation, "identity", "f") || survey_identity(relation) != NULL;
}

static void mend_identity_to(struct trouble *t, const json_t *relation, const char *identity)
{
    TROUBLE_MEND(t, embed_mend_set_identity_sql, {"table", answer_text(relation, "sql")},
                 {"identity", identity});
}

/* Returns whether this is mended at the relation itself. */
static bool mend_identity(struct trouble *t, const json_t *relation)
{
    const char *index = answer_text(relation, "candidate");
    if (json_is_array(json_object_get(relation, "primary"))) {
        mend_identity_to(t, relation, "DEFAULT");
        return true;
    }
    if (index == NULL)
        return false;
    struct buffer identity = {0};
    buffer_printf(&identity, "USING INDEX %s", index);
    mend_identity_to(t, relation, identity.bytes);
    buffer_fini(&identity);
    return true;
}

static const char *identity_word(const json_t *relation)
{
    if (answer_is(relation, "identity", "n"))
        return "replica identity NOTHING";
    if (answer_is(relation, "identity", "i"))
        return "a replica identity whose index is gone";
    return json_is_object(json_object_get(relation, "deferrable"))
               ? "a deferrable primary key, which is no replica identity"
               : "no primary key, and so no replica identity";
}

/* Returns how many relations of the table cannot say which row changed. */
static size_t look_at_identities(struct trouble *t, const json_t *table)
{
    size_t lacking = 0;
    bool needs_primary_key = false;
    const json_t *r;
    for (size_t i = 0; (r = preflight_relation(table, i)) != NULL; i++) {
        bool is_empty_root = !survey_holds_rows(r) && (i > 0 || survey_key(table) != NULL);
        if (is_empty_root || has_identity(r))
            continue;
        lacking++;
        trouble_add(t, "%s has %s", answer_text(r, "sql"), identity_word(r));
        if (!mend_identity(t, r))
            needs_primary_key = true;
    }
    if (needs_primary_key)
        mend_with_primary_key(t, table);
    return lacking;
}

static void look_at_key(struct trouble *t, const json_t *table)
{
    const json_t *root = preflight_relation(table, 0), *r;
    const json_t *primary = json_object_get(root, "primary"), *key = primary;
    if (survey_key(table) != NULL)
        return;
    if (answer_is(root, "identity", "i"))
        key = json_object_get(root, "index");
    if (!json_is_array(key)) {
        trouble_add(t, "%s has no primary key", answer_text(table, "sql"));
        if (!answer_is(root, "kind", "r") || !mend_identity(t, root))
            mend_with_primary_key(t, table);
        return;
    }
    for (size_t i = 1; (r = preflight_relation(table, i)) != NULL; i++) {
        if (!survey_holds_rows(r) || answer_is(r, "identity", "f") ||
            answer_covers(survey_identity(r), key))
            continue;
        char *list = preflight_list(table, key);
        trouble_add(t, "the replica identity of %s is without %s, which names the rows of %s",
                    answer_text(r, "sql"), list, answer_text(table, "sql"));
        free(list);
        bool is_default = answer_covers(json_object_get(r, "primary"), key);
        mend_identity_to(t, r, is_default ? "DEFAULT" : "FULL");
    }
}

static void look_at_storage(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *table, *r;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        for (size_t j = 0; (r = preflight_relation(table, j)) != NULL; j++) {
            const char *sql = answer_text(r, "sql");
            if (answer_is(r, "persistence", "u")) {
                trouble_add(&t, "%s is unlogged", sql);
                TROUBLE_MEND(&t, embed_mend_set_logged_sql, {"table", sql});
            } else if (answer_is(r, "kind", "f")) {
                trouble_add(&t, "%s, a partition of %s, is a foreign table", sql,
                            answer_text(table, "sql"));
                TROUBLE_MEND(&t, embed_mend_detach_partition_sql,
                             {"table", answer_text(table, "sql")}, {"partition", sql});
            }
        }
        if (answer_flag(table, "has_children")) {
            trouble_add(&t, "other tables inherit from %s", answer_text(table, "sql"));
            trouble_advise(&t, "make %s a partitioned table, or count the tables under it",
                           answer_text(table, "sql"));
        }
    }
    static const struct trouble_words words = {
        "storage", "every row goes through the server's log", VERDICT_NO_STREAM,
        "changes of those rows are in no stream; badged polls every few seconds instead"};
    trouble_judge(p->checks, &words, &t);
}

static bool is_published_when_generated(const struct preflight *p, const json_t *column)
{
    const json_t *publication = json_object_get(p->survey, "publication");
    return answer_is(column, "generated", "s") && answer_is(publication, "pubgencols", "s");
}

static void look_at_generated(struct preflight *p)
{
    enum {
        VERSION_WITH_GENERATED = 180000
    };
    struct trouble t = {0};
    bool can_be_published = answer_number(p->server, "version") >= VERSION_WITH_GENERATED;
    const json_t *table;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        json_t *wanted = preflight_published(table);
        for (size_t j = 0; j < json_array_size(wanted); j++) {
            const char *name = json_string_value(json_array_get(wanted, j));
            const json_t *c = answer_named(json_object_get(table, "columns"), name);
            if (c == NULL || answer_is(c, "generated", "") || is_published_when_generated(p, c))
                continue;
            const char *sql = answer_text(c, "sql");
            trouble_add(&t, "%s of %s is a generated column", sql, answer_text(table, "sql"));
            if (can_be_published && answer_is(c, "generated", "s")) {
                TROUBLE_MEND(&t, embed_mend_set_publication_sql, {"publication", p->publication},
                             {"option", "publish_generated_columns = stored"});
            } else {
                trouble_advise(&t,
                               "name the columns that %s is computed from in the badge's "
                               "definition, or make it a plain one:",
                               sql);
                TROUBLE_MEND(&t, embed_mend_drop_expression_sql,
                             {"table", answer_text(table, "sql")}, {"column", sql});
            }
        }
        json_decref(wanted);
    }
    static const struct trouble_words words = {
        "generated columns", "none is needed that is not published", VERDICT_NO_STREAM,
        "Postgres does not publish its values; badged polls every few seconds instead"};
    trouble_judge(p->checks, &words, &t);
}

void preflight_identities(struct preflight *p)
{
    struct trouble identities = {0}, keys = {0};
    const json_t *table;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++)
        if (preflight_relation(table, 0) != NULL && look_at_identities(&identities, table) == 0)
            look_at_key(&keys, table);
    static const struct trouble_words identity_words = {
        "replica identity", "every table says which row changed", VERDICT_NO_STREAM,
        "a change there does not say which row it is of, and once the table is published, its "
        "UPDATE and DELETE fail; badged polls every few seconds instead"};
    static const struct trouble_words key_words = {
        "keys", "every change names one row", VERDICT_NO_STREAM,
        "a change there does not name one row of the whole table; badged polls every few seconds "
        "instead"};
    trouble_judge(p->checks, &identity_words, &identities);
    trouble_judge(p->checks, &key_words, &keys);
    look_at_storage(p);
    look_at_generated(p);
}

/* ---- values that an update leaves out ---- */

static bool may_be_left_out(const json_t *column)
{
    enum column_type type =
        pg_type_class((uint32_t)answer_number(column, "base"), answer_text(column, "kind")[0],
                      answer_flag(column, "is_deterministic"));
    return type == COLUMN_TEXT && !answer_is(column, "storage", "p") &&
           answer_number(column, "width") > INLINE_BYTES_MAX;
}

void preflight_long_values(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *table, *r;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        const json_t *needed = json_object_get(table, "needed");
        size_t before = t.count;
        for (size_t j = 0; j < json_array_size(needed); j++) {
            const char *name = json_string_value(json_array_get(needed, j));
            const json_t *column = answer_named(json_object_get(table, "columns"), name);
            bool is_full = true;
            for (size_t k = 0; (r = preflight_relation(table, k)) != NULL; k++)
                is_full = is_full && (!survey_holds_rows(r) || answer_is(r, "identity", "f"));
            if (column != NULL && !is_full && may_be_left_out(column))
                trouble_add(&t, "%s of %s holds %lld bytes on average", answer_text(column, "sql"),
                            answer_text(table, "sql"), (long long)answer_number(column, "width"));
        }
        if (t.count == before)
            continue;
        const json_t *member = json_array_get(json_object_get(table, "members"), 0);
        if (json_is_array(json_object_get(member, "columns"))) /* which FULL does not allow */
            TROUBLE_MEND(&t, embed_mend_publish_table_anew_sql, {"publication", p->publication},
                         {"old", answer_text(member, "sql")},
                         {"table", answer_text(member, "sql")});
        for (size_t k = 0; (r = preflight_relation(table, k)) != NULL; k++)
            if (survey_holds_rows(r) && !answer_is(r, "identity", "f"))
                mend_identity_to(&t, r, "FULL");
    }
    static const struct trouble_words words = {
        "long values", "none that an update would leave out", VERDICT_WARNING,
        "Postgres leaves a long value out of an update that does not change it; when badged needs "
        "it, it loads all rows anew"};
    trouble_judge(p->checks, &words, &t);
}
