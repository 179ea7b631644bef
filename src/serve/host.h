/* Hosts: whether an address or a name means this machine's loopback interface.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_HOST_H
#define BADGED_SERVE_HOST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct host_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* host_is_loopback(value, len): whether the value of a Host field names the loopback interface:
 * "localhost", an address of 127.0.0.0/8 or "[::1]", with or without a port. A page of another site
 * whose name was made to resolve to 127.0.0.1 (DNS rebinding) sends its own name there. Pure. */
bool host_is_loopback(const char *value, size_t len);

/* host_resolve(host, port, ret, e): the address to listen on. host is "localhost" or a literal
 * address of the loopback interface, IPv6 without brackets; ERR_USAGE for any other. No name is
 * looked up. */
enum err host_resolve(const char *host, uint16_t port, struct host_address *ret,
                      struct error *e) MUST_CHECK;

#endif
