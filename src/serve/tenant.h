/* The tenant of a request, as the header field X-Tenant-Id names it.
 *
 * The field is not a credential: whoever can reach the listener can name any tenant. Therefore the
 * server takes it on a loopback listener only (server.h), and from a request that names a loopback
 * host only (host.h).
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_TENANT_H
#define BADGED_SERVE_TENANT_H

#include "base/error.h"
#include "base/uuid.h"

#include <stddef.h>

#define TENANT_FIELD "X-Tenant-Id"

/* tenant_parse(value, len, ret, e): the tenant that the field's value names, which must be one UUID
 * and nothing else. ERR_REQUEST otherwise, with a sentence that does not repeat the value. Pure. */
enum err tenant_parse(const char *value, size_t len, struct uuid *ret, struct error *e) MUST_CHECK;

#endif
