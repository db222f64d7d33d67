"""The embedded page, driven in a browser: people meet in it, talk, lose the server and find it again."""

import gzip
import os
import pathlib

import pytest

from support.cdp import Browser
from support.server import ROOT
from support.timing import wait_until
from support.world import PASSWORD, World

SCREENSHOTS = pathlib.Path(os.environ.get("IM_SCREENSHOTS", ROOT / "build" / "screenshots"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture
def open_page(browser, server):
    """open_page(language) opens the server's page; at the end none may have complained."""
    pages = []

    def make(language="en"):
        page = browser.page(language)
        pages.append(page)
        page.open(f"http://{server.address}/")
        page.wait("document.querySelector('#email')")
        return page

    yield make
    for page in pages:
        page.close()
    assert [page.problems for page in pages] == [[] for _ in pages]


def register(page, email, name):
    page.click(".login button.link")
    page.fill("#email", email)
    page.fill("#uname", name)
    page.fill("#password", PASSWORD)
    page.press("Enter")
    page.wait_text(".me-name", name)


def log_in(page, user):
    page.fill("#email", user.email)
    page.fill("#password", user.password)
    page.press("Enter")
    page.wait_text(".me-name", user.uname)


def say(page, *lines):
    page.click("#composer")
    for i, line in enumerate(lines):
        if i > 0:
            page.press("Enter", shift=True)
        page.call("Input.insertText", text=line)
    page.press("Enter")
    page.wait_text(".message.own .text", "\n".join(lines))
    page.wait("!document.querySelector('.message:not([data-state=stored])')")


def add(page, words, name, button):
    """Searches for somebody or a group, and adds or joins."""
    page.fill("#search", words)
    page.click(".found button", f"{button}: {name}")


def open_chat(page, name):
    page.click(".row-name", name)
    page.wait_text(".chat-name", name)


def two_friends(open_page, world, names=("林小雨", "Sam Carter")):
    xiaoyu, sam = open_page("zh-CN"), open_page("en-GB")
    address = world.email("sam")
    register(xiaoyu, world.email("xiaoyu"), names[0])
    register(sam, address, names[1])
    add(xiaoyu, address, names[1], "添加")
    xiaoyu.wait_text(".chat-name", names[1])
    open_chat(sam, names[0])
    return xiaoyu, sam


def test_two_people_register_befriend_and_talk_both_ways(open_page, world):
    xiaoyu, sam = two_friends(open_page, world)
    say(xiaoyu, "你好，Sam！今天过得怎么样？")
    sam.wait_text(".message:not(.own) .text", "你好，Sam！今天过得怎么样？")
    say(sam, "Good, thanks & you?", "Second line.")
    xiaoyu.wait_text(".message:not(.own) .text", "Good, thanks & you?\nSecond line.")
    say(xiaoyu, "👩‍🚀🎉")
    sam.wait_text(".message:not(.own) .text", "👩‍🚀🎉")
    assert sam.text(".message .text") == ["你好，Sam！今天过得怎么样？", "Good, thanks & you?\nSecond line.", "👩‍🚀🎉"]
    sam.reload()
    sam.wait_text(".message .text", "👩‍🚀🎉")
    assert sam.text(".message .text") == xiaoyu.text(".message .text")


def test_markup_and_entities_are_shown_as_they_were_typed(open_page, world):
    xiaoyu, sam = two_friends(open_page, world, ("<b>小雨</b>", "Sam &amp; \"Co\""))
    words = ["<img src=x onerror=alert(1)>", "&lt;b&gt; &amp;amp; &#39;", "</p><script>alert(2)</script>", "'\"&<>"]
    for word in words:
        say(xiaoyu, word)
        sam.wait_text(".message .text", word)
    sam.reload()
    sam.wait_text(".message .text", words[-1])
    for page in (xiaoyu, sam):
        assert page.text(".message .text") == words
        assert page.evaluate("document.querySelectorAll('.messages img, .messages script').length") == 0
    # The same texts as previews in the list.
    assert sam.text(".row-text") == [words[-1]]


def test_pictures_and_videos_are_shown_by_their_address_and_nothing_else_is_loaded(open_page, world):
    xiaoyu, sam = two_friends(open_page, world)
    send_media(xiaoyu, "图片", "/icon.svg")
    sam.wait("document.querySelector('.message img.media')?.naturalWidth > 0")
    assert sam.evaluate("document.querySelector('.message img.media').alt") == "Picture from 林小雨"
    xiaoyu.click(".composer .icon-button", "图片")
    xiaoyu.fill("#media-url", "javascript:alert(1)")
    xiaoyu.press("Enter")
    xiaoyu.wait_text("dialog .form-error", "这不是 http(s) 地址。")
    xiaoyu.press("Escape")
    xiaoyu.wait("!document.querySelector('dialog')")
    say(xiaoyu, "看 https://example.com/a?b=c&d。")
    link = sam.wait("document.querySelector('.message a[href^=https]')?.href")
    assert link == "https://example.com/a?b=c&d"
    video = "/missing.mp4"
    send_media(xiaoyu, "视频", video)
    # There is no such file: its address stands in for it.
    sam.wait_text(".message .text", video)
    xiaoyu.wait_text(".message .text", video)
    forgive(sam, "missing.mp4")
    forgive(xiaoyu, "missing.mp4")


def forgive(page, *parts):
    """Complaints that the test asked for."""
    page.problems = [problem for problem in page.problems if not any(part in problem for part in parts)]


def send_media(page, label, url):
    page.click(".composer .icon-button", label)
    page.fill("#media-url", url)
    page.press("Enter")
    page.wait("!document.querySelector('dialog')")


def test_a_message_to_another_chat_leaves_a_mark_until_it_is_read(open_page, world):
    xiaoyu, sam = two_friends(open_page, world)
    sam.press("Escape")
    sam.wait("!document.querySelector('.shell.in-chat')")
    say(xiaoyu, "one")
    say(xiaoyu, "two")
    sam.wait_text(".row.unread .badge", "2")
    sam.wait("document.title === '(2) IM'")
    sam.reload()
    sam.wait_text(".row.unread .badge", "2")
    open_chat(sam, "林小雨")
    sam.wait("document.title === 'IM' && !document.querySelector('.row.unread')")
    sam.wait_text(".message .text", "two")


def test_a_message_the_server_does_not_take_is_shown_as_not_sent(open_page, world):
    stranger = world.user("stranger")
    page = open_page("en")
    register(page, world.email("sam"), "Sam")
    page.evaluate(f"location.hash = '#/10/{stranger.email}'")
    page.click("#composer")
    page.call("Input.insertText", text="hello?")
    page.press("Enter")
    page.wait_text(".message.own .not-sent", "Not sent", timeout=30)
    page.click(".stamp button", "Discard")
    page.wait("!document.querySelector('.message')")


def test_earlier_messages_come_above_without_moving_what_one_reads(open_page, world):
    sam, xiaoyu = world.friends(2)
    sessions = world.settled(sam, xiaoyu)
    lines = [f"line {number}" for number in range(130)]
    for line in lines:
        sessions[0].say(xiaoyu, line)
    sessions[0].before_barrier()
    page = open_page("en")
    log_in(page, sam)
    open_chat(page, xiaoyu.uname)
    page.wait_text(".message .text", lines[-1])
    assert page.text(".message .text") == lines[-50:]
    box = "document.querySelector('.scroller')"
    page.wait(f"{box}.scrollTop + {box}.clientHeight >= {box}.scrollHeight - 1")
    line = f"[...document.querySelectorAll('.message .text')].find((node) => node.innerText === {lines[85]!r})"
    page.evaluate(f"{box}.scrollTop = 0")
    page.wait(f"{box}.scrollTop === 0")
    before = page.evaluate(f"{line}.getBoundingClientRect().y")
    page.click(".earlier")
    page.wait("document.querySelectorAll('.message').length === 100")
    assert abs(page.evaluate(f"{line}.getBoundingClientRect().y") - before) < 3
    page.click(".earlier")
    page.wait("document.querySelectorAll('.message').length === 130")
    assert page.text(".message .text") == lines
    assert page.evaluate("document.querySelector('.earlier').hidden")


def test_a_group_is_made_found_joined_and_talked_in(open_page, world):
    xiaoyu, sam = two_friends(open_page, world)
    group = f"周末徒步 {world.tag}"
    xiaoyu.click(".section-head button", "新建群组")
    xiaoyu.fill("#group-name", group)
    xiaoyu.fill("#group-memo", "走走停停")
    xiaoyu.press("Enter")
    xiaoyu.wait_text(".chat-name", group)
    add(sam, group, group, "Join")
    sam.wait_text(".chat-name", group)
    xiaoyu.wait_text(".toast", f"Sam Carter 加入了 {group}。")
    say(sam, "Where do we meet?")
    xiaoyu.wait_text(".message .from", "Sam Carter")
    xiaoyu.wait_text(".message .text", "Where do we meet?")
    say(xiaoyu, "香山东门")
    sam.wait_text(".message .text", "香山东门")


def test_a_friends_dot_follows_their_sessions(open_page, world):
    xiaoyu, sam = two_friends(open_page, world)
    xiaoyu.wait("document.querySelector('.row .avatar.online')")
    sam.click("button", "Log out")
    sam.wait("document.querySelector('#email')")
    xiaoyu.wait("!document.querySelector('.row .avatar.online')")
    assert sam.evaluate("localStorage.getItem('im.session')") is None


def test_profile_changes_are_kept_and_bad_addresses_refused(open_page, world):
    page = open_page("en")
    register(page, world.email("sam"), "Sam")
    page.click(".me")
    page.fill("#profile-name", "Samuel 🦊")
    page.fill("#profile-avatar", "data:image/png;base64,xx")
    page.press("Enter")
    page.wait_text("dialog .form-error", "That is no http(s) address.")
    page.fill("#profile-avatar", "")
    page.press("Enter")
    page.wait_text(".me-name", "Samuel 🦊")
    page.reload()
    page.wait_text(".me-name", "Samuel 🦊")


def test_errors_of_the_server_are_told_in_ones_language(open_page, world):
    user = world.user("taken")
    page = open_page("en")
    page.fill("#email", user.email)
    page.fill("#password", "wrong99")
    page.press("Enter")
    page.wait_text(".form-error", "Wrong password.")
    page.click(".login-page > button.link", "中文")
    page.fill("#email", user.email)
    page.fill("#password", "wrong99")
    page.press("Enter")
    page.wait_text(".form-error", "密码错误")
    page.click(".login button.link", "还没有账号？注册")
    page.fill("#uname", "x")
    page.press("Enter")
    page.wait_text(".form-error", "Email已被注册")


def test_a_token_that_ended_leads_back_to_the_log_in(open_page, world):
    page = open_page("en")
    register(page, world.email("sam"), "Sam")
    page.evaluate("""(() => {
        const session = JSON.parse(localStorage.getItem('im.session'));
        localStorage.setItem('im.session', JSON.stringify({ ...session, token: '0'.repeat(32) }));
    })()""")
    page.reload()
    page.wait_text(".form-error", "Please log in again.")
    assert page.evaluate("localStorage.getItem('im.session')") is None
    forgive(page, "401", "WebSocket connection to")


def test_after_a_restart_of_the_server_the_talk_goes_on(make_server, browser):
    server = make_server()
    world = World(server)
    a, b = world.friends(2)
    pages = [browser.page("en"), browser.page("en")]
    for page, user in zip(pages, (a, b)):
        page.open(f"http://{server.address}/")
        page.wait("document.querySelector('#email')")
        log_in(page, user)
    open_chat(pages[0], b.uname)
    say(pages[0], "before")
    server.stop()
    pages[0].wait_text(".link-state", "Disconnected. Trying again…")
    # Written while there is no server: it waits, and goes out by itself.
    pages[0].click("#composer")
    pages[0].call("Input.insertText", text="meanwhile")
    pages[0].press("Enter")
    pages[0].wait_text(".message.own .stamp", "Sending…")
    server.start()
    pages[0].wait("!document.querySelector('.message:not([data-state=stored])')", timeout=60)
    pages[1].wait("document.querySelector('.link-state').hidden", timeout=60)
    open_chat(pages[1], a.uname)
    pages[1].wait_text(".message .text", "meanwhile")
    assert pages[1].text(".message .text") == ["before", "meanwhile"]
    for page in pages:
        page.close()
        forgive(page, "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "WebSocket connection to")
        assert page.problems == []


def test_the_page_comes_with_a_policy_and_is_not_sent_twice(world):
    page = world.call("GET", "/")
    assert page.status == 200 and page.header("content-type") == "text/html; charset=utf-8"
    assert page.header("content-security-policy").startswith("default-src 'none'; script-src 'self';")
    assert page.header("x-content-type-options") == "nosniff"
    assert page.header("referrer-policy") == "no-referrer"
    assert page.header("cache-control") == "no-cache"
    assert "Accept-Encoding" in page.header("vary")
    again = world.call("GET", "/", headers=[("If-None-Match", page.header("etag"))])
    assert (again.status, again.body, again.header("etag")) == (304, b"", page.header("etag"))
    packed = world.call("GET", "/style.css", headers=[("Accept-Encoding", "gzip, br")])
    assert packed.header("content-encoding") == "gzip"
    plain = world.call("GET", "/style.css")
    assert plain.header("content-encoding") is None and gzip.decompress(packed.body) == plain.body
    head = world.call("HEAD", "/app.js")
    assert head.status == 200 and head.body == b""


TALK = [
    (1, "早！周六去爬山吗？天气预报说是晴天 ☀️"),
    (0, "Morning! Yes, I'd love to. Which hill?"),
    (1, "香山。东门集合，九点？"),
    (0, "Nine is fine. I'll bring coffee and something to eat, and a map in case the phones have no signal up there."),
    (0, "https://example.com/weather/beijing"),
    (1, "太好了"),
    (1, "👍"),
]


def test_screenshots_of_the_main_screen(open_page, world):
    people = [world.user("sam", uname="Sam Carter"), world.user("xiaoyu", uname="林小雨")]
    more = [world.user("m", uname=name) for name in ("Ana Sousa", "王建国", "Yuki")]
    world.befriend(people[0], people[1], *more)
    group = world.group(people[1], people[0], *more[:2], name="周末徒步")
    world.group(people[0], more[2], name="Book club")
    sessions = world.settled(people[0], people[1], *more[:2])
    for i, (who, words) in enumerate(TALK):
        sessions[who].say(people[1 - who], words)
        sessions[who].before_barrier()
    sessions[1].say(people[0], "/icon.svg", msg_type=2)
    sessions[1].say_group(group, "大家记得带水")
    sessions[2].say_group(group, "And a jacket, it is cold up there.")
    for session in sessions:
        session.before_barrier()
    for name, size, mobile in (("desktop", (1280, 800), False), ("phone", (360, 740), True)):
        page = open_page("zh-CN" if mobile else "en")
        page.viewport(*size, mobile=mobile)
        for scheme in ("light", "dark"):
            page.scheme(scheme)
            page.screenshot(SCREENSHOTS / f"login-{name}-{scheme}.png")
        log_in(page, people[0])
        page.wait("document.querySelectorAll('.row').length === 6")
        sessions[2].say(people[0], "See you there!")
        page.wait_text(".row.unread .badge", "1")
        shoot(page, f"list-{name}")
        open_chat(page, "林小雨")
        page.wait("document.querySelector('.message img.media')?.complete")
        wait_until(lambda: len(page.text(".message")) == len(TALK) + 1)
        shoot(page, f"chat-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], "it does not fit the width"
        page.evaluate("history.back()")
        open_chat(page, "周末徒步")
        shoot(page, f"group-{name}")
        if not mobile:
            page.click(".me")
            shoot(page, f"profile-{name}")


def shoot(page, name):
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        page.screenshot(SCREENSHOTS / f"{name}-{scheme}.png")
    assert (SCREENSHOTS / f"{name}-dark.png").read_bytes() != (SCREENSHOTS / f"{name}-light.png").read_bytes()
