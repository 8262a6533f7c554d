// Reading subject and alternative names out of DER with OpenSSL.
#include "server/auth/certificate.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <regex>
#include <utility>
#include <vector>

namespace quorate::auth {

namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using TypedValue = std::unique_ptr<ASN1_TYPE, Deleter<ASN1_TYPE_free>>;

constexpr std::string_view kEscaped = ",=+<>#;\"\\";

Certificate parse(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return Certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

Error not_a_certificate() {
  return {ErrorKind::kInvalidInput, "the client's certificate is not valid DER"};
}

// Keyword that RFC 2253 knows for an attribute; empty for others.
std::string_view keyword_of(const ASN1_OBJECT* object) {
  switch (OBJ_obj2nid(object)) {
    case NID_commonName:
      return "CN";
    case NID_countryName:
      return "C";
    case NID_localityName:
      return "L";
    case NID_stateOrProvinceName:
      return "ST";
    case NID_organizationName:
      return "O";
    case NID_organizationalUnitName:
      return "OU";
    case NID_streetAddress:
      return "STREET";
    case NID_domainComponent:
      return "DC";
    case NID_userId:
      return "UID";
    default:
      return "";
  }
}

std::string dotted(const ASN1_OBJECT* object) {
  const int size = OBJ_obj2txt(nullptr, 0, object, 1);
  if (size <= 0) {
    return "";
  }
  std::string text(static_cast<size_t>(size) + 1, '\0');
  OBJ_obj2txt(text.data(), size + 1, object, 1);
  text.resize(static_cast<size_t>(size));
  return text;
}

// '#' and the DER of the value.
std::string hex_of(const ASN1_STRING* value) {
  TypedValue typed(ASN1_TYPE_new());
  if (!typed || ASN1_TYPE_set1(typed.get(), ASN1_STRING_type(value), value) != 1) {
    return "#";
  }
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_TYPE(typed.get(), &der);
  std::string text = "#";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int at = 0; at < size; ++at) {
    text.push_back(kDigits[der[at] >> 4]);
    text.push_back(kDigits[der[at] & 15]);
  }
  OPENSSL_free(der);
  return text;
}

bool is_text(const ASN1_STRING* value) {
  switch (ASN1_STRING_type(value)) {
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_UTF8STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
      return true;
    default:
      return false;
  }
}

std::optional<std::string> utf8_of(const ASN1_STRING* value) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, value);
  if (size < 0) {
    return std::nullopt;
  }
  std::string result(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  return result;
}

// Escapes what RFC 2253 reserves, zero bytes, and blanks at either end.
std::string escaped(std::string_view text) {
  const size_t first = text.find_first_not_of(" \r");
  const size_t last = text.find_last_not_of(" \r");
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\0') {
      result += "\\00";
      continue;
    }
    const bool at_edge = first == std::string_view::npos || at < first || at > last;
    if (at_edge || kEscaped.find(c) != std::string_view::npos) {
      result.push_back('\\');
    }
    result.push_back(c);
  }
  return result;
}

std::string attribute_text(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  const std::string_view keyword = keyword_of(object);
  if (keyword.empty()) {
    return dotted(object) + "=" + hex_of(value);
  }
  const auto text = is_text(value) ? utf8_of(value) : std::nullopt;
  return std::string(keyword) + "=" + (text ? escaped(*text) : hex_of(value));
}

std::string name_text(const X509_NAME* name) {
  const int count = X509_NAME_entry_count(name);
  // Entries of one set form one relative name; the names are printed from the last to the first.
  std::vector<std::string> relative_names;
  int set = -1;
  for (int index = 0; index < count; ++index) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, index);
    if (X509_NAME_ENTRY_set(entry) == set) {
      relative_names.back() += "+" + attribute_text(entry);
    } else {
      relative_names.push_back(attribute_text(entry));
    }
    set = X509_NAME_ENTRY_set(entry);
  }
  std::string text;
  for (auto relative = relative_names.rbegin(); relative != relative_names.rend(); ++relative) {
    text += text.empty() ? *relative : "," + *relative;
  }
  return text;
}

std::string ip_text(std::string_view bytes) {
  std::string text;
  std::array<char, 8> part;
  if (bytes.size() == 4) {
    for (const char byte : bytes) {
      std::snprintf(part.data(), part.size(), "%s%u", text.empty() ? "" : ".",
                    static_cast<unsigned>(static_cast<unsigned char>(byte)));
      text += part.data();
    }
    return text;
  }
  for (size_t at = 0; bytes.size() == 16 && at < 16; at += 2) {
    const unsigned high = static_cast<unsigned char>(bytes[at]);
    const unsigned low = static_cast<unsigned char>(bytes[at + 1]);
    std::snprintf(part.data(), part.size(), "%s%x", at == 0 ? "" : ":", high << 8 | low);
    text += part.data();
  }
  return text;
}

