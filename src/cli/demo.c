#include "cli/command.h"

#include "base/log.h"
#include "base/mem.h"
#include "cli/service.h"
#include "cli/sidebar.h"
#include "store/demo.h"
#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char database_default[] = "sqlite:badged-demo.db";

/* ---- every so often, one thing happens ---- */

struct happenings {
    sqlite3 *db;
    struct demo_random random;
};

static enum err happen(void *context, struct error *e)
{
    struct happenings *h = context;
    char what[DEMO_WHAT_BYTES_MAX];
    enum err err = demo_step(h->db, &h->random, what, e);
    if (err == ERR_BUSY || err == ERR_FULL) {
        log_line(LOG_LEVEL_WARNING, "nothing happens for now: %s", e->message);
        return ERR_OK;
    }
    if (err == ERR_OK) {
        (void)puts(what);
        (void)fflush(stdout);
    }
    return err;
}

/* ---- with --once ---- */

static enum err print_all(const struct config *config, bool is_json, struct error *e)
{
    size_t count;
    const struct demo_tenant *tenants = demo_tenants(&count);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        struct sidebar_options o = {.title = tenants[i].name, .is_json = is_json};
        bool is_uuid = uuid_parse(tenants[i].id, strlen(tenants[i].id), &o.tenant);
        assert(is_uuid);
        err = sidebar_print(config, &o, e);
    }
    return err;
}

/* ---- without ---- */

static void print_hints(const struct config *config, const struct demo_tenant *first)
{
    (void)printf(
        "\nOpen the address that follows in a browser, and watch. Or ask as a program does:\n"
        "  curl -H 'X-Tenant-Id: %s' ADDRESS/api/sidebar/badges\n"
        "and change a row yourself:\n"
        "  sqlite3 %s \"UPDATE feedback SET resolved_at = NULL, priority = 'urgent' WHERE "
        "tenant_id = '%s'\"\n"
        "Ctrl-C ends it; the database stays.\n\n",
        first->id, service_path(config), first->id);
}

static enum err serve(struct config *config, sqlite3 *db, int every_ms, bool may_move,
                      struct error *e)
{
    size_t count;
    const struct demo_tenant *tenants = demo_tenants(&count);
    struct server_demo_tenant *shown = mem_zero(count, sizeof(*shown));
    for (size_t i = 0; i < count; i++)
        shown[i] = (struct server_demo_tenant){tenants[i].id, tenants[i].name};
    /* Ids come from it as well, so that two demonstrations must not begin with the same one. */
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct happenings h = {.db = db,
                           .random = {(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec}};
    struct service_options o = {
        .config = config,
        .path = service_path(config),
        .demo_tenants = shown,
        .demo_tenants_count = count,
        .tick = happen,
        .tick_context = &h,
        .tick_ms = every_ms,
    };
    print_hints(config, &tenants[0]);
    enum err err = service_run(&o, e);
    if (err == ERR_SYSTEM && e->cause == EADDRINUSE && may_move) {
        log_line(LOG_LEVEL_INFO, "port %u is taken; taking a free one", config->listen_port);
        config->listen_port = 0;
        err = service_run(&o, e);
    }
    free(shown);
    return err;
}

static enum err parse_every(const char *text, int *ret_ms, struct error *e)
{
    if (text == NULL)
        return ERR_OK;
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds >= 0.05 && seconds <= 3600))
        return error_set(e, ERR_USAGE, "--every takes seconds from 0.05 to 3600, not '%.60s'",
                         text);
    *ret_ms = (int)(seconds * 1000);
    return ERR_OK;
}

static enum err run(const struct invocation *in, const struct config_flags *flags,
                    struct config *config, struct error *e)
{
    sqlite3 *db = NULL;
    int every_ms = 2000;
    enum err err = parse_every(in->options[OPTION_EVERY], &every_ms, e);
    if (err == ERR_OK && config_is_postgres(config))
        err = error_set(e, ERR_USAGE,
                        "the demonstration changes rows, in an embedded database and in no other: "
                        "name a file, as in --database sqlite:badged-demo.db");
    if (err == ERR_OK && in->options[OPTION_ONCE] == NULL)
        err = serve_check(config, flags, e); /* before a database is made */
    if (err == ERR_OK)
        err = service_open(config, e);
    if (err == ERR_OK)
        err = store_sqlite_open(service_path(config), &db, e);
    if (err == ERR_OK)
        err = demo_fill(db, e);
    if (err == ERR_OK && in->options[OPTION_ONCE] != NULL)
        err = print_all(config, in->options[OPTION_JSON] != NULL, e);
    else if (err == ERR_OK)
        err = serve(config, db, every_ms, in->options[OPTION_LISTEN] == NULL, e);
    (void)sqlite3_close(db);
    return err;
}

int cmd_demo(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct config_flags flags = command_flags(in);
    if (flags.database == NULL)
        flags.database = database_default;
    flags.auth = "none";
    log_quiet(in->options[OPTION_QUIET] != NULL);
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = run(in, &flags, config, &e);
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
