/* Statements that name a table of the user's: filled in from the templates in sql/.
 *
 * Ownership: the texts returned are freed by the caller.
 */
#ifndef BADGED_FEED_SQL_H
#define BADGED_FEED_SQL_H

#include <stddef.h>

struct sql_variable {
    const char *name; /* as it stands in the template, between braces */
    const char *text; /* ready to stand in SQL */
};

/* sql_fill(template, variables, n): the template with each {name} replaced, without the white space
 * at its end. Every name in it must be given (asserted). */
char *sql_fill(const char *template, const struct sql_variable *variables, size_t n);

/* sql_identifier(name), sql_text(text): quoted for SQL as an identifier and as a string literal. */
char *sql_identifier(const char *name);
char *sql_text(const char *text);

#endif
