#include "deposit.h"

#include <apr_escape.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "file.h"
#include "hash.h"

#define READABLE (APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD | APR_FPROT_WREAD)
#define SECRET (APR_FPROT_UREAD | APR_FPROT_UWRITE)
#define ENTERED_BY_ALL (READABLE | APR_FPROT_UEXECUTE | APR_FPROT_GEXECUTE | APR_FPROT_WEXECUTE)
#define ENTERED_BY_OWNER (SECRET | APR_FPROT_UEXECUTE)
#define HASH_IN_NAME 16         /* digits that tell chains of the same leaf apart */

typedef struct created_t {
    const char *path;
    apr_time_t time;            /* of its last change */
} created_t;

void deposit_options(apr_array_header_t *options, const char *otherwise)
{
    const char *help = apr_pstrcat(options->pool, "where certificates and keys are laid down (", otherwise,
                                   " unless given)", NULL);

    lyncadm_option(options, "directory", "DIR", help);
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
}

deposit_t *deposit_open(const lyncadm_t *adm)
{
    deposit_t *deposit = apr_pcalloc(adm->pool, sizeof(*deposit));
    const char *given = lyncadm_given(adm, "directory");

    deposit->directory = given && *given ? given : LYNCADM_DIRECTORY;
    deposit->created = apr_array_make(adm->pool, 4, sizeof(created_t));
    deposit->pool = adm->pool;
    return deposit;
}

static const lync_err_t *make_folder(deposit_t *deposit, const char *folder, apr_fileperms_t mode)
{
    apr_pool_t *p = deposit->pool;
    apr_status_t rv = apr_dir_make_recursive(deposit->directory, ENTERED_BY_ALL, p);
    const char *path = apr_pstrcat(p, deposit->directory, "/", folder, NULL);
    char text[120];

    if (rv == APR_SUCCESS)
        rv = apr_dir_make(path, mode, p);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EEXIST(rv))
        return lync_err(p, "cannot make directory '%s': %s: --directory names another place", path,
                        apr_strerror(rv, text, sizeof(text)));
    return NULL;
}

/* NULL: there is no such file. */
static const lync_err_t *read_file(const char *path, const char **text, apr_size_t *length, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_SIZE | APR_FINFO_TYPE, p);
    char *buffer, why[120];

    *text = NULL;
    if (APR_STATUS_IS_ENOENT(rv)) {
        /* a symbolic link to nowhere keeps the name taken */
        rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p);
        if (rv != APR_SUCCESS || info.filetype != APR_LNK)
            return NULL;
    }
    if (rv == APR_SUCCESS && info.filetype != APR_REG)
        return lync_err(p, "'%s' is no regular file: move it away", path);
    if (rv == APR_SUCCESS)
        rv = apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot read '%s': %s", path, apr_strerror(rv, why, sizeof(why)));
    *length = (apr_size_t)info.size;
    buffer = apr_pcalloc(p, *length + 1);
    rv = apr_file_read_full(file, buffer, *length, NULL);
    apr_file_close(file);
    *text = buffer;
    return rv == APR_SUCCESS || APR_STATUS_IS_EOF(rv) ? NULL
           : lync_err(p, "cannot read '%s': %s", path, apr_strerror(rv, why, sizeof(why)));
}

static apr_status_t fill(const char *temporary, const char *text, apr_size_t length, apr_fileperms_t mode,
                         apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv, end;

    rv = apr_file_perms_set(temporary, mode);
    if (rv == APR_SUCCESS)
        rv = apr_file_open(&file, temporary, APR_WRITE, APR_OS_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_file_write_full(file, text, length, NULL);
    end = apr_file_close(file);
    return rv == APR_SUCCESS ? end : rv;
}

/* *there: another run was quicker. */
static const lync_err_t *write_file(deposit_t *deposit, const char *path, const char *text, apr_size_t length,
                                    apr_fileperms_t mode, int *there)
{
    apr_pool_t *p = deposit->pool;
    created_t created = { path, 0 };
    const char *temporary;
    const lync_err_t *err;
    apr_finfo_t info;
    apr_status_t rv;
    char why[120];

    LYNC_TRY(lync_file_new(&temporary, path, p));
    rv = fill(temporary, text, length, mode, p);
    if (rv == APR_SUCCESS)
        rv = apr_stat(&info, temporary, APR_FINFO_MTIME, p);
    err = rv == APR_SUCCESS ? lync_file_place_new(temporary, path, there, p)
          : lync_err(p, "cannot write '%s': %s", path, apr_strerror(rv, why, sizeof(why)));
    if (err)
        return lync_file_drop(temporary, err, p);
    created.time = info.mtime;
    if (!*there)
        APR_ARRAY_PUSH(deposit->created, created_t) = created;
    return NULL;
}

/* *taken: the file is there and says something else. One that says the same gets another time, so that whoever has
 * laid it down does not take it away again. */
static const lync_err_t *lay_down(deposit_t *deposit, const char *path, const char *text, apr_size_t length,
                                  apr_fileperms_t mode, int *taken)
{
    const char *found;
    apr_size_t found_length;
    int there = 1;

    while (there) {
        LYNC_TRY(read_file(path, &found, &found_length, deposit->pool));
        *taken = found && (found_length != length || memcmp(found, text, length));
        if (found && (*taken || !APR_STATUS_IS_ENOENT(apr_file_mtime_set(path, apr_time_now(), deposit->pool))))
            return NULL;
        LYNC_TRY(write_file(deposit, path, text, length, mode, &there));
    }
    return NULL;
}

const lync_err_t *deposit_no_openssl(const char *what, apr_pool_t *p)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return lync_err(p, "cannot %s: %s", what, text ? text : "OpenSSL gives no reason");
}

