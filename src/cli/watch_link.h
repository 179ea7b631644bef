/* The connection of `badged watch`: the event stream of a badged, opened again whenever it ends.
 *
 * When it ended, the next try waits as long as the stream's last `retry:` said, or Retry-After of a
 * refusal; and behind each try that failed, a random time more, as base/backoff.h has it. A server
 * that is silent for LINK_SILENT_MS, though it sends a comment every 15 s, is gone.
 *
 * libcurl's multi interface is what it is made of, so that one thread waits for the server, signals
 * and the terminal at once.
 *
 * Ownership: link_new makes it, link_free ends the connection and frees. curl_global_init is the
 * caller's. One thread.
 */
#ifndef BADGED_CLI_WATCH_LINK_H
#define BADGED_CLI_WATCH_LINK_H

#include "base/error.h"
#include "base/event_stream.h"

#include <curl/curl.h>
#include <stdint.h>

enum {
    LINK_CONNECT_MS_MAX = 8000,
    LINK_SILENT_MS = 40000,
    LINK_RETRY_MS = 1000,           /* of a stream that says nothing of it */
    LINK_RETRY_MS_MIN = 100,        /* whatever it says */
    LINK_RETRY_MS_MAX = 600 * 1000, /* the same, and of Retry-After */
    LINK_BACKOFF_MS_MAX = 60000,    /* of what is random */
};

enum link_state {
    LINK_CONNECTING, /* up to the first event */
    LINK_OPEN,
    LINK_WAITING, /* for the next try */
};

struct link_options {
    const char *url;    /* as server_url_read gives it */
    const char *tenant; /* a UUID */
    /* Called for each event; an error breaks the connection, which is tried again. */
    enum err (*on_event)(const struct event *event, void *context, struct error *e);
    void *context;
};

struct link;

/* link_new(o, ret, e): one whose first try begins with the first step. Texts are copied. */
enum err link_new(const struct link_options *o, struct link **ret, struct error *e) MUST_CHECK;
void link_free(struct link *l);

/* link_step(l, fds, count, timeout_ms, e): wait until something comes from the server, a try is
 * due, one of fds has what it asks for (revents says it), or timeout_ms are over (-1: no limit),
 * and do what is to be done then. An error is what cannot mend itself: ERR_NOT_FOUND, ERR_REQUEST,
 * ERR_UNAVAILABLE say what was answered and what to do. */
enum err link_step(struct link *l, struct curl_waitfd *fds, unsigned count, int timeout_ms,
                   struct error *e) MUST_CHECK;

enum link_state link_state(const struct link *l);

/* link_why(l): why the last try ended; "" when it was open and the server closed it in good order,
 * and before any ended. link_next_ms(l): when the next one begins, by clock_ms(). link_failures(l):
 * how many tries in a row brought no event. */
const char *link_why(const struct link *l);
int64_t link_next_ms(const struct link *l);
unsigned link_failures(const struct link *l);

#endif
