// Namespaces: the table, and the bytes that reads and writes count for.
#include "server/node/namespaces.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "server/base/bytes.h"
#include "server/tree/quota_index.h"
#include "server/tree/quota_text.h"
#include "server/wire/reply.h"
#include "server/wire/stat.h"

namespace quorate::node {
namespace {

constexpr size_t kIntBytes = 4;
/// Of the tree of quotas, in one look at it: clients may make more than is worth the time.
constexpr size_t kQuotaNodesMax = 4096;

/// "a" of "/a/b"; empty for the root.
std::string_view namespace_of(std::string_view path) {
  path.remove_prefix(std::min<size_t>(path.size(), 1));
  return path.substr(0, path.find('/'));
}

void add_read(Namespaces& namespaces, std::string_view path, size_t bytes) {
  if (NamespaceTraffic* traffic = namespaces.at(path)) {
    traffic->reads.record(Duration(static_cast<int64_t>(path.size() + bytes + wire::kStatBytes)));
  }
}

void add_write(Namespaces& namespaces, std::string_view path, size_t bytes) {
  if (NamespaceTraffic* traffic = namespaces.at(path)) {
    traffic->writes.record(Duration(static_cast<int64_t>(path.size() + bytes)));
  }
}

size_t size_of(const wire::NullableBytes& data) { return data ? data->size() : 0; }

/// Bytes of the names in a vector of strings that takes `size` bytes.
size_t name_bytes(std::string_view body, size_t size) {
  const size_t count = static_cast<uint32_t>(load_big_endian<int32_t>(body.data()));
  return size - kIntBytes * (count + 1);
}

void count_multi_read(Namespaces& namespaces, const wire::MultiReadRequest& request,
                      std::string_view body) {
  wire::Reader reader(body);
  for (const wire::MultiReadOp& op : request.ops) {
    if (wire::read_multi_header(reader).type == wire::OpCode::kError) {
      reader.get_int();
      continue;
    }
    if (const auto* get = std::get_if<wire::GetDataRequest>(&op)) {
      const size_t bytes = size_of(reader.get_buffer());
      static_cast<void>(reader.get_raw(wire::kStatBytes));
      add_read(namespaces, get->path, bytes);
      continue;
    }
    size_t bytes = 0;
    for (int32_t left = reader.get_int(); left > 0 && reader.ok(); --left) {
      bytes += reader.get_string().size();
    }
    add_read(namespaces, std::get<wire::GetChildrenRequest>(op).path, bytes);
  }
}

bool is_error(const wire::SubTxn& op) { return std::holds_alternative<wire::ErrorTxn>(op); }

struct CountWrite {
  Namespaces& namespaces;
  const tree::Applied& applied;

