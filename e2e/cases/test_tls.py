"""tls.managed: members and admin ports by TLS; certificates and their authority change under load."""

import base64
import ssl
import urllib.error
import urllib.request

import pytest

from harness import processes

pytestmark = pytest.mark.local

ADMIN_PORT, ELECTION_PORT = 8080, 3888
# Passes are ten seconds apart when nothing happens; a Secret is with the members a second after it
# was written.
LEAF_LIFE_S, AUTHORITY_LIFE_S, SPREAD_S = 24, 60, 4


@pytest.fixture
def quick_operator(plane):
    """Certificates that age within a test."""
    usual = plane.operator.args
    processes.end(plane.operator)
    plane.operator = processes.start(
        [*usual, "--certificate-life", str(LEAF_LIFE_S), "--authority-life", str(AUTHORITY_LIFE_S),
         "--certificate-spread", str(SPREAD_S)], plane.folder / "operator.log")
    yield plane.operator
    processes.end(plane.operator)
    plane.start_operator()


def secret_of(case, name):
    data = case.kubectl.get("secret", name)["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def shown(case, member, port):
    """The certificate that a member shows there now."""
    return ssl.get_server_certificate((case.pods[member]["status"]["podIP"], port)).strip()


def ask(case, member, authorities):
    """Its readiness, as the operator asks for it: by an authority that is known."""
    context = ssl.create_default_context(cadata=authorities)
    context.check_hostname = False  # The address is asked, the certificate is for names.
    address = case.pods[member]["status"]["podIP"]
    with urllib.request.urlopen(f"https://{address}:{ADMIN_PORT}/readyz", timeout=10, context=context) as answer:
        return answer.status


def await_shown(case, before):
    """Until every member shows another certificate than before, on every port."""
    case.until(lambda: all(shown(case, member, port) != before[member][port]
                           for member in before for port in before[member]),
               "every member shows a new certificate")


def certificates(case):
    return {member: {port: shown(case, member, port) for port in (ADMIN_PORT, ELECTION_PORT)}
            for member in case.members()}


def start(case):
    case.settle(case.create(voters=3, tls={"managed": True}))
    case.load()
    return case.uids()


def end(case, uids):
    """Nobody was restarted; whoever is, finds the others again."""
    assert case.uids() == uids
    assert not any(status["restartCount"] for pod in case.pods.values()
                   for status in pod["status"]["containerStatuses"])
    victim = next(m for m in case.members() if m != case.leader())
    with case.fault("kill -9", [victim]):
        case.kill(victim)
    case.settle(what=f"{victim} is back")
    case.progress()
    case.verdict()


@pytest.mark.usefixtures("quick_operator")
def test_renew_certificates(case):
    """Twice, under load; the admin port speaks TLS and nothing else."""
    uids = start(case)
    for member in case.members():
        assert ask(case, member, secret_of(case, "zoo-authority")["ca.crt"]) == 200
        with pytest.raises(OSError):
            urllib.request.urlopen(f"http://{case.pods[member]['status']['podIP']}:{ADMIN_PORT}/readyz", timeout=10)
    for _ in range(2):
        await_shown(case, certificates(case))
        case.progress()
    end(case, uids)


@pytest.mark.long
@pytest.mark.usefixtures("quick_operator")
def test_change_the_authority(case):
    """Both are trusted for a while; at the end only the new one is."""
    uids = start(case)
    old = secret_of(case, "zoo-authority")["ca.crt"]
    case.until(lambda: secret_of(case, "zoo-quorum-tls")["ca.crt"].count("BEGIN CERTIFICATE") == 2,
               "two authorities are trusted")
    case.progress()
    case.until(lambda: old not in secret_of(case, "zoo-quorum-tls")["ca.crt"], "the old authority is dropped")
    new = secret_of(case, "zoo-authority")["ca.crt"]
    for member in case.members():
        case.until(lambda m=member: ask(case, m, new) == 200, f"{member} shows a certificate of the new one")
        with pytest.raises(urllib.error.URLError):
            ask(case, member, old)
    case.progress()
    end(case, uids)
