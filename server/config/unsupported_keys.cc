// Keys of ZooKeeper that have no effect here, each with its reason, and those that are refused.
#include <utility>

#include "server/config/key_tables.h"

namespace quorate::config {
namespace {

constexpr std::string_view kThreads =
    "it tunes threads, queues or buffers of the Java server that this server does not have";
constexpr std::string_view kWatches =
    "it tunes a watch manager of the Java server; watches are compact here by themselves";
constexpr std::string_view kJvm = "it is about the Java virtual machine, and there is none";
constexpr std::string_view kSasl = "SASL and Kerberos are not supported";
constexpr std::string_view kSaslRefused =
    "SASL is not supported, and without it the member would let in whom ZooKeeper keeps out";
constexpr std::string_view kNotYet = "this release does not have the feature";
constexpr std::string_view kLog4j =
    "logs are set by quorate.log.level, quorate.log.format and quorate.log.file";
constexpr std::string_view kBuiltIn = "it is always so here";
constexpr std::string_view kGroupCommit =
    "whatever waits is flushed at once as soon as the disk is idle";
constexpr std::string_view kNoCache = "replies are written straight from the tree, without a cache";
constexpr std::string_view kThrottleWakes =
    "a delayed request goes on as soon as there is room, without a sleep";
constexpr std::string_view kDropsStale =
    "delayed requests of a connection are always dropped when it is closed";

Key ignored(std::string name, std::string_view reason, std::string_view about,
            Key::RawName raw = Key::RawName::kNone) {
  return Key{.name = std::move(name),
             .target = Ignored{.reason = reason},
             .about = about,
             .aliases = {},
             .raw = raw};
}

Key refused(std::string name, std::string_view harmless, std::string_view reason,
            std::string_view about) {
  return Key{.name = std::move(name),
             .target = Refused{.harmless = harmless, .reason = reason},
             .about = about};
}

std::vector<Key> security_rows() {
  return {
      refused("sessionRequireClientSASLAuth", "false", kSaslRefused, "Require SASL of clients."),
      refused("quorum.auth.enableSasl", "false", kSaslRefused, "SASL between members."),
      refused("quorum.auth.serverRequireSasl", "false", kSaslRefused, "SASL between members."),
      refused("quorum.auth.learnerRequireSasl", "false", kSaslRefused, "SASL between members."),
      refused("ssl.authProvider", "x509", "classes cannot be loaded here",
              "Scheme by which a client certificate gives an id."),
      ignored("quorum.auth.*", kSasl, "SASL between members."),
      ignored("SASLAuthenticationProvider.*", kSasl, "SASL of clients."),
      ignored("sasl.*", kSasl, "SASL of clients."),
      ignored("kerberos.*", kSasl, "Kerberos."),
      ignored("superUser", kSasl, "SASL id above all ACLs."),
      ignored("superUser.*", kSasl, "SASL ids above all ACLs."),
      ignored("allowSaslFailedClients", kSasl, "Serve clients whose SASL failed."),
      ignored("letAnySaslUserDoX", kSasl, "ACL id that matches any SASL user."),
      ignored("requireKerberosConfig", kSasl, "Kerberos."),
      ignored("server.principal", kSasl, "Kerberos."),
      ignored("server.realm", kSasl, "Kerberos."),
      ignored("kinit", kSasl, "Kerberos."),
      ignored("jaasLoginRenew", kSasl, "SASL."),
      ignored("security.auth_to_local", kSasl, "Kerberos."),
      ignored("java.security.auth.login.config", kSasl, "SASL.", Key::RawName::kOnly),
      ignored("java.security.krb5.conf", kSasl, "Kerberos.", Key::RawName::kOnly),
      ignored("IPAuthenticationProvider.usexforwardedfor",
              "a header that a client writes is never trusted",
              "Address of an HTTP client by header."),
      ignored("fips-mode", "the configuration of the system's OpenSSL decides", "FIPS mode."),
      ignored("ssl.sslProvider", "OpenSSL is the provider", "TLS library."),
      ignored("ssl.context.supplier.class", "classes cannot be loaded here", "TLS set-up."),
      ignored("ssl.quorum.context.supplier.class", "classes cannot be loaded here", "TLS set-up."),
      ignored("ssl.allowReverseDnsLookup", "names of clients are never looked up", "TLS names."),
      ignored("ssl.quorum.allowReverseDnsLookup", "names of clients are never looked up",
              "TLS names."),
  };
}

std::vector<Key> feature_rows() {
  return {
      ignored("localSessionsEnabled", kNotYet, "Sessions without a transaction."),
      ignored("localSessionsUpgradingEnabled", kNotYet, "Upgrade of such sessions."),
      ignored("audit.enable", kNotYet, "Audit log."),
      ignored("audit.impl.class", kNotYet, "Audit log."),
      ignored("oraclePath", kNotYet, "Oracle of two voters."),
      ignored("observerMaster.sizeLimit", kNotYet, "Queue of the observer master."),
      ignored("connection_throttle_local_session_weight", kNotYet, "Cost of a new local session."),
      ignored("serializeLastProcessedZxid.enabled",
              "snapshots always end with the last zxid, which servers before 3.9 do not read",
              "End a snapshot with the last zxid."),
      ignored("request_stale_connection_check", kBuiltIn, "Drop requests of closed connections."),
      ignored("requestStaleConnectionCheck", kBuiltIn, "Drop requests of closed connections."),
      ignored("request_stale_latency_check", kNotYet, "Drop requests that waited too long."),
      ignored("requestStaleLatencyCheck", kNotYet, "Drop requests that waited too long."),
      ignored("enableEagerACLCheck", kNotYet, "Check ACLs on learners first."),
      ignored("flushDelay", kGroupCommit, "Group commit."),
      ignored("maxWriteQueuePollTime", kGroupCommit, "Group commit."),
      ignored("maxBatchSize", kGroupCommit, "Group commit."),
      ignored("admin.httpVersion", "HTTP/1.1 is spoken", "HTTP version."),
      ignored("pathStats.*", kNotYet, "Statistics of paths."),
      ignored("messageTracker.*", kNotYet, "Trace of messages with learners."),
      ignored("metricsProvider.httpsPort", "metrics are served over plain HTTP", "Metrics."),
      ignored("metricsProvider.ssl.*", "metrics are served over plain HTTP", "Metrics."),
      ignored("metricsProvider.numWorkerThreads", kThreads, "Threads."),
      ignored("metricsProvider.maxQueueSize", kThreads, "Threads."),
      ignored("metricsProvider.workerShutdownTimeoutMs", kThreads, "Threads."),
      ignored("metricsProvider.*", kJvm, "Options of a metrics class."),
      ignored("root.logger", kLog4j, "Log."),
      ignored("console.threshold", kLog4j, "Log."),
      ignored("log.*", kLog4j, "Log."),
      ignored("tracelog.*", kLog4j, "Log."),
  };
}

std::vector<Key> tuning_rows() {
  return {
      ignored("serverCnxnFactory", "the network code is built in, and speaks TLS",
              "Class of the network code."),
      ignored("maxResponseCacheSize", kNoCache, "Cache of getData replies."),
      ignored("maxGetChildrenResponseCacheSize", kNoCache, "Cache of getChildren replies."),
      ignored("request_throttle_stall_time", kThrottleWakes, "Sleep of the request throttle."),
      ignored("requestThrottleStallTime", kThrottleWakes, "Sleep of the request throttle."),
      ignored("request_throttle_drop_stale", kDropsStale, "Drop requests of closed connections."),
      ignored("requestThrottleDropStale", kDropsStale, "Drop requests of closed connections."),
      ignored("nio.*", kThreads, "Threads and buffers."),
      ignored("netty.*", kThreads, "Threads and buffers."),
      ignored("advancedFlowControlEnabled", kThreads, "Flow control."),
      ignored("commitProcessor.*", kThreads, "Threads."),
      ignored("request_throttler.shutdownTimeout", kThreads, "Threads."),
      ignored("intBufferStartingSizeBytes", kThreads, "Buffers."),
      ignored("quorum.cnxn.threads.size", kThreads, "Threads."),
      ignored("learner.asyncSending", kThreads, "Threads.", Key::RawName::kAlso),
      ignored("learner.closeSocketAsync", kThreads, "Threads.", Key::RawName::kAlso),
      ignored("leader.closeSocketAsync", kThreads, "Threads.", Key::RawName::kAlso),
      ignored("leader.ackLoggingFrequency", kThreads, "Log."),
      ignored("leader.nodelay", kBuiltIn, "TCP_NODELAY.", Key::RawName::kOnly),
      ignored("follower.nodelay", kBuiltIn, "TCP_NODELAY.", Key::RawName::kOnly),
      ignored("leaderConnectDelayDuringRetryMs", kThreads, "Retries of learners."),
      ignored("forward_learner_requests_to_commit_processor_disabled", kThreads, "Pipeline."),
      ignored("follower.skipLearnerRequestToNextProcessor", kThreads, "Pipeline."),
      ignored("watchManagerName", kWatches, "Watch manager."),
      ignored("watcherCleanThreadsNum", kWatches, "Watch manager."),
      ignored("watcherCleanThreshold", kWatches, "Watch manager."),
      ignored("watcherCleanIntervalInSeconds", kWatches, "Watch manager."),
      ignored("maxInProcessingDeadWatchers", kWatches, "Watch manager."),
      ignored("bitHashCacheSize", kWatches, "Watch manager."),
      ignored("jvm.pause.*", kJvm, "Monitor of JVM pauses."),
      ignored("jmx.*", kJvm, "JMX.", Key::RawName::kAlso),
      ignored("com.sun.management.*", kJvm, "JMX.", Key::RawName::kOnly),
  };
}

}  // namespace

std::vector<Key> unsupported_keys() {
  std::vector<Key> rows = security_rows();
  for (Key& row : feature_rows()) {
    rows.push_back(std::move(row));
  }
  for (Key& row : tuning_rows()) {
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace quorate::config
