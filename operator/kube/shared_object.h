// SharedObject: a Kubernetes object that nobody changes any more, held by all who look at it.
#pragma once

#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

namespace quorate::kube {

/// Reads as the JSON that it holds; copying it copies a pointer. A cluster's Pods, claims and sets
/// stand in the cache, in a pass and in what a watch has told at once, some kilobytes each.
class SharedObject {
 public:
  using Pointer = std::shared_ptr<const nlohmann::json>;

  /// JSON's null: there is none.
  SharedObject() : SharedObject(none()) {}
  SharedObject(nlohmann::json object)  // NOLINT(google-explicit-constructor): a change of owner.
      : object_(std::make_shared<const nlohmann::json>(std::move(object))) {}
  /// @param object Not null.
  explicit SharedObject(Pointer object) : object_(std::move(object)) {}

  const nlohmann::json& operator*() const { return *object_; }
  const nlohmann::json* operator->() const { return object_.get(); }
  operator const nlohmann::json&() const {
    return *object_;
  }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool is_null() const { return object_->is_null(); }

 private:
  static const Pointer& none() {
    static const Pointer kNone = std::make_shared<const nlohmann::json>();
    return kNone;
  }

  Pointer object_;
};

}  // namespace quorate::kube
