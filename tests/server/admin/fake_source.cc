// The fake's thread and its answers.
#include "tests/server/admin/fake_source.h"

#include <array>

namespace quorate::admin::test {

namespace {

std::string read_all(File& file) {
  std::string bytes;
  std::array<char, 4096> chunk;
  while (true) {
    const auto count = file.read(chunk.data(), chunk.size());
    if (!count || *count == 0) {
      return bytes;
    }
    bytes.append(chunk.data(), *count);
  }
}

Result<SnapshotFile> snapshot_of(const std::string& bytes) {
  auto file = File::unnamed("/tmp");
  if (!file || !file->write(bytes) || !file->rewind()) {
    return Error{ErrorKind::kIo, "the test cannot write its file"};
  }
  return SnapshotFile{.last_zxid = Zxid{0xf},
                      .bytes = static_cast<int64_t>(bytes.size()),
                      .file = *std::move(file)};
}

}  // namespace

FakeSource::FakeSource() {
  config_.storage.data_dir = "/data";
  config_.storage.data_log_dir = "/data";
  inputs_.process.version = "0.1.0";
  inputs_.status.last_zxid = Zxid{0xf};
  inputs_.status.node_count = 8;
  inputs_.config = &config_;
  thread_ = std::thread([this] { run(); });
}

FakeSource::~FakeSource() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void FakeSource::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  wake_.notify_all();
}

void FakeSource::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || (!held_ && !queue_.empty()); });
    if (stop_) {
      return;
    }
    const auto works = std::exchange(queue_, {});
    lock.unlock();
    for (const auto& work : works) {
      work();
    }
    lock.lock();
  }
}

void FakeSource::ask_inputs(node::StatusDetail, std::function<void(report::Inputs)> answer) {
  post([this, answer = std::move(answer)] {
    report::Inputs inputs;
    {
      const std::lock_guard lock(mutex_);
      inputs = inputs_;
    }
    answer(std::move(inputs));
  });
}

void FakeSource::apply(report::Effect effect, int64_t trace_mask) {
  const std::lock_guard lock(mutex_);
  effects_.applied.push_back(effect);
  effects_.trace_mask = trace_mask;
}

void FakeSource::ask_may_administer(std::string scheme, std::string payload, std::string address,
                                    std::function<void(bool)> answer) {
  const bool allowed = scheme == "digest" && payload == kRoot;
  post([this, allowed, text = scheme + " " + payload + " " + address, answer = std::move(answer)] {
    {
      const std::lock_guard lock(mutex_);
      effects_.administrators.push_back(text);
    }
    answer(allowed);
  });
}

void FakeSource::ask_snapshot(std::function<void(Result<SnapshotFile>)> answer) {
  post([this, answer = std::move(answer)] {
    std::string bytes;
    std::string failure;
    {
      const std::lock_guard lock(mutex_);
      bytes = snapshot_;
      failure = snapshot_failure_;
    }
    answer(failure.empty() ? snapshot_of(bytes)
                           : Result<SnapshotFile>(Error{ErrorKind::kIo, failure}));
  });
}

void FakeSource::ask_restore(File file, std::function<void(Result<Zxid>)> answer) {
  auto shared = std::make_shared<File>(std::move(file));
  post([this, shared, answer = std::move(answer)] {
    std::string failure;
    {
      const std::lock_guard lock(mutex_);
      effects_.restored = read_all(*shared);
      failure = restore_failure_;
    }
    answer(failure.empty() ? Result<Zxid>(Zxid{0x20})
                           : Result<Zxid>(Error{ErrorKind::kCorrupt, failure}));
  });
}

void FakeSource::ask_reconfig(report::ReconfigOrder order,
                              std::function<void(ReconfigAnswer)> answer) {
  post([this, order = std::move(order), answer = std::move(answer)] {
    std::optional<ChangeRefusal> refusal;
    {
      const std::lock_guard lock(mutex_);
      effects_.reconfigs.push_back(order);
      refusal = refusal_;
    }
    answer(refusal ? ReconfigAnswer(*refusal) : ReconfigAnswer(ConfigVersion{0x100000007}));
  });
}

void FakeSource::ask_hand_over(std::optional<ServerId> target,
                               std::function<void(std::optional<ChangeRefusal>)> answer) {
  post([this, target, answer = std::move(answer)] {
    std::optional<ChangeRefusal> refusal;
    {
      const std::lock_guard lock(mutex_);
      ++effects_.hand_overs;
      effects_.target = target;
      refusal = refusal_;
    }
    answer(refusal);
  });
}

void FakeSource::refuse_changes(ChangeRefusal refusal) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
}

void FakeSource::edit(const std::function<void(report::Inputs&)>& change) {
  const std::lock_guard lock(mutex_);
  change(inputs_);
}

void FakeSource::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void FakeSource::release() {
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  wake_.notify_all();
}

void FakeSource::set_snapshot(std::string bytes) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(bytes);
}

void FakeSource::fail_snapshot(std::string reason) {
  const std::lock_guard lock(mutex_);
  snapshot_failure_ = std::move(reason);
}

void FakeSource::fail_restore(std::string reason) {
  const std::lock_guard lock(mutex_);
  restore_failure_ = std::move(reason);
}

FakeSource::Effects FakeSource::effects() const {
  const std::lock_guard lock(mutex_);
  return effects_;
}

}  // namespace quorate::admin::test
