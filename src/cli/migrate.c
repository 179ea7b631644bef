#include "cli/command.h"

#include "cli/service.h"
#include "feed/postgres_preflight.h"
#include "store/migration.h"
#include "store/postgres.h"
#include "store/sqlite_state.h"
#include "store/sqlite_up.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Progress goes to standard error; a dry run's plan is what was asked for. */
static void say_progress(void *context, const char *line)
{
    bool is_quiet = *(const bool *)context;
    if (!is_quiet)
        (void)fprintf(stderr, "badged: %s\n", line);
}

static void say_plan(void *context, const char *line)
{
    (void)context;
    (void)printf("%s\n", line);
}

static struct store_postgres_options options_of(const struct config *config,
                                                const struct migration_report *report)
{
    return (struct store_postgres_options){
        .conninfo = config->database, .password = config->pg_password, .report = report};
}

static void print_json(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2));
    (void)printf("%s\n", text);
    free(text);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* ---- up ---- */

static enum err read_number(const char *text, int *ret, struct error *e)
{
    char *end = NULL;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < 1 || n > 999)
        return error_set(e, ERR_USAGE, "--to %.60s: expected the number of a file, such as 90",
                         text);
    *ret = (int)n;
    return ERR_OK;
}

static enum err up(const struct invocation *in, const struct config *config, struct error *e)
{
    bool is_quiet = in->options[OPTION_QUIET] != NULL;
    bool is_dry_run = in->options[OPTION_DRY_RUN] != NULL;
    struct migration_report report = {is_dry_run ? say_plan : say_progress, &is_quiet};
    bool is_postgres = config_is_postgres(config);
    size_t count;
    const struct migration *list =
        is_postgres ? migrations_postgres(&count) : migrations_sqlite(&count);
    int to = migration_last(list, count);
    enum err err = ERR_OK;
    if (in->options[OPTION_TO] != NULL)
        err = read_number(in->options[OPTION_TO], &to, e);
    if (err == ERR_OK)
        err = migration_check_number(list, count, to, e);
    if (err != ERR_OK)
        return err;
    if (!is_postgres)
        return store_sqlite_up(service_path(config), is_dry_run, &report, e);
    struct store_postgres_options o = options_of(config, &report);
    err = store_postgres_up(&o, to, is_dry_run, e);
    if (err != ERR_OK)
        error_wrap(e, "%s", config->database_shown);
    return err;
}

int cmd_migrate_up(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct config_flags flags = command_flags(in);
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = up(in, config, &e);
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}

/* ---- status ---- */

static enum err read_status(const struct config *config, json_t **ret, struct error *e)
{
    if (!config_is_postgres(config))
        return store_sqlite_status(service_path(config), ret, e);
    struct store_postgres_options o = options_of(config, NULL);
    enum err err = store_postgres_status(&o, ret, e);
    if (err != ERR_OK)
        error_wrap(e, "%s", config->database_shown);
    return err;
}

static void print_status(const json_t *status)
{
    (void)printf("%-36s%-13s%-22s%s\n", "file", "state", "applied at", "by badged");
    for (size_t i = 0; i < json_array_size(status); i++) {
        const json_t *file = json_array_get(status, i);
        const char *at = text_of(file, "applied_at");
        if (*at == '\0')
            (void)printf("%-36s%s\n", text_of(file, "file"), text_of(file, "state"));
        else
            (void)printf("%-36s%-13s%-22s%s\n", text_of(file, "file"), text_of(file, "state"), at,
                         text_of(file, "version"));
    }
    if (!migration_is_current(status))
        (void)printf("\n`badged migrate up` brings it up to date\n");
}

int cmd_migrate_status(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    json_t *status = NULL;
    struct config_flags flags = command_flags(in);
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = read_status(config, &status, &e);
    int code = 0;
    if (err == ERR_OK) {
        if (in->options[OPTION_JSON] != NULL)
            print_json(status);
        else
            print_status(status);
        code = in->options[OPTION_EXIT_CODE] != NULL && !migration_is_current(status) ? 1 : 0;
    }
    json_decref(status);
    config_free(config);
    return err == ERR_OK ? code : command_fail(&e);
}

