#include "serve/badges.h"

#include "base/clock.h"
#include "serve/answers.h"
#include "serve/history.h"
#include "serve/problem.h"
#include "serve/tenant.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static struct reply answer_no_tenant(const struct request *r)
{
    struct uuid tenant;
    struct error e;
    enum err err = request_tenant(r, &tenant, &e);
    assert(err != ERR_OK);
    return problem_reply(&e);
}

struct reply badges_unknown(const struct service *s)
{
    struct counts_status status;
    struct error e;
    counts_status(s->counts, &status);
    (void)error_set(&e, ERR_NOT_READY, "%s",
                    status.reason[0] != '\0' ? status.reason : "the counts are not known yet");
    struct reply reply = problem_reply(&e);
    reply_add(&reply, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    return reply;
}

/* ---- ?after= ---- */

static struct reply refuse_after(const struct request *r)
{
    struct error e;
    if (r->has_after == TARGET_AFTER_TWICE)
        (void)error_set(&e, ERR_REQUEST, "the query has the parameter after more than once");
    else
        (void)error_set(&e, ERR_REQUEST,
                        "the parameter after is no as-of: send one as Badged-As-Of has it, such as "
                        "1-0/16B3748, or the position alone");
    return problem_reply(&e);
}

static void explain_behind(const struct service *s, const struct request *r, struct as_of as_of,
                           struct error *e)
{
    char has[AS_OF_TEXT_BYTES], wanted[AS_OF_TEXT_BYTES];
    struct counts_status status;
    counts_status(s->counts, &status);
    as_of_format(as_of, has);
    if (r->after.timeline == 0)
        as_of_format_position(r->after.position, wanted);
    else
        as_of_format(r->after, wanted);
    if (r->wait == WAIT_REFUSED)
        (void)error_set(e, ERR_OVERLOADED,
                        "the counts are true as of %s, not yet %s, and too many requests wait "
                        "already",
                        has, wanted);
    else if (status.trust == COUNTS_LIVE)
        (void)error_set(e, ERR_BEHIND, "the counts are true as of %s, not yet %s", has, wanted);
    else
        (void)error_set(e, ERR_BEHIND, "the counts are true as of %s, not yet %s (%s%s%s)", has,
                        wanted, status.state, status.reason[0] != '\0' ? ": " : "", status.reason);
}

static struct reply answer_behind(const struct service *s, const struct request *r,
                                  struct as_of as_of)
{
    if (r->wait == WAIT_OPEN)
        return (struct reply){0};
    struct error e;
    char text[AS_OF_TEXT_BYTES];
    explain_behind(s, r, as_of, &e);
    as_of_format(as_of, text);
    struct reply reply = problem_reply(&e);
    reply_add(&reply, "Badged-As-Of", text);
    reply_add(&reply, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    return reply;
}

struct reply badges_answer(const struct service *s, const struct request *r)
{
    struct uuid tenant;
    if (request_tenant(r, &tenant, NULL) != ERR_OK)
        return answer_no_tenant(r);
    if (r->has_after != TARGET_AFTER_NONE && r->has_after != TARGET_AFTER_GIVEN)
        return refuse_after(r);
    uint64_t numbers[SOURCES_MAX];
    struct as_of as_of;
    int64_t since_ms;
    enum counts_trust trust = counts_read(s->counts, &tenant, numbers, &as_of, &since_ms);
    if (trust == COUNTS_UNKNOWN)
        return badges_unknown(s);
    if (r->has_after == TARGET_AFTER_GIVEN && !as_of_covers(as_of, r->after))
        return answer_behind(s, r, as_of);

    if (trust == COUNTS_LIVE && !service_is_draining(s))
        return answers_find(s->answers, r, &tenant, numbers, as_of);

    struct reply reply = answers_make(s->answers, r, numbers, as_of);
    if (trust == COUNTS_STALE) {
        char seconds[24];
        (void)snprintf(seconds, sizeof(seconds), "%" PRId64, (clock_ms() - since_ms) / 1000);
        reply_add(&reply, "Badged-Stale", seconds);
    }
    return reply;
}

struct reply badges_answer_history(const struct service *s, const struct request *r)
{
    struct uuid tenant;
    if (request_tenant(r, &tenant, NULL) != ERR_OK)
        return answer_no_tenant(r);
    struct buffer body = {0};
    history_render(s->history, &tenant, clock_unix_us() / 1000, &body);
    struct reply reply = reply_make(MHD_HTTP_OK, "application/json", &body);
    reply_add(&reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
    reply_add(&reply, MHD_HTTP_HEADER_VARY, TENANT_FIELD);
    return reply;
}
