/* What predicates are made of; between predicate_parse.c, which makes it, predicate_bind.c, which
 * fits it to a table, and predicate.c, which evaluates it.
 *
 * A predicate is a list of steps in postfix order over a stack of truths: a test pushes the truth
 * of one comparison, AND and OR combine the two on top, NOT and IS change the one on top.
 */
#ifndef BADGED_BADGE_PREDICATE_NODE_H
#define BADGED_BADGE_PREDICATE_NODE_H

#include "badge/predicate.h"

#include <stdbool.h>
#include <stdint.h>

enum operand_kind {
    OPERAND_COLUMN,
    OPERAND_NULL,
    OPERAND_BOOL,
    OPERAND_NUMBER,
    OPERAND_STRING,
};

/* How two values compare. */
enum pairing {
    PAIRING_PLAIN, /* by value_compare */
    PAIRING_REALS, /* as the doubles nearest to them */
    PAIRING_DAY_INSTANT,
    PAIRING_INSTANT_DAY,
};

struct operand {
    enum operand_kind kind;
    uint32_t offset; /* where it stands in the text */
    size_t column;   /* OPERAND_COLUMN: index into predicate.columns */
    bool is_quoted;  /* the column's name stands in double quotes */
    char *text;      /* OPERAND_NUMBER: with its sign; OPERAND_STRING: without quotes; else NULL */
    struct value value; /* of a literal, as it was parsed */
    struct value bound; /* of a literal, as the column beside it takes it; set by predicate_bind */
    enum pairing pairing; /* with the first operand of its test; set by predicate_bind */
};

enum compare {
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LT,
    COMPARE_LE,
    COMPARE_GT,
    COMPARE_GE,
};

enum test_kind {
    TEST_TRUTH,    /* operand */
    TEST_COMPARE,  /* operand compare operand */
    TEST_DISTINCT, /* operand IS DISTINCT FROM operand */
    TEST_NULL,     /* operand IS NULL */
    TEST_IN,       /* operand IN (operand, …) */
    TEST_BETWEEN,  /* operand BETWEEN operand AND operand */
};

enum step_kind {
    STEP_TEST,
    STEP_AND,
    STEP_OR,
    STEP_NOT,
    STEP_IS, /* whether the truth on top is `is` */
};

struct step {
    enum step_kind kind;
    enum test_kind test;
    enum compare compare;
    enum truth is;
    bool negated;   /* of a test or an IS */
    size_t operand; /* first of them in predicate.operands */
    size_t operands_count;
};

#define PREDICATE_NOWHERE SIZE_MAX

struct predicate {
    struct step *steps;
    size_t steps_count;
    struct operand *operands;
    size_t operands_count;
    struct {
        char *name;
        size_t ordinal;             /* in the table it is bound to */
        const struct column *bound; /* of that table, while predicate_bind runs */
    } * columns;
    size_t columns_count;
    size_t distinct_from; /* offset of the first DISTINCT in the text, or PREDICATE_NOWHERE */
};

#endif
