// Keys of the limits on connections, requests and frames, and of the throttles.
#include <utility>

#include "server/config/key_tables.h"

namespace quorate::config {
namespace {

std::vector<Key> size_keys() {
  return {
      {"maxClientCnxns", Int32{[](Config& c) { return &c.limits.max_client_cnxns; }, 0},
       "Connections from one address; 0: no limit."},
      {"maxCnxns", Int32{[](Config& c) { return &c.limits.max_cnxns; }, 0},
       "Connections in all; 0: no limit."},
      {"jute.maxbuffer",
       Int32{[](Config& c) { return &c.limits.jute_max_buffer_bytes; }, 1024},
       "Greatest request frame, bytes.",
       {},
       Key::RawName::kOnly},
      {"jute.maxbuffer.extrasize",
       Int32{[](Config& c) { return &c.limits.jute_max_buffer_extra_bytes; }, 1024},
       "What a record written by the server may exceed jute.maxbuffer by, bytes; jute.maxbuffer "
       "when not set.",
       {},
       Key::RawName::kAlso},
      {"globalOutstandingLimit",
       Int32{[](Config& c) { return &c.limits.global_outstanding_limit; }, 1},
       "Requests in flight in all before a busy connection is read no further; ZooKeeper's default "
       "is 1000."},
      {"largeRequestThreshold",
       Int32{[](Config& c) { return &c.limits.large_request_threshold_bytes; }, -1},
       "Size above which a request counts as large, bytes; -1: none does."},
      {"largeRequestMaxBytes",
       Int32{[](Config& c) { return &c.limits.large_request_max_bytes; }, 1},
       "Large requests in flight, at most, bytes; a connection that would exceed it is closed.",
       {},
       Key::RawName::kNone,
       {{[](const Config& c) { return c.limits.large_request_threshold_bytes >= 0; },
         "without largeRequestThreshold"}}},
      {"netty.server.outstandingHandshake.limit",
       Int32{[](Config& c) { return &c.limits.outstanding_handshakes; }, -1},
       "TLS handshakes in progress, at most: more clients wait to be accepted; 0 or less: 512.",
       {"outstandingHandshake.limit"},
       Key::RawName::kNone,
       {kNeedsClientTls}},
  };
}

std::vector<Key> request_throttle_keys() {
  return {
      {"request_throttle_max_requests",
       Int32{[](Config& c) { return &c.limits.request_throttle_max; }, 0},
       "Requests in flight in all before any more are delayed; 0: no throttle.",
       {"requestThrottleLimit"}},
      {"throttled_op_wait_time",
       Int32{[](Config& c) { return &c.limits.throttled_op_wait_ms; }, 0},
       "Time after which a delayed request is refused, milliseconds; 0: never.",
       {"throttledOpWaitTime"},
       Key::RawName::kNone,
       {{[](const Config& c) { return c.limits.request_throttle_max > 0; },
         "without request_throttle_max_requests"}}},
  };
}

bool has_tokens(const Config& config) { return config.connection_throttle.tokens_max > 0; }

constexpr Needs kNeedsTokens = {has_tokens, "without connection_throttle_tokens"};
constexpr Needs kNeedsFreezeTime = {
    [](const Config& c) { return has_tokens(c) && c.connection_throttle.freeze_time_ms >= 0; },
    "without connection_throttle_tokens and connection_throttle_freeze_time"};
constexpr Needs kNeedsWeights = {
    [](const Config& c) { return has_tokens(c) && c.connection_throttle.weight_enabled; },
    "without connection_throttle_tokens and connection_throttle_weight_enabled"};

std::vector<Key> token_keys() {
  return {
      {"connection_throttle_fill_time",
       Int32{[](Config& c) { return &c.connection_throttle.fill_time_ms; }, 1},
       "Time between refills, milliseconds.",
       {"connectionTokenFillTime"}},
      {"connection_throttle_fill_count",
       Int32{[](Config& c) { return &c.connection_throttle.fill_count; }, 1},
       "Tokens added by a refill.",
       {"connectionTokenFillCount"}},
      {"connection_throttle_freeze_time",
       Int32{[](Config& c) { return &c.connection_throttle.freeze_time_ms; }, -1},
       "Time between changes of the drop probability, milliseconds; -1: it never changes.",
       {"connectionFreezeTime"}},
      {"connection_throttle_weight_enabled",
       Flag{[](Config& c) { return &c.connection_throttle.weight_enabled; }},
       "Let connections cost tokens by their kind."},
  };
}

std::vector<Key> drop_keys() {
  return {
      {"connection_throttle_drop_increase",
       Decimal{[](Config& c) { return &c.connection_throttle.drop_increase; }},
       "Step by which the drop probability rises.",
       {"connectionDropIncrease"}},
      {"connection_throttle_drop_decrease",
       Decimal{[](Config& c) { return &c.connection_throttle.drop_decrease; }},
       "Step by which the drop probability falls.",
       {"connectionDropDecrease"}},
      {"connection_throttle_decrease_ratio",
       Decimal{[](Config& c) { return &c.connection_throttle.decrease_ratio; }},
       "Share of tokens in use up to which the drop probability falls.",
       {"connectionDecreaseRatio"}},
  };
}

std::vector<Key> weight_keys() {
  return {
      {"connection_throttle_global_session_weight",
       Int32{[](Config& c) { return &c.connection_throttle.global_session_weight; }, 1},
       "Cost of a new session, tokens."},
      {"connection_throttle_renew_session_weight",
       Int32{[](Config& c) { return &c.connection_throttle.renew_session_weight; }, 1},
       "Cost of a renewed session, tokens."},
  };
}

}  // namespace

std::vector<Key> limit_keys() {
  std::vector<Key> rows = size_keys();
  append(rows, request_throttle_keys());
  rows.push_back({"connection_throttle_tokens",
                  Int32{[](Config& c) { return &c.connection_throttle.tokens_max; }, 0},
                  "Tokens that new connections draw from, at most; 0: no throttle.",
                  {"connectionMaxTokens"}});
  append(rows, with_needs(token_keys(), kNeedsTokens));
  append(rows, with_needs(drop_keys(), kNeedsFreezeTime));
  append(rows, with_needs(weight_keys(), kNeedsWeights));
  return rows;
}

}  // namespace quorate::config
