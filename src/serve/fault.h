/* Faults: what can be wrong with a request before anybody looks at what it asks for. Each has its
 * status and its sentence in one table. The connection is closed after a fault: where the next
 * request would begin is in doubt.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_FAULT_H
#define BADGED_SERVE_FAULT_H

#include "base/error.h"

enum fault {
    FAULT_NONE,
    FAULT_TARGET_BYTES,
    FAULT_TARGET_CHARACTER,
    FAULT_TARGET_ESCAPE,
    FAULT_TARGET_FORM,
    FAULT_HEAD,
    FAULT_HEADER_BYTES,
    FAULT_HEADER_FIELDS,
    FAULT_HOST_COUNT,
    FAULT_HOST_FOREIGN,
    FAULT_BODY_LENGTH,
    FAULT_BODY_ENCODING,
    FAULT_BODY_BYTES,
    FAULT__COUNT
};

/* fault_error(f, e): write to e what f says to a client. f is not FAULT_NONE. */
void fault_error(enum fault f, struct error *e);

#endif
