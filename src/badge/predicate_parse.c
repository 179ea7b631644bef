/* The grammar, a subset of SQL's <search condition> that Postgres and SQLite read alike:
 *
 *     condition = conjunct { OR conjunct }
 *     conjunct  = factor { AND factor }
 *     factor    = { NOT } ( test | "(" condition ")" [ IS [NOT] ( TRUE | FALSE | NULL ) ] )
 *     test      = operand                                         a boolean column, TRUE, FALSE or
 * NULL | operand ( "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" ) operand | operand [NOT] IN "("
 * literal { "," literal } ")" | operand [NOT] BETWEEN operand AND operand | operand IS [NOT] ( NULL
 * | TRUE | FALSE | DISTINCT FROM operand ) operand   = column | literal literal   = string | [ "+"
 * | "-" ] number | TRUE | FALSE | NULL column    = letter or "_", then letters, digits, "_", "$"
 * read in lower case | '"' characters, '"' doubled '"'                 read as they are string    =
 * "'" characters, "'" doubled "'" number    = digits [ "." digits ] [ "e" [ "+" | "-" ] digits ]
 *
 * NOT binds tighter than AND, AND tighter than OR, IS tighter than all three; comparisons do not
 * chain. Letters are ASCII's. Left out on purpose, because the two databases differ there or a row
 * alone does not decide it: functions, subqueries, casts, LIKE, arithmetic, parameters, comments,
 * comparisons of conditions in parentheses, IS UNKNOWN.
 *
 * The parser is Dijkstra's shunting yard: operators wait on a stack of bounded depth, nothing
 * recurses.
 */
#include "badge/predicate_node.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* unquoted: a keyword or a column */
    TOKEN_COLUMN, /* in double quotes */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_SYMBOL,
};

struct token {
    enum token_kind kind;
    size_t start, end;
};

struct parser {
    const char *text;
    size_t len;
    struct token token; /* the one looked at */
    struct predicate *predicate;
    struct error *error;
    size_t fault; /* offset of the first fault */
    enum err err;
    /* Operators that wait: STEP_AND, STEP_OR, STEP_NOT, or PAREN. */
    int waiting[PREDICATE_DEPTH_MAX];
    size_t waiting_count;
};

enum {
    PAREN = -1
};

