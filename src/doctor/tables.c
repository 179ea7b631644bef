#include "base/mem.h"
#include "doctor/part.h"
#include "doctor_sql.h"
#include "feed/postgres_answer.h"
#include "store/migration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The five tables, and the file that makes each. */
static const struct own {
    const char *check, *table, *file;
} own_tables[] = {
    {"table crawl_attempts", "crawl_attempts", "sql/080_ingestion_failure_tracking.sql"},
    {"table page_failures", "page_failures", "sql/080_ingestion_failure_tracking.sql"},
    {"table feedback", "feedback", "sql/068_feedback.sql"},
    {"table integrations", "integrations", "sql/090_sidebar_badge_tables.sql"},
    {"table integration_outbox", "integration_outbox", "sql/090_sidebar_badge_tables.sql"},
};

enum {
    OWN_COUNT = sizeof(own_tables) / sizeof(own_tables[0])
};

static bool is_postgres(const struct patient *p)
{
    return p->options->postgres != NULL;
}

static void advise_migrating(struct trouble *t, const char *file)
{
    trouble_advise(t, "as their owner: badged migrate up (or psql -f %s)", file);
}

/* In a file what somebody dropped is made by its own statement: it is all that it takes. */
static void advise(const struct patient *p, struct trouble *t, const json_t *item, const char *file)
{
    if (answer_flag(item, "is_something_else")) {
        trouble_advise(t, "rename it, or name the table behind it in the badge's definition");
        return;
    }
    if (is_postgres(p)) {
        advise_migrating(t, file);
        return;
    }
    char *sql = migration_sqlite_statement(answer_text(item, "kind"), answer_text(item, "name"));
    trouble_advise(t, "%s",
                   sql != NULL ? sql : "put a backup of the file in its place, or ALTER TABLE it");
    free(sql);
}

static bool is_table_counted(const struct patient *p, const char *name)
{
    const struct definitions *d = p->options->definitions;
    for (size_t i = 0; i < d->sources_count; i++)
        if (strcmp(d->sources[i].table, name) == 0 && strcmp(d->sources[i].schema, "public") == 0)
            return true;
    return false;
}

static bool is_lacking(const struct patient *p, const char *kind, const char *table)
{
    for (size_t i = 0; i < json_array_size(p->lacking); i++) {
        const json_t *item = json_array_get(p->lacking, i);
        if (answer_is(item, "kind", kind) && (table == NULL || answer_is(item, "table", table)))
            return true;
    }
    return false;
}

/* ---- base tables, and the right to make what is missing ---- */

static void look_at_bases(struct patient *p)
{
    static const char *const names[] = {"tenants", "tenant_sites", "conversations"};
    const json_t *bases = json_object_get(p->facts, "bases");
    bool is_needed = false, is_any_counted = false;
    for (size_t i = 0; i < OWN_COUNT; i++) {
        bool is_counted = is_table_counted(p, own_tables[i].table);
        is_any_counted = is_any_counted || is_counted;
        is_needed = is_needed || (is_counted && is_lacking(p, "table", own_tables[i].table));
    }
    if (!is_any_counted) {
        part_skip(p, "base tables", "no badge counts a table that refers to them");
        return;
    }
    struct trouble t = {0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!answer_flag(bases, names[i]))
            trouble_add(&t, "relation \"public.%s\" does not exist", names[i]);
    if (t.count == sizeof(names) / sizeof(names[0]))
        advise_migrating(&t, "sql/060_base_tables.sql");
    else if (t.count > 0)
        trouble_advise(&t, "as the owner of the others: psql -f sql/060_base_tables.sql");
    const struct trouble_words words = {
        "base tables", "tenants, tenant_sites and conversations are there",
        is_needed ? VERDICT_NO_COUNTS : VERDICT_WARNING,
        is_needed ? "badge tables refer to them: they cannot be made before, and nothing is "
                    "counted until then"
                  : "badges are counted without them, but nothing keeps rows of tenants that are "
                    "gone from being counted"};
    part_judge(p, &words, &t);
}

