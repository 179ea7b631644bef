#include "feed/postgres_slot.h"

#include "badge/as_of.h"
#include "base/clock.h"
#include "feed_postgres_sql.h"

#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TELL_MS = 1000, /* between two looks at who is waited for */
    END_MS = 1000,  /* for ending the server's process */
};

static void end_sender(struct session *stream, struct session *control)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", session_pid(stream));
    const char *const params[] = {pid};
    session_forget_wake(control);
    (void)!session_query(control, embed_end_sender_sql, params, 1, END_MS, NULL, NULL);
}

/* Names no statement: there may be anything in one. It is the same at every look, so that it is
 * told once: when the transaction began, and not how long ago. */
static void describe(const PGresult *r, char *out, size_t room)
{
    const char *state = PQgetvalue(r, 0, 2), *begun = PQgetvalue(r, 0, 4);
    (void)snprintf(out, room,
                   "making the replication slot waits for transaction %s of process %s (%s%s%s)"
                   "%s%s%s: let it end",
                   PQgetvalue(r, 0, 3), PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1),
                   *state != '\0' ? ", " : "", state, *begun != '\0' ? ", begun at " : "", begun,
                   *begun != '\0' ? " UTC" : "");
}

/* ERR_UNAVAILABLE when either session is seen to be gone: the one that waits sends nothing, and
 * would hear of it only much later. */
static enum err tell(struct session *stream, struct session *control, const struct slot_wait *wait,
                     char *reason, size_t room, struct error *e)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", session_pid(stream));
    const char *const params[] = {pid};
    PGresult *r = NULL;
    enum err err = session_query(control, embed_blocker_sql, params, 1, TELL_MS * 2, &r, e);
    if (err != ERR_OK)
        return err == ERR_UNAVAILABLE ? err : ERR_OK;
    if (PQntuples(r) == 0) {
        err =
            error_set(e, ERR_UNAVAILABLE, "the server's process for the replication slot is gone");
    } else if (wait != NULL && !PQgetisnull(r, 0, 3) && *PQgetvalue(r, 0, 3) != '\0') {
        describe(r, reason, room);
        wait->on_wait(reason, wait->context);
    }
    PQclear(r);
    return err;
}

enum err slot_check(struct session *stream, struct session *control, struct error *e)
{
    return tell(stream, control, NULL, NULL, 0, e);
}

/* The answer to CREATE_REPLICATION_SLOT, telling meanwhile who is waited for. */
static enum err await(struct session *stream, struct session *control, const struct slot_wait *wait,
                      PGresult **ret, struct error *e)
{
    int64_t until_ms = clock_ms() + SLOT_MS_MAX, tell_ms = clock_ms() + TELL_MS;
    char reason[512] = "making the replication slot takes longer than it may";
    for (;;) {
        enum err err = session_answer(stream, ret, e);
        if (err == ERR_BUSY) {
            error_wrap(e, "%s", reason);
            return err;
        }
        if (err != ERR_OK || *ret != NULL)
            return err;
        err = session_wait(stream, false, tell_ms < until_ms ? tell_ms : until_ms, e);
        if (err == ERR_OK)
            continue;
        if (clock_ms() < tell_ms && clock_ms() < until_ms)
            return err;
        if (clock_ms() >= until_ms)
            return error_set(e, ERR_BUSY, "%s", reason);
        err = tell(stream, control, wait, reason, sizeof(reason), e);
        if (err != ERR_OK)
            return err;
        tell_ms = clock_ms() + TELL_MS;
    }
}

enum err slot_create(struct session *stream, struct session *control, const struct slot_wait *wait,
                     char ret_name[SLOT_NAME_BYTES], uint64_t *ret_position, struct error *e)
{
    char sql[SLOT_NAME_BYTES + 80];
    (void)snprintf(ret_name, SLOT_NAME_BYTES, "badged_%d_%08x", (int)getpid(),
                   (unsigned)randombytes_random());
    (void)snprintf(sql, sizeof(sql),
                   "CREATE_REPLICATION_SLOT %s TEMPORARY LOGICAL pgoutput USE_SNAPSHOT", ret_name);
    PGresult *r = NULL;
    enum err err = session_query(stream, "BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ", NULL, 0,
                                 SESSION_QUERY_MS, NULL, e);
    if (err != ERR_OK)
        return err;
    err = session_send(stream, sql, NULL, 0, e);
    if (err == ERR_OK)
        err = await(stream, control, wait, &r, e);
    if (err != ERR_OK && err != ERR_UNAVAILABLE)
        end_sender(stream, control);
    if (err != ERR_OK)
        return err;
    bool is_read =
        PQntuples(r) == 1 && PQnfields(r) >= 2 &&
        as_of_parse_position(PQgetvalue(r, 0, 1), strlen(PQgetvalue(r, 0, 1)), ret_position);
    PQclear(r);
    return is_read ? ERR_OK
                   : error_set(e, ERR_DATABASE, "the server made a slot and did not say where");
}
