"""A browser that a test drives: the part of WebDriver (https://www.w3.org/TR/webdriver2/) that `test.py` needs, in the standard library."""

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """Chromium without a window."""

    def __init__(self, size=(900, 900)):
        self.folder = tempfile.TemporaryDirectory()
        flags = "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
        arguments = [f"--{flag}" for flag in flags.split()]
        arguments += [f"--user-data-dir={self.folder.name}", f"--window-size={size[0]},{size[1]}"]
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.base = f"http://127.0.0.1:{line.split()[-1].rstrip('.')}"
                break
        else:
            raise RuntimeError("chromedriver does not start")
        options = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": options}})["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", f"/session/{self.session}")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.folder.cleanup()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def ask(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def open(self, address):
        self.ask("POST", "/url", {"url": address})

    def script(self, text, *arguments):
        return self.ask("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def wait(self, condition, seconds=30):
        """Waits until an expression of JavaScript is true."""
        end = time.monotonic() + seconds
        while not self.script(f"return Boolean({condition})"):
            if time.monotonic() > end:
                raise RuntimeError(f"not true after {seconds} s: {condition}")
            time.sleep(0.05)

    def text(self, selector):
        return self.script("return document.querySelector(arguments[0]).textContent", selector)

    def element(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", f"/element/{self.element(selector)}/click", {})

    def type(self, selector, keys):
        self.ask("POST", f"/element/{self.element(selector)}/value", {"text": keys})

    def strokes(self, strokes, kind="mouse"):
        """Draws lines between points of the window, with a mouse or a finger."""
        actions = []
        for stroke in strokes:
            moves = [{"type": "pointerMove", "duration": 4, "x": round(x), "y": round(y)} for x, y in stroke]
            actions += [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}
        self.ask("POST", "/actions", {"actions": [pointer]})
        self.ask("DELETE", "/actions")

    def log(self):
        """What the console has printed since the last call."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def screenshot(self):
        """A PNG file, in base64."""
        return self.ask("GET", "/screenshot")
