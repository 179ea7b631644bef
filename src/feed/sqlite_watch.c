#include "feed/sqlite_watch.h"

#include "base/clock.h"
#include "base/sqlite.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SLICE_US = 3000,      /* how long one read transaction may take */
    SLICE_SHORT_US = 200, /* and beside a writer: less than the changes of most take */
    PROBE_US = 50,        /* between two looks at who locks the file */
    PAUSE_US_MAX = 5000,  /* the same, doubled up to this, while somebody has it locked */
    REST_US = 30000,      /* a copy in progress writes again within this time */
    WRITE_BUSY_MS = 500,
    HEAD_AT = 18, /* byte of the header where the part begins that is looked at */
    HEAD_IS_WAL = 2,
};

static int64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void wait_us(long us)
{
    struct timespec t = {0, us * 1000};
    (void)nanosleep(&t, NULL);
}

/* ---- what can be seen of the file without a lock ---- */

/* SQLite's own handle of the file. A descriptor of badged's would not do: closing it would drop
 * the locks that SQLite holds on the file (fcntl(2), "Record locking"). */
static sqlite3_file *file_of(const struct watch *w)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(w->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    assert(rc == SQLITE_OK && file != NULL && file->pMethods != NULL);
    return file;
}

static bool is_wal(const struct watch_state *s)
{
    return s->head[0] == HEAD_IS_WAL;
}

static enum err read_data_version(const struct watch *w, sqlite3_int64 *ret, struct error *e)
{
    enum err err = ERR_OK;
    if (sqlite3_step(w->data_version) == SQLITE_ROW)
        *ret = sqlite3_column_int64(w->data_version, 0);
    else
        err = sqlite_fail(w->db, e, "looking for commits");
    (void)sqlite3_reset(w->data_version);
    return err;
}

static enum err read_state(const struct watch *w, struct watch_state *ret, struct error *e)
{
    struct stat st;
    if (stat(w->path, &st) != 0)
        return error_set(e, ERR_NOT_READY, "the file was removed");
    *ret = (struct watch_state){
        .device = st.st_dev, .inode = st.st_ino, .written = st.st_mtim, .bytes = st.st_size};
    sqlite3_file *file = file_of(w);
    int rc = file->pMethods->xRead(file, ret->head, WATCH_HEAD_BYTES, HEAD_AT);
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
        return error_set(e, ERR_DATABASE, "reading the file's header: %s (SQLite %d)",
                         sqlite3_errstr(rc), rc);
    return is_wal(ret) ? read_data_version(w, &ret->data_version, e) : ERR_OK;
}

