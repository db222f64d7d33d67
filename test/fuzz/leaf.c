/* leaf.c: any bytes as a row of tokens and postings. What is read in order is written again, and must then be read again
 * and be the same. */
#include "fuzz.h"

#include "search/leaf.h"

/* Whether tokens ascend, as those of a leaf do; what was read goes into leaf. */
static bool copy(struct str bytes, struct leaf *leaf, bool *ok)
{
    struct leaf_reader reader = { .rest = bytes };
    bool ascends = true;
    while (leaf_next(&reader, ok)) {
        struct str token = leaf_token(&reader);
        MUST(token.size >= 1 && token.size <= TERMS_KEY_SIZE_MAX);
        ascends =
            ascends && (leaf->bytes.size == 0 || leaf_compare((struct str){ leaf->last, leaf->last_size }, token) < 0);
        leaf_add(leaf, token, reader.postings);
    }
    return ascends;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1); /* its end is the allocation's */
    struct leaf first = { 0 };
    struct leaf second = { 0 };
    bool ok = true;
    memcpy(bytes, data, size);
    bool ascends = copy((struct str){ bytes, size }, &first, &ok);
    free(bytes);
    if (first.bytes.size > 0) {
        bool again = true;
        MUST(copy(buf_str(&first.bytes), &second, &again) == ascends && again);
        MUST(str_equal(buf_str(&first.bytes), buf_str(&second.bytes)));
        MUST(str_equal(leaf_first(&first), leaf_first(&second)));
    }
    leaf_release(&first);
    leaf_release(&second);
    return 0;
}
