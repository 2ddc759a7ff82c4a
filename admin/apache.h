#ifndef LYNC_APACHE_H
#define LYNC_APACHE_H

#include <apr_hash.h>

#include "lyncadm.h"

/*
 * import apache: files of httpd become a tree of directives (apache_line.c, apache_file.c, apache_read.c), that sites
 * with rules of what is asked where (apache_site.c, apache_rule.c, apache_pattern.c, apache_worker.c), and those what
 * is to be published (apache_plan.c and the files beside it) and what is dangerous (apache_danger.c). Nothing of a file
 * is printed but names of directives, of hosts, files and paths: passwords may be in it.
 */

#define APACHE_LIMIT 16         /* MB of all files together */
#define APACHE_LINE 65536       /* characters of a line with its continuations */
#define APACHE_FILES 1000
#define APACHE_DEPTH 16         /* files that include each other, and sections within each other */
#define APACHE_NODES 50000
#define APACHE_SITES 500
#define APACHE_RULES 1000       /* of all sites */
#define APACHE_ROUTES 8000      /* that are proposed */
#define APACHE_ADDRESSES 16     /* of a virtual host */
#define APACHE_NAMES 200        /* that a pattern stands for */

typedef struct apache_node_t apache_node_t;

struct apache_node_t {
    const char *name;           /* letters and digits */
    apr_array_header_t *words;  /* of const char *: its arguments */
    const char *file;           /* absolute */
    int line;                   /* its first */
    int order;                  /* in which they are read */
    apache_node_t *parent;      /* section that it counts for; NULL: it is the whole */
    apr_array_header_t *children;       /* of apache_node_t *, of a section; NULL: it is none */
    apr_hash_t *last;           /* of a section: name in lower case -> its last directive of that name */
};

/* What was not taken over. */
typedef struct apache_skip_t {
    const char *directive;
    const char *file;
    int line;
    const char *because;
} apache_skip_t;

typedef struct apache_t {
    const char *name;           /* file or directory, absolute */
    const char *root;           /* what relative names of files are below */
    int is_root_given;          /* then ServerRoot does not say otherwise */
    int is_alone;               /* no other file is read: Include is skipped */
    apache_node_t *top;
    apr_array_header_t *skips;  /* of apache_skip_t */
    apr_hash_t *skipped;        /* what they say -> "": each is said once */
    apr_array_header_t *assumed;        /* of const apache_node_t *: conditions that were taken as met */
    apr_table_t *defines;
    apr_array_header_t *open;   /* of apr_finfo_t: files that include each other */
    int files, nodes;
    apr_size_t bytes;           /* read, and made of variables */
    const json_t *knowledge;    /* templates/publish/apache.json */
    apr_hash_t *workers;        /* what was found of them: apache_worker.c */
    apr_pool_t *pool;
} apache_t;

/* apache_line.c: lines and words, as httpd's */

typedef struct apache_text_t {
    char *next;                 /* is cut up */
    char *end;
    const char *file;
    int line;                   /* of next */
} apache_text_t;

/* The next line that is neither empty nor a comment, with continuations and variables; NULL: there is none. first is
 * the number of its first. */
const lync_err_t *apache_line(apache_t *apache, apache_text_t *text, char **line, int *first) LYNC_MUST_USE;

/* Its words: quoted, or without blanks. */
const lync_err_t *apache_words(apache_t *apache, const char *file, int number, const char *line,
                               apr_array_header_t **words) LYNC_MUST_USE;

