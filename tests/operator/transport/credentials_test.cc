// Credentials: Pods' accounts, kubeconfig files in every form, plugins; and what their errors say.
#include <gtest/gtest.h>

#include <map>

#include "operator/transport/base64.h"
#include "operator/transport/exec_plugin.h"
#include "operator/transport/in_cluster.h"
#include "operator/transport/kubeconfig.h"
#include "operator/transport/process.h"
#include "tests/server/net/test_certificates.h"

namespace quorate::transport {
namespace {

using net::test::TemporaryDirectory;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

const std::map<std::string, std::string> kPod = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                                                 {"KUBERNETES_SERVICE_PORT", "443"}};

// ---- in a cluster -----------------------------------------------------------------------------

TEST(InCluster, ReadsTheAccount) {
  const TemporaryDirectory folder;
  folder.write("token", "t1\n");
  folder.write("namespace", "ops\n");
  const std::string authority = folder.write("ca.crt", "x");
  const auto cluster = in_cluster(environment(kPod), folder.path());
  ASSERT_TRUE(cluster.ok()) << cluster.error().message;
  EXPECT_EQ(cluster->url, "https://10.0.0.1:443");
  EXPECT_EQ(cluster->space, "ops");
  EXPECT_EQ(cluster->trust.ca_file, authority);
  EXPECT_EQ(cluster->credentials->authorization()->reveal(), "Bearer t1");
}

TEST(InCluster, AnIpv6HostIsReachedByName) {
  const TemporaryDirectory folder;
  folder.write("token", "t1");
  folder.write("ca.crt", "x");
  const auto cluster = in_cluster(
      environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}}),
      folder.path());
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->url, "https://kubernetes.default.svc:443");
}

TEST(InCluster, SaysWhatIsMissing) {
  const TemporaryDirectory folder;
  EXPECT_NE(in_cluster(environment({}), folder.path()).error().message.find("not in a Pod"),
            std::string::npos);
  EXPECT_NE(in_cluster(environment(kPod), folder.path()).error().message.find("ca.crt"),
            std::string::npos);
}

TEST(TokenFiles, AreReadAgainWhenRefusedOrOld) {
  const TemporaryDirectory folder;
  const std::string path = folder.write("token", "t1");
  TokenFile patient(path, std::chrono::hours(1));
  TokenFile hasty(path, Duration(0));
  EXPECT_EQ(patient.authorization()->reveal(), "Bearer t1");
  EXPECT_EQ(hasty.authorization()->reveal(), "Bearer t1");
  folder.write("token", "t2");
  EXPECT_EQ(patient.authorization()->reveal(), "Bearer t1");
  EXPECT_EQ(hasty.authorization()->reveal(), "Bearer t2");
  patient.rejected();
  EXPECT_EQ(patient.authorization()->reveal(), "Bearer t2");
}

TEST(TokenFiles, TheLastTokenServesWhileTheFileIsAway) {
  const TemporaryDirectory folder;
  const std::string path = folder.write("token", "t1");
  TokenFile file(path, Duration(0));
  EXPECT_TRUE(file.authorization().ok());
  std::filesystem::remove(path);
  EXPECT_EQ(file.authorization()->reveal(), "Bearer t1");
  folder.write("token", " \n");
  EXPECT_EQ(file.authorization()->reveal(), "Bearer t1");
  EXPECT_FALSE(TokenFile("/nowhere/token").authorization().ok());
}

// ---- kubeconfig -------------------------------------------------------------------------------

