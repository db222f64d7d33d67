"""What the other tests of v2 stand on: the client in support/v2.py."""


def test_a_question_finds_its_answer_among_other_frames(world):
    li, sam = world.friends(2)
    ws, other = world.settled2(li, sam)
    other.send_ack(li, "first")
    ack = ws.send_ack(sam, "hi", cid="c1")
    assert (ack["cmd"], ack["cid"], ack["seq"], ack["dstObj"]) == (1, "c1", 2, sam.email)
    assert ws.ask(cmd=0)["time"] > 0
    assert ws.ask(cmd=99)["code"] == 2100
    assert [frame["content"] for frame in ws.frames()] == ["first", "hi"]


def test_a_barrier_is_refused_and_leaves_nothing(world):
    li, sam = world.friends(2)
    ws, other = world.settled2(li, sam)
    assert ws.before_barrier() == []
    assert other.before_barrier() == []
    assert ws.send_ack(sam, "hi")["seq"] == 1


def test_doing_returns_the_refusal_and_nothing_else(world):
    li, sam = world.friends(2)
    stranger = world.user()
    (ws,) = world.settled2(li)
    ws.say(sam, "before")
    assert ws.do(cmd=10, dstObj=stranger.email, content="x")["code"] == 2102
    assert ws.do(cmd=10, dstObj=sam.email, content="y") is None
    assert [frame.get("content") for frame in ws.frames() if frame["cmd"] == 10] == ["before", "y"]
