"""A real browser, Chromium without a window, told what to do over a pair of pipes (its DevTools protocol)."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
SECONDS = 60


class Browser:
    """with Browser(folder) as browser. What pages say and ask for is in console and requests."""

    def __init__(self, folder, *arguments):
        self.console, self.requests, self.urls, self.refused = [], [], {}, set()
        self.waiting, self.number, self.buffer = {}, 0, b""
        self.protocols = {}                     # URL -> "TLS 1.3"; None: in clear text
        os.makedirs(folder, exist_ok=True)
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--disable-background-networking", "--disable-component-update", "--no-first-run",
                   "--remote-debugging-pipe", "--user-data-dir=" + folder, *arguments, "about:blank"]
        theirs_in, self.out = os.pipe()
        self.inn, theirs_out = os.pipe()
        # it reads from 3 and writes to 4
        script = "exec 3<&%d 4>&%d; exec \"$@\"" % (theirs_in, theirs_out)
        self.process = subprocess.Popen(["bash", "-c", script, "browser", *command], pass_fds=(theirs_in, theirs_out),
                                        env=dict(os.environ, HOME=folder, TMPDIR=folder), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)

    def __enter__(self):
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tell(domain + ".enable")
        return self

    def __exit__(self, *_):
        self.ask("Browser.close")
        os.close(self.out)
        os.close(self.inn)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def ask(self, method, session=None, **params):
        """A command, and its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        number = self.number
        self.until(lambda: number in self.waiting)
        answer = self.waiting.pop(number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def tell(self, method, **params):
        """The same to the page."""
        return self.ask(method, session=self.session, **params)

    def until(self, done):
        deadline = time.monotonic() + SECONDS
        while not done():
            assert time.monotonic() < deadline, "the browser does not answer"
            if select.select([self.inn], [], [], 1)[0]:
                data = os.read(self.inn, 1 << 20)
                assert data, "the browser ended"
                self.buffer += data
            while b"\0" in self.buffer:
                message, _, self.buffer = self.buffer.partition(b"\0")
                self.take(json.loads(message))

    def take(self, message):
        name, params = message.get("method"), message.get("params", {})
        if "id" in message:
            self.waiting[message["id"]] = message
        elif name == "Runtime.consoleAPICalled":
            self.console.append(params)
        elif name == "Runtime.exceptionThrown":
            self.console.append(params["exceptionDetails"])
        elif name == "Log.entryAdded":
            self.console.append(params["entry"])
        elif name == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
            self.urls[params["requestId"]] = params["request"]["url"]
        elif name == "Network.responseReceived":
            details = params["response"].get("securityDetails")
            self.protocols[params["response"]["url"]] = details and details["protocol"]
        elif name == "Network.loadingFailed" and params.get("blockedReason") == "csp":
            self.refused.add(self.urls[params["requestId"]])
        elif name == "Page.loadEventFired":
            self.loaded = True

    def open(self, url):
        """Why it could not be had, or None."""
        self.loaded = False
        error = self.tell("Page.navigate", url=url).get("errorText")
        self.until(lambda: self.loaded)
        return error

    def run(self, expression):
        """The value of JavaScript in the page; of a promise, what it comes to."""
        result = self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression):
        """Until this is true in the page."""
        deadline = time.monotonic() + SECONDS
        while not self.run(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)

    def blocked(self, url):
        """Whether the page's policy kept it from being asked."""
        return url in self.refused

    def offline(self, is_offline):
        self.tell("Network.emulateNetworkConditions", offline=is_offline, latency=0, downloadThroughput=-1,
                  uploadThroughput=-1)

    def size(self, width, height):
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)

    def colours(self, scheme):
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        """Of the whole page, PNG."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.tell("Page.captureScreenshot", captureBeyondViewport=True)["data"]))
