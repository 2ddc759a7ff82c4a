#ifndef LYNCADM_H
#define LYNCADM_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "audit.h"
#include "check.h"
#include "lync.h"
#include "store.h"

/*
 * The admin program. A command is a struct: its words, its options, its help and a function. The
 * nouns' commands are generated from db/noun.c, those of publish from templates/publish/, so that
 * no name of a column and none of Lync's is written in here.
 */

#ifndef LYNC_VERSION
#define LYNC_VERSION "1.0.0-dev"
#endif

#define LYNCADM_PURPOSE "publish Lync and Skype for Business web services by way of Apache httpd"
#define LYNCADM_STORE "/var/lib/lync/lync.db"

#define LYNCADM_DONE 0
#define LYNCADM_FAILED 1
#define LYNCADM_USAGE 2
#define LYNCADM_FINDINGS 3
#define LYNCADM_STATUS "0 done, 1 refused or failed, 2 used wrongly, 3 there are findings"

typedef enum lyncadm_format_t {
    LYNCADM_TABLE,              /* for people */
    LYNCADM_JSON,               /* an array of objects */
    LYNCADM_TSV                 /* a line of column names, then a line a row */
} lyncadm_format_t;

typedef struct lyncadm_t lyncadm_t;
typedef struct lyncadm_command_t lyncadm_command_t;

/* What a command does. The error is printed by main; *adm->exit is the status without one. */
typedef const lync_err_t *lyncadm_run_t(lyncadm_t *adm);

typedef struct lyncadm_option_t {
    const char *name;           /* after "--" */
    int letter;                 /* after "-", or 0 */
    const char *argument;       /* what its value is, in capitals; NULL: it has none */
    const char *help;
    int is_file;                /* a relative value is completed with the working directory */
    int is_list;                /* may be given more than once */
} lyncadm_option_t;

struct lyncadm_command_t {
    const char *group;          /* the first of its two words; NULL: it has only one */
    const char *name;
    const char *synopsis;       /* of its arguments and what options it needs */
    const char *help;           /* one line, without full stop */
    const char *example;        /* arguments that work when pasted after the words */
    apr_array_header_t *options;        /* of lyncadm_option_t, besides the global ones */
    lyncadm_run_t *run;
    const char *status;         /* what its exit status means, of Monitoring Plugins; NULL: the usual */
    const lync_noun_t *noun;    /* of the nouns' commands */
    const json_t *deployment;   /* of publish */
};

struct lyncadm_t {
    apr_pool_t *pool;           /* for all of the run */
    int argc;
    const char *const *argv;    /* as main got it */
    apr_array_header_t *commands;       /* of lyncadm_command_t */
    const lyncadm_command_t *command;
    const char *store;
    lyncadm_format_t format;
    int dry_run;
    int help;                   /* --help was given */
    apr_table_t *options;       /* name to value, "" for those without one; repeated ones repeat */
    apr_array_header_t *words;  /* of const char *: the arguments */
    int exit;
    int round;                  /* of what is shown again and again: in JSON it is a line; 0: it is shown once */
};

/* option.c */

/* Adds an option to an array of lyncadm_option_t. */
void lyncadm_option(apr_array_header_t *options, const char *name, const char *argument, const char *help);

/* Adds an option for each field; not for keys when keys is 0, never for facts. */
void lyncadm_option_fields(apr_array_header_t *options, const lync_noun_t *noun, int keys);

/* "https-port" for https_port. */
const char *lyncadm_option_name(apr_pool_t *p, const char *name);

/* The options that every command has; edits have --dry-run besides. */
apr_array_header_t *lyncadm_global_options(apr_pool_t *p);

/* Parses argv from argv[1] on into adm. Stops at the first word when there are no words to be
 * taken (interleave 0): *used is then the number of elements before it. */
const lync_err_t *lyncadm_parse(lyncadm_t *adm, const apr_array_header_t *options, int interleave, int argc,
                                const char *const *argv, int *used) LYNC_MUST_USE;

/* The value of an option, or NULL. */
const char *lyncadm_given(const lyncadm_t *adm, const char *option);

/* All values of a repeatable option: an array of const char *. */
apr_array_header_t *lyncadm_given_all(const lyncadm_t *adm, const char *option);

/* A number of seconds from 1 to 3600; initial when the option is not given. */
const lync_err_t *lyncadm_given_seconds(lyncadm_t *adm, const char *option, int initial, int *seconds) LYNC_MUST_USE;

/* The value of a field's option, or NULL. */
const char *lyncadm_given_field(const lyncadm_t *adm, const lync_field_t *field);

