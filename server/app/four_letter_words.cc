// Four-letter words of the client port.
#include "server/app/member.h"

namespace quorate::app {

void Member::on_four_letter_word(ConnectionId id, std::string_view word, std::string_view) {
  if (word == "ruok") {
    port_.send(id, "imok");
  }
  port_.close(id);
}

}  // namespace quorate::app
