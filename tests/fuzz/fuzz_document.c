/* A document for lyncadm import, as anybody may have edited it. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../admin/document.h"
#include "../../admin/progress.h"
#include "check.h"

/* A fuzzer tells by itself how far it is. */
void lyncadm_progress_begin(const char *what, int total)
{
    (void)what, (void)total;
}

void lyncadm_progress_step(int more)
{
    (void)more;
}

/* What can be read can be written, and is then read as the same. */
void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    lync_model_t *model, *again;
    const char *text, *same;

    if (lyncadm_document_read((const char *)data, size, "fuzz", &model, p))
        return;
    PROMISE(!lyncadm_document(model, &text, p));
    PROMISE(!lyncadm_document_read(text, strlen(text), "again", &again, p));
    PROMISE(!lyncadm_document(again, &same, p));
    PROMISE(!strcmp(text, same));
    lync_check(model, p);
}
