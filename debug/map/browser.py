# SPDX-License-Identifier: MIT
"""A headless Chromium, driven through chromedriver with nothing but the standard library."""
import base64
import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-device-scale-factor=1"]
# What WebDriver calls the keys that have no character.
KEYS = {"left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "enter": "\ue007", "escape": "\ue00c", "space": " ", "tab": "\ue004",
        "shift": "\ue008"}


class Failed(Exception):
    pass


class Browser:
    def __init__(self, width=1400, height=900, dark=False):
        self.folder = tempfile.mkdtemp(prefix="arenite-map-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        flags = FLAGS + [f"--user-data-dir={self.folder}", f"--window-size={width},{height}"] + (["--blink-settings=preferredColorScheme=0"] if dark else [])
        for attempt in range(100):
            try:
                created = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                    "browserName": "chrome", "goog:chromeOptions": {"args": flags},
                    "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
                break
            except OSError:
                if attempt == 99 or self.driver.poll() is not None:
                    raise
                time.sleep(0.05)
        self.session = created["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.call("DELETE", f"/session/{self.session}")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body or {}) if method == "POST" else None, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and answer.get("error"):
            raise Failed(f"{answer['error']}: {answer.get('message', '')[:600]}")
        return answer

    def do(self, what, **body):
        return self.call("POST", f"/session/{self.session}/{what}", body)

    def open(self, path):
        self.do("url", url="file://" + path)
        self.wait("window.arenite")

    def run(self, script, *args):
        return self.do("execute/sync", script=script, args=list(args))

    def value(self, expression, *args):
        return self.run("return " + expression, *args)

    def wait(self, expression, seconds=30):
        end = time.monotonic() + seconds
        while not self.value("Boolean(" + expression + ")"):
            if time.monotonic() > end:
                raise Failed("never became true: " + expression)
            time.sleep(0.02)

    def resize(self, width, height):
        self.do("window/rect", width=width, height=height)

    def press(self, *keys):
        """Keys one after the other; "shift+left" holds the first."""
        actions = []
        for key in keys:
            *held, last = [KEYS.get(k, k) for k in (key.split("+") if len(key) > 1 else [key])]
            actions += [{"type": "keyDown", "value": k} for k in [*held, last]]
            actions += [{"type": "keyUp", "value": k} for k in [last, *reversed(held)]]
        self.do("actions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def point(self, x, y, click=False):
        moves = [{"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)}]
        if click:
            moves += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.do("actions", actions=[{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}])

    def screenshot(self, path):
        data = self.call("GET", f"/session/{self.session}/screenshot")
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def complaints(self):
        """What the page wrote to the console as errors or warnings; that a test reads pixels is not its fault."""
        return [entry["message"] for entry in self.do("se/log", type="browser")
                if entry["level"] in ("SEVERE", "WARNING") and "willReadFrequently" not in entry["message"]]

    def requests(self):
        """What pages from disk asked for, themselves and data: left out."""
        asked = []
        for entry in self.do("se/log", type="performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if event["params"]["documentURL"].startswith("file:") and not url.startswith(("file:///", "data:", "blob:")):
                    asked.append(url)
        return asked
