// Deciding by dates.
#include "operator/certificates/lifecycle.h"

#include <algorithm>
#include <ctime>

namespace quorate::certificates {

namespace {

bool is_due(WallMillis made, WallMillis expires, WallMillis now) {
  return now.value >= made.value + (expires.value - made.value) / 3 * 2;
}

bool is_over(WallMillis expires, WallMillis now) { return now.value >= expires.value; }

bool can_sign(const Authority& authority, WallMillis now) {
  return authority.has_key && !is_over(authority.expires, now);
}

/// Whether every member has what was made then.
bool has_spread(WallMillis made, const Terms& terms, WallMillis now) {
  return now.value >= made.value + terms.spread_ms;
}

bool holds(const Held& held, const std::string& authority) {
  return std::ranges::any_of(held.authorities,
                             [&](const Authority& each) { return each.id == authority; });
}

bool needs_new(const Held& held, WallMillis now) {
  if (held.authorities.empty() || !can_sign(held.authorities.back(), now)) {
    return true;
  }
  const Authority& newest = held.authorities.back();
  return held.authorities.size() == 1 && is_due(newest.made, newest.expires, now);
}

/// The oldest that can sign until its successor is known everywhere, then the newest.
std::string choose_signer(const Held& held, bool makes_authority, const Terms& terms,
                          WallMillis now) {
  const bool is_known = !makes_authority && has_spread(held.authorities.back().made, terms, now);
  if (is_known) {
    return held.authorities.back().id;
  }
  for (const Authority& each : held.authorities) {
    if (can_sign(each, now)) {
      return each.id;
    }
  }
  return {};
}

bool is_leaf_due(const Held& held, const std::string& member, const std::vector<std::string>& hosts,
                 const std::string& signer, WallMillis now) {
  const auto found = held.leaves.find(member);
  if (found == held.leaves.end()) {
    return true;
  }
  const Leaf& leaf = found->second;
  return leaf.hosts != hosts || is_due(leaf.made, leaf.expires, now) ||
         !holds(held, leaf.authority) || is_over(leaf.expires, now) ||
         (!signer.empty() && signer == held.authorities.back().id && leaf.authority != signer);
}

/// Whether every certificate is the newest authority's, and every member shows it.
bool is_succeeded(const Held& held, const Terms& terms, WallMillis now) {
  const Authority& newest = held.authorities.back();
  return has_spread(newest.made, terms, now) &&
         std::ranges::all_of(held.leaves, [&](const auto& each) {
           return each.second.authority == newest.id && has_spread(each.second.made, terms, now);
         });
}

std::string date_text(WallMillis time) {
  const std::time_t seconds = time.value / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32] = {};
  static_cast<void>(std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

}  // namespace

Decision decide(const Held& held, const Hosts& members, const Terms& terms, WallMillis now) {
  Decision decision;
  decision.makes_authority = needs_new(held, now);
  decision.signer = choose_signer(held, decision.makes_authority, terms, now);
  for (const auto& [member, hosts] : members) {
    if (is_leaf_due(held, member, hosts, decision.signer, now)) {
      decision.issued.push_back(member);
    }
  }
  for (const auto& [member, leaf] : held.leaves) {
    if (!members.contains(member)) {
      decision.removed.push_back(member);
    }
  }
  for (const Authority& each : held.authorities) {
    const bool is_newest = &each == &held.authorities.back();
    const bool is_replaced = !is_newest && !decision.makes_authority && decision.issued.empty() &&
                             is_succeeded(held, terms, now);
    if (is_over(each.expires, now) || is_replaced) {
      decision.dropped.push_back(each.id);
    }
  }
  return decision;
}

Health health_of(const Held& held, const Hosts& members, const Terms& terms, WallMillis now) {
  if (held.authorities.empty()) {
    return {false, "Missing", "the operator has not made certificates yet"};
  }
  WallMillis first = held.authorities.back().expires;
  for (const auto& [member, hosts] : members) {
    const auto found = held.leaves.find(member);
    if (found == held.leaves.end()) {
      return {false, "Missing", "member " + member + " has no certificate yet"};
    }
    if (is_over(found->second.expires, now)) {
      return {false, "Expired", "the certificate of " + member + " has expired"};
    }
    first = std::min(first, found->second.expires,
                     [](WallMillis a, WallMillis b) { return a.value < b.value; });
  }
  if (held.authorities.size() > 1) {
    const bool is_known = has_spread(held.authorities.back().made, terms, now);
    return {true, "AuthorityChanging",
            is_known ? "certificates are signed by the new authority; the old one is still trusted"
                     : "a new authority is trusted beside the old one, which still signs"};
  }
  return {true, "Managed",
          "certificates of " + std::to_string(members.size()) + " members, the first until " +
              date_text(first) + "; they are renewed at two thirds of their life"};
}

}  // namespace quorate::certificates