/* The first fault stands; the message names what was found only where that helps. */
static bool fail(struct parser *p, size_t offset, const char *message)
{
    if (p->err == ERR_OK) {
        p->fault = offset < p->len ? offset : p->len;
        p->err = error_set(p->error, ERR_CONFIG, "%s", message);
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '$';
}

/* The byte at i, or NUL at the end. */
static char at(const struct parser *p, size_t i)
{
    return i < p->len ? p->text[i] : '\0';
}

static bool scan_quoted(struct parser *p, char quote, enum token_kind kind)
{
    size_t start = p->token.start;
    for (size_t i = start + 1; i < p->len; i++) {
        if (p->text[i] == '\0')
            return fail(p, i, "a NUL byte cannot stand in a predicate");
        if (p->text[i] != quote)
            continue;
        if (at(p, i + 1) == quote) {
            i++;
            continue;
        }
        p->token = (struct token){kind, start, i + 1};
        return true;
    }
    return fail(p, start,
                quote == '"' ? "this column name has no closing '\"'"
                             : "this text has no closing \"'\"");
}

static bool scan_number(struct parser *p)
{
    size_t i = p->token.start;
    while (is_digit(at(p, i)))
        i++;
    if (at(p, i) == '.')
        i++;
    while (is_digit(at(p, i)))
        i++;
    if (at(p, i) == 'e' || at(p, i) == 'E') {
        i++;
        if (at(p, i) == '+' || at(p, i) == '-')
            i++;
        if (!is_digit(at(p, i)))
            return fail(p, p->token.start, "this number has no digits in its exponent");
        while (is_digit(at(p, i)))
            i++;
    }
    if (is_word(at(p, i)) || at(p, i) == '.')
        return fail(p, i, "a number cannot run on into this");
    p->token = (struct token){TOKEN_NUMBER, p->token.start, i};
    return true;
}

static bool scan_symbol(struct parser *p)
{
    static const char *const symbols[] = {"<=", ">=", "<>", "!=", "=", "<",
                                          ">",  "(",  ")",  ",",  "+", "-"};
    size_t start = p->token.start;
    if ((at(p, start) == '-' && at(p, start + 1) == '-') ||
        (at(p, start) == '/' && at(p, start + 1) == '*'))
        return fail(p, start, "a comment cannot stand in a predicate");
    for (size_t s = 0; s < sizeof(symbols) / sizeof(symbols[0]); s++) {
        size_t n = strlen(symbols[s]);
        if (n > p->len - start || memcmp(p->text + start, symbols[s], n) != 0)
            continue;
        /* Postgres would read "!=-" as one operator (scan.l, "operator"). */
        if (*symbols[s] == '!' && (at(p, start + n) == '-' || at(p, start + n) == '+'))
            return fail(p, start + n, "a space is needed between '!=' and the sign");
        p->token = (struct token){TOKEN_SYMBOL, start, start + n};
        return true;
    }
    if (at(p, start) == '\0')
        return fail(p, start, "a NUL byte cannot stand in a predicate");
    return fail(p, start, "this character has no meaning in a predicate");
}

/* Look at the next token. */
static bool advance(struct parser *p)
{
    size_t i = p->token.end;
    while (i < p->len && strchr(" \t\n\r\f", p->text[i]) != NULL && p->text[i] != '\0')
        i++;
    p->token = (struct token){TOKEN_END, i, i};
    if (i == p->len)
        return true;
    char c = p->text[i];
    if (c == '\'')
        return scan_quoted(p, c, TOKEN_STRING);
    if (c == '"')
        return scan_quoted(p, c, TOKEN_COLUMN);
    if (is_digit(c) || (c == '.' && is_digit(at(p, i + 1))))
        return scan_number(p);
    if (!is_letter(c))
        return scan_symbol(p);
    while (is_word(at(p, i)))
        i++;
    if (at(p, i) == '\'')
        return fail(p, p->token.start,
                    "a text opens with a plain \"'\": prefixes such as E'' are not read");
    p->token = (struct token){TOKEN_WORD, p->token.start, i};
    return true;
}

static bool is_at(const struct parser *p, enum token_kind kind, const char *text)
{
    size_t n = p->token.end - p->token.start;
    return p->token.kind == kind && strlen(text) == n &&
           strncasecmp(p->text + p->token.start, text, n) == 0;
}

static bool is_symbol(const struct parser *p, const char *symbol)
{
    return is_at(p, TOKEN_SYMBOL, symbol);
}

static bool is_keyword(const struct parser *p, const char *keyword)
{
    return is_at(p, TOKEN_WORD, keyword);
}

/* Step over a keyword or symbol that must stand here. */
static bool expect(struct parser *p, bool is_there, const char *message)
{
    return is_there ? advance(p) : fail(p, p->token.start, message);
}

/* Words of SQL that are left out on purpose, with the reason. */
static bool check_refused(struct parser *p)
{
    static const char time_reason[] =
        "the time of day is not part of a row: a count would change with no row changing";
    static const struct {
        const char *word, *message;
    } refused[] = {
        {"like", "LIKE is not read here: databases disagree on letter case"},
        {"ilike", "ILIKE is not read here: SQLite has none"},
        {"similar", "SIMILAR TO is not read here: SQLite has none"},
        {"glob", "GLOB is not read here: Postgres has none"},
        {"case", "CASE is not read here: write the condition with AND and OR"},
        {"cast", "casts are not read here: compare the column in its own type"},
        {"collate", "COLLATE is not read here: text takes equality only"},
        {"exists", "subqueries are not read here: a predicate is about one row"},
        {"select", "subqueries are not read here: a predicate is about one row"},
        {"unknown", "IS UNKNOWN is not read here, as SQLite has none: write IS NULL"},
        {"isnull", "write IS NULL"},
        {"notnull", "write IS NOT NULL"},
        {"current_timestamp", time_reason},
        {"current_date", time_reason},
        {"current_time", time_reason},
        {"localtimestamp", time_reason},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (is_keyword(p, refused[i].word))
            return fail(p, p->token.start, refused[i].message);
    return true;
}

/* Words that are no column without quotes, in Postgres, in SQLite, or here. */
static bool check_word(struct parser *p)
{
    static const char *const reserved[] = {
        "all",   "and",      "any",  "as",    "asc",     "between",    "check", "create", "default",
        "desc",  "distinct", "else", "end",   "from",    "group",      "in",    "is",     "limit",
        "not",   "on",       "or",   "order", "primary", "references", "some",  "table",  "then",
        "union", "unique",   "user", "when",  "where",   "with"};
    if (!check_refused(p))
        return false;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (is_keyword(p, reserved[i]))
            return fail(
                p, p->token.start,
                "a column or a literal must stand here; a column of this name needs double quotes");
    return true;
}

/* The text between the quotes, doubled ones made single; or an unquoted word in lower case. */
static char *token_text(const struct parser *p)
{
    size_t len = p->token.end - p->token.start;
    const char *from = p->text + p->token.start;
    char *out = mem_text(from, len);
    if (p->token.kind == TOKEN_WORD) {
        for (size_t i = 0; i < len; i++)
            if (out[i] >= 'A' && out[i] <= 'Z')
                out[i] = (char)(out[i] - 'A' + 'a');
        return out;
    }
    size_t n = 0;
    for (size_t i = 1; i + 1 < len; i++) {
        out[n++] = from[i];
        if (from[i] == from[0])
            i++;
    }
    out[n] = '\0';
    return out;
}

static size_t column_number(struct predicate *pr, char *name)
{
    for (size_t i = 0; i < pr->columns_count; i++) {
        if (strcmp(pr->columns[i].name, name) == 0) {
            free(name);
            return i;
        }
    }
    pr->columns = mem_grow(pr->columns, pr->columns_count + 1, sizeof(*pr->columns));
    memset(&pr->columns[pr->columns_count], 0, sizeof(*pr->columns));
    pr->columns[pr->columns_count].name = name;
    return pr->columns_count++;
}

static bool add_number(struct parser *p, struct operand *o, bool is_negative)
{
    size_t len = p->token.end - p->token.start;
    o->kind = OPERAND_NUMBER;
    o->text = mem_zero(len + 2, 1);
    o->text[0] = is_negative ? '-' : '+';
    memcpy(o->text + 1, p->text + p->token.start, len);
    char *end;
    errno = 0;
    long long whole = strtoll(o->text, &end, 10);
    if (*end == '\0' && errno == 0) {
        o->value = (struct value){.kind = VALUE_INT, .integer = whole};
        return true;
    }
    double real = strtod(o->text, NULL);
    o->value = (struct value){.kind = VALUE_REAL, .real = real};
    bool is_zero = strcspn(o->text, "123456789eE") == strcspn(o->text, "eE");
    if (!isfinite(real) || (real == 0 && !is_zero))
        return fail(p, o->offset, "this number is out of the range of a double");
    return true;
}

static bool parse_operand(struct parser *p)
{
    struct predicate *pr = p->predicate;
    if (pr->operands_count + pr->steps_count >= PREDICATE_NODES_MAX)
        return fail(p, p->token.start,
                    "this predicate has more than 512 operators, columns and literals");
    pr->operands = mem_grow(pr->operands, pr->operands_count + 1, sizeof(*pr->operands));
    struct operand *o = &pr->operands[pr->operands_count++];
    *o = (struct operand){.kind = OPERAND_NULL, .offset = (uint32_t)p->token.start};
    bool is_negative = is_symbol(p, "-");
    if (is_negative || is_symbol(p, "+")) {
        if (!advance(p))
            return false;
        if (p->token.kind != TOKEN_NUMBER)
            return fail(p, p->token.start,
                        "a number must follow the sign; arithmetic is not read here");
    }
    if (p->token.kind == TOKEN_NUMBER)
        return add_number(p, o, is_negative) && advance(p);
    if (p->token.kind == TOKEN_STRING) {
        o->kind = OPERAND_STRING;
        o->text = token_text(p);
        o->value.kind = VALUE_TEXT;
        o->value.text.bytes = o->text;
        o->value.text.len = strlen(o->text);
        return advance(p);
    }
    if (is_keyword(p, "null"))
        return advance(p);
    if (is_keyword(p, "true") || is_keyword(p, "false")) {
        o->kind = OPERAND_BOOL;
        o->value = (struct value){.kind = VALUE_INT, .integer = is_keyword(p, "true")};
        return advance(p);
    }
    if (p->token.kind == TOKEN_END)
        return fail(p, p->token.start, "a column or a literal must follow");
    if (p->token.kind == TOKEN_SYMBOL)
        return fail(p, p->token.start, "a column or a literal must stand here");
    if (p->token.kind == TOKEN_WORD && !check_word(p))
        return false;
    if (p->token.end - p->token.start == 2 && p->token.kind == TOKEN_COLUMN)
        return fail(p, p->token.start, "a column name cannot be empty");
    o->kind = OPERAND_COLUMN;
    o->column = column_number(pr, token_text(p));
    if (!advance(p))
        return false;
    if (is_symbol(p, "("))
        return fail(p, o->offset,
                    "functions are not read here: a predicate compares columns with literals");
    return true;
}

static bool add_step(struct parser *p, struct step step)
{
    struct predicate *pr = p->predicate;
    if (pr->operands_count + pr->steps_count >= PREDICATE_NODES_MAX)
        return fail(p, step.offset,
                    "this predicate has more than 512 operators, columns and literals");
    pr->steps = mem_grow(pr->steps, pr->steps_count + 1, sizeof(*pr->steps));
    pr->steps[pr->steps_count++] = step;
    return true;
}

static bool parse_in(struct parser *p)
{
    if (!advance(p) || !expect(p, is_symbol(p, "("), "'(' must follow IN"))
        return false;
    for (;;) {
        if (!parse_operand(p))
            return false;
        const struct operand *o = &p->predicate->operands[p->predicate->operands_count - 1];
        if (o->kind == OPERAND_COLUMN)
            return fail(p, o->offset, "a list of IN holds literals; text stands in single quotes");
        if (!is_symbol(p, ","))
            return expect(p, is_symbol(p, ")"), "',' or ')' must stand here");
        if (!advance(p))
            return false;
    }
}

/* Behind IS, and NOT when it was there: for a test of an operand, or with is_group for a condition
 * in parentheses. */
static bool parse_is(struct parser *p, struct step *step, bool is_group)
{
    static const struct {
        const char *word;
        enum truth is;
    } truths[] = {{"true", TRUTH_TRUE}, {"false", TRUTH_FALSE}, {"null", TRUTH_UNKNOWN}};
    if (!advance(p))
        return false;
    step->negated = is_keyword(p, "not");
    if (step->negated && !advance(p))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!is_keyword(p, truths[i].word))
            continue;
        if (is_group || truths[i].is != TRUTH_UNKNOWN) {
            step->kind = STEP_IS;
            step->is = truths[i].is;
        } else {
            step->test = TEST_NULL;
        }
        return advance(p);
    }
    if (!check_refused(p))
        return false;
    if (is_group || !is_keyword(p, "distinct"))
        return fail(p, p->token.start,
                    is_group ? "TRUE, FALSE or NULL must follow IS"
                             : "TRUE, FALSE, NULL or DISTINCT FROM must follow IS");
    step->test = TEST_DISTINCT;
    return advance(p) && expect(p, is_keyword(p, "from"), "FROM must follow DISTINCT") &&
           parse_operand(p);
}

