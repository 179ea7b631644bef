#include "cli/command.h"

#include "base/log.h"
#include "cli/service.h"
#include "serve/host.h"

enum err serve_check(const struct config *config, const struct config_flags *flags, struct error *e)
{
    struct host_address address;
    if (config->auth != CONFIG_AUTH_NONE && config->auth != CONFIG_AUTH_UNSET) {
        (void)error_set(e, ERR_USAGE,
                        "this version of badged knows `--auth none` only, on a loopback address");
        return config_explain_setting(config, "auth", flags->auth, e);
    }
    enum err err = host_resolve(config->listen_host, config->listen_port, &address, e);
    return err == ERR_OK ? err : config_explain_setting(config, "listen", flags->listen, e);
}

int cmd_serve(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct config_flags flags = command_flags(in);
    log_quiet(in->options[OPTION_QUIET] != NULL);
    enum err err = config_load(&flags, &config, &e);
    if (err == ERR_OK && config->auth == CONFIG_AUTH_UNSET)
        err = error_set(&e, ERR_USAGE,
                        "say how tenants are told apart: `--auth none` takes the X-Tenant-Id "
                        "header at its word, on a loopback address only; see `badged help serve`");
    if (err == ERR_OK)
        err = serve_check(config, &flags, &e); /* before a database is made */
    if (err == ERR_OK)
        err = service_open(config, &e);
    if (err == ERR_OK) {
        struct service_options o = {
            .config = config, .path = config_is_postgres(config) ? NULL : service_path(config)};
        err = service_run(&o, &e);
    }
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
