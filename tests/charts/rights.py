"""A proxy before an API that grants a role's rights and no others, as Kubernetes' RBAC does, and keeps
what was asked for.
"""

import http.client
import http.server
import json
import ssl
import threading
import urllib.parse

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


def right_of(method, target):
    """(group, resource or resource/subresource, verb, name) of a request; nothing for discovery."""
    url = urllib.parse.urlsplit(target)
    parts = [urllib.parse.unquote(each) for each in url.path.strip("/").split("/")]
    if parts[0] == "api":
        group, rest = "", parts[2:]
    elif parts[0] == "apis" and len(parts) > 2:
        group, rest = parts[1], parts[3:]
    else:
        return None
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    if not rest:
        return None
    resource, name = rest[0], rest[1] if len(rest) > 1 else ""
    if len(rest) > 2:
        resource += f"/{rest[2]}"
    query = urllib.parse.parse_qs(url.query)
    if method == "GET":
        verb = "get" if name else "watch" if query.get("watch", [""])[0] in ("true", "1") else "list"
    elif method == "DELETE":
        verb = "delete" if name else "deletecollection"
    else:
        verb = VERBS[method]
    return group, resource, verb, name


def rights_of(rules):
    """{(group, resource, verb): names, or nothing for any}."""
    granted = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    granted.setdefault((group, resource, verb), set()).update(rule.get("resourceNames", [None]))
    return granted


class GuardedApi:
    """Listens on loopback without TLS, and speaks to the API with its own credentials."""

    def __init__(self, host, port, token, rules):
        self.granted = rights_of(rules)
        self.asked, self.refused = set(), set()
        self.backend = (host, port, token)
        guarded = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                guarded.serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def is_granted(self, right):
        group, resource, verb, name = right
        names = self.granted.get((group, resource, verb), set())
        return None in names or name in names

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        right = right_of(handler.command, handler.path)
        needed = [right] if right else []
        is_apply = handler.headers.get("Content-Type", "").startswith("application/apply-patch")
        if is_apply and self.is_new(handler.path):
            needed.append((*right[:2], "create", right[3]))  # As the API server asks in that case.
        for each in needed:
            self.asked.add(each[:3])
            if not self.is_granted(each):
                self.refused.add(each)
                return self.refuse(handler, each)
        self.forward(handler, body)

    def connect(self):
        host, port, _ = self.backend
        return http.client.HTTPSConnection(host, port, timeout=700, context=ssl._create_unverified_context())

    def is_new(self, path):
        api = self.connect()
        api.request("GET", urllib.parse.urlsplit(path).path, headers={"Authorization": f"Bearer {self.backend[2]}"})
        status = api.getresponse().status
        api.close()
        return status == 404

    def refuse(self, handler, right):
        group, resource, verb, name = right
        text = f'{resource}.{group} "{name}" is forbidden: cannot {verb}'
        answer = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
                  "message": text, "details": {"name": name, "group": group, "kind": resource}, "metadata": {}}
        content = json.dumps(answer).encode()
        handler.send_response(403)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def forward(self, handler, body):
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in ("host", "connection", "authorization")}
        headers["Authorization"] = f"Bearer {self.backend[2]}"
        api = self.connect()
        try:
            api.request(handler.command, handler.path, body=body or None, headers=headers)
            answer = api.getresponse()
            handler.send_response(answer.status)
            for key, value in answer.getheaders():
                if key.lower() not in ("transfer-encoding", "connection", "content-length"):
                    handler.send_header(key, value)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while chunk := answer.read1(65536):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                handler.wfile.flush()
            handler.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            handler.close_connection = True  # One of both went away.
        finally:
            api.close()
