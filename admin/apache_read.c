#include <apr_lib.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

#include "apache.h"

/* Directives and sections as a tree. */

typedef enum meaning_t {
    SCOPE,                      /* what is in it holds for part of the requests */
    CONDITION,                  /* taken as met */
    GROUP,                      /* what is in it counts for the section around it */
    ASIDE,                      /* has nothing to do with proxying */
    UNKNOWN
} meaning_t;

static const struct {
    const char *name;
    meaning_t meaning;
} sections[] = {
    { "VirtualHost", SCOPE }, { "Location", SCOPE }, { "LocationMatch", SCOPE }, { "Proxy", SCOPE },
    { "ProxyMatch", SCOPE }, { "IfModule", CONDITION }, { "IfDefine", CONDITION }, { "IfVersion", CONDITION },
    { "IfFile", CONDITION }, { "IfDirective", CONDITION }, { "IfSection", CONDITION }, { "RequireAll", GROUP },
    { "RequireAny", GROUP }, { "Directory", ASIDE }, { "DirectoryMatch", ASIDE }, { "Files", ASIDE },
    { "FilesMatch", ASIDE }, { "Limit", ASIDE }, { "LimitExcept", ASIDE }, { "RequireNone", ASIDE },
    { "MDomainSet", ASIDE }, { "AuthnProviderAlias", ASIDE }, { "AuthzProviderAlias", ASIDE },
};

/* A section that is open. */
typedef struct frame_t {
    const char *name;
    int line;
    apache_node_t *into;        /* what its directives count for; NULL: for nothing */
} frame_t;

typedef struct parser_t {
    apache_t *apache;
    apache_text_t text;
    apr_array_header_t *frames; /* of frame_t; the first is the file */
    int depth;
} parser_t;

int apache_is(const apache_node_t *node, const char *name)
{
    return !strcasecmp(node->name, name);
}

const char *apache_word(const apache_node_t *node, int i)
{
    return i < node->words->nelts ? APR_ARRAY_IDX(node->words, i, const char *) : "";
}

const char *apache_lower(apr_pool_t *p, const char *text, apr_size_t length)
{
    char *copy = apr_pstrmemdup(p, text, length), *c;

    for (c = copy; *c; ++c)
        *c = (char)apr_tolower(*c);
    return copy;
}

const apache_node_t *apache_setting(const apache_node_t *section, const char *name)
{
    char key[64];
    int i;

    for (i = 0; i < 63 && name[i]; ++i)
        key[i] = (char)apr_tolower(name[i]);
    key[i] = '\0';
    for (; section; section = section->parent) {
        const apache_node_t *found = apr_hash_get(section->last, key, i);

        if (found)
            return found;
    }
    return NULL;
}

int apache_has(const apache_node_t *section, const char *name, const char *value)
{
    const apache_node_t *node = apache_setting(section, name);

    return node && !strcasecmp(apache_word(node, 0), value);
}

