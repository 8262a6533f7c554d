// Hides the secrets of a zoo.cfg before its text is shown to anybody.
#pragma once

#include <string>
#include <string_view>

namespace quorate::app {

/// `text` with the values of password and digest keys replaced by ***; comments go too, since an
/// old password may stand in one. Lines that continue a hidden value are hidden with it.
[[nodiscard]] std::string redact_config(std::string_view text);

}  // namespace quorate::app
