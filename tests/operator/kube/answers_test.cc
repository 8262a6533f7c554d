// Answers: Status errors, pages of lists, and watches cut at every byte.
#include <gtest/gtest.h>

#include "operator/kube/micro_time.h"
#include "operator/kube/object.h"
#include "operator/kube/response.h"
#include "operator/kube/store.h"
#include "operator/kube/watch_decoder.h"

namespace quorate::kube {
namespace {

ApiError error_of(int code, const std::string& body, const std::string& retry_after = {}) {
  const auto result = decode({.code = code, .body = body, .retry_after = retry_after});
  EXPECT_FALSE(result.ok());
  return result.error();
}

TEST(Status, SortedByCodeAndReason) {
  const auto kind = [](int code, const std::string& reason) {
    return error_of(code, R"({"kind":"Status","reason":")" + reason + "\"}").kind;
  };
  EXPECT_EQ(kind(400, "BadRequest"), ApiErrorKind::kBadRequest);
  EXPECT_EQ(kind(401, "Unauthorized"), ApiErrorKind::kUnauthorized);
  EXPECT_EQ(kind(403, "Forbidden"), ApiErrorKind::kForbidden);
  EXPECT_EQ(kind(404, "NotFound"), ApiErrorKind::kNotFound);
  EXPECT_EQ(kind(409, "Conflict"), ApiErrorKind::kConflict);
  EXPECT_EQ(kind(409, "AlreadyExists"), ApiErrorKind::kAlreadyExists);
  EXPECT_EQ(kind(410, "Expired"), ApiErrorKind::kGone);
  EXPECT_EQ(kind(422, "Invalid"), ApiErrorKind::kInvalid);
  EXPECT_EQ(kind(429, "TooManyRequests"), ApiErrorKind::kTooManyRequests);
  EXPECT_EQ(kind(500, "InternalError"), ApiErrorKind::kServerError);
  EXPECT_EQ(kind(503, "ServiceUnavailable"), ApiErrorKind::kServerError);
  EXPECT_EQ(kind(504, "Timeout"), ApiErrorKind::kTimeout);
}

TEST(Status, KeepsCausesAndWishes) {
  const ApiError refused =
      error_of(429, R"({"kind":"Status","message":"Cannot evict","details":{"retryAfterSeconds":10,
        "causes":[{"reason":"DisruptionBudget","message":"needs 2"}]}})");
  EXPECT_TRUE(refused.is_disruption_budget());
  EXPECT_EQ(refused.retry_after, Duration(std::chrono::seconds(10)));
  EXPECT_EQ(refused.message, "Cannot evict");
  const ApiError gone = error_of(
      403, R"({"kind":"Status","details":{"causes":[{"reason":"NamespaceTerminating"}]}})");
  EXPECT_TRUE(gone.is_namespace_terminating());
  const ApiError large = error_of(
      504, R"({"kind":"Status","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}})");
  EXPECT_TRUE(large.is_version_too_large());
}

