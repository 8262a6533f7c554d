// Kubernetes' quantities, as far as sizes of volumes need them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace quorate::api {

/// The bytes of "10Gi", "1.5G", "512", "1e9", rounded up; nothing for anything else, for negative
/// sizes and from 2^63 bytes on. Source: Kubernetes apimachinery resource.Quantity.
[[nodiscard]] std::optional<uint64_t> parse_quantity(std::string_view text);

}  // namespace quorate::api
