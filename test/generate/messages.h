/* Writes messages of pgoutput, the reverse of feed/pgoutput.h: what a server would send. */
#ifndef BADGED_TEST_GENERATE_MESSAGES_H
#define BADGED_TEST_GENERATE_MESSAGES_H

#include "base/buffer.h"
#include "feed/pgoutput.h"

/* messages_write(m, out): append the bytes of m, whether or not pgoutput_read would take them. */
void messages_write(const struct pgoutput_message *m, struct buffer *out);

#endif
