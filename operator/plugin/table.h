// Columns of text for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quorate::plugin {

enum class Tint { kPlain, kGood, kWarning, kBad, kQuiet, kTitle };

/// A piece of text and what it means; colours come last, so that they never count as width.
struct Cell {
  std::string text;
  Tint tint = Tint::kPlain;
};

/// `text` in the colour of `tint` when `has_colour`; what would move a terminal's cursor or change
/// its state is shown as '?' either way, for names and messages come from outside.
[[nodiscard]] std::string painted(std::string_view text, Tint tint, bool has_colour);

/// Rows below a line of titles, columns two blanks apart, without blanks at the ends of lines.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

  /// Missing cells are empty.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  /// Columns in which every row is empty are left out.
  [[nodiscard]] std::string text(bool has_colour) const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace quorate::plugin
