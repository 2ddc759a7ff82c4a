#ifndef LYNC_ISO_H
#define LYNC_ISO_H

#include <apr_pools.h>
#include <apr_time.h>

/* "2026-03-01T12:00:00Z": a time as the store and all output have it, in p. */
const char *lync_iso(apr_time_t time, apr_pool_t *p);

#endif
