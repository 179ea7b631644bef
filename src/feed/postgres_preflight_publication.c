#include "feed/postgres_preflight_part.h"
#include "feed/postgres_survey.h"
#include "feed_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

enum {
    VERSION_WITH_LISTS = 150000 /* columns of a table in a publication */
};

static bool is_publishable(const json_t *table)
{
    return preflight_relation(table, 0) != NULL && answer_is(table, "persistence", "p");
}

/* The table as it stands behind FOR TABLE or ADD TABLE: with the columns to publish, where the
 * server knows such lists, and replica identity and partitions allow one. */
static void add_member(struct buffer *b, const struct preflight *p, const json_t *table,
                       bool is_via_root)
{
    buffer_puts(b, answer_text(table, "sql"));
    bool can_list = answer_number(p->server, "version") >= VERSION_WITH_LISTS &&
                    survey_key(table) != NULL && (is_via_root || answer_is(table, "kind", "r"));
    const json_t *r;
    for (size_t i = 0; (r = preflight_relation(table, i)) != NULL; i++)
        can_list = can_list && !answer_is(r, "identity", "f");
    json_t *published = preflight_published(table);
    for (size_t i = 0; i < json_array_size(published); i++) {
        const json_t *column = answer_named(json_object_get(table, "columns"),
                                            json_string_value(json_array_get(published, i)));
        can_list = can_list && column != NULL && answer_is(column, "generated", "");
    }
    if (can_list) {
        char *list = preflight_list(table, published);
        buffer_printf(b, " (%s)", list);
        free(list);
    }
    json_decref(published);
}

/* CREATE PUBLICATION for what the definitions count; nothing when no table can be published. */
static void mend_by_creating(struct trouble *t, const struct preflight *p)
{
    struct buffer members = {0};
    bool has_partitioned = false;
    const json_t *table;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        if (!is_publishable(table))
            continue;
        buffer_puts(&members, members.len > 0 ? ",\n    " : "\n    ");
        add_member(&members, p, table, true);
        has_partitioned = has_partitioned || answer_is(table, "kind", "p");
    }
    if (members.len > 0)
        TROUBLE_MEND(
            t, embed_mend_create_publication_sql, {"publication", p->publication},
            {"tables", members.bytes},
            {"options", has_partitioned ? "\n    WITH (publish_via_partition_root = true)" : ""});
    else
        trouble_advise(t, "make the tables first");
    buffer_fini(&members);
}

static void look_at_publication(struct preflight *p, const json_t *publication)
{
    struct trouble t = {0};
    struct trouble_words words = {
        "publication", NULL, VERDICT_NO_STREAM,
        "the server publishes no changes to follow; badged polls every few seconds instead"};
    struct buffer well = {0};
    buffer_printf(&well, "%s is there", p->publication);
    words.well = well.bytes;
    if (!json_is_object(publication)) {
        trouble_add(&t, "there is no publication named %s", p->publication);
        mend_by_creating(&t, p);
    } else if (answer_flag(publication, "puballtables")) {
        words.verdict = VERDICT_WARNING;
        words.means = "every UPDATE and DELETE fails on a table of the database without replica "
                      "identity, and all changes are sent to badged, which drops most";
        trouble_add(&t, "%s is FOR ALL TABLES", p->publication);
        TROUBLE_MEND(&t, embed_mend_drop_publication_sql, {"publication", p->publication});
        mend_by_creating(&t, p);
    }
    trouble_judge(p->checks, &words, &t);
    buffer_fini(&well);
}

static void look_at_operations(struct preflight *p, const json_t *publication)
{
    static const char *const operations[][2] = {{"pubinsert", "insert"},
                                                {"pubupdate", "update"},
                                                {"pubdelete", "delete"},
                                                {"pubtruncate", "truncate"}};
    struct trouble t = {0};
    for (size_t i = 0; i < 4; i++)
        if (!answer_flag(publication, operations[i][0]))
            trouble_add(&t, "%s does not publish %s", p->publication, operations[i][1]);
    if (t.count > 0)
        TROUBLE_MEND(&t, embed_mend_set_publication_sql, {"publication", p->publication},
                     {"option", "publish = 'insert, update, delete, truncate'"});
    static const struct trouble_words words = {
        "published changes", "insert, update, delete, truncate", VERDICT_NO_STREAM,
        "rows would come or go without a sign; badged polls every few seconds instead"};
    trouble_judge(p->checks, &words, &t);
}

static bool is_of_table(const json_t *table, int64_t oid)
{
    const json_t *r;
    for (size_t i = 0; (r = preflight_relation(table, i)) != NULL; i++)
        if (answer_number(r, "oid") == oid)
            return true;
    return false;
}

