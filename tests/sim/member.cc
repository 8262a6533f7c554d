// A member's process: starting, stopping, clocks, and handing events to the machine.
#include "tests/sim/member.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/wire/peer_extension.h"

namespace quorate::sim {
namespace {

constexpr int64_t kMillion = 1000000;
constexpr int64_t kWallStart = 1700000000000;

}  // namespace

Member::Member(Context& context, Network& network, CommitChecker& checker, ServerId id,
               quorum::Configuration configuration)
    : context_(context),
      network_(network),
      checker_(checker),
      id_(id),
      name_("m" + std::to_string(id.value)),
      host_(network.add(*this)),
      configuration_(std::move(configuration)),
      wall_offset_ms_(context.random.between(-5000, 5000)),
      clock_rate_ppm_(context.random.between(-20000, 20000)) {}

node::Options Member::options() {
  const Settings& settings = context_.settings;
  node::Options options;
  options.server = id_;
  options.tick = settings.tick;
  options.session_timeout_ms_min = 500;
  options.session_timeout_ms_max = 60000;
  options.snapshot_txn_count = settings.snapshot_txn_count;
  options.snapshot_slice_bytes = settings.snapshot_slice_bytes;
  options.random_seed = context_.random.next();
  options.committed_window_count = settings.window_count;
  options.container_check_interval = Duration::zero();
  node::EnsembleOptions ensemble;
  ensemble.configuration = disk_.committed.value_or(configuration_);
  if (context_.has(Bug::kWrongQuorum) && id_ == ServerId{1}) {
    ensemble.configuration.servers.erase(ServerId{2});
    ensemble.configuration.servers.erase(ServerId{3});
  }
  ensemble.last_seen = disk_.last_seen;
  ensemble.accepted = disk_.accepted;
  ensemble.current = disk_.current;
  ensemble.may_vote = disk_.is_fit;
  ensemble.timing = {
      .tick = settings.tick,
      .init_limit_ticks = settings.init_limit_ticks,
      .sync_limit_ticks = settings.sync_limit_ticks,
      .heartbeat = settings.heartbeat,
      .silence_max = context_.has(Bug::kDeafLeader) ? std::chrono::hours(1) : settings.silence_max};
  ensemble.sync = {.force_snapshot = settings.force_snapshot,
                   .log_bytes_max = settings.sync_log_bytes_max};
  ensemble.link_bytes_max = settings.link_bytes_max;
  ensemble.ensemble_id = "sim";
  wire::Writer writer(ensemble.extension);
  write(writer, wire::PeerExtension{.ensemble_id = "sim"});
  options.ensemble = std::move(ensemble);
  return options;
}

Now Member::clocks() const {
  const int64_t global = context_.now().time_since_epoch().count();
  const int64_t local = global + global * clock_rate_ppm_ / kMillion;
  return {.monotonic = TimePoint(monotonic_offset_ + Duration(local)),
          .wall = WallMillis{kWallStart + wall_offset_ms_ + local / 1000}};
}

// ---- Starting and stopping --------------------------------------------------------------------

void Member::start() {
  QR_ASSERT(!node_);
  ++life_;
  monotonic_offset_ = Duration(context_.random.between(1, 1000000000));
  RecoveredDisk recovered = recover(disk_, context_.settings.window_count);
  // What does not follow is no part of the history.
  disk_.log.erase(disk_.log.upper_bound(recovered.end), disk_.log.end());
  logged_ = disk_.log;
  log_base_ = recovered.end;
  checker_.forget_behind(id_, recovered.end);
  note(text("starts: zxid %llx accepted %lld current %lld%s",
            static_cast<unsigned long long>(recovered.end.value),
            static_cast<long long>(disk_.accepted.value),
            static_cast<long long>(disk_.current.value), disk_.is_fit ? "" : " unfit"));
  node_ = std::make_unique<node::Node>(options(), std::move(recovered.recovered), clocks());
  is_in_step_ = true;
  node_->begin(clocks(), actions_);
  after_step();
  mesh_up();
}

void Member::crash(CrashKind kind) {
  QR_ASSERT(node_ && !is_in_step_);
  note(kind == CrashKind::kPower ? "loses power" : "crashes");
  lose_unsynced(kind);
  node_.reset();
  actions_ = node::Actions();
  ++life_;
  is_paused_ = false;
  inbox_.clear();
  wake_.reset();
  is_overdue_ = false;
  links_.clear();
  mesh_.clear();
  is_dialing_.clear();
  paused_clients_.clear();
  held_.clear();
  listens_quorum_ = false;
  ++role_;
  leader_wanted_.reset();
  leader_wire_.reset();
  receiving_.reset();
  snapshot_bytes_.clear();
  is_serving_ = false;
  set_leads(false);
  crash_in_.reset();
  network_.forget_host(host_, kind == CrashKind::kPower);
}

void Member::pause() {
  note("stops (SIGSTOP)");
  is_paused_ = true;
}

void Member::resume() {
  note("goes on (SIGCONT)");
  is_paused_ = false;
  // What its loop looks at first, the clock or the sockets, is anybody's guess.
  if (is_overdue_ && context_.random.one_in(2)) {
    wake();
  }
  while (node_ && !is_paused_ && !inbox_.empty()) {
    Task task = std::move(inbox_.front());
    inbox_.pop_front();
    task();
  }
  if (node_ && !is_paused_ && is_overdue_) {
    wake();
  }
}

void Member::when_running(Task task) {
  if (!node_) {
    return;
  }
  if (is_paused_) {
    inbox_.push_back(std::move(task));
    return;
  }
  task();
}

// ---- Faults of the machine --------------------------------------------------------------------

void Member::wipe_disk() {
  QR_ASSERT(!node_);
  note("finds an empty disk");
  disk_ = Disk{};
  disk_.is_fit = context_.has(Bug::kEmptyDiskVotes);
}

void Member::damage_disk() {
  QR_ASSERT(!node_);
  if (disk_.log.empty()) {
    return;
  }
  auto damaged = disk_.log.begin();
  std::advance(damaged, context_.random.below(disk_.log.size()));
  note(text("finds damage at %llx", static_cast<unsigned long long>(damaged->first.value)));
  disk_.log.erase(damaged, disk_.log.end());
  disk_.is_fit = false;
}

void Member::roll_disk_back(const Disk& older) {
  QR_ASSERT(!node_);
  note("finds an older disk in its place");
  disk_ = older;
  disk_.is_fit = false;
}

void Member::set_space(node::SpaceLevel level) {
  when_running([this, level] { step(node::SpaceChanged{level}); });
}

void Member::request_snapshot() {
  when_running([this] { step(node::SnapshotRequested{}); });
}

// ---- Steps ------------------------------------------------------------------------------------

void Member::step(const node::Event& event) {
  QR_ASSERT(node_ && !is_paused_ && !is_in_step_);
  is_in_step_ = true;
  node_->step(event, clocks(), actions_);
  after_step();
}

void Member::after_step() {
  const bool was_serving = is_serving_;
  perform();
  is_in_step_ = false;
  node_->check_invariants();
  if (was_serving || is_serving_) {
    checker_.applied(id_, node_->last_zxid(), logged_);
  }
  arm_deadline();
}

void Member::arm_deadline() {
  const std::optional<TimePoint> deadline = node_->next_deadline();
  if (!deadline) {
    return;
  }
  const int64_t local = (deadline->time_since_epoch() - monotonic_offset_).count();
  // Rounded up by enough for the deadline to have come by the member's own clock.
  const TimePoint at(Duration(local * kMillion / (kMillion + clock_rate_ppm_) + 2));
  if (wake_ && *wake_ <= at) {
    return;
  }
  const TimePoint wake = std::max(at, context_.now());
  wake_ = wake;
  context_.queue.at(wake, [this, life = life_, wake] {
    if (life != life_ || wake_ != wake) {
      return;
    }
    wake_.reset();
    if (is_paused_) {
      is_overdue_ = true;
    } else {
      this->wake();
    }
  });
}

void Member::wake() {
  is_overdue_ = false;
  const std::optional<TimePoint> due = node_->next_deadline();
  if (due && *due <= clocks().monotonic) {
    step(node::DeadlineReached{});
  } else {
    arm_deadline();
  }
}

}  // namespace quorate::sim
