"""docs/openapi.yaml and docs/asyncapi.yaml: read, judged, and held against the tables and the examples.

Needs build/venv (tools/setup test): the judges are from PyPI and npm, Debian has none of them."""

import functools
import json
import os
import pathlib
import re
import sys

from support.examples import ROOT, examples, route_name, sample

VENV = pathlib.Path(os.environ.get("IM_VENV", ROOT / "build" / "venv"))
if not VENV.exists():
    sys.exit(f"{VENV} is not there: run tools/setup test")
sys.path[:0] = [str(path) for path in VENV.glob("lib/python3*/site-packages")]

import jsonschema  # noqa: E402
import openapi_spec_validator  # noqa: E402
import referencing  # noqa: E402
import yaml  # noqa: E402

OPENAPI = ROOT / "docs" / "openapi.yaml"
ASYNCAPI = ROOT / "docs" / "asyncapi.yaml"
ASYNCAPI_SCHEMA = VENV / "asyncapi" / "schemas" / "3.0.0.json"
COMMANDS_HEADER = ROOT / "src" / "chat" / "cmd.h"

# Where examples go: a key that says whose, and below it a line each.
EXAMPLES_KEY = re.compile(r"^( *)examples: # (.+)\n((?:\1  .*\n)*)", re.MULTILINE)
EXAMPLES_MAX = 3  # of one call or frame
JSON, RAW = "application/json", "application/octet-stream"
ACTIONS = {"in": "receive", "out": "send"}  # AsyncAPI describes the server


@functools.cache
def document(path):
    return yaml.safe_load(path.read_text())


def pointer(where, *names):
    return f"{where}#/" + "/".join(str(name).replace("~", "~0").replace("/", "~1") for name in names)


@functools.cache
def registry():
    resources = [
        (path.name, referencing.Resource(document(path), referencing.jsonschema.DRAFT202012)) for path in (OPENAPI, ASYNCAPI)
    ]
    return referencing.Registry().with_resources(resources)


def mismatch(where, value):
    """What of value the schema at this pointer does not allow; None when it fits."""
    judge = jsonschema.Draft202012Validator({"$ref": where}, registry=registry())
    error = jsonschema.exceptions.best_match(judge.iter_errors(value))
    return f"{error.json_path}: {error.message[:300]}" if error else None


# The calls


def calls():
    """{"POST /user/login": operation}"""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document(OPENAPI)["paths"].items()
        for method, operation in methods.items()
    }


def call_mismatch(route, status, answer):
    method, path = route.split(" ")
    responses = calls()[route]["responses"]
    response = responses.get(str(status), {})
    names = ["paths", path, method.lower(), "responses", str(status)]
    if "$ref" in response:
        names = response["$ref"].split("/")[1:]
        response = document(OPENAPI)["components"]["responses"][names[-1]]
    if "application/json" not in response.get("content", {}):
        return f"{route} has no JSON with status {status}"
    return mismatch(pointer(OPENAPI.name, *names, "content", "application/json", "schema"), answer)


def body_mismatch(route, body):
    method, path = route.split(" ")
    kind = RAW if isinstance(body, str) else JSON
    names = ["paths", path, method.lower(), "requestBody", "content", kind, "schema"]
    return mismatch(pointer(OPENAPI.name, *names), body)


# The frames


def messages(direction, channel="chat"):
    """{cmd: [message's name]}: what the server receives ("in") or sends ("out"). Frames of v1 are in "chatV1"."""
    found = {}
    for operation in document(ASYNCAPI)["operations"].values():
        if operation["action"] == ACTIONS[direction] and operation["channel"]["$ref"] == f"#/channels/{channel}":
            for message in operation["messages"]:
                name = document(ASYNCAPI)["channels"][channel]["messages"][message["$ref"].split("/")[-1]]["$ref"].split("/")[-1]
                payload = document(ASYNCAPI)["components"]["messages"][name]["payload"]
                cmd = payload["properties"]["cmd"]
                for number in cmd.get("enum", [cmd.get("const")]):
                    found.setdefault(number, []).append(name)
    return found


def frame_mismatch(direction, frame, channel="chat"):
    """None when it fits one of the messages that its cmd may be."""
    names = messages(direction, channel).get(frame["cmd"])
    if not names:
        return f"cmd {frame['cmd']} is not described"
    errors = [mismatch(pointer(ASYNCAPI.name, "components", "messages", name, "payload"), frame) for name in names]
    return None if None in errors else "; ".join(errors)


# Examples in them


def shown(whose):
    """[(name, value)] of PROTOCOL.md's examples for "POST /a, asked", "POST /a, answered", "24 in", "24 out"."""
    found = []
    for example in examples():
        for value in values_of(example, whose):
            if value not in [one for _, one in found]:
                found.append((example.name, value))
    names = [name for name, _ in found]
    told_apart = [(name if names.count(name) == 1 else f"{name} {i + 1}", value) for i, (name, value) in enumerate(found)]
    return told_apart[:EXAMPLES_MAX]


