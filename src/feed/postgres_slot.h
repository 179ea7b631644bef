/* The temporary replication slot: made for one life of the feed, with the snapshot that the rows
 * are loaded by, and gone with the connection that made it.
 *
 * Making one waits until the transactions that were open have ended, without a limit of its own; so
 * the session's lock_timeout bounds each wait at the server, SLOT_MS_MAX all of it here, and who is
 * waited for can be told. A client that merely closes its connection would leave the server's
 * process waiting: it is ended through the other session.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_FEED_POSTGRES_SLOT_H
#define BADGED_FEED_POSTGRES_SLOT_H

#include "base/error.h"
#include "base/session.h"

#include <stdint.h>

enum {
    SLOT_NAME_BYTES = 64,
    SLOT_MS_MAX = 30000,
};

struct slot_wait {
    /* Called about once a second with whom the slot waits for, in words. */
    void (*on_wait)(const char *reason, void *context);
    void *context;
};

/* slot_create(stream, control, wait, ret_name, ret_position, e): begin a transaction on stream that
 * reads by the snapshot of a slot it makes there. ret_position is where the snapshot stands: every
 * commit behind it will be in the stream. ERR_BUSY: it waited too long, e names for whom. */
enum err slot_create(struct session *stream, struct session *control, const struct slot_wait *wait,
                     char ret_name[SLOT_NAME_BYTES], uint64_t *ret_position,
                     struct error *e) MUST_CHECK;

/* slot_check(stream, control, e): ask on control whether the server still has the process behind
 * stream. ERR_UNAVAILABLE: it has not, or control is lost. */
enum err slot_check(struct session *stream, struct session *control, struct error *e) MUST_CHECK;

#endif
