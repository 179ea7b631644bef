#include "generate/predicates.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct generator {
    struct random *random;
    const struct generate_table *table;
    struct buffer *out;
    struct generate_uses *uses;
};

/* A keyword in one of the ways people write it. */
static void add_word(struct generator *g, const char *word)
{
    bool is_lower = random_one_in(g->random, 4);
    for (; *word != '\0'; word++) {
        char c = is_lower && *word >= 'A' && *word <= 'Z' ? (char)(*word - 'A' + 'a') : *word;
        buffer_add(g->out, &c, 1);
    }
}

static void add_space(struct generator *g)
{
    static const char *const spaces[] = {" ", " ", " ", "  ", "\n", "\t", " \r\n "};
    buffer_puts(g->out, spaces[random_below(g->random, COUNT(spaces))]);
}

static enum column_type type_of(const struct generator *g, size_t column)
{
    return g->table->columns[column].type;
}

static bool is_any(enum column_type type)
{
    return type != COLUMN_OTHER;
}

static bool is_bool(enum column_type type)
{
    return type == COLUMN_BOOL;
}

static bool has_order(enum column_type type)
{
    return type != COLUMN_BOOL && type != COLUMN_TEXT && type != COLUMN_UUID &&
           type != COLUMN_ENUM && type != COLUMN_OTHER;
}

static size_t column_where(struct generator *g, bool (*is_it)(enum column_type))
{
    size_t column;
    do
        column = random_below(g->random, (uint32_t)g->table->columns_count);
    while (!is_it(type_of(g, column)));
    return column;
}

/* A literal to compare the column with. */
static void add_literal(struct generator *g, size_t column)
{
    if (random_one_in(g->random, 16)) {
        g->uses->tests[USE_NULL_LITERAL]++;
        add_word(g, "NULL");
        return;
    }
    g->uses->literals[type_of(g, column)]++;
    g->table->add_literal(g->random, g->out, column);
}

static void add_column(struct generator *g, size_t column)
{
    const char *name = g->table->columns[column].name;
    bool needs_quotes = strpbrk(name, "\" ") != NULL;
    if (!needs_quotes && !random_one_in(g->random, 4)) {
        add_word(g, name);
        return;
    }
    buffer_puts(g->out, "\"");
    for (; *name != '\0'; name++)
        buffer_add(g->out, (const char[]){*name, *name}, *name == '"' ? 2 : 1);
    buffer_puts(g->out, "\"");
}

/* A literal, or now and then another column, to compare the column with. */
static void add_operand(struct generator *g, size_t column)
{
    if (!random_one_in(g->random, 5)) {
        add_literal(g, column);
        return;
    }
    size_t other;
    do
        other = column_where(g, is_any);
    while (!g->table->compares(column, other));
    g->uses->tests[USE_COLUMNS]++;
    g->uses->pairs[type_of(g, column)][type_of(g, other)]++;
    add_column(g, other);
}

/* ---- tests ---- */

static void add_comparison(struct generator *g)
{
    static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};
    size_t column = column_where(g, is_any);
    uint32_t op = random_below(g->random, has_order(type_of(g, column)) ? 6 : 2);
    const char *space = random_one_in(g->random, 4) ? "" : " ";
    const char *symbol = op == USE_NE && random_one_in(g->random, 2) ? "!=" : operators[op];
    g->uses->tests[USE_EQ + op]++;
    bool is_turned = random_one_in(g->random, 4);
    if (is_turned)
        add_literal(g, column);
    else
        add_column(g, column);
    /* "!=-" would be an operator of its own in Postgres. */
    buffer_printf(g->out, "%s%s%s", space, symbol, *symbol == '!' ? " " : space);
    if (is_turned)
        add_column(g, column);
    else
        add_operand(g, column);
}

static void add_in(struct generator *g)
{
    size_t column = column_where(g, is_any);
    bool is_not = random_one_in(g->random, 3);
    g->uses->tests[is_not ? USE_NOT_IN : USE_IN]++;
    add_column(g, column);
    add_space(g);
    add_word(g, is_not ? "NOT IN" : "IN");
    buffer_puts(g->out, " (");
    for (uint32_t n = 1 + random_below(g->random, 4), i = 0; i < n; i++) {
        if (i > 0)
            buffer_puts(g->out, ", ");
        add_literal(g, column);
    }
    buffer_puts(g->out, ")");
}

