"""What the operator orders over HTTP, and what an empty or a foreign disk may do."""

import json
import os
import shutil
import urllib.error
import urllib.request

import pytest
from kazoo.client import KazooClient
from kazoo.handlers.threading import KazooTimeoutError

from quorum.waiting import eventually
from zk.ensemble import Ensemble, free_port

TOKEN = "sesame"


class Ordered(Ensemble):
    """With an admin port and a token for each member. Members of ours only."""

    def __init__(self, count, settings=None, joiners=0):
        super().__init__(("ours",) * (count + joiners), settings={
            "reconfigEnabled": "true", "standaloneEnabled": "false", **(settings or {})})
        token = os.path.join(self.directory, "token")
        with open(token, "w") as file:
            file.write(TOKEN + "\n")
        self.admin = {}
        for myid, member in self.members.items():
            self.admin[myid] = free_port()
            for line, value in list(member.settings.items()):
                if line.startswith("server."):
                    number = int(line[7:])
                    member.settings[line] = f"{value};127.0.0.1:{self.ports[number]}"
                    if number > count and myid <= count:
                        del member.settings[line]
            member.settings.update({
                "admin.enableServer": "true",
                "admin.serverPort": self.admin[myid],
                "admin.tokenFile": token,
            })

    def ask(self, myid, path, body=None, token=TOKEN):
        """(status, JSON) of a GET, or of a POST if there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin[myid]}{path}", data=data,
            headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                return response.status, json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except urllib.error.URLError:
            return 0, {}  # It does not listen yet.

    def status(self, myid):
        return self.ask(myid, "/v1/status")[1]


def server_line(ensemble, myid, role="participant"):
    line = ensemble[myid].settings[f"server.{myid}"]
    address, _, client = line.partition(";")
    return f"server.{myid}={address}:{role};{client}"


def test_status_names_the_leader_and_what_each_follower_lacks():
    with Ordered(3) as ensemble:
        leader = ensemble.start().wait()
        ensemble.client().stop()
        status = ensemble.status(leader)
        assert status["role"] == "leader" and status["leader"] == leader and status["serving"]
        eventually(lambda: {f["myid"]: f["synced"] for f in ensemble.status(leader)["followers"]}
                   == {m: True for m in (1, 2, 3) if m != leader})
        follower = next(m for m in (1, 2, 3) if m != leader)
        assert ensemble.status(follower)["leader"] == leader
        assert ensemble.status(follower)["config"]["text"].count("server.") == 3
        assert ensemble.ask(leader, "/v1/reconfig", {"leaving": "3"}, token="wrong")[0] == 403


def test_reconfig_by_order():
    with Ordered(3, joiners=1) as ensemble:
        leader = ensemble.start(1, 2, 3).wait(1, 2, 3)
        ensemble.start(4)
        version = ensemble.status(leader)["config"]["version"]
        follower = next(m for m in (1, 2, 3) if m != leader)
        order = {"joining": server_line(ensemble, 4), "expectedVersion": version}
        code, answer = ensemble.ask(follower, "/v1/reconfig", order)
        assert code == 409 and answer["leader"] == leader
        code, answer = ensemble.ask(leader, "/v1/reconfig", order)
        assert code == 200 and int(answer["version"], 16) > int(version, 16)
        ensemble.wait(4)
        code, answer = ensemble.ask(leader, "/v1/reconfig", order)
        assert code == 409, "the version is another now"
        code, answer = ensemble.ask(leader, "/v1/reconfig", {"leaving": "4", "wrong": 1})
        assert code == 400 and "wrong" in answer["reason"]
        code, answer = ensemble.ask(leader, "/v1/reconfig", {"joining": "server.9=x"})
        assert code == 400 and answer["reason"]


def test_the_lead_is_handed_over_by_order():
    with Ordered(3) as ensemble:
        leader = ensemble.start().wait()
        others = [m for m in (1, 2, 3) if m != leader]
        eventually(lambda: all(f["synced"] for f in ensemble.status(leader)["followers"])
                   and len(ensemble.status(leader)["followers"]) == 2)
        client = ensemble.client(*others)
        assert ensemble.ask(others[0], "/v1/transfer-leadership", {})[0] == 409
        assert ensemble.ask(leader, "/v1/transfer-leadership", {})[0] == 202
        client.create("/during")
        eventually(lambda: ensemble.mode(leader) == "follower")
        assert any(ensemble.mode(m) == "leader" for m in others)
        code, answer = ensemble.ask(leader, "/v1/snapshot", {})
        assert code == 200 and answer["zxid"].startswith("0x")
        client.stop()


def test_an_ensemble_is_formed_once():
    """No client before POST /v1/formed; later members and wiped disks join."""
    settings = {"quorate.ensembleId": "e-1", "quorate.bootstrap": "form"}
    with Ordered(3, settings) as ensemble:
        leader = ensemble.start().wait()
        assert not ensemble.status(leader)["formed"]
        with pytest.raises(KazooTimeoutError):
            KazooClient(hosts=ensemble.hosts(), timeout=2).start(timeout=2)
        assert ensemble.ask(leader, "/v1/formed", {})[0] == 200
        assert ensemble.ask(leader, "/v1/formed", {})[0] == 200, "twice is once"
        client = ensemble.client()
        client.create("/a")
        client.stop()
        eventually(lambda: all(ensemble.status(m)["formed"] for m in (1, 2, 3)))


def test_a_wiped_disk_does_not_vote_before_it_has_the_history():
    settings = {"quorate.ensembleId": "e-1", "quorate.bootstrap": "join"}
    with Ordered(3, {**settings, "quorate.bootstrap": "form"}) as ensemble:
        leader = ensemble.start().wait()
        assert ensemble.ask(leader, "/v1/formed", {})[0] == 200
        client = ensemble.client()
        client.create("/kept")
        client.stop()
        for member in ensemble.members.values():
            member.kill()
            member.settings.update(settings)
        # Two empty disks and one with the history: without it there is nothing to serve.
        for myid in (1, 2):
            shutil.rmtree(ensemble[myid].version2)
        ensemble.start(1, 2)
        eventually(lambda: ensemble.status(1).get("mayVote") is False)
        eventually(lambda: ensemble.status(2).get("mayVote") is False)
        assert ensemble.mode(1) is None and ensemble.mode(2) is None
        assert ensemble.status(1)["disk"]["state"] == "resyncing"


def test_a_disk_of_another_ensemble_is_refused():
    with Ordered(3, {"quorate.ensembleId": "e-1"}) as ensemble:
        ensemble.start().wait()
        ensemble[3].kill()
        ensemble[3].settings["quorate.ensembleId"] = "e-2"
        ensemble.start(3)
        assert ensemble[3].process.wait(20) != 0
        assert "belongs to the ensemble e-1" in ensemble[3].log()
        shutil.rmtree(ensemble[3].version2)
        ensemble.start(3)
        eventually(lambda: "wrong_ensemble" in ensemble[3].log()
                   or "wrong_ensemble" in "".join(ensemble[m].log() for m in (1, 2)))
        assert ensemble.mode(3) is None
