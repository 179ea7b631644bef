/* A real server on a free port, over counts that the test writes.
 *
 * Ownership: the caller supplies the struct; running_start and running_stop bracket its use.
 */
#ifndef BADGED_TEST_SERVE_RUNNING_H
#define BADGED_TEST_SERVE_RUNNING_H

#include "badge/counts.h"
#include "client.h"
#include "serve/server.h"

#define TENANT       "00000000-0000-4000-8000-000000000001"
#define OTHER_TENANT "00000000-0000-4000-8000-000000000002"
#define HOST         "Host: localhost\r\n"
#define BADGES       "/api/sidebar/badges"

enum {
    SOURCES = 6
}; /* of the built-in definitions */

struct running {
    struct definitions *definitions;
    struct counts *counts;
    struct server *server;
    uint16_t port;
};

/* running_start(r, o): serve, nothing loaded yet. host and threads of the options are set here
 * where they are not. */
void running_start(struct running *r, struct server_options o);
void running_stop(struct running *r);

/* running_setup, running_teardown: of a test that gets a struct running as its state, with
 * running_numbers published for TENANT. running_setup_hasty: with deadlines of a second.
 * running_setup_empty: with nothing published, so not ready. */
extern const uint64_t running_numbers[SOURCES];
int running_setup(void **state);
int running_setup_hasty(void **state);
int running_setup_empty(void **state);
int running_teardown(void **state);

/* running_free(r): what is left when the test has stopped the server itself. */
void running_free(struct running *r);

/* running_publish(r, tenant, numbers, position): a commit, and counts are live. */
void running_publish(struct running *r, const char *tenant, const uint64_t numbers[SOURCES],
                     uint64_t position);

/* running_ask(r, request, ret): one request on a connection of its own. */
void running_ask(const struct running *r, const char *request, struct answer *ret);

#endif
