#include "cli/command.h"

#include <ctype.h>
#include <string.h>

enum {
    WIDTH = 80,
    INDENT_OPTION = 26
};

/* Print text in lines of at most WIDTH columns, each behind the first indented; the cursor stands
 * at column. */
static void print_wrapped(const char *text, int column, int indent)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");
        if (column > indent && column + 1 + len > WIDTH) {
            (void)printf("\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            (void)putchar(' ');
            column++;
        }
        (void)printf("%.*s", len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    (void)putchar('\n');
}

static void print_usage(const struct command *c)
{
    (void)printf("badged %s%s%s%s\n", c->name, c->options != 0 ? " [OPTION]…" : "",
                 c->operand != NULL ? " " : "", c->operand != NULL ? c->operand : "");
}

static void print_option(int i)
{
    const struct option_text *o = &option_texts[i];
    char left[64];
    int n = o->letter != 0 ? snprintf(left, sizeof(left), "  -%c, --%s", o->letter, o->name)
                           : snprintf(left, sizeof(left), "      --%s", o->name);
    if (o->argument != NULL)
        n += snprintf(left + n, sizeof(left) - (size_t)n, " %s", o->argument);
    if (n >= INDENT_OPTION)
        (void)printf("%s\n%*s", left, INDENT_OPTION, "");
    else
        (void)printf("%-*s", INDENT_OPTION, left);
    print_wrapped(o->help, INDENT_OPTION, INDENT_OPTION);
}

static void print_command(const struct command *c)
{
    (void)printf("Usage: ");
    print_usage(c);
    (void)printf("\n%s\n", c->summary);
    if (*c->description != '\0') {
        (void)putchar('\n');
        print_wrapped(c->description, 0, 0);
    }
    (void)printf("\nOptions:\n");
    for (int i = 0; i < OPTION__COUNT; i++)
        if (i == OPTION_HELP || (c->options & 1u << i) != 0)
            print_option(i);
    (void)printf("\nExamples:\n");
    for (size_t i = 0; i < sizeof(c->examples) / sizeof(c->examples[0]) && c->examples[i] != NULL;
         i++)
        (void)printf("  %s\n", c->examples[i]);
}

/* All commands, or those of one group. Returns how many they are. */
static size_t print_list(const char *group)
{
    size_t count, printed = 0;
    const struct command *table = commands(&count);
    for (size_t i = 0; i < count; i++) {
        if (group != NULL && !command_is_of(&table[i], group))
            continue;
        if (printed++ == 0)
            (void)printf("Commands:\n");
        (void)printf("  %-16s", table[i].name);
        print_wrapped(table[i].summary, 18, 18);
    }
    return printed;
}

static void print_all(void)
{
    (void)printf("badged turns the rows of your own database into live, exact sidebar "
                 "badge\ncounts, one set per tenant.\n\n"
                 "Usage: badged COMMAND [OPTION]…\n\n");
    (void)print_list(NULL);
    (void)printf("\nStart with:\n  badged demo               see it work, on data of its own\n"
                 "  badged help COMMAND       options and examples of one command\n");
}

/* ---- the manual page, in man(7)'s macros ---- */

/* Text with what roff would read as a request or an escape made plain. */
static void print_roff(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\\')
            (void)fputs("\\e", stdout);
        else if (*c == '-')
            (void)fputs("\\-", stdout);
        else if ((*c == '.' || *c == '\'') && (c == text || c[-1] == '\n'))
            (void)printf("\\&%c", *c);
        else if (strncmp(c, "…", 3) == 0) {
            (void)fputs("...", stdout);
            c += 2;
        } else
            (void)putchar(*c);
    }
    (void)putchar('\n');
}

static void print_man_command(const struct command *c)
{
    (void)printf(".SS ");
    (void)printf("badged %s%s%s\n", c->name, c->operand != NULL ? " " : "",
                 c->operand != NULL ? c->operand : "");
    print_roff(c->summary);
    if (*c->description != '\0')
        print_roff(c->description);
    for (int i = 0; i < OPTION__COUNT; i++) {
        if ((c->options & 1u << i) == 0)
            continue;
        const struct option_text *o = &option_texts[i];
        (void)printf(".TP\n\\fB\\-\\-%s\\fR%s%s%s\n", o->name, o->argument != NULL ? " \\fI" : "",
                     o->argument != NULL ? o->argument : "", o->argument != NULL ? "\\fR" : "");
        print_roff(o->help);
    }
    (void)printf(".PP\n.EX\n");
    for (size_t i = 0; i < sizeof(c->examples) / sizeof(c->examples[0]) && c->examples[i] != NULL;
         i++)
        print_roff(c->examples[i]);
    (void)printf(".EE\n");
}

static void print_man(void)
{
    size_t count;
    const struct command *table = commands(&count);
    (void)printf(".TH BADGED 1 \"\" \"badged %s\"\n.SH NAME\nbadged \\- live, exact sidebar badge "
                 "counts from the rows of a "
                 "database\n.SH SYNOPSIS\n.B badged\n.I COMMAND\n[OPTION]...\n.SH COMMANDS\n",
                 BADGED_VERSION);
    for (size_t i = 0; i < count; i++)
        print_man_command(&table[i]);
    (void)printf(".SH ENVIRONMENT\n.TP\n.B DATABASE_URL\nThe database, unless "
                 "\\fB\\-\\-database\\fR names one.\n"
                 ".TP\n.B DATABASE_URL_FILE\nA file whose text is the database, instead of "
                 "\\fBDATABASE_URL\\fR.\n"
                 ".TP\n.B PGPASSWORD_FILE\nA file whose text is the password for Postgres, where "
                 "the URL has none.\n"
                 ".TP\n.BR PGHOST \", \" PGUSER \", \" PGPASSWORD \", ...\"\nWhat the URL of a "
                 "Postgres database leaves out, as libpq reads it; so are .pgpass and the "
                 "connection service file.\n"
                 ".SH FILES\n.TP\n.I badged.yaml\nBadge definitions and settings, read from the "
                 "working directory.\n"
                 ".TP\n.I badged.db\nThe embedded database, made when no other is named.\n.SH EXIT "
                 "STATUS\n");
    for (int code = 0; code < ERR__COUNT; code++) {
        const struct error_class *class = error_class((enum err)code);
        bool is_seen = false;
        for (int before = 0; before < code; before++)
            is_seen = is_seen || error_class((enum err)before)->exit_code == class->exit_code;
        if (is_seen)
            continue;
        (void)printf(".TP\n.B %d\n", class->exit_code);
        print_roff(class->title);
    }
}

int cmd_help(const struct invocation *in)
{
    if (in->options[OPTION_MAN] != NULL) {
        print_man();
        return 0;
    }
    if (in->operand == NULL) {
        print_all();
        return 0;
    }
    const struct command *c = command_find(in->operand);
    if (c == NULL && print_list(in->operand) > 0)
        return 0;
    if (c == NULL) {
        struct error e;
        (void)error_set(&e, ERR_USAGE, "there is no command '%.60s'; `badged help` lists them",
                        in->operand);
        return command_fail(&e);
    }
    print_command(c);
    return 0;
}
