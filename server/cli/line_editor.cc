// The shell's line editor on libedit.
#include "server/cli/line_editor.h"

#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>

#include "server/base/assert.h"

namespace quorate::cli {
namespace {

constexpr int kHistoryLines = 1000;
/// Begins and ends what takes no room in the prompt.
constexpr char kInvisible = '\1';

/// Lists candidates in columns below the line.
std::string columns(const std::vector<std::string>& candidates, size_t start_shown) {
  constexpr size_t kWidth = 100;
  constexpr size_t kShownMax = 200;
  size_t widest = 0;
  for (const std::string& candidate : candidates) {
    widest = std::max(widest, candidate.size() - start_shown);
  }
  const size_t per_line = std::max<size_t>(1, kWidth / (widest + 2));
  std::string text = "\n";
  const size_t shown = std::min(candidates.size(), kShownMax);
  for (size_t i = 0; i < shown; ++i) {
    std::string name = candidates[i].substr(start_shown);
    const bool last = (i + 1) % per_line == 0 || i + 1 == shown;
    name.resize(last ? name.size() : widest + 2, ' ');
    text.append(name).append(last ? "\n" : "");
  }
  if (shown < candidates.size()) {
    text.append("... and " + std::to_string(candidates.size() - shown) + " more\r\n");
  }
  return text;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
  }
}

}  // namespace

std::string common_prefix(const std::vector<std::string>& candidates) {
  if (candidates.empty()) {
    return {};
  }
  std::string prefix = candidates.front();
  for (const std::string& candidate : candidates) {
    const auto [end, ignored] =
        std::mismatch(prefix.begin(), prefix.end(), candidate.begin(), candidate.end());
    prefix.erase(end, prefix.end());
  }
  return prefix;
}

struct LineEditor::Impl {
  Impl(ShellOutput& to, std::string file, Completer complete)
      : output(to), history_file(std::move(file)), completer(std::move(complete)) {}

  static Impl& of(EditLine* editor) {
    void* self = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }
  static char* prompt_of(EditLine* editor) { return of(editor).prompt.data(); }
  static int read_character(EditLine* editor, wchar_t* to) { return of(editor).next_character(to); }
  static unsigned char complete(EditLine* editor, int) { return of(editor).complete_word(); }

  int next_character(wchar_t* to);
  void show_events();
  unsigned char complete_word();

  ShellOutput& output;
  std::string history_file;
  Completer completer;
  std::string prompt;
  EditLine* editor = nullptr;
  History* history = nullptr;
  HistEvent event{};
  std::mbstate_t decoding{};
};

