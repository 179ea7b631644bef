#include "feed/sqlite.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "feed/sqlite_follow.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLL_MS = 100,      /* how often the file is looked at */
    RETRY_MS_MIN = 250, /* after a failure: doubled up to the maximum */
    RETRY_MS_MAX = 1000,
    LOCKED_MS_MAX = 1000, /* unreadable for longer than this, the counts are called stale */
    LIFE_MS_MIN = 1000,   /* live for less than this, it is not begun anew at once */
    POLITE_MS = 100,      /* of one catching up: then writers are not waited for any more */
    SLICED_MS = 1000,     /* of one catching up: then the rest is read at once */
    PROGRESS_MS = 5000,   /* between two log lines of a long load */
};

/* The states, as the drawing in the header has them. */
enum state {
    STATE_OPENING,
    STATE_LOADING,
    STATE_LIVE,
    STATE_WAITING,
    STATE_STOPPED,
    STATE__COUNT
};

static const struct {
    const char *name;
    unsigned next; /* states that may follow, a bit each */
} states[STATE__COUNT] = {
    [STATE_OPENING] = {"opening", 1u << STATE_LOADING | 1u << STATE_WAITING | 1u << STATE_STOPPED},
    [STATE_LOADING] = {"loading", 1u << STATE_LIVE | 1u << STATE_WAITING | 1u << STATE_STOPPED},
    [STATE_LIVE] = {"live", 1u << STATE_OPENING | 1u << STATE_WAITING | 1u << STATE_STOPPED},
    [STATE_WAITING] = {"waiting", 1u << STATE_LOADING | 1u << STATE_LIVE | 1u << STATE_STOPPED},
    [STATE_STOPPED] = {"stopped", 0},
};

struct feed_sqlite {
    char *path;
    const struct definitions *definitions;
    struct counts *counts;
    pthread_t thread;

    /* The feed's thread alone. */
    struct follow follow;
    enum state state;
    bool is_loaded; /* counts hold numbers that were once exact, of tables that are still there */
    bool is_published; /* the two below are set */
    struct as_of published;
    struct log_position published_position;
    uint64_t taken;          /* round of feed_sqlite_sync that is being worked on */
    int64_t locked_since_ms; /* 0: the file could be read when it was last tried */
    bool is_wal;             /* and it was said */
    int64_t live_since_ms;   /* of this life of the connection, while it is live */

    /* Shared, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping;
    uint64_t asked, done; /* rounds of feed_sqlite_sync */
};

/* ---- states ---- */

static void set_state(struct feed_sqlite *f, enum state state, enum counts_trust trust,
                      const char *reason)
{
    assert(state == f->state || (states[f->state].next & 1u << state) != 0);
    /* Counts have been old since the file was last read, not since that was found too long. */
    int64_t since_ms = f->locked_since_ms != 0 ? f->locked_since_ms : clock_ms();
    f->state = state;
    bool is_new = counts_set_status(f->counts, trust, states[state].name, reason, since_ms);
    if (!is_new)
        return;
    if (state == STATE_LIVE)
        log_line(LOG_LEVEL_INFO, "following %s: live, %zu rows counted for %zu tenants", f->path,
                 index_rows(f->follow.index), counts_tenants(f->counts));
    else if (state == STATE_WAITING)
        log_line(LOG_LEVEL_WARNING, "following %s: %s; trying again until it works", f->path,
                 reason);
    else
        log_line(LOG_LEVEL_INFO, "following %s: %s%s%s", f->path, states[state].name,
                 *reason != '\0' ? ": " : "", reason);
}

/* What is published may still be shown, unless what it counts is not there any more. */
static enum counts_trust trust_now(const struct feed_sqlite *f)
{
    return f->is_loaded ? COUNTS_STALE : COUNTS_UNKNOWN;
}

/* ---- waiting ---- */

static bool is_stopping(struct feed_sqlite *f)
{
    (void)pthread_mutex_lock(&f->lock);
    bool stopping = f->is_stopping;
    (void)pthread_mutex_unlock(&f->lock);
    return stopping;
}

/* Sleep until the time is over, or somebody asks for another sync or for a stop. */
static void wait_for_work(struct feed_sqlite *f, int ms)
{
    struct timespec until = clock_deadline(clock_ms() + ms);
    (void)pthread_mutex_lock(&f->lock);
    while (!f->is_stopping && f->asked == f->taken)
        if (pthread_cond_timedwait(&f->changed, &f->lock, &until) != 0)
            break;
    f->taken = f->asked;
    (void)pthread_mutex_unlock(&f->lock);
}