static void look_at_right_to_create(struct patient *p)
{
    struct trouble t = {0};
    const json_t *schemas = json_object_get(p->facts, "schemas");
    bool is_missing = is_lacking(p, "table", NULL);
    bool may_all = true;
    for (size_t i = 0; i < json_array_size(schemas); i++) {
        const json_t *schema = json_array_get(schemas, i);
        const char *sql = answer_text(schema, "sql");
        if (answer_flag(schema, "may_create"))
            continue;
        may_all = false;
        if (!is_missing || strcmp(sql, "public") != 0)
            continue;
        trouble_add(&t, "role %s may not create in schema %s, where something is missing", p->role,
                    sql);
        PART_MEND(&t, embed_postgres_doctor_mend_grant_create_sql, {"schema", sql},
                  {"role", p->role});
    }
    const struct trouble_words words = {
        "right to create",
        may_all ? "the role has it" : "the role does not have it, and needs it for nothing",
        VERDICT_WARNING,
        "`badged migrate up` is refused as this role: run it as the owner of the schema, or grant "
        "it, and take it back afterwards"};
    part_judge(p, &words, &t);
}

void part_base_tables(struct patient *p)
{
    look_at_right_to_create(p);
    look_at_bases(p);
}

/* ---- the five tables ---- */

static void add_types(const struct patient *p, struct trouble *t, const char *table)
{
    const json_t *types = json_object_get(p->facts, "types");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *type = json_array_get(types, i);
        if (!answer_is(type, "table", table))
            continue;
        trouble_add(t, "column %s of public.%s is %s, and not %s", answer_text(type, "column"),
                    table, answer_text(type, "type"), answer_text(type, "wanted"));
        trouble_advise(t, "change the column's type, or what writes to it");
    }
}

static void look_at_own(struct patient *p, const struct own *own)
{
    struct trouble t = {0};
    bool is_counted = is_table_counted(p, own->table);
    bool is_missing = is_lacking(p, "table", own->table);
    if (is_missing && !is_counted) {
        part_skip(p, own->check, "not there, and no badge counts it");
        return;
    }
    for (size_t i = 0; i < json_array_size(p->lacking); i++) {
        const json_t *item = json_array_get(p->lacking, i);
        bool is_of_it = answer_is(item, "table", own->table) &&
                        (answer_is(item, "kind", "table") || answer_is(item, "kind", "column"));
        if (is_of_it) {
            trouble_add(&t, "%s", answer_text(item, "text"));
            advise(p, &t, item, own->file);
        }
    }
    add_types(p, &t, own->table);
    const struct trouble_words words = {
        own->check, "there, with all its columns", is_missing ? VERDICT_NO_COUNTS : VERDICT_WARNING,
        is_missing ? "nothing is counted until it is there, and the API answers 503"
                   : "badges are counted if they need none of that; lists and actions of badged, "
                     "and what writes to it, do"};
    part_judge(p, &words, &t);
}

void part_own_tables(struct patient *p)
{
    for (size_t i = 0; p->lacking != NULL && i < OWN_COUNT; i++)
        look_at_own(p, &own_tables[i]);
}

void part_triggers(struct patient *p)
{
    struct trouble t = {0};
    size_t there = 0;
    if (p->lacking == NULL)
        return; /* skipped */
    for (size_t i = 0; i < OWN_COUNT; i++)
        there += !is_lacking(p, "table", own_tables[i].table);
    if (there == 0) {
        part_skip(p, "updated_at", "none of the tables is there");
        return;
    }
    for (size_t i = 0; i < json_array_size(p->lacking); i++) {
        const json_t *item = json_array_get(p->lacking, i);
        if (!answer_is(item, "kind", "trigger"))
            continue;
        trouble_add(&t, "%s", answer_text(item, "text"));
        advise(p, &t, item, "sql/090_sidebar_badge_tables.sql");
    }
    static const struct trouble_words words = {
        "updated_at", "triggers keep it", VERDICT_WARNING,
        "counts are right all the same; whoever sorts by updated_at is told an old time"};
    part_judge(p, &words, &t);
}

/* ---- rows ---- */

