/* Files as texts: those that are right, and tables of those that are wrong, each with the whole
 * message that it must be refused with. */
#ifndef BADGED_TEST_CONFIG_REFUSE_H
#define BADGED_TEST_CONFIG_REFUSE_H

#include "base/buffer.h"
#include "config/config.h"

#include <stddef.h>

/* What messages list of the keys of a file. */
#define FILE_KEYS                                                                                  \
    "database, feed, publication, poll_seconds, lag_bytes, lag_seconds, listen, auth, threads, "   \
    "after_seconds, streams_max, streams_per_tenant, streams_per_address, stream_seconds, "        \
    "drain_seconds, history_bytes, history_step_seconds, badges"

/* Four lines of a file, behind which go the other keys of a source, eight columns in. */
#define TABLE_T "badges:\n  - name: a\n    count:\n      - table: t\n"

/* parse(yaml): what config_parse makes of the file "badged.yaml"; it must. */
struct config *parse(const char *yaml);

struct row {
    const char *yaml;
    size_t len;
    const char *message;
};

#define ROW(yaml, message)                                                                         \
    {                                                                                              \
        yaml, sizeof(yaml) - 1, message                                                            \
    }
#define REFUSE(rows) refuse(rows, sizeof(rows) / sizeof((rows)[0]))

/* refuse(rows, count): each row is refused as ERR_CONFIG with exactly its message. The file is
 * "badged.yaml". */
void refuse(const struct row *rows, size_t count);
void refuse_one(const char *yaml, size_t len, const char *message);

/* refuse_many(head, item, n, tail, message): as refuse_one, for head, n times item, and tail. */
void refuse_many(const char *head, const char *item, size_t n, const char *tail,
                 const char *message);

#endif
