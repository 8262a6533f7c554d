// Manual benchmark of the client port, disabled in normal runs:
//   tests_server_net_test --gtest_also_run_disabled_tests --gtest_filter='*ClientPortBench*'
// A thread serves fixed replies, another pipelines requests; numbers only mean something in a
// release build on an idle machine.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <thread>

#include "server/base/bytes.h"
#include "tests/server/net/port_fixture.h"
#include "tests/server/net/test_certificates.h"

namespace quorate::net::test {
namespace {

constexpr auto kMeasured = std::chrono::seconds(3);

// Answers each frame with a fixed reply.
class FixedReplyHandler final : public ConnectionHandler {
 public:
  explicit FixedReplyHandler(size_t reply_bytes) : reply_(frame(std::string(reply_bytes, 'r'))) {}
  void on_open(const ConnectionInfo& info) override { port->established(info.id); }
  size_t on_frames(ConnectionId id, std::string_view frames) override {
    std::string* output = port->output(id);
    for (size_t at = 0; at < frames.size();) {
      at += kLengthBytes + load_big_endian<uint32_t>(frames.data() + at);
      output->append(reply_);
      ++served;
    }
    return frames.size();
  }
  void on_four_letter_word(ConnectionId, std::string_view, std::string_view) override {}
  void on_closed(ConnectionId, const CloseReason&) override {}
  void on_rejected(const Rejection&) override {}
  void on_accept_trouble(std::string_view) override {}

  ClientPort* port = nullptr;
  uint64_t served = 0;

 private:
  static constexpr size_t kLengthBytes = 4;
  std::string reply_;
};

// Keeps `outstanding` requests in flight on each socket.
class Pipeliner {
 public:
  Pipeliner(uint16_t port, int connections, int outstanding, size_t request, size_t reply)
      : request_(frame(std::string(request, 'q'))),
        reply_bytes_(reply + 4),
        outstanding_(outstanding) {
    for (int i = 0; i < outstanding; ++i) {
      batch_ += request_;
    }
    for (int i = 0; i < connections; ++i) {
      clients_.emplace_back(PlainClient(port));
      epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<uint32_t>(i)}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_.back().fd(), &event);
      partial_.push_back(0);
    }
  }
  ~Pipeliner() { ::close(epoll_); }

  // Round trips finished until `end`.
  uint64_t run(std::chrono::steady_clock::time_point end) {
    for (const PlainClient& client : clients_) {
      EXPECT_EQ(::send(client.fd(), batch_.data(), batch_.size(), 0),
                static_cast<ssize_t>(batch_.size()));
    }
    uint64_t done = 0;
    std::vector<char> buffer(1 << 18);
    epoll_event events[64];
    while (std::chrono::steady_clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events, 64, 100);
      for (int i = 0; i < ready; ++i) {
        const uint32_t index = events[i].data.u32;
        const ssize_t got =
            ::recv(clients_[index].fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got <= 0) {
          continue;
        }
        partial_[index] += static_cast<size_t>(got);
        const size_t replies = partial_[index] / reply_bytes_;
        partial_[index] %= reply_bytes_;
        done += replies;
        const size_t bytes = replies * request_.size();
        EXPECT_LE(replies, static_cast<size_t>(outstanding_));
        EXPECT_EQ(::send(clients_[index].fd(), batch_.data(), bytes, 0),
                  static_cast<ssize_t>(bytes));
      }
    }
    return done;
  }

 private:
  std::string request_;
  size_t reply_bytes_;
  int outstanding_;
  std::string batch_;
  std::vector<PlainClient> clients_;
  std::vector<size_t> partial_;
  int epoll_ = ::epoll_create1(0);
};

double thread_cpu_seconds() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

