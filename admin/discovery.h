#ifndef LYNC_DISCOVERY_H
#define LYNC_DISCOVERY_H

#include <apr_tables.h>
#include <jansson.h>

#include "err.h"

/* What discovery hands out (lync-requirements §9, §14.1). It comes over the network: nothing of it is shown or asked
 * for as it is. What its words mean is in templates/publish/discovery.json. */

#define DISCOVERY_LINKS 200     /* of a document or an answer's head; the others are only counted */
#define DISCOVERY_URL 2048      /* bytes of a URL that is asked for */
#define DISCOVERY_SHOWN 160     /* bytes of anything that is shown */

/* discovery_read.c */

typedef struct discovery_link_t {
    const char *token;          /* "User", "self", or the field that it stands in; can be shown */
    const char *href;           /* as in the document; NULL: no text */
} discovery_link_t;

typedef struct discovery_document_t {
    const char *shape;          /* XML, links or HAL */
    const char *location;       /* AccessLocation, which can be shown; NULL: not said */
    apr_array_header_t *links;  /* of discovery_link_t */
    apr_array_header_t *servers;        /* of discovery_link_t: HOST:PORT of SIP servers, which are no links */
    int left_out;               /* links more than DISCOVERY_LINKS */
} discovery_document_t;

/* An empty document. */
discovery_document_t *discovery_document(apr_pool_t *p);

/* The document of an answer's bytes and Content-Type (NULL: none); name is what errors call it. */
const lync_err_t *discovery_read(const char *bytes, apr_size_t length, const char *type, const char *name,
                                 discovery_document_t **document, apr_pool_t *p) LYNC_MUST_USE;

/* Adds the links in an answer's head. */
void discovery_fields(const apr_table_t *fields, discovery_document_t *document);

/* discovery_url.c */

typedef struct discovery_url_t {
    const char *shown;          /* for people: bounded, printable, without a user; in p */
    const char *fault;          /* why nobody is to follow it: no-url, scheme, user or address; NULL: it is good, and
                                   only then the others are set */
    const char *scheme;         /* https or http */
    const char *host;           /* lower case */
    int port;
    const char *target;         /* path and query */
    const char *key;            /* the same of the same URL, however it is spelled */
} discovery_url_t;

/* A URL; one that begins with '/' is base's (NULL: it is none). */
void discovery_url(const char *href, const discovery_url_t *base, discovery_url_t *url, apr_pool_t *p);

/* Text from the network for people: bounded, printable, one word. */
const char *discovery_shown(const char *text, apr_pool_t *p);

#endif
