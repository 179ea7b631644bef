#include "doctor/doctor.h"

#include "base/mem.h"
#include "doctor/part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define OWN_TABLES                                                                                 \
    {"table crawl_attempts", "it is there, with the columns it should have"},                      \
        {"table page_failures", "it is there, with the columns it should have"},                   \
        {"table feedback", "it is there, with the columns it should have"},                        \
        {"table integrations", "it is there, with the columns it should have"},                    \
        {"table integration_outbox", "it is there, with the columns it should have"},              \
        {"indexes", "the counts of a tenant are found without reading the whole table"},           \
    {                                                                                              \
        "updated_at", "triggers keep it"                                                           \
    }

static const struct doctor_check postgres_checks[] = {
    {"connection", "the server can be reached, and which it is"},
    {"locks", "nobody keeps a table from being read"},
    {"server", "version, encoding, a primary"},
    {"tables", "those that badges count are there, and are tables"},
    {"columns", "those that badges name are there, and of types that suit"},
    {"predicates", "badged and Postgres take them"},
    {"right to read", "what is counted may be selected, and its schemas used"},
    {"row security", "no policy hides rows from the role"},
    {"wal_level", "logical"},
    {"right to replicate", "REPLICATION, or what stands for it"},
    {"replication slots", "one is free"},
    {"WAL senders", "one is free"},
    {"replica identity", "every table says which row changed"},
    {"keys", "a change names one row of the whole table"},
    {"storage", "nothing is unlogged or foreign"},
    {"generated columns", "none is needed that Postgres does not publish"},
    {"publication", "it is there, and of named tables"},
    {"published changes", "insert, update, delete and truncate"},
    {"published tables", "all that are counted"},
    {"published columns", "all that are needed"},
    {"row filters", "none"},
    {"long values", "none that an update might leave out"},
    {"wal_sender_timeout", "on"},
    {"WAL kept", "enough for badged to fall behind a little"},
    {"open transactions", "none that a new slot would wait for"},
    {"replication connection", "one is let in"},
    {"right to create", "the role may make what is missing in a schema"},
    {"base tables", "tenants, tenant_sites, conversations"},
    OWN_TABLES,
    {"row ids", "they come by themselves: gen_random_uuid, uuid-ossp"},
    {"foreign keys", "rows go with the tenant that they belong to"},
    {"policies", "which there are, and what they hide from the role"},
    {"slots", "no slot that nobody uses keeps the server's log"},
    {"clock", "the server's agrees with this machine's"},
    {"settings", "none that hurts badged"},
    {"answers", "a badged that serves the database answers what SQL counts"},
};

static const struct doctor_check embedded_checks[] = {
    {"file", "it is there, and a database of badged"},
    {"integrity", "every page and index of it is sound"},
    {"free space", "there is room to write"},
    {"version", "its tables are of this badged"},
    {"journal mode", "a rollback journal"},
    {"definitions", "tables and columns suit the badges"},
    OWN_TABLES,
    {"change log", "triggers note every change"},
    {"foreign keys", "every row's tenant is there"},
    {"answers", "a badged that serves the database answers what SQL counts"},
};

const struct doctor_check *doctor_checks(bool is_postgres, size_t *count)
{
    *count = is_postgres ? sizeof(postgres_checks) / sizeof(postgres_checks[0])
                         : sizeof(embedded_checks) / sizeof(embedded_checks[0]);
    return is_postgres ? postgres_checks : embedded_checks;
}

static bool is_named(const char *name, const char *typed)
{
    for (; *name != '\0' && *typed != '\0'; name++, typed++)
        if (*name != *typed && !(*name == ' ' && *typed == '-'))
            return false;
    return *name == *typed;
}

bool doctor_wants(const struct doctor_options *o, const char *name)
{
    for (size_t i = 0; i < o->wanted_count; i++)
        if (is_named(name, o->wanted[i]))
            return true;
    return o->wanted_count == 0;
}

/* ---- what the parts have in common ---- */

void part_mend(struct trouble *t, const char *template, const struct sql_variable *variables,
               size_t n)
{
    char *sql = sql_fill(template, variables, n);
    trouble_advise(t, "%s;", sql);
    free(sql);
}

void part_judge(struct patient *p, const struct trouble_words *words, struct trouble *t)
{
    if (doctor_wants(p->options, words->name)) {
        trouble_judge(p->checks, words, t);
        return;
    }
    buffer_fini(&t->found);
    buffer_fini(&t->mend);
    *t = (struct trouble){0};
}

void part_skip(struct patient *p, const char *name, const char *why)
{
    if (doctor_wants(p->options, name))
        trouble_skip(p->checks, name, why);
}

char *part_table(const struct patient *p, const struct source *s)
{
    char *schema = sql_identifier(s->schema), *table = sql_identifier(s->table);
    struct buffer sql = {0};
    if (p->options->postgres != NULL)
        buffer_printf(&sql, "%s.", schema);
    buffer_puts(&sql, table);
    free(schema);
    free(table);
    return buffer_take(&sql);
}

/* In the order of the list; what could not be looked at is so for a reason that another names. */
static void put_in_order(struct patient *p)
{
    size_t count;
    const struct doctor_check *list = doctor_checks(p->options->postgres != NULL, &count);
    struct checks made = *p->checks;
    *p->checks = (struct checks){0};
    for (size_t i = 0; i < count; i++) {
        const struct check *found = checks_find(&made, list[i].name);
        if (found != NULL)
            checks_add(p->checks, found);
        else
            part_skip(p, list[i].name, "not looked at, because of what another check says");
    }
    assert(p->checks->count >= made.count); /* every check that is made is in the list */
    free(made.list);
}

enum err doctor_run(const struct doctor_options *o, struct checks *ret, struct error *e)
{
    struct checks checks = {0};
    struct patient p = {.options = o, .checks = &checks};
    enum err err = o->postgres != NULL ? part_postgres(&p, e) : part_embedded(&p, e);
    if (err == ERR_OK)
        put_in_order(&p);
    else
        checks_fini(&checks);
    *ret = checks;
    return err;
}
