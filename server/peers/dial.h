// Dial: one attempt to connect to a member, whose name is resolved anew each time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/wire/election_message.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace quorate::peers {

/// What came of a dial: a connected, non-blocking socket that the callee owns, and the host that
/// answered (a certificate has to name it).
struct Dialled {
  int fd = -1;
  std::string host;
};

/// Tries every address of every destination in turn; each gets its share of `timeout`, so that one
/// that swallows packets does not use up all of it; the look-up of names counts. Names are looked
/// up in the hosts file first, if the environment variable QUORATE_HOSTS_FILE names one (lines as
/// in /etc/hosts), then by the system, off the loop.
class Dial {
 public:
  using Done = std::function<void(Result<Dialled>)>;

  /// `done` is called once, on the loop, unless the Dial is destroyed before. The error names each
  /// address that was tried and why it failed.
  Dial(boost::asio::io_context& loop, std::vector<wire::ElectionAddress> destinations,
       Duration timeout, Done done);
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace quorate::peers
