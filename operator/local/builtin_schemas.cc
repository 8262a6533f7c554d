// The schemas of the built-in kinds, in a notation of their own, and its reader.
//
//     Type { field:type field:type=default ... }
//
// Types: s string, i integer of 32 bits, l of 64, b boolean, n number, q quantity or int-or-string,
// o anything, {T} a map, [T] a list that is replaced whole, [T!] a set, [T|key,key] a list of
// objects with keys, and [T|key,key~other] where strategic merge patches use another key. `*` after
// a type: required.
#include <algorithm>
#include <cctype>
#include <map>

#include "operator/local/kinds.h"
#include "server/base/assert.h"

namespace quorate::local {

namespace {

constexpr const char* kTypes[] = {
    R"(
LabelSelectorRequirement { key:s* operator:s* values:[s] }
LabelSelector { matchLabels:{s} matchExpressions:[LabelSelectorRequirement] }
ObjectReference { kind:s namespace:s name:s uid:s apiVersion:s resourceVersion:s fieldPath:s }
LocalObjectReference { name:s }
Condition { type:s* status:s* observedGeneration:l lastTransitionTime:s reason:s message:s
  lastProbeTime:s lastHeartbeatTime:s lastUpdateTime:s }
KeyToPath { key:s* path:s* mode:i }
ObjectFieldSelector { apiVersion:s fieldPath:s* }
ResourceFieldSelector { containerName:s resource:s* divisor:q }
KeySelector { name:s key:s* optional:b }
EnvVarSource { fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector
  configMapKeyRef:KeySelector secretKeyRef:KeySelector }
EnvVar { name:s* value:s valueFrom:EnvVarSource }
NameSelector { name:s optional:b }
EnvFromSource { prefix:s configMapRef:NameSelector secretRef:NameSelector }
ContainerPort { name:s hostPort:i containerPort:i* protocol:s=TCP hostIP:s }
VolumeMount { name:s* readOnly:b recursiveReadOnly:s mountPath:s* subPath:s mountPropagation:s
  subPathExpr:s }
HTTPHeader { name:s* value:s* }
HTTPGetAction { path:s port:q* host:s scheme:s=HTTP httpHeaders:[HTTPHeader] }
TCPSocketAction { port:q* host:s }
ExecAction { command:[s] }
GRPCAction { port:i* service:s }
SleepAction { seconds:i* }
LifecycleHandler { exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction
  sleep:SleepAction }
Lifecycle { postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s }
Probe { exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction
  initialDelaySeconds:i timeoutSeconds:i=1 periodSeconds:i=10 successThreshold:i=1
  failureThreshold:i=3 terminationGracePeriodSeconds:i }
ResourceRequirements { limits:{q} requests:{q} claims:[o] }
Container { name:s* image:s command:[s] args:[s] workingDir:s
  ports:[ContainerPort|containerPort,protocol~containerPort] envFrom:[EnvFromSource]
  env:[EnvVar|name] resources:ResourceRequirements resizePolicy:[o] restartPolicy:s
  volumeMounts:[VolumeMount|mountPath] volumeDevices:[o] livenessProbe:Probe readinessProbe:Probe
  startupProbe:Probe lifecycle:Lifecycle terminationMessagePath:s=/dev/termination-log
  terminationMessagePolicy:s=File imagePullPolicy:s securityContext:o stdin:b stdinOnce:b tty:b }
)",
    R"(
ConfigMapVolumeSource { name:s items:[KeyToPath] defaultMode:i=420 optional:b }
SecretVolumeSource { secretName:s items:[KeyToPath] defaultMode:i=420 optional:b }
ClaimVolumeSource { claimName:s* readOnly:b }
EmptyDirVolumeSource { medium:s sizeLimit:q }
HostPathVolumeSource { path:s* type:s }
ConfigMapProjection { name:s items:[KeyToPath] optional:b }
DownwardFile { path:s* fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector mode:i }
DownwardProjection { items:[DownwardFile] }
TokenProjection { audience:s expirationSeconds:i path:s* }
VolumeProjection { secret:ConfigMapProjection configMap:ConfigMapProjection
  downwardAPI:DownwardProjection serviceAccountToken:TokenProjection clusterTrustBundle:o }
ProjectedVolumeSource { sources:[VolumeProjection] defaultMode:i=420 }
DownwardVolumeSource { items:[DownwardFile] defaultMode:i=420 }
Volume { name:s* configMap:ConfigMapVolumeSource secret:SecretVolumeSource
  persistentVolumeClaim:ClaimVolumeSource emptyDir:EmptyDirVolumeSource
  hostPath:HostPathVolumeSource projected:ProjectedVolumeSource downwardAPI:DownwardVolumeSource
  csi:o nfs:o ephemeral:o image:o iscsi:o local:o }
NodeSelectorRequirement { key:s* operator:s* values:[s] }
NodeSelectorTerm { matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement] }
NodeSelector { nodeSelectorTerms:[NodeSelectorTerm]* }
PreferredSchedulingTerm { weight:i* preference:NodeSelectorTerm* }
NodeAffinity { requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm] }
PodAffinityTerm { labelSelector:LabelSelector namespaces:[s] topologyKey:s*
  namespaceSelector:LabelSelector matchLabelKeys:[s] mismatchLabelKeys:[s] }
