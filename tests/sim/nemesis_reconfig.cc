// The faults of a run: members that come, go and change their part.
#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/sim/nemesis.h"

namespace quorate::sim {
namespace {

using std::chrono::milliseconds;

std::string joined(const std::map<int64_t, std::string>& specs) {
  std::string list;
  for (const auto& [id, spec] : specs) {
    list += (list.empty() ? "server." : ",server.") + std::to_string(id) + "=" + spec;
  }
  return list;
}

}  // namespace

std::string Nemesis::line_of(ServerId server, bool as_voter) {
  const std::string name = "m" + std::to_string(server.value);
  // Another port is another address: whoever leads there begins anew.
  const int64_t port = context_.random.one_in(8) ? 2889 : 2888;
  return name + ":" + std::to_string(port) + ":3888:" + (as_voter ? "participant;" : "observer;") +
         name + ":2181";
}

/// A machine that is no member, new or removed.
Member* Nemesis::outsider() {
  Member& member = *members_[context_.random.below(members_.size())];
  return memberships_.now().contains(member.id()) ? nullptr : &member;
}

ServerId Nemesis::any_server() {
  const auto& specs = memberships_.now().specs;
  return ServerId{
      std::next(specs.begin(), static_cast<ptrdiff_t>(context_.random.below(specs.size())))->first};
}

/// Joiners start empty, and before they are asked for or only then.
void Nemesis::bring(Member& member, bool as_voter) {
  if (!member.is_installed()) {
    member.prepare_to_join(memberships_.now(), as_voter);
    member.start();
  } else if (!member.is_running()) {
    restart_later(member, milliseconds(1));
  }
}

Reconfig Nemesis::make_wrong() {
  using wire::ErrorCode;
  Reconfig wrong;
  switch (context_.random.below(4)) {
    case 0:
      wrong.joining = "server.30=m30:2888:3888:participant";
      wrong.wrong = ErrorCode::kBadArguments;  // Without a client port.
      break;
    case 1:
      wrong.leaving = "x";
      wrong.wrong = ErrorCode::kMarshallingError;
      break;
    case 2:
      wrong.leaving = "1";
      wrong.version = memberships_.now().version + 1;  // Of nobody.
      break;
    default:  // Nobody is left.
      for (const auto& [id, spec] : memberships_.now().specs) {
        wrong.leaving += (wrong.leaving.empty() ? "" : ",") + std::to_string(id);
      }
      break;
  }
  return wrong;
}

Reconfig Nemesis::make_whole() {
  std::map<int64_t, std::string> specs = memberships_.now().specs;
  if (context_.random.one_in(2) && memberships_.now().voter_count() > 2) {
    specs.erase(any_server().value);
  }
  if (Member* const member = outsider()) {
    bring(*member, true);
    specs[member->id().value] = line_of(member->id(), true);
  }
  const ServerId changed = any_server();
  if (specs.contains(changed.value)) {
    specs[changed.value] = line_of(changed, !context_.random.one_in(4));
  }
  Reconfig whole;
  whole.members = joined(specs);
  // Observers alone cannot even be read.
  const bool has_voter = whole.members.find(":participant") != std::string::npos;
  whole.wrong = has_voter ? wire::ErrorCode::kOk : wire::ErrorCode::kMarshallingError;
  return whole;
}

Reconfig Nemesis::make_reconfig() {
  Reconfig change;
  const ServerId server = any_server();
  const std::string name = "server." + std::to_string(server.value) + "=";
  const bool may_shrink = memberships_.now().voter_count() > 2;
  switch (context_.random.below(8)) {
    case 0:
    case 1:
    case 2:
      if (Member* const member = outsider()) {
        const bool as_voter = !context_.random.one_in(3);
        bring(*member, as_voter);
        change.joining =
            "server." + std::to_string(member->id().value) + "=" + line_of(member->id(), as_voter);
        if (may_shrink && context_.random.one_in(4)) {
          change.leaving = std::to_string(server.value);  // One for another.
        }
        return change;
      }
      [[fallthrough]];
    case 3:
      if (const Member* const first = leader(); first != nullptr && may_shrink) {
        change.leaving = std::to_string(first->id().value);
        return change;
      }
      [[fallthrough]];
    case 4:
      if (may_shrink) {
        change.leaving = std::to_string(server.value);
        return change;
      }
      [[fallthrough]];
    case 5:
      change.joining =
          name + line_of(server, may_shrink ? !memberships_.now().is_voter(server) : true);
      return change;
    case 6:
      return make_whole();
    default:
      return make_wrong();
  }
}

void Nemesis::reconfigure() {
  if (!context_.settings.may_reconfigure) {
    return;
  }
  Reconfig change = make_reconfig();
  if (change.version == -1 && memberships_.now().version != 0 && context_.random.one_in(2)) {
    change.version = memberships_.now().version;
  }
  const Model::Plan plan = memberships_.plan(change);
  if (plan.error == wire::ErrorCode::kOk) {
    // Disks that are lost may not be a majority's, before or behind it.
    const size_t voters = plan.next.voter_count();
    if (unfit_count(plan.next) > (voters - 1) / 2) {
      return;
    }
    memberships_.asked(plan.next);
  }
  if (context_.random.one_in(2)) {
    Client& client =
        *clients_[context_.random.one_in(8) ? context_.random.below(clients_.size()) : 0];
    if (client.is_connected()) {
      client.reconfigure(std::move(change));
    }
    return;
  }
  auto order = std::make_shared<Operation>();
  order->kind = OpKind::kReconfig;
  order->steps = {{.kind = OpKind::kReconfig, .path = kConfigPath, .data = {}}};
  order->reconfig = std::move(change);
  if (Member* const first = leader(); first != nullptr && first->reconfigure(order)) {
    note("orders " + first->name() + ": " + describe(*order));
  }
}

}  // namespace quorate::sim
