// Requests with anything in them: every one is answered, and the world goes on.
#include <gtest/gtest.h>

#include <random>

#include "operator/local/world.h"

namespace quorate::local {
namespace {

struct Sample {
  const char* method;
  const char* target;
  const char* type;
  const char* body;
};

constexpr const char* kJson = "application/json";
constexpr const char* kMerge = "application/merge-patch+json";
constexpr const char* kStrategic = "application/strategic-merge-patch+json";
constexpr const char* kPatch = "application/json-patch+json";
constexpr const char* kApply = "application/apply-patch+yaml";

constexpr Sample kSamples[] = {
    {"POST", "/api/v1/namespaces", kJson,
     R"({"metadata":{"name":"n","labels":{"a":"b"}},"spec":{"finalizers":["x"]}})"},
    {"POST", "/api/v1/namespaces/default/configmaps", kJson,
     R"({"metadata":{"name":"x","annotations":{"a":"b"},"finalizers":["a/b"],
         "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u"}]},
         "data":{"a":"1"},"immutable":false})"},
    {"POST", "/api/v1/namespaces/default/secrets", kJson,
     R"({"metadata":{"name":"x"},"stringData":{"a":"1"},"data":{"b":"YQ=="},"type":"t"})"},
    {"POST", "/api/v1/namespaces/default/services", kJson,
     R"({"metadata":{"name":"x"},"spec":{"selector":{"a":"b"},"clusterIP":"None",
         "ports":[{"name":"p","port":80,"targetPort":"http"}]}})"},
    {"POST", "/api/v1/namespaces/default/pods", kJson,
     R"({"metadata":{"name":"p","labels":{"a":"b"}},"spec":{"terminationGracePeriodSeconds":1,
         "volumes":[{"name":"v","configMap":{"name":"x","items":[{"key":"a","path":"b"}]}},
         {"name":"w","persistentVolumeClaim":{"claimName":"c"}},{"name":"s","secret":{"secretName":"x"}}],
         "nodeSelector":{"a":"b"},"tolerations":[{"key":"a","operator":"Exists"}],
         "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{
         "nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}}},
         "containers":[{"name":"c","image":"i","command":["a"],"args":["$(X)."],
         "env":[{"name":"X","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
         "resources":{"requests":{"cpu":"1"}},"volumeMounts":[{"name":"v","mountPath":"/v"}],
         "livenessProbe":{"httpGet":{"port":"http","path":"/"}},"ports":[{"containerPort":1}]}]}
})"},
    {"POST", "/apis/apps/v1/namespaces/default/statefulsets", kJson,
     R"({"metadata":{"name":"s"},"spec":{"replicas":2,"serviceName":"x","ordinals":{"start":0},
         "selector":{"matchLabels":{"a":"b"}},"podManagementPolicy":"Parallel",
         "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}},
         "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}},
         "volumeClaimTemplates":[{"metadata":{"name":"d"},"spec":{"accessModes":["ReadWriteOnce"],
         "resources":{"requests":{"storage":"1Gi"}}}}]}})"},
    {"POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", kJson,
     R"({"metadata":{"name":"b"},"spec":{"minAvailable":"50%","selector":{"matchLabels":{"a":"b"}}}})"},
    {"POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", kJson,
     R"({"metadata":{"name":"zoos.t.dev"},"spec":{"group":"t.dev","scope":"Namespaced",
         "names":{"plural":"zoos","kind":"Zoo","shortNames":["z"]},"versions":[{"name":"v1",
         "served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.o",
         "statusReplicasPath":".status.o","labelSelectorPath":".status.s"}},
         "additionalPrinterColumns":[{"name":"V","type":"date","jsonPath":".spec.zones[*].name"}],
         "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
         "x-kubernetes-validations":[{"rule":"self.zones.all(z, z.name != oldSelf.x) || 1 > 2",
         "message":"m"}],"properties":{"x":{"type":"string"},"o":{"type":"integer","default":1},
         "zones":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
         "items":{"type":"object","properties":{"name":{"type":"string","pattern":"^[a-z]+$"}}}}}},
         "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}})"},
    {"POST", "/apis/t.dev/v1/namespaces/default/zoos", kJson,
     R"({"metadata":{"name":"z"},"spec":{"x":"y","zones":[{"name":"a"}]}})"},
    {"PATCH", "/apis/t.dev/v1/namespaces/default/zoos/z/status", kMerge, R"({"status":{"o":1}})"},
    {"PATCH", "/apis/t.dev/v1/namespaces/default/zoos/z/scale", kMerge,
     R"({"spec":{"replicas":2}})"},
    {"GET", "/apis/t.dev/v1/zoos?limit=1&labelSelector=a%3Db", kJson, ""},
    {"PATCH", "/api/v1/namespaces/default/configmaps/x", kMerge, R"({"data":{"a":null}})"},
    {"PATCH", "/api/v1/namespaces/default/pods/p", kStrategic,
     R"({"spec":{"containers":[{"name":"c","image":"j","$patch":"merge"}],
         "$setElementOrder/containers":[{"name":"c"}]},"metadata":{"labels":{"x":"y"}}})"},
    {"PATCH", "/apis/apps/v1/namespaces/default/statefulsets/s", kStrategic,
     R"({"spec":{"template":{"spec":{"containers":[{"name":"c","image":"j"}]}}}})"},
    {"PATCH", "/api/v1/namespaces/default/configmaps/x", kPatch,
     R"([{"op":"add","path":"/data/b","value":"2"},{"op":"remove","path":"/metadata/finalizers"}])"},
    {"PATCH", "/apis/t.dev/v1/namespaces/default/zoos/z?fieldManager=m&force=true", kApply,
     R"({"apiVersion":"t.dev/v1","kind":"Zoo","metadata":{"name":"z"},"spec":{"zones":[{"name":"b"}]}})"},
    {"PATCH", "/api/v1/namespaces/default/services/x?fieldManager=m", kApply,
     R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"ports":[{"port":81,"name":"q"}]}})"},
    {"PUT", "/apis/apps/v1/namespaces/default/statefulsets/s/scale", kJson,
     R"({"metadata":{"name":"s"},"spec":{"replicas":1}})"},
    {"PUT", "/api/v1/namespaces/n/finalize", kJson, R"({"metadata":{"name":"n"},"spec":{}})"},
    {"PATCH", "/api/v1/namespaces/default/pods/s-0/status", kMerge,
     R"({"status":{"conditions":[{"type":"X","status":"True"}],"containerStatuses":[{"name":"c"}]}})"},
    {"POST", "/api/v1/namespaces/default/pods/s-0/eviction?dryRun=All", kJson,
     R"({"metadata":{"name":"s-0"},"deleteOptions":{"preconditions":{"uid":"u"}}})"},
    {"PATCH", "/api/v1/nodes/node-a-0", kMerge,
     R"({"metadata":{"annotations":{"local.quorate.dev/power":"off"}},"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}})"},
    {"PATCH", "/api/v1/persistentvolumeclaims/d-s-0", kMerge,
     R"({"spec":{"resources":{"requests":{"storage":"2Gi"}}}})"},
    {"DELETE", "/api/v1/namespaces/default/pods/s-1", kJson,
     R"({"gracePeriodSeconds":0,"propagationPolicy":"Foreground","preconditions":{"uid":"u"}})"},
    {"DELETE", "/apis/apps/v1/namespaces/default/statefulsets/s", kJson,
     R"({"propagationPolicy":"Orphan"})"},
    {"DELETE", "/api/v1/namespaces/n", kJson, ""},
};

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  size_t below(size_t limit) { return random_() % limit; }

  // Replaces, removes or doubles one value somewhere in a document.
  void spoil(Json& value) {
    Json* place = &value;
    while (place->is_structured() && !place->empty() && below(5) != 0) {
      auto child = place->begin();
      std::advance(child, static_cast<std::ptrdiff_t>(below(place->size())));
      place = &*child;
    }
    *place = anything();
  }

  std::string spoil_text(std::string text) {
    if (!text.empty()) {
      text[below(text.size())] = static_cast<char>(below(256));
    }
    return text;
  }

 private:
  Json anything() {
    switch (below(12)) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return -1;
      case 3:
        return INT64_MAX;
      case 4:
        return 1e300;
      case 5:
        return "";
      case 6:
        return std::string(300, 'x');
      case 7:
        return Json::array();
      case 8:
        return Json::object();
      case 9:
        return Json{{"$patch", "replace"}, {"a", Json::array({1, "x"})}};
      case 10:
        return Json::array({nullptr, 1, "a", Json::object(), Json::array()});
      default:
        return "1Gi";
    }
  }

  std::mt19937_64 random_;
};

