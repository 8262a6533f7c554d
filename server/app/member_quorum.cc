// The member of an ensemble: what its machine wants of the disk and the peers.
#include <cstdlib>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/app/member.h"
#include "server/app/settings.h"
#include "server/log/logger.h"
#include "server/storage/epochs.h"
#include "server/storage/log_slice.h"

namespace quorate::app {
namespace {

admin::ChangeRefusal describe(node::HandOverRefusal refused) {
  using Kind = admin::ChangeRefusal::Kind;
  const auto conflict = [](std::string error, std::string reason) {
    return admin::ChangeRefusal{.kind = Kind::kConflict,
                                .error = std::move(error),
                                .reason = std::move(reason),
                                .leader = std::nullopt};
  };
  switch (refused) {
    case node::HandOverRefusal::kNotLeader:
      return conflict("NotLeader", "this member does not lead");
    case node::HandOverRefusal::kNoQuorum:
      return conflict("NoQuorum", "without this member there is no synced majority");
    case node::HandOverRefusal::kNoVoter:
      return conflict("NotAVoter", "the target is no other voter of the configuration");
    case node::HandOverRefusal::kNotSynced:
      return conflict("NotSynced", "the target is not connected, or does not have the history yet");
    case node::HandOverRefusal::kNotQuorate:
      return conflict("NotQuorate",
                      "the target is a ZooKeeper server, which cannot be told to take over");
  }
  return conflict("Refused", "");
}

/// As the operation reconfig wants it.
std::string member_list(const quorum::Configuration& configuration) {
  std::string list;
  for (const auto& [id, spec] : configuration.servers) {
    list += (list.empty() ? "server." : ",server.") + std::to_string(id.value) + "=" +
            quorum::to_text(spec);
  }
  return list;
}

}  // namespace

void Member::start_reading_log() {
  log_read_thread_ = std::make_unique<LogReadThread>(
      *file_system_, directories_.logs,
      LogReadThread::Callbacks{.probed =
                                   [this](const zab::LogProbed& answer) {
                                     boost::asio::post(loop_, [this, answer] { step(answer); });
                                   },
                               .read =
                                   [this](zab::LogRead answer) {
                                     boost::asio::post(
                                         loop_, [this, answer = std::move(answer)]() mutable {
                                           step(std::move(answer));
                                         });
                                   },
                               .failed =
                                   [](const Error& error) {
                                     log::error("log_not_read", {{"reason", error.message}});
                                   }});
}

void Member::start_quorum() {
  quorum_ = std::make_unique<QuorumPorts>(
      loop_, quorum_ports_options(config_, *setup_),
      QuorumPorts::Callbacks{
          .event =
              [this](const node::Event& event) {
                step(event);
                if (stopping_) {
                  continue_stop();
                }
              },
          .snapshot = [this](Zxid zxid,
                             std::string bytes) { install_snapshot(zxid, std::move(bytes)); }});
  quorum_->set_configuration(node_.configuration());
  quorum_->set_wanted(node_.wanted_peers());
}

Status Member::begin_quorum() {
  const Status listening = quorum_->listen();
  if (!listening) {
    return listening;
  }
  node_.begin(read_clocks(), actions_);
  perform();
  return Status{};
}

/// Before anything else of the step.
void Member::perform_on_disk() {
  const node::QuorumActions& wanted = actions_.quorum;
  for (const node::QuorumActions::Configure& configure : wanted.configurations) {
    store_configuration(configure);
    if (configure.is_committed) {
      follow_own_line(configure.configuration);
    }
  }
  if (!wanted.configurations.empty()) {
    quorum_->set_configuration(node_.configuration());
  }
  if (wanted.marks_unfit) {
    mark_unfit(*wanted.marks_unfit);
  }
  if (wanted.witness) {
    housekeeping_->replace_file(kWitnessFile,
                                quorum::to_text(*wanted.witness, config_.quorum.ensemble_id));
  }
  if (wanted.save_epochs) {
    save_epochs(wanted.save_epochs->accepted, wanted.save_epochs->current);
  }
  if (wanted.truncate) {
    truncate_log(wanted.truncate->zxid, wanted.truncate->reload);
  }
  if (!wanted.probes.empty() || !wanted.reads.empty()) {
    read_log(wanted);
  }
}

void Member::store_configuration(const node::QuorumActions::Configure& configure) {
  const Status stored =
      storage::replace_file(*file_system_, directories_.snapshots,
                            configure.is_committed ? kConfigurationFile : kNextConfigurationFile,
                            quorum::to_text(configure.configuration));
  if (!stored) {
    die(stored.error());
  }
  if (configure.is_committed) {
    log::info("configuration", {{"version", log::hex(configure.configuration.version.value)},
                                {"servers", quorum::to_text(configure.configuration)}});
  }
}

void Member::mark_unfit(bool is_unfit) {
  const Status marked =
      is_unfit ? storage::replace_file(*file_system_, directories_.snapshots, kUnfitFile,
                                       "This disk has to be filled by a leader before its member "
                                       "may vote.\n")
               : storage::remove_file(*file_system_, directories_.snapshots, kUnfitFile);
  if (!marked) {
    die(marked.error());
  }
}

void Member::follow_own_line(const quorum::Configuration& configuration) {
  const auto own = configuration.servers.find(setup_->self);
  if (own == configuration.servers.end() || stopping_) {
    return;
  }
  const quorum::ServerSpec before = std::exchange(*setup_->own, own->second);
  if (before.client == own->second.client && before.secure_client == own->second.secure_client) {
    return;
  }
  const ClientListeners former{config_.client, config_.secure_client};
  const ClientListeners wanted = listeners_by_line(own->second, true, configured_listeners_);
  if (wanted == former) {
    return;
  }
  port_.stop_listening();
  Status listening = listen_for_clients(wanted);
  if (!listening) {
    // Nobody can be served where the configuration sends clients; who knows the former address can.
    log::error("client_port_not_moved", {{"reason", listening.error().message}});
    port_.stop_listening();
    listening = listen_for_clients(former);
  }
  if (!listening) {
    log::error("client_port_lost", {{"reason", listening.error().message},
                                    {"action", "free the port, then restart this member"}});
  }
  for (const net::BoundAddress& bound : client_addresses()) {
    log::info("listening",
              {{"address", bound.address}, {"port", bound.port}, {"tls", bound.secure}});
  }
}

void Member::save_epochs(Epoch accepted, Epoch current) {
  // Accepted first: a crash between the two must not leave the greater one behind.
  const std::string& directory = directories_.snapshots;
  Status saved = storage::write_accepted_epoch(*file_system_, directory, accepted.value);
  if (saved) {
    saved = storage::write_current_epoch(*file_system_, directory, current.value);
  }
  if (!saved) {
    die(saved.error());
  }
  boost::asio::post(loop_, [this, accepted, current] {
    step(node::EpochsSaved{.accepted = accepted, .current = current});
  });
}

/// Closes the log, lets `change` change the files, and opens it again where it ends now.
Result<storage::Recovered> Member::change_log(storage::LogWriter& writer,
                                              const std::function<Status()>& change) {
  if (const Status sealed = writer.seal(); !sealed) {
    return sealed.error();
  }
  if (const Status changed = change(); !changed) {
    return changed.error();
  }
  storage::RecoverOptions options = recover_options(config_);
  options.enforce_epochs = false;  // In the middle of a sync they lag behind.
  Result<storage::Recovered> recovered = storage::recover(*file_system_, directories_, options);
  if (!recovered) {
    return recovered;
  }
  Result<storage::LogWriter> opened = storage::LogWriter::open(
      *file_system_, directories_.logs, recovered->tail, log_options(config_));
  if (!opened) {
    return opened.error();
  }
  writer = std::move(*opened);
  return recovered;
}

void Member::truncate_log(Zxid zxid, bool reload) {
  submit_batch();
  log::warn("log_truncated", {{"zxid", log::hex(zxid.value)}, {"reload", reload}});
  log_thread_->submit_job([this, zxid, reload](storage::LogWriter& writer) {
    Result<storage::Recovered> recovered =
        change_log(writer, [&] { return storage::cut_history(*file_system_, directories_, zxid); });
    if (!recovered) {
      return Status(recovered.error());
    }
    node::LogTruncated event{.last = recovered->last_zxid};
    if (reload) {
      event.reloaded = std::make_shared<tree::Database>(std::move(recovered->database));
    }
    boost::asio::post(loop_, [this, event = std::move(event)] { step(event); });
    return Status{};
  });
}

void Member::install_snapshot(Zxid zxid, std::string bytes) {
  submit_batch();
  log::info("snapshot_received",
            {{"zxid", log::hex(zxid.value)}, {"bytes", static_cast<int64_t>(bytes.size())}});
  log_thread_->submit_job([this, zxid, bytes = std::move(bytes)](storage::LogWriter& writer) {
    Result<tree::Database> loaded = tree::load_snapshot_stream(bytes, tree_options(config_));
    if (!loaded) {
      // What follows it is on its way to the log already, and must not come behind the old history.
      return Status(
          Error{loaded.error().kind,
                "the leader's snapshot cannot be read, what is on disk stays as it was: " +
                    loaded.error().message});
    }
    loaded->set_last_zxid(zxid);
    const Result<storage::Recovered> changed = change_log(writer, [&]() -> Status {
      const Result<int64_t> written =
          storage::write_snapshot(*file_system_, directories_.snapshots, *loaded,
                                  housekeeping_options(config_, directories_).compression);
      return written ? storage::drop_logs(*file_system_, directories_) : Status(written.error());
    });
    if (!changed) {
      return Status(changed.error());
    }
    boost::asio::post(
        loop_, [this, zxid, database = std::make_shared<tree::Database>(std::move(*loaded))] {
          step(node::SnapshotReceived{zxid, database});
        });
    return Status{};
  });
}

void Member::read_log(const node::QuorumActions& wanted) {
  submit_batch();
  log_thread_->submit_job(
      [this, probes = wanted.probes, reads = wanted.reads](storage::LogWriter&) {
        for (const zab::LeaderActions::ProbeLog& probe : probes) {
          log_read_thread_->probe(probe);
        }
        for (const zab::LeaderActions::ReadLog& read : reads) {
          log_read_thread_->read(read);
        }
        return Status{};
      });
}

void Member::reconfigure(const report::ReconfigOrder& order, ReconfigCallback done) {
  using Kind = admin::ChangeRefusal::Kind;
  const node::Status status = node_.status(read_clocks());
  if (!status.ensemble || status.role != node::Role::kLeading) {
    admin::ChangeRefusal refusal{.error = "NotLeader", .reason = "this member does not lead"};
    if (status.ensemble && status.ensemble->leader.value >= 0) {
      refusal.leader = status.ensemble->leader;
    }
    done(refusal);
    return;
  }
  wire::ReconfigRequest request;
  request.joining = order.joining;
  request.leaving = order.leaving;
  request.new_members = order.new_members;
  std::string members;
  if (order.forms) {
    if (status.ensemble->is_formed) {
      done(status.ensemble->config_version);
      return;
    }
    members = member_list(node_.configuration());
    request.new_members = members;
  }
  request.config_version = order.expected_version.value_or(ConfigVersion{-1}).value;
  const auto outcome = node_.reconfigure(request, read_clocks(), actions_);
  if (const auto* const refused = std::get_if<quorum::Refusal>(&outcome)) {
    const bool is_invalid = refused->code == wire::ErrorCode::kBadArguments;
    done(admin::ChangeRefusal{.kind = is_invalid ? Kind::kInvalid : Kind::kConflict,
                              .error = std::string(wire::name_of(refused->code)),
                              .reason = refused->reason,
                              .leader = std::nullopt});
    return;
  }
  open_reconfigs_.push_back({std::get<ConfigVersion>(outcome), std::move(done)});
  perform();
  submit_batch();
}

void Member::answer_reconfigs() {
  const node::Status status = node_.status(read_clocks());
  std::erase_if(open_reconfigs_, [&](const OpenReconfig& open) {
    if (status.ensemble->config_version >= open.version) {
      open.done(open.version);
      return true;
    }
    if (status.role != node::Role::kLeading) {
      open.done(admin::ChangeRefusal{.kind = admin::ChangeRefusal::Kind::kLate,
                                     .error = "LeaderChanged",
                                     .reason = "not known to be committed; ask for the status",
                                     .leader = std::nullopt});
      return true;
    }
    return false;
  });
}

std::optional<admin::ChangeRefusal> Member::hand_over(std::optional<ServerId> target) {
  const std::optional<node::HandOverRefusal> refused =
      node_.hand_over_to(target, read_clocks(), actions_);
  if (!refused) {
    log::info("handing_over", {{"target", target.value_or(ServerId{-1}).value}});
    perform();
    return std::nullopt;
  }
  admin::ChangeRefusal refusal = describe(*refused);
  const node::Status status = node_.status(read_clocks());
  if (*refused == node::HandOverRefusal::kNotLeader && status.ensemble &&
      status.ensemble->leader.value >= 0) {
    refusal.leader = status.ensemble->leader;
  }
  return refusal;
}

/// One hand-over to the log for all packets that were read together.
void Member::submit_soon() {
  if (submit_posted_) {
    return;
  }
  submit_posted_ = true;
  boost::asio::post(loop_, [this] {
    submit_posted_ = false;
    submit_batch();
  });
}

}  // namespace quorate::app
