// The checks, each with the words in which it complains.
#include "tests/operator/simulation/judge.h"

#include <algorithm>
#include <chrono>

#include "operator/api/names.h"

namespace quorate::opsim {

namespace {

constexpr const char* kClaims = "persistentvolumeclaims";
/// An act follows the live read within this time, or the read does not count.
constexpr Duration kReadCounts = std::chrono::seconds(4);

/// Last segment of the path that is no subresource.
std::string name_in(const kube::Request& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string lead = "/" + std::string(request.plural) + "/";
  const size_t at = path.find(lead);
  const std::string rest = at == std::string::npos ? "" : path.substr(at + lead.size());
  return rest.substr(0, rest.find('/'));
}

std::string line_of(const kube::Request& request) {
  return std::string(kube::to_text(request.verb)) + " " + std::string(request.plural) +
         (request.subresource.empty() ? "" : "/" + std::string(request.subresource)) + " " +
         name_in(request);
}

bool names(const Json& cluster, const std::string& member, const std::string& uid) {
  for (const Json& each : local::list_at(cluster, "status/inFlight/members")) {
    if (local::text(each, "name") == member && (uid.empty() || local::text(each, "uid") == uid)) {
      return true;
    }
  }
  return false;
}

/// It arrives after its sender gave up, or died; that it was right when it was sent is all that can
/// be asked.
bool is_late(const std::string& who) { return who.ends_with(" (late)"); }

bool keeps_volumes(const Json& cluster) {
  return local::text(cluster, "spec/storage/reclaimPolicy", "Retain") == "Retain";
}

}  // namespace

Judge::Judge(Context& context, Kubernetes& kubernetes, Ensemble& ensemble)
    : context_(context), kubernetes_(kubernetes), ensemble_(ensemble) {
  kubernetes_.follow(*this);
}

local::ObjectPtr Judge::cluster() const { return kubernetes_.find(kClusters, kCluster); }

std::string Judge::token() const {
  const local::ObjectPtr secret = kubernetes_.find("secrets", api::admin_secret_name(kCluster));
  return secret ? local::text(*secret, "data/token") : std::string();
}

Judge::Truth Judge::truth() const {
  return {.has_leader = ensemble_.leader().has_value(),
          .leader = ensemble_.leader().value_or(""),
          .quorum = static_cast<size_t>(ensemble_.quorum()),
          .voters = static_cast<size_t>(ensemble_.voters()),
          .synced = ensemble_.synced_voters(),
          .electors = ensemble_.electors()};
}

const Judge::Truth* Judge::recent_read(const std::string& who) const {
  const auto found = reads_.find(who);
  const bool counts = found != reads_.end() && context_.now() - found->second.at <= kReadCounts;
  return counts ? &found->second.truth : nullptr;
}

Answer Judge::write(const std::string& who, const kube::Request& request) {
  const local::ObjectPtr old_cluster = cluster();
  const std::string old_token = token();
  const std::string name = name_in(request);
  check_lease(who, line_of(request));
  forget_who_is_back();
  if (!is_late(who) && request.plural == "pods" &&
      (request.verb == kube::Verb::kEvict || request.verb == kube::Verb::kDelete)) {
    check_disruption(who, request, name);
  }
  const Truth before = truth();
  const local::ObjectPtr pod = kubernetes_.find("pods", name);
  const int64_t revision = kubernetes_.revision();
  Answer answer = kubernetes_.serve(request);
  const bool is_changed = kubernetes_.revision() != revision;
  context_.note(who, line_of(request) + (answer.ok() ? (is_changed ? "" : " (nothing changed)")
                                                     : ": " + answer.error().message));
  if (is_changed) {
    ++writes_;
    last_write_ = context_.now();
  }
  const local::ObjectPtr present = cluster();
  if (old_cluster && present && is_changed &&
      local::at(*old_cluster, "spec") != local::at(*present, "spec")) {
    context_.violate(who, "wrote the spec");
  }
  check_quorum(who, line_of(request), before);
  if (is_changed && pod && before.synced.contains(name) &&
      (request.verb == kube::Verb::kEvict || request.verb == kube::Verb::kDelete) &&
      request.plural == "pods") {
    away_[name] = local::uid_of(*pod);
  }
  if (answer.ok() && is_changed) {
    check_names(who, request);
    check_mode(who);
  }
  check_token(who, old_token);
  return answer;
}

void Judge::check_quorum(const std::string& who, const std::string& what, const Truth& before) {
  const local::ObjectPtr object = cluster();
  if (!object || local::is_deleting(*object) || before.voters <= 1) {
    return;
  }
  const Truth after = truth();
  const std::set<std::string>& had = before.has_leader ? before.synced : before.electors;
  const std::set<std::string>& have = before.has_leader ? after.synced : after.electors;
  if (had.size() < before.quorum || have.size() >= after.quorum) {
    return;
  }
  if (const Truth* const read = recent_read(who)) {
    const std::set<std::string>& known = read->has_leader ? read->synced : read->electors;
    const auto stays = [&](const std::string& name) {
      return !had.contains(name) || have.contains(name);
    };
    if (static_cast<size_t>(std::ranges::count_if(known, stays)) >= read->quorum) {
      return;  // Something else broke since it looked.
    }
  }
  context_.violate(who, "cost the quorum: " + what + ": " + std::to_string(have.size()) + " of " +
                            std::to_string(after.voters) + " voters are left");
}

void Judge::check_disruption(const std::string& who, const kube::Request& request,
                             const std::string& name) {
  const local::ObjectPtr pod = kubernetes_.find("pods", name);
  const local::ObjectPtr object = cluster();
  if (!pod || !object || local::is_deleting(*object) || local::is_deleting(*pod) ||
      !ensemble_.synced_voters().contains(name)) {
    return;
  }
  const Json body = kube::Request(request).body.empty()
                        ? Json::object()
                        : local::parse_json(request.body).value_or(Json::object());
  const std::string uid =
      local::text(body, "preconditions/uid", local::text(body, "deleteOptions/preconditions/uid"));
  if (uid != local::uid_of(*pod)) {
    if (uid.empty()) {
      context_.violate(who, "takes whatever Pod bears the name: " + line_of(request));
    }
    return;
  }
  const Truth* const read = recent_read(who);
  if (request.verb == kube::Verb::kDelete && ensemble_.voters() > 1 &&
      (read == nullptr || read->synced.contains(name))) {
    context_.violate(who, "a synced voter bypasses the budget: " + line_of(request));
  }
  if (request.verb == kube::Verb::kEvict) {
    check_record(who, name, uid);
    if (ensemble_.voters() > 1 && ensemble_.leader() == name && read != nullptr &&
        read->leader == name) {
      context_.violate(who, "evicts the leader without a handover: " + name);
    }
  }
}

/// What is about to be done stands in the status, and what was begun before stands there beside it.
void Judge::check_record(const std::string& who, const std::string& name, const std::string& uid) {
  const local::ObjectPtr object = cluster();
  if (!names(*object, name, uid)) {
    context_.violate(who, "did not record that it evicts " + name);
  }
  for (const auto& [other, pod] : away_) {
    if (other != name && !names(*object, other, "")) {
      context_.violate(who, "evicts " + name + " while " + other + " of another change is away");
    }
  }
}

void Judge::forget_who_is_back() {
  const std::set<std::string> synced = ensemble_.synced_voters();
  std::erase_if(away_, [&](const auto& each) {
    const local::ObjectPtr pod = kubernetes_.find("pods", each.first);
    const bool is_same = pod && local::uid_of(*pod) == each.second && local::is_deleting(*pod);
    return !is_same && (synced.contains(each.first) || !ensemble_.is_voter(each.first));
  });
}

void Judge::check_lease(const std::string& who, const std::string& what) {
  const local::ObjectPtr lease =
      kubernetes_.find("leases.coordination.k8s.io", "operator", "operators");
  if (!is_late(who) && lease && local::text(*lease, "spec/holderIdentity") != who) {
    context_.violate(who, "writes although " + local::text(*lease, "spec/holderIdentity") +
                              " has the lease: " + what);
  }
}

void Judge::check_names(const std::string& who, const kube::Request& request) {
  if (request.verb != kube::Verb::kApply && request.verb != kube::Verb::kCreate) {
    return;
  }
  static const std::set<std::string> kNames{"zoo",
                                            "zoo-a",
                                            "zoo-b",
                                            "zoo-c",
                                            "zoo-d",
                                            "zoo-default",
                                            "operator",
                                            api::members_service_name(kCluster),
                                            api::client_service_name(kCluster),
                                            api::config_map_name(kCluster),
                                            api::admin_secret_name(kCluster),
                                            api::disruption_budget_name(kCluster),
                                            api::service_account_name(kCluster)};
  const Json body = local::parse_json(request.body).value_or(Json::object());
  const std::string name = local::name_of(body);
  if (!kNames.contains(name)) {
    context_.violate(
        who, "makes an object that nobody knows: " + std::string(request.plural) + " " + name);
  }
}

/// An empty disk would begin anew. An apply that makes an object has no precondition, so that one
/// which comes late can undo a later one: that has to be put right soon.
void Judge::check_mode(const std::string& who) {
  constexpr Duration kSoon = std::chrono::seconds(5);
  const local::ObjectPtr settings = kubernetes_.find("configmaps", api::config_map_name(kCluster));
  const bool is_told_to_form =
      settings && ensemble_.is_formed() &&
      local::text(local::at(*settings, "data"), "zoo.cfg").find("quorate.bootstrap=form") !=
          std::string::npos;
  if (!is_told_to_form) {
    told_late_at_.reset();
    return;
  }
  if (is_late(who) && !told_late_at_) {
    told_late_at_ = context_.now();
  }
  if (!told_late_at_ || context_.now() - *told_late_at_ > kSoon) {
    context_.violate(who, "members are told to form an ensemble that was formed");
  }
}

void Judge::check_token(const std::string& who, const std::string& before) {
  if (!before.empty() && !token().empty() && before != token()) {
    context_.violate(who, "changed the members' token");
  }
}

reconcile::MemberAnswer Judge::order(const std::string& who, const std::string& member,
                                     const reconcile::MemberOrder& order,
                                     const std::function<reconcile::MemberAnswer()>& perform) {
  const std::string what = order.path + " " + member + " " + order.body;
  const Truth before = truth();
  const Truth* const read = recent_read(who);
  check_lease(who, what);
  if (order.path == "/v1/reconfig") {
    forget_who_is_back();
    const local::ObjectPtr object = cluster();
    if (!before.has_leader && (read == nullptr || !read->has_leader)) {
      context_.violate(who, "a change without a quorum: " + what);
    }
    for (const auto& [other, pod] : away_) {
      if (object && !names(*object, other, "")) {
        context_.violate(who, "changes the ensemble while " + other + " is being restarted");
      }
    }
    if (object && local::text(*object, "status/inFlight/kind").empty()) {
      context_.violate(who, "did not record: " + what);
    }
  }
  reconcile::MemberAnswer answer = perform();
  context_.note(who, what + " -> " + answer.text());
  check_quorum(who, what, before);
  last_write_ = context_.now();
  return answer;
}

void Judge::changed(const local::Change& change) {
  if (change.key.resource == kClusters && change.type == local::ChangeType::kDeleted) {
    check_end(*change.object);
  }
  if (change.key.resource != kClaims || change.key.ns != kSpace ||
      excused_claims_.contains(local::uid_of(*change.object))) {
    return;
  }
  const bool is_going =
      change.type == local::ChangeType::kDeleted || local::is_deleting(*change.object);
  const bool was_going = change.previous && local::is_deleting(*change.previous);
  if (!is_going || was_going) {
    return;
  }
  const local::ObjectPtr object = cluster();
  const bool is_lost = local::text(*change.object, "status/phase") == "Lost";
  if (!is_lost && (!object || keeps_volumes(*object))) {
    context_.violate("claims", "the policy keeps " + change.key.name + ", which is deleted");
  }
  const std::string member = change.key.name.substr(change.key.name.find('-') + 1);
  if (!is_lost && object && !local::is_deleting(*object) &&
      ensemble_.synced_voters().contains(member)) {
    context_.violate("claims", "the volume of " + member + " is deleted, a synced voter");
  }
}

void Judge::check_end(const Json& cluster) {
  if (keeps_volumes(cluster)) {
    return;
  }
  const std::string uid = local::uid_of(cluster);
  for (const local::ObjectPtr& claim : kubernetes_.list(kClaims)) {
    if (local::annotation(*claim, std::string(api::annotations::kClusterUid)) == uid &&
        !local::is_deleting(*claim)) {
      context_.violate("finalizer", "gone before volume " + local::name_of(*claim));
    }
  }
  for (const local::ObjectPtr& set : kubernetes_.list("statefulsets.apps")) {
    if (!local::is_deleting(*set)) {
      context_.violate("finalizer", "gone before StatefulSet " + local::name_of(*set));
    }
  }
}

}  // namespace quorate::opsim
