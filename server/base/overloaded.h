// The visitor of a variant, made from one callable for each alternative.
#pragma once

namespace quorate {

/// std::visit(Overloaded{[](const A&) {...}, [](const B&) {...}}, variant)
template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace quorate
