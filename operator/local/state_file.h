// The state of a control plane on disk: a journal of writes that a restart reads back.
//
// DIR/state.jsonl, one JSON document a line:
//     {"format":1,"seed":N,"prefix":"127.64"}                     the first line
//     {"rv":N,"n":N,"key":[resource,namespace,name],"object":{}}  a write
//     {"rv":N,"n":N,"key":[...]}                                  a removal
// A last line without its end was never acknowledged and is cut. The file is rewritten whole, and
// replaced by a rename, when it is opened and when it has grown too long.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "operator/local/objects.h"
#include "operator/local/store.h"
#include "server/base/result.h"

namespace quorate::local {

class StateFile {
 public:
  /// Opens the state of a folder, or begins one with `fresh`, and fills the store with it. Errors:
  /// the file cannot be read or written, or is damaged before its end.
  [[nodiscard]] static Result<std::unique_ptr<StateFile>> open(const std::string& path,
                                                               const Surroundings& fresh,
                                                               Store& store);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  /// Whether the file was there before.
  [[nodiscard]] bool is_resumed() const { return is_resumed_; }
  [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }

  /// Writes and syncs every change that was not written yet.
  [[nodiscard]] Status save(const Store& store);

 private:
  StateFile(std::string path, Surroundings surroundings)
      : path_(std::move(path)), surroundings_(std::move(surroundings)) {}
  [[nodiscard]] Status load(Store& store);
  [[nodiscard]] Status rewrite(const Store& store);
  [[nodiscard]] Status append(const std::string& lines);

  std::string path_;
  Surroundings surroundings_;
  bool is_resumed_ = false;
  int fd_ = -1;
  int64_t saved_revision_ = 0;
  int64_t file_bytes_ = 0;
  int64_t rewritten_bytes_ = 0;
};

}  // namespace quorate::local
