#include "serve/badges.h"

#include "base/clock.h"
#include "serve/answers.h"
#include "serve/problem.h"
#include "serve/tenant.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static enum err read_tenant(const struct request *r, struct uuid *ret, struct error *e)
{
    const struct field *field = &r->fields[FIELD_TENANT];
    if (field->count == 0)
        return error_set(e, ERR_REQUEST,
                         "the request names no tenant: send its UUID in the header field %s",
                         TENANT_FIELD);
    if (field->count > 1)
        return error_set(e, ERR_REQUEST, "the request has the header field %s %u times",
                         TENANT_FIELD, field->count);
    return tenant_parse(field->value, field->len, ret, e);
}

static struct reply answer_no_tenant(const struct request *r)
{
    struct uuid tenant;
    struct error e;
    enum err err = read_tenant(r, &tenant, &e);
    assert(err != ERR_OK);
    return problem_reply(&e);
}

static struct reply answer_unknown(const struct service *s)
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

struct reply badges_answer(const struct service *s, const struct request *r)
{
    struct uuid tenant;
    if (read_tenant(r, &tenant, NULL) != ERR_OK)
        return answer_no_tenant(r);
    uint64_t numbers[SOURCES_MAX];
    struct as_of as_of;
    int64_t since_ms;
    enum counts_trust trust = counts_read(s->counts, &tenant, numbers, &as_of, &since_ms);
    if (trust == COUNTS_UNKNOWN)
        return answer_unknown(s);

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
