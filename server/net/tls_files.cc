// TlsFiles: reads, fingerprints and stats the files of a TLS context.
#include "server/net/tls_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "server/base/bytes.h"

namespace quorate::net {
namespace {

constexpr size_t kFileBytesMax = size_t{16} << 20;

std::set<std::string> paths_of(const TlsOptions& options) {
  std::set<std::string> paths = {
      options.key_store.path,   options.key_store.key_path,   options.key_store.password_path,
      options.trust_store.path, options.trust_store.key_path, options.trust_store.password_path,
      options.crl_path};
  paths.erase("");
  return paths;
}

Error file_error(const std::string& path, int error) {
  ErrorKind kind = ErrorKind::kIo;
  if (error == ENOENT || error == ENOTDIR) {
    kind = ErrorKind::kNotFound;
  } else if (error == EACCES || error == EPERM) {
    kind = ErrorKind::kDenied;
  }
  return {kind, path + ": " + std::strerror(error)};
}

Result<std::string> read_whole(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return file_error(path, errno);
  }
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } const closer{fd};
  std::string bytes;
  char piece[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(fd, piece, sizeof piece);
    if (got == 0) {
      return bytes;
    }
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return file_error(path, errno);
    }
    bytes.append(piece, static_cast<size_t>(got));
    if (bytes.size() > kFileBytesMax) {
      return Error{ErrorKind::kInvalidInput, path + ": too big for a key or trust store"};
    }
  }
}

}  // namespace

TlsFiles TlsFiles::read(const TlsOptions& options) {
  TlsFiles files;
  for (const std::string& path : paths_of(options)) {
    files.files_.emplace(path, read_whole(path));
  }
  return files;
}

Result<std::string> TlsFiles::content(const std::string& path) const {
  const auto found = files_.find(path);
  QR_ASSERT(found != files_.end());
  return found->second;
}

Result<std::string> TlsFiles::password(const StoreOptions& store) const {
  if (store.password_path.empty()) {
    return store.password;
  }
  Result<std::string> secret = content(store.password_path);
  if (!secret) {
    return secret;
  }
  const size_t end = secret->find_first_of("\r\n");
  return secret->substr(0, end);
}

std::string TlsFiles::fingerprint() const {
  std::string all;
  for (const auto& [path, content] : files_) {
    for (const std::string& part : {path, content ? *content : content.error().message}) {
      append_big_endian(all, static_cast<int64_t>(part.size()));
      all += part;
    }
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(all.data(), all.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string tls_files_signature(const TlsOptions& options) {
  std::string signature;
  for (const std::string& path : paths_of(options)) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      signature += path + " " + std::to_string(errno) + "\n";
      continue;
    }
    for (const int64_t part :
         {static_cast<int64_t>(status.st_dev), static_cast<int64_t>(status.st_ino),
          static_cast<int64_t>(status.st_size), static_cast<int64_t>(status.st_mtim.tv_sec),
          static_cast<int64_t>(status.st_mtim.tv_nsec), static_cast<int64_t>(status.st_ctim.tv_sec),
          static_cast<int64_t>(status.st_ctim.tv_nsec)}) {
      append_big_endian(signature, part);
    }
  }
  return signature;
}

}  // namespace quorate::net
