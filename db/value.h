#ifndef LYNC_VALUE_H
#define LYNC_VALUE_H

#include "lync.h"

/* What a person types, brought to its stored form. Everything here ends up in httpd's
 * configuration tree or in a pattern, hence the narrow alphabets. */

/* The stored form of a value of the field's kind, in p (or value itself); NULL when it is not of
 * that kind, and *wanted tells what would be right ("host name (letters, digits, …)"). */
const char *lync_value(apr_pool_t *p, const lync_field_t *field, const char *value, const char **wanted);

/* Whether value is a decimal number within the limits. */
int lync_value_int(const char *value, int low, int high, int *number);

/* Whether value is a DNS name (1..253 characters, labels of letters, digits and inner '-'),
 * and not an IPv4 address. */
int lync_value_is_host(const char *value);

#endif
