#include "cli/command.h"

#include "cli/service.h"
#include "cli/sidebar.h"
#include "feed/sqlite_once.h"

#include <string.h>

static enum err print_badges(const struct invocation *in, const struct config *config,
                             const struct uuid *tenant, struct error *e)
{
    struct source_fault fault = {0};
    struct counts *counts = counts_new(config->definitions->sources_count);
    enum err err;
    if (config_is_postgres(config)) {
        struct feed_postgres_options o = service_postgres(config);
        err = feed_postgres_once(&o, config->definitions, tenant, counts, e);
    } else {
        err =
            sqlite_once_count(service_path(config), config->definitions, tenant, counts, &fault, e);
        if (err == ERR_CONFIG || err == ERR_SCHEMA)
            config_explain(config, &fault, e);
    }
    char id[UUID_TEXT_LEN + 1];
    uuid_format(tenant, id);
    if (err == ERR_OK && in->options[OPTION_JSON] != NULL)
        sidebar_print_json(config->definitions, counts, tenant);
    else if (err == ERR_OK)
        sidebar_print(config->definitions, counts, id, tenant);
    counts_free(counts);
    return err;
}

int cmd_badges(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct uuid tenant;
    struct config_flags flags = command_flags(in);
    enum err err = ERR_OK;
    if (!uuid_parse(in->operand, strlen(in->operand), &tenant))
        err = error_set(
            &e, ERR_USAGE,
            "'%.60s' is no tenant: a tenant is a UUID such as 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
            in->operand);
    if (err == ERR_OK)
        err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = print_badges(in, config, &tenant, &e);
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
