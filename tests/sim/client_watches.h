// The watches of one simulated client, and when each must have fired.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/ids.h"
#include "server/wire/reply.h"
#include "tests/sim/context.h"
#include "tests/sim/model.h"

namespace quorate::sim {

/// One-shot watches on data (and existence) and on children. Checked:
/// - an event is of a watch that is set, and of the first change behind the reply that set it;
/// - an event comes before anything that shows its change, or a later one: so none is lost;
/// - after a reconnection each watch has fired or nothing has happened.
class ClientWatches {
 public:
  ClientWatches(Context& context, const Model& model) : context_(context), model_(model) {}

  struct Watch {
    Zxid since;           ///< The state that the client knows.
    bool existed = true;  ///< Of the node then.
  };
  /// What a client sends when it comes back.
  struct Rearmed {
    Zxid relative;
    std::vector<std::string> data;
    std::vector<std::string> exist;
    std::vector<std::string> child;
  };

  void clear();
  /// The reply at `zxid` has set a watch.
  void set(const std::string& path, bool on_children, bool existed, Zxid zxid);
  void fired(const std::string& who, const wire::WatcherEvent& event, Zxid zxid, bool is_catch_up);
  /// The client is shown the state at `zxid`.
  void shown(const std::string& who, Zxid zxid);
  [[nodiscard]] Rearmed rearm(Zxid relative) const;
  /// SetWatches was answered at `zxid`.
  void rearmed(const std::string& who, const Rearmed& asked, Zxid zxid);
  [[nodiscard]] size_t count() const { return watches_.size(); }

 private:
  using Key = std::pair<std::string, bool>;  ///< Path, and whether on its children.

  Context& context_;
  const Model& model_;
  std::map<Key, Watch> watches_;
  Zxid shown_;
};

}  // namespace quorate::sim
