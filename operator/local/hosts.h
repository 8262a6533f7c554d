// Names of Pods and Services as lines of a hosts file: DNS for processes on one machine.
#pragma once

#include <string>

#include "operator/local/store.h"

namespace quorate::local {

/// The lines that processes of a namespace see: `<address> <names>`. Pods of headless Services by
/// `<hostname>.<service>.<namespace>.svc.cluster.local` and its shorter forms, Services by the
/// addresses that answer for them. With an empty namespace only the forms that name one.
[[nodiscard]] std::string hosts_text(const Store& store, const std::string& ns);

}  // namespace quorate::local
