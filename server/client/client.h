// Client: a session with its own thread, for programs that want to call and be called back.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "server/client/calls.h"
#include "server/client/connect_string.h"
#include "server/client/machine.h"
#include "server/client/stream.h"

namespace quorate::client {

struct ClientOptions {
  ConnectString servers;
  Duration session_timeout = std::chrono::seconds(30);
  bool read_only = false;
  std::shared_ptr<net::TlsContext> tls;  ///< A client context; null: plain text.
  bool shuffle = true;                   ///< Begin with a server chosen at random.
  SessionId session;                     ///< Non-zero: resume this session.
  std::string password;
};

/// A session that connects, and connects again when a connection is lost: watches and credentials
/// follow it. Requests that were under way fail with kConnectionLoss, for nobody knows whether they
/// were executed; so do requests made while no server answers, once each was tried.
///
/// Thread-safe. Callbacks and the event handler run on the client's thread and must not block on
/// the client (they may start further requests).
class Client {
 public:
  using EventHandler = std::function<void(const Event&)>;

  explicit Client(ClientOptions options, EventHandler on_event = {});
  /// Ends the session, as close().
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Starts a call; `done` gets its Outcome<T> on the client's thread.
  template <typename T, typename F>
  void start(Call<T> call, F done) {
    Request request = std::move(call.request);
    call.request = {};
    submit(std::move(request), [call = std::move(call), done = std::move(done)](
                                   Reply reply) mutable { done(read_reply(call, reply)); });
  }
  /// Starts a call whose answer the future will hold.
  template <typename T>
  [[nodiscard]] std::future<Outcome<T>> start(Call<T> call) {
    auto promise = std::make_shared<std::promise<Outcome<T>>>();
    auto future = promise->get_future();
    start(std::move(call),
          [promise](Outcome<T> outcome) { promise->set_value(std::move(outcome)); });
    return future;
  }
  /// Calls and waits.
  template <typename T>
  [[nodiscard]] Outcome<T> run(Call<T> call) {
    return start(std::move(call)).get();
  }
  /// Builders of calls with this client's chroot.
  [[nodiscard]] const Calls& calls() const { return calls_; }

  /// Waits until the session is established. False: `timeout` passed, or the session has ended.
  [[nodiscard]] bool wait_connected(Duration timeout);
  /// Ends the session: closeSession where there is a connection. Waits at most a second for the
  /// answer, and until every callback has returned.
  void close();
  /// Stops without a word to the server, as a crash would; the session lives on there.
  void abandon();
  /// Drops the connection, as a broken network would. The session goes on over another one.
  void drop_connection();

  [[nodiscard]] Machine::State state() const;
  [[nodiscard]] SessionId session() const;
  [[nodiscard]] std::string password() const;
  [[nodiscard]] Duration negotiated_timeout() const;
  [[nodiscard]] bool is_read_only() const;
  [[nodiscard]] WatchRegistry watches() const;
  /// The server in use, or tried last.
  [[nodiscard]] Endpoint server() const;
  /// Why the last connection attempt or connection failed; empty if none has.
  [[nodiscard]] std::string last_failure() const;

 private:
  using Done = std::function<void(Reply)>;
  enum class Command { kNone, kDrop, kClose, kAbandon };  ///< A later one outranks.

  void submit(Request request, Done done);
  void command(Command command);
  void wake();
  void loop();
  [[nodiscard]] bool turn();
  void serve_stream(TimePoint now);
  void connect(TimePoint now);
  void lose(TimePoint now);
  void deliver(std::unique_lock<std::mutex>& lock);
  void wait(std::unique_lock<std::mutex>& lock);

  const ClientOptions options_;
  const Calls calls_;
  const EventHandler on_event_;
  const size_t first_server_;
  int wake_fd_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_; the thread lets go of it while it waits, connects and delivers.
  Machine machine_;
  std::unordered_map<uint64_t, Done> done_;
  Command command_ = Command::kNone;
  bool ended_ = false;
  TimePoint close_deadline_ = TimePoint::max();
  Endpoint server_;
  std::string last_failure_;

  // The thread's own.
  std::unique_ptr<Stream> stream_;
  bool established_ = false;  ///< The stream is ready, handshakes over.
  std::jthread thread_;
};

/// The monotonic clock of this process.
[[nodiscard]] TimePoint monotonic_now();

}  // namespace quorate::client
