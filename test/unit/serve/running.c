#include "running.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void running_start(struct running *r, struct server_options o)
{
    struct error e = {0};
    if (o.host == NULL)
        o.host = "127.0.0.1";
    if (o.threads == 0)
        o.threads = 2;
    r->definitions = definitions_builtin();
    assert_int_equal(r->definitions->sources_count, SOURCES);
    r->counts = counts_new(SOURCES);
    enum err err = server_start(&o, r->counts, r->definitions, &r->server, &e);
    assert_string_equal(e.message, "");
    assert_int_equal(err, ERR_OK);
    r->port = server_port(r->server);
}

void running_free(struct running *r)
{
    counts_free(r->counts);
    definitions_free(r->definitions);
}

void running_stop(struct running *r)
{
    server_stop(r->server, 0);
    running_free(r);
}

void running_publish(struct running *r, const char *tenant, const uint64_t numbers[SOURCES],
                     uint64_t position)
{
    struct uuid id;
    assert_true(uuid_parse(tenant, strlen(tenant), &id));
    counts_begin(r->counts);
    counts_set(r->counts, &id, numbers);
    counts_publish(r->counts, (struct as_of){1, position});
    (void)counts_set_status(r->counts, COUNTS_LIVE, "live", NULL, clock_ms());
}

void running_ask(const struct running *r, const char *request, struct answer *ret)
{
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, request));
    if (strncmp(request, "HEAD", 4) == 0)
        client_read_head(c, ret);
    else
        client_read(c, ret);
    client_close(c);
}

const uint64_t running_numbers[SOURCES] = {1, 2, 3, 4, 5, 6};

static struct running *setup(void **state, struct server_options o)
{
    static struct running r;
    running_start(&r, o);
    *state = &r;
    return &r;
}

int running_setup_empty(void **state)
{
    (void)setup(state, (struct server_options){0});
    return 0;
}

int running_setup(void **state)
{
    running_publish(setup(state, (struct server_options){0}), TENANT, running_numbers, 1);
    return 0;
}

int running_setup_hasty(void **state)
{
    running_publish(setup(state, (struct server_options){.phase_s_max = 1}), TENANT,
                    running_numbers, 1);
    return 0;
}

int running_teardown(void **state)
{
    running_stop(*state);
    return 0;
}