def done(step):
    return step.status == 200 and isinstance(step.answer, dict) and step.answer["code"] == 0


def values_of(example, whose):
    if ", " in whose:
        route, _, side = whose.partition(", ")
        steps = [step for step in example.calls() if step.route == route]
        if side == "asked":
            return [sample(step.frame) for step in steps if step.frame is not None and done(step)]
        return [sample(step.answer) for step in steps if isinstance(step.answer, dict) and step.status == 200]
    cmd, _, direction = whose.partition(" ")
    frames = example.frames("send" if direction == "in" else "receive")
    return [sample(frame) for frame in frames if frame["cmd"] == int(cmd)]


def with_examples(text, as_map):
    """The file's text with its examples as PROTOCOL.md has them now. as_map: OpenAPI names them by key."""

    def put(match):
        indent, whose, _ = match.groups()
        lines = [f"{indent}examples: # {whose}\n"]
        for name, value in shown(whose):
            body = json.dumps(value, ensure_ascii=False)
            quoted = json.dumps(name, ensure_ascii=False)
            line = f'{quoted}: {{"value": {body}}}' if as_map else f'- {{"name": {quoted}, "payload": {body}}}'
            lines.append(f"{indent}  {line}\n")
        return "".join(lines)

    return EXAMPLES_KEY.sub(put, text)


# What is wrong


def complaints(routes, commands):
    """routes, commands: the rows that the binary prints."""
    rows = {route_name(row["method"], row["path"]): row for row in routes}
    yield from openapi_complaints(rows)
    yield from asyncapi_complaints({row["cmd"] for row in commands})


def two_ways(what, where, known, described):
    for one in sorted(known - described, key=str):
        yield f"{where} lacks {what} {one}"
    for one in sorted(described - known, key=str):
        yield f"{where} describes {what} {one}, which the server does not have"


def is_open(operation):
    """Whether the call itself judges who may ask, not what stands before all calls: a signature will do, too."""
    security = operation.get("security")
    return security == [] or (security is not None and {"signature": []} in security)


def openapi_complaints(known):
    for error in openapi_spec_validator.OpenAPIV31SpecValidator(document(OPENAPI)).iter_errors():
        yield f"openapi.yaml: {error.json_path}: {error.message[:300]}"
    yield from two_ways("call", "openapi.yaml", set(known), set(calls()))
    for route, operation in calls().items():
        if route in known and is_open(operation) != known[route]["open"]:
            yield f"openapi.yaml: {route} asks for a token or not: the server's table says the other thing"
        if route in known and (JSON in operation.get("requestBody", {}).get("content", {})) != known[route]["json"]:
            yield f"openapi.yaml: {route} reads JSON or not: the server's table says the other thing"
    if with_examples(OPENAPI.read_text(), True) != OPENAPI.read_text():
        yield "openapi.yaml: its examples are not those of PROTOCOL.md"
    yield from openapi_example_complaints()


def openapi_example_complaints():
    for route in calls():
        for name, value in shown(f"{route}, asked"):
            if error := body_mismatch(route, value):
                yield f"openapi.yaml: {route}: what '{name}' of PROTOCOL.md asks: {error}"
        for name, value in shown(f"{route}, answered"):
            if error := call_mismatch(route, 200, value):
                yield f"openapi.yaml: {route}: the answer in '{name}' of PROTOCOL.md: {error}"


def asyncapi_complaints(known):
    schema = json.loads(ASYNCAPI_SCHEMA.read_text())
    judge = jsonschema.Draft7Validator(schema)
    for error in judge.iter_errors(document(ASYNCAPI)):
        yield f"asyncapi.yaml: {error.json_path}: {error.message[:300]}"
    received = set(messages("in")) | set(messages("in", "chatV1"))
    sent = set(messages("out")) | set(messages("out", "chatV1"))
    numbers = {int(number) for number in re.findall(r"CMD_\w+ = (\d+)", COMMANDS_HEADER.read_text())}
    yield from two_ways("the frame, from clients,", "asyncapi.yaml", known, received)
    yield from two_ways("the frame", "asyncapi.yaml", numbers, received | sent)
    if with_examples(ASYNCAPI.read_text(), False) != ASYNCAPI.read_text():
        yield "asyncapi.yaml: its examples are not those of PROTOCOL.md"
    yield from asyncapi_example_complaints()


def asyncapi_example_complaints():
    for direction, kind in (("in", "send"), ("out", "receive")):
        for example in examples():
            for frame in map(sample, example.frames(kind)):
                if error := frame_mismatch(direction, frame):
                    yield f"asyncapi.yaml: a frame of '{example.name}' of PROTOCOL.md, {direction}: {error}"
