#include "cli/command.h"

#include "cli/sidebar.h"

#include <string.h>

int cmd_badges(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    char id[UUID_TEXT_LEN + 1];
    struct sidebar_options o = {.title = id, .is_json = in->options[OPTION_JSON] != NULL};
    struct config_flags flags = command_flags(in);
    enum err err = ERR_OK;
    if (!uuid_parse(in->operand, strlen(in->operand), &o.tenant))
        err = error_set(
            &e, ERR_USAGE,
            "'%.60s' is no tenant: a tenant is a UUID such as 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
            in->operand);
    else
        uuid_format(&o.tenant, id);
    if (err == ERR_OK)
        err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = sidebar_print(config, &o, &e);
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
