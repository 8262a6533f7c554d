// Calls a function for every string_view that a decoded request or transaction holds.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "server/wire/request.h"
#include "server/wire/txn.h"

namespace quorate::fuzz {

template <typename F>
void each_view(std::string_view view, F call) {
  call(view);
}
template <typename F>
void each_view(const wire::NullableBytes& view, F call) {
  if (view) {
    call(*view);
  }
}
template <typename F>
void each_view(wire::AclList list, F call) {
  call(list.encoded);
}
template <typename F>
void each_view(const std::vector<std::string_view>& views, F call) {
  for (const std::string_view view : views) {
    call(view);
  }
}

/// Visits the members that a record of the given shape has.
template <typename Record, typename F>
void each_view_of(const Record& record, F call) {
  if constexpr (requires { record.path; }) {
    each_view(record.path, call);
  }
  if constexpr (requires { record.data; }) {
    each_view(record.data, call);
  }
  if constexpr (requires { record.acls; }) {
    each_view(record.acls, call);
  }
  if constexpr (requires { record.ops; }) {
    for (const auto& op : record.ops) {
      std::visit([&](const auto& part) { each_view_of(part, call); }, op);
    }
  }
  if constexpr (requires { record.paths; }) {
    if (record.paths) {
      each_view(*record.paths, call);
    }
  }
  if constexpr (requires { record.joining; }) {
    each_view(record.joining, call);
    each_view(record.leaving, call);
    each_view(record.new_members, call);
  }
  if constexpr (requires { record.persistent_recursive; }) {
    each_view(record.exist, call);
    each_view(record.child, call);
    each_view(record.persistent, call);
    each_view(record.persistent_recursive, call);
  }
  if constexpr (requires { record.scheme; }) {
    each_view(record.scheme, call);
    each_view(record.auth, call);
  }
  if constexpr (requires { record.token; }) {
    each_view(record.token, call);
  }
  if constexpr (requires { record.prefix; }) {
    each_view(record.prefix, call);
  }
}

}  // namespace quorate::fuzz
