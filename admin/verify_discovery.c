#include <apr_strings.h>
#include <string.h>

#include "progress.h"
#include "verify_discovery.h"

/*
 * The closure, breadth first, each URL once:
 * 1. the answers of the list whose rules say that there are links in them are the first level
 * 2. the links of a level's answers, in documents and in heads, are held against the store
 * 3. those that lead to a listener are asked, as who got them asked: their answers are the next level
 */

#define LEVELS 8                /* a pool's documents hand out others three times at most */
#define ALL_LINKS 2000
#define ALL_SECONDS 180         /* whoever hands out many links may answer slowly, too */
#define SLICE 32                /* asked before the time is looked at */

typedef struct step_t {
    verify_check_t *check;
    const verify_check_t *origin;       /* whose answer it is from */
    int document;               /* its answer is to be one */
} step_t;

typedef struct walk_t {
    verify_t *verify;
    apr_pool_t *pool;
    apr_pool_t *scratch;        /* of the answer that is read */
    const json_t *words;        /* discovery.json */
    apr_hash_t *seen;           /* by key; of a URL that is none by what is shown of it */
    apr_hash_t *lookups;        /* host -> plan_lookup_t */
    apr_hash_t *unknown;        /* hosts of which it was told that they are not in DNS */
    apr_array_header_t *answers, *next;         /* of step_t */
    int left_out;
    apr_time_t end;             /* after which nothing more is asked */
} walk_t;

static const json_t *fault_of(const walk_t *walk, const char *fault)
{
    return json_object_get(json_object_get(walk->words, "faults"), fault);
}

static const char *say(const walk_t *walk, const char *words, const discovery_url_t *url, const verify_link_t *link)
{
    apr_pool_t *p = walk->pool;

    words = verify_word(p, words, "{host}", url ? url->host : NULL);
    words = verify_word(p, words, "{port}", url ? apr_itoa(p, url->port) : NULL);
    words = verify_word(p, words, "{ports}", link ? link->ports : NULL);
    words = verify_word(p, words, "{limit}", apr_itoa(p, DISCOVERY_LINKS));
    words = verify_word(p, words, "{all}", apr_itoa(p, ALL_LINKS));
    return verify_word(p, words, "{levels}", apr_itoa(p, LEVELS));
}

/* What is said of a fault; advice is no fault. */
static void blame(const walk_t *walk, verify_check_t *check, const char *fault, const discovery_url_t *url,
                  const verify_link_t *link)
{
    const json_t *words = fault_of(walk, fault);

    check->ok = json_is_true(json_object_get(words, "advice"));
    check->hint = say(walk, lyncadm_json_text(words, "hint"), url, link);
    if (!check->ok)
        check->expected = say(walk, lyncadm_json_text(words, "expected"), url, link);
}

static verify_check_t *add(const walk_t *walk, const verify_check_t *origin, const verify_link_t *link,
                           const char *target)
{
    return verify_add(walk->verify, json_object_get(walk->words, "link"), link->name ? link->name : origin->name,
                      link->listener ? link->listener : origin->listener, target);
}

static const char *origin_of(const walk_t *walk, const verify_check_t *origin)
{
    return discovery_shown(origin->ask->url, walk->pool);
}

/* A finding about an answer's links as a whole. */
static void add_whole(walk_t *walk, const verify_check_t *origin, const char *fault, const char *came)
{
    verify_link_t link = { 0 };
    verify_check_t *check = add(walk, origin, &link, NULL);

    check->asked = apr_pstrcat(walk->pool, "links of ", origin_of(walk, origin), NULL);
    check->came = came;
    blame(walk, check, fault, NULL, NULL);
}

/* Who was given a link asks in the same way. */
static void add_request(walk_t *walk, const verify_check_t *origin, verify_check_t *check, const char *token)
{
    const char *accept = origin->ask->send ? apr_table_get(origin->ask->send, "Accept") : NULL;
    apr_table_t *send = apr_table_make(walk->pool, 2);
    step_t *step = apr_array_push(walk->next);

    if (accept)
        apr_table_setn(send, "Accept", accept);
    check->ask->send = send;
    step->check = check;
    step->origin = origin;
    step->document = lyncadm_json_has(json_object_get(walk->words, "documents"), token);
}

/* The certificate's fault keeps nobody from asking what else there is. */
static int is_asked(const walk_t *walk, const verify_link_t *link)
{
    return !link->fault || json_is_true(json_object_get(fault_of(walk, link->fault), "follow"));
}

/* An external site hands these out, too: clients outside leave them alone. */
static int is_for_inside(const walk_t *walk, const discovery_link_t *handed)
{
    const char *prefix = lyncadm_json_text(json_object_get(walk->words, "internal"), "tokens");

    return !strncasecmp(handed->token, prefix, strlen(prefix));
}

