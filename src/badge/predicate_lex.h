/* The tokens of a predicate: words, names in double quotes, texts, numbers and symbols, cut where
 * Postgres (src/backend/parser/scan.l) and SQLite (src/tokenize.c) both cut them. What the two cut
 * differently, or only one of them knows, is refused.
 *
 * Ownership: a lexer is a plain value and keeps a pointer to the text, which outlives it; texts
 * that it returns are the caller's. The first fault stands: every later call fails as well.
 */
#ifndef BADGED_BADGE_PREDICATE_LEX_H
#define BADGED_BADGE_PREDICATE_LEX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

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
    size_t start, end; /* offsets in the text */
};

struct lexer {
    const char *text;
    size_t len;
    struct token token;  /* the one looked at */
    struct error *error; /* may be NULL */
    enum err err;        /* of the first fault, ERR_OK before */
    size_t fault;        /* its offset in the text, at most len */
};

/* lex_fail(l, offset, message): note a fault, unless there is one already. Always false. */
bool lex_fail(struct lexer *l, size_t offset, const char *message);

/* lex_next(l): look at the next token, the first one when l->token is zeroed; at the end, that is
 * TOKEN_END. False after a fault. */
bool lex_next(struct lexer *l);

/* lex_is_symbol(l, symbol), lex_is_keyword(l, keyword): whether the token looked at is that one; a
 * keyword in any letter case. */
bool lex_is_symbol(const struct lexer *l, const char *symbol);
bool lex_is_keyword(const struct lexer *l, const char *keyword);

/* lex_expect(l, is_there, message): go on to the next token when what must stand here does, else
 * fail. */
bool lex_expect(struct lexer *l, bool is_there, const char *message);

/* lex_check_operator(l): fail, with the reason, at a word that SQL has for an operator and
 * predicates have not. */
bool lex_check_operator(struct lexer *l);

/* lex_check_column(l): fail at a word that one of the databases does not take for a column. */
bool lex_check_column(struct lexer *l);

/* lex_text(l): the token's text: of a string or a quoted column without its quotes, doubled ones
 * made single; of a word in lower case. */
char *lex_text(const struct lexer *l);

#endif
