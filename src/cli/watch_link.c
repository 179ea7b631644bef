#include "cli/watch_link.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/mem.h"
#include "doctor/fetch.h"

#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct link {
    struct link_options options;
    char *place, *tenant, *url; /* copies of options', and of the stream */
    CURLM *multi;
    CURL *easy; /* NULL: waiting */
    struct curl_slist *fields;
    char detail[CURL_ERROR_SIZE];

    enum link_state state;
    struct event_stream stream;
    struct fetched answer; /* one that is no stream */
    bool is_stream;        /* the answer's head says so */
    bool is_broken;        /* by on_event, or by a text that is too long: why says which */
    char last_id[256];
    uint32_t retry_ms;
    uint64_t pieces; /* of answers, so far */
    int64_t heard_ms, next_ms;
    unsigned failures;
    struct error why;
};

/* ---- one try ---- */

static bool is_event_stream(const char *type)
{
    static const char name[] = "text/event-stream";
    return type != NULL && strncasecmp(type, name, sizeof(name) - 1) == 0 &&
           strchr("; \t", type[sizeof(name) - 1]) != NULL;
}

static void on_event(const struct event *event, void *context)
{
    struct link *l = context;
    if (l->is_broken)
        return;
    if (l->options.on_event(event, l->options.context, &l->why) != ERR_OK) {
        l->is_broken = true;
        return;
    }
    l->state = LINK_OPEN;
    l->failures = 0;
    if (event->id_len < sizeof(l->last_id))
        memcpy(l->last_id, event->id, event->id_len + 1);
}

/* A line of the answer's head; behind the empty one it is known what the answer is. */
static size_t on_head(char *bytes, size_t size, size_t n, void *context)
{
    struct link *l = context;
    const char *type = NULL;
    long status = 0;
    if (size * n > 2 || bytes[0] != '\r' || l->answer.status != 0)
        return size * n;
    (void)curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(l->easy, CURLINFO_CONTENT_TYPE, &type);
    if (status < 200)
        return size * n; /* another head follows */
    l->answer.status = status;
    l->is_stream = status == 200 && is_event_stream(type);
    return status == 200 && !l->is_stream ? 0 : size * n; /* 0 ends the transfer */
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct link *l = context;
    size_t len = size * n;
    l->heard_ms = clock_ms();
    l->pieces++;
    if (!l->is_stream) {
        if (len > FETCH_BODY_BYTES_MAX - l->answer.body.len)
            return 0;
        buffer_add(&l->answer.body, bytes, len);
        return len;
    }
    if (event_stream_read(&l->stream, bytes, len, on_event, l, &l->why) != ERR_OK)
        l->is_broken = true;
    if (l->stream.has_retry)
        l->retry_ms = l->stream.retry_ms < LINK_RETRY_MS_MIN   ? LINK_RETRY_MS_MIN
                      : l->stream.retry_ms > LINK_RETRY_MS_MAX ? LINK_RETRY_MS_MAX
                                                               : l->stream.retry_ms;
    return l->is_broken ? 0 : len;
}

static void end_try(struct link *l)
{
    if (l->easy != NULL) {
        (void)curl_multi_remove_handle(l->multi, l->easy);
        curl_easy_cleanup(l->easy);
        l->easy = NULL;
    }
    curl_slist_free_all(l->fields);
    l->fields = NULL;
    event_stream_fini(&l->stream);
    fetched_fini(&l->answer);
    l->answer = (struct fetched){0};
    l->is_stream = l->is_broken = false;
}

