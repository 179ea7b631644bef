#include "cli/command.h"

#include "base/log.h"
#include "cli/service.h"
#include "serve/host.h"

static enum err check_auth(const struct config *config, struct error *e)
{
    switch (config->auth) {
    case CONFIG_AUTH_NONE:
        return ERR_OK;
    case CONFIG_AUTH_UNSET:
        return error_set(e, ERR_USAGE,
                         "say how tenants are told apart: `--auth none` takes the X-Tenant-Id "
                         "header at its word, on a "
                         "loopback address only; see `badged help serve`");
    case CONFIG_AUTH_JWT:
    case CONFIG_AUTH_PROXY:
        break;
    }
    return error_set(e, ERR_USAGE,
                     "this version of badged knows `--auth none` only, on a loopback address");
}

int cmd_serve(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct host_address address; /* refused before a database is made */
    struct config_flags flags = command_flags(in);
    log_quiet(in->options[OPTION_QUIET] != NULL);
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = check_auth(config, &e);
    if (err == ERR_OK)
        err = host_resolve(config->listen_host, config->listen_port, &address, &e);
    if (err == ERR_OK)
        err = service_open(config, &e);
    if (err == ERR_OK) {
        struct service_options o = {.config = config, .path = service_path(config)};
        err = service_run(&o, &e);
    }
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
