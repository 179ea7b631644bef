/* Applying the stream: frames in, an index that is at a commit boundary or within a transaction
 * out. Pure: it knows no connection and no clock.
 *
 * Ownership: pg_apply_init fills a struct that the caller supplies, pg_apply_fini frees what it
 * holds. Catalog and index outlive it. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_APPLY_H
#define BADGED_FEED_POSTGRES_APPLY_H

#include "badge/index.h"
#include "base/error.h"
#include "feed/pgoutput.h"
#include "feed/postgres_catalog.h"
#include "feed/postgres_relation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_apply {
    struct index *index;
    struct pgoutput *decoder;
    struct relations relations;
    uint64_t position;      /* every commit that ends here or before is applied */
    bool is_in_transaction; /* what is applied may not be published */
    bool must_reply;        /* the server wants to hear of this client; the caller clears it */
};

/* pg_apply_init(a, c, ix, position): an index that was loaded by the catalog c as of position. */
void pg_apply_init(struct pg_apply *a, const struct pg_catalog *c, struct index *ix,
                   uint64_t position);

/* pg_apply_fini(a): takes a zeroed struct. */
void pg_apply_fini(struct pg_apply *a);

/* pg_apply_frame(a, bytes, len, ret_is_boundary, e): take one frame. ret_is_boundary tells whether
 * position moved, by a commit or, between transactions, by how far the server says it has read:
 * then the index may be published. ERR_NOT_READY: the index must be built anew, and why.
 * ERR_CORRUPT: what came is not to be understood, or in no order that a server sends. ERR_MEMORY.
 * After a failure the index must be thrown away. */
enum err pg_apply_frame(struct pg_apply *a, const void *bytes, size_t len, bool *ret_is_boundary,
                        struct error *e) MUST_CHECK;

#endif
