"""Renders pages in headless Chromium over its DevTools pipe, and prints findings as JSON.

Arguments: the browser, and a JSON array of views: {"page": PATH, "width": PIXELS, "dark": BOOL, "print": BOOL, "shot": PATH or null}.
The pages run no scripts. The debugger evaluates the expressions below, which their content security policy does not restrict.
"""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

# Longer than any of it takes. A browser that hangs is killed.
TIMEOUT = 120

# Elements that extend beyond the page, and elements whose content is cut off.
INSPECT = """(() => {
  const wide = document.documentElement.clientWidth;
  const over = [], cut = [];
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('.unseen, .defs, figure svg svg')) continue;
    const box = element.getBoundingClientRect();
    const name = element.tagName.toLowerCase() + '.' + element.className + ' ' + (element.textContent || '').slice(0, 40);
    if (box.width > 0 && (box.right > wide + 1 || box.left < -1)) over.push(name);
    if (!(element instanceof SVGElement) && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) cut.push(name);
  }
  const style = getComputedStyle(document.body);
  return JSON.stringify({
    title: document.title, heading: (document.querySelector('h1') || {}).innerText,
    inner: innerWidth, scroll: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight,
    over, cut, scripts: document.scripts.length, background: style.backgroundColor, ink: style.color,
    compat: document.compatMode, text: document.body.innerText,
    drawn: [...document.querySelectorAll('figure path')].every(path => path.getTotalLength() >= 0),
  });
})()"""

# Elements stranded at the end of a printed page. Columns break like pages, and show which page an element is on. An article that
# leaves no room for the heading of its section must break.
STRANDED = """(() => {
  const main = document.querySelector('main'), gap = 40, stranded = new Set();
  const set = (name, value) => main.style.setProperty(name, value);
  for (const [name, value] of [['width', '640px'], ['column-width', '640px'], ['column-gap', gap + 'px'], ['column-fill', 'auto']]) set(name, value);
  const left = main.getBoundingClientRect().left;
  const column = rect => Math.round((rect.left - left) / (640 + gap));
  const begins = element => column(element.getClientRects()[0]);
  const ends = element => column([...element.getClientRects()].at(-1));
  for (let height = 500; height <= 1000; height += 20) {
    set('height', height + 'px');
    for (const lead of document.querySelectorAll('section > h2, section > h2 + p, article > h3')) {
      const next = lead.nextElementSibling;
      if (next && ends(lead) !== begins(next)) stranded.add(lead.textContent.slice(0, 60));
    }
    for (const whole of document.querySelectorAll('figure, table, article')) {
      const fits = [...whole.getClientRects()].reduce((sum, part) => sum + part.height, 0) <= height - 160;
      if (fits && begins(whole) !== ends(whole)) stranded.add(whole.tagName + ' ' + whole.textContent.trim().slice(0, 60));
    }
  }
  return JSON.stringify([...stranded]);
})()"""


class Browser:
    def __init__(self, program, profile):
        to_read, self.to_write = os.pipe()
        self.to_hear, to_say = os.pipe()
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
            "--disable-extensions", "--metrics-recording-only", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
            f"--user-data-dir={profile}", "about:blank",
        ]
        self.process = subprocess.Popen(
            ["sh", "-c", 'exec "$0" "$@" 3<"$FROM" 4>"$TO"', program, *flags],
            pass_fds=(to_read, to_say), env={**os.environ, "FROM": f"/dev/fd/{to_read}", "TO": f"/dev/fd/{to_say}"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(to_say)
        self.heard, self.number, self.events = b"", 0, []
        threading.Timer(TIMEOUT, self.end).start()

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def hear(self):
        while b"\0" not in self.heard:
            block = os.read(self.to_hear, 1 << 16)
            if not block:
                sys.exit("the browser ended before it answered")
            self.heard += block
        message, self.heard = self.heard.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.hear()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def until(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.hear())


def look(browser, view):
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(method, **params):
        return browser.ask(method, session, **params)

    for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
        ask(f"{domain}.enable")
    ask("Emulation.setDeviceMetricsOverride", width=view["width"], height=900, deviceScaleFactor=view.get("scale", 1), mobile=view["width"] < 500)
    scheme = "dark" if view.get("dark") else "light"
    ask("Emulation.setEmulatedMedia", media="print" if view.get("print") else "screen",
        features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    url = pathlib.Path(view["page"]).resolve().as_uri()
    ask("Page.navigate", url=url)
    browser.until("Page.loadEventFired")
    seen = json.loads(ask("Runtime.evaluate", expression=INSPECT)["result"]["value"])
    stranded = []
    if view.get("print"):
        stranded = json.loads(ask("Runtime.evaluate", expression=STRANDED)["result"]["value"])
    messages, requests = [], []
    for event in browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Audits.issueAdded"):
            messages.append(json.dumps(params)[:500])
        if method == "Network.requestWillBeSent" and params["request"]["url"] != url:
            requests.append(params["request"]["url"])
    if view.get("shot"):
        if view.get("print"):
            data = ask("Page.printToPDF", printBackground=False, preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)["data"]
        else:
            data = ask("Page.captureScreenshot", captureBeyondViewport=True,
                       clip={"x": 0, "y": 0, "width": view["width"], "height": seen["height"], "scale": 1})["data"]
        pathlib.Path(view["shot"]).write_bytes(base64.b64decode(data))
    browser.ask("Target.closeTarget", targetId=target)
    return {**seen, "messages": messages, "requests": requests, "stranded": stranded}


def main():
    program, views = sys.argv[1], json.loads(sys.argv[2])
    profile = tempfile.mkdtemp()
    browser = Browser(program, profile)
    try:
        print(json.dumps([look(browser, view) for view in views]))
    finally:
        browser.end()
        shutil.rmtree(profile, ignore_errors=True)
        sys.stdout.flush()
        os._exit(0 if sys.exc_info()[0] is None else 1)


main()