static bool parse_comparison(struct parser *p, struct step *step, bool *is_there)
{
    static const struct {
        const char *symbol;
        enum compare compare;
    } comparisons[] = {{"=", COMPARE_EQ}, {"<>", COMPARE_NE}, {"!=", COMPARE_NE},
                       {"<", COMPARE_LT}, {"<=", COMPARE_LE}, {">", COMPARE_GT},
                       {">=", COMPARE_GE}};
    *is_there = false;
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        if (is_symbol(p, comparisons[i].symbol)) {
            *is_there = true;
            step->test = TEST_COMPARE;
            step->compare = comparisons[i].compare;
            return advance(p) && parse_operand(p);
        }
    }
    return true;
}

/* IS TRUE and IS FALSE test the truth of their operand, as SQLite and Postgres do: that is two
 * steps. IS [NOT] DISTINCT FROM TRUE is read by SQLite as the same test (resolve.c, TK_TRUTH), and
 * says the same in Postgres, where a boolean has no third value. */
static bool add_test(struct parser *p, struct step step)
{
    const struct operand *second = &p->predicate->operands[step.operand + step.operands_count - 1];
    if (step.kind == STEP_TEST && step.test == TEST_DISTINCT && second->kind == OPERAND_BOOL) {
        step.kind = STEP_IS;
        step.is = second->value.integer != 0 ? TRUTH_TRUE : TRUTH_FALSE;
        step.negated = !step.negated;
    }
    if (step.kind == STEP_IS) {
        struct step truth = {.kind = STEP_TEST,
                             .test = TEST_TRUTH,
                             .offset = step.offset,
                             .operand = step.operand,
                             .operands_count = 1};
        if (!add_step(p, truth))
            return false;
    }
    return add_step(p, step);
}