std::string bytes_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<size_t>(ASN1_STRING_length(value))};
}

// An alternative name as Java's getSubjectAlternativeNames shows it; empty for kinds without text.
std::string alternative_text(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_EMAIL:
    case GEN_DNS:
    case GEN_URI:
      return bytes_of(name->d.ia5);
    case GEN_DIRNAME:
      return name_text(name->d.directoryName);
    case GEN_IPADD:
      return ip_text(bytes_of(name->d.iPAddress));
    case GEN_RID:
      return dotted(name->d.registeredID);
    default:
      return "";
  }
}

bool is_clean(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') {
      return false;
    }
  }
  return !text.empty() && text.size() <= kSanBytesMax;
}

std::vector<std::string> alternative_names(const X509* certificate, int type) {
  std::vector<std::string> texts;
  Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int index = 0; names && index < sk_GENERAL_NAME_num(names.get()); ++index) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), index);
    if (name->type != type) {
      continue;
    }
    if (std::string text = alternative_text(name); is_clean(text)) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

bool has_text_form(int type) {
  return type == GEN_EMAIL || type == GEN_DNS || type == GEN_DIRNAME || type == GEN_URI ||
         type == GEN_IPADD || type == GEN_RID;
}

}  // namespace

struct CertificateIdRule::Compiled {
  int match_type = 0;
  std::regex match;
  std::regex extract;
  size_t group = 0;

  // Why there is no id, or the id. The matcher throws when an expression is too complex.
  [[nodiscard]] Result<std::string> select(const std::vector<std::string>& names) const try {
    const std::string* only = nullptr;
    size_t matches = 0;
    for (const std::string& name : names) {
      if (std::regex_search(name, match)) {
        only = &name;
        ++matches;
      }
    }
    if (matches != 1) {
      return Error{ErrorKind::kNotFound,
                   std::to_string(matches) + " alternative names match, exactly one must"};
    }
    std::smatch found;
    if (!std::regex_search(*only, found, extract) || !found[group].matched ||
        found.length(group) == 0) {
      return Error{ErrorKind::kNotFound, "the alternative name has nothing to extract"};
    }
    return found.str(group);
  } catch (const std::regex_error&) {
    return Error{ErrorKind::kInvalidInput, "the alternative name is too complex to match"};
  }
};

Result<CertificateIdRule> CertificateIdRule::make(const CertificateIdOptions& options) try {
  CertificateIdRule rule;
  if (!options.use_san) {
    return rule;
  }
  if (!options.san_match_type || !has_text_form(*options.san_match_type)) {
    return Error{ErrorKind::kInvalidInput,
                 "clientCertIdSanMatchType must be 1 (email), 2 (DNS), 4 (directory), 6 (URI), "
                 "7 (IP address) or 8 (registered id) when clientCertIdType is SAN"};
  }
  auto compiled = std::make_shared<Compiled>();
  compiled->match_type = *options.san_match_type;
  compiled->match = std::regex(options.san_match_regex);
  compiled->extract = std::regex(options.san_extract_regex);
  if (options.san_extract_group < 0 ||
      static_cast<size_t>(options.san_extract_group) > compiled->extract.mark_count()) {
    return Error{ErrorKind::kInvalidInput,
                 "clientCertIdSanExtractMatcherGroupIndex names a group that the extract "
                 "expression does not have"};
  }
  compiled->group = static_cast<size_t>(options.san_extract_group);
  rule.compiled_ = std::move(compiled);
  return rule;
} catch (const std::regex_error& error) {
  return Error{
      ErrorKind::kInvalidInput,
      std::string("clientCertIdSan expression is not a regular expression: ") + error.what()};
}

Result<CertificateId> CertificateIdRule::id_of(std::string_view der) const {
  const Certificate certificate = parse(der);
  if (!certificate) {
    return not_a_certificate();
  }
  CertificateId result;
  if (compiled_ != nullptr) {
    auto selected = compiled_->select(alternative_names(certificate.get(), compiled_->match_type));
    if (selected) {
      result.id = *std::move(selected);
      return result;
    }
    result.warning = selected.error().message + "; the subject stands in";
  }
  result.id = name_text(X509_get_subject_name(certificate.get()));
  return result;
}

Result<std::string> subject_of(std::string_view der) {
  const Certificate certificate = parse(der);
  if (!certificate) {
    return not_a_certificate();
  }
  return name_text(X509_get_subject_name(certificate.get()));
}

}  // namespace quorate::auth
