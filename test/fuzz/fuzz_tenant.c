/* What a client can write in a request: any bytes are either taken for what they say, or refused.
 *
 * The first byte of the input chooses the parser: 't' a tenant, 'e' a value of If-None-Match, 'g' a
 * value of Accept-Encoding, 'h' a value of Host, 'u' a request target, 'l' a head as libmicrohttpd
 * leaves it in memory, with its target at the place where the next byte says.
 */
#include "serve/coding.h"
#include "serve/etag.h"
#include "serve/head.h"
#include "serve/host.h"
#include "serve/target.h"
#include "serve/tenant.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A tenant that is taken is written as the value was, but for the case of its letters; one that is
 * not says so in a sentence that does not grow with the value. */
static void check_tenant(const char *value, size_t len)
{
    struct uuid tenant;
    struct error e = {0};
    char text[UUID_TEXT_LEN + 1];
    if (tenant_parse(value, len, &tenant, &e) != ERR_OK) {
        assert(e.code == ERR_REQUEST && e.message[0] != '\0' && strlen(e.message) < 200);
        return;
    }
    uuid_format(&tenant, text);
    assert(len == UUID_TEXT_LEN && strncasecmp(value, text, len) == 0);
}

/* Nothing lists a tag that does not spell it, or is a star; and to put another tag in front of a
 * value that lists it changes nothing. */
static void check_etag(const char *value, size_t len)
{
    static const char front[] = "W/\"\" ,";
    const struct etag tag = etag_of("abc", 3);
    if (!etag_is_listed(value, len, &tag))
        return;
    assert(memmem(value, len, tag.text, ETAG_LEN) != NULL || memchr(value, '*', len) != NULL);
    if (memchr(value, '*', len) != NULL && memmem(value, len, tag.text, ETAG_LEN) == NULL)
        return;
    char *longer = malloc(sizeof(front) - 1 + len);
    assert(longer != NULL);
    memcpy(longer, front, sizeof(front) - 1);
    memcpy(longer + sizeof(front) - 1, value, len);
    assert(etag_is_listed(longer, sizeof(front) - 1 + len, &tag));
    free(longer);
}

/* Nothing takes gzip that does not spell it, or is a star; and another coding in front of a value
 * that takes it changes nothing. */
static void check_coding(const char *value, size_t len)
{
    static const char front[] = "br;q=0.5 ,";
    if (!coding_takes_gzip(value, len))
        return;
    bool is_named = false;
    for (size_t i = 0; i + 4 <= len; i++)
        is_named |= strncasecmp(value + i, "gzip", 4) == 0;
    assert(is_named || memchr(value, '*', len) != NULL);
    char *longer = malloc(sizeof(front) - 1 + len);
    assert(longer != NULL);
    memcpy(longer, front, sizeof(front) - 1);
    memcpy(longer + sizeof(front) - 1, value, len);
    assert(coding_takes_gzip(longer, sizeof(front) - 1 + len));
    free(longer);
}

static void check_host(const char *value, size_t len)
{
    if (!host_is_loopback(value, len))
        return;
    for (size_t i = 0; i < len; i++)
        assert(value[i] != '\0' &&
               strchr("0123456789.:[]abcdeflhostABCDEFLHOST", value[i]) != NULL);
}

/* A path is visible ASCII, and its own path. */
static void check_target(const char *text, size_t len)
{
    struct target once, again;
    enum fault fault = target_parse(text, len, &once);
    if (fault != FAULT_NONE) {
        struct error e;
        fault_error(fault, &e);
        return;
    }
    if (once.path[0] == '\0')
        return;
    assert(once.path[0] == '/' && strlen(once.path) <= len);
    for (const char *c = once.path; *c != '\0'; c++)
        assert(*c > 0x20 && *c < 0x7F && *c != '?' && *c != '#');
    assert(target_parse(once.path, strlen(once.path), &again) == FAULT_NONE);
    assert(strcmp(once.path, again.path) == 0);
}

/* A head that passes is lines of what stands between NULs, and nothing was left over. */
static void check_head(const char *bytes, size_t len)
{
    if (len < 2)
        return;
    const struct head h = {bytes + 2, len - 2, (unsigned char)bytes[0], (unsigned char)bytes[1]};
    if (!head_check(&h))
        return;
    assert(h.target + h.target_len < h.len && h.len >= 4);
    assert(memcmp(h.bytes + h.len - 4, "\0\0\0\0", 4) == 0);
    assert(head_is_token(h.bytes, h.target - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *exact = malloc(size); /* without the first byte, and nothing behind the last */
    assert(exact != NULL);
    size_t len = size - 1;
    memcpy(exact, data + 1, len);
    char *value = realloc(exact, len > 0 ? len : 1);
    assert(value != NULL);
    switch (data[0]) {
    case 't':
        check_tenant(value, len);
        break;
    case 'e':
        check_etag(value, len);
        break;
    case 'g':
        check_coding(value, len);
        break;
    case 'h':
        check_host(value, len);
        break;
    case 'u':
        check_target(value, len);
        break;
    case 'l':
        check_head(value, len);
        break;
    default:
        break;
    }
    free(value);
    return 0;
}