  void operator()(const wire::CreateTxn& txn) const {
    add_write(namespaces, txn.path, size_of(txn.data));
  }
  void operator()(const wire::SetDataTxn& txn) const {
    add_write(namespaces, txn.path, size_of(txn.data));
  }
  void operator()(const wire::DeleteTxn& txn) const { add_write(namespaces, txn.path, 0); }
  void operator()(const wire::MultiTxn& txn) const {
    if (std::ranges::any_of(txn.ops, is_error)) {
      return;  // Nothing of it was applied.
    }
    for (const wire::SubTxn& op : txn.ops) {
      std::visit(*this, op);
    }
  }
  void operator()(const wire::CloseSessionTxn&) const {
    for (const tree::Change& change : applied.changes) {
      add_write(namespaces, change.path, 0);
    }
  }
  void operator()(const wire::CreateSessionTxn&) const {}
  void operator()(const wire::SetAclTxn&) const {}
  void operator()(const wire::CheckVersionTxn&) const {}
  void operator()(const wire::ErrorTxn&) const {}
};

/// The path of a write that a quota can refuse.
std::string_view limited_path(const auto& request) {
  if (const auto* create = std::get_if<wire::CreateRequest>(&request)) {
    return create->path;
  }
  const auto* set = std::get_if<wire::SetDataRequest>(&request);
  return set == nullptr ? std::string_view() : set->path;
}

/// Index of the operation of a multi that a quota has refused.
size_t refused_operation(std::string_view txn) {
  const std::optional<wire::TxnRecord> record = wire::decode_txn(txn);
  const auto* multi = record ? std::get_if<wire::MultiTxn>(&record->txn) : nullptr;
  if (multi == nullptr) {
    return SIZE_MAX;
  }
  const auto found = std::ranges::find_if(multi->ops, [](const wire::SubTxn& op) {
    const auto* error = std::get_if<wire::ErrorTxn>(&op);
    return error != nullptr && error->error == wire::ErrorCode::kQuotaExceeded;
  });
  return static_cast<size_t>(found - multi->ops.begin());
}

int64_t effective(int64_t hard, int64_t soft) { return hard > -1 ? hard : soft; }

/// Adds what `node` says if it is a leaf that holds limits or use.
void add_quota(const tree::Tree& tree, tree::NodeId node,
               std::map<std::string, NamespaceQuota>& sums) {
  const bool is_limits = tree.name(node) == tree::kLimitsName;
  if (!is_limits && tree.name(node) != tree::kStatsName) {
    return;
  }
  const std::optional<std::string_view> data = tree.data(node);
  const std::string path = tree.path(tree.parent(node));
  std::string name(namespace_of(tree::path_under_quota(path)));
  if (!data || name.empty()) {
    return;
  }
  const bool has_place = name.size() <= Namespaces::kNameBytesMax &&
                         (sums.contains(name) || sums.size() < Namespaces::kNamesMax);
  if (!has_place) {
    name = kOtherNamespace;
  }
  NamespaceQuota& sum = sums[name];
  sum.name = name;
  const tree::QuotaText text(*data);
  if (is_limits) {
    sum.has_limits = true;
    sum.count_limit += effective(text.count_hard_limit(), text.count());
    sum.bytes_limit += effective(text.bytes_hard_limit(), text.bytes());
  } else {
    sum.has_usage = true;
    sum.count_used += text.count();
    sum.bytes_used += text.bytes();
  }
}

}  // namespace

NamespaceTraffic* Namespaces::look_up(std::string_view path) {
  std::string_view name = namespace_of(path);
  if (name.empty()) {
    return nullptr;
  }
  if (const auto found = places_.find(name); found != places_.end()) {
    last_ = found->second.get();
    return last_;
  }
  const bool has_place = places_.size() < kNamesMax && name.size() <= kNameBytesMax;
  if (!has_place) {
    name = kOtherNamespace;
  }
  if (const auto found = places_.find(name); found != places_.end()) {
    return found->second.get();
  }
  auto traffic = std::make_unique<NamespaceTraffic>(NamespaceTraffic{.name = std::string(name)});
  NamespaceTraffic* result = traffic.get();
  places_.emplace(result->name, std::move(traffic));
  return result;
}

std::vector<NamespaceTraffic> Namespaces::traffic() const {
  std::vector<NamespaceTraffic> result;
  result.reserve(places_.size());
  for (const auto& [name, traffic] : places_) {
    result.push_back(*traffic);
  }
  std::ranges::sort(result, {}, &NamespaceTraffic::name);
  return result;
}

void count_read(Namespaces& namespaces, const wire::ReadRequest& request, std::string_view body) {
  if (const auto* get = std::get_if<wire::GetDataRequest>(&request)) {
    const int32_t size = load_big_endian<int32_t>(body.data());
    add_read(namespaces, get->path, static_cast<size_t>(std::max(size, 0)));
  } else if (const auto* exists = std::get_if<wire::ExistsRequest>(&request)) {
    add_read(namespaces, exists->path, 0);
  } else if (const auto* children = std::get_if<wire::GetChildrenRequest>(&request)) {
    const size_t size = body.size() - (children->with_stat ? wire::kStatBytes : 0);
    add_read(namespaces, children->path, name_bytes(body, size));
  } else if (const auto* multi = std::get_if<wire::MultiReadRequest>(&request)) {
    count_multi_read(namespaces, *multi, body);
  }
}

void count_write(Namespaces& namespaces, const wire::Txn& txn, const tree::Applied& applied) {
  std::visit(CountWrite{.namespaces = namespaces, .applied = applied}, txn);
}

void count_quota_exceeded(Namespaces& namespaces, const wire::WriteRequest& request,
                          std::string_view txn) {
  std::string_view path = limited_path(request);
  if (const auto* multi = std::get_if<wire::MultiRequest>(&request)) {
    const size_t index = refused_operation(txn);
    path = index < multi->ops.size() ? limited_path(multi->ops[index]) : std::string_view();
  }
  if (NamespaceTraffic* traffic = namespaces.at(path)) {
    ++traffic->quota_exceeded;
  }
}

std::vector<NamespaceQuota> quotas_by_namespace(const tree::Tree& tree) {
  std::map<std::string, NamespaceQuota> sums;
  std::vector<tree::NodeId> waiting;
  if (const tree::NodeId root = tree.find(tree::kQuotaRoot)) {
    waiting = tree.children(root);
  }
  for (size_t visited = 0; visited < kQuotaNodesMax && !waiting.empty(); ++visited) {
    const tree::NodeId node = waiting.back();
    waiting.pop_back();
    const std::vector<tree::NodeId> children = tree.children(node);
    if (children.empty()) {
      add_quota(tree, node, sums);
    }
    waiting.insert(waiting.end(), children.begin(), children.end());
  }
  std::vector<NamespaceQuota> result;
  for (auto& [name, sum] : sums) {
    result.push_back(std::move(sum));
  }
  return result;
}

}  // namespace quorate::node
