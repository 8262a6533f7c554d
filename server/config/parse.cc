// parse(): layers -> settings -> fields -> checks.
#include "server/config/parse.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/config/check.h"
#include "server/config/key.h"
#include "server/config/settings.h"

namespace quorate::config {
namespace {

/// Sets every field that has a setting.
void apply_all(const Settings& settings, ParseResult& result) {
  for (const Setting* setting : settings.in_table_order()) {
    const KeyMatch match{.key = setting->key, .suffix = setting->suffix};
    Verdict verdict = apply(match, result.config, setting->value);
    if (verdict.kind == Verdict::Kind::kOk) {
      continue;
    }
    std::vector<Problem>& to =
        verdict.kind == Verdict::Kind::kError ? result.errors : result.warnings;
    to.push_back(
        {.place = setting->place, .key = setting->name, .message = std::move(verdict.message)});
  }
}

void sort_by_line(std::vector<Problem>& problems) {
  std::ranges::stable_sort(problems, {}, [](const Problem& problem) { return problem.place.line; });
}

}  // namespace

ParseResult parse(std::string_view text, std::string_view file_name,
                  const Properties& system_properties, const Properties& overrides) {
  ParseResult result;
  PropertiesText file = parse_properties(text, file_name);
  result.errors = std::move(file.errors);
  Settings settings;
  settings.add_system_properties(system_properties);
  settings.add_file(file.properties);
  settings.add_overrides(overrides);
  result.warnings = settings.warnings();
  apply_all(settings, result);
  complete(result.config, settings);
  check(result.config, settings, std::string(file_name), result.errors, result.warnings);
  sort_by_line(result.errors);
  sort_by_line(result.warnings);
  return result;
}

}  // namespace quorate::config
