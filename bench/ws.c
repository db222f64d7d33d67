/* ws.c: headers and masks. */
#include "ws.h"

#include <string.h>

bool ws_take(char **bytes, size_t *size, struct ws_frame *frame)
{
    const unsigned char *in = (const unsigned char *)*bytes;
    if (*size < 2)
        return false;
    size_t head = 2;
    uint64_t length = in[1] & 0x7fU;
    if (length >= 126) {
        size_t width = length == 126 ? 2 : 8;
        if (*size < 2 + width)
            return false;
        length = 0;
        for (size_t i = 0; i < width; i++)
            length = length << 8 | in[2 + i];
        head += width;
    }
    if ((in[1] & 0x80U) != 0)
        die("the server masked a frame");
    if (length > *size - head)
        return false;
    *frame = (struct ws_frame){ .opcode = in[0] & 0x0fU, .payload = *bytes + head, .size = (size_t)length };
    *bytes += head + length;
    *size -= head + (size_t)length;
    return true;
}

size_t ws_head_size(size_t size)
{
    return size < 126 ? 6 : size < 65536 ? 8 : 14;
}

void ws_mask(unsigned char *bytes, size_t size, uint32_t mask)
{
    uint64_t wide = (uint64_t)mask << 32 | mask;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        word ^= wide;
        memcpy(bytes + i, &word, 8);
    }
    unsigned char key[4];
    memcpy(key, &mask, 4);
    for (; i < size; i++)
        bytes[i] ^= key[i & 3];
}

void ws_seal(char *out, unsigned opcode, size_t size, uint32_t mask)
{
    unsigned char *head = (unsigned char *)out;
    size_t width = size < 126 ? 0 : size < 65536 ? 2 : 8;
    head[0] = (unsigned char)(0x80U | opcode);
    head[1] = (unsigned char)(0x80U | (width == 0 ? size : width == 2 ? 126U : 127U));
    for (size_t i = 0; i < width; i++)
        head[2 + i] = (unsigned char)((uint64_t)size >> (8 * (width - 1 - i)));
    memcpy(head + 2 + width, &mask, 4);
    ws_mask(head + 6 + width, size, mask);
}