static enum err begin_try(struct link *l, struct error *e)
{
    char field[64], last[sizeof(l->last_id) + 32];
    (void)snprintf(field, sizeof(field), "X-Tenant-Id: %s", l->options.tenant);
    (void)snprintf(last, sizeof(last), "Last-Event-ID: %s", l->last_id);
    l->fields = curl_slist_append(l->fields, field);
    l->fields = curl_slist_append(l->fields, "Accept: text/event-stream");
    l->fields = curl_slist_append(l->fields, "Cache-Control: no-cache");
    if (l->last_id[0] != '\0')
        l->fields = curl_slist_append(l->fields, last);
    CURL *c = l->easy = fetch_prepare(l->url);
    if (c == NULL)
        return error_set(e, ERR_SYSTEM, "libcurl does not start");
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 0L);
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)LINK_CONNECT_MS_MAX);
    (void)curl_easy_setopt(c, CURLOPT_USERAGENT, "badged-watch/" BADGED_VERSION);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, l->fields);
    (void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, l->detail);
    (void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head);
    (void)curl_easy_setopt(c, CURLOPT_HEADERDATA, l);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, l);
    l->detail[0] = '\0';
    l->state = LINK_CONNECTING;
    l->heard_ms = clock_ms();
    if (curl_multi_add_handle(l->multi, c) != CURLM_OK)
        return error_set(e, ERR_SYSTEM, "libcurl takes no more connections");
    return ERR_OK;
}

/* ---- what its end means ---- */

static bool mends_itself(CURLcode code)
{
    return code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL &&
           code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE;
}

/* Of an answer that is no stream: an error when another try would get the same. */
static enum err judge_answer(struct link *l, const char *type, struct error *e)
{
    long status = l->answer.status;
    const char *place = l->options.url;
    if (status == 200)
        return error_set(e, ERR_REQUEST,
                         "%s: it answered with %.60s and not with an event stream: --url names "
                         "where badged serves, not another program",
                         place, type != NULL ? type : "no Content-Type");
    fetched_explain(&l->answer, &l->why);
    if (status >= 500 || status == 408 || status == 425 || status == 429)
        return ERR_OK;
    *e = l->why;
    error_wrap(e, "%s", place);
    const char *advice = status >= 300 && status < 400
                             ? "it sends elsewhere: name that place with --url"
                         : status == 404 ? "no badged of at least version " BADGED_VERSION
                                           " is there: --url names where one serves"
                         : status == 401 || status == 403 || status == 421
                             ? "it does not tell this client: see `auth` and `listen` of its "
                               "configuration"
                             : "it would answer the same again: check TENANT and --url";
    enum err code = status == 404 ? ERR_NOT_FOUND : ERR_REQUEST;
    char said[ERROR_MESSAGE_BYTES_MAX];
    memcpy(said, e->message, sizeof(said));
    return error_set(e, code, "%s; %s", said, advice);
}

static void wait_for_next(struct link *l, int64_t retry_after_ms)
{
    const struct backoff backoff = {l->retry_ms, LINK_RETRY_MS_MAX};
    int64_t least_ms = retry_after_ms > l->retry_ms ? retry_after_ms : l->retry_ms;
    int64_t bound_ms = backoff_bound_ms(&backoff, l->failures);
    bound_ms = bound_ms < LINK_BACKOFF_MS_MAX ? bound_ms : LINK_BACKOFF_MS_MAX;
    end_try(l);
    l->next_ms = clock_ms() + least_ms + backoff_jitter_ms(bound_ms, randombytes_random());
    l->state = LINK_WAITING;
}

