"""The main job with real clients: they register, befriend, join and talk, across a restart, with one of them away."""

import itertools
import os

import pytest

from clients import ChromiumPlatform, NodePlatform, Person, PythonPlatform

TALK = [
    (1, "你好，世界！今天天气不错。"),
    (1, "Hello there, how are you?"),
    (1, "😀👨‍👩‍👧‍👦🇨🇳 @(呵呵)"),
    (2, "https://img.example/猫/cat.png?size=2"),
    (3, "https://video.example/v.mp4"),
    (4, "@(哈哈)"),
    (1, "x" * 20_000 + "汉" * 10_000),
]


@pytest.fixture(scope="module")
def platforms(tmp_path_factory):
    made = {"python": PythonPlatform(), "node": NodePlatform(), "chromium": ChromiumPlatform(tmp_path_factory.mktemp("chromium"))}
    yield made
    for platform in made.values():
        platform.end()


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def people(platforms, server):
    tag = os.urandom(3).hex()
    made = {}
    for name, uname in (("python", "小蛇 🐍"), ("node", "Node"), ("chromium", "铬 Chromium")):
        made[name] = Person(platforms[name], server, f"{name}.{tag}@test.com", uname)
    return made


def talk(sender, dst, cmd, receivers):
    """The sender says all of TALK; every receiver gets it once, in order, as it was said."""
    for kind, content in TALK:
        sender.send(cmd=cmd, dstObj=dst, msgType=kind, content=content)
    messages = []
    for receiver in receivers:
        got = [receiver.take(cmd, userEmail=sender.email) for _ in TALK]
        assert [(message["msgType"], message["content"]) for message in got] == TALK
        messages.append(got)
    assert all(got == messages[0] for got in messages)
    return messages[0]


@pytest.mark.parametrize("away", ["python", "node", "chromium"])
def test_three_real_clients_live_through_it_all(server, people, away):
    everybody = list(people.values())
    for person in everybody:
        person.register()
        person.connect()

    # They find and befriend each other, one of them over HTTP, and meet in a group.
    first, second, third = everybody
    (found,) = first.call("GET", "/user/search_friend", {"info": second.email})
    assert found["uname"] == second.uname
    for one, other in ((first, second), (third, first)):
        one.send(cmd=15, dstObj=other.email, msgType=6)
        for person in (one, other):
            person.take(15, content=f"{one.email} 添加 {other.email}为好友")
    second.call("POST", "/contact/add_friend", body={"ownerEmail": second.email, "dstObj": third.email, "cate": 1})
    for person in (second, third):
        person.take(15, msgType=6)
    group = third.call("POST", "/community/create", body={"name": "周末爬山 ⛰", "icon": "http://i/x.png", "memo": ""})["id"]
    for person in (first, second):
        person.send(cmd=15, dstObj=str(group), msgType=7)
        person.take(15, content=f"{person.email}加入{group}群组")
    first.take(15, userEmail=second.email, msgType=7)
    third.take(15, userEmail=first.email), third.take(15, userEmail=second.email)
    assert set(first.online().values()) == {1}

    # They talk, each with each, and in the group.
    for one, other in itertools.permutations(everybody, 2):
        talk(one, other.email, 10, [one, other])
    for person in everybody:
        talk(person, str(group), 11, everybody)

    # One leaves; the others go on, the server restarts in between, and the one who was away misses nothing.
    absent = people[away]
    one, other = (person for person in everybody if person is not absent)
    assert absent.close() == 1000
    for person in (one, other):
        person.take(14, userEmail=absent.email)
    missed = talk(one, absent.email, 10, [one]) + talk(other, str(group), 11, [one, other])
    server.restart()
    for person in (one, other):
        assert person.lost() == 1001
        person.connect()
    missed += talk(other, absent.email, 10, [other]) + talk(one, str(group), 11, [one, other])
    absent.connect()
    backlog = [absent.take(message["cmd"]) for message in missed]
    assert backlog == missed
    talk(absent, one.email, 10, [absent, one])

    # Others' devices and history agree.
    absent.log_in()
    absent.connect()
    direct = absent.call("GET", "/msg/friend_msg_list", {"userEmail": absent.email, "dstObj": one.email})
    assert [message["content"] for message in direct] == [content for _, content in TALK] * 4
    talked = absent.call("GET", "/msg/community_msg_list", {"dstObj": group})
    assert [message["content"] for message in talked] == [content for _, content in TALK] * 5
    for person in everybody:
        assert person.close() == 1000