/// Waits for a key, printing events meanwhile.
int LineEditor::Impl::next_character(wchar_t* to) {
  while (true) {
    std::array<pollfd, 2> ready{{{STDIN_FILENO, POLLIN, 0}, {output.wake_fd(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) {
        continue;
      }
      return -1;
    }
    if (ready[1].revents != 0) {
      show_events();
    }
    if (ready[0].revents == 0) {
      continue;
    }
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got == 0 || (got < 0 && errno != EINTR)) {
      return got == 0 ? 0 : -1;
    }
    const size_t length = got < 0 ? static_cast<size_t>(-2) : std::mbrtowc(to, &byte, 1, &decoding);
    if (length == static_cast<size_t>(-2)) {
      continue;
    }
    if (length == static_cast<size_t>(-1)) {
      decoding = {};
      continue;
    }
    return 1;
  }
}

void LineEditor::Impl::show_events() {
  const std::string text = output.take_kept();
  if (text.empty()) {
    return;
  }
  write_all("\r\033[K" + text);
  ::el_set(editor, EL_REFRESH);
}

unsigned char LineEditor::Impl::complete_word() {
  const LineInfo* line = ::el_line(editor);
  const std::string before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
  const Completion found = completer(before);
  if (found.candidates.empty()) {
    return CC_REFRESH_BEEP;
  }
  std::string text = common_prefix(found.candidates);
  if (found.candidates.size() == 1) {
    text.append(found.suffix);
  }
  const size_t typed = before.size() - found.start;
  if (text.size() > typed) {
    ::el_insertstr(editor, text.substr(typed).c_str());
    return CC_REFRESH;
  }
  const size_t slash = text.rfind('/');
  write_all(columns(found.candidates, slash == std::string::npos ? 0 : slash + 1));
  return CC_REDISPLAY;
}

LineEditor::LineEditor(ShellOutput& output, std::string history_file, Completer completer)
    : impl_(std::make_unique<Impl>(output, std::move(history_file), std::move(completer))) {
  std::setlocale(LC_CTYPE, "");
  impl_->editor = ::el_init("quorate", stdin, stdout, stderr);
  impl_->history = ::history_init();
  QR_ASSERT(impl_->editor != nullptr && impl_->history != nullptr);
  EditLine* editor = impl_->editor;
  ::el_set(editor, EL_CLIENTDATA, impl_.get());
  ::el_set(editor, EL_EDITOR, "emacs");
  ::el_set(editor, EL_SIGNAL, 1);
  ::el_set(editor, EL_PROMPT_ESC, &Impl::prompt_of, kInvisible);
  ::el_set(editor, EL_GETCFN, &Impl::read_character);
  ::el_set(editor, EL_ADDFN, "quorate-complete", "Completes the word", &Impl::complete);
  ::el_set(editor, EL_BIND, "\t", "quorate-complete", nullptr);
  ::el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  ::history(impl_->history, &impl_->event, H_SETSIZE, kHistoryLines);
  ::history(impl_->history, &impl_->event, H_SETUNIQUE, 1);
  ::el_set(editor, EL_HIST, &::history, impl_->history);
  if (!impl_->history_file.empty()) {
    ::history(impl_->history, &impl_->event, H_LOAD, impl_->history_file.c_str());
  }
}

LineEditor::~LineEditor() {
  ::el_end(impl_->editor);
  ::history_end(impl_->history);
}

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  impl_->prompt.clear();
  for (size_t i = 0; i < prompt.size(); ++i) {
    const bool escape = prompt[i] == '\033';
    if (!escape) {
      impl_->prompt.push_back(prompt[i]);
      continue;
    }
    const size_t end = std::min(prompt.find('m', i), prompt.size() - 1);
    impl_->prompt.push_back(kInvisible);
    impl_->prompt.append(prompt, i, end - i + 1);
    impl_->prompt.push_back(kInvisible);
    i = end;
  }
  impl_->output.begin_edit();
  // libedit leaves canonical mode at the first read only, after the prompt: a ^D typed between the
  // two would be swallowed by the terminal.
  ::el_set(impl_->editor, EL_PREP_TERM, 1);
  int count = 0;
  const char* line = ::el_gets(impl_->editor, &count);
  impl_->output.end_edit();
  if (line == nullptr || count <= 0) {
    return std::nullopt;
  }
  std::string text(line, static_cast<size_t>(count));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  return text;
}

void LineEditor::remember(const std::string& line, bool secret) {
  if (line.empty()) {
    return;
  }
  ::history(impl_->history, &impl_->event, H_ENTER, line.c_str());
  if (secret || impl_->history_file.empty()) {
    return;
  }
  const int fd = ::open(impl_->history_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                        S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return;
  }
  struct stat status {};
  ::fstat(fd, &status);
  // libedit's format: a first line with its cookie, and blanks written as octal escapes.
  std::string text = status.st_size == 0 ? "_HiStOrY_V2_\n" : "";
  for (const char c : line) {
    const bool plain = static_cast<unsigned char>(c) > ' ' && c != '\\' && c != 0x7F;
    std::array<char, 8> escaped{};
    if (plain) {
      escaped[0] = c;
    } else {
      std::snprintf(escaped.data(), escaped.size(), "\\%03o", static_cast<unsigned char>(c));
    }
    text.append(escaped.data());
  }
  text.push_back('\n');
  (void)!::write(fd, text.data(), text.size());
  ::close(fd);
}

}  // namespace quorate::cli
