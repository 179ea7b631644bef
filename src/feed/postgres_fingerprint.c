#include "feed/postgres_fingerprint.h"

#include "base/mem.h"
#include "feed/postgres_survey.h"
#include "feed_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

const char *pg_fingerprint_sql(void)
{
    return embed_fingerprint_sql;
}

void pg_fingerprint_params(const struct definitions *d, const char *publication, char *params[2])
{
    params[0] = survey_wanted(d);
    params[1] = mem_text(publication, strlen(publication));
}

enum err pg_fingerprint_read(const PGresult *r, struct pg_fingerprint *ret, struct error *e)
{
    if (PQntuples(r) != 1 || PQnfields(r) != 3 ||
        PQgetlength(r, 0, 0) != PG_FINGERPRINT_BYTES - 1 || PQgetisnull(r, 0, 1))
        return error_set(e, ERR_DATABASE, "the server's answer is no fingerprint");
    struct pg_fingerprint f = {.wal_end = strtoull(PQgetvalue(r, 0, 1), NULL, 10),
                               .is_in_recovery = PQgetvalue(r, 0, 2)[0] == 't'};
    memcpy(f.text, PQgetvalue(r, 0, 0), PG_FINGERPRINT_BYTES);
    *ret = f;
    return ERR_OK;
}

enum err pg_fingerprint_query(struct session *s, const struct definitions *d,
                              const char *publication, struct pg_fingerprint *ret, struct error *e)
{
    char *params[2];
    PGresult *r = NULL;
    pg_fingerprint_params(d, publication, params);
    enum err err = session_query(s, embed_fingerprint_sql, (const char *const *)params, 2,
                                 SESSION_QUERY_MS, &r, e);
    if (err == ERR_OK)
        err = pg_fingerprint_read(r, ret, e);
    PQclear(r);
    free(params[0]);
    free(params[1]);
    return err;
}
