// Commands on one node: create, delete, get, set, stat, sync and counts.
#include <charconv>

#include "server/cli/shell_commands.h"

#include "server/base/hex.h"

namespace quorate::cli {
namespace {

constexpr int64_t kTtlMax = 0xFFFFFFFFFF;

template <typename T>
std::optional<T> parse_number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// Kind of node that the options of create ask for.
Result<client::CreateMode> create_mode(const Arguments& arguments) {
  using Mode = client::CreateMode;
  const auto bad = [](const char* why) { return Error{ErrorKind::kInvalidInput, why}; };
  const bool sequential = arguments.has("s");
  const bool ephemeral = arguments.has("e");
  if (arguments.has("c")) {
    if (sequential || ephemeral) {
      return bad(
          "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.");
    }
    return Mode::kContainer;
  }
  if (arguments.has("t")) {
    if (ephemeral) {
      return bad("TTLs cannot be used with Ephemeral znodes");
    }
    return sequential ? Mode::kPersistentSequentialWithTtl : Mode::kPersistentWithTtl;
  }
  if (ephemeral) {
    return sequential ? Mode::kEphemeralSequential : Mode::kEphemeral;
  }
  return sequential ? Mode::kPersistentSequential : Mode::kPersistent;
}

/// Data as it may be shown on this output: a terminal gets no control characters.
std::string shown(const std::string& data, const OutputStyle& style) {
  if (!style.terminal) {
    return data;
  }
  std::string safe;
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) {
      safe.append("\\x");
      append_hex(safe, byte);
    } else {
      safe.push_back(c);
    }
  }
  return safe;
}

}  // namespace

Result<int32_t> parse_version(const std::string& text) {
  if (text.empty()) {
    return -1;
  }
  const auto version = parse_number<int32_t>(text);
  if (!version) {
    return Error{ErrorKind::kInvalidInput, "version is not a number: " + text};
  }
  return *version;
}

CommandResult command::create(Shell& shell, const Arguments& arguments, Answer& answer) {
  const auto mode = create_mode(arguments);
  if (!mode) {
    return CommandError{mode.error().message};
  }
  client::NewNode node;
  node.mode = *mode;
  node.data = std::nullopt;
  if (arguments.has("t")) {
    const auto ttl = parse_number<int64_t>(arguments.value("t"));
    if (!ttl) {
      return CommandError{"-t argument must be a long value"};
    }
    if (*ttl <= 0 || *ttl > kTtlMax) {
      return CommandError{"ttl must be positive and cannot be larger than: " +
                          std::to_string(kTtlMax)};
    }
    node.ttl_ms = *ttl;
  }
  const std::string& path = arguments.operand(0);
  if (arguments.count() > 1) {
    node.data = arguments.operand(1);
  }
  if (arguments.count() > 2) {
    ParsedAcl acl = parse_acl(arguments.operand(2));
    for (const std::string& complaint : acl.complaints) {
      answer.err(complaint + "\n");
    }
    if (acl.acls.empty()) {
      return CommandError{"Acl is not valid : null", 1, wire::ErrorCode::kInvalidAcl, path};
    }
    node.acls = std::move(acl.acls);
  }
  if (auto bad = check_path(path, arguments.has("s"))) {
    return bad;
  }
  const auto created = shell.run(shell.calls().create(path, node));
  if (!created.ok()) {
    return keeper_error(created.error, path);
  }
  answer.err("Created " + created.value.path + "\n");
  answer.json = Json{{"created", created.value.path}};
  return std::nullopt;
}

CommandResult command::remove(Shell& shell, const Arguments& arguments, Answer&) {
  const std::string& path = arguments.operand(0);
  const auto version = parse_version(arguments.value("v"));
  if (!version) {
    return CommandError{version.error().message};
  }
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto removed = shell.run(shell.calls().remove(path, *version));
  if (!removed.ok()) {
    return keeper_error(removed.error, path);
  }
  return std::nullopt;
}

CommandResult command::get(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto got = shell.run(shell.calls().get(path, arguments.has("w")));
  if (!got.ok()) {
    return keeper_error(got.error, path);
  }
  const std::string data = got.value.data.value_or("null");
  if (arguments.has("b")) {
    answer.out(base64(data) + "\n");
  } else if (arguments.has("x")) {
    answer.out(hex_dump(data));
  } else {
    answer.out(shown(data, shell.output().style()) + "\n");
  }
  answer.json = Json{{"path", path}, {"data", data_json(got.value.data)}};
  if (arguments.has("s")) {
    answer.out(stat_text(got.value.stat));
    answer.json["stat"] = stat_json(got.value.stat);
  }
  return std::nullopt;
}

CommandResult command::set(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  const auto version = parse_version(arguments.value("v"));
  if (!version) {
    return CommandError{version.error().message};
  }
  if (auto bad = check_path(path)) {
    return bad;
  }
  std::string data = arguments.operand(1);
  if (arguments.has("b")) {
    auto decoded = from_base64(data);
    if (!decoded) {
      return CommandError{decoded.error().message};
    }
    data = std::move(*decoded);
  }
  const auto done = shell.run(shell.calls().set(path, data, *version));
  if (!done.ok()) {
    return keeper_error(done.error, path);
  }
  if (arguments.has("s")) {
    answer.out(stat_text(done.value));
  }
  answer.json = Json{{"path", path}, {"stat", stat_json(done.value)}};
  return std::nullopt;
}

CommandResult command::stat(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto found = shell.run(shell.calls().exists(path, arguments.has("w")));
  if (!found.ok()) {
    return keeper_error(found.error, path);
  }
  answer.out(stat_text(found.value));
  answer.json = Json{{"path", path}, {"stat", stat_json(found.value)}};
  return std::nullopt;
}

CommandResult command::sync(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto done = shell.run(shell.calls().sync(path));
  if (!done.ok()) {
    return CommandError{"Sync has failed. rc=" + std::to_string(static_cast<int>(done.error)), 1,
                        done.error, path};
  }
  answer.out("Sync is OK\n");
  return std::nullopt;
}

CommandResult command::all_children_number(Shell& shell, const Arguments& arguments,
                                           Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto number = shell.run(shell.calls().all_children_number(path));
  if (!number.ok()) {
    return keeper_error(number.error, path);
  }
  answer.out(std::to_string(number.value) + "\n");
  answer.json = Json{{"path", path}, {"allChildrenNumber", number.value}};
  return std::nullopt;
}

CommandResult command::ephemerals(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string path = arguments.count() == 0 ? "/" : arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto found = shell.run(shell.calls().ephemerals(path));
  if (!found.ok()) {
    return keeper_error(found.error, path);
  }
  answer.out(list_text(found.value) + "\n");
  answer.json = Json{{"ephemerals", found.value}};
  return std::nullopt;
}

}  // namespace quorate::cli
