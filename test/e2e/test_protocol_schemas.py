"""What a server really says while the examples of docs/PROTOCOL.md are played fits the schemas of
docs/openapi.yaml and docs/asyncapi.yaml, where nothing may be that they do not name."""

import pytest

from support.descriptions import body_mismatch, call_mismatch, frame_mismatch
from support.examples import Step, examples, play
from support.server import Server


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    made = {}

    def get(options):
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = Server(tmp_path_factory.mktemp("server"), options).start()
        return made[key]

    yield get
    for one in made.values():
        one.release()


def saw(what, *seen):
    if isinstance(what, Step):
        status, answer = seen
        if status != 404:
            assert not (error := call_mismatch(what.route, status, answer)), f"{what.route}: {error}"
    else:
        (frame,) = seen
        direction, channel = what
        assert not (error := frame_mismatch(direction, frame, channel)), f"cmd {frame['cmd']} {direction}: {error}"


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_example_fits_the_schemas(servers, example):
    play(servers(example.options), example, saw)


def test_a_schema_names_all_that_may_be_there():
    assert frame_mismatch("out", {"cmd": 0, "time": 1}) is None
    assert "odd" in frame_mismatch("out", {"cmd": 0, "time": 1, "odd": 1})
    assert "time" in frame_mismatch("out", {"cmd": 0})
    assert call_mismatch("POST /msg/recall", 200, {"code": 0, "msg": "", "data": True, "odd": 1})
    assert call_mismatch("POST /msg/recall", 200, {"code": 0, "msg": "", "data": False})
    assert body_mismatch("POST /msg/recall", {"chat": 12, "dstObj": "a@b.cd", "seq": 1})
