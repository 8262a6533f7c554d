// Epoch, configuration, id: in this order.
#include "server/app/take_over.h"

#include <algorithm>
#include <utility>

namespace quorate::app {
namespace {

int64_t epoch_of(const quorum::Configuration& configuration) {
  return Zxid{configuration.version.value}.epoch();
}

/// The highest epoch that this member has heard of.
int64_t highest_epoch(const EnsembleSetup& setup, const storage::Recovered& recovered) {
  const int64_t told = setup.last_seen ? epoch_of(*setup.last_seen) : 0;
  return std::max({recovered.epochs.accepted, epoch_of(setup.configuration), told});
}

/// Newer than every former one, and older than what the first leader's reconfigurations make. Its
/// counter is 0, as that of any configuration that no reconfiguration has made.
quorum::Configuration alone(const EnsembleSetup& setup, int64_t epoch) {
  quorum::Configuration configuration;
  quorum::ServerSpec own = *setup.own;
  own.role = quorum::ServerRole::kParticipant;
  configuration.servers.emplace(setup.self, std::move(own));
  configuration.version.value = (epoch + 1) << 32;
  return configuration;
}

}  // namespace

Status take_over_disk(storage::FileSystem& fs, const storage::Directories& directories,
                      const std::string& ensemble_id, EnsembleSetup& setup,
                      storage::Recovered& recovered) {
  const bool is_empty = recovered.fresh || recovered.last_zxid == Zxid{0};
  if (is_empty || !recovered.trusted || setup.is_marked_unfit) {
    return Error{ErrorKind::kConflict,
                 "the disk in " + directories.data +
                     (setup.is_marked_unfit ? " is not fit to vote" : " holds no history") +
                     ": quorate.recoverFrom must name a member that has a whole one"};
  }
  // The first leader's epoch is above what is accepted, and so are its transactions above the
  // version of the configuration.
  const int64_t epoch = highest_epoch(setup, recovered);
  if (const Status written = storage::write_accepted_epoch(fs, directories.snapshots, epoch);
      !written) {
    return written;
  }
  recovered.epochs.accepted = epoch;
  setup.configuration = alone(setup, epoch);
  setup.last_seen.reset();
  setup.own = setup.configuration.servers.at(setup.self);
  if (const Status written = storage::replace_file(fs, directories.snapshots, kConfigurationFile,
                                                   quorum::to_text(setup.configuration));
      !written) {
    return written;
  }
  setup.is_to_take_over = false;
  return storage::replace_file(fs, directories.snapshots, kEnsembleIdFile, ensemble_id);
}

}  // namespace quorate::app