TEST(Status, OfProxiesAndOfNobody) {
  const ApiError proxy = error_of(502, "<html>Bad Gateway</html>", "3");
  EXPECT_EQ(proxy.kind, ApiErrorKind::kServerError);
  EXPECT_EQ(proxy.message, "<html>Bad Gateway</html>");
  EXPECT_EQ(proxy.retry_after, Duration(std::chrono::seconds(3)));
  EXPECT_EQ(error_of(500, "").message, "HTTP status 500");
  EXPECT_LT(error_of(500, std::string(100'000, 'x')).message.size(), 2000U);
  EXPECT_EQ(error_of(200, "no json").kind, ApiErrorKind::kMalformed);
  EXPECT_EQ(error_of(200, "[]").kind, ApiErrorKind::kMalformed);
  for (const char* odd : {"-1", "x", "", "1e9", "99999999999999999999"}) {
    EXPECT_EQ(error_of(429, "{}", odd).retry_after, std::nullopt) << odd;
  }
  EXPECT_EQ(error_of(429, "{}", "86400").retry_after, Duration(std::chrono::seconds(600)));
}

TEST(List, ItemsKnowTheirKind) {
  const auto page = page_of(nlohmann::json::parse(
      R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"t"},
        "items":[{"metadata":{"name":"a"}}]})"));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->items[0]["kind"], "Pod");
  EXPECT_EQ(page->items[0]["apiVersion"], "v1");
  EXPECT_EQ(page->continue_token, "t");
  EXPECT_TRUE(page_of({{"items", nullptr}}).ok());  // Go's empty list.
  EXPECT_FALSE(page_of({{"items", 1}}).ok());
  EXPECT_FALSE(page_of({{"items", {1}}}).ok());
  EXPECT_FALSE(page_of(nlohmann::json::array()).ok());
  EXPECT_FALSE(page_of(nlohmann::json::object()).ok());
}

const std::string kStream =
    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\xC3\xA9\\n\"}}}\n"
    "\n"
    "{\"type\":\"MODIFIED\",\"object\":{\"x\":1}}\r\n"
    "{\"type\":\"NEW\",\"object\":{\"x\":1}}\n"
    "{\"type\":\"DELETED\",\"object\":{\"x\":2}}\n"
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n"
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n";

void expect_stream(const std::vector<WatchEvent>& events) {
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[0].type, WatchEventType::kAdded);
  EXPECT_EQ(name_of(events[0].object), "\xC3\xA9\n");
  EXPECT_EQ(events[1].type, WatchEventType::kModified);
  EXPECT_EQ(events[2].type, WatchEventType::kDeleted);
  EXPECT_EQ(events[3].type, WatchEventType::kBookmark);
  EXPECT_EQ(events[4].type, WatchEventType::kError);
  EXPECT_EQ(events[4].error.kind, ApiErrorKind::kGone);
}

TEST(Watch, CutAtEveryByte) {
  for (size_t cut = 0; cut <= kStream.size(); ++cut) {
    WatchDecoder decoder;
    std::vector<WatchEvent> events;
    decoder.feed(std::string_view(kStream).substr(0, cut), events);
    decoder.feed(std::string_view(kStream).substr(cut), events);
    expect_stream(events);
    EXPECT_FALSE(decoder.has_partial());
  }
}

TEST(Watch, ByteByByte) {
  WatchDecoder decoder;
  std::vector<WatchEvent> events;
  for (const char each : kStream) {
    decoder.feed(std::string_view(&each, 1), events);
  }
  expect_stream(events);
}

TEST(Watch, NoticesAnEndInTheMiddle) {
  WatchDecoder decoder;
  std::vector<WatchEvent> events;
  decoder.feed("{\"type\":", events);
  EXPECT_TRUE(decoder.has_partial());
}

TEST(Watch, IsBoundedAndStopsAtNonsense) {
  for (const std::string& nonsense :
       {std::string("x\n"), std::string("{}\n"), std::string("{\"type\":\"ADDED\"}\n"),
        std::string("{\"type\":\"ADDED\",\"object\":7}\n"), std::string("[]\n"),
        std::string(2000, 'x'), std::string(900, '[') + "\n"}) {
    WatchDecoder decoder(1000);
    std::vector<WatchEvent> events;
    decoder.feed(nonsense, events);
    decoder.feed(kStream, events);
    ASSERT_EQ(events.size(), 1U) << nonsense;
    EXPECT_EQ(events[0].type, WatchEventType::kError);
    EXPECT_EQ(events[0].error.kind, ApiErrorKind::kMalformed);
  }
}

TEST(Metadata, StripsWhatOnlyFillsMemory) {
  nlohmann::json object = nlohmann::json::parse(
      R"({"metadata":{"name":"a","managedFields":[1],"annotations":{
        "kubectl.kubernetes.io/last-applied-configuration":"x","b":"c"}},"spec":{}})");
  strip_bulk(object);
  EXPECT_EQ(object.dump(), R"({"metadata":{"annotations":{"b":"c"},"name":"a"},"spec":{}})");
}

