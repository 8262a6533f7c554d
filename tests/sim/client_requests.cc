// A simulated client: what it asks for.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "server/wire/acl.h"
#include "server/wire/request.h"
#include "tests/sim/client.h"

namespace quorate::sim {
namespace {

using wire::OpCode;

constexpr size_t kOpenMax = 24;
constexpr size_t kBurstMax = 6;

constexpr std::array<const char*, 10> kPaths = {"/a",   "/b",   "/c",     "/d", "/a/x",
                                                "/a/y", "/b/x", "/a/x/q", "/e", "/c/z"};
constexpr std::array<const char*, 4> kSequences = {"/a/s-", "/b/s-", "/c/s-", "/s-"};

OpCode code_of(OpKind kind) {
  switch (kind) {
    case OpKind::kCreate:
      return OpCode::kCreate;
    case OpKind::kDelete:
      return OpCode::kDelete;
    case OpKind::kSet:
      return OpCode::kSetData;
    case OpKind::kCheck:
      return OpCode::kCheck;
    case OpKind::kMulti:
      return OpCode::kMulti;
    case OpKind::kGet:
      return OpCode::kGetData;
    case OpKind::kExists:
      return OpCode::kExists;
    case OpKind::kChildren:
      return OpCode::kGetChildren;
    case OpKind::kSync:
      return OpCode::kSync;
    case OpKind::kReconfig:
      return OpCode::kReconfig;
    case OpKind::kClose:
      break;
  }
  return OpCode::kCloseSession;
}

wire::CreateRequest create_of(const OpStep& step) {
  return {.op = OpCode::kCreate,
          .path = step.path,
          .data = step.data,
          .acls = wire::open_acl(),
          .flags = step.flags};
}

wire::MultiRequest multi_of(const Operation& operation) {
  wire::MultiRequest multi;
  for (const OpStep& step : operation.steps) {
    if (step.kind == OpKind::kCreate) {
      multi.ops.emplace_back(create_of(step));
    } else if (step.kind == OpKind::kDelete) {
      multi.ops.emplace_back(wire::DeleteRequest{step.path, step.version});
    } else if (step.kind == OpKind::kSet) {
      multi.ops.emplace_back(wire::SetDataRequest{step.path, step.data, step.version});
    } else {
      multi.ops.emplace_back(wire::CheckRequest{step.path, step.version});
    }
  }
  return multi;
}

wire::ReconfigRequest request_of(const Reconfig& reconfig) {
  const auto field = [](const std::string& text) {
    return text.empty() ? wire::NullableBytes() : wire::NullableBytes(text);
  };
  return {.joining = field(reconfig.joining),
          .leaving = field(reconfig.leaving),
          .new_members = field(reconfig.members),
          .config_version = reconfig.version};
}

void encode_body(const Operation& operation, std::string& to) {
  const OpStep& step = operation.step();
  switch (operation.kind) {
    case OpKind::kCreate:
      wire::encode(create_of(step), to);
      return;
    case OpKind::kDelete:
      wire::encode(wire::DeleteRequest{step.path, step.version}, to);
      return;
    case OpKind::kSet:
      wire::encode(wire::SetDataRequest{step.path, step.data, step.version}, to);
      return;
    case OpKind::kMulti:
      wire::encode(multi_of(operation), to);
      return;
    case OpKind::kGet:
      wire::encode(wire::GetDataRequest{step.path, operation.watches}, to);
      return;
    case OpKind::kExists:
      wire::encode(wire::ExistsRequest{step.path, operation.watches}, to);
      return;
    case OpKind::kChildren:
      wire::encode(wire::GetChildrenRequest{step.path, operation.watches, false}, to);
      return;
    case OpKind::kSync:
      wire::encode(wire::SyncRequest{step.path}, to);
      return;
    case OpKind::kReconfig:
      wire::encode(request_of(operation.reconfig), to);
      return;
    case OpKind::kCheck:
    case OpKind::kClose:
      return;
  }
}

}  // namespace

void Client::think() {
  context_.queue.after(context_.random.between(Duration(100), context_.settings.think_max),
                       [this, connection = connection_count_] {
                         if (connection == connection_count_ && state_ == State::kOpen) {
                           ask_something();
                           think();
                         }
                       });
}

void Client::ask_something() {
  if (!asks_ || is_closing_ || open_.size() >= kOpenMax) {
    return;
  }
  for (size_t burst = 1 + context_.random.below(kBurstMax); burst > 0 && !is_closing_; --burst) {
    submit(make_operation());
  }
}

void Client::ask(OpKind kind, const std::string& path) {
  Operation operation;
  operation.kind = kind;
  operation.steps = {{.kind = kind, .path = path, .data = {}}};
  submit(std::move(operation));
}

void Client::reconfigure(Reconfig reconfig) {
  Operation operation;
  operation.kind = OpKind::kReconfig;
  operation.steps = {{.kind = OpKind::kReconfig, .path = kConfigPath, .data = {}}};
  operation.reconfig = std::move(reconfig);
  operation.reconfig.is_authorised = is_super_;
  note(describe(operation));
  submit(std::move(operation));
}

OpStep Client::make_step(OpKind kind) {
  OpStep step{.kind = kind, .path = {}, .data = {}};
  step.path = kPaths[context_.random.below(kPaths.size())];
  if (kind == OpKind::kCreate) {
    step.flags = static_cast<int32_t>(context_.random.below(4));
    if ((step.flags & kSequentialFlag) != 0) {
      step.path = kSequences[context_.random.below(kSequences.size())];
    }
  }
  if (kind == OpKind::kCreate || kind == OpKind::kSet) {
    step.data = name_ + "-" + std::to_string(next_data_++);
  } else if (kind == OpKind::kDelete && context_.random.one_in(3)) {
    // One of the sequential ones.
    const std::vector<std::string> paths = checker_.model().paths();
    step.path = paths[context_.random.below(paths.size())];
    if (step.path == "/" || step.path == kConfigPath) {
      step.path = kPaths.front();
    }
  }
  if ((kind == OpKind::kGet || kind == OpKind::kExists) && context_.settings.may_reconfigure &&
      context_.random.one_in(12)) {
    step.path = kConfigPath;
  }
  if (kind != OpKind::kCreate && context_.random.one_in(3)) {
    const NodeVersion* const node = checker_.model().at(step.path, checker_.last());
    step.version = node != nullptr ? node->version : 0;
  }
  if (kind == OpKind::kCheck && step.version == -1) {
    step.version = 0;
  }
  return step;
}

Operation Client::make_operation() {
  constexpr std::array<OpKind, 20> kMix = {
      OpKind::kCreate, OpKind::kCreate, OpKind::kCreate,   OpKind::kCreate,   OpKind::kDelete,
      OpKind::kDelete, OpKind::kDelete, OpKind::kSet,      OpKind::kSet,      OpKind::kSet,
      OpKind::kSet,    OpKind::kMulti,  OpKind::kGet,      OpKind::kGet,      OpKind::kGet,
      OpKind::kExists, OpKind::kExists, OpKind::kChildren, OpKind::kChildren, OpKind::kSync};
  Operation operation;
  operation.kind =
      context_.random.one_in(150) ? OpKind::kClose : kMix[context_.random.below(kMix.size())];
  if (operation.kind == OpKind::kMulti) {
    constexpr std::array<OpKind, 4> kSteps = {OpKind::kCreate, OpKind::kSet, OpKind::kDelete,
                                              OpKind::kCheck};
    for (size_t left = 1 + context_.random.below(3); left > 0; --left) {
      operation.steps.push_back(make_step(kSteps[context_.random.below(kSteps.size())]));
    }
    return operation;
  }
  operation.steps.push_back(make_step(operation.kind));
  const bool may_watch = operation.kind == OpKind::kGet || operation.kind == OpKind::kExists ||
                         operation.kind == OpKind::kChildren;
  operation.watches = may_watch && context_.random.one_in(2);
  return operation;
}

void Client::submit(Operation operation) {
  static_assert(wire::kNotificationXid < 0);
  operation.id = checker_.invoked_count() + 1;
  operation.session = session_;
  operation.connection = connection_count_;
  operation.xid = next_xid_++;
  is_closing_ = is_closing_ || operation.kind == OpKind::kClose;
  auto handle = std::make_shared<Operation>(std::move(operation));
  std::string payload;
  wire::encode(wire::RequestHeader{handle->xid, code_of(handle->kind)}, payload);
  encode_body(*handle, payload);
  checker_.invoked(handle);
  open_.push_back(handle);
  send_payload(payload);
}

}  // namespace quorate::sim
