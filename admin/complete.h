#ifndef LYNCADM_COMPLETE_H
#define LYNCADM_COMPLETE_H

#include "lyncadm.h"

/* What may come as the last of some words: complete.c reads those before it, complete_offer.c prints what may come. */

typedef struct complete_t {
    lyncadm_t *adm;
    const char *first;          /* word of a command; NULL: not yet */
    int second;                 /* and its second word was there */
    const lyncadm_command_t *command;   /* NULL: not known yet */
    const lyncadm_option_t *option;     /* whose value comes next; NULL: of none */
    int words_only;             /* after "--" */
    apr_array_header_t *arguments;      /* of const char *: of the command, before the last word */
    const char *last;           /* the word that is to be completed */
    const char *head;           /* "--state=" when a value follows it, else "" */
    apr_hash_t *printed;
    const lync_model_t *draft;  /* NULL: not to be had */
    int is_read;                /* it was tried to get it */
} complete_t;

/* Prints a candidate that the last word is the beginning of, once. */
void complete_offer(complete_t *complete, const char *candidate);

/* The words that may follow after a group or, "", at all. */
void complete_offer_commands(complete_t *complete, const char *group);

/* What an option's value, and the argument after those that are there, may be. */
void complete_offer_value(complete_t *complete, const lyncadm_option_t *option);
void complete_offer_argument(complete_t *complete);

#endif
