"""A restart keeps the epoch."""

from support.world import World


def epoch_of(server, user):
    world = World(server)
    ws = world.open2(user)
    epoch = ws.hello["epoch"]
    world.close()
    return epoch


def test_a_restart_keeps_it_also_after_a_kill(make_server):
    server = make_server()
    user = World(server).user()
    first = epoch_of(server, user)
    server.restart()
    assert epoch_of(server, user) == first
    server.kill()
    server.start()
    assert epoch_of(server, user) == first
