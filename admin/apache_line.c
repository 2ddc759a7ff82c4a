#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "apache.h"

/* Lines and words of httpd's configuration, bounded. */

/* The end of this line; 0 bytes and other controls are in no configuration. */
static const lync_err_t *line_end(apache_t *apache, apache_text_t *text, char **end)
{
    char *c;

    for (c = text->next; c < text->end && *c != '\n'; ++c) {
        if (apr_iscntrl(*c) && !apr_isspace(*c))
            return apache_err(apache, text->file, text->line, "this is no text: it has a control character");
    }
    *end = c;
    return NULL;
}

/* One line with its continuations, put together in place. */
static const lync_err_t *whole_line(apache_t *apache, apache_text_t *text, char **line, int *first)
{
    char *out = *line = text->next, *end;
    int more = 1;

    *first = text->line;
    while (more) {
        apr_size_t length;

        LYNC_TRY(line_end(apache, text, &end));
        length = (apr_size_t)(end - text->next);
        if (length && text->next[length - 1] == '\r')
            --length;
        more = length && text->next[length - 1] == '\\' && end < text->end;
        memmove(out, text->next, length - more);
        out += length - more;
        text->next = end < text->end ? end + 1 : end;
        ++text->line;
        if (out - *line > APACHE_LINE)
            return apache_err(apache, text->file, *first, "this is longer than %d characters", APACHE_LINE);
    }
    *out = '\0';
    return NULL;
}

/* With ${NAME} of what was defined; what was not stays as it is. */
static const lync_err_t *with_variables(apache_t *apache, const char *file, int number, char **line)
{
    char *begin = strstr(*line, "${"), *end;
    const char *done = "", *value;

    for (; begin; begin = strstr(*line, "${")) {
        end = strchr(begin, '}');
        value = end ? apr_table_get(apache->defines, apr_pstrmemdup(apache->pool, begin + 2, end - begin - 2)) : NULL;
        if (!value) {
            end = begin + 1;
            value = "$";
        }
        else
            ++end;
        done = apr_pstrcat(apache->pool, done, apr_pstrmemdup(apache->pool, *line, begin - *line), value, NULL);
        *line = end;
        apache->bytes += strlen(done);
        if (strlen(done) > APACHE_LINE || apache->bytes > (apr_size_t)APACHE_LIMIT << 20)
            return apache_err(apache, file, number, "with its variables this is longer than any configuration");
    }
    *line = apr_pstrcat(apache->pool, done, *line, NULL);
    return NULL;
}

const lync_err_t *apache_line(apache_t *apache, apache_text_t *text, char **line, int *first)
{
    while (text->next < text->end) {
        LYNC_TRY(whole_line(apache, text, line, first));
        while (apr_isspace(**line))
            ++*line;
        if (**line && **line != '#')
            return with_variables(apache, text->file, *first, line);
    }
    *line = NULL;
    return NULL;
}

const lync_err_t *apache_words(apache_t *apache, const char *file, int number, const char *line,
                               apr_array_header_t **words)
{
    *words = apr_array_make(apache->pool, 4, sizeof(const char *));
    for (;;) {
        char *word, *out, quote = '\0';

        while (apr_isspace(*line))
            ++line;
        if (!*line)
            return NULL;
        if (*line == '"' || *line == '\'')
            quote = *line++;
        word = out = apr_palloc(apache->pool, strlen(line) + 1);
        for (; *line && (quote ? *line != quote : !apr_isspace(*line)); ++line) {
            if (quote && *line == '\\' && (line[1] == quote || line[1] == '\\'))
                ++line;
            *out++ = *line;
        }
        *out = '\0';
        if (quote && *line++ != quote)
            return apache_err(apache, file, number, "a quote is not closed");
        APR_ARRAY_PUSH(*words, const char *) = word;
    }
}
