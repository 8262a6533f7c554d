"""What a cluster needs before anything can be installed in it: DNS, volumes."""

from .layout import DNS_IMAGE, DNS_SERVICE, VOLUME_SIZE, VOLUMES

STORAGE_CLASS = "local"
# Names of Pods that have just moved are asked for in the next second.
COREFILE = """.:1053 {
    errors
    health :8080
    ready :8181
    kubernetes cluster.local in-addr.arpa {
        pods insecure
        ttl 2
    }
    cache 2
    reload 2s
}
"""


def item(kind, name, body, api="v1", space=None):
    meta = {"name": name, **({"namespace": space} if space else {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **body}


def dns():
    labels = {"k8s-app": "kube-dns"}
    roles, space = "rbac.authorization.k8s.io/v1", "kube-system"
    rules = [{"apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"],
              "verbs": ["list", "watch"]},
             {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}]
    container = {
        "name": "coredns", "image": DNS_IMAGE, "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [{"containerPort": 1053, "protocol": "UDP"}, {"containerPort": 1053, "protocol": "TCP"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    spread = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
              "labelSelector": {"matchLabels": labels}}
    # A node that is gone takes its DNS server away for seconds, not for minutes.
    gone = [{"key": f"node.kubernetes.io/{each}", "operator": "Exists", "effect": "NoExecute",
             "tolerationSeconds": 5} for each in ("not-ready", "unreachable")]
    pod = {"serviceAccountName": "coredns", "tolerations": gone, "topologySpreadConstraints": [spread],
           "containers": [container], "volumes": [{"name": "config", "configMap": {"name": "coredns"}}]}
    subject = {"kind": "ServiceAccount", "name": "coredns", "namespace": space}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "coredns"}
    return [
        item("ServiceAccount", "coredns", {}, space=space),
        item("ClusterRole", "coredns", {"rules": rules}, roles),
        item("ClusterRoleBinding", "coredns", {"roleRef": role, "subjects": [subject]}, roles),
        item("ConfigMap", "coredns", {"data": {"Corefile": COREFILE}}, space=space),
        item("Deployment", "coredns", {"spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod}}}, "apps/v1", space),
        item("Service", "kube-dns", {"spec": {
            "clusterIP": DNS_SERVICE, "selector": labels, "ports": [
                {"name": "dns", "port": 53, "targetPort": 1053, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "targetPort": 1053, "protocol": "TCP"}]}}, space=space),
    ]


def proxy_role():
    """kube-proxy may look at Services and nodes."""
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:kube-proxy"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:node-proxier"}
    return [item("ClusterRoleBinding", "quorate-e2e:node-proxier", {"roleRef": role, "subjects": [subject]},
                 "rbac.authorization.k8s.io/v1")]


def volumes(nodes):
    """The default class, and local volumes of each zone that wait for their first claim."""
    made = [item("StorageClass", STORAGE_CLASS, {
        "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"},
        "storage.k8s.io/v1")]
    made[0]["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    for node in nodes:
        zone = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [node.zone]}
        for number in range(VOLUMES):
            folder = node.folder / "volumes" / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            made.append(item("PersistentVolume", f"{node.zone}-{number}", {"spec": {
                "capacity": {"storage": VOLUME_SIZE}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain", "storageClassName": STORAGE_CLASS,
                "local": {"path": str(folder)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}}}}))
    return made
