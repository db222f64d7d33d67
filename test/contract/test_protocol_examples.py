"""The examples of docs/PROTOCOL.md happen as they are written (support/examples.py), and there is one for every
call and frame that the server knows."""

import json
import re

import pytest

from support.examples import ROOT, examples, play, route_name
from support.server import Server, cli

EXAMPLES = examples()


def table(name):
    return [json.loads(line) for line in cli(name).stdout.splitlines()]


def numbers():
    """Every number that a frame may have, by src/chat/cmd.h."""
    return {int(number) for number in re.findall(r"CMD_\w+ = (\d+)", (ROOT / "src/chat/cmd.h").read_text())}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """servers(options): one for each set of options that an example asks for."""
    made = {}

    def get(options):
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = Server(tmp_path_factory.mktemp("server"), options).start()
        return made[key]

    yield get
    for one in made.values():
        one.release()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(servers, example):
    play(servers(example.options), example)


def test_every_call_has_an_example_and_every_example_a_call():
    known = {route_name(row["method"], row["path"]) for row in table("routes")}
    shown = {step.route for example in EXAMPLES for step in example.calls() if step.status != 404}
    assert shown == known


def test_every_frame_from_a_client_has_an_example_and_every_example_a_command():
    known = {row["cmd"] for row in table("commands")}
    shown = {frame["cmd"] for example in EXAMPLES for frame in example.frames("send")}
    assert shown == known


def test_every_frame_to_a_client_has_an_example():
    asked = {row["cmd"] for row in table("commands")}
    shown = {frame["cmd"] for example in EXAMPLES for frame in example.frames("receive")}
    assert shown <= numbers()
    assert numbers() <= shown | asked, "a number that neither a client nor the server uses in an example"


# Codes that nothing answers with yet. Where one comes into use, its example has to.
UNUSED = {"ERR_EPOCH": 2110}


def test_every_error_code_of_v2_has_an_example():
    text = "".join(path.read_text() for path in (ROOT / "src").glob("*/*.c"))
    named = set(re.findall(r"(?:=|return|\?|:) (ERR_\w+)", text))
    assert not named & set(UNUSED)
    codes = {frame.get("code") for example in EXAMPLES for frame in example.frames("receive")}
    codes |= {step.answer["code"] for example in EXAMPLES for step in example.calls() if isinstance(step.answer, dict)}
    assert codes >= set(range(2100, 2113)) - set(UNUSED.values())
