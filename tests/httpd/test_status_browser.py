"""The status page in a real browser."""

import os
import signal

import pytest

from browser import Browser
from deploy import WEBEXT
from faults import deleted
from httpd import VALGRIND, wait
from status import Shown
from test_quarantine import Broken

pytestmark = pytest.mark.skipif(VALGRIND, reason="it is the browser that is tested here")


@pytest.fixture(scope="module")
def shown(stage_for_module):
    return Shown(stage_for_module).serve()


@pytest.fixture(scope="module")
def browser(stage_for_module):
    with Browser(stage_for_module.path("browser")) as browser:
        yield browser


def at(shown):
    return "http://127.0.0.1:%d/" % shown.page.port


def shades(browser):
    """How light background and text are, 0 to 255."""
    return [sum(browser.run("getComputedStyle(document.body).%s.match(/\\d+/g).slice(0, 3).map(Number)" % name)) / 3
            for name in ("backgroundColor", "color")]


def wider(browser):
    """By how many pixels the page is wider than the window, and what in it is."""
    return browser.run("""(width => [document.documentElement.scrollWidth - width, [...document.querySelectorAll("main *")]
        .filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML)])
        (document.documentElement.clientWidth)""")


def test_page(shown, browser):
    """It renders with its own style and script, says nothing on the console, and asks nobody else."""
    for query in ("", "?format=html"):
        browser.open(at(shown) + query)
        assert browser.run("document.querySelector('h1').textContent") == "Revision 1 is served"
        assert browser.run("document.title") == "revision 1 - Lync"
        assert browser.run("document.getElementById('refresh').textContent") == "refreshes every 5 s"
        for width in (1100, 390, 320):
            browser.size(width, 844)
            assert wider(browser) == [0, []], width
    browser.colours("light")
    light, on_light = shades(browser)
    browser.colours("dark")
    dark, on_dark = shades(browser)
    assert light > 200 and on_light < 60 and dark < 60 and on_dark > 200
    assert not browser.console, browser.console
    assert all(url.startswith(at(shown)) or url.startswith("data:") for url in browser.requests), browser.requests


def test_refreshes_itself(shown, browser):
    """With what is new; and says so when nobody answers any more."""
    shown.httpd.expect("LYNC003[35]")
    browser.size(390, 844)
    browser.tell("Page.addScriptToEvaluateOnNewDocument",
                 source="setTimeout = (real => (what, time) => real(what, time / 20))(setTimeout)")
    browser.open(at(shown))
    browser.run("window.same = true")
    with Broken(shown.own, deleted, shown.pki):
        os.rename(shown.store, shown.store + ".away")
        shown.reload(signal.SIGUSR1)
        browser.wait("document.querySelector('h1').textContent == 'Revision 1 is served, the last known good'")
        assert browser.run("window.same") and browser.run("document.title") == "! revision 1 - Lync"
        assert browser.run("document.querySelector('link').href.includes('%23e08a00')")
        assert wider(browser) == [0, []]
        os.rename(shown.store + ".away", shown.store)
    shown.reload(signal.SIGUSR1)
    browser.wait("document.querySelector('h1').textContent == 'Revision 1 is served'")
    assert not browser.console, browser.console
    assert browser.run("document.getElementById('silent').checkVisibility()") is False
    browser.offline(True)
    browser.wait("document.getElementById('silent').checkVisibility()")
    assert browser.run("document.querySelector('h1').textContent") == "Revision 1 is served"
    browser.offline(False)
    browser.wait("!document.getElementById('silent').checkVisibility()")
    assert all(url.startswith(at(shown)) or url.startswith("data:") for url in browser.requests), browser.requests


def test_busy(shown, browser):
    """With rows of all kinds it is no wider than a phone, and what is wrong stands on its first screen."""
    browser.console.clear()
    for target in ("/meet/a/b", "/ucwa/v1", "/cscp", "/abs;x/a", "/" + "long" * 100):
        shown.ask(WEBEXT, target)
    for _ in range(5):
        assert shown.ask(WEBEXT, "/lab/answer?status=500").status == 500
    wait("they are counted", lambda: shown.page.metrics().sum("requests_total", code="5xx") == 5)
    assert shown.page.metrics().get("refused_total", reason="route") == 1
    browser.open(at(shown))
    for width in (1000, 390, 320):
        browser.size(width, 844)
        assert wider(browser) == [0, []], width
        assert browser.run("document.querySelector('header .warning').getBoundingClientRect().bottom") < 844
    cells = browser.run("[...document.querySelectorAll('td')].filter(e => e.checkVisibility()).length")
    assert cells > 60 and browser.run("document.querySelectorAll('td').length") == cells
    assert not browser.console, browser.console


def test_hostile_reason(shown, browser):
    """Words without an end, and words that would be elements: they stay words, within the page."""
    browser.console.clear()
    browser.size(390, 844)
    for reason in (b"<img src=x onerror=alert(1)><script>document.title = 'taken'</script>", b"x" * 1024, b"<" * 1024):
        shown.write_reason(reason)
        browser.open(at(shown))
        assert browser.run("document.querySelector('header dd').textContent") == reason.decode()
        assert browser.run("document.title") == "! revision 1 - Lync" and not browser.run("document.images.length")
        assert wider(browser) == [0, []]
    shown.write_reason(b"")
    assert not browser.console, browser.console


def test_without_javascript(shown, browser):
    browser.tell("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(at(shown))
    browser.tell("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.run("document.querySelector('h1').textContent") == "Revision 1 is served"
    assert browser.run("document.getElementById('refresh').textContent") == "does not refresh without JavaScript"


def test_what_the_policy_forbids(shown, browser):
    """Nothing that got into the page would run or look for anything: the page's own policy holds."""
    browser.open(at(shown))
    browser.console.clear()
    before = len(browser.requests)
    browser.run("""document.querySelector('main').insertAdjacentHTML('beforeend',
        '<img src=http://127.0.0.1:9/ onerror=window.ran=1><p id=styled style="color:red">x</p>')""")
    browser.run("""var script = document.createElement('script'); script.textContent = 'window.ran = 2';
        document.body.appendChild(script); 0""")
    browser.run("fetch('http://127.0.0.1:9/').catch(() => 0)")
    browser.wait("document.images[0].complete")
    assert browser.run("window.ran") is None and "red" not in browser.run("document.getElementById('styled').style.color")
    assert browser.console, "a browser that enforces it says so"
    assert not [url for url in browser.requests[before:] if ":9/" in url and not browser.blocked(url)]
