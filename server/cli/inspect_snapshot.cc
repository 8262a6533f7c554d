// Printing and verifying of snapshots.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "server/cli/inspect.h"
#include "server/cli/shell_format.h"
#include "server/cli/standard_streams.h"
#include "server/storage/directories.h"
#include "server/storage/posix_file_system.h"
#include "server/storage/snapshot_reader.h"

namespace quorate::cli {
namespace {

void print_text(const std::string& text) { std::fputs(text.c_str(), stdout); }

/// "0x00000000000012", as zkSnapShotToolkit.sh writes numbers.
std::string padded(int64_t value) {
  std::array<char, 24> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "0x%014llx", static_cast<unsigned long long>(value));
  return std::string(text.data(), static_cast<size_t>(size));
}

void print_node(const InspectOptions& options, const tree::Tree& tree, tree::NodeId node,
                const std::string& path) {
  const wire::StatPersisted stat = tree.persisted(node);
  const wire::NullableBytes data = tree.data(node);
  if (options.json) {
    Json json{{"path", data_json(path)},
              {"czxid", hexadecimal(stat.czxid.value)},
              {"ctime", stat.ctime.value},
              {"mzxid", hexadecimal(stat.mzxid.value)},
              {"mtime", stat.mtime.value},
              {"pzxid", hexadecimal(stat.pzxid.value)},
              {"cversion", stat.cversion},
              {"dataVersion", stat.version},
              {"aclVersion", stat.aversion},
              {"ephemeralOwner", hexadecimal(stat.ephemeral_owner)},
              {"acl", acl_json(wire::decode_acls(tree.acls().get(tree.acl(node))))},
              {"dataLength", data ? data->size() : 0}};
    if (options.data) {
      json["data"] = data_json(data ? std::optional<std::string>(*data) : std::nullopt);
    }
    print_text(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return;
  }
  std::string text = path + "\n";
  const auto line = [&text](std::string_view name, const std::string& value) {
    text.append("  ").append(name).append(" = ").append(value).append("\n");
  };
  line("cZxid", padded(stat.czxid.value));
  line("ctime", java_date(stat.ctime));
  line("mZxid", padded(stat.mzxid.value));
  line("mtime", java_date(stat.mtime));
  line("pZxid", padded(stat.pzxid.value));
  line("cversion", std::to_string(stat.cversion));
  line("dataVersion", std::to_string(stat.version));
  line("aclVersion", std::to_string(stat.aversion));
  line("ephemeralOwner", padded(stat.ephemeral_owner));
  if (options.data) {
    line("data", data ? base64(*data) : "");
  } else {
    line("dataLength", std::to_string(data ? data->size() : 0));
  }
  print_text(text + "----\n");
}

/// Depth first, children sorted. A stack of our own: snapshots may nest deeper than ours.
void print_nodes(const InspectOptions& options, const tree::Tree& tree) {
  struct Entry {
    tree::NodeId node;
    std::string path;
  };
  std::vector<Entry> stack{{tree.root(), "/"}};
  while (!stack.empty()) {
    const Entry entry = std::move(stack.back());
    stack.pop_back();
    print_node(options, tree, entry.node, entry.path);
    std::vector<tree::NodeId> children = tree.children(entry.node);
    std::sort(children.begin(), children.end(),
              [&tree](tree::NodeId a, tree::NodeId b) { return tree.name(a) > tree.name(b); });
    for (const tree::NodeId child : children) {
      stack.push_back(
          {child, (entry.path == "/" ? "" : entry.path) + "/" + std::string(tree.name(child))});
    }
  }
}

void print_sessions(const InspectOptions& options, const tree::Database& database) {
  if (!options.json) {
    print_text("Session Details (sid, timeout, ephemeralCount):\n");
  }
  for (const tree::SessionRecord& session : database.sessions()) {
    const size_t count = database.tree().ephemerals_of(session.session).size();
    if (options.json) {
      print_text(Json{{"session", hexadecimal(session.session.value)},
                      {"timeout", session.timeout_ms},
                      {"ephemeralCount", count}}
                     .dump() +
                 "\n");
    } else {
      print_text(padded(session.session.value) + ", " + std::to_string(session.timeout_ms) + ", " +
                 std::to_string(count) + "\n");
    }
  }
}

void print_summary(const InspectOptions& options, const tree::LoadedSnapshot& snapshot) {
  const tree::Database& database = snapshot.database;
  const Zxid last = snapshot.info.last_processed_zxid.value_or(database.last_zxid());
  if (options.json) {
    Json json{{"file", options.file},
              {"nodes", database.tree().node_count()},
              {"sessions", database.session_count()},
              {"lastZxid", hexadecimal(last.value)}};
    if (snapshot.info.digest) {
      json["digest"] = hexadecimal(snapshot.info.digest->tree_digest);
    }
    print_text(json.dump() + "\n");
    return;
  }
  print_text("----\nLast zxid: " + hexadecimal(last.value) + "\n");
}

}  // namespace

void add_inspect_flags(CLI::App& inspect, InspectOptions& log, InspectOptions& snapshot) {
  inspect.require_subcommand(1);
  CLI::App* of_log = inspect.add_subcommand("log", "Entries of a transaction log");
  of_log->add_option("file", log.file, "log.<zxid>")->required();
  of_log->add_flag("--json", log.json, "One JSON object a line");
  of_log->add_flag("--verify", log.verify, "Check every entry, print only the verdict");
  of_log->add_flag("--recover", log.recover, "Copy what is readable to FILE.fixed");
  of_log->add_flag("--believe", log.believe,
                   "With --recover: keep entries whose checksum is wrong but which decode");
  of_log->add_option("--from", log.from, "First zxid to print, hexadecimal");
  of_log->add_option("--to", log.to, "Last zxid to print, hexadecimal");
  CLI::App* of_snapshot = inspect.add_subcommand("snapshot", "Nodes and sessions of a snapshot");
  of_snapshot->add_option("file", snapshot.file, "snapshot.<zxid>[.gz|.snappy]")->required();
  of_snapshot->add_flag("--json", snapshot.json, "One JSON object a line");
  of_snapshot->add_flag("--verify", snapshot.verify, "Check everything, print only the verdict");
  of_snapshot->add_flag("-d,--data", snapshot.data, "Print data too, base64");
}

int inspect_snapshot(const InspectOptions& options) {
  const std::filesystem::path path(options.file);
  const auto name = storage::parse_snapshot_name(path.filename().string());
  if (!name) {
    complain(options.file + ": the name is not snapshot.<zxid>, which tells how to read it");
    return 2;
  }
  storage::PosixFileSystem fs;
  const std::string directory =
      path.has_parent_path() ? path.parent_path().string() : std::string(".");
  tree::TreeOptions tree_options;
  tree_options.extended_types_enabled = true;
  const auto loaded = storage::load_snapshot_file(fs, directory, *name, tree_options);
  if (!loaded) {
    complain(loaded.error().message);
    return 1;
  }
  if (options.verify && !options.json) {
    print_text("whole, " + std::to_string(loaded->database.tree().node_count()) + " nodes, " +
               std::to_string(loaded->database.session_count()) + " sessions, last zxid " +
               hexadecimal(loaded->database.last_zxid().value) + "\n");
    return 0;
  }
  if (!options.verify) {
    if (!options.json) {
      print_text("ZNode Details (count=" + std::to_string(loaded->database.tree().node_count()) +
                 "):\n----\n");
    }
    print_nodes(options, loaded->database.tree());
    print_sessions(options, loaded->database);
  }
  print_summary(options, *loaded);
  return 0;
}

}  // namespace quorate::cli