static void finish_round(struct feed_sqlite *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->done = f->taken;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

/* ---- publishing ---- */

static void note_published(struct feed_sqlite *f)
{
    f->is_published = true;
    f->published = follow_as_of(&f->follow);
    f->published_position = f->follow.position;
}

/* Apply the log to its end: at first in slices at moments that suit writers, and at last, when they
 * still leave us behind, at once. */
static enum err catch_up(struct feed_sqlite *f, struct error *e)
{
    int64_t start_ms = clock_ms();
    bool is_end = false;
    while (!is_end) {
        struct follow_pace pace = {.polite_until_ms = start_ms + POLITE_MS,
                                   .is_whole = clock_ms() - start_ms > SLICED_MS};
        enum err err = follow_catch_up(&f->follow, &pace, &is_end, e);
        if (err != ERR_OK)
            return err;
        if (!is_end && is_stopping(f))
            return error_set(e, ERR_BUSY, "stopping");
    }
    return ERR_OK;
}

/* As-of never goes back, and names one state only: a file that was put back from a copy, or whose
 * log was emptied, goes on as another timeline. */
static enum err keep_forward(struct feed_sqlite *f, struct error *e)
{
    struct as_of as_of = follow_as_of(&f->follow);
    if (!f->is_published || as_of.timeline > f->published.timeline)
        return ERR_OK;
    enum history history;
    enum err err = follow_history(&f->follow, &f->published_position, &history, e);
    if (err != ERR_OK)
        return err;
    int order = as_of_compare(as_of, f->published);
    if ((order > 0 && history != HISTORY_OTHER) || (order == 0 && history == HISTORY_SAME))
        return ERR_OK;
    return follow_branch(&f->follow, f->published.timeline, e);
}

/* ---- one life of a connection: open, load, live until something is off ---- */

/* Whether an error is one to wait out with the connection as it is. Says so when it takes long. */
static bool is_passing(struct feed_sqlite *f, enum err err)
{
    if (err != ERR_BUSY) {
        f->locked_since_ms = 0;
        if (err == ERR_OK && f->state == STATE_LOADING)
            set_state(f, STATE_LOADING, trust_now(f), "");
        return false;
    }
    if (f->locked_since_ms == 0)
        f->locked_since_ms = clock_ms();
    else if (clock_ms() - f->locked_since_ms > LOCKED_MS_MAX)
        set_state(f, f->state == STATE_LIVE ? STATE_WAITING : f->state, trust_now(f),
                  "another program has locked the file for more than a second: let it end its "
                  "transaction");
    return !is_stopping(f);
}

static enum err load(struct feed_sqlite *f, struct error *e)
{
    int64_t said_ms = clock_ms();
    bool is_done = false;
    while (!is_done) {
        enum err err = follow_load(&f->follow, &is_done, e);
        if (!is_passing(f, err) && err != ERR_OK)
            return err;
        if (is_stopping(f))
            return error_set(e, ERR_BUSY, "stopping");
        if (clock_ms() - said_ms >= PROGRESS_MS) {
            said_ms = clock_ms();
            log_line(LOG_LEVEL_INFO, "following %s: loading, %zu rows counted so far", f->path,
                     index_rows(f->follow.index));
        }
    }
    return ERR_OK;
}

static enum err first_state(struct feed_sqlite *f, struct error *e)
{
    enum err err = load(f, e);
    if (err != ERR_OK)
        return err;
    do {
        err = catch_up(f, e);
        if (err == ERR_OK)
            err = keep_forward(f, e);
    } while (is_passing(f, err));
    if (err != ERR_OK)
        return err;
    (void)index_publish_all(f->follow.index, f->counts, follow_as_of(&f->follow));
    note_published(f);
    f->is_loaded = true;
    f->live_since_ms = clock_ms();
    set_state(f, STATE_LIVE, COUNTS_LIVE, "");
    return ERR_OK;
}

/* Badged sets a rollback journal when it starts; another program may set another one. */
static void note_journal(struct feed_sqlite *f)
{
    bool is_wal = watch_is_wal(&f->follow.watch);
    if (is_wal && !f->is_wal)
        log_line(LOG_LEVEL_WARNING,
                 "following %s: another program has put it in WAL mode, in which SQLite before "
                 "3.51.3 can damage it; badged goes on, and takes it out of that mode when it "
                 "starts again",
                 f->path);
    f->is_wal = is_wal;
}

/* One look at the file. */
static enum err look(struct feed_sqlite *f, struct error *e)
{
    bool has_news;
    enum err err = follow_has_news(&f->follow, &has_news, e);
    if (err != ERR_OK || !has_news)
        return err;
    err = catch_up(f, e);
    if (err != ERR_OK)
        return err;
    (void)index_commit(f->follow.index, f->counts, follow_as_of(&f->follow));
    note_published(f);
    note_journal(f);
    return ERR_OK;
}

/* Stay live until an error that only another connection can mend. */
static enum err follow_live(struct feed_sqlite *f, struct error *e)
{
    while (!is_stopping(f)) {
        enum err err = look(f, e);
        if (!is_passing(f, err) && err != ERR_OK)
            return err;
        if (err == ERR_OK) {
            if (f->state != STATE_LIVE)
                set_state(f, STATE_LIVE, COUNTS_LIVE, "");
            finish_round(f);
        }
        wait_for_work(f, POLL_MS);
    }
    return error_set(e, ERR_BUSY, "stopping");
}

static enum err live_once(struct feed_sqlite *f, struct error *e)
{
    struct source_fault fault;
    f->locked_since_ms = 0;
    if (f->state != STATE_WAITING)
        set_state(f, STATE_OPENING, trust_now(f), "");
    enum err err = follow_open(&f->follow, f->path, f->definitions, &fault, e);
    if (err != ERR_OK)
        return err;
    set_state(f, STATE_LOADING, trust_now(f), "");
    err = first_state(f, e);
    return err == ERR_OK ? follow_live(f, e) : err;
}

/* What the operator can do, behind what happened. */
static void advise(struct error *e)
{
    struct error was = *e;
    const char *advice = NULL;
    switch (was.code) {
    case ERR_BUSY:
        advice = "let the program that locks the file end its transaction";
        break;
    case ERR_NOT_FOUND:
        advice = "put it back, or stop badged";
        break;
    case ERR_CORRUPT:
        advice = "restore it from a backup";
        break;
    case ERR_READ_ONLY:
        advice = "let badged's user write to the file and to its directory";
        break;
    case ERR_FULL:
        advice = "make room on the device";
        break;
    case ERR_MEMORY:
        advice = "give badged more memory, or count fewer rows";
        break;
    default:
        return;
    }
    (void)error_set(e, was.code, "%s: %s", was.message, advice);
    e->cause = was.cause;
}

/* One life of a connection has ended. Returns how long to wait for the next. */
static int pause_after(struct feed_sqlite *f, enum err err, struct error *e, int before_ms)
{
    bool was_live = f->state == STATE_LIVE;
    if (err == ERR_NOT_READY && was_live) {
        log_line(LOG_LEVEL_INFO, "following %s: %s; loading anew", f->path, e->message);
        return clock_ms() - f->live_since_ms < LIFE_MS_MIN ? POLL_MS : 0;
    }
    /* Counts of a table that is gone or no longer fits are not merely old. */
    bool is_shape = err == ERR_SCHEMA || err == ERR_CONFIG;
    f->is_loaded = f->is_loaded && !is_shape;
    advise(e);
    set_state(f, STATE_WAITING, trust_now(f), e->message);
    if (was_live || before_ms == 0)
        return RETRY_MS_MIN;
    return before_ms * 2 < RETRY_MS_MAX ? before_ms * 2 : RETRY_MS_MAX;
}

static void *run(void *arg)
{
    struct feed_sqlite *f = arg;
    for (int pause_ms = 0; !is_stopping(f);) {
        struct error e;
        enum err err = live_once(f, &e);
        follow_close(&f->follow);
        if (is_stopping(f))
            break;
        pause_ms = pause_after(f, err, &e, pause_ms);
        if (pause_ms > 0)
            wait_for_work(f, pause_ms);
    }
    set_state(f, STATE_STOPPED, trust_now(f), "badged is stopping");
    return NULL;
}

/* ---- for other threads ---- */

enum err feed_sqlite_new(const char *path, const struct definitions *d, struct counts *counts,
                         struct feed_sqlite **ret, struct error *e)
{
    struct feed_sqlite *f = mem_zero(1, sizeof(*f));
    f->path = mem_text(path, strlen(path));
    f->definitions = d;
    f->counts = counts;
    pthread_condattr_t monotonic;
    int rc = pthread_condattr_init(&monotonic);
    assert(rc == 0);
    rc = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    assert(rc == 0);
    rc = pthread_cond_init(&f->changed, &monotonic);
    assert(rc == 0);
    rc = pthread_mutex_init(&f->lock, NULL);
    assert(rc == 0);
    (void)pthread_condattr_destroy(&monotonic);
    rc = pthread_create(&f->thread, NULL, run, f);
    if (rc != 0) {
        (void)pthread_cond_destroy(&f->changed);
        (void)pthread_mutex_destroy(&f->lock);
        free(f->path);
        free(f);
        return error_set_errno(e, rc, "starting the feed's thread");
    }
    *ret = f;
    return ERR_OK;
}

void feed_sqlite_free(struct feed_sqlite *f)
{
    if (f == NULL)
        return;
    (void)pthread_mutex_lock(&f->lock);
    f->is_stopping = true;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->thread, NULL);
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
    free(f->path);
    free(f);
}

bool feed_sqlite_sync(struct feed_sqlite *f, int timeout_ms)
{
    struct timespec until = clock_deadline(clock_ms() + timeout_ms);
    (void)pthread_mutex_lock(&f->lock);
    uint64_t round = ++f->asked;
    (void)pthread_cond_broadcast(&f->changed);
    while (f->done < round && !f->is_stopping)
        if (pthread_cond_timedwait(&f->changed, &f->lock, &until) != 0)
            break;
    bool is_done = f->done >= round;
    (void)pthread_mutex_unlock(&f->lock);
    return is_done;
}