#ifdef __SANITIZE_THREAD__
constexpr int kRequests = 150;  // One thread: nothing to find, and each takes long.
#else
constexpr int kRequests = 1500;
#endif

class Hostile : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Hostile, RequestsAreAnswered) {
  Mutator mutator(GetParam());
  WorldOptions options;
  options.nodes.zones = {"a", "b"};
  World world(options);
  WallMillis now{1'700'000'000'000};
  world.create(now);
  int refused = 0;
  int accepted = 0;
  for (int i = 0; i < kRequests; ++i) {
    const Sample& sample = kSamples[mutator.below(std::size(kSamples))];
    ApiRequest request{.method = sample.method,
                       .target = sample.target,
                       .content_type = sample.type,
                       .accept = i % 3 == 0 ? "application/json;as=Table;v=v1;g=meta.k8s.io" : "",
                       .user_agent = "test",
                       .body = sample.body};
    if (auto body = parse_json(request.body); body && mutator.below(4) != 0) {
      mutator.spoil(*body);
      request.body = dump(*body);
    }
    if (mutator.below(20) == 0) {
      request.body = mutator.spoil_text(request.body);
    }
    if (mutator.below(20) == 0) {
      request.target = mutator.spoil_text(request.target);
    }
    const ApiResponse response = world.handle(request, now);
    EXPECT_TRUE(response.code >= 200 && response.code < 600);
    EXPECT_NE(response.code, 500) << dump(response.body);
    (response.code < 300 ? accepted : refused) += 1;
    now.value += 100;
    for (const RuntimeAction& action : world.step(now)) {
      if (const auto* start = std::get_if<StartContainer>(&action)) {
        world.on_event(ContainerStarted{start->id}, now);
      } else if (const auto* stop = std::get_if<StopContainer>(&action)) {
        world.on_event(ContainerExited{.id = stop->id}, now);
      }
    }
    for (const char* list : {"/api/v1/pods", "/apis/apps/v1/statefulsets", "/api/v1/services",
                             "/api/v1/events", "/apis/t.dev/v1/zoos"}) {
      (void)world.handle({.method = "GET",
                          .target = list,
                          .content_type = {},
                          .accept = "application/json;as=Table;v=v1;g=meta.k8s.io",
                          .user_agent = {},
                          .body = {}},
                         now);
    }
  }
  EXPECT_GT(accepted, kRequests / 30);
  EXPECT_GT(refused, kRequests / 30);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Hostile, ::testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace quorate::local