const lync_err_t *deposit_key_path(deposit_t *deposit, EVP_PKEY *key, const char **path)
{
    unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
    int length = i2d_PUBKEY(key, &der), digested;
    unsigned int size = 0;

    digested = length > 0 && EVP_Digest(der, (size_t)length, digest, &size, EVP_sha256(), NULL);
    OPENSSL_free(der);
    if (!digested)
        return deposit_no_openssl("name the key's file", deposit->pool);
    *path = apr_pstrcat(deposit->pool, deposit->directory, "/keys/", apr_pescape_hex(deposit->pool, digest, size, 0),
                        ".key", NULL);
    return NULL;
}

const lync_err_t *deposit_key(deposit_t *deposit, EVP_PKEY *key, const char **path)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    const lync_err_t *err = NULL;
    char *text;
    long length;
    int taken = 0;

    if (!PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
        BIO_free(bio);
        return deposit_no_openssl("write the key", deposit->pool);
    }
    length = BIO_get_mem_data(bio, &text);
    err = make_folder(deposit, "keys", ENTERED_BY_OWNER);
    if (!err)
        err = deposit_key_path(deposit, key, path);
    if (!err)
        err = lay_down(deposit, *path, text, (apr_size_t)length, SECRET, &taken);
    BIO_free(bio);
    if (!err && taken)
        err = lync_err(deposit->pool, "file '%s' should hold a key and holds something else: move it away", *path);
    return err;
}

const lync_err_t *deposit_pem(deposit_t *deposit, const char *folder, const char *fingerprint, const char *pem,
                              const char **path)
{
    apr_pool_t *p = deposit->pool;
    char hash[LYNC_HASH_SIZE];
    int taken;

    LYNC_TRY(make_folder(deposit, folder, ENTERED_BY_ALL));
    *path = apr_pstrcat(p, deposit->directory, "/", folder, "/", fingerprint, ".pem", NULL);
    LYNC_TRY(lay_down(deposit, *path, pem, strlen(pem), READABLE, &taken));
    if (!taken)
        return NULL;
    LYNC_TRY(lync_hash(hash, pem, p));
    *path = apr_pstrcat(p, deposit->directory, "/", folder, "/", fingerprint, "-",
                        apr_pstrndup(p, hash, HASH_IN_NAME), ".pem", NULL);
    LYNC_TRY(lay_down(deposit, *path, pem, strlen(pem), READABLE, &taken));
    if (taken)
        return lync_err(p, "file '%s' should hold a certificate and holds something else: move it away", *path);
    return NULL;
}

/* Out of the way first: between a look and a removal another run could have found the file and made it its own. */
static void take_away(const created_t *created, apr_pool_t *p)
{
    const char *aside = apr_pstrcat(p, created->path, ".undone", NULL);
    apr_finfo_t info;

    if (apr_file_rename(created->path, aside, p) != APR_SUCCESS)
        return;
    if (apr_stat(&info, aside, APR_FINFO_MTIME, p) == APR_SUCCESS && info.mtime == created->time)
        apr_file_remove(aside, p);
    else
        apr_file_rename(aside, created->path, p);
}

void deposit_undo(deposit_t *deposit)
{
    int i;

    for (i = 0; i < deposit->created->nelts; ++i)
        take_away(&APR_ARRAY_IDX(deposit->created, i, created_t), deposit->pool);
    apr_array_clear(deposit->created);
}
