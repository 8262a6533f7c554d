// StaticCredentials: what a kubeconfig's user holds in place or in files.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "operator/transport/credentials.h"
#include "operator/transport/file.h"
#include "operator/transport/in_cluster.h"

namespace quorate::transport {

/// A text in place, or the path of a file with it; neither: none.
struct TextSource {
  std::string where;  ///< File and field, for messages.
  std::string text = {};
  std::string path = {};

  [[nodiscard]] bool is_empty() const { return text.empty() && path.empty(); }
  [[nodiscard]] Result<std::string> read() const {
    if (path.empty()) {
      return text;
    }
    auto content = read_file(path);
    if (!content) {
      return Error{content.error().kind, where + ": " + content.error().message};
    }
    return content;
  }
};

/// A header, or a token file that is read anew, and a client certificate.
class StaticCredentials final : public Credentials {
 public:
  StaticCredentials(Secret header, const std::string& token_file, TextSource certificate,
                    TextSource key)
      : header_(std::move(header)), certificate_(std::move(certificate)), key_(std::move(key)) {
    if (!token_file.empty()) {
      file_ = std::make_unique<TokenFile>(token_file);
    }
  }

  Result<Secret> authorization() override {
    if (file_ != nullptr) {
      return file_->authorization();
    }
    return header_;
  }
  Result<ClientIdentity> identity() override {
    auto certificate = certificate_.read();
    if (!certificate) {
      return certificate.error();
    }
    auto key = key_.read();
    if (!key) {
      return key.error();
    }
    return ClientIdentity{.certificate_pem = std::move(*certificate),
                          .key_pem = Secret(std::move(*key))};
  }
  void rejected() override {
    if (file_ != nullptr) {
      file_->rejected();
    }
  }

 private:
  const Secret header_;
  std::unique_ptr<TokenFile> file_;
  const TextSource certificate_;
  const TextSource key_;
};

}  // namespace quorate::transport