WeightedPodAffinityTerm { weight:i* podAffinityTerm:PodAffinityTerm* }
PodAffinity { requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm] }
Affinity { nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity }
Toleration { key:s operator:s value:s effect:s tolerationSeconds:i }
TopologySpread { maxSkew:i* topologyKey:s* whenUnsatisfiable:s* labelSelector:LabelSelector
  minDomains:i nodeAffinityPolicy:s nodeTaintsPolicy:s matchLabelKeys:[s] }
HostAlias { ip:s* hostnames:[s] }
PodSpec { volumes:[Volume|name] initContainers:[Container|name] containers:[Container|name]*
  ephemeralContainers:[o] restartPolicy:s=Always terminationGracePeriodSeconds:i=30
  activeDeadlineSeconds:i dnsPolicy:s=ClusterFirst nodeSelector:{s} serviceAccountName:s
  serviceAccount:s automountServiceAccountToken:b nodeName:s hostNetwork:b hostPID:b hostIPC:b
  shareProcessNamespace:b securityContext:o={} imagePullSecrets:[LocalObjectReference|name]
  hostname:s subdomain:s affinity:Affinity schedulerName:s=default-scheduler
  tolerations:[Toleration] hostAliases:[HostAlias|ip] priorityClassName:s priority:i dnsConfig:o
  readinessGates:[o] runtimeClassName:s enableServiceLinks:b=true preemptionPolicy:s overhead:{q}
  topologySpreadConstraints:[TopologySpread|topologyKey,whenUnsatisfiable~topologyKey]
  setHostnameAsFQDN:b os:o hostUsers:b schedulingGates:[o] resourceClaims:[o]
  resources:ResourceRequirements }
OwnerReference { apiVersion:s* kind:s* name:s* uid:s* controller:b blockOwnerDeletion:b }
ObjectMeta { name:s generateName:s namespace:s selfLink:s uid:s resourceVersion:s generation:l
  creationTimestamp:s deletionTimestamp:s deletionGracePeriodSeconds:i labels:{s} annotations:{s}
  ownerReferences:[OwnerReference|uid] finalizers:[s!] managedFields:[o] }
PodTemplate { metadata:ObjectMeta spec:PodSpec }
PodStatus { observedGeneration:l phase:s conditions:[Condition|type] message:s reason:s
  nominatedNodeName:s hostIP:s hostIPs:[o] podIP:s podIPs:[o] startTime:s
  initContainerStatuses:[o] containerStatuses:[o] qosClass:s ephemeralContainerStatuses:[o]
  resize:s resourceClaimStatuses:[o] }
