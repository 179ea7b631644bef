#include "serve/route.h"

#include "serve/assets.h"
#include "serve/badges.h"
#include "serve/health.h"
#include "serve/page.h"
#include "serve/problem.h"
#include "serve/sidebar.h"
#include "serve/stream.h"

#include <string.h>

static const struct route routes[] = {
    {"/api/sidebar/badges", badges_answer},
    {"/api/sidebar/badges/stream", stream_answer},
    {"/api/sidebar/badges/history", badges_answer_history},
    {"/api/sidebar", sidebar_answer},
    {"/livez", health_answer_live},
    {"/readyz", health_answer_ready},
    {"/demo/tenants", assets_answer_tenants},
};
static const struct route page_route = {"a page", assets_answer_page};

const struct route *route_find(const char *path, const struct page_file **ret_page)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    *ret_page = page_find(path);
    return *ret_page != NULL ? &page_route : NULL;
}

static struct reply refuse_path(void)
{
    struct error e;
    (void)error_set(&e, ERR_NOT_FOUND, "nothing has this path; badge counts are at %s",
                    routes[0].path);
    return problem_reply(&e);
}

static struct reply refuse_method(const struct route *route)
{
    struct error e;
    (void)error_set(&e, ERR_METHOD, "%s takes GET and HEAD only", route->path);
    struct reply reply = problem_reply(&e);
    reply_add(&reply, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    return reply;
}

struct reply route_answer(const struct service *s, const struct request *r, const char *method)
{
    if (r->route == NULL)
        return refuse_path();
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse_method(r->route);
    return r->route->answer(s, r);
}
