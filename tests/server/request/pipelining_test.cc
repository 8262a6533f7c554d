// Whatever is pending must make no difference: random requests, prepared far ahead of what is
// applied, give the very txns that they give when each is applied before the next is prepared.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/server/request/desk.h"

namespace quorate::request::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

constexpr int kSeeds = 200;
constexpr int kStepsPerSeed = 400;
constexpr size_t kPendingMax = 40;

/// Requests borrow; this keeps what they borrow from.
struct Owned {
  std::deque<std::string> texts;
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

  wire::WriteRequest request(Owned& owned) {
    switch (below(12)) {
      case 0:
        return wire::SetAclRequest{.path = path(owned), .acls = acls(owned), .version = version()};
      case 1:
      case 2:
        return multi(owned);
      case 3:
        if (below(3) == 0) {
          return wire::CloseSessionRequest{};
        }
        [[fallthrough]];
      default:
        return std::visit([](const auto& op) { return wire::WriteRequest(op); }, single(owned));
    }
  }

 private:
  std::string_view path(Owned& owned) {
    static const std::vector<std::string> kOdd = {"/",          "",      "/a/", "a",
                                                  "/zookeeper", "/a//b", "/a/."};
    if (below(30) == 0) {
      return owned.keep(kOdd[below(static_cast<uint32_t>(kOdd.size()))]);
    }
    std::string text;
    for (uint32_t depth = 1 + below(3); depth > 0; --depth) {
      text += '/';
      text += static_cast<char>('a' + below(3));
    }
    return owned.keep(std::move(text));
  }
  int32_t version() { return below(3) == 0 ? static_cast<int32_t>(below(4)) : -1; }
  wire::AclList acls(Owned& owned) {
    switch (below(8)) {
      case 0:
        return {owned.keep(acl(static_cast<int32_t>(below(32)), "world", "anyone"))};
      case 1:
        return {owned.keep(acl(wire::kPermAll, "auth", ""))};
      case 2:
        return {owned.keep(acl(static_cast<int32_t>(below(32)), "digest", "u:h"))};
      case 3:
        return {owned.keep(acl(wire::kPermAll, "nosuch", "x"))};
      default:
        return wire::open_acl();
    }
  }
  wire::NullableBytes data(Owned& owned) {
    if (below(8) == 0) {
      return std::nullopt;
    }
    return owned.keep(std::string(below(6), 'd'));
  }
  wire::CreateRequest create(Owned& owned) {
    static constexpr OpCode kOps[] = {OpCode::kCreate, OpCode::kCreate2, OpCode::kCreate,
                                      OpCode::kCreateContainer, OpCode::kCreateTtl};
    // Mostly ephemerals: theirs is the most that one request may touch.
    wire::CreateRequest request{.op = kOps[below(5)],
                                .path = path(owned),
                                .data = data(owned),
                                .acls = acls(owned),
                                .flags = below(2) == 0 ? 1 : static_cast<int32_t>(below(4))};
    if (request.op == OpCode::kCreateContainer) {
      request.flags = 4;
    } else if (request.op == OpCode::kCreateTtl) {
      request.flags = 5 + static_cast<int32_t>(below(2));
      request.ttl_ms = below(10) == 0 ? 0 : 1000;
    }
    return request;
  }
  wire::MultiOp single(Owned& owned) {
    switch (below(7)) {
      case 0:
      case 1:
      case 2:
        return create(owned);
      case 3:
      case 4:
        return wire::DeleteRequest{.path = path(owned), .version = version()};
      case 5:
        return wire::SetDataRequest{.path = path(owned), .data = data(owned), .version = version()};
      default:
        return wire::CheckRequest{.path = path(owned), .version = version()};
    }
  }
  wire::MultiRequest multi(Owned& owned) {
    wire::MultiRequest request;
    for (uint32_t count = below(5); count > 0; --count) {
      request.ops.push_back(single(owned));
    }
    return request;
  }

  std::mt19937 random_;
};

struct Outcome {
  std::map<ErrorCode, int> errors;
  size_t pending_most = 0;
};

void run(uint32_t seed, const PrepareOptions& options, Outcome& outcome) {
  Generator generator(seed);
  Desk ahead(options);
  Desk settled(options);
  std::vector<Caller> callers(3);
  callers[1].who = identities({{"ip", "10.0.0.2"}, {"digest", "u:h"}});
  callers[2].who = identities({{"ip", "10.0.0.3"}, {"super", ""}});
  int64_t next_session = 1;
  const auto open = [&](Caller& caller) {
    caller.session = SessionId{next_session++};
    ahead.open_session(caller.session, 1000);
    settled.open_session(caller.session, 1000);
    settled.apply_all();
  };
  for (Caller& caller : callers) {
    open(caller);
  }
  for (int step = 0; step < kStepsPerSeed; ++step) {
    Owned owned;
    Caller& caller = callers[generator.below(3)];
    const wire::WriteRequest request = generator.request(owned);
    Caller same = caller;
    const ErrorCode early = ahead.prepare(request, caller);
    const ErrorCode late = settled.prepare(request, same);
    ++outcome.errors[late];
    ASSERT_EQ(early, late) << "seed " << seed << " step " << step;
    ASSERT_EQ(ahead.last_txn(), settled.last_txn()) << "seed " << seed << " step " << step;
    settled.apply_all();
    if (std::holds_alternative<wire::CloseSessionRequest>(request)) {
      open(caller);
    }
    outcome.pending_most = std::max(outcome.pending_most, ahead.pending_txns());
    for (uint32_t count = generator.below(ahead.pending_txns() > kPendingMax ? 60 : 3);
         count > 0 && ahead.pending_txns() > 0; --count) {
      ahead.apply_one();
    }
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << " step " << step;
  }
  ahead.apply_all();
  EXPECT_EQ(ahead.preparer().pending_count(), 0U);
  EXPECT_EQ(ahead.image(), settled.image()) << "seed " << seed;
}

TEST(Pipelining, ChangesNoTxn) {
  Outcome outcome;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    run(seed, Desk::default_options(), outcome);
    ASSERT_FALSE(HasFailure());
  }
  // The walk has reached what it is for.
  for (const ErrorCode error :
       {ErrorCode::kOk, ErrorCode::kNoNode, ErrorCode::kNoAuth, ErrorCode::kBadVersion,
        ErrorCode::kNodeExists, ErrorCode::kNotEmpty, ErrorCode::kNoChildrenForEphemerals,
        ErrorCode::kInvalidAcl, ErrorCode::kBadArguments, ErrorCode::kUnimplemented}) {
    EXPECT_GT(outcome.errors[error], 20) << wire::name_of(error);
  }
  EXPECT_GT(outcome.pending_most, kPendingMax);
}

TEST(Pipelining, ChangesNoTxnWithoutDigestsTtlOrSessionPaths) {
  PrepareOptions options;
  options.digest_enabled = false;
  options.close_session_paths_enabled = false;
  Outcome outcome;
  for (uint32_t seed = 1000; seed < 1000 + kSeeds / 3; ++seed) {
    run(seed, options, outcome);
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace quorate::request::testing
