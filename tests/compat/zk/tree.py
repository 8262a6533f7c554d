"""Dumps a server's tree through the client protocol, for comparisons over restarts and servers."""


def dump(connection, top="/"):
    """{path: {"data", "acl", "stat"}} of `top` and all below; needs a connection that may read."""
    nodes, queue = {}, [top]
    while queue:
        path = queue.pop()
        data = connection.must({"op": "getData", "path": path})
        acl = connection.must({"op": "getACL", "path": path})
        children = connection.must({"op": "getChildren", "path": path})["children"]
        nodes[path] = {"data": data["data"], "acl": acl["acl"], "stat": data["stat"]}
        queue += [(path if path != "/" else "") + "/" + child for child in children]
    return nodes


def dump_server(server, top="/"):
    """As dump, over a session of its own that is super when the server knows the super digest."""
    with server.session() as connection:
        connection.must({"op": "auth", "scheme": "digest", "auth": b"super:test"})
        nodes = dump(connection, top)
        connection.ask({"op": "closeSession"})
    return nodes


def differences(one, other):
    """Lines that tell two dumps apart; empty when they are the same."""
    lines = []
    for path in sorted(set(one) | set(other)):
        if one.get(path) == other.get(path):
            continue
        if path not in one or path not in other:
            lines.append(f"{path}: only in the {'second' if path not in one else 'first'}")
            continue
        for key in ("data", "acl", "stat"):
            if one[path][key] != other[path][key]:
                lines.append(f"{path} {key}: {one[path][key]} against {other[path][key]}")
    return lines
