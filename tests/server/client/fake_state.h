// FakeState: what a FakeServer keeps and answers: a tree, watches, and every operation on them.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/reply.h"
#include "server/wire/request.h"
#include "tests/server/client/fake_tree.h"

namespace quorate::client::test {

/// Who asks.
struct FakeCaller {
  uint64_t connection = 0;
  int64_t session = 0;
  std::vector<std::string> users;
};
struct FakeAnswer {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  std::string body;
};

class FakeState {
 public:
  /// `send` takes whole frames for a connection.
  explicit FakeState(std::function<void(uint64_t connection, const std::string& bytes)> send)
      : send_(std::move(send)) {}

  FakeAnswer write(const wire::WriteRequest& request, int64_t session) {
    zxid_ = zxid_.next();
    FakeAnswer answer;
    auto type = wire::OpCode::kError;
    answer.error =
        std::visit([&](const auto& r) { return execute(r, session, answer.body, type); }, request);
    return answer;
  }
  FakeAnswer read(const wire::ReadRequest& request, const FakeCaller& caller) {
    FakeAnswer answer;
    Reading reading{*this, caller, answer.body};
    answer.error = std::visit(reading, request);
    return answer;
  }
  void forget(uint64_t connection) {
    for (auto* watches : {&data_watches_, &child_watches_, &persistent_, &recursive_}) {
      for (auto& [path, watchers] : *watches) {
        watchers.erase(connection);
      }
    }
  }
  [[nodiscard]] Zxid zxid() const { return zxid_; }

 private:
  using Watches = std::map<std::string, std::set<uint64_t>, std::less<>>;

  void fire(wire::EventType type, const std::string& path) {
    std::set<uint64_t> targets;
    const auto take = [&](Watches& watches, bool once) {
      const auto found = watches.find(path);
      if (found != watches.end()) {
        targets.insert(found->second.begin(), found->second.end());
        if (once) {
          watches.erase(found);
        }
      }
    };
    const bool children = type == wire::EventType::kNodeChildrenChanged;
    if (!children) {
      take(data_watches_, true);
    }
    if (children || type == wire::EventType::kNodeDeleted) {
      take(child_watches_, true);
    }
    take(persistent_, false);
    if (!children) {
      for (const auto& [root, watchers] : recursive_) {
        if (wire::is_within(path, root)) {
          targets.insert(watchers.begin(), watchers.end());
        }
      }
    }
    for (const uint64_t target : targets) {
      std::string out;
      wire::append_notification(out, zxid_, type, path);
      send_(target, out);
    }
  }
  void fire_change(wire::EventType type, const std::string& path) {
    fire(type, path);
    if (type != wire::EventType::kNodeDataChanged) {
      fire(wire::EventType::kNodeChildrenChanged, std::string(wire::parent_of(path)));
    }
  }

