/* Three-valued logic and comparisons in full: every operator on every combination of what it may
 * meet, as literals and as columns. */
#include "badge/predicate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define F        TRUTH_FALSE
#define T        TRUTH_TRUE
#define U        TRUTH_UNKNOWN

enum {
    FLAG,
    OTHER,
    N,
    M,
    O,
    COLUMNS
};

static struct column columns[COLUMNS] = {
    [FLAG] = {(char[]){"flag"}, COLUMN_BOOL}, [OTHER] = {(char[]){"other"}, COLUMN_BOOL},
    [N] = {(char[]){"n"}, COLUMN_NUMBER},     [M] = {(char[]){"m"}, COLUMN_NUMBER},
    [O] = {(char[]){"o"}, COLUMN_NUMBER},
};

static const struct table table = {
    .name = (char[]){"rows"}, .columns = columns, .columns_count = COLUMNS};

static enum truth truth_of(const char *text, const struct value *row)
{
    struct predicate *p = NULL;
    struct error e = {0};
    size_t offset = 0;
    if (predicate_parse(text, strlen(text), &p, &offset, &e) != ERR_OK ||
        predicate_bind(p, &table, &offset, &e) != ERR_OK)
        fail_msg("%s: %s at %zu", text, e.message, offset);
    enum truth t = predicate_eval(p, row);
    predicate_free(p);
    return t;
}

/* ---- logic ---- */

static const char *const words[] = {[F] = "FALSE", [T] = "TRUE", [U] = "NULL"};

/* The form with its @ and # filled in. */
static void fill(struct buffer *out, const char *form, const char *at, const char *hash)
{
    out->len = 0;
    for (; *form != '\0'; form++) {
        if (*form == '@' || *form == '#')
            buffer_puts(out, *form == '@' ? at : hash);
        else
            buffer_add(out, form, 1);
    }
}

/* With literals in it, and with columns that hold the same. */
static void assert_truth(const char *form, enum truth a, enum truth b, enum truth wanted)
{
    static const struct value values[] = {[F] = {.kind = VALUE_INT, .integer = 0},
                                          [T] = {.kind = VALUE_INT, .integer = 1},
                                          [U] = {.kind = VALUE_NULL}};
    const struct value row[COLUMNS] = {[FLAG] = values[a], [OTHER] = values[b]};
    struct buffer text = {0};
    fill(&text, form, words[a], words[b]);
    if (truth_of(text.bytes, row) != wanted)
        fail_msg("%s is not %s", text.bytes, words[wanted]);
    fill(&text, form, "flag", "other");
    if (truth_of(text.bytes, row) != wanted)
        fail_msg("%s is not %s, flag being %s, other %s", text.bytes, words[wanted], words[a],
                 words[b]);
    buffer_fini(&text);
}

static const enum truth and_of[3][3] = {
    [F] = {[F] = F, [T] = F, [U] = F},
    [T] = {[F] = F, [T] = T, [U] = U},
    [U] = {[F] = F, [T] = U, [U] = U},
};
static const enum truth or_of[3][3] = {
    [F] = {[F] = F, [T] = T, [U] = U},
    [T] = {[F] = T, [T] = T, [U] = T},
    [U] = {[F] = U, [T] = T, [U] = U},
};
static const enum truth not_of[3] = {[F] = T, [T] = F, [U] = U};

static void and_or_and_not_follow_the_tables_of_sql(void **state)
{
    (void)state;
    for (enum truth a = 0; a < 3; a++) {
        assert_truth("NOT @", a, F, not_of[a]);
        assert_truth("NOT NOT @", a, F, a);
        assert_truth("NOT (@)", a, F, not_of[a]);
        for (enum truth b = 0; b < 3; b++) {
            assert_truth("@ AND #", a, b, and_of[a][b]);
            assert_truth("@ OR #", a, b, or_of[a][b]);
            assert_truth("NOT (@ AND #)", a, b, not_of[and_of[a][b]]);
            assert_truth("NOT (@ OR #)", a, b, not_of[or_of[a][b]]);
            assert_truth("NOT @ AND #", a, b, and_of[not_of[a]][b]);
            assert_truth("NOT @ OR NOT #", a, b, or_of[not_of[a]][not_of[b]]);
            assert_truth("TRUE OR @ AND #", a, b, T);
            assert_truth("(TRUE OR @) AND #", a, b, b);
            assert_truth("@ AND # OR TRUE", a, b, T);
            assert_truth("@ AND (# OR TRUE)", a, b, a);
        }
    }
}

static void is_gives_true_or_false_of_every_truth(void **state)
{
    (void)state;
    static const char *const forms[] = {"@ IS #", "(@) IS #", "(@ AND TRUE) IS #",
                                        "@ IS NOT DISTINCT FROM #"};
    static const char *const negated[] = {"@ IS NOT #", "(@) IS NOT #", "(@ OR FALSE) IS NOT #",
                                          "@ IS DISTINCT FROM #"};
    struct buffer form = {0};
    for (enum truth a = 0; a < 3; a++)
        for (enum truth is = 0; is < 3; is++)
            for (size_t i = 0; i < COUNT(forms); i++) {
                if (i == 3 && is == U)
                    continue; /* two literals are not compared */
                fill(&form, forms[i], "@", words[is]);
                assert_truth(form.bytes, a, F, a == is ? T : F);
                fill(&form, negated[i], "@", words[is]);
                assert_truth(form.bytes, a, F, a != is ? T : F);
            }
    buffer_fini(&form);
}

