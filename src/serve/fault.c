#include "serve/fault.h"

#include "serve/server.h"

#include <assert.h>

/* The sentence, and where it ends in a limit, the limit and its unit. */
struct row {
    enum err code;
    const char *sentence;
    int limit;
    const char *unit; /* with a space in front */
};

static const struct row rows[FAULT__COUNT] = {
    [FAULT_TARGET_BYTES] = {ERR_TARGET, "the request target is longer than",
                            SERVER_TARGET_BYTES_MAX, " bytes"},
    [FAULT_TARGET_CHARACTER] = {ERR_REQUEST,
                                "the request target has a space, a control character, a '#' or a "
                                "byte outside ASCII in it, which must be percent-escaped"},
    [FAULT_TARGET_ESCAPE] = {ERR_REQUEST, "the request target has a percent sign that two "
                                          "hexadecimal digits do not follow, or an escaped NUL in "
                                          "its path"},
    [FAULT_TARGET_FORM] = {ERR_REQUEST, "the request target must be a path, such as "
                                        "/api/sidebar/badges, or an http:// URL"},
    [FAULT_HEAD] = {ERR_REQUEST,
                    "the request line and each header field must be a line of its own that ends in "
                    "CR LF, with one space between the parts of the request line, none before the "
                    "colon of a field, and no control characters"},
    [FAULT_HEADER_BYTES] = {ERR_HEADERS, "the request line and header fields take more than",
                            SERVER_HEADER_BYTES_MAX, " bytes"},
    [FAULT_HEADER_FIELDS] = {ERR_HEADERS, "the request has more header fields than",
                             SERVER_HEADER_FIELDS_MAX, ""},
    [FAULT_HOST_COUNT] = {ERR_REQUEST, "the request must have the header field Host exactly once"},
    [FAULT_HOST_FOREIGN] = {ERR_MISDIRECTED, "the request is for another host: this server answers "
                                             "for localhost, 127.0.0.0/8 and [::1] only"},
    [FAULT_BODY_LENGTH] = {ERR_REQUEST, "the request has the header field Content-Length twice"},
    [FAULT_BODY_ENCODING] = {ERR_REQUEST,
                             "Transfer-Encoding must be \"chunked\", given once, in an HTTP/1.1 "
                             "request, without a Content-Length beside it"},
    [FAULT_BODY_BYTES] = {ERR_TOO_LARGE, "the request's body is larger than", SERVER_BODY_BYTES_MAX,
                          " bytes"},
};

void fault_error(enum fault f, struct error *e)
{
    assert(f > FAULT_NONE && f < FAULT__COUNT);
    const struct row *row = &rows[f];
    if (row->unit == NULL)
        (void)error_set(e, row->code, "%s", row->sentence);
    else
        (void)error_set(e, row->code, "%s %d%s", row->sentence, row->limit, row->unit);
}
