"""A store put back from a backup has another epoch, and devices read everything anew."""

import shutil
import sqlite3

from support.world import World


def epoch_of(server, user):
    world = World(server)
    ws = world.open2(user)
    epoch = ws.hello["epoch"]
    world.close()
    return epoch


def test_a_backup_in_an_empty_directory_has_another_and_devices_are_told(make_server, tmp_path):
    server = make_server()
    world = World(server)
    one, two = world.friends(2)
    ws = world.open2(one)
    ws.send_ack(two, "in the backup")
    with sqlite3.connect(server.data / "im_service.db") as store:
        store.execute(f"VACUUM INTO '{tmp_path}/backup.db'")
    for i in range(3):
        ws.send_ack(two, f"after it {i}")
    epoch = ws.hello["epoch"]
    world.close()
    server.stop()

    data = tmp_path / "restored"
    data.mkdir()
    shutil.copy(tmp_path / "backup.db", data / "im_service.db")
    second = make_server(data=data)
    world = World(second)
    ws = world.open2(one)
    assert ws.hello["epoch"] != epoch
    known = [{"chat": 10, "dstObj": two.email, "seq": 4, "mver": 0}]
    delta = ws.ask(cmd=18, epoch=epoch, chats=known)
    assert delta["reset"] is True and delta["epoch"] == ws.hello["epoch"]
    (chat,) = [chat for chat in delta["chats"] if chat["dstObj"] == two.email]
    assert [message["content"] for message in chat["msgs"]] == ["in the backup"] and chat["head"] == 1
    world.close()
    second.restart()
    assert epoch_of(second, one) == delta["epoch"], "it is renewed once"


def test_a_damaged_note_of_the_epoch_makes_a_new_one(make_server):
    server = make_server()
    user = World(server).user()
    first = epoch_of(server, user)
    server.stop()
    (server.data / "im_service.epoch").write_bytes(b"\xff" * 5000)
    server.start()
    second = epoch_of(server, user)
    assert second != first
    server.restart()
    assert epoch_of(server, user) == second
