#include "store/demo_words.h"

#include <string.h>

static const struct demo_words words[DEMO_TENANTS_COUNT] = {
    {
        .slug = "harbour-bakery",
        .usual = {2, 5, 3, 2, 1},
        .sites = {{"Shop", "www.harbour-bakery.example"},
                  {"Recipes", "recipes.harbour-bakery.example"}},
        .integrations = {{"slack", "#counter"},
                         {"email", "orders@harbour-bakery.example"},
                         {"square", "Till"}},
        .pages = {{"/bread/sourdough", "Sourdough"},
                  {"/bread/rye", "Rye"},
                  {"/cakes/wedding", "Wedding cakes"},
                  {"/allergens", "Allergens"},
                  {"/opening-hours", "Opening hours"},
                  {"/order/collect", "Order and collect"},
                  {"/jobs", "Work with us"}},
        .complaints = {{"bug", "Wrong opening hours on Sunday",
                        "The assistant says ten, the door says eight."},
                       {"bug", "Nut allergy question was not answered",
                        "I asked twice whether the rye has nuts."},
                       {"general", "Order for Saturday is missing",
                        "I paid, but got no confirmation."},
                       {"feature_request", "Let me reorder last week's bread",
                        "It would save me a minute a week."},
                       {"ui_ux", "The chat covers the order button on my phone",
                        "I cannot press it."}},
        .questions = {"Is the sourdough vegan?", "Can I collect on Sunday?",
                      "Do you slice the rye?", "How early must I order a wedding cake?"},
    },
    {
        .slug = "ridgeline-cycles",
        .usual = {3, 9, 5, 4, 1},
        .sites = {{"Shop", "www.ridgeline-cycles.example"},
                  {"Workshop", "workshop.ridgeline-cycles.example"},
                  {"Manuals", "manuals.ridgeline-cycles.example"}},
        .integrations = {{"slack", "#workshop"},
                         {"zendesk", "Customer service"},
                         {"email", "service@ridgeline-cycles.example"},
                         {"webhook", "Stock system"}},
        .pages = {{"/bikes/gravel/g2", "Gravel G2"},
                  {"/bikes/city/c1", "City C1"},
                  {"/parts/brakes", "Brakes"},
                  {"/parts/e-bike-batteries", "E-bike batteries"},
                  {"/workshop/prices", "Workshop prices"},
                  {"/warranty", "Warranty"},
                  {"/size-guide", "Size guide"},
                  {"/rental", "Rental"}},
        .complaints =
            {{"bug", "Assistant offers a bike that is out of stock", "I drove an hour for the G2."},
             {"bug", "Battery recall is not mentioned",
              "Mine is on the list, the chat said all is fine."},
             {"performance", "Chat takes half a minute to open", "On the train it never does."},
             {"general", "Nobody called back about my repair", "It was promised for Tuesday."},
             {"improvement", "Show the price of a service up front", "I had to ask three times."},
             {"ui_ux", "Size guide is in centimetres only", "Please add inches."}},
        .questions = {"Which frame size for 1.82 m?", "Is my battery part of the recall?",
                      "When is my repair ready?", "Can I rent two bikes for Sunday?",
                      "Do you take old bikes?"},
    },
    {
        .slug = "ledgerleaf",
        .usual = {6, 18, 12, 9, 2},
        .sites = {{"Website", "www.ledgerleaf.example"},
                  {"Documentation", "docs.ledgerleaf.example"},
                  {"Changelog", "changes.ledgerleaf.example"}},
        .integrations = {{"slack", "#support"},
                         {"zendesk", "Ledgerleaf Help"},
                         {"hubspot", "Sales"},
                         {"webhook", "Status page"},
                         {"email", "support@ledgerleaf.example"}},
        .pages = {{"/api/invoices", "Invoices API"},
                  {"/api/webhooks", "Webhooks"},
                  {"/guides/import-csv", "Import from CSV"},
                  {"/guides/single-sign-on", "Single sign-on"},
                  {"/pricing", "Pricing"},
                  {"/security", "Security"},
                  {"/guides/vat", "VAT"},
                  {"/api/errors", "Errors"}},
        .complaints =
            {{"bug", "CSV import drops the last row", "Every file, since Monday's release."},
             {"bug", "Assistant quotes last year's VAT rate", "Our books would have been wrong."},
             {"performance", "Invoices page needs ten seconds", "With 2,000 invoices."},
             {"feature_request", "Answer in French", "Half of our accountants ask for it."},
             {"bug", "Single sign-on loops back to the login", "With our identity provider only."},
             {"general", "Escalation went to somebody who left", "Please check your list."}},
        .questions = {"How do I import invoices from CSV?", "Why does single sign-on loop?",
                      "Which VAT rate applies to ebooks?", "Can I undo a booking?",
                      "Where is my API key?"},
    },
    {
        .slug = "northgate-clinic",
        .usual = {2, 6, 4, 5, 1},
        .sites = {{"Clinic", "www.northgate-clinic.example"},
                  {"Leaflets", "leaflets.northgate-clinic.example"}},
        .integrations = {{"email", "reception@northgate-clinic.example"},
                         {"teams", "Reception"},
                         {"webhook", "Appointment book"}},
        .pages = {{"/appointments", "Appointments"},
                  {"/vaccinations/travel", "Travel vaccinations"},
                  {"/leaflets/blood-test", "Before a blood test"},
                  {"/leaflets/physiotherapy", "Physiotherapy"},
                  {"/doctors", "Our doctors"},
                  {"/emergency", "In an emergency"},
                  {"/parking", "Parking"}},
        .complaints =
            {{"bug", "Assistant gave an old emergency number", "It was changed in spring."},
             {"general", "No answer about my appointment", "I asked on Friday and again today."},
             {"bug", "Leaflet on blood tests is not found", "The link in the answer is dead."},
             {"improvement", "Say when a human will answer",
              "An hour or a day makes a difference."},
             {"ui_ux", "Text is too small to read", "My mother cannot use it."}},
        .questions = {"Must I fast before a blood test?", "Is there a doctor on Saturday?",
                      "Which vaccinations for Kenya?", "Where can I park with a wheelchair?"},
    },
    {
        .slug = "museum-of-small-things",
        .usual = {0, 1, 0, 1, 0},
        .sites = {{"Museum", "www.smallthings.example"}},
        .integrations = {{"email", "desk@smallthings.example"}, {"slack", "#front-desk"}},
        .pages = {{"/exhibitions/thimbles", "Thimbles"},
                  {"/exhibitions/miniature-books", "Miniature books"},
                  {"/tickets", "Tickets"},
                  {"/schools", "For schools"}},
        .complaints = {{"general", "Ticket for two was charged twice", "The card shows both."},
                       {"ui_ux", "Audio guide does not start", "On the second floor."},
                       {"improvement", "Tell us which rooms are closed",
                        "We came for the thimbles."}},
        .questions = {"Are dogs allowed?", "Is the thimble room open?",
                      "Do you have group tickets?"},
    },
};

