// Error texts as Apache's tools word them.
#include "server/client/error_text.h"

#include <gtest/gtest.h>

namespace quorate::client {
namespace {

using wire::ErrorCode;

TEST(ErrorText, ShellSentences) {
  const std::vector<std::pair<ErrorCode, const char*>> cases{
      {ErrorCode::kNoNode, "Node does not exist: /a"},
      {ErrorCode::kNodeExists, "Node already exists: /a"},
      {ErrorCode::kNotEmpty, "Node not empty: /a"},
      {ErrorCode::kBadVersion, "version No is not valid : /a"},
      {ErrorCode::kNoAuth, "Insufficient permission : /a"},
      {ErrorCode::kInvalidAcl, "Acl is not valid : /a"},
      {ErrorCode::kNoChildrenForEphemerals, "Ephemerals cannot have children: /a"},
      {ErrorCode::kQuotaExceeded, "Quota has exceeded : /a"},
      {ErrorCode::kConnectionLoss, "KeeperErrorCode = ConnectionLoss for /a"},
      {ErrorCode::kNoWatcher, "KeeperErrorCode = No such watcher for /a"},
  };
  for (const auto& [code, text] : cases) {
    EXPECT_EQ(shell_text(code, "/a"), text);
  }
}

TEST(ErrorText, WithoutAPath) {
  EXPECT_EQ(keeper_text(ErrorCode::kReconfigDisabled, ""),
            "KeeperErrorCode = Reconfig is disabled");
  EXPECT_EQ(keeper_text(ErrorCode::kSessionExpired, ""), "KeeperErrorCode = Session expired");
}

}  // namespace
}  // namespace quorate::client
