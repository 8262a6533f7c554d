// Text and JSON of transactions.
#include "server/cli/txn_text.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "server/base/hex.h"
#include "server/cli/shell_format.h"

namespace quorate::cli {
namespace {

std::string id_text(const wire::Acl& acl) {
  return std::to_string(acl.perms) + ",s{'" + escaped(acl.id.scheme) + ",'" + escaped(acl.id.id) +
         "}";
}

/// "[31,s{'world,'anyone}]", as Apache writes the list of a create.
std::string list_of_acls(wire::AclList list) {
  std::string text = "[";
  for (const wire::Acl& acl : wire::decode_acls(list)) {
    text.append(text.size() > 1 ? ", " : "").append(id_text(acl));
  }
  return text + "]";
}

/// "v{s{31,s{'ip,'127.0.0.1}}}", as Apache writes the list of a setACL.
std::string vector_of_acls(wire::AclList list) {
  std::string text = "v{";
  for (const wire::Acl& acl : wire::decode_acls(list)) {
    text.append(text.size() > 2 ? ",s{" : "s{").append(id_text(acl)).append("}");
  }
  return text + "}";
}

std::string data_of(wire::NullableBytes data) { return data ? escaped(*data) : std::string(); }

Json data_value(wire::NullableBytes data) {
  return data_json(data ? std::optional<std::string>(*data) : std::nullopt);
}

Json path_value(std::string_view path) { return data_json(std::string(path)); }

/// Text and JSON of each kind; one visitor, so that neither forgets a kind.
struct Describe {
  std::string text;
  Json json = Json::object();

  void operator()(const wire::CreateSessionTxn& txn) {
    text = std::to_string(txn.timeout_ms);
    json["timeout"] = txn.timeout_ms;
  }
  void operator()(const wire::CloseSessionTxn& txn) {
    text = "v{";
    json["paths"] = nullptr;
    if (txn.paths) {
      json["paths"] = Json::array();
      for (const std::string_view path : *txn.paths) {
        text.append(text.size() > 2 ? ",'" : "'").append(escaped(path));
        json["paths"].push_back(path_value(path));
      }
    }
    text += "}";
  }
  void operator()(const wire::CreateTxn& txn) {
    text = escaped(txn.path) + "," + data_of(txn.data) + "," + list_of_acls(txn.acls);
    if (txn.type == wire::OpCode::kCreate || txn.type == wire::OpCode::kCreate2) {
      text += txn.ephemeral ? ",true" : ",false";
      json["ephemeral"] = txn.ephemeral;
    }
    text += "," + std::to_string(txn.parent_cversion);
    json["path"] = path_value(txn.path);
    json["data"] = data_value(txn.data);
    json["acl"] = acl_json(wire::decode_acls(txn.acls));
    json["parentCVersion"] = txn.parent_cversion;
    if (txn.type == wire::OpCode::kCreateTtl) {
      text += "," + std::to_string(txn.ttl_ms);
      json["ttl"] = txn.ttl_ms;
    }
  }
  void operator()(const wire::DeleteTxn& txn) {
    text = "'" + escaped(txn.path);
    json["path"] = path_value(txn.path);
  }
  void operator()(const wire::SetDataTxn& txn) {
    text = escaped(txn.path) + "," + data_of(txn.data) + "," + std::to_string(txn.version);
    json["path"] = path_value(txn.path);
    json["data"] = data_value(txn.data);
    json["version"] = txn.version;
  }
  void operator()(const wire::SetAclTxn& txn) {
    text = "'" + escaped(txn.path) + "," + vector_of_acls(txn.acls) + "," +
           std::to_string(txn.version);
    json["path"] = path_value(txn.path);
    json["acl"] = acl_json(wire::decode_acls(txn.acls));
    json["version"] = txn.version;
  }
  void operator()(const wire::CheckVersionTxn& txn) {
    text = escaped(txn.path) + "," + std::to_string(txn.version);
    json["path"] = path_value(txn.path);
    json["version"] = txn.version;
  }
  void operator()(const wire::ErrorTxn& txn) {
    text = std::to_string(static_cast<int32_t>(txn.error));
    json["error"] = static_cast<int32_t>(txn.error);
    json["errorName"] = wire::name_of(txn.error);
  }
  void operator()(const wire::MultiTxn& txn) {
    json["ops"] = Json::array();
    for (const wire::SubTxn& op : txn.ops) {
      Describe one;
      std::visit(one, op);
      const std::string name(wire::name_of(wire::type_of(op)));
      text.append(text.empty() ? "" : ";").append(name).append(":").append(one.text);
      Json entry{{"type", name}};
      entry.update(one.json);
      json["ops"].push_back(std::move(entry));
    }
  }
};

std::string type_text(const wire::TxnRecord& record) {
  return std::string(wire::name_of(record.header.type));
}

}  // namespace

std::string short_java_date(WallMillis time) {
  const auto seconds = static_cast<std::time_t>(time.value / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 16> zone{};
  (void)std::strftime(zone.data(), zone.size(), "%Z", &parts);
  std::array<char, 96> text{};
  const int hour = parts.tm_hour % 12 == 0 ? 12 : parts.tm_hour % 12;
  const int size =
      std::snprintf(text.data(), text.size(), "%d/%d/%02d, %d:%02d:%02d %s %s", parts.tm_mon + 1,
                    parts.tm_mday, parts.tm_year % 100, hour, parts.tm_min, parts.tm_sec,
                    parts.tm_hour < 12 ? "AM" : "PM", zone.data());
  return std::string(text.data(), static_cast<size_t>(size));
}

std::string escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F && c != '\\') {
      text.push_back(c);
      continue;
    }
    text.append("\\x");
    append_hex(text, byte);
  }
  return text;
}

std::string txn_line(const wire::TxnRecord& record) {
  const wire::TxnHeader& header = record.header;
  Describe describe;
  std::visit(describe, record.txn);
  return short_java_date(header.time) + " session " + hexadecimal(header.session.value) + " cxid " +
         hexadecimal(static_cast<uint32_t>(header.cxid)) + " zxid " +
         hexadecimal(header.zxid.value) + " " + type_text(record) + " " + describe.text;
}

Json txn_json(const wire::TxnRecord& record) {
  const wire::TxnHeader& header = record.header;
  Describe describe;
  std::visit(describe, record.txn);
  Json json{{"zxid", hexadecimal(header.zxid.value)},
            {"time", header.time.value},
            {"session", hexadecimal(header.session.value)},
            {"cxid", header.cxid},
            {"type", type_text(record)}};
  json.update(describe.json);
  if (record.digest) {
    json["digest"] = hexadecimal(record.digest->tree_digest);
  }
  return json;
}

}  // namespace quorate::cli
