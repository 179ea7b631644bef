#include "cli/command.h"

#include "base/utf8.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

const struct option_text option_texts[OPTION__COUNT] = {
    [OPTION_CONFIG] = {"config", 'c', "FILE",
                       "Read FILE instead of badged.yaml in the working directory."},
    [OPTION_DATABASE] =
        {"database", 'd', "URL",
         "Follow this database: sqlite:FILE, or postgres://USER@HOST/DATABASE; postgres:// alone "
         "leaves all of it to PGHOST and the like. Otherwise DATABASE_URL, then `database:` in the "
         "file, then sqlite:badged.db."},
    [OPTION_FEED] = {"feed", 0, "MODE",
                     "How Postgres is followed: `stream` by its changes as they happen, `poll` by "
                     "counting again every few seconds, `auto` (the default) by polling where the "
                     "right to stream is missing."},
    [OPTION_LISTEN] = {"listen", 'l', "ADDRESS:PORT",
                       "Listen here; port 0 takes a free one. Default 127.0.0.1:8080."},
    [OPTION_AUTH] = {"auth", 0, "MODE",
                     "How tenants are told apart. Only `none` so far: the tenant is whoever the "
                     "X-Tenant-Id header "
                     "names, accepted on a loopback address only."},
    [OPTION_THREADS] =
        {"threads", 't', "N",
         "Threads that answer requests, 1 to 64. Default: one a processor, at most 4."},
    [OPTION_JSON] = {"json", 'j', NULL, "Print JSON, for programs."},
    [OPTION_ONCE] = {"once", 0, NULL, "Print the badges of each tenant, and exit."},
    [OPTION_EVERY] = {"every", 0, "SECONDS", "Time between two changes, 0.05 to 3600. Default 2."},
    [OPTION_MAN] = {"man", 0, NULL, "Print the manual page, in the language of man(7)."},
    [OPTION_TO] = {"to", 0, "N",
                   "Apply the files up to the one whose name begins with N, and no further."},
    [OPTION_DRY_RUN] = {"dry-run", 'n', NULL, "Say what would be done, and do nothing."},
    [OPTION_EXIT_CODE] = {"exit-code", 0, NULL, "Exit 1 when `badged migrate up` has work to do."},
    [OPTION_FORMAT] = {"format", 0, "FORMAT",
                       "How files are named: `supabase`, by the time, as `supabase db push` takes "
                       "them, is the only one."},
    [OPTION_LIST_CHECKS] = {"list-checks", 0, NULL, "List the checks, and make none."},
    [OPTION_FAIL_ON] = {"fail-on", 0, "LEVEL",
                        "What is not well enough: `error` (the default) for problems alone, "
                        "`warning` for warnings, too."},
    [OPTION_URL] = {"url", 0, "URL",
                    "Where badged serves, such as http://127.0.0.1:8080. Default: where `listen` "
                    "says."},
    [OPTION_QUIET] = {"quiet", 'q', NULL, "Log warnings and errors only."},
    [OPTION_HELP] = {"help", 'h', NULL, "Say how the command is used."},
};

#define O(name) (1u << OPTION_##name)

