"""What operators read: four-letter words, /commands/* and /metrics have Apache's shape.

Values differ between two servers; names, order of lines and types of JSON values must not.
"""

import json
import re
import urllib.error
import urllib.request

import pytest

from zk.connection import four_letter
from zk.server import KINDS, free_port

WORDS = ("conf cons crst dirs dump gtmk isro mntr ruok srst srvr stat wchc wchp wchs hash "
         "nope").split()  # fmt: skip
COMMANDS = (
    "configuration connections dirs dump get_trace_mask hash initial_configuration is_read_only "
    "last_snapshot leader observers ruok server_stats stats voting_view watch_summary watches "
    "watches_by_path zabstate nosuch conf cons mntr environment"
).split()

# Names that Apache has and ours has not, each with its reason. A name that ours does have, or that
# Apache has not, makes the test fail: the list stays true.
ABSENT = {
    r"jvm_(?!pause_time_ms).*": "there is no JVM",
    r"ack_latency|learner_handler_qp_.*": "of an ensemble; a standalone member has none",
    r"java\..*|user\.home|os\.memory\..*": "properties of the JVM",
}


def absent(name):
    return any(re.fullmatch(pattern, name) for pattern in ABSENT)


def use(connection):
    """Something of everything that is counted."""
    for op in (
        {"op": "create", "path": "/a", "data": b"x"},
        {"op": "create", "path": "/e", "flags": 1},
        {"op": "getData", "path": "/a", "watch": True},
        {"op": "create", "path": "/n", "data": b"12345"},
        {"op": "create", "path": "/n/first", "data": b""},
        {"op": "create", "path": "/n/second", "data": b"1"},
        {"op": "setData", "path": "/n/first", "data": b"1234567", "version": -1},
        {"op": "delete", "path": "/n/second", "version": -1},
        {"op": "exists", "path": "/n/first"},
        {"op": "getChildren", "path": "/n"},
        {"op": "getChildren2", "path": "/n"},
        {"op": "getACL", "path": "/n"},
        {"op": "getData", "path": "/"},
        {"op": "multi", "ops": [
            {"op": "create", "path": "/m", "data": b"123"},
            {"op": "setData", "path": "/m", "data": b"1", "version": -1},
            {"op": "check", "path": "/n", "version": 0},
        ]},
        {"op": "multiRead", "ops": [
            {"op": "getData", "path": "/m"}, {"op": "getChildren", "path": "/n"},
            {"op": "getData", "path": "/none"},
        ]},
        {"op": "create", "path": "/zookeeper/quota/n", "data": b""},
        {"op": "create", "path": "/zookeeper/quota/n/zookeeper_limits",
         "data": b"count=-1,bytes=40=;byteHardLimit=100;countHardLimit=9"},
        {"op": "create", "path": "/zookeeper/quota/n/zookeeper_stats", "data": b"count=0,bytes=0"},
        {"op": "create", "path": "/n/third", "data": b"123"},
    ):  # fmt: skip
        connection.must(op)
    # Writes that fail count nothing, but for those that a quota refuses.
    for op in (
        {"op": "create", "path": "/a", "data": b"1"},
        {"op": "setData", "path": "/n", "data": bytes(101), "version": -1},
        {"op": "multi", "ops": [
            {"op": "create", "path": "/o", "data": b"1"},
            {"op": "create", "path": "/n/fourth", "data": bytes(101)},
        ]},
    ):  # fmt: skip
        connection.ask(op)


class Reports:
    """Everything that one server tells, taken once."""

    def __init__(self, kind):
        admin, metrics = free_port(), free_port()
        settings = {
            "enforceQuota": "true", "admin.enableServer": "true", "admin.serverAddress": "127.0.0.1",
            "admin.serverPort": admin, "metricsProvider.httpPort": metrics,
            "metricsProvider.httpHost": "127.0.0.1",
            "metricsProvider.className":
                "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
        }  # fmt: skip
        with KINDS[kind](settings) as server, server.session() as connection:
            use(connection)
            self.http = {c: fetch(f"http://127.0.0.1:{admin}/commands/{c}") for c in COMMANDS}
            self.metrics = fetch(f"http://127.0.0.1:{metrics}/metrics")[2]
        settings.pop("metricsProvider.className")
        with KINDS[kind](settings) as server, server.session() as connection:
            use(connection)
            self.words = {word: four_letter(server.address, word) for word in WORDS}


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, "", ""


