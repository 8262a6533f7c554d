// A simulated client with its library: a session over connections that come and go.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/client_watches.h"
#include "tests/sim/history_checker.h"
#include "tests/sim/network.h"

namespace quorate::sim {

/// Behaves as libraries do: pings, gives a silent server up after two thirds of its timeout, comes
/// back to another member with its session and its watches, and does not know what became of the
/// requests that it has no answer for. Some count their xids through, some begin anew with each
/// connection.
class Client : public Host {
 public:
  Client(Context& context, Network& network, HistoryChecker& checker, size_t index,
         size_t member_count);
  /// Proves at each connection that it may reconfigure.
  void make_super() { is_super_ = true; }

  void start();
  /// No new requests but those of ask().
  void stop_asking() { asks_ = false; }
  /// Always connects to this member.
  void pin(HostId member) { pinned_ = member; }
  /// Goes without a word and comes back as another client.
  void vanish();

  /// Sends a request of the caller's choice.
  void ask(OpKind kind, const std::string& path);
  void reconfigure(Reconfig reconfig);
  [[nodiscard]] bool is_super() const { return is_super_; }
  [[nodiscard]] bool is_connected() const { return state_ == State::kOpen; }
  [[nodiscard]] size_t open_count() const { return open_.size(); }
  [[nodiscard]] SessionId session() const { return session_; }
  [[nodiscard]] size_t reconnects() const { return connection_count_; }

  // ---- Host -----------------------------------------------------------------------------------
  [[nodiscard]] bool is_up() const override { return true; }
  [[nodiscard]] bool listens(Port) const override { return false; }
  void on_connected(Wire wire, Port port, HostId peer, uint64_t cookie, bool dialed) override;
  void on_refused(Port port, HostId peer, uint64_t cookie) override;
  void on_message(Wire wire, Message message) override;
  void on_left(Wire, size_t, bool) override {}
  void on_closed(Wire wire) override;

 private:
  enum class State : uint8_t { kIdle, kDialing, kHandshake, kOpen };

  void connect_soon();
  void dial();
  void drop(const char* why);
  void check_silence(uint64_t connection);
  void send_payload(const std::string& payload);
  void send_handshake();
  void send_watches();
  void send_auth();
  void ping(uint64_t connection);
  void think();
  void ask_something();
  [[nodiscard]] Operation make_operation();
  [[nodiscard]] OpStep make_step(OpKind kind);
  void submit(Operation operation);
  void take_handshake(std::string_view payload);
  void take_frame(std::string_view payload);
  void take_reply(const wire::ReplyHeader& header, std::string_view body);
  void end_session();
  void note(const std::string& what) const { context_.note(name_, what); }

  Context& context_;
  Network& network_;
  HistoryChecker& checker_;
  std::string name_;
  HostId host_;
  size_t member_count_;
  bool is_super_ = false;
  bool restarts_xids_;
  bool asks_ = true;
  std::optional<HostId> pinned_;

  State state_ = State::kIdle;
  HostId member_ = 0;
  std::optional<Wire> wire_;
  uint64_t connection_count_ = 0;
  uint64_t dial_ = 0;
  TimePoint heard_{};
  int32_t next_xid_ = 1;
  SessionId session_;
  std::string password_;
  int32_t timeout_ms_ = 0;
  Zxid last_zxid_;
  bool is_closing_ = false;
  std::deque<HistoryChecker::Handle> open_;
  std::optional<ClientWatches::Rearmed> rearmed_;  ///< SetWatches is not answered yet.
  ClientWatches watches_;
  uint64_t next_data_ = 1;
};

}  // namespace quorate::sim
