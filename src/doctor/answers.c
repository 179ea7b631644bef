#include "badge/shape.h"
#include "base/clock.h"
#include "base/mem.h"
#include "doctor/fetch.h"
#include "doctor/part.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 5000, /* for an answer to become what SQL counts: changes are on their way */
    PAUSE_MS = 100,
};

struct comparison {
    struct patient *patient;
    struct trouble wrong, behind, unreachable, uncounted;
    char *as_of; /* of the last answer */
};

/* ---- what SQL counts ---- */

static enum err count(const struct patient *p, const struct uuid *tenant, json_t **ret,
                      struct error *e)
{
    const struct definitions *d = p->options->definitions;
    struct counts *counts = counts_new(d->sources_count);
    uint64_t *numbers = mem_zero(d->sources_count, sizeof(*numbers));
    struct as_of as_of;
    int64_t since;
    enum err err = p->options->count(p->options->count_context, tenant, counts, e);
    if (err == ERR_OK && counts_read(counts, tenant, numbers, &as_of, &since) == COUNTS_UNKNOWN)
        err = error_set(e, ERR_DATABASE, "nothing was counted");
    if (err == ERR_OK) {
        struct shape *shape = shape_new(d);
        struct buffer text = {0};
        shape_render(shape, numbers, &text);
        *ret = json_loadb(text.bytes, text.len, 0, NULL);
        buffer_fini(&text);
        shape_free(shape);
    }
    free(numbers);
    counts_free(counts);
    return err;
}

/* ---- differences ---- */

/* The value at a dotted name. */
static const json_t *at(const json_t *o, const char *name)
{
    while (o != NULL && *name != '\0') {
        size_t len = strcspn(name, ".");
        char *part = mem_text(name, len);
        o = json_object_get(o, part);
        free(part);
        name += len + (name[len] == '.');
    }
    return o;
}

static void add_difference(struct comparison *c, const char *tenant, const json_t *answer,
                           const json_t *sql)
{
    const struct definitions *d = c->patient->options->definitions;
    for (size_t i = 0; i < d->badges_count; i++) {
        const char *name = d->badges[i].name;
        const json_t *answered = at(answer, name), *counted = at(sql, name);
        if (json_equal(answered, counted))
            continue;
        char *a = json_dumps(answered, JSON_ENCODE_ANY), *b = json_dumps(counted, JSON_ENCODE_ANY);
        trouble_add(&c->wrong, "%s of tenant %s: answered %s as of %s, and SQL counts %s", name,
                    tenant, a != NULL ? a : "nothing", c->as_of, b != NULL ? b : "nothing");
        free(a);
        free(b);
    }
}

/* ---- asking ---- */

enum outcome {
    OUTCOME_EQUAL,
    OUTCOME_DIFFERENT, /* while the database stood still */
    OUTCOME_MOVING,
    OUTCOME_REFUSED,
    OUTCOME_NOBODY,
    OUTCOME_UNCOUNTED, /* by SQL, so that there is nothing to compare with */
};

struct question {
    const struct uuid *id;
    char tenant[UUID_TEXT_LEN + 1];
    json_t *answer, *sql;
    bool is_stale;
    struct error why;
};

/* Counts before and after the answer tell whether the database stood still meanwhile. */
static enum outcome ask(struct comparison *c, struct question *q)
{
    struct fetched got = {0};
    json_t *before = NULL;
    json_decref(q->answer);
    json_decref(q->sql);
    q->answer = q->sql = NULL;
    if (count(c->patient, q->id, &before, &q->why) != ERR_OK)
        return OUTCOME_UNCOUNTED;
    enum outcome outcome = OUTCOME_NOBODY;
    enum err err = fetch_badges(c->patient->options->url, q->tenant, &got, &q->why);
    if (err == ERR_OK && got.status != 200) {
        outcome = OUTCOME_REFUSED;
        fetched_explain(&got, &q->why);
    } else if (err == ERR_OK) {
        q->answer = json_loadb(got.body.bytes != NULL ? got.body.bytes : "", got.body.len, 0, NULL);
        q->is_stale = got.is_stale;
        free(c->as_of);
        c->as_of = mem_text(got.as_of, strlen(got.as_of));
        outcome = count(c->patient, q->id, &q->sql, &q->why) != ERR_OK ? OUTCOME_UNCOUNTED
                  : json_equal(q->answer, before) || json_equal(q->answer, q->sql) ? OUTCOME_EQUAL
                  : json_equal(before, q->sql) ? OUTCOME_DIFFERENT
                                               : OUTCOME_MOVING;
    }
    json_decref(before);
    fetched_fini(&got);
    return outcome;
}