static bool parse_test(struct parser *p)
{
    struct step step = {.kind = STEP_TEST,
                        .test = TEST_TRUTH,
                        .offset = (uint32_t)p->token.start,
                        .operand = p->predicate->operands_count};
    bool is_comparison;
    if (!parse_operand(p))
        return false;
    step.offset = (uint32_t)p->token.start;
    if (!parse_comparison(p, &step, &is_comparison))
        return false;
    if (is_comparison) {
        /* nothing more */
    } else if (is_keyword(p, "is")) {
        if (!parse_is(p, &step, false))
            return false;
    } else {
        step.negated = is_keyword(p, "not");
        if (step.negated && !advance(p))
            return false;
        if (is_keyword(p, "in")) {
            step.test = TEST_IN;
            if (!parse_in(p))
                return false;
        } else if (is_keyword(p, "between")) {
            step.test = TEST_BETWEEN;
            if (!advance(p) || !parse_operand(p) ||
                !expect(p, is_keyword(p, "and"), "AND must follow the first bound of BETWEEN") ||
                !parse_operand(p))
                return false;
        } else if (step.negated) {
            return check_refused(p) &&
                   fail(p, p->token.start, "IN or BETWEEN must follow NOT here");
        } else {
            step.offset = p->predicate->operands[step.operand].offset;
        }
    }
    step.operands_count = p->predicate->operands_count - step.operand;
    return add_test(p, step);
}

