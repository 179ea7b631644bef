#include "feed/postgres_life.h"

#include "base/clock.h"
#include "base/log.h"
#include "feed/postgres_load.h"
#include "feed/postgres_poll.h"
#include "feed/postgres_slot.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    LOAD_SILENT_MS = 1000,      /* then the server is asked whether it still loads */
    REPORT_MS = 1000,           /* between two reports to the server */
    STALE_MS = 3000,            /* not known to be newest for longer, counts are called stale */
    SILENT_MS_MAX = 30000,      /* asked every second, a server that is silent for longer is gone */
    PREFLIGHT_AGAIN_MS = 10000, /* while polling: whether it could stream by now */
};

/* ---- opening ---- */

static enum err open_session(struct life *l, bool is_replication, struct session **ret,
                             struct error *e)
{
    struct session_options o = {.conninfo = l->options->conninfo,
                                .password = l->options->password,
                                .is_replication = is_replication,
                                .wake_fd = l->wake_fd};
    return session_open(&o, SESSION_CONNECT_MS, ret, e);
}

static void set_label(struct life *l)
{
    PGconn *c = session_conn(l->control);
    (void)snprintf(l->publisher->label, sizeof(l->publisher->label), "database %s at %s%s%s",
                   PQdb(c), PQhost(c), PQhost(c)[0] == '/' ? "" : ":",
                   PQhost(c)[0] == '/' ? "" : PQport(c));
}

/* With catalog, the one that is followed by is read as well. */
static enum err preflight(struct life *l, struct pg_catalog *catalog, enum verdict *ret,
                          struct error *e)
{
    struct source_fault fault;
    const char *publication = l->options->publication;
    checks_fini(&l->checks);
    enum err err = catalog != NULL ? preflight_catalog(l->control, l->definitions, publication,
                                                       &l->checks, catalog, &fault, e)
                                   : preflight_run(l->control, l->definitions, publication,
                                                   &l->checks, &fault, e);
    if (err == ERR_OK)
        *ret = checks_worst(&l->checks);
    return err;
}

/* ---- streaming ---- */

static void on_slot_wait(const char *reason, void *context)
{
    struct life *l = context;
    publisher_enter(l->publisher, PG_WAITING_FOR_SLOT, reason);
}

static void on_load_progress(size_t rows, void *context)
{
    struct life *l = context;
    log_line(LOG_LEVEL_INFO, "following %s: loading, %zu rows so far", l->publisher->label, rows);
}

static enum err on_load_silence(void *context, struct error *e)
{
    const struct life *l = context;
    return slot_check(l->sender, l->control, e);
}

/* A name that changes hands between two connections, as in a failover, leads to two servers: one
 * would say what the tables are and how far it is, the other send the rows. */
static enum err check_same_server(struct life *l, struct position *ret, struct error *e)
{
    struct position sender;
    enum err err = position_read(l->sender, &sender, e);
    if (err == ERR_OK)
        err = position_read(l->control, ret, e);
    if (err != ERR_OK)
        return err;
    if (sender.started_us != ret->started_us || sender.system != ret->system)
        return error_set(e, ERR_UNAVAILABLE,
                         "two connections reached two servers: its address is changing hands");
    return ERR_OK;
}

static enum err load(struct life *l, char slot[SLOT_NAME_BYTES], uint64_t *ret_position,
                     struct error *e)
{
    struct source_fault fault;
    struct position at;
    struct slot_wait wait = {.on_wait = on_slot_wait, .context = l};
    enum err err =
        index_new(l->definitions, l->catalog.tables, l->catalog.tables_count, &l->index, &fault, e);
    if (err == ERR_OK)
        err = open_session(l, true, &l->sender, e);
    if (err == ERR_OK)
        err = check_same_server(l, &at, e);
    if (err != ERR_OK)
        return err;
    struct load load = {.session = l->sender,
                        .silent_ms = LOAD_SILENT_MS,
                        .definitions = l->definitions,
                        .catalog = &l->catalog,
                        .index = l->index,
                        .on_progress = on_load_progress,
                        .on_silence = on_load_silence,
                        .context = l};
    err = load_reserve(&load, l->control, e);
    if (err != ERR_OK)
        return err;
    publisher_enter(l->publisher, PG_WAITING_FOR_SLOT, "");
    err = slot_create(l->sender, l->control, &wait, slot, ret_position, e);
    if (err == ERR_OK)
        err = publisher_begin(l->publisher, &at, e);
    if (err != ERR_OK)
        return err;
    publisher_enter(l->publisher, PG_LOADING, "");
    return load_rows(&load, e);
}