static void add_barred(const struct patient *p, struct trouble *t)
{
    const json_t *barred = json_object_get(p->facts, "barred");
    for (size_t i = 0; i < json_array_size(barred); i++) {
        const json_t *b = json_array_get(barred, i);
        const char *function = answer_text(b, "function"), *owner = answer_text(b, "owner");
        trouble_add(t, "a default of public.%s calls %s, which its owner %s may not",
                    answer_text(b, "table"), function, owner);
        if (answer_flag(b, "may_use"))
            PART_MEND(t, embed_postgres_doctor_mend_grant_execute_sql, {"function", function},
                      {"role", owner});
        else
            PART_MEND(t, embed_postgres_doctor_mend_grant_schema_sql,
                      {"schema", answer_text(b, "schema")}, {"role", owner});
    }
}

static void look_at_ids(struct patient *p)
{
    struct trouble t = {0};
    const json_t *ids = json_object_get(p->facts, "ids");
    const char *ossp = answer_text(p->facts, "ossp");
    if (!answer_flag(p->facts, "may_make_uuids")) {
        trouble_add(&t, "role %s may not call gen_random_uuid()", p->role);
        PART_MEND(&t, embed_postgres_doctor_mend_grant_execute_sql,
                  {"function", "pg_catalog.gen_random_uuid()"}, {"role", "PUBLIC"});
    }
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        struct buffer table = {0};
        buffer_printf(&table, "public.%s", answer_text(id, "table"));
        trouble_add(&t, "id of %s has no default", table.bytes);
        if (answer_flag(id, "is_uuid"))
            PART_MEND(&t, embed_postgres_doctor_mend_set_id_sql, {"table", table.bytes});
        else
            trouble_advise(&t, "give id of %s a default, unless all that writes to it sets it",
                           table.bytes);
        buffer_fini(&table);
    }
    add_barred(p, &t);
    struct buffer well = {0};
    buffer_printf(&well, "gen_random_uuid() is built in; uuid-ossp is %s%s, and not needed",
                  ossp != NULL ? "in schema " : "not installed", ossp != NULL ? ossp : "");
    const struct trouble_words words = {
        "row ids", well.bytes, VERDICT_WARNING,
        "counts are right all the same; an INSERT that leaves the id out fails"};
    part_judge(p, &words, &t);
    buffer_fini(&well);
}

static void look_at_references(struct patient *p)
{
    struct trouble t = {0};
    const json_t *links = json_object_get(p->facts, "links");
    for (size_t i = 0; i < json_array_size(links); i++) {
        const json_t *l = json_array_get(links, i);
        struct buffer table = {0}, other = {0}, name = {0};
        const char *table_name = answer_text(l, "name"), *column = answer_text(l, "col"),
                   *unproved = answer_text(l, "unproved");
        buffer_printf(&table, "public.%s", table_name);
        buffer_printf(&other, "public.%s", answer_text(l, "refers_to"));
        buffer_printf(&name, "%s_%s_fkey", table_name, column);
        trouble_add(&t,
                    unproved != NULL ? "%s of %s: its reference to %s was never validated"
                                     : "%s of %s refers to %s by no foreign key",
                    column, table.bytes, other.bytes);
        if (unproved != NULL)
            PART_MEND(&t, embed_postgres_doctor_mend_validate_reference_sql, {"table", table.bytes},
                      {"name", unproved});
        else
            PART_MEND(&t,
                      answer_flag(l, "is_partitioned")
                          ? embed_postgres_doctor_mend_add_reference_of_partitions_sql
                          : embed_postgres_doctor_mend_add_reference_sql,
                      {"table", table.bytes}, {"name", name.bytes}, {"column", column},
                      {"other", other.bytes}, {"action", answer_text(l, "on_delete")});
        buffer_fini(&table);
        buffer_fini(&other);
        buffer_fini(&name);
    }
    static const struct trouble_words words = {"foreign keys", "rows go with what they belong to",
                                               VERDICT_WARNING,
                                               "rows of what is gone stay, and are counted; those "
                                               "that refer to nothing go first, or it is refused"};
    part_judge(p, &words, &t);
}

void part_rows(struct patient *p)
{
    look_at_ids(p);
    look_at_references(p);
}