  /// One write; its result's body in `body`, its type for a multi in `type`.
  wire::ErrorCode execute(const wire::CreateRequest& request, int64_t session, std::string& body,
                          wire::OpCode& type) {
    std::string path;
    const wire::ErrorCode error = tree_.create(request, session, zxid_, path);
    const bool with_stat = request.op != wire::OpCode::kCreate;
    type = with_stat ? wire::OpCode::kCreate2 : wire::OpCode::kCreate;
    if (error == wire::ErrorCode::kOk) {
      wire::Writer writer(body);
      writer.put_string(path);
      if (with_stat) {
        wire::write(writer, tree_.stat(path));
      }
      fire_change(wire::EventType::kNodeCreated, path);
    }
    return error;
  }
  wire::ErrorCode execute(const wire::DeleteRequest& request, int64_t, std::string&,
                          wire::OpCode& type) {
    type = wire::OpCode::kDelete;
    const wire::ErrorCode error = tree_.remove(request.path, request.version);
    if (error == wire::ErrorCode::kOk) {
      fire_change(wire::EventType::kNodeDeleted, std::string(request.path));
    }
    return error;
  }
  wire::ErrorCode execute(const wire::SetDataRequest& request, int64_t, std::string& body,
                          wire::OpCode& type) {
    type = wire::OpCode::kSetData;
    const wire::ErrorCode error = tree_.set(request, zxid_);
    if (error == wire::ErrorCode::kOk) {
      wire::Writer writer(body);
      wire::write(writer, tree_.stat(std::string(request.path)));
      fire_change(wire::EventType::kNodeDataChanged, std::string(request.path));
    }
    return error;
  }
  wire::ErrorCode execute(const wire::SetAclRequest& request, int64_t, std::string& body,
                          wire::OpCode&) {
    FakeNode* node = tree_.find(request.path);
    if (node == nullptr) {
      return wire::ErrorCode::kNoNode;
    }
    node->acls = request.acls.encoded;
    ++node->stat.aversion;
    wire::Writer writer(body);
    wire::write(writer, tree_.stat(std::string(request.path)));
    return wire::ErrorCode::kOk;
  }
  wire::ErrorCode execute(const wire::CheckRequest& request, int64_t, std::string&,
                          wire::OpCode& type) {
    type = wire::OpCode::kCheck;
    return tree_.find(request.path) == nullptr ? wire::ErrorCode::kNoNode : wire::ErrorCode::kOk;
  }
  wire::ErrorCode execute(const wire::MultiRequest& request, int64_t session, std::string& body,
                          wire::OpCode&) {
    const FakeTree before = tree_;
    std::vector<wire::ErrorCode> errors;
    wire::Writer writer(body);
    bool failed = false;
    for (const wire::MultiOp& op : request.ops) {
      std::string one;
      auto type = wire::OpCode::kError;
      const wire::ErrorCode error =
          failed ? wire::ErrorCode::kRuntimeInconsistency
                 : std::visit([&](const auto& r) { return execute(r, session, one, type); }, op);
      failed = failed || error != wire::ErrorCode::kOk;
      errors.push_back(error);
      wire::write_multi_header(writer, type, false, 0);
      writer.put_raw(one);
    }
    if (failed) {
      tree_ = before;
      body.clear();
      for (const wire::ErrorCode error : errors) {
        const auto code = static_cast<int32_t>(error);
        wire::write_multi_header(writer, wire::OpCode::kError, false, code);
        writer.put_int(code);
      }
    }
    wire::write_multi_header(writer, wire::OpCode::kError, true, -1);
    return wire::ErrorCode::kOk;
  }
  wire::ErrorCode execute(const wire::ReconfigRequest&, int64_t, std::string&, wire::OpCode&) {
    return wire::ErrorCode::kReconfigDisabled;
  }
  wire::ErrorCode execute(const wire::CloseSessionRequest&, int64_t session, std::string&,
                          wire::OpCode&) {
    for (const std::string& path : tree_.ephemerals(session)) {
      (void)tree_.remove(path, -1);
      fire_change(wire::EventType::kNodeDeleted, path);
    }
    return wire::ErrorCode::kOk;
  }
  wire::ErrorCode execute(const wire::DeleteContainerRequest&, int64_t, std::string&,
                          wire::OpCode&) {
    return wire::ErrorCode::kUnimplemented;
  }

  struct Reading {
    FakeState& server;
    const FakeCaller& caller;
    std::string& body;
    wire::Writer writer{body};

    wire::ErrorCode missing(std::string_view path) const {
      return server.tree_.find(path) == nullptr ? wire::ErrorCode::kNoNode : wire::ErrorCode::kOk;
    }
    void put_stat(std::string_view path) {
      wire::write(writer, server.tree_.stat(std::string(path)));
    }
    void put_names(const std::vector<std::string>& names) {
      writer.put_int(static_cast<int32_t>(names.size()));
      for (const std::string& name : names) {
        writer.put_string(name);
      }
    }
    void put_data(std::string_view path) {
      const FakeNode& node = *server.tree_.find(path);
      writer.put_buffer(node.data ? wire::NullableBytes(*node.data) : std::nullopt);
    }
    void watch(Watches& watches, std::string_view path, bool on) const {
      if (on) {
        watches[std::string(path)].insert(caller.connection);
      }
    }

