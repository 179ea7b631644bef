/* A client that writes what it is told, byte for byte, and reads answers strictly.
 *
 * Ownership: client_open makes a client, client_close frees it with the answers it gave. Whatever
 * does not go as it should fails the test, a server that is silent for CLIENT_PATIENCE_S among it.
 */
#ifndef BADGED_TEST_SERVE_CLIENT_H
#define BADGED_TEST_SERVE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CLIENT_PATIENCE_S = 20,
    CLIENT_BYTES_MAX = 64 * 1024
};

struct client;

struct answer {
    int status;
    char head[4096];
    char body[48 * 1024];
    size_t body_len;
};

struct client *client_open(uint16_t port);
void client_close(struct client *c);

/* client_close_with(c, text): send a text with the end of the connection in its last packet. */
void client_close_with(struct client *c, const char *text);

/* client_send(c, bytes, len): all of it. false: the server closed the connection before.
 * client_puts: a text. */
bool client_send(struct client *c, const char *bytes, size_t len);
bool client_puts(struct client *c, const char *text);

/* client_end(c): close the sending half. */
void client_end(struct client *c);

/* client_read(c, ret): read one answer. client_read_head: without a body, as to HEAD and in a 304.
 */
void client_read(struct client *c, struct answer *ret);
void client_read_head(struct client *c, struct answer *ret);

/* client_read_chunk(c, out, room): read one chunk of a body (RFC 9112, section 7.1), as a text with
 * its NUL, of less than room bytes. Returns its length, 0 for the one that ends the body. */
size_t client_read_chunk(struct client *c, char *out, size_t room);

/* client_is_closed(c): wait until the server closes the connection, or sends a byte: then false.
 * client_discard: forget what was read and belongs to no answer. */
bool client_is_closed(struct client *c);
void client_discard(struct client *c);

/* client_read_rest(c, out, room): read until the server closes the connection, as a text with its
 * NUL, of less than room bytes. Returns its length. */
size_t client_read_rest(struct client *c, char *out, size_t room);

/* client_is_quiet(c): whether there is nothing to read right now. */
bool client_is_quiet(struct client *c);

/* answer_field(a, name): the value of a header field, in memory of a's until the next call; NULL
 * when it is not there. Fails the test when it is there twice. */
const char *answer_field(const struct answer *a, const char *name);

#endif