static const struct command table[] = {
    {"serve",
     NULL,
     "Follow the database and answer badge counts.",
     "Follows the database, keeps the rows that badges count in memory, and answers GET "
     "/api/sidebar/badges from there; its address, opened in a browser, shows them live. "
     "With no database named it creates badged.db in the working directory. Prints its address "
     "once it listens; "
     "/readyz?verbose says whether the counts are known. SIGTERM or SIGINT ends it, letting "
     "requests under way finish.",
     O(CONFIG) | O(DATABASE) | O(FEED) | O(LISTEN) | O(AUTH) | O(THREADS) | O(QUIET),
     {"badged serve --auth none",
      "badged serve --auth none --database sqlite:shop.db --listen 127.0.0.1:0"},
     cmd_serve},
    {"badges",
     "TENANT",
     "Print the badge counts of one tenant.",
     "Reads the counts of one tenant, named by its UUID, straight from the database. Works beside "
     "a running badged and "
     "without one.",
     O(CONFIG) | O(DATABASE) | O(JSON),
     {"badged badges 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
      "badged badges --json 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"},
     cmd_badges},
    {"watch",
     "TENANT",
     "Follow the badge counts of one tenant as they change.",
     "Follows a running badged by its event stream, GET /api/sidebar/badges/stream, and connects "
     "again whenever that ends. On a terminal the sidebar is drawn in place, what changed is "
     "marked "
     "for a moment, and the last line says whether the numbers are live; q or Ctrl-C ends it. "
     "Otherwise, or with --json, it prints a line of JSON for each change: "
     "{\"as_of\":…,\"status\":…,\"badges\":{…}}, where the status is live, stale, unknown or "
     "offline.",
     O(CONFIG) | O(URL) | O(JSON),
     {"badged watch 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
      "badged watch --url https://b.example.com 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
      "badged watch 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01 | jq .badges.feedback"},
     cmd_watch},
    {"check",
     "[FILE]",
     "Check badge definitions and the database, and change nothing.",
     "Reads FILE (badged.yaml when none is named) and says whether it can be used: every badge, "
     "and every predicate. When "
     "the database is there, it also checks that tables and columns exist and that their types "
     "suit. Of Postgres it checks all that following it takes, and prints for whatever is missing "
     "the statement that mends it. Exits 0 when all "
     "is well, else prints the place and what was expected.",
     O(CONFIG) | O(DATABASE) | O(FEED) | O(JSON),
     {"badged check", "badged check badged.yaml --database sqlite:shop.db",
      "badged check --database postgres://badged_reader@db.example.com/shop"},
     cmd_check},
    {"doctor",
     "[CHECK]…",
     "Find what is wrong with the database, and what mends it.",
     "Looks at everything that keeps badges from being right, or at the CHECKs named, and "
     "changes nothing: a line for each check, and for what is not well what was found, what it "
     "means for the badges, and the statement or command that mends it. Where a badged serves the "
     "database, its answers are compared with what SQL counts now. Exits 0 when nothing is wrong, "
     "1 when there are problems, 2 with --fail-on warning when there are warnings alone.",
     O(CONFIG) | O(DATABASE) | O(URL) | O(JSON) | O(LIST_CHECKS) | O(FAIL_ON),
     {"badged doctor", "badged doctor --list-checks",
      "badged doctor indexes foreign-keys --fail-on warning",
      "badged doctor --json --url http://127.0.0.1:8080 --database postgres://"},
     cmd_doctor},
    {"demo",
     NULL,
     "Serve believable data that changes gently.",
     "Fills a database with a few tenants, serves it as `serve --auth none` does, and changes a "
     "row now and then: crawls "
     "fail and recover, deliveries fail, feedback arrives. Open the address it prints in a "
     "browser. The database is "
     "sqlite:badged-demo.db in the working directory unless another is named; rows of other "
     "tenants there are left alone.",
     O(DATABASE) | O(LISTEN) | O(THREADS) | O(ONCE) | O(EVERY) | O(JSON) | O(QUIET),
     {"badged demo", "badged demo --once", "badged demo --every 0.2 --listen 127.0.0.1:0"},
     cmd_demo},
    {"migrate up",
     NULL,
     "Make the tables that badges count.",
     "Brings a database to the state in which all badge tables exist: makes those that are not "
     "there, and adds the columns, indexes and triggers that others lack. It drops and rewrites "
     "nothing, may be run again, and may be broken off. Indexes of large tables are built beside "
     "their writers. In Postgres tenants and tenant_sites are made where neither is there; the "
     "publication that badged follows is made where the role may; row level security is applied "
     "with `--to 99` only.",
     O(CONFIG) | O(DATABASE) | O(TO) | O(DRY_RUN) | O(QUIET),
     {"badged migrate up", "badged migrate up --dry-run",
      "badged migrate up --database postgres://owner@db.example.com/shop --to 90"},
     cmd_migrate_up},
    {"migrate status",
     NULL,
     "Say which files were applied, and whether they changed since.",
     "",
     O(CONFIG) | O(DATABASE) | O(JSON) | O(EXIT_CODE),
     {"badged migrate status", "badged migrate status --json --exit-code"},
     cmd_migrate_status},
    {"migrate verify",
     NULL,
     "Check that all badge tables are there and usable.",
     "Prints for each of the five tables whether it has indexes, rules and triggers, and then what "
     "is missing. Exits 0 only when all five are there, with the columns that badges need, and can "
     "be read.",
     O(CONFIG) | O(DATABASE) | O(JSON),
     {"badged migrate verify"},
     cmd_migrate_verify},
    {"migrate export",
     "DIR",
     "Write the files for another tool to apply.",
     "Writes the files that `badged migrate up` applies to Postgres into DIR, each named by the "
     "time it is to be applied at. A file that is there already with the same text is not written "
     "again.",
     O(TO) | O(FORMAT),
     {"badged migrate export --format supabase supabase/migrations"},
     cmd_migrate_export},
    {"version",
     NULL,
     "Print the version, and those of the libraries in use.",
     "",
     O(JSON),
     {"badged version"},
     cmd_version},
    {"help",
     "[COMMAND]",
     "Say how a command is used.",
     "",
     O(MAN),
     {"badged help serve", "badged help --man | man -l -"},
     cmd_help},
};

