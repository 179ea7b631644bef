#include "cli/command.h"

#include "cli/service.h"
#include "feed/sqlite_once.h"

#include <string.h>
#include <unistd.h>

/* The tables are looked at when the database is there; one that was named for this run must be. */
static enum err check_tables(const struct config *config, bool *ret_is_checked, struct error *e)
{
    enum err err = service_check_embedded(config, e);
    if (err != ERR_OK)
        return err;
    const char *path = service_path(config);
    bool is_named = strcmp(config->database_from, "--database") == 0 ||
                    strcmp(config->database_from, "DATABASE_URL") == 0 ||
                    strcmp(config->database_from, "DATABASE_URL_FILE") == 0;
    *ret_is_checked = is_named || access(path, F_OK) == 0;
    if (!*ret_is_checked)
        return ERR_OK;
    struct source_fault fault;
    err = sqlite_once_check(path, config->definitions, &fault, e);
    if (err == ERR_CONFIG || err == ERR_SCHEMA)
        config_explain(config, &fault, e);
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
    bool is_checked = false;
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = serve_check(config, &flags, &e);
    if (err == ERR_OK)
        err = check_tables(config, &is_checked, &e);
    if (err == ERR_OK) {
        (void)printf("%s: %zu badges over %zu sources are well defined\n",
                     config->file != NULL ? config->file : "built-in definitions",
                     config->definitions->badges_count, config->definitions->sources_count);
        if (is_checked)
            (void)printf("%s: its tables and columns suit them\n", config->database_shown);
        else
            (void)printf("%s is not there yet: tables and columns were not checked\n",
                         config->database_shown);
    }
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
