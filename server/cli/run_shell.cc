// Starting the shell: flags, connection, the one command or the loop.
#include "server/cli/run_shell.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "server/cli/client_tls.h"
#include "server/cli/line_editor.h"
#include "server/cli/shell_completion.h"
#include "server/cli/shell_words.h"

namespace quorate::cli {
namespace {

constexpr std::string_view kHelp = R"(Usage: quorate shell [options] [command [arguments]]

Runs one command, or without one a conversation with history and completion.
The commands are those of zkCli.sh; `quorate shell help` lists them.

Options
  -server HOST:PORT[,...][/CHROOT]  Where to connect (default localhost:2181)
  -timeout MS                       Session timeout (default 30000)
  -r                                Accept a read-only server
  -waitforconnection                Wait for the connection before the first command
  -client-configuration FILE        Properties, such as zookeeper.client.secure=true
  --json                            Print JSON, one value a line
  --color auto|always|never         Default: on a terminal, unless NO_COLOR is set
  --tls                             Connect by TLS
  --tls-ca FILE                     Authorities to trust (PEM, PKCS12, JKS)
  --tls-cert FILE, --tls-key FILE   Our certificate and key
  --tls-no-host-check               Do not compare the certificate with the host's name

Environment: CLIENT_JVMFLAGS (its -Dzookeeper.ssl.* words), QUORATE_HISTORY (history file,
default ~/.quorate_history; empty: none), NO_COLOR.
)";

Result<std::string> value_of(const std::vector<std::string>& arguments, size_t& i) {
  if (i + 1 >= arguments.size()) {
    return Error{ErrorKind::kInvalidInput, "Error: no argument found for option " + arguments[i]};
  }
  return arguments[++i];
}

/// Options with a value: where it goes.
std::string* target_of(std::string_view name, ShellOptions& options) {
  if (name == "server") {
    return &options.connect.server;
  }
  if (name == "client-configuration") {
    return &options.configuration;
  }
  if (name == "color") {
    return &options.colour;
  }
  if (name == "tls-ca") {
    return &options.tls_ca;
  }
  if (name == "tls-cert") {
    return &options.tls_certificate;
  }
  return name == "tls-key" ? &options.tls_key : nullptr;
}

/// Options without a value; false if `name` is none.
bool set_flag(std::string_view name, ShellOptions& options) {
  if (name == "r") {
    options.connect.read_only = true;
  } else if (name == "waitforconnection") {
    options.wait_for_connection = true;
  } else if (name == "json") {
    options.json = true;
  } else if (name == "tls") {
    options.tls = true;
  } else if (name == "tls-no-host-check") {
    options.tls_check_host = false;
  } else if (name == "h" || name == "help") {
    options.help = true;
  } else {
    return false;
  }
  return true;
}

std::optional<net::TlsOptions> tls_of_flags(const ShellOptions& options) {
  if (!options.tls && options.tls_ca.empty() && options.tls_certificate.empty()) {
    return std::nullopt;
  }
  net::TlsOptions tls;
  tls.side = net::TlsSide::kClient;
  tls.trust_store.path = options.tls_ca;
  tls.key_store.path = options.tls_certificate;
  tls.key_store.key_path = options.tls_key;
  tls.verify_host_name = options.tls_check_host;
  return tls;
}

Status load_tls(ShellOptions& options) {
  std::optional<net::TlsOptions> tls = tls_of_flags(options);
  if (!tls) {
    ClientProperties properties;
    if (const char* flags = std::getenv("CLIENT_JVMFLAGS")) {
      add_jvm_flags(flags, properties);
    }
    if (!options.configuration.empty()) {
      if (auto added = add_properties_file(options.configuration, properties); !added) {
        return added;
      }
    }
    auto wanted = tls_options(properties);
    if (!wanted) {
      return wanted.error();
    }
    tls = std::move(*wanted);
  }
  if (!tls) {
    return {};
  }
  auto context = tls_context(std::move(*tls));
  if (!context) {
    return context.error();
  }
  options.connect.tls = std::move(*context);
  return {};
}

OutputStyle style_of(const ShellOptions& options) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const bool automatic = terminal && std::getenv("NO_COLOR") == nullptr;
  OutputStyle style;
  style.json = options.json;
  style.terminal = terminal;
  style.colour = options.colour == "always" || (options.colour == "auto" && automatic);
  return style;
}

std::string history_file() {
  if (const char* file = std::getenv("QUORATE_HISTORY")) {
    return file;
  }
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home) + "/.quorate_history";
}