/* ---- verify ---- */

/* What the preflight finds that keeps the built-in badges from being counted: types, rights, row
 * security. */
static enum err add_unusable(const struct config *config, json_t *lacking, struct error *e)
{
    const struct session_options o = {
        .conninfo = config->database, .password = config->pg_password, .wake_fd = -1};
    struct session *s = NULL;
    struct source_fault fault;
    struct checks checks = {0};
    struct definitions *d = definitions_builtin();
    enum err err = session_open(&o, SESSION_CONNECT_MS, &s, e);
    if (err == ERR_OK)
        err = preflight_run(s, d, config->publication, &checks, &fault, e);
    for (size_t i = 0; err == ERR_OK && i < checks.count; i++) {
        const struct check *c = &checks.list[i];
        if (c->verdict == VERDICT_NO_COUNTS)
            (void)json_array_append_new(lacking, json_pack("{s:n, s:s, s:s, s:s++}", "table",
                                                           "kind", "use", "name", c->name, "text",
                                                           c->name, ": ", c->found));
    }
    checks_fini(&checks);
    session_close(s);
    definitions_free(d);
    return err;
}

static enum err verify(const struct config *config, json_t **ret, struct error *e)
{
    if (!config_is_postgres(config))
        return store_sqlite_verify(service_path(config), ret, e);
    struct store_postgres_options o = options_of(config, NULL);
    enum err err = store_postgres_verify(&o, ret, e);
    if (err == ERR_OK && migration_is_usable(*ret))
        err = add_unusable(config, json_object_get(*ret, "lacking"), e);
    if (err != ERR_OK)
        error_wrap(e, "%s", config->database_shown);
    return err;
}

static const char *yes_or_no(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key)) ? "t" : "f";
}

static void print_verification(const json_t *verification)
{
    const json_t *tables = json_object_get(verification, "tables");
    const json_t *lacking = json_object_get(verification, "lacking");
    (void)printf("%-12s%-20s%-12s%-10s%s\n", "schemaname", "tablename", "hasindexes", "hasrules",
                 "hastriggers");
    for (size_t i = 0; i < json_array_size(tables); i++) {
        const json_t *t = json_array_get(tables, i);
        (void)printf("%-12s%-20s%-12s%-10s%s\n", text_of(t, "schemaname"), text_of(t, "tablename"),
                     yes_or_no(t, "hasindexes"), yes_or_no(t, "hasrules"),
                     yes_or_no(t, "hastriggers"));
    }
    (void)printf("\n");
    for (size_t i = 0; i < json_array_size(lacking); i++)
        (void)printf("%s\n", text_of(json_array_get(lacking, i), "text"));
}

static enum err judge(const struct config *config, const json_t *verification, struct error *e)
{
    const json_t *lacking = json_object_get(verification, "lacking");
    size_t unusable = 0;
    for (size_t i = 0; i < json_array_size(lacking); i++)
        unusable += strcmp(text_of(json_array_get(lacking, i), "kind"), "use") == 0;
    if (!migration_is_usable(verification))
        return error_set(e, ERR_SCHEMA,
                         "%s: badge tables are not complete: `badged migrate up` makes what is "
                         "missing",
                         config->database_shown);
    if (unusable > 0)
        return error_set(e, ERR_PREFLIGHT,
                         "%s: badge tables are there, and cannot be counted: `badged check` says "
                         "what mends it",
                         config->database_shown);
    return ERR_OK;
}

int cmd_migrate_verify(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    json_t *verification = NULL;
    struct config_flags flags = command_flags(in);
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = verify(config, &verification, &e);
    if (err == ERR_OK) {
        if (in->options[OPTION_JSON] != NULL)
            print_json(verification);
        else
            print_verification(verification);
        err = judge(config, verification, &e);
        if (err == ERR_OK && in->options[OPTION_JSON] == NULL)
            (void)printf("all five tables are there and usable\n");
        (void)fflush(stdout);
    }
    json_decref(verification);
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
