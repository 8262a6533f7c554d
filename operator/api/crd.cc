// Descriptor and options -> OpenAPI schema -> CustomResourceDefinition.
#include "operator/api/crd.h"

#include <google/protobuf/descriptor.h>

#include "operator/api/config_keys.h"
#include "operator/api/json_mapping.h"
#include "operator/api/names.h"
#include "operator/api/quorumcluster.pb.h"
#include "server/base/assert.h"

namespace quorate::api {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

json object_schema(const Descriptor& type);

template <typename Rules>
void add_rules(json& schema, const Rules& rules) {
  for (const Rule& rule : rules) {
    schema["x-kubernetes-validations"].push_back(
        {{"rule", rule.rule()}, {"message", rule.message()}});
  }
}

/// Limits of one scalar.
void add_limits(json& schema, const Schema& limits) {
  if (limits.has_minimum()) {
    schema["minimum"] = limits.minimum();
  }
  if (limits.has_maximum()) {
    schema["maximum"] = limits.maximum();
  }
  if (limits.has_min_length()) {
    schema["minLength"] = limits.min_length();
  }
  if (limits.has_max_length()) {
    schema["maxLength"] = limits.max_length();
  }
  if (limits.has_pattern()) {
    schema["pattern"] = limits.pattern();
  }
  if (limits.has_format()) {
    schema["format"] = limits.format();
  }
  for (const std::string& word : limits.one_of()) {
    schema["enum"].push_back(word);
  }
}

json scalar_schema(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return {{"type", "string"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return object_schema(*field.message_type());
    default:
      QR_ASSERT(field.cpp_type() == FieldDescriptor::CPPTYPE_INT32);
      return {{"type", "integer"}, {"format", "int32"}};
  }
}

json raw_schema(const std::string& type) {
  const json anything = {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
  if (type == "object") {
    return anything;
  }
  return {{"type", "array"}, {"items", anything}, {"x-kubernetes-list-type", "atomic"}};
}

json map_schema(const Schema& limits) {
  json values = {{"type", "string"}};
  add_limits(values, limits.values());
  json schema = {{"type", "object"}, {"additionalProperties", std::move(values)}};
  if (limits.has_max_properties()) {
    schema["maxProperties"] = limits.max_properties();
  }
  return schema;
}

json list_schema(const FieldDescriptor& field, const Schema& limits) {
  json schema = {{"type", "array"}, {"items", scalar_schema(field)}};
  if (limits.has_list_key()) {
    schema["x-kubernetes-list-type"] = "map";
    schema["x-kubernetes-list-map-keys"] = json::array({limits.list_key()});
  } else {
    schema["x-kubernetes-list-type"] = "atomic";
  }
  if (limits.has_max_items()) {
    schema["maxItems"] = limits.max_items();
  }
  return schema;
}

json field_schema(const FieldDescriptor& field) {
  const Schema& limits = schema_of(field);
  json schema;
  if (field.is_map()) {
    schema = map_schema(limits);
  } else if (field.is_repeated()) {
    schema = list_schema(field, limits);
  } else if (limits.has_raw()) {
    schema = raw_schema(limits.raw());
  } else {
    schema = scalar_schema(field);
    add_limits(schema, limits);
  }
  add_rules(schema, limits.rules());
  // The one rule that is made of a table in the code.
  if (field.full_name() == "quorate.api.QuorumClusterSpec.config") {
    schema["x-kubernetes-validations"].push_back(
        {{"rule", kConfigKeyRule}, {"message", kConfigKeyMessage}});
    schema["x-kubernetes-validations"].push_back(
        {{"rule", owned_keys_rule()}, {"message", owned_keys_message()}});
  }
  if (limits.has_doc()) {
    schema["description"] = limits.doc();
  }
  if (limits.has_default_value()) {
    schema["default"] = parse_raw(limits.default_value());
  }
  return schema;
}

/// Types do not contain themselves, so this ends.
json object_schema(const Descriptor& type) {
  json schema = {{"type", "object"}, {"properties", json::object()}};
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    schema["properties"][field.json_name()] = field_schema(field);
    if (schema_of(field).required()) {
      schema["required"].push_back(field.json_name());
    }
  }
  for (int i = 0; i < type.options().ExtensionSize(rules); ++i) {
    const Rule& rule = type.options().GetExtension(rules, i);
    schema["x-kubernetes-validations"].push_back(
        {{"rule", rule.rule()}, {"message", rule.message()}});
  }
  return schema;
}

json columns() {
  json list = json::array();
  const Descriptor& status = *QuorumClusterStatus::descriptor();
  for (int i = 0; i < status.field_count(); ++i) {
    const FieldDescriptor& field = *status.field(i);
    if (schema_of(field).has_column()) {
      list.push_back({{"name", schema_of(field).column()},
                      {"type", scalar_schema(field)["type"]},
                      {"description", schema_of(field).doc()},
                      {"jsonPath", ".status." + field.json_name()}});
    }
  }
  list.push_back({{"name", "Status"},
                  {"type", "string"},
                  {"description", "Why the cluster is Ready, or is not."},
                  {"jsonPath", ".status.conditions[?(@.type==\"Ready\")].reason"}});
  list.push_back({{"name", "Age"}, {"type", "date"}, {"jsonPath", ".metadata.creationTimestamp"}});
  return list;
}

json version() {
  json schema = object_schema(*QuorumCluster::descriptor());
  schema["description"] = "A quorum of members that speak ZooKeeper's protocol.";
  schema["properties"]["apiVersion"] = {{"type", "string"}};
  schema["properties"]["kind"] = {{"type", "string"}};
  schema["properties"]["metadata"] = {{"type", "object"}};
  return {{"name", "v1alpha1"},
          {"served", true},
          {"storage", true},
          {"additionalPrinterColumns", columns()},
          {"subresources",
           {{"status", json::object()},
            {"scale",
             {{"specReplicasPath", ".spec.observers"},
              {"statusReplicasPath", ".status.observers"},
              {"labelSelectorPath", ".status.selector"}}}}},
          {"schema", {{"openAPIV3Schema", std::move(schema)}}}};
}

}  // namespace

json crd() {
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", "quorumclusters." + std::string(kGroup)}}},
          {"spec",
           {{"group", kGroup},
            {"names",
             {{"kind", kKind},
              {"listKind", std::string(kKind) + "List"},
              {"plural", "quorumclusters"},
              {"singular", "quorumcluster"},
              {"shortNames", json::array({"qc"})},
              {"categories", json::array({"all"})}}},
            {"scope", "Namespaced"},
            {"versions", json::array({version()})}}}};
}

std::string crd_file() {
  return "# Written by quorate-crdgen from operator/api/quorumcluster.proto; do not edit.\n" +
         to_yaml(crd());
}

}  // namespace quorate::api
