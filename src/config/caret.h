/* A line of text with a caret under the spot that a message is about.
 *
 *       - { table: orders, where: "staus = 'late'" }
 *                                  ^
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_CONFIG_CARET_H
#define BADGED_CONFIG_CARET_H

#include "base/buffer.h"
#include "config/tree.h"

#include <stdbool.h>
#include <stddef.h>

/* caret_find(t, text, offset, ret_at): the byte of the file where byte offset (at most its length)
 * of a text's value was written. false, and nothing written, for a text in block style or on more
 * than one line: there the two do not match one to one. */
bool caret_find(const struct tree *t, const struct tree_node *text, size_t offset, size_t *ret_at);

/* caret_draw(text, len, at, out): append "\n", the text on one line, cut around byte at where it is
 * long, and a line with the caret, without a newline at its end. One column for each character;
 * every break, tab or control character is shown as a space. */
void caret_draw(const char *text, size_t len, size_t at, struct buffer *out);

/* caret_draw_line(t, at, out): caret_draw of the line of the file that byte at is in. */
void caret_draw_line(const struct tree *t, size_t at, struct buffer *out);

/* caret_is_secret_line(t, at): whether that line could hold a password (it has a URL in it), and
 * must not be shown. */
bool caret_is_secret_line(const struct tree *t, size_t at);

#endif
