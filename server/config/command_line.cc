// The arguments of quorate-server.
#include "server/config/command_line.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "server/base/text.h"

namespace quorate::config {
namespace {

/// Our options that stand for keys of zoo.cfg.
struct Option {
  std::string_view name;
  std::string_view key;
};
constexpr std::array<Option, 6> kOptions = {{
    {"--data-dir", "dataDir"},
    {"--log-dir", "dataLogDir"},
    {"--token-file", "admin.tokenFile"},
    {"--tls-dir", "quorate.tlsDir"},
    {"--name", "quorate.name"},
    {"--listen", "quorate.listen"},
}};

/// Java options whose operand is the next argument.
constexpr std::array<std::string_view, 12> kJavaOperands = {
    "-cp",         "-classpath", "--class-path",  "-p", "--module-path", "--add-modules",
    "--add-opens", "-jar",       "--add-exports", "-m", "--add-reads",   "--upgrade-module-path",
};

/// Java options by what they begin with.
constexpr std::array<std::string_view, 14> kJavaPrefixes = {
    "-X",     "-ea",        "-da",      "-esa",   "-dsa",      "-server", "-client",
    "-agent", "-javaagent", "-verbose", "--add-", "--enable-", "-splash", "-d64"};

/// The source of problems with the arguments themselves.
constexpr std::string_view kArguments = "arguments";

constexpr std::string_view kJavaPackage = "org.apache.zookeeper.";

bool is_java_option(std::string_view argument) {
  return std::ranges::any_of(
      kJavaPrefixes, [argument](std::string_view prefix) { return argument.starts_with(prefix); });
}

/// Walks over the arguments, which come from one source.
class Parser {
 public:
  /// `source` is named in problems; empty stands for the arguments themselves.
  Parser(CommandLine& line, std::span<const std::string> arguments, std::string_view source)
      : line_(line), arguments_(arguments), source_(source) {}

  /// Takes all of them; returns those that are no options.
  std::vector<std::string> run() {
    std::vector<std::string> positional;
    while (index_ < arguments_.size()) {
      const std::string& argument = arguments_[index_++];
      if (argument.starts_with("-D")) {
        take_property(argument);
      } else if (take_java_option(argument)) {
        continue;
      } else if (source_.empty() && take_own_option(argument)) {
        continue;
      } else if (argument.starts_with('-') && argument != "-") {
        error(argument, "is not an option of this server; see --help");
      } else {
        positional.push_back(argument);
      }
    }
    return positional;
  }

 private:
  [[nodiscard]] Place place() const {
    return Place{.source = source_.empty() ? std::string(kArguments) : std::string(source_)};
  }

  void error(std::string_view argument, std::string message) {
    line_.errors.push_back(
        {.place = place(), .key = std::string(argument), .message = std::move(message)});
  }

  void warn(std::string_view argument, std::string message) {
    line_.warnings.push_back(
        {.place = place(), .key = std::string(argument), .message = std::move(message)});
  }

  /// `-DNAME=VALUE`, `-DNAME`, `-D NAME=VALUE`.
  void take_property(std::string_view argument) {
    std::string_view rest = argument.substr(2);
    if (rest.empty() && index_ < arguments_.size()) {
      rest = arguments_[index_++];
    }
    const size_t equals = rest.find('=');
    const std::string_view name = rest.substr(0, equals);
    if (name.empty()) {
      error(argument, "must be -DNAME=VALUE");
      return;
    }
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : rest.substr(equals + 1);
    line_.system_properties.push_back(
        {.key = std::string(name), .value = std::string(value), .place = place()});
  }

  bool take_java_option(const std::string& argument) {
    if (std::ranges::find(kJavaOperands, argument) != kJavaOperands.end()) {
      index_ = std::min(index_ + 1, arguments_.size());
      warn(argument, "is an option of the Java virtual machine and has no effect");
      return true;
    }
    if (is_java_option(argument)) {
      warn(argument, "is an option of the Java virtual machine and has no effect");
      return true;
    }
    if (argument.starts_with(kJavaPackage)) {
      warn(argument, "is a Java class; this server is started whatever the class");
      return true;
    }
    return false;
  }

  bool take_own_option(const std::string& argument) {
    if (argument == "-h" || argument == "--help") {
      line_.wants_help = true;
      return true;
    }
    if (argument == "--version") {
      line_.wants_version = true;
      return true;
    }
    const size_t equals = argument.find('=');
    const std::string_view name = std::string_view(argument).substr(0, equals);
    const auto option = std::ranges::find(kOptions, name, &Option::name);
    if (option == kOptions.end() && name != "--config") {
      return false;
    }
    const std::optional<std::string> value = take_value(argument, equals);
    if (!value) {
      error(name, "needs a value");
    } else if (name == "--config") {
      line_.config_file = *value;
    } else {
      line_.overrides.push_back({.key = std::string(option->key),
                                 .value = *value,
                                 .place = {.source = std::string(name)}});
    }
    return true;
  }