Pod { spec:PodSpec status:PodStatus }
)",
    R"(
ClaimResources { limits:{q} requests:{q} }
TypedReference { apiGroup:s kind:s* name:s* namespace:s }
ClaimSpec { accessModes:[s] selector:LabelSelector resources:ClaimResources volumeName:s
  storageClassName:s volumeMode:s=Filesystem dataSource:TypedReference dataSourceRef:TypedReference
  volumeAttributesClassName:s }
ClaimStatus { phase:s accessModes:[s] capacity:{q} conditions:[Condition|type]
  allocatedResources:{q} allocatedResourceStatuses:{s} currentVolumeAttributesClassName:s
  modifyVolumeStatus:o }
PersistentVolumeClaim { spec:ClaimSpec status:ClaimStatus }
ClaimTemplate { apiVersion:s kind:s metadata:ObjectMeta spec:ClaimSpec status:ClaimStatus }
RollingUpdate { partition:i maxUnavailable:q }
UpdateStrategy { type:s rollingUpdate:RollingUpdate }
ClaimRetention { whenDeleted:s=Retain whenScaled:s=Retain }
Ordinals { start:i }
StatefulSetSpec { replicas:i=1 selector:LabelSelector* template:PodTemplate*
  volumeClaimTemplates:[ClaimTemplate] serviceName:s podManagementPolicy:s=OrderedReady
  updateStrategy:UpdateStrategy revisionHistoryLimit:i=10 minReadySeconds:i
  persistentVolumeClaimRetentionPolicy:ClaimRetention={} ordinals:Ordinals }
StatefulSetStatus { observedGeneration:l replicas:i readyReplicas:i currentReplicas:i
  updatedReplicas:i currentRevision:s updateRevision:s collisionCount:i
  conditions:[Condition|type] availableReplicas:i }
StatefulSet { spec:StatefulSetSpec status:StatefulSetStatus }
ControllerRevision { data:o revision:l* }
ServicePort { name:s protocol:s=TCP appProtocol:s port:i* targetPort:q nodePort:i }
ServiceSpec { ports:[ServicePort|port,protocol~port] selector:{s} clusterIP:s clusterIPs:[s]
  type:s=ClusterIP externalIPs:[s] sessionAffinity:s=None loadBalancerIP:s
  loadBalancerSourceRanges:[s] externalName:s externalTrafficPolicy:s healthCheckNodePort:i
  publishNotReadyAddresses:b sessionAffinityConfig:o ipFamilies:[s] ipFamilyPolicy:s
  allocateLoadBalancerNodePorts:b loadBalancerClass:s internalTrafficPolicy:s=Cluster
  trafficDistribution:s }
ServiceStatus { loadBalancer:o conditions:[Condition|type] }
Service { spec:ServiceSpec status:ServiceStatus }
BudgetSpec { minAvailable:q selector:LabelSelector maxUnavailable:q unhealthyPodEvictionPolicy:s }
BudgetStatus { observedGeneration:l disruptedPods:{s} disruptionsAllowed:i currentHealthy:i
  desiredHealthy:i expectedPods:i conditions:[Condition|type] }
PodDisruptionBudget { spec:BudgetSpec status:BudgetStatus }
LeaseSpec { holderIdentity:s leaseDurationSeconds:i acquireTime:s renewTime:s leaseTransitions:i
  strategy:s preferredHolder:s }
Lease { spec:LeaseSpec }
ConfigMap { immutable:b data:{s} binaryData:{s} }
Secret { immutable:b data:{s} stringData:{s} type:s=Opaque }
ServiceAccount { secrets:[ObjectReference] imagePullSecrets:[LocalObjectReference]
  automountServiceAccountToken:b }
