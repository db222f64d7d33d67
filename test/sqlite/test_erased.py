"""What was recalled or deleted for all, or edited, is overwritten in the database file: its bytes are nowhere in it."""

import random

from support.doors import DELETE, EDIT, RECALL
from support.world import World


def erased(world, server, secrets):
    """After a clean stop, which of them is still to be found anywhere in the data directory."""
    world.close()
    server.stop()
    left = {}
    for path in server.data.iterdir():
        data = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            if secret.encode() in data:
                left.setdefault(path.name, []).append(secret[:24])
    return left


def test_a_recalled_text_is_nowhere_in_the_data(make_server):
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    a.send_ack(sam, "before")
    a.send_ack(sam, "SECRET-TEXT-1", ext={"k": "SECRET-EXT-2"})
    a.send_ack(sam, "SECRET-LONG-3 " * 4000)
    a.send_ack(sam, "SECRET-OLD-4")
    a.send_ack(sam, "kept-text-5")
    assert a.do(cmd=RECALL, chat=10, dstObj=sam.email, seq=2) is None
    assert a.do(cmd=DELETE, chat=10, dstObj=sam.email, seqs=[3], scope="all") is None
    assert a.do(cmd=EDIT, chat=10, dstObj=sam.email, seq=4, content="new") is None
    assert erased(world, server, ["SECRET-TEXT-1", "SECRET-EXT-2", "SECRET-LONG-3", "SECRET-OLD-4"]) == {}
    assert erased(world, server, ["kept-text-5"]) == {"im_service.db": ["kept-text-5"]}


def test_none_of_many_texts_that_moved_about_is_left(make_server):
    """Edits grow and shrink rows, so that pages split and merge: copies on pages that rows moved away from count, too."""
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    gone, texts = [], {}
    for seq in range(1, 301):
        texts[seq] = f"S{seq:04}-{dice.randrange(10**9):09}" + "." * dice.choice((0, 10, 200, 1500, 5000))
        a.say(sam, texts[seq])
    a.before_barrier()
    for round in range(600):
        seq = dice.randint(1, 300)
        if seq not in texts:
            continue
        gone.append(texts[seq][:15])
        if dice.random() < 0.6:
            texts[seq] = f"E{round:04}-{dice.randrange(10**9):09}" + "." * dice.choice((0, 50, 900, 3000, 9000))
            a.send(cmd=EDIT, chat=10, dstObj=sam.email, seq=seq, content=texts[seq])
        else:
            del texts[seq]
            a.send(cmd=RECALL, chat=10, dstObj=sam.email, seq=seq)
    assert not [frame for frame in a.frames() if frame["cmd"] == 17]
    assert erased(world, server, gone) == {}
