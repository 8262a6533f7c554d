// Stat and StatPersisted as bytes:
//   long czxid, mzxid, ctime, mtime; int version, cversion, aversion; long ephemeralOwner;
//   [int dataLength, numChildren, in Stat only;] long pzxid
#include "server/wire/stat.h"

namespace quorate::wire {

namespace {

// The 52 bytes that both records begin with.
template <typename S>
void put_common(Pen& pen, const S& stat) {
  pen.put(stat.czxid.value);
  pen.put(stat.mzxid.value);
  pen.put(stat.ctime.value);
  pen.put(stat.mtime.value);
  pen.put(stat.version);
  pen.put(stat.cversion);
  pen.put(stat.aversion);
  pen.put(stat.ephemeral_owner);
}

template <typename S>
void read_common(Reader& reader, S& stat) {
  stat.czxid.value = reader.get_long();
  stat.mzxid.value = reader.get_long();
  stat.ctime.value = reader.get_long();
  stat.mtime.value = reader.get_long();
  stat.version = reader.get_int();
  stat.cversion = reader.get_int();
  stat.aversion = reader.get_int();
  stat.ephemeral_owner = reader.get_long();
}

}  // namespace

void write(Writer& writer, const Stat& stat) {
  Pen pen(writer.extend(kStatBytes));
  put_common(pen, stat);
  pen.put(stat.data_length);
  pen.put(stat.num_children);
  pen.put(stat.pzxid.value);
}

void write(Writer& writer, const StatPersisted& stat) {
  Pen pen(writer.extend(kStatPersistedBytes));
  put_common(pen, stat);
  pen.put(stat.pzxid.value);
}

Stat read_stat(Reader& reader) {
  Stat stat;
  read_common(reader, stat);
  stat.data_length = reader.get_int();
  stat.num_children = reader.get_int();
  stat.pzxid.value = reader.get_long();
  return stat;
}

StatPersisted read_stat_persisted(Reader& reader) {
  StatPersisted stat;
  read_common(reader, stat);
  stat.pzxid.value = reader.get_long();
  return stat;
}

}  // namespace quorate::wire