/* A usage error when there are more arguments than so many; when there are any. */
const lync_err_t *lyncadm_at_most(lyncadm_t *adm, int words) LYNC_MUST_USE;
const lync_err_t *lyncadm_no_words(lyncadm_t *adm) LYNC_MUST_USE;

/* The one argument that a command needs; what: "a file". */
const lync_err_t *lyncadm_one_word(lyncadm_t *adm, const char *what, const char **word) LYNC_MUST_USE;

/* A file name completed with the working directory. */
const char *lyncadm_absolute(apr_pool_t *p, const char *path);

/* An error for exit status 2. */
const lync_err_t *lyncadm_usage(lyncadm_t *adm, const char *format, ...)
    __attribute__((format(printf, 2, 3))) LYNC_MUST_USE;

/* Passes an error on for exit status 2: a person's value was no good. */
const lync_err_t *lyncadm_bad_value(lyncadm_t *adm, const lync_err_t *err) LYNC_MUST_USE;

/* command.c */

/* The command of these words, group "": of one word; or NULL. */
const lyncadm_command_t *lyncadm_command_find(lyncadm_t *adm, const char *group, const char *name);

/* The distinct words (const char *) that may follow: after "" groups and commands, else the commands of a group. */
apr_array_header_t *lyncadm_command_after(lyncadm_t *adm, const char *group);

/* A first word as the table has it: "tls-policy" for tls_policy. */
const char *lyncadm_command_word(apr_pool_t *p, const char *word);

/* Sets adm->command to what words name, second NULL: one word; *group when they name only a group. */
const lync_err_t *lyncadm_command_resolve(lyncadm_t *adm, const char *first, const char *second,
                                          const char **group) LYNC_MUST_USE;

/* help.c */

lyncadm_run_t lyncadm_help;
void lyncadm_help_options(apr_array_header_t *options);

/* Usage of the program, of a group or of a command, on stdout. */
void lyncadm_help_all(lyncadm_t *adm);
void lyncadm_help_group(lyncadm_t *adm, const char *group);
void lyncadm_help_command(lyncadm_t *adm, const lyncadm_command_t *command);

/* "listener add": the words of a command. */
const char *lyncadm_command_words(apr_pool_t *p, const lyncadm_command_t *command);

/* "listener add NAME --port N [option ...]": with what comes after them, synopsis or example. */
const char *lyncadm_command_line(apr_pool_t *p, const lyncadm_command_t *command, const char *after);

/* Calls line for each command; the nouns are one each. */
typedef void lyncadm_line_t(apr_pool_t *p, const char *words, const char *help);
void lyncadm_help_lines(lyncadm_t *adm, lyncadm_line_t *line);

/* manual.c, complete.c: what help --man and help --complete print */

const lync_err_t *lyncadm_manual(lyncadm_t *adm) LYNC_MUST_USE;
const lync_err_t *lyncadm_complete(lyncadm_t *adm) LYNC_MUST_USE;

/* word.c */

/* The candidates (const char *) nearest to a mistyped word, as "'a', 'b' or 'c'"; all when none is near. */
const char *lyncadm_nearest(apr_pool_t *p, const char *word, const apr_array_header_t *candidates);

/* A text with "..." for each user (and password) of a URL in it: "https://...@host". In p. */
const char *lyncadm_without_users(const char *text, apr_pool_t *p);

/* out.c */

typedef struct lyncadm_rows_t lyncadm_rows_t;

/* An empty table. */
lyncadm_rows_t *lyncadm_rows(apr_pool_t *p);

/* Has each row say, to programs, which noun it is of: several tables are one JSON array. */
void lyncadm_rows_call(lyncadm_rows_t *rows, const char *noun);

typedef enum lyncadm_cell_t {
    LYNCADM_CELL_TEXT,
    LYNCADM_CELL_INTEGER,       /* a number in JSON */
    LYNCADM_CELL_DECIMAL,       /* the same with a decimal point */
    LYNCADM_CELL_JSON           /* text that is JSON, taken over as it is */
} lyncadm_cell_t;

/* Adds a column. */
void lyncadm_rows_column(lyncadm_rows_t *rows, const char *name, lyncadm_cell_t cell);

/* Adds a row of cells (const char *, NULL: not set), one a column. The array is copied. */
void lyncadm_rows_add(lyncadm_rows_t *rows, const char *const *cells);

typedef enum lyncadm_mood_t {
    LYNCADM_PLAIN,
    LYNCADM_GOOD,               /* green */
    LYNCADM_WARN,               /* yellow */
    LYNCADM_BAD                 /* red */
} lyncadm_mood_t;

