// Startup: configuration, locks, recovery, certificates.
#include "server/app/startup.h"

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "server/app/clock.h"
#include "server/app/redact.h"
#include "server/app/settings.h"
#include "server/app/take_over.h"
#include "server/app/version.h"
#include "server/config/parse.h"
#include "server/log/logger.h"

namespace quorate::app {
namespace {

void print(std::span<const config::Problem> problems, const char* kind) {
  for (const config::Problem& problem : problems) {
    std::fprintf(stderr, "%s: %s\n", kind, config::to_text(problem).c_str());
  }
}

/// Warnings and notes of a configuration that is used: for the reader of standard error in plain
/// words; in the log where that is another place, or is read by a machine.
void tell(const config::LogSettings& settings, std::span<const config::Problem> problems,
          bool are_warnings) {
  if (settings.file.empty() && settings.format == config::LogSettings::Format::kText) {
    print(problems, are_warnings ? "warning" : "note");
    return;
  }
  for (const config::Problem& problem : problems) {
    const std::string text = config::to_text(problem);
    if (are_warnings) {
      log::warn("configuration", {{"detail", text}});
    } else {
      log::info("configuration", {{"detail", text}});
    }
  }
}

Result<storage::Recovered> recover_database(storage::FileSystem& fs,
                                            const storage::Directories& directories,
                                            const config::Config& config, bool has_peers) {
  Result<storage::Recovered> recovered = storage::recover(fs, directories, recover_options(config));
  if (!recovered) {
    return recovered;
  }
  if (!recovered->trusted && !has_peers) {
    return Error{ErrorKind::kInvalidInput,
                 "the data directory " + directories.data +
                     " is empty and zookeeper.db.autocreate=false: create the file 'initialize' in "
                     "it to start a new database"};
  }
  const Status settled = storage::settle(fs, directories, *recovered);
  if (!settled) {
    return settled.error();
  }
  // A loaded tree leaves as much freed memory behind as it keeps: its tables grew by doubling.
  ::malloc_trim(0);
  return recovered;
}

/// The contexts of the ports that speak TLS.
Status load_tls(Member::Parts& parts) {
  const config::Config& config = parts.config;
  const WallMillis now = read_clocks().wall;
  if (config::clients_use_tls(config)) {
    auto context = net::TlsContext::create(client_tls_options(config), now);
    if (!context) {
      return Error{ErrorKind::kInvalidInput, "TLS of clients: " + context.error().message};
    }
    parts.tls = std::move(*context);
  }
  if (config::admin_tls(config) != nullptr) {
    auto context = net::TlsContext::create(admin_tls_options(config), now);
    if (!context) {
      return Error{ErrorKind::kInvalidInput, "TLS of the admin port: " + context.error().message};
    }
    parts.admin_tls = std::move(*context);
  }
  return {};
}

void log_recovery(const storage::Recovered& recovered, int64_t took_ms) {
  for (const std::string& warning : recovered.warnings) {
    log::warn("recovery", {{"detail", warning}});
  }
  const storage::RecoveryStatistics& statistics = recovered.statistics;
  log::info("recovered", {{"zxid", log::hex(recovered.last_zxid.value)},
                          {"snapshot", statistics.snapshot},
                          {"txns", statistics.txns},
                          {"nodes", recovered.database.tree().node_count()},
                          {"sessions", recovered.database.session_count()},
                          {"digest_mismatches", statistics.digest_mismatches},
                          {"ms", took_ms}});
}

Refusal refuse(const Error& error) {
  log::error("PANIC_start", {{"reason", error.message}});
  return Refusal{exit_code_of(error)};
}

}  // namespace

ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalidInput:
      return ExitCode::kInvalidConfiguration;
    case ErrorKind::kConflict:
    case ErrorKind::kCorrupt:
    case ErrorKind::kNotFound:
    case ErrorKind::kIo:
    case ErrorKind::kNoSpace:
    case ErrorKind::kDenied:
      return ExitCode::kDataDirectory;
    case ErrorKind::kUnavailable:
      return ExitCode::kUnexpected;
  }
  return ExitCode::kUnexpected;
}