static bool is_same_file(const struct watch_state *a, const struct watch_state *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static bool is_same_commit(const struct watch_state *a, const struct watch_state *b)
{
    return memcmp(a->head, b->head, sizeof(a->head)) == 0 && a->data_version == b->data_version;
}

/* In WAL mode commits are written to another file, and checkpoints to this one. */
static bool is_same_write(const struct watch_state *a, const struct watch_state *b)
{
    return is_wal(a) || (a->written.tv_sec == b->written.tv_sec &&
                         a->written.tv_nsec == b->written.tv_nsec && a->bytes == b->bytes);
}

/* Whether a connection, of this process or another, is between its first change and its commit. It
 * holds the RESERVED lock then; asking takes none. */
static bool is_being_written(const struct watch *w)
{
    sqlite3_file *file = file_of(w);
    int is_reserved = 0;
    return file->pMethods->xCheckReservedLock(file, &is_reserved) == SQLITE_OK && is_reserved != 0;
}

/* ---- watching ---- */

enum err watch_open(struct watch *w, const char *path, sqlite3 *db, struct error *e)
{
    *w = (struct watch){.path = path, .db = db};
    (void)sqlite3_busy_timeout(db, 0); /* watch_begin waits better */
    enum err err = sqlite_prepare(db, "PRAGMA data_version", &w->data_version, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, "PRAGMA schema_version", &w->schema_version, e);
    if (err == ERR_OK)
        err = read_state(w, &w->seen, e);
    int has_moved = 0;
    if (err == ERR_OK)
        (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    if (has_moved != 0)
        err = error_set(e, ERR_NOT_READY, "the file was replaced while it was being opened");
    return err;
}

void watch_close(struct watch *w)
{
    (void)sqlite3_finalize(w->data_version);
    (void)sqlite3_finalize(w->schema_version);
    *w = (struct watch){0};
}

bool watch_is_wal(const struct watch *w)
{
    return is_wal(&w->seen);
}

static enum err check_same_file(const struct watch *w, const struct watch_state *now,
                                struct error *e)
{
    if (is_same_file(now, &w->seen))
        return ERR_OK;
    return error_set(e, ERR_NOT_READY, "another file was put in the place of this one");
}

enum err watch_has_news(struct watch *w, bool *ret, struct error *e)
{
    struct watch_state now;
    enum err err = read_state(w, &now, e);
    if (err == ERR_OK)
        err = check_same_file(w, &now, e);
    if (err == ERR_OK)
        *ret = !is_same_commit(&now, &w->seen) || !is_same_write(&now, &w->seen);
    return err;
}

/* ---- beginning to read ---- */

/* Compare what is there, which SQLite changes for nobody now, with what was there before. */
static enum err take_over(struct watch *w, struct error *e)
{
    struct watch_state now;
    enum err err = read_state(w, &now, e);
    if (err == ERR_OK)
        err = check_same_file(w, &now, e);
    if (err != ERR_OK)
        return err;
    sqlite3_int64 schema = sqlite3_column_int64(w->schema_version, 0);
    if (!w->is_seen)
        w->schema = schema;
    else if (schema != w->schema)
        return error_set(e, ERR_NOT_READY, "the database's schema changed");
    else if (is_same_commit(&now, &w->seen) && !is_same_write(&now, &w->seen))
        return error_set(e, ERR_NOT_READY,
                         "the file was written to without a commit: by a large transaction that "
                         "was rolled back, or past SQLite");
    w->seen = now;
    w->is_seen = true;
    return ERR_OK;
}

/* One attempt. */
static enum err begin_now(struct watch *w, struct error *e)
{
    enum err err = sqlite_exec(w->db, "BEGIN", e);
    if (err != ERR_OK)
        return err;
    w->begun_us = now_us();
    if (sqlite3_step(w->schema_version) != SQLITE_ROW)
        err = sqlite_fail(w->db, e, "beginning to read");
    else
        err = take_over(w, e);
    (void)sqlite3_reset(w->schema_version);
    if (err != ERR_OK)
        watch_end(w);
    return err;
}

/* Begin at a moment that suits writers. One that holds RESERVED may want to commit at any time, and
 * then no reader must be there; it locks the file while it waits for the disk. When the change
 * counter moves, that is all but over; and when the lock falls, the next writer first makes its
 * changes, which takes longer than a short read. ERR_BUSY: nobody writes, or the time is over;
 * nothing was begun. */
static enum err begin_politely(struct watch *w, int64_t until_ms, struct error *e)
{
    struct watch_state first, now;
    enum err err = read_state(w, &first, e);
    for (bool has_moved = false; err == ERR_OK && clock_ms() < until_ms && is_being_written(w);) {
        wait_us(PROBE_US);
        err = read_state(w, &now, e);
        has_moved = has_moved || (err == ERR_OK && !is_same_commit(&now, &first));
        if (!has_moved)
            continue;
        err = begin_now(w, e);
        if (err != ERR_BUSY)
            return err;
        err = ERR_OK;
    }
    return err == ERR_OK ? error_set(e, ERR_BUSY, "somebody is writing") : err;
}

enum err watch_begin(struct watch *w, int64_t polite_until_ms, struct error *e)
{
    w->polite_until_ms = polite_until_ms;
    enum err err = begin_politely(w, polite_until_ms, e);
    int64_t start_ms = clock_ms();
    long pause_us = PROBE_US;
    while (err == ERR_BUSY) {
        err = begin_now(w, e);
        if (err == ERR_BUSY && clock_ms() - start_ms >= WATCH_BUSY_MS)
            break;
        if (err == ERR_BUSY) {
            wait_us(pause_us);
            pause_us = pause_us < PAUSE_US_MAX ? pause_us * 2 : PAUSE_US_MAX;
        }
    }
    if (err == ERR_OK)
        w->was_written = is_being_written(w);
    return err;
}

bool watch_should_end(const struct watch *w)
{
    int64_t us = now_us();
    if (us - w->begun_us >= SLICE_US)
        return true;
    return us / 1000 < w->polite_until_ms && is_being_written(w) &&
           (!w->was_written || us - w->begun_us >= SLICE_SHORT_US);
}

void watch_end(struct watch *w)
{
    (void)sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- beginning to write ---- */

static enum err check_rest(struct watch *w, struct error *e)
{
    struct watch_state before, after;
    enum err err = read_state(w, &before, e);
    if (err != ERR_OK)
        return err;
    wait_us(REST_US);
    err = read_state(w, &after, e);
    if (err == ERR_OK)
        err = check_same_file(w, &after, e);
    if (err == ERR_OK && (!is_same_commit(&before, &after) || !is_same_write(&before, &after)))
        err = error_set(e, ERR_NOT_READY, "the file is being written to past SQLite");
    return err;
}

enum err watch_begin_write(struct watch *w, struct error *e)
{
    (void)sqlite3_busy_timeout(w->db, WRITE_BUSY_MS);
    enum err err = sqlite_exec(w->db, "BEGIN IMMEDIATE", e);
    (void)sqlite3_busy_timeout(w->db, 0);
    if (err != ERR_OK)
        return err;
    err = check_rest(w, e);
    if (err != ERR_OK)
        watch_end(w);
    return err;
}
