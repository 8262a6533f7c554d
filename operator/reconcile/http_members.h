// HttpMembers: the MemberClient of production, over the members' admin port.
#pragma once

#include <cstdint>
#include <memory>

#include "operator/reconcile/member_client.h"

namespace quorate::reconcile {

struct HttpMembersOptions {
  uint16_t port = 8080;
  /// Requests at the same time; further ones wait for their turn, and their time runs meanwhile.
  size_t requests_max = 256;
  size_t body_bytes_max = size_t{1} << 20;
};

/// One thread of its own; a connection a request, by TLS where the target names a host. Destroying
/// it drops what is under way.
class HttpMembers final : public MemberClient {
 public:
  explicit HttpMembers(HttpMembersOptions options);
  ~HttpMembers() override;
  HttpMembers(const HttpMembers&) = delete;
  HttpMembers& operator=(const HttpMembers&) = delete;

  void ask(std::vector<MemberTarget> members, Secret token,
           std::function<void(MemberReports)> on_done) override;
  [[nodiscard]] MemberAnswer order(const MemberTarget& member, const Secret& token,
                                   const MemberOrder& order,
                                   const transport::CallScope& scope) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::reconcile
