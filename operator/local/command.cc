// up, down and status.
#include "operator/local/command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "operator/local/builtin_rules.h"
#include "operator/local/control_plane.h"
#include "operator/local/http_server.h"
#include "server/log/logger.h"

namespace quorate::local {

namespace {

constexpr auto kStopGrace = std::chrono::seconds(10);

std::string kubeconfig_text(const Certificates& certificates, const std::string& address,
                            uint16_t port) {
  return "apiVersion: v1\n"
         "kind: Config\n"
         "current-context: quorate-local\n"
         "clusters:\n"
         "- name: quorate-local\n"
         "  cluster:\n"
         "    server: https://" +
         address + ":" + std::to_string(port) +
         "\n"
         "    certificate-authority-data: " +
         base64(certificates.authority) +
         "\n"
         "users:\n"
         "- name: admin\n"
         "  user:\n"
         "    token: " +
         certificates.token +
         "\n"
         "contexts:\n"
         "- name: quorate-local\n"
         "  context:\n"
         "    cluster: quorate-local\n"
         "    user: admin\n"
         "    namespace: default\n";
}

// One control plane a folder. The lock is held as long as the descriptor is open.
class FolderLock {
 public:
  explicit FolderLock(const std::string& root)
      : fd_(::open((root + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    is_held_ = fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
  }
  ~FolderLock() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  [[nodiscard]] bool is_held() const { return is_held_; }
  void write_pid() const {
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
      log::warn("pid_not_written", {});
    }
  }

 private:
  int fd_;
  bool is_held_ = false;
};

pid_t pid_in_lock(const std::string& root) {
  std::ifstream file(root + "/lock");
  pid_t pid = 0;
  file >> pid;
  return pid;
}

// The first two bytes of the addresses of Pods. Two control planes of one machine must not share
// them: the second byte is taken by a listener that nobody else can have.
std::optional<std::string> take_address_prefix(boost::asio::io_context& loop,
                                               std::optional<boost::asio::ip::tcp::acceptor>& held,
                                               const std::string& wanted) {
  namespace asio = boost::asio;
  constexpr uint16_t kPort = 61'999;
  for (int second = 64; second < 250; ++second) {
    const std::string prefix = wanted.empty() ? "127." + std::to_string(second) : wanted;
    boost::system::error_code error;
    asio::ip::tcp::acceptor acceptor(loop);
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(prefix + ".255.254", error),
                                           kPort);
    acceptor.open(endpoint.protocol(), error);
    acceptor.bind(endpoint, error);
    if (!error) {
      acceptor.listen(1, error);
    }
    if (!error) {
      held.emplace(std::move(acceptor));
      return prefix;
    }
    if (!wanted.empty()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// The prefix of an earlier run.
std::string stored_prefix(const std::string& root) {
  std::ifstream file(root + "/state.jsonl");
  std::string line;
  std::getline(file, line);
  return text(parse_json(line).value_or(Json()), "prefix");
}

// The port of an earlier run, so that a kubeconfig goes on to work; 0: none.
uint16_t stored_port(const std::string& root) {
  std::ifstream file(root + "/port");
  unsigned port = 0;
  file >> port;
  return port < 65536 ? static_cast<uint16_t>(port) : 0;
}

int fail(const std::string& message) {
  std::fprintf(stderr, "quorate-local: %s\n", message.c_str());
  return 1;
}

ControlPlaneOptions plane_options(const UpOptions& options, const std::string& prefix) {
  ControlPlaneOptions plane;
  plane.root = options.root;
  plane.world.surroundings.address_prefix = prefix;
  plane.world.nodes = {.zones = options.zones, .nodes_per_zone = options.nodes_per_zone};
  plane.world.kubelet.backoff_ms_min = options.backoff_ms_min;
  plane.world.history_count_max = options.history_count_max;
  if (!options.images.empty()) {
    plane.world.kubelet.images.emplace();
    for (const auto& [name, path] : options.images) {
      plane.world.kubelet.images->insert(name);
      plane.runner.images[name] = std::filesystem::absolute(path).string();
    }
  }
  const char* path = std::getenv("PATH");
  plane.runner.path = path == nullptr ? "/usr/bin:/bin" : path;
  return plane;
}

}  // namespace

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::string& word : split(text, ',')) {
    if (!word.empty()) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

int run_up(UpOptions options) {
  std::error_code error;
  options.root = std::filesystem::absolute(options.root).lexically_normal().string();
  while (options.root.size() > 1 && options.root.ends_with('/')) {
    options.root.pop_back();
  }
  std::filesystem::create_directories(options.root, error);
  ::chmod(options.root.c_str(), 0700);
  const FolderLock lock(options.root);
  if (!lock.is_held()) {
    return fail("another one runs in " + options.root);
  }
  lock.write_pid();
  boost::asio::io_context loop(1);
  std::optional<boost::asio::ip::tcp::acceptor> held;
  const auto prefix = take_address_prefix(loop, held, stored_prefix(options.root));
  if (!prefix) {
    return fail("the addresses of its Pods are taken by another control plane");
  }
  auto certificates = load_certificates(options.root + "/pki");
  if (!certificates) {
    return fail(certificates.error().message);
  }
  auto plane = ControlPlane::start(loop, plane_options(options, *prefix));
  if (!plane) {
    return fail(plane.error().message);
  }
  const uint16_t port = options.port != 0 ? options.port : stored_port(options.root);
  auto server = HttpServer::start(loop, **plane, *certificates, options.address, port);
  if (!server && server.error().kind == ErrorKind::kConflict && options.port == 0) {
    server = HttpServer::start(loop, **plane, *certificates, options.address, 0);
  }
  if (!server) {
    return fail(server.error().message);
  }
  const std::string kubeconfig = options.root + "/kubeconfig";
  const Status written = write_file(
      kubeconfig, kubeconfig_text(*certificates, options.address, (*server)->port()), 0600);
  if (!written) {
    return fail(written.error().message);
  }
  (void)write_file(options.root + "/port", std::to_string((*server)->port()) + "\n", 0600);
  std::printf(
      "quorate-local serves on https://%s:%u. It is for laptops and tests, not for production.\n"
      "  export KUBECONFIG=%s\n",
      options.address.c_str(), static_cast<unsigned>((*server)->port()), kubeconfig.c_str());
  std::fflush(stdout);
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& failure, int) {
    if (!failure) {
      (*server)->stop();
      (*plane)->stop(kStopGrace, [&] { loop.stop(); });
    }
  });
  loop.run();
  return 0;
}

int run_down(const std::string& root) {
  const pid_t pid = pid_in_lock(root);
  {
    const FolderLock lock(root);
    if (lock.is_held()) {
      // Nobody is there: what a killed one left behind is ended here.
      boost::asio::io_context loop(1);
      ProcessRunner runner(loop, {.root = root, .images = {}, .path = {}},
                           [](const RuntimeEvent&) {});
      const size_t count = runner.adopt().size();
      runner.signal_all(SIGKILL);
      std::printf("it does not run%s\n",
                  count == 0 ? "" : "; the processes that it left behind are ended");
      return 0;
    }
  }
  if (pid <= 1 || ::kill(pid, SIGTERM) != 0) {
    return fail("cannot end process " + std::to_string(pid));
  }
  for (int i = 0; i < 300; ++i) {
    const FolderLock lock(root);
    if (lock.is_held()) {
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return fail("process " + std::to_string(pid) + " does not end");
}

int run_status(const std::string& root) {
  const FolderLock lock(root);
  if (lock.is_held()) {
    std::printf("it does not run (folder %s)\n", root.c_str());
    return 1;
  }
  std::printf("it runs as process %d\n  export KUBECONFIG=%s\n", pid_in_lock(root),
              (std::filesystem::absolute(root) / "kubeconfig").lexically_normal().c_str());
  return 0;
}

}  // namespace quorate::local
