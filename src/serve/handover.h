/* The handover of a connection: its socket goes from libmicrohttpd to somebody else.
 *
 * libmicrohttpd lets go of a socket for "101 Switching Protocols" alone. So the socket gets another
 * descriptor, and another socket, on which nothing was ever connected, gets the descriptor that
 * libmicrohttpd knows, before the connection is closed there like any other. It is suspended first:
 * that takes the socket out of libmicrohttpd's epoll set, in every version, while its descriptor is
 * still the one that was put in.
 *
 * Ownership: handover_open and handover_close bracket the use of a struct that the caller supplies.
 */
#ifndef BADGED_SERVE_HANDOVER_H
#define BADGED_SERVE_HANDOVER_H

#include "base/error.h"

#include <microhttpd.h>

struct handover {
    int nothing; /* the other socket */
};

/* handover_open(h, e): ERR_SYSTEM when the system gives no socket. */
enum err handover_open(struct handover *h, struct error *e) MUST_CHECK;
void handover_close(struct handover *h);

/* handover_take(h, mhd, fd): take the socket fd of a connection, of its handler, which returns
 * MHD_YES then, and MHD_NO when it is called again. Returns the descriptor that the socket has from
 * now on, the caller's; or -1, and nothing was done. */
int handover_take(const struct handover *h, struct MHD_Connection *mhd, int fd);

#endif