const struct command *commands(size_t *count)
{
    *count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

bool command_is_of(const struct command *c, const char *group)
{
    size_t len = strlen(group);
    return strncmp(c->name, group, len) == 0 && c->name[len] == ' ';
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (command_is_of(&table[i], name))
            return true;
    return false;
}

/* The command of two words, or NULL. */
static const struct command *find_two(const char *group, const char *word)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (command_is_of(&table[i], group) && strcmp(table[i].name + strlen(group) + 1, word) == 0)
            return &table[i];
    return NULL;
}

/* ---- parsing ---- */

enum {
    LONG_BASE = 256
}; /* getopt's values of long options: above every letter */

static void list_options(const struct command *c, struct option *longs, char *shorts)
{
    size_t n = 0;
    *shorts++ = ':'; /* a missing argument is told apart from an unknown option */
    for (int i = 0; i < OPTION__COUNT; i++) {
        if (i != OPTION_HELP && (c->options & 1u << i) == 0)
            continue;
        bool takes_argument = option_texts[i].argument != NULL;
        longs[n++] =
            (struct option){option_texts[i].name, takes_argument ? required_argument : no_argument,
                            NULL, LONG_BASE + i};
        if (option_texts[i].letter != 0)
            *shorts++ = option_texts[i].letter;
        if (option_texts[i].letter != 0 && takes_argument)
            *shorts++ = ':';
    }
    longs[n] = (struct option){0};
    *shorts = '\0';
}

static int option_of(int found)
{
    if (found >= LONG_BASE)
        return found - LONG_BASE;
    int i = 0;
    while (option_texts[i].letter != found)
        i++;
    return i;
}

static enum err parse_options(const struct command *c, int argc, char **argv, struct invocation *in,
                              struct error *e)
{
    struct option longs[OPTION__COUNT + 1];
    char shorts[OPTION__COUNT * 2 + 2];
    list_options(c, longs, shorts);
    opterr = 0;
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const char letter[] = {'-', (char)optopt, '\0'};
        bool is_letter = (found == '?' || found == ':') && optopt > 0 && optopt < LONG_BASE;
        const char *typed = is_letter ? letter : argv[optind - 1];
        if (found == ':')
            return error_set(e, ERR_USAGE, "%s needs an argument; see `badged help %s`", typed,
                             c->name);
        if (found == '?')
            return error_set(e, ERR_USAGE, "`badged %s` has no option %.60s; see `badged help %s`",
                             c->name, typed, c->name);
        int i = option_of(found);
        if (in->options[i] != NULL)
            return error_set(e, ERR_USAGE, "--%s is given twice", option_texts[i].name);
        in->options[i] = optarg != NULL ? optarg : option_texts[i].name;
    }
    return ERR_OK;
}