class Kubeconfig : public ::testing::Test {
 protected:
  Result<Cluster> load(const std::string& cluster, const std::string& user,
                       const std::string& context = "namespace: ops") {
    const std::string path = folder_.write(
        "config",
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster: {" +
            cluster + "}\nusers:\n- name: admin\n  user: {" + user +
            "}\ncontexts:\n- name: c\n  context: {cluster: k, user: admin, " + context + "}\n");
    return load_kubeconfig({.paths = {path}, .context = {}});
  }
  /// The message, without the folder's name.
  std::string error(const std::string& cluster, const std::string& user) {
    const auto loaded = load(cluster, user);
    if (loaded) {
      return "no error";
    }
    std::string message = loaded.error().message;
    const std::string folder = folder_.path().string() + "/";
    for (size_t at = message.find(folder); at != std::string::npos; at = message.find(folder)) {
      message.erase(at, folder.size());
    }
    return message;
  }

  const std::string kServer = "server: \"https://h:6443\"";
  TemporaryDirectory folder_;
};

TEST_F(Kubeconfig, Token) {
  const auto cluster = load(kServer, "token: abc");
  ASSERT_TRUE(cluster.ok()) << cluster.error().message;
  EXPECT_EQ(cluster->url, "https://h:6443");
  EXPECT_EQ(cluster->space, "ops");
  EXPECT_EQ(cluster->credentials->authorization()->reveal(), "Bearer abc");
}

TEST_F(Kubeconfig, TokenFileIsPreferredAndRelativeToTheFile) {
  folder_.write("tok", "from-file\n");
  const auto cluster = load(kServer, "token: abc, tokenFile: tok");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->credentials->authorization()->reveal(), "Bearer from-file");
}

TEST_F(Kubeconfig, BasicAuthentication) {
  const auto cluster = load(kServer, "username: u, password: p");
  EXPECT_EQ(cluster->credentials->authorization()->reveal(), "Basic dTpw");
}

TEST_F(Kubeconfig, CertificatesInPlace) {
  const auto cluster = load(
      kServer + ", certificate-authority-data: " + to_base64("CA"),
      "client-certificate-data: " + to_base64("CERT") + ", client-key-data: " + to_base64("KEY"));
  ASSERT_TRUE(cluster.ok()) << cluster.error().message;
  EXPECT_EQ(cluster->trust.ca_pem, "CA");
  const auto identity = cluster->credentials->identity();
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->certificate_pem, "CERT");
  EXPECT_EQ(identity->key_pem.reveal(), "KEY");
  EXPECT_TRUE(cluster->credentials->authorization()->empty());
}

TEST_F(Kubeconfig, CertificatesInFilesAreReadAgain) {
  folder_.write("crt", "CERT");
  folder_.write("key", "KEY");
  const auto cluster =
      load(kServer + ", certificate-authority: ca.pem", "client-certificate: crt, client-key: key");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->trust.ca_file, (folder_.path() / "ca.pem").string());
  EXPECT_EQ(cluster->credentials->identity()->certificate_pem, "CERT");
  folder_.write("crt", "NEXT");
  EXPECT_EQ(cluster->credentials->identity()->certificate_pem, "NEXT");
}

TEST_F(Kubeconfig, TrustSettings) {
  EXPECT_TRUE(load(kServer + ", insecure-skip-tls-verify: true", "")->trust.is_insecure);
  EXPECT_EQ(load(kServer + ", tls-server-name: api.test", "")->trust.server_name, "api.test");
}

TEST_F(Kubeconfig, WhatIsNotSupportedIsSaid) {
  EXPECT_EQ(error(kServer + ", proxy-url: \"http://p\"", ""),
            "`config`, clusters[k].cluster.proxy-url: connections through a proxy are not "
            "supported; remove it, or run the operator where the API is reached directly");
  EXPECT_EQ(error(kServer, "as: root"),
            "`config`, users[admin].user.as: impersonation is not supported; use the account "
            "itself");
  EXPECT_EQ(error(kServer, "auth-provider: {name: gcp}"),
            "`config`, users[admin].user.auth-provider: is not supported any more, as in kubectl; "
            "use an exec plugin");
}

