// Questions of the http thread.
#include "server/app/http_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/app/settings.h"
#include "server/app/uploaded_snapshot.h"
#include "server/log/logger.h"

namespace quorate::app {
namespace {

Result<admin::SnapshotFile> open_snapshot(Zxid zxid, const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return Error{ErrorKind::kIo, "cannot open " + path + ": " + std::strerror(errno)};
  }
  admin::File file(descriptor);
  const off_t bytes = ::lseek(descriptor, 0, SEEK_END);
  ::lseek(descriptor, 0, SEEK_SET);
  return admin::SnapshotFile{.last_zxid = zxid, .bytes = bytes, .file = std::move(file)};
}

}  // namespace

void HttpSource::ask_inputs(node::StatusDetail detail, std::function<void(report::Inputs)> answer) {
  boost::asio::post(loop_, [this, detail, answer = std::move(answer)] {
    report::Inputs inputs = member_.report_inputs(detail);
    if (server_ != nullptr) {
      inputs.admin = server_->facts();
    }
    answer(std::move(inputs));
  });
}

void HttpSource::apply(report::Effect effect, int64_t trace_mask) {
  boost::asio::post(loop_,
                    [this, effect, trace_mask] { member_.apply_effect(effect, trace_mask); });
}

void HttpSource::ask_may_administer(std::string scheme, std::string payload, std::string address,
                                    std::function<void(bool)> answer) {
  boost::asio::post(loop_, [this, scheme = std::move(scheme), payload = std::move(payload),
                            address = std::move(address), answer = std::move(answer)] {
    answer(member_.may_administer(scheme, payload, address));
  });
}

void HttpSource::ask_snapshot(std::function<void(Result<admin::SnapshotFile>)> answer) {
  boost::asio::post(loop_, [this, answer = std::move(answer)]() mutable {
    member_.request_snapshot([answer = std::move(answer)](Result<SnapshotPath> taken) {
      answer(taken ? open_snapshot(taken->zxid, taken->path)
                   : Result<admin::SnapshotFile>(taken.error()));
    });
  });
}

void HttpSource::ask_reconfig(report::ReconfigOrder order,
                              std::function<void(admin::ReconfigAnswer)> answer) {
  boost::asio::post(loop_, [this, order = std::move(order), answer = std::move(answer)]() mutable {
    member_.reconfigure(order, std::move(answer));
  });
}

void HttpSource::ask_hand_over(std::optional<ServerId> target,
                               std::function<void(std::optional<admin::ChangeRefusal>)> answer) {
  boost::asio::post(
      loop_, [this, target, answer = std::move(answer)] { answer(member_.hand_over(target)); });
}

void HttpSource::ask_restore(admin::File file, std::function<void(Result<Zxid>)> answer) {
  if (restoring_.exchange(true)) {
    answer(Error{ErrorKind::kConflict, "another restore is under way"});
    return;
  }
  // A thread of its own: neither health checks nor clients wait while a large file is decoded.
  loader_ = std::jthread([this, file = std::move(file), answer = std::move(answer)]() mutable {
    load_and_restore(file, std::move(answer));
  });
}

void HttpSource::load_and_restore(const admin::File& file,
                                  std::function<void(Result<Zxid>)> answer) {
  Result<tree::Database> loaded = load_uploaded_snapshot(file, tree_options(member_.config()));
  if (!loaded) {
    log::error("restore_refused", {{"reason", loaded.error().message}});
    restoring_ = false;
    answer(loaded.error());
    return;
  }
  auto database = std::make_shared<tree::Database>(*std::move(loaded));
  boost::asio::post(loop_, [this, database, answer = std::move(answer)]() mutable {
    member_.restore(std::move(*database), [this, answer = std::move(answer)](Result<Zxid> outcome) {
      restoring_ = false;
      answer(std::move(outcome));
    });
  });
}

}  // namespace quorate::app
