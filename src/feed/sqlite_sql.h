/* Reading the SQL that SQLite keeps of a table or an index, as far as its tokens.
 *
 * Ownership: the texts returned are freed by the caller.
 */
#ifndef BADGED_FEED_SQLITE_SQL_H
#define BADGED_FEED_SQLITE_SQL_H

/* sql_plain(text): SQL without its comments. sql_index_where(sql): the condition behind WHERE in
 * the CREATE INDEX statement of a partial index, as sqlite_schema keeps it, without comments; NULL
 * when there is none. */
char *sql_plain(const char *text);
char *sql_index_where(const char *sql);

#endif
