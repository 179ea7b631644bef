#include "badge/predicate_lex.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool lex_fail(struct lexer *l, size_t offset, const char *message)
{
    if (l->err == ERR_OK) {
        l->fault = offset < l->len ? offset : l->len;
        l->err = error_set(l->error, ERR_CONFIG, "%s", message);
    }
    return false;
}

/* ---- cutting ---- */

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
static char at(const struct lexer *l, size_t i)
{
    return i < l->len ? l->text[i] : '\0';
}

static bool scan_quoted(struct lexer *l, char quote, enum token_kind kind)
{
    size_t start = l->token.start;
    for (size_t i = start + 1; i < l->len; i++) {
        if (l->text[i] == '\0')
            return lex_fail(l, i, "a NUL byte cannot stand in a predicate");
        if (l->text[i] != quote)
            continue;
        if (at(l, i + 1) == quote) {
            i++;
            continue;
        }
        l->token = (struct token){kind, start, i + 1};
        return true;
    }
    return lex_fail(l, start,
                    quote == '"' ? "this column name has no closing '\"'"
                                 : "this text has no closing \"'\"");
}

static size_t skip_digits(const struct lexer *l, size_t i)
{
    while (is_digit(at(l, i)))
        i++;
    return i;
}

static bool scan_number(struct lexer *l)
{
    size_t i = skip_digits(l, l->token.start);
    if (at(l, i) == '.')
        i = skip_digits(l, i + 1);
    if (at(l, i) == 'e' || at(l, i) == 'E') {
        i++;
        if (at(l, i) == '+' || at(l, i) == '-')
            i++;
        if (!is_digit(at(l, i)))
            return lex_fail(l, l->token.start, "this number has no digits in its exponent");
        i = skip_digits(l, i);
    }
    if (is_word(at(l, i)) || at(l, i) == '.')
        return lex_fail(l, i, "a number cannot run on into this");
    l->token = (struct token){TOKEN_NUMBER, l->token.start, i};
    return true;
}

static bool scan_symbol(struct lexer *l)
{
    static const char *const symbols[] = {"<=", ">=", "<>", "!=", "=", "<",
                                          ">",  "(",  ")",  ",",  "+", "-"};
    size_t start = l->token.start;
    if ((at(l, start) == '-' && at(l, start + 1) == '-') ||
        (at(l, start) == '/' && at(l, start + 1) == '*'))
        return lex_fail(l, start, "a comment cannot stand in a predicate");
    for (size_t s = 0; s < sizeof(symbols) / sizeof(symbols[0]); s++) {
        size_t n = strlen(symbols[s]);
        if (n > l->len - start || memcmp(l->text + start, symbols[s], n) != 0)
            continue;
        /* Postgres would read "!=-" as one operator (scan.l, "operator"). */
        if (*symbols[s] == '!' && (at(l, start + n) == '-' || at(l, start + n) == '+'))
            return lex_fail(l, start + n, "a space is needed between '!=' and the sign");
        l->token = (struct token){TOKEN_SYMBOL, start, start + n};
        return true;
    }
    if (at(l, start) == '\0')
        return lex_fail(l, start, "a NUL byte cannot stand in a predicate");
    return lex_fail(l, start, "this character has no meaning in a predicate");
}

bool lex_next(struct lexer *l)
{
    if (l->err != ERR_OK)
        return false;
    size_t i = l->token.end;
    while (i < l->len && memchr(" \t\n\r\f", l->text[i], 5) != NULL)
        i++;
    l->token = (struct token){TOKEN_END, i, i};
    if (i == l->len)
        return true;
    char c = l->text[i];
    if (c == '\'')
        return scan_quoted(l, c, TOKEN_STRING);
    if (c == '"')
        return scan_quoted(l, c, TOKEN_COLUMN);
    if (is_digit(c) || (c == '.' && is_digit(at(l, i + 1))))
        return scan_number(l);
    if (!is_letter(c))
        return scan_symbol(l);
    while (is_word(at(l, i)))
        i++;
    if (at(l, i) == '\'')
        return lex_fail(l, l->token.start,
                        "a text opens with a plain \"'\": prefixes such as E'' are not read");
    l->token = (struct token){TOKEN_WORD, l->token.start, i};
    return true;
}

/* ---- looking ---- */

