#include "feed/postgres_preflight_part.h"
#include "feed_postgres_sql.h"

#include <stdio.h>
#include <string.h>

enum {
    VERSION_MIN = 140000,
    SLOT_KEEP_MB_MIN = 1024, /* below it, a burst of writes costs badged its slot */
    AGE_S_MIN = 10,          /* of a transaction that a new slot would have to wait for */
};

static void look_at_server(struct preflight *p)
{
    const json_t *s = p->server;
    const char *version = answer_text(s, "version_text"), *encoding = answer_text(s, "encoding"),
               *database = answer_text(s, "database");
    struct trouble t = {0};
    struct buffer well = {0};
    buffer_printf(&well, "PostgreSQL %s, %s, a primary", version, encoding);
    enum verdict verdict = VERDICT_NO_COUNTS;
    if (answer_number(s, "version") < VERSION_MIN) {
        trouble_add(&t, "PostgreSQL %s, older than 14", version);
        trouble_advise(&t, "bring the server up to PostgreSQL 14 or later");
    }
    if (strcmp(encoding, "UTF8") != 0) {
        trouble_add(&t, "database \"%s\" is encoded in %s, not in UTF8", database, encoding);
        trouble_advise(&t, "move it to a database made for UTF8:");
        TROUBLE_MEND(&t, embed_mend_create_database_sql,
                     {"name", answer_text(s, "database_for_utf8")});
    }
    if (t.count == 0 && answer_flag(s, "is_in_recovery")) {
        verdict = VERDICT_NO_STREAM;
        trouble_add(&t, "PostgreSQL %s, a standby: it is in recovery", version);
        trouble_advise(&t, "name the primary instead, with --database or DATABASE_URL");
    }
    const struct trouble_words words = {
        "server", well.bytes, verdict,
        verdict == VERDICT_NO_STREAM
            ? "changes are followed on a primary only; a standby is polled every few seconds"
            : "nothing is counted: badged would not read such a server rightly"};
    trouble_judge(p->checks, &words, &t);
    buffer_fini(&well);
}

void preflight_server(struct preflight *p)
{
    look_at_server(p);
}

static void look_at_wal_level(struct preflight *p)
{
    struct trouble t = {0};
    const char *level = answer_text(p->server, "wal_level");
    if (strcmp(level, "logical") != 0) {
        trouble_add(&t, "wal_level is %s", level);
        if (answer_flag(p->server, "is_rds"))
            trouble_advise(&t, "set rds.logical_replication = 1 in the instance's parameter group, "
                               "and reboot it");
        else
            TROUBLE_MEND(&t, embed_mend_set_server_sql, {"setting", "wal_level"},
                         {"value", "'logical'"});
    }
    static const struct trouble_words words = {
        "wal_level", "logical", VERDICT_NO_STREAM,
        "the server's log has no rows in it to follow; badged polls every few seconds instead. To "
        "change it takes a restart of the server"};
    trouble_judge(p->checks, &words, &t);
}

static void look_at_role(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *role = json_object_get(p->server, "role");
    if (!answer_flag(role, "is_super") && !answer_flag(role, "replicates") &&
        !answer_flag(p->server, "is_rds_replicator")) {
        trouble_add(&t, "role %s may not replicate", p->role);
        if (answer_flag(p->server, "is_rds"))
            TROUBLE_MEND(&t, embed_mend_grant_role_sql, {"right", "rds_replication"},
                         {"role", p->role});
        else
            TROUBLE_MEND(&t, embed_mend_allow_role_sql, {"right", "REPLICATION"},
                         {"role", p->role});
    }
    struct buffer well = {0};
    buffer_printf(&well, "role %s may replicate", p->role);
    const struct trouble_words words = {
        "right to replicate", well.bytes, VERDICT_NO_STREAM,
        "badged may not ask for the changes; it polls every few seconds instead"};
    trouble_judge(p->checks, &words, &t);
    buffer_fini(&well);
}

struct supply {
    const char *check, *setting, *used, *max;
};

