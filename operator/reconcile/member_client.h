// MemberClient: how the operator speaks to members, so that tests and simulation give a fake one.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "operator/ensemble/member_report.h"
#include "operator/transport/kube_client.h"
#include "server/base/secret.h"
#include "server/base/time.h"

namespace quorate::reconcile {

/// A member that runs, and where.
struct MemberTarget {
  std::string name;
  std::string address;  ///< Of its Pod, numeric: no name is resolved.
  /// The name that its certificate must bear; empty: its admin port is asked without TLS.
  std::string host = {};
  std::string authorities_pem = {};  ///< Whom its certificate must be signed by, one of them.

  friend bool operator==(const MemberTarget&, const MemberTarget&) = default;
};

/// The error of a report: a member that has another token than the Secret.
inline constexpr const char* kTokenRefused = "it refuses the token of the admin Secret";

using MemberReports = std::map<std::string, ensemble::MemberReport>;

/// Something that a member is told to do: POST of `body` to `path`.
struct MemberOrder {
  std::string path;  ///< "/v1/reconfig".
  std::string body;  ///< JSON, or empty.
};

/// What became of an order. Without a code it is not known whether it arrived.
struct MemberAnswer {
  int code = 0;  ///< Of HTTP; 0: no answer.
  std::string body;
  std::string error;  ///< Without an answer: why.

  [[nodiscard]] bool ok() const { return code >= 200 && code < 300; }
  /// "409 Conflict: the configuration is another", for people.
  [[nodiscard]] std::string text() const;
};

/// Any thread.
class MemberClient {
 public:
  /// The slowest member delays a round by so much.
  static constexpr Duration kAskTimeout = std::chrono::milliseconds(1000);

  virtual ~MemberClient() = default;

  /// Asks all at the same time for their status. `on_done` is called once, within kAskTimeout and a
  /// little, on any thread, with a report of each: who does not answer is unreachable. It may be
  /// called from within and must not block. It is not called when the client is destroyed first.
  virtual void ask(std::vector<MemberTarget> members, Secret token,
                   std::function<void(MemberReports)> on_done) = 0;

  /// Sends an order and waits for the answer, at most to the end of `scope`.
  [[nodiscard]] virtual MemberAnswer order(const MemberTarget& member, const Secret& token,
                                           const MemberOrder& order,
                                           const transport::CallScope& scope) = 0;
};

/// ask(), waiting for the reports: the live read before an act that may cost the quorum. At the end
/// of `scope` those that are missing are unreachable.
[[nodiscard]] MemberReports ask_and_wait(MemberClient& client,
                                         const std::vector<MemberTarget>& members,
                                         const Secret& token, const transport::CallScope& scope);

}  // namespace quorate::reconcile
