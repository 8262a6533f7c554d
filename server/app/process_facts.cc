// Host, user, descriptors and memory of this process.
#include "server/app/process_facts.h"

#include <pwd.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <fstream>
#include <string>

#include "server/app/version.h"

namespace quorate::app {
namespace {

int64_t count_descriptors() {
  std::error_code error;
  int64_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    ++count;
  }
  return count;
}

void read_memory(report::ProcessFacts& facts) {
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  const int64_t page_bytes = sysconf(_SC_PAGESIZE);
  facts.virtual_bytes = total_pages * page_bytes;
  facts.resident_bytes = resident_pages * page_bytes;
}

double seconds(const timeval& time) {
  constexpr double kMicrosPerSecond = 1e6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicrosPerSecond;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(geteuid());
}

}  // namespace

report::ProcessFacts read_process_facts(WallMillis started) {
  report::ProcessFacts facts;
  facts.version = kVersion;
  facts.built_on = kBuiltOn;
  std::array<char, HOST_NAME_MAX + 1> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) {
    facts.host_name = host.data();
  }
  utsname system{};
  if (uname(&system) == 0) {
    facts.os_name = system.sysname;
    facts.os_version = system.release;
    facts.os_arch = system.machine;
  }
  facts.user_name = user_name();
  std::error_code error;
  facts.working_directory = std::filesystem::current_path(error).string();
  facts.started = started;
  refresh(facts, started);
  return facts;
}

void refresh(report::ProcessFacts& facts, WallMillis now) {
  facts.now = now;
  facts.open_file_descriptors = count_descriptors();
  read_memory(facts);
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    facts.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.max_file_descriptors = static_cast<int64_t>(limit.rlim_cur);
  }
}

}  // namespace quorate::app
