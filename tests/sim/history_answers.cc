// What the clients were told, held against the model.
#include <algorithm>
#include <set>

#include "server/wire/stat.h"
#include "tests/sim/history_checker.h"

namespace quorate::sim {

using wire::ErrorCode;
using wire::OpCode;

/// Its version is that of the first leader.
bool HistoryChecker::is_first_configuration(std::string_view text) const {
  const std::string lines = model_.members_at(Zxid{0}).text();
  const size_t length = lines.rfind("version=");
  return text.substr(0, length) == std::string_view(lines).substr(0, length);
}

void HistoryChecker::invoked(const Handle& operation) {
  ++invoked_count_;
  operation->invoked = context_.now();
  operation->floor = acked_;
  SessionFacts& facts = sessions_[operation->session];
  if (is_write(operation->kind)) {
    facts.unresolved.push_back(operation);
  }
  facts.is_closing = facts.is_closing || operation->kind == OpKind::kClose;
}

void HistoryChecker::lost(Operation& operation) { operation.state = Operation::State::kLost; }

void HistoryChecker::note_acked(Zxid zxid) {
  if (zxid > acked_) {
    acked_ = zxid;
    acks_.emplace_back(context_.now(), zxid);
  }
}

Zxid HistoryChecker::acked_at(TimePoint time) const {
  const auto behind = std::ranges::upper_bound(acks_, time, {}, &std::pair<TimePoint, Zxid>::first);
  return behind == acks_.begin() ? Zxid{} : std::prev(behind)->second;
}

void HistoryChecker::answered(const std::string& who, Operation& operation,
                              const wire::ReplyHeader& header, std::string_view body) {
  ++answered_count_;
  operation.state = Operation::State::kAnswered;
  if (header.zxid > last_ && header.zxid.counter() != 0) {
    context_.violate(who, describe(operation) + " is answered at " + hex(header.zxid.value) +
                              ", which is not committed");
  }
  if (is_write(operation.kind)) {
    check_write(who, operation, header, body);
  } else {
    check_read(who, operation, header, body);
  }
  note_acked(std::min(header.zxid, last_));
}

void HistoryChecker::check_write(const std::string& who, Operation& operation,
                                 const wire::ReplyHeader& header, std::string_view body) {
  if (!operation.committed) {
    operation.state = Operation::State::kRefused;
    if (header.error != ErrorCode::kSystemError && !is_of_session(header.error)) {
      context_.violate(who, describe(operation) + text(" is answered with %d, but not committed",
                                                       static_cast<int>(header.error)));
    }
    return;
  }
  if (*operation.committed != header.zxid || header.error != operation.error) {
    context_.violate(who, describe(operation) +
                              text(" is answered with %d at %llx: it is %d at %llx",
                                   static_cast<int>(header.error),
                                   static_cast<unsigned long long>(header.zxid.value),
                                   static_cast<int>(operation.error),
                                   static_cast<unsigned long long>(operation.committed->value)));
    return;
  }
  if (header.error == ErrorCode::kOk) {
    check_write_body(who, operation, body);
  }
}

void HistoryChecker::check_write_body(const std::string& who, const Operation& operation,
                                      std::string_view body) {
  wire::Reader reader(body);
  if (operation.kind == OpKind::kMulti) {
    check_multi_body(who, operation, body);
  } else if (operation.kind == OpKind::kCreate) {
    const std::string_view path = reader.get_string();
    if (path != operation.results.front().path) {
      context_.violate(who, describe(operation) + " is answered with the name " +
                                std::string(path) + ", not " + operation.results.front().path);
    }
  } else if (operation.kind == OpKind::kReconfig) {
    if (reader.get_string() != operation.results.front().path ||
        wire::read_stat(reader).mzxid != *operation.committed) {
      context_.violate(who, describe(operation) + " is answered with another configuration");
    }
  } else if (operation.kind == OpKind::kSet) {
    const wire::Stat stat = wire::read_stat(reader);
    if (stat.version != operation.results.front().version || stat.mzxid != *operation.committed) {
      context_.violate(
          who, describe(operation) + text(" is answered with version %d, not %d", stat.version,
                                          operation.results.front().version));
    }
  }
}

void HistoryChecker::check_multi_body(const std::string& who, const Operation& operation,
                                      std::string_view body) {
  wire::Reader reader(body);
  for (const StepResult& expected : operation.results) {
    const wire::MultiHeader header = wire::read_multi_header(reader);
    ErrorCode error = ErrorCode::kOk;
    if (header.type == OpCode::kError) {
      error = static_cast<ErrorCode>(reader.get_int());
    } else if (header.type == OpCode::kCreate) {
      if (reader.get_string() != expected.path) {
        context_.violate(who, describe(operation) + " is answered with another name");
      }
    } else if (header.type == OpCode::kSetData) {
      if (wire::read_stat(reader).version != expected.version) {
        context_.violate(who, describe(operation) + " is answered with another version");
      }
    }
    const bool failed = operation.results.back().error != ErrorCode::kOk;
    if (error != expected.error || (failed && header.type != OpCode::kError)) {
      context_.violate(who, describe(operation) + text(" is answered with %d for a step, not %d",
                                                       static_cast<int>(error),
                                                       static_cast<int>(expected.error)));
    }
  }
}

void HistoryChecker::check_read(const std::string& who, const Operation& operation,
                                const wire::ReplyHeader& header, std::string_view body) {
  const Zxid oldest = acked_at(operation.invoked - stale_max());
  if (header.zxid < oldest) {
    context_.violate(who, describe(operation) + " is answered at " + hex(header.zxid.value) +
                              ", older than the bound: " + hex(oldest.value));
  }
  if (operation.kind == OpKind::kSync) {
    if (header.zxid < operation.floor && context_.was_led_by_one(operation.invoked)) {
      context_.violate(
          who, describe(operation) + " is answered at " + hex(header.zxid.value) +
                   ", before what was known when it was asked for: " + hex(operation.floor.value));
    }
    return;
  }
  const NodeVersion* const node = model_.at(operation.step().path, header.zxid);
  const ErrorCode expected = node == nullptr ? ErrorCode::kNoNode : ErrorCode::kOk;
  bool is_right = header.error == expected;
  if (is_right && node != nullptr) {
    wire::Reader reader(body);
    if (operation.kind == OpKind::kChildren) {
      std::set<std::string> children;
      for (int32_t left = reader.get_count(4); left > 0; --left) {
        children.emplace(reader.get_string());
      }
      is_right = children == node->children;
    } else {
      const bool is_first = operation.step().path == kConfigPath && node->data.empty();
      if (operation.kind == OpKind::kGet) {
        const std::string_view data = reader.get_string();
        is_right = is_first ? is_first_configuration(data) : data == node->data;
      }
      if (operation.step().path == kConfigPath) {
        is_right = is_right && (is_first || wire::read_stat(reader).mzxid == node->mzxid);
        if (!is_right) {
          context_.violate(
              who, describe(operation) + " is not the configuration at " + hex(header.zxid.value));
        }
        return;
      }
      const wire::Stat stat = wire::read_stat(reader);
      is_right = is_right && stat.czxid == node->czxid && stat.mzxid == node->mzxid &&
                 stat.pzxid == node->pzxid && stat.version == node->version &&
                 stat.ephemeral_owner == node->owner.value &&
                 stat.num_children == static_cast<int32_t>(node->children.size()) &&
                 stat.cversion == 2 * node->created_children - stat.num_children &&
                 stat.data_length == static_cast<int32_t>(node->data.size());
    }
  }
  if (!is_right) {
    context_.violate(who, describe(operation) +
                              text(" is answered with %d", static_cast<int>(header.error)) +
                              " and not the state at " + hex(header.zxid.value));
  }
}

}  // namespace quorate::sim
