// Typed operations: each builds the request and knows how to read its reply.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/client/machine.h"
#include "server/wire/acl.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"
#include "server/wire/stat.h"

namespace quorate::client {

/// Kinds of node, with ZooKeeper's flag numbers.
enum class CreateMode : int32_t {
  kPersistent = 0,
  kEphemeral = 1,
  kPersistentSequential = 2,
  kEphemeralSequential = 3,
  kContainer = 4,
  kPersistentWithTtl = 5,
  kPersistentSequentialWithTtl = 6,
};

/// Result of an operation without content.
struct Nothing {};

struct Created {
  std::string path;                ///< With the sequence number.
  std::optional<wire::Stat> stat;  ///< Only if it was asked for, or for containers and TTL nodes.
};
struct NodeData {
  std::optional<std::string> data;  ///< Absent is null, which is not empty.
  wire::Stat stat;
};
struct NodeAcl {
  std::vector<wire::Acl> acls;
  wire::Stat stat;
};
struct Children {
  std::vector<std::string> names;  ///< In no order.
  wire::Stat stat;
};
struct ClientInfo {
  std::string scheme;
  std::string user;
};

/// What create needs besides the path.
struct NewNode {
  std::optional<std::string> data = std::string();
  std::vector<wire::Acl> acls = {{wire::kPermAll, {"world", "anyone"}}};
  CreateMode mode = CreateMode::kPersistent;
  int64_t ttl_ms = -1;     ///< TTL modes only.
  bool with_stat = false;  ///< Uses create2, whose reply has a Stat.
};

/// One operation of a multi.
struct MultiOp {
  enum class Kind { kCreate, kDelete, kSet, kCheck };
  Kind kind = Kind::kCheck;
  std::string path;
  int32_t version = -1;             ///< delete, set, check.
  NewNode node;                     ///< create.
  std::optional<std::string> data;  ///< set.
};
/// One operation of a multiRead: getData or getChildren.
struct MultiReadOp {
  bool children = false;
  std::string path;
};
/// What became of one operation of a multi or multiRead.
struct MultiOutcome {
  wire::OpCode type = wire::OpCode::kError;
  wire::ErrorCode error = wire::ErrorCode::kOk;
  std::string path;  ///< Of a create.
  std::optional<wire::Stat> stat;
  std::optional<std::string> data;    ///< getData.
  std::vector<std::string> children;  ///< getChildren.
};

/// Changes of a reconfig; an absent part is null on the wire.
struct ReconfigChange {
  std::optional<std::string> joining;
  std::optional<std::string> leaving;
  std::optional<std::string> members;
  int64_t version = -1;
};

/// A request with the reader of its reply's body. `read` may leave the reader failed.
template <typename T>
struct Call {
  Request request;
  T (*read)(wire::Reader& reader, std::string_view chroot) = nullptr;
  std::string chroot;
};

/// An answer: the value is meaningful if error is kOk.
template <typename T>
struct Outcome {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  Zxid zxid;
  T value{};
  [[nodiscard]] bool ok() const { return error == wire::ErrorCode::kOk; }
};

/// Reads a reply; a body that cannot be read is kMarshallingError.
template <typename T>
[[nodiscard]] Outcome<T> read_reply(const Call<T>& call, const Reply& reply) {
  Outcome<T> outcome{reply.error, reply.zxid, T{}};
  if (outcome.ok()) {
    wire::Reader reader(reply.body);
    outcome.value = call.read(reader, call.chroot);
    outcome.error = reader.ok() ? reply.error : wire::ErrorCode::kMarshallingError;
  }
  return outcome;
}

/// Builds calls for a client whose paths are relative to `chroot` ("" or "/a/b").
class Calls {
 public:
  explicit Calls(std::string chroot = {}) : chroot_(std::move(chroot)) {}
  [[nodiscard]] const std::string& chroot() const { return chroot_; }

  [[nodiscard]] Call<Created> create(std::string_view path, const NewNode& node) const;
  [[nodiscard]] Call<Nothing> remove(std::string_view path, int32_t version = -1) const;
  [[nodiscard]] Call<wire::Stat> exists(std::string_view path, bool watch = false) const;
  [[nodiscard]] Call<NodeData> get(std::string_view path, bool watch = false) const;
  [[nodiscard]] Call<wire::Stat> set(std::string_view path, std::optional<std::string_view> data,
                                     int32_t version = -1) const;
  [[nodiscard]] Call<NodeAcl> get_acl(std::string_view path) const;
  [[nodiscard]] Call<wire::Stat> set_acl(std::string_view path, const std::vector<wire::Acl>& acls,
                                         int32_t version = -1) const;
  /// getChildren2: names and Stat.
  [[nodiscard]] Call<Children> children(std::string_view path, bool watch = false) const;
  /// getChildren: names only.
  [[nodiscard]] Call<Children> child_names(std::string_view path, bool watch = false) const;
  [[nodiscard]] Call<std::string> sync(std::string_view path) const;
  [[nodiscard]] Call<std::vector<MultiOutcome>> multi(const std::vector<MultiOp>& ops) const;
  [[nodiscard]] Call<std::vector<MultiOutcome>> multi_read(
      const std::vector<MultiReadOp>& ops) const;
  [[nodiscard]] Call<Nothing> add_watch(std::string_view path, AddWatchMode mode) const;
  /// `local`: forget the watch even if the server cannot be asked.
  [[nodiscard]] Call<Nothing> remove_watches(std::string_view path, WatcherType type,
                                             bool local = false) const;
  [[nodiscard]] Call<Nothing> check_watches(std::string_view path, WatcherType type) const;
  [[nodiscard]] Call<std::vector<std::string>> ephemerals(std::string_view prefix) const;
  [[nodiscard]] Call<int32_t> all_children_number(std::string_view path) const;
  [[nodiscard]] Call<Nothing> add_auth(std::string_view scheme, std::string_view auth) const;
  [[nodiscard]] Call<std::vector<ClientInfo>> who_am_i() const;
  /// Names no path of ours: the configuration node has no chroot.
  [[nodiscard]] Call<NodeData> reconfig(const ReconfigChange& change) const;
  [[nodiscard]] Call<NodeData> config(bool watch = false) const;

 private:
  /// The path as the server knows it.
  [[nodiscard]] std::string full(std::string_view path) const;
  template <typename T, typename R>
  [[nodiscard]] Call<T> make(wire::OpCode op, const R& request,
                             T (*read)(wire::Reader&, std::string_view)) const;

  std::string chroot_;
};

/// A path of the server as the client knows it.
[[nodiscard]] std::string without_chroot(std::string_view path, std::string_view chroot);

}  // namespace quorate::client
