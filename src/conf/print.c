/* print.c: the option table as people read it. */
#include "conf/value.h"

#define TEXT_COLUMNS 72
#define INDENT "        "

static bool section_starts(size_t index)
{
    return index == 0 || !str_equal(option_section(&option_table[index]), option_section(&option_table[index - 1]));
}

static const char *key_of(const struct option *option)
{
    return option->name + option_section(option).size + 1;
}

/* Words in indented lines of at most TEXT_COLUMNS bytes. */
static void print_wrapped(FILE *out, const char *text)
{
    size_t column = 0;
    for (const char *at = text; *at != '\0';) {
        size_t word = strcspn(at, " ");
        const char *before = column == 0 ? INDENT : " ";
        if (column > 0 && column + 1 + word > TEXT_COLUMNS) {
            before = "\n" INDENT;
            column = 0;
        }
        fprintf(out, "%s%.*s", before, (int)word, at);
        column += word + (column > 0);
        at += word;
        at += strspn(at, " ");
    }
    fputc('\n', out);
}

void conf_help(FILE *out)
{
    fputs("Options. Each can be a flag (--section.name=value), a variable in the\n"
          "environment (IM_SECTION_NAME=value), or a line \"name = value\" under [section]\n"
          "in the file; a flag wins over the environment, and that over the file.\n",
          out);
    struct buf text = { 0 };
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (section_starts(i))
            fputc('\n', out);
        fprintf(out, "  --%s", option->name);
        if (option->alias != NULL)
            fprintf(out, ", --%s", option->alias);
        fprintf(out, "  (%s)\n", *option->fallback == '\0' ? "empty" : option->fallback);
        buf_clear(&text);
        buf_append_format(&text, "%s Takes ", option->help);
        value_expected(option, &text);
        buf_append(&text, ".", 2);
        print_wrapped(out, text.ptr);
    }
    buf_release(&text);
}

void conf_markdown(FILE *out)
{
    struct buf text = { 0 };
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (section_starts(i)) {
            struct str section = option_section(option);
            fprintf(out, "%s## [%.*s]\n\n| option | default | takes | what it does |\n|---|---|---|---|\n",
                    i == 0 ? "" : "\n", (int)section.size, section.ptr);
        }
        buf_clear(&text);
        value_expected(option, &text);
        fprintf(out, "| `%s` | ", key_of(option));
        if (*option->fallback == '\0')
            fputs("empty", out);
        else
            fprintf(out, "`%s`", option->fallback);
        fprintf(out, " | %.*s | %s", (int)text.size, text.ptr, option->help);
        if (option->alias != NULL)
            fprintf(out, " Short flag: `--%s`.", option->alias);
        fputs(" |\n", out);
    }
    buf_release(&text);
}

void conf_print(const struct conf *conf, FILE *out)
{
    struct buf text = { 0 };
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (section_starts(i)) {
            struct str section = option_section(option);
            fprintf(out, "%s[%.*s]\n", i == 0 ? "" : "\n", (int)section.size, section.ptr);
        }
        buf_clear(&text);
        value_format(option, conf, &text);
        if (option->type == OPTION_SECRET && text.size > 0)
            fprintf(out, "; %s is set, and not shown\n", key_of(option));
        else
            fprintf(out, "%s = %.*s\n", key_of(option), (int)text.size, text.ptr);
    }
    buf_release(&text);
}