TEST(Metadata, AnEchoOfStatusIsNoChange) {
  const nlohmann::json before = nlohmann::json::parse(
      R"({"metadata":{"uid":"u","generation":3,"resourceVersion":"1"},"spec":{"voters":3},
        "status":{"ready":1}})");
  nlohmann::json after = before;
  after["status"]["ready"] = 2;
  after["metadata"]["resourceVersion"] = "2";
  EXPECT_FALSE(differs_beyond_status(before, after));
  for (const char* path : {"/metadata/labels", "/metadata/annotations", "/metadata/finalizers",
                           "/metadata/deletionTimestamp", "/spec/voters", "/metadata/uid"}) {
    nlohmann::json changed = after;
    changed[nlohmann::json::json_pointer(path)] = "x";
    EXPECT_TRUE(differs_beyond_status(before, changed)) << path;
  }
}

TEST(Metadata, OwnersWithoutUidDoNotCount) {
  const nlohmann::json object = nlohmann::json::parse(
      R"({"metadata":{"ownerReferences":[{"kind":"A","controller":true},{"kind":"B","uid":"u"},
        {"kind":"C","uid":"v","controller":true,"name":"n","apiVersion":"g/v1"}, 7]}})");
  EXPECT_EQ(owners_of(object).size(), 2U);
  ASSERT_TRUE(controller_of(object));
  EXPECT_EQ(controller_of(object)->name, "n");
}

nlohmann::json object(const std::string& space, const std::string& name, const std::string& owner,
                      const std::string& label) {
  return {{"metadata",
           {{"namespace", space},
            {"name", name},
            {"labels", {{"cluster", label}}},
            {"ownerReferences", {{{"uid", owner}}}}}}};
}

TEST(StoreIndexes, FollowChanges) {
  Store store({"cluster"});
  store.put(object("p", "a", "u1", "zoo"));
  store.put(object("p", "b", "u1", "zoo"));
  store.put(object("q", "a", "u2", "zoo"));
  EXPECT_EQ(store.list().size(), 3U);
  EXPECT_EQ(store.list("p").size(), 2U);
  EXPECT_EQ(store.owned_by("u1").size(), 2U);
  EXPECT_EQ(store.labelled("", "cluster", "zoo").size(), 3U);
  EXPECT_EQ(store.labelled("p", "cluster", "zoo").size(), 2U);
  store.put(object("p", "a", "u2", "other"));
  EXPECT_EQ(store.owned_by("u1").size(), 1U);
  EXPECT_EQ(store.owned_by("u2").size(), 2U);
  EXPECT_EQ(store.labelled("p", "cluster", "zoo").size(), 1U);
  EXPECT_TRUE(store.take({"p", "b"})->is_object());
  EXPECT_TRUE(store.take({"p", "b"}).is_null());
  EXPECT_EQ(store.owned_by("u1").size(), 0U);
  EXPECT_EQ(store.find({"p", "b"}), nullptr);
}

TEST(Times, ThereAndBack) {
  EXPECT_EQ(micro_time(WallMillis{1'767'323'045'678}), "2026-01-02T03:04:05.678000Z");
  EXPECT_EQ(second_time(WallMillis{1'767'323'045'678}), "2026-01-02T03:04:05Z");
  EXPECT_EQ(parse_time("2026-01-02T03:04:05.678000Z"), WallMillis{1'767'323'045'678});
  EXPECT_EQ(parse_time("2026-01-02T03:04:05Z"), WallMillis{1'767'323'045'000});
  EXPECT_EQ(parse_time("2026-01-02T03:04:05.6Z"), WallMillis{1'767'323'045'600});
  EXPECT_EQ(micro_time(WallMillis{-5}), "1970-01-01T00:00:00.000000Z");
  for (const char* odd :
       {"", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z", "2026-01-02T24:04:05Z",
        "2026-01-02T03:04:05+01:00", "2026-01-02T03:04:05.x00Z", "-026-01-02T03:04:05Z"}) {
    EXPECT_EQ(parse_time(odd), std::nullopt) << odd;
  }
}

}  // namespace
}  // namespace quorate::kube
