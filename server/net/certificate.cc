// Certificate fields: RFC 2253 subjects byte for byte as Java writes them, names, validity.
#include "server/net/certificate.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <array>
#include <limits>

namespace quorate::net {
namespace {

struct Keyword {
  int nid;
  const char* name;
};
// The attribute types that RFC 2253 names; Java writes every other type as its number.
constexpr std::array<Keyword, 9> kKeywords = {{{NID_commonName, "CN"},
                                               {NID_countryName, "C"},
                                               {NID_localityName, "L"},
                                               {NID_stateOrProvinceName, "ST"},
                                               {NID_organizationName, "O"},
                                               {NID_organizationalUnitName, "OU"},
                                               {NID_streetAddress, "STREET"},
                                               {NID_domainComponent, "DC"},
                                               {NID_userId, "UID"}}};

const char* keyword(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  for (const Keyword& known : kKeywords) {
    if (known.nid == nid) {
      return known.name;
    }
  }
  return nullptr;
}

std::string object_number(const ASN1_OBJECT* object) {
  char text[128];
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return {text, size > 0 ? std::min(static_cast<size_t>(size), sizeof text - 1) : 0};
}

// "#" and the DER of the value in hexadecimal.
std::string hexadecimal_value(const ASN1_STRING* value) {
  ASN1_TYPE type{};
  type.type = value->type;
  type.value.asn1_string = const_cast<ASN1_STRING*>(value);  // NOLINT: i2d does not change it.
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_TYPE(&type, &der);
  std::string text = "#";
  for (int i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[der[i] >> 4];
    text += kDigits[der[i] & 15];
  }
  OPENSSL_free(der);
  return text;
}

bool needs_escape(const std::string& text, size_t at) {
  const char c = text[at];
  if (c == ' ') {
    return text.find_first_not_of(' ') > at || text.find_last_not_of(' ') < at;
  }
  return std::string_view(",=+<>#;\"\\").find(c) != std::string_view::npos;
}

std::string escaped_value(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) {
    return hexadecimal_value(value);
  }
  const std::string text(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  std::string escaped;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\0') {
      escaped += "\\00";
      continue;
    }
    if (needs_escape(text, at)) {
      escaped += '\\';
    }
    escaped += text[at];
  }
  return escaped;
}

std::string attribute_text(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  const char* known = keyword(object);
  return known != nullptr ? std::string(known) + "=" + escaped_value(value)
                          : object_number(object) + "=" + hexadecimal_value(value);
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const int size = ASN1_STRING_length(address);
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text);
  return size == 4 || size == 16 ? text : "";
}

std::string text_of(const ASN1_IA5STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<size_t>(ASN1_STRING_length(value))};
}

}  // namespace

std::string subject_text(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  const int count = X509_NAME_entry_count(name);
  const auto set_of = [&](int i) { return X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i)); };
  // Sets of attributes from the last to the first, the attributes of a set in their order.
  std::string text;
  for (int end = count; end > 0;) {
    int begin = end - 1;
    while (begin > 0 && set_of(begin - 1) == set_of(begin)) {
      --begin;
    }
    text += end == count ? "" : ",";
    for (int i = begin; i < end; ++i) {
      text += (i == begin ? "" : "+") + attribute_text(X509_NAME_get_entry(name, i));
    }
    end = begin;
  }
  return text;
}

WallMillis not_after(const X509* certificate) {
  const ASN1_TIME* end = X509_get0_notAfter(certificate);
  ASN1_TIME* epoch = ASN1_TIME_set(nullptr, 0);
  int days = 0;
  int seconds = 0;
  const bool known = ASN1_TIME_diff(&days, &seconds, epoch, end) == 1;
  ASN1_TIME_free(epoch);
  if (!known) {
    return {std::numeric_limits<int64_t>::max()};
  }
  return {(int64_t{days} * 86400 + seconds) * 1000};
}

std::string date_text(const X509* certificate) {
  tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
    return "an unknown date";
  }
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text, size};
}

std::vector<AlternativeName> alternative_names(const X509* certificate) {
  std::vector<AlternativeName> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    switch (name->type) {
      case GEN_EMAIL:
      case GEN_DNS:
      case GEN_URI:
        names.push_back({name->type, text_of(name->d.ia5)});
        break;
      case GEN_IPADD:
        names.push_back({name->type, address_text(name->d.iPAddress)});
        break;
      default:
        break;  // Not a text.
    }
  }
  GENERAL_NAMES_free(all);
  return names;
}

PeerCertificate describe_certificate(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  PeerCertificate described{.subject = subject_text(certificate),
                            .alternative_names = alternative_names(certificate),
                            .not_after = not_after(certificate)};
  if (size > 0) {
    described.der.assign(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
  }
  return described;
}

std::optional<PeerCertificate> parse_certificate(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const CertificateHandle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr) {
    return std::nullopt;
  }
  return describe_certificate(certificate.get());
}

}  // namespace quorate::net