std::variant<LoadedConfig, Refusal> load_config(std::span<const std::string> arguments) {
  config::CommandLine line = config::parse_command_line(arguments);
  if (line.wants_help) {
    std::fputs(config::usage_text().c_str(), stdout);
    return Refusal{ExitCode::kOk};
  }
  if (line.wants_version) {
    std::printf("quorate-server %s, built on %s\n", kVersion, kBuiltOn);
    return Refusal{ExitCode::kOk};
  }
  const char* flags = std::getenv("SERVER_JVMFLAGS");
  if (flags != nullptr) {
    config::add_jvm_flags(line, "SERVER_JVMFLAGS", flags);
  }
  if (!line.ok()) {
    print(line.warnings, "warning");
    print(line.errors, "error");
    return Refusal{ExitCode::kInvalidConfiguration};
  }
  LoadedConfig loaded;
  loaded.file_name = line.config_file;
  if (!line.config_file.empty()) {
    storage::PosixFileSystem fs;
    const Result<storage::FileContent> content = storage::read_file(fs, line.config_file);
    if (!content) {
      std::fprintf(stderr, "error: %s\n", content.error().message.c_str());
      return Refusal{ExitCode::kInvalidConfiguration};
    }
    loaded.file_text = content->bytes();
  }
  config::ParseResult parsed =
      config::parse(loaded.file_text, loaded.file_name, line.system_properties, line.overrides);
  if (!parsed.ok()) {
    print(parsed.warnings, "warning");
    print(parsed.errors, "error");
    return Refusal{ExitCode::kInvalidConfiguration};
  }
  loaded.config = std::move(parsed.config);
  const Status logger = log::start(logger_options(loaded.config));
  if (!logger) {
    std::fprintf(stderr, "error: %s\n", logger.error().message.c_str());
    return Refusal{ExitCode::kInvalidConfiguration};
  }
  tell(loaded.config.log, line.warnings, true);
  tell(loaded.config.log, parsed.warnings, true);
  tell(loaded.config.log, parsed.notes, false);
  return loaded;
}

std::variant<Member::Parts, Refusal> prepare(LoadedConfig loaded) {
  Member::Parts parts{.config = std::move(loaded.config),
                      .initial_configuration = redact_config(loaded.file_text),
                      .file_system = std::make_unique<storage::PosixFileSystem>()};
  config::Config& config = parts.config;
  parts.directories = storage::directories_of(config.storage.data_dir, config.storage.data_log_dir);
  Result<storage::DirectoryLocks> locks = storage::open_directories(
      *parts.file_system, parts.directories, config.storage.autocreate_data_dir);
  if (!locks) {
    return refuse(locks.error());
  }
  parts.locks = std::move(*locks);
  Result<std::optional<EnsembleSetup>> setup =
      set_up_ensemble(*parts.file_system, parts.directories, config);
  if (!setup) {
    return refuse(setup.error());
  }
  parts.setup = std::move(*setup);
  if (parts.setup) {
    config::adopt_member_ports(config, *parts.setup->own);
  }
  const Status tls = load_tls(parts);
  if (!tls) {
    return refuse(tls.error());
  }
  if (config.auth.x509_enabled) {
    Result<auth::CertificateIdRule> rule =
        auth::CertificateIdRule::make(certificate_id_options(config));
    if (!rule) {
      return refuse(rule.error());
    }
    parts.certificate_rule = std::move(*rule);
  }
  const TimePoint started = monotonic_now();
  Result<storage::Recovered> recovered =
      recover_database(*parts.file_system, parts.directories, config, parts.setup.has_value());
  if (!recovered) {
    return refuse(recovered.error());
  }
  parts.load_ms = (monotonic_now() - started).count() / 1000;
  log_recovery(*recovered, parts.load_ms);
  if (parts.setup && parts.setup->is_to_take_over) {
    const Status taken = take_over_disk(*parts.file_system, parts.directories,
                                        config.quorum.ensemble_id, *parts.setup, *recovered);
    if (!taken) {
      return refuse(taken.error());
    }
    log::warn("disk_taken_over", {{"former", config.quorum.recovery->former_ensemble_id},
                                  {"ensemble", config.quorum.ensemble_id},
                                  {"zxid", log::hex(recovered->last_zxid.value)}});
  }
  parts.recovered = std::make_unique<storage::Recovered>(std::move(*recovered));
  return parts;
}

}  // namespace quorate::app
