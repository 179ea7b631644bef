#include "doctor/doctor.h"
#include "cli/command.h"
#include "cli/server_url.h"
#include "cli/service.h"
#include "feed/postgres.h"
#include "feed/sqlite_once.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_PROBLEMS = 1,
    EXIT_WARNINGS = 2
};

/* ---- what the doctor is told ---- */

static enum err count(const void *context, const struct uuid *tenant, struct counts *counts,
                      struct error *e)
{
    const struct config *c = context;
    if (config_is_postgres(c)) {
        struct feed_postgres_options o = service_postgres(c);
        return feed_postgres_once(&o, c->definitions, tenant, counts, e);
    }
    struct source_fault fault;
    return sqlite_once_count(service_path(c), c->definitions, tenant, counts, &fault, e);
}

static enum err check_names(const struct invocation *in, bool is_postgres, struct error *e)
{
    size_t count;
    const struct doctor_check *list = doctor_checks(is_postgres, &count);
    for (size_t i = 0; i < in->operands_count; i++) {
        const char *const typed[] = {in->operands[i]};
        const struct doctor_options one = {.wanted = typed, .wanted_count = 1};
        bool is_there = false;
        for (size_t j = 0; j < count; j++)
            is_there = is_there || doctor_wants(&one, list[j].name);
        if (!is_there)
            return error_set(e, ERR_USAGE,
                             "there is no check '%.60s' of such a database; `badged doctor "
                             "--list-checks` lists them",
                             typed[0]);
    }
    return ERR_OK;
}

static enum err read_level(const char *text, bool *ret_is_warning, struct error *e)
{
    *ret_is_warning = text != NULL && strcmp(text, "warning") == 0;
    if (text == NULL || *ret_is_warning || strcmp(text, "error") == 0)
        return ERR_OK;
    return error_set(e, ERR_USAGE, "--fail-on %.60s: expected error or warning", text);
}

/* ---- what it says ---- */

static void list_checks(bool is_postgres, bool is_json)
{
    size_t count;
    const struct doctor_check *list = doctor_checks(is_postgres, &count);
    json_t *names = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(
            names, json_pack("{s:s, s:s}", "name", list[i].name, "about", list[i].about));
        if (!is_json)
            (void)printf("%-26s%s\n", list[i].name, list[i].about);
    }
    if (is_json)
        (void)json_dumpf(names, stdout, JSON_INDENT(2));
    json_decref(names);
}

static void print_json(const struct config *c, const struct checks *checks, size_t problems,
                       size_t warnings)
{
    static const char *const words[] = {"ok", "warning", "problem", "problem"};
    json_t *list = json_array();
    for (size_t i = 0; i < checks->count; i++) {
        const struct check *k = &checks->list[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "name", k->name, "verdict",
                            k->is_skipped ? "skipped" : words[k->verdict], "found", k->found,
                            "means", k->means, "mend", k->mend));
    }
    json_t *answer =
        json_pack("{s:s, s:I, s:I, s:o}", "database", c->database_shown, "problems",
                  (json_int_t)problems, "warnings", (json_int_t)warnings, "checks", list);
    (void)json_dumpf(answer, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(answer);
}

static void print_sum(size_t problems, size_t warnings)
{
    if (problems + warnings == 0) {
        (void)printf("\nnothing wrong\n");
        return;
    }
    (void)printf("\n");
    if (problems > 0)
        (void)printf("%zu problem%s", problems, problems == 1 ? "" : "s");
    if (warnings > 0)
        (void)printf("%s%zu warning%s", problems > 0 ? ", " : "", warnings,
                     warnings == 1 ? "" : "s");
    (void)printf("\n");
}

static void explain(const void *context, struct check_fault *fault)
{
    const struct source_fault where = {fault->source, (enum spec_field)fault->field, fault->offset};
    config_explain(context, &where, &fault->why);
}

/* ---- the command ---- */

static enum err examine(const struct invocation *in, const struct config *c, struct checks *ret,
                        struct error *e)
{
    char url[SERVER_URL_BYTES_MAX];
    const char *given = in->options[OPTION_URL];
    const struct session_options session = {
        .conninfo = c->database, .password = c->pg_password, .wake_fd = -1};
    bool is_postgres = config_is_postgres(c);
    enum err err = server_url_read(given, c, url, e);
    if (err != ERR_OK)
        return err;
    const struct doctor_options o = {
        .postgres = is_postgres ? &session : NULL,
        .path = is_postgres ? NULL : service_path(c),
        .definitions = c->definitions,
        .publication = c->publication,
        .must_stream = c->feed != CONFIG_FEED_POLL,
        .poll_seconds = c->poll_seconds,
        .url = url[0] != '\0' ? url : NULL,
        .is_url_given = given != NULL,
        .count = count,
        .count_context = c,
        .wanted = (const char *const *)in->operands,
        .wanted_count = in->operands_count,
    };
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    err = doctor_run(&o, ret, e);
    curl_global_cleanup();
    if (err == ERR_OK)
        checks_explain(ret, explain, c);
    else
        error_wrap(e, "%s", c->database_shown);
    return err;
}

static int report(const struct invocation *in, const struct config *c, const struct checks *checks,
                  bool is_warning_failure)
{
    size_t problems = checks_count(checks, VERDICT_NO_STREAM),
           warnings = checks_count(checks, VERDICT_WARNING) - problems;
    if (in->options[OPTION_JSON] != NULL) {
        print_json(c, checks, problems, warnings);
    } else {
        (void)printf("%s:\n\n", c->database_shown);
        checks_print(stdout, checks);
        print_sum(problems, warnings);
    }
    return problems > 0 ? EXIT_PROBLEMS : is_warning_failure && warnings > 0 ? EXIT_WARNINGS : 0;
}

int cmd_doctor(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct config_flags flags = command_flags(in);
    struct checks checks = {0};
    bool is_warning_failure = false;
    int code = 0;
    enum err err = read_level(in->options[OPTION_FAIL_ON], &is_warning_failure, &e);
    if (err == ERR_OK)
        err = config_load(&flags, &config, &e);
    bool is_postgres = err == ERR_OK && config_is_postgres(config);
    if (err == ERR_OK)
        err = check_names(in, is_postgres, &e);
    if (err == ERR_OK && in->options[OPTION_LIST_CHECKS] != NULL)
        list_checks(is_postgres, in->options[OPTION_JSON] != NULL);
    else if (err == ERR_OK && (err = examine(in, config, &checks, &e)) == ERR_OK)
        code = report(in, config, &checks, is_warning_failure);
    checks_fini(&checks);
    config_free(config);
    return err == ERR_OK ? code : command_fail(&e);
}
