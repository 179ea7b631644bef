#include "doctor/fetch.h"

#include "base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct fetched *f = context;
    if (size * n > FETCH_BODY_BYTES_MAX - f->body.len)
        return 0; /* which ends the transfer */
    buffer_add(&f->body, bytes, size * n);
    return size * n;
}

/* The value of a header field of that name, without white space around it; 0 when it is another. */
static size_t value_of(const char *line, size_t len, const char *name, const char **ret)
{
    size_t skip = strlen(name);
    if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
        return 0;
    for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t');)
        skip++;
    while (len > skip && (unsigned char)line[len - 1] <= ' ')
        len--;
    *ret = line + skip;
    return len - skip;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct fetched *f = context;
    const char *value;
    size_t len = value_of(bytes, size * n, "Badged-As-Of", &value);
    if (len > 0 && len < sizeof(f->as_of))
        (void)snprintf(f->as_of, sizeof(f->as_of), "%.*s", (int)len, value);
    if (value_of(bytes, size * n, "Badged-Stale", &value) > 0)
        f->is_stale = true;
    return size * n;
}

CURL *fetch_prepare(const char *url)
{
    CURL *c = curl_easy_init();
    if (c == NULL)
        return NULL;
    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)FETCH_MS_MAX);
    (void)curl_easy_setopt(c, CURLOPT_USERAGENT, "badged-doctor/" BADGED_VERSION);
    (void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    return c;
}

static enum err perform(CURL *c, const char *url, struct error *e)
{
    char detail[CURL_ERROR_SIZE] = "";
    (void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = curl_easy_perform(c);
    if (code == CURLE_OK)
        return ERR_OK;
    return error_set(e, ERR_UNAVAILABLE, "%s: %s", url,
                     detail[0] != '\0' ? detail : curl_easy_strerror(code));
}

bool fetch_is_there(const char *url, struct error *e)
{
    CURL *c = fetch_prepare(url);
    if (c == NULL) {
        (void)error_set(e, ERR_SYSTEM, "libcurl does not start");
        return false;
    }
    (void)curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
    enum err err = perform(c, url, e);
    curl_easy_cleanup(c);
    return err == ERR_OK;
}

enum err fetch_badges(const char *url, const char *tenant, struct fetched *ret, struct error *e)
{
    struct buffer target = {0};
    char field[64];
    buffer_printf(&target, "%s/api/sidebar/badges", url);
    (void)snprintf(field, sizeof(field), "X-Tenant-Id: %s", tenant);
    struct curl_slist *fields = curl_slist_append(NULL, field);
    CURL *c = fetch_prepare(target.bytes);
    enum err err = c == NULL ? error_set(e, ERR_SYSTEM, "libcurl does not start") : ERR_OK;
    if (err == ERR_OK) {
        (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
        (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
        (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, ret);
        (void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
        (void)curl_easy_setopt(c, CURLOPT_HEADERDATA, ret);
        err = perform(c, target.bytes, e);
    }
    if (err == ERR_OK)
        (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_cleanup(c);
    curl_slist_free_all(fields);
    buffer_fini(&target);
    return err;
}

void fetched_fini(struct fetched *f)
{
    buffer_fini(&f->body);
}

void fetched_explain(const struct fetched *f, struct error *e)
{
    json_t *problem = f->body.len > 0 ? json_loadb(f->body.bytes, f->body.len, 0, NULL) : NULL;
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    (void)error_set(e, ERR_NOT_READY, "it answered %ld%s%s", f->status, detail != NULL ? ": " : "",
                    detail != NULL ? detail : "");
    e->message[utf8_disarm(e->message, strlen(e->message), "")] = '\0';
    json_decref(problem);
}
