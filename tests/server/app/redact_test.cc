// No secret of a zoo.cfg is left in what people are shown.
#include "server/app/redact.h"

#include <gtest/gtest.h>

namespace quorate::app {
namespace {

TEST(Redact, HidesValuesOfSecretKeysOnly) {
  EXPECT_EQ(redact_config("dataDir=/d\nssl.keyStore.password=hunter2\nclientPort=1\n"),
            "dataDir=/d\nssl.keyStore.password=***\nclientPort=1\n");
  EXPECT_EQ(redact_config("ssl.keyStore.passwordPath=/p"), "ssl.keyStore.passwordPath=/p\n");
  EXPECT_EQ(redact_config("DigestAuthenticationProvider.superDigest : super:abc"),
            "DigestAuthenticationProvider.superDigest=***\n");
}

TEST(Redact, HidesContinuationsCommentsAndEscapedKeys) {
  EXPECT_EQ(redact_config("a.password=one\\\n  two\nb=1\n"), "a.password=***\nb=1\n");
  EXPECT_EQ(redact_config("# password=old\n! x\nb=1"), "b=1\n");
  EXPECT_EQ(redact_config("ssl.pass\\u0077ord=x\n"), "ssl.pass\\u0077ord=***\n");
}

}  // namespace
}  // namespace quorate::app
