// Text of people: zoo.cfg, the dynamic configuration, server lines, host lists, arguments. The
// first byte of the input says which.
#include <algorithm>

#include "server/config/command_line.h"
#include "server/config/describe.h"
#include "server/config/host_list.h"
#include "server/config/members.h"
#include "server/config/parse.h"
#include "server/config/properties.h"
#include "server/quorum/server_spec.h"
#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {
namespace {

constexpr std::string_view kSource = "zoo.cfg";

// Problems are one line each, without control characters, and there are not more than there is
// text to complain about.
void check_problems(const std::vector<config::Problem>& problems, std::string_view text) {
  constexpr size_t kProblemsOfNothing = 16;
  FUZZ_CHECK(problems.size() <= kProblemsOfNothing + 2 * text.size());
  for (const config::Problem& problem : problems) {
    FUZZ_CHECK(!problem.message.empty());
    const std::string line = config::to_text(problem);
    FUZZ_CHECK(std::ranges::none_of(line, [](char character) {
      return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
    }));
  }
}

// `text` as a key or value of a properties file that means it.
std::string escaped(std::string_view text) {
  std::string to;
  for (const char character : text) {
    if (character == '\n') {
      to += "\\n";
    } else if (character == '\r') {
      to += "\\r";
    } else if (character == '\t') {
      to += "\\t";
    } else if (character == '\f') {
      to += "\\f";
    } else {
      if (std::string_view("\\=:#! ").find(character) != std::string_view::npos) {
        to += '\\';
      }
      to += character;
    }
  }
  return to;
}

// What was parsed, written out, parses to the same.
void check_properties(std::string_view text) {
  const auto parsed = config::parse_properties(text, kSource);
  check_problems(parsed.errors, text);
  std::string written;
  for (const config::Property& property : parsed.properties) {
    FUZZ_CHECK(property.place.line >= 1);
    FUZZ_CHECK(property.place.line <=
               1 + std::ranges::count(text, '\n') + std::ranges::count(text, '\r'));
    written += escaped(property.key) + "=" + escaped(property.value) + "\n";
  }
  const auto again = config::parse_properties(written, kSource);
  FUZZ_CHECK(again.errors.empty());
  FUZZ_CHECK(std::ranges::equal(parsed.properties, again.properties,
                                [](const config::Property& left, const config::Property& right) {
                                  return left.key == right.key && left.value == right.value;
                                }));
}

bool same_entries(const std::vector<config::Entry>& left, const std::vector<config::Entry>& right) {
  return std::ranges::equal(left, right, [](const config::Entry& one, const config::Entry& other) {
    return one.name == other.name && one.value == other.value;
  });
}

// A configuration that is accepted is complete, can be shown, and comes from its text alone.
void check_zoo_cfg(std::string_view text) {
  check_properties(text);
  const config::ParseResult result = config::parse(text, kSource, {});
  check_problems(result.errors, text);
  check_problems(result.warnings, text);
  const auto described = config::describe_all(result.config);
  (void)config::describe_conf_word(result.config, {});
  (void)config::describe_admin_configuration(result.config, {});
  FUZZ_CHECK(
      same_entries(described, config::describe_all(config::parse(text, kSource, {}).config)));
  if (!result.ok()) {
    return;
  }
  FUZZ_CHECK(!result.config.storage.data_dir.empty());
  FUZZ_CHECK(!result.config.storage.data_log_dir.empty());
  FUZZ_CHECK(result.config.session.tick_time_ms > 0);
  FUZZ_CHECK(result.config.session.min_session_timeout_ms <=
             result.config.session.max_session_timeout_ms);
}

void check_members(std::string_view text) {
  const auto result = config::parse_members(text, kSource);
  check_problems(result.errors, text);
  for (const auto& [id, spec] : result.members.servers) {
    FUZZ_CHECK(!spec.addresses.empty());
  }
}

void check_server_spec(std::string_view text) {
  const auto spec = quorum::parse_server_spec(text);
  if (!spec.ok()) {
    FUZZ_CHECK(!spec.error().message.empty());
    return;
  }
  FUZZ_CHECK(!spec->addresses.empty());
  const std::string written = quorum::as_written(*spec);
  const auto again = quorum::parse_server_spec(written);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *spec);
  FUZZ_CHECK(quorum::as_written(*again) == written);
}

void check_hosts(std::string_view text) {
  const auto hosts = config::parse_hosts(text);
  if (!hosts.ok()) {
    return;
  }
  FUZZ_CHECK(!hosts->empty());
  const auto again = config::parse_hosts(config::hosts_text(*hosts));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *hosts);
}

// One argument a line.
void check_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    arguments.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  config::CommandLine line = config::parse_command_line(arguments);
  config::add_jvm_flags(line, "SERVER_JVMFLAGS", text);
  check_problems(line.errors, text);
  check_problems(line.warnings, text);
  const auto result =
      config::parse("dataDir=/data\n", kSource, line.system_properties, line.overrides);
  check_problems(result.errors, text);
  check_problems(result.warnings, text);
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      "0# comment\ntickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/data\nclientPort=2181\n"
      "4lw.commands.whitelist=stat, ruok, conf\nautopurge.purgeInterval=1\n"
      "admin.serverPort=8080\nmaxClientCnxns 60\nforceSync: no\n",
      "0dataDir=/d\\u00e9\\\n   ta\nserver.1=a:2888:3888;2181\nserver.2=b:2888:3888\n"
      "server.3=c:2888:3888:observer\ninitLimit=5\nsyncLimit=2\nweight.1=2\ngroup.1=1:2:3\n",
      "0dataDir=/d\nsecureClientPort=2281\nssl.keyStore.location=/k.pem\nclientPortAddress=[::1]\n"
      "DigestAuthenticationProvider.superDigest=super:abc=\nunknownKey=1\ntickTime=abc\n",
      "1server.1=a:1:2:participant;0.0.0.0:2181\nserver.2=b:1:2:observer\nversion=100000000\n"
      "group.1=1:2\nweight.1=1\n",
      "2host:2888:3888",
      "2[::1]:2888:3888:observer|b:1:2;[::]:2181;c:2281",
      "3a,127.0.0.1,[::1],b.example",
      "4-Dzookeeper.snapCount=1000\n-Djute.maxbuffer=4194304\n--data-dir\n/d\n-Xmx1g\nzoo.cfg",
      "42181\n/data\n2000\n60",
  };
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size == 0) {
    return 0;
  }
  const std::string_view text = fuzz::as_view(data + 1, size - 1);
  switch (data[0] % 5) {
    case '0' % 5:
      fuzz::check_zoo_cfg(text);
      break;
    case '1' % 5:
      fuzz::check_members(text);
      break;
    case '2' % 5:
      fuzz::check_server_spec(text);
      break;
    case '3' % 5:
      fuzz::check_hosts(text);
      break;
    default:
      fuzz::check_arguments(text);
  }
  return 0;
}
