/* What a Postgres database has of the migrations' files.
 *
 * Ownership: reports are the caller's to release; the session stays the caller's.
 */
#ifndef BADGED_STORE_POSTGRES_STATE_H
#define BADGED_STORE_POSTGRES_STATE_H

#include "base/error.h"
#include "base/session.h"

#include <jansson.h>

/* What there is of the tables that badge tables refer to, and of badged's own record. */
struct postgres_bases {
    int bases_count; /* of tenants and tenant_sites */
    bool has_record;
};

enum err postgres_state_bases(struct session *s, struct postgres_bases *ret,
                              struct error *e) MUST_CHECK;

/* postgres_state_lacking(s, ret, e): the "lacking" of a verification, as migration.h has it. */
enum err postgres_state_lacking(struct session *s, json_t **ret, struct error *e) MUST_CHECK;

/* postgres_state_status(s, ret, e), postgres_state_verify(s, ret, e): as migration.h has them. */
enum err postgres_state_status(struct session *s, json_t **ret, struct error *e) MUST_CHECK;
enum err postgres_state_verify(struct session *s, json_t **ret, struct error *e) MUST_CHECK;

#endif
