"""Real pictures, made here, and what is looked for in those that come back."""

import io
import os
import pathlib
import random
import struct
import time
import zlib

from PIL import Image

from support.timing import seconds

SECRET = "Secret camera 31.2304N 121.4737E"


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def scene(width, height, mode="RGB", seed=1):
    """Something with soft shapes, as photographs have."""
    chance = random.Random(seed)  # Not everybody's: ports are drawn from that one.
    small = Image.new(mode, (8, 8))
    small.putdata([tuple(chance.randrange(256) for _ in mode) for _ in range(64)])
    return small.resize((width, height), Image.BICUBIC)


def corners(width, height):
    """Red, green, blue and white quarters, from the top left as one reads."""
    image = Image.new("RGB", (width, height))
    for i, colour in enumerate(["red", "lime", "blue", "white"]):
        x, y = i % 2 * (width // 2), i // 2 * (height // 2)
        image.paste(colour, (x, y, x + width // 2, y + height // 2))
    return image


def exif(orientation=1):
    """With a maker's name and a position."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = SECRET
    block[0x8825] = {1: "N", 2: (31.0, 13.0, 49.4), 3: "E", 4: (121.0, 28.0, 25.3)}
    return block


def frames(count, width=40, height=30):
    return [scene(width, height, seed=i) for i in range(count)]


def moving(kind, count=5, width=40, height=30, **options):
    first, *rest = frames(count, width, height)
    return encoded(first, kind, save_all=True, append_images=rest, duration=70, loop=0, **options)


# ---- bombs: small files that say that they are large ----


def png_bomb(width, height):
    """All zeros, of one bit: a few kilobytes for any number of pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pack = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif_bomb(width, height, count):
    """count frames of that size; a frame's data say nothing but that it begins and ends."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * count + b";"


def webp_bomb(width, height):
    """A canvas of that size without a picture worth it."""
    still = encoded(scene(4, 4), "WEBP")
    x = struct.pack("<I", 0) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + x + still[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_sized(data, width, height):
    """The same JPEG, that says it is of another size."""
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


# ---- workers ----


def processes():
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "status").read_text()
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            yield int(folder.name), int(status.split("PPid:")[1].split()[0]), command, status


def workers(server):
    """Pids of a server's media workers."""
    return [pid for pid, parent, command, _ in processes() if parent == server.pid and b"media-worker" in command]


def worker(server):
    """The one that is there; waited for."""
    end = time.monotonic() + seconds(20)
    while not (found := workers(server)):
        assert time.monotonic() < end, "no media worker"
        time.sleep(0.01)
    return found[0]


def gone(pid):
    try:
        return "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
