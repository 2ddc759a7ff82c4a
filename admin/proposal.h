#ifndef LYNC_PROPOSAL_H
#define LYNC_PROPOSAL_H

#include "publish.h"

/* What a document of others comes to: a model beside the draft, which the functions of publish write, tables that tell
 * a person, and the draft that the two become. import topology and import apache each fill one. */

typedef struct proposal_t {
    lyncadm_edit_t *edit;       /* whose model is the draft */
    lyncadm_edit_t aside;       /* whose model is what is proposed, beside what is the draft's own */
    const apr_array_header_t *urls;     /* of const char *: all simple URLs that there are; NULL: they are not known */
    int keep;                   /* what the draft has besides stays */
    lyncadm_rows_t *pools, *names, *domains, *listeners;        /* for a person */
} proposal_t;

/* proposal.c */

/* One in which nothing is published yet. */
proposal_t *proposal_new(lyncadm_edit_t *edit);

/* A table whose columns are words, of ports and lines numbers; a program knows it by noun. */
lyncadm_rows_t *proposal_table(apr_pool_t *p, const char *noun, const char *const *columns);

/* Adds to what a person sees of the names; what: what the name is. */
void proposal_tell_name(proposal_t *proposal, const lyncadm_publish_t *publish, const char *what);

/* Fills the tables of listeners and domains, when all is published. */
void proposal_tell(proposal_t *proposal);

/* Says something once, when all is done. */
void proposal_warn(proposal_t *proposal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Name of a listener that is made: "external", or "external-8443" for another than the first port. */
const char *proposal_listener_name(const proposal_t *proposal, const char *scheme, int port);

/* Whether a model has a route on a listener; the pool that it publishes a host to, or NULL. */
int proposal_is_used(const lync_model_t *model, const char *listener);
const char *proposal_pool_of(const lync_model_t *model, const char *host);

/* The certificate that a listener presents for a host without a binding of its own, or NULL. */
const char *proposal_certificate_of(const lync_model_t *model, const char *listener);

/* proposal_merge.c */

/* The draft as it is to be: what the proposal does not speak of stays, and what an administrator changed; what it has
 * no more goes, unless proposal->keep. */
const lync_err_t *proposal_merge(proposal_t *proposal, lync_model_t **model) LYNC_MUST_USE;

#endif
