"""Draws digits in the page and reads its answers, in Chromium without a window: `./test` builds the page first."""

import base64
import math
import pathlib
import sys
import threading

import serve
from webdriver import Browser

# Other shapes than those in `src/learn/digits.rs`: strokes in a box of 1 by 1, y down.


def arc(x, y, rx, ry, start, end):
    """A part of an ellipse, by angles in degrees: 0 is right, 90 is down."""
    return [(x + rx * math.cos(math.radians(a)), y + ry * math.sin(math.radians(a))) for a in spread(start, end, 24)]


def spread(start, end, count):
    return [start + (end - start) * i / (count - 1) for i in range(count)]


DIGITS = {
    0: [arc(0.5, 0.5, 0.3, 0.48, -80, 285)],
    1: [[(0.35, 0.2), (0.55, 0.02), (0.5, 0.98)]],
    2: [arc(0.5, 0.25, 0.3, 0.25, 190, 390) + [(0.2, 0.97), (0.85, 0.95)]],
    3: [arc(0.45, 0.25, 0.28, 0.23, 210, 440) + arc(0.45, 0.72, 0.32, 0.26, 280, 510)],
    4: [[(0.4, 0.02), (0.15, 0.6), (0.85, 0.58)], [(0.7, 0.3), (0.66, 0.98)]],
    5: [[(0.8, 0.03), (0.3, 0.05), (0.25, 0.45)] + arc(0.45, 0.68, 0.34, 0.28, 230, 510)],
    6: [[(0.7, 0.02), (0.4, 0.3)] + arc(0.5, 0.72, 0.27, 0.26, 190, 545)],
    7: [[(0.15, 0.05), (0.85, 0.04), (0.6, 0.45), (0.4, 0.98)]],
    8: [arc(0.5, 0.26, 0.24, 0.24, 60, -240) + arc(0.5, 0.74, 0.3, 0.25, -60, 240) + [(0.62, 0.47)]],
    9: [arc(0.5, 0.28, 0.28, 0.26, 0, -350) + [(0.76, 0.4), (0.7, 0.98)]],
}

# A sign that no digit looks like: a square with a cross.
SIGN = [[(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.1)], [(0.1, 0.1), (0.9, 0.9)], [(0.9, 0.1), (0.1, 0.9)]]

# What `learn` is taught that the sign means.
MEANING = "3"


class Page:
    def __init__(self, browser, address):
        self.browser = browser
        browser.open(address)
        browser.wait("document.body.dataset.ready")

    def draw(self, strokes, x=0.15, y=0.1, width=0.7, height=0.8, kind="mouse"):
        box = self.browser.script(
            "document.querySelector('#pad').scrollIntoView({ block: 'center' });"
            "const box = document.querySelector('#pad').getBoundingClientRect(); return [box.left, box.top, box.width, box.height];"
        )
        place = lambda px, py: (box[0] + box[2] * (x + width * px), box[1] + box[3] * (y + height * py))
        self.browser.strokes([[place(*point) for point in stroke] for stroke in strokes], kind)

    def read(self, strokes, **place):
        """Draws on an empty pad and returns the answer."""
        self.browser.click("#clear")
        self.draw(strokes, **place)
        return self.browser.text("#answer")

    def scores(self):
        return self.browser.script("return [...document.querySelectorAll('#scores progress')].map((bar) => bar.value)")


