#include "mod_lync.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>

/*
 * A start that cannot read the store does not know Lync's names any more, and clients would be
 * answered by whichever site is the default. With LyncStoreFailure keep-serving the last good
 * generation leaves what is needed to answer them with 503 in a file of the runtime directory:
 * listeners, certificates and names. One row a line, "noun<tab>field=value<tab>…".
 */

#define FILE_NAME "lync.names"
#define SIZE_LIMIT (16 * 1024 * 1024)

static const lync_noun_id_t kept[] = { LYNC_TLS_POLICY, LYNC_LISTENER, LYNC_CERTIFICATE, LYNC_BINDING };

static void write_row(apr_file_t *file, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    const lync_field_t *field;

    apr_file_puts(noun->name, file);
    for (field = noun->fields; field->name; ++field) {
        const char *value = lync_row_get(p, field, row);

        if (value)
            apr_file_printf(file, "\t%s=%s", field->name, value);
    }
    apr_file_puts("\n", file);
}

/* Of the routes only the names; they come by listener and host. */
static void write_hosts(apr_file_t *file, const lync_model_t *model, apr_pool_t *p)
{
    const lync_route_t *last = NULL;
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);
        lync_route_t *name;

        if (last && !strcmp(last->listener, route->listener) && !strcmp(last->host, route->host))
            continue;
        last = route;
        name = lync_row_new(p, lync_noun(LYNC_ROUTE));
        name->listener = route->listener;
        name->host = route->host;
        name->action = "refuse";
        write_row(file, lync_noun(LYNC_ROUTE), name, p);
    }
}

static apr_status_t write_names(const char *path, const lync_model_t *model, apr_pool_t *p)
{
    char *temporary = apr_pstrcat(p, path, ".XXXXXX", NULL);
    apr_file_t *file;
    apr_status_t rv;
    apr_size_t i;
    int j;

    rv = apr_file_mktemp(&file, temporary, APR_CREATE | APR_EXCL | APR_WRITE | APR_BUFFERED, p);
    if (rv != APR_SUCCESS)
        return rv;
    for (i = 0; i < sizeof(kept) / sizeof(*kept); ++i)
        for (j = 0; j < model->rows[kept[i]]->nelts; ++j)
            write_row(file, lync_noun(kept[i]), LYNC_ROW(model, kept[i], j), p);
    write_hosts(file, model, p);
    rv = apr_file_close(file);
    if (rv == APR_SUCCESS)
        rv = apr_file_rename(temporary, path, p);
    if (rv != APR_SUCCESS)
        apr_file_remove(temporary, p);
    return rv;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    const char *path = ap_runtime_dir_relative(ptemp, FILE_NAME);
    apr_status_t rv;

    (void)pconf;
    (void)plog;
    if (!snapshot || snapshot->failure || lync_config_failure() != LYNC_FAILURE_KEEP
        || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_CONFIG)
        return OK;
    rv = snapshot->model ? write_names(path, snapshot->model, ptemp) : apr_file_remove(path, ptemp);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_ENOENT(rv))
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s, LYNCNO(0036) "cannot write '%s': a start that cannot read the "
                     "store will not know Lync's names", path);
    return OK;
}

static int read_row(lync_model_t *model, char *line, apr_pool_t *p)
{
    char *last, *word = apr_strtok(line, "\t", &last);
    const lync_noun_t *noun = word ? lync_noun_named(word) : NULL;
    void *row;

    if (!noun)
        return 0;
    row = lync_row_new(p, noun);
    for (word = apr_strtok(NULL, "\t", &last); word; word = apr_strtok(NULL, "\t", &last)) {
        char *value = strchr(word, '=');
        const lync_field_t *field;

        if (!value)
            return 0;
        *value++ = '\0';
        field = lync_field(noun, word);
        if (!field || lync_row_set(p, noun, field, row, value))
            return 0;
    }
    APR_ARRAY_PUSH(model->rows[noun->id], void *) = row;
    return 1;
}

static char *read_file(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_file_t *file;
    char *text = NULL;
    apr_size_t length;

    if (apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return NULL;
    if (apr_file_info_get(&info, APR_FINFO_SIZE, file) == APR_SUCCESS && info.size <= SIZE_LIMIT) {
        length = (apr_size_t)info.size;
        text = apr_pcalloc(p, length + 1);
        if (apr_file_read_full(file, text, length, NULL) != APR_SUCCESS)
            text = NULL;
    }
    apr_file_close(file);
    return text;
}

/* Held against the rule book as the store is, so that whoever goes on with it may rely on it. */
lync_model_t *lync_names_read(apr_pool_t *p)
{
    char *text = read_file(ap_runtime_dir_relative(p, FILE_NAME), p), *last, *line;
    lync_model_t *model = apr_pcalloc(p, sizeof(*model));
    int id;

    if (!text)
        return NULL;
    for (id = 0; id < LYNC_NOUNS; ++id)
        model->rows[id] = apr_array_make(p, 4, sizeof(void *));
    for (line = apr_strtok(text, "\n", &last); line; line = apr_strtok(NULL, "\n", &last))
        if (!read_row(model, line, p))
            return NULL;
    return lync_check_refusal(lync_check(model, p), FILE_NAME, p) ? NULL : model;
}

void lync_names_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
}
