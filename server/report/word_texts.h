// The longer answers of four-letter words, each exactly as ZooKeeper words it.
#pragma once

#include <string>

#include "server/report/inputs.h"

namespace quorate::report {

/// Version, latencies, counts, zxid, mode.
[[nodiscard]] std::string srvr_text(const Inputs& inputs);
/// srvr_text with the connections, in brief, after the version.
[[nodiscard]] std::string stat_text(const Inputs& inputs);
/// All connections in full.
[[nodiscard]] std::string cons_text(const Inputs& inputs);
/// Ports, directories, limits.
[[nodiscard]] std::string conf_text(const Inputs& inputs);
/// Process and machine.
[[nodiscard]] std::string envi_text(const Inputs& inputs);
/// Sessions by expiry, ephemerals by session, connections.
[[nodiscard]] std::string dump_text(const Inputs& inputs);
/// Bytes of the data directories.
[[nodiscard]] std::string dirs_text(const Inputs& inputs);
/// Digests of recent states of the tree.
[[nodiscard]] std::string hash_text(const Inputs& inputs);
/// Totals of watches. ZooKeeper counts data watches only; these are all, for no walk is needed.
[[nodiscard]] std::string wchs_text(const Inputs& inputs);
/// Data watches by session.
[[nodiscard]] std::string wchc_text(const Inputs& inputs);
/// Data watches by path.
[[nodiscard]] std::string wchp_text(const Inputs& inputs);

}  // namespace quorate::report