static enum outcome compare(struct comparison *c, const struct uuid *tenant)
{
    struct question q = {.id = tenant};
    uuid_format(tenant, q.tenant);
    const struct doctor_options *o = c->patient->options;
    int64_t wait_ms = WAIT_MS;
    if (!o->must_stream && o->postgres != NULL && o->poll_seconds <= 60)
        wait_ms += (int64_t)o->poll_seconds * 1000;
    int64_t until_ms = clock_ms() + wait_ms;
    enum outcome outcome = ask(c, &q);
    while ((outcome == OUTCOME_DIFFERENT || outcome == OUTCOME_MOVING) && clock_ms() < until_ms) {
        (void)poll(NULL, 0, PAUSE_MS);
        outcome = ask(c, &q);
    }
    if (outcome == OUTCOME_DIFFERENT)
        add_difference(c, q.tenant, q.answer, q.sql);
    else if (outcome == OUTCOME_MOVING)
        trouble_add(&c->behind, "tenant %s changes faster than it can be compared", q.tenant);
    else if (outcome == OUTCOME_EQUAL && q.is_stale)
        trouble_add(&c->behind, "the answer for tenant %s is marked stale", q.tenant);
    else if (outcome == OUTCOME_UNCOUNTED)
        trouble_add(&c->uncounted, "SQL did not count: %s", q.why.message);
    else if (outcome == OUTCOME_REFUSED || outcome == OUTCOME_NOBODY)
        trouble_add(&c->unreachable, "%s", q.why.message);
    json_decref(q.answer);
    json_decref(q.sql);
    return outcome;
}

/* ---- the check ---- */

static void judge(struct comparison *c, size_t compared)
{
    struct patient *p = c->patient;
    const char *url = p->options->url;
    struct buffer well = {0};
    buffer_printf(&well, "those of %zu tenant%s at %s are what SQL counts, as of %s", compared,
                  compared == 1 ? "" : "s", url, c->as_of != NULL ? c->as_of : "");
    struct trouble *t = &c->wrong;
    struct trouble_words words = {
        "answers", well.bytes, VERDICT_NO_COUNTS,
        "people see wrong numbers: please report it, with what `curl /readyz?verbose` of it says"};
    if (c->wrong.count > 0) {
        trouble_advise(t,
                       "badged at %s follows another database, has other definitions, or is "
                       "wrong: compare with `badged badges`, and start it again",
                       url);
    } else if (c->unreachable.count > 0) {
        t = &c->unreachable;
        words.means = "people see no numbers";
        trouble_advise(t, "curl '%s/readyz?verbose' says what it waits for", url);
    } else if (c->uncounted.count > 0) {
        t = &c->uncounted;
        words.verdict = VERDICT_WARNING;
        words.means = "whether the answers are right is not known";
        trouble_advise(t, "badged badges TENANT says more; ask again when the server is less busy");
    } else if (c->behind.count > 0) {
        t = &c->behind;
        words.verdict = VERDICT_WARNING;
        words.means = "the numbers may be behind by a moment";
        trouble_advise(t, "curl '%s/readyz?verbose' says why; ask again later", url);
    }
    part_judge(p, &words, t);
    buffer_fini(&well);
}

bool part_is_served(struct patient *p)
{
    const struct doctor_options *o = p->options;
    struct error why;
    if (o->url != NULL && (o->is_url_given || fetch_is_there(o->url, &why)))
        return true;
    struct buffer text = {0};
    if (o->url != NULL)
        buffer_printf(&text, "nobody answers at %s: --url names another place", o->url);
    else
        buffer_puts(&text, "--url says where a badged serves this database");
    part_skip(p, "answers", text.bytes);
    buffer_fini(&text);
    return false;
}

void part_answers(struct patient *p, const struct uuid *tenants, size_t tenants_count)
{
    static const struct uuid nobody = {{0}};
    struct comparison c = {.patient = p};
    if (tenants_count == 0) { /* one without rows has zeros */
        tenants = &nobody;
        tenants_count = 1;
    }
    size_t i = 0;
    enum outcome outcome = OUTCOME_EQUAL;
    for (; i < tenants_count && outcome < OUTCOME_REFUSED; i++)
        outcome = compare(&c, &tenants[i]);
    judge(&c, i);
    buffer_fini(&c.wrong.found);
    buffer_fini(&c.wrong.mend);
    buffer_fini(&c.behind.found);
    buffer_fini(&c.behind.mend);
    buffer_fini(&c.unreachable.found);
    buffer_fini(&c.unreachable.mend);
    buffer_fini(&c.uncounted.found);
    buffer_fini(&c.uncounted.mend);
    free(c.as_of);
}
