// A member's process: starting, stopping, clocks, and handing events to the machine.
#include "tests/sim/member.h"

#include <algorithm>
#include <utility>

#include "server/auth/authenticate.h"
#include "server/base/assert.h"
#include "server/wire/peer_extension.h"

namespace quorate::sim {
namespace {

constexpr int64_t kMillion = 1000000;
constexpr int64_t kWallStart = 1700000000000;
/// How long a member that is told to stop waits for another leader, and for its clients.
constexpr Duration kStopPatience = std::chrono::seconds(2);

const std::string& super_digest() {
  static const std::string digest =
      auth::digest_id(kSuperUser, auth::DigestAlgorithm::kSha1).value_or("");
  return digest;
}

}  // namespace

Member::Member(Context& context, Network& network, CommitChecker& checker,
               MembershipChecker& memberships, ServerId id, quorum::Configuration configuration)
    : context_(context),
      network_(network),
      checker_(checker),
      memberships_(memberships),
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
  ensemble.configuration = holds_;
  ensemble.reconfig_enabled = settings.may_reconfigure;
  ensemble.standalone_enabled = false;
  options.prepare.reconfig_enabled = settings.may_reconfigure;
  options.auth.super_digest = super_digest();
  if (context_.has(Bug::kWrongQuorum) && id_ == ServerId{1}) {
    ensemble.configuration.servers.erase(ServerId{2});
    ensemble.configuration.servers.erase(ServerId{3});
  }
  if (disk_.last_seen && disk_.last_seen->version > holds_.version) {
    ensemble.last_seen = disk_.last_seen;
  }
  ensemble.accepted = disk_.accepted;
  ensemble.current = disk_.current;
  ensemble.may_vote = disk_.is_fit;
  ensemble.is_marked_unfit = !disk_.is_fit;
  ensemble.witness = disk_.witness;
  ensemble.timing = {
      .tick = settings.tick,
      .init_limit_ticks = settings.init_limit_ticks,
      .sync_limit_ticks = settings.sync_limit_ticks,
      .heartbeat = settings.heartbeat,
      .silence_max = context_.has(Bug::kDeafLeader) ? std::chrono::hours(1) : settings.silence_max};
  ensemble.force_snapshot_sync = settings.force_snapshot;
  ensemble.snapshot_size_factor = settings.snapshot_size_factor;
  ensemble.link_bytes_max = settings.link_bytes_max;
  if (!context_.has(Bug::kOlderDiskVotes)) {
    ensemble.ensemble_id = "sim";  // Without one nobody says what is on whose disk.
  }
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

/// As production reads version-2/configuration and configuration.next.
void Member::set_configurations() {
  holds_ = configuration_;
  if (disk_.committed && disk_.committed->version > holds_.version) {
    holds_ = *disk_.committed;
  }
  memberships_.started(id_, holds_);
}

RecoveredDisk Member::read_disk(const Disk& disk) const {
  return recover(disk, context_.settings.window_count, context_.has(Bug::kBitFlipBelieved),
                 context_.has(Bug::kSnapshotFlipBelieved));
}

void Member::flip_bit() {
  const size_t bit = context_.random.below(size_t{1} << 20);
  if (!disk_.snapshots.empty() && context_.random.one_in(3)) {
    disk_.flip_snapshot(context_.random.below(disk_.snapshots.size()), bit);
    note("a bit of a snapshot flips");
    return;
  }
  // The last batch is another matter: rot there looks like a torn tail, which is cut.
  const size_t last = context_.settings.flips_last_batch ? 0 : 20;
  if (disk_.log.size() <= last) {
    return;
  }
  const auto entry = std::next(
      disk_.log.begin(), static_cast<ptrdiff_t>(context_.random.below(disk_.log.size() - last)));
  note(text("a bit of %llx flips", static_cast<unsigned long long>(entry->first.value)));
  disk_.flip(entry->first, bit);
}

void Member::swap_disks(Member& other) {
  QR_ASSERT(!node_ && !other.node_);
  note("changes disks with " + other.name_);
  std::swap(disk_, other.disk_);
  memberships_.disk_lost(id_);
  memberships_.disk_lost(other.id_);
}

void Member::prepare_to_join(const Members& members, bool as_voter) {
  QR_ASSERT(!node_);
  configuration_ = quorum::Configuration{};
  for (const auto& [id, spec] : members.specs) {
    configuration_.servers[ServerId{id}] = *quorum::parse_server_spec(spec);
  }
  quorum::ServerSpec& self = configuration_.servers[id_];
  self.addresses = {{.host = name_, .quorum_port = 2888, .election_port = 3888}};
  self.role = as_voter ? quorum::ServerRole::kParticipant : quorum::ServerRole::kObserver;
  self.client = quorum::ClientAddress{.host = name_, .port = 2181};
  disk_.is_fit = false;
}

void Member::start() {
  QR_ASSERT(!node_);
  ++life_;
  set_configurations();
  monotonic_offset_ = Duration(context_.random.between(1, 1000000000));
  RecoveredDisk recovered = read_disk(disk_);
  if (!recovered.damage.empty()) {
    // The way out that the message names.
    note("refuses to start: " + recovered.damage);
    wipe_disk();
    disk_.is_fit = false;
    set_configurations();
    recovered = read_disk(disk_);
  }
  // What does not follow is no part of the history.
  disk_.log.erase(disk_.log.upper_bound(recovered.end), disk_.log.end());
  logged_ = disk_.log;
  log_base_ = recovered.end;
  checker_.started(id_, recovered.recovered.snapshot_zxid, recovered.end);
  note(text("starts: zxid %llx accepted %lld current %lld%s",
            static_cast<unsigned long long>(recovered.end.value),
            static_cast<long long>(disk_.accepted.value),
            static_cast<long long>(disk_.current.value), disk_.is_fit ? "" : " unfit"));
  node_ = std::make_unique<node::Node>(options(), std::move(recovered.recovered), clocks());
  for (const auto& [zxid, txn] : disk_.log) {
    if (zxid > checker_.last()) {
      memberships_.logged(id_, zxid);
    }
  }
  is_in_step_ = true;
  node_->begin(clocks(), actions_);
  after_step();
  if (node_) {
    mesh_up();
  }
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
  is_elected_ = false;
  is_stopping_ = false;
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
  prepare_to_join(memberships_.now(), memberships_.now().is_voter(id_));
  disk_.is_fit = context_.has(Bug::kEmptyDiskVotes);
  memberships_.disk_lost(id_);
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

void Member::roll_disk_back(const Disk& older, bool is_witnessed) {
  QR_ASSERT(!node_);
  note(is_witnessed ? "has an older disk in its place" : "finds an older disk in its place");
  disk_ = older;
  disk_.is_older = true;
  disk_.is_fit = is_witnessed && older.is_fit;
  memberships_.disk_lost(id_);
}

void Member::set_space(node::SpaceLevel level) {
  when_running([this, level] { step(node::SpaceChanged{level}); });
}

void Member::request_snapshot() {
  when_running([this] { step(node::SnapshotRequested{}); });
}

// ---- Orders -----------------------------------------------------------------------------------

bool Member::reconfigure(const HistoryChecker::Handle& operation) {
  if (!node_ || is_paused_ || status().role != node::Role::kLeading) {
    return false;
  }
  const auto field = [](const std::string& text) {
    return text.empty() ? wire::NullableBytes() : wire::NullableBytes(text);
  };
  const Reconfig& asked = operation->reconfig;
  const auto outcome = node_->reconfigure({.joining = field(asked.joining),
                                           .leaving = field(asked.leaving),
                                           .new_members = field(asked.members),
                                           .config_version = asked.version},
                                          clocks(), actions_);
  if (const auto* const refused = std::get_if<quorum::Refusal>(&outcome)) {
    note("refuses: " + refused->reason);
    return false;
  }
  memberships_.ordered(Zxid{std::get<ConfigVersion>(outcome).value}, operation);
  is_in_step_ = true;
  after_step();
  return true;
}

bool Member::hand_over() {
  if (!node_ || is_paused_) {
    return false;
  }
  const bool succeeded = node_->hand_over(clocks(), actions_);
  if (succeeded) {
    note("hands over");
  }
  is_in_step_ = true;
  after_step();
  return succeeded;
}

void Member::stop() {
  if (!node_ || is_paused_ || is_stopping_) {
    return;
  }
  note("is told to stop (SIGTERM)");
  is_stopping_ = true;
  stop_until_ = context_.now() + kStopPatience;
  hand_over();
  continue_stop();
}

/// Looks again and again: what it waits for are others.
void Member::continue_stop() {
  context_.queue.after(std::chrono::milliseconds(3), [this, life = life_] {
    if (life != life_ || !node_) {
      return;
    }
    if (is_paused_ || (!node_->has_handed_over() && context_.now() < stop_until_)) {
      continue_stop();
      return;
    }
    if (!node_->idle() && context_.now() < stop_until_) {
      continue_stop();
      return;
    }
    crash(CrashKind::kProcess);
  });
}

// ---- Steps ------------------------------------------------------------------------------------

void Member::step(const node::Event& event) {
  QR_ASSERT(node_ && !is_paused_ && !is_in_step_);
  is_in_step_ = true;
  node_->step(event, clocks(), actions_);
  after_step();
}

/// The transaction that made the configuration which holds from this step on, if one does.
Zxid Member::newest_held() const {
  Zxid newest;
  for (const node::QuorumActions::Configure& each : actions_.quorum.configurations) {
    if (each.is_committed) {
      newest = std::max(newest, Zxid{each.configuration.version.value});
    }
  }
  return newest;
}

void Member::after_step() {
  const bool was_serving = is_serving_;
  const bool was_elected = is_elected_;
  const Zxid held = newest_held();
  if (!perform()) {
    return;
  }
  is_in_step_ = false;
  node_->check_invariants();
  if (was_serving || is_serving_) {
    checker_.applied(id_, node_->last_zxid(), logged_);
  } else if (logged_.contains(held)) {
    // A leader that is established by a reconfig that removes it commits all that it has, and never
    // serves. Who has heard from others that it holds knows nothing of what it has behind it.
    const Zxid last = node_->last_zxid();
    checker_.applied(id_, was_elected ? last : std::min(last, held), logged_);
  }
  memberships_.check_stored(id_);
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
