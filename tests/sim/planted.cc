// Bugs planted inside the node, by the linker.
//
// CMakeLists.txt has the linker send the node's own calls of the functions below to __wrap_NAME,
// which can reach the production code as __real_NAME. So the code that ships knows nothing of them.
#include "tests/sim/planted.h"

#include <map>
#include <utility>

#include "server/node/ensemble.h"

// InFlight::push and settle, commit_up_to and handle_frames, as the compiler names them.
#define QR_PUSH _ZN7quorate4node8InFlight4pushENS0_15InFlightRequestE
#define QR_SETTLE _ZN7quorate4node8InFlight6settleERKNS_4wire9TxnHeaderE
#define QR_COMMIT _ZN7quorate4node12commit_up_toERNS0_5StateENS_4ZxidENS_3NowERNS0_7ActionsE
#define QR_FRAMES \
  _ZN7quorate4node13handle_framesERNS0_5StateERNS0_10ConnectionERKNS0_12ClientFramesENS_3NowERNS0_7ActionsE
// majority_of, AckTracker::set_majority, reconfigure, Configuration::is_voter and unpropose.
#define QR_MAJORITY _ZN7quorate6quorum11majority_ofERKNS0_13ConfigurationES3_
#define QR_RENEW _ZN7quorate6quorum10AckTracker12set_majorityENS0_8MajorityE
#define QR_RECONFIGURE \
  _ZN7quorate6quorum11reconfigureERKNS0_18ReconfigureContextERKNS0_13ConfigurationES6_RKNS_4wire15ReconfigRequestENS_13ConfigVersionE
#define QR_IS_VOTER _ZNK7quorate6quorum13Configuration8is_voterENS_8ServerIdE
#define QR_UNPROPOSE _ZN7quorate4node9unproposeERNS0_5StateE
#define QR_PASTE(a, b) a##b
#define QR_REAL(name) QR_PASTE(__real_, name)
#define QR_WRAP(name) QR_PASTE(__wrap_, name)

namespace quorate::sim {
namespace {

Bug planted_bug = Bug::kNone;
bool is_syncing = false;  ///< What is committed now was done under another leader.
std::map<std::pair<node::InFlight*, int32_t>, SessionId> sessions;  ///< Who used an xid last.

}  // namespace

void plant(Bug bug) {
  planted_bug = bug;
  sessions.clear();
}

extern "C" {

void QR_REAL(QR_PUSH)(node::InFlight* self, node::InFlightRequest request);
const node::InFlightRequest* QR_REAL(QR_SETTLE)(node::InFlight* self,
                                                const wire::TxnHeader& header);
void QR_REAL(QR_COMMIT)(node::State& state, Zxid zxid, Now now, node::Actions& actions);
void QR_REAL(QR_FRAMES)(node::State& state, node::Connection& connection,
                        const node::ClientFrames& event, Now now, node::Actions& actions);

quorum::Majority QR_REAL(QR_MAJORITY)(const quorum::Configuration& committed,
                                      const quorum::Configuration& last_seen);
void QR_REAL(QR_RENEW)(quorum::AckTracker* self, quorum::Majority majority);
std::variant<quorum::Configuration, quorum::Refusal> QR_REAL(QR_RECONFIGURE)(
    const quorum::ReconfigureContext& context, const quorum::Configuration& committed,
    const quorum::Configuration& last_seen, const wire::ReconfigRequest& request,
    ConfigVersion version);
bool QR_REAL(QR_IS_VOTER)(const quorum::Configuration* self, ServerId server);
void QR_REAL(QR_UNPROPOSE)(node::State& state);

quorum::Majority QR_WRAP(QR_MAJORITY)(const quorum::Configuration& committed,
                                      const quorum::Configuration& last_seen) {
  if (planted_bug == Bug::kOldMajorityOnly) {
    return quorum::Majority(committed.voters());
  }
  if (planted_bug == Bug::kNewMajorityOnly && last_seen.version > committed.version) {
    return quorum::Majority(last_seen.voters());
  }
  return QR_REAL(QR_MAJORITY)(committed, last_seen);
}

void QR_WRAP(QR_RENEW)(quorum::AckTracker* self, quorum::Majority majority) {
  if (planted_bug != Bug::kMajorityNotRenewed) {
    QR_REAL(QR_RENEW)(self, std::move(majority));
  }
}

std::variant<quorum::Configuration, quorum::Refusal> QR_WRAP(QR_RECONFIGURE)(
    const quorum::ReconfigureContext& context, const quorum::Configuration& committed,
    const quorum::Configuration& last_seen, const wire::ReconfigRequest& request,
    ConfigVersion version) {
  wire::ReconfigRequest other = request;
  if (planted_bug == Bug::kVersionIgnored) {
    other.config_version = -1;
  }
  const bool is_blind = planted_bug == Bug::kReconfigTwice;
  return QR_REAL(QR_RECONFIGURE)(context, is_blind ? last_seen : committed, last_seen, other,
                                 version);
}

bool QR_WRAP(QR_IS_VOTER)(const quorum::Configuration* self, ServerId server) {
  return QR_REAL(QR_IS_VOTER)(self, server) ||
         (planted_bug == Bug::kRemovedVotes && !self->contains(server));
}

void QR_WRAP(QR_UNPROPOSE)(node::State& state) {
  if (planted_bug == Bug::kHandOverForgets) {
    state.proposals.clear();
    return;
  }
  QR_REAL(QR_UNPROPOSE)(state);
}

void QR_WRAP(QR_PUSH)(node::InFlight* self, node::InFlightRequest request) {
  sessions[{self, request.cxid}] = request.session;
  QR_REAL(QR_PUSH)(self, request);
}

const node::InFlightRequest* QR_WRAP(QR_SETTLE)(node::InFlight* self,
                                                const wire::TxnHeader& header) {
  if (planted_bug == Bug::kReaskWithoutLooking && is_syncing) {
    return nullptr;
  }
  if (planted_bug == Bug::kMatchedByCxidAlone) {
    wire::TxnHeader other = header;
    if (const auto user = sessions.find({self, header.cxid}); user != sessions.end()) {
      other.session = user->second;
    }
    return QR_REAL(QR_SETTLE)(self, other);
  }
  return QR_REAL(QR_SETTLE)(self, header);
}

void QR_WRAP(QR_COMMIT)(node::State& state, Zxid zxid, Now now, node::Actions& actions) {
  is_syncing = !state.serving;
  QR_REAL(QR_COMMIT)(state, zxid, now, actions);
  is_syncing = false;
}

void QR_WRAP(QR_FRAMES)(node::State& state, node::Connection& connection,
                        const node::ClientFrames& event, Now now, node::Actions& actions) {
  if (planted_bug == Bug::kServesWhileLooking && !state.serving &&
      connection.phase == node::Phase::kOpen) {
    state.serving = true;
    QR_REAL(QR_FRAMES)(state, connection, event, now, actions);
    state.serving = false;
    return;
  }
  QR_REAL(QR_FRAMES)(state, connection, event, now, actions);
}

}  // extern "C"

}  // namespace quorate::sim
