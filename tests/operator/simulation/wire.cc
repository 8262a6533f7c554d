// Latency, losses and refusals.
#include "tests/operator/simulation/wire.h"

#include <chrono>

#include "operator/kube/retry.h"

namespace quorate::opsim {

namespace {

using kube::ApiError;
using kube::ApiErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

ApiError error(ApiErrorKind kind, int code, const char* message) {
  return {.kind = kind, .code = code, .reason = {}, .message = message};
}

class Sending {
 public:
  Sending(Context& context, Judge& judge, const Caller& caller, const kube::Request& request)
      : context_(context),
        judge_(judge),
        caller_(caller),
        request_(request),
        is_write_(kube::is_write(request.verb)) {}

  Answer once() {
    if (is_write_ && !caller_.may_write()) {
      return error(ApiErrorKind::kDenied, 0, "no lease");
    }
    caller_.advance(latency());
    if (caller_.is_dead()) {
      // It had been sent, or had not.
      if (is_write_ && context_.random.one_in(2)) {
        context_.note(caller_.name, "its last request still arrives");
        static_cast<void>(judge_.write(caller_.name + " (late)", request_));
      }
      return dead();
    }
    if (is_faulty()) {
      if (auto answer = fail()) {
        return *std::move(answer);
      }
    }
    Answer answer = carry_out();
    caller_.advance(latency());
    return caller_.is_dead() ? Answer(dead()) : std::move(answer);
  }

 private:
  [[nodiscard]] Duration latency() {
    const bool is_slow = context_.has(Fault::kSlowServer) && context_.random.one_in(20);
    return context_.random.between(milliseconds(1), milliseconds(is_slow ? 3000 : 8));
  }
  [[nodiscard]] bool is_faulty() {
    return !context_.is_calm && context_.random.percent(context_.settings.request_fault_percent);
  }
  static ApiError dead() { return error(ApiErrorKind::kCancelled, 0, "the process ended"); }

  Answer carry_out() {
    return is_write_ ? judge_.write(caller_.name, request_) : judge_.read(request_);
  }

  Answer give_up(const char* how) {
    context_.note(caller_.name, how);
    const bool breaks = context_.random.one_in(2);
    caller_.advance(breaks ? Duration(milliseconds(20))
                           : context_.random.between(seconds(1), seconds(5)));
    return breaks ? error(ApiErrorKind::kUnreachable, 0, how)
                  : error(ApiErrorKind::kTimeout, 0, how);
  }

  std::optional<Answer> fail() {
    switch (context_.random.below(6)) {
      case 0:
        if (context_.has(Fault::kLostRequest)) {
          return give_up("a request is lost");
        }
        break;
      case 1:
        if (context_.has(Fault::kLostAnswer)) {
          static_cast<void>(carry_out());
          return give_up("an answer is lost");
        }
        break;
      case 2:
        if (context_.has(Fault::kLateRequest) && is_write_) {
          const Duration delay = context_.random.between(milliseconds(200), seconds(20));
          context_.queue.after(delay, [&judge = judge_, name = caller_.name, request = request_] {
            static_cast<void>(judge.write(name + " (late)", request));
          });
          return give_up("a request is late");
        }
        break;
      case 3:
        if (context_.has(Fault::kConflict) && is_write_) {
          context_.note(caller_.name, "a conflict");
          return error(ApiErrorKind::kConflict, 409, "the object has been modified");
        }
        break;
      case 4:
        if (context_.has(Fault::kBusyServer)) {
          ApiError busy = error(ApiErrorKind::kTooManyRequests, 429, "too many requests");
          busy.retry_after = seconds(1);
          return busy;
        }
        break;
      default:
        if (context_.has(Fault::kBusyServer)) {
          return error(ApiErrorKind::kServerError, 500, "etcdserver: leader changed");
        }
        break;
    }
    return std::nullopt;
  }

  Context& context_;
  Judge& judge_;
  const Caller& caller_;
  const kube::Request& request_;
  const bool is_write_;
};

}  // namespace

Answer send_over_wire(Context& context, Judge& judge, const Caller& caller,
                      const kube::Request& request) {
  Sending sending(context, judge, caller, request);
  kube::RetryRule retry(request);
  while (true) {
    Answer answer = sending.once();
    if (answer.ok()) {
      return answer;
    }
    const auto delay = retry.after(answer.error());
    if (!delay) {
      return answer;
    }
    caller.advance(*delay);
    if (caller.is_dead()) {
      return error(ApiErrorKind::kCancelled, 0, "the process ended");
    }
  }
}

}  // namespace quorate::opsim
