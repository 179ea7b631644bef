#include "serve/request.h"

#include "serve/head.h"
#include "serve/host.h"
#include "serve/route.h"
#include "serve/server.h"
#include "serve/target.h"
#include "serve/tenant.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define NAME(s)                                                                                    \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

static const struct {
    const char *text;
    size_t len;
} names[FIELD__COUNT] = {
    [FIELD_HOST] = NAME("Host"),
    [FIELD_TENANT] = NAME(TENANT_FIELD),
    [FIELD_IF_NONE_MATCH] = NAME("If-None-Match"),
    [FIELD_ACCEPT_ENCODING] = NAME("Accept-Encoding"),
    [FIELD_CONTENT_LENGTH] = NAME("Content-Length"),
    [FIELD_TRANSFER_ENCODING] = NAME("Transfer-Encoding"),
};

void request_begin(struct request *r, struct MHD_Connection *mhd, const char *target)
{
    struct target parsed;
    *r = (struct request){.mhd = mhd, .target = target};
    if (target != NULL)
        r->target_len = strlen(target);
    r->fault = target_parse(target, r->target_len, &parsed);
    if (r->fault != FAULT_NONE)
        return;
    r->route = route_find(parsed.path, &r->page);
    r->is_verbose = parsed.is_verbose;
    r->has_after = parsed.has_after;
    r->after = parsed.after;
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name,
                                size_t name_len, const char *value, size_t len)
{
    (void)kind;
    struct request *r = context;
    for (size_t i = 0; i < FIELD__COUNT; i++) {
        if (name_len != names[i].len || strncasecmp(name, names[i].text, name_len) != 0)
            continue;
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
            len--;
        r->fields[i].count++;
        r->fields[i].value = value;
        r->fields[i].len = len;
        break;
    }
    return MHD_YES;
}

/* As on_field, of a head that is not checked whole. */
static enum MHD_Result on_unchecked_field(void *context, enum MHD_ValueKind kind, const char *name,
                                          size_t name_len, const char *value, size_t len)
{
    struct request *r = context;
    r->is_malformed |= !head_is_token(name, name_len) || !head_is_value(value, len);
    return on_field(context, kind, name, name_len, value, len);
}

static size_t head_bytes(const struct request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    assert(info != NULL);
    return info->header_size;
}

static enum fault check_host(const struct request *r, const char *version)
{
    const struct field *host = &r->fields[FIELD_HOST];
    if (host->count == 0 && strcmp(version, "HTTP/1.0") == 0)
        return FAULT_NONE; /* the field is younger than HTTP/1.0, and no browser speaks that */
    if (host->count != 1)
        return FAULT_HOST_COUNT;
    return host_is_loopback(host->value, host->len) ? FAULT_NONE : FAULT_HOST_FOREIGN;
}

/* The length of a body must not be open to two readings (RFC 9112, section 6). A Content-Length
 * that is not a number is refused before it gets here. */
static enum fault check_body(const struct request *r, const char *version)
{
    const struct field *length = &r->fields[FIELD_CONTENT_LENGTH];
    const struct field *encoding = &r->fields[FIELD_TRANSFER_ENCODING];
    if (encoding->count > 0) {
        bool is_chunked = encoding->len == 7 && strncasecmp(encoding->value, "chunked", 7) == 0;
        if (encoding->count > 1 || length->count > 0 || !is_chunked ||
            strcmp(version, "HTTP/1.0") == 0)
            return FAULT_BODY_ENCODING;
        return FAULT_NONE;
    }
    if (length->count > 1)
        return FAULT_BODY_LENGTH;
    uint64_t bytes = 0;
    for (size_t i = 0; i < length->len; i++) {
        bytes = bytes * 10 + (uint64_t)(length->value[i] - '0');
        if (bytes > SERVER_BODY_BYTES_MAX)
            return FAULT_BODY_BYTES;
    }
    return FAULT_NONE;
}

/* Whether the head is well-formed; the fields are read along with that. */
static bool check_head(struct request *r, const char *method, size_t bytes, int *ret_fields)
{
    if (!head_must_be_checked()) {
        *ret_fields = MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, on_unchecked_field, r);
        return !r->is_malformed && head_is_token(method, strlen(method));
    }
    *ret_fields = MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, on_field, r);
    const struct head head = {method, bytes, (size_t)(r->target - method), r->target_len};
    return head_check(&head);
}

enum fault request_read_head(struct request *r, const char *method, const char *version)
{
    size_t bytes = head_bytes(r);
    int fields;
    r->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    r->is_http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    if (r->fault != FAULT_NONE)
        return r->fault;
    if (bytes > SERVER_HEADER_BYTES_MAX)
        return FAULT_HEADER_BYTES;
    bool is_well_formed = check_head(r, method, bytes, &fields);
    if (fields > SERVER_HEADER_FIELDS_MAX)
        return FAULT_HEADER_FIELDS;
    if (!is_well_formed)
        return FAULT_HEAD;
    enum fault fault = check_host(r, version);
    return fault != FAULT_NONE ? fault : check_body(r, version);
}

bool request_lists(const struct request *r, const struct etag *tag)
{
    const struct field *field = &r->fields[FIELD_IF_NONE_MATCH];
    return field->count == 1 && etag_is_listed(field->value, field->len, tag);
}

enum err request_tenant(const struct request *r, struct uuid *ret, struct error *e)
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