static enum err on_end(struct link *l, CURLcode code, struct error *e)
{
    const char *type = NULL;
    curl_off_t after_s = 0;
    bool was_open = l->state == LINK_OPEN;
    (void)curl_easy_getinfo(l->easy, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(l->easy, CURLINFO_RETRY_AFTER, &after_s);
    bool is_answered =
        l->answer.status != 0 && !l->is_stream && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
    if (is_answered) {
        enum err err = judge_answer(l, type, e);
        if (err != ERR_OK)
            return err;
    } else if (code == CURLE_OK && was_open) {
        l->why.message[0] = '\0';
    } else if (code == CURLE_OK) {
        (void)error_set(&l->why, ERR_UNAVAILABLE, "the stream ended before it said anything");
    } else if (!l->is_broken) {
        (void)error_set(&l->why, ERR_UNAVAILABLE, "%s",
                        l->detail[0] != '\0' ? l->detail : curl_easy_strerror(code));
        if (!mends_itself(code)) {
            *e = l->why;
            error_wrap(e, "%s", l->options.url);
            return e->code;
        }
    }
    if (!was_open)
        l->failures++;
    wait_for_next(l, after_s > LINK_RETRY_MS_MAX / 1000 ? LINK_RETRY_MS_MAX : after_s * 1000);
    return ERR_OK;
}

/* ---- steps ---- */

static enum err collect(struct link *l, struct error *e)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(l->multi, &left)) != NULL;) {
        if (m->msg != CURLMSG_DONE || m->easy_handle != l->easy)
            continue;
        return on_end(l, m->data.result, e);
    }
    if (l->easy != NULL && clock_ms() - l->heard_ms >= LINK_SILENT_MS) {
        bool was_open = l->state == LINK_OPEN;
        (void)error_set(&l->why, ERR_UNAVAILABLE, "the server has sent nothing for %d s",
                        LINK_SILENT_MS / 1000);
        l->failures += !was_open;
        wait_for_next(l, 0);
    }
    return ERR_OK;
}

enum err link_step(struct link *l, struct curl_waitfd *fds, unsigned count, int timeout_ms,
                   struct error *e)
{
    int64_t now_ms = clock_ms();
    uint64_t pieces = l->pieces;
    enum err err = ERR_OK;
    int running;
    if (l->easy == NULL && now_ms >= l->next_ms)
        err = begin_try(l, e);
    if (err != ERR_OK)
        return err;
    if (curl_multi_perform(l->multi, &running) != CURLM_OK)
        return error_set(e, ERR_SYSTEM, "libcurl cannot go on");
    /* What was heard already is to be shown before the next is waited for. */
    if ((l->easy != NULL && running == 0) || l->pieces != pieces)
        return collect(l, e);
    int64_t due_ms = l->easy == NULL ? l->next_ms : l->heard_ms + LINK_SILENT_MS;
    int64_t wait_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    if (timeout_ms >= 0 && timeout_ms < wait_ms)
        wait_ms = timeout_ms;
    if (curl_multi_poll(l->multi, fds, count, (int)wait_ms, NULL) != CURLM_OK ||
        curl_multi_perform(l->multi, &running) != CURLM_OK)
        return error_set(e, ERR_SYSTEM, "libcurl cannot wait for the server");
    return collect(l, e);
}

/* ---- the rest ---- */

enum err link_new(const struct link_options *o, struct link **ret, struct error *e)
{
    struct link *l = mem_zero(1, sizeof(*l));
    struct buffer url = {0};
    buffer_printf(&url, "%s/api/sidebar/badges/stream", o->url);
    l->url = buffer_take(&url);
    l->options = *o;
    l->options.url = l->place = mem_text(o->url, strlen(o->url));
    l->options.tenant = l->tenant = mem_text(o->tenant, strlen(o->tenant));
    l->retry_ms = LINK_RETRY_MS;
    l->multi = curl_multi_init();
    if (l->multi == NULL) {
        link_free(l);
        return error_set(e, ERR_SYSTEM, "libcurl does not start");
    }
    *ret = l;
    return ERR_OK;
}

void link_free(struct link *l)
{
    if (l == NULL)
        return;
    end_try(l);
    (void)curl_multi_cleanup(l->multi);
    free(l->place);
    free(l->tenant);
    free(l->url);
    free(l);
}

enum link_state link_state(const struct link *l)
{
    return l->state;
}

const char *link_why(const struct link *l)
{
    return l->why.message;
}

int64_t link_next_ms(const struct link *l)
{
    return l->next_ms;
}

unsigned link_failures(const struct link *l)
{
    return l->failures;
}