static enum err begin_stream(struct life *l, struct error *e)
{
    char slot[SLOT_NAME_BYTES];
    uint64_t position;
    struct position at;
    enum err err = load(l, slot, &position, e);
    if (err == ERR_OK)
        err = position_read(l->control, &at, e);
    if (err == ERR_OK)
        err = stream_start(&l->stream, l->sender, slot, position, l->options->publication,
                           &l->catalog, l->index, e);
    if (err != ERR_OK)
        return err;
    l->target = at.wal_end;
    l->streaming_ms = clock_ms();
    pg_watch_start(&l->watch, l->control, l->definitions, l->options->publication, &l->catalog);
    publisher_enter(l->publisher, PG_CATCHING_UP, "");
    return ERR_OK;
}

static void publish(struct life *l)
{
    struct publisher *p = l->publisher;
    if (l->stream.apply.is_in_transaction)
        return;
    if (l->is_caught_up) {
        publisher_commit(p, l->index, l->stream.apply.position);
    } else if (l->stream.apply.position >= l->target && l->watch.answered_ms != 0) {
        /* A table rewritten behind the snapshot is empty to it, and no message tells: so nothing is
         * said before the catalog was seen to be the same after the load. */
        publisher_whole(p, l->index, l->stream.apply.position);
        l->is_caught_up = true;
        p->fresh_ms = clock_ms();
        publisher_enter(p, PG_LIVE, "");
        log_line(LOG_LEVEL_INFO, "following %s: %zu rows counted for %zu tenants", p->label,
                 index_rows(l->index), counts_tenants(p->counts));
    }
}

/* Whether what is published is newest, and whether it is too far behind to go on. */
static enum err judge(struct life *l, struct error *e)
{
    struct publisher *p = l->publisher;
    int64_t now_ms = clock_ms();
    uint64_t server = l->watch.wal_end, here = l->stream.apply.position;
    bool is_newest = server != 0 && here >= server;
    if (l->is_caught_up && is_newest && l->watch.answered_ms > p->fresh_ms)
        p->fresh_ms = l->watch.answered_ms;
    if (l->is_caught_up && now_ms - p->fresh_ms > STALE_MS)
        publisher_enter(p, PG_CATCHING_UP, "the stream is behind the server");
    else if (l->is_caught_up)
        publisher_enter(p, PG_LIVE, "");

    if (server > here && server - here > l->options->lag_bytes_max)
        return error_set(e, ERR_BEHIND,
                         "%" PRIu64 " bytes of WAL behind, which is more than lag_bytes allows: "
                         "loading anew is quicker",
                         server - here);
    int64_t since_ms = l->is_caught_up ? p->fresh_ms : l->streaming_ms;
    if (now_ms - since_ms > (int64_t)l->options->lag_seconds_max * 1000)
        return error_set(e, ERR_BEHIND,
                         "behind for more than the %u s that lag_seconds allows: loading anew",
                         l->options->lag_seconds_max);
    if (now_ms - l->stream.heard_ms > SILENT_MS_MAX)
        return error_set(e, ERR_UNAVAILABLE, "the server has sent nothing for %d s",
                         SILENT_MS_MAX / 1000);
    return ERR_OK;
}

/* Until something comes in, or the next report is due. */
static enum err wait_for_input(struct life *l, struct error *e)
{
    struct pollfd fds[] = {{.fd = PQsocket(session_conn(l->sender)), .events = POLLIN},
                           {.fd = PQsocket(session_conn(l->control)), .events = POLLIN},
                           {.fd = l->wake_fd, .events = POLLIN}};
    int64_t left_ms = l->reported_ms + REPORT_MS - clock_ms();
    int n = poll(fds, 3, left_ms > 0 ? (int)left_ms : 0);
    if (n < 0 && errno != EINTR)
        return error_set_errno(e, errno, "waiting for the server");
    if (n > 0 && fds[2].revents != 0)
        return error_set(e, ERR_BUSY, "stopping");
    if (n > 0 && fds[0].revents != 0 && PQconsumeInput(session_conn(l->sender)) != 1)
        return session_fail(l->sender, NULL, e, "reading the stream");
    /* Between two questions as well: what is left unread would end every wait at once. */
    if (n > 0 && fds[1].revents != 0 && PQconsumeInput(session_conn(l->control)) != 1)
        return session_fail(l->control, NULL, e, "watching the server");
    return ERR_OK;
}

