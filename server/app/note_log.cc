// The notes of the node machine as lines of the log.
#include "server/app/note_log.h"

#include <string_view>

#include "server/log/logger.h"
#include "server/wire/election_message.h"

namespace quorate::app {
namespace {

std::string_view name_of(wire::PeerState state) {
  switch (state) {
    case wire::PeerState::kLooking:
      return "looking";
    case wire::PeerState::kFollowing:
      return "following";
    case wire::PeerState::kLeading:
      return "leading";
    case wire::PeerState::kObserving:
      return "observing";
  }
  return "unknown";
}

/// What concerns the member's part in its ensemble.
void log_quorum_note(const node::Note& note) {
  switch (note.kind) {
    case node::NoteKind::kOlderDisk:
      log::warn("disk_rolled_back",
                {{"zxid", log::hex(note.zxid.value)},
                 {"action",
                  "the other members know of more on this disk than there is: it does not vote "
                  "before it has synced"}});
      return;
    case node::NoteKind::kRoleChanged:
      log::info("role_changed", {{"role", name_of(static_cast<wire::PeerState>(note.value))},
                                 {"leader", note.peer.value},
                                 {"reason", note.detail}});
      return;
    case node::NoteKind::kServing:
      log::info("serving", {{"role", name_of(static_cast<wire::PeerState>(note.value))},
                            {"leader", note.peer.value},
                            {"epoch", note.zxid.epoch()}});
      return;
    case node::NoteKind::kReadOnly:
      log::info("read_only", {{"serves_readers", note.value}});
      return;
    case node::NoteKind::kSuccessor:
      log::info("successor_named", {{"successor", note.peer.value}});
      return;
    case node::NoteKind::kReconfigRefused:
      log::warn("reconfig_refused",
                {{"session", log::hex(note.session.value)}, {"reason", note.text}});
      return;
    case node::NoteKind::kReconfigProposed:
      log::info("reconfig_proposed",
                {{"version", log::hex(note.zxid.value)}, {"configuration", note.text}});
      return;
    case node::NoteKind::kLearnerSync:
      log::info("learner_sync", {{"learner", note.peer.value},
                                 {"by", note.detail},
                                 {"behind", log::hex(note.zxid.value)},
                                 {"from_log", note.value == 1}});
      return;
    case node::NoteKind::kLinkClosed:
      log::info("learner_closed", {{"reason", note.detail}});
      return;
    default:
      return;
  }
}

}  // namespace

void log_note(const node::Note& note, const std::string& log_directory) {
  const std::string session = log::hex(note.session.value);
  switch (note.kind) {
    case node::NoteKind::kSessionOpened:
      log::debug("session_opened", {{"session", session}, {"timeout_ms", note.value}});
      return;
    case node::NoteKind::kSessionMoved:
      log::debug("session_reattached", {{"session", session}, {"timeout_ms", note.value}});
      return;
    case node::NoteKind::kSessionExpired:
      log::info("session_expired", {{"session", session}});
      return;
    case node::NoteKind::kSessionClosed:
      log::debug("session_closed", {{"session", session}});
      return;
    case node::NoteKind::kWritesRefused:
      log::error("writes_refused", {{"reason", "disk space is low"},
                                    {"directory", log_directory},
                                    {"action", "free or add space; writes resume by themselves"}});
      return;
    case node::NoteKind::kWritesResumed:
      log::info("writes_resumed", {{"directory", log_directory}});
      return;
    case node::NoteKind::kQuotaExceeded:
      log::warn("quota_exceeded", {{"session", session}});
      return;
    case node::NoteKind::kSnapshotStarted:
      log::info("snapshot_started", {{"zxid", log::hex(note.zxid.value)}});
      return;
    case node::NoteKind::kDigestMismatch:
      log::error("digest_mismatch",
                 {{"zxid", log::hex(note.zxid.value)}, {"action", "please report this bug"}});
      return;
    case node::NoteKind::kReaped:
      log::info("containers_reaped", {{"count", note.value}});
      return;
    default:
      log_quorum_note(note);
  }
}

}  // namespace quorate::app
