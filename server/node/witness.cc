// A member of an ensemble: what disks must have, its own and those of others.
#include "server/node/ensemble.h"

namespace quorate::node {

bool take_witness(State& state, const std::vector<wire::WitnessedDisk>& disks, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  bool is_news = false;
  bool has_less = false;
  for (const wire::WitnessedDisk& disk : disks) {
    if (disk.server == state.options.server) {
      has_less = ensemble.accepted < disk.accepted || state.history.last() < disk.durable;
      continue;
    }
    is_news |= ensemble.witness.note(disk);
  }
  if (is_news) {
    actions.quorum.witness = ensemble.witness;
  }
  return has_less;
}

void hear_of_own_disk(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  actions.notes.push_back({.kind = NoteKind::kOlderDisk, .zxid = state.history.last()});
  ensemble.may_vote = false;
  ensemble.is_ready_to_look = true;
  look_if_ready(state, now, actions);
}

void note_fitness(State& state, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const bool is_due = ensemble.may_vote ? state.durable >= ensemble.fit_at : true;
  if (ensemble.is_marked_unfit == ensemble.may_vote && is_due) {
    ensemble.is_marked_unfit = !ensemble.may_vote;
    actions.quorum.marks_unfit = ensemble.is_marked_unfit;
  }
}

}  // namespace quorate::node
