// Wiring of the world to disk, processes and time.
#include "operator/local/control_plane.h"

#include <signal.h>

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "operator/local/hosts.h"
#include "server/log/logger.h"

namespace quorate::local {

namespace asio = boost::asio;
using boost::system::error_code;

ControlPlane::ControlPlane(asio::io_context& loop, ControlPlaneOptions options)
    : loop_(loop),
      options_(std::move(options)),
      timer_(loop),
      end_timer_(loop),
      started_(std::chrono::steady_clock::now()) {
  started_wall_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
}

// Wall time that does not jump: the wall at the start, and the steady clock since.
WallMillis ControlPlane::now() const {
  return {started_wall_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::steady_clock::now() - started_)
                                 .count()};
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(asio::io_context& loop,
                                                          ControlPlaneOptions options) {
  std::error_code error;
  for (const char* folder : {"/pods", "/volumes", "/hosts"}) {
    std::filesystem::create_directories(options.root + folder, error);
    if (error) {
      return Error{ErrorKind::kIo,
                   "cannot create " + options.root + folder + ": " + error.message()};
    }
  }
  std::unique_ptr<ControlPlane> plane(new ControlPlane(loop, std::move(options)));
  Surroundings fresh = plane->options_.world.surroundings;
  std::random_device random;
  fresh.seed = static_cast<uint64_t>(random()) << 20 ^ random();
  Store store;
  auto state = StateFile::open(plane->options_.root + "/state.jsonl", fresh, store);
  if (!state) {
    return state.error();
  }
  plane->state_ = *std::move(state);
  plane->options_.world.surroundings = plane->state_->surroundings();
  plane->world_ = std::make_unique<World>(plane->options_.world);
  plane->options_.runner.root = plane->options_.root;
  plane->runner_ = std::make_unique<ProcessRunner>(
      loop, plane->options_.runner,
      [raw = plane.get()](const RuntimeEvent& event) { raw->on_event(event); });
  if (plane->state_->is_resumed()) {
    for (const Key& key : store.keys()) {
      plane->world_->store().restore(key, *store.find(key));
    }
    plane->world_->store().restore_counters(store.revision(), store.number());
    plane->seen_revision_ = store.revision();
    const std::set<ContainerId> alive = plane->runner_->adopt();
    plane->world_->resume(plane->now(), alive);
  } else {
    plane->world_->create(plane->now());
  }
  plane->after_change();
  return plane;
}

ApiResponse ControlPlane::handle(const ApiRequest& request) {
  const int64_t before = world_->store().revision();
  ApiResponse response = world_->handle(request, now());
  if (world_->store().revision() != before) {
    after_change();
  }
  return response;
}

void ControlPlane::on_event(const RuntimeEvent& event) {
  if (is_stopping_) {
    wait_for_end();
    return;
  }
  world_->on_event(event, now());
  after_change();
}

void ControlPlane::after_change() {
  if (is_stopping_) {
    return;
  }
  std::vector<RuntimeAction> actions = world_->step(now());
  const Status saved = state_->save(world_->store());
  if (!saved) {
    // Nothing that is promised from here on would hold.
    log::panic("state_not_saved", {{"reason", saved.error().message},
                                   {"do", "free space or fix the disk, then start again"}});
    std::abort();
  }
  read_changes();
  write_hosts();
  runner_->perform(std::move(actions));
  world_->trim_history();
  notify();
  arm_timer();
}

// What the disk and the hosts files have to follow.
void ControlPlane::read_changes() {
  const auto changes = world_->store().changes_after(seen_revision_);
  if (!changes) {
    seen_revision_ = world_->store().revision();
    hosts_changed_ = true;
    return;
  }
  for (auto it = changes->begin; it != changes->end; ++it) {
    seen_revision_ = it->revision;
    const std::string& resource = it->key.resource;
    hosts_changed_ =
        hosts_changed_ || resource == "pods" || resource == "services" || resource == "namespaces";
    if (resource == "persistentvolumes" && it->type == ChangeType::kDeleted &&
        text(*it->object, "spec/persistentVolumeReclaimPolicy") == "Delete") {
      runner_->files().remove_volume(text(*it->object, "spec/hostPath/path"));
    }
  }
}

void ControlPlane::write_hosts() {
  if (!std::exchange(hosts_changed_, false)) {
    return;
  }
  std::map<std::string, std::string> wanted = {{"all", hosts_text(world_->store(), "")}};
  for (const ObjectPtr& space : world_->store().list("namespaces")) {
    wanted["ns/" + name_of(*space)] = hosts_text(world_->store(), name_of(*space));
  }
  std::error_code error;
  std::filesystem::create_directories(options_.root + "/hosts/ns", error);
  for (const auto& [name, lines] : wanted) {
    std::string& present = hosts_[name];
    if (present != lines) {
      present = lines;
      (void)write_file(options_.root + "/hosts/" + name, lines, 0644);
    }
  }
}

uint64_t ControlPlane::subscribe(OnChange on_change) {
  subscribers_[++next_subscriber_] = std::move(on_change);
  return next_subscriber_;
}

bool ControlPlane::is_served(const Kind& kind) const {
  return world_->objects().kinds().find(kind.group, kind.version, kind.plural) != nullptr;
}

void ControlPlane::notify() {
  // Once a turn of the loop, however many changes it saw.
  if (std::exchange(is_notifying_, true)) {
    return;
  }
  asio::post(loop_, [this] {
    is_notifying_ = false;
    const std::map<uint64_t, OnChange> present = subscribers_;
    for (const auto& [number, on_change] : present) {
      if (subscribers_.contains(number)) {
        on_change();
      }
    }
  });
}

void ControlPlane::arm_timer() {
  const auto deadline = world_->next_deadline();
  if (!deadline) {
    return;
  }
  timer_.expires_at(started_ + std::chrono::milliseconds(
                                   std::max(deadline->value, now().value + 1) - started_wall_ms_));
  timer_.async_wait([this](const error_code& error) {
    if (!error) {
      after_change();
    }
  });
}

void ControlPlane::stop(std::chrono::seconds grace, std::function<void()> done) {
  is_stopping_ = true;
  timer_.cancel();
  on_stopped_ = std::move(done);
  kill_at_ = std::chrono::steady_clock::now() + grace;
  runner_->signal_all(SIGTERM);
  wait_for_end();
}

void ControlPlane::wait_for_end() {
  if (runner_->running_count() == 0) {
    if (auto done = std::exchange(on_stopped_, nullptr)) {
      end_timer_.cancel();
      done();
    }
    return;
  }
  end_timer_.expires_at(kill_at_);
  end_timer_.async_wait([this](const error_code& error) {
    if (!error) {
      runner_->signal_all(SIGKILL);
      kill_at_ += std::chrono::seconds(1);
      wait_for_end();
    }
  });
}

}  // namespace quorate::local
