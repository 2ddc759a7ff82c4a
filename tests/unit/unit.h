#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_pools.h>

#include "err.h"

/* The call succeeds, or the test fails with its sentence. */
#define SUCCEEDS(call) \
    do { \
        const lync_err_t *unit_err_ = (call); \
        if (unit_err_) \
            fail_msg("%s", unit_err_->sentence); \
    } while (0)

/* The call fails with a sentence that contains the text. */
#define FAILS(call, text) \
    do { \
        const lync_err_t *unit_err_ = (call); \
        if (!unit_err_) \
            fail_msg("no error, expected one with: %s", text); \
        else if (!strstr(unit_err_->sentence, text)) \
            fail_msg("'%s' does not contain '%s'", unit_err_->sentence, text); \
    } while (0)

/* A fresh pool for each test; *state is it. */
int unit_setup(void **state);
int unit_teardown(void **state);

/* Name of a file that does not exist, removed (with its journal) with the pool. */
const char *unit_file(apr_pool_t *p);

#define UNIT_TEST(function) cmocka_unit_test_setup_teardown(function, unit_setup, unit_teardown)

#endif
