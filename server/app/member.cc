// The member's wiring: events in, actions performed, batches submitted, timers armed.
#include "server/app/member.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/app/clock.h"
#include "server/app/note_log.h"
#include "server/app/settings.h"
#include "server/log/logger.h"

namespace quorate::app {
namespace {

node::SpaceLevel space_level(storage::SpaceLevel level) {
  switch (level) {
    case storage::SpaceLevel::kOk:
      return node::SpaceLevel::kEnough;
    case storage::SpaceLevel::kLow:
      return node::SpaceLevel::kLow;
    case storage::SpaceLevel::kExhausted:
      return node::SpaceLevel::kExhausted;
  }
  return node::SpaceLevel::kExhausted;
}

std::string_view name_of(storage::SpaceLevel level) {
  switch (level) {
    case storage::SpaceLevel::kOk:
      return "ok";
    case storage::SpaceLevel::kLow:
      return "low";
    case storage::SpaceLevel::kExhausted:
      return "exhausted";
  }
  return "unknown";
}

uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

node::Options member_options(const config::Config& config,
                             const std::optional<EnsembleSetup>& setup,
                             const storage::Recovered& recovered) {
  node::Options options = node_options(config, random_seed());
  if (setup) {
    options.server = setup->self;
    options.ensemble = ensemble_options(config, *setup, recovered);
  }
  return options;
}

}  // namespace

Member::Member(boost::asio::io_context& loop, Parts parts)
    : loop_(loop),
      config_(std::move(parts.config)),
      file_system_(std::move(parts.file_system)),
      directories_(std::move(parts.directories)),
      locks_(std::move(parts.locks)),
      log_tail_(std::move(parts.recovered->tail)),
      configured_listeners_{config_.client, config_.secure_client},
      tls_(std::move(parts.tls)),
      admin_tls_(std::move(parts.admin_tls)),
      auth_options_(node_options(config_, 0).auth),
      certificate_rule_(std::move(parts.certificate_rule)),
      process_(read_process_facts(read_clocks().wall)),
      initial_configuration_(std::move(parts.initial_configuration)),
      gate_(gate_options(config_), random_seed()),
      throttle_(request_throttle_options(config_)),
      setup_(std::move(parts.setup)),
      node_(member_options(config_, setup_, *parts.recovered),
            node::Recovered{.database = std::move(parts.recovered->database),
                            .recent_txns = std::move(parts.recovered->recent_txns),
                            .snapshot_zxid = parts.recovered->snapshot_zxid},
            read_clocks()),
      timer_(loop),
      stop_timer_(loop),
      port_(loop, *this, client_limits(config_)) {
  storage_facts_.startup_load_ms = parts.load_ms;
  storage_facts_.startup_txns_loaded = parts.recovered->statistics.txns;
}

Member::~Member() = default;

Result<std::unique_ptr<Member>> Member::create(boost::asio::io_context& loop, Parts parts) {
  std::unique_ptr<Member> member(new Member(loop, std::move(parts)));
  const Status started = member->start_threads();
  if (!started) {
    return started.error();
  }
  if (member->setup_) {
    member->start_quorum();
  }
  member->arm_timer();
  return member;
}

Status Member::start_threads() {
  if (setup_) {
    start_reading_log();
  }
  auto writer =
      storage::LogWriter::open(*file_system_, directories_.logs, log_tail_, log_options(config_));
  if (!writer) {
    return writer.error();
  }
  log_thread_ = std::make_unique<LogThread>(
      std::move(*writer), std::chrono::milliseconds(config_.storage.fsync_warning_threshold_ms),
      LogThread::Callbacks{.synced =
                               [this](Zxid zxid, int64_t bytes) {
                                 housekeeping_->note_logged(bytes);
                                 boost::asio::post(
                                     loop_, [this, zxid, bytes] { on_log_synced(zxid, bytes); });
                               },
                           .failed = [](const Error& error) { die(error); },
                           .slow =
                               [](Duration took) {
                                 log::warn("slow_fsync", {{"ms", took.count() / 1000}});
                               }});
  housekeeping_ = std::make_unique<HousekeepingThread>(
      *file_system_, housekeeping_options(config_, directories_),
      HousekeepingThread::Callbacks{
          .slice_wanted =
              [this] { boost::asio::post(loop_, [this] { step(node::SnapshotWanted{}); }); },
          .snapshot_finished =
              [this](Zxid zxid, const Status& outcome, const std::string& path) {
                report_snapshot(zxid, outcome, path);
              },
          .space_seen =
              [this](const SpaceSeen& seen) {
                if (seen.changed) {
                  log::warn("disk_space", {{"free_bytes", seen.free_bytes},
                                           {"level", name_of(seen.level)},
                                           {"directory", directories_.logs}});
                }
                boost::asio::post(loop_, [this, seen] { on_space_seen(seen); });
              },
          .purged = [](const Status& outcome, size_t files) { report_purge(outcome, files); },
          .file_replaced =
              [](const std::string& name, const Status& outcome) {
                if (!outcome) {
                  log::warn("file_not_replaced",
                            {{"file", name}, {"reason", outcome.error().message}});
                }
              },
          .log_needed =
              [this] { return log_read_thread_ ? log_read_thread_->needed() : std::nullopt; },
          .each_second = [this] { reload_certificates(); }});
  return Status{};
}

void Member::report_snapshot(Zxid zxid, const Status& outcome, const std::string& path) {
  if (outcome) {
    log::info("snapshot_written", {{"zxid", log::hex(zxid.value)}});
  } else {
    log::error("snapshot_failed",
               {{"zxid", log::hex(zxid.value)}, {"reason", outcome.error().message}});
  }
  boost::asio::post(loop_,
                    [this, zxid, outcome, path] { on_snapshot_finished(zxid, outcome, path); });
}

void Member::report_purge(const Status& outcome, size_t files) {
  if (outcome) {
    log::info("purged", {{"files", files}});
  } else {
    log::warn("purge_failed", {{"reason", outcome.error().message}});
  }
}

void Member::reload_certificates() {
  const auto reload = [](net::TlsContext& context, std::string_view port) {
    const net::ReloadResult result = context.reload_if_changed(read_clocks().wall);
    if (result.outcome == net::ReloadOutcome::kReloaded) {
      log::info("certificates_reloaded", {{"port", port}, {"detail", result.message}});
    } else if (result.outcome == net::ReloadOutcome::kFailed) {
      log::error("certificates_not_reloaded", {{"port", port}, {"reason", result.message}});
    }
  };
  if (tls_ && config_.tls.reload_files) {
    reload(*tls_, "client");
  }
  if (setup_ && setup_->tls.server && config_.quorum_tls.reload_files) {
    reload(*setup_->tls.server, "quorum");
    reload(*setup_->tls.client, "quorum");
  }
  if (admin_tls_ && config::admin_tls(config_)->reload_files) {
    reload(*admin_tls_, "admin");
  }
}

void Member::die(const Error& error) {
  log::error(
      "PANIC_log_write_failed",
      {{"reason", error.message},
       {"action", "restart the member after checking the disk; nothing acknowledged is lost"}});
  log::flush();
  std::_Exit(static_cast<int>(ExitCode::kLogWriteFailed));
}

Status Member::listen_for_clients(const ClientListeners& listeners) {
  config_.client = listeners.plain;
  config_.secure_client = listeners.secure;
  for (const net::ListenOptions& options : client_listeners(config_, tls_)) {
    const auto bound = port_.listen(options);
    if (!bound) {
      return bound.error();
    }
    // Reports show the ports as they are bound, which differs where the configured one is 0.
    const bool is_secure = options.tls == net::TlsMode::kOn;
    (is_secure ? config_.secure_client : config_.client).port = bound->front().port;
  }
  return Status{};
}

Status Member::listen() {
  const Status listening = setup_
                               ? listen_for_clients(listeners_by_line(
                                     *setup_->own, setup_->is_reconfigured, configured_listeners_))
                               : listen_for_clients(configured_listeners_);
  if (!listening) {
    return listening;
  }
  return quorum_ ? begin_quorum() : Status{};
}

std::vector<net::BoundAddress> Member::client_addresses() const { return port_.bound(); }

void Member::step(const node::Event& event) {
  node_.step(event, read_clocks(), actions_);
  perform();
}

void Member::perform() {
  if (quorum_) {
    perform_on_disk();
  }
  const std::string_view bytes = actions_.bytes;
  for (const auto& send : actions_.sends) {
    port_.send(send.connection, bytes.substr(send.begin, send.end - send.begin));
  }
  for (const ConnectionId id : actions_.established) {
    port_.established(id);
  }
  if (!actions_.appends.empty()) {
    take_appends();
  }
  roll_next_ = roll_next_ || actions_.roll_log;
  for (const auto& close : actions_.closes) {
    port_.close(close.connection);
  }
  for (const ConnectionId id : actions_.pauses) {
    port_.pause_reading(id);
  }
  for (const ConnectionId id : actions_.resumes) {
    port_.resume_reading(id);
  }
  for (const auto& done : actions_.large_done) {
    port_.large_request_done(done.connection, done.payload_bytes);
  }
  if (actions_.snapshot_begins) {
    housekeeping_->begin_snapshot(actions_.snapshot_zxid);
  }
  if (!actions_.snapshot_bytes.empty() || actions_.snapshot_ends) {
    housekeeping_->write_slice(std::move(actions_.snapshot_bytes), actions_.snapshot_ends);
    actions_.snapshot_bytes = std::string();
  }
  if (actions_.snapshot_abandoned) {
    housekeeping_->abandon_snapshot();
  }
  if (quorum_) {
    if (actions_.quorum.wanted_changed) {
      quorum_->set_wanted(node_.wanted_peers());
    }
    quorum_->perform(actions_.quorum);
    if (!open_reconfigs_.empty()) {
      answer_reconfigs();
    }
  }
  if (!actions_.notes.empty()) {
    log_notes();
  }
  actions_.clear();
  arm_timer();
}

void Member::take_appends() {
  const size_t offset = batch_.bytes.size();
  const auto added = static_cast<int64_t>(actions_.log_bytes.size());
  appended_bytes_ += added;
  space_room_bytes_ -= added;
  batch_.bytes.append(actions_.log_bytes);
  for (const auto& append : actions_.appends) {
    batch_.entries.push_back({.zxid = append.zxid,
                              .begin = append.begin + offset,
                              .end = append.end + offset,
                              .roll_before = std::exchange(roll_next_, false)});
  }
  if (!in_turn_) {
    quorum_ ? submit_soon() : submit_batch();
  }
}

void Member::on_log_synced(Zxid zxid, int64_t bytes) {
  step(node::LogSynced{.zxid = zxid, .log_bytes = bytes});
  submit_batch();
  resume_throttled();
  continue_restore();
}

void Member::write_or_submit_batch() {
  // A member of an ensemble has heartbeats to answer, which must not wait for a disk.
  if (!inline_sync_.turn_ended(batch_.bytes.size()) || batch_.empty() || quorum_) {
    submit_batch();
    return;
  }
  const TimePoint start = monotonic_now();
  if (log_thread_->write_now(batch_)) {
    inline_sync_.took(monotonic_now() - start);
  } else {
    submit_batch();
  }
}

void Member::submit_batch() {
  if (!batch_.empty()) {
    log_thread_->submit(batch_);
  }
}

void Member::on_space_seen(const SpaceSeen& seen) {
  space_seen_ = space_level(seen.level);
  space_room_bytes_ = seen.room_bytes - (appended_bytes_ - seen.logged_bytes);
  update_space();
}

void Member::update_space() {
  const bool outrun = space_seen_ == node::SpaceLevel::kEnough && space_room_bytes_ < 0;
  const node::SpaceLevel level = outrun ? node::SpaceLevel::kLow : space_seen_;
  if (std::exchange(space_told_, level) != level) {
    step(node::SpaceChanged{level});
  }
}

void Member::arm_timer() {
  const std::optional<TimePoint> next = node_.next_deadline();
  if (!next || (armed_ && *armed_ <= *next)) {
    return;  // It fires early enough; sessions that were touched meanwhile only postpone.
  }
  armed_ = next;
  timer_.expires_at(std::chrono::steady_clock::time_point(next->time_since_epoch()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) {
      return;
    }
    armed_.reset();
    step(node::DeadlineReached{});
  });
}