/* "file 'x', line 3: …" */
#define apache_err(apache, file, line, format, ...) \
    lync_err((apache)->pool, "file '%s', line %d: " format, file, line, ##__VA_ARGS__)

/* apache_file.c: files, directories and patterns of such */

/* A new one, in which nothing was read. */
apache_t *apache_new(const char *name, const char *root, apr_pool_t *p);

/* Reads what a name stands for, in the order of names: a file, the files in a directory, or what a pattern in its last
 * part matches. by: the Include, or NULL; depth: how many files are open. */
const lync_err_t *apache_include(apache_t *apache, const char *name, const apache_node_t *by, apache_node_t *into,
                                 int depth) LYNC_MUST_USE;

/* Reads all that belongs to a file, or to a directory: Debian's apache2.conf in it, else sites-enabled, else *.conf. */
const lync_err_t *apache_read(const char *name, const char *root, apache_t **apache, apr_pool_t *p) LYNC_MUST_USE;

/* A file name completed with the server's root. */
const char *apache_path(const apache_t *apache, const char *name);

/* apache_read.c */

/* The directives of a text, which is changed, below a section. */
const lync_err_t *apache_parse(apache_t *apache, char *bytes, apr_size_t size, const char *file, apache_node_t *into,
                               int depth) LYNC_MUST_USE;

/* Whether it is a directive of this name; an argument, or "". */
int apache_is(const apache_node_t *node, const char *name);
const char *apache_word(const apache_node_t *node, int i);

/* The directive of this name that holds for what is in a section: its last one, or that of the sections around it;
 * NULL: there is none. */
const apache_node_t *apache_setting(const apache_node_t *section, const char *name);

/* Whether it is there with this first argument. */
int apache_has(const apache_node_t *section, const char *name, const char *value);

/* So many characters in lower case. */
const char *apache_lower(apr_pool_t *p, const char *text, apr_size_t length);

/* Says that something was not taken over. */
void apache_skip(apache_t *apache, const apache_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* apache_site.c: virtual hosts, and what they do with requests */

typedef struct apache_address_t {
    const char *address;        /* '*' or an IP address */
    int port;
} apache_address_t;

typedef enum apache_kind_t {
    APACHE_PASS,                /* ProxyPass */
    APACHE_MATCH,               /* ProxyPassMatch */
    APACHE_REWRITE,             /* RewriteRule [P] or [F] */
    APACHE_DENY,                /* Require all denied, Deny from all */
    APACHE_SECURE               /* Redirect or RewriteRule to https */
} apache_kind_t;

typedef struct apache_rule_t apache_rule_t;

struct apache_rule_t {
    const apache_node_t *node;
    const apache_node_t *scope; /* section whose settings hold for it */
    apache_kind_t kind;
    const char *path;           /* prefix of the paths that it is for */
    int is_refusal;
    int any_case;               /* of the path */
    const apr_array_header_t *hosts;    /* of const char *: for these only; NULL: for all of its site */
    const char *url;            /* where to, without what follows the host: "https://pool:4443", "balancer://x" */
    const char *target;         /* the same with the path of the worker */
    const char *scheme;         /* http, https or balancer */
    const char *host;           /* or name of the balancer */
    int port;                   /* 0: that of the scheme */
    int is_changed;             /* the path that is asked for is another */
    int has_user;               /* credentials are in the URL */
    apr_table_t *parameters;    /* of the line */
    const apache_rule_t *worker;        /* the rule whose parameters hold: an earlier one may share its worker */
    int is_raw;                 /* nocanon */
};

typedef struct apache_site_t {
    const apache_node_t *node;  /* virtual host, or the whole */
    apr_array_header_t *addresses;      /* of apache_address_t */
    apr_array_header_t *names;  /* of const char *: host names, in lower case */
    int is_tls;
    int is_secured;             /* what it does not publish is redirected to https */
    apr_array_header_t *rules;  /* of apache_rule_t *, in the order in which they are tried */
    int is_proxy;               /* one of them publishes */
} apache_site_t;

/* The sites, of apache_site_t *. */
const lync_err_t *apache_sites(apache_t *apache, apr_array_header_t **sites) LYNC_MUST_USE;

/* apache_rule.c: adds what a directive does with requests; *count: how many there are of all sites */
const lync_err_t *apache_rules(apache_t *apache, apache_site_t *site, const apache_node_t *section,
                               int *count) LYNC_MUST_USE;

/* Whether a rule is for a host, and whether one is tried before another for all of its paths. */
int apache_rule_for(const apache_rule_t *rule, const char *host);
int apache_hides(const apache_rule_t *first, const apache_rule_t *then);

/* Whether a path is another or below it, in any case. */
int apache_below(const char *path, const char *prefix);

/* apache_pattern.c: the regular expressions that are usual in such files */

typedef struct apache_pattern_t {
    const char *path;           /* prefix of the paths that match; of a host the whole name */
    apr_array_header_t *groups; /* of const char *: what $1 and so on stand for, "\1" where the rest of the path is */
    const char *whole;          /* the same of all that matches */
    int any_case;
} apache_pattern_t;

/* What a pattern stands for, of apache_pattern_t; NULL: it is none of the usual ones. */
apr_array_header_t *apache_pattern(const char *pattern, apr_pool_t *p);

/* A target with $1 and %{REQUEST_URI} filled in. */
const char *apache_fill(const apache_pattern_t *pattern, const char *target, apr_pool_t *p);

/* The host names that a pattern of a Host field stands for, of those given; NULL: it is none of the usual ones. */
apr_array_header_t *apache_hosts(const char *pattern, const apr_array_header_t *names, apr_pool_t *p);

/* apache_worker.c: balancers, and the parameters of connections to pools */

typedef struct apache_member_t {
    const apache_node_t *node;
    const char *scheme, *host;
    int port;
    int weight;                 /* 0: not said */
    const char *state;          /* of server */
    apr_table_t *parameters;
} apache_member_t;

/* Takes scheme, host and port of a URL apart: what follows is *rest. 0: it is none. Credentials in it are not taken. */
int apache_url(const char *url, apache_rule_t *parts, const char **rest, apr_pool_t *p);

/* Whether the URL of a worker, as a directive has it, is that of a rule or begins it: httpd compares characters. */
int apache_is_worker(const char *url, const apache_rule_t *rule);

/* Has rules share workers as httpd does. */
void apache_share_workers(apache_site_t *site);

/* Takes words of the form name=value. */
void apache_parameters(apr_table_t *table, const apache_node_t *node, int from);

/* The servers that a rule leads to, of apache_member_t; a balancer's, or the one of its URL. */
const apr_array_header_t *apache_members(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule);

/* A parameter of the connections that a rule uses, or NULL: of the first member where it leads to a balancer. */
const char *apache_parameter(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule, const char *name);

/* The parameter that ProxySet or <Proxy URL> gives them, which holds in any order, or NULL. */
const char *apache_proxy_set(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule, const char *name);

/* Whether a client is to stay with its member of the balancer. */
int apache_is_sticky(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule);

/* Whether its connections belong to a worker: without one each request has its own. */
int apache_has_worker(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule);

#endif