TEST_F(Kubeconfig, MistakesAreNamedByFileAndField) {
  EXPECT_EQ(error("", ""), "`config`, clusters[k].cluster.server: is missing");
  EXPECT_EQ(error(kServer + ", certificate-authority-data: \"%%\"", ""),
            "`config`, clusters[k].cluster.certificate-authority-data: is no base64");
  EXPECT_EQ(error(kServer + ", insecure-skip-tls-verify: true, certificate-authority: x", ""),
            "`config`, clusters[k].cluster.insecure-skip-tls-verify: contradicts the certificate "
            "authority; remove one of them");
  EXPECT_EQ(error(kServer, "client-certificate: x"),
            "`config`, users[admin].user.client-key: is missing");
  EXPECT_EQ(error(kServer, "exec: {apiVersion: v9, command: x}"),
            "`config`, users[admin].user.exec.apiVersion: `v9` is not supported; use "
            "client.authentication.k8s.io/v1");
  EXPECT_EQ(error(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1}"),
            "`config`, users[admin].user.exec.command: is missing");
  EXPECT_EQ(error(kServer,
                  "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, "
                  "interactiveMode: Always}"),
            "`config`, users[admin].user.exec.interactiveMode: a plugin that needs a terminal is "
            "not supported");
}

TEST_F(Kubeconfig, FilesThatAreNone) {
  for (const std::string content : {"", "7", "[", "a: b", "\t", "clusters: 7", "clusters: [7]",
                                    "clusters: [{}]", "current-context: c\ncontexts: [{name: c}]",
                                    "\xff\xfe", "&a [*a, *a]", "current-context: {}\n"}) {
    const auto loaded = load_kubeconfig({.paths = {folder_.write("odd", content)}, .context = {}});
    EXPECT_FALSE(loaded.ok()) << content;
  }
  const auto missing = load_kubeconfig({.paths = {"/nowhere/config"}, .context = {}});
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(load_kubeconfig({.paths = {}, .context = {}}).ok());
}

TEST_F(Kubeconfig, SeveralFilesAreOne) {
  const std::string first =
      folder_.write("first", "current-context: c\nusers:\n- name: u\n  user: {token: first}\n");
  const std::string second = folder_.write(
      "second",
      "current-context: other\nusers:\n- name: u\n  user: {token: second}\ncontexts:\n- name: c\n"
      "  context: {cluster: k, user: u}\nclusters:\n- name: k\n  cluster: {server: "
      "\"http://h\"}\n");
  const auto cluster = load_kubeconfig({.paths = {first, "/nowhere", second}, .context = {}});
  ASSERT_TRUE(cluster.ok()) << cluster.error().message;
  EXPECT_EQ(cluster->credentials->authorization()->reveal(), "Bearer first");
  const auto unknown = load_kubeconfig({.paths = {first, second}, .context = "x"});
  EXPECT_NE(unknown.error().message.find("there is no context `x`"), std::string::npos);
}

