// ExecCredential in and out.
#include "operator/transport/exec_plugin.h"

#include "operator/kube/json_value.h"
#include "operator/kube/micro_time.h"
#include "operator/transport/base64.h"
#include "operator/transport/clock.h"

namespace quorate::transport {

namespace {

constexpr int64_t kExpiryMarginMillis = 30'000;

}  // namespace

Error ExecPlugin::complain(const std::string& what) const {
  std::string message = options_.where + ": " + what;
  if (!options_.install_hint.empty()) {
    message += "; " + options_.install_hint;
  }
  return Error{ErrorKind::kDenied, std::move(message)};
}

Result<Secret> ExecPlugin::authorization() {
  if (const Status refreshed = refresh(); !refreshed) {
    return refreshed.error();
  }
  return header_;
}

Result<ClientIdentity> ExecPlugin::identity() {
  if (const Status refreshed = refresh(); !refreshed) {
    return refreshed.error();
  }
  return identity_;
}

Status ExecPlugin::refresh() {
  const bool is_fresh =
      has_run_ && (!expires_at_ || now().wall.value + kExpiryMarginMillis < expires_at_->value);
  if (is_fresh) {
    return {};
  }
  nlohmann::json info = {{"apiVersion", options_.api_version},
                         {"kind", "ExecCredential"},
                         {"spec", {{"interactive", false}}}};
  if (options_.provides_cluster) {
    info["spec"]["cluster"] = {{"server", options_.server}};
    if (!options_.ca_pem.empty()) {
      info["spec"]["cluster"]["certificate-authority-data"] = to_base64(options_.ca_pem);
    }
  }
  ProcessOptions process = options_.process;
  process.environment.emplace_back("KUBERNETES_EXEC_INFO", info.dump());
  auto output = run_process(process);
  if (!output) {
    return complain(output.error().message);
  }
  return take(*output);
}

Status ExecPlugin::take(const std::string& output) {
  const auto parsed = kube::parse_json(output);
  const std::string name = "`" + options_.process.program + "` ";
  if (!parsed || kube::text_at(*parsed, {"kind"}) != "ExecCredential") {
    return complain(name + "printed no ExecCredential");
  }
  if (kube::text_at(*parsed, {"apiVersion"}) != options_.api_version) {
    return complain(name + "printed apiVersion `" + kube::text_at(*parsed, {"apiVersion"}) +
                    "` where `" + options_.api_version + "` is configured");
  }
  const std::string token = kube::text_at(*parsed, {"status", "token"});
  ClientIdentity identity{
      .certificate_pem = kube::text_at(*parsed, {"status", "clientCertificateData"}),
      .key_pem = Secret(kube::text_at(*parsed, {"status", "clientKeyData"}))};
  if (token.empty() && identity.certificate_pem.empty()) {
    return complain(name + "printed neither status.token nor status.clientCertificateData");
  }
  if (identity.certificate_pem.empty() != identity.key_pem.empty()) {
    return complain(name +
                    "printed only one of status.clientCertificateData and status.clientKeyData");
  }
  const std::string expiry = kube::text_at(*parsed, {"status", "expirationTimestamp"});
  std::optional<WallMillis> expires;
  if (!expiry.empty()) {
    expires = kube::parse_time(expiry);
    if (!expires) {
      return complain(name + "printed status.expirationTimestamp `" + expiry +
                      "`, which is no time in UTC");
    }
  }
  header_ = token.empty() ? Secret() : Secret("Bearer " + token);
  identity_ = std::move(identity);
  expires_at_ = expires;
  has_run_ = true;
  return {};
}

}  // namespace quorate::transport
