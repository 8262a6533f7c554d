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
       "Requests in flight in all before a busy connection is read no further."},
      {"largeRequestThreshold",
       Int32{[](Config& c) { return &c.limits.large_request_threshold_bytes; }, -1},
       "Size above which a request counts as large, bytes; -1: none does."},
      {"largeRequestMaxBytes",
       Int32{[](Config& c) { return &c.limits.large_request_max_bytes; }, 1},
       "Large requests in flight, at most, bytes."},
      {"maxResponseCacheSize",
       Int32{[](Config& c) { return &c.limits.response_cache_entries; }, -1},
       "Serialised getData replies that are kept, entries; 0 or -1: none."},
      {"maxGetChildrenResponseCacheSize",
       Int32{[](Config& c) { return &c.limits.children_response_cache_entries; }, -1},
       "Serialised getChildren replies that are kept, entries; 0 or -1: none."},
      {"netty.server.outstandingHandshake.limit",
       Int32{[](Config& c) { return &c.limits.outstanding_handshakes; }, -1},
       "TLS handshakes in progress, at most; -1: no limit.",
       {"outstandingHandshake.limit"}},
  };
}

std::vector<Key> request_throttle_keys() {
  return {
      {"request_throttle_max_requests",
       Int32{[](Config& c) { return &c.limits.request_throttle_max; }, 0},
       "Requests accepted before more are delayed; 0: no throttle.",
       {"requestThrottleLimit"}},
      {"request_throttle_stall_time",
       Int32{[](Config& c) { return &c.limits.request_throttle_stall_ms; }, 1},
       "Time that the throttle waits for room, milliseconds.",
       {"requestThrottleStallTime"}},
      {"request_throttle_drop_stale",
       Flag{[](Config& c) { return &c.limits.request_throttle_drop_stale; }},
       "Drop throttled requests of closed connections.",
       {"requestThrottleDropStale"}},
      {"throttled_op_wait_time",
       Int32{[](Config& c) { return &c.limits.throttled_op_wait_ms; }, 0},
       "Time that a request may wait before it is refused, milliseconds; 0: for ever.",
       {"throttledOpWaitTime"}},
  };
}

std::vector<Key> connection_throttle_keys() {
  return {
      {"connection_throttle_tokens",
       Int32{[](Config& c) { return &c.connection_throttle.tokens_max; }, 0},
       "Tokens that new connections draw from, at most; 0: no throttle.",
       {"connectionMaxTokens"}},
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
      {"connection_throttle_drop_increase",
       Fraction{[](Config& c) { return &c.connection_throttle.drop_increase; }},
       "Step by which the drop probability rises.",
       {"connectionDropIncrease"}},
      {"connection_throttle_drop_decrease",
       Fraction{[](Config& c) { return &c.connection_throttle.drop_decrease; }},
       "Step by which the drop probability falls.",
       {"connectionDropDecrease"}},
      {"connection_throttle_decrease_ratio",
       Fraction{[](Config& c) { return &c.connection_throttle.decrease_ratio; }},
       "Share of free tokens above which the drop probability falls.",
       {"connectionDecreaseRatio"}},
      {"connection_throttle_weight_enabled",
       Flag{[](Config& c) { return &c.connection_throttle.weight_enabled; }},
       "Let connections cost tokens by their kind."},
      {"connection_throttle_global_session_weight",
       Int32{[](Config& c) { return &c.connection_throttle.global_session_weight; }, 1},
       "Cost of a new global session, tokens."},
      {"connection_throttle_local_session_weight",
       Int32{[](Config& c) { return &c.connection_throttle.local_session_weight; }, 1},
       "Cost of a new local session, tokens."},
      {"connection_throttle_renew_session_weight",
       Int32{[](Config& c) { return &c.connection_throttle.renew_session_weight; }, 1},
       "Cost of a renewed session, tokens."},
  };
}

}  // namespace

std::vector<Key> limit_keys() {
  std::vector<Key> rows = size_keys();
  for (Key& row : request_throttle_keys()) {
    rows.push_back(std::move(row));
  }
  for (Key& row : connection_throttle_keys()) {
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace quorate::config
