/* The command line: one table of commands and options, from which parsing, help and the man page
 * come.
 *
 * Ownership: an invocation points into argv and into the table.
 */
#ifndef BADGED_CLI_COMMAND_H
#define BADGED_CLI_COMMAND_H

#include "base/error.h"
#include "base/uuid.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_id {
    OPTION_CONFIG,
    OPTION_DATABASE,
    OPTION_FEED,
    OPTION_LISTEN,
    OPTION_AUTH,
    OPTION_THREADS,
    OPTION_JSON,
    OPTION_ONCE,
    OPTION_EVERY,
    OPTION_MAN,
    OPTION_TO,
    OPTION_DRY_RUN,
    OPTION_EXIT_CODE,
    OPTION_FORMAT,
    OPTION_LIST_CHECKS,
    OPTION_FAIL_ON,
    OPTION_URL,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION__COUNT
};

/* What was typed: the command, its operand, and the text of each option given (itself for one
 * without an argument). */
struct invocation {
    const struct command *command;
    const char *operand;   /* NULL: none */
    char *const *operands; /* all of them, of a command that takes many */
    size_t operands_count;
    const char *options[OPTION__COUNT];
};

struct command {
    const char *name;    /* one word, or two: those that share the first are a group */
    const char *operand; /* what it takes: "TENANT", "[FILE]", "[CHECK]…" for many, or NULL */
    const char *summary; /* one line */
    const char *description;
    unsigned options;        /* a bit for each that it takes besides --help */
    const char *examples[4]; /* command lines, the rest NULL */
    int (*run)(const struct invocation *in);
};

struct option_text {
    const char *name;     /* without the dashes */
    char letter;          /* short form, or 0 */
    const char *argument; /* "FILE", or NULL: takes none */
    const char *help;     /* one sentence */
};

extern const struct option_text option_texts[OPTION__COUNT];

/* commands(count): the table. command_find(name): the command of that name, or NULL. */
const struct command *commands(size_t *count);
const struct command *command_find(const char *name);

/* command_is_of(c, group): whether it is one of that group: "migrate up" is of "migrate". */
bool command_is_of(const struct command *c, const char *group);

/* command_parse(argc, argv, ret, e): read a command line. ERR_USAGE says what is wrong and which
 * help to read. */
enum err command_parse(int argc, char **argv, struct invocation *ret, struct error *e) MUST_CHECK;

/* command_flags(in): its options as config_load takes them. */
struct config_flags command_flags(const struct invocation *in);

/* command_tenant(in, ret, e): the tenant that the operand names. ERR_USAGE: it is none. */
enum err command_tenant(const struct invocation *in, struct uuid *ret, struct error *e) MUST_CHECK;

/* serve_check(config, flags, e): whether `badged serve` takes the configuration's `auth`, if it is
 * set, and `listen`: ERR_USAGE, or ERR_CONFIG with the place in the file. */
enum err serve_check(const struct config *config, const struct config_flags *flags,
                     struct error *e) MUST_CHECK;

/* command_fail(e): print the error to standard error, and give its exit code. */
int command_fail(const struct error *e);

/* One function a command, each in a file of its name, or of its group's. Each returns the exit
 * code. */
int cmd_serve(const struct invocation *in);
int cmd_badges(const struct invocation *in);
int cmd_watch(const struct invocation *in);
int cmd_check(const struct invocation *in);
int cmd_doctor(const struct invocation *in);
int cmd_demo(const struct invocation *in);
int cmd_migrate_up(const struct invocation *in);
int cmd_migrate_status(const struct invocation *in);
int cmd_migrate_verify(const struct invocation *in);
int cmd_migrate_export(const struct invocation *in);
int cmd_version(const struct invocation *in);
int cmd_help(const struct invocation *in);

#endif