NamespaceSpec { finalizers:[s] }
NamespaceStatus { phase:s conditions:[Condition|type] }
Namespace { spec:NamespaceSpec status:NamespaceStatus }
Taint { key:s* value:s effect:s* timeAdded:s }
NodeSpec { podCIDR:s podCIDRs:[s] providerID:s unschedulable:b taints:[Taint] configSource:o
  externalID:s }
NodeStatus { capacity:{q} allocatable:{q} phase:s conditions:[Condition|type] addresses:[o]
  daemonEndpoints:o nodeInfo:o images:[o] volumesInUse:[s] volumesAttached:[o] config:o
  runtimeHandlers:[o] features:o }
Node { spec:NodeSpec status:NodeStatus }
VolumeNodeAffinity { required:NodeSelector }
PathSource { path:s* type:s fsType:s }
PersistentVolumeSpec { capacity:{q} accessModes:[s] claimRef:ObjectReference
  persistentVolumeReclaimPolicy:s=Retain storageClassName:s mountOptions:[s]
  volumeMode:s=Filesystem nodeAffinity:VolumeNodeAffinity volumeAttributesClassName:s
  hostPath:PathSource local:PathSource csi:o nfs:o }
PersistentVolumeStatus { phase:s message:s reason:s lastPhaseTransitionTime:s }
PersistentVolume { spec:PersistentVolumeSpec status:PersistentVolumeStatus }
EventSource { component:s host:s }
EventSeries { count:i lastObservedTime:s }
Event { involvedObject:ObjectReference* reason:s message:s source:EventSource firstTimestamp:s
  lastTimestamp:s count:i type:s eventTime:s series:EventSeries action:s related:ObjectReference
  reportingComponent:s reportingInstance:s }
StorageClass { provisioner:s* parameters:{s} reclaimPolicy:s=Delete mountOptions:[s]
  allowVolumeExpansion:b volumeBindingMode:s=Immediate allowedTopologies:[o] }
PolicyRule { verbs:[s]* apiGroups:[s] resources:[s] resourceNames:[s] nonResourceURLs:[s] }
RoleRef { apiGroup:s* kind:s* name:s* }
RoleSubject { kind:s* apiGroup:s name:s* namespace:s }
Role { rules:[PolicyRule] }
ClusterRole { rules:[PolicyRule] aggregationRule:o }
RoleBinding { subjects:[RoleSubject] roleRef:RoleRef* }
ClusterRoleBinding { subjects:[RoleSubject] roleRef:RoleRef* }
PriorityClass { value:i* globalDefault:b description:s preemptionPolicy:s }
CrdNames { plural:s* singular:s shortNames:[s] kind:s* listKind:s categories:[s] }
CrdColumn { name:s* type:s* format:s description:s priority:i jsonPath:s* }
CrdScale { specReplicasPath:s* statusReplicasPath:s* labelSelectorPath:s }
CrdSubresources { status:o scale:CrdScale }
CrdSchema { openAPIV3Schema:o }
CrdVersion { name:s* served:b* storage:b* deprecated:b deprecationWarning:s schema:CrdSchema
  subresources:CrdSubresources additionalPrinterColumns:[CrdColumn] selectableFields:[o] }
CrdSpec { group:s* names:CrdNames* scope:s* versions:[CrdVersion]* conversion:o={"strategy":"None"}
  preserveUnknownFields:b }
CrdStatus { conditions:[Condition|type] acceptedNames:CrdNames storedVersions:[s] }
CustomResourceDefinition { spec:CrdSpec status:CrdStatus }
Endpoints { subsets:[o] }
SliceConditions { ready:b serving:b terminating:b }
SliceEndpoint { addresses:[s]* conditions:SliceConditions hostname:s targetRef:ObjectReference
  deprecatedTopology:{s} nodeName:s zone:s hints:o }
