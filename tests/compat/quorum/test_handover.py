"""A leader that leaves chooses who follows it."""

import pytest

from quorum.test_failover import check, writers
from quorum.test_orders import Ordered
from quorum.waiting import eventually
from zk.ensemble import Ensemble


def all_synced(ensemble, leader, count):
    followers = ensemble.status(leader).get("followers", [])
    return sum(f["synced"] for f in followers) == count


def test_the_target_takes_over_without_a_failed_operation():
    """Among equals the greatest id would be elected."""
    with Ordered(3) as ensemble:
        leader = ensemble.start().wait()
        for _ in range(6):
            eventually(lambda: all_synced(ensemble, ensemble.leader(), 2))
            leader = ensemble.leader()
            target = min(m for m in (1, 2, 3) if m != leader)
            made = writers(ensemble, [m for m in (1, 2, 3) if m != leader])
            code, answer = ensemble.ask(leader, "/v1/transfer-leadership", {"target": target})
            assert code == 202, answer
            eventually(lambda: ensemble.mode(target) == "leader")
            eventually(lambda: ensemble.mode(leader) == "follower")
            for writer in made:
                before = writer.made
                eventually(lambda w=writer, b=before: w.made > b + 20)
            check(ensemble, made, [1, 2, 3])
            for writer in made:
                writer.client.delete(f"/{writer.name}", recursive=True)
                writer.client.stop()
            assert f"successor_named successor={target}" in ensemble[leader].log()


def test_refusals_say_why():
    with Ordered(3, joiners=1) as ensemble:
        leader = ensemble.start(1, 2, 3).wait(1, 2, 3)
        eventually(lambda: all_synced(ensemble, leader, 2))
        others = [m for m in (1, 2, 3) if m != leader]

        def refusal(myid, body):
            code, answer = ensemble.ask(myid, "/v1/transfer-leadership", body)
            assert code == 409, answer
            assert answer["reason"]
            return answer["error"]

        assert refusal(others[0], {"target": others[0]}) == "NotLeader"
        assert refusal(leader, {"target": leader}) == "NotAVoter"
        assert refusal(leader, {"target": 4}) == "NotAVoter"
        assert ensemble.ask(leader, "/v1/transfer-leadership", {"target": "x"})[0] == 400
        ensemble[others[0]].kill()
        eventually(lambda: all_synced(ensemble, leader, 1))
        assert refusal(leader, {"target": others[0]}) == "NoQuorum"
        assert ensemble.mode(leader) == "leader"


@pytest.mark.parametrize("kinds", [("ours", "apache", "ours"), ("ours", "ours", "apache")])
def test_with_a_java_follower_a_quorum_takes_over(kinds):
    """Java is not told; whoever wins leads, and it is never the one that left."""
    with Ensemble(kinds) as ensemble:
        ensemble.start().wait()
        if kinds[ensemble.leader() - 1] == "apache":
            ensemble[ensemble.leader()].stop()
            eventually(lambda: any(ensemble.mode(m) == "leader" for m in (1, 2, 3)), 60)
            ensemble.start(kinds.index("apache") + 1).wait()
        leader = ensemble.leader()
        rest = [m for m in (1, 2, 3) if m != leader]
        client = ensemble.client(*rest)
        client.create("/a")
        ensemble[leader].stop()
        eventually(lambda: {ensemble.mode(m) for m in rest} == {"leader", "follower"}, 60)
        client.retry(client.create, "/b")
        client.stop()
