// A seeded run of an ensemble through faults.
#include "tests/server/election/random_run.h"

#include <random>

#include "tests/server/election/world.h"

namespace quorate::election::testing {
namespace {

constexpr int kFaults = 60;
/// A healed ensemble has a leader that all follow within this time.
constexpr Duration kConvergence = std::chrono::seconds(5);

class Driver {
 public:
  Driver(uint64_t seed, PlantedBug bug)
      : random_(seed),
        voters_(3 + pick(5)),
        all_(voters_ + pick(3)),
        world_(configuration(), seed + 1, bug) {}

  RandomRun run();

 private:
  /// One of [0, count).
  size_t pick(size_t count) { return static_cast<size_t>(random_() % count); }
  ServerId any() { return ServerId{static_cast<int64_t>(pick(all_)) + 1}; }
  [[nodiscard]] quorum::Configuration configuration() const;
  void fault();
  void crash_or_boot(ServerId id);
  void wipe(ServerId id);
  void heal();

  std::mt19937_64 random_;
  size_t voters_;
  size_t all_;
  World world_;
};

quorum::Configuration Driver::configuration() const {
  std::vector<ServerId> voters;
  std::vector<ServerId> observers;
  for (size_t index = 0; index < all_; ++index) {
    (index < voters_ ? voters : observers).push_back(ServerId{static_cast<int64_t>(index) + 1});
  }
  return make_configuration(voters, observers);
}

void Driver::crash_or_boot(ServerId id) {
  if (world_.is_running(id)) {
    world_.crash(id, pick(2) == 0);
  } else {
    world_.boot(id);
  }
}

/// A disk is lost; so many stay fit that the ensemble can go on.
void Driver::wipe(ServerId id) {
  size_t unfit = 0;
  for (size_t index = 0; index < voters_; ++index) {
    unfit += world_.disk(ServerId{static_cast<int64_t>(index) + 1}).is_fit ? 0 : 1;
  }
  if (unfit * 2 + 2 >= voters_) {
    return;
  }
  if (world_.is_running(id)) {
    world_.crash(id);
  }
  world_.wipe(id);
  world_.boot(id);
}

void Driver::fault() {
  const ServerId a = any();
  const ServerId b = any();
  switch (pick(8)) {
    case 0:
    case 1:
      crash_or_boot(a);
      break;
    case 2:
      if (const auto leader = world_.leader()) {
        world_.crash(*leader, pick(2) == 0);
      }
      break;
    case 3:
      wipe(a);
      break;
    case 4:
      if (a != b) {
        world_.cut(a, b, pick(2) == 0);
      }
      break;
    case 5:
      if (a != b) {
        world_.cut_one_way(a, b);
      }
      break;
    case 6:
      world_.heal_all();
      break;
    default:
      world_.commit();
      break;
  }
}

void Driver::heal() {
  world_.heal_all();
  world_.network().loss = 0;
  for (const ServerId id : world_.ids()) {
    if (!world_.is_running(id)) {
      world_.boot(id);
    }
  }
  world_.run_for(kConvergence);
}

RandomRun Driver::run() {
  world_.network().latency_max = std::chrono::milliseconds(1 + pick(20));
  world_.network().loss = static_cast<double>(pick(3)) * 0.1;
  for (const ServerId id : world_.ids()) {
    world_.boot(id);
    world_.run_for(std::chrono::milliseconds(pick(3) * pick(100)));
  }
  for (int count = 0; count < kFaults; ++count) {
    fault();
    world_.run_for(std::chrono::milliseconds(pick(2) * pick(700)));
    world_.commit();
  }
  heal();
  return {.violations = world_.checker().violations(),
          .has_converged = world_.has_converged(),
          .decisions = world_.decision_count(),
          .trace = world_.take_trace()};
}

}  // namespace

RandomRun run_random(uint64_t seed, PlantedBug bug) { return Driver(seed, bug).run(); }

}  // namespace quorate::election::testing