void apache_skip(apache_t *apache, const apache_node_t *node, const char *format, ...)
{
    apache_skip_t skip = { node->name, node->file, node->line, NULL };
    const char *key;
    va_list args;

    va_start(args, format);
    skip.because = lync_one_line(apr_pvsprintf(apache->pool, format, args));
    va_end(args);
    key = apr_psprintf(apache->pool, "%s:%d %s", skip.file, skip.line, skip.because);
    if (apr_hash_get(apache->skipped, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(apache->skipped, key, APR_HASH_KEY_STRING, "");
    APR_ARRAY_PUSH(apache->skips, apache_skip_t) = skip;
}

static frame_t *frame(const parser_t *parser)
{
    return &APR_ARRAY_IDX(parser->frames, parser->frames->nelts - 1, frame_t);
}

/* The name that a line begins with; what follows it is *rest. */
static const lync_err_t *take_name(const parser_t *parser, char *line, int number, const char **name, char **rest)
{
    char *c = line;

    while (apr_isalnum(*c) || *c == '_' || *c == '-')
        ++c;
    if (c == line || c - line > 60 || (*c && !apr_isspace(*c) && *c != '>'))
        return apache_err(parser->apache, parser->text.file, number, "this is no directive of httpd");
    *name = apr_pstrmemdup(parser->apache->pool, line, c - line);
    *rest = c;
    return NULL;
}

static const lync_err_t *new_node(const parser_t *parser, const char *name, const char *rest, int number,
                                  apache_node_t **result)
{
    apache_t *apache = parser->apache;
    apache_node_t *node = *result = apr_pcalloc(apache->pool, sizeof(*node));

    if (++apache->nodes > APACHE_NODES)
        return apache_err(apache, parser->text.file, number, "there are more than %d directives", APACHE_NODES);
    node->name = name;
    node->file = parser->text.file;
    node->line = number;
    node->order = apache->nodes;
    node->parent = frame(parser)->into;
    return apache_words(apache, node->file, number, rest, &node->words);
}

static void hang(apache_t *apache, apache_node_t *node)
{
    APR_ARRAY_PUSH(node->parent->children, apache_node_t *) = node;
    apr_hash_set(node->parent->last, apache_lower(apache->pool, node->name, strlen(node->name)),
                 APR_HASH_KEY_STRING, node);
}

static meaning_t meaning_of(const char *name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(sections) / sizeof(sections[0]); ++i) {
        if (!strcasecmp(sections[i].name, name))
            return sections[i].meaning;
    }
    return UNKNOWN;
}

/* Where what is in a section counts; NULL: nowhere. */
static apache_node_t *place_of(apache_t *apache, apache_node_t *node)
{
    switch (meaning_of(node->name)) {
    case SCOPE:
        node->children = apr_array_make(apache->pool, 8, sizeof(apache_node_t *));
        node->last = apr_hash_make(apache->pool);
        hang(apache, node);
        return node;
    case CONDITION:
        if (*apache_word(node, 0) == '!')
            return NULL;
        APR_ARRAY_PUSH(apache->assumed, const apache_node_t *) = node;
        return node->parent;
    case GROUP:
        return node->parent;
    case ASIDE:
        return NULL;
    case UNKNOWN:
        apache_skip(apache, node, "what is in this section is not understood: it was left out");
    }
    return NULL;
}

static const lync_err_t *open_section(parser_t *parser, char *line, int number)
{
    frame_t *new;
    apr_size_t length = strlen(line);
    apache_node_t *node;
    const char *name;
    char *rest;

    while (length && apr_isspace(line[length - 1]))
        --length;
    if (line[length - 1] != '>')
        return apache_err(parser->apache, parser->text.file, number, "the line that opens a section has no '>'");
    line[length - 1] = '\0';
    LYNC_TRY(take_name(parser, line + 1, number, &name, &rest));
    if (parser->frames->nelts == APACHE_DEPTH)
        return apache_err(parser->apache, parser->text.file, number, "there are more than %d sections within each "
                          "other", APACHE_DEPTH);
    LYNC_TRY(new_node(parser, name, rest, number, &node));
    new = apr_array_push(parser->frames);
    new->name = name;
    new->line = number;
    new->into = node->parent ? place_of(parser->apache, node) : NULL;
    return NULL;
}

static const lync_err_t *close_section(parser_t *parser, char *line, int number)
{
    frame_t *open = frame(parser);
    const char *name;
    char *rest;

    LYNC_TRY(take_name(parser, line + 2, number, &name, &rest));
    if (parser->frames->nelts == 1)
        return apache_err(parser->apache, parser->text.file, number, "</%s> closes no section", name);
    if (strcasecmp(name, open->name))
        return apache_err(parser->apache, parser->text.file, number, "</%s> stands where <%s> of line %d is to be "
                          "closed", name, open->name, open->line);
    --parser->frames->nelts;
    return NULL;
}

static const lync_err_t *include(const parser_t *parser, apache_node_t *node)
{
    int i;

    if (parser->apache->is_alone) {
        apache_skip(parser->apache, node, "no other file is read");
        return NULL;
    }
    for (i = 0; i < node->words->nelts; ++i) {
        if (*apache_word(node, i))
            LYNC_TRY(apache_include(parser->apache, apache_word(node, i), node, node->parent, parser->depth));
    }
    return NULL;
}

static const lync_err_t *take_directive(const parser_t *parser, char *line, int number)
{
    apache_t *apache = parser->apache;
    apache_node_t *node;
    const char *name;
    char *rest;

    LYNC_TRY(take_name(parser, line, number, &name, &rest));
    LYNC_TRY(new_node(parser, name, rest, number, &node));
    if (!node->parent)
        return NULL;
    if (apache_is(node, "Include") || apache_is(node, "IncludeOptional"))
        return include(parser, node);
    if (apache_is(node, "Define"))
        apr_table_set(apache->defines, apache_word(node, 0), apache_word(node, 1));
    else if (apache_is(node, "UnDefine"))
        apr_table_unset(apache->defines, apache_word(node, 0));
    else if (apache_is(node, "ServerRoot") && !apache->is_root_given && *apache_word(node, 0) == '/')
        apache->root = apache_word(node, 0);
    else if (apache_is(node, "Use"))
        apache_skip(apache, node, "macros are not understood: what it stands for was left out");
    else
        hang(apache, node);
    return NULL;
}

const lync_err_t *apache_parse(apache_t *apache, char *bytes, apr_size_t size, const char *file, apache_node_t *into,
                               int depth)
{
    parser_t parser = { apache, { bytes, bytes + size, file, 1 }, NULL, depth };
    char *line = NULL;
    int number = 0;
    frame_t *first;

    parser.frames = apr_array_make(apache->pool, APACHE_DEPTH, sizeof(frame_t));
    first = apr_array_push(parser.frames);
    first->into = into;
    for (;;) {
        LYNC_TRY(apache_line(apache, &parser.text, &line, &number));
        if (!line)
            break;
        if (line[0] == '<' && line[1] == '/')
            LYNC_TRY(close_section(&parser, line, number));
        else if (line[0] == '<')
            LYNC_TRY(open_section(&parser, line, number));
        else
            LYNC_TRY(take_directive(&parser, line, number));
    }
    if (parser.frames->nelts > 1)
        return apache_err(apache, file, frame(&parser)->line, "section <%s> is not closed", frame(&parser)->name);
    return NULL;
}
