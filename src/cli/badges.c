#include "cli/command.h"

#include "cli/sidebar.h"

int cmd_badges(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    char id[UUID_TEXT_LEN + 1];
    struct sidebar_options o = {.title = id, .is_json = in->options[OPTION_JSON] != NULL};
    struct config_flags flags = command_flags(in);
    enum err err = command_tenant(in, &o.tenant, &e);
    if (err == ERR_OK)
        err = config_load(&flags, &config, &e);
    if (err == ERR_OK) {
        uuid_format(&o.tenant, id);
        err = sidebar_print(config, &o, &e);
    }
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
