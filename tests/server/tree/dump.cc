// Text of a whole database and of a whole model, equal when they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/server/tree/model.h"

namespace quorate::tree {

namespace {

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<uint8_t>(byte) >> 4];
    text += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

void print_node(std::ostream& to, std::string_view path, wire::NullableBytes data,
                std::string_view acl, const wire::StatPersisted& stat, const wire::Stat& seen) {
  to << "[" << path << "] data=" << (data ? hex(*data) : "null") << " acl=" << hex(acl)
     << " cz=" << stat.czxid.value << " mz=" << stat.mzxid.value << " pz=" << stat.pzxid.value
     << " ct=" << stat.ctime.value << " mt=" << stat.mtime.value << " v=" << stat.version
     << " cv=" << stat.cversion << " av=" << stat.aversion << " o=" << stat.ephemeral_owner
     << " seen: cv=" << seen.cversion << " o=" << seen.ephemeral_owner
     << " len=" << seen.data_length << " children=" << seen.num_children << "\n";
}

struct Totals {
  int64_t count = 1;  // The root is there twice.
  int64_t bytes = 1;
  uint64_t digest = 0;
};

void dump_node(const Tree& tree, NodeId node, const std::string& path,
               std::map<std::string, std::string>& lines, Totals& totals) {
  const wire::StatPersisted stat = tree.persisted(node);
  std::ostringstream line;
  print_node(line, path, tree.data(node), tree.acls().get(tree.acl(node)).encoded, stat,
             tree.stat(node));
  lines[path] = line.str();
  ++totals.count;
  totals.bytes += static_cast<int64_t>(path.size() + tree.data(node).value_or("").size());
  totals.digest += tree.node_digest(node);
  EXPECT_EQ(tree.node_digest(node),
            tree.options().digest_enabled ? Tree::node_digest(path, tree.data(node), stat) : 0)
      << path;
  EXPECT_EQ(tree.path(node), path.empty() ? "/" : path);
  EXPECT_EQ(tree.find(path), node) << path;
  EXPECT_EQ(tree.child_count(node), static_cast<int32_t>(tree.children(node).size()));
  for (const NodeId child : tree.children(node)) {
    EXPECT_EQ(tree.parent(child), node);
    dump_node(tree, child, path + "/" + std::string(tree.name(child)), lines, totals);
  }
}

}  // namespace

std::string dump(const ModelApplied& applied) {
  std::ostringstream text;
  for (const ModelResult& result : applied.results) {
    text << "result " << wire::name_of(result.type) << " " << wire::name_of(result.error) << " ";
    print_node(text, result.path, std::nullopt, "", {}, result.stat);
    text << "  cz=" << result.stat.czxid.value << " mz=" << result.stat.mzxid.value
         << " pz=" << result.stat.pzxid.value << " ct=" << result.stat.ctime.value
         << " mt=" << result.stat.mtime.value << " v=" << result.stat.version
         << " av=" << result.stat.aversion << "\n";
  }
  for (const ModelChange& change : applied.changes) {
    text << "change " << static_cast<int>(change.kind) << " " << change.path << " "
         << hex(change.acl) << " " << hex(change.parent_acl) << "\n";
  }
  return text.str();
}

std::string Model::dump() const {
  std::ostringstream text;
  text << "zxid=" << last_zxid_ << " digest=" << digest() << "\n";
  for (const auto& [session, timeout_ms] : sessions_) {
    text << "session " << session << " " << timeout_ms << "\n";
  }
  for (const auto& [path, node] : nodes_) {
    print_node(text, path, node.data ? wire::NullableBytes(*node.data) : std::nullopt, node.acl,
               node.stat, stat(path));
  }
  return text.str();
}

std::string dump(const Database& database) {
  const Tree& tree = database.tree();
  std::map<std::string, std::string> lines;
  Totals totals;
  dump_node(tree, tree.root(), "", lines, totals);
  EXPECT_EQ(tree.node_count(), totals.count);
  EXPECT_EQ(tree.approximate_data_bytes(), totals.bytes);
  EXPECT_EQ(tree.digest(), totals.digest);
  size_t ephemerals = 0;
  for (const SessionId session : tree.sessions_with_ephemerals()) {
    for (const std::string& path : tree.ephemerals_of(session)) {
      EXPECT_EQ(tree.ephemeral_owner(tree.find(path)), session.value) << path;
      ++ephemerals;
    }
  }
  EXPECT_EQ(tree.ephemeral_count(), ephemerals);
  std::ostringstream text;
  text << "zxid=" << database.last_zxid().value << " digest=" << tree.digest() << "\n";
  for (const SessionRecord& session : database.sessions()) {
    text << "session " << session.session.value << " " << session.timeout_ms << "\n";
  }
  for (const auto& [path, line] : lines) {
    text << line;
  }
  return text.str();
}

ModelApplied with_values(const Database& database, const Applied& applied) {
  ModelApplied values;
  for (const OpResult& result : applied.results) {
    values.results.push_back({.type = result.type,
                              .error = result.error,
                              .path = std::string(result.path),
                              .stat = result.stat});
  }
  const AclTable& acls = database.tree().acls();
  for (const Change& change : applied.changes) {
    ModelChange value = {.kind = change.kind,
                         .path = std::string(change.path),
                         .acl = std::string(acls.get(change.acl).encoded)};
    if (change.kind != ChangeKind::kDataChanged) {
      value.parent_acl = acls.get(change.parent_acl).encoded;
    }
    values.changes.push_back(value);
  }
  return values;
}

}  // namespace quorate::tree
