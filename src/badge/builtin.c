#include "badge/definition.h"

#include <assert.h>

/* The badges that badged ships, in the order of the answer. */
static const struct source_spec crawls_failed = {.table = "crawl_attempts",
                                                 .where = "status = 'failed' AND can_retry"};
static const struct source_spec crawl_failures[] = {
    {.table = "crawl_attempts", .where = "status = 'failed' AND can_retry"},
    {.table = "page_failures", .where = "NOT is_resolved"}};
static const struct source_spec conversations_failed = {
    .table = "integration_outbox",
    .where = "status = 'failed' AND conversation_id IS NOT NULL",
    .distinct = "conversation_id"};
static const struct source_spec feedback_pressing = {
    .table = "feedback", .where = "priority IN ('urgent', 'high') AND resolved_at IS NULL"};
static const struct source_spec integrations_broken = {.table = "integrations",
                                                       .where = "status IN ('error', 'disabled')"};
static const struct source_spec deliveries_failed = {.table = "integration_outbox",
                                                     .where = "status = 'failed'"};

static const struct badge_spec badges[] = {
    {.name = "knowledge.sites", .is_zero_null = true},
    {.name = "knowledge.sources", .is_zero_null = true, .count = &crawls_failed, .count_len = 1},
    {.name = "knowledge.documents", .is_zero_null = true},
    {.name = "knowledge.answers", .is_zero_null = true},
    {.name = "knowledge.crawlFailures",
     .is_zero_null = true,
     .count = crawl_failures,
     .count_len = 2},
    {.name = "knowledge.widget", .is_zero_null = true},
    {.name = "conversations", .is_zero_null = true, .count = &conversations_failed, .count_len = 1},
    {.name = "feedback", .is_zero_null = true, .count = &feedback_pressing, .count_len = 1},
    {.name = "integrations.installed", .count = &integrations_broken, .count_len = 1},
    {.name = "integrations.marketplace"},
    {.name = "automation.rules"},
    {.name = "automation.outbox", .count = &deliveries_failed, .count_len = 1},
};

struct definitions *definitions_builtin(void)
{
    struct definitions *d = definitions_new();
    for (size_t i = 0; i < sizeof(badges) / sizeof(badges[0]); i++) {
        struct spec_fault fault;
        struct error error;
        enum err err = definitions_add(d, &badges[i], &fault, &error);
        assert(err == ERR_OK);
    }
    return d;
}