/* Gives a cell of the row that was added last a colour, on terminals that are to have colours. */
void lyncadm_rows_mark(lyncadm_rows_t *rows, const char *column, lyncadm_mood_t mood);

/* A table with a noun's fields as columns, and a row of it. */
lyncadm_rows_t *lyncadm_rows_noun(apr_pool_t *p, const lync_noun_t *noun);
void lyncadm_rows_add_row(lyncadm_rows_t *rows, const lync_noun_t *noun, const void *row);

/* Whether there is no row; how many rows and columns there are. */
int lyncadm_rows_empty(const lyncadm_rows_t *rows);
int lyncadm_rows_count(const lyncadm_rows_t *rows);
int lyncadm_rows_width(const lyncadm_rows_t *rows);

/* Whether a table for people has the column. */
int lyncadm_rows_shown(const lyncadm_rows_t *rows, int column);

/* A cell, NULL: not set; of row -1 the column's name. */
const char *lyncadm_rows_cell(const lyncadm_rows_t *rows, int row, int column);

/* A table with one of the rows only. */
lyncadm_rows_t *lyncadm_rows_one(const lyncadm_rows_t *rows, int row);

/* The text itself, or when it is no UTF-8 a copy in p whose odd bytes are '?': else it were no JSON. */
const char *lyncadm_utf8(apr_pool_t *p, const char *text);

/* Prints on stdout in adm's format; for people either as a table, or each row upright. Several tables (of
 * lyncadm_rows_t *) are one JSON array, or have empty lines between; headings are for people: a table without one
 * (NULL) has each row upright. */
const lync_err_t *lyncadm_rows_print(lyncadm_t *adm, const lyncadm_rows_t *rows, int upright) LYNC_MUST_USE;
const lync_err_t *lyncadm_tables_print(lyncadm_t *adm, const apr_array_header_t *tables,
                                       const apr_array_header_t *headings) LYNC_MUST_USE;

/* A round in JSON, in the place of its tables: why there are none. */
void lyncadm_round_failed(lyncadm_t *adm, const char *sentence);

/* edit.c */

/* An edit of the draft: one transaction. */
typedef struct lyncadm_edit_t {
    lyncadm_t *adm;
    apr_pool_t *pool;
    lync_store_t *store;        /* NULL: only the model is edited */
    lync_model_t *model;        /* the draft with this edit's changes so far */
    lyncadm_rows_t *report;     /* what was done: done, noun, name, detail */
    apr_array_header_t *lines;  /* the same as sentences, of const char * */
    apr_array_header_t *warnings;       /* of const char *: said when all is done */
    apr_hash_t *noted;          /* "noun name" of what is in the report */
    apr_hash_t *found;          /* findings that were there before, or have been told */
    int elsewhere;              /* the draft may be for another host: files that lack are only warned of */
} lyncadm_edit_t;

typedef const lync_err_t *lyncadm_edit_fn(lyncadm_edit_t *edit, void *data);

/*
 * Opens the store, begins, calls fn, holds the resulting draft against the rule book, and commits
 * and prints what was done. Errors that the draft did not have before roll back, as --dry-run
 * does; new warnings go to stderr.
 */
const lync_err_t *lyncadm_edit(lyncadm_t *adm, lyncadm_edit_fn *fn, void *data) LYNC_MUST_USE;

/* The same in its parts: a trial is rolled back; what was done is printed. */
const lync_err_t *lyncadm_edit_run(lyncadm_edit_t *edit, lyncadm_t *adm, int trial, lyncadm_edit_fn *fn,
                                   void *data) LYNC_MUST_USE;
const lync_err_t *lyncadm_edit_tell(lyncadm_edit_t *edit) LYNC_MUST_USE;

/* What of it goes to stderr: warnings, and that it was a dry run. */
void lyncadm_edit_warn(const lyncadm_edit_t *edit);

/* An edit of a model of its own, which nobody sees: warnings are those of the edit it is for. */
void lyncadm_edit_aside(lyncadm_edit_t *aside, const lyncadm_edit_t *edit, lync_model_t *model);

/* Holds what the draft is to be against the rule book: an error that it did not have before is one, warnings are
 * kept to be told. */
const lync_err_t *lyncadm_edit_check(lyncadm_edit_t *edit, const lync_model_t *model) LYNC_MUST_USE;

/* Inserts a row. The same row already there is fine, one with other values an error that says so. */
const lync_err_t *lyncadm_edit_add(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *row) LYNC_MUST_USE;

