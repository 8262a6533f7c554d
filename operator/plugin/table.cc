// Columns of text.
#include "operator/plugin/table.h"

#include <algorithm>

namespace quorate::plugin {

namespace {

std::string_view code_of(Tint tint) {
  switch (tint) {
    case Tint::kPlain:
      return "";
    case Tint::kGood:
      return "32";
    case Tint::kWarning:
      return "33";
    case Tint::kBad:
      return "31";
    case Tint::kQuiet:
      return "2";
    case Tint::kTitle:
      return "1";
  }
  return "";
}

/// Characters, not bytes, of UTF-8.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char each) { return (static_cast<unsigned char>(each) & 0xc0) != 0x80; }));
}

}  // namespace

std::string painted(std::string_view text, Tint tint, bool has_colour) {
  std::string clean(text);
  for (char& each : clean) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte < 0x20 || byte == 0x7f) {
      each = each == '\n' || each == '\t' ? ' ' : '?';
    }
  }
  const std::string_view code = code_of(tint);
  if (!has_colour || code.empty() || clean.empty()) {
    return clean;
  }
  return "\x1b[" + std::string(code) + "m" + clean + "\x1b[0m";
}

std::string Table::text(bool has_colour) const {
  std::vector<size_t> widths;
  std::vector<bool> shown;
  for (size_t column = 0; column < titles_.size(); ++column) {
    size_t width = titles_[column].size();
    bool is_used = false;
    for (const auto& row : rows_) {
      if (column < row.size() && !row[column].text.empty()) {
        width = std::max(width, width_of(row[column].text));
        is_used = true;
      }
    }
    widths.push_back(width);
    shown.push_back(is_used);
  }
  std::string text;
  const auto add_line = [&](const std::vector<Cell>& row) {
    std::string line;
    size_t blanks = 0;
    for (size_t column = 0; column < titles_.size(); ++column) {
      if (!shown[column]) {
        continue;
      }
      const Cell cell = column < row.size() ? row[column] : Cell{};
      if (!cell.text.empty()) {
        line += std::string(blanks, ' ') + painted(cell.text, cell.tint, has_colour);
        blanks = 0;
      }
      blanks += widths[column] + 2 - width_of(cell.text);
    }
    text += line + "\n";
  };
  std::vector<Cell> titles;
  for (const std::string& each : titles_) {
    titles.push_back({each, Tint::kTitle});
  }
  add_line(titles);
  std::ranges::for_each(rows_, add_line);
  return text;
}

}  // namespace quorate::plugin