    wire::ErrorCode operator()(const wire::ExistsRequest& r) {
      watch(server.data_watches_, r.path, r.watch);
      if (missing(r.path) == wire::ErrorCode::kOk) {
        put_stat(r.path);
      }
      return missing(r.path);
    }
    wire::ErrorCode operator()(const wire::GetDataRequest& r) {
      if (missing(r.path) == wire::ErrorCode::kOk) {
        watch(server.data_watches_, r.path, r.watch);
        put_data(r.path);
        put_stat(r.path);
      }
      return missing(r.path);
    }
    wire::ErrorCode operator()(const wire::GetAclRequest& r) {
      if (missing(r.path) == wire::ErrorCode::kOk) {
        writer.put_raw(server.tree_.find(r.path)->acls);
        put_stat(r.path);
      }
      return missing(r.path);
    }
    wire::ErrorCode operator()(const wire::GetChildrenRequest& r) {
      if (missing(r.path) == wire::ErrorCode::kOk) {
        watch(server.child_watches_, r.path, r.watch);
        put_names(server.tree_.children(r.path));
        if (r.with_stat) {
          put_stat(r.path);
        }
      }
      return missing(r.path);
    }
    wire::ErrorCode operator()(const wire::MultiReadRequest& r) {
      for (const wire::MultiReadOp& op : r.ops) {
        const bool get = std::holds_alternative<wire::GetDataRequest>(op);
        const std::string_view path = std::visit([](const auto& o) { return o.path; }, op);
        const wire::ErrorCode error = missing(path);
        if (error != wire::ErrorCode::kOk) {
          wire::write_multi_header(writer, wire::OpCode::kError, false,
                                   static_cast<int32_t>(error));
          writer.put_int(static_cast<int32_t>(error));
          continue;
        }
        wire::write_multi_header(writer, get ? wire::OpCode::kGetData : wire::OpCode::kGetChildren,
                                 false, 0);
        if (get) {
          put_data(path);
          put_stat(path);
        } else {
          put_names(server.tree_.children(path));
        }
      }
      wire::write_multi_header(writer, wire::OpCode::kError, true, -1);
      return wire::ErrorCode::kOk;
    }
    wire::ErrorCode operator()(const wire::SyncRequest& r) {
      writer.put_string(r.path);
      return wire::ErrorCode::kOk;
    }
    wire::ErrorCode operator()(const wire::RemoveWatchesRequest& r) {
      bool any = false;
      const bool removes = r.op == wire::OpCode::kRemoveWatches;
      const auto take = [&](Watches& watches, int32_t type) {
        const auto found = watches.find(r.path);
        if ((r.type == 3 || r.type == type) && found != watches.end() &&
            found->second.contains(caller.connection)) {
          any = true;
          if (removes) {
            found->second.erase(caller.connection);
          }
        }
      };
      take(server.child_watches_, 1);
      take(server.data_watches_, 2);
      take(server.persistent_, 4);
      take(server.recursive_, 5);
      return any ? wire::ErrorCode::kOk : wire::ErrorCode::kNoWatcher;
    }
    wire::ErrorCode operator()(const wire::SetWatchesRequest&) { return wire::ErrorCode::kOk; }
    wire::ErrorCode operator()(const wire::GetEphemeralsRequest& r) {
      std::vector<std::string> paths;
      for (const std::string& path : server.tree_.ephemerals(caller.session)) {
        if (path.starts_with(r.prefix)) {
          paths.push_back(path);
        }
      }
      put_names(paths);
      return wire::ErrorCode::kOk;
    }
    wire::ErrorCode operator()(const wire::GetAllChildrenNumberRequest& r) {
      writer.put_int(server.tree_.descendants(r.path));
      return missing(r.path);
    }
    wire::ErrorCode operator()(const wire::AddWatchRequest& r) {
      watch(r.mode == 0 ? server.persistent_ : server.recursive_, r.path, true);
      writer.put_int(0);
      return wire::ErrorCode::kOk;
    }
    wire::ErrorCode operator()(const wire::WhoAmIRequest&) {
      writer.put_int(static_cast<int32_t>(1 + caller.users.size()));
      writer.put_string("ip");
      writer.put_string("127.0.0.1");
      for (const std::string& user : caller.users) {
        writer.put_string("digest");
        writer.put_string(user);
      }
      return wire::ErrorCode::kOk;
    }
  };

  std::function<void(uint64_t, const std::string&)> send_;
  FakeTree tree_;
  Zxid zxid_{100};
  Watches data_watches_;
  Watches child_watches_;
  Watches persistent_;
  Watches recursive_;
};

}  // namespace quorate::client::test