std::vector<std::string> children_soon(Shell& shell, const std::string& path) {
  constexpr auto kPatience = std::chrono::seconds(1);
  if (!shell.is_open() || shell.client().state() != client::Machine::State::kConnected) {
    return {};
  }
  auto asked = shell.client().start(shell.calls().child_names(path));
  if (asked.wait_for(kPatience) != std::future_status::ready) {
    return {};
  }
  auto found = asked.get();
  return found.ok() ? found.value.names : std::vector<std::string>();
}

bool is_secret(const std::string& line) {
  const auto words = split_words(line);
  return !words.empty() && words.front() == "addauth";
}

void converse_on_terminal(Shell& shell) {
  LineEditor editor(shell.output(), history_file(), [&shell](std::string_view before) {
    return complete_line(before,
                         [&shell](const std::string& path) { return children_soon(shell, path); });
  });
  while (!shell.quit) {
    const auto line = editor.read(shell.prompt());
    if (!line) {
      shell.output().out("\n");
      return;
    }
    if (split_words(*line).empty()) {
      continue;
    }
    editor.remember(*line, is_secret(*line));
    shell.execute_line(*line);
  }
}

/// Reads commands from a pipe or file. Prompts and lines are echoed, as zkCli.sh does.
void converse_with_pipe(Shell& shell) {
  const bool echo = !shell.output().style().json;
  std::string line;
  while (!shell.quit) {
    if (echo) {
      shell.output().out(shell.prompt());
    }
    if (!std::getline(std::cin, line)) {
      return;
    }
    if (echo) {
      shell.output().out(line + "\n");
    }
    if (!split_words(line).empty()) {
      shell.execute_line(line);
    }
  }
}

int converse(Shell& shell, ShellOutput& output) {
  if (!output.style().json) {
    output.out("Welcome to ZooKeeper!\nJLine support is enabled\n");
  }
  // A server that answers does so at once: then the first prompt says CONNECTED.
  (void)shell.wait_connected(kMoment);
  if (::isatty(STDIN_FILENO) == 1) {
    converse_on_terminal(shell);
  } else {
    converse_with_pipe(shell);
  }
  return 0;
}

}  // namespace

Result<ShellOptions> parse_shell_options(const std::vector<std::string>& arguments) {
  ShellOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with('-')) {
      options.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      break;
    }
    const std::string_view name = std::string_view(word).substr(word.starts_with("--") ? 2 : 1);
    if (set_flag(name, options)) {
      continue;
    }
    std::string* target = target_of(name, options);
    std::string timeout;
    if (name == "timeout") {
      target = &timeout;
    }
    if (target == nullptr) {
      return Error{ErrorKind::kInvalidInput, "unknown option " + word};
    }
    auto value = value_of(arguments, i);
    if (!value) {
      return value.error();
    }
    *target = std::move(*value);
    if (name == "timeout") {
      const char* end = timeout.data() + timeout.size();
      const auto [at, error] = std::from_chars(timeout.data(), end, options.connect.timeout_ms);
      if (error != std::errc() || at != end || options.connect.timeout_ms <= 0) {
        return Error{ErrorKind::kInvalidInput, "-timeout needs a number of ms: " + timeout};
      }
    }
  }
  if (options.colour != "auto" && options.colour != "always" && options.colour != "never") {
    return Error{ErrorKind::kInvalidInput, "--color is one of auto, always, never"};
  }
  return options;
}

int run_shell(const std::vector<std::string>& arguments) {
  auto options = parse_shell_options(arguments);
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().message.c_str());
    return 1;
  }
  if (options->help) {
    std::fputs(kHelp.data(), stdout);
    return 0;
  }
  if (auto loaded = load_tls(*options); !loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 1;
  }
  ShellOutput output(style_of(*options));
  Shell shell(options->connect, output);
  if (!options->json) {
    output.out("Connecting to " + options->connect.server + "\n");
  }
  if (auto connected = shell.connect(""); !connected) {
    output.error(connected.error().message + "\n");
    return 1;
  }
  const Duration session_timeout = std::chrono::milliseconds(options->connect.timeout_ms);
  if (options->wait_for_connection && !shell.wait_connected(session_timeout)) {
    output.error("KeeperErrorCode = ConnectionLoss (" + shell.client().last_failure() + ")\n");
    return 1;
  }
  if (options->command.empty()) {
    return converse(shell, output);
  }
  const int code = shell.execute(options->command);
  output.mute();
  return code;
}

}  // namespace quorate::cli