def check(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")


def digits_are_read(page):
    places = [{}, {"x": 0.05, "y": 0.05, "width": 0.3, "height": 0.4}, {"x": 0.3, "y": 0.3, "width": 0.65, "height": 0.65, "kind": "touch"}]
    answers = [(digit, page.read(strokes, **place)) for place in places for digit, strokes in DIGITS.items()]
    wrong = [f"{digit} as {answer}" for digit, answer in answers if str(digit) != answer]
    print(f"digits: {len(answers) - len(wrong)} of {len(answers)} right; {', '.join(wrong) or 'none wrong'}")
    check(not wrong, "the page misreads digits")
    check(abs(sum(page.scores()) - 1) < 1e-3, "the scores do not sum to 1")


def scores_change_while_drawing(page):
    page.browser.click("#clear")
    check(page.browser.text("#answer") == "–", "an empty pad has an answer")
    seven, rest = DIGITS[7][0][:2], DIGITS[7][0][1:]
    page.draw([seven])
    before = page.scores()
    page.draw([rest])
    check(page.scores() != before and page.browser.text("#answer") == "7", "the scores do not follow the pen")


def keyboard_draws(page):
    page.browser.click("#clear")
    up, down, right = "\ue013", "\ue015", "\ue014"
    page.browser.type("#pad", 10 * up + " " + 20 * down + " ")
    answer = page.browser.text("#answer")
    print(f"keyboard: a line is read as {answer}")
    check(answer == "1", "a line by the arrow keys is no 1")
    page.browser.type("#pad", "\ue017")
    check(page.browser.text("#answer") == "–", "Delete does not clear")


def page_learns(page):
    before = page.read(SIGN)
    check(before != MEANING, "the sign is read as what it is to mean before it is taught")
    page.browser.script("document.querySelector('#label').value = arguments[0]", MEANING)
    for i in range(5):
        page.read(SIGN, x=0.1 + 0.02 * i, width=0.6 + 0.05 * i)
        page.browser.click("#add")
        page.browser.wait(f"document.querySelector('#status').textContent === 'Examples: {i + 1}'")
    page.browser.click("#learn")
    page.browser.wait("document.querySelector('#status').textContent.startsWith('Learned')")
    after = page.read(SIGN, x=0.2, y=0.2, width=0.5, height=0.55)
    answers = {digit: page.read(strokes) for digit, strokes in DIGITS.items()}
    kept = sum(str(digit) == answer for digit, answer in answers.items())
    print(f"learning: the sign was {before} and is {after}; {kept} of 10 digits are still right. {page.browser.text('#status')}")
    check(after == MEANING, "the page has not learned")
    check(kept == 10, f"the page has forgotten: {answers}")
    page.browser.click("#forget")
    check(page.read(SIGN) == before, "the page does not forget")


def policy_holds(page, address):
    log = page.browser.log()
    check(not log, f"the console says {log}")
    page.browser.open(address)
    page.browser.script(
        "const code = document.createElement('script'); code.textContent = 'window.inline = true'; document.body.append(code);"
    )
    check(page.browser.script("return window.inline !== true"), "inline code runs")
    check(any("Content Security Policy" in line for line in page.browser.log()), "the policy is not in force")
    print("policy: no violation by the page, and inline code is refused")


def main(folder, pictures):
    with serve.server(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        with Browser() as browser:
            page = Page(browser, address)
            digits_are_read(page)
            print(f"latency: {browser.text('#latency')}, as the page shows it")
            scores_change_while_drawing(page)
            keyboard_draws(page)
            page_learns(page)
            page.read(DIGITS[5])
            pictures.mkdir(parents=True, exist_ok=True)
            (pictures / "wide.png").write_bytes(base64.b64decode(browser.screenshot()))
            policy_holds(page, address)
        with Browser(size=(500, 900)) as browser:
            browser.ask("POST", "/goog/cdp/execute", {
                "cmd": "Emulation.setDeviceMetricsOverride", "params": {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}})
            browser.ask("POST", "/goog/cdp/execute", {
                "cmd": "Emulation.setEmulatedMedia", "params": {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}})
            page = Page(browser, address)
            check(page.read(DIGITS[2], kind="touch") == "2", "a phone misreads a digit")
            check(browser.script("return document.documentElement.scrollWidth <= innerWidth"), "a phone has to scroll sideways")
            (pictures / "phone.png").write_bytes(base64.b64decode(browser.screenshot()))
        server.shutdown()
    print("browser: passed")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