void measure(const char* name, int connections, int outstanding, size_t request, size_t reply) {
  boost::asio::io_context loop(1);
  FixedReplyHandler handler(reply);
  ClientPort port(loop, handler, {});
  handler.port = &port;
  const Result<std::vector<BoundAddress>> bound = port.listen({.address = "127.0.0.1"});
  ASSERT_TRUE(bound);
  double server_seconds = 0;
  std::thread server([&] {
    loop.run();
    server_seconds = thread_cpu_seconds();
  });
  Pipeliner pipeliner(bound->front().port, connections, outstanding, request, reply);
  const auto start = std::chrono::steady_clock::now();
  const uint64_t done = pipeliner.run(start + kMeasured);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  loop.stop();
  server.join();
  std::printf("%-28s %4d x %-3d %8.0f frames/s  %6.0f ns server cpu a frame, busy %3.0f %%\n", name,
              connections, outstanding, static_cast<double>(done) / seconds,
              server_seconds * 1e9 / static_cast<double>(done), server_seconds / seconds * 100);
}

TEST(ClientPortBench, DISABLED_Throughput) {
  measure("read-like 40 B -> 200 B", 16, 64, 40, 200);
  measure("write-like 160 B -> 40 B", 16, 64, 160, 40);
  measure("small 20 B -> 20 B", 16, 64, 20, 20);
  measure("one outstanding", 1, 1, 40, 200);
  measure("16 x 1 outstanding", 16, 1, 40, 200);
  measure("500 x 2 outstanding", 500, 2, 40, 200);
}

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(ClientPortBench, DISABLED_IdleConnectionMemory) {
  constexpr int kConnections = 8000;
  boost::asio::io_context loop(1);
  FixedReplyHandler handler(40);
  ClientPort port(loop, handler, {.connections_per_address_max = 0});
  handler.port = &port;
  const Result<std::vector<BoundAddress>> bound = port.listen({.address = "127.0.0.1"});
  ASSERT_TRUE(bound);
  std::vector<PlainClient> clients;
  clients.reserve(kConnections);
  const uint64_t before = resident_bytes();
  for (int i = 0; i < kConnections; ++i) {
    clients.emplace_back(PlainClient(bound->front().port));
    clients.back().send(frame("connect"));
    clients.back().pump();
    loop.poll();
    loop.restart();
  }
  while (handler.served < kConnections) {
    loop.run_one();
  }
  const uint64_t used = resident_bytes() - before;
  std::printf("%d idle connections: %.0f bytes each (client objects of the test included)\n",
              kConnections, static_cast<double>(used) / kConnections);
}

TEST(ClientPortBench, DISABLED_IdleTlsConnectionMemoryAndHandshakes) {
  constexpr int kConnections = 1000;
  TemporaryDirectory directory;
  Authority authority("Root");
  const Issued server = authority.issue({.common_name = "server"});
  const Result<std::shared_ptr<TlsContext>> context =
      TlsContext::create({.key_store = {.path = directory.write("server.pem", server.both_pem())},
                          .client_authentication = ClientAuthentication::kNone},
                         wall_now());
  ASSERT_TRUE(context);
  boost::asio::io_context loop(1);
  FixedReplyHandler handler(40);
  ClientPort port(loop, handler, {.connections_per_address_max = 0});
  handler.port = &port;
  const Result<std::vector<BoundAddress>> bound =
      port.listen({.address = "127.0.0.1", .tls = TlsMode::kOn, .tls_context = *context});
  ASSERT_TRUE(bound);
  ClientContext own(authority.pem());
  SSL_CTX_set_mode(own.get(), SSL_MODE_RELEASE_BUFFERS);
  std::vector<std::unique_ptr<TlsClient>> clients;
  const uint64_t before = resident_bytes();
  const double start = thread_cpu_seconds();
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<TlsClient>(bound->front().port, own.get()));
    clients.back()->send(frame("connect"));
    while (clients.back()->received.empty() && !clients.back()->over()) {
      clients.back()->pump();
      loop.restart();
      loop.poll();
    }
  }
  const double spent = thread_cpu_seconds() - start;
  EXPECT_EQ(handler.served, static_cast<uint64_t>(kConnections));
  std::printf(
      "%d idle TLS connections: %.0f bytes each, both ends; a handshake: %.0f us of cpu, "
      "both ends, P-256\n",
      kConnections, static_cast<double>(resident_bytes() - before) / kConnections,
      spent * 1e6 / kConnections);
}

}  // namespace
}  // namespace quorate::net::test