static bool is_at(const struct lexer *l, enum token_kind kind, const char *text)
{
    size_t n = l->token.end - l->token.start;
    return l->token.kind == kind && strlen(text) == n &&
           strncasecmp(l->text + l->token.start, text, n) == 0;
}

bool lex_is_symbol(const struct lexer *l, const char *symbol)
{
    return is_at(l, TOKEN_SYMBOL, symbol);
}

bool lex_is_keyword(const struct lexer *l, const char *keyword)
{
    return is_at(l, TOKEN_WORD, keyword);
}

bool lex_expect(struct lexer *l, bool is_there, const char *message)
{
    return is_there ? lex_next(l) : lex_fail(l, l->token.start, message);
}

char *lex_text(const struct lexer *l)
{
    size_t len = l->token.end - l->token.start;
    const char *from = l->text + l->token.start;
    char *out = mem_text(from, len);
    if (l->token.kind == TOKEN_WORD) {
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

/* ---- words ---- */

/* Words of SQL that are left out on purpose, and why. */
static const char *reason_of(const struct lexer *l)
{
    static const char time_reason[] =
        "the time of day is not part of a row: a count would change with no row changing";
    static const char subquery_reason[] =
        "subqueries are not read here: a predicate is about one row";
    static const struct {
        const char *word, *reason;
    } refused[] = {
        {"like", "LIKE is not read here: databases disagree on letter case"},
        {"ilike", "ILIKE is not read here: SQLite has none"},
        {"similar", "SIMILAR TO is not read here: SQLite has none"},
        {"glob", "GLOB is not read here: Postgres has none"},
        {"regexp", "REGEXP is not read here: Postgres has none"},
        {"match", "MATCH is not read here: Postgres has none"},
        {"overlaps", "OVERLAPS is not read here: SQLite has none"},
        {"case", "CASE is not read here: write the condition with AND and OR"},
        {"cast", "casts are not read here: compare the column in its own type"},
        {"collate", "COLLATE is not read here: text takes equality only"},
        {"exists", subquery_reason},
        {"select", subquery_reason},
        {"unknown", "IS UNKNOWN is not read here, as SQLite has none: write IS NULL"},
        {"isnull", "write IS NULL"},
        {"notnull", "write IS NOT NULL"},
        {"current_timestamp", time_reason},
        {"current_date", time_reason},
        {"current_time", time_reason},
        {"localtimestamp", time_reason},
        {"localtime", time_reason},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (lex_is_keyword(l, refused[i].word))
            return refused[i].reason;
    return NULL;
}

/* Whether the word is no column in Postgres (sections R and T of its keywords, and what reads as a
 * function; postgresql.org/docs, "SQL Key Words", versions 15 to 17) or in SQLite (keywords without
 * a fallback to a name, src/parse.y). */
static bool is_reserved(const struct lexer *l)
{
    static const char words[] =
        " add all alter analyse analyze and any array as asc asymmetric authorization "
        "autoincrement between binary both case cast check collate collation column commit "
        "concurrently constraint create cross current_catalog current_date current_role "
        "current_schema current_time current_timestamp current_user default deferrable delete "
        "desc distinct do drop else end escape except exists false fetch for foreign freeze "
        "from full grant group having ilike in index initially inner insert intersect into is "
        "isnull join lateral leading left like limit localtime localtimestamp natural not "
        "nothing notnull null offset on only or order outer overlaps placing primary raise "
        "references returning right select session_user set similar some symmetric "
        "system_user table tablesample then to trailing transaction true union unique update "
        "user using values variadic verbose when where window with ";
    char word[24] = " ";
    size_t len = l->token.end - l->token.start;
    if (len + 3 > sizeof(word))
        return false;
    for (size_t n = 0; n < len; n++)
        word[1 + n] = (char)tolower((unsigned char)l->text[l->token.start + n]);
    word[1 + len] = ' ';
    return strstr(words, word) != NULL;
}

bool lex_check_operator(struct lexer *l)
{
    const char *reason = reason_of(l);
    return reason == NULL || lex_fail(l, l->token.start, reason);
}

bool lex_check_column(struct lexer *l)
{
    if (!is_reserved(l))
        return true;
    const char *reason = reason_of(l);
    return lex_fail(l, l->token.start,
                    reason != NULL ? reason
                                   : "a column or a literal must stand here; a column of this name "
                                     "needs double quotes");
}