TEST(KubeconfigPaths, FromTheEnvironment) {
  EXPECT_EQ(default_kubeconfig_paths(environment({{"KUBECONFIG", "/a::/b"}})),
            (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(default_kubeconfig_paths(environment({{"HOME", "/h"}})),
            (std::vector<std::string>{"/h/.kube/config"}));
  EXPECT_TRUE(default_kubeconfig_paths(environment({})).empty());
}

// ---- plugins ----------------------------------------------------------------------------------

class Plugin : public ::testing::Test {
 protected:
  ExecPlugin plugin(const std::string& script, Duration timeout = std::chrono::seconds(20)) {
    return ExecPlugin({.where = "config, users[x].user.exec",
                       .api_version = "client.authentication.k8s.io/v1",
                       .process = {.program = "/bin/sh",
                                   .arguments = {"-c", script},
                                   .environment = {{"FOLDER", folder_.path().string()}},
                                   .timeout = timeout},
                       .install_hint = "install it",
                       .provides_cluster = true,
                       .server = "https://h",
                       .ca_pem = "CA"});
  }
  static std::string credential(const std::string& status) {
    return R"(echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",)"
           R"("status":{)" +
           status + "}}'";
  }
  std::string runs() {
    std::string text = "cat " + (folder_.path() / "runs").string();
    return *run_process({.program = "/bin/sh", .arguments = {"-c", text}, .environment = {}});
  }
  TemporaryDirectory folder_;
};

TEST_F(Plugin, GivesATokenAndIsRunOnce) {
  ExecPlugin exec = plugin("echo run >> $FOLDER/runs; " + credential(R"("token":"t1")"));
  EXPECT_EQ(exec.authorization()->reveal(), "Bearer t1");
  EXPECT_EQ(exec.authorization()->reveal(), "Bearer t1");
  EXPECT_EQ(runs(), "run\n");
  exec.rejected();
  EXPECT_TRUE(exec.authorization().ok());
  EXPECT_EQ(runs(), "run\nrun\n");
}

TEST_F(Plugin, IsRunAgainWhenItsCredentialsExpire) {
  ExecPlugin old =
      plugin("echo run >> $FOLDER/runs; " +
             credential(R"("token":"t","expirationTimestamp":"2020-01-01T00:00:00Z")"));
  EXPECT_TRUE(old.authorization().ok());
  EXPECT_TRUE(old.authorization().ok());
  EXPECT_EQ(runs(), "run\nrun\n");
  ExecPlugin fresh =
      plugin("echo fresh >> $FOLDER/runs; " +
             credential(R"("token":"t","expirationTimestamp":"2999-01-01T00:00:00Z")"));
  EXPECT_TRUE(fresh.authorization().ok());
  EXPECT_TRUE(fresh.authorization().ok());
  EXPECT_EQ(runs(), "run\nrun\nfresh\n");
}

TEST_F(Plugin, GivesACertificate) {
  ExecPlugin exec = plugin(credential(R"("clientCertificateData":"CERT","clientKeyData":"KEY")"));
  EXPECT_EQ(exec.identity()->certificate_pem, "CERT");
  EXPECT_TRUE(exec.authorization()->empty());
}

TEST_F(Plugin, IsToldWhereTheApiIs) {
  ExecPlugin exec =
      plugin("printf %s \"$KUBERNETES_EXEC_INFO\" > $FOLDER/runs; " + credential(R"("token":"t")"));
  ASSERT_TRUE(exec.authorization().ok());
  EXPECT_EQ(runs(),
            R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",)"
            R"("spec":{"cluster":{"certificate-authority-data":"Q0E=","server":"https://h"},)"
            R"("interactive":false}})");
}

TEST_F(Plugin, FailuresSayWhereAndWhy) {
  const auto error = [&](const std::string& script) {
    return plugin(script).authorization().error().message;
  };
  EXPECT_EQ(error("echo log in first >&2; exit 3"),
            "config, users[x].user.exec: `/bin/sh` failed with exit code 3: log in first; install "
            "it");
  EXPECT_EQ(error("echo nonsense"),
            "config, users[x].user.exec: `/bin/sh` printed no ExecCredential; install it");
  EXPECT_NE(error(credential("")).find("printed neither status.token"), std::string::npos);
  EXPECT_NE(error(credential(R"("clientKeyData":"k","token":"t")")).find("only one of"),
            std::string::npos);
  EXPECT_NE(error(credential(R"("token":"t","expirationTimestamp":"soon")")).find("no time"),
            std::string::npos);
  EXPECT_NE(error("kill -9 $$").find("was killed"), std::string::npos);
  EXPECT_NE(error("yes").find("printed too much"), std::string::npos);
}

TEST_F(Plugin, ThatHangsIsKilled) {
  ExecPlugin exec = plugin("sleep 1000 & sleep 1000", std::chrono::milliseconds(100));
  EXPECT_NE(exec.authorization().error().message.find("did not answer in time"), std::string::npos);
  ExecPlugin silent = plugin("exec >&- 2>&-; sleep 1000", std::chrono::milliseconds(100));
  EXPECT_FALSE(silent.authorization().ok());
}

TEST_F(Plugin, ThatIsMissing) {
  const auto result =
      run_process({.program = "no-such-plugin-here", .arguments = {}, .environment = {}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("cannot start `no-such-plugin-here`"), std::string::npos);
}

TEST(Base64, ThereAndBack) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\x00\x10"}) {
    EXPECT_EQ(from_base64(to_base64(text)), text);
  }
  EXPECT_EQ(from_base64(" YW\nJj "), "abc");
  for (const char* odd : {"a", "ab", "abc", "a===", "ab=c", "%%%%", "====", "YWJj="}) {
    EXPECT_EQ(from_base64(odd), std::nullopt) << odd;
  }
}

}  // namespace
}  // namespace quorate::transport