/* The error that a row is there with another value of a field than the wanted row has. */
const lync_err_t *lyncadm_already(apr_pool_t *p, const lync_noun_t *noun, const lync_field_t *field, const void *old,
                                  const void *row) LYNC_MUST_USE;

/* "port 443, scheme http": what a person wants to know of a row; NULL: nothing besides its key. */
const char *lyncadm_describe(apr_pool_t *p, const lync_noun_t *noun, const void *row);

/* "port 443 (was 8443), …": the fields in which rows of the same key differ; NULL: in none. */
const char *lyncadm_changes(apr_pool_t *p, const lync_noun_t *noun, const void *old, const void *new);

/* Changes a row of the model to new. */
const lync_err_t *lyncadm_edit_set(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *old,
                                   const void *new) LYNC_MUST_USE;

/* Removes a row of the model. */
const lync_err_t *lyncadm_edit_remove(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *row) LYNC_MUST_USE;

/* Adds to the report: done is "added", "set", "removed" or "kept" (it was so already). */
void lyncadm_edit_note(lyncadm_edit_t *edit, const char *done, const lync_noun_t *noun, const void *row,
                       const char *detail);

/* The model's row with the key of row (paths without regard to case), or NULL. */
void *lyncadm_find_key(const lync_model_t *model, const lync_noun_t *noun, const void *row);

/* "name", or "tls-policy" for tls_policy: the noun as a word of the command line. */
const char *lyncadm_noun_word(apr_pool_t *p, const lync_noun_t *noun);

/* Opens adm's store, to read or to write. */
const lync_err_t *lyncadm_open(lyncadm_t *adm, int writable, lync_store_t **store) LYNC_MUST_USE;

/* Opens the store and reads the draft. */
const lync_err_t *lyncadm_read_draft(lyncadm_t *adm, lync_model_t **model) LYNC_MUST_USE;

/* special.c: what a noun does besides being stored */

typedef struct lyncadm_special_t {
    lync_noun_id_t noun;
    void (*options)(apr_array_header_t *options);       /* adds those of add */
    /* completes a row from what was given, before the transaction; old: before set, NULL for add */
    const lync_err_t *(*complete)(lyncadm_t *adm, void *row, const void *old);
    /* refuses a row before it is written, in better words than the store's */
    const lync_err_t *(*refuse)(lyncadm_edit_t *edit, const void *row);
    const lync_err_t *(*added)(lyncadm_edit_t *edit, const void *row, int is_new);
    int owned;                  /* noun whose rows go with this one's, or -1 */
    const char *derived;        /* words: the required fields that complete can fill, or NULL */
    lyncadm_run_t *show;        /* in place of lyncadm_noun_show, or NULL */
} lyncadm_special_t;

/* The special behaviour of a noun, or NULL. */
const lyncadm_special_t *lyncadm_special(const lync_noun_t *noun);

/* Sees to it that hosts are servers of a pool: of a new one they are made so, an old one must
 * have them. */
const lync_err_t *lyncadm_pool_servers(lyncadm_edit_t *edit, const lync_pool_t *pool,
                                       const apr_array_header_t *hosts, int is_new) LYNC_MUST_USE;

/* Fills the fields of a pool that were not given with the defaults of its role. */
const lync_err_t *lyncadm_pool_role(lyncadm_t *adm, lync_pool_t *pool) LYNC_MUST_USE;

/* noun.c: the five verbs */

/* Which rows are meant: those with the keys that a person gave. */
typedef struct lyncadm_pattern_t {
    void *row;                  /* that has them */
    unsigned int given;         /* a bit a field */
} lyncadm_pattern_t;

/* The keys of the command's noun from options and words; a usage error when there are none. */
const lync_err_t *lyncadm_noun_keys(lyncadm_t *adm, lyncadm_pattern_t *pattern) LYNC_MUST_USE;

/* The rows of the model that are meant, of void *; the only one, or an error that names some. */
apr_array_header_t *lyncadm_noun_find(const lync_model_t *model, const lync_noun_t *noun,
                                      const lyncadm_pattern_t *pattern, apr_pool_t *p);
const lync_err_t *lyncadm_noun_one(const lync_model_t *model, const lync_noun_t *noun,
                                   const lyncadm_pattern_t *pattern, void **row, apr_pool_t *p) LYNC_MUST_USE;

/* The draft, and the row of it that the words of a show command mean. */
const lync_err_t *lyncadm_noun_shown(lyncadm_t *adm, lync_model_t **model, void **row) LYNC_MUST_USE;

lyncadm_run_t lyncadm_noun_add;
lyncadm_run_t lyncadm_noun_set;
lyncadm_run_t lyncadm_noun_show;
lyncadm_run_t lyncadm_noun_list;
lyncadm_run_t lyncadm_noun_remove;

