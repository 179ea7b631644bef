/* Request heads: whether the request line and the header fields were written as RFC 9112 asks.
 *
 * libmicrohttpd 0.9.75 takes heads that other programs in front of it may cut up differently, or
 * refuse: lines that end in a bare LF, NULs (a field's value then ends there), spaces before a
 * colon, several spaces in the request line, and folded fields, which it appends to the *name* of
 * the field, so that "X-Ten: a" folded to "ant-Id" is X-Tenant-Id. By the time the handler is
 * called, all that can be seen of this is the head itself. It stands whole where `method` points,
 * MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE bytes long, with NULs where the parser cut it. That is
 * how this version works, not a promise, so head_check is for it alone (head_must_be_checked), and
 * tests over a real socket hold it to that. Later versions refuse all of the above themselves when
 * asked to be strict.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_HEAD_H
#define BADGED_SERVE_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct head {
    const char *bytes; /* from the method on */
    size_t len;        /* to the end of the empty line behind the fields */
    size_t target;     /* where the target begins in it */
    size_t target_len;
};

/* head_must_be_checked(): whether the libmicrohttpd that runs is the version above. */
bool head_must_be_checked(void);

/* head_check(h): whether the head is one request line and fields, each a line of its own, as above.
 * Pure. */
bool head_check(const struct head *h);

/* head_is_token(s, len), head_is_value(s, len): whether the bytes can be a method or the name of a
 * field, and the value of a field (RFC 9110, sections 5.6.2 and 5.5). For heads that are not
 * checked whole. Pure. */
bool head_is_token(const char *s, size_t len);
bool head_is_value(const char *s, size_t len);

#endif
