/* badged at work: the feed and the server together, until a signal.
 *
 * Ownership: service_run keeps nothing.
 */
#ifndef BADGED_CLI_SERVICE_H
#define BADGED_CLI_SERVICE_H

#include "config/config.h"
#include "feed/postgres.h"
#include "serve/server.h"

struct service_options {
    const struct config *config;
    const char *path; /* of the embedded database, made and migrated; NULL: Postgres */
    const struct server_demo_tenant *demo_tenants; /* or NULL */
    size_t demo_tenants_count;
    /* Called in the main thread every tick_ms, when it is not NULL; its commits are
     * published before it is called again, or after a second. An error ends the service. */
    enum err (*tick)(void *context, struct error *e);
    void *tick_context;
    int tick_ms;
};

/* service_check_embedded(config, e): ERR_CONFIG unless the database is an embedded one. */
enum err service_check_embedded(const struct config *config, struct error *e) MUST_CHECK;

/* service_postgres(config): how the Postgres feed is to follow the database; points into config. */
struct feed_postgres_options service_postgres(const struct config *config);

/* service_path(config): the file of the embedded database that the configuration names. */
const char *service_path(const struct config *config);

/* service_open(config, e): of an embedded database, make the file and its tables where they are not
 * there, and check that they suit the badges. A table that is missing is a warning, as badged waits
 * for it. */
enum err service_open(const struct config *config, struct error *e) MUST_CHECK;

/* service_run(o, e): follow and serve until SIGTERM or SIGINT, then let requests under way finish.
 * A second signal ends the process at once. */
enum err service_run(const struct service_options *o, struct error *e) MUST_CHECK;

#endif
