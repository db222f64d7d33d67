/* assets.c: finding an embedded file, and the headers it goes out with. */
#include "http/assets_table.h"

/* The page shows what strangers wrote. Should a mistake in it ever let markup
 * through, nothing of it runs, and nothing of it sends anything anywhere.
 * Pictures and videos come from wherever their senders keep them. */
#define POLICY_BEGIN                                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http: https: data: blob:; "               \
    "media-src 'self' http: https: blob:; connect-src 'self' ws: wss:"
#define POLICY_END "; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static int path_compare(struct str a, struct str b)
{
    int order = memcmp(a.ptr, b.ptr, a.size < b.size ? a.size : b.size);
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

const struct asset *asset_find(struct str path)
{
    if (path.size == 0)
        return NULL;
    if (str_equal(path, STR("/")))
        path = STR("/index.html");
    size_t low = 0;
    size_t high = assets_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = path_compare(path, assets_table[middle].path);
        if (order == 0)
            return &assets_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void asset_headers_append(struct buf *out, const struct asset *asset, struct str connect)
{
    /* no-cache still keeps a copy, but asks for 304 each time: a new server
     * shows its own page at once. */
    struct str holds = asset->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache");
    buf_append_str(out, STR("Cache-Control: "));
    buf_append_str(out, holds);
    buf_append_str(out, STR("\r\nETag: "));
    buf_append_str(out, asset->etag);
    buf_append_str(out, STR("\r\nVary: Accept-Encoding\r\n"
                            "Content-Security-Policy: " POLICY_BEGIN));
    if (connect.size > 0) {
        buf_append_byte(out, ' ');
        buf_append_str(out, connect);
    }
    buf_append_str(out, STR(POLICY_END "\r\n"
                                       "X-Content-Type-Options: nosniff\r\n"
                                       "Referrer-Policy: no-referrer\r\n"));
}