static enum err parse_operand(const struct command *c, int argc, char **argv, struct invocation *in,
                              struct error *e)
{
    if (optind < argc)
        in->operand = argv[optind++];
    if (c->operand != NULL && strstr(c->operand, "…") != NULL && in->operand != NULL) {
        in->operands = argv + optind - 1;
        in->operands_count = (size_t)(argc - optind) + 1;
        return ERR_OK;
    }
    if (c->run == cmd_help && optind < argc && find_two(in->operand, argv[optind]) != NULL)
        in->operand = find_two(in->operand, argv[optind++])->name;
    if (optind < argc || (in->operand != NULL && c->operand == NULL))
        return error_set(e, ERR_USAGE, "`badged %s` takes no '%.60s'; see `badged help %s`",
                         c->name, argv[optind < argc ? optind : optind - 1], c->name);
    if (in->operand == NULL && c->operand != NULL && c->operand[0] != '[' &&
        in->options[OPTION_HELP] == NULL)
        return error_set(e, ERR_USAGE, "`badged %s` needs a %s; see `badged help %s`", c->name,
                         c->operand, c->name);
    return ERR_OK;
}

/* The second word of a group. `--help` in its place asks for help on the group. */
static enum err parse_group(const char *group, int argc, char **argv, struct invocation *in,
                            struct error *e)
{
    const char *word = argc > 2 ? argv[2] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        *in = (struct invocation){.command = command_find("help"), .operand = group};
        return ERR_OK;
    }
    in->command = find_two(group, word);
    if (in->command != NULL)
        return ERR_OK;
    if (*word == '\0')
        return error_set(e, ERR_USAGE, "`badged %s` needs another word; see `badged help %s`",
                         group, group);
    return error_set(e, ERR_USAGE, "there is no command '%s %.60s'; see `badged help %s`", group,
                     word, group);
}

enum err command_parse(int argc, char **argv, struct invocation *ret, struct error *e)
{
    static const char *const aliases[][2] = {
        {"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};
    if (argc < 2)
        return error_set(
            e, ERR_USAGE,
            "a command is needed; `badged help` lists them, `badged demo` shows what it does");
    const char *name = argv[1];
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (strcmp(name, aliases[i][0]) == 0)
            name = aliases[i][1];
    struct invocation in = {.command = command_find(name)};
    int words = 1;
    if (is_group(name)) {
        enum err err = parse_group(name, argc, argv, &in, e);
        if (err != ERR_OK || in.operand != NULL) {
            *ret = in;
            return err;
        }
        words = 2;
    }
    if (in.command == NULL)
        return error_set(e, ERR_USAGE, "there is no command '%.60s'; `badged help` lists them",
                         name);
    enum err err = parse_options(in.command, argc - words, argv + words, &in, e);
    if (err == ERR_OK)
        err = parse_operand(in.command, argc - words, argv + words, &in, e);
    if (err == ERR_OK)
        *ret = in;
    return err;
}

struct config_flags command_flags(const struct invocation *in)
{
    return (struct config_flags){
        .file = in->options[OPTION_CONFIG],
        .database = in->options[OPTION_DATABASE],
        .feed = in->options[OPTION_FEED],
        .listen = in->options[OPTION_LISTEN],
        .auth = in->options[OPTION_AUTH],
        .threads = in->options[OPTION_THREADS],
    };
}

enum err command_tenant(const struct invocation *in, struct uuid *ret, struct error *e)
{
    if (uuid_parse(in->operand, strlen(in->operand), ret))
        return ERR_OK;
    return error_set(
        e, ERR_USAGE,
        "'%.60s' is no tenant: a tenant is a UUID such as 0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
        in->operand);
}

int command_fail(const struct error *e)
{
    struct error shown = *e;
    /* What was typed, or what a server said, must not steer the terminal. */
    shown.message[utf8_disarm(shown.message, strlen(shown.message), "\n\t")] = '\0';
    (void)fprintf(stderr, "badged: %s\n", shown.message);
    return error_class(e->code)->exit_code;
}
