// A database with a Preparer in front of it.
#include "tests/server/request/desk.h"

#include <gtest/gtest.h>

#include "server/tree/snapshot.h"
#include "server/wire/txn.h"

namespace quorate::request::testing {
namespace {

tree::TreeOptions tree_options(const PrepareOptions& options) {
  return {.digest_enabled = options.digest_enabled,
          .extended_types_enabled = options.extended_types_enabled,
          .emulate_353_ttl = options.emulate_353_ttl};
}

}  // namespace

std::string acl(int32_t perms, std::string_view scheme, std::string_view id) {
  return wire::encode_acls({{perms, {std::string(scheme), std::string(id)}}});
}

auth::Identities identities(std::vector<wire::Id> ids) {
  auth::Identities who;
  for (wire::Id& id : ids) {
    EXPECT_TRUE(who.add(std::move(id)));
  }
  return who;
}

Desk::Desk(PrepareOptions options)
    : options_(options),
      database_(tree_options(options)),
      preparer_(database_.tree(), options),
      proposed_(database_.last_zxid()) {}

PrepareOptions Desk::default_options() {
  PrepareOptions options;
  options.extended_types_enabled = true;
  return options;
}

Stamp Desk::next_stamp() {
  proposed_ = proposed_.next();
  clock_ms_ += 7;
  return {.zxid = proposed_, .time = WallMillis{clock_ms_}};
}

wire::ErrorCode Desk::prepare_as(const wire::WriteRequest& request, const Author& author) {
  std::string txn;
  const Prepared prepared = preparer_.prepare(request, author, next_stamp(), txn);
  last_txn_ = txn;
  pending_.push_back(std::move(txn));
  return prepared.error;
}

wire::ErrorCode Desk::prepare(const wire::WriteRequest& request, Caller& caller) {
  return prepare_as(request, {.session = caller.session,
                              .xid = caller.next_xid++,
                              .who = &caller.who,
                              .session_alive = caller.alive});
}

wire::ErrorCode Desk::write(const wire::WriteRequest& request, Caller& caller) {
  const wire::ErrorCode error = prepare(request, caller);
  apply_all();
  return error;
}

wire::ErrorCode Desk::write_as_server(const wire::WriteRequest& request) {
  const wire::ErrorCode error = prepare_as(request, Author{});
  apply_all();
  return error;
}

wire::ErrorCode Desk::create(std::string_view path, std::string_view data, std::string_view acls) {
  return write_as_server(
      wire::CreateRequest{.op = wire::OpCode::kCreate,
                          .path = path,
                          .data = data,
                          .acls = acls.empty() ? wire::open_acl() : wire::AclList{acls}});
}

void Desk::open_session(SessionId session, int32_t timeout_ms) {
  std::string txn;
  preparer_.prepare_create_session(session, timeout_ms, next_stamp(), txn);
  last_txn_ = txn;
  pending_.push_back(std::move(txn));
}

void Desk::apply_one() {
  ASSERT_FALSE(pending_.empty());
  applied_txn_ = std::move(pending_.front());
  pending_.pop_front();
  const std::optional<wire::TxnRecord> record = wire::decode_txn(applied_txn_);
  ASSERT_TRUE(record.has_value());
  ASSERT_EQ(record->header.zxid, database_.last_zxid().next());
  ASSERT_TRUE(database_.apply(*record, applied_));
  EXPECT_EQ(database_.ignored_count(), 0U) << "a prepared txn that has no effect";
  if (record->digest) {
    EXPECT_EQ(static_cast<uint64_t>(record->digest->tree_digest), database_.tree().digest())
        << "at zxid " << record->header.zxid.value;
  }
  preparer_.applied(record->header.zxid);
  if (pending_.empty()) {
    EXPECT_EQ(preparer_.pending_count(), 0U);
  }
}

void Desk::apply_all() {
  while (!pending_.empty()) {
    apply_one();
  }
}

void Desk::force(const wire::TxnRecord& record) {
  ASSERT_TRUE(pending_.empty());
  ASSERT_TRUE(database_.apply(record, applied_));
  proposed_ = database_.last_zxid();
  preparer_.reset();
}

Answer Desk::read(const wire::ReadRequest& request, const Caller& caller) {
  Answer answer;
  answer.error =
      request::read(request,
                    {.session = caller.session,
                     .watcher = tree::WatcherId{static_cast<uint32_t>(caller.session.value)},
                     .who = &caller.who,
                     .skip_acl = options_.skip_acl},
                    database_, watches_, answer.body, answer.missed);
  return answer;
}

wire::Stat Desk::stat(std::string_view path) const {
  const tree::NodeId node = tree().find(path);
  if (!node) {
    ADD_FAILURE() << "no node " << path;
    return {};
  }
  return tree().stat(node);
}

std::optional<std::string> Desk::data(std::string_view path) const {
  const tree::NodeId node = tree().find(path);
  const wire::NullableBytes bytes = node ? tree().data(node) : std::nullopt;
  return bytes ? std::optional<std::string>(*bytes) : std::nullopt;
}

bool Desk::exists(std::string_view path) const { return static_cast<bool>(tree().find(path)); }

std::string Desk::image() {
  std::string bytes;
  tree::SnapshotWriter writer(database_);
  while (writer.next(bytes, 1 << 16)) {
  }
  return bytes;
}

}  // namespace quorate::request::testing