static void take_link(walk_t *walk, const verify_check_t *origin, const discovery_url_t *base,
                      const discovery_link_t *handed)
{
    verify_check_t *check;
    verify_link_t link;
    discovery_url_t url;
    int followed = !lyncadm_json_has(json_object_get(walk->words, "not_followed"), handed->token);
    const char *key;

    discovery_url(handed->href ? handed->href : "", base, &url, walk->scratch);
    key = apr_pstrcat(walk->scratch, followed ? "" : handed->token, url.fault ? url.shown : url.key, NULL);
    if (apr_hash_get(walk->seen, key, APR_HASH_KEY_STRING))
        return;
    if (apr_hash_count(walk->seen) == ALL_LINKS) {
        ++walk->left_out;
        return;
    }
    apr_hash_set(walk->seen, apr_pstrdup(walk->pool, key), APR_HASH_KEY_STRING, "");
    verify_link(walk->verify, walk->words, &url, &link);
    check = add(walk, origin, &link, followed && is_asked(walk, &link) ? url.target : NULL);
    check->route = link.route;
    check->asked = apr_psprintf(walk->pool, "link %s of %s: %s", handed->token, origin_of(walk, origin), url.shown);
    check->came = apr_pstrdup(walk->pool, link.came ? link.came : url.shown);
    check->ok = !followed;
    if (link.fault)
        blame(walk, check, link.fault, &url, &link);
    if (check->ask)
        add_request(walk, origin, check, handed->token);
}

/* The document of an answer; what is none has no links but in its head. */
static discovery_document_t *document_of(const walk_t *walk, const step_t *step)
{
    verify_check_t *check = step->check;
    const char *type = apr_table_get(check->ask->came, "Content-Type");
    int data = type && (strstr(type, "json") || strstr(type, "xml")) && !strstr(type, "html");
    discovery_document_t *document = NULL;
    const lync_err_t *err = NULL;

    if (check->ask->status == 200 && (step->document || data))
        err = discovery_read(check->ask->body, strlen(check->ask->body), type, origin_of(walk, check), &document,
                             walk->scratch);
    if (err && step->document && check->ok) {
        blame(walk, check, "document", NULL, NULL);
        check->came = apr_pstrdup(walk->pool, err->sentence);
    }
    return err || !document ? discovery_document(walk->scratch) : document;
}

/* The internal site says so. */
static void judge_location(const walk_t *walk, verify_check_t *check, const discovery_document_t *document)
{
    const char *internal = lyncadm_json_text(json_object_get(walk->words, "internal"), "location");

    if (!check->ok || !document->location || strcasecmp(document->location, internal))
        return;
    blame(walk, check, "site", NULL, NULL);
    check->came = apr_pstrcat(walk->pool, check->came, ", of site ", document->location, NULL);
}

static void read_answer(walk_t *walk, const step_t *step)
{
    verify_check_t *check = step->check;
    discovery_document_t *document;
    discovery_url_t base;
    int i;

    if (check->ask->error || !check->ask->status || (!check->ok && check->ask->status / 100 == 3))
        return;                 /* a redirect in the place of a document has been told of */
    document = document_of(walk, step);
    judge_location(walk, check, document);
    discovery_fields(check->ask->came, document);
    discovery_url(check->ask->url, NULL, &base, walk->pool);
    for (i = 0; i < document->links->nelts; ++i) {
        const discovery_link_t *handed = &APR_ARRAY_IDX(document->links, i, discovery_link_t);

        if (!is_for_inside(walk, handed))
            take_link(walk, check, &base, handed);
    }
    if (document->left_out)
        add_whole(walk, check, "many", apr_itoa(walk->pool, document->links->nelts + document->left_out));
}

/* Where a proxy is named by its address, DNS may not know it yet. But who finds one name of it looks for the others:
 * that is told once of each, and no fault. Elsewhere who asks finds out. */
static void tell_unknown(walk_t *walk, const step_t *step)
{
    const char *host = step->check->name->host;
    const plan_lookup_t *lookup = apr_hash_get(walk->lookups, host, APR_HASH_KEY_STRING);
    const plan_lookup_t *origin = apr_hash_get(walk->lookups, step->origin->name->host, APR_HASH_KEY_STRING);
    discovery_url_t url = { .host = host };
    verify_check_t *check;

    if (!lookup->answered || lookup->addresses->nelts || !origin->addresses->nelts
        || apr_hash_get(walk->unknown, host, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(walk->unknown, host, APR_HASH_KEY_STRING, host);
    check = verify_add(walk->verify, json_object_get(walk->words, "dns"), step->check->name, step->check->listener,
                       NULL);
    check->asked = apr_pstrcat(walk->pool, "DNS ", host, NULL);
    check->came = "no such name";
    blame(walk, check, "dns", &url, NULL);
}

static void want(const walk_t *walk, const char *host, apr_array_header_t *hosts)
{
    int i;

    for (i = 0; i < hosts->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(hosts, i, const char *), host))
            return;
    }
    if (!apr_hash_get(walk->lookups, host, APR_HASH_KEY_STRING))
        APR_ARRAY_PUSH(hosts, const char *) = host;
}