const struct demo_fault demo_crawl_faults[] = {
    {"timeout", "ETIMEDOUT", "No answer within 30 seconds", "timeout"},
    {"timeout", "CRAWL_LIMIT", "The crawl did not end within 10 minutes", "took too long"},
    {"network", "ECONNRESET", "The server closed the connection", "connection closed"},
    {"network", "ENOTFOUND", "The name of the host does not resolve", "host not found"},
    {"server", "503", "The server answered 503 Service Unavailable", "503 from the server"},
    {"server", "500", "The server answered 500 Internal Server Error", "500 from the server"},
    {"auth", "403", "The server answered 403 Forbidden", "403 from the server"},
    {"parsing", "SITEMAP", "The sitemap ends in the middle of an element", "broken sitemap"},
    {"conflict", "LOCKED", "Another crawl of this site was under way", "already under way"},
    {NULL, NULL, NULL, NULL},
};

const struct demo_fault demo_page_faults[] = {
    {"timeout", "ETIMEDOUT", "No answer within 30 seconds", "timeout"},
    {"network", "ECONNRESET", "The server closed the connection", "connection closed"},
    {"auth", "401", "The page asks for a login", "asks for a login"},
    {"server", "500", "The server answered 500 Internal Server Error", "500 from the server"},
    {"parsing", "ENCODING", "The page is not in the encoding that it names", "wrong encoding"},
    {"content", "EMPTY", "The page has no text once scripts are left out", "no text"},
    {"content", "TOO_LARGE", "The page is larger than 5 MB", "too large"},
    {NULL, NULL, NULL, NULL},
};

const char *const demo_delivery_faults[] = {
    "429 Too Many Requests",       "401 Unauthorized: the token was revoked", "502 Bad Gateway",
    "no answer within 10 seconds", "404 Not Found: the channel is gone",      NULL,
};

const struct demo_person demo_people[] = {
    {"Ama Boateng", "ama.boateng@mail.example"},
    {"Jonas Weber", "jonas.weber@mail.example"},
    {"Priya Nair", "priya.nair@mail.example"},
    {"Sofia Marino", "sofia.marino@mail.example"},
    {"Tomasz Zielak", "tomasz.zielak@mail.example"},
    {"Hana Sato", "hana.sato@mail.example"},
    {"Luis Herrera", "luis.herrera@mail.example"},
    {"Maeve Byrne", "maeve.byrne@mail.example"},
    {NULL, NULL},
};

const struct demo_words *demo_words(size_t i)
{
    return &words[i];
}

size_t demo_count(const void *list, size_t element_bytes)
{
    size_t n = 0;
    for (;; n++) {
        const char *first;
        memcpy(&first, (const char *)list + n * element_bytes, sizeof(first));
        if (first == NULL)
            return n;
    }
}
