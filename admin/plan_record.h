#ifndef LYNCADM_PLAN_RECORD_H
#define LYNCADM_PLAN_RECORD_H

#include "plan.h"

/* A DNS record, and what became of it with --check. */
typedef struct plan_record_t {
    const char *zone, *name, *type;
    const char *target;         /* a name, or addresses with blanks between; NULL: not known */
    const char *state;          /* known, missing, other or unanswered; NULL: not looked up */
    const char *found, *canonical;
    const char *expected;       /* unless the state is known */
    const char *listener, *pool, *need, *purpose;
} plan_record_t;

/* What look-ups came to. */
typedef struct plan_answers_t {
    apr_hash_t *lookups;        /* host -> plan_lookup_t; NULL: without --check */
    const plan_lookup_t *most;  /* leads where most public names of unknown target lead; NULL: none does */
    apr_array_header_t *outside;        /* of const char *: where public names lead or are to lead */
} plan_answers_t;

/* plan_check.c */

/* Looks up the public names and the servers. */
void plan_look_up(plan_t *plan, plan_answers_t *answers);

/* Compares what was found for a public name's record with its target, or where there are no targets with the others;
 * both: records of both families are planned. What is not as it should be is a finding of adm. */
void plan_check_name(plan_t *plan, const plan_answers_t *answers, const apr_array_header_t *targets, int both,
                     plan_record_t *record);

/* The same for a server. */
void plan_check_server(plan_t *plan, const plan_answers_t *answers, plan_record_t *record);

/* Where a name is to lead, as far as that is known: addresses (const char *), sorted, each once. */
apr_array_header_t *plan_targets(const plan_t *plan, const plan_name_t *name);

/* Those of IPv6, or of IPv4. */
apr_array_header_t *plan_of_family(const apr_array_header_t *addresses, int six, apr_pool_t *p);

/* Whether a host is a domain or below it; case does not matter. */
int plan_within(const char *host, const char *domain);

#endif
