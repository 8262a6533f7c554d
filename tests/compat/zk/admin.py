"""The AdminServer of a server: its port in zoo.cfg, and the commands that move whole databases."""

import http.client
import json

from zk.server import SUPER_DIGEST, free_port

SUPER = "digest super:test"
SUPER_FLAG = "-Dzookeeper.DigestAuthenticationProvider.superDigest=" + SUPER_DIGEST


def settings(port=None):
    """Lines of zoo.cfg that turn the commands on, without the limit of one in five minutes."""
    return {
        "admin.enableServer": "true",
        "admin.serverAddress": "127.0.0.1",
        "admin.serverPort": port or free_port(),
        "admin.rateLimiterIntervalInMS": 0,
    }


def request(server, method, command, body=None, authorization=SUPER, timeout=60):
    """(status, headers, body) of /commands/`command`."""
    link = http.client.HTTPConnection("127.0.0.1", server.settings["admin.serverPort"], timeout=timeout)
    try:
        headers = {"Authorization": authorization} if authorization else {}
        link.request(method, f"/commands/{command}", body=body, headers=headers)
        answer = link.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        link.close()


def take_snapshot(server):
    """(zxid, bytes) of a snapshot of now."""
    status, headers, body = request(server, "GET", "snapshot?streaming=true")
    assert status == 200, (status, body)
    assert len(body) == int(headers["snapshot_size"])
    return int(headers["last_zxid"], 16), body


def restore(server, body, authorization=SUPER):
    """(status, answer) of a restore."""
    status, _, answer = request(server, "POST", "restore", body, authorization)
    return status, json.loads(answer)
