/* What an autodiscover service, or whoever is in its place, may answer: a document, or the fields of a head. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "../../admin/discovery.h"
#include "value.h"

static void can_be_shown(const char *text)
{
    const char *c;

    PROMISE(strlen(text) <= DISCOVERY_SHOWN + 3);
    for (c = text; *c; ++c)
        PROMISE(*c > ' ' && *c < 0x7f && *c != '"' && *c != '\'' && *c != '<' && *c != '\\');
}

/* What is asked for is http or https of a host by its name, and no user's. */
static void check_url(const char *href, const discovery_url_t *base, apr_pool_t *p)
{
    discovery_url_t url, again;

    discovery_url(href, base, &url, p);
    can_be_shown(url.shown);
    if (url.fault)
        return;
    PROMISE(!strcmp(url.scheme, "https") || !strcmp(url.scheme, "http"));
    PROMISE(lync_value_is_host(url.host) && url.port >= 1 && url.port <= 65535);
    PROMISE(*url.target == '/' && !strpbrk(url.target, " \r\n#"));
    discovery_url(url.key, NULL, &again, p);
    PROMISE(!again.fault && !strcmp(again.key, url.key));
}

static void check(const discovery_document_t *document, apr_pool_t *p)
{
    discovery_url_t base;
    int i;

    discovery_url("https://webext.contoso.com/", NULL, &base, p);
    PROMISE(document->links->nelts <= DISCOVERY_LINKS && document->servers->nelts <= DISCOVERY_LINKS);
    for (i = 0; i < document->links->nelts; ++i) {
        const discovery_link_t *link = &APR_ARRAY_IDX(document->links, i, discovery_link_t);

        can_be_shown(link->token);
        if (link->href)
            check_url(link->href, &base, p);
    }
    for (i = 0; i < document->servers->nelts; ++i) {
        can_be_shown(APR_ARRAY_IDX(document->servers, i, discovery_link_t).token);
        can_be_shown(APR_ARRAY_IDX(document->servers, i, discovery_link_t).href);
    }
    if (document->location)
        can_be_shown(document->location);
}

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    static const char *const types[] = { NULL, "application/json", "text/xml" };
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    apr_table_t *fields = apr_table_make(p, 2);
    discovery_document_t *document;
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); ++i) {
        if (!discovery_read((const char *)data, size, types[i], "fuzz", &document, p))
            check(document, p);
    }
    apr_table_set(fields, "X-MS-WebTicketURL", text);
    apr_table_set(fields, "WWW-Authenticate", text);
    document = discovery_document(p);
    discovery_fields(fields, document);
    check(document, p);
    check_url(text, NULL, p);
}
