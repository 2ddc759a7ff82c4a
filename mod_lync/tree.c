#include "mod_lync.h"

#include <apr_strings.h>
#include <stdarg.h>

/*
 * Nodes, not text: no value can end a line or open a section, and nothing is expanded in them.
 * What httpd complains about is reported as "<store>:<table>" line <rowid>.
 */

void lync_tree_row(lync_tree_t *tree, lync_noun_id_t noun, const void *row)
{
    tree->filename = apr_pstrcat(tree->pool, tree->store, ":", lync_noun(noun)->name, NULL);
    tree->line = ((const lync_row_t *)row)->rowid;
}

static ap_directive_t *append(lync_tree_t *tree, const char *name, const char *arguments)
{
    ap_directive_t *node = apr_pcalloc(tree->pool, sizeof(*node));

    node->directive = name;
    node->args = arguments;
    node->filename = tree->filename;
    node->line_num = tree->line;
    node->parent = tree->parent;
    if (tree->last)
        tree->last->next = node;
    else if (tree->parent)
        tree->parent->first_child = node;
    else
        tree->first = node;
    tree->last = node;
    return node;
}

ap_directive_t *lync_tree_add(lync_tree_t *tree, const char *name, const char *format, ...)
{
    const char *arguments;
    va_list ap;

    va_start(ap, format);
    arguments = apr_pvsprintf(tree->pool, format, ap);
    va_end(ap);
    return append(tree, name, arguments);
}

ap_directive_t *lync_tree_open(lync_tree_t *tree, const char *name, const char *arguments)
{
    ap_directive_t *section = append(tree, name, apr_pstrcat(tree->pool, arguments, ">", NULL));

    tree->parent = section;
    tree->last = NULL;
    return section;
}

void lync_tree_close(lync_tree_t *tree)
{
    tree->last = tree->parent;
    tree->parent = tree->parent->parent;
}

const char *lync_tree_quote(const lync_tree_t *tree, const char *text)
{
    char *quoted = apr_palloc(tree->pool, 2 * strlen(text) + 3), *to = quoted;

    *to++ = '"';
    for (; *text; ++text) {
        if (*text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return quoted;
}
