// Printing, verifying and repairing of transaction logs.
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "server/cli/inspect.h"
#include "server/cli/shell_format.h"
#include "server/cli/standard_streams.h"
#include "server/cli/txn_text.h"
#include "server/storage/directories.h"
#include "server/storage/log_reader.h"
#include "server/storage/log_repair.h"
#include "server/storage/log_tail.h"
#include "server/storage/posix_file_system.h"

namespace quorate::cli {
namespace {

namespace st = storage;

Result<std::optional<Zxid>> parse_zxid(const std::string& text) {
  if (text.empty()) {
    return std::optional<Zxid>();
  }
  const std::string_view digits = std::string_view(text).substr(text.starts_with("0x") ? 2 : 0);
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return Error{ErrorKind::kInvalidInput, "'" + text + "' is not a zxid such as 0x100000001"};
  }
  return std::optional<Zxid>(Zxid{value});
}

/// Which entries are printed, and what was seen.
struct Walk {
  std::optional<Zxid> from;
  std::optional<Zxid> to;
  int64_t entries = 0;
  int64_t damaged = 0;
  Zxid last;
};

std::string at_offset(const st::LogEntry& entry) {
  return "offset " + std::to_string(entry.offset);
}

/// Prints one entry, and counts one that cannot be right.
void show(const InspectOptions& options, const st::LogEntry& entry, bool checksum_ok, Walk& walk) {
  const auto record = wire::decode_txn(entry.bytes);
  ++walk.entries;
  if (!checksum_ok || !record) {
    ++walk.damaged;
  }
  if (record && checksum_ok) {
    walk.last = record->header.zxid;
  }
  const bool wanted = record && (!walk.from || record->header.zxid >= *walk.from) &&
                      (!walk.to || record->header.zxid <= *walk.to);
  if (options.verify || (record && !wanted)) {
    return;
  }
  if (options.json) {
    Json json = record ? txn_json(*record) : Json{{"undecodable", base64(entry.bytes)}};
    json["offset"] = entry.offset;
    if (!checksum_ok) {
      json["checksum"] = "wrong";
    }
    print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  const std::string text = record ? txn_line(*record)
                                  : "an entry of " + std::to_string(entry.bytes.size()) +
                                        " bytes that is no transaction, at " + at_offset(entry);
  print_line(checksum_ok ? text : "CRC ERROR - " + text);
}

/// Reads all entries. Damaged ones are shown, and reading goes on behind them.
Status read_entries(const InspectOptions& options, st::LogReader& reader, Walk& walk) {
  while (true) {
    auto next = reader.next();
    if (!next) {
      return next.error();
    }
    if (*next) {
      show(options, **next, true, walk);
      continue;
    }
    if (reader.end().kind != st::LogEndKind::kBadChecksum) {
      return {};
    }
    show(options, reader.take_damaged(), false, walk);
  }
}

std::string verdict_text(st::TailVerdict verdict) {
  switch (verdict) {
    case st::TailVerdict::kProper:
      return "proper";
    case st::TailVerdict::kTorn:
      return "torn";
    case st::TailVerdict::kDamaged:
      return "damaged";
  }
  return "damaged";
}

/// The verdict on the whole file, which is printed unless it is the end of a plain dump.
int conclude(const InspectOptions& options, st::LogReader& reader, const Walk& walk,
             const st::TailJudgement& judgement) {
  const bool whole = walk.damaged == 0 && judgement.verdict != st::TailVerdict::kDamaged;
  const st::LogEnd& end = reader.end();
  if (options.json) {
    Json json{{"file", options.file},
              {"entries", walk.entries},
              {"lastZxid", hexadecimal(walk.last.value)},
              {"damagedEntries", walk.damaged},
              {"end", verdict_text(judgement.verdict)},
              {"endOffset", end.offset},
              {"reason", judgement.reason}};
    if (judgement.mark) {
      json["syncedEnd"] = judgement.mark->synced_end;
    }
    print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    return whole ? 0 : 1;
  }
  print_line("EOF reached after " + std::to_string(walk.entries) + " txns.");
  if (judgement.verdict == st::TailVerdict::kTorn) {
    print_line("torn tail at offset " + std::to_string(end.offset) + ": " + judgement.reason +
               "; it was never acknowledged, a start cuts it off");
  }
  if (judgement.verdict == st::TailVerdict::kDamaged) {
    complain(options.file + ": damaged at offset " + std::to_string(end.offset) + ": " +
             judgement.reason);
  }
  if (walk.damaged > 0) {
    complain(options.file + ": " + std::to_string(walk.damaged) + " damaged entries");
  }
  if (!whole) {
    complain("try: quorate inspect log --recover " + options.file);
  } else if (options.verify) {
    print_line("whole, last zxid " + hexadecimal(walk.last.value));
  }
  return whole ? 0 : 1;
}

int recover(const InspectOptions& options, st::FileSystem& fs) {
  const auto report = st::copy_repaired(
      fs, options.file, options.believe ? st::RepairPolicy::kKeep : st::RepairPolicy::kCut);
  if (!report) {
    complain(report.error().message);
    return 1;
  }
  print_line("Recovery: " + std::to_string(report->entries) + " entries copied to " +
             report->fixed_path + ", " + std::to_string(report->entries_believed) +
             " of them with a new checksum");
  if (!report->end.is_proper()) {
    print_line("the copy ends at offset " + std::to_string(report->end.offset) +
               " of the original: " + std::string(st::describe(report->end.kind)));
  }
  return 0;
}

}  // namespace

int inspect_log(const InspectOptions& options) {
  st::PosixFileSystem fs;
  if (options.recover) {
    return recover(options, fs);
  }
  Walk walk;
  const auto from = parse_zxid(options.from);
  const auto to = parse_zxid(options.to);
  if (!from || !to) {
    complain((from ? to : from).error().message);
    return 2;
  }
  walk.from = *from;
  walk.to = *to;
  auto reader = st::LogReader::open(fs, options.file);
  if (!reader) {
    complain(reader.error().message);
    return 1;
  }
  if (!options.json) {
    print_line("ZooKeeper Transactional Log File with dbid 0 txnlog format version 2");
  }
  if (auto read = read_entries(options, *reader, walk); !read) {
    complain(read.error().message);
    return 1;
  }
  if (reader->end().kind == st::LogEndKind::kNoHeader) {
    complain(options.file + ": not a transaction log (no ZKLG at its start)");
    return 1;
  }
  const auto name = std::filesystem::path(options.file).filename().string();
  const Zxid first = st::parse_log_name(name).value_or(Zxid{});
  const auto judgement = st::judge_tail(*reader, first, walk.last, std::nullopt);
  if (!judgement) {
    complain(judgement.error().message);
    return 1;
  }
  return conclude(options, *reader, walk, *judgement);
}

}  // namespace quorate::cli