/* What is to be done about once a second, however busy the stream is. */
static enum err keep_up(struct life *l, struct error *e)
{
    l->kept_up_ms = clock_ms();
    int64_t answered_ms = l->watch.answered_ms;
    enum err err = pg_watch_tick(&l->watch, e);
    bool is_due = l->stream.apply.must_reply || clock_ms() - l->reported_ms >= REPORT_MS ||
                  l->watch.answered_ms != answered_ms;
    if (err == ERR_OK && is_due) {
        l->reported_ms = clock_ms();
        err = stream_report(&l->stream, e);
    }
    return err == ERR_OK ? judge(l, e) : err;
}

static enum err follow(struct life *l, struct error *e)
{
    enum err err = begin_stream(l, e);
    while (err == ERR_OK) {
        enum stream_event event;
        err = stream_read(&l->stream, &event, e);
        if (err == ERR_OK && (event == STREAM_BOUNDARY || !l->is_caught_up))
            publish(l);
        /* Small transactions come by the ten in a millisecond. */
        if (err == ERR_OK && (event == STREAM_NOTHING || clock_ms() != l->kept_up_ms))
            err = keep_up(l, e);
        if (err == ERR_OK && event == STREAM_NOTHING)
            err = wait_for_input(l, e);
    }
    return err;
}

/* ---- polling ---- */

struct instead {
    struct life *life;
    int64_t began_ms, looked_ms;
};

/* Whether it could be streamed by now. */
static enum err look_again(void *context, struct error *e)
{
    struct instead *i = context;
    struct life *l = i->life;
    int64_t now_ms = clock_ms();
    bool is_too_soon = l->poll_cause[0] != '\0' && now_ms - i->began_ms < l->poll_ms;
    if (l->options->mode != FEED_AUTO || is_too_soon || now_ms - i->looked_ms < PREFLIGHT_AGAIN_MS)
        return ERR_OK;
    i->looked_ms = now_ms;
    enum verdict verdict;
    enum err err = preflight(l, NULL, &verdict, e);
    if (err == ERR_OK && verdict < VERDICT_NO_STREAM)
        err = error_set(e, ERR_NOT_READY, "replication is possible now");
    return err;
}

static enum err poll_instead(struct life *l, const char *reason, struct error *e)
{
    struct instead instead = {l, clock_ms(), clock_ms()};
    struct poll polling = {.session = l->control,
                           .definitions = l->definitions,
                           .publisher = l->publisher,
                           .wake_fd = l->wake_fd,
                           .seconds = l->options->poll_seconds,
                           .reason = reason,
                           .on_count = look_again,
                           .context = &instead};
    return poll_run(&polling, e);
}

/* ---- a life ---- */

enum err life_run(struct life *l, struct error *e)
{
    enum verdict verdict;
    char reason[COUNTS_REASON_BYTES_MAX] = "";
    publisher_enter(l->publisher, PG_CONNECTING, "");
    enum err err = open_session(l, false, &l->control, e);
    if (err != ERR_OK)
        return err;
    set_label(l);
    publisher_enter(l->publisher, PG_PREFLIGHT, "");
    bool must_poll = l->options->mode == FEED_POLL ||
                     (l->options->mode == FEED_AUTO && l->poll_cause[0] != '\0');
    err = preflight(l, must_poll ? NULL : &l->catalog, &verdict, e);
    if (err != ERR_OK)
        return err;
    if (verdict >= VERDICT_NO_STREAM)
        checks_summary(&l->checks, reason, sizeof(reason));
    bool is_refused = verdict == VERDICT_NO_COUNTS ||
                      (verdict == VERDICT_NO_STREAM && l->options->mode == FEED_STREAM);
    if (is_refused)
        return error_set(e, checks_has_fault(&l->checks) ? ERR_SCHEMA : ERR_PREFLIGHT, "%s",
                         reason);
    if (verdict == VERDICT_NO_STREAM || l->options->mode == FEED_POLL)
        return poll_instead(l, reason, e);
    return must_poll ? poll_instead(l, l->poll_cause, e) : follow(l, e);
}

void life_fini(struct life *l)
{
    pg_watch_fini(&l->watch);
    stream_fini(&l->stream);
    index_free(l->index);
    pg_catalog_fini(&l->catalog);
    checks_fini(&l->checks);
    session_close(l->sender);
    session_close(l->control);
    *l = (struct life){0};
}
