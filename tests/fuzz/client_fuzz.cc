// A client session whose server answers with anything. The first byte of the input says whether the
// input holds the whole conversation or what follows a good handshake; the second, how large the
// pieces are in which it arrives.
#include <functional>
#include <map>
#include <set>

#include "server/client/calls.h"
#include "server/client/machine.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/stat.h"
#include "tests/fuzz/fuzz.h"
#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::fuzz {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(1000)};
constexpr size_t kAllocationMin = size_t{1} << 20;
constexpr size_t kAllocationFactor = 256;

std::string framed(std::string_view payload) {
  std::string frame;
  wire::Writer(frame).put_string(payload);
  return frame;
}

std::string good_handshake() {
  std::string payload;
  encode(wire::ConnectResponse{20000, SessionId{5}, wire::kPassword, false, true}, payload);
  return framed(payload);
}

// Every kind of call, each read back from the reply that came for it, if one did.
class Conversation {
 public:
  Conversation() : machine_(options()), calls_("/root") {
    submit(calls_.create("/a", {}));
    submit(calls_.remove("/a"));
    submit(calls_.exists("/a", true));
    submit(calls_.get("/a", true));
    submit(calls_.set("/a", "data"));
    submit(calls_.get_acl("/a"));
    submit(calls_.children("/a", true));
    submit(calls_.child_names("/a"));
    submit(calls_.sync("/a"));
    submit(calls_.multi({{client::MultiOp::Kind::kDelete, "/a", 1, {}, {}},
                         {client::MultiOp::Kind::kCreate, "/b", -1, {}, {}}}));
    submit(calls_.multi_read({{false, "/a"}, {true, "/a"}}));
    submit(calls_.add_watch("/w", client::AddWatchMode::kPersistentRecursive));
    submit(calls_.remove_watches("/w", client::WatcherType::kAny));
    submit(calls_.ephemerals("/"));
    submit(calls_.all_children_number("/a"));
    submit(calls_.add_auth("digest", "u:p"));
    submit(calls_.who_am_i());
    submit(calls_.config());
  }

  void run(std::string_view bytes, size_t piece) {
    machine_.connecting(kNow);
    machine_.connected(kNow);
    for (size_t at = 0; at < bytes.size() && !machine_.wants_drop(); at += piece) {
      machine_.received(bytes.substr(at, piece), kNow);
      machine_.output().clear();
      machine_.sent(kNow);
      drain();
    }
    machine_.disconnected(kNow);
    machine_.close();
    drain();
    FUZZ_CHECK(machine_.state() == client::Machine::State::kClosed);
    FUZZ_CHECK(readers_.size() == completed_.size());
  }

 private:
  using Read = std::function<void(const client::Reply&)>;

  static client::MachineOptions options() {
    client::MachineOptions options;
    options.chroot = "/root";
    return options;
  }

  template <typename T>
  void submit(const client::Call<T>& call) {
    const uint64_t ticket = machine_.submit(call.request);
    readers_[ticket] = [call](const client::Reply& reply) { (void)read_reply(call, reply); };
  }

  void drain() {
    for (const client::Machine::Completion& completion : machine_.take_completions()) {
      FUZZ_CHECK(readers_.contains(completion.ticket));
      const bool is_first = completed_.insert(completion.ticket).second;
      FUZZ_CHECK(is_first);
      readers_.at(completion.ticket)(completion.reply);
    }
    for (const client::Event& event : machine_.take_events()) {
      (void)client::name_of_event(event.type);
      (void)client::name_of(event.state);
    }
  }

  client::Machine machine_;
  client::Calls calls_;
  std::map<uint64_t, Read> readers_;
  std::set<uint64_t> completed_;
};

std::string reply(int32_t xid, wire::ErrorCode error, std::string_view body) {
  std::string payload;
  wire::Writer writer(payload);
  write(writer, wire::ReplyHeader{xid, Zxid{9}, error});
  payload += body;
  return framed(payload);
}

// Good answers to all calls, in order.
std::string good_answers() {
  std::string stat;
  wire::Writer stat_writer(stat);
  write(stat_writer, wire::Stat{});
  const auto text = [](std::string_view value) { return framed(value); };
  const std::string acls(wire::two_acls().encoded);
  const std::string names = std::string("\0\0\0\2", 4) + text("x") + text("y");
  const std::vector<std::string> bodies = {text("/root/a"),
                                           "",
                                           stat,
                                           text("data") + stat,
                                           stat,
                                           acls + stat,
                                           names + stat,
                                           names,
                                           text("/root/a"),
                                           wire::apache_records().at("multi_response"),
                                           "",
                                           std::string(4, '\0'),
                                           "",
                                           names,
                                           std::string("\0\0\0\5", 4)};
  std::string answers = reply(wire::kAuthXid, wire::ErrorCode::kOk, "");
  wire::append_notification(answers, Zxid{3}, wire::EventType::kNodeCreated, "/root/w/x");
  int32_t xid = 1;
  for (const std::string& body : bodies) {
    answers += reply(xid++, body.empty() ? wire::ErrorCode::kNoNode : wire::ErrorCode::kOk, body);
  }
  return answers + reply(wire::kPingXid, wire::ErrorCode::kOk, "");
}

}  // namespace

std::vector<std::string> seeds() {
  return {"0\x7f" + good_handshake() + good_answers(), "1\x7f" + good_answers(),
          "1\x03" + good_answers(), "1\x10" + reply(1, wire::ErrorCode::kSessionExpired, "")};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size < 2) {
    return 0;
  }
  const fuzz::AllocationLimit limit(fuzz::kAllocationMin + fuzz::kAllocationFactor * size);
  const std::string prefix = data[0] % 2 == 1 ? fuzz::good_handshake() : "";
  const std::string bytes = prefix + std::string(fuzz::as_view(data + 2, size - 2));
  fuzz::Conversation().run(bytes, size_t{1} + data[1]);
  return 0;
}