/* ---- comparisons ---- */

enum {
    NUMBERS = 4 /* 0, 1, 2, NULL */
};

static const char *const number_words[NUMBERS] = {"0", "1", "2", "NULL"};

static struct value number(size_t i)
{
    return (struct value){.kind = i < 3 ? VALUE_INT : VALUE_NULL, .integer = (int64_t)i};
}

static void assert_numbers(const char *text, size_t n, size_t m, size_t o, enum truth wanted)
{
    const struct value row[COLUMNS] = {[N] = number(n), [M] = number(m), [O] = number(o)};
    enum truth t = truth_of(text, row);
    if (t != wanted)
        fail_msg("%s is %s, not %s, n being %s, m %s", text, words[t], words[wanted],
                 number_words[n], number_words[m]);
}

static void comparisons_are_unknown_of_null_and_else_by_order(void **state)
{
    (void)state;
    static const struct {
        const char *symbol;
        bool below, equal, above;
    } operators[] = {{"=", false, true, false}, {"<>", true, false, true},
                     {"!=", true, false, true}, {"<", true, false, false},
                     {"<=", true, true, false}, {">", false, false, true},
                     {">=", false, true, true}};
    for (size_t i = 0; i < COUNT(operators); i++)
        for (size_t a = 0; a < NUMBERS; a++)
            for (size_t b = 0; b < NUMBERS; b++) {
                bool is_true =
                    a < b ? operators[i].below : (a == b ? operators[i].equal : operators[i].above);
                enum truth wanted = is_true ? T : F;
                char text[40];
                if (a == 3 || b == 3)
                    wanted = U;
                snprintf(text, sizeof(text), "n %s m", operators[i].symbol);
                assert_numbers(text, a, b, 0, wanted);
                snprintf(text, sizeof(text), "n %s %s", operators[i].symbol, number_words[b]);
                assert_numbers(text, a, 0, 0, wanted);
                snprintf(text, sizeof(text), "%s %s m", number_words[a], operators[i].symbol);
                assert_numbers(text, 0, b, 0, wanted);
            }
}

static void distinct_from_takes_null_for_a_value(void **state)
{
    (void)state;
    for (size_t a = 0; a < NUMBERS; a++)
        for (size_t b = 0; b < NUMBERS; b++) {
            assert_numbers("n IS DISTINCT FROM m", a, b, 0, a != b ? T : F);
            assert_numbers("n IS NOT DISTINCT FROM m", a, b, 0, a == b ? T : F);
        }
}

/* Every list of up to three of 0, 1, 2, NULL. */
static void in_is_unknown_where_only_null_could_have_been_equal(void **state)
{
    (void)state;
    for (size_t list = 0; list < (NUMBERS + 1) * (NUMBERS + 1) * NUMBERS; list++) {
        size_t items[] = {list % NUMBERS, list / NUMBERS % (NUMBERS + 1),
                          list / NUMBERS / (NUMBERS + 1)};
        char in[60] = "n IN (", not_in[70];
        for (size_t i = 0; i < 3; i++)
            if (items[i] < NUMBERS)
                snprintf(in + strlen(in), sizeof(in) - strlen(in), "%s%s", i > 0 ? ", " : "",
                         number_words[items[i]]);
        snprintf(in + strlen(in), sizeof(in) - strlen(in), ")");
        snprintf(not_in, sizeof(not_in), "n NOT%s", in + 1);
        for (size_t n = 0; n < NUMBERS; n++) {
            bool is_in = false, has_null = n == 3;
            for (size_t i = 0; i < 3; i++) {
                is_in = is_in || (n < 3 && items[i] == n);
                has_null = has_null || items[i] == 3;
            }
            assert_numbers(in, n, 0, 0, is_in ? T : has_null ? U : F);
            assert_numbers(not_in, n, 0, 0, is_in ? F : has_null ? U : T);
        }
    }
}

static void between_is_false_where_one_bound_alone_decides(void **state)
{
    (void)state;
    for (size_t n = 0; n < NUMBERS; n++)
        for (size_t low = 0; low < NUMBERS; low++)
            for (size_t high = 0; high < NUMBERS; high++) {
                bool is_out = n < 3 && ((low < 3 && n < low) || (high < 3 && n > high));
                bool has_null = n == 3 || low == 3 || high == 3;
                enum truth in = has_null ? U : T, out = has_null ? U : F;
                char text[60];
                assert_numbers("n BETWEEN m AND o", n, low, high, is_out ? F : in);
                assert_numbers("n NOT BETWEEN m AND o", n, low, high, is_out ? T : out);
                snprintf(text, sizeof(text), "n BETWEEN %s AND %s", number_words[low],
                         number_words[high]);
                assert_numbers(text, n, 0, 0, is_out ? F : in);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(and_or_and_not_follow_the_tables_of_sql),
        cmocka_unit_test(is_gives_true_or_false_of_every_truth),
        cmocka_unit_test(comparisons_are_unknown_of_null_and_else_by_order),
        cmocka_unit_test(distinct_from_takes_null_for_a_value),
        cmocka_unit_test(in_is_unknown_where_only_null_could_have_been_equal),
        cmocka_unit_test(between_is_false_where_one_bound_alone_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