static void look_at_supply(struct preflight *p, const struct supply *supply)
{
    struct trouble t = {0};
    int64_t used = answer_number(p->server, supply->used),
            max = answer_number(p->server, supply->max);
    const char *unused = answer_text(p->server, "slot_unused");
    if (used >= max) {
        bool names_one = unused != NULL && strcmp(supply->used, "slots_used") == 0;
        trouble_add(&t, "all %lld are taken (%s)%s%s%s", (long long)max, supply->setting,
                    names_one ? "; nobody uses \"" : "", names_one ? unused : "",
                    names_one ? "\"" : "");
        char value[32];
        (void)snprintf(value, sizeof(value), "%lld", (long long)max + 10);
        TROUBLE_MEND(&t, embed_mend_set_server_sql, {"setting", supply->setting}, {"value", value});
    }
    struct buffer well = {0};
    buffer_printf(&well, "%lld of %lld are free", (long long)(max - used), (long long)max);
    const struct trouble_words words = {
        supply->check, well.bytes, VERDICT_NO_STREAM,
        "badged cannot start to follow until one is free; it polls every few seconds meanwhile. To "
        "have more takes a restart of the server"};
    trouble_judge(p->checks, &words, &t);
    buffer_fini(&well);
}

void preflight_replication(struct preflight *p)
{
    static const struct supply slots = {"replication slots", "max_replication_slots", "slots_used",
                                        "slots_max"},
                               senders = {"WAL senders", "max_wal_senders", "senders_used",
                                          "senders_max"};
    look_at_wal_level(p);
    look_at_role(p);
    look_at_supply(p, &slots);
    look_at_supply(p, &senders);
}

/* ---- what is around ---- */

static void look_at_sender_timeout(struct preflight *p)
{
    struct trouble t = {0};
    if (answer_number(p->server, "sender_timeout_ms") == 0) {
        trouble_add(&t, "it is 0: off");
        TROUBLE_MEND(&t, embed_mend_set_server_and_reload_sql, {"setting", "wal_sender_timeout"},
                     {"value", "'60s'"});
    }
    static const struct trouble_words words = {
        "wal_sender_timeout", "on", VERDICT_WARNING,
        "badged sets 30 s for its own session; any other follower that dies keeps its slot, and "
        "the server's log with it"};
    trouble_judge(p->checks, &words, &t);
}

static void look_at_kept_wal(struct preflight *p)
{
    struct trouble t = {0};
    int64_t mb = answer_number(p->server, "slot_keep_mb");
    if (mb >= 0 && mb < SLOT_KEEP_MB_MIN) {
        trouble_add(&t, "max_slot_wal_keep_size is %lld MB", (long long)mb);
        TROUBLE_MEND(&t, embed_mend_set_server_and_reload_sql,
                     {"setting", "max_slot_wal_keep_size"}, {"value", "'4GB'"});
    }
    static const struct trouble_words words = {
        "WAL kept", "enough to fall behind a little; badged lets go at lag_bytes", VERDICT_WARNING,
        "a burst of writes larger than that costs badged its slot, and it loads all rows anew"};
    trouble_judge(p->checks, &words, &t);
}

static void look_at_transactions(struct preflight *p)
{
    struct trouble t = {0};
    const json_t *prepared = json_object_get(p->server, "prepared"),
                 *open = json_object_get(p->server, "open");
    for (size_t i = 0; i < json_array_size(prepared); i++) {
        const json_t *x = json_array_get(prepared, i);
        trouble_add(&t, "prepared transaction %s of database \"%s\" is %lld s old",
                    answer_text(x, "sql"), answer_text(x, "database"),
                    (long long)answer_number(x, "age_s"));
        TROUBLE_MEND(&t, embed_mend_end_prepared_sql, {"name", answer_text(x, "sql")});
    }
    for (size_t i = 0; i < json_array_size(open); i++) {
        const json_t *x = json_array_get(open, i);
        const char *state = answer_text(x, "state");
        trouble_add(&t, "process %lld (user \"%s\", %s) has had a transaction open for %lld s",
                    (long long)answer_number(x, "pid"), answer_text(x, "user"),
                    state != NULL ? state : "busy", (long long)answer_number(x, "age_s"));
        char pid[32];
        (void)snprintf(pid, sizeof(pid), "%lld", (long long)answer_number(x, "pid"));
        TROUBLE_MEND(&t, embed_mend_end_process_sql, {"pid", pid});
    }
    static const struct trouble_words words = {
        "open transactions", "none that has written for long", VERDICT_WARNING,
        "a new slot waits for them to end; badged polls every few seconds meanwhile"};
    trouble_judge(p->checks, &words, &t);
}

void preflight_surroundings(struct preflight *p)
{
    look_at_sender_timeout(p);
    look_at_kept_wal(p);
    look_at_transactions(p);
}
