// Runs a fuzz target without libFuzzer: replays its corpus, then mutates it until time is up.
//
//   fuzz_NAME [--seconds N | --iterations N] [--seed N] [--size BYTES] [--corpus DIR]
//             [--grow DIR] [FILE...]
//   fuzz_NAME --shrink FILE
//
// With files: runs just these. --shrink cuts parts out of a failing input as long as it still fails
// and writes what is left to FILE.small. --grow writes inputs that reached new code into DIR
// (builds with -fsanitize-coverage=trace-pc only). The inputs run in a child process, which leaves
// each where the parent finds it: whatever kills the child, a sanitizer or an endless loop too, the
// input is written to ./fuzz_NAME.failure and the exit code is 1.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "tests/fuzz/coverage.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

namespace quorate::fuzz {
namespace {

constexpr unsigned kSecondsPerInputMax = 20;
constexpr size_t kPoolMax = 20000;
constexpr uint64_t kInputsBetweenClockReads = 64;

struct Options {
  std::string name;
  uint64_t seconds = 2;
  std::optional<uint64_t> iterations;
  uint64_t seed = 0;
  uint64_t size_max = 4096;
  std::string corpus;
  std::string grow;
  std::string shrink;
  std::vector<std::string> files;
};

[[noreturn]] void usage(const char* what) {
  std::fprintf(stderr, "%s; see the first lines of tests/fuzz/driver.cc\n", what);
  std::exit(2);
}

uint64_t to_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    usage("not a number");
  }
  return number;
}

Options parse(int count, char** arguments) {
  Options options;
  options.name = std::filesystem::path(arguments[0]).filename();
  options.seed = std::random_device{}();
  for (int index = 1; index < count; ++index) {
    const std::string_view flag = arguments[index];
    if (!flag.starts_with("--")) {
      options.files.emplace_back(flag);
      continue;
    }
    if (index + 1 == count) {
      usage("a flag without a value");
    }
    const char* value = arguments[++index];
    if (flag == "--seconds") {
      options.seconds = to_number(value);
    } else if (flag == "--iterations") {
      options.iterations = to_number(value);
    } else if (flag == "--seed") {
      options.seed = to_number(value);
    } else if (flag == "--size") {
      options.size_max = to_number(value);
    } else if (flag == "--corpus") {
      options.corpus = value;
    } else if (flag == "--grow") {
      options.grow = value;
    } else if (flag == "--shrink") {
      options.shrink = value;
    } else {
      usage("an unknown flag");
    }
  }
  return options;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream from(path, std::ios::binary);
  if (!from) {
    usage("a file that cannot be read");
  }
  return {std::istreambuf_iterator<char>(from), {}};
}

// The corpus in the order of its names, so that a seed means the same everywhere; then the seeds.
std::vector<std::string> starting_pool(const Options& options) {
  std::vector<std::filesystem::path> paths(options.files.begin(), options.files.end());
  std::vector<std::string> pool;
  if (paths.empty()) {
    if (std::filesystem::is_directory(options.corpus)) {
      for (const auto& entry : std::filesystem::directory_iterator(options.corpus)) {
        paths.push_back(entry.path());
      }
      std::sort(paths.begin(), paths.end());
    }
    pool = seeds();
    pool.emplace_back();
  }
  for (const auto& path : paths) {
    pool.push_back(read_file(path));
  }
  return pool;
}

