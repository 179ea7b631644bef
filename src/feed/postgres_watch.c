#include "feed/postgres_watch.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

void pg_watch_start(struct pg_watch *w, struct session *s, const struct definitions *d,
                    const char *publication, const struct pg_catalog *c)
{
    *w = (struct pg_watch){.session = s};
    pg_fingerprint_params(d, publication, w->params);
    memcpy(w->fingerprint, c->fingerprint, sizeof(w->fingerprint));
}

void pg_watch_fini(struct pg_watch *w)
{
    free(w->params[0]);
    free(w->params[1]);
    *w = (struct pg_watch){0};
}

static enum err take(struct pg_watch *w, const PGresult *r, struct error *e)
{
    struct pg_fingerprint now;
    enum err err = pg_fingerprint_read(r, &now, e);
    if (err != ERR_OK)
        return err;
    if (strcmp(now.text, w->fingerprint) != 0)
        return error_set(e, ERR_NOT_READY,
                         "the followed tables, the publication, or what badged may read changed");
    w->wal_end = now.wal_end;
    w->answered_ms = w->asked_ms;
    return ERR_OK;
}

enum err pg_watch_tick(struct pg_watch *w, struct error *e)
{
    int64_t now_ms = clock_ms();
    enum err err = ERR_OK;
    if (w->is_asking) {
        PGresult *r;
        err = session_answer(w->session, &r, e);
        if (err == ERR_OK && r == NULL && now_ms - w->asked_ms > PG_WATCH_ANSWER_MS_MAX)
            err = error_set(e, ERR_UNAVAILABLE, "the server has not answered for %d s",
                            PG_WATCH_ANSWER_MS_MAX / 1000);
        if (err == ERR_OK && r != NULL) {
            w->is_asking = false;
            err = take(w, r, e);
            PQclear(r);
        }
    } else if (now_ms - w->asked_ms >= PG_WATCH_MS) {
        w->asked_ms = now_ms;
        w->is_asking = true;
        err = session_send(w->session, pg_fingerprint_sql(), (const char *const *)w->params, 2, e);
    }
    return err;
}
