"""templates/status/grafana.json: panels that Grafana can show, of metrics that the module writes; and README's tables
of these."""

import json
import os
import re
import subprocess

import pytest

from deploy import WEBEXT
from httpd import TOP, wait
from raw import exchange, request_bytes
from test_metrics import PROMTOOL, own

BOARD = os.path.join(TOP, "templates", "status", "grafana.json")
KINDS = {"stat", "timeseries", "bargauge", "state-timeline"}
# what has to be seen: words of a title, and a metric of the same panel
SHOWN = {
    "Revision served": "lync_revision_served", "Active": "lync_revision_active", "Requests by service": "lync_requests_total",
    "Latency": "lync_request_duration_seconds_bucket", "Errors by service": "lync_requests_total",
    "Pending": "lync_requests_pending", "Bound": "lync_connections_bound", "Refused": "lync_refused_total",
    "Servers up": "lync_server_up", "Certificate days": "lync_certificate_expiry_timestamp_seconds",
    "Generations": "lync_generation_revision", "Last known good": "lync_last_known_good",
}


def once(pairs):
    """An object that has each name once."""
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


@pytest.fixture(scope="module")
def board():
    with open(BOARD) as file:
        return json.load(file, object_pairs_hook=once)


@pytest.fixture(scope="module")
def metrics(stage_for_module):
    """With a sample of each family that there is one of."""
    shown = own(stage_for_module)
    assert shown.ask(WEBEXT, "/meet/a/b").status == 200
    exchange(shown.https, request_bytes("/cscp", WEBEXT), True, WEBEXT)
    wait("they are counted", lambda: shown.page.metrics().sum("requests_total"))
    wait("its certificate was seen", lambda: shown.page.metrics().of("server_certificate_expiry_timestamp_seconds"))
    return shown.page.metrics()


def expressions(board):
    """(panel, what it asks for)"""
    return [(panel, target["expr"]) for panel in board["panels"] for target in panel["targets"]]


def test_panels(board):
    """Each has a place of its own, a title, and a data source that is chosen at the top."""
    cells, panels = set(), board["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels) > 15
    for panel in panels:
        assert panel["type"] in KINDS and panel["title"] and panel["targets"], panel
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["y"] >= 0 and place["w"] > 0 and place["h"] > 0 and place["x"] + place["w"] <= 24
        mine = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & mine, panel["title"]
        cells |= mine
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {panel["datasource"]["uid"]} == {"${datasource}"}
    assert {panel["type"] for panel in panels} == {row["id"] for row in board["__requires"] if row["type"] == "panel"}
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    used = set(re.findall(r"\$\{?([a-z]+)", json.dumps(board))) - {"__rate_interval"}
    assert used == set(variables)
    assert board["schemaVersion"] >= 39 and board["uid"] and board["title"] and board["id"] is None


def test_metrics(board, metrics):
    """Only names that there are, and labels that these have; whatever an operator looks for is there."""
    labels = {}
    for name, pairs in metrics.values:
        labels.setdefault(name, {"instance"}).update(label for label, _ in pairs)
    for panel, text in expressions(board):
        names = set(re.findall("lync_[a-z_]+", text))
        assert names and names <= metrics.names() & set(labels), (panel["title"], names - metrics.names())
        words = set(re.findall(r"([a-z]+)(?:=~|=|!=)\"", text))
        for group in re.findall(r"by \(([^)]*)\)", text):
            words.update(group.split(", "))
        assert words <= set.intersection(*(labels[name] for name in names)), panel["title"]
        assert 'instance=~"$instance"' in text and ("_total" not in text and "_bucket" not in text or "rate(" in text)
    used = re.findall(r"lync_[a-z_]+", json.dumps(board["templating"]))
    assert used and set(used) <= metrics.names()
    for words, name in SHOWN.items():
        assert [text for panel, text in expressions(board) if words in panel["title"] and name in text], words
    assert len([text for _, text in expressions(board) if "histogram_quantile(" in text]) == 3


def table(begin):
    """Cells of README's table after this line."""
    with open(os.path.join(TOP, "README.md")) as file:
        lines = file.read().partition(begin)[2].split("\n\n")[0].splitlines()
    rows = [re.split(r" ?\| ?", line.strip("| ")) for line in lines if line.startswith("| ") and "`" in line]
    assert len(rows) > 5
    return rows


def alarms():
    return [text for row in table("What an alarm may ask:\n\n") for text in re.findall("`(.*?lync.*?)`", row[1])]


def test_readme(metrics):
    """All there is, under the labels that it has."""
    told = {}
    for names, labels, *_ in table("| metric (`lync_\u2026`)"):
        told.update(("lync_" + name, set(re.findall("`(.*?)`", labels))) for name in re.findall("`(.*?)`", names))
    ends = re.compile("_(bucket|sum|count)$")
    assert set(told) == {ends.sub("", name) for name in metrics.names()}
    for name, pairs in metrics.values:
        mine = {label for label, _ in pairs} - {"le"}
        assert mine <= told[ends.sub("", name)] and (mine or not told[ends.sub("", name)]), name
    used = [name for text in alarms() for name in re.findall("lync_[a-z_]+", text)]
    assert len(used) >= 10 and set(used) <= metrics.names()


@pytest.mark.skipif(not PROMTOOL, reason="make -f apxs.mk promtool fetches it")
def test_expressions(board, stage):
    """Prometheus itself can read them, and README's alarms."""
    texts = [text for _, text in expressions(board)] + alarms()
    rules = [{"record": "panel:%d" % number, "expr": text.replace("$__rate_interval", "5m")}
             for number, text in enumerate(texts)]
    path = stage.path("rules.json")
    with open(path, "w") as file:
        json.dump({"groups": [{"name": "board", "rules": rules}]}, file)    # which is YAML as well
    result = subprocess.run([PROMTOOL, "check", "rules", path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0 and "%d rules found" % len(rules) in result.stdout, result.stdout
