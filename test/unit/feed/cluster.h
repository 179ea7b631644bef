/* A Postgres server for one test program, in a folder of its own.
 *
 * It listens on a socket in that folder only, trusts whoever can reach it, and does not sync, with
 * wal_level = logical. It runs as the user postgres when the test runs as root, else as whoever
 * runs it. The newest version that is installed is taken, or what is first in PATH.
 *
 * A process between the two holds the end of a pipe: when the test ends in whatever way, the server
 * is stopped and its folder removed.
 *
 * Ownership: cluster_start makes it, cluster_stop ends it. A test that cannot have its server is a
 * failed one: it ends the program with a message.
 */
#ifndef BADGED_TEST_UNIT_FEED_CLUSTER_H
#define BADGED_TEST_UNIT_FEED_CLUSTER_H

struct cluster;

/* cluster_start(settings): a running server. settings are more of those in postgresql.conf, such
 * as "max_replication_slots = 1\n", one a line; NULL for none. */
struct cluster *cluster_start(const char *settings);

/* cluster_conninfo(c): how libpq reaches it, as its superuser, in its database postgres. More
 * parameters may be put behind it. */
const char *cluster_conninfo(const struct cluster *c);

/* cluster_stop(c): returns when the server has ended and its folder is gone. c may be NULL. */
void cluster_stop(struct cluster *c);

#endif