static void add_between(struct generator *g)
{
    size_t column = column_where(g, has_order);
    bool is_not = random_one_in(g->random, 3);
    g->uses->tests[is_not ? USE_NOT_BETWEEN : USE_BETWEEN]++;
    add_column(g, column);
    add_word(g, is_not ? " NOT BETWEEN " : " BETWEEN ");
    add_operand(g, column);
    add_word(g, " AND ");
    add_operand(g, column);
}

static void add_is(struct generator *g)
{
    switch (random_below(g->random, 4)) {
    case 0:
        g->uses->tests[USE_IS_NULL]++;
        add_column(g, random_below(g->random, (uint32_t)g->table->columns_count));
        add_word(g, " IS NULL");
        return;
    case 1:
        g->uses->tests[USE_IS_NOT_NULL]++;
        add_column(g, random_below(g->random, (uint32_t)g->table->columns_count));
        add_word(g, " IS NOT NULL");
        return;
    case 2: {
        bool is_true = random_one_in(g->random, 2);
        g->uses->tests[is_true ? USE_IS_TRUE : USE_IS_FALSE]++;
        add_column(g, column_where(g, is_bool));
        add_word(g, random_one_in(g->random, 2) ? " IS NOT " : " IS ");
        add_word(g, is_true ? "TRUE" : "FALSE");
        return;
    }
    default: {
        size_t column = column_where(g, is_any);
        bool is_not = random_one_in(g->random, 2);
        g->uses->tests[is_not ? USE_NOT_DISTINCT : USE_DISTINCT]++;
        add_column(g, column);
        add_word(g, is_not ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
        add_operand(g, column);
        return;
    }
    }
}

static void add_test(struct generator *g)
{
    switch (random_below(g->random, 12)) {
    case 0:
        g->uses->tests[USE_BARE]++;
        add_column(g, column_where(g, is_bool));
        return;
    case 1:
        if (random_one_in(g->random, 3)) {
            g->uses->tests[USE_CONSTANT]++;
            buffer_puts(g->out,
                        (const char *const[]){"TRUE", "FALSE", "NULL"}[random_below(g->random, 3)]);
            return;
        }
        add_comparison(g);
        return;
    case 2:
    case 3:
        add_in(g);
        return;
    case 4:
    case 5:
        add_between(g);
        return;
    case 6:
    case 7:
    case 8:
        add_is(g);
        return;
    default:
        add_comparison(g);
    }
}

/* ---- conditions: written from left to right, with a count of open parentheses instead of
 * recursion ---- */

void generate_predicate(struct random *r, const struct generate_table *table, struct buffer *out,
                        struct generate_uses *uses)
{
    struct generator g = {r, table, out, uses};
    unsigned open = 0;
    for (uint32_t tests = 1 + random_below(r, 5); tests > 0; tests--) {
        while (open < 20 && random_one_in(r, 4)) {
            bool is_not = random_one_in(r, 2);
            uses->tests[is_not ? USE_NOT : USE_GROUP]++;
            add_word(&g, is_not ? "NOT " : "(");
            open += !is_not;
        }
        add_test(&g);
        while (open > 0 && (tests == 1 || random_one_in(r, 2))) {
            buffer_puts(out, ")");
            open--;
            if (!random_one_in(r, 4))
                continue;
            uses->tests[USE_GROUP_IS]++;
            add_word(&g, random_one_in(r, 2) ? " IS NOT " : " IS ");
            add_word(&g, (const char *const[]){"TRUE", "FALSE", "NULL"}[random_below(r, 3)]);
        }
        if (tests == 1)
            break;
        bool is_and = random_one_in(r, 2);
        uses->tests[is_and ? USE_AND : USE_OR]++;
        add_space(&g);
        add_word(&g, is_and ? "AND" : "OR");
        add_space(&g);
    }
}
