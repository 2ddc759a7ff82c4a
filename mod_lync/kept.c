#include "mod_lync.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <http_core.h>
#include <openssl/sha.h>
#include <unistd.h>

#include "take.h"
#include "rows.h"

/*
 * What children have taken over while they run is not known to the parent, from whom new children are made, nor to a
 * reload that cannot read the store. So whoever is first to take a revision over leaves its rows in a file without a
 * name, which all processes of the generation have open: what differs from the revision that the generation was
 * started with. It is written by processes with fewer rights than the parent's, and may have been left half written:
 * nothing in it is taken on trust.
 */

/* Another one whenever header_t or retained_t changes. */
#define RETAINED "mod_lync kept routes 1"
#define LIMIT (16 * 1024 * 1024)
#define TRIES 20

typedef struct retained_t {
    apr_pool_t *pool;           /* of the open file */
    int descriptor;
} retained_t;

/* Before the rows. */
typedef struct header_t {
    apr_uint32_t revision;
    apr_uint32_t length;        /* of the rows */
    char seal[68];
    unsigned char digest[SHA256_DIGEST_LENGTH];         /* of the rows */
} header_t;

static int descriptor = -1;     /* of this generation's file; the retained one is that of the generation before while
                                   httpd reads its configuration */

/* A file that is not whole is none. */
static int read_all(int from, header_t *header, char **text, apr_pool_t *p)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    if (from < 0 || pread(from, header, sizeof(*header), 0) != (ssize_t)sizeof(*header) || header->length > LIMIT
        || !memchr(header->seal, '\0', sizeof(header->seal)))
        return 0;
    *text = apr_pcalloc(p, header->length + 1);
    if (pread(from, *text, header->length, sizeof(*header)) != (ssize_t)header->length)
        return 0;
    SHA256((const unsigned char *)*text, header->length, digest);
    return !memcmp(digest, header->digest, sizeof(digest));
}

static const char *text_of(const lync_model_t *model, apr_pool_t *p)
{
    const char *text = "";
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id)
        if (lync_take_noun(id))
            text = apr_pstrcat(p, text, lync_rows_text(lync_noun(id), model->rows[id], p), NULL);
    return text;
}

static const lync_err_t *failed(apr_pool_t *p, int code)
{
    char reason[120];

    return lync_err(p, "cannot leave its routes to other children of httpd: %s",
                    apr_strerror(APR_FROM_OS_ERROR(code), reason, sizeof(reason)));
}

/* The head last: until then it does not fit. */
static const lync_err_t *write_all(const lync_model_t *model, apr_pool_t *p)
{
    const char *text = text_of(model, p);
    header_t header = { .revision = (apr_uint32_t)model->revision, .length = (apr_uint32_t)strlen(text) };
    ssize_t done;

    if (strlen(text) > LIMIT)
        return failed(p, EFBIG);
    apr_cpystrn(header.seal, model->seal ? model->seal : "", sizeof(header.seal));
    SHA256((const unsigned char *)text, header.length, header.digest);
    done = pwrite(descriptor, text, header.length, sizeof(header));
    if (done != (ssize_t)header.length)
        return failed(p, done < 0 ? errno : ENOSPC);
    done = pwrite(descriptor, &header, sizeof(header), 0);
    return done == (ssize_t)sizeof(header) ? NULL : failed(p, done < 0 ? errno : ENOSPC);
}

static int is_there(const lync_model_t *model, apr_pool_t *p)
{
    header_t header;
    char *text;

    return read_all(descriptor, &header, &text, p) && header.revision == (apr_uint32_t)model->revision
           && !strcmp(header.seal, model->seal ? model->seal : "");
}

/* Nobody waits long: who is busy with it may have been stopped. */
static int is_locked(short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
    int i;

    for (i = 0; i < TRIES; ++i) {
        if (!fcntl(descriptor, F_SETLK, &lock))
            return 1;
        if (errno != EAGAIN && errno != EACCES)
            return 0;
        apr_sleep(apr_time_from_msec(5));
    }
    return 0;
}

int lync_kept_able(void)
{
    return descriptor >= 0;
}

const lync_err_t *lync_kept_write(const lync_model_t *model, apr_pool_t *p)
{
    const lync_err_t *err = NULL;

    if (!is_locked(F_WRLCK))
        return failed(p, errno);
    if (!is_there(model, p))
        err = write_all(model, p);
    is_locked(F_UNLCK);
    return err;
}

lync_model_t *lync_kept_read(const lync_model_t *base, apr_pool_t *p)
{
    const retained_t *retained = ap_retained_data_get(RETAINED);
    lync_model_t *rows, *model;
    header_t header;
    char *text;

    if (!read_all(descriptor >= 0 ? descriptor : retained ? retained->descriptor : -1, &header, &text, p))
        return NULL;
    rows = lync_rows_parse(text, p);
    if (!rows)
        return NULL;
    rows->revision = (int)header.revision;
    rows->seal = *header.seal ? lync_one_line(apr_pstrdup(p, header.seal)) : NULL;
    model = lync_take_model(base, rows, p);
    return lync_take_refusal(base, model, p) || lync_check_refusal(lync_check(model, p), RETAINED, p) ? NULL : model;
}

/* The process's pool outlives this module, so that all that is to be cleaned up there is APR's own. */
static apr_status_t open_file(retained_t *retained, apr_pool_t *process, apr_pool_t *ptemp)
{
    char *name = apr_pstrcat(ptemp, ap_runtime_dir_relative(ptemp, "lync.routes"), ".XXXXXX", NULL);
    apr_file_t *file;
    apr_status_t rv;

    apr_pool_create(&retained->pool, process);
    rv = apr_file_mktemp(&file, name, APR_CREATE | APR_EXCL | APR_READ | APR_WRITE, retained->pool);
    if (rv == APR_SUCCESS)
        rv = apr_file_remove(name, ptemp);
    return rv == APR_SUCCESS ? apr_os_file_get(&retained->descriptor, file) : rv;
}

/* Children that end still have the file of their own generation. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    retained_t *retained = ap_retained_data_get(RETAINED);
    apr_status_t rv;

    (void)pconf;
    (void)plog;
    if (!lync_config_snapshot() || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    if (!retained)
        retained = ap_retained_data_create(RETAINED, sizeof(*retained));
    if (retained->pool)
        apr_pool_destroy(retained->pool);
    retained->descriptor = -1;
    rv = open_file(retained, s->process->pool, ptemp);
    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s, LYNCNO(0070) "cannot make a file in the runtime directory: a "
                     "change of routes takes a reload");
    descriptor = retained->descriptor;
    return OK;
}

void lync_kept_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
}
