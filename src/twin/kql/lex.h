/* Inside kql: text to tokens. */
#ifndef TWIN_KQL_LEX_H
#define TWIN_KQL_LEX_H

#include "kit/base/arena.h"
#include "twin/kql/value.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_REAL,
    TOKEN_TIMESPAN,
    TOKEN_STRING,
    TOKEN_SIGN,
    TOKEN_BAD
};
struct token {
    enum token_kind kind;
    struct str text;  /* as written; STRING: without quotes, escapes resolved; SIGN: also "!in", "in~", "!has" ... */
    int64_t number;   /* NUMBER, TIMESPAN in ticks */
    double real;      /* REAL */
    const char *at;   /* where it begins */
    const char *what; /* BAD: what is wrong */
};
struct lexer {
    struct str text;
    const char *p;
    struct arena *arena; /* resolved strings */
};
void lexer_init(struct lexer *l, struct str text, struct arena *a);
struct token lexer_next(struct lexer *l);
/* The raw text up to the next ')', which is left unread: what stands in datetime(...). */
struct str lexer_raw_to_paren(struct lexer *l);
void lexer_place(const struct lexer *l, const char *at, unsigned *line_out, unsigned *position_out); /* from 1 and 0 */

#endif
