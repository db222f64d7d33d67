/* compress.c: permessage-deflate on the way out.
 * Compression happens last, on frames that are built already: whoever builds
 * them need not know who takes the extension. */
#include "live/compress.h"

#include "ws/deflate.h"
#include "ws/frame.h"

#define LEVEL 1
#define WORTH_BYTES ((size_t)128) /* below this the flag and the block cost what they save */

/* Splits the first frame off; frames are ours: whole, unmasked, well-formed. */
static struct str frame_payload(struct str *frames, size_t *header_size)
{
    const unsigned char *bytes = (const unsigned char *)frames->ptr;
    uint64_t size = bytes[1];
    *header_size = 2;
    if (size == 126) {
        size = (uint64_t)bytes[2] << 8 | bytes[3];
        *header_size = 4;
    } else if (size == 127) {
        size = 0;
        for (size_t i = 2; i < 10; i++)
            size = size << 8 | bytes[i];
        *header_size = 10;
    }
    return (struct str){ frames->ptr + *header_size, (size_t)size };
}

static void frame_append(struct shard *shard, struct buf *out, struct str frame, struct str payload)
{
    if (payload.size < WORTH_BYTES) {
        buf_append_str(out, frame);
        return;
    }
    struct buf small = { 0 };
    char header[10];
    ws_deflate_message(shard->deflate, payload, &small);
    size_t size = ws_header_write(header, WS_TEXT, true, small.size);
    buf_append(out, header, size);
    buf_append_str(out, buf_str(&small));
    buf_release(&small);
}

struct payload *compress_frames(struct shard *shard, struct payload *plain)
{
    if (shard->compressed_from == plain)
        return payload_ref(shard->compressed);
    if (shard->deflate == NULL)
        shard->deflate = ws_deflate_new(LEVEL);
    struct buf out = { 0 };
    struct str frames = { plain->bytes, plain->size };
    while (frames.size > 0) {
        size_t header_size;
        struct str payload = frame_payload(&frames, &header_size);
        size_t whole = header_size + payload.size;
        frame_append(shard, &out, (struct str){ frames.ptr, whole }, payload);
        frames.ptr += whole;
        frames.size -= whole;
    }
    payload_unref(&shard->compressed_from);
    payload_unref(&shard->compressed);
    shard->compressed_from = payload_ref(plain); /* Held, so that its address names it. */
    shard->compressed = payload_from(buf_str(&out));
    buf_release(&out);
    return payload_ref(shard->compressed);
}

void compress_forget(struct shard *shard)
{
    payload_unref(&shard->compressed_from);
    payload_unref(&shard->compressed);
    if (shard->deflate != NULL)
        ws_deflate_free(&shard->deflate);
}
