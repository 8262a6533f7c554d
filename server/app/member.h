// Member: the node machine with a clock, sockets, a log thread and a snapshot thread around it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/admin/status_source.h"
#include "server/app/connection_gate.h"
#include "server/app/ensemble_setup.h"
#include "server/app/housekeeping_thread.h"
#include "server/app/inline_sync.h"
#include "server/app/log_read_thread.h"
#include "server/app/log_thread.h"
#include "server/app/process_facts.h"
#include "server/app/quorum_ports.h"
#include "server/app/request_throttle.h"
#include "server/auth/authenticate.h"
#include "server/auth/certificate.h"
#include "server/base/result.h"
#include "server/config/config.h"
#include "server/net/client_port.h"
#include "server/net/tls_context.h"
#include "server/node/node.h"
#include "server/report/four_letter_words.h"
#include "server/report/inputs.h"
#include "server/storage/directories.h"
#include "server/storage/posix_file_system.h"
#include "server/storage/recover.h"

namespace quorate::app {

/// Exit codes of quorate-server; the first ones are ZooKeeper's.
enum class ExitCode : int {
  kOk = 0,
  kUnexpected = 1,
  kInvalidConfiguration = 2,
  kDataDirectory = 3,
  kAdminServer = 4,
  kPort = 5,             ///< A client port cannot be bound.
  kLogWriteFailed = 20,  ///< The transaction log could not be written or synced.
};

/// A durable snapshot and its file.
struct SnapshotPath {
  Zxid zxid;
  std::string path;
};
using SnapshotCallback = std::function<void(Result<SnapshotPath>)>;
using ReconfigCallback = std::function<void(admin::ReconfigAnswer)>;
using RestoreCallback = std::function<void(Result<Zxid>)>;

/// One member on one core loop. Everything but the constructor's recovery runs on the thread that
/// runs the io_context. The member performs the machine's actions in this order: replies into the
/// connections' buffers, txns into the batch of this turn, closes and pauses; the batch goes to the
/// log thread when the turn ends.
class Member final : public net::ConnectionHandler {
 public:
  struct Parts {
    config::Config config;
    std::string initial_configuration;  ///< Text of zoo.cfg.
    std::unique_ptr<storage::PosixFileSystem> file_system;
    storage::Directories directories;
    storage::DirectoryLocks locks;
    std::unique_ptr<storage::Recovered> recovered;
    std::shared_ptr<net::TlsContext> tls;        ///< Null without a secure port.
    std::shared_ptr<net::TlsContext> admin_tls;  ///< Of the HTTP server; null without TLS there.
    std::optional<auth::CertificateIdRule> certificate_rule;
    std::optional<EnsembleSetup> setup;  ///< Nothing: standalone.
    int64_t load_ms = 0;                 ///< Time that recovery took.
  };

  /// Opens the log for writing and starts the threads; does not listen yet.
  static Result<std::unique_ptr<Member>> create(boost::asio::io_context& loop, Parts parts);
  ~Member();

  /// Binds the client ports. What was bound is then in client_addresses().
  [[nodiscard]] Status listen();
  [[nodiscard]] std::vector<net::BoundAddress> client_addresses() const;

  /// Stops gracefully: takes no new connection, answers what it has read, closes, calls `done`.
  void stop(std::function<void()> done);

  /// Everything that report and admin show. Core loop only.
  [[nodiscard]] report::Inputs report_inputs(node::StatusDetail detail);
  [[nodiscard]] const config::Config& config() const { return config_; }
  /// The context of the HTTP server; null when it speaks no TLS.
  [[nodiscard]] const std::shared_ptr<net::TlsContext>& admin_tls() const { return admin_tls_; }
  /// Takes a snapshot of the state as it is now or a little later; `done` is called on the loop.
  void request_snapshot(SnapshotCallback done);
  /// Replaces the database: closes every client, writes the new state as a snapshot, serves again.
  void restore(tree::Database database, RestoreCallback done);
  /// Reconfigures the ensemble in the name of whoever has the token; `done` is called on the loop
  /// when that is committed, or refused.
  void reconfigure(const report::ReconfigOrder& order, ReconfigCallback done);
  /// Begins to leave the lead to another voter: to `target`, or to one that has everything.
  std::optional<admin::ChangeRefusal> hand_over(std::optional<ServerId> target);
  /// What a four-letter word or an admin command changes.
  void apply_effect(report::Effect effect, int64_t trace_mask);
  [[nodiscard]] bool may_administer(std::string_view scheme, std::string_view payload,
                                    std::string_view address) const;

  // ---- net::ConnectionHandler ----
  void on_open(const net::ConnectionInfo& info) override;
  size_t on_frames(ConnectionId id, std::string_view frames) override;
  void on_four_letter_word(ConnectionId id, std::string_view word, std::string_view rest) override;
  void on_closed(ConnectionId id, const net::CloseReason& reason) override;
  void on_rejected(const net::Rejection& rejection) override;
  void on_turn_end() override;
  void on_accept_trouble(std::string_view message) override;

 private:
  Member(boost::asio::io_context& loop, Parts parts);
  Status start_threads();