void Member::log_notes() {
  for (const node::Note& note : actions_.notes) {
    log_note(note, directories_.logs);
  }
}

bool Member::may_administer(std::string_view scheme, std::string_view payload,
                            std::string_view address) const {
  return node_.may_administer(scheme, payload, address);
}

report::Inputs Member::report_inputs(node::StatusDetail detail) {
  const Now now = read_clocks();
  refresh(process_, now.wall);
  const LogThreadStats log = log_thread_->stats();
  const HousekeepingStats housekeeping = housekeeping_->stats();
  const net::ClientPortStats& net = port_.stats();
  report::Inputs inputs;
  inputs.status = node_.status(now, detail);
  inputs.process = process_;
  inputs.storage = storage_facts_;
  inputs.storage.data_dir_bytes = housekeeping.data_dir_bytes;
  inputs.storage.log_dir_bytes = housekeeping.log_dir_bytes;
  inputs.storage.free_bytes = housekeeping.free_bytes;
  inputs.storage.snapshot_time = housekeeping.snapshot_time;
  inputs.storage.sync_time = log.sync_time;
  inputs.storage.log_queue_time = log.queue_time;
  inputs.storage.batch_txns = log.batch_txns;
  inputs.storage.slow_syncs = log.slow_syncs;
  inputs.net = net_facts_;
  inputs.net.accepted = net.accepted;
  inputs.net.rejected = net.rejected;
  inputs.net.tls_failed = net.tls_failed;
  inputs.net.sessionless_closed = net.sessionless_closed;
  inputs.net.bytes_received = net.bytes_received;
  inputs.net.bytes_sent = net.bytes_sent;
  inputs.net.handshaking = static_cast<int64_t>(net.handshaking);
  inputs.net.rejected += gate_.refused();
  inputs.net.connection_drop_probability = gate_.drop_probability();
  inputs.net.connection_token_deficit = gate_.deficit();
  inputs.net.throttle_waits = throttle_.waits();
  inputs.net.throttle_wait_time = throttle_.wait_time();
  if (tls_) {
    const net::CertificateState certificate = tls_->state();
    inputs.net.certificate_days_to_expiry = tls_->days_to_expiry(now.wall);
    inputs.net.certificate_reloads = certificate.reloads;
    inputs.net.certificate_reload_failures = certificate.reload_failures;
  }
  inputs.reads.read_time = read_time_;
  inputs.trace_mask = trace_mask_;
  inputs.config = &config_;
  inputs.initial_configuration = initial_configuration_;
  return inputs;
}

}  // namespace quorate::app
