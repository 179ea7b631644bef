/* A write in this process, followed by feed_sqlite_sync, is in the very next read: 1,000 random
 * transactions, the counts equal to SQL's after each. test_random [SEED]. */
#include "changes.h"
#include "following.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    TRANSACTIONS = 1000,
};

static uint64_t seed = 20261123;

/* What happens to a database besides transactions, now and then. */
static void keep_house(struct following *f, struct random *r)
{
    static const char *const statements[] = {
        "VACUUM",
        "CREATE UNIQUE INDEX mine ON integrations (tenant_id, name, id)",
        "DROP INDEX IF EXISTS mine",
        "ALTER TABLE feedback ADD COLUMN more TEXT",
        "ALTER TABLE feedback DROP COLUMN more",
        "DELETE FROM badged_change",
        "PRAGMA user_version = 1",
        "REINDEX",
        "ANALYZE",
    };
    /* Some do not apply where another has not been before. */
    (void)sqlite3_exec(f->db,
                       statements[random_below(r, sizeof(statements) / sizeof(statements[0]))],
                       NULL, NULL, NULL);
}

static void every_transaction_is_in_the_next_read(void **state)
{
    struct following *f = *state;
    struct random r = {seed};
    print_message("seed %llu\n", (unsigned long long)seed);
    following_start(f);
    exec(f->db, "PRAGMA foreign_keys = ON");
    for (int i = 0; i < TRANSACTIONS; i++) {
        exec(f->db, "BEGIN");
        changes_make(f->db, &r);
        exec(f->db, random_one_in(&r, 8) ? "ROLLBACK" : "COMMIT");
        if (random_one_in(&r, 50))
            keep_house(f, &r);
        assert_exact(f);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_transaction_is_in_the_next_read, following_setup,
                                        following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
