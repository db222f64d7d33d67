"""A headless Chromium over the DevTools protocol, through a pair of pipes: no port, nothing else to install.

Pages are driven as a person does it: by mouse and keyboard. What a page's console complains about
(errors, warnings, policy violations, failed requests) is kept in page.problems."""

import base64
import itertools
import json
import os
import pathlib
import select
import subprocess
import time

from support.timing import seconds, wait_until

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",  # tests run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
]
LIMIT = 60  # seconds for one answer of the browser


class BrowserError(AssertionError):
    pass


class Browser:
    def __init__(self, home):
        """home: a directory of the test's own, for the profile and the log."""
        home = pathlib.Path(home)
        home.mkdir(parents=True, exist_ok=True)
        commands, self.outgoing = os.pipe()
        self.incoming, answers = os.pipe()
        # Chromium reads its commands from descriptor 3 and answers on 4; they may be each other's now.
        shell = f'exec 8<&{commands} 9>&{answers}; exec "$0" "$@" 3<&8 4>&9 8<&- 9>&-'
        with open(home / "chromium.log", "wb") as log:
            self.process = subprocess.Popen(
                ["/bin/bash", "-c", shell, CHROMIUM, *FLAGS, f"--user-data-dir={home / 'profile'}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(commands, answers),
                start_new_session=True,
            )
        os.close(commands)
        os.close(answers)
        self.buffer = b""
        self.ids = itertools.count(1)
        self.answers = {}
        self.pages = {}  # session → Page

    def page(self, language="en"):
        """A page in a context of its own: nobody else's storage, nobody else's cookies."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        made = Page(self, session, target)
        self.pages[session] = made
        made.prepare(language)
        return made

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(seconds(15))
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.incoming)
        os.close(self.outgoing)

    def call(self, method, session=None, **params):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.outgoing, data) :]
        end = time.monotonic() + seconds(LIMIT)
        while number not in self.answers:
            self.read(end - time.monotonic(), method)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def read(self, timeout, waiting_for):
        """Takes in what the browser says next."""
        ready, _, _ = select.select([self.incoming], [], [], max(0, timeout))
        data = os.read(self.incoming, 1 << 20) if ready else b""
        if not data:
            raise BrowserError(f"the browser did not answer {waiting_for}")
        *messages, self.buffer = (self.buffer + data).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message["sessionId"]].event(message["method"], message["params"])


class Page:
    def __init__(self, browser, session, target):
        self.browser = browser
        self.session = session
        self.target = target
        self.problems = []

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def prepare(self, language):
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        agent = self.evaluate("navigator.userAgent")
        self.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        self.viewport(1280, 800)

    def event(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.problems.append(f"exception: {details.get('exception', details).get('description', details['text'])}")
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            entry = params["entry"]
            self.problems.append(f"{entry['source']}: {entry['text']} ({entry.get('url', '')})")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.problems.append("console: " + " ".join(str(arg.get("value", arg)) for arg in params["args"]))
        elif method == "Page.javascriptDialogOpening":
            self.problems.append(f"dialog: {params['message']}")

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    # Looking.

    def viewport(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.call("Emulation.setTouchEmulationEnabled", enabled=mobile)

    def scheme(self, name):
        features = {"prefers-color-scheme": name, "prefers-reduced-motion": "reduce"}
        wanted = [{"name": feature, "value": value} for feature, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=wanted)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression, timeout=15):
        """Until the expression is true; its value, true for an element."""
        asked = f"((value) => (value instanceof Node ? true : value))({expression})"
        return wait_until(lambda: self.evaluate(asked), timeout, 0.05, f"in the page: {expression}")

    def text(self, selector):
        """The visible texts of all that match, one by one."""
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((node) => node.innerText)")

    def wait_text(self, selector, text, timeout=15):
        """Until an element that matches shows exactly this text."""
        find = f"[...document.querySelectorAll({json.dumps(selector)})].some((node) => node.innerText === {json.dumps(text)})"
        try:
            self.wait(find, timeout)
        except AssertionError:
            raise AssertionError(f"{selector} did not come to say {text!r}: {self.text(selector)}") from None

    def screenshot(self, path):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two frames: what was changed last has been laid out and painted.
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    # Doing.

    def open(self, url):
        answer = self.call("Page.navigate", url=url)
        assert "errorText" not in answer, answer
        self.wait("document.readyState === 'complete'")

    def reload(self):
        self.evaluate("window.before = true")
        self.call("Page.reload")
        self.wait("!window.before && document.readyState === 'complete'")

    def click(self, selector, text=None):
        """The first visible element that matches (and shows, or is labelled with, this text)."""
        find = f"""(() => {{
            const wanted = {json.dumps(text)};
            const named = (node) => wanted === null || node.innerText.trim() === wanted || node.getAttribute('aria-label') === wanted;
            const node = [...document.querySelectorAll({json.dumps(selector)})].find((one) => one.checkVisibility() && named(one));
            if (!node || node.disabled) return null;
            node.scrollIntoView({{ block: 'nearest' }});
            const box = node.getBoundingClientRect();
            return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
        }})()"""
        place = self.wait(find)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **place)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def fill(self, selector, text):
        """Clicks into a field, and types this instead of what is there."""
        self.click(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def press(self, key, shift=False):
        code = {"Enter": 13, "Escape": 27, "Tab": 9}[key]
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        typed = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)
