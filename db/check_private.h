#ifndef LYNC_CHECK_PRIVATE_H
#define LYNC_CHECK_PRIVATE_H

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "check.h"

/* One run of the rule book over a model. The chapters are the files check_*.c. */
typedef struct lync_book_t {
    const lync_model_t *model;
    apr_array_header_t *findings;
    apr_hash_t *routes;         /* lync_book_key() -> lync_route_t */
    apr_hash_t *covered;        /* "listener host" whose certificate has been looked at */
    apr_pool_t *pool;
} lync_book_t;

/* A text in the book's pool. */
#define SAY(...) apr_psprintf(book->pool, __VA_ARGS__)

/* Notes a finding about a row. */
void lync_book_find(lync_book_t *book, lync_level_t level, lync_noun_id_t id, const void *row, const char *message,
                    const char *remedy);
#define FIND(...) lync_book_find(book, __VA_ARGS__)

/* Worst first, for qsort. */
int lync_book_by_level(const void *a, const void *b);

/* What to do about a certificate that is no good any more. */
const char *lync_book_replace(const lync_book_t *book, const lync_certificate_t *certificate);

/* Of the chapter on certificates what is about those that mod_md manages: the row; its file; a host of an https
 * listener, once. */
void lync_check_managed(lync_book_t *book, const lync_certificate_t *certificate);
void lync_check_managed_file(lync_book_t *book, const lync_certificate_t *certificate);
void lync_check_managed_host(lync_book_t *book, const lync_listener_t *listener, const lync_route_t *route);

/* "listener host path" with the path in lower case. */
const char *lync_book_key(const lync_book_t *book, const char *listener, const char *host, const char *path);

/* The chapters: each looks at one row, or (simple URLs, files) at all. */
void lync_check_tls_policy(lync_book_t *book, const lync_tls_policy_t *policy);
void lync_check_listener(lync_book_t *book, const lync_listener_t *listener);
void lync_check_certificate(lync_book_t *book, const lync_certificate_t *certificate);
void lync_check_binding(lync_book_t *book, const lync_binding_t *binding);
void lync_check_coverage(lync_book_t *book, const lync_listener_t *listener, const lync_route_t *route);
void lync_check_pool(lync_book_t *book, const lync_pool_t *pool);
void lync_check_server(lync_book_t *book, const lync_server_t *server);
void lync_check_route(lync_book_t *book, const lync_route_t *route);
void lync_check_simple_urls(lync_book_t *book);

/* Of the chapters on listeners and pools what is about their TLS policies; row and name: of the listener or pool. */
void lync_check_old_tls(lync_book_t *book, lync_noun_id_t noun, const void *row, const char *name,
                        const char *policy);
void lync_check_pool_tls(lync_book_t *book, const lync_pool_t *pool);

#endif
