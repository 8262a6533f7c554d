// Commands that may cover a whole subtree: ls, deleteall, getAcl, setAcl.
#include <algorithm>
#include <charconv>
#include <deque>
#include <future>

#include "server/cli/shell_commands.h"

namespace quorate::cli {
namespace {

constexpr size_t kWalkWindow = 256;
constexpr size_t kDeleteBatch = 1000;

/// Order of a depth-first walk with sorted children: '/' before every other character.
bool comes_before(const std::string& a, const std::string& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
    return rank(x) < rank(y);
  });
}

std::string child_path(const std::string& parent, const std::string& name) {
  return parent == "/" ? "/" + name : parent + "/" + name;
}

/// Runs `call` for every path with at most `window` requests in flight; `on_error` gets the answers
/// that are none.
template <typename MakeCall, typename OnError>
void for_each(Shell& shell, const std::vector<std::string>& paths, size_t window,
              MakeCall make_call, OnError on_error) {
  using Future = decltype(shell.client().start(make_call(paths.front())));
  std::deque<std::pair<const std::string*, Future>> in_flight;
  const auto finish_one = [&] {
    auto [path, future] = std::move(in_flight.front());
    in_flight.pop_front();
    const auto outcome = future.get();
    if (!outcome.ok()) {
      on_error(outcome.error, *path);
    }
  };
  for (const std::string& path : paths) {
    if (in_flight.size() == window) {
      finish_one();
    }
    in_flight.emplace_back(&path, shell.client().start(make_call(path)));
  }
  while (!in_flight.empty()) {
    finish_one();
  }
}

CommandResult list_recursively(Shell& shell, const std::string& path, Answer& answer) {
  Subtree tree = walk(shell, path);
  std::string text;
  for (const std::string& one : tree.paths) {
    text.append(one).append("\n");
  }
  answer.out(text);
  answer.json = Json{{"path", path}, {"paths", tree.paths}};
  return tree.error;
}

}  // namespace

Subtree walk(Shell& shell, const std::string& root) {
  Subtree tree;
  std::vector<std::string> level{root};
  while (!level.empty()) {
    std::vector<std::string> next;
    std::deque<std::pair<const std::string*, std::future<client::Outcome<client::Children>>>> asked;
    const auto finish_one = [&] {
      auto [path, future] = std::move(asked.front());
      asked.pop_front();
      const auto found = future.get();
      if (found.error == wire::ErrorCode::kNoNode && *path != root) {
        return;
      }
      if (!found.ok() && !tree.error) {
        tree.error = keeper_error(found.error, *path);
      }
      if (found.error == wire::ErrorCode::kNoNode) {
        return;
      }
      tree.paths.push_back(*path);
      for (const std::string& name : found.value.names) {
        next.push_back(child_path(*path, name));
      }
    };
    for (const std::string& path : level) {
      if (asked.size() == kWalkWindow) {
        finish_one();
      }
      asked.emplace_back(&path, shell.client().start(shell.calls().child_names(path)));
    }
    while (!asked.empty()) {
      finish_one();
    }
    level = std::move(next);
  }
  std::sort(tree.paths.begin(), tree.paths.end(), comes_before);
  return tree;
}

CommandResult command::list(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  if (arguments.has("R")) {
    return list_recursively(shell, path, answer);
  }
  auto found = shell.run(shell.calls().children(path, arguments.has("w")));
  if (!found.ok()) {
    return keeper_error(found.error, path);
  }
  std::sort(found.value.names.begin(), found.value.names.end());
  answer.out(list_text(found.value.names) + "\n");
  answer.json = Json{{"path", path}, {"children", found.value.names}};
  if (arguments.has("s")) {
    answer.out(stat_text(found.value.stat));
    answer.json["stat"] = stat_json(found.value.stat);
  }
  return std::nullopt;
}

CommandResult command::remove_all(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  size_t batch = kDeleteBatch;
  if (arguments.has("b")) {
    const std::string text = arguments.value("b");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), batch);
    if (error != std::errc() || end != text.data() + text.size() || batch == 0) {
      return CommandError{"Batch size must be a number above 0: " + text};
    }
  }
  if (auto bad = check_path(path)) {
    return bad;
  }
  Subtree tree = walk(shell, path);
  if (tree.error) {
    return tree.error;
  }
  // Children before their parents: one session's requests are executed in their order.
  std::reverse(tree.paths.begin(), tree.paths.end());
  CommandResult failure;
  for_each(
      shell, tree.paths, batch, [&shell](const std::string& p) { return shell.calls().remove(p); },
      [&failure](wire::ErrorCode code, const std::string& failed) {
        if (code != wire::ErrorCode::kNoNode && !failure) {
          failure = keeper_error(code, failed);
        }
      });
  if (failure) {
    answer.err("Failed to delete some node(s) in the subtree!\n");
  }
  answer.json = Json{{"deleted", tree.paths.size()}};
  return failure;
}

CommandResult command::get_acl(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto found = shell.run(shell.calls().get_acl(path));
  if (!found.ok()) {
    return keeper_error(found.error, path);
  }
  answer.out(acl_text(found.value.acls));
  answer.json = Json{{"path", path}, {"acl", acl_json(found.value.acls)}};
  if (arguments.has("s")) {
    answer.out(stat_text(found.value.stat));
    answer.json["stat"] = stat_json(found.value.stat);
  }
  return std::nullopt;
}

CommandResult command::set_acl(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  const ParsedAcl acl = parse_acl(arguments.operand(1));
  for (const std::string& complaint : acl.complaints) {
    answer.err(complaint + "\n");
  }
  if (acl.acls.empty()) {
    return CommandError{"Acl is not valid : null", 1, wire::ErrorCode::kInvalidAcl, path};
  }
  const auto version = parse_version(arguments.value("v"));
  if (!version) {
    return CommandError{version.error().message};
  }
  if (auto bad = check_path(path)) {
    return bad;
  }
  Subtree tree{{path}, std::nullopt};
  if (arguments.has("R")) {
    tree = walk(shell, path);
  }
  CommandResult failure = tree.error;
  for (const std::string& one : tree.paths) {
    const auto done = shell.run(shell.calls().set_acl(one, acl.acls, *version));
    if (!done.ok()) {
      return keeper_error(done.error, one);
    }
    if (arguments.has("s")) {
      answer.out(stat_text(done.value));
    }
    answer.json.push_back(Json{{"path", one}, {"stat", stat_json(done.value)}});
  }
  return failure;
}

}  // namespace quorate::cli
