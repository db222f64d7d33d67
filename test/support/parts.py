"""Uploads in parts: their calls, and a part that is sent halfway."""

import hashlib
import json

from support.http import Connection, target


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def init(world, user, **body):
    """The answer, whatever it is."""
    return world.post("/file/init", user, **body)


def begin(world, user, content, name="a.bin", mime="application/octet-stream"):
    """An init that must work: what the server says of it."""
    return init(world, user, name=name, size=len(content), sha256=sha256(content), mime=mime).data


def part(world, user, fid, number, body):
    return world.call("PUT", "/file/part", {"fid": fid, "n": number}, user, (), body)


def complete(world, user, fid):
    return world.post("/file/complete", user, fid=fid)


def cancel(world, user, fid):
    return world.post("/file/cancel", user, fid=fid)


def part_bytes(begun, content, number):
    return content[number * begun["partSize"] : (number + 1) * begun["partSize"]]


def send_all(world, user, begun, content):
    """All parts that are not there yet."""
    for number in range(begun["parts"]):
        if number not in begun["have"]:
            assert part(world, user, begun["fid"], number, part_bytes(begun, content, number)).data is True


def half_part(server, user, fid, number, size, sent):
    """A connection that has sent a part of the part it announced."""
    connection = Connection(server)
    lines = [f"PUT {target('/file/part', {'fid': fid, 'n': number})} HTTP/1.1", "Host: im.test", f"Content-Length: {size}"]
    lines += [f"{name}: {value}" for name, value in user.auth]
    connection.send("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
    return connection


def answer_of(answer):
    """done, or (status, code)."""
    body = json.loads(answer.body)
    return "done" if body["code"] == 0 else (answer.status, body["code"])