static void look_up(walk_t *walk)
{
    apr_array_header_t *hosts = apr_array_make(walk->pool, 8, sizeof(const char *));
    int i;

    if (!walk->verify->connect)
        return;
    for (i = 0; i < walk->next->nelts; ++i) {
        want(walk, APR_ARRAY_IDX(walk->next, i, step_t).check->name->host, hosts);
        want(walk, APR_ARRAY_IDX(walk->next, i, step_t).origin->name->host, hosts);
    }
    walk->lookups = apr_hash_overlay(walk->pool, plan_lookup(hosts, walk->pool), walk->lookups);
    for (i = 0; i < walk->next->nelts; ++i)
        tell_unknown(walk, &APR_ARRAY_IDX(walk->next, i, step_t));
}

static void judge(walk_t *walk, verify_check_t *check)
{
    const char *hint = check->hint, *before = check->came;

    verify_judge(walk->verify, check);
    if (!hint)
        return;
    check->ok = 0;
    check->hint = hint;
    check->came = apr_pstrcat(walk->pool, before, "; ", check->came, NULL);
}

static const lync_err_t *ask_slice(walk_t *walk, int first)
{
    apr_array_header_t *asks = apr_array_make(walk->pool, SLICE, sizeof(verify_ask_t *));
    int i;

    for (i = first; i < walk->next->nelts && i < first + SLICE; ++i)
        APR_ARRAY_PUSH(asks, verify_ask_t *) = APR_ARRAY_IDX(walk->next, i, step_t).check->ask;
    LYNC_TRY(verify_fetch(asks, walk->pool));
    for (i = first; i < first + asks->nelts; ++i)
        judge(walk, APR_ARRAY_IDX(walk->next, i, step_t).check);
    return NULL;
}

static const lync_err_t *ask_next(walk_t *walk)
{
    int i;

    lyncadm_progress_begin("following links", walk->next->nelts);
    look_up(walk);
    for (i = 0; i < walk->next->nelts && apr_time_now() < walk->end; i += SLICE)
        LYNC_TRY(ask_slice(walk, i));
    for (; i < walk->next->nelts; ++i)
        APR_ARRAY_IDX(walk->next, i, step_t).check->came = "not asked: the answers before took too long";
    return NULL;
}

/* 1 */
static void begin(walk_t *walk)
{
    const apr_array_header_t *checks = walk->verify->checks;
    int i;

    for (i = 0; i < checks->nelts; ++i) {
        verify_check_t *check = APR_ARRAY_IDX(checks, i, verify_check_t *);

        if (check->ask && json_is_true(json_object_get(check->rule, "links"))) {
            step_t *step = apr_array_push(walk->next);

            step->check = check;
            step->origin = check;
            step->document = 1;
        }
    }
}

const lync_err_t *verify_discovery(verify_t *verify)
{
    apr_pool_t *p = verify->pool;
    walk_t walk = { .verify = verify, .pool = p, .words = lyncadm_template(p, "discovery"), .seen = apr_hash_make(p),
                    .lookups = apr_hash_make(p), .unknown = apr_hash_make(p),
                    .next = apr_array_make(p, 16, sizeof(step_t)),
                    .end = apr_time_now() + apr_time_from_sec(ALL_SECONDS) };
    int level, i;

    apr_pool_create(&walk.scratch, p);
    begin(&walk);
    for (level = 0; level < LEVELS && walk.next->nelts; ++level) {
        walk.answers = walk.next;
        walk.next = apr_array_make(p, 16, sizeof(step_t));
        for (i = 0; i < walk.answers->nelts; ++i) {                             /* 2 */
            read_answer(&walk, &APR_ARRAY_IDX(walk.answers, i, step_t));
            verify_forget(APR_ARRAY_IDX(walk.answers, i, step_t).check->ask);
            apr_pool_clear(walk.scratch);
        }
        LYNC_TRY(ask_next(&walk));                                              /* 3 */
    }
    if (walk.left_out)
        add_whole(&walk, APR_ARRAY_IDX(walk.answers, 0, step_t).check, "many", apr_itoa(p, ALL_LINKS + walk.left_out));
    if (walk.next->nelts)
        add_whole(&walk, APR_ARRAY_IDX(walk.next, 0, step_t).check, "deep", "more links");
    return NULL;
}
