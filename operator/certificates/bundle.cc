// Secrets and what is in them.
#include "operator/certificates/bundle.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "operator/kube/json_value.h"
#include "operator/transport/base64.h"

namespace quorate::certificates {

namespace {

using nlohmann::json;

constexpr std::string_view kCertificateEnd = ".crt";

std::string text_in(const json& secret, const std::string& key) {
  return transport::from_base64(kube::text_at(secret, {"data", key})).value_or("");
}

std::optional<KeyPair> pair_in(const json& secret, const std::string& name) {
  KeyPair pair{.certificate_pem = text_in(secret, name + ".crt"),
               .key_pem = Secret(text_in(secret, name + ".key"))};
  const auto facts = read_certificate(pair.certificate_pem);
  return facts && is_pair(pair) ? std::optional(std::move(pair)) : std::nullopt;
}

/// The first certificate of a text, which signs nothing.
std::optional<KeyPair> trusted_in(const std::string& pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  const size_t end = pem.find(kEnd);
  KeyPair pair{.certificate_pem = end == pem.npos ? pem : pem.substr(0, end + kEnd.size()),
               .key_pem = {}};
  return read_certificate(pair.certificate_pem) ? std::optional(std::move(pair)) : std::nullopt;
}

void add_pair(json& data, const std::string& name, const KeyPair& pair) {
  data[name + ".crt"] = transport::to_base64(pair.certificate_pem);
  if (!pair.key_pem.empty()) {
    data[name + ".key"] = transport::to_base64(pair.key_pem.reveal());
  }
}

Authority facts_of(const KeyPair& pair) {
  const auto facts = read_certificate(pair.certificate_pem).value_or(CertificateFacts{});
  return {.id = facts.id,
          .made = facts.made,
          .expires = facts.expires,
          .has_key = !pair.key_pem.empty()};
}

const KeyPair* signer_in(const Bundle& bundle, const std::string& id) {
  for (const auto* const each : {&bundle.newest, &bundle.previous}) {
    if (*each && (id.empty() || facts_of(**each).id == id)) {
      return &**each;
    }
  }
  return nullptr;
}

}  // namespace

Bundle read_secrets(const json& authority, const json& members) {
  Bundle bundle{.newest = pair_in(authority, "ca"), .previous = pair_in(authority, "previous")};
  if (!bundle.previous) {
    // Without its key it is still trusted, as it is when somebody deletes the authority's Secret.
    bundle.previous =
        trusted_in(bundle.newest ? text_in(authority, "previous.crt") : text_in(members, "ca.crt"));
  }
  const json* const data = kube::find_at(members, {"data"});
  if (data == nullptr || !data->is_object()) {
    return bundle;
  }
  for (const auto& [key, value] : data->items()) {
    if (!key.ends_with(kCertificateEnd) || key == "ca.crt") {
      continue;
    }
    const std::string member = key.substr(0, key.size() - kCertificateEnd.size());
    if (auto pair = pair_in(members, member)) {
      bundle.leaves.emplace(member, *std::move(pair));
    }
  }
  return bundle;
}

Held held_of(const Bundle& bundle) {
  Held held;
  for (const auto* const each : {&bundle.previous, &bundle.newest}) {
    if (*each) {
      held.authorities.push_back(facts_of(**each));
    }
  }
  for (const auto& [member, pair] : bundle.leaves) {
    const auto facts = read_certificate(pair.certificate_pem).value_or(CertificateFacts{});
    held.leaves.emplace(member, Leaf{.authority = facts.authority,
                                     .made = facts.made,
                                     .expires = facts.expires,
                                     .hosts = facts.hosts});
  }
  return held;
}

Result<Bundle> carry_out(const Decision& decision, Bundle bundle, const Hosts& members,
                         const Terms& terms, const std::string& cluster, WallMillis now) {
  if (decision.makes_authority) {
    auto made = make_authority("quorate " + std::to_string(now.value / 1000) + " " + cluster, now,
                               terms.authority_life_ms);
    if (!made) {
      return made.error();
    }
    if (bundle.newest) {
      bundle.previous = std::move(bundle.newest);
    }
    bundle.newest = *std::move(made);
  }
  const KeyPair* const signer = signer_in(bundle, decision.signer);
  for (const std::string& member : decision.issued) {
    auto issued = signer == nullptr
                      ? Result<KeyPair>(Error{ErrorKind::kNotFound, "no authority can sign"})
                      : issue(*signer, members.at(member), now, terms.leaf_life_ms);
    if (!issued) {
      return issued.error();
    }
    bundle.leaves.insert_or_assign(member, *std::move(issued));
  }
  for (const std::string& member : decision.removed) {
    bundle.leaves.erase(member);
  }
  for (const std::string& id : decision.dropped) {
    if (bundle.previous && facts_of(*bundle.previous).id == id) {
      bundle.previous.reset();
    }
  }
  return bundle;
}

json authority_data(const Bundle& bundle) {
  json data = json::object();
  if (bundle.newest) {
    add_pair(data, "ca", *bundle.newest);
  }
  if (bundle.previous) {
    add_pair(data, "previous", *bundle.previous);
  }
  return data;
}

json members_data(const Bundle& bundle) {
  json data = {{"ca.crt", transport::to_base64(trusted_pem(bundle))}};
  for (const auto& [member, pair] : bundle.leaves) {
    add_pair(data, member, pair);
  }
  return data;
}

std::string trusted_pem(const Bundle& bundle) {
  std::string pem;
  for (const auto* const each : {&bundle.newest, &bundle.previous}) {
    if (*each) {
      pem += (*each)->certificate_pem;
    }
  }
  return pem;
}

}  // namespace quorate::certificates