static void look_at_member(struct trouble *t, const struct preflight *p, const json_t *table)
{
    bool is_missing = false;
    bool is_via_root = answer_flag(json_object_get(p->survey, "publication"), "pubviaroot");
    const json_t *r;
    for (size_t i = 0; (r = preflight_relation(table, i)) != NULL; i++) {
        int64_t published_as = answer_number(r, "published_as");
        if (!survey_holds_rows(r) || is_of_table(table, published_as))
            continue;
        if (published_as == 0) {
            trouble_add(t, "%s is not in it", answer_text(r, "sql"));
            is_missing = true;
        } else {
            trouble_add(t, "changes of %s are published as those of a table above it",
                        answer_text(r, "sql"));
            TROUBLE_MEND(t, embed_mend_set_publication_sql, {"publication", p->publication},
                         {"option", "publish_via_partition_root = false"});
        }
    }
    if (!is_missing)
        return;
    struct buffer member = {0};
    add_member(&member, p, table, is_via_root);
    TROUBLE_MEND(t, embed_mend_publish_table_sql, {"publication", p->publication},
                 {"table", member.bytes});
    buffer_fini(&member);
}

static bool is_counted(const struct preflight *p, const json_t *relation)
{
    const json_t *table;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++)
        if (answer_number(table, "oid") == answer_number(relation, "oid"))
            return true;
    return false;
}

static void look_at_members(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *table, *r;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        if (is_publishable(table))
            look_at_member(&t, p, table);
        for (size_t j = 1; (r = preflight_relation(table, j)) != NULL; j++) {
            if (!is_counted(p, r))
                continue;
            trouble_add(&t, "%s is counted, and so is %s, which it is a part of",
                        answer_text(r, "sql"), answer_text(table, "sql"));
            trouble_advise(&t, "name only one of the two in the badges' definitions");
        }
    }
    static const struct trouble_words words = {
        "published tables", "all that are counted", VERDICT_NO_STREAM,
        "their changes are not sent; badged polls every few seconds instead"};
    trouble_judge(p->checks, &words, &t);
}

/* What a publication's entry for a table leaves out is mended by adding the table anew. */
static void mend_member(struct trouble *t, const struct preflight *p, const json_t *table,
                        const json_t *member)
{
    bool is_via_root = answer_flag(json_object_get(p->survey, "publication"), "pubviaroot");
    struct buffer anew = {0};
    if (answer_is(member, "sql", answer_text(table, "sql")))
        add_member(&anew, p, table, is_via_root);
    else
        buffer_puts(&anew, answer_text(member, "sql"));
    TROUBLE_MEND(t, embed_mend_publish_table_anew_sql, {"publication", p->publication},
                 {"old", answer_text(member, "sql")}, {"table", anew.bytes});
    buffer_fini(&anew);
}

static void look_at_lists(struct preflight *p)
{
    struct trouble columns = {0}, filters = {0};
    const json_t *table, *member;
    for (size_t i = 0; (table = preflight_table(p, i)) != NULL; i++) {
        json_t *published = preflight_published(table);
        const json_t *members = json_object_get(table, "members");
        for (size_t j = 0; (member = json_array_get(members, j)) != NULL; j++) {
            const json_t *list = json_object_get(member, "columns");
            if (json_is_array(list) && !answer_covers(list, published)) {
                char *needed = preflight_list(table, published);
                trouble_add(&columns, "%s is published without some of %s",
                            answer_text(member, "sql"), needed);
                mend_member(&columns, p, table, member);
                free(needed);
            }
            if (answer_flag(member, "is_filtered")) {
                trouble_add(&filters, "%s is published with a WHERE of its own",
                            answer_text(member, "sql"));
                mend_member(&filters, p, table, member);
            }
        }
        json_decref(published);
    }
    static const struct trouble_words column_words = {
        "published columns", "all that are needed", VERDICT_NO_STREAM,
        "badged cannot tell from a change whether a badge counts its row; it polls every few "
        "seconds instead"};
    static const struct trouble_words filter_words = {
        "row filters", "none", VERDICT_NO_STREAM,
        "rows would come or go without a sign; badged polls every few seconds instead"};
    trouble_judge(p->checks, &column_words, &columns);
    trouble_judge(p->checks, &filter_words, &filters);
}

void preflight_publication(struct preflight *p)
{
    const json_t *publication = json_object_get(p->survey, "publication");
    look_at_publication(p, publication);
    if (!json_is_object(publication)) {
        static const char *const names[] = {"published changes", "published tables",
                                            "published columns", "row filters"};
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            trouble_skip(p->checks, names[i], "there is no publication to look at");
        return;
    }
    look_at_operations(p, publication);
    look_at_members(p);
    look_at_lists(p);
}
