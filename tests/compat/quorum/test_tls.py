"""Members that speak TLS to each other, with Apache's and under rotation."""

import os
import socket
import subprocess
import time

import pytest

from quorum.waiting import eventually
from zk.ensemble import Ensemble

DAYS = 30


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """A certificate authority in a folder, and the certificates that it makes."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.key, self.certificate = self.path("key"), self.path("crt")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", str(DAYS), "-subj", f"/CN={name}", "-keyout", self.key, "-out",
                self.certificate)

    def path(self, suffix):
        return os.path.join(self.directory, f"{self.name}.{suffix}")

    def issue(self, to, names, serial):
        """PEM of key and certificate for `names`, at `to`, replaced at once."""
        request, made, extensions = to + ".csr", to + ".new", to + ".ext"
        with open(extensions, "w") as file:
            file.write("subjectAltName=" + ",".join(names) + "\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=member", "-keyout", made, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-set_serial", str(serial), "-days", str(DAYS), "-extfile", extensions, "-out",
                to + ".crt")
        with open(made, "a") as file, open(to + ".crt") as certificate:
            file.write(certificate.read())
        os.replace(made, to)


class Secure(Ensemble):
    def __init__(self, kinds, names=("IP:127.0.0.1", "DNS:localhost")):
        super().__init__(kinds)
        self.authority = Authority(self.directory, "first")
        self.trust = os.path.join(self.directory, "trust.pem")
        self.set_trust(self.authority)
        self.serial = 0
        for myid, member in self.members.items():
            self.renew(myid, self.authority, names)
            member.settings.update({
                "sslQuorum": "true",
                "sslQuorumReloadCertFiles": "true",
                "serverCnxnFactory": "org.apache.zookeeper.server.NIOServerCnxnFactory",
                "ssl.quorum.keyStore.location": self.store(myid),
                "ssl.quorum.keyStore.type": "PEM",
                "ssl.quorum.trustStore.location": self.trust,
                "ssl.quorum.trustStore.type": "PEM",
            })

    def store(self, myid):
        return os.path.join(self.directory, f"member{myid}.pem")

    def renew(self, myid, authority, names=("IP:127.0.0.1", "DNS:localhost")):
        self.serial += 1
        authority.issue(self.store(myid), names, self.serial)

    def set_trust(self, *authorities):
        with open(self.trust + ".new", "w") as file:
            for authority in authorities:
                with open(authority.certificate) as certificate:
                    file.write(certificate.read())
        os.replace(self.trust + ".new", self.trust)


@pytest.mark.parametrize("kinds", [("ours",) * 3, ("ours", "apache", "ours"),
                                   ("apache", "ours", "apache")],
                         ids=["ours", "mixed", "mostly-apache"])
def test_members_agree_over_tls(kinds):
    with Secure(kinds) as ensemble:
        ensemble.start().wait()
        clients = [ensemble.client(myid) for myid in (1, 2, 3)]
        clients[0].create("/a", b"1")
        for client in clients:
            client.sync("/a")
            assert client.get("/a")[0] == b"1"
            client.stop()


def test_leaf_and_authority_are_rotated_without_an_election():
    with Secure(("ours",) * 3) as ensemble:
        leader = ensemble.start().wait()
        client = ensemble.client()
        client.create("/before")
        second = Authority(ensemble.directory, "second")
        reloads = {m: ensemble[m].log().count("certificates_reloaded") for m in (1, 2, 3)}

        def reloaded(count):
            return all(ensemble[m].log().count("certificates_reloaded") >= reloads[m] + count
                       for m in (1, 2, 3))

        ensemble.set_trust(ensemble.authority, second)
        eventually(lambda: reloaded(2))  # Each member is a server and a client.
        for myid in (1, 2, 3):
            ensemble.renew(myid, second)
        eventually(lambda: reloaded(4))
        ensemble.set_trust(second)
        eventually(lambda: reloaded(6))
        client.create("/after")
        assert ensemble.leader() == leader
        # New connections are made with the new ones.
        follower = next(m for m in (1, 2, 3) if m != leader)
        ensemble[follower].kill()
        ensemble.start(follower)
        ensemble.wait(follower)
        assert ensemble.leader() == leader
        client.stop()


def test_who_has_no_certificate_or_a_strangers_gets_nothing():
    with Secure(("ours",) * 3) as ensemble:
        ensemble.start().wait()
        ensemble[3].kill()
        stranger = Authority(ensemble.directory, "stranger")
        ensemble.renew(3, stranger)
        ensemble.start(3)
        eventually(lambda: "refused" in ensemble[1].log() or "refused" in ensemble[2].log())
        assert ensemble.mode(3) is None
        for myid in (1, 2):
            quorum, election = ensemble.settings[f"server.{myid}"].split(":")[1:3]
            with socket.create_connection(("127.0.0.1", int(election)), 5) as plain:
                plain.settimeout(10)
                plain.sendall(b"\xff\xff\xff\xff\xff\xff\x00\x00" + b"\0" * 32)
                plain.recv(100)  # At most an alert, then the end.
                assert plain.recv(100) == b""
        client = ensemble.client(1, 2)
        client.create("/unharmed")
        client.stop()


def test_a_certificate_for_another_host_is_refused():
    with Secure(("ours",) * 3) as ensemble:
        ensemble.start().wait()
        ensemble[3].kill()
        ensemble.renew(3, ensemble.authority, ("DNS:elsewhere.example",))
        ensemble.start(3)
        eventually(lambda: any("certificate is not for" in ensemble[m].log()
                               or "elsewhere" in ensemble[m].log() for m in (1, 2, 3)))
        time.sleep(1)  # It would have joined by now.
        assert ensemble.mode(3) is None
        ensemble.renew(3, ensemble.authority)
        ensemble.wait(3)


def issue_pair(authority, folder, name, names, serial):
    """name.crt and name.key in `folder`, as a Secret is mounted."""
    store = os.path.join(folder, name + ".pem")
    authority.issue(store, names, serial)
    key = os.path.join(folder, name + ".key")
    openssl("pkey", "-in", store, "-out", key + ".new")
    os.replace(key + ".new", key)
    os.replace(store + ".crt", os.path.join(folder, name + ".crt"))


@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_a_directory_holds_the_certificates(own, monkeypatch):
    """quorate.quorumTlsDir: ca.crt and tls.crt, tls.key, or the pair that bears the member's name."""
    with Secure(("ours",) * 3) as ensemble:
        folder = os.path.join(ensemble.directory, "secret")
        os.mkdir(folder)
        openssl("x509", "-in", ensemble.authority.certificate, "-out",
                os.path.join(folder, "ca.crt"))
        hosts = os.path.join(ensemble.directory, "hosts")
        with open(hosts, "w") as file:
            file.writelines(f"127.0.0.1 m{myid}\n" for myid in ensemble.members)
        monkeypatch.setenv("QUORATE_HOSTS_FILE", hosts)
        if not own:
            issue_pair(ensemble.authority, folder, "tls", ("DNS:m1", "DNS:m2", "DNS:m3"), 100)
        for myid, member in ensemble.members.items():
            for key, value in list(member.settings.items()):
                if key.startswith("ssl.quorum."):
                    del member.settings[key]
                if key.startswith("server."):
                    member.settings[key] = value.replace("127.0.0.1", f"m{key[7:]}")
            member.settings["quorumListenOnAllIPs"] = "true"
            member.flags += [f"-Dquorate.quorumTlsDir={folder}", f"-Dquorate.name=m{myid}"]
            if own:
                issue_pair(ensemble.authority, folder, f"m{myid}", (f"DNS:m{myid}",), 100 + myid)
        ensemble.start().wait()
        client = ensemble.client()
        client.create("/a")
        client.stop()


def test_a_directory_without_certificates_is_named():
    with Secure(("ours",) * 3) as ensemble:
        member = ensemble[1]
        folder = os.path.join(ensemble.directory, "nothing")
        os.mkdir(folder)
        member.flags.append(f"-Dquorate.quorumTlsDir={folder}")
        ensemble.start(1)
        assert member.process.wait(20) != 0
        assert folder + "/tls.crt" in member.log()
