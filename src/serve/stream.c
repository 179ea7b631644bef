#include "serve/stream.h"

#include "base/clock.h"
#include "serve/badges.h"
#include "serve/frame.h"
#include "serve/history.h"
#include "serve/problem.h"
#include "serve/streams.h"

#include <assert.h>
#include <netinet/in.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <string.h>

/* Clients that are refused together must not come back together. */
enum {
    RETRY_S_MIN = 5,
    RETRY_S_MAX = 15
};

static struct reply refuse(enum streams_verdict verdict)
{
    struct error e;
    char seconds[16];
    if (verdict == STREAMS_TENANT_FULL)
        (void)error_set(&e, ERR_TOO_MANY, "this tenant has as many streams open as it may");
    else if (verdict == STREAMS_ADDRESS_FULL)
        (void)error_set(&e, ERR_TOO_MANY, "this address has as many streams open as it may");
    else if (verdict == STREAMS_FULL)
        (void)error_set(&e, ERR_OVERLOADED, "as many streams are open as badged takes");
    else
        (void)error_set(&e, ERR_STOPPING, "badged is being stopped, and opens no stream any more");
    (void)snprintf(seconds, sizeof(seconds), "%u",
                   RETRY_S_MIN + randombytes_uniform(RETRY_S_MAX - RETRY_S_MIN + 1));
    struct reply reply = problem_reply(&e);
    reply_add(&reply, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    return reply;
}

/* Where the request comes from, as an IPv6 address (RFC 4291, section 2.5.5.2, for those of IPv4).
 */
static void read_address(const struct request *r, unsigned char out[16])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    assert(info != NULL);
    memset(out, 0, 16);
    if (info->client_addr->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, 16);
    } else {
        out[10] = out[11] = 0xFF;
        memcpy(out + 12, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr,
               4);
    }
}

static ssize_t read_nothing(void *context, uint64_t position, char *out, size_t room)
{
    (void)context;
    (void)position;
    (void)out;
    (void)room;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* As a body of no known length is told in chunks, libmicrohttpd 0.9.75 sends the last chunk even to
 * HEAD; so this one is told by the end of the connection. */
static struct reply head_reply(void)
{
    struct reply reply = {
        .status = MHD_HTTP_OK,
        .response =
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_nothing, NULL, NULL),
    };
    assert(reply.response != NULL);
    enum MHD_Result result =
        MHD_set_response_options(reply.response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    assert(result == MHD_YES);
    for (size_t i = 0; i < frame_fields_count; i++)
        reply_add(&reply, frame_fields[i].name, frame_fields[i].value);
    return reply;
}

struct reply stream_answer(const struct service *s, const struct request *r)
{
    struct uuid tenant;
    struct error e;
    struct as_of as_of;
    struct subscriber *subscriber;
    unsigned char address[16];
    if (request_tenant(r, &tenant, &e) != ERR_OK)
        return problem_reply(&e);
    if (counts_as_of(s->counts, &as_of) == COUNTS_UNKNOWN)
        return badges_unknown(s);
    read_address(r, address);
    enum streams_verdict verdict = streams_admit(s->streams, &tenant, address, &subscriber);
    if (verdict != STREAMS_ADMITTED)
        return refuse(verdict);
    history_watch(s->history, &tenant, clock_unix_us() / 1000);
    if (!r->is_head)
        return (struct reply){.subscriber = subscriber};
    streams_refuse(s->streams, subscriber);
    return head_reply();
}
