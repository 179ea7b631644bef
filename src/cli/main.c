#include "cli/command.h"

#include <sodium/core.h>
#include <stdlib.h>

/* Data that could not be written to standard output (a full disk, a closed pipe) must not look like
 * success. */
static int close_output(int code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    struct error e;
    (void)error_set(&e, ERR_SYSTEM, "standard output could not be written to the end");
    return code != 0 ? code : command_fail(&e);
}

int main(int argc, char **argv)
{
    struct error e;
    struct invocation in;
    if (sodium_init() < 0) {
        (void)error_set(&e, ERR_SYSTEM, "the system gives no random numbers");
        return command_fail(&e);
    }
    enum err err = command_parse(argc, argv, &in, &e);
    if (err != ERR_OK)
        return command_fail(&e);
    if (in.options[OPTION_HELP] != NULL) {
        in.operand = in.command->name;
        in.options[OPTION_MAN] = NULL;
        return close_output(cmd_help(&in));
    }
    return close_output(in.command->run(&in));
}