  // member_quorum.cc: of members of an ensemble.
  void start_reading_log();
  void start_quorum();
  /// Binds the election port and begins to look for a leader.
  [[nodiscard]] Status begin_quorum();
  void perform_on_disk();
  void store_configuration(const node::QuorumActions::Configure& configure);
  void mark_unfit(bool is_unfit);
  void save_epochs(Epoch accepted, Epoch current);
  [[nodiscard]] Result<storage::Recovered> change_log(storage::LogWriter& writer,
                                                      const std::function<Status()>& change);
  void truncate_log(Zxid zxid, bool reload);
  void install_snapshot(Zxid zxid, std::string bytes);
  /// Has the log read behind all that is on its way into it.
  void read_log(const node::QuorumActions& wanted);
  void submit_soon();
  void answer_reconfigs();
  /// The member's own line may name other addresses for clients than before: listens there; open
  /// connections stay.
  void follow_own_line(const quorum::Configuration& configuration);
  [[nodiscard]] Status listen_for_clients(const ClientListeners& listeners);

  /// Hands `event` to the machine and performs what it wants.
  void step(const node::Event& event);
  /// Steps frame by frame while the throttle has room, for perform() to follow; returns how many
  /// bytes were taken.
  size_t feed_throttled(ConnectionId id, std::string_view frames, Now now);
  void resume_throttled();
  void perform();
  /// Moves the txns of this step into the batch of this turn.
  void take_appends();
  void log_notes();
  void submit_batch();
  /// Writes the batch on this thread if that pays off, else submits it.
  void write_or_submit_batch();
  void on_log_synced(Zxid zxid, int64_t bytes);
  void arm_timer();
  void on_space_seen(const SpaceSeen& seen);
  /// Tells the machine when writes are to be refused, or taken again.
  void update_space();
  void continue_stop();
  void start_requested_snapshot();
  void on_snapshot_finished(Zxid zxid, const Status& outcome, const std::string& path);
  void continue_restore();
  void finish_restore(Zxid zxid, const Status& outcome);
  // Called on the helper threads.
  [[noreturn]] static void die(const Error& error);
  void report_snapshot(Zxid zxid, const Status& outcome, const std::string& path);
  static void report_purge(const Status& outcome, size_t files);
  void reload_certificates();

  boost::asio::io_context& loop_;
  config::Config config_;
  std::unique_ptr<storage::PosixFileSystem> file_system_;
  storage::Directories directories_;
  storage::DirectoryLocks locks_;
  storage::LogTail log_tail_;
  const ClientListeners configured_listeners_;  ///< Of zoo.cfg; config_ has those in use.
  std::shared_ptr<net::TlsContext> tls_;
  std::shared_ptr<net::TlsContext> admin_tls_;
  auth::AuthOptions auth_options_;
  std::optional<auth::CertificateIdRule> certificate_rule_;  ///< With x509 only.
  report::ProcessFacts process_;
  report::StorageFacts storage_facts_;
  report::NetFacts net_facts_;
  int64_t trace_mask_ = report::kTraceMaskDefault;
  std::string initial_configuration_;
  Histogram read_time_;
  ConnectionGate gate_;
  RequestThrottle throttle_;

  std::optional<EnsembleSetup> setup_;
  node::Node node_;
  node::Actions actions_;
  LogBatch batch_;
  InlineSync inline_sync_;
  bool roll_next_ = false;
  bool submit_posted_ = false;
  int64_t appended_bytes_ = 0;  ///< Ever handed to the log thread, or about to be.
  /// What the log may still grow by before the reserve of the disk is touched: without what is on
  /// its way, so that no burst between two looks at the disk can use it up.
  int64_t space_room_bytes_ = std::numeric_limits<int64_t>::max();
  node::SpaceLevel space_seen_ = node::SpaceLevel::kEnough;  ///< As the disk is.
  node::SpaceLevel space_told_ = node::SpaceLevel::kEnough;  ///< As the machine knows it.
  bool in_turn_ = false;  ///< Output made now is flushed by the port when the turn ends.
  boost::asio::steady_timer timer_;
  std::optional<TimePoint> armed_;
  boost::asio::steady_timer stop_timer_;
  std::function<void()> stopped_;
  bool stopping_ = false;
  bool is_out_of_patience_ = false;  ///< While stopping.
  std::vector<ConnectionId> open_;   ///< Filled when stopping.

  struct OpenReconfig {
    ConfigVersion version;
    ReconfigCallback done;
  };
  std::vector<OpenReconfig> open_reconfigs_;
  std::vector<SnapshotCallback> snapshot_waiters_;       ///< Of the running snapshot.
  std::vector<SnapshotCallback> next_snapshot_waiters_;  ///< Of the one after it.
  std::unique_ptr<tree::Database> restore_;              ///< Waits until the member is quiet.
  RestoreCallback restore_done_;
  bool restored_ = false;  ///< Replaced, but not durable yet.

  net::ClientPort port_;
  std::unique_ptr<QuorumPorts> quorum_;  ///< Null: standalone.
  // The threads post to loop_ and stop before anything above is destroyed.
  std::unique_ptr<LogReadThread> log_read_thread_;  ///< Null: standalone.
  std::unique_ptr<HousekeepingThread> housekeeping_;
  std::unique_ptr<LogThread> log_thread_;
};

}  // namespace quorate::app
