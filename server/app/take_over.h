// Where a quorum was lost for good: the disk of a former ensemble begins a new one.
#pragma once

#include <string>

#include "server/app/ensemble_setup.h"
#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/storage/recover.h"

namespace quorate::app {

/// Makes this member the only voter of its configuration and gives the disk `ensemble_id`, on disk
/// and in `setup` and `recovered`. From then on members with the former id are refused, and refuse
/// it. The history stays as it is; what of it no majority had becomes committed.
///
/// The id is written last: after a crash in between the next start does it all again. Errors: kIo
/// and kNoSpace of the disk; kConflict when there is no history to go on with, or one
/// that a leader was still filling.
[[nodiscard]] Status take_over_disk(storage::FileSystem& fs,
                                    const storage::Directories& directories,
                                    const std::string& ensemble_id, EnsembleSetup& setup,
                                    storage::Recovered& recovered);

}  // namespace quorate::app