  /// What follows `=`, or else the next argument. Empty values count as missing.
  std::optional<std::string> take_value(const std::string& argument, size_t equals) {
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (index_ < arguments_.size()) {
      value = arguments_[index_++];
    }
    return value.empty() ? std::nullopt : std::optional<std::string>(std::move(value));
  }

  CommandLine& line_;
  std::span<const std::string> arguments_;
  std::string_view source_;
  size_t index_ = 0;
};

/// `port dataDir [tickTime] [maxcnxns]`. Source: ZooKeeper 3.9 ServerConfig.parse(String[]).
void take_short_form(CommandLine& line, const std::vector<std::string>& positional) {
  static constexpr std::array<std::string_view, 4> kKeys = {"clientPort", "dataDir", "tickTime",
                                                            "maxClientCnxns"};
  for (size_t i = 0; i < positional.size(); ++i) {
    line.overrides.push_back({.key = std::string(kKeys[i]),
                              .value = positional[i],
                              .place = {.source = "argument " + std::to_string(i + 1)}});
  }
}

void take_positional(CommandLine& line, const std::vector<std::string>& positional) {
  const auto error = [&line](std::string message) {
    line.errors.push_back(
        {.place = {.source = std::string(kArguments)}, .key = {}, .message = std::move(message)});
  };
  const bool has_file = !line.config_file.empty();
  if (line.wants_help || line.wants_version) {
    return;
  }
  if (has_file && !positional.empty()) {
    error("'" + positional.front() + "' cannot stand beside --config");
  } else if (positional.size() == 1) {
    line.config_file = positional.front();
  } else if (positional.size() > 4) {
    error("there are " + std::to_string(positional.size()) +
          " arguments, must be zoo.cfg alone, or port dataDir [tickTime] [maxcnxns]");
  } else if (positional.size() > 1) {
    take_short_form(line, positional);
  } else if (!has_file) {
    error("a zoo.cfg is missing, or port dataDir [tickTime] [maxcnxns]; see --help");
  }
}

}  // namespace

CommandLine parse_command_line(std::span<const std::string> arguments) {
  CommandLine line;
  const std::vector<std::string> positional = Parser(line, arguments, {}).run();
  take_positional(line, positional);
  return line;
}

void add_jvm_flags(CommandLine& line, std::string_view variable, std::string_view flags) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : flags) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\n';
    if (!is_blank) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) {
    words.push_back(std::move(word));
  }
  CommandLine from_flags;
  const std::vector<std::string> positional = Parser(from_flags, words, variable).run();
  // The arguments stand after the flags on the line that zkServer.sh runs, so they stay later.
  Properties properties = std::move(from_flags.system_properties);
  std::ranges::move(line.system_properties, std::back_inserter(properties));
  line.system_properties = std::move(properties);
  // What a Java machine would refuse must not stop a server that only passes it over.
  for (std::vector<Problem>* problems : {&from_flags.errors, &from_flags.warnings}) {
    std::ranges::move(*problems, std::back_inserter(line.warnings));
  }
  for (const std::string& left : positional) {
    line.warnings.push_back({.place = {.source = std::string(variable)},
                             .key = left,
                             .message = "is no option and has no effect"});
  }
}

std::string usage_text() {
  return "usage: quorate-server [OPTION]... FILE\n"
         "       quorate-server [OPTION]... PORT DATADIR [TICKTIME] [MAXCNXNS]\n"
         "\n"
         "FILE is a zoo.cfg of Apache ZooKeeper. These are stronger than its keys:\n"
         "  --config FILE       the same as FILE alone\n"
         "  --data-dir DIR      dataDir\n"
         "  --log-dir DIR       dataLogDir\n"
         "  --token-file FILE   admin.tokenFile\n"
         "  --tls-dir DIR       directory of tls.crt, tls.key and ca.crt\n"
         "  --name NAME         this member's name in the list of servers\n"
         "  --listen ADDRESS    address of every port that has none of its own in FILE\n"
         "  -DNAME=VALUE        system property of ZooKeeper; weaker than FILE\n"
         "  -h, --help          this text\n"
         "  --version           the version\n"
         "SERVER_JVMFLAGS is read for -D too. Other options of a Java machine are passed over.\n";
}

}  // namespace quorate::config
