// Printing of the shell.
#include "server/cli/shell_output.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "server/base/assert.h"
#include "server/cli/shell_format.h"

namespace quorate::cli {

ShellOutput::ShellOutput(OutputStyle style)
    : style_(style), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  QR_ASSERT(wake_fd_ >= 0);
}

ShellOutput::~ShellOutput() { ::close(wake_fd_); }

void ShellOutput::put(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return;
    }
    text.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
  }
}

void ShellOutput::out(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  put(STDOUT_FILENO, text);
}

void ShellOutput::err(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  put(STDERR_FILENO, text);
}

void ShellOutput::error(std::string_view text) {
  if (!style_.colour) {
    err(text);
    return;
  }
  const std::scoped_lock lock(mutex_);
  std::string coloured(kRed);
  coloured.append(text.substr(0, text.find_last_not_of('\n') + 1)).append(kPlain).append("\n");
  put(STDERR_FILENO, coloured);
}

void ShellOutput::announce(const client::Event& event) {
  const bool is_usual = event.type == -1 && (event.state == client::KeeperState::kSyncConnected ||
                                             event.state == client::KeeperState::kClosed);
  if (style_.json && is_usual) {
    return;  // Programs that read values need no word about what they expect.
  }
  std::string text = style_.json ? event_json(event).dump() + "\n" : event_text(event);
  if (style_.colour) {
    text = std::string(kYellow) + text + std::string(kPlain);
  }
  const std::scoped_lock lock(mutex_);
  if (muted_) {
    return;
  }
  if (!editing_) {
    put(STDOUT_FILENO, text);
    return;
  }
  kept_.append(text);
  const uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
}

void ShellOutput::mute() {
  const std::scoped_lock lock(mutex_);
  muted_ = true;
}

void ShellOutput::begin_edit() {
  const std::scoped_lock lock(mutex_);
  editing_ = true;
}

void ShellOutput::end_edit() {
  const std::scoped_lock lock(mutex_);
  editing_ = false;
  put(STDOUT_FILENO, kept_);
  kept_.clear();
}

std::string ShellOutput::take_kept() {
  const std::scoped_lock lock(mutex_);
  uint64_t count;
  (void)!::read(wake_fd_, &count, sizeof count);
  return std::exchange(kept_, {});
}

}  // namespace quorate::cli
