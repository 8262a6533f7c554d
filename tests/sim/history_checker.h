// What the clients asked for and were told, held against what was committed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/wire/reply.h"
#include "tests/sim/commit_checker.h"
#include "tests/sim/model.h"
#include "tests/sim/operation.h"

namespace quorate::sim {

/// The clients' promises:
/// - each transaction is of one request, and each request becomes one transaction at most;
/// - an answer is that of the model at its zxid, and a request that was refused never appears;
/// - a write is behind everything that anybody was told before it was asked for (linearizable);
/// - the requests of a session take effect in their order, those of an earlier connection never
///   behind those of a later one;
/// - a read is the state at its zxid, never older than the session has seen, nor older than the
///   stated bound; one behind a sync is not older than the sync;
/// - a session does not end before its timeout has passed without a word.
class HistoryChecker : public CommitListener {
 public:
  HistoryChecker(Context& context, Members members)
      : context_(context), model_(std::move(members)) {}

  using Handle = std::shared_ptr<Operation>;

  /// A client sends it.
  void invoked(const Handle& operation);
  /// Its answer; `body` follows the header.
  void answered(const std::string& who, Operation& operation, const wire::ReplyHeader& header,
                std::string_view body);
  /// A leader was ordered to reconfigure, and has proposed it.
  void ordered(Zxid zxid, const Handle& operation) { orders_[zxid] = operation; }
  /// The connection is gone without an answer.
  static void lost(Operation& operation);

  void session_opened(SessionId session, int32_t timeout_ms);
  /// It goes on over this connection: nothing that an earlier one asked for may be committed now.
  void session_resumed(SessionId session, uint64_t connection) {
    sessions_[session].connection_last = connection;
  }
  /// The client has heard something of its member.
  void session_heard(SessionId session);
  /// The client has gone without a word: the session has to end by itself.
  void session_abandoned(SessionId session) { abandoned_.push_back(session); }
  /// The client is told that its session is no more.
  void session_refused(const std::string& who, SessionId session);

  void on_commit(const wire::TxnRecord& record, ServerId by) override;

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] Zxid last() const { return last_; }
  [[nodiscard]] size_t answered_count() const { return answered_count_; }
  [[nodiscard]] size_t invoked_count() const { return invoked_count_; }
  [[nodiscard]] Zxid acked() const { return acked_; }
  /// Abandoned sessions that are still there.
  [[nodiscard]] size_t abandoned_count() const;
  /// Bound on how stale a read may be.
  [[nodiscard]] Duration stale_max() const;

 private:
  struct SessionFacts {
    int32_t timeout_ms = 0;
    TimePoint heard{};
    bool is_closing = false;        ///< Its client has asked for its end.
    uint64_t connection_last = 0;   ///< The latest that a transaction came from.
    std::deque<Handle> unresolved;  ///< Writes without a transaction, in their order.
  };

  void commit_request(const wire::TxnRecord& record, ServerId by);
  void commit_close(const wire::TxnRecord& record);
  [[nodiscard]] static std::deque<Handle>::iterator find_asked(const wire::TxnRecord& record,
                                                               SessionFacts& facts);
  void check_order(const Operation& operation, SessionFacts& facts);
  void check_txn(Operation& operation, const wire::TxnRecord& record);
  void commit_order(const wire::TxnRecord& record);
  void check_reconfig(Operation& operation, const wire::TxnRecord& record);
  void check_write(const std::string& who, Operation& operation, const wire::ReplyHeader& header,
                   std::string_view body);
  void check_write_body(const std::string& who, const Operation& operation, std::string_view body);
  void check_multi_body(const std::string& who, const Operation& operation, std::string_view body);
  void check_read(const std::string& who, const Operation& operation,
                  const wire::ReplyHeader& header, std::string_view body);
  [[nodiscard]] bool is_first_configuration(std::string_view text) const;
  void note_acked(Zxid zxid);
  [[nodiscard]] Zxid acked_at(TimePoint time) const;

  Context& context_;
  Model model_;
  Zxid last_;
  std::map<SessionId, SessionFacts> sessions_;
  std::vector<SessionId> abandoned_;
  std::map<Zxid, Handle> orders_;
  Zxid acked_;
  std::vector<std::pair<TimePoint, Zxid>> acks_;
  size_t answered_count_ = 0;
  size_t invoked_count_ = 0;
};

/// For the trace: kind, path and what else matters.
[[nodiscard]] std::string describe(const Operation& operation);

}  // namespace quorate::sim
