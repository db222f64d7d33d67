"""Nodes without an index of messages: searches go on to one that has it, and nothing else is different there."""

import pytest

from support.cluster import Cluster
from support.nginx import Nginx
from support.timing import wait_until
from support.world import World

ELSEWHERE = (2108, "此节点不提供搜索，请使用其他节点")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The last of three has an index."""
    options = {"http.forwarded": "on", "cluster.search": "off"}
    made = Cluster(tmp_path_factory.mktemp("cluster"), 2, options)
    made.add(**{"cluster.search": "on"})
    made.start()
    yield made
    made.release()


def search(world, user, q="tea"):
    return world.call2("GET", "/msg/search", user, query={"q": q})


def found(world, user):
    return [message["content"] for message in search(world, user).data["msgs"]]


def test_a_node_without_an_index_says_so_and_keeps_none(cluster, worlds):
    here, _, there = worlds
    li, sam = here.friends(2)
    assert here.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, content="tea at five", cid="a").status == 200
    refused = search(here, li)
    assert (refused.status, refused.error, refused.header("retry-after")) == (503, ELSEWHERE, "1")
    assert here.call2("GET", "/msg/search", None, q="tea").status == 401
    wait_until(lambda: found(there, sam) == ["tea at five"], what="the node with an index finds it")
    assert [message["content"] for message in here.call2("GET", "/msg/pull", sam, query={"chat": 10, "dstObj": li.email}).data["msgs"]] == ["tea at five"]
    assert not (cluster[0].data / "search.db").exists() and (cluster[2].data / "search.db").exists()
    assert cluster[0].metrics()["im_search_documents"] == 0
    assert here.call("GET", "/readyz").status == 200


def test_behind_the_balancer_nobody_notices(cluster, worlds, tmp_path):
    here = worlds[0]
    li, sam = here.friends(2)
    nginx = Nginx(tmp_path, [node.address for node in cluster])
    world = World(nginx)
    assert here.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, content="tea at six", cid="b").status == 200
    wait_until(lambda: found(worlds[2], sam) == ["tea at six"], what="it is indexed")
    assert [found(world, sam) for _ in range(9)] == [["tea at six"]] * 9
    # Nodes that were asked for a search in vain are asked for the rest as ever.
    for node in cluster:
        before = node.metrics()["im_http_requests_total"]
        wait_until(lambda: world.call2("GET", "/conv/list", sam).status == 200 and node.metrics()["im_http_requests_total"] > before + 1)
    world.close()
    nginx.stop()


def test_an_index_that_was_switched_off_catches_up_when_it_is_back(cluster, worlds):
    here = worlds[0]
    li, sam = here.friends(2)
    assert here.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, content="tea at seven", cid="c").status == 200
    node = cluster[1]
    node.stop()
    node.options |= {"cluster.search": "on"}
    node.start()
    wait_until(lambda: found(worlds[1], sam) == ["tea at seven"], what="it has caught up")
    node.stop()
    node.options |= {"cluster.search": "off"}
    node.start()
    assert search(worlds[1], sam).error == ELSEWHERE
