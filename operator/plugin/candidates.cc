// What may be typed next, from the command line's own tables.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "operator/plugin/flags.h"

namespace quorate::plugin {

namespace {

/// The command line so far, as far as it matters for what comes next.
class Typed {
 public:
  explicit Typed(const CLI::App& app) : app_(app) {}

  void add(const std::string& word) {
    if (open_ != nullptr) {
      keep(word);
      open_ = nullptr;
    } else if (word.starts_with("-")) {
      const CLI::Option* const option = now().get_option_no_throw(word);
      open_ = option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
    } else if (verb_ == nullptr) {
      const auto named =
          app_.get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
      verb_ = named.empty() ? nullptr : named.front();
    } else {
      ++names_;
    }
  }

  [[nodiscard]] Candidates next(bool is_flag) const {
    Candidates found;
    found.connection = connection_;
    if (open_ != nullptr) {
      found.wants_member = open_->get_type_name() == "POD";
      if (is_called(*open_, "output")) {
        found.words = {"json", "text"};
      } else if (is_called(*open_, "color")) {
        found.words = {"always", "auto", "never"};
      }
    } else if (is_flag) {
      for (const CLI::Option* const option : now().get_options()) {
        for (const std::string& name : option->get_lnames()) {
          found.words.push_back("--" + name);
        }
      }
    } else if (verb_ == nullptr) {
      for (const CLI::App* const each :
           app_.get_subcommands([](const CLI::App*) { return true; })) {
        found.words.push_back(each->get_name());
      }
    } else if (verb_->get_name() == "completion") {
      found.words = {"bash", "fish", "zsh"};
    } else {
      found.wants_cluster = names_ == 0 && verb_->get_option_no_throw("NAME") != nullptr;
    }
    return found;
  }

 private:
  static bool is_called(const CLI::Option& option, const char* name) {
    return std::ranges::find(option.get_lnames(), name) != option.get_lnames().end();
  }

  [[nodiscard]] const CLI::App& now() const { return verb_ == nullptr ? app_ : *verb_; }

  void keep(const std::string& value) {
    if (is_called(*open_, "namespace")) {
      connection_.space = value;
    } else if (is_called(*open_, "context")) {
      connection_.context = value;
    } else if (is_called(*open_, "kubeconfig")) {
      connection_.kubeconfig = value;
    }
  }

  const CLI::App& app_;
  const CLI::App* verb_ = nullptr;
  const CLI::Option* open_ = nullptr;  ///< Wants a value.
  size_t names_ = 0;
  Connection connection_;
};

}  // namespace

Candidates candidates(const std::vector<std::string>& words) {
  Command command;
  const std::unique_ptr<CLI::App> app = make_app(command);
  Typed typed(*app);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    typed.add(words[i]);
  }
  const std::string last = words.empty() ? std::string() : words.back();
  Candidates found = typed.next(last.starts_with("-"));
  std::erase_if(found.words, [&](const std::string& word) { return !word.starts_with(last); });
  return found;
}

}  // namespace quorate::plugin
