// The table of keys: every row has a default, takes a good value and refuses a bad one by name.
#include "server/config/key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "server/config/describe.h"
#include "server/config/parse.h"
#include "tests/server/config/key_values.h"
#include "tests/server/script.h"

namespace quorate::config {
namespace {

bool has_any_text(const Key& key) {
  return std::holds_alternative<Text>(key.target) ||
         std::holds_alternative<SecretText>(key.target) || std::holds_alternative<List>(key.target);
}

TEST(KeyTable, NamesAreUnique) {
  std::set<std::string> names;
  for (const Key& key : all_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.about.empty()) << key.name;
    EXPECT_TRUE(key.about.ends_with('.')) << key.name;
    for (const std::string& alias : key.aliases) {
      EXPECT_TRUE(names.insert(alias).second) << alias;
    }
  }
}

TEST(KeyTable, EveryNameFindsItsRow) {
  for (const Key& key : all_keys()) {
    std::string name = key.name;
    if (name.ends_with(".*")) {
      name = name.substr(0, name.size() - 1) + "anything";
    }
    name = name.ends_with('.') ? name + "1" : name;
    EXPECT_EQ(find_key(name).key, &key) << name;
    for (const std::string& alias : key.aliases) {
      EXPECT_EQ(find_key(alias).key, &key) << alias;
    }
  }
  EXPECT_EQ(find_key("").key, nullptr);
  EXPECT_EQ(find_key(".").key, nullptr);
  EXPECT_EQ(find_key("server").key, nullptr);
  EXPECT_EQ(find_key("server.").key, nullptr);
  EXPECT_EQ(find_key("TICKTIME").key, nullptr);
}

TEST(KeyTable, TheDefaultIsAGoodValue) {
  for (const Key& key : all_keys()) {
    const std::string value = value_text(key, Config{});
    if (!is_supported(key) || value.empty()) {
      continue;
    }
    Config config;
    const Verdict verdict = apply({.key = &key, .suffix = {}}, config, value);
    EXPECT_EQ(verdict.kind, Verdict::Kind::kOk) << key.name << "=" << value << verdict.message;
    EXPECT_EQ(value_text(key, config), value) << key.name;
  }
}

TEST(KeyTable, AGoodValueIsTakenAndReadsBack) {
  for (const Key& key : all_keys()) {
    if (!is_supported(key)) {
      continue;
    }
    const std::string good = std::visit(ValuesOf{key}, key.target).good;
    Config config;
    const Verdict verdict = apply({.key = &key, .suffix = "1"}, config, good);
    EXPECT_EQ(verdict.kind, Verdict::Kind::kOk) << key.name << ": " << verdict.message;
    if (std::holds_alternative<SecretText>(key.target)) {
      EXPECT_EQ(value_text(key, config), "***");
    } else if (key.name == "DigestAuthenticationProvider.superDigest") {
      EXPECT_EQ(config.auth.super_digest.reveal(), good);
      EXPECT_EQ(value_text(key, config), "***");
    } else if (const Family* family = std::get_if<Family>(&key.target)) {
      EXPECT_FALSE(family->get(config).empty()) << key.name;
    } else {
      EXPECT_EQ(value_text(key, config), good) << key.name;
    }
  }
}

TEST(KeyTable, ABadValueNamesFileLineKeyAndRange) {
  for (const Key& key : all_keys()) {
    if (std::holds_alternative<Ignored>(key.target) || has_any_text(key) || is_lenient(key)) {
      continue;
    }
    const std::string bad = std::visit(ValuesOf{key}, key.target).bad;
    const std::string text = "dataDir=/d\n\n# a comment\n" + spelled(key) + " = " + bad + "\n";
    const ParseResult result = parse(text, "conf/zoo.cfg", {});
    std::string found;
    for (const Problem& problem : result.errors) {
      if (problem.key == spelled(key) && problem.place.line == 4) {
        found += to_text(problem);
      }
    }
    EXPECT_TRUE(found.starts_with("conf/zoo.cfg:4: " + spelled(key) + ": ")) << key.name << found;
    EXPECT_NE(found.find("must be "), std::string::npos) << key.name << ": " << found;
    if (std::holds_alternative<Int32>(key.target) || std::holds_alternative<Int64>(key.target)) {
      EXPECT_NE(found.find(allowed_text(key)), std::string::npos) << found;
    }
  }
}

TEST(KeyTable, NumbersTakeExactlyTheirRange) {
  for (const Key& key : all_keys()) {
    const Int32* number = std::get_if<Int32>(&key.target);
    if (number == nullptr) {
      continue;
    }
    Config config;
    const KeyMatch match{.key = &key, .suffix = {}};
    for (const int64_t value : {int64_t{number->min}, int64_t{number->max}}) {
      EXPECT_EQ(apply(match, config, std::to_string(value)).kind, Verdict::Kind::kOk) << key.name;
      EXPECT_EQ(*number->field(config), value);
    }
    for (const int64_t value : {int64_t{number->min} - 1, int64_t{number->max} + 1}) {
      EXPECT_EQ(apply(match, config, std::to_string(value)).kind, Verdict::Kind::kError)
          << key.name;
    }
    for (const char* text : {"", " ", "+", "-", "+-5", "0x10", "1 ", "1.0", "1e3", "١"}) {
      EXPECT_EQ(apply(match, config, text).kind, Verdict::Kind::kError) << key.name << text;
    }
  }
}

TEST(KeyTable, NoTwoKeysShareAField) {
  // Keys that decide something together, each with the one that it follows.
  const std::set<std::string> shared = {"ssl.enabledProtocols", "ssl.quorum.enabledProtocols",
                                        "ssl.protocol",         "ssl.quorum.protocol",
                                        "quorate.listen",       "metricsProvider.httpPort"};
  for (const Key& key : all_keys()) {
    if (!is_supported(key) || shared.contains(key.name)) {
      continue;
    }
    Config config;
    (void)apply({.key = &key, .suffix = "1"}, config, std::visit(ValuesOf{key}, key.target).good);
    for (const Key& other : all_keys()) {
      if (&other != &key && is_supported(other)) {
        EXPECT_EQ(value_text(other, config), value_text(other, Config{}))
            << key.name << " changes " << other.name;
      }
    }
  }
}

TEST(KeyTable, TheDocumentIsThatOfTheTable) {
  quorate::testing::expect_file("server/config/KEYS.md", keys_markdown());
}

}  // namespace
}  // namespace quorate::config
