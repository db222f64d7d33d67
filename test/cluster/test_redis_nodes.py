"""Nodes over one database that share a Redis: what it makes faster, and that nothing else stands on it."""

import itertools
import threading
import time

from support.media import png, stored
from support.timing import seconds, wait_until


def ready_text(world):
    response = world.call("GET", "/readyz")
    assert response.status == 200
    return response.text


def all_well(cluster):
    return all(ready_text(world) == "ready\n" for world in cluster.worlds)


def metric(world, name):
    (value,) = [line.split()[1] for line in world.call("GET", "/metrics").text.splitlines() if line.split()[:1] == [name]]
    return float(value)


def delays(sender, receiver, dst, count, tag):
    """Of so many messages, one after the other, from before it is sent to when it is there, in ms."""
    spent = []
    for i in range(count):
        start = time.monotonic()
        sender.say(dst, f"{tag}{i}")
        receiver.until(cmd=10, content=f"{tag}{i}")
        spent.append((time.monotonic() - start) * 1e3)
    return sorted(spent)


def test_a_message_is_on_the_other_node_at_once_with_redis_and_soon_without(make_cluster, redis):
    """cluster.poll is so long that it can't have been that."""
    cluster = make_cluster(2, **{"redis.url": redis.url, "cluster.poll": "1s"})
    one, other = cluster.worlds
    wait_until(lambda: all_well(cluster), what="Redis is found")
    anna, ben = one.friends()
    a, b = one.open2(anna), other.open2(ben)
    a.send_ack(ben.email, "first")
    b.until(cmd=10, content="first")
    hinted = delays(a, b, ben.email, 40, "h")
    assert hinted[len(hinted) // 2] < 250 * seconds(1), "a quarter of the poll"
    assert metric(one, "im_redis_published_total") >= 1 and metric(other, "im_redis_received_total") >= 1
    redis.kill()
    wait_until(lambda: not any(ready_text(world) == "ready\n" for world in cluster.worlds), what="both say so")
    polled = delays(a, b, ben.email, 5, "p")
    assert polled[-1] < 5000 * seconds(1), "nothing is lost, and it comes within a few polls"


def test_redis_comes_and_goes_under_load_and_everybody_has_everything_once(make_cluster, redis):
    """Three people on three nodes write into one group while Redis is killed, paused, and emptied."""
    cluster = make_cluster(3, **{"redis.url": redis.url})
    wait_until(lambda: all_well(cluster), what="Redis is found")
    users = cluster.worlds[0].friends(3)
    group = cluster.worlds[0].group(users[0], *users[1:])
    sockets = [world.open2(user) for world, user in zip(cluster.worlds, users, strict=True)]
    stop = threading.Event()
    acked, seen, failures = [[] for _ in users], [[] for _ in users], []

    def run(number):
        ws = sockets[number]
        try:
            for i in itertools.count():
                cid = f"{number}-{i}"
                ws.send(cmd=11, dstObj=str(group), content=cid, cid=cid)
                while True:
                    frame = ws.take(30)
                    if frame["cmd"] == 11:
                        seen[number].append((frame["seq"], frame["content"]))
                    elif frame["cmd"] == 1:
                        assert frame["cid"] == cid
                        acked[number].append(cid)
                        break
                if stop.is_set():
                    return
                time.sleep(0.002)
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    current = redis
    try:
        for _ in range(3):
            time.sleep(0.7)
            current.kill()
            time.sleep(0.7)
            current = current.again()
            time.sleep(0.5)
            current.pause()
            time.sleep(0.7)
            current.resume()
            current.call("FLUSHALL")
        stop.set()
        for thread in threads:
            thread.join(seconds(60))
        assert not failures, failures
        for number, ws in enumerate(sockets):
            wanted = sorted(cid for sender, cids in enumerate(acked) if sender != number for cid in cids)
            foreign = [pair for pair in seen[number] if not pair[1].startswith(f"{number}-")]
            while len(foreign) < len(wanted):
                frame = ws.until(timeout=30, cmd=11)[-1]
                if not frame["content"].startswith(f"{number}-"):
                    foreign.append((frame["seq"], frame["content"]))
            assert sorted(content for _, content in foreign) == wanted, "each once"
            assert foreign == sorted(foreign), "in order"
        wait_until(lambda: all_well(cluster), what="all is well again")
    finally:
        stop.set()
        current.stop()


def test_friends_hear_of_coming_and_going_on_other_nodes_whatever_redis_does(make_cluster, redis):
    cluster = make_cluster(2, **{"redis.url": redis.url})
    one, other = cluster.worlds
    wait_until(lambda: all_well(cluster), what="Redis is found")
    anna, ben = one.friends()
    a = one.open2(anna)
    for broken in (False, True):
        if broken:
            redis.kill()
        b = other.open2(ben)
        a.until(cmd=13, dstObj=anna.email, userEmail=ben.email)
        again = one.open2(ben, "desk")
        b.close()
        a.send_ack(ben.email, "to the desk")
        again.until(cmd=10, content="to the desk")
        again.close()
        a.until(cmd=14, dstObj=anna.email, userEmail=ben.email)


def test_friends_hear_of_those_who_were_on_a_node_that_is_killed_with_redis_and_without(make_cluster, redis):
    cluster = make_cluster(2, **{"redis.url": redis.url})  # a lease is 3 s there
    one, other = cluster.worlds
    wait_until(lambda: all_well(cluster), what="Redis is found")
    anna, ben, tom = one.friends(3)
    a = one.open2(anna)
    for broken in (False, True):
        if broken:
            redis.kill()
        other.open2(ben)
        other.open2(tom, "phone")
        for user in (ben, tom):
            a.until(cmd=13, userEmail=user.email)
        stays = one.open2(tom, "desk")  # and so does Tom
        cluster[1].kill()
        a.until(timeout=20, cmd=14, userEmail=ben.email)
        assert one.call("GET", "/user/presence", {"users": f"{ben.email},{tom.email}"}, anna).data["users"][1]["online"] == 1
        stays.close()
        told = a.until(cmd=14, userEmail=tom.email)
        assert [frame["userEmail"] for frame in told if frame["cmd"] == 14] == [tom.email], "each once"
        cluster[1].start()


def status(world, **query):
    headers = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    return world.call("GET", "/chat", {"v": 2, "device": "x", **query}, headers=headers).status


def test_a_ticket_of_one_node_opens_one_socket_on_any(make_cluster, redis):
    cluster = make_cluster(2, **{"redis.url": redis.url})
    one, other = cluster.worlds
    wait_until(lambda: all_well(cluster), what="Redis is found")
    user = one.user()
    for issuing, shown in ((one, other), (other, one), (one, one)):
        ticket = issuing.call("POST", "/user/ticket", user=user).data["ticket"]
        assert shown.open2(user, "web", ticket=ticket).hello["cmd"] == 16
        assert status(shown, ticket=ticket) == 401
        if sum(metric(world, "im_redis_unanswered_total") for world in cluster.worlds) == 0:
            assert [status(world, ticket=ticket) for world in cluster.worlds] == [401, 401]


def test_a_files_address_signed_on_one_node_works_on_another(make_cluster):
    cluster = make_cluster(2)
    one, other = cluster.worlds
    user = one.user()
    url = stored(one, user, png())["signed"]
    for world in cluster.worlds:
        assert world.call("GET", url).status == 200
