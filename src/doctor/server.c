#include "base/clock.h"
#include "doctor/part.h"
#include "doctor_sql.h"
#include "feed/postgres_answer.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    SKEW_US_MAX = 2000000
};

static void look_at_slots(struct patient *p)
{
    struct trouble t = {0};
    const json_t *slots = json_object_get(p->facts, "slots");
    for (size_t i = 0; i < json_array_size(slots); i++) {
        const json_t *slot = json_array_get(slots, i);
        const char *kept = answer_text(slot, "kept");
        if (answer_flag(slot, "is_lost"))
            trouble_add(&t, "slot \"%s\" lost its place in the server's log",
                        answer_text(slot, "name"));
        else
            trouble_add(&t, "nobody uses slot \"%s\", which keeps %s of the server's log",
                        answer_text(slot, "name"), kept != NULL ? kept : "nothing");
        PART_MEND(&t, embed_postgres_doctor_mend_drop_slot_sql, {"name", answer_text(slot, "sql")});
    }
    struct buffer well = {0};
    buffer_printf(&well, "%" PRId64 " there, all in use", answer_number(p->facts, "slots_count"));
    const struct trouble_words words = {
        "slots", well.bytes, VERDICT_WARNING,
        "badges are not held up by it, but the log grows until the disk is full, and then nothing "
        "is written; badged's own slots end with its connection. Start what the slot was made for, "
        "or drop it"};
    part_judge(p, &words, &t);
    buffer_fini(&well);
}

/* The server's time lies between asking and hearing; no more can be told. */
static enum err look_at_clock(struct patient *p, struct error *e)
{
    PGresult *r = NULL;
    struct trouble t = {0};
    int64_t asked = clock_unix_us();
    enum err err = session_query(p->session, embed_postgres_doctor_clock_sql, NULL, 0,
                                 SESSION_QUERY_MS, &r, e);
    if (err != ERR_OK)
        return err;
    int64_t heard = clock_unix_us(), server = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    int64_t ahead = server > heard ? server - heard : server < asked ? server - asked : 0;
    if (ahead > SKEW_US_MAX || ahead < -SKEW_US_MAX) {
        trouble_add(&t, "the server's clock is %.1f s %s this machine's",
                    (double)(ahead < 0 ? -ahead : ahead) / 1e6, ahead < 0 ? "behind" : "ahead of");
        trouble_advise(&t, "on both: timedatectl set-ntp true");
    }
    static const struct trouble_words words = {
        "clock", "the server and this machine agree to two seconds", VERDICT_WARNING,
        "counts are right all the same; times in logs do not match, and what is to be tried again "
        "later is tried too early or too late"};
    part_judge(p, &words, &t);
    return ERR_OK;
}

static void look_at_settings(struct patient *p)
{
    struct trouble t = {0};
    const json_t *settings = json_object_get(p->facts, "settings");
    for (size_t i = 0; i < json_array_size(settings); i++) {
        const json_t *s = json_array_get(settings, i);
        trouble_add(&t, "%s is %s: %s", answer_text(s, "name"), answer_text(s, "value"),
                    answer_text(s, "means"));
        PART_MEND(&t, embed_postgres_doctor_mend_set_role_sql, {"role", p->role},
                  {"database", answer_text(p->facts, "database")},
                  {"setting", answer_text(s, "name")}, {"value", answer_text(s, "better")});
    }
    if (!answer_flag(p->facts, "is_vacuumed")) {
        trouble_add(&t, "autovacuum is off: tables grow, and nobody knows how large they are");
        PART_MEND(&t, embed_postgres_doctor_mend_vacuum_sql, {"", ""});
    }
    static const struct trouble_words words = {"settings", "none that hurts", VERDICT_WARNING,
                                               "badges go stale, or slow, more often than need be"};
    part_judge(p, &words, &t);
}

enum err part_server(struct patient *p, struct error *e)
{
    look_at_slots(p);
    enum err err = look_at_clock(p, e);
    if (err == ERR_OK)
        look_at_settings(p);
    return err;
}
