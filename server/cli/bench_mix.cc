// Prepared frames of the mix, and the drawing of operations.
#include "server/cli/bench_mix.h"

#include <charconv>
#include <cstring>

#include "server/base/bytes.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::cli {
namespace {

constexpr std::string_view kDigitsToPatch = "00000000";

/// Encoded list with world:anyone:cdrwa.
void put_open_acl(wire::Writer& writer) {
  writer.put_int(1);
  writer.put_int(31);
  writer.put_string("world");
  writer.put_string("anyone");
}

void put_header(wire::Writer& writer, wire::OpCode op) {
  writer.put_int(0);
  writer.put_int(0);
  writer.put_int(static_cast<int32_t>(op));
}

Result<uint32_t> parse_weight(std::string_view entry, std::string_view digits) {
  uint32_t weight = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  if (error != std::errc() || end != digits.data() + digits.size() || weight > 1'000'000) {
    return Error{ErrorKind::kInvalidInput,
                 "mix: '" + std::string(entry) + "' needs a weight from 0 to 1000000"};
  }
  return weight;
}

}  // namespace

Result<MixWeights> parse_mix(std::string_view text) {
  MixWeights result;
  uint64_t sum = 0;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const size_t equals = entry.find('=');
    const std::string_view name = entry.substr(0, equals);
    const auto weight = parse_weight(entry, equals == entry.npos ? "1" : entry.substr(equals + 1));
    if (!weight) {
      return weight.error();
    }
    size_t op = 0;
    while (op < kBenchOpCount && name_of(static_cast<BenchOp>(op)) != name) {
      ++op;
    }
    if (op >= static_cast<size_t>(BenchOp::kWatch)) {
      return Error{ErrorKind::kInvalidInput,
                   "mix: unknown operation '" + std::string(name) +
                       "', use get, set, create, delete, exists, list, multi"};
    }
    result.weight[op] = *weight;
    sum += *weight;
  }
  if (sum == 0) {
    return Error{ErrorKind::kInvalidInput, "mix: no operation has a weight above zero"};
  }
  return result;
}

void put_digits(char* at, uint32_t value) {
  for (size_t i = kBenchDigits; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

std::string key_path(std::string_view prefix, uint32_t key) {
  std::string path(prefix);
  path.append("/k").append(kDigitsToPatch);
  put_digits(path.data() + path.size() - kBenchDigits, key);
  return path;
}

std::string created_path(std::string_view prefix, uint32_t connection, uint32_t count) {
  std::string path(prefix);
  path.append("/c").append(kDigitsToPatch).append("-").append(kDigitsToPatch);
  put_digits(path.data() + path.size() - 2 * kBenchDigits - 1, connection);
  put_digits(path.data() + path.size() - kBenchDigits, count);
  return path;
}

std::string list_path(std::string_view prefix) { return std::string(prefix) + "/list"; }

MixSource::MixSource(const MixWeights& weights, const MixShape& shape, uint64_t seed)
    : keys_(shape.keys), state_(seed * 0xD1342543DE82EF95ULL + 1) {
  uint64_t sum = 0;
  for (const uint32_t weight : weights.weight) {
    sum += weight;
  }
  uint64_t cumulated = 0;
  for (size_t op = 0; op < kBenchOpCount; ++op) {
    cumulated += weights.weight[op];
    limits_[op] = static_cast<uint32_t>((cumulated << 31) / sum);
  }
  prepare(shape);
}

void MixSource::prepare(const MixShape& shape) {
  const std::string key = key_path(shape.prefix, 0);
  const auto simple = [&](BenchOp op, wire::OpCode code, std::string_view path) {
    Frame& frame = frames_[static_cast<size_t>(op)];
    wire::Writer writer(frame.bytes);
    put_header(writer, code);
    writer.put_string(path);
    return writer;
  };
  const auto place_at_end = [&](BenchOp op) {
    Frame& frame = frames_[static_cast<size_t>(op)];
    frame.places.push_back(static_cast<uint32_t>(frame.bytes.size() - kBenchDigits));
  };

  wire::Writer get = simple(BenchOp::kGet, wire::OpCode::kGetData, key);
  place_at_end(BenchOp::kGet);
  get.put_bool(false);

  wire::Writer exists = simple(BenchOp::kExists, wire::OpCode::kExists, key);
  place_at_end(BenchOp::kExists);
  exists.put_bool(false);

  wire::Writer set = simple(BenchOp::kSet, wire::OpCode::kSetData, key);
  place_at_end(BenchOp::kSet);
  set.put_string(shape.value);
  set.put_int(-1);

  wire::Writer list = simple(BenchOp::kList, wire::OpCode::kGetChildren, list_path(shape.prefix));
  list.put_bool(false);

  const std::string created = created_path(shape.prefix, 0, 0);
  for (const BenchOp op : {BenchOp::kCreate, BenchOp::kDelete}) {
    wire::Writer writer =
        simple(op, op == BenchOp::kCreate ? wire::OpCode::kCreate : wire::OpCode::kDelete, created);
    Frame& target = frame(op);
    target.places.push_back(static_cast<uint32_t>(target.bytes.size() - 2 * kBenchDigits - 1));
    place_at_end(op);
    if (op == BenchOp::kDelete) {
      writer.put_int(-1);
      continue;
    }
    writer.put_string(shape.value);
    put_open_acl(writer);
    writer.put_int(0);
  }

  Frame& multi = frame(BenchOp::kMulti);
  wire::Writer writer(multi.bytes);
  put_header(writer, wire::OpCode::kMulti);
  for (uint32_t i = 0; i < shape.multi_size; ++i) {
    writer.put_int(static_cast<int32_t>(wire::OpCode::kSetData));
    writer.put_bool(false);
    writer.put_int(-1);
    writer.put_string(key);
    place_at_end(BenchOp::kMulti);
    writer.put_string(shape.value);
    writer.put_int(-1);
  }
  writer.put_int(-1);
  writer.put_bool(true);
  writer.put_int(-1);
}

BenchOp MixSource::draw() {
  const uint32_t drawn = random() >> 1;
  size_t op = 0;
  while (op + 1 < kBenchOpCount && drawn >= limits_[op]) {
    ++op;
  }
  return static_cast<BenchOp>(op);
}

bool MixSource::next(BenchConnection& connection, int64_t intended_ns) {
  BenchOp op = draw();
  if (op == BenchOp::kDelete && connection.deleted == connection.created) {
    op = BenchOp::kCreate;
  }
  const Frame& frame = frames_[static_cast<size_t>(op)];
  char* at = connection.begin(op, frame.bytes.size(), intended_ns);
  std::memcpy(at + 8, frame.bytes.data() + 8, frame.bytes.size() - 8);
  switch (op) {
    case BenchOp::kCreate:
      put_digits(at + frame.places[0], connection.index());
      put_digits(at + frame.places[1], static_cast<uint32_t>(connection.created++));
      break;
    case BenchOp::kDelete:
      put_digits(at + frame.places[0], connection.index());
      put_digits(at + frame.places[1], static_cast<uint32_t>(connection.deleted++));
      break;
    default:
      for (const uint32_t place : frame.places) {
        put_digits(at + place, random_below(keys_));
      }
  }
  return true;
}

}  // namespace quorate::cli
