// Four-letter words of the client port: asked, allowed, answered, closed.
#include "server/report/four_letter_words.h"

#include "server/app/member.h"

namespace quorate::app {

void Member::apply_effect(report::Effect effect, int64_t trace_mask) {
  switch (effect) {
    case report::Effect::kNone:
      break;
    case report::Effect::kResetServerStats:
      step(node::ServerStatsReset{});
      break;
    case report::Effect::kResetConnectionStats:
      step(node::ConnectionStatsReset{});
      break;
    case report::Effect::kSetTraceMask:
      trace_mask_ = trace_mask;
      break;
  }
}

void Member::on_four_letter_word(ConnectionId id, std::string_view text, std::string_view rest) {
  const std::optional<report::Word> word = report::word_of(text);
  if (!word) {
    port_.close(id);
    return;
  }
  if (!report::is_allowed(*word, config_)) {
    port_.send(id, report::refusal(*word));
    port_.close(id);
    return;
  }
  if (rest.size() < report::argument_bytes(*word)) {
    port_.close(id);  // Its argument comes in the same packet from every known client.
    return;
  }
  const report::Inputs inputs = report_inputs(report::detail_of(*word));
  const report::WordAnswer answer = report::answer(*word, rest, inputs);
  port_.send(id, answer.text);
  port_.close(id);
  apply_effect(answer.effect, answer.trace_mask);
}

}  // namespace quorate::app