// The input that is running, in memory that outlives the child.
class Shared {
 public:
  explicit Shared(size_t size_max) : size_(sizeof(Header) + size_max) {
    void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
      std::perror("mmap");
      std::exit(2);
    }
    header_ = static_cast<Header*>(at);
    bytes_ = static_cast<char*>(at) + sizeof(Header);
  }
  ~Shared() { munmap(header_, size_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  void set(const std::string& input) {
    header_->size = std::min(input.size(), size_ - sizeof(Header));
    std::memcpy(bytes_, input.data(), header_->size);
    ++header_->runs;
  }
  [[nodiscard]] std::string_view input() const { return {bytes_, header_->size}; }
  [[nodiscard]] uint64_t runs() const { return header_->runs; }

 private:
  struct Header {
    size_t size = 0;
    uint64_t runs = 0;
  };
  size_t size_;
  Header* header_;
  char* bytes_;
};

class Child {
 public:
  Child(const Options& options, Shared& shared)
      : options_(options), shared_(shared), random_(options.seed) {}

  void run() {
    pool_ = starting_pool(options_);
    const size_t start_count = pool_.size();
    for (const std::string& input : pool_) {
      (void)run_one(input);
    }
    if (options_.files.empty()) {
      run_mutations();
    }
    std::printf("%llu inputs, pool %zu + %zu\n", static_cast<unsigned long long>(shared_.runs()),
                start_count, pool_.size() - start_count);
    std::fflush(stdout);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run_mutations() {
    const auto end = Clock::now() + std::chrono::seconds(options_.seconds);
    for (uint64_t count = 0;; ++count) {
      if (options_.iterations ? count == *options_.iterations
                              : count % kInputsBetweenClockReads == 0 && Clock::now() >= end) {
        return;
      }
      std::string input = mutate(pool_, options_.size_max, random_);
      if (run_one(input) && pool_.size() < kPoolMax) {
        keep(std::move(input));
      }
    }
  }

  // In a block of exactly its size, so that a sanitizer sees a read beyond it.
  bool run_one(const std::string& input) {
    shared_.set(input);
    if (shared_.runs() % kInputsBetweenClockReads == 1) {
      alarm(kSecondsPerInputMax);
    }
    auto* block = static_cast<uint8_t*>(std::malloc(input.size() + (input.empty() ? 1 : 0)));
    std::memcpy(block, input.data(), input.size());
    reset_coverage();
    LLVMFuzzerTestOneInput(block, input.size());
    std::free(block);
    return found_new_coverage();
  }

  void keep(std::string input) {
    if (!options_.grow.empty()) {
      char name[32];
      std::snprintf(name, sizeof name, "%016zx", std::hash<std::string>{}(input));
      std::ofstream(options_.grow + "/" + name, std::ios::binary) << input;
    }
    pool_.push_back(std::move(input));
  }

  const Options& options_;
  Shared& shared_;
  Random random_;
  std::vector<std::string> pool_;
};

// Forks; the child runs `work` and exits, the parent learns how that went.
template <typename Work>
int status_of_child(Work work) {
  const pid_t child = fork();
  if (child < 0) {
    std::perror("fork");
    std::exit(2);
  }
  if (child == 0) {
    work();
    std::exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

bool is_fine(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

// Whether the input fails, without a word about it.
bool fails(const std::string& input) {
  return !is_fine(status_of_child([&input] {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) {
      _exit(1);
    }
    alarm(kSecondsPerInputMax);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }));
}

int shrink(const Options& options) {
  std::string input = read_file(options.shrink);
  if (!fails(input)) {
    usage("an input that does not fail");
  }
  for (size_t part = input.size() / 2; part > 0;) {
    bool has_shrunk = false;
    for (size_t at = 0; at < input.size();) {
      std::string without = input;
      without.erase(at, part);
      if (fails(without)) {
        input = std::move(without);
        has_shrunk = true;
      } else {
        at += part;
      }
    }
    part = has_shrunk ? std::min(part, input.size()) : part / 2;
  }
  std::ofstream(options.shrink + ".small", std::ios::binary) << input;
  std::printf("%zu bytes are left\n", input.size());
  return 0;
}

int report(const Options& options, const Shared& shared, int status) {
  if (is_fine(status)) {
    return 0;
  }
  const std::string path = options.name + ".failure";
  std::ofstream(path, std::ios::binary) << shared.input();
  const bool slow = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
  std::fprintf(stderr, "%s: input %llu of seed %llu %s; written to %s/%s, run it with\n  %s %s\n",
               options.name.c_str(), static_cast<unsigned long long>(shared.runs()),
               static_cast<unsigned long long>(options.seed), slow ? "took too long" : "failed",
               std::filesystem::current_path().c_str(), path.c_str(), options.name.c_str(),
               path.c_str());
  return 1;
}

}  // namespace
}  // namespace quorate::fuzz

int main(int count, char** arguments) {
  using quorate::fuzz::Shared;
  const auto options = quorate::fuzz::parse(count, arguments);
  if (!options.shrink.empty()) {
    return quorate::fuzz::shrink(options);
  }
  std::printf("%s --seed %llu\n", options.name.c_str(),
              static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  Shared shared(size_t{16} << 20);
  const int status = quorate::fuzz::status_of_child(
      [&options, &shared] { quorate::fuzz::Child(options, shared).run(); });
  return quorate::fuzz::report(options, shared, status);
}
