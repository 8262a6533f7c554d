"""What a scrape of each member of a running ensemble tells."""

import urllib.request

from quorum.waiting import eventually
from zk.ensemble import Ensemble, free_port, metric

EVERYBODY = {
    "quorum_size", "election_time_count", "unavailable_time_count", "looking_count",
    "quorum_ack_latency_count", "learner_proposal_received_count", "proposal_count",
    "commit_count", "quorate_epoch", "quorate_config_version", "quorate_may_vote",
    "quorate_read_only", "quorate_election_seconds_count", "quorate_detection_seconds_count",
    "quorate_unavailable_seconds_count", "quorate_commit_seconds_count",
}
LEADER = {
    "leader_uptime", "learners", "synced_followers", "synced_non_voting_followers",
    "synced_observers", "pending_syncs", "last_proposal_size", "max_proposal_size",
    "min_proposal_size",
}


def scrape(port):
    """{name with its labels: number}."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    return {name: float(value) for name, _, value in
            (line.rpartition(" ") for line in lines if line and not line.startswith("#"))}


def test_a_scrape_of_every_member():
    with Ensemble(("ours",) * 4, observers=(4,)) as ensemble:
        ports = {}
        for myid, member in ensemble.members.items():
            ports[myid] = free_port()
            member.settings.update({
                "metricsProvider.className":
                    "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
                "metricsProvider.httpHost": "127.0.0.1",
                "metricsProvider.httpPort": ports[myid],
            })
        ensemble.start().wait()
        leader = ensemble.leader()
        client = ensemble.client()
        for number in range(20):
            client.create(f"/{number}", b"x" * 100)
        client.stop()
        eventually(lambda: scrape(ports[leader]).get("synced_followers") == 2)
        eventually(lambda: scrape(ports[leader]).get("synced_observers") == 1)
        for myid, port in ports.items():
            page = scrape(port)
            assert not EVERYBODY - page.keys()
            assert page["quorum_size"] == 3 and page["looking_count"] >= 1
            assert page["election_time_count"] >= 1 and page["unavailable_time_count"] >= 1
            assert LEADER & page.keys() == (LEADER if myid == leader else set())
        page = scrape(ports[leader])
        assert page["learners"] == 3 and page["pending_syncs"] == 0
        assert page["diff_count"] + page["snap_count"] >= 3
        assert page['quorate_syncs{key="snap"}'] == page["snap_count"]
        assert page["quorum_ack_latency_count"] >= 20
        assert page["max_proposal_size"] > 100 >= page["min_proposal_size"] > 0
        for myid in ensemble.members:
            if myid != leader:
                lag = f'quorate_learner_lag{{key="{myid}"}}'
                eventually(lambda name=lag: scrape(ports[leader])[name] == 0)
        follower = next(m for m in (1, 2, 3) if m != leader)
        assert scrape(ports[follower])["learner_proposal_received_count"] >= 20
        assert metric(("127.0.0.1", ensemble.ports[leader]), "zk_synced_followers") == 2
        ensemble[leader].kill()
        rest = [m for m in (1, 2, 3) if m != leader]
        eventually(lambda: {ensemble.mode(m) for m in rest} == {"leader", "follower"}, 30)
        assert scrape(ports[rest[0]])["quorate_detection_seconds_count"] >= 1
        assert scrape(ports[ensemble.leader()])["leader_uptime"] >= 0