static bool wait(struct parser *p, int operator)
{
    if (p->waiting_count == sizeof(p->waiting) / sizeof(p->waiting[0]))
        return fail(p, p->token.start, "parentheses and NOTs stand too deep inside each other");
    p->waiting[p->waiting_count++] = operator;
    return advance(p);
}

static int precedence(int operator)
{
    switch (operator) {
    case STEP_NOT:
        return 3;
    case STEP_AND:
        return 2;
    case STEP_OR:
        return 1;
    default:
        return 0; /* PAREN: nothing takes it off but ')' */
    }
}

/* Turn waiting operators that bind at least as tight as the limit into steps. */
static bool settle(struct parser *p, int limit)
{
    while (p->waiting_count > 0 && precedence(p->waiting[p->waiting_count - 1]) >= limit) {
        struct step step = {.kind = (enum step_kind)p->waiting[--p->waiting_count],
                            .offset = (uint32_t)p->token.start};
        if (!add_step(p, step))
            return false;
    }
    return true;
}

static bool parse_close(struct parser *p)
{
    if (!settle(p, 1))
        return false;
    if (p->waiting_count == 0)
        return fail(p, p->token.start, "this ')' closes nothing");
    p->waiting_count--;
    if (!advance(p))
        return false;
    struct step step = {.kind = STEP_IS, .offset = (uint32_t)p->token.start};
    if (is_keyword(p, "is"))
        return parse_is(p, &step, true) && add_step(p, step);
    if (p->token.kind == TOKEN_SYMBOL && !is_symbol(p, ")"))
        return fail(p, p->token.start,
                    "a condition in parentheses cannot be compared; compare columns with literals");
    return true;
}

/* Behind a whole condition: what goes on, what closes, or the end. */
static bool parse_continuation(struct parser *p, bool *is_operand_next)
{
    *is_operand_next = true;
    if (is_keyword(p, "and"))
        return settle(p, precedence(STEP_AND)) && wait(p, STEP_AND);
    if (is_keyword(p, "or"))
        return settle(p, precedence(STEP_OR)) && wait(p, STEP_OR);
    *is_operand_next = false;
    if (is_symbol(p, ")"))
        return parse_close(p);
    return check_refused(p) && fail(p, p->token.start, "AND, OR or the end must stand here");
}

static bool parse_condition(struct parser *p)
{
    bool is_operand_next = true;
    if (!advance(p))
        return false;
    if (p->token.kind == TOKEN_END)
        return fail(p, 0, "the predicate is empty; write TRUE to count every row");
    for (;;) {
        bool ok;
        if (!is_operand_next && p->token.kind == TOKEN_END)
            break;
        if (!is_operand_next) {
            ok = parse_continuation(p, &is_operand_next);
        } else if (is_keyword(p, "not")) {
            ok = wait(p, STEP_NOT);
        } else if (is_symbol(p, "(")) {
            ok = wait(p, PAREN);
        } else {
            ok = parse_test(p);
            is_operand_next = false;
        }
        if (!ok)
            return false;
    }
    if (!settle(p, 1))
        return false;
    return p->waiting_count == 0 || fail(p, p->len, "a ')' is missing");
}

enum err predicate_parse(const char *text, size_t len, struct predicate **ret, size_t *offset,
                         struct error *e)
{
    struct parser p = {
        .text = text, .len = len, .error = e, .predicate = mem_zero(1, sizeof(struct predicate))};
    if (len > PREDICATE_BYTES_MAX)
        (void)fail(&p, PREDICATE_BYTES_MAX, "a predicate is at most 4096 bytes long");
    else
        (void)parse_condition(&p);
    if (p.err != ERR_OK) {
        predicate_free(p.predicate);
        *offset = p.fault;
        return p.err;
    }
    *ret = p.predicate;
    return ERR_OK;
}
