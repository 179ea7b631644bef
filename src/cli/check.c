#include "cli/command.h"

#include "cli/service.h"
#include "feed/postgres_preflight.h"
#include "feed/sqlite_once.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The tables are looked at when the database is there; one that was named for this run must be. */
static enum err check_tables(const struct config *config, bool *ret_is_checked, struct error *e)
{
    const char *path = service_path(config);
    bool is_named = strcmp(config->database_from, "--database") == 0 ||
                    strcmp(config->database_from, "DATABASE_URL") == 0 ||
                    strcmp(config->database_from, "DATABASE_URL_FILE") == 0;
    *ret_is_checked = is_named || access(path, F_OK) == 0;
    if (!*ret_is_checked)
        return ERR_OK;
    struct source_fault fault;
    enum err err = sqlite_once_check(path, config->definitions, &fault, e);
    if (err == ERR_CONFIG || err == ERR_SCHEMA)
        config_explain(config, &fault, e);
    return err;
}

static void print_json(const struct config *config, json_t *answer)
{
    (void)json_object_set_new(answer, "database", json_string(config->database_shown));
    (void)json_object_set_new(answer, "badges",
                              json_integer((json_int_t)config->definitions->badges_count));
    (void)json_object_set_new(answer, "sources",
                              json_integer((json_int_t)config->definitions->sources_count));
    char *text = json_dumps(answer, JSON_INDENT(2) | JSON_SORT_KEYS);
    (void)printf("%s\n", text);
    free(text);
    json_decref(answer);
}

static enum err check_embedded(const struct config *config, bool is_json, struct error *e)
{
    bool is_checked = false;
    enum err err = check_tables(config, &is_checked, e);
    if (err != ERR_OK)
        return err;
    if (is_json) {
        print_json(config, json_pack("{s:b}", "is_there", is_checked));
        return ERR_OK;
    }
    (void)printf("%s: %zu badges over %zu sources are well defined\n",
                 config->file != NULL ? config->file : "built-in definitions",
                 config->definitions->badges_count, config->definitions->sources_count);
    if (is_checked)
        (void)printf("%s: its tables and columns suit them\n", config->database_shown);
    else
        (void)printf("%s is not there yet: tables and columns were not checked\n",
                     config->database_shown);
    return ERR_OK;
}

/* ---- Postgres ---- */

static void explain(const void *context, struct check_fault *fault)
{
    const struct source_fault where = {fault->source, (enum spec_field)fault->field, fault->offset};
    config_explain(context, &where, &fault->why);
}

static enum err preflight(const struct config *config, struct checks *ret, struct error *e)
{
    const struct session_options o = {
        .conninfo = config->database, .password = config->pg_password, .wake_fd = -1};
    struct session *s = NULL;
    struct source_fault fault;
    enum err err = session_open(&o, SESSION_CONNECT_MS, &s, e);
    if (err == ERR_OK)
        err = preflight_run(s, config->definitions, config->publication, ret, &fault, e);
    session_close(s);
    if (err == ERR_OK && checks_worst(ret) < VERDICT_NO_STREAM)
        err = preflight_connect(&o, ret, e);
    if (err == ERR_OK)
        checks_explain(ret, explain, config);
    else
        error_wrap(e, "%s", config->database_shown);
    return err;
}

/* One that is told to poll need not be able to do more. */
static enum err judge(const struct config *config, const struct checks *checks, struct error *e)
{
    enum verdict worst = checks_worst(checks);
    if (worst == VERDICT_NO_COUNTS)
        return error_set(e, ERR_PREFLIGHT, "%s cannot be counted as it is", config->database_shown);
    if (worst == VERDICT_NO_STREAM && config->feed != CONFIG_FEED_POLL)
        return error_set(e, ERR_PREFLIGHT, "%s can be polled, but not followed",
                         config->database_shown);
    return ERR_OK;
}

static enum err check_postgres(const struct config *config, bool is_json, struct error *e)
{
    struct checks checks = {0};
    enum err err = preflight(config, &checks, e);
    if (err == ERR_OK) {
        if (is_json) {
            print_json(config, checks_json(&checks));
        } else {
            (void)printf("%s: %zu badges over %zu sources\n%s:\n\n",
                         config->file != NULL ? config->file : "built-in definitions",
                         config->definitions->badges_count, config->definitions->sources_count,
                         config->database_shown);
            checks_print(stdout, &checks);
        }
        err = judge(config, &checks, e);
        if (err == ERR_OK && !is_json)
            (void)printf("\nbadged can %s it\n",
                         checks_worst(&checks) < VERDICT_NO_STREAM ? "follow" : "poll");
        (void)fflush(stdout);
    }
    checks_fini(&checks);
    return err;
}

int cmd_check(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct config_flags flags = command_flags(in);
    if (in->operand != NULL && flags.file != NULL) {
        (void)error_set(&e, ERR_USAGE, "`badged check` reads one file: leave out --config or '%s'",
                        in->operand);
        return command_fail(&e);
    }
    if (in->operand != NULL)
        flags.file = in->operand;
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = serve_check(config, &flags, &e);
    bool is_json = in->options[OPTION_JSON] != NULL;
    if (err == ERR_OK && config_is_postgres(config))
        err = check_postgres(config, is_json, &e);
    else if (err == ERR_OK)
        err = check_embedded(config, is_json, &e);
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