SlicePort { name:s protocol:s port:i appProtocol:s }
EndpointSlice { addressType:s* endpoints:[SliceEndpoint] ports:[SlicePort] }
)"};

// Reads the notation. A mistake in it is ours, so it asserts.
class Notation {
 public:
  Notation() {
    for (const char* part : kTypes) {
      text_ = part;
      while (skip_spaces(), !text_.empty()) {
        read_type();
      }
    }
  }

  [[nodiscard]] SchemaPtr find(std::string_view name) const {
    const auto found = types_.find(std::string(name));
    return found == types_.end() ? nullptr : found->second;
  }

 private:
  void skip_spaces() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_[0])) != 0) {
      text_.remove_prefix(1);
    }
  }

  bool take(char c) {
    if (text_.empty() || text_[0] != c) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  std::string word() {
    size_t length = 0;
    while (length < text_.size() && std::isalnum(static_cast<unsigned char>(text_[length])) != 0) {
      ++length;
    }
    std::string found(text_.substr(0, length));
    QR_ASSERT(!found.empty());
    text_.remove_prefix(length);
    return found;
  }

  void read_type() {
    const std::string name = word();
    skip_spaces();
    QR_ASSERT(take('{'));
    auto schema = std::make_shared<Schema>();
    schema->type = Schema::Type::kObject;
    while (skip_spaces(), !take('}')) {
      const std::string field = word();
      QR_ASSERT(take(':'));
      auto type = std::make_shared<Schema>(*read_field_type());
      if (take('*')) {
        schema->required.push_back(field);
      }
      if (take('=')) {
        type->default_value = read_default(*type);
      }
      schema->properties[field] = std::move(type);
    }
    types_[name] = std::move(schema);
  }

  Json read_default(const Schema& type) {
    const size_t end = std::min(text_.find_first_of(" \n"), text_.size());
    const std::string written(text_.substr(0, end));
    text_.remove_prefix(end);
    return type.type == Schema::Type::kString ? Json(written)
                                              : parse_json(written).value_or(Json());
  }

  SchemaPtr read_field_type() {
    auto schema = std::make_shared<Schema>();
    if (take('{')) {
      schema->type = Schema::Type::kObject;
      schema->additional = read_field_type();
      QR_ASSERT(take('}'));
      return schema;
    }
    if (take('[')) {
      schema->type = Schema::Type::kArray;
      schema->items = read_field_type();
      read_list_keys(*schema);
      QR_ASSERT(take(']'));
      return schema;
    }
    return read_scalar(word());
  }

  void read_list_keys(Schema& schema) {
    if (take('!')) {
      schema.list_type = Schema::ListType::kSet;
    }
    if (!take('|')) {
      return;
    }
    schema.list_type = Schema::ListType::kMap;
    do {
      schema.list_map_keys.push_back(word());
    } while (take(','));
    schema.patch_merge_key = take('~') ? word() : schema.list_map_keys.front();
  }

  SchemaPtr read_scalar(const std::string& name) {
    auto schema = std::make_shared<Schema>();
    if (name == "s") {
      schema->type = Schema::Type::kString;
    } else if (name == "i" || name == "l") {
      schema->type = Schema::Type::kInteger;
      schema->format = name == "i" ? "int32" : "int64";
    } else if (name == "b") {
      schema->type = Schema::Type::kBoolean;
    } else if (name == "n") {
      schema->type = Schema::Type::kNumber;
    } else if (name == "q") {
      schema->is_int_or_string = true;
    } else if (name == "o") {
      schema->preserves_unknown = true;
    } else {
      const SchemaPtr found = find(name);
      QR_ASSERT(found != nullptr);
      return found;
    }
    return schema;
  }

  std::string_view text_;
  std::map<std::string, SchemaPtr> types_;
};

}  // namespace

SchemaPtr builtin_schema(std::string_view kind) {
  static const Notation kNotation;
  return kNotation.find(kind);
}

}  // namespace quorate::local
