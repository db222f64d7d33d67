"""Files: small ones of each kind, made here byte by byte, and how they go up and come down."""

import os
import struct
import zlib

from support.http import Connection


def png(width=2, height=2, pixel=b"\xff\x00\x00", extra=b""):
    """A real picture. extra: chunks between the header and the pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + pixel * width) * height
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def kept_size(content):
    """How much is kept of content: of a png() followed by anything, the picture."""
    return len(png()) if content.startswith(png()) else len(content)


# First bytes that are enough to be known, with something behind them.
SAMPLES = {
    "video/mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"v" * 100,
    "video/webm": b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + b"v" * 100,
    "audio/mp4": b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42" + b"a" * 100,
    "audio/mpeg": b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"a" * 100,
    "audio/ogg": b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x13OpusHead\x01\x02" + b"a" * 100,
    "application/pdf": b"%PDF-1.7\n" + b"p" * 100,
    "application/zip": b"PK\x03\x04\x14\x00" + b"z" * 100,
    "application/octet-stream": b"just some bytes, " * 10,
}


def form(content, name="a.bin", boundary="xYzZY", before=b"", after=b""):
    """(content type, body) of a form with one file; before and after: whole other parts."""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = before + head + content + b"\r\n" + after + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def field(name, value, boundary="xYzZY"):
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def upload(world, user, content, name=None, mime="application/octet-stream", **kind):
    """The answer, whatever it is."""
    query = {"name": name} if name is not None else None
    return world.call("POST", "/file/upload", query, user, [("Content-Type", mime)], content, **kind)


def stored(world, user, content=None, **kind):
    """An upload that must work: what the server says of it."""
    return upload(world, user, os.urandom(1000) if content is None else content, **kind).data


def fetch(world, url, user=None, method="GET", headers=(), **query):
    return world.call(method, url, query or None, user, headers)


def disk(server):
    """Names of all files below data/files, whole or coming in."""
    found = []
    for folder, _, names in os.walk(server.data / "files"):
        found += [os.path.relpath(os.path.join(folder, name), server.data / "files") for name in names]
    return sorted(found)


def place(fid):
    return f"{fid[:2]}/{fid[2:4]}/{fid}"


def half_upload(server, user, size, sent):
    """A connection that has sent a part of what it announced."""
    connection = Connection(server)
    lines = ["POST /file/upload HTTP/1.1", "Host: im.test", f"Content-Length: {size}"]
    lines += [f"{name}: {value}" for name, value in user.auth]
    connection.send("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
    return connection