@pytest.fixture(scope="module")
def reports(kinds):
    return [Reports(kind) for kind in kinds]


def text_shape(text):
    """Numbers, ids, addresses, dates and versions blanked; connection lines sorted."""
    text = re.sub(r"(Zookeeper version:).*", r"\1 V", text)
    text = re.sub(r"expire at .*", "expire at D", text)
    text = re.sub(r"0x[0-9a-f]+", "X", text)
    text = re.sub(r"\[\d\]\(queued.*\)", "[N](...)", text)
    text = re.sub(r"(\d+ expire at D:\n)(\tip: \S+ sessionId: X\n)+", "", text)
    text = re.sub(r"-?\d+(\.\d+)*", "N", text)
    return sorted(set(text.splitlines()))


@pytest.mark.parametrize("word", [w for w in WORDS if w not in ("mntr", "conf")])
def test_word(reports, word):
    apache, ours = (text_shape(report.words[word]) for report in reports)
    assert ours == apache


def test_connection_line(reports):
    """The fields of `cons`, in order."""
    fields = [re.findall(r"[(,](\w+)=", max(r.words["cons"].splitlines(), key=len)) for r in reports]
    assert fields[0] == fields[1]


def keys(text, separator):
    return [line.split(separator)[0] for line in text.splitlines() if line.strip()]


def test_conf_keys(reports):
    assert keys(reports[0].words["conf"], "=") == keys(reports[1].words["conf"], "=")


def compare_names(apache, ours, strip=lambda name: name):
    """Nothing of Apache's is missing but what ABSENT says, and that is really missing."""
    assert sorted(n for n in apache if n not in ours and not absent(strip(n))) == []
    if set(apache) - set(ours):  # Not Apache against itself.
        assert sorted(n for n in ours if n in apache and absent(strip(n))) == []


def test_mntr_names(reports):
    apache, ours = (set(keys(report.words["mntr"], "\t")) for report in reports)
    compare_names(apache, ours, lambda name: re.sub(r"zk_((avg|min|max|cnt|sum|p\d+)_)?", "", name))


NAMESPACES_SEEN = 30  # Lines at least; none would prove nothing.


def test_mntr_values_of_namespaces(reports):
    apache, ours = (
        sorted(line for line in report.words["mntr"].splitlines() if "_per_namespace\t" in line)
        for report in reports
    )
    assert ours == apache
    assert len(apache) > NAMESPACES_SEEN


def test_metric_values_of_namespaces(reports):
    """Without the quantiles, of which ours are those of a histogram."""
    sample = re.compile(r'^(\w+_per_namespace\w*)\{key="(\w+)",?\} (\S+)$', re.MULTILINE)
    apache, ours = (
        sorted((name, key, float(value)) for name, key, value in sample.findall(report.metrics))
        for report in reports
    )
    assert ours == apache
    assert len(apache) > NAMESPACES_SEEN // 2


def test_metric_names_and_types(reports):
    def types(text):
        return dict(re.findall(r"^# TYPE (\S+) (\S+)", text, re.MULTILINE))

    apache, ours = (types(report.metrics) for report in reports)
    compare_names(apache, ours)
    assert {n: t for n, t in apache.items() if ours.get(n, t) != t} == {}


def json_shape(value):
    """Keys and types; keys that are numbers are ids or times."""
    if isinstance(value, dict):
        return {re.sub(r"^-?\d+$", "N", key): json_shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_shape(item) for item in value[:1]]
    return type(value).__name__


@pytest.mark.parametrize("command", COMMANDS)
def test_command(reports, command):
    apache, ours = (report.http[command] for report in reports)
    assert ours[:2] == apache[:2]
    expected, actual = json_shape(json.loads(apache[2])), json_shape(json.loads(ours[2]))
    if command in ("mntr", "environment"):
        # Under its Prometheus provider Apache mixes samples of that format into `monitor`.
        foreign = re.compile(r".*\{.*|.*_(count|sum)|process_.*")
        plain = {name for name in expected if not foreign.fullmatch(name)}
        compare_names(plain, actual)
    else:
        assert actual == expected