/* noun_command.c: adds the commands of all nouns */

void lyncadm_noun_commands(apr_array_header_t *commands);

/* templates.c: the Lync knowledge of templates/publish/, built in */

/* A template by file name without suffix, for the life of adm's pool. */
const json_t *lyncadm_template(apr_pool_t *p, const char *name);

/* A text member, or NULL. */
const char *lyncadm_json_text(const json_t *object, const char *name);

/* Whether a list of texts has a word, in any case; NULL is in none. */
int lyncadm_json_has(const json_t *list, const char *word);

/* Sets a row's fields from an object's members of the same names; other members are skipped. */
const lync_err_t *lyncadm_json_row(apr_pool_t *p, const lync_noun_t *noun, void *row,
                                   const json_t *object) LYNC_MUST_USE;

/* The name of the policy in tls.json that is the default. */
const char *lyncadm_default_policy(apr_pool_t *p);

/* publish_command.c: adds the publish commands; what they are made of is in publish.h. import_command.c */

void lyncadm_publish_commands(apr_array_header_t *commands);
void lyncadm_import_commands(apr_array_header_t *commands);

/* revision.c: history, show, diff; audit.c */

lyncadm_run_t lyncadm_history;
lyncadm_run_t lyncadm_show;
lyncadm_run_t lyncadm_diff;
lyncadm_run_t lyncadm_audit;
/* Nouns of the audit that the draft has not, as the store has them; NULL is the last. */
extern const char *const lyncadm_audit_nouns[];

/* A revision as a person calls it: a number, "draft" or "active". */
const lync_err_t *lyncadm_revision_named(lyncadm_t *adm, lync_store_t *store, const char *word, int *revision)
    LYNC_MUST_USE;

/* export.c, import.c, backup.c, restore.c */

lyncadm_run_t lyncadm_export;
lyncadm_run_t lyncadm_import;   /* the other ways to import are in import.h */
lyncadm_run_t lyncadm_backup;
lyncadm_run_t lyncadm_restore;

/* init.c, check.c, apply.c, status.c */

#ifndef LYNCADM_CONTROL         /* the build says what httpd's layout has */
#define LYNCADM_CONTROL "apachectl"
#endif
#define LYNCADM_WAIT 30         /* seconds that httpd may take to end a command, and to serve a revision */

lyncadm_run_t lyncadm_init;
lyncadm_run_t lyncadm_check;
lyncadm_run_t lyncadm_apply;
lyncadm_run_t lyncadm_rollback;

lyncadm_run_t lyncadm_status;

/* status_certificate.c: the certificates of a revision on disk, and as httpd whose served file this is has
 * loaded them; sets *drift when they are not the same. */
lyncadm_rows_t *lyncadm_status_certificates(lyncadm_t *adm, const lync_model_t *model, const char *served, int *drift);

/* One of a model that a reload would load and httpd, whose served file this is, has not, or could not load: what about it,
 * or NULL. */
const char *lyncadm_certificate_waits(const lync_model_t *model, const char *served, apr_pool_t *p);

/* All findings of a model, rows and files. */
apr_array_header_t *lyncadm_findings(const lync_model_t *model, apr_pool_t *p);

/* "sentence: remedy" */
const char *lyncadm_finding_sentence(const lync_finding_t *finding, apr_pool_t *p);

/* verify.c: adds the verify commands; what they are made of is in verify.h */

void lyncadm_verify_commands(apr_array_header_t *commands);

/* check_health.c: adds check-health; tells that it failed, or was used wrongly, in its own way. */

void lyncadm_check_health_command(apr_array_header_t *commands);
void lyncadm_check_health_error(lyncadm_t *adm, const lync_err_t *err);

/* plan.c: adds the plan commands; what they are made of is in plan.h */

void lyncadm_plan_commands(apr_array_header_t *commands);

/* top.c */

lyncadm_run_t lyncadm_top;

/* "lyncadm: …" on stderr: the one place that writes there. */
void lyncadm_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Has what is said collected (const char *) instead; NULL: no more. */
void lyncadm_say_into(apr_array_header_t *lines);

/* A question on stderr: whether the answer on stdin is yes. */
int lyncadm_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on stdout. */
void lyncadm_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* password.c */

/* The password of a user or a file: the next line of the descriptor that an option names, or what is typed at the
 * terminal. In p, wiped with it. */
const lync_err_t *lyncadm_password(lyncadm_t *adm, const char *whose, const char *option, apr_pool_t *p,
                                   const char **password) LYNC_MUST_USE;

#endif
