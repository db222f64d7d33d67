"""How the web client is served. What people do in it is tested in web/e2e."""

import gzip
import re


def test_the_page_comes_with_a_policy_and_is_not_sent_twice(world):
    page = world.call("GET", "/")
    assert page.status == 200 and page.header("content-type") == "text/html; charset=utf-8"
    policy = page.header("content-security-policy")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';") and "unsafe" not in policy
    assert page.header("x-content-type-options") == "nosniff"
    assert page.header("referrer-policy") == "no-referrer"
    assert page.header("cache-control") == "no-cache"
    assert "Accept-Encoding" in page.header("vary")
    again = world.call("GET", "/", headers=[("If-None-Match", page.header("etag"))])
    assert (again.status, again.body, again.header("etag")) == (304, b"", page.header("etag"))


def test_what_the_page_loads_is_compressed_and_kept_for_good(world):
    page = world.call("GET", "/").body.decode()
    scripts = re.findall(r'src="(/assets/[^"]+\.js)"', page)
    styles = re.findall(r'href="(/assets/[^"]+\.css)"', page)
    assert scripts and styles
    for path in scripts + styles:
        packed = world.call("GET", path, headers=[("Accept-Encoding", "gzip, br")])
        assert packed.header("content-encoding") == "gzip"
        assert packed.header("cache-control") == "public, max-age=31536000, immutable"
        plain = world.call("GET", path)
        assert plain.header("content-encoding") is None and gzip.decompress(packed.body) == plain.body
        head = world.call("HEAD", path)
        assert head.status == 200 and head.body == b""
