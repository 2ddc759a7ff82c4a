#ifndef LYNC_TEXT_H
#define LYNC_TEXT_H

#include <apr_xml.h>
#include <jansson.h>

#include "err.h"

/* Documents of others: UTF-8 and UTF-16 by byte order mark; JSON; XML without DTD and bounded. name is what errors call
 * a document, kind what it is to be: "topology". */

#define TEXT_DEPTH 32           /* elements within each other; Topology Builder's are about a dozen */
#define TEXT_ELEMENTS 200000
#define TEXT_NAMESPACES 16      /* declared by an element */
#define TEXT_NAMESPACES_IN_ALL 100

/* The text of a document in UTF-8, in p, with a 0 behind it. */
const lync_err_t *lyncadm_text(const char *bytes, apr_size_t length, const char *name, char **text, apr_size_t *size,
                               apr_pool_t *p) LYNC_MUST_USE;

/* Parses that text, which is changed. */
const lync_err_t *lyncadm_text_xml(char *text, apr_size_t size, const char *name, const char *kind, apr_xml_doc **doc,
                                   apr_pool_t *p) LYNC_MUST_USE;

/* An attribute's value, NULL: there is none. */
const char *lyncadm_xml_attribute(const apr_xml_elem *element, const char *name);

/* An element's text before its first child, in one: to the parser each entity is a piece of its own. NULL: none. */
const char *lyncadm_xml_content(const apr_xml_elem *element, apr_pool_t *p);

/* Parses that text; released with p. */
const lync_err_t *lyncadm_text_json(const char *text, apr_size_t size, const char *name, json_t **json,
                                    apr_pool_t *p) LYNC_MUST_USE;

#endif
