/* test_tokenize.c: what texts are found by. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "search/fold.h"
#include "search/tokenize.h"
#include "util/utf8.h"

static void token_join(void *context, struct str token)
{
    struct buf *out = context;
    if (out->size > 0)
        buf_append_byte(out, '|');
    buf_append_str(out, token);
}

static void tokens_are(const char *text, const char *expected)
{
    struct buf scratch = { 0 };
    struct buf out = { 0 };
    tokenize(str_from(text), &scratch, token_join, &out);
    if (!str_equal(buf_str(&out), str_from(expected)))
        print_error("%s gave %.*s\n", text, (int)out.size, out.size == 0 ? "" : out.ptr);
    assert_true(str_equal(buf_str(&out), str_from(expected)));
    buf_release(&scratch);
    buf_release(&out);
}

static void texts_fall_into_words_and_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tokens;
    } rows[] = {
        { "", "" },
        { " \t\n.,;:!?-_/", "" },
        { "hello", "hello" },
        { "Hello, World! 2026", "hello|world|2026" },
        { "a_b-c.d@e", "a|b|c|d|e" },
        { "v2rc1", "v2rc1" },
        /* Letters without case and diacritics. */
        { "CAFÉ café Cafe\xcc\x81", "cafe|cafe|cafe" },
        { "Straße STRASSE STRAẞE", "strasse|strasse|strasse" },
        { "Ærø Łódź İstanbul ŒUVRE Þór Đà Nẵng", "aero|lodz|istanbul|oeuvre|thor|da|nang" },
        { "Ăăǎ ñÑ çÇ ůű", "aaa|nn|cc|uu" },
        { "×÷", "" },
        { "ＡＢＣａｂｃ１２３！", "abcabc123" },
        { "ΑΘΉΝΑ Αθήνα σοφός", "αθηνα|αθηνα|σοφοσ" },
        { "МОСКВА Москва Ёлка ЇЖАК Ґ", "москва|москва|елка|їжак|ґ" },
        { "Հայաստան", "հայաստան" },
        { "שלום עולם", "שלום|עולם" },
        /* CJK: pairs, and the last alone. */
        { "中", "中" },
        { "架构", "架构|构" },
        { "分布式架构", "分布|布式|式架|架构|构" },
        { "你好，世界。", "你好|好|世界|界" },
        { "ひらがなカタカナー", "ひら|らが|がな|なカ|カタ|タカ|カナ|ナー|ー" },
        { "안녕 하세요", "안녕|녕|하세|세요|요" },
        { "𠀀𠀁𪛕", "𠀀𠀁|𠀁𪛕|𪛕" },
        { "㐀㐁", "㐀㐁|㐁" },
        { "時々〇", "時々|々〇|〇" },
        { "ㄅㄆ", "ㄅㄆ|ㄆ" },
        /* Mixed, without blanks between. */
        { "用iPhone17拍照", "用|iphone17|拍照|照" },
        { "C语言和C++", "c|语言|言和|和|c" },
        { "GPT4架构v2", "gpt4|架构|构|v2" },
        /* Emoji and symbols are no words; what joins them is nothing at all. */
        { "😀👨\xe2\x80\x8d👩\xe2\x80\x8d👧❤\xef\xb8\x8f €100 ½", "100" },
        { "好😀的", "好|的" },
        { "soft\xc2\xadhyphen zero\xe2\x80\x8bwidth", "softhyphen|zerowidth" },
        { "@(呵呵)", "呵呵|呵" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        tokens_are(rows[i].text, rows[i].tokens);
}

static void a_long_word_is_cut_between_characters(void **state)
{
    (void)state;
    tokens_are("abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz012345");
    /* Cyrillic letters are two bytes, these three. */
    tokens_are("ббббббббббббббббб", "бббббббббббббббб");
    tokens_are("aเเเเเเเเเเเเ", "aเเเเเเเเเเ");
    tokens_are("ประเทศไทยและโลก", "ประเทศไทย\xe0\xb9\x81");
}

struct bound {
    size_t count, greatest;
};

static void bound_take(void *context, struct str token)
{
    struct bound *bound = context;
    bound->count++;
    if (token.size > bound->greatest)
        bound->greatest = token.size;
    assert_true(token.size > 0 && utf8_valid(token));
}

static void tokens_are_bounded(void **state)
{
    (void)state;
    struct buf text = { 0 };
    struct buf scratch = { 0 };
    struct bound bound = { 0 };
    for (size_t i = 0; i < 65536; i++)
        buf_append_byte(&text, 'w');
    tokenize(buf_str(&text), &scratch, bound_take, &bound);
    assert_int_equal(1, bound.count);
    assert_int_equal(TOKEN_SIZE_MAX, bound.greatest);
    buf_clear(&text);
    for (size_t i = 0; i < 21845; i++)
        buf_append_str(&text, STR("字"));
    bound = (struct bound){ 0 };
    tokenize(buf_str(&text), &scratch, bound_take, &bound);
    assert_int_equal(21845, bound.count);
    assert_int_equal(6, bound.greatest);
    buf_release(&text);
    buf_release(&scratch);
}

static void ill_formed_text_has_no_tokens(void **state)
{
    (void)state;
    tokens_are("abc \xff def", "");
    tokens_are("\xe4\xb8", "");
    tokens_are("\xed\xa0\x80", "");
}

static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t c = 1; c < 0x110000; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        struct fold once = fold(c);
        assert_int_equal(once.kind == FOLD_WORD || once.kind == FOLD_CJK, once.count > 0);
        for (unsigned i = 0; i < once.count; i++) {
            struct fold again = fold(once.letters[i]);
            if (again.kind != once.kind || again.count != 1 || again.letters[0] != once.letters[i])
                print_error("U+%04X\n", c);
            assert_int_equal(once.kind, again.kind);
            assert_int_equal(1, again.count);
            assert_int_equal(once.letters[i], again.letters[0]);
        }
    }
}

/* Any well-formed text: tokens are well-formed, bounded, and folding them again gives a beginning of what they are. */
static void random_text_gives_tokens(void **state)
{
    (void)state;
    static const uint32_t starts[] = { 0x20,   0x41,   0x61,    0xc0,    0x180,   0x300,  0x370,
                                       0x400,  0x1e00, 0x2000,  0x3000,  0x3040,  0x4e00, 0xac00,
                                       0xfe00, 0xff00, 0x1f600, 0x20000, 0x10fff0 };
    uint64_t seed = seed_take();
    struct buf text = { 0 };
    struct buf scratch = { 0 };
    for (int round = 0; round < 3000; round++) {
        struct bound bound = { 0 };
        size_t size = seed_next(&seed) % 120;
        buf_clear(&text);
        for (size_t i = 0; i < size; i++) {
            char bytes[4];
            uint32_t c = starts[seed_next(&seed) % (sizeof(starts) / sizeof(starts[0]))];
            buf_append(&text, bytes, utf8_encode(c + (uint32_t)(seed_next(&seed) % 14), bytes));
        }
        tokenize(buf_str(&text), &scratch, bound_take, &bound);
        assert_true(bound.count <= size && bound.greatest <= TOKEN_SIZE_MAX);
    }
    buf_release(&text);
    buf_release(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_fall_into_words_and_pairs),
        cmocka_unit_test(a_long_word_is_cut_between_characters),
        cmocka_unit_test(tokens_are_bounded),
        cmocka_unit_test(ill_formed_text_has_no_tokens),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(random_text_gives_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
